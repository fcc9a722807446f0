//! Glue crawlers.

use aws_sdk_glue::Client;

use super::Session;
use super::answer::{absent, done, millis, owned};
use crate::Result;

/// A crawler as it is now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CrawlerNow {
    /// `READY`, `RUNNING` or `STOPPING`.
    pub state: String,
    /// When it runs by itself.
    pub schedule: Option<String>,
    /// Whether the schedule is in force.
    pub scheduled: bool,
    /// How the last crawl ended: `SUCCEEDED`, `CANCELLED` or `FAILED`; `None` if there was none.
    pub last_status: Option<String>,
    /// Why it failed.
    pub last_error: Option<String>,
    /// When it began, milliseconds since the epoch.
    pub last_started_ms: Option<i64>,
}

/// A crawl of the past.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Crawl {
    /// `COMPLETED`, `RUNNING`, `FAILED`, `STOPPED`.
    pub state: String,
    /// When it began, milliseconds since the epoch.
    pub started_ms: Option<i64>,
    /// When it ended, milliseconds since the epoch.
    pub ended_ms: Option<i64>,
    /// What it changed, as JSON of Glue's own.
    pub summary: String,
    /// What it used.
    pub dpu_hours: f64,
}

/// Crawlers of one Region.
pub trait Crawlers: Send + Sync {
    /// The crawler, if there is one.
    fn find(&self, name: &str) -> Result<Option<CrawlerNow>>;
    /// Its last crawls, newest first, no more than `limit`; `None` where they cannot be listed.
    fn crawls(&self, name: &str, limit: u16) -> Result<Vec<Crawl>>;
    /// Asks it to stop. One that does not run is fine.
    fn stop(&self, name: &str) -> Result<()>;
}

/// The driver over the SDK.
pub struct SdkCrawlers {
    session: Session,
    client: Client,
}

impl SdkCrawlers {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

impl Crawlers for SdkCrawlers {
    fn find(&self, name: &str) -> Result<Option<CrawlerNow>> {
        let answer = self.session.wait(self.client.get_crawler().name(name).send());
        let found = absent(answer, &["EntityNotFoundException"], || format!("cannot look at the crawler {name}"))?;
        let Some(crawler) = found.as_ref().and_then(|found| found.crawler()) else { return Ok(None) };
        let (last, schedule) = (crawler.last_crawl(), crawler.schedule());
        Ok(Some(CrawlerNow {
            state: crawler.state().map(|state| state.as_str().to_owned()).unwrap_or_default(),
            schedule: schedule.and_then(|schedule| schedule.schedule_expression()).map(str::to_owned),
            scheduled: schedule.and_then(|schedule| schedule.state()).is_none_or(|state| state.as_str() == "SCHEDULED"),
            last_status: last.and_then(|last| last.status()).map(|status| status.as_str().to_owned()),
            last_error: last.and_then(|last| last.error_message()).map(str::to_owned),
            last_started_ms: millis(last.and_then(|last| last.start_time())),
        }))
    }

    fn crawls(&self, name: &str, limit: u16) -> Result<Vec<Crawl>> {
        let call = self.client.list_crawls().crawler_name(name).max_results(i32::from(limit)).send();
        let answer = absent(self.session.wait(call), &["EntityNotFoundException"], || {
            format!("cannot list the crawls of {name}")
        })?;
        let crawls = answer.as_ref().map_or(&[][..], |answer| answer.crawls());
        let mut all: Vec<Crawl> = crawls
            .iter()
            .map(|crawl| Crawl {
                state: crawl.state().map(|state| state.as_str().to_owned()).unwrap_or_default(),
                started_ms: millis(crawl.start_time()),
                ended_ms: millis(crawl.end_time()),
                summary: owned(crawl.summary()),
                dpu_hours: crawl.dpu_hour(),
            })
            .collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.started_ms));
        Ok(all)
    }

    fn stop(&self, name: &str) -> Result<()> {
        let answer = self.session.wait(self.client.stop_crawler().name(name).send());
        let fine = ["CrawlerNotRunningException", "CrawlerStoppingException", "EntityNotFoundException"];
        done(answer, &fine, || format!("cannot stop the crawler {name}"))
    }
}
