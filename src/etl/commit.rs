//! The commit log: the only truth about what the lake holds. Entry N+1 is made with create-if-absent; who cannot make
//! it has lost, whatever he did before, and that alone keeps every record from being doubled.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::hours::HourSet;
use super::model::{Counts, FORMAT_VERSION, OutputFile, ShardDone, SkippedObject};
use super::places::{self, Places};
use super::plan::{ListSpan, Plan};
use super::state::{self, PlanId};
use crate::error::{Error, Result};
use crate::logs::table::Table;
use crate::storage::{Created, Store};

/// `_state/log/<sequence>.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of the format that this entry and its outputs have.
    pub format_version: u32,
    /// From 1, without gaps.
    pub sequence: u64,
    /// The plan's name.
    pub plan: String,
    /// Identifies the worker and its settings.
    pub worker: String,
    /// When the run began to work on the plan, milliseconds since the epoch.
    pub started_ms: i64,
    /// When this entry was made, milliseconds since the epoch.
    pub finished_ms: i64,
    /// What this commit adds.
    pub counts: Counts,
    /// The Parquet files that it adds, sorted by path.
    pub outputs: Vec<OutputFile>,
    /// The Parquet files that are no longer part of the lake, as `outputs` hold their rows: a compaction's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
    /// The reject files that it adds.
    pub rejects: Vec<OutputFile>,
    /// The lists of its objects, which are known from now on, except those in `skipped`.
    pub lists: Vec<OutputFile>,
    /// What each of them spans; none in entries of earlier versions.
    #[serde(default)]
    pub spans: Vec<ListSpan>,
    /// Planned objects that were not read. They are not known: the next plan takes them up again.
    pub skipped: Vec<SkippedObject>,
    /// Earliest and latest record of this commit, milliseconds since the epoch.
    pub time_range: Option<(i64, i64)>,
    /// Everything up to and with this commit, so that `status` need not add years up.
    pub totals: Totals,
}

/// What the lake holds in sum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The sum of the counts.
    pub counts: Counts,
    /// Parquet files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What of all this is of `cloudtrail_events`.
    #[serde(default, skip_serializing_if = "Share::is_nothing")]
    pub cloudtrail: Share,
    /// Earliest and latest record, milliseconds since the epoch.
    pub time_range: Option<(i64, i64)>,
    /// The hours that records lie in.
    pub record_hours: HourSet,
    /// The hours in which objects were delivered, going by the time in their names.
    pub delivered_hours: HourSet,
    /// Whether every object's name held a time, so that `delivered_hours` has them all.
    pub delivered_is_known: bool,
    /// Everything that was visible and last modified before this time has been read; milliseconds since the epoch.
    pub watermark_ms: Option<i64>,
    /// Where partitions lie.
    #[serde(default, skip_serializing_if = "Places::is_empty")]
    pub places: Places,
    /// The commits that were compactions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined_by: Vec<u64>,
}

/// A table's share in a sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Records.
    pub records: u64,
    /// Parquet files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Share {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// All commits so far.
#[derive(Debug, Clone, Default)]
pub struct Log(Vec<Entry>);

/// A Parquet file of the lake that is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedFile {
    /// The table that it is of.
    pub table: Table,
    /// Below the lake's root.
    pub path: String,
    /// The partition's date: `YYYY-MM-DD`.
    pub date: String,
    /// The partition's hour: `00` to `23`.
    pub hour: String,
    /// Rows in it.
    pub rows: u64,
    /// Bytes of it.
    pub bytes: u64,
}

impl Log {
    /// Reads the whole log.
    pub fn load(lake: &Store) -> Result<Self> {
        let mut log = Self::default();
        log.catch_up(lake)?;
        Ok(log)
    }

    /// Reads the entries that have been made since.
    pub fn catch_up(&mut self, lake: &Store) -> Result<()> {
        for sequence in self.tip() + 1..=tip(lake)? {
            let entry = entry(lake, sequence)?.ok_or_else(|| missing(lake, sequence))?;
            self.0.push(entry);
        }
        Ok(())
    }

    /// Adds the entry that follows.
    pub fn add(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    /// The sequence of the last commit, 0 before the first.
    pub fn tip(&self) -> u64 {
        self.0.len() as u64
    }

    /// The commits from first to last.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.0.iter()
    }

    /// The Parquet files that the lake has, each with the time of its commit, milliseconds since the epoch.
    pub fn live(&self) -> impl Iterator<Item = (&OutputFile, i64)> {
        let replaced: HashSet<&str> = self.entries().flat_map(|entry| &entry.replaced).map(String::as_str).collect();
        let files = self.entries().flat_map(|entry| entry.outputs.iter().map(|file| (file, entry.finished_ms)));
        files.filter(move |(file, _)| !replaced.contains(file.path.as_str()))
    }

    /// Where partitions lie after the last commit.
    pub fn places(&self) -> Places {
        self.last().map_or_else(Places::default, |entry| entry.totals.places.clone())
    }

    /// The last commit.
    pub fn last(&self) -> Option<&Entry> {
        self.0.last()
    }
}

/// The sequence of the last commit, 0 before the first.
pub fn tip(lake: &Store) -> Result<u64> {
    // A listing made while an entry is being added may or may not show it; one that shows an entry but not the one
    // before cannot be trusted, so it is made again.
    for _ in 0..3 {
        let sequences = sequences(lake)?;
        let tip = sequences.last().copied().unwrap_or(0);
        if sequences.len() as u64 == tip {
            return Ok(tip);
        }
    }
    let sequences = sequences(lake)?;
    let gap = (1..).zip(&sequences).find(|(expected, found)| expected != *found);
    Err(missing(lake, gap.map_or(1, |(expected, _)| expected)))
}

/// The sequences of the entries that are listed.
pub fn sequences(lake: &Store) -> Result<Vec<u64>> {
    let names = lake.names(state::LOG)?;
    let mut sequences: Vec<u64> = names
        .iter()
        .filter_map(|path| {
            let sequence = state::sequence(state::file_name(path))?;
            (*path == state::log_file(sequence) && sequence > 0).then_some(sequence)
        })
        .collect();
    sequences.sort_unstable();
    Ok(sequences)
}

/// The commit of this sequence, if there is one.
pub fn entry(lake: &Store, sequence: u64) -> Result<Option<Entry>> {
    let path = state::log_file(sequence);
    let entry: Option<Entry> = state::read(lake, &path)?;
    if entry.as_ref().is_some_and(|entry| entry.format_version > FORMAT_VERSION) {
        return Err(Error::failed(format!("{path} in {} is of a newer format", lake.location()))
            .hint("use the newer program, which wrote it"));
    }
    Ok(entry)
}

fn missing(lake: &Store, sequence: u64) -> Error {
    Error::failed(format!("the commit log in {} is damaged", lake.location()))
        .because(format!("{} is missing, but there are later entries", state::log_file(sequence)))
        .hint("restore the file from a backup; until then nothing is read or removed")
}

/// Every Parquet file that is committed: what an engine may read.
pub fn committed(lake: &Store) -> Result<Vec<CommittedFile>> {
    state::check_format(lake)?;
    let log = Log::load(lake)?;
    log.live().map(|(file, _)| committed_file(file)).collect()
}

fn committed_file(output: &OutputFile) -> Result<CommittedFile> {
    let parts = places::parts(&output.path).ok_or_else(|| {
        Error::failed(format!("the commit log names {}, which is in no partition", output.path))
            .hint("`bucketscope drift` shows what else is damaged")
    })?;
    Ok(CommittedFile {
        table: parts.table,
        path: output.path.clone(),
        date: parts.date.to_owned(),
        hour: parts.hour.to_owned(),
        rows: output.rows,
        bytes: output.bytes,
    })
}

/// The entry that commits a plan whose shards are all done, or why that must not be.
pub fn entry_of(id: PlanId, plan: &Plan, dones: &[ShardDone], before: &Totals, times: (i64, i64)) -> Result<Entry> {
    let mut entry = Entry {
        format_version: FORMAT_VERSION,
        sequence: id.sequence,
        plan: id.to_string(),
        worker: plan.worker.clone(),
        started_ms: times.0,
        finished_ms: times.1,
        counts: Counts::default(),
        outputs: Vec::new(),
        replaced: Vec::new(),
        rejects: Vec::new(),
        lists: plan.lists.clone(),
        spans: plan.spans.clone(),
        skipped: Vec::new(),
        time_range: None,
        totals: before.clone(),
    };
    for (number, list) in plan.lists.iter().enumerate() {
        let done = dones.get(number).filter(|done| done.shard as usize == number);
        let done = done.ok_or_else(|| Error::failed(format!("shard {number} of plan {id} is not done")))?;
        adds_up(done, list.rows).map_err(|why| {
            Error::failed(format!("the numbers of shard {number} of plan {id} do not add up, so it is not committed"))
                .because(why)
                .hint("this is a fault of the program: please report it; nothing has been added to the lake")
        })?;
        entry.counts.add(&done.counts);
        entry.outputs.extend_from_slice(&done.outputs);
        entry.rejects.extend_from_slice(&done.rejects);
        entry.skipped.extend_from_slice(&done.skipped);
        entry.time_range = join(entry.time_range, done.time_range);
    }
    entry.outputs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    add_to_totals(&mut entry, plan);
    Ok(entry)
}

fn add_to_totals(entry: &mut Entry, plan: &Plan) {
    let first = entry.sequence == 1;
    let totals = &mut entry.totals;
    totals.counts.add(&entry.counts);
    totals.files += entry.outputs.len() as u64;
    totals.bytes += entry.outputs.iter().map(|output| output.bytes).sum::<u64>();
    totals.time_range = join(totals.time_range, entry.time_range);
    for output in &entry.outputs {
        if places::parts(&output.path).is_some_and(|parts| parts.table == Table::CloudTrail) {
            totals.cloudtrail.records += output.rows;
            totals.cloudtrail.files += 1;
            totals.cloudtrail.bytes += output.bytes;
        }
    }
    for (_, hour) in entry.outputs.iter().filter_map(|output| places::hour_of_path(&output.path)) {
        totals.record_hours.insert(hour);
    }
    totals.delivered_hours.extend(&plan.delivered);
    totals.delivered_is_known = plan.delivered_is_known && (first || totals.delivered_is_known);
    totals.watermark_ms = plan.watermark_ms.max(totals.watermark_ms);
}

/// `read = written + rejected`, to the line, and no object unaccounted for.
fn adds_up(done: &ShardDone, planned: u64) -> Result<(), String> {
    let counts = &done.counts;
    let rows: u64 = done.outputs.iter().map(|output| output.rows).sum();
    let kept: u64 = done.rejects.iter().map(|file| file.rows).sum();
    let reasons: u64 = counts.rejects_by_reason.values().sum();
    let damaged: u64 = counts.damaged_objects.values().sum();
    let same = |what: &str, a: u64, b: u64| if a == b { Ok(()) } else { Err(format!("{what}: {a} against {b}")) };
    same("lines read, records and rejects", counts.lines, counts.records + counts.rejected)?;
    same("records and rows written", counts.records, rows)?;
    same("rejected lines and those kept", counts.rejected, kept)?;
    same("rejected lines and their reasons", counts.rejected, reasons)?;
    // A damaged object may have been read to its end (when it is no log) or not (when it is a truncated file).
    let read = planned.saturating_sub(done.skipped.len() as u64);
    if read < counts.objects || read > counts.objects + damaged {
        let objects = counts.objects;
        return Err(format!("of {read} objects, {objects} were read to their end, and {damaged} are damaged"));
    }
    Ok(())
}

/// The range that holds both.
pub(super) fn join(a: Option<(i64, i64)>, b: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (one, other) => one.or(other),
    }
}

/// Makes the entry, which commits its plan: the fence.
pub fn publish(lake: &Store, entry: &Entry) -> Result<Created> {
    state::write_new(lake, &state::log_file(entry.sequence), entry)
}
