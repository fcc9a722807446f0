//! `query` and `report` over a lake that a run has filled.

use serde_json::{Value, json};

use crate::pipeline::deployed;
use crate::world::World;

/// Two records of 2019-02-06: one read, one refused with 403.
fn filled() -> World {
    let world = deployed();
    world.run("run").ok();
    world
}

#[test]
fn a_saved_query_answers_over_all_of_the_lake_and_says_so() {
    let world = filled();
    let ran = world.run("query access-denied").ok();
    let said = "time range 2019-02-06T00:00:00Z .. 2019-02-06T02:00:00Z (all of the lake)\n1 row (";
    assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
    assert!(ran.stderr.contains("A finding of medium severity."), "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("requestdatetime       bucket_name  key"), "{}", ran.stdout);
    assert!(lines[2].starts_with("2019-02-06T01:00:40Z  bucket-two   b c.txt"), "{}", ran.stdout);
}

#[test]
fn every_format_has_the_same_rows() {
    let world = filled();
    let json = world.run("query access-denied --output json").ok().json();
    assert_eq!((&json["schema_version"], &json["query"]), (&json!(1), &json!("access-denied")));
    assert_eq!((&json["from"], &json["row_count"]), (&json!("2019-02-06T00:00:00Z"), &json!(1)));
    assert!(json["scanned_bytes"].as_u64().unwrap() > 0);
    let ndjson = world.run("query access-denied --output ndjson").ok();
    let row: Value = serde_json::from_str(&ndjson.stdout).unwrap();
    assert_eq!(row, json["rows"][0]);
    assert_eq!(row["httpstatus"], 403);
    assert_eq!(row["requester"], Value::Null);
    let csv = world.run("query access-denied --output csv").ok();
    assert_eq!(csv.stdout.lines().count(), 2);
    assert!(csv.stdout.contains("\n2019-02-06T01:00:40Z,bucket-two,b c.txt,,,192.0.2.4,"), "{}", csv.stdout);
}

#[test]
fn time_and_bucket_narrow_an_answer() {
    let world = filled();
    for (args, rows) in [
        ("--from 2019-02-06 --to 2019-02-07", 1),
        ("--from 2019-02-06T01:00:41Z", 0),
        ("--to 2019-02-06T01:00:40Z", 0),
        ("--bucket bucket-two", 1),
        ("--bucket bucket-one", 0),
        ("--param bucket=bucket-two", 1),
    ] {
        let json = world.run(&format!("query access-denied {args} --output json")).ok().json();
        assert_eq!(json["row_count"], rows, "{args}");
    }
    let elsewhere = world.run("query access-denied --last 1h").ok();
    let said = "the lake holds records of 2019-02-06T00:00:00Z .. 2019-02-06T02:00:00Z only\n";
    assert!(elsewhere.stderr.contains(said), "{}", elsewhere.stderr);
    assert_eq!(elsewhere.stdout, "");
}

#[test]
fn a_statement_of_ones_own_is_limited_on_the_terminal_alone() {
    let world = filled();
    let args = ["query", "--sql", "SELECT key FROM s3_access_logs ORDER BY key", "--limit", "1"];
    let table = world.run_args(&args, b"").ok();
    assert_eq!(table.stdout, "key\n─────\na.txt\n");
    assert!(table.stderr.starts_with("1 of 2 rows; --limit 0 shows all ("), "{}", table.stderr);
    let csv = world.run_args(&[args.as_slice(), &["--output", "csv"]].concat(), b"").ok();
    assert_eq!(csv.stdout, "key\na.txt\nb c.txt\n");
}

#[test]
fn escape_sequences_in_log_text_do_not_reach_the_terminal() {
    let world = deployed();
    let line = crate::world::LINES.replace("S3Console/0.4", "evil\x1b[2Jagent");
    world.write("logs/2019-02-06-02-00-00-CCCCCCCCCCCCCCCC", line);
    world.run("run").ok();
    let sql = "SELECT useragent FROM s3_access_logs WHERE useragent LIKE 'evil%'";
    let table = world.run_args(&["query", "--sql", sql], b"").ok();
    assert!(table.stdout.contains("evil\\x1b[2Jagent") && !table.stdout.contains('\x1b'), "{}", table.stdout);
    let json = world.run_args(&["query", "--sql", sql, "--output", "ndjson"], b"").ok();
    assert!(!json.stdout.contains('\x1b'));
}

#[test]
fn what_cannot_be_asked_is_said_before_anything_is_read() {
    let world = filled();
    world.run("query acces-denied").fails(
        64,
        "error: there is no query \"acces-denied\"\n\nhint: did you mean access-denied? `bucketscope queries` lists all\n",
    );
    let unknown = world.run("query access-denied --param color=red");
    assert_eq!(unknown.code, 64);
    assert!(
        unknown.stderr.contains("error: query access-denied has no parameter color\n\nhint: it has: from, to, bucket"),
        "{}",
        unknown.stderr
    );
    world
        .run("query access-denied --param bucket")
        .fails(64, "error: --param: `bucket` has no value\n\nhint: --param NAME=VALUE\n");
    let range = world.run("query access-denied --from 2019-13-01");
    assert_eq!(range.code, 64);
    assert!(
        range.stderr.starts_with("error: --from: `2019-13-01` is no time\n\nhint: expected a date (2026-06-01)"),
        "{}",
        range.stderr
    );
    assert_eq!(world.run("query").code, 64);
    let table = world.run_args(&["query", "--sql", "SELECT 1 FROM nowhere"], b"");
    assert!(
        table.stderr.ends_with(
            "hint: the tables are s3_access_logs and cloudtrail_events; docs/sql.md tells their columns and functions\n"
        ),
        "{}",
        table.stderr
    );
    let sql = world.run_args(&["query", "--sql", "DROP TABLE s3_access_logs"], b"");
    assert_ne!(sql.code, 0);
    assert_eq!(sql.stdout, "");
}

#[test]
fn findings_can_fail_a_script() {
    let world = filled();
    assert_eq!(world.run("query access-denied --fail-on-findings").code, 7);
    assert_eq!(world.run("query access-denied --bucket none --fail-on-findings").code, 0);
    assert_eq!(world.run("query object-access --fail-on-findings").code, 0);
    assert_eq!(world.run("report --fail-on-findings").code, 7);
}

#[test]
fn a_report_sums_up_and_adds_up() {
    let world = filled();
    let page = world.run("report").ok();
    assert!(
        page.stdout.starts_with(
            "shop  2019-02-06T00:00:00Z to 2019-02-06T02:00:00Z\n\n  2 requests, 356 B sent; 50.0 % refused (4xx)"
        ),
        "{}",
        page.stdout
    );
    assert!(page.stdout.contains("Requests refused with 403"), "{}", page.stdout);
    let json = world.run("report --output json").ok().json();
    assert_eq!(
        json["total"],
        json!({"requests": 2, "client_errors": 1, "service_errors": 0, "anonymous": 1, "bytes_sent": 356})
    );
    assert_eq!(json["buckets"].as_array().unwrap().len(), 2);
    let days = world.run("report --from 2019-02-05 --to 2019-02-08 --output json").ok().json();
    let requests: Vec<u64> =
        days["days"].as_array().unwrap().iter().map(|day| day["requests"].as_u64().unwrap()).collect();
    assert_eq!(requests, [0, 2, 0]);
}

#[test]
fn a_report_is_of_one_bucket_where_one_is_named() {
    let world = filled();
    let json = world.run("report --bucket nothing-like-it --output json").ok().json();
    assert_eq!((&json["total"]["requests"], &json["findings"][0]["rows"]), (&json!(0), &json!(0)));
    assert!(json["left_out"].as_array().unwrap().contains(&json!("ct-root-activity")), "{}", json["left_out"]);
    assert!(!world.run("report").ok().stdout.contains("ct-root-activity"));
}

#[test]
fn a_report_without_requests_says_what_the_lake_holds_and_asks_for_no_run() {
    let world = filled();
    let page = world.run("report --from 2020-01-01 --to 2020-01-02").ok();
    let none = "  No requests in the access logs. The lake holds records of 2019-02-06T00:00:00Z to\n  2019-02-06T02:00:00Z.\n";
    assert!(page.stdout.contains(none) && !page.stderr.contains("run"), "{}\n{}", page.stdout, page.stderr);
    let json = world.run("report --output json").ok().json();
    assert_eq!(json["lake"], json!({"from": "2019-02-06T00:00:00Z", "to": "2019-02-06T02:00:00Z"}));
    let asked = json["questions"].as_array().unwrap();
    assert!(asked.contains(&json!("object-access")) && !asked.contains(&json!("ct-object-access")), "{asked:?}");
}

#[test]
fn a_statement_of_ones_own_takes_no_range() {
    let world = filled();
    for flags in [["--last", "7d"], ["--from", "2030-01-01"], ["--to", "now"]] {
        let refused = world.run_args(&["query", "--sql", "SELECT 1", flags[0], flags[1]], b"");
        assert_eq!(refused.code, 64, "{flags:?}");
        assert!(refused.stderr.contains("--sql names its times itself"), "{}", refused.stderr);
    }
    assert!(world.run("query").stderr.contains("`bucketscope queries` lists"));
}

#[test]
fn a_mistake_in_a_query_of_ones_own_names_its_file() {
    let world = filled();
    let query = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/queries/acl-required.sql")).unwrap();
    let query = query
        .replace("-- id: acl-required", "-- id: mine")
        .replace("\nFROM s3_access_logs", ",\n  keey\nFROM s3_access_logs");
    world.write("queries/mine.sql", query.as_bytes());
    for command in ["query mine", "report"] {
        let run = world.run(command);
        assert!(run.stderr.contains("error: queries/mine.sql cannot be asked: "), "{command}: {}", run.stderr);
    }
}

#[test]
fn a_log_folder_that_is_gone_is_unhealthy() {
    let world = filled();
    std::fs::rename(world.path("logs"), world.path("elsewhere")).unwrap();
    let status = world.run("status");
    assert_eq!(status.code, 8);
    assert!(status.stdout.contains("there is no folder"), "{}", status.stdout);
}

#[test]
fn a_report_is_written_as_a_page() {
    let world = filled();
    let written = world.run("report --output page.html").ok();
    assert!(written.stdout.starts_with("page.html  "), "{}", written.stdout);
    assert!(written.stderr.contains("pass it on with care"), "{}", written.stderr);
    let html = std::fs::read_to_string(world.path("page.html")).unwrap();
    let data = html.split("type=\"application/json\">").nth(1).unwrap().split("</script>").next().unwrap();
    let page: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(page["access"]["series"]["scopes"][0][0], json!([1, 1]), "a request in each hour");
    assert_eq!(page["pipeline"]["records"], 2);
    assert_eq!(world.run("report --output page.html --fail-on-findings").code, 7);
    assert_eq!(world.run("query access-denied --output page.html").code, 64);
    assert_eq!(world.run("report --serve --output page.html").code, 64);
}

#[test]
fn an_empty_lake_answers_with_nothing_and_says_why() {
    let world = deployed();
    let query = world.run("query access-denied").ok();
    assert_eq!(query.stdout, "");
    assert!(query.stderr.starts_with("the lake holds no records yet\n0 rows"), "{}", query.stderr);
    let report = world.run("report").ok();
    assert_eq!(report.stdout, "shop  no records\n");
}

#[test]
fn a_lake_that_is_not_there_is_not_deployed() {
    let world = World::with_logs();
    world.run("init --defaults --target local --logs logs --name shop").ok();
    for command in ["query access-denied", "report"] {
        assert_eq!(world.run(command).code, 6, "{command}");
    }
}
