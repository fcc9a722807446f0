//! The self-test of the worker in jobs that are made for it and removed again, whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::runs;
use super::site::{Event, Watch};
use crate::aws::hands::Hands;
use crate::aws::jobs::{Run, Started};
use crate::aws::trials::{Definition, JobType, Made, Trial, Trials};
use crate::blueprint::Names;
use crate::blueprint::names::TAG;
use crate::config::cloud::Cloud;
use crate::selftest::{Line, MARK, SelfTest};
use crate::{Error, ErrorKind, Result};

/// What the launcher must be told beside this; all else of the deployed job's arguments is for runs.
const KEPT_ARGUMENTS: &[&str] = &["--job-language", "--pipeline", "--worker-bucket", "--worker-key", "--worker-sha256"];

/// Has the launcher start the worker's self-test.
const SELF_TEST: &str = "--self-test";

/// Logs come some seconds after they were written; so often they are looked for.
const LOG_TRIES: usize = 10;

/// Lines of a run's log that are looked through.
const LINES: u16 = 200;

/// So often a run that was asked to stop is looked at before its job is removed.
const STOP_TRIES: usize = 30;

/// How it went with a type of job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Found {
    /// The worker ran.
    Works {
        /// What it found.
        self_test: Box<SelfTest>,
    },
    /// The worker ran; what it printed cannot be read.
    Untold {
        /// Why.
        why: String,
    },
    /// The run failed.
    Fails {
        /// Why, in Glue's words.
        why: String,
    },
    /// Glue does not take such a job in this account.
    NotOffered {
        /// Why, in Glue's words.
        why: String,
    },
}

/// A type of job, tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// The type.
    #[serde(rename = "type")]
    pub kind: JobType,
    /// How it went.
    #[serde(flatten)]
    pub found: Found,
    /// For how long the run used resources.
    pub seconds: u64,
    /// What it used, as it is billed.
    pub dpu_hours: f64,
}

/// What could not be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// What it is.
    pub what: String,
    /// What removes it.
    pub command: String,
}

/// All types, tried.
#[derive(Debug)]
pub struct Report {
    /// Each type, or why they were not tried to the end.
    pub tried: Result<Vec<Tried>>,
    /// What is left; nothing, as a rule.
    pub left: Vec<Left>,
}

/// What is asked for.
pub struct Order<'a> {
    /// The pipeline.
    pub cloud: &'a Cloud,
    /// The services of its home Region.
    pub hands: &'a Hands,
    /// The jobs.
    pub trials: &'a dyn Trials,
    /// The types.
    pub kinds: &'a [JobType],
    /// What tells the names of these jobs from those of others.
    pub mark: &'a str,
    /// Who is told, and may interrupt.
    pub watch: &'a dyn Watch,
    /// Waits a little while things are removed, interrupted or not.
    pub rest: &'a dyn Fn(),
}

/// A job that was made.
struct AtWork {
    kind: JobType,
    job: String,
    run: Option<String>,
    ended: Option<Run>,
}

/// The name of the job that a type is tried with. All begin alike, as `policy doctor` allows them by that.
pub fn job_name(cloud: &Cloud, kind: JobType, mark: &str) -> String {
    format!("{}{}-{mark}", Names::of(cloud).doctor_jobs(), kind.word())
}

/// Tries them all at the same time.
///
/// # Errors
/// If there is no job whose image they could be made after. What happens later is told in the report.
pub fn run(order: &Order<'_>) -> Result<Report> {
    let names = Names::of(order.cloud);
    let job = names.job();
    let deployed = order.trials.definition(&job)?.ok_or_else(|| {
        Error::new(ErrorKind::NotDeployed, format!("`{}` has not been deployed", order.cloud.name))
            .because(format!("there is no job {job} in {}", order.cloud.aws.region))
            .hint("bucketscope deploy  deploys it")
    })?;
    let mut at_work = Vec::new();
    let tried = to_the_end(order, &deployed, &mut at_work);
    let left = remove(order, &mut at_work);
    Ok(Report { tried, left })
}

fn to_the_end(order: &Order<'_>, deployed: &Definition, at_work: &mut Vec<AtWork>) -> Result<Vec<Tried>> {
    let mut tried = begin(order, deployed, at_work)?;
    while at_work.iter().any(|one| one.ended.is_none()) {
        order.watch.pause()?;
        for one in at_work.iter_mut().filter(|one| one.ended.is_none()) {
            let run = one.run.as_deref().unwrap_or_default();
            let now = order
                .hands
                .jobs
                .run(&one.job, run)?
                .ok_or_else(|| Error::failed(format!("the run {run} is not known to Glue any more")))?;
            if !now.is_active() {
                order.watch.tell(Event::Done(format!("{}: {}", one.kind.word(), now.state.to_lowercase())));
                one.ended = Some(now);
            }
        }
    }
    for one in at_work.iter() {
        tried.extend(one.ended.as_ref().map(|run| judged(order, one.kind, run)));
    }
    tried.sort_by_key(|one| one.kind);
    Ok(tried)
}

/// Makes the jobs and starts a run of each; gives the types that Glue does not take.
fn begin(order: &Order<'_>, deployed: &Definition, at_work: &mut Vec<AtWork>) -> Result<Vec<Tried>> {
    let mut refused = Vec::new();
    for kind in order.kinds {
        order.watch.check()?;
        let trial = Trial {
            name: job_name(order.cloud, *kind, order.mark),
            kind: *kind,
            definition: told(deployed),
            tags: BTreeMap::from([(TAG.to_owned(), order.cloud.name.clone())]),
        };
        // Before it is made: an answer may be lost.
        at_work.push(AtWork { kind: *kind, job: trial.name.clone(), run: None, ended: None });
        if let Made::No(why) = order.trials.make(&trial)? {
            at_work.pop();
            refused.push(Tried { kind: *kind, found: Found::NotOffered { why }, seconds: 0, dpu_hours: 0.0 });
        }
    }
    for one in at_work.iter_mut() {
        order.watch.check()?;
        order.watch.tell(Event::Doing(format!("{}: runs the worker's self-test in {}", one.kind.word(), one.job)));
        match order.hands.jobs.start(&one.job, &BTreeMap::new())? {
            Started::Run(id) => one.run = Some(id),
            Started::Busy | Started::NoJob => {
                return Err(Error::failed(format!("the job {} could not be started", one.job))
                    .because("Glue does not know it, or it runs already")
                    .hint("run this again"));
            }
        }
    }
    Ok(refused)
}

/// The deployed job's definition with the self-test in the place of a run.
fn told(deployed: &Definition) -> Definition {
    let kept = |(name, _): &(&String, &String)| KEPT_ARGUMENTS.contains(&name.as_str());
    let mut arguments: BTreeMap<String, String> =
        deployed.arguments.iter().filter(kept).map(|(name, value)| (name.clone(), value.clone())).collect();
    arguments.insert(SELF_TEST.to_owned(), "true".to_owned());
    Definition { arguments, ..deployed.clone() }
}

fn judged(order: &Order<'_>, kind: JobType, run: &Run) -> Tried {
    let found = if run.succeeded() {
        self_test(order, kind, run)
    } else {
        Found::Fails { why: run.error.clone().unwrap_or_else(|| format!("it ended as {}", run.state)) }
    };
    Tried { kind, found, seconds: runs::seconds(run, 0), dpu_hours: runs::dpu_seconds(run, 0) / 3600.0 }
}

/// What the worker said, in the run's log.
fn self_test(order: &Order<'_>, kind: JobType, run: &Run) -> Found {
    let [group, _] = kind.log_groups();
    for tried in 0..LOG_TRIES {
        match order.hands.logs.tail(group, &run.id, LINES) {
            Ok(lines) => {
                if let Some(found) = lines.iter().rev().find_map(|line| parse(line)) {
                    return Found::Works { self_test: Box::new(found) };
                }
            }
            Err(error) => return Found::Untold { why: error.to_string() },
        }
        if tried + 1 < LOG_TRIES && order.watch.pause().is_err() {
            break;
        }
    }
    Found::Untold {
        why: format!("there is nothing of it in {group}; the job's role may not be allowed to write there"),
    }
}

fn parse(line: &str) -> Option<SelfTest> {
    let line = line.trim();
    line.starts_with(MARK).then(|| serde_json::from_str::<Line>(line).ok()).flatten().map(|line| line.self_test)
}

/// Removes jobs and logs of their runs. What refuses is named and does not keep the rest from being removed.
fn remove(order: &Order<'_>, at_work: &mut [AtWork]) -> Vec<Left> {
    let region = &order.cloud.aws.region;
    let mut left = Vec::new();
    for one in at_work.iter_mut() {
        stop(order, one);
        if let Err(error) = order.trials.remove(&one.job) {
            left.push(Left {
                what: format!("the job {} ({error})", one.job),
                command: format!("aws glue delete-job --job-name {} --region {region}", one.job),
            });
        }
        let Some(run) = &one.run else { continue };
        for group in one.kind.log_groups() {
            left.extend(remove_logs(order, group, run));
        }
    }
    left
}

/// A job is removed when none of its runs goes on any more, else it would be billed until its end.
fn stop(order: &Order<'_>, one: &mut AtWork) {
    let jobs = &order.hands.jobs;
    let (Some(run), None) = (&one.run, &one.ended) else { return };
    // Whether it could be asked shows in what it does.
    let _ = jobs.stop(&one.job, std::slice::from_ref(run));
    for _ in 0..STOP_TRIES {
        match jobs.run(&one.job, run) {
            Ok(Some(now)) if now.is_active() => (order.rest)(),
            _ => return,
        }
    }
}

fn remove_logs(order: &Order<'_>, group: &str, run: &str) -> Vec<Left> {
    let logs = &order.hands.logs;
    let removed = logs.streams(group, run).and_then(|streams| {
        let streams: BTreeSet<String> = streams.into_iter().collect();
        streams.iter().try_for_each(|stream| logs.delete_stream(group, stream))
    });
    let region = &order.cloud.aws.region;
    let left = |error| Left {
        what: format!("log streams {run} in {group} ({error})"),
        command: format!(
            "aws logs delete-log-stream --log-group-name {group} --log-stream-name {run} --region {region}"
        ),
    };
    removed.err().map(left).into_iter().collect()
}

#[cfg(test)]
mod tests;
