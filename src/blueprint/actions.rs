//! The reviewed table from calls to IAM actions, and to what each action is checked against.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for …", the page of each service; for S3,
//! whose actions are often named unlike its operations, also "Required permissions for Amazon S3 API operations" (Amazon S3
//! User Guide). An operation that is not in the table has not been reviewed, and whoever needs it adds it.

/// What an action is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// The action knows no resource: only `*` can stand there.
    Anything,
    /// A bucket.
    Bucket,
    /// An object.
    Object,
    /// Glue's catalogue, and the database and the table in it: the action must be allowed on all that it touches.
    Catalogue,
    /// A Glue job.
    Job,
    /// A crawler.
    Crawler,
    /// A workgroup of Athena; its saved queries and statements are checked against it too.
    Workgroup,
    /// A log group.
    LogGroup,
    /// A log stream.
    LogStream,
    /// A stack, and its change sets.
    Stack,
    /// A role.
    Role,
    /// A managed policy.
    Policy,
    /// A topic, and its subscriptions.
    Topic,
    /// A KMS key.
    Key,
    /// A Lambda function.
    Function,
    /// A schedule.
    Schedule,
    /// A schedule group.
    ScheduleGroup,
    /// An EventBridge rule.
    Rule,
    /// A CloudWatch alarm.
    Alarm,
    /// Whatever the call names by its ARN.
    Named,
}

/// An action that a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The service's prefix in IAM.
    pub prefix: &'static str,
    /// The action behind the colon.
    pub action: &'static str,
    /// What it is checked against.
    pub on: On,
}

impl Need {
    /// As policies write it.
    pub fn name(&self) -> String {
        format!("{}:{}", self.prefix, self.action)
    }
}

/// Operations whose action has their own name: the service as the SDK's models name it, its prefix in IAM, what is checked,
/// the operations.
const SAME: &[(&str, &str, On, &[&str])] = &[
    (
        "s3",
        "s3",
        On::Bucket,
        &[
            "CreateBucket",
            "DeleteBucket",
            "DeleteBucketPolicy",
            "GetBucketLocation",
            "GetBucketLogging",
            "GetBucketNotification",
            "GetBucketOwnershipControls",
            "GetBucketPolicy",
            "GetBucketRequestPayment",
            "GetBucketTagging",
            "GetBucketVersioning",
            "PutBucketLogging",
            "PutBucketOwnershipControls",
            "PutBucketPolicy",
            "PutBucketTagging",
            "PutBucketVersioning",
        ],
    ),
    ("s3", "s3", On::Object, &["AbortMultipartUpload", "DeleteObject", "GetObject", "PutObject"]),
    (
        "glue",
        "glue",
        On::Catalogue,
        &[
            "BatchCreatePartition",
            "BatchGetPartition",
            "BatchUpdatePartition",
            "CreateDatabase",
            "CreatePartition",
            "CreateTable",
            "DeleteDatabase",
            "DeleteTable",
            "GetDatabase",
            "GetPartition",
            "GetPartitions",
            "GetTable",
            "GetTables",
            "UpdateDatabase",
            "UpdatePartition",
            "UpdateTable",
        ],
    ),
    (
        "glue",
        "glue",
        On::Job,
        &["BatchStopJobRun", "CreateJob", "DeleteJob", "GetJob", "GetJobRun", "GetJobRuns", "StartJobRun", "UpdateJob"],
    ),
    (
        "glue",
        "glue",
        On::Crawler,
        &["DeleteCrawler", "GetCrawler", "ListCrawls", "StartCrawler", "StopCrawler", "UpdateCrawler"],
    ),
    ("glue", "glue", On::Anything, &["CreateCrawler"]),
    (
        "athena",
        "athena",
        On::Workgroup,
        &[
            "BatchGetQueryExecution",
            "CreateNamedQuery",
            "CreatePreparedStatement",
            "CreateWorkGroup",
            "DeleteNamedQuery",
            "DeletePreparedStatement",
            "DeleteWorkGroup",
            "GetNamedQuery",
            "GetPreparedStatement",
            "GetQueryExecution",
            "GetQueryResults",
            "GetWorkGroup",
            "ListNamedQueries",
            "ListPreparedStatements",
            "ListQueryExecutions",
            "StartQueryExecution",
            "StopQueryExecution",
            "UpdateNamedQuery",
            "UpdatePreparedStatement",
            "UpdateWorkGroup",
        ],
    ),
    (
        "logs",
        "logs",
        On::LogGroup,
        &[
            "CreateLogGroup",
            "CreateLogStream",
            "DeleteLogGroup",
            "DeleteRetentionPolicy",
            "DescribeLogStreams",
            "PutRetentionPolicy",
        ],
    ),
    ("logs", "logs", On::LogStream, &["DeleteLogStream", "GetLogEvents", "PutLogEvents"]),
    ("logs", "logs", On::Anything, &["DescribeLogGroups"]),
    (
        "cloudformation",
        "cloudformation",
        On::Stack,
        &[
            "CancelUpdateStack",
            "ContinueUpdateRollback",
            "CreateChangeSet",
            "DeleteChangeSet",
            "DeleteStack",
            "DescribeChangeSet",
            "DescribeStackEvents",
            "DescribeStackResource",
            "DescribeStackResourceDrifts",
            "DescribeStackResources",
            "DescribeStacks",
            "DetectStackDrift",
            "ExecuteChangeSet",
            "GetTemplate",
            "ListStackResources",
            "RollbackStack",
            "UpdateTerminationProtection",
        ],
    ),
    (
        "cloudformation",
        "cloudformation",
        On::Anything,
        &["DescribeStackDriftDetectionStatus", "ListStacks", "ValidateTemplate"],
    ),
    (
        "iam",
        "iam",
        On::Role,
        &[
            "CreateRole",
            "DeleteRole",
            "DeleteRolePermissionsBoundary",
            "DeleteRolePolicy",
            "GetRole",
            "GetRolePolicy",
            "ListAttachedRolePolicies",
            "ListRolePolicies",
            "ListRoleTags",
            "PutRolePermissionsBoundary",
            "PutRolePolicy",
            "TagRole",
            "UntagRole",
            "UpdateAssumeRolePolicy",
            "UpdateRole",
            "UpdateRoleDescription",
        ],
    ),
    ("iam", "iam", On::Policy, &["GetPolicy"]),
    ("iam", "iam", On::Anything, &["ListRoles"]),
    (
        "sns",
        "sns",
        On::Topic,
        &[
            "CreateTopic",
            "DeleteTopic",
            "GetSubscriptionAttributes",
            "GetTopicAttributes",
            "ListSubscriptionsByTopic",
            "SetTopicAttributes",
            "Subscribe",
            "Unsubscribe",
        ],
    ),
    ("kms", "kms", On::Key, &["Decrypt", "DescribeKey", "GenerateDataKey", "GetKeyPolicy"]),
    (
        "lambda",
        "lambda",
        On::Function,
        &[
            "CreateFunction",
            "DeleteFunction",
            "GetFunction",
            "GetFunctionConfiguration",
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
        ],
    ),
    ("scheduler", "scheduler", On::Schedule, &["CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule"]),
    ("scheduler", "scheduler", On::ScheduleGroup, &["CreateScheduleGroup", "DeleteScheduleGroup", "GetScheduleGroup"]),
    ("scheduler", "scheduler", On::Anything, &["ListSchedules"]),
    (
        "events",
        "events",
        On::Rule,
        &["DeleteRule", "DescribeRule", "ListTargetsByRule", "PutRule", "PutTargets", "RemoveTargets"],
    ),
    ("cloudwatch", "cloudwatch", On::Alarm, &["DeleteAlarms", "DescribeAlarms", "PutMetricAlarm"]),
    ("cloudwatch", "cloudwatch", On::Anything, &["PutMetricData"]),
    ("athena", "athena", On::Named, &["ListTagsForResource", "TagResource", "UntagResource"]),
    ("cloudwatch", "cloudwatch", On::Named, &["ListTagsForResource", "TagResource", "UntagResource"]),
    ("events", "events", On::Named, &["ListTagsForResource", "TagResource", "UntagResource"]),
    ("glue", "glue", On::Named, &["GetTags", "TagResource", "UntagResource"]),
    ("lambda", "lambda", On::Named, &["ListTags", "TagResource", "UntagResource"]),
    ("logs", "logs", On::Named, &["ListTagsForResource", "TagResource", "UntagResource"]),
    ("scheduler", "scheduler", On::Named, &["ListTagsForResource", "TagResource", "UntagResource"]),
    ("sns", "sns", On::Named, &["ListTagsForResource", "TagResource", "UntagResource"]),
    ("cloudtrail", "cloudtrail", On::Anything, &["DescribeTrails"]),
    ("lakeformation", "lakeformation", On::Anything, &["GetDataLakeSettings"]),
    ("resourcegroupstaggingapi", "tag", On::Anything, &["GetResources"]),
];

/// Service, operation, and the actions it needs.
type Other = (&'static str, &'static str, &'static [(&'static str, On)]);

/// Operations whose actions are named otherwise, or that need several.
const OTHER: &[Other] = &[
    ("lambda", "Invoke", &[("InvokeFunction", On::Function)]),
    ("s3", "CompleteMultipartUpload", &[("PutObject", On::Object)]),
    ("s3", "CopyObject", &[("GetObject", On::Object), ("PutObject", On::Object)]),
    ("s3", "CreateMultipartUpload", &[("PutObject", On::Object)]),
    ("s3", "DeleteBucketEncryption", &[("PutEncryptionConfiguration", On::Bucket)]),
    ("s3", "DeleteBucketLifecycle", &[("PutLifecycleConfiguration", On::Bucket)]),
    ("s3", "DeleteBucketTagging", &[("PutBucketTagging", On::Bucket)]),
    ("s3", "DeleteObjects", &[("DeleteObject", On::Object)]),
    ("s3", "DeletePublicAccessBlock", &[("PutBucketPublicAccessBlock", On::Bucket)]),
    ("s3", "GetBucketEncryption", &[("GetEncryptionConfiguration", On::Bucket)]),
    ("s3", "GetBucketLifecycleConfiguration", &[("GetLifecycleConfiguration", On::Bucket)]),
    ("s3", "GetBucketNotificationConfiguration", &[("GetBucketNotification", On::Bucket)]),
    ("s3", "GetObjectLockConfiguration", &[("GetBucketObjectLockConfiguration", On::Bucket)]),
    ("s3", "GetPublicAccessBlock", &[("GetBucketPublicAccessBlock", On::Bucket)]),
    ("s3", "HeadBucket", &[("ListBucket", On::Bucket)]),
    ("s3", "HeadObject", &[("GetObject", On::Object)]),
    ("s3", "ListBuckets", &[("ListAllMyBuckets", On::Anything)]),
    ("s3", "ListMultipartUploads", &[("ListBucketMultipartUploads", On::Bucket)]),
    ("s3", "ListObjectVersions", &[("ListBucketVersions", On::Bucket)]),
    ("s3", "ListObjects", &[("ListBucket", On::Bucket)]),
    ("s3", "ListObjectsV2", &[("ListBucket", On::Bucket)]),
    ("s3", "ListParts", &[("ListMultipartUploadParts", On::Object)]),
    ("s3", "PutBucketEncryption", &[("PutEncryptionConfiguration", On::Bucket)]),
    ("s3", "PutBucketLifecycleConfiguration", &[("PutLifecycleConfiguration", On::Bucket)]),
    ("s3", "PutPublicAccessBlock", &[("PutBucketPublicAccessBlock", On::Bucket)]),
    ("s3", "UploadPart", &[("PutObject", On::Object)]),
];

/// Calls that anybody may make: "No permissions are required to perform this operation" (AWS STS API Reference).
const FREE: &[(&str, &str)] = &[("sts", "GetCallerIdentity")];

/// What a call needs; `None` if the call is not in the table. `versioned` says that it names a version of an object: then
/// S3 checks the actions that end in `Version`.
pub fn needs(service: &str, operation: &str, versioned: bool) -> Option<Vec<Need>> {
    if FREE.contains(&(service, operation)) {
        return Some(Vec::new());
    }
    if service == "s3" && versioned {
        let action = match operation {
            "GetObject" | "HeadObject" => Some("GetObjectVersion"),
            "DeleteObject" | "DeleteObjects" => Some("DeleteObjectVersion"),
            _ => None,
        };
        if let Some(action) = action {
            return Some(vec![Need { prefix: "s3", action, on: On::Object }]);
        }
    }
    if let Some((of, _, others)) = OTHER.iter().find(|(of, name, _)| (*of, *name) == (service, operation)) {
        return Some(others.iter().map(|(action, on)| Need { prefix: of, action, on: *on }).collect());
    }
    SAME.iter().filter(|(of, ..)| *of == service).find_map(|(_, prefix, on, operations)| {
        let action = operations.iter().find(|name| **name == operation)?;
        Some(vec![Need { prefix, action, on: *on }])
    })
}

/// Every action that some call needs.
pub fn all() -> impl Iterator<Item = Need> {
    let same =
        SAME.iter().flat_map(|(_, prefix, on, names)| names.iter().map(|name| Need { prefix, action: name, on: *on }));
    let other =
        OTHER.iter().flat_map(|(of, _, needs)| needs.iter().map(|(action, on)| Need { prefix: of, action, on: *on }));
    same.chain(other)
}

/// A call that a service makes with a role of ours, which no recording of our own code can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnBehalf {
    /// The role, as [`super::Names::role`] names it; what it begins with, as functions have one a stack.
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
];

#[cfg(test)]
mod tests {
    use super::*;

    fn names(service: &str, operation: &str, versioned: bool) -> Vec<(String, On)> {
        let needs = needs(service, operation, versioned).unwrap_or_else(|| panic!("{service}:{operation}"));
        needs.iter().map(|need| (need.name(), need.on)).collect()
    }

    #[test]
    fn calls_are_mapped_as_the_reference_says() {
        for (service, operation, versioned, expected) in [
            ("s3", "ListObjectsV2", false, vec![("s3:ListBucket", On::Bucket)]),
            ("s3", "HeadObject", false, vec![("s3:GetObject", On::Object)]),
            ("s3", "UploadPart", false, vec![("s3:PutObject", On::Object)]),
            ("s3", "DeleteObjects", true, vec![("s3:DeleteObjectVersion", On::Object)]),
            ("s3", "PutObject", true, vec![("s3:PutObject", On::Object)]),
            ("s3", "CopyObject", false, vec![("s3:GetObject", On::Object), ("s3:PutObject", On::Object)]),
            ("glue", "StartJobRun", false, vec![("glue:StartJobRun", On::Job)]),
            ("glue", "BatchCreatePartition", false, vec![("glue:BatchCreatePartition", On::Catalogue)]),
            ("glue", "CreateCrawler", false, vec![("glue:CreateCrawler", On::Anything)]),
            ("resourcegroupstaggingapi", "GetResources", false, vec![("tag:GetResources", On::Anything)]),
            ("sts", "GetCallerIdentity", false, vec![]),
        ] {
            let expected: Vec<(String, On)> = expected.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect();
            assert_eq!(names(service, operation, versioned), expected, "{service}:{operation}");
        }
        assert_eq!(needs("s3", "PutBucketAcl", false), None);
        assert_eq!(needs("glue", "ListObjectsV2", false), None);
    }

    #[test]
    fn no_call_stands_in_the_table_twice() {
        let mut all: Vec<(&str, &str)> =
            SAME.iter().flat_map(|(service, _, _, names)| names.iter().map(move |name| (*service, *name))).collect();
        all.extend(OTHER.iter().map(|(service, name, _)| (*service, *name)));
        all.extend(FREE);
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
