//! What the program itself calls of AWS, by whom and on what. A test holds this against recordings.

use super::Who;
use super::places::Place;
use crate::blueprint::actions::needs;

/// Operations of one service on one kind of thing.
#[derive(Debug)]
pub struct Calls {
    /// Who makes them.
    pub who: &'static [Who],
    /// On what.
    pub(super) place: Place,
    /// The service as the SDK's models name it.
    pub service: &'static str,
    /// The operations.
    pub operations: &'static [&'static str],
}

impl Calls {
    /// The id of the statement that allows them; an account or a number may stand behind it.
    pub fn statement(&self) -> String {
        format!("{:?}", self.place)
    }

    /// The actions that they need.
    pub(super) fn actions(&self) -> impl Iterator<Item = String> {
        self.operations.iter().flat_map(|operation| {
            let mut all = needs(self.service, operation, false).unwrap_or_default();
            // What is emptied may hold versions.
            if *operation == "DeleteObjects" {
                all.extend(needs(self.service, operation, true).unwrap_or_default());
            }
            all.into_iter().map(|need| need.name())
        })
    }
}

const BOTH: &[Who] = &[Who::Deployer, Who::Ci];
const DEPLOYER: &[Who] = &[Who::Deployer];
const ANALYST: &[Who] = &[Who::Analyst];
const DOCTOR: &[Who] = &[Who::Doctor];

const fn row(who: &'static [Who], place: Place, service: &'static str, operations: &'static [&'static str]) -> Calls {
    Calls { who, place, service, operations }
}

/// All of them.
pub const CALLED: &[Calls] = &[
    // plan, status, drift, run
    row(
        BOTH,
        Place::Stacks,
        "cloudformation",
        &[
            "CreateChangeSet",
            "DeleteChangeSet",
            "DescribeChangeSet",
            "DescribeStackEvents",
            "DescribeStackResourceDrifts",
            "DescribeStacks",
            "DetectStackDrift",
            "GetTemplate",
            "ListStackResources",
        ],
    ),
    row(BOTH, Place::Anything, "cloudformation", &["DescribeStackDriftDetectionStatus"]),
    row(
        BOTH,
        Place::OwnBuckets,
        "s3",
        &[
            "GetBucketLogging",
            "GetBucketPolicy",
            "GetBucketRequestPayment",
            "GetBucketTagging",
            "GetObjectLockConfiguration",
            "HeadBucket",
            "ListObjectsV2",
        ],
    ),
    row(BOTH, Place::AssetObjects, "s3", &["DeleteObject", "GetObject", "HeadObject", "PutObject"]),
    row(BOTH, Place::StateObjects, "s3", &["GetObject"]),
    row(
        BOTH,
        Place::SourceBuckets,
        "s3",
        &["GetBucketLogging", "GetBucketRequestPayment", "HeadBucket", "ListObjectsV2"],
    ),
    row(BOTH, Place::LoggedBuckets, "s3", &["GetBucketLogging", "HeadBucket"]),
    row(BOTH, Place::Keys, "kms", &["DescribeKey", "GetKeyPolicy"]),
    row(BOTH, Place::Boundary, "iam", &["GetPolicy"]),
    row(BOTH, Place::ServiceRole, "iam", &["GetRole"]),
    row(BOTH, Place::Roles, "iam", &["GetRole"]),
    row(BOTH, Place::Anything, "s3", &["ListBuckets"]),
    row(BOTH, Place::Anything, "cloudtrail", &["DescribeTrails"]),
    row(BOTH, Place::Anything, "lakeformation", &["GetDataLakeSettings"]),
    row(BOTH, Place::Job, "glue", &["GetJob", "GetJobRun", "GetJobRuns", "StartJobRun"]),
    row(BOTH, Place::Crawler, "glue", &["GetCrawler", "ListCrawls"]),
    row(BOTH, Place::Catalogue, "glue", &["GetDatabase", "GetTable", "GetTables"]),
    row(
        BOTH,
        Place::Workgroup,
        "athena",
        &["BatchGetQueryExecution", "GetNamedQuery", "GetPreparedStatement", "GetWorkGroup", "ListQueryExecutions"],
    ),
    row(BOTH, Place::Anything, "logs", &["DescribeLogGroups"]),
    row(BOTH, Place::LogGroups, "logs", &["DescribeLogStreams", "GetLogEvents"]),
    row(BOTH, Place::Schedule, "scheduler", &["GetSchedule"]),
    row(BOTH, Place::ScheduleGroup, "scheduler", &["GetScheduleGroup"]),
    row(BOTH, Place::Queue, "sqs", &["GetQueueAttributes"]),
    row(BOTH, Place::Topic, "sns", &["GetTopicAttributes", "ListSubscriptionsByTopic"]),
    // notify test: Athena is to fail on a query. It looks for the place of the result and for the table first.
    row(DEPLOYER, Place::Workgroup, "athena", &["GetQueryExecution", "StartQueryExecution"]),
    row(DEPLOYER, Place::LakeAndResults, "s3", &["GetBucketLocation"]),
    row(DEPLOYER, Place::ResultObjects, "s3", &["PutObject"]),
    // init, deploy, destroy
    row(
        DEPLOYER,
        Place::Stacks,
        "cloudformation",
        &[
            "CancelUpdateStack",
            "ContinueUpdateRollback",
            "DeleteStack",
            "ExecuteChangeSet",
            "RollbackStack",
            "UpdateTerminationProtection",
        ],
    ),
    // Asked for all stacks, DescribeStacks needs both on all ("DescribeStacks", CloudFormation API Reference).
    row(DEPLOYER, Place::Anything, "cloudformation", &["DescribeStacks", "ListStacks"]),
    row(DEPLOYER, Place::OwnBuckets, "s3", &["DeleteBucket", "ListMultipartUploads", "ListObjectVersions"]),
    row(DEPLOYER, Place::OwnObjects, "s3", &["AbortMultipartUpload", "DeleteObjects", "HeadObject"]),
    row(DEPLOYER, Place::LoggedBuckets, "s3", &["GetBucketLocation", "PutBucketLogging"]),
    row(DEPLOYER, Place::Job, "glue", &["BatchStopJobRun"]),
    row(DEPLOYER, Place::Crawler, "glue", &["StopCrawler"]),
    row(DEPLOYER, Place::Catalogue, "glue", &["CreateTable", "DeleteDatabase", "DeleteTable", "UpdateTable"]),
    row(DEPLOYER, Place::Workgroup, "athena", &["DeleteWorkGroup"]),
    row(DEPLOYER, Place::LogGroups, "logs", &["DeleteLogGroup", "DeleteLogStream"]),
    row(DEPLOYER, Place::Topic, "sns", &["SetTopicAttributes"]),
    row(DEPLOYER, Place::Queue, "sqs", &["SetQueueAttributes"]),
    row(DEPLOYER, Place::Schedule, "scheduler", &["UpdateSchedule"]),
    row(DEPLOYER, Place::Anything, "scheduler", &["ListSchedules"]),
    row(DEPLOYER, Place::Anything, "iam", &["ListRoles"]),
    row(DEPLOYER, Place::Roles, "iam", &["ListRoleTags"]),
    row(DEPLOYER, Place::Anything, "resourcegroupstaggingapi", &["GetResources"]),
    // doctor --remote
    row(DOCTOR, Place::Job, "glue", &["GetJob"]),
    row(DOCTOR, Place::DoctorJobs, "glue", &["BatchStopJobRun", "CreateJob", "DeleteJob", "GetJobRun", "StartJobRun"]),
    // CreateJob with tags needs the right to tag ("Actions, resources, and condition keys for AWS Glue").
    row(DOCTOR, Place::DoctorJobs, "glue", &["TagResource"]),
    row(DOCTOR, Place::LogGroups, "logs", &["DeleteLogStream", "DescribeLogStreams", "GetLogEvents"]),
    // Queries. Athena reads the catalogue, the lake and its results, and writes results, in the caller's name ("Identity-based
    // policies for Amazon Athena", and "Control access to Amazon S3 from Athena", Amazon Athena User Guide).
    row(
        ANALYST,
        Place::Workgroup,
        "athena",
        &[
            "BatchGetQueryExecution",
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
        ],
    ),
    row(
        ANALYST,
        Place::Catalogue,
        "glue",
        &["BatchGetPartition", "GetDatabase", "GetPartition", "GetPartitions", "GetTable", "GetTables"],
    ),
    row(
        ANALYST,
        Place::LakeAndResults,
        "s3",
        &["GetBucketLocation", "HeadBucket", "ListMultipartUploads", "ListObjectsV2"],
    ),
    // What the lake holds of which time, for the range of a question and for --dry-run.
    row(ANALYST, Place::StateObjects, "s3", &["GetObject"]),
    row(ANALYST, Place::TableObjects, "s3", &["GetObject"]),
    row(ANALYST, Place::ResultObjects, "s3", &["AbortMultipartUpload", "GetObject", "ListParts", "PutObject"]),
    row(ANALYST, Place::LakeKey, "kms", &["Decrypt", "GenerateDataKey"]),
];
