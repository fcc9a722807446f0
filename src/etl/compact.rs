//! Compaction: the files of a partition that has come to rest become few large ones.
//!
//! It is a plan, work and a commit of its own in the same log, so everything that holds for a run holds here: a kill at any
//! moment, two at once and a run beside it lose and double nothing. The joined files lie in a new folder (`places`), which
//! nobody looks at before the commit. The commit takes the old files out of the lake; they stay where they are for a while
//! (`clear`), for whoever had listed them before.

mod joins;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::commit::{self, Entry, Log, Totals};
use super::join::Joiner;
use super::lease::Lease;
use super::model::{FORMAT_VERSION, OutputFile, ShardDone};
use super::plan::{self, Plan};
use super::recover::{self, Swept, Unfinished};
use super::state::{self, PlanId};
use super::summary::{RunOptions, WhenBusy};
use super::turn::{Clock, Guard, take_lease};
use super::{Pipeline, places};
use crate::error::{Error, Result};
use crate::logs::table::Table;
use crate::storage::{Created, Store};

use joins::shards;
pub use joins::{Join, Joins, TARGET_BYTES, worth_joining};

/// How long a partition must have had no new file, unless something else is asked for: records come within hours, few of them
/// within days (FACTS of delivery: Amazon S3 user guide, "Best-effort server log delivery").
pub const OLDER_THAN_MS: i64 = 7 * 24 * 3_600_000;

/// How many shards are worked on at once at most: each holds the files of a joined one in memory, and the joined one.
const AT_ONCE: usize = 2;

/// How to compact.
#[derive(Debug, Clone, Copy)]
pub struct CompactOptions<'a> {
    /// Only partitions that have had no new file for so long, in milliseconds.
    pub older_than_ms: i64,
    /// What joined files are made towards.
    pub target_bytes: u64,
    /// How many shards are worked on at once.
    pub threads: usize,
    /// Now, milliseconds since the epoch.
    pub now_ms: i64,
    /// What to do when a run or another compaction is at work.
    pub when_busy: WhenBusy,
    /// Set to interrupt it. What is committed stays, and the next one goes on.
    pub cancel: Option<&'a AtomicBool>,
}

impl CompactOptions<'_> {
    /// The usual way, at this time.
    pub fn at(now_ms: i64) -> Self {
        let threads = RunOptions::at(now_ms).threads;
        let (older_than_ms, target_bytes) = (OLDER_THAN_MS, TARGET_BYTES);
        Self { older_than_ms, target_bytes, threads, now_ms, when_busy: WhenBusy::Fail, cancel: None }
    }
}

/// What a compaction did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CompactSummary {
    /// The commits that it made.
    pub commits: Vec<u64>,
    /// How many of them were begun earlier.
    pub resumed: u64,
    /// Partitions whose files were joined.
    pub partitions: u64,
    /// Rows in them.
    pub rows: u64,
    /// Their files before.
    pub files_before: u64,
    /// Bytes of these.
    pub bytes_before: u64,
    /// Their files now.
    pub files_after: u64,
    /// Bytes of these.
    pub bytes_after: u64,
    /// Partitions that were left as they are because a file of theirs is missing or is not what was committed.
    pub left_out: u64,
    /// What was left over from earlier runs and removed.
    pub swept: Swept,
    /// How long it took.
    pub seconds: f64,
}

/// What is told of a compaction while it goes on: a plan's commit, its partitions, and how many shards of it are done of all.
pub trait CompactProgress: Sync {
    /// So many shards of the plan for this commit are done.
    fn shards(&self, sequence: u64, done: usize, of: usize);
}

/// Tells nobody.
impl CompactProgress for () {
    fn shards(&self, _sequence: u64, _done: usize, _of: usize) {}
}

/// Joins what is worth joining, plan by plan.
pub fn compact_with(
    pipeline: &Pipeline,
    options: &CompactOptions<'_>,
    joiner: &dyn Joiner,
    progress: &dyn CompactProgress,
) -> Result<CompactSummary> {
    let lake = &pipeline.lake;
    state::migrate(lake)?;
    let clock = Clock::at(options.now_ms);
    let run = RunOptions { when_busy: options.when_busy, cancel: options.cancel, ..RunOptions::at(options.now_ms) };
    let lease = take_lease(pipeline, &run, &clock, &())?;
    let before = match &lease {
        Some(lease) => lease.before()?,
        None => None,
    };
    let compaction = Compaction {
        lake,
        options,
        joiner,
        identity: joiner.identity(),
        progress,
        clock: &clock,
        lease: lease.as_ref(),
        guard: Guard::new(pipeline, &clock, lease.as_ref(), options.cancel),
    };
    let mut summary = CompactSummary::default();
    let result = compaction.guard.over(|| compaction.all(&mut summary));
    summary.seconds = clock.seconds();
    if let Some(lease) = lease {
        // As after a run: one that cannot be given back only makes the next one find out by itself.
        let _ = lease.leave(before);
    }
    result.map(|()| summary)
}

/// What a compaction leaves as it is.
#[derive(Default)]
struct Left {
    /// Partitions of which a file is not what was committed.
    partitions: BTreeSet<(Table, String, String)>,
    /// Plans that have only such partitions.
    plans: BTreeSet<PlanId>,
}

impl CompactSummary {
    fn add(&mut self, entry: &Entry, joined: &[&Join]) {
        self.commits.push(entry.sequence);
        self.partitions += joined.len() as u64;
        for join in joined {
            self.rows += join.rows();
            self.files_before += join.files.len() as u64;
            self.bytes_before += join.bytes();
        }
        self.files_after += entry.outputs.len() as u64;
        self.bytes_after += entry.outputs.iter().map(|output| output.bytes).sum::<u64>();
    }
}

struct Compaction<'a> {
    lake: &'a Store,
    options: &'a CompactOptions<'a>,
    joiner: &'a dyn Joiner,
    identity: String,
    progress: &'a dyn CompactProgress,
    clock: &'a Clock,
    lease: Option<&'a Lease>,
    guard: Guard<'a>,
}

impl Compaction<'_> {
    fn all(&self, summary: &mut CompactSummary) -> Result<()> {
        let mut log = Log::default();
        let mut left = Left::default();
        loop {
            self.guard.check()?;
            log.catch_up(self.lake)?;
            summary.swept.add(recover::sweep(self.lake, &log, self.lease.map(Lease::number))?);
            let resumable = recover::resumable_joins(self.lake, log.tip() + 1, &self.identity, &left.plans)?;
            if let Some(unfinished) = resumable {
                // What it leaves out is looked at once more: it may have come back since.
                let mut again = Left { plans: std::mem::take(&mut left.plans), ..Left::default() };
                summary.resumed += u64::from(self.finish(unfinished, &mut log, summary, &mut again)?);
                left.plans = again.plans;
                continue;
            }
            refuse_unfinished_run(self.lake, log.tip() + 1)?;
            let mut joins = worth_joining(&log, self.options);
            joins.retain(|join| !left.partitions.contains(&(join.table, join.date.clone(), join.hour.clone())));
            if joins.is_empty() {
                return Ok(());
            }
            if let Some(made) = self.plan(joins, &log)? {
                self.finish(made, &mut log, summary, &mut left)?;
            }
        }
    }

    /// Makes a plan of the first of these; `None` where another was first.
    fn plan(&self, joins: Vec<Join>, log: &Log) -> Result<Option<Unfinished>> {
        let id = recover::next_attempt(self.lake, log.tip() + 1)?;
        let shards = shards(joins);
        let plan = Plan {
            format_version: FORMAT_VERSION,
            worker: self.identity.clone(),
            made_ms: self.clock.now_ms(),
            bytes: shards.iter().map(|shard| shard.iter().map(Join::bytes).sum()).collect(),
            joins: Some(Joins { target_bytes: self.options.target_bytes, shards }),
            ..Plan::default()
        };
        match plan::publish(self.lake, id, &plan)? {
            Created::Yes if !recover::is_committed(self.lake, id.sequence)? => {
                Ok(Some(Unfinished { id, done: vec![None; plan.shards() as usize], plan }))
            }
            _ => Ok(None),
        }
    }

    /// Does what is left of a plan and commits it. Whether it was ours that became the commit.
    fn finish(
        &self,
        unfinished: Unfinished,
        log: &mut Log,
        summary: &mut CompactSummary,
        left: &mut Left,
    ) -> Result<bool> {
        let Unfinished { id, plan, done } = unfinished;
        let started_ms = self.clock.now_ms();
        let joins = plan.joins.clone().unwrap_or_default();
        let dones = match self.work(id, &joins, done) {
            Ok(dones) => dones,
            // Whoever made the commit has swept our plan away under our hands.
            Err(_) if recover::is_committed(self.lake, id.sequence)? && !self.guard.must_stop() => return Ok(false),
            Err(error) => return Err(error),
        };
        let before = log.last().map_or_else(Totals::default, |entry| entry.totals.clone());
        let made = entry_of(id, &plan, &dones, &before, (started_ms, self.clock.now_ms()))?;
        let is_left_out = |join: &&Join| made.left_out.contains(join);
        let joined: Vec<&Join> = joins.shards.iter().flatten().filter(|join| !is_left_out(join)).collect();
        if joined.is_empty() {
            // Nothing to commit. The plan stays, so that nobody makes another one of its name, and is swept with its like.
            left.plans.insert(id);
        } else if commit::publish(self.lake, &made.entry)? == Created::Exists {
            return Ok(false);
        }
        left.partitions.extend(made.left_out.iter().map(|join| (join.table, join.date.clone(), join.hour.clone())));
        summary.left_out = left.partitions.len() as u64;
        if joined.is_empty() {
            return Ok(false);
        }
        summary.add(&made.entry, &joined);
        log.add(made.entry);
        Ok(true)
    }

    /// The done-files of all shards.
    fn work(&self, id: PlanId, joins: &Joins, done: Vec<Option<ShardDone>>) -> Result<Vec<ShardDone>> {
        let next = AtomicUsize::new(0);
        let all = Mutex::new((done.iter().flatten().count(), Ok(done)));
        let take = || {
            while let Some((number, shard)) = at(&joins.shards, next.fetch_add(1, Ordering::SeqCst)) {
                let lock = || all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match &lock().1 {
                    Ok(done) if done.get(number).is_some_and(Option::is_some) => continue,
                    Ok(_) => {}
                    Err(_) => return,
                }
                let result = self.shard(id, number, shard, joins.target_bytes);
                let mut guard = lock();
                let (count, all) = &mut *guard;
                match (all.as_mut(), result) {
                    (Ok(done), Ok(shard)) => {
                        *count += 1;
                        self.progress.shards(id.sequence, *count, joins.shards.len());
                        if let Some(place) = done.get_mut(number) {
                            *place = Some(shard);
                        }
                    }
                    (Ok(_), Err(error)) => *all = Err(error),
                    (Err(_), _) => return,
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.options.threads.min(AT_ONCE).min(joins.shards.len()) {
                scope.spawn(take);
            }
            take();
        });
        let (_, all) = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(all?.into_iter().flatten().collect())
    }

    fn shard(&self, id: PlanId, number: usize, joins: &[Join], target: u64) -> Result<ShardDone> {
        let number = u32::try_from(number).map_err(|_| Error::failed("a plan has too many shards"))?;
        let mut outputs = Vec::new();
        for join in joins {
            outputs.extend(self.join(id, number, outputs.len(), join, target)?);
        }
        outputs.sort_by(|a: &OutputFile, b| a.path.cmp(&b.path));
        let done = ShardDone {
            shard: number,
            counts: Default::default(),
            outputs,
            rejects: Vec::new(),
            skipped: Vec::new(),
            time_range: None,
        };
        let path = id.done(number);
        match state::write_new(self.lake, &path, &done)? {
            Created::Yes => Ok(done),
            Created::Exists => state::read(self.lake, &path)?
                .ok_or_else(|| Error::failed(format!("the plan {id} was removed while it was worked on"))),
        }
    }

    /// The joined files of a partition; none where one of its files is not what was committed, which `drift` tells more of.
    fn join(&self, id: PlanId, shard: u32, from: usize, join: &Join, target: u64) -> Result<Vec<OutputFile>> {
        let folder = places::folder(Some(id), join.table, &join.date, &join.hour);
        let mut outputs = Vec::new();
        for bin in join.bins(target) {
            self.guard.check()?;
            let Some(files) = self.read(bin)? else { return Ok(Vec::new()) };
            let expected: u64 = bin.iter().map(|file| file.rows).sum();
            let (bytes, rows) = match files.as_slice() {
                [only] => (only.clone(), expected),
                _ => {
                    let (bytes, rows) = self.joiner.join(files)?;
                    (Bytes::from(bytes), rows)
                }
            };
            if rows != expected {
                return Err(Error::failed(format!("the files of {folder} were not joined"))
                    .because(format!("they have {expected} rows, joined they would have {rows}"))
                    .hint("this is a fault of the program: please report it; the lake is as it was"));
            }
            let path = format!("{folder}/{id}-{shard:05}-{:05}.parquet", from + outputs.len());
            let output = OutputFile { path, rows, bytes: bytes.len() as u64, checksum: state::checksum(&bytes) };
            self.lake.write(&output.path, bytes)?;
            outputs.push(output);
        }
        Ok(outputs)
    }

    /// Files as they were committed, or `None` if one is not.
    fn read(&self, files: &[OutputFile]) -> Result<Option<Vec<Bytes>>> {
        let mut all = Vec::new();
        for file in files {
            match self.lake.read(&file.path)? {
                Some(bytes) if state::is_whole(&bytes, &file.checksum) => all.push(bytes),
                _ => return Ok(None),
            }
        }
        Ok(Some(all))
    }
}

fn at<T>(all: &[Vec<T>], number: usize) -> Option<(usize, &[T])> {
    all.get(number).map(|one| (number, one.as_slice()))
}

/// A run that was stopped has done work that a compaction's commit would make useless.
fn refuse_unfinished_run(lake: &Store, sequence: u64) -> Result<()> {
    for id in plan::all(lake)?.into_iter().filter(|id| id.sequence == sequence) {
        if plan::load(lake, id)?.is_some_and(|plan| plan.joins.is_none()) {
            return Err(Error::failed(format!("a run has begun the plan {id} and has not ended"))
                .hint("`bucketscope run` finishes it; then compact"));
        }
    }
    Ok(())
}

/// An entry, and the partitions of its plan that it leaves as they are.
struct Made<'a> {
    entry: Entry,
    left_out: Vec<&'a Join>,
}

/// The entry that commits joined files, or why that must not be.
fn entry_of<'a>(
    id: PlanId,
    plan: &'a Plan,
    dones: &[ShardDone],
    before: &Totals,
    times: (i64, i64),
) -> Result<Made<'a>> {
    let entry = Entry {
        format_version: FORMAT_VERSION,
        sequence: id.sequence,
        plan: id.to_string(),
        worker: plan.worker.clone(),
        started_ms: times.0,
        finished_ms: times.1,
        totals: before.clone(),
        ..Entry::default()
    };
    let mut made = Made { entry, left_out: Vec::new() };
    made.entry.totals.joined_by.push(id.sequence);
    let shards = plan.joins.as_ref().map_or(&[][..], |joins| joins.shards.as_slice());
    for (number, shard) in shards.iter().enumerate() {
        let done = dones.iter().find(|done| done.shard as usize == number);
        let done = done.ok_or_else(|| Error::failed(format!("shard {number} of plan {id} is not done")))?;
        for join in shard {
            made.add(id, join, done)?;
        }
    }
    made.entry.outputs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(made)
}

impl<'a> Made<'a> {
    /// Adds a partition, if it was joined.
    fn add(&mut self, id: PlanId, join: &'a Join, done: &ShardDone) -> Result<()> {
        let folder = places::folder(Some(id), join.table, &join.date, &join.hour) + "/";
        let joined: Vec<&OutputFile> = done.outputs.iter().filter(|file| file.path.starts_with(&folder)).collect();
        if joined.is_empty() {
            self.left_out.push(join);
            return Ok(());
        }
        let rows: u64 = joined.iter().map(|file| file.rows).sum();
        if rows != join.rows() {
            return Err(Error::failed(format!("the numbers of plan {id} do not add up, so it is not committed"))
                .because(format!("{folder}: {rows} rows against {}", join.rows()))
                .hint("this is a fault of the program: please report it; the lake is as it was"));
        }
        let totals = &mut self.entry.totals;
        if let Some(hour) = places::hour_of(&join.date, &join.hour) {
            totals.places.set(join.table, hour, id);
        }
        totals.files = (totals.files + joined.len() as u64).saturating_sub(join.files.len() as u64);
        let bytes: u64 = joined.iter().map(|file| file.bytes).sum();
        totals.bytes = (totals.bytes + bytes).saturating_sub(join.bytes());
        if join.table == Table::CloudTrail {
            let trails = &mut totals.cloudtrail;
            trails.files = (trails.files + joined.len() as u64).saturating_sub(join.files.len() as u64);
            trails.bytes = (trails.bytes + bytes).saturating_sub(join.bytes());
        }
        self.entry.outputs.extend(joined.into_iter().cloned());
        self.entry.replaced.extend(join.files.iter().map(|file| file.path.clone()));
        Ok(())
    }
}
