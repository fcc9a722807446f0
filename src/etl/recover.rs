//! What a run that was killed leaves behind, and removing it.
//!
//! The rule: a data file or reject file goes when the commit that its plan was for exists and does not name it. A plan
//! that can still be committed loses nothing, whoever wrote it and however long ago.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::at_once::at_once;
use super::commit::Log;
use super::plan::Plan;
use super::state::{self, PlanId};
use super::{clear, commit, lease, model::FORMAT_VERSION, model::ShardDone, model::Source, places, plan};
use crate::error::Result;
use crate::storage::{Store, names};

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// Data files and reject files that no commit names.
    pub orphans: u64,
    /// Plans, done-files, epochs and unfinished writes that have had their day.
    pub state: u64,
}

impl Swept {
    /// Adds what another sweep removed.
    pub fn add(&mut self, other: Self) {
        self.orphans += other.orphans;
        self.state += other.state;
    }
}

/// Removes what the commits in `log` have made superfluous. `epoch` is the lease's, if it is held.
pub fn sweep(lake: &Store, log: &Log, epoch: Option<u64>) -> Result<Swept> {
    let mut swept = Swept::default();
    let mut kept: HashSet<&str> = log
        .entries()
        .flat_map(|entry| [&entry.outputs, &entry.rejects, &entry.lists])
        .flatten()
        .map(|file| file.path.as_str())
        .collect();
    // What a compaction replaced stays until it is cleared away; what is there after that was put back.
    let waiting = clear::not_cleared(lake, log.last())?;
    for entry in log.entries().filter(|entry| !waiting.contains(&entry.sequence)) {
        for path in &entry.replaced {
            kept.remove(path.as_str());
        }
    }
    for folder in places::roots().chain([state::REJECTS]) {
        for path in lake.names(folder)? {
            if state::written_by(&path).is_some_and(|plan| plan.sequence <= log.tip()) && !kept.contains(path.as_str())
            {
                lake.delete(&path)?;
                swept.orphans += 1;
            }
        }
    }
    for path in lake.names(state::STATE)? {
        if is_past(&path, log.tip(), epoch) && !kept.contains(path.as_str()) {
            lake.delete(&path)?;
            swept.state += 1;
        }
    }
    if swept != Swept::default() {
        lake.remove_empty_folders(state::PLANS)?;
        for root in places::roots() {
            lake.remove_empty_folders(root)?;
        }
    }
    Ok(swept)
}

/// Whether an object of the state has had its day, unless a commit names it.
fn is_past(path: &str, tip: u64, epoch: Option<u64>) -> bool {
    let unfinished = names::upload_target(path).is_some();
    let name = state::file_name(path);
    let folder = path.strip_prefix(state::STATE).and_then(|rest| rest.trim_start_matches('/').split('/').next());
    match folder {
        Some("plans") => plan_of(path).is_some_and(|plan| plan.sequence <= tip),
        Some("log") => unfinished && state::sequence(name).is_some_and(|sequence| sequence <= tip),
        // The newest two are kept: the one held, and the one before, which tells how the last run ended.
        Some("lease") => epoch.zip(state::sequence(name)).is_some_and(|(ours, number)| number + 1 < ours),
        _ => unfinished && names::upload_target(path) == Some(state::FORMAT),
    }
}

/// The plan in whose folder an object of the state lies.
pub fn plan_of(path: &str) -> Option<PlanId> {
    PlanId::leading(path.strip_prefix(state::PLANS)?.strip_prefix('/')?.split('/').next()?)
}

/// A plan for the next commit that was begun and can be gone on with.
#[derive(Debug, Clone)]
pub struct Unfinished {
    /// Its name.
    pub id: PlanId,
    /// What it says.
    pub plan: Plan,
    /// The shards that are done, by number.
    pub done: Vec<Option<ShardDone>>,
}

/// The plan for commit `sequence` that a worker of this identity can finish. What another worker began stays where it
/// is, since that worker may still commit it.
pub fn resumable(lake: &Store, sequence: u64, worker: &str, sources: &[Source]) -> Result<Option<Unfinished>> {
    let mut ids = plan::all(lake)?;
    ids.retain(|id| id.sequence == sequence);
    for id in ids.into_iter().rev() {
        let Some(plan) = plan_if_whole(lake, id)? else { continue };
        if !plan.fits(worker, sources) {
            continue;
        }
        if let Some(done) = done_if_whole(lake, id, &plan)? {
            return Ok(Some(Unfinished { id, plan, done }));
        }
    }
    Ok(None)
}

/// Like [`resumable`], for a compaction; `but` are plans of which nothing comes.
pub fn resumable_joins(
    lake: &Store,
    sequence: u64,
    worker: &str,
    but: &BTreeSet<PlanId>,
) -> Result<Option<Unfinished>> {
    for id in plan::all(lake)?.into_iter().filter(|id| id.sequence == sequence && !but.contains(id)).rev() {
        let Some(plan) = plan_if_whole(lake, id)? else { continue };
        if plan.joins.is_none() || plan.worker != worker || plan.format_version != FORMAT_VERSION {
            continue;
        }
        if let Some(done) = done_if_whole(lake, id, &plan)? {
            return Ok(Some(Unfinished { id, plan, done }));
        }
    }
    Ok(None)
}

/// The name for a new plan for commit `sequence`: the first attempt above all complete ones.
pub fn next_attempt(lake: &Store, sequence: u64) -> Result<PlanId> {
    let names = lake.names(state::PLANS)?;
    let complete = |path: &String| plan_of(path).filter(|id| id.sequence == sequence && *path == id.file());
    let last = names.iter().filter_map(complete).map(|id| id.attempt).max().unwrap_or(0);
    Ok(PlanId { sequence, attempt: last + 1 })
}

/// A plan that is complete and whose lists have their size. A machine that lost power may have left others.
fn plan_if_whole(lake: &Store, id: PlanId) -> Result<Option<Plan>> {
    let Some(bytes) = lake.read(&id.file())? else { return Ok(None) };
    let Ok(plan) = serde_json::from_slice::<Plan>(&bytes) else { return Ok(None) };
    Ok(all_have_their_size(lake, plan.lists.iter())?.then_some(plan))
}

/// The done-files of a plan; `None` if one of them cannot be relied on.
fn done_if_whole(lake: &Store, id: PlanId, plan: &Plan) -> Result<Option<Vec<Option<ShardDone>>>> {
    let names: HashSet<String> = lake.names(&format!("{}/done", id.folder()))?.into_iter().collect();
    let there: Vec<u32> = (0..plan.shards()).filter(|number| names.contains(&id.done(*number))).collect();
    let found = at_once(&there, |number| lake.read(&id.done(*number)))?;
    let mut all = vec![None; plan.shards() as usize];
    for (number, bytes) in there.into_iter().zip(found) {
        let done = bytes.and_then(|bytes| serde_json::from_slice::<ShardDone>(&bytes).ok());
        let (Some(done), Some(place)) = (done, all.get_mut(number as usize)) else { return Ok(None) };
        if done.shard != number {
            return Ok(None);
        }
        *place = Some(done);
    }
    let files = all.iter().flatten().flat_map(|done| done.outputs.iter().chain(&done.rejects));
    Ok(all_have_their_size(lake, files)?.then_some(all))
}

fn all_have_their_size<'a>(lake: &Store, files: impl Iterator<Item = &'a super::model::OutputFile>) -> Result<bool> {
    let files: Vec<_> = files.collect();
    let sizes = at_once(&files, |file| lake.size(&file.path))?;
    Ok(files.iter().zip(sizes).all(|(file, size)| size == Some(file.bytes)))
}

/// Whether commit `sequence` exists by now.
pub fn is_committed(lake: &Store, sequence: u64) -> Result<bool> {
    Ok(commit::tip(lake)? >= sequence)
}

/// Removes the epochs before the newest two, which a long run piles up.
pub fn drop_old_epochs(lake: &Store, newest: u64) -> Result<()> {
    for number in lease::epochs(lake)? {
        if number + 1 < newest {
            lake.delete(&state::lease_file(number))?;
        }
    }
    Ok(())
}
