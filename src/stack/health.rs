//! How a pipeline in AWS is doing: what was seen, judged.

use jiff::tz::TimeZone;
use serde::Serialize;

use super::next::next_after;
use super::runs::RunSeen;
use super::teardown::FoundStack;
use crate::blueprint::{Names, StackKind};
use crate::config::cloud::schedule::{MONTH_DAYS, Schedule};
use crate::config::cloud::{CatalogueMode, Cloud};
pub use crate::etl::status::Health;
use crate::etl::status::Status as Lake;

/// A run may come so much later than its schedule says, in milliseconds, before somebody should look.
const PATIENCE_MS: i64 = 3_600_000;

/// A run late by this many periods is missing.
const PERIODS: i64 = 3;

/// The job's schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ScheduleSeen {
    /// `cron(…)` or `rate(…)`.
    pub expression: String,
    /// Its time zone.
    pub time_zone: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// When it comes round next, milliseconds since the epoch, where that can be told.
    pub next_ms: Option<i64>,
}

/// The crawler.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CrawlerSeen {
    /// `READY`, `RUNNING` or `STOPPING`.
    pub state: String,
    /// How the last crawl ended.
    pub last_status: Option<String>,
    /// Why it failed.
    pub last_error: Option<String>,
    /// When it began, milliseconds since the epoch.
    pub last_started_ms: Option<i64>,
    /// Partitions that it added.
    pub last_added: Option<u64>,
    /// When it runs next by its schedule, milliseconds since the epoch, where that can be told.
    pub next_ms: Option<i64>,
}

/// A report that is asked by the clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReportSeen {
    /// What it is called.
    pub name: String,
    /// The saved query.
    pub query: String,
    /// The range of time that it asks about.
    pub last: String,
    /// Its schedule; `None` where there is none in AWS.
    pub schedule: Option<ScheduleSeen>,
    /// When it was asked last, milliseconds since the epoch, if that was this month.
    pub asked_ms: Option<i64>,
    /// How that ended, in Athena's word in lower case.
    pub asked_state: Option<&'static str>,
}

/// What was spent since the month began, in US dollars.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Spent {
    /// When the month began, milliseconds since the epoch.
    pub since_ms: i64,
    /// Runs of the job.
    pub job_usd: f64,
    /// How many.
    pub runs: u64,
    /// What they used.
    pub dpu_hours: f64,
    /// Crawls; `None` where they could not be looked at.
    pub crawler_usd: Option<f64>,
    /// Queries; `None` where they could not be looked at.
    pub athena_usd: Option<f64>,
    /// How many.
    pub queries: u64,
    /// Whether there were more queries than were looked at.
    pub more_queries: bool,
}

/// What was seen of a pipeline.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Seen {
    /// The stacks.
    pub stacks: Vec<FoundStack>,
    /// The last runs of the job, newest first.
    pub runs: Vec<RunSeen>,
    /// The job's schedule.
    pub schedule: Option<ScheduleSeen>,
    /// The crawler.
    pub crawler: Option<CrawlerSeen>,
    /// The reports of the configuration.
    pub reports: Vec<ReportSeen>,
    /// Addresses whose owners have yet to confirm them.
    pub pending: Vec<String>,
    /// The lake; `None` where no run has begun it.
    pub lake: Option<Lake>,
    /// What was spent this month.
    pub spent: Spent,
}

/// In a word, and why.
pub fn judge(cloud: &Cloud, seen: &Seen, now_ms: i64) -> (Health, Vec<String>) {
    let mut findings: Vec<(Health, String)> = Vec::new();
    stacks(cloud, seen, &mut findings);
    runs(cloud, seen, now_ms, &mut findings);
    crawler(cloud, seen, &mut findings);
    reports(seen, &mut findings);
    lake(cloud, seen, now_ms, &mut findings);
    for address in &seen.pending {
        findings.push((Health::Behind, format!("{address} has not confirmed the subscription to the notices yet")));
    }
    let health = findings.iter().map(|(health, _)| *health).max().unwrap_or(Health::Healthy);
    findings.sort_by_key(|(health, _)| std::cmp::Reverse(*health));
    (health, findings.into_iter().map(|(_, reason)| reason).collect())
}

type Findings = Vec<(Health, String)>;

fn stacks(cloud: &Cloud, seen: &Seen, findings: &mut Findings) {
    for (name, region) in expected(cloud) {
        if !seen.stacks.iter().any(|stack| stack.name == name && stack.region == region) {
            findings.push((Health::Unhealthy, format!("the stack {name} in {region} is not there; deploy makes it")));
        }
    }
    for stack in &seen.stacks {
        let (name, region, status) = (&stack.name, &stack.region, &stack.status);
        if status.ends_with("_FAILED") || status == "ROLLBACK_COMPLETE" || status == "REVIEW_IN_PROGRESS" {
            findings.push((Health::Unhealthy, format!("the stack {name} in {region} is in the state {status}")));
        } else if status.ends_with("_IN_PROGRESS") {
            findings.push((Health::Behind, format!("the stack {name} in {region} is being changed ({status})")));
        }
    }
}

/// The stacks that must be there for this configuration.
fn expected(cloud: &Cloud) -> Vec<(String, String)> {
    let names = Names::of(cloud);
    let home = &cloud.aws.region;
    let mut all = vec![(names.lake_stack(), home.clone()), (names.assets_stack(), home.clone())];
    for source in cloud.sources.iter().filter(|source| !source.log_buckets.is_empty()) {
        let region = source.region(cloud).to_owned();
        all.push((names.collector_stack(1), region.clone()));
        all.push((names.assets_stack(), region));
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn runs(cloud: &Cloud, seen: &Seen, now_ms: i64, findings: &mut Findings) {
    let ended = |run: &&RunSeen| !["STARTING", "RUNNING", "STOPPING", "WAITING"].contains(&run.state.as_str());
    if let Some(run) = seen.runs.iter().find(ended) {
        let why = run.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
        match run.state.as_str() {
            "SUCCEEDED" => {}
            "STOPPED" => findings.push((Health::Behind, "the last run of the job was stopped".to_owned())),
            state => findings.push((Health::Unhealthy, format!("the last run of the job ended as {state}{why}"))),
        }
    }
    if cloud.job.schedule == "none" || !seen.stacks.iter().any(|stack| stack.kind == StackKind::Lake) {
        return;
    }
    match &seen.schedule {
        None => findings.push((Health::Unhealthy, "the job's schedule is gone; no run starts by itself".to_owned())),
        Some(schedule) if !schedule.enabled => {
            findings.push((Health::Unhealthy, "the job's schedule is disabled; no run starts by itself".to_owned()));
        }
        Some(schedule) => findings.extend(missing_run(schedule, seen, now_ms)),
    }
}

/// Whether the schedule should have started a run and none was.
fn missing_run(schedule: &ScheduleSeen, seen: &Seen, now_ms: i64) -> Option<(Health, String)> {
    let times = Schedule::parse(&schedule.expression).ok()?.runs_a_month();
    if times <= 0.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a period of some months at most")]
    let period = (MONTH_DAYS * 86_400_000.0 / times) as i64;
    let changed = seen.stacks.iter().filter_map(|stack| stack.changed_ms).max();
    let last = seen.runs.first().and_then(|run| run.started_ms).max(changed)?;
    let late = now_ms.saturating_sub(last) > period.saturating_mul(PERIODS).saturating_add(PATIENCE_MS);
    late.then(|| (Health::Unhealthy, format!("no run was started for {PERIODS} times of {}", schedule.expression)))
}

fn crawler(cloud: &Cloud, seen: &Seen, findings: &mut Findings) {
    let Some(crawler) = &seen.crawler else {
        if cloud.catalogue.mode == CatalogueMode::Crawler {
            findings.push((Health::Unhealthy, "the crawler is gone; new partitions are not registered".to_owned()));
        }
        return;
    };
    if crawler.last_status.as_deref() == Some("FAILED") {
        let why = crawler.last_error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
        findings.push((Health::Unhealthy, format!("the last crawl failed{why}")));
    }
}

fn reports(seen: &Seen, findings: &mut Findings) {
    for ReportSeen { name, schedule, asked_state, .. } in &seen.reports {
        match schedule {
            None => {
                findings.push((Health::Unhealthy, format!("the report {name} has no schedule; deploy makes it")));
                continue;
            }
            Some(schedule) if !schedule.enabled => {
                findings.push((Health::Unhealthy, format!("the schedule of the report {name} is disabled")));
            }
            Some(_) => {}
        }
        let ended = match asked_state {
            Some("failed") => "failed",
            Some("cancelled") => "was cancelled",
            _ => continue,
        };
        findings.push((Health::Behind, format!("the report {name} {ended} when it was last asked")));
    }
}

fn lake(cloud: &Cloud, seen: &Seen, now_ms: i64, findings: &mut Findings) {
    let Some(lake) = &seen.lake else {
        if findings.is_empty() {
            findings.push((Health::Empty, "nothing has been read yet".to_owned()));
        }
        return;
    };
    // A lake says of its last run what Glue says of the job, too.
    let failed = seen.runs.first().is_some_and(|run| run.error.is_some());
    let reasons = lake.reasons.iter().filter(|reason| !failed || !reason.starts_with("the last run failed"));
    findings.extend(reasons.map(|reason| (lake.health, reason.clone())));
    let Some((_, newest)) = lake.totals.time_range else { return };
    let hours = now_ms.saturating_sub(newest) / 3_600_000;
    if hours >= i64::from(cloud.notify.lag_hours) {
        let lag = cloud.notify.lag_hours;
        let old = if hours > 72 { format!("{} days", hours / 24) } else { format!("{hours} hours") };
        findings.push((Health::Unhealthy, format!("the newest record is {old} old; {lag} hours are allowed")));
    }
}

/// When the crawler runs next: its schedule is in UTC.
pub fn next_crawl(schedule: Option<&str>, scheduled: bool, now_ms: i64) -> Option<i64> {
    schedule.filter(|_| scheduled).and_then(|schedule| next_after(schedule, &TimeZone::UTC, None, now_ms))
}

/// When something runs next by a schedule of EventBridge's; not told where this system does not know the time zone.
pub fn next_run(expression: &str, time_zone: &str, enabled: bool, last_ms: Option<i64>, now_ms: i64) -> Option<i64> {
    let zone = match time_zone {
        "UTC" => TimeZone::UTC,
        // A rate does not depend on it.
        _ if expression.starts_with("rate(") => TimeZone::UTC,
        other => TimeZone::get(other).ok()?,
    };
    if enabled { next_after(expression, &zone, last_ms, now_ms) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::fake::cloud;

    const NOW: i64 = 1_781_092_800_000;

    fn healthy() -> Seen {
        let names: Vec<(String, String)> = expected(&cloud());
        let stacks = names.into_iter().map(|(name, region)| FoundStack {
            kind: if name.ends_with("-lake") { StackKind::Lake } else { StackKind::Assets },
            name,
            region,
            status: "UPDATE_COMPLETE".to_owned(),
            changed_ms: Some(NOW - 1_000),
            resources: 1,
            physical: Default::default(),
            tables: Default::default(),
        });
        let lake: Lake = serde_json::from_value(serde_json::json!({
            "health": "healthy", "reasons": [], "last_run": null, "last_commit": null, "commits": 1, "gaps": [],
            "gaps_by": "delivery", "unfinished": null, "totals": crate::etl::commit::Totals::default()
        }))
        .unwrap();
        Seen {
            stacks: stacks.collect(),
            runs: vec![run("SUCCEEDED", NOW - 60_000)],
            schedule: Some(ScheduleSeen {
                expression: "rate(1 hour)".to_owned(),
                time_zone: "UTC".to_owned(),
                enabled: true,
                next_ms: None,
            }),
            crawler: Some(CrawlerSeen { last_status: Some("SUCCEEDED".to_owned()), ..CrawlerSeen::default() }),
            lake: Some(lake),
            ..Seen::default()
        }
    }

    fn run(state: &str, started: i64) -> RunSeen {
        RunSeen {
            id: "jr".to_owned(),
            state: state.to_owned(),
            started_ms: Some(started),
            seconds: 1,
            dpu_hours: 0.1,
            usd: 0.1,
            error: (state == "FAILED").then(|| "out of memory".to_owned()),
            summary: None,
        }
    }

    fn judged(change: impl Fn(&mut Seen)) -> (Health, String) {
        let mut seen = healthy();
        change(&mut seen);
        let (health, reasons) = judge(&cloud(), &seen, NOW);
        (health, reasons.join("; "))
    }

    #[test]
    fn a_pipeline_of_which_nothing_is_wrong_is_healthy() {
        assert_eq!(judged(|_| {}), (Health::Healthy, String::new()));
        assert_eq!(judged(|seen| seen.runs.insert(0, run("RUNNING", NOW))), (Health::Healthy, String::new()));
        assert_eq!(judged(|seen| seen.lake = None), (Health::Empty, "nothing has been read yet".to_owned()));
    }

    #[test]
    fn whatever_is_wrong_is_said_and_judged() {
        let wrong = |change: fn(&mut Seen), expected: Health, words: &str| {
            let (health, reasons) = judged(change);
            assert_eq!(health, expected, "{reasons}");
            assert!(reasons.contains(words), "{reasons}");
        };
        wrong(|seen| drop(seen.stacks.remove(0)), Health::Unhealthy, "is not there");
        wrong(
            |seen| seen.stacks[0].status = "UPDATE_ROLLBACK_FAILED".to_owned(),
            Health::Unhealthy,
            "UPDATE_ROLLBACK_FAILED",
        );
        wrong(|seen| seen.stacks[0].status = "UPDATE_IN_PROGRESS".to_owned(), Health::Behind, "is being changed");
        wrong(|seen| seen.runs[0] = run("FAILED", NOW), Health::Unhealthy, "ended as FAILED: out of memory");
        wrong(|seen| seen.runs.insert(0, run("TIMEOUT", NOW)), Health::Unhealthy, "ended as TIMEOUT");
        wrong(|seen| seen.runs[0] = run("STOPPED", NOW), Health::Behind, "was stopped");
        wrong(|seen| seen.schedule = None, Health::Unhealthy, "schedule is gone");
        wrong(|seen| seen.schedule.as_mut().unwrap().enabled = false, Health::Unhealthy, "schedule is disabled");
        let long_ago = |seen: &mut Seen| {
            seen.runs[0].started_ms = Some(NOW - 5 * 3_600_000);
            seen.stacks.iter_mut().for_each(|stack| stack.changed_ms = Some(NOW - 6 * 3_600_000));
        };
        wrong(long_ago, Health::Unhealthy, "no run was started");
        let failed = |seen: &mut Seen| seen.crawler.as_mut().unwrap().last_status = Some("FAILED".to_owned());
        wrong(failed, Health::Unhealthy, "the last crawl failed");
        let report = |schedule: Option<bool>, asked_state: Option<&'static str>| ReportSeen {
            name: "weekly".to_owned(),
            schedule: schedule.map(|enabled| ScheduleSeen { enabled, ..ScheduleSeen::default() }),
            asked_state,
            ..ReportSeen::default()
        };
        for (schedule, asked, expected, words) in [
            (None, None, Health::Unhealthy, "the report weekly has no schedule; deploy makes it"),
            (Some(false), None, Health::Unhealthy, "the schedule of the report weekly is disabled"),
            (Some(true), Some("failed"), Health::Behind, "the report weekly failed when it was last asked"),
            (Some(true), Some("succeeded"), Health::Healthy, ""),
        ] {
            assert_eq!(judged(|seen| seen.reports.push(report(schedule, asked))), (expected, words.to_owned()));
        }
        wrong(
            |seen| seen.pending.push("ops@example.com".to_owned()),
            Health::Behind,
            "ops@example.com has not confirmed",
        );
        let old = |seen: &mut Seen| seen.lake.as_mut().unwrap().totals.time_range = Some((0, NOW - 49 * 3_600_000));
        wrong(old, Health::Unhealthy, "the newest record is 49 hours old; 48 hours are allowed");
    }

    #[test]
    fn the_worst_comes_first() {
        let (_, reasons) = judged(|seen| {
            seen.pending.push("a@example.com".to_owned());
            seen.runs[0] = run("FAILED", NOW);
        });
        assert!(reasons.starts_with("the last run of the job ended as FAILED"), "{reasons}");
    }
}
