//! What the job is told of its pipeline, from the configuration.

use super::Names;
use crate::config::cloud::{CatalogueMode, Cloud, CloudSource, Trail};
use crate::pipeline::{AfterCommit, Catalogue, HandOver, Pipeline, Place, Source, VERSION};

/// The pipeline that `cloud` describes, as its worker sees it.
pub fn of(cloud: &Cloud) -> Pipeline {
    let names = Names::of(cloud);
    let after_commit = match cloud.catalogue.mode {
        CatalogueMode::Api => AfterCommit::Register,
        CatalogueMode::Crawler => AfterCommit::StartCrawler(names.crawler()),
        CatalogueMode::Projection => AfterCommit::Nothing,
    };
    Pipeline {
        version: VERSION,
        name: cloud.name.clone(),
        lake: Place {
            bucket: names.lake_bucket(),
            prefix: String::new(),
            region: cloud.aws.region.clone(),
            owner: cloud.aws.account_id.clone(),
        },
        sources: cloud.sources.iter().flat_map(|source| sources(cloud, source)).collect(),
        trails: cloud.trails.iter().map(|trail| trail_source(cloud, trail)).collect(),
        catalogue: Catalogue { database: names.database(), region: cloud.aws.region.clone(), after_commit },
        dpu_hour_micro_usd: None,
        hand_over: None,
    }
}

/// The job that gets what is too much for the small one.
pub fn hand_over(cloud: &Cloud) -> HandOver {
    HandOver {
        job: Names::of(cloud).spark_job(),
        worker_type: cloud.job.worker_type.clone(),
        dpus_each: cloud.job.dpus_a_worker(),
        workers_at_most: cloud.job.max_workers,
        after_minutes: cloud.job.hand_over_minutes,
    }
}

/// A source for an existing log bucket; one for each bucket that is switched on, as only below its own prefix are names
/// in the order of time.
fn sources(cloud: &Cloud, source: &CloudSource) -> Vec<Source> {
    let names = Names::of(cloud);
    let region = source.region(cloud);
    let own = &cloud.aws.account_id;
    let place = |bucket: String, prefix: String, owner: &str| Place {
        bucket,
        prefix,
        region: region.to_owned(),
        owner: owner.to_owned(),
    };
    if let Some(bucket) = &source.bucket {
        let prefix = source.prefix.clone().unwrap_or_default();
        let owner = source.account_id.as_ref().unwrap_or(own);
        return vec![Source { id: source.id.clone(), place: place(bucket.clone(), prefix, owner) }];
    }
    let delivered = |bucket: &String| Source {
        // No two are alike: ids of sources have no dot.
        id: format!("{}.{bucket}", source.id),
        place: place(names.logs_bucket(region), names.delivery_prefix(bucket), own),
    };
    source.log_buckets.iter().map(delivered).collect()
}

fn trail_source(cloud: &Cloud, trail: &Trail) -> Source {
    let above = trail.prefix.as_deref().filter(|prefix| !prefix.is_empty());
    Source {
        id: trail.id.clone(),
        place: Place {
            bucket: trail.bucket.clone(),
            prefix: above.map_or_else(|| "AWSLogs/".to_owned(), |prefix| format!("{prefix}/AWSLogs/")),
            region: trail.region(cloud).to_owned(),
            owner: trail.account_id.as_ref().unwrap_or(&cloud.aws.account_id).clone(),
        },
    }
}
