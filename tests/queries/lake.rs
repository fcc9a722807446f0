//! Lakes for tests: log lines in, an engine over the committed files out.

use std::io::Write;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bucketscope::engine::answer::Answer;
use bucketscope::engine::local::Engine;
use bucketscope::etl::model::Source;
use bucketscope::etl::{CommittedFile, Pipeline, RunOptions, Settings, committed, deploy, run};
use bucketscope::logs::table::Table;
use bucketscope::storage::Store;

pub const ACCESS_LOG: &str = include_str!("../fixtures/queries/access.log");
pub const CLIENTS_LOG: &str = include_str!("../fixtures/queries/clients.log");
pub const TRAIL: &str = include_str!("../fixtures/queries/trail.json");

/// A lake in a folder that goes when this and all engines over it do.
pub struct Lake {
    pub folder: Arc<tempfile::TempDir>,
    pub store: Store,
    pub files: Vec<CommittedFile>,
}

impl Lake {
    /// A lake that holds the records of these log objects, given as text.
    pub fn of(objects: &[&str]) -> Self {
        Self::made(objects, None, None)
    }

    /// The same, of buckets that lie in a Region.
    pub fn in_region(objects: &[&str], region: &str) -> Self {
        Self::made(objects, Some(region.to_owned()), None)
    }

    /// The same, and a file of CloudTrail's.
    pub fn with_trail(objects: &[&str], file: &str) -> Self {
        Self::made(objects, None, Some(file))
    }

    fn made(objects: &[&str], bucket_region: Option<String>, trail: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (logs, lake) = (folder.path().join("logs"), folder.path().join("lake"));
        std::fs::create_dir_all(&logs).unwrap();
        std::fs::create_dir_all(&lake).unwrap();
        for (number, text) in objects.iter().enumerate() {
            std::fs::write(logs.join(format!("2026-06-01-12-05-{number:02}-0123456789ABCDEF")), text).unwrap();
        }
        let location = logs.to_str().unwrap().to_owned();
        let mut sources = vec![Source { id: "s1".into(), location, bucket_region, ..Source::default() }];
        if let Some(file) = trail {
            let events = folder.path().join("trail");
            std::fs::create_dir_all(&events).unwrap();
            std::fs::write(events.join("trail.json.gz"), gzip(file)).unwrap();
            let location = events.to_str().unwrap().to_owned();
            sources.push(Source { id: "t1".into(), location, table: Table::CloudTrail, ..Source::default() });
        }
        let store = Store::folder(&lake).unwrap();
        let settings = Settings { settling_ms: 0, ..Settings::default() };
        let pipeline = Pipeline { lake: store.clone(), sources, settings };
        deploy(&pipeline).unwrap();
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
        let summary = run(&pipeline, &RunOptions::at(now_ms), &()).unwrap();
        assert_eq!(summary.counts.rejected, 0, "a fixture's line is no record");
        let files = committed(&store).unwrap();
        Self { folder: Arc::new(folder), store, files }
    }

    pub fn engine(&self) -> LakeEngine {
        let engine = Engine::open(&self.store, self.files.clone()).unwrap();
        LakeEngine { engine, _folder: Arc::clone(&self.folder) }
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// An engine that keeps its lake's folder.
pub struct LakeEngine {
    engine: Engine,
    _folder: Arc<tempfile::TempDir>,
}

impl Deref for LakeEngine {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.engine
    }
}

/// An answer as CSV: nulls empty, times with milliseconds.
pub fn csv(answer: &Answer) -> String {
    let names: Vec<&str> = answer.columns.iter().map(|column| column.name.as_str()).collect();
    let mut lines = vec![names.join(",")];
    for batch in &answer.batches {
        lines.extend((0..batch.num_rows()).map(|row| csv_row(batch, row)));
    }
    lines.join("\n") + "\n"
}

fn csv_row(batch: &RecordBatch, row: usize) -> String {
    let options = FormatOptions::new().with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.3f"));
    let cell = |column: &Arc<dyn Array>| {
        let text = ArrayFormatter::try_new(column.as_ref(), &options).unwrap().value(row).to_string();
        if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    batch.columns().iter().map(cell).collect::<Vec<_>>().join(",")
}

/// The answer to a statement, as CSV without its header.
pub fn rows(engine: &Engine, sql: &str) -> Vec<String> {
    let answer = engine.sql(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    csv(&answer).lines().skip(1).map(str::to_owned).collect()
}
