//! What plan, work and commit hand to one another and keep under `_state/`. Values only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::logs::table::Table;

/// The version of everything under `_state/`. Newer is refused, older is migrated by the next run. 2: a commit may replace
/// files by others, and partitions may lie elsewhere than their day and hour say. 3: there may be files of several tables.
pub const FORMAT_VERSION: u32 = 3;

/// The version of the Parquet files.
pub const FILE_VERSION: u32 = 1;

/// Where log objects come from: a folder now, a bucket and prefix later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Made once by `init`; an object's identity is this and its relative key, so a folder can move.
    pub id: String,
    /// The table that its objects go to, which says what they are.
    #[serde(default, skip_serializing_if = "Table::is_access_logs")]
    pub table: Table,
    /// Where it is now: an absolute path.
    pub location: String,
    /// The account that owns the source buckets, where the layout does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The Region of the source buckets, where the layout does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_region: Option<String>,
}

/// One log object as the plan saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedObject {
    /// The source's id.
    pub source: String,
    /// The key below the source's location.
    pub key: String,
    /// What the store said when it was listed; guards the read.
    pub etag: String,
    /// Bytes as stored.
    pub size: u64,
}

/// The unit of work: read by one thread from first to last object, so its outputs do not depend on how many run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 0.
    pub number: u32,
    /// In key order.
    pub objects: Vec<PlannedObject>,
}

/// Why a planned object was not read. Such an object is not known afterwards: the next plan takes it up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotRead {
    /// Its ETag is no longer the planned one.
    Changed,
    /// It is gone.
    Vanished,
    /// We may not read it.
    Denied,
    /// It must be restored from an archive first.
    Archived,
}

impl NotRead {
    /// Whether the next run is to look at the object again. What vanished is gone, and what is archived stays so for long.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Changed | Self::Denied)
    }
}

impl std::fmt::Display for NotRead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            NotRead::Changed => "changed before it was read",
            NotRead::Vanished => "vanished before it was read",
            NotRead::Denied => "may not be read",
            NotRead::Archived => "is archived: restore it first",
        })
    }
}

/// A planned object that was not read, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedObject {
    /// The source's id.
    pub source: String,
    /// The key below the source's location.
    pub key: String,
    /// Why.
    pub reason: NotRead,
}

/// A Parquet file of the lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFile {
    /// Below the lake's root: `<table>/<day>/<hour>/<name>.parquet`, such as `s3_access_logs/requestdate=…/requesthour=…`.
    pub path: String,
    /// Rows in it.
    pub rows: u64,
    /// Bytes of it.
    pub bytes: u64,
    /// Of its bytes, as [`state::checksum`](super::state::checksum) writes it; earlier, their sha256 in hex.
    #[serde(alias = "sha256")]
    pub checksum: String,
}

/// What a shard, a run or a lake holds in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Log objects read to their end.
    pub objects: u64,
    /// Bytes of them as stored.
    pub bytes: u64,
    /// Lines read; `lines = records + rejected` always.
    pub lines: u64,
    /// Records written.
    pub records: u64,
    /// Lines kept as rejects.
    pub rejected: u64,
    /// The rejects by reason (`logs::access::Reject` or `logs::trail::record::Reject` as text).
    pub rejects_by_reason: BTreeMap<String, u64>,
    /// Objects that cannot be read to their end (a truncated gzip) or are none of CloudTrail's files, by reason. What could
    /// be read of them is counted above.
    pub damaged_objects: BTreeMap<String, u64>,
    /// Records of an hour more than `LATE_AFTER_HOURS` before the hour their object was delivered in.
    pub late: u64,
}

impl Counts {
    /// Adds other counts to these.
    pub fn add(&mut self, other: &Self) {
        self.objects += other.objects;
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.records += other.records;
        self.rejected += other.rejected;
        self.late += other.late;
        for (reason, count) in &other.rejects_by_reason {
            *self.rejects_by_reason.entry(reason.clone()).or_default() += count;
        }
        for (reason, count) in &other.damaged_objects {
            *self.damaged_objects.entry(reason.clone()).or_default() += count;
        }
    }
}

/// A shard's done-file: everything that the commit needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardDone {
    /// The shard's number.
    pub shard: u32,
    /// What was read and written.
    pub counts: Counts,
    /// The Parquet files, sorted by path.
    pub outputs: Vec<OutputFile>,
    /// The reject files (newline-delimited JSON), below the lake's root.
    pub rejects: Vec<OutputFile>,
    /// Planned objects that were not read.
    pub skipped: Vec<SkippedObject>,
    /// Earliest and latest record time, milliseconds since the epoch.
    pub time_range: Option<(i64, i64)>,
}

/// One line of a reject file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedLine {
    /// The source's id.
    pub source: String,
    /// The log object's key below the source's location.
    pub object: String,
    /// From 1.
    pub line: u64,
    /// Where the line begins in the (decompressed) object, in bytes.
    pub offset: u64,
    /// The line's length in bytes, without its newline.
    pub length: u64,
    /// Why it is no record.
    pub reason: String,
    /// The line, or its first bytes where it is very long; bytes that are not UTF-8 are written as `\xHH`, a backslash as `\\`.
    pub text: String,
    /// Whether `text` is only the beginning.
    pub cut: bool,
}
