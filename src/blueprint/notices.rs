//! Who is told of what: rules for events, the function that puts them into words, alarms, and what becomes of that which cannot be
//! delivered.

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::reports::{self, REPORTS};
use super::roles::Arns;
use super::{BY_HAND, Facts, Names, metric_namespace, pipeline};
use crate::config::cloud::{CatalogueMode, Cloud};
use crate::notice::message::shortened;
use crate::notice::setup::{FAILURES, LAG, REJECTS};
use crate::notice::{self, Setup};
use crate::pipeline::{LAG_METRIC, RECORDS_METRIC, REJECTED_METRIC, Source};
use crate::{Error, Result, cost};

/// A rule that calls the function that sends notices.
#[derive(Debug, Serialize)]
struct Rule {
    id: &'static str,
    name: String,
    arn: String,
    description: &'static str,
    pattern: Json,
}

/// A function.
#[derive(Debug, Serialize)]
struct Function {
    /// What the ids of all that belongs to it begin with.
    id: &'static str,
    name: String,
    description: &'static str,
    handler: &'static str,
    role: &'static str,
    log_group: String,
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
    /// Whether it publishes to the topic itself; of the others the function tells.
    straight: bool,
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

/// What function, role and log group of the notices are called.
pub(super) const NOTICES: &str = "notices";

/// A day, in seconds.
const DAY: u32 = 86_400;

/// So many places of logs are named in a notice.
const PLACES: usize = 8;

/// With so many characters of each.
const PLACE: usize = 160;

/// All that the blueprint prints of notices.
pub(super) fn notices(cloud: &Cloud, facts: &Facts) -> Result<Json> {
    let names = Names::of(cloud);
    let arns = Arns { cloud, facts };
    let rules = rules(cloud, arns);
    let alarms = alarms(cloud);
    let setup = serde_json::to_string(&setup(cloud, arns))
        .map_err(|error| Error::failed("what functions must know cannot be written as JSON").because(error))?;
    let straight = alarms.iter().filter(|alarm| alarm.straight);
    Ok(json!({
        "queue": names.queue(),
        "queue_arn": arns.home("sqs", &names.queue()),
        "rule_arns": rules.iter().map(|rule| rule.arn.clone()).collect::<Vec<_>>(),
        "alarm_arns": straight.map(|alarm| arns.home("cloudwatch", &format!("alarm:{}", alarm.name))).collect::<Vec<_>>(),
        "log_days": cloud.job.log_days,
        "assets_bucket": names.assets_bucket(&cloud.aws.region),
        "function_key": facts.assets.functions.key(),
        "setup": setup,
        "functions": functions(cloud),
        "reports": reports::schedules(cloud, facts)?,
        "rules": rules,
        "alarms": alarms,
    }))
}

fn functions(cloud: &Cloud) -> Vec<Function> {
    let names = Names::of(cloud);
    let function = |id, what, description, handler, role| Function {
        id,
        name: names.function(what),
        description,
        handler,
        role,
        log_group: names.log_group(what),
    };
    let told = "Tells the topic what happened in words for people";
    let mut all = vec![function("Notices", NOTICES, told, notice::NOTIFY, "NoticesRole")];
    if !cloud.reports.is_empty() {
        all.push(function("Reports", REPORTS, "Asks what reports want to know", notice::REPORT, "ReportsRole"));
    }
    all
}

/// What the functions must know.
fn setup(cloud: &Cloud, arns: Arns) -> Setup {
    let names = Names::of(cloud);
    let pipeline = pipeline::of(cloud);
    let places = || pipeline.sources.iter().chain(&pipeline.trails);
    let place = |source: &Source| shortened(&format!("s3://{}/{}", source.place.bucket, source.place.prefix), PLACE);
    Setup {
        pipeline: cloud.name.clone(),
        region: cloud.aws.region.clone(),
        partition: arns.facts.partition.clone(),
        topic: arns.home("sns", &names.topic()),
        workgroup: names.workgroup(),
        database: names.database(),
        lake: names.lake_bucket(),
        reads: places().take(PLACES).map(place).collect(),
        reads_more: places().count().saturating_sub(PLACES),
        alarms: names.alarms(),
        lag_hours: cloud.notify.lag_hours,
        rejected_percent: cloud.notify.rejected_percent,
        timeout_minutes: cloud.job.timeout_minutes,
        started_queries: cloud.notify.started_queries,
        finished_queries: cloud.notify.finished_queries,
        micro_usd_a_terabyte: cost::micro_usd_a_terabyte(),
    }
}

/// The rule whose events are failed runs; its metric counts them.
pub(super) fn failed_runs(names: &Names) -> String {
    format!("{}-failed-runs", names.stem())
}

/// The rules. Event forms: `notice::event`.
fn rules(cloud: &Cloud, arns: Arns) -> Vec<Rule> {
    let names = Names::of(cloud);
    let rule = |id, name: String, description, pattern| Rule {
        id,
        arn: arns.home("events", &format!("rule/{name}")),
        name,
        description,
        pattern,
    };
    let jobs: Vec<String> = names.jobs().into_iter().map(|job| job.name).collect();
    let mut rules = vec![rule(
        "FailedRuns",
        failed_runs(&names),
        "Runs of the job that failed, were stopped or took too long",
        json!({
            "source": ["aws.glue"],
            "detail-type": ["Glue Job State Change"],
            "detail": { "jobName": jobs, "state": ["FAILED", "STOPPED", "TIMEOUT"] },
        }),
    )];
    if cloud.catalogue.mode != CatalogueMode::Projection {
        rules.push(rule(
            "FailedCrawls",
            format!("{}-failed-crawls", names.stem()),
            "Crawls that failed",
            json!({
                "source": ["aws.glue"],
                "detail-type": ["Glue Crawler State Change"],
                "detail": { "crawlerName": [names.crawler()], "state": ["Failed"] },
            }),
        ));
    }
    rules.push(rule(
        "Queries",
        format!("{}-queries", names.stem()),
        "Queries of the workgroup that failed, or ended",
        json!({
            "source": ["aws.athena"],
            "detail-type": ["Athena Query State Change"],
            "detail": { "workgroupName": [names.workgroup()], "currentState": states(cloud) },
        }),
    ));
    // An alarm that publishes by itself is told once.
    let told: Vec<String> = alarms(cloud).into_iter().filter(|it| !it.straight).map(|it| it.name).collect();
    rules.push(rule(
        "Alarms",
        format!("{}-alarms", names.stem()),
        "Alarms, and their ends",
        json!({
            "source": ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            "detail": { "alarmName": told, "state": { "value": ["ALARM", "OK"] } },
        }),
    ));
    rules
}

/// The states of queries that are told of.
fn states(cloud: &Cloud) -> Vec<&'static str> {
    let mut states = vec!["FAILED"];
    // How reports end is told always.
    if cloud.notify.finished_queries || !cloud.reports.is_empty() {
        states.extend(["CANCELLED", "SUCCEEDED"]);
    }
    if cloud.notify.started_queries {
        states.push("RUNNING");
    }
    states
}

/// The alarms.
pub(super) fn alarms(cloud: &Cloud) -> Vec<Alarm> {
    vec![lag(cloud), rejects(cloud), failures(cloud), undelivered(cloud)]
}

fn lag(cloud: &Cloud) -> Alarm {
    Alarm {
        id: "LagAlarm",
        name: alarm(cloud, LAG),
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
        straight: false,
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
        name: alarm(cloud, REJECTS),
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
        straight: false,
    }
}

fn failures(cloud: &Cloud) -> Alarm {
    let names = Names::of(cloud);
    Alarm {
        id: "FailureAlarm",
        name: alarm(cloud, FAILURES),
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
        straight: false,
    }
}

/// What the functions could not tell: messages in the queue, and messages that did not even get there. Of this CloudWatch tells the
/// topic itself.
fn undelivered(cloud: &Cloud) -> Alarm {
    let names = Names::of(cloud);
    let metric = |id: &str, namespace: &str, metric: &str, dimension: &str, value: String, stat: &str| {
        json!({
            "Id": id,
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": metric,
                    "Dimensions": [{ "Name": dimension, "Value": value }],
                },
                "Period": 300,
                "Stat": stat,
            },
            "ReturnData": false,
        })
    };
    let lost = |(at, function): (usize, Function)| {
        metric(&format!("lost{at}"), "AWS/Lambda", "DeadLetterErrors", "FunctionName", function.name, "Sum")
    };
    let mut metrics: Vec<Json> = functions(cloud).into_iter().enumerate().map(lost).collect();
    let lost: String = (0..metrics.len()).map(|at| format!(" + FILL(lost{at}, 0)")).collect();
    metrics.push(metric(
        "waiting",
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "QueueName",
        names.queue(),
        "Maximum",
    ));
    metrics.insert(
        0,
        json!({
            "Id": "undelivered",
            "Expression": format!("FILL(waiting, 0){lost}"),
            "Label": "Messages that were not delivered",
            "ReturnData": true,
        }),
    );
    Alarm {
        id: "UndeliveredAlarm",
        name: alarm(cloud, "undelivered"),
        description: format!(
            "Notices could not be sent, or a report could not be started: the queue {} holds what it was about. The functions' logs \
             tell why: log groups {} and following. bucketscope drift tells what was changed.",
            names.queue(),
            names.log_group(NOTICES),
        ),
        watches: Watched::Math(json!(metrics)),
        threshold: 0,
        comparison: "GreaterThanThreshold",
        missing: "notBreaching",
        straight: true,
    }
}

/// The name of an alarm.
fn alarm(cloud: &Cloud, what: &str) -> String {
    format!("{}{what}", Names::of(cloud).alarms())
}
