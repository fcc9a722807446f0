//! What a query may scan, from the partitions that its range of time touches. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::etl::CommittedFile;
use crate::query::TimeRange;

/// An hour is a partition.
const HOUR_MS: i64 = 3_600_000;

/// What of a table a query may read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableShare {
    /// The table.
    pub table: String,
    /// Partitions.
    pub partitions: u64,
    /// Files.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// What the tables named in `sql` hold of `range`, or in all: an upper bound, as columns that are not asked for are not read.
pub fn estimate(files: &[CommittedFile], sql: &str, range: Option<TimeRange>) -> Vec<TableShare> {
    let mut shares: BTreeMap<&str, TableShare> = BTreeMap::new();
    let mut partitions = BTreeSet::new();
    for file in files {
        let table = table_of(&file.path);
        if !mentions(sql, table) {
            continue;
        }
        let share =
            shares.entry(table).or_insert_with(|| TableShare { table: table.to_owned(), ..TableShare::default() });
        if touches(file, range) {
            share.files += 1;
            share.bytes += file.bytes;
            share.partitions += u64::from(partitions.insert((table, &file.date, &file.hour)));
        }
    }
    shares.into_values().collect()
}

/// The table whose file lies there: joined files lie in a folder beside the table's own.
fn table_of(path: &str) -> &str {
    let folder = path.split('/').next().unwrap_or_default();
    folder.strip_suffix("_joined").unwrap_or(folder)
}

/// Whether a statement names a table, or a view over it, whose name begins like the table's.
fn mentions(sql: &str, table: &str) -> bool {
    sql.to_ascii_lowercase().contains(table)
}

/// Whether a file's hour touches the range, as the conditions on partition columns in the saved queries have it.
fn touches(file: &CommittedFile, range: Option<TimeRange>) -> bool {
    let Some(range) = range else { return true };
    let hour = format!("{}T{}:00:00Z", file.date, file.hour).parse::<jiff::Timestamp>();
    // What cannot be told apart is counted.
    let Ok(start) = hour.map(jiff::Timestamp::as_millisecond) else { return true };
    range.from_ms < range.to_ms && start < range.to_ms && start + HOUR_MS > range.from_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 1_780_272_000_000; // 2026-06-01T00:00:00Z

    fn file(table: &str, hour: &str, bytes: u64) -> CommittedFile {
        let (date, hour) = ("2026-06-01".to_owned(), hour.to_owned());
        let path = format!("{table}/requestdate={date}/requesthour={hour}/{bytes}.parquet");
        CommittedFile { table: crate::logs::table::Table::default(), path, date, hour, rows: 1, bytes }
    }

    fn share(table: &str, partitions: u64, files: u64, bytes: u64) -> TableShare {
        TableShare { table: table.to_owned(), partitions, files, bytes }
    }

    fn lake() -> Vec<CommittedFile> {
        vec![
            file("s3_access_logs", "00", 1),
            file("s3_access_logs", "01", 10),
            file("s3_access_logs_joined", "01", 100),
            file("s3_access_logs", "02", 1000),
            file("cloudtrail_events", "01", 5),
        ]
    }

    #[test]
    fn only_partitions_of_the_range_count_and_the_hour_at_its_end_does_not() {
        let hour = |from: i64, to: i64| Some(TimeRange { from_ms: DAY + from * HOUR_MS, to_ms: DAY + to * HOUR_MS });
        let logs = |range| estimate(&lake(), "SELECT 1 FROM S3_ACCESS_LOGS", range);
        assert_eq!(logs(hour(1, 2)), [share("s3_access_logs", 1, 2, 110)]);
        assert_eq!(logs(hour(0, 2)), [share("s3_access_logs", 2, 3, 111)]);
        let within = Some(TimeRange { from_ms: DAY + 2 * HOUR_MS + 1, to_ms: DAY + 2 * HOUR_MS + 2 });
        assert_eq!(logs(within), [share("s3_access_logs", 1, 1, 1000)]);
        assert_eq!(logs(hour(1, 1)), [share("s3_access_logs", 0, 0, 0)]);
        assert_eq!(logs(None), [share("s3_access_logs", 3, 4, 1111)]);
    }

    #[test]
    fn each_table_that_is_named_counts_for_itself() {
        let both = estimate(&lake(), "s3_access_logs_compat JOIN cloudtrail_events_unique", None);
        assert_eq!(both, [share("cloudtrail_events", 1, 1, 5), share("s3_access_logs", 3, 4, 1111)]);
        assert_eq!(estimate(&lake(), "SELECT 1", None), []);
    }
}
