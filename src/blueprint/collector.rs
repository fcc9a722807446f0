//! The collectors: of each source Region the log bucket, and the deliveries into it, in as many stacks as their roles need.

use serde::Serialize;
use serde_json::json;

use super::{Facts, Names, StackKind, StackSpec, logical_id, roles, stack_tags, template};
use crate::Result;
use crate::config::cloud::Cloud;

/// What keys of delivered logs begin with; what expires.
pub const RAW_PREFIX: &str = "logs/";

/// Where the function keeps the logging settings that it found, in the log bucket: that outlives the stack.
pub const STATE_PREFIX: &str = "state/logging/";

/// How many deliveries a stack holds. A role's inline policies end at 10,240 characters, and an ARN of a bucket has up to 81;
/// the other resources of the stack and the 500 of CloudFormation leave more room than that.
const DELIVERIES_A_STACK: usize = 100;

/// A stack of deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its Region.
    pub region: String,
    /// From 1. The first has the log bucket, too.
    pub number: usize,
    /// The buckets for which logging is switched on.
    pub buckets: Vec<String>,
}

impl Part {
    /// What role, function and log group of this part are called.
    pub fn what(&self) -> String {
        if self.number == 1 { "delivery".to_owned() } else { format!("delivery-{}", self.number) }
    }
}

#[derive(Debug, Serialize)]
struct Delivery {
    id: String,
    bucket: String,
    prefix: String,
}

/// The Regions in which logging is switched on for some bucket, the pipeline's own first.
pub fn regions(cloud: &Cloud) -> Vec<String> {
    cloud.regions().into_iter().filter(|region| !log_buckets(cloud, region).is_empty()).collect()
}

/// The buckets of a Region for which logging is switched on, in the order of the configuration.
fn log_buckets(cloud: &Cloud, region: &str) -> Vec<String> {
    let sources = cloud.sources.iter().filter(|source| source.region(cloud) == region);
    sources.flat_map(|source| source.log_buckets.iter().cloned()).collect()
}

/// The stacks of a Region.
pub(super) fn parts(cloud: &Cloud, region: &str) -> Vec<Part> {
    let buckets = log_buckets(cloud, region);
    let numbered = buckets.chunks(DELIVERIES_A_STACK).zip(1..);
    let part =
        |(buckets, number): (&[String], usize)| Part { region: region.to_owned(), number, buckets: buckets.to_vec() };
    numbered.map(part).collect()
}

/// Renders a stack.
pub(super) fn render(cloud: &Cloud, facts: &Facts, part: &Part) -> Result<StackSpec> {
    let names = Names::of(cloud);
    let region = part.region.as_str();
    let tags = stack_tags(cloud);
    let arn = |bucket: &String| format!("arn:{}:s3:::{bucket}", facts.partition);
    let deliveries: Vec<Delivery> = part
        .buckets
        .iter()
        .map(|bucket| Delivery {
            id: logical_id("Logging", bucket),
            bucket: bucket.clone(),
            prefix: names.delivery_prefix(bucket),
        })
        .collect();
    let values = json!({
        "pipeline": cloud.name,
        "account": cloud.aws.account_id,
        "partition": facts.partition,
        "region": region,
        "part": part.number,
        "log_bucket": names.logs_bucket(region),
        "raw_prefix": RAW_PREFIX,
        "raw_days": cloud.keep.raw_days,
        "state_prefix": STATE_PREFIX,
        "all_bucket_arns": log_buckets(cloud, region).iter().map(arn).collect::<Vec<_>>(),
        "role_path": cloud.aws.role_path,
        "permissions_boundary": cloud.aws.permissions_boundary,
        "roles": [roles::delivery(cloud, facts, part).printed()],
        "log_group": names.log_group(&part.what()),
        "log_days": cloud.job.log_days,
        "function": names.function(&part.what()),
        "assets_bucket": names.assets_bucket(region),
        "function_key": facts.assets.functions.key(),
        "deliveries": deliveries,
    });
    Ok(StackSpec {
        kind: StackKind::Collector,
        name: names.collector_stack(part.number),
        region: region.to_owned(),
        template: template::render("collector.yaml", &facts.partition, &tags, values)?,
        parameters: Default::default(),
        tags,
    })
}
