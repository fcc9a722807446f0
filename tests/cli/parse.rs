//! `parse`: what people without any pipeline use.

use serde_json::{Value, json};

use crate::world::{LINES, World};

fn records(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_record_is_an_object_with_every_column_in_order() {
    let world = World::new();
    let ran = world.run_args(&["parse", "-"], LINES.as_bytes()).ok();
    let first = ran.stdout.lines().next().unwrap();
    let expected = concat!(
        r#"{"bucketowner":"79a59df900b949e5","bucket_name":"bucket-one","requestdatetime":"2019-02-06T00:00:38Z","#,
        r#""remoteip":"192.0.2.3","requester":"79a59df900b949e5","requestid":"3E57427F33A59F07","#,
        r#""operation":"REST.GET.OBJECT","key":"a.txt","request_uri":"GET /bucket-one/a.txt HTTP/1.1","#,
        r#""httpstatus":200,"errorcode":null,"bytessent":113,"objectsize":2048,"totaltime":7,"turnaroundtime":5,"#,
        r#""referrer":null,"useragent":"S3Console/0.4","versionid":null,"hostid":"host=","sigv":"SigV4","#,
        r#""ciphersuite":"ECDHE-RSA-AES128-GCM-SHA256","authtype":"AuthHeader","#,
        r#""endpoint":"bucket-one.s3.us-west-1.amazonaws.com","tlsversion":"TLSv1.2","accesspointarn":null,"#,
        r#""aclrequired":null,"sourceregion":"us-west-1","key_logged":null,"extra":null}"#
    );
    assert_eq!(first, expected);
    let second = &records(&ran.stdout)[1];
    assert_eq!(second["key"], "b c.txt");
    assert_eq!(second["errorcode"], "AccessDenied");
    assert_eq!(second["objectsize"], Value::Null);
    assert_eq!(ran.stderr, "1 file: 2 lines = 2 records + 0 rejected\n");
}

#[test]
fn csv_has_a_header_and_null_is_nothing() {
    let world = World::new();
    let ran = world.run_args(&["parse", "--output", "csv", "-"], LINES.as_bytes()).ok();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(
        lines[0].starts_with("bucketowner,bucket_name,requestdatetime,") && lines[0].ends_with(",key_logged,extra")
    );
    assert!(
        lines[2].contains(",REST.GET.OBJECT,b c.txt,GET /bucket-two/b%20c.txt HTTP/1.1,403,AccessDenied,243,,4,,,")
    );
}

#[test]
fn json_is_one_document() {
    let world = World::new();
    let ran = world.run_args(&["parse", "--output", "json", "-"], LINES.as_bytes()).ok();
    assert_eq!(ran.json()["schema_version"], 1);
    assert_eq!(ran.json()["rows"].as_array().unwrap().len(), 2);
    let none = world.run_args(&["parse", "--output", "json", "-"], b"").ok();
    assert_eq!(none.json()["rows"], json!([]));
}

#[test]
fn every_line_is_a_record_or_a_reject_that_says_where_and_why() {
    let world = World::new();
    let bad = b"\nnot a log line \xff\n";
    world.write("a.log", [LINES.as_bytes(), bad].concat());
    let ran = world.run("parse a.log --rejects rejects.ndjson").ok();
    assert_eq!(records(&ran.stdout).len(), 2);
    let rejects = records(&world.read("rejects.ndjson"));
    let begins = LINES.len();
    assert_eq!(
        rejects[0],
        json!({"source": "", "object": "a.log", "line": 3, "offset": begins, "length": 0, "reason": "empty_line", "text": "", "cut": false})
    );
    assert_eq!(
        rejects[1],
        json!({"source": "", "object": "a.log", "line": 4, "offset": begins + 1, "length": 16, "reason": "no_time", "text": "not a log line \\xff", "cut": false})
    );
    assert_eq!(
        ran.stderr,
        "1 file: 4 lines = 2 records + 2 rejected\n  empty_line: 1\n  no_time: 1\nrejected lines are kept in rejects.ndjson\n"
    );
}

#[test]
fn without_a_file_for_them_rejects_are_shown_and_strict_fails() {
    let world = World::new();
    let lines = "not a \x1b[31mlog line\n".repeat(100);
    let ran = world.run_args(&["parse", "--strict", "-"], lines.as_bytes());
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let shown: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(shown[0], "-:1: no_time: not a \\x1b[31mlog line");
    assert_eq!(shown[15], "… and 85 more");
    assert_eq!(shown[16], "1 file: 100 lines = 0 records + 100 rejected");
    assert_eq!(world.run_args(&["parse", "-"], lines.as_bytes()).code, 0);
}

#[test]
fn folders_are_read_whole_and_a_missing_file_does_not_stop_the_others() {
    let world = World::with_logs();
    world.write("logs/.DS_Store", "x");
    let ran = world.run("parse logs nowhere.log");
    assert_eq!(ran.stdout.lines().count(), 2);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stderr,
        "warning: cannot read nowhere.log: No such file or directory (os error 2)\n2 files: 2 lines = 2 records + 0 rejected\n"
    );
}

#[test]
fn a_table_is_not_offered() {
    let ran = World::new().run_args(&["parse", "--output", "table", "-"], b"");
    ran.fails(
        64,
        "error: parse does not draw tables: a record has 29 columns\n\nhint: --output ndjson or csv; `bucketscope demo` shows tables made of logs\n",
    );
}
