//! What a job in AWS does: a run over buckets, then a word to the catalogue.
//!
//! Calls: those of [`crate::storage::s3`] on the sources (ListObjectsV2, GetObject) and on the lake (also HeadObject,
//! PutObject, DeleteObject), then those of [`crate::catalogue`].

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use crate::aws::Session;
use crate::aws::handover::{StartRun, Wanted};
use crate::aws::partitions::Partitions;
use crate::backlog::{self, Backlog, Patience};
use crate::catalogue::{self, Told};
use crate::error::{Error, ErrorKind, Result};
use crate::etl::clear::GRACE_MS;
use crate::etl::inventory::Inventory;
use crate::etl::status::gap_hours;
use crate::etl::work::LogWorker;
use crate::etl::{
    Cleared, Pipeline, Progress, RunOptions, RunSummary, Settings, SourceStores, Spread, WhenBusy, clear, commit,
    hours, model, name_by_content, run_over, state,
};
use crate::logs::table::Table;
use crate::pipeline::{
    self, BYTES_METRIC, COST_METRIC, GAPS_METRIC, LAG_METRIC, Place, RECORDS_METRIC, REJECTED_METRIC, SECONDS_METRIC,
};
use crate::storage::Store;

mod compact;
pub mod drive;
mod lines;
mod one;

pub use compact::{CompactReport, compact};
pub use lines::Lines;
pub use one::{one_shard, shard};

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The pipeline.
    pub pipeline: &'a pipeline::Pipeline,
    /// Only what may hold records of this half-open range, milliseconds since the epoch.
    pub window: Option<(i64, i64)>,
    /// Whether buckets are listed as a whole.
    pub full: bool,
    /// The manifest.json of an S3 inventory that is read first: `s3://BUCKET/KEY`, or a file.
    pub inventory: Option<&'a str>,
    /// How many shards are worked on at once, if not as many as there are processors.
    pub threads: Option<usize>,
    /// Stored bytes of a shard at most, if not as usual.
    pub shard_bytes: Option<u64>,
    /// Now, milliseconds since the epoch.
    pub now_ms: i64,
    /// Set to interrupt the run.
    pub cancel: &'a AtomicBool,
    /// Who works on the shards, if not the threads of this process.
    pub spread: Option<&'a dyn Spread>,
    /// What the job has of DPUs, for what it costs.
    pub dpus: Option<f64>,
    /// Starts the job that gets what is too much for this one.
    pub jobs: &'a dyn StartRun,
}

impl<'a> Request<'a> {
    /// A run over everything, in this process.
    pub fn new(pipeline: &'a pipeline::Pipeline, now_ms: i64, cancel: &'a AtomicBool, jobs: &'a dyn StartRun) -> Self {
        Self {
            pipeline,
            window: None,
            full: false,
            inventory: None,
            threads: None,
            shard_bytes: None,
            now_ms,
            cancel,
            spread: None,
            dpus: None,
            jobs,
        }
    }
}

/// How large plans are that many machines work on: each plan ends with waiting for the last of its shards, so there are
/// to be few. A plan is held in memory while it is made, some hundred bytes an object.
const PLAN_OBJECTS: usize = 2_000_000;
const PLAN_BYTES: u64 = 16 << 40;

/// What was done; the worker's last line.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The run.
    #[serde(flatten)]
    pub run: RunSummary,
    /// What the catalogue was told.
    pub catalogue: Option<Told>,
    /// The job that got what was too much for this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<HandedOver>,
    /// What the run has cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// What compactions replaced and was removed.
    pub cleared: Cleared,
    /// What CloudWatch is to be told, by the metric's name.
    pub metrics: BTreeMap<&'static str, f64>,
    /// Why the catalogue was not told. The records are committed all the same.
    #[serde(skip)]
    pub failure: Option<Error>,
}

/// A run of another job that works on what was planned here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandedOver {
    /// The job.
    pub job: String,
    /// Its run; none if one was at work already.
    pub run: Option<String>,
    /// How many workers it was given, the driver among them.
    pub workers: u32,
}

/// What a run has cost, by its own clock. Glue bills from the start of the script to its end, by the second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// The job's size.
    pub dpus: f64,
    /// DPU-hours as they are billed.
    pub dpu_hours: f64,
    /// US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
}

/// Reads what is new and adds it to the lake, which is made if it is not there.
///
/// # Errors
/// What went wrong. What is committed by then stands.
pub fn run(session: &Session, glue: &dyn Partitions, request: &Request<'_>, progress: &dyn Progress) -> Result<Report> {
    let told = request.pipeline;
    name_by_content()?;
    let mut settings = Settings::default();
    settings.limits.shard_bytes = request.shard_bytes.unwrap_or(settings.limits.shard_bytes);
    // The smallest machine has a gigabyte of memory.
    let is_roomy = request.spread.is_some() || request.dpus.is_none_or(|dpus| dpus >= 1.0);
    if is_roomy && (request.spread.is_some() || told.hand_over.is_some()) {
        settings.limits.plan_objects = PLAN_OBJECTS;
        settings.limits.plan_bytes = PLAN_BYTES;
    }
    let (pipeline, sources) = open(session, told, settings);
    let lake = &pipeline.lake;
    make_lake(lake)?;
    let mut options = RunOptions::at(request.now_ms);
    options.window = request.window;
    options.full = request.full;
    let inventory = request.inventory.map(|place| open_inventory(session, told, place)).transpose()?;
    options.inventory = inventory.as_ref();
    options.threads = request.threads.unwrap_or(options.threads);
    options.cancel = Some(request.cancel);
    options.spread = request.spread;
    // A run that was killed keeps its lease until it is over.
    options.when_busy = WhenBusy::Wait(settings.lease_ms);
    if let Some(hand_over) = &told.hand_over {
        let seconds = f64::from(hand_over.after_minutes) * 60.0;
        options.patience = Some(Patience { dpus: request.dpus.unwrap_or(1.0), seconds });
        options.when_busy = WhenBusy::Leave(settings.lease_ms);
    }
    let run = run_over(&pipeline, &sources, &options, &LogWorker, progress)?;
    let handed_over = match (&told.hand_over, &run.left) {
        (Some(to), Some(left)) => Some(hand_over(request, to, left.backlog())?),
        _ => None,
    };
    let cost = request.dpus.map(|dpus| cost(dpus, run.seconds, told.dpu_hour_micro_usd));
    let told = catalogue::tell(lake, &told.lake, &told.catalogue, glue);
    let usd = cost.as_ref().and_then(|cost| cost.usd);
    let metrics = metrics(&run, usd, standing(lake, request.now_ms)?);
    let (catalogue, cleared, failure) =
        match told.and_then(|told| Ok((told, clear_away(lake, request.pipeline, request.now_ms, glue)?))) {
            Ok((told, cleared)) => (Some(told), cleared, None),
            Err(error) => (None, Cleared::default(), Some(error)),
        };
    Ok(Report { run, catalogue, cleared, handed_over, cost, metrics, failure })
}

/// Starts the job with many workers, which goes on with the plan: the same program has the same identity there.
fn hand_over(request: &Request<'_>, to: &pipeline::HandOver, backlog: Backlog) -> Result<HandedOver> {
    let workers = backlog.workers(f64::from(to.dpus_each), to.workers_at_most);
    let mut arguments = BTreeMap::from([("--dpus".to_owned(), (workers * to.dpus_each).to_string())]);
    let (from, to_ms) = request.window.unwrap_or((i64::MIN, i64::MAX));
    for (name, ms) in [("--from", from), ("--to", to_ms)] {
        // An end that is open has no time.
        if let Some(time) = jiff::Timestamp::from_millisecond(ms).ok().filter(|_| ms != i64::MIN && ms != i64::MAX) {
            arguments.insert(name.to_owned(), time.to_string());
        }
    }
    if request.full {
        arguments.insert("--full".to_owned(), "yes".to_owned());
    }
    if let Some(place) = request.inventory {
        arguments.insert("--inventory".to_owned(), place.to_owned());
    }
    let wanted = Wanted { job: &to.job, worker_type: &to.worker_type, workers, arguments };
    let run = request.jobs.start(&wanted).map_err(|error| {
        let what = format!("the backlog of {} objects is too large for this job", backlog.objects);
        let why = error.to_string();
        error.about(what).because(why)
    })?;
    Ok(HandedOver { job: to.job.clone(), run, workers })
}

fn cost(dpus: f64, seconds: f64, dpu_hour_micro_usd: Option<u64>) -> Cost {
    let dpu_hours = backlog::dpu_hours(dpus, seconds);
    #[expect(clippy::cast_precision_loss, reason = "a price")]
    let usd = dpu_hour_micro_usd.map(|price| dpu_hours * price as f64 / 1e6);
    Cost { dpus, dpu_hours, usd }
}

impl Report {
    /// What a person should know of it that no other line says.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(holder) = &self.run.at_work {
            notes.push(format!(
                "another run is at work (process {} on {}); this one leaves all to it",
                holder.pid, holder.host
            ));
        }
        if let (Some(to), Some(left)) = (&self.handed_over, &self.run.left) {
            let what = format!(
                "the plan {}: {} objects, {} bytes in {} shards",
                left.plan, left.objects, left.bytes, left.shards
            );
            notes.push(match &to.run {
                Some(run) => {
                    format!("handed over to the job {}, run {run}, with {} workers: {what}", to.job, to.workers)
                }
                None => format!("the job {} is at work already and goes on with {what}", to.job),
            });
        }
        if let Some(cost) = &self.cost {
            let usd = cost.usd.map(|usd| format!(", ${usd:.4}")).unwrap_or_default();
            notes.push(format!("used {:.4} DPU-hours ({} DPU){usd}", cost.dpu_hours, cost.dpus));
        }
        notes
    }
}

/// The pipeline over its buckets.
fn open(session: &Session, told: &pipeline::Pipeline, settings: Settings) -> (Pipeline, SourceStores) {
    let logs = told.sources.iter().map(|source| (Table::AccessLogs, source));
    let trails = told.trails.iter().map(|source| (Table::CloudTrail, source));
    let sources = SourceStores::over(logs.chain(trails).map(|(table, source)| {
        let store = Store::s3(session, &source.place);
        let source = model::Source {
            id: source.id.clone(),
            table,
            location: store.location().to_owned(),
            // S3 delivers to buckets of the same account and Region only.
            account_id: Some(source.place.owner.clone()),
            bucket_region: Some(source.place.region.clone()),
        };
        (store, source)
    }));
    let listed = sources.iter().map(|(_, source)| source.clone()).collect();
    (Pipeline { lake: Store::s3(session, &told.lake), sources: listed, settings }, sources)
}

/// Removes what a compaction has replaced, once nobody is sent there any more.
fn clear_away(lake: &Store, told: &pipeline::Pipeline, now_ms: i64, glue: &dyn Partitions) -> Result<Cleared> {
    clear(lake, now_ms, GRACE_MS, &|table, hours| {
        catalogue::left(lake, &told.lake, &told.catalogue, glue, (table, hours))
    })
}

/// Opens an inventory. One in a bucket lies in the Region of the source that it is of (S3 User Guide, "Configuring Amazon S3
/// Inventory") and, as the configuration wants it, in its account. Its key names the bucket that it is of ("Locating your
/// inventory list").
fn open_inventory(session: &Session, told: &pipeline::Pipeline, place: &str) -> Result<Inventory> {
    let Some((bucket, key)) = place.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) else {
        let path = Path::new(place);
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        return Inventory::load(&Store::folder(folder)?, name);
    };
    let sources = || told.sources.iter().chain(&told.trails);
    let of_bucket = sources().find(|source| key.split('/').any(|part| part == source.place.bucket));
    let like = of_bucket.or(sources().next()).map_or(&told.lake, |source| &source.place);
    let there = Place { bucket: bucket.to_owned(), prefix: String::new(), ..like.clone() };
    Inventory::load(&Store::s3(session, &there), key)
}

/// Stacks make the bucket and nothing in it; the first run makes the lake.
fn make_lake(lake: &Store) -> Result<()> {
    match state::check_format(lake) {
        Err(error) if error.kind() == ErrorKind::NotDeployed => state::make_format(lake).map(drop),
        checked => checked,
    }
}

/// What CloudWatch is told of a run. A run that found nothing says so too: an alarm tells a quiet pipeline from a dead one.
fn metrics(run: &RunSummary, usd: Option<f64>, standing: Option<Standing>) -> BTreeMap<&'static str, f64> {
    let counts = &run.counts;
    let mut metrics = BTreeMap::from([
        (RECORDS_METRIC, counts.records as f64),
        (REJECTED_METRIC, counts.rejected as f64),
        (BYTES_METRIC, counts.bytes as f64),
        (SECONDS_METRIC, run.seconds),
    ]);
    metrics.extend(usd.map(|usd| (COST_METRIC, usd)));
    metrics.extend(standing.into_iter().flat_map(|it| [(LAG_METRIC, it.lag_hours), (GAPS_METRIC, it.gap_hours)]));
    metrics
}

/// What the lake has by now.
struct Standing {
    /// How old its newest record is.
    lag_hours: f64,
    /// Hours without log objects.
    gap_hours: f64,
}

/// How the lake stands; `None` while it has no records.
fn standing(lake: &Store, now_ms: i64) -> Result<Option<Standing>> {
    let last = commit::entry(lake, commit::tip(lake)?)?;
    Ok(last.and_then(|entry| {
        let (_, newest_ms) = entry.totals.time_range?;
        Some(Standing {
            lag_hours: (now_ms - newest_ms).max(0) as f64 / hours::HOUR_MS as f64,
            gap_hours: gap_hours(&entry.totals) as f64,
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_dashboard_and_alarms_know_of() {
        let told = metrics(&RunSummary::default(), Some(0.1), Some(Standing { lag_hours: 1.0, gap_hours: 0.0 }));
        let mut known = pipeline::METRICS;
        known.sort_unstable();
        assert_eq!(told.into_keys().collect::<Vec<_>>(), known);
    }
}
