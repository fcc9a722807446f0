//! A lake over a folder of CloudTrail's files, and its rows read back with parquet's own reader.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use bucketscope::etl::commit::Log;
use bucketscope::etl::model::{RejectedLine, Source};
use bucketscope::etl::{Pipeline, RunOptions, RunSummary, Settings, committed, deploy, drift, run};
use bucketscope::logs::table::Table;
use bucketscope::storage::Store;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

/// A row by its columns; what is null is left out. Partition columns are among them.
pub type Row = BTreeMap<String, Value>;

pub struct World {
    folder: tempfile::TempDir,
    pub settings: Settings,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("trail")).unwrap();
        let settings = Settings { settling_ms: 0, ..Settings::default() };
        Self { folder, settings }
    }

    pub fn put(&self, key: &str, bytes: &[u8]) {
        let path = self.folder.path().join("trail").join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn pipeline(&self) -> Pipeline {
        let lake = Store::folder_created(&self.folder.path().join("lake")).unwrap();
        let location = self.folder.path().join("trail").to_str().unwrap().to_owned();
        let source = Source { id: "audit".to_owned(), location, table: Table::CloudTrail, ..Source::default() };
        Pipeline { lake, sources: vec![source], settings: self.settings }
    }

    pub fn run(&self) -> RunSummary {
        let pipeline = self.pipeline();
        deploy(&pipeline).unwrap();
        let summary = run(&pipeline, &RunOptions::at(4_000_000_000_000), &()).unwrap();
        assert_eq!(drift(&pipeline, true).unwrap().findings, []);
        summary
    }

    /// The rows of all committed files, in the order of their files and lines.
    pub fn rows(&self) -> Vec<Row> {
        let lake = self.pipeline().lake;
        let mut rows = Vec::new();
        for file in committed(&lake).unwrap() {
            assert_eq!(file.table, Table::CloudTrail);
            let before = rows.len();
            for mut row in read(lake.read(&file.path).unwrap().unwrap()) {
                row.insert("eventdate".to_owned(), json!(file.date));
                row.insert("eventhour".to_owned(), json!(file.hour));
                rows.push(row);
            }
            assert_eq!((rows.len() - before) as u64, file.rows);
        }
        let place = |row: &Row| (row["log_object"].to_string(), row["log_line"].as_i64());
        rows.sort_by_key(place);
        rows
    }

    /// What was rejected, in the order of its files.
    pub fn rejects(&self) -> Vec<RejectedLine> {
        let lake = self.pipeline().lake;
        let log = Log::load(&lake).unwrap();
        let files = log.entries().flat_map(|entry| &entry.rejects);
        let texts: Vec<Bytes> = files.map(|file| lake.read(&file.path).unwrap().unwrap()).collect();
        let lines = texts.iter().flat_map(|text| std::str::from_utf8(text).unwrap().lines());
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The rows of a file.
pub fn read(bytes: Bytes) -> Vec<Row> {
    let reader = SerializedFileReader::new(bytes).unwrap();
    let names: Vec<String> =
        reader.metadata().file_metadata().schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
    let expected: Vec<&str> = Table::CloudTrail.columns().iter().map(|column| column.name).collect();
    assert_eq!(names, expected);
    let rows = reader.get_row_iter(None).unwrap().map(|row| {
        let row = row.unwrap();
        let fields = row.get_column_iter().filter_map(|(name, field)| Some((name.clone(), value(field)?)));
        fields.collect()
    });
    rows.collect()
}

fn value(field: &Field) -> Option<Value> {
    Some(match field {
        Field::Null => return None,
        Field::Str(text) => json!(text),
        Field::Long(number) | Field::TimestampMillis(number) => json!(number),
        other => panic!("{other:?}"),
    })
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A document of records.
pub fn document(records: &[&str]) -> String {
    format!("{{\"Records\":[{}]}}", records.join(","))
}

/// The least that is an event, with other members.
pub fn event(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(r#"{{"eventTime":"2026-06-01T10:20:30Z","eventID":"e-1"{comma}{more}}}"#)
}

/// The rows of one file of these records.
pub fn rows_of(records: &[&str]) -> Vec<Row> {
    let world = World::new();
    world.put("a.json.gz", &gzip(document(records).as_bytes()));
    let summary = world.run();
    assert_eq!((summary.counts.records, summary.counts.rejected), (records.len() as u64, 0), "{:?}", world.rejects());
    world.rows()
}
