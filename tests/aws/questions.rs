//! Questions asked of a deployed pipeline on Athena, against the emulator (its Athena is DuckDB: what a query gives is compared
//! with the embedded engine, over the same lake).

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use bucketscope::blueprint::policies::Who;
use bucketscope::config;
use serde_json::{Value, json};

use super::cloud::{Cloud, LINES, REGION};
use super::iam::{called_since, calls_so_far, lacking_of, unused_of};

/// A key and a user agent that are hard to carry: quotes, commas, line ends as S3 logs them.
const HARD: &str = "\
79a59df900b949e5 acme-data [06/Feb/2026:01:10:00 +0000] 192.0.2.9 79a59df900b949e5 AE57427F33A59F07 REST.GET.OBJECT it%2527s%252C%2522quoted%2522.txt \"GET /acme-data/x HTTP/1.1\" 403 AccessDenied 113 - 7 - \"-\" \"agent, 'of' the night\" - host= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader acme-data.s3.amazonaws.com TLSv1.2 - - eu-central-1
";

/// A pipeline with a filled lake.
fn filled() -> Cloud {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-logs", REGION);
    cloud.put("acme-logs", "2026-02-06-01-30-00-AAAAAAAAAAAAAAAA", LINES);
    cloud.put("acme-logs", "2026-02-06-01-40-00-BBBBBBBBBBBBBBBB", HARD);
    cloud.configure("sources:\n  - id: existing\n    bucket: acme-logs\n");
    cloud.run("deploy").ok();
    cloud.run("run").ok();
    cloud
}

/// How long queries take from now on, and what they scan.
fn takes(cloud: &Cloud, seconds: f64, bytes: u64) {
    cloud.emulator.control("POST", "/_emulator/athena/takes", &json!({ "seconds": seconds, "bytes": bytes }));
}

/// The answer to a question in JSON.
fn rows(cloud: &Cloud, question: &str) -> Value {
    cloud.run(&format!("{question} --output json")).ok().json()
}

/// Calls of Athena that the person made, those of the deployment left out.
fn athena_calls(cloud: &Cloud) -> Vec<String> {
    let calls = calls_so_far(cloud).into_iter().filter(|call| call.service == "athena" && call.caller.kind == "user");
    calls.map(|call| call.operation).filter(|name| name != "GetWorkGroup").collect()
}

#[test]
fn questions_are_answered_on_athena() {
    let cloud = filled();
    // Deploying takes longer than asking: one pipeline for all that changes nothing.
    a_dry_run_estimates_from_the_partitions_and_asks_nothing(&cloud);
    a_saved_query_is_answered_on_athena(&cloud);
    values_of_any_kind_travel_as_parameters(&cloud);
    an_earlier_result_is_reused_when_asked_for(&cloud);
    a_report_counts_on_athena(&cloud);
    a_query_over_the_workgroups_limit_says_how_to_narrow_it(&cloud);
    ctrl_c_cancels_the_query(&cloud);
}

fn a_saved_query_is_answered_on_athena(cloud: &Cloud) {
    takes(cloud, 0.0, 20_000_000);
    let answer = rows(cloud, "query access-denied --bucket acme-data");
    assert_eq!(answer["query"], "access-denied");
    assert_eq!((&answer["from"], &answer["to"]), (&json!("2026-02-06T00:00:00Z"), &json!("2026-02-06T02:00:00Z")));
    let keys: Vec<&str> = answer["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["b c.txt", "it's,\"quoted\".txt"]);
    let row = &answer["rows"][0];
    assert_eq!((&row["httpstatus"], &row["requester"]), (&json!(403), &Value::Null), "numbers are numbers, nulls null");
    assert_eq!(row["requestdatetime"], "2026-02-06T01:00:40Z");
    assert_eq!(
        (&answer["row_count"], &answer["scanned_bytes"], &answer["reused"]),
        (&json!(2), &json!(20_000_000), &json!(false))
    );
    assert!((answer["usd"].as_f64().unwrap() - 0.0001).abs() < 1e-9, "{answer}");
    assert_eq!(athena_calls(cloud)[..2], ["StartQueryExecution", "GetQueryExecution"]);

    let csv = cloud.run("query access-denied --output csv").ok();
    assert!(csv.stdout.lines().count() == 3 && csv.stdout.contains("\"it's,\"\"quoted\"\".txt\""), "{}", csv.stdout);
    cloud.run("query access-denied --output ndjson").ok().prints("\"key\":\"b c.txt\"");
    cloud.run("query access-denied").ok().prints("b c.txt").says("2 rows (20.0 MB scanned, < $0.01");
    cloud.run("query access-denied --from 2026-02-07 --to 2026-02-08").ok().says("0 rows");
}

fn values_of_any_kind_travel_as_parameters(cloud: &Cloud) {
    for bucket in ["' OR '1'='1", "it''s", "a\\'; DROP TABLE s3_access_logs; --", "?", "ünï\n"] {
        let output = cloud.command("query access-denied --output json").args(["--bucket", bucket]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["rows"], json!([]), "{bucket}");
    }
    assert_eq!(rows(cloud, "query access-denied --bucket acme-data")["row_count"], 2, "the table is still there");
    cloud.run(&format!("query access-denied --bucket {}", "x".repeat(1_100))).ended(64).says("Athena takes 1024");
}

#[cfg(feature = "local")]
#[test]
fn athena_and_the_embedded_engine_give_the_same_rows() {
    let cloud = filled();
    for question in [
        "access-denied",
        "access-denied --bucket acme-data --from 2026-02-06T01:05:00Z --to 2026-02-06T02:00:00Z",
        "object-access",
        "object-access --bucket nothing",
        "client-errors",
        "latency --param limit=1",
    ] {
        let on_athena = rows(&cloud, &format!("query {question}"));
        let embedded = rows(&cloud, &format!("query {question} --local"));
        for part in ["rows", "columns", "from", "to", "row_count"] {
            assert_eq!(on_athena[part], embedded[part], "{part} of {question}");
        }
    }
    let sql =
        "SELECT bucket_name, COUNT(*) AS n, MAX(requestdatetime) AS last FROM s3_access_logs GROUP BY bucket_name";
    let ask = |more: &[&str]| -> Value {
        let output = cloud.command("query --output json --sql").arg(sql).args(more).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    assert_eq!(ask(&[])["rows"], ask(&["--local"])["rows"]);
    let (on_athena, embedded) = (rows(&cloud, "report"), rows(&cloud, "report --local"));
    assert_eq!(on_athena, embedded);
    assert_eq!(on_athena["total"]["requests"], 3);
}

fn a_report_counts_on_athena(cloud: &Cloud) {
    takes(cloud, 0.0, 30_000_000);
    let report = cloud.run("report --output json").ok().says("on Athena").json();
    assert_eq!((&report["total"]["requests"], &report["total"]["client_errors"]), (&json!(3), &json!(2)));
    let findings = report["findings"].as_array().unwrap();
    let denied = findings.iter().find(|finding| finding["query"] == "access-denied").unwrap();
    assert_eq!(denied["rows"], 2);
    cloud.run("report --fail-on-findings").ended(7).prints("acme-data");
    cloud.run("query access-denied --fail-on-findings").ended(7);
}

fn an_earlier_result_is_reused_when_asked_for(cloud: &Cloud) {
    let ask = |more: &str| rows(cloud, &format!("query access-denied --from 2026-02-06 --to 2026-02-07{more}"));
    let first = ask("");
    assert_eq!(first["reused"], false);
    takes(cloud, 0.0, 50_000_000);
    let second = ask(" --reuse 60m");
    assert_eq!((&second["reused"], &second["scanned_bytes"], &second["usd"]), (&json!(true), &json!(0), &json!(0.0)));
    assert_eq!(second["rows"], first["rows"]);
    assert_eq!(ask("")["reused"], false, "only when asked for");
    cloud.run("query access-denied --reuse 8d").ended(64).says("7 days");
}

fn a_query_over_the_workgroups_limit_says_how_to_narrow_it(cloud: &Cloud) {
    takes(cloud, 0.0, 100_000_000_001);
    cloud
        .run("query object-access")
        .ended(1)
        .says("Athena stopped the query at the workgroup's limit of 100.0 GB: Bytes scanned limit was exceeded")
        .says("--last 1d");
}

fn ctrl_c_cancels_the_query(cloud: &Cloud) {
    takes(cloud, 60.0, 40_000_000);
    let mut asking = cloud.start("query object-access");
    let looks = || athena_calls(cloud).iter().filter(|name| *name == "GetQueryExecution").count();
    let before = looks();
    cloud.until("the query", || looks() > before + 1);
    // SAFETY: a signal to a process that this test has started.
    unsafe { libc::kill(i32::try_from(asking.id()).unwrap(), libc::SIGINT) };
    let ended = asking.wait().unwrap();
    let mut stderr = String::new();
    asking.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(ended.code(), Some(130), "{stderr}");
    assert!(stderr.contains("was cancelled") && stderr.contains("20.0 MB had been scanned"), "{stderr}");
    assert!(athena_calls(cloud).contains(&"StopQueryExecution".to_owned()));
}

fn a_dry_run_estimates_from_the_partitions_and_asks_nothing(cloud: &Cloud) {
    let whole = rows(cloud, "query access-denied --dry-run");
    let tables = whole["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 1);
    assert_eq!((&tables[0]["table"], &tables[0]["partitions"]), (&json!("s3_access_logs"), &json!(2)));
    let hour = rows(cloud, "query access-denied --dry-run --from 2026-02-06 --to 2026-02-06T01:00:00Z");
    assert_eq!(hour["tables"][0]["partitions"], 1);
    assert!(hour["bytes"].as_u64().unwrap() < whole["bytes"].as_u64().unwrap());
    assert!((hour["usd"].as_f64().unwrap() - 0.00005).abs() < 1e-9, "10 MB at least: {hour}");
    cloud.run("query access-denied --dry-run").ok().prints("s3_access_logs").says("only the columns");
    assert!(!athena_calls(cloud).contains(&"StartQueryExecution".to_owned()));
}

#[test]
fn failures_are_told_with_athenas_reason_and_what_to_do() {
    let cloud = Cloud::new();
    cloud.make_bucket("acme-logs", REGION);
    cloud.configure("sources:\n  - id: existing\n    bucket: acme-logs\n");
    cloud.run("query access-denied").ended(6).says("there is no workgroup bucketscope-test");
    cloud.run("query nothing-like-it").ended(64);
    let shown = cloud.run("queries show access-denied --output json").ok().json();
    assert_eq!(shown["athena"]["prepared_statement"], "access_denied");
    cloud.run("queries show access-denied").ok().prints("EXECUTE access_denied USING").prints("bucketscope-test");
    cloud.run("queries list").ok().prints("access-denied");
    cloud.run("deploy").ok();
    // Nothing has run yet: the table is there and empty.
    cloud.run("query access-denied").ok().says("the lake holds no records yet").says("0 rows");
    cloud.run("query access-denied --dry-run").ended(6).says("no run has written");
    let sql = |text: &str| {
        let output = cloud.command("query --sql").arg(text).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = sql("DROP TABLE s3_access_logs");
    assert!(code == 64 && said.contains("is no question"), "{said}");
    let (code, said) = sql("SELECT 1 FROM no_such_table");
    assert!(code != 0 && said.contains("no_such_table") && said.contains("hint:"), "{said}");
    cloud.emulator.deny("athena:StartQueryExecution");
    cloud.run("query access-denied").ended(3).says("does not take the query");
}

#[test]
fn the_analysts_policy_has_exactly_what_questions_call() {
    let cloud = filled();
    let text = std::fs::read_to_string(cloud.path("bucketscope.yaml")).unwrap();
    let pipeline = config::cloud::Cloud::parse(&text, Path::new("bucketscope.yaml")).unwrap();
    let before = calls_so_far(&cloud).len();
    cloud.run("query access-denied --reuse 1h").ok();
    cloud.run("query access-denied --dry-run").ok();
    cloud.run("report").ok();
    takes(&cloud, 60.0, 0);
    let mut asking = cloud.start("query object-access");
    cloud.until("the query", || called_since(&cloud, before).iter().any(|call| call.operation == "GetQueryExecution"));
    std::thread::sleep(std::time::Duration::from_millis(500));
    // SAFETY: a signal to a process that this test has started.
    unsafe { libc::kill(i32::try_from(asking.id()).unwrap(), libc::SIGINT) };
    asking.wait().unwrap();
    let calls = called_since(&cloud, before);
    assert!(calls.iter().any(|call| call.caller.kind == "athena"), "Athena's own calls are recorded");
    assert_eq!(lacking_of(&calls, &pipeline, Who::Analyst), BTreeSet::new());
    assert_eq!(unused_of(&calls, &pipeline), BTreeSet::new());
}
