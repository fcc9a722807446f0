//! What the engine reads, and what it refuses to.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray};
use bucketscope::engine::local::{Engine, EngineSettings};
use bucketscope::etl::CommittedFile;
use bucketscope::query::{TimeRange, catalogue};

use parquet::arrow::ArrowWriter;

use super::cases::bound;
use super::lake::{ACCESS_LOG, Lake, TRAIL, rows};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 1_780_272_000_000; // 2026-06-01T00:00:00Z

/// The hours of the files that an answer was read from.
fn hours(files: &[String]) -> Vec<&str> {
    files.iter().map(|path| path.split("requesthour=").nth(1).unwrap().get(..2).unwrap()).collect()
}

fn hours_of(lake: &Lake, condition: &str) -> Vec<String> {
    // An engine keeps the footers that it has read, so each question gets a new one.
    let engine = lake.engine();
    let answer = engine.sql(&format!("SELECT requestid FROM s3_access_logs WHERE {condition}")).unwrap();
    hours(&answer.cost.files).into_iter().map(str::to_owned).collect()
}

#[test]
fn only_the_hours_of_the_range_are_opened() {
    let lake = Lake::of(&[ACCESS_LOG]);
    assert_eq!(lake.engine().extent(), Some(TimeRange { from_ms: DAY + 9 * HOUR, to_ms: DAY + 13 * HOUR }));
    for query in catalogue().queries().iter().filter(|query| query.source == "s3_access_logs") {
        for (from, to, expected) in [
            (10 * HOUR, 12 * HOUR, &["10", "11"][..]),
            (10 * HOUR + 1, 11 * HOUR + 1, &["10", "11"]),
            (11 * HOUR + 1, 11 * HOUR + 2, &["11"]),
            (13 * HOUR, 14 * HOUR, &[]),
            (-HOUR, 10 * HOUR, &["09"]),
        ] {
            let range = TimeRange { from_ms: DAY + from, to_ms: DAY + to };
            let answer = lake.engine().query(&bound(query, range)).unwrap();
            assert_eq!(hours(&answer.cost.files), expected, "{} {from} {to}", query.id);
        }
    }
}

#[test]
fn only_the_hour_of_the_range_is_opened_of_a_trail() {
    let lake = Lake::with_trail(&[ACCESS_LOG], TRAIL);
    // 2026-06-11 07:00 to 08:00: two events, no record of the access log.
    let range = TimeRange { from_ms: DAY + 247 * HOUR, to_ms: DAY + 248 * HOUR };
    // What is new is told by what was before.
    let queries = catalogue().queries().iter().filter(|query| query.id != "ct-new-addresses");
    for query in queries.filter(|query| query.tables().any(|table| table == "cloudtrail_events")) {
        let files = lake.engine().query(&bound(query, range)).unwrap().cost.files;
        assert_eq!(files.len(), 1, "{} reads {files:?}", query.id);
        assert!(files[0].contains("2026-06-11") && files[0].contains("07"), "{files:?}");
    }
}

#[test]
fn partitions_are_ruled_out_by_any_condition_on_them_or_on_the_time() {
    let lake = Lake::of(&[ACCESS_LOG]);
    for (condition, expected) in [
        ("requesthour = '10'", &["10"][..]),
        ("requesthour IN ('09', '12', '23')", &["09", "12"]),
        ("requestdate || ' ' || requesthour > '2026-06-01 10'", &["11", "12"]),
        ("requestdate LIKE '2026-06-%' AND substr(requesthour, 2, 1) = '1'", &["11"]),
        ("requestdate = '2026-06-02'", &[]),
        ("requestdatetime >= TIMESTAMP '2026-06-01 11:30:00'", &["11", "12"]),
        ("requestdatetime = TIMESTAMP '2026-06-01 09:59:59'", &["09"]),
        ("requestdatetime < from_iso8601_timestamp('2026-06-01T10:00:00Z')", &["09"]),
        ("requestdatetime >= date_add('hour', 1, TIMESTAMP '2026-06-01 10:00:00') AND requesthour <> '12'", &["11"]),
        ("requesthour = '09' OR requestdatetime >= TIMESTAMP '2026-06-01 12:00:00'", &["09", "12"]),
        ("requesthour = '09' OR bucket_name = 'nowhere'", &["09", "10", "11", "12"]),
    ] {
        assert_eq!(hours_of(&lake, condition), expected, "{condition}");
    }
}

#[test]
fn bytes_are_counted_at_the_storage_footers_included() {
    let lake = Lake::of(&[ACCESS_LOG]);
    let engine = lake.engine();
    let all: u64 = lake.files.iter().map(|file| file.bytes).sum();
    let everything = engine.sql("SELECT * FROM s3_access_logs").unwrap();
    assert!(everything.scanned_bytes() >= all - 4 * 8, "{} of {all}", everything.scanned_bytes());
    let one_hour = engine.sql("SELECT key FROM s3_access_logs WHERE requesthour = '11'").unwrap();
    assert!(one_hour.scanned_bytes() > 0 && one_hour.scanned_bytes() < everything.scanned_bytes() / 2);
}

#[test]
fn counting_rows_reads_nothing_because_the_commit_log_knows() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    let answer = engine.sql("SELECT COUNT(*) AS n FROM s3_access_logs WHERE requesthour = '12'").unwrap();
    assert_eq!((answer.scanned_bytes(), answer.cost.files.len()), (0, 0));
    assert_eq!(rows(&engine, "SELECT COUNT(*) FROM s3_access_logs"), ["49"]);
    assert_eq!(rows(&engine, "SELECT COUNT(*) FROM s3_access_logs WHERE requesthour = '12'"), ["2"]);
}

#[test]
fn files_that_no_commit_names_are_not_read() {
    let lake = Lake::of(&[ACCESS_LOG]);
    let committed: Vec<_> = lake.files.iter().filter(|file| file.hour != "10").cloned().collect();
    let engine = Engine::open(&lake.store, committed).unwrap();
    assert_eq!(rows(&engine, "SELECT DISTINCT requesthour FROM s3_access_logs ORDER BY 1"), ["09", "11", "12"]);
}

#[test]
fn a_column_that_an_older_file_lacks_is_null_there() {
    let mut lake = Lake::of(&[ACCESS_LOG]);
    let time: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![DAY + 20 * HOUR]).with_timezone("UTC"));
    let key: ArrayRef = Arc::new(StringArray::from(vec!["old.jpg"]));
    let batch = RecordBatch::try_from_iter([("requestdatetime", time), ("key", key)]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let path = "s3_access_logs/requestdate=2026-06-01/requesthour=20/older.parquet".to_owned();
    let (date, hour, size) = ("2026-06-01".to_owned(), "20".to_owned(), bytes.len() as u64);
    lake.store.write(&path, bytes.into()).unwrap();
    lake.files.push(CommittedFile {
        table: bucketscope::logs::table::Table::AccessLogs,
        path,
        date,
        hour,
        rows: 1,
        bytes: size,
    });
    let engine = lake.engine();
    let sql = "SELECT requestdatetime, key, sourceregion, httpstatus, requesthour FROM s3_access_logs WHERE";
    for condition in [
        "requesthour = '20'",
        "httpstatus IS NULL AND key = 'old.jpg'",
        "sourceregion IS NULL AND requester IS NULL AND remoteip IS NULL",
    ] {
        assert_eq!(
            rows(&engine, &format!("{sql} {condition}")),
            ["2026-06-01 20:00:00.000,old.jpg,,,20"],
            "{condition}"
        );
    }
}

#[test]
fn an_empty_lake_counts_nothing() {
    let engine = Lake::of(&[]).engine();
    assert_eq!(rows(&engine, "SELECT COUNT(*), SUM(bytessent) FROM s3_access_logs"), ["0,"]);
    assert_eq!(rows(&engine, "SELECT * FROM s3_access_logs_compat"), [""; 0]);
}

#[test]
fn times_are_without_zone_and_names_of_any_case() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    let answer = engine.sql("SELECT RequestDateTime, HttpStatus, BytesSent, Key FROM S3_Access_Logs LIMIT 1").unwrap();
    let kinds: Vec<&str> = answer.columns.iter().map(|column| column.kind.as_str()).collect();
    assert_eq!(kinds, ["timestamp", "integer", "bigint", "varchar"]);
    assert_eq!(answer.columns[0].name, "requestdatetime");
}

#[test]
fn nulls_come_last_in_both_directions_as_in_trino() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    let first =
        |order| rows(&engine, &format!("SELECT httpstatus FROM s3_access_logs ORDER BY httpstatus {order} LIMIT 1"));
    assert_eq!((first("ASC"), first("DESC")), (vec!["200".to_owned()], vec!["503".to_owned()]));
}

#[test]
fn a_statement_that_would_write_is_refused() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    for sql in [
        "DROP TABLE s3_access_logs",
        "CREATE VIEW v AS SELECT 1",
        "COPY s3_access_logs TO 'x.csv'",
        "INSERT INTO s3_access_logs SELECT * FROM s3_access_logs",
        "SET datafusion.execution.batch_size = 1",
        "EXPLAIN ANALYZE COPY s3_access_logs TO 'x.csv'",
    ] {
        assert_eq!(engine.sql(sql).unwrap_err().code(), 64, "{sql}");
    }
}

#[test]
fn what_cannot_be_understood_says_why() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    for (sql, says) in [
        ("SELECT nosuch FROM s3_access_logs", "nosuch"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("SELEC 1", "SELEC"),
        ("SELECT * FROM s3_access_logs WHERE key = ?", "1 `?`"),
        ("SELECT nosuchfunction(key) FROM s3_access_logs", "nosuchfunction"),
    ] {
        let error = engine.sql(sql).unwrap_err();
        assert_eq!(error.code(), 64, "{sql}: {error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn a_file_that_is_gone_or_broken_is_named() {
    for broken in [None, Some("not parquet at all, but long enough to hold a footer")] {
        let lake = Lake::of(&[ACCESS_LOG]);
        let file = &lake.files[0];
        let path = lake.folder.path().join("lake").join(&file.path);
        match broken {
            None => std::fs::remove_file(path).unwrap(),
            Some(text) => std::fs::write(path, text.repeat(1000)).unwrap(),
        }
        let error = lake.engine().sql("SELECT key FROM s3_access_logs").unwrap_err();
        assert_eq!(error.code(), 1, "{error}");
        assert!(error.to_string().contains("requesthour=09"), "{error}");
        assert!(error.suggestion().is_some_and(|hint| hint.contains("drift")), "{error:?}");
    }
}

#[test]
fn a_sort_larger_than_its_memory_spills() {
    let lines = ACCESS_LOG.repeat(4000);
    let lake = Lake::of(&[&lines]);
    let settings = EngineSettings { memory_bytes: 48 << 20, threads: 2 };
    let engine = Engine::with_settings(&lake.store, lake.files.clone(), settings).unwrap();
    let mut count = 0;
    let sql = "SELECT * FROM s3_access_logs ORDER BY hostid, log_line";
    let cost = engine.sql_each(
        sql,
        |_| Ok(()),
        |batch| {
            count += batch.num_rows() as u64;
            Ok(())
        },
    );
    assert_eq!(cost.unwrap().rows, 49 * 4000);
    assert_eq!(count, 49 * 4000);
}
