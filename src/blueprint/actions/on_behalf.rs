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
        role: "dashboards",
        actions: &[
            "athena:BatchGetQueryExecution",
            "athena:GetDataCatalog",
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetQueryResultsStream",
            "athena:GetWorkGroup",
            "athena:ListQueryExecutions",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
            "glue:BatchGetPartition",
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:GetTable",
            "glue:GetTables",
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "s3:AbortMultipartUpload",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:ListBucketMultipartUploads",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
        ],
        why: "QuickSight asks Athena with it (Amazon Quick Sight User Guide, \"Running queries as an IAM role\", and the AWS \
              managed policy AWSQuicksightAthenaAccess, narrowed to one database)",
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
];
