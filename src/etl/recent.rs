//! How many records the last hours have: what a spark line is drawn from.

use serde::{Deserialize, Serialize};

use super::at_once::at_once;
use super::commit::{self, Totals};
use super::hours::HOUR_MS;
use super::places::hour_of_path;
use super::status::Gap;
use crate::error::Result;
use crate::storage::Store;

/// Hours that are looked at.
pub const HOURS: i64 = 48;

/// Commits that are read for it at most: a job that runs every 15 minutes makes 192 in 48 hours.
const COMMITS: usize = 400;

/// How many of them are read before it is looked whether older ones are needed.
const BATCH: usize = 32;

/// The last hours, by the clock, or up to the newest record where that is older than they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Where they begin, milliseconds since the epoch.
    pub from_ms: i64,
    /// Where they end, milliseconds since the epoch; this hour is not part of them.
    pub to_ms: i64,
    /// From first to last.
    pub hours: Vec<RecentHour>,
    /// Whether all commits that may hold records of these hours were read; else only the latest were.
    pub complete: bool,
}

/// An hour of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentHour {
    /// Records of this hour, of both tables.
    pub records: u64,
    /// Whether it lies in a gap ([`Status::gaps`](super::status::Status::gaps)).
    pub gap: bool,
}

/// The last hours of a lake; `None` where it has no records.
pub fn recent(lake: &Store, tip: u64, totals: &Totals, gaps: &[Gap], now_ms: i64) -> Result<Option<Recent>> {
    let Some((first, last)) = window(totals, now_ms) else { return Ok(None) };
    let mut hours: Vec<RecentHour> = (first..last)
        .map(|hour| RecentHour { records: 0, gap: gaps.iter().any(|gap| within(hour * HOUR_MS, gap)) })
        .collect();
    let sequences: Vec<u64> = (1..=tip).rev().take(COMMITS).collect();
    let mut complete = sequences.last().is_none_or(|&sequence| sequence == 1);
    for batch in sequences.chunks(BATCH) {
        let entries = at_once(batch, |&sequence| commit::entry(lake, sequence))?;
        // An entry that is missing is told of by `drift`; what was before it is not looked at either.
        let has_older_ones = entries.iter().any(|entry| entry.as_ref().is_none_or(|e| is_before(&e.totals, first)));
        // A compaction writes again what others added.
        let added = entries.iter().flatten().filter(|entry| entry.replaced.is_empty());
        for output in added.flat_map(|entry| &entry.outputs) {
            let index = hour_of_path(&output.path).and_then(|(_, hour)| usize::try_from(hour - first).ok());
            if let Some(hour) = index.and_then(|index| hours.get_mut(index)) {
                hour.records += output.rows;
            }
        }
        if has_older_ones {
            complete = true;
            break;
        }
    }
    Ok(Some(Recent { from_ms: first * HOUR_MS, to_ms: last * HOUR_MS, hours, complete }))
}

/// The hour since the epoch behind the newest record's.
fn newest(totals: &Totals) -> Option<i64> {
    totals.record_hours.extent().map(|(_, end)| end.div_euclid(HOUR_MS))
}

/// Whether all that the lake held after a commit is of hours before this one.
fn is_before(totals: &Totals, first: i64) -> bool {
    newest(totals).is_none_or(|end| end <= first)
}

/// From which hour to which, half-open.
fn window(totals: &Totals, now_ms: i64) -> Option<(i64, i64)> {
    let newest = newest(totals)?;
    let now = now_ms.div_euclid(HOUR_MS) + 1;
    let end = if newest.saturating_add(HOURS) > now { newest.max(now) } else { newest };
    Some((end.checked_sub(HOURS)?, end))
}

fn within(ms: i64, gap: &Gap) -> bool {
    gap.from_ms <= ms && ms < gap.to_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(hours: &[i64]) -> Totals {
        let mut totals = Totals::default();
        hours.iter().for_each(|&hour| totals.record_hours.insert(hour));
        totals
    }

    #[test]
    fn the_window_ends_now_where_records_are_fresh_and_else_with_the_newest_record() {
        let now = |hour: i64| hour * HOUR_MS + 1;
        assert_eq!(window(&totals(&[1_000]), now(1_003)), Some((956, 1_004)), "three hours of silence are seen");
        assert_eq!(window(&totals(&[1_000]), now(2_000)), Some((953, 1_001)), "logs of last year end then");
        assert_eq!(window(&totals(&[1_000]), now(900)), Some((953, 1_001)), "a clock that is wrong hides nothing");
        assert_eq!(window(&totals(&[]), now(900)), None);
    }
}
