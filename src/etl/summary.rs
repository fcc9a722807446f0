//! What goes into a run, what it tells on its way, and what comes out of it.

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::commit::{self, Entry};
use super::inventory::Inventory;
use super::lease::Holder;
use super::lease::Latest;
use super::model::{Counts, NotRead};
use super::recover::Swept;
use super::source::{self, Listing};
use super::spread::Spread;
use crate::backlog::{Backlog, Patience};

/// What a run tells while it goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Another run is at work; this one waits for it.
    WaitingForRun(Box<Latest>),
    /// The sources are being listed.
    Listing,
    /// Objects were modified just now; the run waits so many milliseconds to see whether they stay as they are.
    Settling {
        /// How many.
        objects: u64,
        /// How long it waits.
        wait_ms: i64,
    },
    /// The work on a plan begins.
    Planned(Planned),
    /// A plan is committed.
    Committed {
        /// The commit's sequence.
        sequence: u64,
        /// What it adds.
        counts: Counts,
    },
}

/// The size of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The commit that it is for.
    pub sequence: u64,
    /// Objects.
    pub objects: u64,
    /// Bytes as stored.
    pub bytes: u64,
    /// Shards.
    pub shards: u32,
    /// Shards that an earlier run has done.
    pub shards_done: u32,
    /// Whether an earlier run began it.
    pub resumed: bool,
}

/// Is told how a run goes on.
pub trait Progress: Sync {
    /// Something has begun or ended.
    fn event(&self, event: &Event);
    /// So many stored bytes have been read and so many records written since it was last told.
    fn advance(&self, bytes: u64, records: u64);
}

/// Tells nobody.
impl Progress for () {
    fn event(&self, _event: &Event) {}
    fn advance(&self, _bytes: u64, _records: u64) {}
}

/// What to do when another run is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenBusy {
    /// Say so and end.
    Fail,
    /// Wait so many milliseconds for it, then say so and end.
    Wait(i64),
    /// Wait so many milliseconds for it, then leave everything to it: that is no error.
    Leave(i64),
    /// Work beside it, without a lease. Harmless, but both do the same work and one of them in vain.
    WorkBeside,
}

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct RunOptions<'a> {
    /// Only objects that may hold records of this half-open range, milliseconds since the epoch: those whose names say
    /// that they were delivered in it, or by `Settings::lag_ms` later.
    pub window: Option<(i64, i64)>,
    /// Whether buckets are listed as a whole, and not only from the look-back on.
    pub full: bool,
    /// What is read first, instead of listing its bucket as a whole.
    pub inventory: Option<&'a Inventory>,
    /// How many shards are worked on at once.
    pub threads: usize,
    /// Now, milliseconds since the epoch.
    pub now_ms: i64,
    /// What to do when another run is at work.
    pub when_busy: WhenBusy,
    /// Whether to wait, for no longer than the settling time, for objects that were modified just now.
    pub wait_for_settling: bool,
    /// Set to interrupt the run. What it has done stays, and the next run goes on with it.
    pub cancel: Option<&'a AtomicBool>,
    /// Who works on the shards, if not the threads of this process.
    pub spread: Option<&'a dyn Spread>,
    /// A plan of which more is left to do than this is not worked on, but left to another run.
    pub patience: Option<Patience>,
}

impl RunOptions<'_> {
    /// The usual way, at this time.
    pub fn at(now_ms: i64) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            window: None,
            full: false,
            inventory: None,
            threads,
            now_ms,
            when_busy: WhenBusy::Fail,
            wait_for_settling: true,
            cancel: None,
            spread: None,
            patience: None,
        }
    }
}

/// What a run did. `counts.lines = counts.records + counts.rejected` was checked before each commit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Whether there was nothing to do.
    pub nothing_new: bool,
    /// What the sources held.
    pub listing: Listing,
    /// The commits that were made.
    pub commits: Vec<u64>,
    /// How many of them were begun by an earlier run.
    pub resumed: u64,
    /// How many plans another run committed first. Nothing is lost by it.
    pub committed_by_others: u64,
    /// What was read and written.
    pub counts: Counts,
    /// Objects that changed, vanished or may not be read. The next run takes them up again.
    pub skipped: u64,
    /// Of them those that may not be read.
    #[serde(default)]
    pub denied: u64,
    /// The first of them.
    pub skipped_named: Vec<source::Named>,
    /// Parquet files written.
    pub files: u64,
    /// Their bytes.
    pub output_bytes: u64,
    /// Earliest and latest record, milliseconds since the epoch.
    pub time_range: Option<(i64, i64)>,
    /// Everything that was visible and last modified before this time has been read; milliseconds since the epoch.
    pub watermark_ms: Option<i64>,
    /// The plan that was left to another run, being too large for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<LeftPlan>,
    /// Who is at work instead of this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_work: Option<Holder>,
    /// What was left over from earlier runs and removed.
    pub swept: Swept,
    /// How long it took.
    pub seconds: f64,
    /// Stored bytes read a second.
    pub bytes_per_second: f64,
}

/// A plan that waits for another run to work on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftPlan {
    /// Its name.
    pub plan: String,
    /// How many shards are left.
    pub shards: u32,
    /// What they hold.
    pub objects: u64,
    /// Their bytes as stored.
    pub bytes: u64,
}

impl LeftPlan {
    /// What there is to do.
    pub fn backlog(&self) -> Backlog {
        Backlog { bytes: self.bytes, objects: self.objects }
    }
}

impl RunSummary {
    /// Adds a commit that the run has made.
    pub(super) fn add(&mut self, entry: &Entry) {
        self.commits.push(entry.sequence);
        self.counts.add(&entry.counts);
        self.skipped += entry.skipped.len() as u64;
        self.denied += entry.skipped.iter().filter(|object| object.reason == NotRead::Denied).count() as u64;
        for object in entry.skipped.iter().take(source::NAMED_AT_MOST.saturating_sub(self.skipped_named.len())) {
            self.skipped_named.push(source::Named {
                source: object.source.clone(),
                key: object.key.clone(),
                what: object.reason.to_string(),
            });
        }
        self.files += entry.outputs.len() as u64;
        self.output_bytes += entry.outputs.iter().map(|output| output.bytes).sum::<u64>();
        self.time_range = commit::join(self.time_range, entry.time_range);
    }
}
