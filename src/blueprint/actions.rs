//! The reviewed table from calls to IAM actions, and to what each action is checked against.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for …", the page of each service; for S3,
//! whose actions are often named unlike its operations, also "Required permissions for Amazon S3 API operations" (Amazon S3
//! User Guide). An operation that is not in the table has not been reviewed, and whoever needs it adds it.

mod on_behalf;

pub use on_behalf::{ON_BEHALF, OnBehalf};

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
    /// A queue.
    Queue,
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
    /// A CloudWatch dashboard.
    Dashboard,
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
            "Publish",
            "SetTopicAttributes",
            "Subscribe",
            "Unsubscribe",
        ],
    ),
    (
        "sqs",
        "sqs",
        On::Queue,
        &[
            "CreateQueue",
            "DeleteQueue",
            "GetQueueAttributes",
            "GetQueueUrl",
            "ListQueueTags",
            "SendMessage",
            "SetQueueAttributes",
            "TagQueue",
            "UntagQueue",
        ],
    ),
    ("kms", "kms", On::Key, &["Decrypt", "DescribeKey", "GenerateDataKey", "GetKeyPolicy"]),
    (
        "lambda",
        "lambda",
        On::Function,
        &[
            "AddPermission",
            "CreateFunction",
            "DeleteFunction",
            "GetFunction",
            "GetFunctionConfiguration",
            "GetPolicy",
            "RemovePermission",
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
    ("cloudwatch", "cloudwatch", On::Dashboard, &["DeleteDashboards", "GetDashboard", "PutDashboard"]),
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

#[cfg(test)]
mod tests;
