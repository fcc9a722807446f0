//! From an event to a text in a subscriber's queue, through the functions as they are deployed; and what becomes of it where a step
//! of that way is broken.

use aws_sdk_athena::types::QueryExecutionContext;
use serde_json::{Value, json};

use super::cloud::{ACCOUNT, Cloud, LINES, REGION, line_of_now};

const SOURCES: &str = "sources:\n  - id: existing\n    bucket: acme-logs\n    prefix: s3/\n";

const REPORTS: &str = "\
reports:
  - query: access-denied
    name: strangers
    last: 30d
    schedule: cron(0 7 ? * MON *)
    time_zone: Europe/Berlin
    only_findings: true
  - query: own-totals
    last: 30d
    schedule: rate(1 day)
    parameters: {bucket: acme-data}
";

/// A query of the project's own, in which placeholders of EventBridge Scheduler and of templates stand as text.
const OWN: &str = "\
-- id: own-totals
-- title: Totals
-- answers: How many records there are
-- source: s3_access_logs
-- category: traffic
-- parameter: from | timestamp | required | Beginning
-- parameter: to | timestamp | required | End
-- parameter: bucket | string | null | Bucket
-- positions: bucket
-- column: records | bigint | records | How many
-- column: note | varchar | - | A text

SELECT COUNT(*) AS records, '<aws.scheduler.scheduled-time> ${AWS::Region} << x >>' AS note
FROM s3_access_logs WHERE bucket_name = ?
";

/// A message as SNS puts it into a queue.
struct Told {
    subject: String,
    text: String,
    kind: String,
}

/// A deployed pipeline with a queue that has subscribed to its topic.
struct Subscribed {
    cloud: Cloud,
}

impl Subscribed {
    fn new(rest: &str) -> Self {
        let cloud = Cloud::enforcing();
        cloud.make_bucket("acme-logs", REGION);
        cloud.configure(&format!("{SOURCES}{rest}"));
        cloud.run("deploy").ok();
        Self::over(cloud)
    }

    /// Subscribes to the topic of a pipeline that is deployed.
    fn over(cloud: Cloud) -> Self {
        let made = cloud.emulator.control("POST", "/_emulator/queues", &at(json!({ "name": "inbox" })));
        let sns = aws_sdk_sns::Client::new(&cloud.sdk(REGION));
        let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:bucketscope-test-notices");
        let ask = sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(made["arn"].as_str().unwrap());
        cloud.wait(ask.send()).unwrap();
        Self { cloud }
    }

    fn bodies(&self, queue: &str) -> Vec<String> {
        let path = format!("/_emulator/queues?name={queue}&account={ACCOUNT}&region={REGION}");
        let answer = self.cloud.emulator.control("GET", &path, &Value::Null);
        answer["messages"].as_array().unwrap().iter().map(|body| body.as_str().unwrap().to_owned()).collect()
    }

    fn told(&self) -> Vec<Told> {
        let told = |body: String| {
            let message: Value = serde_json::from_str(&body).unwrap();
            let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            Told { subject: text("/Subject"), text: text("/Message"), kind: text("/MessageAttributes/kind/Value") }
        };
        self.bodies("inbox").into_iter().map(told).collect()
    }

    /// Waits for so many messages; no more may come.
    fn after(&self, count: usize) -> Vec<Told> {
        self.cloud.until(&format!("{count} messages"), || self.told().len() >= count);
        std::thread::sleep(std::time::Duration::from_millis(500));
        let told = self.told();
        let subjects: Vec<&str> = told.iter().map(|told| told.subject.as_str()).collect();
        assert_eq!(subjects.len(), count, "{subjects:?}");
        told
    }

    fn undelivered(&self, count: usize) -> Vec<String> {
        self.cloud.until("the queue of what could not be delivered", || {
            self.bodies("bucketscope-test-undelivered").len() >= count
        });
        self.bodies("bucketscope-test-undelivered")
    }

    fn ask(&self, sql: &str) {
        let athena = aws_sdk_athena::Client::new(&self.cloud.sdk(REGION));
        let context = QueryExecutionContext::builder().database("bucketscope_test").build();
        let ask = athena.start_query_execution().work_group("bucketscope-test").query_string(sql);
        self.cloud.wait(ask.query_execution_context(context).send()).unwrap();
    }

    fn alarm(&self, name: &str, state: &str) {
        const SET: &str = "\
import boto3, sys
boto3.client('cloudwatch').set_alarm_state(AlarmName=sys.argv[1], StateValue=sys.argv[2], StateReason='a test says so')
";
        self.python(SET, &[&format!("bucketscope-test-{name}"), state]);
    }

    /// Does what no client of the program can.
    fn python(&self, script: &str, arguments: &[&str]) {
        let mut python = std::process::Command::new(super::emulator::python());
        python.env("AWS_ENDPOINT_URL", self.cloud.emulator.endpoint()).env("AWS_ACCESS_KEY_ID", ACCOUNT);
        python.env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_DEFAULT_REGION", REGION);
        let output = python.args(["-c", script]).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn fire(&self, report: &str) -> Value {
        let order =
            json!({ "group": "bucketscope-test", "name": format!("report-{report}"), "due": "2026-02-07T07:00:00Z" });
        self.cloud.emulator.control("POST", "/_emulator/fire", &at(order))
    }
}

fn at(mut arguments: Value) -> Value {
    arguments["account"] = json!(ACCOUNT);
    arguments["region"] = json!(REGION);
    arguments
}

#[test]
fn what_fails_and_what_stays_away_is_told_in_words() {
    let subscribed = Subscribed::new("notify:\n  finished_queries: true\n  started_queries: true\n");
    // Two events of one query are told by two calls, of which either may be through first.
    let of = |told: &[Told], subject: &str| {
        let found = told.iter().find(|told| told.subject == format!("[bucketscope test] {subject}"));
        found.map(|told| (told.kind.clone(), told.text.clone())).unwrap_or_else(|| panic!("{subject}"))
    };
    subscribed.ask("SELECT nope FROM s3_access_logs");
    let told = subscribed.after(2);
    of(&told, "A query has begun");
    let (kind, text) = of(&told, "A query failed");
    assert_eq!(kind, "failure");
    assert!(text.contains("Console: https://console.aws.amazon.com/athena/home?region=eu-central-1#"), "{text}");

    subscribed.cloud.emulator.control("POST", "/_emulator/athena/takes", &at(json!({ "bytes": 2_000_000_000 })));
    subscribed.ask("SELECT 1");
    let (_, text) = of(&subscribed.after(4), "A query has finished");
    assert!(text.contains("Scanned: 2.0 GB, about $0.01\n"), "{text}");
    assert!(text.contains("Result: s3://bucketscope-test-results-a1b2c3/athena/"), "{text}");

    subscribed.alarm("lag", "ALARM");
    assert!(subscribed.after(5)[4].text.starts_with("No new logs for more than 48 hours"));
    subscribed.alarm("lag", "OK");
    assert_eq!(subscribed.after(6)[5].subject, "[bucketscope test] Logs arrive again");
    assert!(subscribed.bodies("bucketscope-test-undelivered").is_empty());
}

#[test]
fn a_test_goes_the_way_of_all_notices_and_says_to_whom() {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-logs", REGION);
    cloud.configure(&format!("{SOURCES}notify:\n  emails: [ops@example.com]\n"));
    cloud.run("notify test").ended(6);
    cloud.run("deploy").ok();
    let subscribed = Subscribed::over(cloud);
    subscribed
        .cloud
        .run("notify test")
        .ok()
        .prints("to 1 subscriber by")
        .prints("ops@example.com (email): has yet to confirm");
    assert_eq!(subscribed.after(1)[0].subject, "[bucketscope test] Test: notices arrive");
}

#[test]
fn a_run_and_a_crawl_that_fail_are_told() {
    let subscribed = Subscribed::new("");
    subscribed.cloud.emulator.control(
        "POST",
        "/_emulator/deny",
        &json!({ "action": "s3:ListBucket", "caller": "glue job" }),
    );
    subscribed.cloud.run("run");
    let told = subscribed.after(1);
    assert_eq!(told[0].subject, "[bucketscope test] A run failed");
    assert!(told[0].text.contains("Logs from: s3://acme-logs/s3/\n"), "{}", told[0].text);
    subscribed.cloud.emulator.control(
        "POST",
        "/_emulator/deny",
        &json!({ "action": "glue:Get*", "caller": "crawler" }),
    );
    let glue = aws_sdk_glue::Client::new(&subscribed.cloud.sdk(REGION));
    subscribed.cloud.emulator.control("POST", "/_emulator/glue/crawl", &json!({ "seconds": 0.1 }));
    subscribed.cloud.wait(glue.start_crawler().name("bucketscope-test-lake").send()).unwrap();
    assert_eq!(subscribed.after(2)[1].subject, "[bucketscope test] A crawl failed");
}

#[test]
fn reports_are_asked_by_the_clock_and_told_when_they_end() {
    let subscribed = with_reports();
    let cloud = &subscribed.cloud;
    cloud.run("plan --detailed-exitcode").ok();
    cloud.run("drift --detailed-exitcode").ok();
    cloud.put("acme-logs", "s3/2026-02-06-01-30-00-AAAAAAAAAAAAAAAA", &format!("{LINES}{}", line_of_now()));
    cloud.run("run --full").ok();

    assert_eq!(subscribed.fire("strangers")["fired"], true);
    let told = subscribed.after(1);
    assert_eq!(told[0].kind, "finding", "{}", told[0].text);
    assert!(told[0].subject.starts_with("[bucketscope test] FINDING ("), "{}", told[0].subject);
    assert!(told[0].text.contains("Range: 2026-01-08 07:00:00 UTC to 2026-02-07 07:00:00 UTC\n"), "{}", told[0].text);
    assert!(!told[0].text.contains("192.0.2."), "no rows in a mail: {}", told[0].text);

    assert_eq!(subscribed.fire("own-totals")["fired"], true);
    let told = subscribed.after(2);
    assert_eq!(told[1].subject, "[bucketscope test] Report own-totals: 1 row");
    assert!(told[1].text.contains("Bucket: acme-data\n"), "{}", told[1].text);

    let status = cloud.run("status --output json").ok().json();
    let reports = status["reports"].as_array().unwrap_or_else(|| panic!("{status}"));
    let text = |report: &Value, pointer: &str| report.pointer(pointer).and_then(Value::as_str).unwrap_or("").to_owned();
    let seen = |report| ["/name", "/query", "/last", "/schedule/expression", "/asked_state"].map(|at| text(report, at));
    assert_eq!(seen(&reports[0]), ["strangers", "access-denied", "30d", "cron(0 7 ? * MON *)", "succeeded"]);
    assert_eq!(seen(&reports[1]), ["own-totals", "own-totals", "30d", "rate(1 day)", "succeeded"]);
    assert!(reports.iter().all(|report| report["schedule"]["enabled"] == true), "{status:#}");
    let day_later = reports[1]["asked_ms"].as_i64().unwrap() + 86_400_000;
    assert_eq!(reports[1]["schedule"]["next_ms"], day_later, "{status:#}");
    cloud.run("status").ok().prints("strangers: access-denied over 30d, cron(0 7 ? * MON *) Europe/Berlin, ");
    cloud.run("destroy --confirm test").ok();
    cloud.run("destroy --confirm test --purge-data").ok();
    assert!(cloud.emulator.everything("bucketscope").is_empty());
}

#[test]
fn a_report_that_nobody_will_ask_is_a_reason_to_look() {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-logs", REGION);
    cloud.configure(SOURCES);
    cloud.run("deploy").ok();
    let one = REPORTS.split("  - query: own-totals").next().unwrap();
    cloud.configure(&format!("{SOURCES}{one}"));
    cloud.run("status").ended(8).prints("the report strangers has no schedule; deploy makes it");
    cloud.run("deploy").ok();
    cloud.run("status").ok().prints("strangers: access-denied over 30d").prints("not asked this month");
}

fn with_reports() -> Subscribed {
    // The project's own query must be there before the first deployment.
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-logs", REGION);
    cloud.configure(&format!("{SOURCES}{REPORTS}"));
    std::fs::create_dir(cloud.path("queries")).unwrap();
    std::fs::write(cloud.path("queries/own-totals.sql"), OWN).unwrap();
    cloud.run("deploy").ok();
    Subscribed::over(cloud)
}

#[test]
fn what_a_function_cannot_do_reaches_the_topic_by_another_way() {
    let subscribed = with_reports();
    let cloud = &subscribed.cloud;
    let deny = |action: &str| {
        cloud.emulator.control("POST", "/_emulator/deny", &json!({ "action": action, "caller": "lambda" }));
    };
    let allow = || cloud.emulator.control("DELETE", "/_emulator/deny", &Value::Null);

    // Athena does not take the query: the function tells it.
    deny("athena:StartQueryExecution");
    subscribed.fire("strangers");
    let told = subscribed.after(1);
    assert_eq!(told[0].subject, "[bucketscope test] Report strangers could not be started");
    allow();

    // Athena does not tell of a query that failed: it is told without details.
    deny("athena:GetQueryExecution");
    subscribed.ask("SELECT nope FROM s3_access_logs");
    assert!(subscribed.after(2)[1].text.contains("Athena could not be asked"));
    allow();

    // The topic refuses: the event lies in the queue after three tries.
    deny("sns:Publish");
    subscribed.ask("SELECT nope FROM s3_access_logs");
    assert!(subscribed.undelivered(1)[0].contains("Athena Query State Change"));
    allow();

    // The rule may not call the function: the event lies in the queue.
    let lambda = "import boto3\nclient = boto3.client('lambda')\nfor one in __import__('json').loads(client.get_policy(FunctionName=\
                  'bucketscope-test-notices')['Policy'])['Statement']:\n    client.remove_permission(FunctionName=\
                  'bucketscope-test-notices', StatementId=one['Sid'])\n";
    subscribed.python(lambda, &[]);
    subscribed.ask("SELECT nope FROM s3_access_logs");
    assert_eq!(subscribed.undelivered(2).len(), 2);

    // The schedule cannot call its function: the order lies in the queue.
    subscribed
        .python("import boto3\nboto3.client('lambda').delete_function(FunctionName='bucketscope-test-reports')\n", &[]);
    assert_eq!(subscribed.fire("strangers")["kept"], true);
    assert!(subscribed.undelivered(3)[2].contains("strangers"));

    // Of what lies in the queue CloudWatch tells the topic, past the function.
    subscribed.alarm("undelivered", "ALARM");
    let told = subscribed.after(3);
    assert!(told[2].text.contains("bucketscope-test-undelivered"), "{}", told[2].text);
}
