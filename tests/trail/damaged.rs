//! Files that are cut short, broken or none of CloudTrail's cost themselves alone, are counted and named; so do records.

use std::collections::BTreeMap;

use super::table::{World, document, event, gzip};

/// What is rejected of a file that lies between two good ones: how many records of it are read, its rejects by reason,
/// and what is the matter with it.
fn between(bytes: &[u8]) -> (u64, BTreeMap<String, u64>, BTreeMap<String, u64>) {
    let world = World::new();
    let good = gzip(document(&[&event("")]).as_bytes());
    world.put("a.json.gz", &good);
    world.put("b.json.gz", bytes);
    world.put("c.json.gz", &good);
    let counts = world.run().counts;
    assert_eq!(counts.lines, counts.records + counts.rejected);
    assert_eq!(counts.objects, 3);
    let rows = world.rows();
    assert_eq!(rows.len() as u64, counts.records);
    for other in ["a.json.gz", "c.json.gz"] {
        assert_eq!(rows.iter().filter(|row| row["log_object"] == other).count(), 1);
    }
    let rejects = world.rejects();
    assert_eq!(rejects.len() as u64, counts.rejected);
    assert!(rejects.iter().all(|reject| reject.object == "b.json.gz" && reject.source == "audit"));
    assert!(counts.damaged_objects.is_empty() || !rejects.is_empty(), "a damaged file is named");
    let again = world.run();
    assert!(again.nothing_new, "and is not read again");
    (counts.records - 2, counts.rejects_by_reason, counts.damaged_objects)
}

fn once(reason: &str) -> BTreeMap<String, u64> {
    BTreeMap::from([(reason.to_owned(), 1)])
}

#[test]
fn a_document_that_is_cut_anywhere_keeps_its_whole_records() {
    let records = [event(r#""eventName":"A""#), event(r#""userIdentity":{"a":[1,"\\"]}"#), event("")];
    let all: Vec<&str> = records.iter().map(String::as_str).collect();
    let text = document(&all);
    // Behind which byte each record is whole.
    let ends: Vec<usize> = (1..=3).map(|count| document(&all[..count]).len() - 2).collect();
    for cut in 12..text.len() - 1 {
        let whole = ends.iter().filter(|end| **end <= cut).count() as u64;
        let found = between(&text.as_bytes()[..cut]);
        assert_eq!(found, (whole, once("cut_short"), once("json_truncated")), "cut at {cut}");
    }
}

#[test]
fn a_gzip_that_is_cut_or_corrupt_keeps_what_stands_before() {
    let records: Vec<String> = (0..400).map(|n: u64| event(&format!(r#""requestID":"{:x}""#, n * n * 7_919))).collect();
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let whole = gzip(document(&records).as_bytes());
    for cut in [whole.len() / 3, whole.len() / 2, whole.len() - 9] {
        let (read, rejects, damage) = between(&whole[..cut]);
        assert!(read <= 400);
        assert_eq!((rejects, damage), (once("cut_short"), once("gzip_truncated")), "{cut}: {read}");
    }
    let mut corrupt = whole.clone();
    // The checksum, so that everything is there and nothing of it is sure.
    corrupt[whole.len() - 6] ^= 0xFF;
    assert_eq!(between(&corrupt), (400, once("cut_short"), once("gzip_corrupt")));
}

#[test]
fn files_of_others_are_one_reject_each() {
    let digest =
        r#"{"awsAccountId":"111122223333","digestStartTime":"2026-06-01T10:00:00Z","logFiles":[{"Records":[1]}]}"#;
    for foreign in [
        digest,
        "{}",
        r#"{"Records":null}"#,
        r#"{"Records":{"a":[]}}"#,
        r#"[{"Records":[]}]"#,
        "no JSON at all",
        "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be b [06/Feb/2019:00:00:38 +0000] -",
        "\u{1}\u{2}PAR1",
        r#""Records""#,
        "{\"Records\" [",
        "{1:2}",
    ] {
        for bytes in [foreign.as_bytes().to_vec(), gzip(foreign.as_bytes())] {
            let expected = (0, once("not_cloudtrail"), once("not_cloudtrail"));
            assert_eq!(between(&bytes), expected, "{foreign}");
        }
    }
    for empty in ["", "\u{FEFF}", "  \n", "{", "{\"Records\"", "{\"Records\":["] {
        let expected = (0, once("cut_short"), once("json_truncated"));
        assert_eq!(between(empty.as_bytes()), expected, "{empty:?}");
    }
}

#[test]
fn a_record_that_is_no_event_is_a_reject_and_the_others_stay() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(600), "]".repeat(600));
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(2 << 20));
    for (record, reason) in [
        ("null", "no_object"),
        ("12", "no_object"),
        (r#""a\"]}""#, "no_object"),
        ("[{}]", "no_object"),
        ("{}", "no_event_time"),
        (r#"{"eventID":"x","eventTime":null}"#, "no_event_time"),
        (r#"{"eventID":"x","eventTime":"yesterday"}"#, "bad_event_time"),
        (r#"{"eventID":"x","eventTime":1780309230}"#, "bad_event_time"),
        (r#"{"eventID":"x","eventTime":"2026-02-30T00:00:00Z"}"#, "bad_event_time"),
        (r#"{"eventID":"x","eventTime":"-000001-01-01T00:00:00Z"}"#, "bad_event_time"),
        (r#"{"eventTime":"2026-06-01T10:20:30Z"}"#, "no_event_id"),
        (r#"{"eventTime":"2026-06-01T10:20:30Z","eventID":""}"#, "no_event_id"),
        (r#"{"eventTime":"2026-06-01T10:20:30Z","eventID":{}}"#, "no_event_id"),
        // What S3 notifies of is in `Records` too.
        (
            r#"{"eventVersion":"2.1","eventTime":"2026-06-01T10:20:30.123Z","eventName":"ObjectCreated:Put"}"#,
            "no_event_id",
        ),
        (r#"{"a":tru}"#, "malformed"),
        (r#"{"a":01}"#, "malformed"),
        (r#"{"a":1,}"#, "malformed"),
        (r#"{"a" "b"}"#, "malformed"),
        (r#"{"a":"\x"}"#, "malformed"),
        (r#"{"a":"\u12g4"}"#, "malformed"),
        ("{\"a\":\"\n\"}", "malformed"),
        (r#"{"a":[1}}"#, "malformed"),
        (r#"{a:1}"#, "malformed"),
        (deep.as_str(), "too_deep"),
        (long.as_str(), "too_long"),
    ] {
        let text = document(&[&event(""), record, &event("")]);
        let (read, rejects, damage) = between(text.as_bytes());
        let shown: String = record.chars().take(60).collect();
        assert_eq!((read, rejects, damage), (2, once(reason), BTreeMap::new()), "{shown}");
    }
}

#[test]
fn a_record_of_nearly_the_greatest_length_and_depth_is_read() {
    let deep = format!(r#""requestParameters":{}{}"#, "[".repeat(400), "]".repeat(400));
    let long = format!(r#""userAgent":"{}""#, "x".repeat(1 << 19));
    let text = document(&[&event(&deep), &event(&long), &event("")]);
    assert_eq!(between(text.as_bytes()).0, 3);
}

#[test]
fn what_stands_out_of_place_ends_a_file() {
    let good = event("");
    for (text, read) in [
        (format!("{{\"Records\":[{good} {good}]}}"), 1),
        (format!("{{\"Records\":[{good},,{good}]}}"), 1),
        (format!("{{\"Records\":[{good},]}}"), 1),
        (format!("{{\"Records\":[{good}}}]}}"), 1),
        (format!("{{\"Records\":[{good}]}} and more"), 1),
        (format!("{{\"Records\":[{good}] x}}"), 1),
    ] {
        let expected = (read, once("out_of_place"), once("json_malformed"));
        assert_eq!(between(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn a_reject_says_where_it_stood() {
    let world = World::new();
    let text = document(&[&event(""), "{\"x\":\"ü\"}", &event("")]);
    world.put("a.json", text.as_bytes());
    world.run();
    let reject = world.rejects().remove(0);
    assert_eq!((reject.line, reject.length, reject.text.as_str()), (2, 10, "{\"x\":\"ü\"}"));
    assert_eq!(reject.offset as usize, text.find("{\"x\"").unwrap());
    let lines: Vec<_> = world.rows().iter().map(|row| row["log_line"].as_i64()).collect();
    assert_eq!(lines, [Some(1), Some(3)], "a reject has a number too");
}

#[test]
fn siblings_and_other_services_are_left_and_counted() {
    let world = World::new();
    let good = gzip(document(&[&event("")]).as_bytes());
    let account = "o-abcdef1234/111122223333";
    let day = "eu-west-1/2026/06/01";
    let name = |kind: &str| format!("111122223333_{kind}_eu-west-1_20260601T1025Z_x9kHmzMa7cx6l9wM.json.gz");
    world.put(&format!("{account}/CloudTrail/{day}/{}", name("CloudTrail")), &good);
    for kind in ["CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-NetworkActivity", "CloudTrail-Aggregated"] {
        world.put(&format!("{account}/{kind}/{day}/{}", name(kind)), &good);
    }
    world.put("111122223333/vpcflowlogs/eu-west-1/2026/06/01/x.log.gz", b"x");
    world.put("p/AWSLogs/111122223333/redshift/eu-west-1/2026/06/01/x.gz", b"x");
    world.put(&format!("p/AWSLogs/{account}/NewService/eu-west-1/2026/06/01/x.gz"), b"x");
    world.put(".DS_Store", b"x");
    // A prefix may have any name, and copies may lie without the folder of the service.
    world.put(&format!("CloudTrail-all/AWSLogs/111122223333/CloudTrail/{day}/{}", name("CloudTrail")), &good);
    world.put(&format!("AWSLogs/111122223333/{day}/{}", name("CloudTrail")), &good);
    world.put("AWSLogs/111122223333/2026/06/01/copy.json.gz", &good);
    let summary = world.run();
    let listing = &summary.listing;
    assert_eq!((listing.listed, listing.new, listing.siblings, listing.hidden), (12, 4, 7, 1));
    assert_eq!((summary.counts.records, summary.counts.late), (4, 0));
}
