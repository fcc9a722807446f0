//! The configuration of a pipeline in AWS (`target: aws`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::edit::changed;
use super::{Target, problem};
use crate::{Error, Result};

mod check;
pub mod form;
pub mod keys;
pub mod quicksight;
mod report;
pub mod schedule;
mod template;
#[cfg(test)]
mod tests;

pub use form::{is_account, is_region, partition_of};
pub use quicksight::{Import, QuickSight};
pub use report::{Given, Report};
pub use template::render;

/// The longest name: with it, the longest Region and the suffix, a bucket's name has the 63 characters that S3 allows.
pub const NAME_LIMIT: usize = 20;

/// Worker types of Spark jobs (Glue API Reference, WorkerType).
pub const WORKER_TYPES: &[&str] = &["G.1X", "G.2X", "G.4X", "G.8X", "G.12X", "G.16X", "R.1X", "R.2X", "R.4X", "R.8X"];

/// The worker type of Ray jobs (Glue API Reference, WorkerType).
pub const RAY_WORKER: &str = "Z.2X";

/// Days that CloudWatch Logs can keep events (CloudWatch Logs API Reference, PutRetentionPolicy).
pub const LOG_DAYS: &[u32] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Raw logs are kept this long at least, in days, so that a run that was down for a week loses nothing.
pub const RAW_DAYS_AT_LEAST: u32 = 14;

/// A pipeline in AWS as its configuration file describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cloud {
    /// The format's version.
    pub version: u32,
    /// Part of the name of everything deployed; what `destroy` asks for.
    pub name: String,
    /// Always `aws`.
    pub target: Target,
    /// Where it is deployed, and under which rules.
    pub aws: Account,
    /// Where server access logs come from. May be empty if there is a trail.
    #[serde(default)]
    pub sources: Vec<CloudSource>,
    /// Where CloudTrail's log files come from.
    #[serde(default)]
    pub trails: Vec<Trail>,
    /// The job that fills the lake.
    #[serde(default)]
    pub job: Job,
    /// How partitions get into the catalogue.
    #[serde(default)]
    pub catalogue: Catalogue,
    /// How long objects are kept.
    #[serde(default)]
    pub keep: Keep,
    /// Athena's workgroup.
    #[serde(default)]
    pub athena: Athena,
    /// Who is told of what.
    #[serde(default)]
    pub notify: Notify,
    /// What is asked by the clock.
    #[serde(default)]
    pub reports: Vec<Report>,
    /// What the cost estimate assumes.
    #[serde(default)]
    pub estimate: Estimate,
    /// Dashboards in QuickSight, where they are wanted.
    #[serde(default)]
    pub quicksight: Option<QuickSight>,
}

/// Where a pipeline is deployed, and under which rules of the account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The 12 digits of the account; every command checks that the credentials belong to it.
    pub account_id: String,
    /// The Region of lake, job, database and workgroup.
    pub region: String,
    /// Six lower-case letters or digits, made once by `init`: bucket names are shared by all accounts of the world.
    pub suffix: String,
    /// The path of all roles.
    #[serde(default = "root_path")]
    pub role_path: String,
    /// The ARN of the managed policy that bounds all roles.
    #[serde(default)]
    pub permissions_boundary: Option<String>,
    /// The ARN of the role that CloudFormation assumes; without it CloudFormation uses the caller's permissions.
    #[serde(default)]
    pub cloudformation_role: Option<String>,
    /// The ARN of a KMS key for lake, results and topic; without it S3's own keys.
    #[serde(default)]
    pub kms_key: Option<String>,
    /// Tags of everything that takes tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// A source of server access logs: either a log bucket that exists, or buckets for which logging is switched on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CloudSource {
    /// Part of every log object's identity; stays when the objects move.
    pub id: String,
    /// The Region of the buckets [default: the pipeline's].
    #[serde(default)]
    pub region: Option<String>,
    /// An existing log bucket. It is read and never changed.
    #[serde(default)]
    pub bucket: Option<String>,
    /// What the keys of the logs in it begin with, exactly as the logging setting says it.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The account that owns `bucket` [default: the pipeline's].
    #[serde(default)]
    pub account_id: Option<String>,
    /// Where S3 Inventory of `bucket` is delivered, for `run --inventory`: `s3://BUCKET/PREFIX`.
    #[serde(default)]
    pub inventory: Option<String>,
    /// Buckets for which logging is switched on, into a log bucket that the pipeline makes in their Region.
    #[serde(default)]
    pub log_buckets: Vec<String>,
}

/// A bucket to which CloudTrail delivers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// Part of every log file's identity.
    pub id: String,
    /// The bucket. It is read and never changed.
    pub bucket: String,
    /// What stands before `AWSLogs/`, without the slash at its end.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The bucket's Region [default: the pipeline's].
    #[serde(default)]
    pub region: Option<String>,
    /// The account that owns the bucket [default: the pipeline's].
    #[serde(default)]
    pub account_id: Option<String>,
    /// The ARN of the key that the files are encrypted with.
    #[serde(default)]
    pub kms_key: Option<String>,
}

/// Which kind of Glue job runs the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// One process on one machine, which hands over to a Spark job what is too much for it.
    #[default]
    Auto,
    /// One process on one machine (a Python shell job that launches the worker).
    Pythonshell,
    /// Spark places as many workers as are asked for.
    Glueetl,
    /// Ray does, for who still has Glue for Ray.
    Ray,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Pythonshell, Self::Glueetl, Self::Ray];

    /// As the configuration writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Pythonshell => "pythonshell",
            Self::Glueetl => "glueetl",
            Self::Ray => "ray",
        }
    }
}

/// The job that fills the lake.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Job {
    /// What runs the worker.
    pub engine: Engine,
    /// When it runs, as EventBridge Scheduler writes it: `cron(15 * * * ? *)`, `rate(1 hour)`; `none` for by hand only.
    pub schedule: String,
    /// The time zone of `schedule`.
    pub time_zone: String,
    /// After how many minutes Glue stops it.
    pub timeout_minutes: u32,
    /// DPUs of a Python shell job, in sixteenths: 1 (0.0625 DPU) or 16 (1 DPU).
    pub dpu_sixteenths: u32,
    /// Workers of a Spark or Ray job that is always one, the driver among them.
    pub workers: u32,
    /// Workers at most of a Spark job that gets a backlog, the driver among them.
    pub max_workers: u32,
    /// What would keep the small job busy for longer than this is handed over to Spark, in minutes.
    pub hand_over_minutes: u32,
    /// The type of a Spark job's workers: G.1X and up.
    pub worker_type: String,
    /// How long log groups keep the job's output, in days.
    pub log_days: u32,
}

impl Default for Job {
    fn default() -> Self {
        Self {
            engine: Engine::default(),
            schedule: "cron(15 * * * ? *)".to_owned(),
            time_zone: "UTC".to_owned(),
            timeout_minutes: 120,
            dpu_sixteenths: 16,
            workers: 2,
            max_workers: 10,
            hand_over_minutes: 15,
            worker_type: "G.1X".to_owned(),
            log_days: 30,
        }
    }
}

impl Job {
    /// The size of the job that runs the worker alone, in DPUs.
    pub fn small_dpus(&self) -> f64 {
        // 0.0625 or 1: sixteenths are exact in binary.
        f64::from(self.dpu_sixteenths) / 16.0
    }

    /// DPUs of one of many workers. AWS Glue Developer Guide, "AWS Glue worker types": G.4X has 4 DPUs, and so on; Z.2X,
    /// the only type that Ray has, 2 (M-DPUs).
    pub fn dpus_a_worker(&self) -> u32 {
        let kind = if self.engine == Engine::Ray { RAY_WORKER } else { &self.worker_type };
        let size = kind.trim_end_matches('X').rsplit('.').next();
        size.and_then(|size| size.parse().ok()).unwrap_or(1)
    }
}

/// How partitions get into the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CatalogueMode {
    /// The job registers those of each commit; the crawler reconciles on its schedule.
    #[default]
    Api,
    /// The job starts the crawler after each commit.
    Crawler,
    /// Athena works them out from the table's properties; there is no crawler.
    Projection,
}

/// How partitions get into the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Catalogue {
    /// Who registers them.
    pub mode: CatalogueMode,
    /// When the crawler runs by itself, as Glue writes it, UTC.
    pub crawler_schedule: String,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self { mode: CatalogueMode::default(), crawler_schedule: "cron(45 3 * * ? *)".to_owned() }
    }
}

/// How long objects are kept, in days; `None` for ever.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keep {
    /// Raw logs in log buckets that the pipeline made.
    pub raw_days: Option<u32>,
    /// The tables.
    pub lake_days: Option<u32>,
    /// Results of queries.
    pub result_days: Option<u32>,
}

impl Default for Keep {
    fn default() -> Self {
        Self { raw_days: Some(90), lake_days: None, result_days: None }
    }
}

/// Athena's workgroup.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Athena {
    /// A query that scans more is stopped, in gigabytes (10^9).
    pub scan_limit_gigabytes: u32,
}

impl Default for Athena {
    fn default() -> Self {
        Self { scan_limit_gigabytes: 100 }
    }
}

/// Who is told of what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// Addresses that get the notices; each must be confirmed by its owner.
    pub emails: Vec<String>,
    /// Failed jobs, failed crawlers, failed queries are told always; finished queries too if this is set.
    pub finished_queries: bool,
    /// A notice too when a query or a report begins.
    pub started_queries: bool,
    /// A notice if the newest record of the lake is older than this, in hours.
    pub lag_hours: u32,
    /// A notice if more than so many percent of a day's lines are no records.
    pub rejected_percent: u32,
}

impl Default for Notify {
    fn default() -> Self {
        Self { emails: Vec::new(), finished_queries: false, started_queries: false, lag_hours: 48, rejected_percent: 1 }
    }
}

/// What the cost estimate assumes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Estimate {
    /// Raw logs a month, in gigabytes (10^9).
    pub log_gigabytes_a_month: u32,
    /// Log objects a month, in thousands.
    pub log_objects_thousands: u32,
    /// Queries a day.
    pub queries_a_day: u32,
}

impl Default for Estimate {
    fn default() -> Self {
        Self { log_gigabytes_a_month: 30, log_objects_thousands: 100, queries_a_day: 20 }
    }
}

fn root_path() -> String {
    "/".to_owned()
}

impl CloudSource {
    /// Where inventories of the bucket are delivered: a bucket and the beginning of their keys.
    pub fn inventory_place(&self) -> Option<(&str, &str)> {
        let place = self.inventory.as_deref()?.strip_prefix("s3://")?;
        Some(place.split_once('/').unwrap_or((place, "")))
    }

    /// The Region of the source's buckets.
    pub fn region<'a>(&'a self, cloud: &'a Cloud) -> &'a str {
        self.region.as_deref().unwrap_or(&cloud.aws.region)
    }
}

impl Trail {
    /// The Region of the trail's bucket.
    pub fn region<'a>(&'a self, cloud: &'a Cloud) -> &'a str {
        self.region.as_deref().unwrap_or(&cloud.aws.region)
    }
}

impl Cloud {
    /// Reads the text of a configuration file; `shown` is its path as the user knows it.
    ///
    /// # Errors
    /// Usage errors that name the file, line and key, what was expected, and the nearest known key.
    pub fn parse(text: &str, shown: &Path) -> Result<Self> {
        let cloud: Self =
            serde_yaml::from_str(text).map_err(|error| problem::explain(text, shown, &error, keys::KEYS))?;
        match check::check(&cloud) {
            Ok(()) => Ok(cloud),
            Err(complaint) => Err(complaint.into_error(text, shown)),
        }
    }

    /// The text of this configuration's file, changed to read as `wanted`; every other line and every comment stays.
    ///
    /// # Errors
    /// If `wanted` cannot be, or the text is not written so that lines can simply be changed and added.
    pub fn edited(&self, text: &str, wanted: &Self, shown: &Path) -> Result<String> {
        check::check(wanted).map_err(|complaint| complaint.into_error(text, shown))?;
        changed(text, self, wanted, |edited| Self::parse(edited, shown)).ok_or_else(|| {
            Error::failed(format!("cannot change {} without rewriting it", shown.display()))
                .because("it is not written as init writes it: a key a line, a `- ` an item")
                .hint("change it in an editor, or move it away and let init write a new one with the same suffix")
        })
    }

    /// Every Region in which something is deployed, the pipeline's own first, the others sorted.
    pub fn regions(&self) -> Vec<String> {
        let switched_on = self.sources.iter().filter(|source| !source.log_buckets.is_empty());
        let mut others: BTreeSet<&str> = switched_on.map(|source| source.region(self)).collect();
        others.remove(self.aws.region.as_str());
        std::iter::once(self.aws.region.as_str()).chain(others).map(str::to_owned).collect()
    }
}
