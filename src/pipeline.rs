//! What a job in AWS is told of its pipeline: one JSON text, an argument in the job's definition. Made from the
//! configuration by `blueprint`, read by the worker.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The version of this text. The worker refuses another: the job's definition names the worker by hash, so both are
/// deployed together.
pub const VERSION: u32 = 1;

/// The metric in which the job says how old the newest record of the lake is, in hours.
pub const LAG_METRIC: &str = "NewestRecordAgeHours";
/// The metric of how many records a run has written.
pub const RECORDS_METRIC: &str = "Records";
/// … of how many lines it has read that are no records.
pub const REJECTED_METRIC: &str = "RejectedLines";
/// … of how many bytes of log objects it has read, as they are stored.
pub const BYTES_METRIC: &str = "LogBytes";
/// … of how long it took, in seconds, without the time that Glue needs to start it.
pub const SECONDS_METRIC: &str = "RunSeconds";
/// … of how many hours between the first and the last of the lake are without log objects.
pub const GAPS_METRIC: &str = "GapHours";
/// … of what its time costs at list price, in US dollars, without the time that Glue needs to start it.
pub const COST_METRIC: &str = "RunDollars";
/// All of them. They have no dimensions: the namespace has the pipeline's name.
pub const METRICS: [&str; 7] =
    [LAG_METRIC, RECORDS_METRIC, REJECTED_METRIC, BYTES_METRIC, SECONDS_METRIC, GAPS_METRIC, COST_METRIC];

/// A pipeline as its worker sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// [`VERSION`].
    pub version: u32,
    /// The pipeline's name, for messages and metrics.
    pub name: String,
    /// The lake's bucket; tables and `_state/` stand at its top.
    pub lake: Place,
    /// Where server access logs come from.
    pub sources: Vec<Source>,
    /// Where CloudTrail's files come from.
    #[serde(default)]
    pub trails: Vec<Source>,
    /// The catalogue that learns of each commit.
    pub catalogue: Catalogue,
    /// What a DPU-hour of the job costs, in millionths of a US dollar, for the summary of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpu_hour_micro_usd: Option<u64>,
    /// The job with many workers that gets what is too much for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<HandOver>,
}

/// A job with many workers, and when it is to be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The Glue job.
    pub job: String,
    /// The type of its workers, in Glue's word.
    pub worker_type: String,
    /// DPUs of one of them.
    pub dpus_each: u32,
    /// So many of them at most, the driver among them.
    pub workers_at_most: u32,
    /// What would keep the small job busy for longer than this is handed over.
    pub after_minutes: u32,
}

/// A bucket, and what keys begin with in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The bucket.
    pub bucket: String,
    /// What keys begin with; empty for all.
    #[serde(default)]
    pub prefix: String,
    /// The bucket's Region.
    pub region: String,
    /// The account that must own the bucket; every call names it.
    pub owner: String,
}

/// A place with the identity that its objects get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Part of every object's identity.
    pub id: String,
    /// Where.
    pub place: Place,
}

/// How the catalogue learns of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The Glue database.
    pub database: String,
    /// Its Region.
    pub region: String,
    /// What is to be done.
    pub after_commit: AfterCommit,
}

/// What the worker does after a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterCommit {
    /// Register the partitions that the commit touched.
    Register,
    /// Start this crawler.
    StartCrawler(String),
    /// Nothing: the table's properties say where partitions are.
    Nothing,
}

impl Catalogue {
    /// Whether a partition can be sent to another place in one step.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn can_move(&self) -> Result<()> {
        let (mode, why) = match &self.after_commit {
            AfterCommit::Register => return Ok(()),
            AfterCommit::StartCrawler(_) => ("crawler", "a crawler finds partitions by their paths"),
            AfterCommit::Nothing => ("projection", "with projection Athena works partitions' paths out"),
        };
        Err(Error::usage(format!("compact is not possible with catalogue.mode: {mode}"))
            .because(format!("{why}, so files cannot be replaced in one step"))
            .hint("set catalogue.mode to api and deploy"))
    }
}

impl Pipeline {
    /// Reads the argument of a job.
    ///
    /// # Errors
    /// If it is no such text or of another version.
    pub fn parse(text: &str) -> Result<Self> {
        let pipeline: Self = serde_json::from_str(text).map_err(|error| {
            Error::usage("--pipeline is not what this worker understands")
                .because(error)
                .hint("bucketscope deploy  renews the job's definition together with its worker")
        })?;
        if pipeline.version != VERSION {
            return Err(Error::usage(format!(
                "--pipeline is of version {}, this worker reads {VERSION}",
                pipeline.version
            ))
            .hint("bucketscope deploy  renews the job's definition together with its worker"));
        }
        Ok(pipeline)
    }
}
