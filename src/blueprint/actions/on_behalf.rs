//! What services call with roles of ours.

/// A call that a service makes with a role of ours, which no recording of our own code can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnBehalf {
    /// The role, as [`crate::blueprint::Names::role`] names it; what it begins with, as functions have one a stack.
    pub role: &'static str,
    /// The actions.
    pub actions: &'static [&'static str],
    /// Which service makes them, and why; where AWS says so.
    pub why: &'static str,
}

/// The calls that services make for us.
pub const ON_BEHALF: &[OnBehalf] = &[
    OnBehalf {
        role: "etl",
        actions: &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        why: "Glue writes what the job prints (AWS Glue Developer Guide, \"Logging for AWS Glue jobs\")",
    },
    OnBehalf {
        role: "etl",
        actions: &["s3:GetObject", "s3:ListBucket"],
        why: "Glue fetches the script; and S3 answers for an object that is not there with 404 only to who may list the \
              bucket (Amazon S3 API Reference, \"GetObject\")",
    },
    OnBehalf {
        role: "etl",
        actions: &["kms:Decrypt", "kms:GenerateDataKey"],
        why: "S3 asks KMS in the caller's name (Amazon S3 User Guide, \"Using server-side encryption with AWS KMS keys\")",
    },
    OnBehalf {
        role: "etl",
        actions: &["s3:AbortMultipartUpload"],
        why: "made where an upload fails, which a run that succeeds does not show",
    },
    OnBehalf {
        role: "crawler",
        actions: &[
            "glue:BatchCreatePartition",
            "glue:BatchGetPartition",
            "glue:BatchUpdatePartition",
            "glue:CreatePartition",
            "glue:GetDatabase",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:GetTable",
            "glue:GetTables",
            "glue:UpdatePartition",
            "glue:UpdateTable",
            "kms:Decrypt",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
        ],
        why: "the crawler is Glue's own code (AWS Glue Developer Guide, \"Crawler prerequisites\", and \"AWS managed \
              policies for AWS Glue\", narrowed to crawls of catalogue targets)",
    },
    OnBehalf {
        role: "schedule",
        actions: &["glue:StartJobRun"],
        why: "EventBridge Scheduler starts the job (EventBridge Scheduler User Guide, \"Using universal targets\")",
    },
    OnBehalf {
        role: "delivery",
        actions: &["s3:ListBucket"],
        why: "S3 answers for an object that is not there with 404 only to who may list the bucket (Amazon S3 API Reference, \
              \"GetObject\")",
    },
    OnBehalf {
        role: "delivery",
        actions: &["logs:CreateLogStream", "logs:PutLogEvents"],
        why: "Lambda writes what the function prints (AWS Lambda Developer Guide, \"Sending Lambda function logs to CloudWatch Logs\")",
    },
    OnBehalf {
        role: "notices",
        actions: &["logs:CreateLogStream", "logs:PutLogEvents"],
        why: "Lambda writes what the function prints (AWS Lambda Developer Guide, \"Sending Lambda function logs to CloudWatch Logs\")",
    },
    OnBehalf {
        role: "notices",
        actions: &["sqs:SendMessage"],
        why: "Lambda keeps what the function fails on (AWS Lambda Developer Guide, \"Dead-letter queues\")",
    },
    OnBehalf {
        role: "notices",
        actions: &["athena:GetQueryResults", "s3:GetObject"],
        why: "made where a report has ended; GetQueryResults reads the result in the caller's name (Amazon Athena API Reference)",
    },
    OnBehalf {
        role: "notices",
        actions: &["kms:Decrypt", "kms:GenerateDataKey"],
        why: "SNS and S3 ask KMS in the caller's name (Amazon SNS Developer Guide, \"Key management\")",
    },
    OnBehalf {
        role: "reports",
        actions: &["logs:CreateLogStream", "logs:PutLogEvents"],
        why: "Lambda writes what the function prints (AWS Lambda Developer Guide, \"Sending Lambda function logs to CloudWatch Logs\")",
    },
    OnBehalf {
        role: "reports",
        actions: &["sns:Publish", "sqs:SendMessage"],
        why: "made where Athena does not take a query: the function tells it, and Lambda keeps what it fails on (AWS Lambda \
              Developer Guide, \"Dead-letter queues\")",
    },
    OnBehalf {
        role: "reports",
        actions: &[
            "glue:BatchGetPartition",
            "glue:GetDatabase",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:GetTable",
            "s3:AbortMultipartUpload",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:ListBucketMultipartUploads",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
        ],
        why: "Athena reads the catalogue and the lake and writes results in the caller's name (Amazon Athena User Guide, \
              \"Fine-grained access to databases and tables\", \"Access to Amazon S3\")",
    },
    OnBehalf {
        role: "reports",
        actions: &["kms:Decrypt", "kms:GenerateDataKey"],
        why: "SNS, S3 and Athena ask KMS in the caller's name (Amazon SNS Developer Guide, \"Key management\")",
    },
    OnBehalf {
        role: "timer",
        actions: &["lambda:InvokeFunction", "sqs:SendMessage"],
        why: "EventBridge Scheduler calls the function, and keeps what it cannot deliver (EventBridge Scheduler User Guide, \
              \"Configuring a dead-letter queue\")",
    },
];
