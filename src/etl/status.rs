//! How the pipeline is doing, from the last commits, the lease and the plan that is unfinished. It reads few small objects,
//! however long the log is.

use serde::{Deserialize, Serialize};

use super::commit::{self, Entry, Totals};
use super::lease::{self, Latest};
use super::model::{Counts, NotRead, SkippedObject};
use super::recent::{Recent, recent};
use super::source::{Listing, SourceStores};
use super::state::{self, PlanId};
use super::{Pipeline, plan};
use crate::error::Result;
use crate::storage::Store;

/// A commit of which more than this share of lines was rejected is a sign that something else than access logs is read.
const TOO_MANY_REJECTS: f64 = 0.1;

/// How the pipeline is doing, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Everything found has been read.
    Healthy,
    /// Nothing has been read yet.
    Empty,
    /// There is something that the next run takes up or finishes.
    Behind,
    /// Something is wrong that the next run may not mend by itself.
    Unhealthy,
}

impl std::fmt::Display for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Health::Healthy => "healthy",
            Health::Empty => "empty",
            Health::Behind => "behind",
            Health::Unhealthy => "unhealthy",
        })
    }
}

/// How the pipeline is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// In a word.
    pub health: Health,
    /// Why it is not `healthy`.
    pub reasons: Vec<String>,
    /// The last run, or the one at work.
    pub last_run: Option<LastRun>,
    /// The last commit.
    pub last_commit: Option<LastCommit>,
    /// How many commits there are.
    pub commits: u64,
    /// What the lake holds in sum: counts with rejects by reason and late records, files, bytes, time range, watermark.
    pub totals: Totals,
    /// The hours between the first and the last in which no object was delivered, going by the time in the objects'
    /// names. Where names hold no time, the hours without a record stand in for them; `gaps_by` says which.
    pub gaps: Vec<Gap>,
    /// What the gaps were found by.
    pub gaps_by: GapsBy,
    /// The records of the last 48 hours.
    #[serde(default)]
    pub recent: Option<Recent>,
    /// A plan that was begun and is not committed.
    pub unfinished: Option<UnfinishedPlan>,
}

/// A run, as its lease tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// When it began, milliseconds since the epoch.
    pub started_ms: i64,
    /// When it ended, milliseconds since the epoch; None if it is at work, or died.
    pub ended_ms: Option<i64>,
    /// Whether it is at work, as far as one can tell.
    pub at_work: bool,
    /// Its machine.
    pub host: String,
    /// Its process.
    pub pid: u32,
    /// What went wrong, if it did.
    pub error: Option<String>,
    /// Whether it was interrupted, which is then the error.
    pub interrupted: bool,
    /// The commits that it made.
    pub commits: Vec<u64>,
    /// What it found.
    pub listing: Option<Listing>,
}

/// The last commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCommit {
    /// Its sequence.
    pub sequence: u64,
    /// When it was made, milliseconds since the epoch.
    pub finished_ms: i64,
    /// What it added.
    pub counts: Counts,
    /// Parquet files that it added.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Planned objects that it did not read.
    pub skipped: u64,
    /// Of them those that may not be read.
    #[serde(default)]
    pub denied: u64,
}

impl LastCommit {
    /// How many objects it left unread that are still there, and how many of these may not be read. A later run that found
    /// nothing new has looked for them again: they are gone.
    pub fn left(&self, run: Option<&LastRun>) -> (u64, u64) {
        let looked = |run: &LastRun| {
            let listing = run.listing.as_ref().is_some_and(|listing| listing.new == 0 && listing.outside_window == 0);
            listing && run.started_ms >= self.finished_ms && run.ended_ms.is_some() && run.error.is_none()
        };
        if run.is_some_and(looked) { (0, 0) } else { (self.skipped, self.denied) }
    }
}

/// Hours without objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Where it begins, milliseconds since the epoch.
    pub from_ms: i64,
    /// Where it ends, milliseconds since the epoch; this hour is not part of it.
    pub to_ms: i64,
    /// How many hours it lasts.
    pub hours: u64,
}

/// What gaps were found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapsBy {
    /// The times in the objects' names.
    Delivery,
    /// The times of the records.
    Records,
}

/// A plan that was begun and is not committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedPlan {
    /// Its name.
    pub plan: String,
    /// When it was made, milliseconds since the epoch.
    pub made_ms: i64,
    /// Objects.
    pub objects: u64,
    /// Bytes as stored.
    pub bytes: u64,
    /// Shards.
    pub shards: u32,
    /// Of these, how many are done.
    pub shards_done: u32,
}

/// How the pipeline is doing.
pub fn status(pipeline: &Pipeline, now_ms: i64) -> Result<Status> {
    let lake = &pipeline.lake;
    state::check_format(lake)?;
    let tip = commit::tip(lake)?;
    let last = last_read(lake, tip)?;
    let last_run = lease::latest(lake, now_ms)?.map(last_run);
    let unfinished = unfinished(lake, tip + 1)?;
    let (last, totals) = last.map_or_else(Default::default, |(entry, totals)| (entry, totals));
    let skipped: Vec<SkippedObject> = last.as_ref().map_or_else(Vec::new, |entry| entry.skipped.clone());
    let last_commit = last.map(|entry| LastCommit {
        sequence: entry.sequence,
        finished_ms: entry.finished_ms,
        files: entry.outputs.len() as u64,
        bytes: entry.outputs.iter().map(|output| output.bytes).sum(),
        skipped: skipped.len() as u64,
        denied: skipped.iter().filter(|object| object.reason == NotRead::Denied).count() as u64,
        counts: entry.counts,
    });
    let (gaps_by, gaps) = gaps(&totals);
    let recent = recent(lake, tip, &totals, &gaps, now_ms)?;
    let sources = SourceStores::open(&pipeline.sources).map(drop);
    let (health, reasons) = judge(sources, last_run.as_ref(), last_commit.as_ref(), unfinished.as_ref());
    Ok(Status { health, reasons, last_run, last_commit, commits: tip, totals, gaps, gaps_by, recent, unfinished })
}

/// The last commit that read objects, if there is one, and the totals after the last of all.
fn last_read(lake: &Store, tip: u64) -> Result<Option<(Option<Entry>, Totals)>> {
    let mut totals = None;
    for sequence in (1..=tip).rev() {
        let Some(entry) = commit::entry(lake, sequence)? else { break };
        let totals = totals.get_or_insert_with(|| entry.totals.clone());
        if entry.replaced.is_empty() {
            return Ok(Some((Some(entry), totals.clone())));
        }
    }
    Ok(totals.map(|totals| (None, totals)))
}

fn last_run(latest: Latest) -> LastRun {
    let ended = latest.epoch.ended;
    LastRun {
        started_ms: latest.epoch.since_ms,
        ended_ms: ended.as_ref().map(|ended| ended.at_ms),
        at_work: latest.at_work,
        host: latest.epoch.holder.host,
        pid: latest.epoch.holder.pid,
        interrupted: ended.as_ref().is_some_and(|ended| ended.interrupted),
        error: ended.as_ref().and_then(|ended| ended.error.clone()),
        commits: ended.as_ref().map_or_else(Vec::new, |ended| ended.commits.clone()),
        listing: ended.and_then(|ended| ended.listing),
    }
}

fn unfinished(lake: &Store, sequence: u64) -> Result<Option<UnfinishedPlan>> {
    let ids: Vec<PlanId> = plan::all(lake)?.into_iter().filter(|id| id.sequence == sequence).collect();
    for id in ids.into_iter().rev() {
        let Some(plan) = plan::load(lake, id)?.filter(|plan| plan.joins.is_none()) else { continue };
        let done = lake.names(&format!("{}/done", id.folder()))?;
        let done = done.iter().filter(|path| path.ends_with(".json")).count();
        return Ok(Some(UnfinishedPlan {
            plan: id.to_string(),
            made_ms: plan.made_ms,
            objects: plan.objects(),
            bytes: plan.bytes.iter().sum(),
            shards: plan.shards(),
            shards_done: u32::try_from(done).unwrap_or(u32::MAX),
        }));
    }
    Ok(None)
}

/// How many hours lie in gaps.
pub fn gap_hours(totals: &Totals) -> u64 {
    gaps(totals).1.iter().map(|gap| gap.hours).sum()
}

fn gaps(totals: &Totals) -> (GapsBy, Vec<Gap>) {
    let (by, hours) = match totals.delivered_is_known && !totals.delivered_hours.is_empty() {
        true => (GapsBy::Delivery, &totals.delivered_hours),
        false => (GapsBy::Records, &totals.record_hours),
    };
    let gap = |range: super::hours::HourRange| {
        let (from_ms, to_ms) = range.milliseconds();
        Gap { from_ms, to_ms, hours: range.count() }
    };
    (by, hours.gaps().into_iter().map(gap).collect())
}

fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn judge(
    sources: Result<()>,
    run: Option<&LastRun>,
    commit: Option<&LastCommit>,
    unfinished: Option<&UnfinishedPlan>,
) -> (Health, Vec<String>) {
    let mut findings: Vec<(Health, String)> = Vec::new();
    let mut find = |health, reason: String| findings.push((health, reason));
    if let Err(error) = sources {
        find(Health::Unhealthy, error.to_string());
    }
    let at_work = run.is_some_and(|run| run.at_work);
    if let Some(run) = run {
        match &run.error {
            Some(_) if run.interrupted => find(Health::Behind, "the last run was interrupted".into()),
            Some(error) => find(Health::Unhealthy, format!("the last run failed: {error}")),
            None if run.ended_ms.is_none() && !at_work => {
                find(Health::Behind, "the last run died; the next one goes on where it stopped".into());
            }
            None => {}
        }
        let listing = run.listing.clone().unwrap_or_default();
        if listing.settling > 0 {
            let objects = plural(listing.settling, "object was", "objects were");
            find(Health::Behind, format!("{objects} still settling in the last run"));
        }
        if listing.unreadable > 0 {
            let files = plural(listing.unreadable, "file", "files");
            find(Health::Unhealthy, format!("{files} could not be read in the last run"));
        }
        if listing.changed > 0 {
            let objects = plural(listing.changed, "object", "objects");
            find(Health::Unhealthy, format!("{objects} changed after being read"));
        }
    }
    if let Some(unfinished) = unfinished.filter(|_| !at_work) {
        let UnfinishedPlan { plan, shards, shards_done, .. } = unfinished;
        find(Health::Behind, format!("the plan {plan} is unfinished: {shards_done} of {shards} shards are done"));
    }
    match commit {
        None if !at_work => find(Health::Empty, "nothing has been read yet".into()),
        None => {}
        Some(commit) => {
            let (left, denied) = commit.left(run);
            let passed = left.saturating_sub(denied);
            if passed > 0 {
                let objects = plural(passed, "object", "objects");
                find(Health::Behind, format!("{objects} changed or vanished before being read"));
            }
            if denied > 0 {
                find(Health::Unhealthy, format!("{} may not be read", plural(denied, "object", "objects")));
            }
            let share = commit.counts.rejected as f64 / commit.counts.lines.max(1) as f64;
            if share > TOO_MANY_REJECTS {
                find(Health::Unhealthy, format!("{:.0} % of the last commit's lines were rejected", share * 100.0));
            }
        }
    }
    let health = findings.iter().map(|(health, _)| *health).max().unwrap_or(Health::Healthy);
    (health, findings.into_iter().map(|(_, reason)| reason).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_may_not_be_read_are_for_somebody_to_look_at() {
        let commit = |skipped, denied| LastCommit {
            sequence: 1,
            finished_ms: 0,
            counts: Counts::default(),
            files: 1,
            bytes: 1,
            skipped,
            denied,
        };
        let (health, reasons) = judge(Ok(()), None, Some(&commit(1, 0)), None);
        assert_eq!(
            (health, reasons.concat().as_str()),
            (Health::Behind, "1 object changed or vanished before being read")
        );
        let (health, reasons) = judge(Ok(()), None, Some(&commit(3, 1)), None);
        assert_eq!(health, Health::Unhealthy);
        assert_eq!(reasons, ["2 objects changed or vanished before being read", "1 object may not be read"]);
    }
}
