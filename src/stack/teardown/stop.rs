//! Nothing may be at work when its stack goes: a schedule that starts a run, a run that starts the crawler, a crawler that
//! cannot be deleted while it runs.

use super::Report;
use crate::aws::hands::Hands;
use crate::blueprint::names::Names;
use crate::stack::site::{Event, Site};
use crate::{Error, Result};

/// Glue keeps the runs of 90 days (AWS Glue endpoints and quotas); a schedule of a minute makes no more than this.
pub const RUNS_LOOKED_AT: usize = 20_000;

/// Pauses to wait for a run or a crawler to stop.
const PATIENCE: usize = 450;

/// The groups that all jobs and crawlers of an account share (AWS Glue User Guide, "Logging for AWS Glue jobs").
const SHARED_GROUPS: &[&str] = &[
    "/aws-glue/python-jobs/output",
    "/aws-glue/python-jobs/error",
    "/aws-glue/jobs/output",
    "/aws-glue/jobs/error",
    "/aws-glue/jobs/logs-v2",
];

/// The group of all crawlers; a crawler's stream has its name.
const CRAWLER_GROUP: &str = "/aws-glue/crawlers";

/// Stops schedules, runs and the crawler, in this order. Returns the ids of all runs there ever were.
pub(super) fn stop(site: &Site<'_>, report: &mut Report) -> Result<Vec<String>> {
    let names = Names::of(site.cloud);
    let home = &site.home;
    let group = names.schedule_group();
    for name in home.schedules.names(&group)? {
        site.watch.check()?;
        if home.schedules.find(&group, &name)?.is_some_and(|schedule| schedule.enabled) {
            home.schedules.disable(&group, &name)?;
            report.stopped.push(format!("schedule {name}"));
            site.watch.tell(Event::Done(format!("disabled the schedule {name}")));
        }
    }
    let mut runs = Vec::new();
    // That of the schedule first: it may start the other.
    for job in names.jobs() {
        runs.extend(stop_runs(site, home, &job.name, report)?);
    }
    if stop_crawler(site, home, &names.crawler())? {
        report.stopped.push(format!("crawler {}", names.crawler()));
    }
    Ok(runs)
}

fn stop_runs(site: &Site<'_>, home: &Hands, job: &str, report: &mut Report) -> Result<Vec<String>> {
    let mut asked = Vec::new();
    for _ in 0..PATIENCE {
        // Listed anew each time: the schedule may have started one more just before it was disabled.
        let runs = home.jobs.runs(job, RUNS_LOOKED_AT)?;
        let active: Vec<String> = runs.iter().filter(|run| run.is_active()).map(|run| run.id.clone()).collect();
        if active.is_empty() {
            for id in &asked {
                report.stopped.push(format!("job run {id}"));
                site.watch.tell(Event::Done(format!("stopped the job run {id}")));
            }
            return Ok(runs.into_iter().map(|run| run.id).collect());
        }
        let new: Vec<String> = active.into_iter().filter(|id| !asked.contains(id)).collect();
        if !new.is_empty() {
            home.jobs.stop(job, &new)?;
            site.watch.tell(Event::Doing(format!("stopping the job run {}", new.join(", "))));
            asked.extend(new);
        }
        site.watch.pause()?;
    }
    Err(still("runs of the job", job))
}

/// Stops the crawler; whether it was at work.
pub(super) fn stop_crawler(site: &Site<'_>, home: &Hands, name: &str) -> Result<bool> {
    let mut was_at_work = false;
    for _ in 0..PATIENCE {
        match home.crawlers.find(name)? {
            Some(crawler) if crawler.state == "RUNNING" => {
                site.watch.tell(Event::Doing(format!("stopping the crawler {name}")));
                home.crawlers.stop(name)?;
            }
            Some(crawler) if crawler.state == "STOPPING" => {}
            _ => {
                if was_at_work {
                    site.watch.tell(Event::Done(format!("stopped the crawler {name}")));
                }
                return Ok(was_at_work);
            }
        }
        was_at_work = true;
        site.watch.pause()?;
    }
    Err(still("the crawler", name))
}

fn still(what: &str, name: &str) -> Error {
    Error::failed(format!("{what} {name} did not stop in time")).hint("run destroy again; it goes on where it stopped")
}

/// Removes what our runs and our crawler wrote to the groups that belong to everybody: only streams of our names.
pub(super) fn sweep_streams(site: &Site<'_>, runs: &[String], report: &mut Report) -> Result<()> {
    let home = &site.home;
    let mut swept = 0_u64;
    for group in SHARED_GROUPS.iter().filter(|_| !runs.is_empty()) {
        for stream in ours(home, group, runs)? {
            site.watch.check()?;
            home.logs.delete_stream(group, &stream)?;
            swept += 1;
        }
    }
    let crawler = Names::of(site.cloud).crawler();
    for stream in home.logs.streams(CRAWLER_GROUP, &crawler)? {
        if stream == crawler {
            home.logs.delete_stream(CRAWLER_GROUP, &stream)?;
            swept += 1;
        }
    }
    if swept > 0 {
        let what = format!("{swept} log streams in the shared groups /aws-glue/…");
        site.watch.tell(Event::Done(format!("removed {what}")));
        report.swept.push(what);
    }
    Ok(())
}

/// The streams of a shared group that belong to our runs: a stream's name begins with its run's id. A group of moderate
/// size is listed once, a huge one is asked run by run.
fn ours(home: &Hands, group: &str, runs: &[String]) -> Result<Vec<String>> {
    match home.logs.all_streams(group)? {
        Some(streams) => {
            let known: std::collections::BTreeSet<&str> = runs.iter().map(String::as_str).collect();
            let run_of = |stream: &str| stream.split("_g-").next().unwrap_or_default().to_owned();
            Ok(streams.into_iter().filter(|stream| known.contains(run_of(stream).as_str())).collect())
        }
        None => {
            let mut found = Vec::new();
            for run in runs {
                found.extend(home.logs.streams(group, run)?);
            }
            Ok(found)
        }
    }
}
