//! CloudTrail from a folder of its files to answers, and back to nothing.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::world::World;

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
    assert!(ran.stdout.contains("read 4 lines = written 4 records + rejected 0\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 are no events of CloudTrail: digests, insights"), "{}", ran.stdout);
    assert!(world.run("run").ok().stdout.starts_with("Nothing new: 2 log objects are in the lake already"));
    let status = world.run("status --output json").ok().json();
    assert_eq!(status["name"], "audit");
    world.run("drift --detailed-exitcode").ok();

    world.write(&format!("trail/{DAY}/{}", name("CloudTrail", "1300")), gzip(&document(&RECORDS[..1])));
    let third = world.run("run --output json").ok().json();
    assert_eq!((&third["counts"]["records"], &third["listing"]["known"]), (&json!(1), &json!(2)));
    let gone = world.run("destroy --confirm audit").ok();
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
    assert_eq!(ran.stderr, "1 file: 2 lines = 2 records + 0 rejected\n");
    // What was taken out of a file, one record a line or as a list.
    let lines = RECORDS.join("\n");
    assert_eq!(world.run_args(&["parse", "-"], lines.as_bytes()).ok().stdout.lines().count(), 3);
    let list = format!(" [\n{}]", RECORDS.join(",\n"));
    assert_eq!(world.run_args(&["parse", "-"], list.as_bytes()).ok().stdout.lines().count(), 3);
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
