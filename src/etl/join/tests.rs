use parquet::record::Row;

use super::*;
use crate::etl::encode::{Encoder, ObjectColumns, TrailEncoder};
use crate::logs::access::Parser;
use crate::logs::trail::record::{Record, Spans};

/// A record of a second of an hour, with a little of everything that can be absent.
fn line(second: usize, number: usize) -> String {
    let key = if number.is_multiple_of(7) { "-".to_owned() } else { format!("photos/{number}.jpg") };
    let status = if number.is_multiple_of(5) { "-" } else { "200" };
    format!(
        "79a59df900b949e55d96 bucket-{} [01/Jan/2026:07:{:02}:{:02} +0000] 192.0.2.{} - {number:016X} REST.GET.OBJECT {key} \
         \"GET /{number} HTTP/1.1\" {status} - {number} 113 7 6 \"-\" \"curl/8\" - hostid{number}= SigV4 - AuthHeader \
         b.s3.us-west-1.amazonaws.com TLSv1.2 - -",
        number % 3,
        second / 60 % 60,
        second % 60,
        number % 250,
    )
}

/// A file of these records.
fn file(object: &str, lines: impl Iterator<Item = (usize, usize)>) -> Bytes {
    let mut encoder = Encoder::new().unwrap();
    let columns =
        ObjectColumns { log_object: object, source_id: "s", account_id: None, bucket_region: Some("us-west-1") };
    encoder.begin_object(&columns);
    let mut parser = Parser::default();
    for (at, (second, number)) in lines.enumerate() {
        let line = line(second, number);
        let record = parser.parse(line.as_bytes()).unwrap();
        encoder.push(&record, at as u64 + 1, line.len()).unwrap();
    }
    let mut files = Vec::new();
    encoder
        .empty(&mut |file| {
            files.push(Bytes::from(file.bytes));
            Ok(())
        })
        .unwrap();
    assert_eq!(files.len(), 1);
    files.remove(0)
}

fn rows(file: &Bytes) -> Vec<String> {
    let reader = SerializedFileReader::new(file.clone()).unwrap();
    reader.get_row_iter(None).unwrap().map(|row: Result<Row, _>| format!("{}", row.unwrap())).collect()
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort_unstable();
    rows
}

fn times(file: &Bytes) -> Vec<i64> {
    times_of(file, Table::AccessLogs)
}

fn times_of(file: &Bytes, table: Table) -> Vec<i64> {
    use parquet::record::RowAccessor;
    let reader = SerializedFileReader::new(file.clone()).unwrap();
    let columns = reader.metadata().file_metadata().schema_descr().columns();
    let time = columns.iter().position(|column| column.name() == table.time_column()).unwrap();
    reader.get_row_iter(None).unwrap().map(|row| row.unwrap().get_timestamp_millis(time).unwrap()).collect()
}

/// Files of some records each, whose times are those of all others in between.
fn files(sizes: &[usize]) -> Vec<Bytes> {
    let of = |(at, size): (usize, &usize)| {
        file(&format!("object-{at}"), (0..*size).map(move |number| (number * 5 + at, at * 10_000 + number)))
    };
    sizes.iter().enumerate().map(of).collect()
}

#[test]
fn small_row_groups_become_one_in_the_order_of_time_and_every_row_stays_what_it_was() {
    let files = files(&[1, 300, 2_000, 17]);
    let before: Vec<String> = files.iter().flat_map(rows).collect();
    let (joined, count) = join(files.clone(), LARGE_ROWS).unwrap();
    let joined = Bytes::from(joined);
    assert_eq!(count, 2_318);
    assert_eq!(sorted(rows(&joined)), sorted(before));
    assert!(times(&joined).is_sorted());
    let reader = SerializedFileReader::new(joined.clone()).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 1);
    assert!(joined.len() < files.iter().map(Bytes::len).sum());
    assert_eq!(join(files, LARGE_ROWS).unwrap().0, joined, "the same bytes the second time");
}

/// A file of events, with members that some of them lack, from seconds of an hour.
fn events(object: &str, seconds: impl Iterator<Item = usize>) -> Bytes {
    let mut encoder = TrailEncoder::new().unwrap();
    encoder.begin_object(object, "trail");
    let mut spans = Spans::default();
    for (at, second) in seconds.enumerate() {
        let key = if at.is_multiple_of(3) { String::new() } else { format!(r#","key":"k{at}""#) };
        let extra = if at.is_multiple_of(4) { r#","new":{"a":[1]}"# } else { "" };
        let text = format!(
            r#"{{"eventTime":"2026-01-01T07:{:02}:{:02}Z","eventID":"{object}-{at}","eventName":"GetObject",
            "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u{}"}},
            "requestParameters":{{"bucketName":"b"{key}}},"additionalEventData":{{"bytesTransferredOut":{at}}}{extra}}}"#,
            second / 60 % 60,
            second % 60,
            at % 5,
        );
        spans.find(text.as_bytes()).unwrap();
        let record = Record::new(text.as_bytes(), &spans).unwrap();
        encoder.push(&record, at as u64 + 1, text.len()).unwrap();
    }
    let mut files = Vec::new();
    encoder
        .empty(&mut |file| {
            files.push(Bytes::from(file.bytes));
            Ok(())
        })
        .unwrap();
    assert_eq!(files.len(), 1);
    files.remove(0)
}

#[test]
fn events_of_cloudtrail_are_joined_in_the_order_of_their_own_time() {
    let files = [events("a", (0..200).map(|n| n * 7)), events("b", (0..90).map(|n| n * 11 + 3)), events("c", 5..6)];
    let before: Vec<String> = files.iter().flat_map(rows).collect();
    let (joined, count) = join(files.to_vec(), LARGE_ROWS).unwrap();
    let joined = Bytes::from(joined);
    assert_eq!(count, 291);
    assert_eq!(sorted(rows(&joined)), sorted(before));
    assert!(times_of(&joined, Table::CloudTrail).is_sorted());
    let reader = SerializedFileReader::new(joined.clone()).unwrap();
    let first = SerializedFileReader::new(files[0].clone()).unwrap();
    let [here, there] = [&reader, &first].map(|reader| reader.metadata());
    assert_eq!((here.num_row_groups(), here.file_metadata().schema()), (1, there.file_metadata().schema()));
    for (here, there) in here.row_group(0).columns().iter().zip(there.row_group(0).columns()) {
        let range = |of: &parquet::file::metadata::ColumnChunkMetaData| {
            of.statistics().is_some_and(|statistics| statistics.min_bytes_opt().is_some())
        };
        // A column of which this file has no value has no range either.
        let has_values = there.statistics().is_some_and(|of| of.null_count_opt() != Some(200));
        assert!(!has_values || range(here) == range(there), "{}", here.column_path());
    }
    // A file of each table cannot become one.
    assert!(join(vec![joined, file("logs", (0..3).map(|n| (n, n)))], LARGE_ROWS).is_err());
}

#[test]
fn large_row_groups_are_taken_over_byte_for_byte() {
    let files = files(&[500, 20, 30, 700]);
    let before: Vec<String> = files.iter().flat_map(rows).collect();
    let (joined, count) = join(files.clone(), 400).unwrap();
    let joined = Bytes::from(joined);
    assert_eq!(count, 1_250);
    assert_eq!(sorted(rows(&joined)), sorted(before));
    let reader = SerializedFileReader::new(joined.clone()).unwrap();
    let groups: Vec<i64> = reader.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect();
    assert_eq!(groups, [500, 50, 700], "by their earliest time");
    for (group, file) in [(0, &files[0]), (2, &files[3])] {
        let original = SerializedFileReader::new(file.clone()).unwrap();
        let pairs = reader.metadata().row_group(group).columns().iter().zip(original.metadata().row_group(0).columns());
        for (here, there) in pairs {
            let bytes = |file: &Bytes, of: &parquet::file::metadata::ColumnChunkMetaData| {
                let (from, length) = of.byte_range();
                file.slice(from as usize..(from + length) as usize)
            };
            assert_eq!(bytes(&joined, here), bytes(file, there), "{}", here.column_path());
            assert_eq!(here.statistics(), there.statistics(), "{}", here.column_path());
        }
    }
}

#[test]
fn what_was_joined_can_be_joined_again() {
    let (first, _) = join(files(&[100, 50]), LARGE_ROWS).unwrap();
    let first = Bytes::from(first);
    let late = file("late", (0..9).map(|number| (number * 400, 77_000 + number)));
    let (second, count) = join(vec![first.clone(), late.clone()], LARGE_ROWS).unwrap();
    let second = Bytes::from(second);
    assert_eq!(count, 159);
    assert_eq!(sorted(rows(&second)), sorted([rows(&first), rows(&late)].concat()));
    assert!(times(&second).is_sorted());
}

#[test]
fn the_schema_and_the_ranges_that_queries_skip_by_are_those_of_the_encoder() {
    let files = files(&[40, 60]);
    let joined = Bytes::from(join(files.clone(), LARGE_ROWS).unwrap().0);
    let [before, after] = [&files[0], &joined].map(|file| SerializedFileReader::new(file.clone()).unwrap());
    let [before, after] = [before.metadata(), after.metadata()];
    assert_eq!(after.file_metadata().schema(), before.file_metadata().schema());
    assert_eq!(after.file_metadata().key_value_metadata(), before.file_metadata().key_value_metadata());
    for (there, here) in before.row_group(0).columns().iter().zip(after.row_group(0).columns()) {
        let range = |of: &parquet::file::metadata::ColumnChunkMetaData| {
            of.statistics().is_some_and(|statistics| statistics.min_bytes_opt().is_some())
        };
        assert_eq!(range(here), range(there), "{}", here.column_path());
    }
}

#[test]
fn what_is_no_parquet_is_an_error() {
    let error = ParquetJoiner.join(vec![Bytes::from_static(b"no parquet"), files(&[1]).remove(0)]).unwrap_err();
    assert!(error.to_string().starts_with("cannot join Parquet files"), "{error}");
    assert!(ParquetJoiner.join(Vec::new()).is_err());
}
