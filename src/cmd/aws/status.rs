//! `status` for the target `aws`: stacks, runs, crawler, subscriptions, the lake, and what the month has cost so far.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::lake;
use super::watching::{Watching, sleep};
use crate::aws::Session;
use crate::aws::hands::Hands;
use crate::blueprint::Names;
use crate::cli;
use crate::cmd::status::{LakeRows, ago, head};
use crate::cmd::{Context, words};
use crate::config::cloud::Cloud;
use crate::cost::money;
use crate::etl;
use crate::exit;
use crate::stack::health::{Health, ReportSeen, ScheduleSeen, Seen, judge};
use crate::stack::look::look;
use crate::stack::runs::{RunSeen, Summary};
use crate::stack::site::Site;
use crate::ui::export::envelope;
use crate::ui::text::{self, plural};
use crate::ui::{Outcome, Screen, View};
use crate::{ErrorKind, Result};

/// Between two looks of `--watch`, in milliseconds.
const EVERY_MS: u64 = 5_000;

/// A run's error is cut to so many columns; the reasons have all of the last one.
const ERROR: usize = 80;

#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    health: Health,
    reasons: Vec<String>,
    #[serde(flatten)]
    seen: Seen,
    /// Where the rejected lines are.
    rejects_in: String,
    #[serde(skip)]
    now_ms: i64,
}

/// Runs `status`.
///
/// # Errors
/// If nothing is deployed, or AWS cannot be asked.
pub fn execute(context: &Context, cloud: &Cloud, args: &cli::Status) -> Result<Outcome> {
    let session = Session::open(Some(&cloud.aws.region))?;
    session.check_account(&cloud.aws.account_id)?;
    let hands = |region: &str| Hands::sdk(&session.in_region(region), &cloud.aws.account_id);
    let watching = Watching::new(context.ui, context.command("status"));
    let site = Site::new(cloud, &hands, &watching);
    let mut now_ms = context.now_ms;
    loop {
        let shown = shown(&site, &session, now_ms)?;
        if !args.watch {
            return Ok(ended(context, shown));
        }
        context.ui.redraw(&shown)?;
        match sleep(&watching, EVERY_MS) {
            Ok(()) => now_ms = clock(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                let code = if shown.health == Health::Unhealthy { exit::UNHEALTHY } else { 0 };
                return Ok(Outcome::silent().code(code));
            }
            Err(error) => return Err(error),
        }
    }
}

/// The clock of a command that goes on for longer than one look.
fn clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn shown(site: &Site<'_>, session: &Session, now_ms: i64) -> Result<Shown> {
    let cloud = site.cloud;
    let lake = || {
        lake::open(session, cloud, site.home.buckets.as_ref())?
            .map(|pipeline| etl::status(&pipeline, now_ms))
            .transpose()
    };
    let seen = look(site, lake, now_ms)?;
    let (health, reasons) = judge(cloud, &seen, now_ms);
    let rejects_in = format!("s3://{}/{}", Names::of(cloud).lake_bucket(), etl::state::REJECTS);
    Ok(Shown { name: cloud.name.clone(), health, reasons, seen, rejects_in, now_ms })
}

fn ended(context: &Context, shown: Shown) -> Outcome {
    let health = shown.health;
    let outcome = Outcome::of(shown);
    match health {
        Health::Healthy => outcome,
        Health::Empty => outcome.next(context.command("run"), "reads the logs now, without waiting for the schedule"),
        Health::Behind => outcome.next(context.command("status --watch"), "looks again every few seconds"),
        Health::Unhealthy => outcome
            .next(context.command("drift"), "compares what is there with what was deployed")
            .code(exit::UNHEALTHY),
    }
}

impl View for Shown {
    fn human(&self, screen: &Screen) -> String {
        let mut rows = vec![("stacks", self.stacks()), ("runs", self.runs()), ("schedule", self.schedule())];
        rows.push(("crawler", self.crawler()));
        if !self.seen.reports.is_empty() {
            rows.push(("reports", self.seen.reports.iter().map(|report| self.report(report)).collect()));
        }
        if !self.seen.pending.is_empty() {
            rows.push(("pending", self.seen.pending.iter().map(|one| format!("{one} has yet to confirm")).collect()));
        }
        match &self.seen.lake {
            Some(status) => {
                let lake = LakeRows { status, rejects_in: &self.rejects_in, now_ms: self.now_ms };
                rows.extend(lake.sheet().into_iter().filter(|(name, _)| *name != "last run"));
            }
            None => rows.push(("lake", vec!["no run has written to it yet".to_owned()])),
        }
        rows.push(("spent", self.spent()));
        for (_, lines) in &mut rows {
            lines.iter_mut().for_each(|line| *line = text::visible(line).into_owned());
        }
        head(&self.name, self.health, &self.reasons, screen.paint) + &words::sheet(&rows, screen)
    }

    fn json(&self) -> String {
        envelope("status", self)
    }
}

/// A schedule of EventBridge's.
fn scheduled(schedule: &ScheduleSeen) -> String {
    let state = if schedule.enabled { "" } else { ", disabled" };
    let next = schedule.next_ms.map(|ms| format!(", next {}", text::moment(ms))).unwrap_or_default();
    format!("{} {}{state}{next}", schedule.expression, schedule.time_zone)
}

impl Shown {
    fn stacks(&self) -> Vec<String> {
        let line = |stack: &crate::stack::teardown::FoundStack| {
            let changed = stack.changed_ms.map(|ms| format!(", changed {}", ago(self.now_ms, ms))).unwrap_or_default();
            format!("{} in {}: {}{changed}", stack.name, stack.region, stack.status.to_lowercase().replace('_', " "))
        };
        self.seen.stacks.iter().map(line).collect()
    }

    fn runs(&self) -> Vec<String> {
        if self.seen.runs.is_empty() {
            return vec!["none yet".to_owned()];
        }
        self.seen.runs.iter().map(|run| self.run(run)).collect()
    }

    fn run(&self, run: &RunSeen) -> String {
        let began = run.started_ms.map(|ms| format!("{} ", ago(self.now_ms, ms))).unwrap_or_default();
        let took = text::duration(run.seconds.saturating_mul(1000));
        let mut line =
            format!("{began}{}, {took}, {:.3} DPU-hours, {}", run.state.to_lowercase(), run.dpu_hours, money(run.usd));
        match (&run.summary, &run.error) {
            (Some(done), _) if done.left_to_another => line.push_str(": left to another run"),
            (Some(Summary { handed_over: Some(over), .. }), _) => {
                let objects = plural(over.objects, "log object", "log objects");
                line.push_str(&format!(": {objects} handed over to {} workers", over.workers));
            }
            (Some(done), _) if done.nothing_new => line.push_str(": nothing new"),
            (Some(done), _) => {
                let records = plural(done.records, "record", "records");
                let objects = plural(done.objects, "log object", "log objects");
                line.push_str(&format!(": {records} of {objects}, {} rejected", text::count(done.rejected)));
            }
            (None, Some(error)) => line.push_str(&format!(": {}", text::shorten(error, ERROR))),
            (None, None) => {}
        }
        line
    }

    fn schedule(&self) -> Vec<String> {
        let none = || "none; runs start by hand only".to_owned();
        vec![self.seen.schedule.as_ref().map_or_else(none, scheduled)]
    }

    fn report(&self, report: &ReportSeen) -> String {
        let ReportSeen { name, query, last, schedule, asked_ms, asked_state } = report;
        let query = if query == name { String::new() } else { format!("{query} ") };
        let schedule = schedule.as_ref().map_or_else(|| "no schedule".to_owned(), scheduled);
        let asked = match (asked_ms, asked_state) {
            (Some(at), Some(state)) => format!("last {} {state}", ago(self.now_ms, *at)),
            _ => "not asked this month".to_owned(),
        };
        format!("{name}: {query}over {last}, {schedule}, {asked}")
    }

    fn crawler(&self) -> Vec<String> {
        let Some(crawler) = &self.seen.crawler else { return vec!["none".to_owned()] };
        let mut line = crawler.state.to_lowercase();
        match (crawler.last_started_ms, &crawler.last_status) {
            (Some(at), Some(status)) => {
                line.push_str(&format!(", last crawl {} {}", ago(self.now_ms, at), status.to_lowercase()));
                if let Some(added) = crawler.last_added {
                    line.push_str(&format!(", {} added", plural(added, "partition", "partitions")));
                }
            }
            _ => line.push_str(", no crawl yet"),
        }
        if let Some(next) = crawler.next_ms {
            line.push_str(&format!(", next {}", text::moment(next)));
        }
        vec![line]
    }

    fn spent(&self) -> Vec<String> {
        let spent = &self.seen.spent;
        let known = spent.job_usd + spent.crawler_usd.unwrap_or_default() + spent.athena_usd.unwrap_or_default();
        let month: String = text::time(spent.since_ms).chars().take(7).collect();
        let mut lines = vec![format!("about {} in {month}, without storage and requests", money(known))];
        let runs = plural(spent.runs, "run", "runs");
        lines.push(format!("  job: {} for {runs}, {:.2} DPU-hours", money(spent.job_usd), spent.dpu_hours));
        if let Some(usd) = spent.crawler_usd {
            lines.push(format!("  crawler: {}", money(usd)));
        }
        if let Some(usd) = spent.athena_usd {
            let more = if spent.more_queries { "more than " } else { "" };
            lines.push(format!("  queries: {} for {more}{}", money(usd), plural(spent.queries, "query", "queries")));
        }
        lines
    }
}
