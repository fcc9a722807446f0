//! The analyses of the AWS guidance beside ours, on the records where they differ (docs/guidance.md).
//!
//! A rule of the guidance is written here as a condition of our own on our table: which records it means, not how it says so.

use std::collections::BTreeSet;

use arrow::array::AsArray;
use bucketscope::query::catalogue;

use super::cases::{given, range, two_hours};
use super::lake::{ACCESS_LOG, CLIENTS_LOG, Lake, LakeEngine, TRAIL, rows};

/// The range of `access.log` in SQL.
const TWO_HOURS: &str =
    "requestdatetime >= TIMESTAMP '2026-06-01 10:00:00' AND requestdatetime < TIMESTAMP '2026-06-01 12:00:00'";

/// The lines of a fixture of one object that a condition means.
fn lines(engine: &LakeEngine, condition: &str) -> BTreeSet<u32> {
    let sql = format!("SELECT log_line FROM s3_access_logs WHERE {condition}");
    rows(engine, &sql).iter().map(|line| line.parse().unwrap()).collect()
}

/// Which lines a saved query answers with, found again by time, operation and key.
fn answered(engine: &LakeEngine, id: &str, parameters: &[(&str, &str)]) -> BTreeSet<u32> {
    let bound = catalogue().get(id).unwrap().bind(two_hours(), &given(parameters)).unwrap();
    let answer = engine.query(&bound).unwrap();
    let names: Vec<&str> = answer.columns.iter().map(|column| column.name.as_str()).collect();
    let at = |name: &str| names.iter().position(|column| *column == name).unwrap();
    let wanted = [at("requestdatetime"), at("operation"), at("key")];
    let identity = "SELECT log_line, requestdatetime, operation, key FROM s3_access_logs";
    let all: Vec<Vec<String>> =
        rows(engine, identity).iter().map(|row| row.split(',').map(str::to_owned).collect()).collect();
    let mut found = BTreeSet::new();
    for row in super::lake::csv(&answer).lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>()) {
        let same = |line: &&Vec<String>| (0..3).all(|field| line[field + 1] == row[wanted[field]]);
        let line: u32 = all.iter().find(same).unwrap()[0].parse().unwrap();
        assert!(found.insert(line), "{id} answers line {line} twice");
    }
    found
}

fn set(lines: impl IntoIterator<Item = u32>) -> BTreeSet<u32> {
    lines.into_iter().collect()
}

#[test]
fn the_last_day_of_a_range_is_more_than_its_first_instant() {
    let engine = Lake::of(&[CLIENTS_LOG]).engine();
    // Friday to Sunday, both named as dates: Sunday ends with its first instant, and line 42 of Sunday noon is not there.
    let theirs = lines(
        &engine,
        "operation = 'REST.GET.OBJECT' AND requestdatetime BETWEEN TIMESTAMP '2026-06-05 00:00:00' AND TIMESTAMP '2026-06-07 00:00:00'",
    );
    assert!(!theirs.contains(&42) && theirs.contains(&41));
    let query = catalogue().get("object-access").unwrap();
    let count = |from, to| engine.query(&query.bind(range(from, to), &[]).unwrap()).unwrap().rows();
    assert_eq!(count("2026-06-07", "2026-06-08"), 1, "line 42");
    // A range is half-open: neighbouring ranges share no row and lose none.
    let whole = count("2026-06-05", "2026-06-08");
    assert_eq!(count("2026-06-05", "2026-06-07") + count("2026-06-07", "2026-06-08"), whole);
}

#[test]
fn object_access_has_copies_parts_and_website_reads() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    let theirs = lines(&engine, &format!("operation = 'REST.GET.OBJECT' AND {TWO_HOURS}"));
    let ours = answered(&engine, "object-access", &[]);
    assert!(theirs.is_subset(&ours));
    // A read of a part, both sources of copies, two website reads.
    assert_eq!(&ours - &theirs, set([4, 5, 7, 8, 9]));
}

#[test]
fn object_deletion_is_of_objects_each_once() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    let theirs = lines(&engine, &format!("operation LIKE '%DELETE%' AND {TWO_HOURS}"));
    let ours = answered(&engine, "object-deletions", &[]);
    // The envelopes of multi-deletes, two aborted uploads, a policy, a lifecycle configuration and tags.
    assert_eq!(&theirs - &ours, set([22, 27, 28, 29, 30, 31, 32]));
    // What lifecycle rules expired has no DELETE in its name.
    assert_eq!(&ours - &theirs, set([33, 34]));
    // Three rows of lines 22 to 25 are one request: the envelope is not among them.
    assert!(ours.is_superset(&set([23, 24, 25])));
}

#[test]
fn expirations_of_versioned_buckets_are_delete_markers() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    let theirs = lines(&engine, &format!("operation = 'S3.EXPIRE.OBJECT' AND {TWO_HOURS}"));
    assert_eq!(&answered(&engine, "lifecycle-expirations", &[]) - &theirs, set([35]));
}

#[test]
fn troubleshooting_has_each_row_once_and_all_of_them_without_a_bucket() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    let refused = format!("httpstatus BETWEEN 400 AND 499 AND {TWO_HOURS}");
    // Without a bucket, their part of 4xx still asks for a bucket: the one without a name.
    assert_eq!(lines(&engine, &format!("bucket_name = '' AND {refused}")), set([]));
    // A deletion that was refused is in two parts of theirs.
    let twice = lines(&engine, &format!("operation LIKE '%DELETE%' AND {refused}"));
    assert_eq!(twice, set([25, 26, 32]));
    // `answered` fails where a line is there twice.
    let ours = answered(&engine, "troubleshooting", &[]);
    assert!(ours.is_superset(&lines(&engine, &refused)));
    assert!(ours.is_superset(&twice));
}

#[test]
fn errors_carry_their_code_and_latency_counts_as_a_number() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    for id in ["access-denied", "client-errors", "service-errors", "troubleshooting"] {
        let query = catalogue().get(id).unwrap();
        assert!(query.columns.iter().any(|column| column.name == "errorcode"), "{id}");
    }
    let bound = catalogue().get("latency").unwrap().bind(two_hours(), &given(&[("limit", "4")])).unwrap();
    let answer = super::lake::csv(&engine.query(&bound).unwrap());
    let turned: Vec<&str> = answer.lines().skip(1).map(|row| row.split(',').nth(1).unwrap()).collect();
    assert_eq!(turned, ["2400", "850", "100", "79"]);
}

/// The last two digits of the ids of the trail's events of 2026-06-10 and 11 that a condition means, as often as it does.
fn events(engine: &LakeEngine, condition: &str) -> Vec<String> {
    let sql = format!(
        "SELECT substr(eventid, 35) FROM cloudtrail_events WHERE eventsource = 's3.amazonaws.com' AND {condition} \
         AND eventtime >= TIMESTAMP '2026-06-10 00:00:00' AND eventtime < TIMESTAMP '2026-06-12 00:00:00' ORDER BY 1"
    );
    rows(engine, &sql)
}

/// The same of a saved query that has the column `eventid`.
fn answered_events(engine: &LakeEngine, id: &str) -> Vec<String> {
    let bound = catalogue().get(id).unwrap().bind(range("2026-06-10", "2026-06-12"), &[]).unwrap();
    let answer = engine.query(&bound).unwrap();
    let at = answer.columns.iter().position(|column| column.name == "eventid").unwrap();
    let texts = answer.batches.iter().flat_map(|batch| batch.column(at).as_string::<i32>().iter().flatten());
    let mut found: Vec<String> = texts.map(|eventid| eventid[34..].to_owned()).collect();
    found.sort();
    found
}

fn without(all: &[String], others: &[String]) -> Vec<String> {
    all.iter().filter(|event| !others.contains(event)).cloned().collect()
}

#[test]
fn events_are_there_once_and_reads_are_more_than_get_object() {
    let engine = Lake::with_trail(&[ACCESS_LOG], TRAIL).engine();
    let theirs = events(&engine, "eventname = 'GetObject'");
    let ours = answered_events(&engine, "ct-object-access");
    assert_eq!(theirs.iter().filter(|event| *event == "02").count(), 2, "delivered twice");
    assert_eq!(ours.iter().filter(|event| *event == "02").count(), 1);
    assert_eq!(without(&ours, &theirs), ["03", "04"], "metadata, and the source of a copy");
    assert!(without(&theirs, &ours).is_empty());
}

#[test]
fn nobody_has_more_than_one_name() {
    let engine = Lake::with_trail(&[ACCESS_LOG], TRAIL).engine();
    assert_eq!(events(&engine, "useridentity_accountid = 'anonymous'"), ["07", "10"]);
    let query = catalogue().get("ct-anonymous-access").unwrap();
    let bound = query.bind(range("2026-06-10", "2026-06-12"), &[]).unwrap();
    // 07, 08 and 09 are three calls for one object.
    assert!(super::lake::csv(&engine.query(&bound).unwrap()).contains("index.html,3,2,"));
}

#[test]
fn a_bucket_is_deleted_by_delete_bucket_and_a_setting_by_its_own_call() {
    let engine = Lake::with_trail(&[ACCESS_LOG], TRAIL).engine();
    assert_eq!(events(&engine, "eventname LIKE 'DeleteBucket%'"), ["13", "14", "21", "22", "26"]);
    assert_eq!(answered_events(&engine, "ct-bucket-deleted"), ["13"]);
    let theirs = events(&engine, "eventname LIKE 'PutBucket%'");
    let ours = answered_events(&engine, "ct-bucket-configuration");
    assert_eq!(without(&ours, &theirs), ["14", "21", "22", "26"], "what was removed");
    assert!(without(&theirs, &ours).is_empty());
}

#[test]
fn deletions_of_a_trail_are_of_objects_each_once() {
    let engine = Lake::with_trail(&[ACCESS_LOG], TRAIL).engine();
    let theirs = events(&engine, "eventname LIKE 'DeleteObject%'");
    let ours = answered_events(&engine, "ct-object-deletions");
    assert_eq!(without(&theirs, &ours), ["36", "39"], "the multi-delete as a whole, and tags");
    assert!(without(&ours, &theirs).is_empty());
}

#[test]
fn refusals_of_other_services_are_refusals_too() {
    let engine = Lake::with_trail(&[ACCESS_LOG], TRAIL).engine();
    assert!(!events(&engine, "errorcode = 'AccessDenied'").contains(&"31".to_owned()));
    let query = catalogue().get("ct-access-denied").unwrap();
    let answer = engine.query(&query.bind(range("2026-06-10", "2026-06-12"), &[]).unwrap()).unwrap();
    assert!(super::lake::csv(&answer).contains("cloudtrail.amazonaws.com,DeleteTrail"), "31");
}
