//! Which partitions are worth joining, and how they are cut into plans and shards. Values only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CompactOptions;
use crate::etl::commit::Log;
use crate::etl::model::OutputFile;
use crate::etl::places::{self, Parts};
use crate::logs::table::Table;

/// What joined files are made towards. Athena reads files of 128 MB and more best (Athena user guide, "Optimize data").
pub const TARGET_BYTES: u64 = 256 << 20;

/// A plan has so many partitions at most, and so many bytes: a compaction that is overtaken has little to do again.
const PLAN_PARTITIONS: usize = 2_000;
const PLAN_BYTES: u64 = 16 << 30;
/// A shard has so many partitions at most, and so many bytes unless one partition alone has more.
const SHARD_PARTITIONS: usize = 64;
const SHARD_BYTES: u64 = 256 << 20;

/// Partitions whose files are joined, shard by shard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joins {
    /// What joined files are made towards.
    pub target_bytes: u64,
    /// The partitions of each shard.
    pub shards: Vec<Vec<Join>>,
}

/// A partition whose files are joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The table.
    #[serde(default, skip_serializing_if = "Table::is_access_logs")]
    pub table: Table,
    /// The partition's date: `YYYY-MM-DD`.
    pub date: String,
    /// The partition's hour: `00` to `23`.
    pub hour: String,
    /// All its files, in the order of their names, which is that of commits.
    pub files: Vec<OutputFile>,
}

impl Join {
    /// The bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The rows of all files.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// What becomes one file each: neighbours that are no larger than `target` together.
    pub fn bins(&self, target: u64) -> Vec<&[OutputFile]> {
        let mut bins = Vec::new();
        let (mut from, mut bytes) = (0, 0u64);
        for (at, file) in self.files.iter().enumerate() {
            if at > from && bytes.saturating_add(file.bytes) > target {
                bins.extend(self.files.get(from..at));
                (from, bytes) = (at, 0);
            }
            bytes = bytes.saturating_add(file.bytes);
        }
        bins.extend(self.files.get(from..).filter(|rest| !rest.is_empty()));
        bins
    }
}

/// The partitions worth joining: at rest, and with at least twice the files that they would have then. By hour.
pub fn worth_joining(log: &Log, options: &CompactOptions<'_>) -> Vec<Join> {
    let rested_since = options.now_ms.saturating_sub(options.older_than_ms);
    let mut partitions: BTreeMap<(Table, i64), (Join, i64)> = BTreeMap::new();
    for (file, committed_ms) in log.live() {
        let Some(Parts { table, date, hour, .. }) = places::parts(&file.path) else { continue };
        let Some(number) = places::hour_of(date, hour) else { continue };
        let (join, newest) = partitions.entry((table, number)).or_insert_with(|| {
            (Join { table, date: date.to_owned(), hour: hour.to_owned(), files: Vec::new() }, committed_ms)
        });
        join.files.push(file.clone());
        *newest = committed_ms.max(*newest);
    }
    let rested = partitions.into_values().filter(|(_, newest)| *newest <= rested_since).map(|(join, _)| join);
    rested
        .map(|mut join| {
            join.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            join
        })
        .filter(|join| join.bins(options.target_bytes).len() * 2 <= join.files.len())
        .collect()
}

/// As many as a plan may have, cut into shards.
pub(super) fn shards(joins: Vec<Join>) -> Vec<Vec<Join>> {
    let mut shards: Vec<Vec<Join>> = Vec::new();
    let (mut in_plan, mut in_shard) = (0u64, 0u64);
    for join in joins.into_iter().take(PLAN_PARTITIONS) {
        let bytes = join.bytes();
        if in_plan > 0 && in_plan.saturating_add(bytes) > PLAN_BYTES {
            break;
        }
        in_plan = in_plan.saturating_add(bytes);
        match shards.last_mut() {
            Some(shard) if shard.len() < SHARD_PARTITIONS && in_shard.saturating_add(bytes) <= SHARD_BYTES => {
                shard.push(join);
                in_shard = in_shard.saturating_add(bytes);
            }
            _ => {
                shards.push(vec![join]);
                in_shard = bytes;
            }
        }
    }
    shards
}
