//! What there is of a pipeline: stacks, buckets, what is at work.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::aws::buckets::Held;
use crate::aws::hands::Hands;
use crate::aws::stacks::{Stack, StackResource, StackStatus};
use crate::blueprint::StackKind;
use crate::blueprint::names::{Names, TAG};
use crate::config::cloud::{Cloud, is_region};
use crate::stack::site::{Site, all_at_once};
use crate::{Error, Result};

/// The type of the custom resource that switches logging on.
pub const BUCKET_LOGGING: &str = "Custom::BucketLogging";

/// A stack of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundStack {
    /// What it is for.
    pub kind: StackKind,
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub region: String,
    /// Its status.
    pub status: String,
    /// When it was last changed, milliseconds since the epoch.
    pub changed_ms: Option<i64>,
    /// Its resources.
    pub resources: u64,
    /// Names in AWS of its resources.
    #[serde(skip)]
    pub physical: BTreeSet<String>,
    /// Names in AWS of its tables.
    #[serde(skip)]
    pub tables: BTreeSet<String>,
}

/// A bucket that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The bucket.
    pub bucket: String,
    /// Where it lies.
    pub region: String,
    /// What it holds, in a word: `lake`, `results`, `raw logs`.
    pub what: String,
    /// How much.
    #[serde(flatten)]
    pub held: Held,
}

/// What there is of a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// The stacks, in the order in which they go.
    pub stacks: Vec<FoundStack>,
    /// The buckets with data.
    pub kept: Vec<Kept>,
    /// The buckets of binaries, which go.
    pub assets: Vec<String>,
    /// The buckets that get their earlier logging setting back.
    pub given_back: Vec<String>,
    /// Schedules in force.
    pub schedules: Vec<String>,
    /// Job runs at work.
    pub runs: Vec<String>,
    /// The crawler, if it is at work.
    pub crawler: Option<String>,
}

impl Inventory {
    /// Whether nothing is left but, perhaps, data.
    pub fn is_down(&self) -> bool {
        self.stacks.is_empty() && self.assets.is_empty()
    }
}

/// What all names of the pipeline's buckets begin with.
pub(in crate::stack) fn stem(cloud: &Cloud) -> String {
    format!("{}-", Names::of(cloud).stem())
}

/// The Regions in the names of this pipeline's buckets.
pub(in crate::stack) fn regions_of_buckets(cloud: &Cloud, buckets: &[String]) -> BTreeSet<String> {
    let end = format!("-{}", cloud.aws.suffix);
    let starts = ["assets", "logs"].map(|what| format!("{}{what}-", stem(cloud)));
    buckets
        .iter()
        .filter_map(|bucket| {
            let region = starts.iter().find_map(|start| bucket.strip_prefix(start.as_str()))?.strip_suffix(&end)?;
            is_region(region).then(|| region.to_owned())
        })
        .collect()
}

/// What a stack of this name is for; `None` where the pipeline has no such stack.
pub(super) fn kind_of(cloud: &Cloud, stack: &str) -> Option<StackKind> {
    let names = Names::of(cloud);
    let collector = names.collector_stack(1);
    let part = |rest: &str| rest.parse::<usize>().is_ok_and(|part| part >= 2 && names.collector_stack(part) == stack);
    match stack {
        stack if stack == names.lake_stack() => Some(StackKind::Lake),
        stack if stack == names.dashboards_stack() => Some(StackKind::Dashboards),
        stack if stack == names.assets_stack() => Some(StackKind::Assets),
        stack if stack == collector => Some(StackKind::Collector),
        stack if stack.strip_prefix(&format!("{collector}-")).is_some_and(part) => Some(StackKind::Collector),
        _ => None,
    }
}

/// Looks.
///
/// # Errors
/// If AWS cannot be asked, or a stack of our name is somebody else's.
pub fn inventory(site: &Site<'_>) -> Result<Inventory> {
    let cloud = site.cloud;
    let names = Names::of(cloud);
    let mut found = Inventory::default();
    for (stacks, given_back, assets) in site.everywhere(|hands| everything(cloud, hands))? {
        found.stacks.extend(stacks);
        found.given_back.extend(given_back);
        found.assets.extend(assets);
    }
    sort(&mut found.stacks);
    found.given_back.sort_unstable();
    found.kept = kept(site)?;
    let home = &site.home;
    for name in home.schedules.names(&names.schedule_group())? {
        if home.schedules.find(&names.schedule_group(), &name)?.is_some_and(|schedule| schedule.enabled) {
            found.schedules.push(name);
        }
    }
    for job in names.jobs() {
        let runs = home.jobs.runs(&job.name, super::stop::RUNS_LOOKED_AT)?;
        found.runs.extend(runs.into_iter().filter(|run| run.is_active()).map(|run| run.id));
    }
    found.crawler =
        home.crawlers.find(&names.crawler())?.filter(|crawler| crawler.state != "READY").map(|_| names.crawler());
    Ok(found)
}

/// The stacks of the pipeline, in the order in which they would go. They are asked for by name: that needs no permission to
/// see the stacks of others.
///
/// # Errors
/// If AWS cannot be asked, or a stack of our name is somebody else's.
pub fn found_stacks(site: &Site<'_>) -> Result<Vec<FoundStack>> {
    let found = site.everywhere(|hands| {
        let named = by_name(site.cloud, hands)?;
        named.into_iter().map(|(kind, stack)| Ok(described(site.cloud, hands, kind, stack)?.0)).collect()
    })?;
    let mut stacks: Vec<FoundStack> = found.into_iter().flat_map(|found: Vec<FoundStack>| found).collect();
    sort(&mut stacks);
    Ok(stacks)
}

fn by_name(cloud: &Cloud, hands: &Hands) -> Result<Vec<(StackKind, Stack)>> {
    let names = Names::of(cloud);
    let mut all = Vec::new();
    let mut add = |kind, name: &str| -> Result<bool> {
        let found = hands.stacks.find(name)?;
        let there = found.is_some();
        all.extend(found.map(|stack| (kind, stack)));
        Ok(there)
    };
    add(StackKind::Assets, &names.assets_stack())?;
    if hands.region == cloud.aws.region {
        add(StackKind::Lake, &names.lake_stack())?;
        add(StackKind::Dashboards, &names.dashboards_stack())?;
    }
    let mut part = 1;
    while add(StackKind::Collector, &names.collector_stack(part))? {
        part += 1;
    }
    Ok(all)
}

fn sort(stacks: &mut [FoundStack]) {
    stacks.sort_by(|a, b| b.kind.cmp(&a.kind).then(a.region.cmp(&b.region)).then(a.name.cmp(&b.name)));
}

type InRegion = (Vec<FoundStack>, Vec<String>, Option<String>);

/// Everything of a Region, listed: of several collectors, one in the middle may be gone already.
fn everything(cloud: &Cloud, hands: &Hands) -> Result<InRegion> {
    let (mut stacks, mut given_back) = (Vec::new(), Vec::new());
    for stack in hands.stacks.list()? {
        let Some(kind) = kind_of(cloud, &stack.name) else { continue };
        let now = stack.clone();
        let (found, parts) = described(cloud, hands, kind, stack)?;
        given_back.extend(logged_buckets(hands, &now, &parts));
        stacks.push(found);
    }
    let assets = Names::of(cloud).assets_bucket(&hands.region);
    let assets = if hands.buckets.exists(&assets)? { Some(assets) } else { None };
    Ok((stacks, given_back, assets))
}

fn described(cloud: &Cloud, hands: &Hands, kind: StackKind, stack: Stack) -> Result<(FoundStack, Vec<StackResource>)> {
    check_ours(cloud, &stack, &hands.region)?;
    let parts = hands.stacks.resources(&stack.name)?;
    let there = |part: &&StackResource| !part.physical_id.is_empty() && part.status != "DELETE_COMPLETE";
    let tables = parts.iter().filter(|part| part.resource_type == "AWS::Glue::Table");
    let found = FoundStack {
        kind,
        name: stack.name,
        region: hands.region.clone(),
        status: stack.status.as_str().to_owned(),
        changed_ms: stack.changed_ms,
        resources: parts.iter().filter(there).count() as u64,
        physical: parts.iter().filter(there).map(|part| part.physical_id.clone()).collect(),
        tables: tables.map(|part| part.physical_id.clone()).collect(),
    };
    Ok((found, parts))
}

/// A stack that was never made has no tags yet; any other of our name must carry ours.
fn check_ours(cloud: &Cloud, stack: &Stack, region: &str) -> Result<()> {
    if stack.status == StackStatus::ReviewInProgress || stack.tags.get(TAG) == Some(&cloud.name) {
        return Ok(());
    }
    Err(Error::failed(format!("the stack {} in {region} is not this pipeline's", stack.name))
        .because(format!("it does not carry the tag {TAG}={}", cloud.name))
        .hint("choose another name for the pipeline, or tag the stack if it is this pipeline's after all"))
}

/// The buckets whose logging a stack has switched on: the template says them. One that cannot be read costs no more than
/// their names in a list.
fn logged_buckets(hands: &Hands, stack: &Stack, parts: &[StackResource]) -> Vec<String> {
    if !parts.iter().any(|part| part.resource_type == BUCKET_LOGGING && part.status != "DELETE_COMPLETE") {
        return Vec::new();
    }
    let Ok(template) = hands.stacks.template(&stack.name) else { return Vec::new() };
    let template: serde_json::Value = serde_json::from_str(&template).unwrap_or_default();
    let resources = template.get("Resources").and_then(|resources| resources.as_object());
    resources
        .into_iter()
        .flatten()
        .filter(|(_, resource)| resource.get("Type").and_then(|kind| kind.as_str()) == Some(BUCKET_LOGGING))
        .filter_map(|(_, resource)| resource.pointer("/Properties/Bucket")?.as_str().map(str::to_owned))
        .collect()
}

/// The buckets of this pipeline that hold data and are there, with what they hold.
///
/// # Errors
/// If they cannot be listed.
pub fn kept(site: &Site<'_>) -> Result<Vec<Kept>> {
    let names = Names::of(site.cloud);
    let home = &site.home;
    let mut candidates =
        vec![(home, names.lake_bucket(), "lake"), (home, names.results_bucket(), "results of queries")];
    candidates.extend(site.hands.iter().map(|hands| (hands, names.logs_bucket(&hands.region), "raw logs")));
    let found = all_at_once(&candidates, |(hands, bucket, what)| {
        if !hands.buckets.exists(bucket)? {
            return Ok(None);
        }
        let held = hands.buckets.held(bucket)?;
        Ok(Some(Kept { bucket: bucket.clone(), region: hands.region.clone(), what: (*what).to_owned(), held }))
    })?;
    Ok(found.into_iter().flatten().collect())
}
