//! The pipeline's health on one page of CloudWatch's console. Form: CloudWatch API reference, "Dashboard body structure and
//! syntax".

use serde_json::{Value as Json, json};

use super::{Names, metric_namespace, notices};
use crate::config::cloud::Cloud;
use crate::cost;
use crate::pipeline::{
    BYTES_METRIC, COST_METRIC, GAPS_METRIC, LAG_METRIC, RECORDS_METRIC, REJECTED_METRIC, SECONDS_METRIC,
};

const HOUR: u32 = 3_600;
const DAY: u32 = 86_400;
/// A dashboard is 24 columns wide; three widgets stand side by side.
const WIDE: u32 = 8;
const HIGH: u32 = 6;

/// The body, as a text: in a template it is one.
pub(super) fn body(cloud: &Cloud, partition: &str) -> String {
    let names = Names::of(cloud);
    let rows = [
        [records(cloud), rejects(cloud), lag(cloud)],
        [bytes(cloud), seconds(cloud), failures(cloud, &notices::failed_runs(&names))],
        [gaps(cloud), dollars(cloud, &names.workgroup()), scanned(cloud, &names.workgroup())],
    ];
    let mut widgets = vec![at(0, 0, 24, 2, "text", json!({ "markdown": heading(cloud) }))];
    widgets.push(at(0, 2, 24, 2, "alarm", json!({ "title": "Alarms", "alarms": alarms(cloud, partition) })));
    for (y, row) in (0..).zip(rows) {
        for (x, properties) in (0..).zip(row) {
            widgets.push(at(x * WIDE, 4 + y * HIGH, WIDE, HIGH, "metric", properties));
        }
    }
    json!({ "start": "-P7D", "widgets": widgets }).to_string()
}

fn at(x: u32, y: u32, width: u32, height: u32, kind: &str, properties: Json) -> Json {
    json!({ "type": kind, "x": x, "y": y, "width": width, "height": height, "properties": properties })
}

fn heading(cloud: &Cloud) -> String {
    format!(
        "## bucketscope {}\nThe pipeline of this name in {}. More with `bucketscope status`; what the logs say with `bucketscope report`.",
        cloud.name, cloud.aws.region
    )
}

fn alarms(cloud: &Cloud, partition: &str) -> Vec<String> {
    let arn =
        |name: &str| format!("arn:{partition}:cloudwatch:{}:{}:alarm:{name}", cloud.aws.region, cloud.aws.account_id);
    notices::alarms(cloud).iter().map(|alarm| arn(alarm.name())).collect()
}

fn chart(cloud: &Cloud, title: &str, metrics: Json, stat: &str) -> Json {
    json!({
        "title": title,
        "region": cloud.aws.region,
        "view": "timeSeries",
        "stat": stat,
        "period": HOUR,
        "metrics": metrics,
        "yAxis": { "left": { "min": 0 } },
    })
}

fn own(cloud: &Cloud, title: &str, metric: &str, label: &str, stat: &str) -> Json {
    chart(cloud, title, json!([[metric_namespace(cloud), metric, { "label": label }]]), stat)
}

fn records(cloud: &Cloud) -> Json {
    own(cloud, "Records written an hour", RECORDS_METRIC, "Records", "Sum")
}

fn rejects(cloud: &Cloud) -> Json {
    own(cloud, "Lines that are no records", REJECTED_METRIC, "Rejected lines", "Sum")
}

fn bytes(cloud: &Cloud) -> Json {
    own(cloud, "Bytes of log objects read an hour", BYTES_METRIC, "Bytes", "Sum")
}

fn seconds(cloud: &Cloud) -> Json {
    own(cloud, "The longest run, seconds", SECONDS_METRIC, "Seconds", "Maximum")
}

fn lag(cloud: &Cloud) -> Json {
    let mut chart = own(cloud, "Age of the newest record, hours", LAG_METRIC, "Hours", "Minimum");
    let threshold = json!({ "label": "Notice", "value": cloud.notify.lag_hours });
    chart["annotations"] = json!({ "horizontal": [threshold] });
    chart
}

fn failures(cloud: &Cloud, rule: &str) -> Json {
    let metrics = json!([["AWS/Events", "TriggeredRules", "RuleName", rule, { "label": "Failed runs" }]]);
    chart(cloud, "Runs that failed, were stopped or took too long", metrics, "Sum")
}

fn gaps(cloud: &Cloud) -> Json {
    own(cloud, "Hours without log objects so far", GAPS_METRIC, "Hours", "Maximum")
}

/// By day, as what is spent in an hour is next to nothing. Neither the least that Athena bills for a query nor the time that Glue
/// needs to start a run is in it: `status` has the sums.
fn dollars(cloud: &Cloud, workgroup: &str) -> Json {
    let runs = json!([metric_namespace(cloud), COST_METRIC, { "label": "Runs" }]);
    let bytes_a_dollar = 1_000_000_000_000_000_000 / cost::micro_usd_a_terabyte().max(1);
    let expression = format!("{} / {bytes_a_dollar}", processed(workgroup, DAY));
    let mut chart = chart(
        cloud,
        "About what a day costs, US$",
        json!([runs, [{ "expression": expression, "label": "Queries" }]]),
        "Sum",
    );
    chart["period"] = json!(DAY);
    chart
}

/// Athena's metric has the state and the kind of a query besides its workgroup, so it is searched for (Athena user guide,
/// "Monitor Athena query metrics with CloudWatch").
fn processed(workgroup: &str, seconds: u32) -> String {
    format!(
        "SUM(SEARCH('{{AWS/Athena,QueryState,QueryType,WorkGroup}} MetricName=\"ProcessedBytes\" WorkGroup=\"{workgroup}\"', 'Sum', {seconds}))"
    )
}

fn scanned(cloud: &Cloud, workgroup: &str) -> Json {
    let metrics = json!([[{ "expression": processed(workgroup, HOUR), "label": "Bytes" }]]);
    chart(cloud, "Bytes that queries scanned an hour", metrics, "Sum")
}
