//! CloudTrail from a folder of its files to answers, and back to nothing.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::world::{LINES, World};

/// Who reads an object, who deletes one and is refused, and a trail that is switched off.
const RECORDS: [&str; 3] = [
    r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/ann","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE","userName":"ann"},"eventTime":"2026-06-01T10:20:30Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.3","userAgent":"[aws-cli/2.27]","requestParameters":{"bucketName":"photos","Host":"photos.s3.eu-west-1.amazonaws.com","key":"a b+c.jpg"},"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","bytesTransferredIn":0.0,"bytesTransferredOut":2048.0},"requestID":"AAAA","eventID":"e-1","readOnly":true,"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333","eventCategory":"Data"}"#,
    r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/bob","accountId":"111122223333","userName":"bob"},"eventTime":"2026-06-01T11:00:00Z","eventSource":"s3.amazonaws.com","eventName":"DeleteObject","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.4","userAgent":"[S3Console/0.4]","errorCode":"AccessDenied","errorMessage":"Access Denied","requestParameters":{"bucketName":"photos","key":"a b+c.jpg"},"responseElements":null,"requestID":"BBBB","eventID":"e-2","readOnly":false,"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333","eventCategory":"Data"}"#,
    r#"{"eventVersion":"1.11","userIdentity":{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"},"eventTime":"2026-06-01T12:00:00Z","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.5","userAgent":"console","requestParameters":{"name":"audit"},"responseElements":null,"requestID":"CCCC","eventID":"e-3","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}"#,
];

const DAY: &str = "AWSLogs/o-abcdef1234/111122223333/CloudTrail/eu-west-1/2026/06/01";

fn name(kind: &str, time: &str) -> String {
    format!("111122223333_{kind}_eu-west-1_20260601T{time}Z_x9kHmzMa7cx6l9wM.json.gz")
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn document(records: &[&str]) -> String {
    format!("{{\"Records\":[{}]}}", records.join(","))
}

/// A folder of an organisation's trail: two files, the second of which has an event of the first once more, and a digest.
fn with_trail() -> World {
    let world = World::new();
    world.write(&format!("trail/{DAY}/{}", name("CloudTrail", "1025")), gzip(&document(&RECORDS[..2])));
    world.write(&format!("trail/{DAY}/{}", name("CloudTrail", "1205")), gzip(&document(&RECORDS[1..])));
    let digest = "trail/AWSLogs/o-abcdef1234/111122223333/CloudTrail-Digest/eu-west-1/2026/06/01";
    world.write(&format!("{digest}/{}", name("CloudTrail-Digest", "1200")), gzip(r#"{"logFiles":[]}"#));
    world
}

fn deployed() -> World {
    let world = with_trail();
    world.run("init --defaults --target local --trails trail --name audit").ok();
    let text = world.read("bucketscope.yaml").replace("settling_seconds: 2", "settling_seconds: 0");
    world.write("bucketscope.yaml", text);
    world.run("deploy").ok();
    world
}

fn rows(world: &World, query: &str) -> Vec<Value> {
    let ran = world.run(&format!("query {query} --output ndjson")).ok();
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn init_says_what_it_found_and_counts_no_digests() {
    let world = with_trail();
    let ran = world.run("init --defaults --target local --trails trail --name audit").ok();
    let found = ran.stdout.lines().find(|line| line.trim_start().starts_with("trail")).unwrap();
    assert!(found.contains("trail: 2 CloudTrail files, "), "{}", ran.stdout);
    assert!(found.ends_with(", 2026-06-01 to 2026-06-01"), "{}", ran.stdout);
}

#[test]
fn a_trail_is_read_asked_checked_and_removed() {
    let world = deployed();
    let ran = world.run("run").ok();
    assert!(ran.stdout.contains("read 4 records = written 4 records + rejected 0\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 are no events of CloudTrail: digests, insights"), "{}", ran.stdout);
    assert!(world.run("run").ok().stdout.starts_with("Nothing new: 2 CloudTrail files are in the lake already"));
    let status = world.run("status --output json").ok().json();
    assert_eq!(status["name"], "audit");
    world.run("drift --detailed-exitcode").ok();

    world.write(&format!("trail/{DAY}/{}", name("CloudTrail", "1300")), gzip(&document(&RECORDS[..1])));
    let third = world.run("run --output json").ok().json();
    assert_eq!((&third["counts"]["records"], &third["listing"]["known"]), (&json!(1), &json!(2)));
    let window = world.run("run --from 2026-06-01 --to 2026-06-02").ok();
    assert!(window.stderr.contains(": CloudTrail files delivered then, or up to"), "{}", window.stderr);
    let gone = world.run("destroy --confirm audit").ok();
    assert!(gone.stderr.contains("CloudTrail's files of the trail "), "{}", gone.stderr);
    assert!(!world.path("lake/cloudtrail_events").exists(), "{}", gone.stdout);
    assert!(world.path("trail").join(DAY).is_dir(), "what the trail delivered stays");
}

#[test]
#[cfg(feature = "local")]
fn the_questions_about_cloudtrail_are_answered_with_each_event_once() {
    let world = deployed();
    world.run("run").ok();
    let denied = rows(&world, "ct-access-denied");
    assert_eq!(denied.len(), 1);
    assert_eq!(
        (&denied[0]["calls"], &denied[0]["principal"]),
        (&json!(1), &json!("arn:aws:iam::111122223333:user/bob"))
    );
    let read = rows(&world, "ct-object-access");
    assert_eq!((&read[0]["key"], &read[0]["bytes_sent"]), (&json!("a b+c.jpg"), &json!(2048)));
    assert_eq!(rows(&world, "ct-root-activity")[0]["eventname"], "StopLogging");
    let stopped = world.run("query ct-logging-disabled --fail-on-findings");
    assert_eq!(stopped.code, 7, "{}", stopped.stderr);
    let sql = ["query", "--output", "json", "--sql", "SELECT count(*) AS n FROM cloudtrail_events"];
    assert_eq!(world.run_args(&sql, b"").ok().json()["rows"][0]["n"], 4);
}

#[test]
fn a_damaged_and_a_foreign_file_cost_themselves_alone() {
    let world = deployed();
    let whole = gzip(&document(&RECORDS));
    world.write(&format!("trail/{DAY}/{}", name("CloudTrail", "1400")), &whole[..whole.len() - 12]);
    world.write(&format!("trail/{DAY}/{}", name("CloudTrail", "1405")), gzip("id,name\n1,x\n"));
    let ran = world.run("run").ok();
    assert!(ran.stdout.contains("gzip_truncated"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 not_cloudtrail"), "{}", ran.stdout);
    // A quarter of what was read is none: that is unhealthy.
    let status = world.run("status --output json");
    assert_eq!(status.code, 8, "{}", status.stderr);
    let counts = status.json()["totals"]["counts"].clone();
    assert_eq!(counts["damaged_objects"], json!({"gzip_truncated": 1, "not_cloudtrail": 1}));
    assert!(counts["records"].as_u64().unwrap() >= 4, "{counts}");
}

#[test]
fn parse_prints_the_events_of_files_as_the_table_has_them() {
    let world = with_trail();
    let path = format!("trail/{DAY}/{}", name("CloudTrail", "1025"));
    let ran = world.run(&format!("parse {path}")).ok();
    let first: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    let shown =
        ["eventtime", "eventname", "bucket_name", "key", "bytesout", "useridentity_username"].map(|at| &first[at]);
    assert_eq!(
        json!(shown),
        json!(["2026-06-01T10:20:30Z", "GetObject", "photos", "a b+c.jpg", 2048, "ann"]),
        "{}",
        ran.stdout
    );
    assert_eq!(first["errorcode"], Value::Null);
    assert_eq!(ran.stdout.lines().count(), 2);
    assert_eq!(ran.stderr, "1 file: 2 records = 2 printed + 0 rejected\n");
    // What was taken out of a file, one record a line or as a list.
    let lines = RECORDS.join("\n");
    assert_eq!(world.run_args(&["parse", "-"], lines.as_bytes()).ok().stdout.lines().count(), 3);
    let list = format!(" [\n{}]", RECORDS.join(",\n"));
    assert_eq!(world.run_args(&["parse", "-"], list.as_bytes()).ok().stdout.lines().count(), 3);
}

#[test]
fn parse_prints_csv_with_the_columns_of_what_it_reads() {
    let world = with_trail();
    let path = format!("trail/{DAY}/{}", name("CloudTrail", "1025"));
    let ran = world.run(&format!("parse --output csv {path}")).ok();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("eventtime,eventname,") && lines[0].ends_with(",extra"), "{}", lines[0]);
    assert!(lines[1].starts_with("2026-06-01T10:20:30Z,GetObject,s3.amazonaws.com,"), "{}", lines[1]);
    assert!(lines[1].contains(",photos,a b+c.jpg,"), "{}", lines[1]);
    // JSON within csv: quotes are doubled.
    assert!(lines[1].contains(r#""{""type"":""IAMUser"""#), "{}", lines[1]);
    assert_eq!((lines.len(), ran.stderr.as_str()), (3, "1 file: 2 records = 2 printed + 0 rejected\n"));
    let json = world.run(&format!("parse --output json {path}")).ok().json();
    assert_eq!(json["rows"].as_array().unwrap().len(), 2);

    // One header cannot be that of both tables; a file without anything in it is of neither.
    world.write("empty", "");
    world.write("logs/a", LINES);
    let mixed = world.run(&format!("parse --output csv empty logs {path}"));
    assert_eq!(mixed.code, 1, "{}", mixed.stderr);
    let said = "is a file of CloudTrail, and csv has begun with the columns of access logs: parse each kind by itself";
    assert!(mixed.stderr.contains(said) && mixed.stdout.lines().count() == 3, "{}", mixed.stderr);
    let mixed = world.run(&format!("parse --output csv {path} empty logs"));
    assert_eq!((mixed.code, mixed.stdout.lines().count()), (1, 3), "{}", mixed.stderr);
    assert!(mixed.stderr.contains("is no file of CloudTrail, and csv has begun with CloudTrail's"), "{}", mixed.stderr);
    let both = world.run(&format!("parse {path} logs")).ok();
    assert!(both.stderr.ends_with("lines and records = 4 printed + 0 rejected\n"), "{}", both.stderr);
}

#[test]
#[cfg(feature = "local")]
fn compact_joins_the_hours_of_both_tables_and_every_row_stays_what_it_was() {
    let world = World::new();
    world.run("generate all --bytes 400kB --days 1 --seed 9 --objects 60 --trails trails").ok();
    // Delivered in four parts, so that hours have files of several commits.
    let deliver = |part| [("all", "src"), ("trails", "arrived")].map(|(from, to)| deliver(&world, from, to, part));
    deliver(0);
    world.run("init --defaults --target local --logs src --trails arrived --name both").ok();
    let text = world.read("bucketscope.yaml").replace("settling_seconds: 2", "settling_seconds: 0");
    world.write("bucketscope.yaml", text);
    world.run("deploy").ok();
    world.run("run").ok();
    for part in 1..4 {
        deliver(part);
        world.run("run").ok();
    }
    let rows = |table: &str| {
        let sql = format!("SELECT * FROM {table} ORDER BY log_object, log_line");
        let rows = world.run_args(&["query", "--output", "ndjson", "--sql", &sql], b"").ok().stdout;
        assert!(rows.lines().count() > 50, "{table}");
        rows
    };
    let status = || world.run("status --output json").ok().json()["totals"].clone();
    let tables = ["s3_access_logs", "cloudtrail_events"];
    let (before, was) = (tables.map(rows), status());
    let joined = world.run("compact --older-than 0d --output json").ok().json();
    assert!(joined["files_after"].as_u64() < joined["files_before"].as_u64(), "{joined}");
    for table in tables {
        assert!(world.path(&format!("lake/{table}_joined")).is_dir(), "{table}");
    }
    assert_eq!(tables.map(rows), before);
    let is = status();
    assert_eq!(is["counts"], was["counts"]);
    assert_eq!(is["cloudtrail"]["records"], was["cloudtrail"]["records"]);
    assert!(is["cloudtrail"]["files"].as_u64() < was["cloudtrail"]["files"].as_u64(), "{is} {was}");
    world.run("drift --detailed-exitcode").ok();
    // What was read is known as before, and late records come beside what was joined.
    assert!(world.run("run").ok().stdout.starts_with("Nothing new: "));
    world.write("arrived/late.json", document(&RECORDS));
    let late = world.run("run --output json").ok().json();
    assert_eq!(late["counts"]["records"], 3);
    assert_eq!(rows(tables[0]), before[0]);
    assert_eq!(rows(tables[1]).lines().count(), before[1].lines().count() + 3);
    assert!(world.run("compact --older-than 0d").ok().stdout.starts_with("Joined the files of "));
    assert_eq!(rows(tables[1]).lines().count(), before[1].lines().count() + 3);
    world.run("drift --detailed-exitcode").ok();
}

/// Moves a fourth of the files of a folder.
#[cfg(feature = "local")]
fn deliver(world: &World, from: &str, to: &str, part: usize) {
    let root = world.path(from);
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort_unstable();
    for (_, file) in files.iter().enumerate().filter(|(at, _)| at % (4 - part) == 0) {
        let there = world.path(to).join(file.strip_prefix(&root).unwrap());
        std::fs::create_dir_all(there.parent().unwrap()).unwrap();
        std::fs::rename(file, there).unwrap();
    }
}

#[test]
fn generated_trails_go_with_generated_logs() {
    let world = World::new();
    let ran = world.run("generate logs --bytes 400kB --days 1 --seed 5 --hard --trails trails").ok();
    assert!(ran.stdout.contains(" CloudTrail files, ") && ran.stdout.contains(" in trails\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("init --defaults --target local --logs logs --trails trails "), "{}", ran.stderr);
    let told = world.run("generate again --bytes 400kB --days 1 --seed 5 --hard --trails again-trails --output json");
    let told = told.ok().json();
    world.run("init --defaults --target local --logs logs --trails trails --name both").ok();
    let text = world.read("bucketscope.yaml").replace("settling_seconds: 2", "settling_seconds: 0");
    world.write("bucketscope.yaml", text);
    world.run("deploy").ok();
    let counts = world.run("run --output json").ok().json()["counts"].clone();
    let (logs, trails) = (&told, &told["trails"]);
    assert_eq!(
        counts["records"].as_u64(),
        Some(logs["records"].as_u64().unwrap() + trails["events"].as_u64().unwrap())
    );
    let rejected = trails["rejected"].as_object().unwrap();
    assert!(rejected.len() > 4, "{trails}");
    for (reason, count) in rejected {
        assert_eq!(&counts["rejects_by_reason"][reason], count, "{reason}: {counts}");
    }
    world.run("generate mixed --trails mixed").fails(
        64,
        "error: access logs and CloudTrail's files need a folder each\n\nhint: a pipeline reads a folder as one or the other; choose another one for --trails\n",
    );
}
