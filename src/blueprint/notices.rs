//! Who is told of what: rules for events, and alarms.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{BY_HAND, Names, metric_namespace};
use crate::config::cloud::{CatalogueMode, Cloud};
use crate::pipeline::{LAG_METRIC, RECORDS_METRIC, REJECTED_METRIC};

/// A rule that sends events to the topic.
#[derive(Debug, Serialize)]
pub(super) struct Rule {
    id: &'static str,
    name: String,
    description: &'static str,
    pattern: Json,
    /// Name → path in the event.
    paths: BTreeMap<&'static str, &'static str>,
    /// JSON strings, a line each, with `<name>` for what `paths` found.
    text: String,
}

/// An alarm.
#[derive(Debug, Serialize)]
pub(super) struct Alarm {
    id: &'static str,
    name: String,
    description: String,
    watches: Watched,
    threshold: u32,
    comparison: &'static str,
    missing: &'static str,
}

impl Alarm {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// What an alarm looks at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Watched {
    /// One metric.
    Metric { namespace: String, metric: &'static str, dimensions: Json, statistic: &'static str, period_seconds: u32 },
    /// What is worked out of several, as `Metrics` of a template has it.
    Math(Json),
}

/// A day, in seconds.
const DAY: u32 = 86_400;

/// The rule whose events are failed runs; its metric counts them.
pub(super) fn failed_runs(names: &Names) -> String {
    format!("{}-failed-runs", names.stem())
}

/// The rules. Event forms: Glue developer guide, "Monitoring with Amazon EventBridge"; Athena user guide, "Monitor Athena
/// query events with EventBridge".
pub(super) fn rules(cloud: &Cloud) -> Vec<Rule> {
    let names = Names::of(cloud);
    let mut rules = vec![Rule {
        id: "FailedRuns",
        name: failed_runs(&names),
        description: "Runs of the job that failed, were stopped or took too long",
        pattern: json!({
            "source": ["aws.glue"],
            "detail-type": ["Glue Job State Change"],
            "detail": { "jobName": names.jobs().iter().map(|job| job.name.as_str()).collect::<Vec<_>>(), "state": ["FAILED", "STOPPED", "TIMEOUT"] },
        }),
        paths: BTreeMap::from([
            ("job", "$.detail.jobName"),
            ("message", "$.detail.message"),
            ("run", "$.detail.jobRunId"),
            ("state", "$.detail.state"),
            ("time", "$.time"),
        ]),
        text: lines(&[
            "The run <run> of <job> ended at <time> as <state>.".to_owned(),
            "Glue says: <message>".to_owned(),
            format!("Look at it with: bucketscope status  (pipeline {})", cloud.name),
        ]),
    }];
    if cloud.catalogue.mode != CatalogueMode::Projection {
        rules.push(failed_crawls(cloud));
    }
    rules.push(queries(cloud));
    rules
}

fn failed_crawls(cloud: &Cloud) -> Rule {
    let names = Names::of(cloud);
    Rule {
        id: "FailedCrawls",
        name: format!("{}-failed-crawls", names.stem()),
        description: "Crawls that failed",
        pattern: json!({
            "source": ["aws.glue"],
            "detail-type": ["Glue Crawler State Change"],
            "detail": { "crawlerName": [names.crawler()], "state": ["Failed"] },
        }),
        paths: BTreeMap::from([
            ("crawler", "$.detail.crawlerName"),
            ("message", "$.detail.errorMessage"),
            ("time", "$.time"),
        ]),
        text: lines(&[
            "The crawler <crawler> failed at <time>.".to_owned(),
            "Glue says: <message>".to_owned(),
            format!("Look at it with: bucketscope status  (pipeline {})", cloud.name),
        ]),
    }
}

fn queries(cloud: &Cloud) -> Rule {
    let names = Names::of(cloud);
    let mut states = vec!["FAILED"];
    if cloud.notify.finished_queries {
        states.extend(["CANCELLED", "SUCCEEDED"]);
    }
    Rule {
        id: "Queries",
        name: format!("{}-queries", names.stem()),
        description: "Queries of the workgroup that failed, or ended",
        pattern: json!({
            "source": ["aws.athena"],
            "detail-type": ["Athena Query State Change"],
            "detail": { "workgroupName": [names.workgroup()], "currentState": states },
        }),
        paths: BTreeMap::from([
            ("query", "$.detail.queryExecutionId"),
            ("state", "$.detail.currentState"),
            ("time", "$.time"),
            ("workgroup", "$.detail.workgroupName"),
        ]),
        text: lines(&[
            "The query <query> of the workgroup <workgroup> ended at <time> as <state>.".to_owned(),
            "See it with: aws athena get-query-execution --query-execution-id <query>".to_owned(),
        ]),
    }
}

/// An input template of text: each line a JSON string (EventBridge user guide, "Input transformation").
fn lines(lines: &[String]) -> String {
    let quoted: Vec<String> = lines.iter().map(|line| json!(line).to_string()).collect();
    quoted.join("\n")
}

/// The alarms.
pub(super) fn alarms(cloud: &Cloud) -> Vec<Alarm> {
    vec![lag(cloud), rejects(cloud), failures(cloud)]
}

fn lag(cloud: &Cloud) -> Alarm {
    Alarm {
        id: "LagAlarm",
        name: format!("{}-lag", Names::of(cloud).stem()),
        description: format!(
            "The newest record of the lake is older than {} hours, or the job has not said for a day how old it is",
            cloud.notify.lag_hours
        ),
        watches: Watched::Metric {
            namespace: metric_namespace(cloud),
            metric: LAG_METRIC,
            dimensions: json!([]),
            statistic: "Minimum",
            period_seconds: DAY,
        },
        threshold: cloud.notify.lag_hours,
        comparison: "GreaterThanThreshold",
        // A job that is started by hand may rest for as long as it likes.
        missing: if cloud.job.schedule == BY_HAND { "notBreaching" } else { "breaching" },
    }
}

/// A share and not a number: a line in a thousand is as bad for a large pipeline as for a small one. A day without lines gives
/// no value (CloudWatch user guide, "Using metric math": what is divided by zero is left out).
fn rejects(cloud: &Cloud) -> Alarm {
    let sum = |id: &str, metric: &str| {
        json!({
            "Id": id,
            "MetricStat": {
                "Metric": { "Namespace": metric_namespace(cloud), "MetricName": metric },
                "Period": DAY,
                "Stat": "Sum",
            },
            "ReturnData": false,
        })
    };
    Alarm {
        id: "RejectsAlarm",
        name: format!("{}-rejects", Names::of(cloud).stem()),
        description: format!("More than {} % of a day's lines are no records", cloud.notify.rejected_percent),
        watches: Watched::Math(json!([
            {
                "Id": "share",
                "Expression": "100 * rejected / (records + rejected)",
                "Label": "Rejected lines, percent",
                "ReturnData": true,
            },
            sum("rejected", REJECTED_METRIC),
            sum("records", RECORDS_METRIC),
        ])),
        threshold: cloud.notify.rejected_percent,
        comparison: "GreaterThanThreshold",
        missing: "notBreaching",
    }
}

fn failures(cloud: &Cloud) -> Alarm {
    let names = Names::of(cloud);
    Alarm {
        id: "FailureAlarm",
        name: format!("{}-failures", names.stem()),
        description: "Three runs of the job failed within six hours".to_owned(),
        watches: Watched::Metric {
            namespace: "AWS/Events".to_owned(),
            metric: "TriggeredRules",
            dimensions: json!([{ "Name": "RuleName", "Value": failed_runs(&names) }]),
            statistic: "Sum",
            period_seconds: 21_600,
        },
        threshold: 3,
        comparison: "GreaterThanOrEqualToThreshold",
        missing: "notBreaching",
    }
}
