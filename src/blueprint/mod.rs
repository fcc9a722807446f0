//! From a configuration to CloudFormation templates. Pure: the same configuration and facts give the same bytes.

pub mod actions;
pub mod collector;
mod dashboard;
mod lake;
mod limits;
pub mod names;
mod notices;
pub mod pipeline;
pub mod policies;
pub mod queries;
pub mod quicksight;
pub mod reasons;
pub mod roles;
mod tables;
mod template;

use std::collections::BTreeMap;

pub use limits::limits;
pub use names::Names;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Result;
use crate::config::cloud::Cloud;
use crate::logs::table::Table;
use crate::query::OwnQuery;

/// The tables that are deployed.
pub const TABLES: [&str; 2] = [Table::AccessLogs.name(), Table::CloudTrail.name()];

/// What the keys of joined files begin with; they belong to a table and lie outside of its own place.
pub const JOINED: [&str; 2] = [Table::AccessLogs.joined(), Table::CloudTrail.joined()];

/// The value of `job.schedule` that means: never by itself.
pub const BY_HAND: &str = "none";

/// The namespace of the pipeline's metrics.
pub fn metric_namespace(cloud: &Cloud) -> String {
    format!("bucketscope/{}", cloud.name)
}

/// What kind of stack this is; stacks are deployed in this order and deleted in the opposite one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackKind {
    /// The bucket of binaries and scripts of a Region.
    Assets,
    /// The log bucket of a Region and the deliveries into it.
    Collector,
    /// Lake, job, catalogue, workgroup.
    Lake,
    /// The dashboard in QuickSight, where it is wanted.
    Dashboards,
}

/// A stack as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackSpec {
    /// Its kind.
    pub kind: StackKind,
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub region: String,
    /// The template, JSON, keys in a fixed order.
    pub template: String,
    /// Values of the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// Tags of the stack, which CloudFormation hands on to its resources.
    pub tags: BTreeMap<String, String>,
}

/// A file that a job or a function needs: uploaded to the assets bucket of its Region under its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// SHA-256 of the content, 64 hexadecimal digits.
    pub sha256: String,
    /// The name behind the hash: `worker`, `launcher.py`, `bootstrap.zip`.
    pub file: String,
}

impl Asset {
    /// Its key in an assets bucket.
    pub fn key(&self) -> String {
        format!("{}/{}", self.sha256, self.file)
    }
}

/// The assets that templates name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assets {
    /// The worker's binary (`bucketscope-worker`), in the home Region.
    pub worker: Asset,
    /// The script of the Python shell job that verifies and launches the worker, in the home Region.
    pub launcher: Asset,
    /// The zip file of the Lambda functions (`bootstrap`), in each Region used.
    pub functions: Asset,
}

/// What is known beside the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The AWS partition: `aws`, `aws-cn`, …
    pub partition: String,
    /// The assets.
    pub assets: Assets,
    /// The project's own queries, which are deployed like the others.
    #[serde(default)]
    pub own_queries: Vec<OwnQuery>,
}

/// Renders every stack of a pipeline, in the order in which they are deployed.
///
/// # Errors
/// None that a configuration which was read could cause; `limits` says what is too large.
pub fn render(cloud: &Cloud, facts: &Facts) -> Result<Vec<StackSpec>> {
    let mut specs = Vec::new();
    for region in cloud.regions() {
        specs.push(assets(cloud, facts, &region)?);
    }
    for region in collector::regions(cloud) {
        for part in collector::parts(cloud, &region) {
            specs.push(collector::render(cloud, facts, &part)?);
        }
    }
    specs.push(lake::render(cloud, facts)?);
    specs.extend(quicksight::render(cloud, facts)?);
    Ok(specs)
}

fn assets(cloud: &Cloud, facts: &Facts, region: &str) -> Result<StackSpec> {
    let names = Names::of(cloud);
    let tags = stack_tags(cloud);
    let values = json!({ "pipeline": cloud.name, "region": region, "assets_bucket": names.assets_bucket(region),
    });
    Ok(StackSpec {
        kind: StackKind::Assets,
        name: names.assets_stack(),
        region: region.to_owned(),
        template: template::render("assets.yaml", &facts.partition, &tags, values)?,
        parameters: BTreeMap::new(),
        tags,
    })
}

/// The tags of everything: the user's, and ours, which none of theirs can replace.
fn stack_tags(cloud: &Cloud) -> BTreeMap<String, String> {
    let mut tags = cloud.aws.tags.clone();
    tags.insert(names::TAG.to_owned(), cloud.name.clone());
    tags
}

/// A logical name for a thing of which there may be many: letters and digits of its own name, so that people recognise it,
/// and some of its hash, so that no two are alike.
fn logical_id(kind: &str, of: &str) -> String {
    let readable: String = of
        .split(|c: char| !c.is_ascii_alphanumeric())
        .flat_map(|word| word.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }))
        .take(40)
        .collect();
    let hash = Sha256::digest(of.as_bytes());
    let hash: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}{readable}{hash}")
}
