//! What a compaction has taken out of the lake goes, when nobody can be reading it any more: after a while, and once whoever
//! reads by the catalogue is sent elsewhere.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::commit::{self, Entry};
use super::{places, state};
use crate::error::Result;
use crate::logs::table::Table;
use crate::storage::Store;

/// How long files stay after a compaction has joined them into others: longer than any query that listed them before. Athena
/// ends queries after 30 minutes, or what the account's quota says (Athena user guide, "Service Quotas").
pub const GRACE_MS: i64 = 24 * 3_600_000;

/// The compactions whose replaced files are gone: `_state/cleared/<sequence>.json`.
const FOLDER: &str = "_state/cleared";

/// What was cleared away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// Files that stand in others by now and were removed.
    pub files: u64,
    /// Files that stand in others by now and stay for a while.
    pub waiting: u64,
}

/// Asked whether nobody is sent to the former places of these hours (since the epoch) of a table any more.
pub type Left<'a> = &'a dyn Fn(Table, &[i64]) -> Result<bool>;

#[derive(Debug, Serialize)]
struct Mark {
    cleared_ms: i64,
}

fn mark(sequence: u64) -> String {
    format!("{FOLDER}/{sequence:012}.json")
}

/// The compactions of which nothing is left to clear away.
pub(super) fn cleared(lake: &Store) -> Result<BTreeSet<u64>> {
    Ok(lake.names(FOLDER)?.iter().filter_map(|path| state::sequence(state::file_name(path))).collect())
}

/// The compactions up to a commit whose replaced files may still be there.
pub(super) fn not_cleared(lake: &Store, last: Option<&Entry>) -> Result<Vec<u64>> {
    let joined_by = last.map_or(&[][..], |entry| entry.totals.joined_by.as_slice());
    if joined_by.is_empty() {
        return Ok(Vec::new());
    }
    let cleared = cleared(lake)?;
    Ok(joined_by.iter().copied().filter(|sequence| !cleared.contains(sequence)).collect())
}

/// Removes what compactions replaced `grace_ms` ago or earlier. `left` is asked whether nobody is sent to the former places of
/// these hours of a table any more; where it says no, they are looked at again next time.
///
/// It needs no lease: what goes is in no lake, whoever removes it and however often.
///
/// # Errors
/// If the storage fails, or `left` does.
pub fn clear(lake: &Store, now_ms: i64, grace_ms: i64, left: Left<'_>) -> Result<Cleared> {
    let mut cleared = Cleared::default();
    let tip = commit::tip(lake)?;
    let last = if tip > 0 { commit::entry(lake, tip)? } else { None };
    for sequence in not_cleared(lake, last.as_ref())? {
        let Some(entry) = commit::entry(lake, sequence)? else { continue };
        let hours: BTreeSet<(Table, i64)> =
            entry.outputs.iter().filter_map(|file| places::hour_of_path(&file.path)).collect();
        // Asked from the first day on: whoever is sent to a former place is sent on at once, not a day later.
        let mut are_left = true;
        for table in Table::ALL {
            let hours: Vec<i64> = hours.iter().filter(|(of, _)| *of == table).map(|(_, hour)| *hour).collect();
            are_left &= hours.is_empty() || left(table, &hours)?;
        }
        if !are_left || entry.finished_ms > now_ms.saturating_sub(grace_ms) {
            cleared.waiting += entry.replaced.len() as u64;
            continue;
        }
        for path in &entry.replaced {
            lake.delete(path)?;
            cleared.files += 1;
        }
        state::write_new(lake, &mark(sequence), &Mark { cleared_ms: now_ms })?;
    }
    if cleared.files > 0 {
        for root in places::roots() {
            lake.remove_empty_folders(root)?;
        }
    }
    Ok(cleared)
}
