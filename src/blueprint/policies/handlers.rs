//! What CloudFormation does in the caller's name, or in that of its role: by resource type, narrowed to the properties that our
//! templates set.
//!
//! Source: the `handlers` of each type's schema in the CloudFormation registry (`aws cloudformation describe-type`), and for
//! AWS::Events::Rule, AWS::SNS::Subscription, AWS::Glue::Database and AWS::Glue::Table, whose schemas name none, the API
//! operations that make, read and delete the thing.

use std::collections::{BTreeMap, BTreeSet};

use super::places::Place;

/// What one type takes.
struct Type {
    place: Place,
    /// To read it, which drift detection does.
    read: &'static [&'static str],
    /// To make, change and delete it.
    write: &'static [&'static str],
}

const TYPES: &[Type] = &[
    // AWS::S3::Bucket, AWS::S3::BucketPolicy
    Type {
        place: Place::OwnBuckets,
        read: &[
            "s3:GetAccelerateConfiguration",
            "s3:GetAnalyticsConfiguration",
            "s3:GetBucketCORS",
            "s3:GetBucketLogging",
            "s3:GetBucketMetadataTableConfiguration",
            "s3:GetBucketNotification",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketPolicy",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetBucketWebsite",
            "s3:GetEncryptionConfiguration",
            "s3:GetIntelligentTieringConfiguration",
            "s3:GetInventoryConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetMetricsConfiguration",
            "s3:GetReplicationConfiguration",
            "s3:ListBucket",
        ],
        write: &[
            "s3:DeleteBucket",
            "s3:DeleteBucketPolicy",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
        ],
    },
    // A bucket that is not there yet has no account that a condition could name.
    Type { place: Place::NewBuckets, read: &[], write: &["s3:CreateBucket"] },
    // Templates by address, and the functions' code.
    Type { place: Place::AssetObjects, read: &["s3:GetObject"], write: &[] },
    // AWS::IAM::Role
    Type {
        place: Place::Roles,
        read: &["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
        write: &[
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteRolePolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
            "iam:UpdateRoleDescription",
        ],
    },
    // AWS::Lambda::Function, and the custom resources that it answers for.
    Type {
        place: Place::Functions,
        read: &[
            "lambda:GetFunction",
            "lambda:GetFunctionCodeSigningConfig",
            "lambda:GetFunctionConfiguration",
            "lambda:GetFunctionRecursionConfig",
            "lambda:GetRuntimeManagementConfig",
            "lambda:ListTags",
        ],
        write: &[
            "lambda:CreateFunction",
            "lambda:DeleteFunction",
            "lambda:InvokeFunction",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ],
    },
    // AWS::Logs::LogGroup
    Type {
        place: Place::OwnLogGroups,
        read: &["logs:GetDataProtectionPolicy", "logs:ListTagsForResource"],
        write: &[
            "logs:CreateLogGroup",
            "logs:DeleteLogGroup",
            "logs:DeleteRetentionPolicy",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
            "logs:UntagResource",
        ],
    },
    Type { place: Place::Anything, read: &["logs:DescribeLogGroups"], write: &[] },
    // AWS::Glue::Database, AWS::Glue::Table
    Type {
        place: Place::Catalogue,
        read: &["glue:GetDatabase", "glue:GetTable", "glue:GetTags"],
        write: &[
            "glue:CreateDatabase",
            "glue:CreateTable",
            "glue:DeleteDatabase",
            "glue:DeleteTable",
            "glue:TagResource",
            "glue:UntagResource",
            "glue:UpdateDatabase",
            "glue:UpdateTable",
        ],
    },
    // AWS::Glue::Job
    Type {
        place: Place::Job,
        read: &["glue:GetJob", "glue:GetTags"],
        write: &["glue:CreateJob", "glue:DeleteJob", "glue:TagResource", "glue:UntagResource", "glue:UpdateJob"],
    },
    // AWS::Glue::Crawler. CreateCrawler knows no resource.
    Type {
        place: Place::Crawler,
        read: &["glue:GetCrawler", "glue:GetTags"],
        write: &[
            "glue:DeleteCrawler",
            "glue:StopCrawler",
            "glue:TagResource",
            "glue:UntagResource",
            "glue:UpdateCrawler",
        ],
    },
    Type { place: Place::Anything, read: &[], write: &["glue:CreateCrawler"] },
    // AWS::Athena::WorkGroup, NamedQuery, PreparedStatement
    Type {
        place: Place::Workgroup,
        read: &[
            "athena:GetNamedQuery",
            "athena:GetPreparedStatement",
            "athena:GetWorkGroup",
            "athena:ListTagsForResource",
        ],
        write: &[
            "athena:CreateNamedQuery",
            "athena:CreatePreparedStatement",
            "athena:CreateWorkGroup",
            "athena:DeleteNamedQuery",
            "athena:DeletePreparedStatement",
            "athena:DeleteWorkGroup",
            "athena:TagResource",
            "athena:UntagResource",
            "athena:UpdatePreparedStatement",
            "athena:UpdateWorkGroup",
        ],
    },
    // AWS::SNS::Topic, TopicPolicy, Subscription
    Type {
        place: Place::Topic,
        read: &[
            "sns:GetDataProtectionPolicy",
            "sns:GetSubscriptionAttributes",
            "sns:GetTopicAttributes",
            "sns:ListSubscriptionsByTopic",
            "sns:ListTagsForResource",
        ],
        write: &[
            "sns:CreateTopic",
            "sns:DeleteTopic",
            "sns:SetTopicAttributes",
            "sns:Subscribe",
            "sns:TagResource",
            "sns:Unsubscribe",
            "sns:UntagResource",
        ],
    },
    // AWS::Events::Rule
    Type {
        place: Place::Rules,
        read: &["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"],
        write: &[
            "events:DeleteRule",
            "events:PutRule",
            "events:PutTargets",
            "events:RemoveTargets",
            "events:TagResource",
            "events:UntagResource",
        ],
    },
    // AWS::CloudWatch::Alarm
    Type {
        place: Place::Alarms,
        read: &["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"],
        write: &[
            "cloudwatch:DeleteAlarms",
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:TagResource",
            "cloudwatch:UntagResource",
        ],
    },
    // AWS::CloudWatch::Dashboard
    Type {
        place: Place::Dashboard,
        read: &["cloudwatch:GetDashboard"],
        write: &["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"],
    },
    // AWS::Scheduler::Schedule, ScheduleGroup
    Type {
        place: Place::Schedule,
        read: &["scheduler:GetSchedule"],
        write: &["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule"],
    },
    Type {
        place: Place::ScheduleGroup,
        read: &["scheduler:GetScheduleGroup", "scheduler:ListTagsForResource"],
        write: &[
            "scheduler:CreateScheduleGroup",
            "scheduler:DeleteScheduleGroup",
            "scheduler:TagResource",
            "scheduler:UntagResource",
        ],
    },
    // AWS::QuickSight::DataSource, DataSet, RefreshSchedule, Dashboard; without folders, topics, templates and themes, which ours
    // do not name.
    Type {
        place: Place::Dashboards,
        read: &[
            "quicksight:DescribeDashboard",
            "quicksight:DescribeDashboardPermissions",
            "quicksight:DescribeDataSet",
            "quicksight:DescribeDataSetPermissions",
            "quicksight:DescribeDataSetRefreshProperties",
            "quicksight:DescribeDataSource",
            "quicksight:DescribeDataSourcePermissions",
            "quicksight:DescribeRefreshSchedule",
            "quicksight:ListTagsForResource",
        ],
        write: &[
            "quicksight:CancelIngestion",
            "quicksight:CreateDashboard",
            "quicksight:CreateDataSet",
            "quicksight:CreateRefreshSchedule",
            "quicksight:DeleteDashboard",
            "quicksight:DeleteDataSet",
            "quicksight:DeleteDataSetRefreshProperties",
            "quicksight:DeleteDataSource",
            "quicksight:DeleteRefreshSchedule",
            "quicksight:DescribeIngestion",
            "quicksight:PassDataSet",
            "quicksight:PassDataSource",
            "quicksight:PutDataSetRefreshProperties",
            "quicksight:TagResource",
            "quicksight:UntagResource",
            "quicksight:UpdateDashboard",
            "quicksight:UpdateDashboardLinks",
            "quicksight:UpdateDashboardPermissions",
            "quicksight:UpdateDashboardPublishedVersion",
            "quicksight:UpdateDataSet",
            "quicksight:UpdateDataSetPermissions",
            "quicksight:UpdateDataSource",
            "quicksight:UpdateDataSourcePermissions",
            "quicksight:UpdateRefreshSchedule",
        ],
    },
    Type {
        place: Place::DashboardsAnywhere,
        read: &[],
        write: &["quicksight:CreateDataSource", "quicksight:ListIngestions"],
    },
    // SNS and S3 ask KMS in the caller's name whether a key may be used.
    Type { place: Place::LakeKey, read: &[], write: &["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"] },
    // The stacks' own tags.
    Type { place: Place::Stacks, read: &[], write: &["cloudformation:TagResource", "cloudformation:UntagResource"] },
];

/// Adds what CloudFormation does: reading, and where `write` is set, changing.
pub(super) fn add(wanted: &mut BTreeMap<Place, BTreeSet<String>>, write: bool) {
    for one in TYPES {
        let changing = if write { one.write } else { &[] };
        let actions = one.read.iter().chain(changing).map(|action| (*action).to_owned());
        wanted.entry(one.place).or_default().extend(actions);
    }
    wanted.retain(|_, actions| !actions.is_empty());
}

/// Whether CloudFormation does this in the caller's name.
pub fn handled(action: &str) -> bool {
    TYPES.iter().any(|one| one.read.contains(&action) || one.write.contains(&action))
}

/// The same within a statement, by its id without what stands behind it.
pub fn handled_in(statement: &str, action: &str) -> bool {
    let mut of_statement = TYPES.iter().filter(|one| format!("{:?}", one.place) == statement);
    of_statement.any(|one| one.read.contains(&action) || one.write.contains(&action))
}
