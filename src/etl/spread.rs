//! The shards of a plan on other machines: who works on them, and how their done-files come back.

use std::fmt::Debug;

use super::at_once::at_once;
use super::model::ShardDone;
use super::plan::Plan;
use super::state::{self, PlanId};
use crate::error::{Error, Result};
use crate::storage::Store;

/// Has shards worked on by other processes: those of a Spark job, say. Each of them leaves its done-file. That a shard is
/// worked on twice, or by two at once, does no harm: see [`super::shards::ShardWorker`].
pub trait Spread: Sync + Debug {
    /// Returns when all shards that are left have their done-files.
    ///
    /// # Errors
    /// If they will not all have them, or the run is to stop.
    fn spread(&self, left: &Left<'_>) -> Result<()>;
}

/// What is to be worked on.
pub struct Left<'a> {
    /// The plan.
    pub plan: PlanId,
    /// Those of its shards that are not done, in order.
    pub shards: &'a [u32],
    /// How many shards it has in all.
    pub of: u32,
    /// Counts the shards that are done by now.
    pub count: &'a dyn Fn() -> Result<u32>,
    /// Fails when the run is to stop.
    pub check: &'a dyn Fn() -> Result<()>,
}

/// Has others work on the shards that are not done, and gives the done-files of all, in the order of shards.
pub(super) fn work(
    others: &dyn Spread,
    lake: &Store,
    id: PlanId,
    plan: &Plan,
    done: Vec<Option<ShardDone>>,
    check: &dyn Fn() -> Result<()>,
) -> Result<Vec<ShardDone>> {
    let mut all: Vec<ShardDone> = done.into_iter().flatten().collect();
    let mut left: Vec<u32> = (0..plan.shards()).collect();
    left.retain(|number| all.iter().all(|done| done.shard != *number));
    if !left.is_empty() {
        let count = || {
            let names = lake.names(&format!("{}/done", id.folder()))?;
            Ok(u32::try_from(names.iter().filter(|name| name.ends_with(".json")).count()).unwrap_or(u32::MAX))
        };
        others.spread(&Left { plan: id, shards: &left, of: plan.shards(), count: &count, check })?;
        all.extend(at_once(&left, |number| done_of(lake, id, *number))?);
    }
    all.sort_unstable_by_key(|done| done.shard);
    Ok(all)
}

fn done_of(lake: &Store, id: PlanId, number: u32) -> Result<ShardDone> {
    let done = state::read::<ShardDone>(lake, &id.done(number))?.filter(|done| done.shard == number);
    done.ok_or_else(|| {
        Error::failed(format!("shard {number} of the plan {id} is said to be done, and has no done-file"))
            .hint("run again: the shards that have theirs are not done anew")
    })
}
