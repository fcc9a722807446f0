//! What goes into a Parquet file comes out of it: every column of every record, by another reader than our writer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bucketscope::etl::model::Source;
use bucketscope::etl::{self, Pipeline, RunOptions, Settings, committed};
use bucketscope::generate::{self, Options};
use bucketscope::logs::access::{Parser, Record, present, tail};
use bucketscope::logs::columns::COLUMNS;
use bucketscope::logs::key;
use bucketscope::logs::lines::{Buffers, Event, LineReader, lines, trim_line};
use bucketscope::storage::Store;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

/// A row as text by column, nulls left out: enough to compare, and readable when it differs.
type Row = BTreeMap<String, String>;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the table must hold for a record, worked out without the encoder.
fn expected(record: &Record<'_>, object: &str, line: u64) -> Row {
    let decoded = present(record.key).map(|logged| key::decode(record.operation, logged));
    let (tail, extra) = tail(record.tail);
    let plain: [Option<&[u8]>; 13] = [
        present(record.bucketowner),
        present(record.bucket_name),
        present(record.remoteip),
        present(record.requester),
        present(record.requestid),
        present(record.operation),
        present(record.request_uri),
        present(record.errorcode),
        present(record.referrer),
        present(record.useragent),
        present(record.versionid),
        present(record.hostid),
        extra,
    ];
    let [owner, bucket, ip, requester, id, operation, uri, error, referrer, agent, version, host, extra] =
        plain.map(|field| field.map(text));
    let [sigv, cipher, auth, endpoint, tls, arn, acl, region] = tail.map(|field| present(field).map(text));
    let number = |value: Option<i64>| value.map(|value| value.to_string());
    let kept = decoded.as_ref().filter(|decoded| decoded.logged_kept).map(|_| text(record.key));
    let values = [
        ("bucketowner", owner),
        ("bucket_name", bucket),
        ("requestdatetime", Some(record.requestdatetime.to_string())),
        ("remoteip", ip),
        ("requester", requester),
        ("requestid", id),
        ("operation", operation),
        ("key", decoded.as_ref().map(|decoded| text(&decoded.key))),
        ("request_uri", uri),
        ("httpstatus", number(record.httpstatus.map(i64::from))),
        ("errorcode", error),
        ("bytessent", number(record.bytessent)),
        ("objectsize", number(record.objectsize)),
        ("totaltime", number(record.totaltime)),
        ("turnaroundtime", number(record.turnaroundtime)),
        ("referrer", referrer),
        ("useragent", agent),
        ("versionid", version),
        ("hostid", host),
        ("sigv", sigv),
        ("ciphersuite", cipher),
        ("authtype", auth),
        ("endpoint", endpoint),
        ("tlsversion", tls),
        ("accesspointarn", arn),
        ("aclrequired", acl),
        ("sourceregion", region),
        ("key_logged", kept),
        ("extra", extra),
        ("log_object", Some(object.to_owned())),
        ("log_line", Some(line.to_string())),
        ("source_id", Some("logs".to_owned())),
        ("account_id", Some("111122223333".to_owned())),
    ];
    values.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect()
}

/// Every record of a log object, by its line.
fn read_object(path: &Path, object: &str, rows: &mut BTreeMap<(String, String), Row>) {
    let mut buffers = Buffers::new();
    let mut reader = LineReader::new(fs::File::open(path).unwrap(), &mut buffers);
    let (mut parser, mut number) = (Parser::default(), 0);
    while let Ok(Some(event)) = reader.next_event() {
        let Event::Lines { bytes, .. } = event else {
            number += 1;
            continue;
        };
        for line in lines(bytes) {
            number += 1;
            if let Ok(record) = parser.parse(trim_line(line)) {
                rows.insert((object.to_owned(), number.to_string()), expected(&record, object, number));
            }
        }
    }
}

fn shown(field: &Field) -> Option<String> {
    match field {
        Field::Null => None,
        Field::Str(text) => Some(text.clone()),
        Field::Int(number) => Some(number.to_string()),
        Field::Long(number) | Field::TimestampMillis(number) => Some(number.to_string()),
        other => panic!("no column has the type of {other:?}"),
    }
}

/// Every row of the lake, by object and line; the statistics must hold for each.
fn read_lake(lake: &Store, root: &Path) -> BTreeMap<(String, String), Row> {
    let mut rows = BTreeMap::new();
    for file in committed(lake).unwrap() {
        let reader = SerializedFileReader::new(fs::File::open(root.join(&file.path)).unwrap()).unwrap();
        let names: Vec<_> = reader.metadata().file_metadata().schema_descr().columns().to_vec();
        assert!(names.iter().map(|column| column.name()).eq(COLUMNS.iter().map(|column| column.name)));
        let mut nulls = BTreeMap::new();
        for row in reader.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            let mut values = Row::new();
            for (name, field) in row.get_column_iter() {
                match shown(field) {
                    Some(value) => drop(values.insert(name.clone(), value)),
                    None => *nulls.entry(name.clone()).or_insert(0u64) += 1,
                }
            }
            check_ranges(reader.metadata().row_group(0), &values);
            let identity = (values["log_object"].clone(), values["log_line"].clone());
            assert!(rows.insert(identity, values).is_none(), "a row stands there twice");
        }
        for (column, chunk) in names.iter().zip(reader.metadata().row_group(0).columns()) {
            let counted = chunk.statistics().and_then(|statistics| statistics.null_count_opt());
            assert_eq!(counted, Some(nulls.get(column.name()).copied().unwrap_or(0)), "{}", column.name());
        }
    }
    rows
}

fn check_ranges(group: &parquet::file::metadata::RowGroupMetaData, values: &Row) {
    for chunk in group.columns() {
        let Some(value) = values.get(chunk.column_descr().name()) else { continue };
        match chunk.statistics().unwrap() {
            parquet::file::statistics::Statistics::ByteArray(range) => {
                assert!(range.min_opt().is_none_or(|min| min.data() <= value.as_bytes()));
                assert!(range.max_opt().is_none_or(|max| max.data() >= value.as_bytes()));
            }
            parquet::file::statistics::Statistics::Int64(range) => {
                let value: i64 = value.parse().unwrap();
                assert!(range.min_opt().is_none_or(|min| *min <= value));
                assert!(range.max_opt().is_none_or(|max| *max >= value));
            }
            parquet::file::statistics::Statistics::Int32(range) => {
                let value: i32 = value.parse().unwrap();
                assert!(range.min_opt().is_none_or(|min| *min <= value));
                assert!(range.max_opt().is_none_or(|max| *max >= value));
            }
            other => panic!("no column has statistics like {other:?}"),
        }
    }
}

/// Fills a lake from the logs in `logs` and compares it with them, record by record.
fn compare(logs: &Path) -> usize {
    let root = tempfile::tempdir().unwrap();
    let lake = Store::folder_created(root.path()).unwrap();
    let source = Source {
        id: "logs".to_owned(),
        location: logs.to_str().unwrap().to_owned(),
        account_id: Some("111122223333".to_owned()),
        ..Source::default()
    };
    let settings = Settings { settling_ms: 0, ..Settings::default() };
    let pipeline = Pipeline { lake: lake.clone(), sources: vec![source], settings };
    etl::deploy(&pipeline).unwrap();
    let summary = etl::run(&pipeline, &RunOptions::at(4_000_000_000_000), &()).unwrap();
    let mut wanted = BTreeMap::new();
    for entry in fs::read_dir(logs).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() && !name.starts_with('.') {
            read_object(&path, &name, &mut wanted);
        }
    }
    assert_eq!(summary.counts.records as usize, wanted.len());
    let found = read_lake(&lake, root.path());
    for (identity, row) in &wanted {
        assert_eq!(found.get(identity), Some(row), "{identity:?}");
    }
    assert_eq!(found.len(), wanted.len());
    wanted.len()
}

#[test]
fn hard_logs_come_back_column_by_column() {
    let logs = tempfile::tempdir().unwrap();
    let options = Options { bytes: 3_000_000, days: 2, hard: true, ..Options::default() };
    generate::generate(&options, logs.path()).unwrap();
    assert!(compare(logs.path()) > 3_000);
}

#[test]
fn pages_and_dictionaries_of_every_size_come_back() {
    // One hour, enough records for several pages of each kind, and columns whose values never, seldom and always repeat,
    // with and without absent ones among them.
    let logs = tempfile::tempdir().unwrap();
    let owner = "7f3a".repeat(16);
    let host = "A".repeat(76);
    let mut log = String::new();
    for n in 0..70_000u64 {
        let version = if n % 3 == 0 { "-".to_owned() } else { format!("v{n}") };
        let referrer = if n % 5 == 0 { "-".to_owned() } else { format!("https://x/{n}") };
        let agent = if n % 7 == 0 { "-".to_owned() } else { format!("agent {}", n % 90) };
        let bytes = if n % 2 == 0 { "-".to_owned() } else { (n * 1_000_003).to_string() };
        let error = if n % 11 == 0 { "SlowDown" } else { "-" };
        log.push_str(&format!(
            "{owner} bucket-{} [06/Feb/2019:10:{:02}:{:02} +0000] 192.0.2.{} - {n:016X} REST.GET.OBJECT k/{} \"GET /k HTTP/1.1\" \
             200 {error} {bytes} {n} {} - \"{referrer}\" \"{agent}\" {version} {host} SigV4 - - h - - - -\n",
            n % 2,
            n / 60 % 60,
            n % 60,
            n % 256,
            n / 2,
            n % 64,
        ));
    }
    fs::write(logs.path().join("2019-02-06-10-30-00-0123456789ABCDEF"), log).unwrap();
    assert_eq!(compare(logs.path()), 70_000);
}
