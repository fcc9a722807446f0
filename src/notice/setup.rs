//! What the functions must know of their pipeline: made by `blueprint/`, handed over in the environment.

use serde::{Deserialize, Serialize};

use super::message::shortened;
use crate::{Error, Result};

/// What the functions must know of their pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Its name.
    pub pipeline: String,
    /// Its Region.
    pub region: String,
    /// The AWS partition.
    pub partition: String,
    /// The ARN of its topic.
    pub topic: String,
    /// Its workgroup.
    pub workgroup: String,
    /// Its database.
    pub database: String,
    /// The bucket of tables and state.
    pub lake: String,
    /// Where its logs come from, as `s3://` paths; the first ones where there are many.
    pub reads: Vec<String>,
    /// How many places there are beside those.
    #[serde(default)]
    pub reads_more: usize,
    /// What the names of its alarms begin with.
    pub alarms: String,
    /// `notify.lag_hours`.
    pub lag_hours: u32,
    /// `notify.rejected_percent`.
    pub rejected_percent: u32,
    /// After how many minutes the job is stopped.
    pub timeout_minutes: u32,
    /// `notify.started_queries`.
    pub started_queries: bool,
    /// `notify.finished_queries`.
    pub finished_queries: bool,
    /// What a terabyte that Athena scans costs, in millionths of a US dollar.
    pub micro_usd_a_terabyte: u64,
}

/// What the name of an alarm ends in, behind [`Setup::alarms`].
pub const LAG: &str = "lag";
/// The same, of the alarm about rejected lines.
pub const REJECTS: &str = "rejects";
/// The same, of the alarm about failing runs.
pub const FAILURES: &str = "failures";

impl Setup {
    /// Reads what stands in the environment.
    ///
    /// # Errors
    /// If it is not there, or is not what this program wrote.
    pub fn parse(text: Option<&str>) -> Result<Self> {
        let hint = "bucketscope deploy  sets the function up anew";
        let text = text
            .ok_or_else(|| Error::failed(format!("the function lacks its variable {}", super::VARIABLE)).hint(hint))?;
        serde_json::from_str(text)
            .map_err(|error| Error::failed(format!("{} cannot be read", super::VARIABLE)).because(error).hint(hint))
    }

    /// The beginning of subjects, by which people sort their mail.
    pub fn subject(&self, text: &str) -> String {
        format!("[bucketscope {}] {text}", self.pipeline)
    }

    /// Where the logs come from.
    pub fn sources(&self) -> Option<String> {
        if self.reads.is_empty() {
            return None;
        }
        let mut all = self.reads.iter().map(|place| shortened(place, 200)).collect::<Vec<_>>().join(", ");
        if self.reads_more > 0 {
            all.push_str(&format!(" and {} more", self.reads_more));
        }
        Some(all)
    }

    /// The console in this partition ("AWS Management Console", and the pages of the partitions for China and GovCloud).
    fn console(&self) -> &'static str {
        match self.partition.as_str() {
            "aws-cn" => "https://console.amazonaws.cn",
            "aws-us-gov" => "https://console.amazonaws-us-gov.com",
            _ => "https://console.aws.amazon.com",
        }
    }

    fn page(&self, service: &str, rest: &str) -> String {
        format!("{}/{service}/home?region={}{rest}", self.console(), self.region)
    }

    /// The page of a query.
    pub fn query_page(&self, id: &str) -> String {
        self.page("athena", &format!("#/query-editor/history/{}", in_address(id)))
    }

    /// The page of a job's run.
    pub fn run_page(&self, job: &str, run: &str) -> String {
        self.page("gluestudio", &format!("#/job/{}/run/{}", in_address(job), in_address(run)))
    }

    /// The page of a crawler.
    pub fn crawler_page(&self, name: &str) -> String {
        self.page("glue", &format!("#/v2/data-catalog/crawlers/view/{}", in_address(name)))
    }

    /// The page of an alarm.
    pub fn alarm_page(&self, name: &str) -> String {
        self.page("cloudwatch", &format!("#alarmsV2:alarm/{}", in_address(name)))
    }
}

/// Names of AWS need no escapes; whatever else is in one is left out, so that the address stays one.
fn in_address(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(300).collect()
}
