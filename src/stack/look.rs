//! Looks how a pipeline is doing: everything that [`super::health`] judges, asked at the same time.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::health::{CrawlerSeen, ReportSeen, ScheduleSeen, Seen, Spent, next_crawl, next_run};
use super::runs::{self, RunSeen, Summary};
use super::site::Site;
use super::teardown::found_stacks;
use crate::aws::athena::{QueryAsked, Scanned};
use crate::aws::crawlers::Crawl;
use crate::aws::jobs::Run;
use crate::aws::schedules::ScheduleNow;
use crate::blueprint::Names;
use crate::blueprint::names::JobName;
use crate::config::cloud::{Engine, Report, partition_of};
use crate::cost;
use crate::etl::status::Status as Lake;
use crate::notice::report::Mark;
use crate::{Error, ErrorKind, Result};

/// So many runs are shown.
const SHOWN: usize = 5;

/// So many runs are looked at for what the month cost: every 45 minutes of a month, or one a minute for a day.
const LOOKED_AT: usize = 1_500;

/// So many queries are looked at.
const QUERIES: usize = 1_000;

/// So many crawls are looked at.
const CRAWLS: u16 = 100;

/// The summary is among so many last lines of a run's output.
const LAST_LINES: u16 = 20;

/// Looks. `lake` reads the lake.
///
/// # Errors
/// If nothing is deployed, or AWS cannot be asked.
pub fn look(site: &Site<'_>, lake: impl FnOnce() -> Result<Option<Lake>> + Send, now_ms: i64) -> Result<Seen> {
    let stacks = found_stacks(site)?;
    if stacks.is_empty() {
        return Err(Error::new(ErrorKind::NotDeployed, format!("`{}` has not been deployed", site.cloud.name))
            .because("there is no stack of it")
            .hint("bucketscope deploy  deploys it"));
    }
    let since_ms = month(now_ms);
    let (runs, crawler, pending, scanned, schedules, lake) = std::thread::scope(|scope| {
        let runs = scope.spawn(|| runs_seen(site, now_ms));
        let crawler = scope.spawn(|| crawler(site, now_ms));
        let pending = scope.spawn(|| pending(site));
        // Who may not look at queries sees everything else.
        let scanned =
            scope.spawn(|| site.home.athena.scanned(&Names::of(site.cloud).workgroup(), since_ms, QUERIES).ok());
        let schedules = scope.spawn(|| report_schedules(site));
        let lake = scope.spawn(lake);
        let scanned = scanned.join().ok().flatten();
        (joined(runs), joined(crawler), joined(pending), scanned, joined(schedules), joined(lake))
    });
    let ((all, shown), (crawler, crawls)) = (runs?, crawler?);
    let spent = spent(&all, crawls.as_deref(), scanned.as_ref(), since_ms, now_ms);
    let schedule = schedule(site, shown.first().and_then(|run| run.started_ms), now_ms)?;
    let asked = scanned.map(|scanned| scanned.asked).unwrap_or_default();
    let reports =
        site.cloud.reports.iter().zip(schedules?).map(|(report, now)| seen_report(report, now, &asked, now_ms));
    let reports = reports.collect();
    Ok(Seen { stacks, runs: shown, schedule, crawler, reports, pending: pending?, lake: lake?, spent })
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| Err(Error::failed("a thread died")))
}

/// Runs by the job that they are of, and as they are shown.
type Runs = (Vec<(JobName, Run)>, Vec<RunSeen>);

fn runs_seen(site: &Site<'_>, now_ms: i64) -> Result<Runs> {
    let mut all = Vec::new();
    for job in Names::of(site.cloud).jobs() {
        let runs = site.home.jobs.runs(&job.name, LOOKED_AT)?;
        all.extend(runs.into_iter().map(|run| (job.clone(), run)));
    }
    all.sort_by_key(|(_, run)| std::cmp::Reverse(run.started_ms));
    let mut shown = Vec::new();
    for (job, run) in all.iter().take(SHOWN) {
        let summary = if run.succeeded() { summary(site, job, &run.id)? } else { None };
        shown.push(runs::seen(run, job.engine, now_ms, summary));
    }
    Ok((all, shown))
}

/// What a run's output says that it did.
///
/// # Errors
/// If the logs cannot be read; logs that are gone are none.
pub fn summary(site: &Site<'_>, job: &JobName, id: &str) -> Result<Option<Summary>> {
    for (group, stream) in runs::streams(site.cloud, job, id).output {
        if let Some(summary) = runs::summary(&site.home.logs.tail(&group, &stream, LAST_LINES)?) {
            return Ok(Some(summary));
        }
    }
    Ok(None)
}

fn schedule(site: &Site<'_>, last_ms: Option<i64>, now_ms: i64) -> Result<Option<ScheduleSeen>> {
    let names = Names::of(site.cloud);
    let found = site.home.schedules.find(&names.schedule_group(), &names.schedule())?;
    Ok(found.map(|found| seen_schedule(found, last_ms, now_ms)))
}

/// The schedules of the configuration's reports, in its order.
fn report_schedules(site: &Site<'_>) -> Result<Vec<Option<ScheduleNow>>> {
    let names = Names::of(site.cloud);
    let find =
        |report: &Report| site.home.schedules.find(&names.schedule_group(), &names.report_schedule(report.name()));
    site.cloud.reports.iter().map(find).collect()
}

/// A report with the last of the queries that carry its mark.
fn seen_report(report: &Report, schedule: Option<ScheduleNow>, asked: &[QueryAsked], now_ms: i64) -> ReportSeen {
    let ours = |query: &&QueryAsked| Mark::of(&query.sql).is_some_and(|mark| mark.report == report.name());
    let last = asked.iter().filter(ours).max_by_key(|query| query.submitted_ms);
    let asked_ms = last.and_then(|query| query.submitted_ms);
    ReportSeen {
        name: report.name().to_owned(),
        query: report.query.clone(),
        last: report.last.clone(),
        schedule: schedule.map(|found| seen_schedule(found, asked_ms, now_ms)),
        asked_ms,
        asked_state: last.map(|query| query.state.word()),
    }
}

fn seen_schedule(found: ScheduleNow, last_ms: Option<i64>, now_ms: i64) -> ScheduleSeen {
    ScheduleSeen {
        next_ms: next_run(&found.expression, &found.time_zone, found.enabled, last_ms, now_ms),
        expression: found.expression,
        time_zone: found.time_zone,
        enabled: found.enabled,
    }
}

fn crawler(site: &Site<'_>, now_ms: i64) -> Result<(Option<CrawlerSeen>, Option<Vec<Crawl>>)> {
    let name = Names::of(site.cloud).crawler();
    let Some(found) = site.home.crawlers.find(&name)? else { return Ok((None, None)) };
    let crawls = site.home.crawlers.crawls(&name, CRAWLS).ok();
    let last = crawls.as_ref().and_then(|crawls| crawls.iter().find(|crawl| crawl.state == "COMPLETED"));
    let seen = CrawlerSeen {
        next_ms: next_crawl(found.schedule.as_deref(), found.scheduled, now_ms),
        last_added: last.map(runs::partitions_added),
        state: found.state,
        last_status: found.last_status,
        last_error: found.last_error.filter(|error| !error.is_empty()),
        last_started_ms: found.last_started_ms,
    };
    Ok((Some(seen), crawls))
}

fn pending(site: &Site<'_>) -> Result<Vec<String>> {
    let (region, account) = (&site.cloud.aws.region, &site.cloud.aws.account_id);
    let topic = format!("arn:{}:sns:{region}:{account}:{}", partition_of(region), Names::of(site.cloud).topic());
    let all = site.home.topics.subscriptions(&topic)?;
    Ok(all.into_iter().filter(|one| one.pending).map(|one| one.endpoint).collect())
}

fn spent(
    runs: &[(JobName, Run)],
    crawls: Option<&[Crawl]>,
    scanned: Option<&Scanned>,
    since_ms: i64,
    now_ms: i64,
) -> Spent {
    let prices = cost::prices();
    let this_month = |at: Option<i64>| at.is_some_and(|at| at >= since_ms);
    let ours = runs.iter().filter(|(_, run)| this_month(run.started_ms));
    let used: Vec<(Engine, f64)> = ours.map(|(job, run)| (job.engine, runs::dpu_seconds(run, now_ms))).collect();
    // Not `sum`, which makes nothing of nothing: -0.
    let dpu_seconds = used.iter().fold(0.0, |sum, (_, one)| sum + one);
    let crawler = |crawls: &[Crawl]| {
        let ours = crawls.iter().filter(|crawl| this_month(crawl.started_ms));
        ours.fold(0.0, |sum, crawl| sum + crawl.dpu_hours) * prices.glue_crawler_dpu_hour.usd
    };
    #[expect(clippy::cast_precision_loss, reason = "exact to 9 petabytes")]
    let athena = |scanned: &Scanned| scanned.bytes as f64 / 1e12 * prices.athena_scan.usd;
    Spent {
        since_ms,
        job_usd: used.iter().fold(0.0, |sum, (engine, one)| sum + cost::job_cost(*engine, *one)),
        runs: used.len() as u64,
        dpu_hours: dpu_seconds / 3600.0,
        crawler_usd: crawls.map(crawler),
        athena_usd: scanned.map(athena),
        queries: scanned.map_or(0, |scanned| scanned.queries),
        more_queries: scanned.is_some_and(|scanned| scanned.more),
    }
}

/// When the month of this moment began, in UTC, as AWS bills.
fn month(now_ms: i64) -> i64 {
    let first = Timestamp::from_millisecond(now_ms)
        .ok()
        .and_then(|now| now.to_zoned(TimeZone::UTC).date().first_of_month().to_zoned(TimeZone::UTC).ok());
    first.map_or(now_ms, |first| first.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::query_runs::State;
    use crate::stack::fake::{Fake, Silent, World, cloud, deployed};
    use crate::ui::text;

    #[test]
    fn a_month_begins_at_its_first_midnight_in_utc() {
        assert_eq!(text::time(month(1_781_092_800_000)), "2026-06-01T00:00:00Z");
    }

    #[test]
    fn everything_is_looked_at_and_a_run_of_last_month_is_not_paid_for_twice() {
        let cloud = cloud();
        let now = 1_781_092_800_000;
        let mut world = deployed(&cloud);
        let run = |id: &str, started_ms: i64| Run {
            id: id.to_owned(),
            state: "SUCCEEDED".to_owned(),
            started_ms: Some(started_ms),
            seconds: 3600,
            dpus: Some(1.0),
            ..Run::default()
        };
        world.runs = vec![run("jr_2", now - 1_000), run("jr_1", now - 40 * 86_400_000)];
        let fake = Fake::over(world);
        let watch = Silent::default();
        let site = Site::new(&cloud, &|region| fake.hands(region), &watch);
        let seen = look(&site, || Ok(None), now).unwrap();
        assert_eq!((seen.stacks.len(), seen.runs.len(), seen.spent.runs), (5, 2, 1));
        assert!((seen.spent.job_usd - 0.44).abs() < 1e-9);
        assert!(seen.schedule.unwrap().enabled);
        assert_eq!(seen.crawler.unwrap().state, "RUNNING");
    }

    #[test]
    fn a_report_is_seen_with_its_schedule_and_the_last_query_that_carries_its_mark() {
        let report = |name: &str| Report {
            name: Some(name.to_owned()),
            query: "access-denied".to_owned(),
            last: "7d".to_owned(),
            schedule: "rate(1 day)".to_owned(),
            time_zone: "UTC".to_owned(),
            parameters: Default::default(),
            only_findings: false,
        };
        let asked = |name: &str, at: i64, state: State| QueryAsked {
            sql: format!("SELECT 1\n-- bucketscope report={name} query=access-denied from=0 to=1 only_findings=false"),
            submitted_ms: Some(at),
            state,
        };
        let all = [
            asked("other", 9_000, State::Failed),
            asked("mine", 3_000, State::Failed),
            asked("mine", 7_000, State::Succeeded),
            QueryAsked { sql: "SELECT 'report=mine'".to_owned(), submitted_ms: Some(8_000), state: State::Failed },
        ];
        let schedule = ScheduleNow { expression: "rate(1 day)".to_owned(), enabled: true, ..ScheduleNow::default() };
        let seen = seen_report(&report("mine"), Some(schedule), &all, 10_000);
        assert_eq!((seen.asked_ms, seen.asked_state), (Some(7_000), Some("succeeded")));
        assert_eq!(seen.schedule.unwrap().next_ms, Some(7_000 + 86_400_000));
        let never = seen_report(&report("never"), None, &all, 10_000);
        assert_eq!((never.asked_ms, never.asked_state, never.schedule), (None, None, None));
    }

    #[test]
    fn nothing_deployed_is_said_as_such() {
        let cloud = cloud();
        let watch = Silent::default();
        let fake = Fake::over(World::default());
        let site = Site::new(&cloud, &|region| fake.hands(region), &watch);
        assert_eq!(look(&site, || Ok(None), 0).unwrap_err().kind(), ErrorKind::NotDeployed);
    }
}
