//! The amounts that an estimate is made of. Bytes are counted in powers of ten, as the configuration states them; AWS bills
//! some in powers of two, so that storage comes out up to 7 % too high here.

use super::{Beside, Item, Prices};
use crate::config::cloud::schedule::{MONTH_DAYS, Schedule};
use crate::config::cloud::{CatalogueMode, Cloud, Engine, Import};
use crate::pipeline::METRICS;
use crate::ui::text::count;

/// Megabytes of text that a core got through in a CPU second, from local files (BENCHMARKS.md, generated logs).
const MEASURED: f64 = 350.0;
/// Megabytes of text that a DPU gets through in a second: a seventh, as reading small objects from S3 was not measured.
const MEGABYTES_A_DPU_SECOND: f64 = MEASURED / 7.0;
/// Seconds that a run needs beside reading: listing, planning, committing.
const SECONDS_A_RUN: f64 = 30.0;
/// Glue bills a minute of a run at least (AWS Glue pricing).
const MINUTE: f64 = 60.0;
/// Bytes of the lake for a byte of text (BENCHMARKS.md, generated logs).
const OUTPUT_SHARE: f64 = 0.163;
/// Where nothing expires, storage is that after so many months.
const MONTHS_WITHOUT_END: f64 = 12.0;
/// A run lists this many days of objects again, for late ones.
const LISTED_DAYS: f64 = 1.0;
/// Files and state objects that a run writes.
const WRITES_A_RUN: f64 = 36.0;
/// Files of the lake for an hour of logs: late records come in files of their own.
const FILES_AN_HOUR: f64 = 2.0;
/// Requests to read one of them: footer, column chunks.
const READS_A_FILE: f64 = 4.0;
/// Days of logs that a query asks about, and the share of their bytes that its columns are.
const QUERY_DAYS: f64 = 7.0;
const QUERY_COLUMNS: f64 = 0.25;
/// Athena bills ten megabytes a query at least (Amazon Athena pricing), here in terabytes.
const QUERY_AT_LEAST: f64 = 0.000_01;
/// Gigabytes of a query's result.
const RESULT_GIGABYTES: f64 = 0.001;
/// DPUs of a crawl, and its hours: ten minutes are billed at least (AWS Glue pricing, whose example has two DPUs).
const CRAWLER_DPUS: f64 = 2.0;
const CRAWLER_HOURS: f64 = 1.0 / 6.0;
/// What a deployed pipeline has of CloudWatch.
const ALARMS: f64 = 4.0;
/// An alarm that divides one metric by another is billed for each of them, and for both here (Amazon CloudWatch pricing).
const ALARM_METRICS: f64 = 6.0;
const LOG_GIGABYTES_A_RUN: f64 = 0.000_1;
/// Notices a month when nothing much happens.
const NOTICES: f64 = 30.0;

/// A call of a function: its 256 MB for a second, which is assumed and was not measured.
const CALL_GIGABYTE_SECONDS: f64 = 0.25;

/// What goes through a pipeline in a month.
pub(super) struct Volume {
    gigabytes: f64,
    objects: f64,
    queries: f64,
    runs: f64,
    reports: f64,
    crawls: f64,
    /// The share of the logs that comes into log buckets of the pipeline's own.
    own: f64,
    /// The share that comes from another Region than the lake's.
    far: f64,
    sources: f64,
}

impl Volume {
    pub(super) fn of(cloud: &Cloud) -> Self {
        // A schedule that cannot be understood is preflight's to report; here it runs by hand only.
        let runs_a_month = |schedule: &str| Schedule::parse(schedule).map_or(0.0, |schedule| schedule.runs_a_month());
        let runs = runs_a_month(&cloud.job.schedule);
        let scheduled = runs_a_month(&cloud.catalogue.crawler_schedule);
        let all = cloud.sources.len() + cloud.trails.len();
        let own = cloud.sources.iter().filter(|source| !source.log_buckets.is_empty()).count();
        let regions =
            cloud.sources.iter().map(|it| it.region(cloud)).chain(cloud.trails.iter().map(|it| it.region(cloud)));
        let far = regions.filter(|region| *region != cloud.aws.region).count();
        let reports: f64 = cloud.reports.iter().map(|report| runs_a_month(&report.schedule)).sum();
        Self {
            gigabytes: f64::from(cloud.estimate.log_gigabytes_a_month),
            objects: f64::from(cloud.estimate.log_objects_thousands) * 1000.0,
            queries: f64::from(cloud.estimate.queries_a_day) * MONTH_DAYS + reports,
            runs,
            reports,
            crawls: match cloud.catalogue.mode {
                CatalogueMode::Api => scheduled,
                CatalogueMode::Crawler => scheduled + runs,
                CatalogueMode::Projection => 0.0,
            },
            own: share(own, all),
            far: share(far, all),
            sources: number(all),
        }
    }

    /// Terabytes that a query scans of the lake.
    fn scanned(&self) -> f64 {
        let bytes = self.gigabytes * OUTPUT_SHARE / MONTH_DAYS * QUERY_DAYS * QUERY_COLUMNS / 1000.0;
        bytes.max(QUERY_AT_LEAST)
    }
}

fn number(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { number(part) / number(all) }
}

/// A whole number with its thousands marked.
fn whole(n: f64) -> String {
    // A float becomes the nearest number that the type has (the Rust Reference, "Numeric cast"); none here is negative.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let n = n.round() as u64;
    count(n)
}

/// For how many months something is stored, and how that is said.
fn kept(days: Option<u32>) -> (f64, String) {
    match days {
        Some(days) => (f64::from(days) / MONTH_DAYS, format!("kept for {days} days")),
        None => (MONTHS_WITHOUT_END, format!("as it stands after {MONTHS_WITHOUT_END} months")),
    }
}

pub(super) fn items(cloud: &Cloud, volume: &Volume, prices: &Prices) -> Vec<Item> {
    let mut items = storage(cloud, volume, prices);
    items.push(requests(volume, prices));
    items.push(job(cloud, volume, prices));
    if volume.crawls > 0.0 {
        let basis = format!("{} crawls, {CRAWLER_DPUS} DPUs for ten minutes each", whole(volume.crawls));
        let usd = volume.crawls * CRAWLER_DPUS * CRAWLER_HOURS * prices.glue_crawler_dpu_hour.usd;
        items.push(Item { what: "crawler".to_owned(), basis, usd });
    }
    if volume.far > 0.0 {
        let gigabytes = volume.gigabytes * volume.far;
        items.push(Item {
            what: "between Regions".to_owned(),
            basis: format!("{gigabytes:.1} GB of raw logs read by the job in its own Region"),
            usd: gigabytes * prices.s3_transfer.usd,
        });
    }
    items.push(athena(volume, prices));
    items.push(watching(volume, prices));
    items.push(notices(cloud, volume, prices));
    items.extend(keys(cloud, volume, prices));
    items.push(Item {
        what: "schedule".to_owned(),
        basis: match whole(volume.reports).as_str() {
            "0" => format!("{} runs of the job", whole(volume.runs)),
            reports => format!("{} runs of the job, {reports} reports", whole(volume.runs)),
        },
        usd: (volume.runs + volume.reports) * prices.scheduler_invocation.usd,
    });
    items
}

fn storage(cloud: &Cloud, volume: &Volume, prices: &Prices) -> Vec<Item> {
    let mut items = Vec::new();
    let mut store = |what: &str, gigabytes: f64, days: Option<u32>| {
        let (months, how) = kept(days);
        items.push(Item {
            what: what.to_owned(),
            basis: format!("{:.1} GB, {how}", gigabytes * months),
            usd: gigabytes * months * prices.s3_storage.usd,
        });
    };
    if volume.own > 0.0 {
        store("raw logs", volume.gigabytes * volume.own, cloud.keep.raw_days);
    }
    store("lake", volume.gigabytes * OUTPUT_SHARE, cloud.keep.lake_days);
    store("results", volume.queries * RESULT_GIGABYTES, cloud.keep.result_days);
    items
}

/// Requests to S3 that are not Athena's.
fn requests(volume: &Volume, prices: &Prices) -> Item {
    // A page of a listing has a thousand keys, and each source has at least one page ("ListObjectsV2", Amazon S3 API Reference).
    let pages = (volume.objects / MONTH_DAYS * LISTED_DAYS / 1000.0).max(volume.sources).ceil();
    let written = volume.runs * (pages + WRITES_A_RUN);
    Item {
        what: "requests".to_owned(),
        basis: format!("{} raw objects read once; {} lists and writes", whole(volume.objects), whole(written)),
        usd: volume.objects * prices.s3_read.usd + written * prices.s3_write.usd,
    }
}

/// DPUs of the job, and DPUs that read logs.
fn dpus(cloud: &Cloud) -> (f64, f64) {
    match cloud.job.engine {
        // What is handed over takes as many DPU-hours elsewhere, and those of a driver.
        Engine::Auto | Engine::Pythonshell => (cloud.job.small_dpus(), cloud.job.small_dpus()),
        Engine::Glueetl | Engine::Ray => {
            // The driver reads nothing.
            let each = f64::from(cloud.job.dpus_a_worker());
            let workers = f64::from(cloud.job.workers);
            (each * workers, each * (workers - 1.0).max(1.0))
        }
    }
}

fn job(cloud: &Cloud, volume: &Volume, prices: &Prices) -> Item {
    let (billed, reading) = dpus(cloud);
    let seconds = if volume.runs > 0.0 && reading > 0.0 {
        let megabytes = volume.gigabytes * 1000.0 / volume.runs;
        (SECONDS_A_RUN + megabytes / (MEGABYTES_A_DPU_SECOND * reading)).max(MINUTE)
    } else {
        0.0
    };
    let hours = volume.runs * seconds * billed / 3600.0;
    Item {
        what: "job".to_owned(),
        basis: format!("{} runs of {} s with {billed} DPU: {hours:.1} DPU-hours", whole(volume.runs), whole(seconds)),
        usd: hours * prices.glue_dpu_hour.usd,
    }
}

fn athena(volume: &Volume, prices: &Prices) -> Item {
    let scanned = volume.queries * volume.scanned();
    let reads = volume.queries * QUERY_DAYS * 24.0 * FILES_AN_HOUR * READS_A_FILE;
    Item {
        what: "queries".to_owned(),
        basis: format!("{} queries scan {:.1} GB of the lake", whole(volume.queries), scanned * 1000.0),
        usd: scanned * prices.athena_scan.usd + reads * prices.s3_read.usd,
    }
}

fn watching(volume: &Volume, prices: &Prices) -> Item {
    let logs = volume.runs * LOG_GIGABYTES_A_RUN;
    Item {
        what: "watching".to_owned(),
        basis: format!("{ALARMS} alarms, {} metrics, a dashboard, {logs:.2} GB of the job's own logs", METRICS.len()),
        usd: ALARM_METRICS * prices.cloudwatch_alarm.usd
            + prices.cloudwatch_dashboard.usd
            + number(METRICS.len()) * prices.cloudwatch_metric.usd
            + logs * prices.cloudwatch_logs.usd,
    }
}

fn notices(cloud: &Cloud, volume: &Volume, prices: &Prices) -> Item {
    let finished = if cloud.notify.finished_queries { volume.queries } else { 0.0 };
    let mails = (NOTICES + finished) * number(cloud.notify.emails.len());
    // Rules cannot tell reports from other queries, so that where there is a report the function looks at all of them.
    let looked_at = if volume.reports > 0.0 { volume.queries } else { finished };
    let calls = NOTICES + looked_at + volume.reports;
    let call = prices.lambda_request.usd + CALL_GIGABYTE_SECONDS * prices.lambda_gigabyte_second.usd;
    let basis = format!("{} e-mails, {} calls of functions", whole(mails), whole(calls));
    Item { what: "notices".to_owned(), basis, usd: mails * prices.sns_email.usd + calls * call }
}

/// Requests to KMS, where a key is configured. S3's bucket keys save most of those of lake and results; of CloudTrail's files
/// each is asked for by itself.
fn keys(cloud: &Cloud, volume: &Volume, prices: &Prices) -> Option<Item> {
    let trails = cloud.trails.iter().filter(|trail| trail.kms_key.is_some()).count();
    if cloud.aws.kms_key.is_none() && trails == 0 {
        return None;
    }
    let of_trails = volume.objects * share(trails, cloud.sources.len() + cloud.trails.len());
    let own = if cloud.aws.kms_key.is_some() { volume.runs + volume.queries } else { 0.0 };
    let requests = of_trails + own;
    Some(Item {
        what: "keys".to_owned(),
        basis: format!("{} requests to KMS", whole(requests)),
        usd: requests * prices.kms_request.usd,
    })
}

pub(super) fn beside(volume: &Volume, prices: &Prices) -> Vec<Beside> {
    let scanned = volume.gigabytes / 1000.0 * volume.queries;
    let reads = volume.objects * volume.queries;
    let raw = scanned * prices.athena_scan.usd;
    vec![
        Beside {
            what: "CloudWatch's paid delivery".to_owned(),
            basis: "delivery alone: to S3, to CloudWatch Logs; storing and asking come on top".to_owned(),
            usd_low: volume.gigabytes * prices.delivery_to_s3.usd,
            usd_high: volume.gigabytes * prices.delivery_to_logs.usd,
        },
        Beside {
            what: "Athena on the text".to_owned(),
            basis: "each query scans a month of it; at most with a GET for each object each time".to_owned(),
            usd_low: raw,
            usd_high: raw + reads * prices.s3_read.usd,
        },
    ]
}

pub(super) fn assumptions(cloud: &Cloud, prices: &Prices) -> Vec<String> {
    let mut all = vec![
        format!(
            "Assumed: {MEGABYTES_A_DPU_SECOND} MB a second a DPU ({MEASURED} MB was measured on a core from local files, nothing in \
             Glue), {OUTPUT_SHARE} bytes of Parquet a byte of text, queries about {QUERY_DAYS} days that need a quarter of \
             the columns' bytes."
        ),
        "S3 delivers access logs free of charge and bills their storage. Free tiers, taxes and discounts are left out; the \
         catalogue and the functions that run at deployment stay within what is free."
            .to_owned(),
    ];
    if cloud.sources.iter().any(|source| source.bucket.is_some()) || !cloud.trails.is_empty() {
        all.push("Storage in log buckets that exist already is not the pipeline's and not counted.".to_owned());
    }
    if cloud.sources.len() + cloud.trails.len() > 1 {
        all.push("The volume is shared out evenly among sources and trails.".to_owned());
    }
    if let Some(quicksight) = &cloud.quicksight {
        let asks = match quicksight.import {
            Import::DirectQuery => "Each chart that is opened is a query of Athena more than those counted.",
            Import::Spice => "Each data set is a query of Athena a day more than those counted.",
        };
        all.push(format!(
            "QuickSight is not counted: it bills each author and reader a month, and SPICE by the gigabyte (Amazon Quick \
             pricing). {asks}"
        ));
    }
    if cloud.aws.region != prices.region {
        all.push(format!("This pipeline lies in {}, whose prices are not in the table.", cloud.aws.region));
    }
    all
}
