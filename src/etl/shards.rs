//! The shards of a plan on plain threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::model::{Shard, ShardDone};
use super::places::Places;
use super::plan::{self, Plan};
use super::source::SourceStores;
use super::state::{self, PlanId};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::{Created, Store};

/// How many shards are worked on at once, however many threads there could be: each takes about 90 MB of memory on top of
/// 80 MB, and a run promises to stay below 512 MB. What is written does not depend on it.
const AT_ONCE: usize = 4;

/// Turns a shard's objects into files of the lake. Called from many threads at once.
pub trait ShardWorker: Sync {
    /// Identifies the code and the settings that decide which bytes are written. A plan that was begun by a worker of
    /// another identity is not gone on with.
    fn identity(&self) -> String;

    /// Reads the shard's objects in order, writes outputs and reject files, and says what it did. The same objects must
    /// give the same bytes at the same names; objects that could not be read must give other names. `progress` is told
    /// the stored bytes read and the records written since it was last told. When `cancel` is set, it may give up with
    /// an error.
    fn work(&self, job: &Job<'_>, progress: &(dyn Fn(u64, u64) + Sync), cancel: &AtomicBool) -> Result<ShardDone>;
}

/// A shard to be worked on.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Where the outputs go.
    pub lake: &'a Store,
    /// Where the objects are.
    pub sources: &'a SourceStores,
    /// The plan's name, with which the names of outputs begin.
    pub plan: &'a str,
    /// Where the partitions lie.
    pub places: &'a Places,
    /// What to read.
    pub shard: &'a Shard,
}

/// Threads that take shard after shard.
pub(super) struct Team<'a> {
    pub lake: &'a Store,
    pub sources: &'a SourceStores,
    pub worker: &'a dyn ShardWorker,
    pub threads: usize,
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
    /// Fails when the run is to stop.
    pub check: &'a (dyn Fn() -> Result<()> + Sync),
    /// Set by whoever wants the shards to give up, and by the first of them that fails.
    pub stop: &'a AtomicBool,
}

impl Team<'_> {
    /// Works on the shards that are not done and gives the done-files of all, in the order of shards.
    pub(super) fn work(&self, id: PlanId, plan: &Plan, done: Vec<Option<ShardDone>>) -> Result<Vec<ShardDone>> {
        let mut all: Vec<ShardDone> = done.into_iter().flatten().collect();
        let mut left: Vec<u32> =
            (0..plan.shards()).filter(|&number| all.iter().all(|done| done.shard != number)).collect();
        // The largest first: a single large object then does not begin when all else is done.
        left.sort_by_key(|&number| std::cmp::Reverse(plan.bytes.get(number as usize).copied()));
        let results = Mutex::new(Ok(Vec::new()));
        let next = AtomicUsize::new(0);
        let take = || {
            while let Some(&number) = left.get(next.fetch_add(1, Ordering::SeqCst)) {
                self.note(&results, self.shard(id, plan, number));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads.min(left.len()).min(AT_ONCE) {
                scope.spawn(take);
            }
            take();
        });
        all.extend(results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).inspect_err(|_| {
            // The failure was ours, so the next plan may be tried; whoever else wants us to stop will say so again.
            self.stop.store(false, Ordering::SeqCst);
        })?);
        all.sort_unstable_by_key(|done| done.shard);
        Ok(all)
    }

    /// Keeps a result, and only the first failure: the others follow from it.
    fn note(&self, results: &Mutex<Result<Vec<ShardDone>>>, result: Result<ShardDone>) {
        let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match (results.as_mut(), result) {
            (Ok(dones), Ok(done)) => dones.push(done),
            (Ok(_), Err(error)) => {
                *results = Err(error);
                self.stop.store(true, Ordering::SeqCst);
            }
            (Err(_), _) => {}
        }
    }

    /// Works on one shard and writes its done-file. If another run was first, what that one did counts.
    fn shard(&self, id: PlanId, plan: &Plan, number: u32) -> Result<ShardDone> {
        (self.check)()?;
        if self.stop.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Interrupted, "interrupted"));
        }
        let shard = plan::shard(self.lake, plan, number)?;
        let name = id.to_string();
        let job = Job { lake: self.lake, sources: self.sources, plan: &name, places: &plan.places, shard: &shard };
        let done = self.worker.work(&job, self.progress, self.stop)?;
        let path = id.done(number);
        match state::write_new(self.lake, &path, &done)? {
            Created::Yes => Ok(done),
            Created::Exists => state::read(self.lake, &path)?
                .ok_or_else(|| Error::failed(format!("the plan {id} was removed while it was worked on"))),
        }
    }
}
