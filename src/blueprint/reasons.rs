//! Why each statement of a role is there. docs/security.md is made of it, and a test holds it against the rendered roles: a
//! statement without a reason, or a reason without a statement, fails.

/// Why a statement is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The role, as [`crate::blueprint::Names::role`] names it.
    pub role: &'static str,
    /// The statement's id; what it begins with, as some end with the account that they are about.
    pub sid: &'static str,
    /// The file whose calls need it; `None` where a service makes them with the role.
    pub code: Option<&'static str>,
    /// What for, in a sentence.
    pub why: &'static str,
}

const fn ours(role: &'static str, sid: &'static str, code: &'static str, why: &'static str) -> Reason {
    Reason { role, sid, code: Some(code), why }
}

const fn service(role: &'static str, sid: &'static str, why: &'static str) -> Reason {
    Reason { role, sid, code: None, why }
}

/// All of them.
pub const REASONS: &[Reason] = &[
    ours(
        "etl",
        "Assets",
        "jobs/launcher.py",
        "Glue fetches the script, and the script the worker, whose SHA-256 it verifies. Exactly these two objects",
    ),
    ours(
        "etl",
        "List",
        "src/storage/s3.rs",
        "Lists log objects. Not narrowed to a prefix: S3 would answer for an object that is gone as for one that may not be read",
    ),
    ours(
        "etl",
        "Read",
        "src/storage/s3.rs",
        "Reads log objects, CloudTrail's files and inventories below their prefixes",
    ),
    ours(
        "etl",
        "LakeList",
        "src/storage/s3.rs",
        "Lists the commit log and plans; and S3 answers 404 for what is not there only to who may list",
    ),
    ours(
        "etl",
        "Lake",
        "src/storage/s3.rs",
        "Writes tables and state, reads state, removes what was swept or replaced by a compaction",
    ),
    service("etl", "LakeKey", "S3 asks KMS in the job's name; only with `aws.kms_key`"),
    service(
        "etl",
        "TrailKeys",
        "S3 asks KMS in the job's name, to decrypt CloudTrail's files; only with a trail's `kms_key`",
    ),
    ours(
        "etl",
        "Catalogue",
        "src/aws/partitions.rs",
        "Registers the partitions of a commit, and moves those of a compaction; only with `catalogue.mode: api`",
    ),
    ours(
        "etl",
        "Crawler",
        "src/aws/partitions.rs",
        "Starts the crawler after a commit; only with `catalogue.mode: crawler`",
    ),
    ours(
        "etl",
        "Metric",
        "jobs/launcher.py",
        "Tells CloudWatch a run's metrics. The call knows no resource; the namespace of the pipeline is the bound",
    ),
    ours("etl", "HandOver", "src/aws/handover.rs", "Starts the Spark job for a backlog; only with `job.engine: auto`"),
    service("etl", "Log", "Glue writes what the job prints, to groups that all jobs of the account share"),
    service("crawler", "LakeList", "The crawler looks for folders of partitions"),
    service("crawler", "Lake", "The crawler reads the schema of files, in the tables' folders alone"),
    service("crawler", "Catalogue", "The crawler adds partitions to the pipeline's tables"),
    service("crawler", "Log", "The crawler writes its log, to a group that all crawlers of the account share"),
    service("crawler", "LakeKey", "S3 asks KMS in the crawler's name; only with `aws.kms_key`"),
    service("schedule", "Start", "EventBridge Scheduler starts the job, this one alone"),
    ours(
        "delivery",
        "Logging",
        "src/lambda/buckets.rs",
        "Switches logging on for the buckets of `log_buckets`, keeps the earlier setting, gives it back",
    ),
    ours(
        "delivery",
        "Target",
        "src/lambda/buckets.rs",
        "Looks whether S3 can deliver to the log bucket: Region, Object Lock, Requester Pays",
    ),
    ours(
        "delivery",
        "EarlierSettings",
        "src/lambda/buckets.rs",
        "Keeps the earlier logging settings below `state/` in the log bucket",
    ),
    service("delivery", "Log", "Lambda writes what the function prints"),
    service("dashboards", "Athena", "QuickSight asks in the pipeline's workgroup"),
    service("dashboards", "Catalogs", "QuickSight looks for the account's catalogue"),
    service("dashboards", "Catalogue", "Athena reads the catalogue in the role's name"),
    service("dashboards", "LakeList", "Athena looks for files of the tables in the role's name"),
    service("dashboards", "Lake", "Athena reads the tables' files in the role's name"),
    service("dashboards", "ResultsList", "Athena looks where results are in the role's name"),
    service("dashboards", "Results", "Athena writes results in the role's name, and QuickSight reads them"),
    service("dashboards", "LakeKey", "S3 asks KMS in the role's name; only with `aws.kms_key`"),
    ours(
        "notices",
        "Queries",
        "src/lambda/notify.rs",
        "Asks Athena how a query has ended: bytes, range, number of rows",
    ),
    service("notices", "Results", "Athena's GetQueryResults reads the result in the function's name"),
    ours("notices", "Tell", "src/lambda/tell.rs", "Publishes the text to the topic"),
    service("notices", "Undelivered", "Lambda keeps in the queue what the function has failed on"),
    service("notices", "Log", "Lambda writes what the function prints"),
    service("notices", "Key", "SNS and S3 ask KMS in the function's name; only with `aws.kms_key`"),
    ours("reports", "Ask", "src/lambda/report.rs", "Starts the query of a report, in the pipeline's workgroup"),
    service("reports", "Catalogue", "Athena reads the catalogue in the function's name"),
    service("reports", "Buckets", "Athena looks where lake and results are, in the function's name"),
    service("reports", "Tables", "Athena reads the tables' files in the function's name"),
    service("reports", "Results", "Athena writes the result in the function's name"),
    ours("reports", "Tell", "src/lambda/tell.rs", "Tells the topic that a report could not be started"),
    service("reports", "Undelivered", "Lambda keeps in the queue what the function has failed on"),
    service("reports", "Log", "Lambda writes what the function prints"),
    service("reports", "Key", "SNS, S3 and Athena ask KMS in the function's name; only with `aws.kms_key`"),
    service("timer", "Call", "EventBridge Scheduler calls the function that asks reports"),
    service("timer", "Undelivered", "EventBridge Scheduler keeps in the queue what it could not deliver"),
];

/// The reason of a statement of a role; functions have a role a stack, which ends in a number.
pub fn reason(role: &str, sid: &str) -> Option<&'static Reason> {
    let account = |sid: &str| sid.trim_end_matches(|one: char| one.is_ascii_digit()).to_owned();
    REASONS.iter().find(|one| role == one.role && (sid == one.sid || account(sid) == one.sid))
}
