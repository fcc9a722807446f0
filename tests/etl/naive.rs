//! A worker of a few lines, and a world for it: folders of sources, a lake, and what the lake must hold.
//!
//! Source `b` may be one of CloudTrail: then the lake has both tables. A log object is a text; a line `<hour> <text>` is a record of that hour since the epoch, any other is a reject.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use bucketscope::etl::model::{OutputFile, PlannedObject, ShardDone, SkippedObject, Source};
use bucketscope::etl::plan::Limits;
use bucketscope::etl::{
    Drift, Job, Pipeline, RunOptions, RunSummary, Settings, ShardWorker, WhenBusy, committed, deploy, drift, run_with,
    state,
};
use bucketscope::logs::table::Table;
use bucketscope::storage::{ChangedWhileRead, Opened, Store};
use bucketscope::{Error, Result};
use bytes::Bytes;
use std::sync::Arc;

use object_store::ObjectStore;

/// Files of records by what they hold: a line as `source<TAB>key<TAB>line number<TAB>line`, and how often.
pub type Rows = BTreeMap<String, u64>;

type Hook = Box<dyn Fn(&PlannedObject) + Sync>;

pub struct Naive {
    pub identity: &'static str,
    /// Called before an object is opened.
    pub before: Hook,
    /// Called when an object is open, before its first byte is read.
    pub during: Hook,
}

impl Default for Naive {
    fn default() -> Self {
        Self { identity: "naive 1", before: Box::new(|_| {}), during: Box::new(|_| {}) }
    }
}

impl ShardWorker for Naive {
    fn identity(&self) -> String {
        self.identity.to_owned()
    }

    fn work(&self, job: &Job<'_>, progress: &(dyn Fn(u64, u64) + Sync), _cancel: &AtomicBool) -> Result<ShardDone> {
        let mut done = ShardDone {
            shard: job.shard.number,
            counts: Default::default(),
            outputs: Vec::new(),
            rejects: Vec::new(),
            skipped: Vec::new(),
            time_range: None,
        };
        let mut hours: BTreeMap<(Table, i64), String> = BTreeMap::new();
        let mut rejected = String::new();
        for object in &job.shard.objects {
            let table = job.sources.get(&object.source).expect("a planned source is there").1.table;
            match self.read(job, object)? {
                Ok(text) => take(&mut done, object, &text, table, &mut hours, &mut rejected),
                Err(reason) => {
                    done.skipped.push(SkippedObject { source: object.source.clone(), key: object.key.clone(), reason })
                }
            }
            progress(object.size, 1);
        }
        let skipped = if done.skipped.is_empty() {
            String::new()
        } else {
            format!("-{}", &state::sha256(format!("{:?}", done.skipped).as_bytes())[..8])
        };
        let name = format!("{}-{:05}{skipped}", job.plan, done.shard);
        for (sequence, ((table, hour), text)) in hours.into_iter().enumerate() {
            let day = jiff::Timestamp::from_second(hour * 3600).unwrap().strftime("%Y-%m-%d");
            let folder = job.places.folder(table, &day.to_string(), &format!("{:02}", hour.rem_euclid(24)));
            done.outputs.push(write(job.lake, format!("{folder}/{name}-{sequence:05}.parquet"), text)?);
        }
        done.outputs.sort_by(|a, b| a.path.cmp(&b.path));
        if !rejected.is_empty() {
            done.rejects.push(write(job.lake, format!("_state/rejects/{name}.ndjson"), rejected)?);
        }
        Ok(done)
    }
}

impl Naive {
    fn read(&self, job: &Job<'_>, object: &PlannedObject) -> Result<Result<String, bucketscope::etl::model::NotRead>> {
        (self.before)(object);
        let (store, _) = job.sources.get(&object.source).expect("a planned source is there");
        let mut reader = match store.open(&object.key, &object.etag)? {
            Opened::Stream(reader) => reader,
            Opened::NotRead(reason) => return Ok(Err(reason)),
        };
        (self.during)(object);
        let mut text = String::new();
        match reader.read_to_string(&mut text) {
            Ok(_) => Ok(Ok(text)),
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<ChangedWhileRead>()) => {
                Ok(Err(bucketscope::etl::model::NotRead::Changed))
            }
            Err(error) => Err(Error::failed("cannot read").because(error)),
        }
    }
}

fn take(
    done: &mut ShardDone,
    object: &PlannedObject,
    text: &str,
    table: Table,
    hours: &mut BTreeMap<(Table, i64), String>,
    rejected: &mut String,
) {
    done.counts.objects += 1;
    done.counts.bytes += object.size;
    for (number, line) in text.lines().enumerate() {
        done.counts.lines += 1;
        let row = format!("{}\t{}\t{number}\t{line}\n", object.source, object.key);
        match line.split(' ').next().and_then(|hour| hour.parse::<i64>().ok()) {
            Some(hour) => {
                done.counts.records += 1;
                hours.entry((table, hour)).or_default().push_str(&row);
                let time = hour * 3_600_000;
                let (first, last) = done.time_range.unwrap_or((time, time));
                done.time_range = Some((first.min(time), last.max(time)));
            }
            None => {
                done.counts.rejected += 1;
                *done.counts.rejects_by_reason.entry("no hour".to_owned()).or_default() += 1;
                rejected.push_str(&row);
            }
        }
    }
}

fn write(lake: &Store, path: String, text: String) -> Result<OutputFile> {
    let rows = text.lines().count() as u64;
    let bytes = Bytes::from(text);
    lake.write(&path, bytes.clone())?;
    Ok(OutputFile { path, rows, bytes: bytes.len() as u64, checksum: state::checksum(&bytes) })
}

/// A lake and its sources in a temporary folder.
pub struct World {
    pub folder: tempfile::TempDir,
    pub settings: Settings,
    /// The table of source `b`; that of `a` is always access logs.
    pub of_b: Table,
}

impl World {
    /// A deployed lake and the sources `a` and `b`, empty. Shards are a few bytes, so that plans have several.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["lake", "a", "b"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let limits = Limits { shard_bytes: 40, ..Limits::default() };
        let world = Self {
            folder,
            settings: Settings { settling_ms: 0, limits, ..Settings::default() },
            of_b: Table::AccessLogs,
        };
        assert!(deploy(&world.pipeline()).unwrap().created);
        world
    }

    /// One like it, with a few objects in both sources.
    pub fn with_logs() -> Self {
        let world = Self::new();
        world.put("a", "2026-01-01-00-00-00-AA", "490896 one\n490897 two\nno record\n");
        world.put("a", "2026-01-01-01-00-00-AB", "490896 three\n");
        world.put("a", "deep/er/2026-01-01-02-00-00-AC", "490890 late\n490898 four\n490898 four\n");
        world.put("b", "2026-01-01-00-00-00-AA", "490896 of b\n");
        world
    }

    /// The same with both tables.
    pub fn of_both_tables(self) -> Self {
        Self { of_b: Table::CloudTrail, ..self }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn put(&self, source: &str, key: &str, text: &str) {
        let path = self.path(source).join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn sources(&self) -> Vec<Source> {
        let source = |id: &str, table| Source {
            id: id.to_owned(),
            table,
            location: self.path(id).to_str().unwrap().to_owned(),
            ..Source::default()
        };
        vec![source("a", Table::AccessLogs), source("b", self.of_b)]
    }

    pub fn lake(&self) -> Store {
        Store::folder(&self.path("lake")).unwrap()
    }

    pub fn pipeline(&self) -> Pipeline {
        Pipeline { lake: self.lake(), sources: self.sources(), settings: self.settings }
    }

    /// The pipeline with something around its lake's storage.
    pub fn pipeline_through(&self, wrap: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>) -> Pipeline {
        let lake = Store::folder_through(&self.path("lake"), wrap).unwrap();
        Pipeline { lake, ..self.pipeline() }
    }

    pub fn run(&self) -> RunSummary {
        self.run_by(&Naive::default()).unwrap()
    }

    pub fn run_by(&self, worker: &Naive) -> Result<RunSummary> {
        run_with(&self.pipeline(), &options(), worker, &())
    }

    /// What the lake holds, rejects among it.
    pub fn rows(&self) -> Rows {
        rows(&self.lake())
    }

    /// What the lake must hold once everything in the sources has been read.
    pub fn expected(&self) -> Rows {
        let mut rows = Rows::new();
        for source in ["a", "b"] {
            for key in files(&self.path(source)) {
                let text = fs::read_to_string(self.path(source).join(&key)).unwrap();
                for (number, line) in text.lines().enumerate() {
                    rows.insert(format!("{source}\t{key}\t{number}\t{line}"), 1);
                }
            }
        }
        rows
    }

    /// Every record once, and nothing in the lake that should not be there.
    pub fn assert_exactly_once(&self) {
        assert_eq!(self.rows(), self.expected());
        assert_eq!(self.drift().findings, []);
        assert_eq!(self.drift().unfinished_files, 0);
    }

    pub fn drift(&self) -> Drift {
        drift(&self.pipeline(), true).unwrap()
    }
}

/// A run that neither waits nor minds others.
pub fn options() -> RunOptions<'static> {
    RunOptions { threads: 2, ..RunOptions::at(now_ms()) }
}

/// A run without a lease.
pub fn options_beside() -> RunOptions<'static> {
    RunOptions { when_busy: WhenBusy::WorkBeside, ..options() }
}

pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// What the committed files and the reject files that the log names hold.
pub fn rows(lake: &Store) -> Rows {
    let mut rows = Rows::new();
    let log = bucketscope::etl::commit::Log::load(lake).unwrap();
    let rejects: Vec<String> = log.entries().flat_map(|entry| &entry.rejects).map(|file| file.path.clone()).collect();
    let outputs = committed(lake).unwrap().into_iter().map(|file| file.path);
    for path in outputs.chain(rejects) {
        let bytes = lake.read(&path).unwrap().unwrap_or_else(|| panic!("{path} is missing"));
        for line in std::str::from_utf8(&bytes).unwrap().lines() {
            *rows.entry(line.to_owned()).or_default() += 1;
        }
    }
    rows
}

/// The files below a folder, as keys, sorted.
pub fn files(folder: &Path) -> Vec<String> {
    Store::folder(folder).unwrap().names("").unwrap()
}
