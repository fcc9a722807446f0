//! The stack of the lake.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::names::JobName;
use super::{
    BY_HAND, Facts, Names, StackKind, StackSpec, dashboard, logical_id, notices, pipeline, queries, roles, stack_tags,
};
use super::{tables, template};
use crate::config::cloud::{CatalogueMode, Cloud, Engine, Job, RAY_WORKER};
use crate::cost;
use crate::{Error, Result};

#[derive(Debug, Serialize)]
struct Subscriber {
    id: String,
    address: String,
}

/// Renders the stack.
pub(super) fn render(cloud: &Cloud, facts: &Facts) -> Result<StackSpec> {
    let names = Names::of(cloud);
    let tags = stack_tags(cloud);
    let roles: Vec<_> = roles::lake(cloud, facts).iter().map(roles::Role::printed).collect();
    let tables = tables::tables(cloud);
    let table_ids: Vec<&str> = tables.iter().map(|table| table.id).collect();
    let subscribers = cloud
        .notify
        .emails
        .iter()
        .map(|address| Subscriber { id: logical_id("Subscriber", address), address: address.clone() });
    let values = json!({
        "pipeline": cloud.name,
        "account": cloud.aws.account_id,
        "partition": facts.partition,
        "kms_key": cloud.aws.kms_key,
        "role_path": cloud.aws.role_path,
        "permissions_boundary": cloud.aws.permissions_boundary,
        "lake_bucket": names.lake_bucket(),
        "results_bucket": names.results_bucket(),
        "bucket_encryption": bucket_encryption(cloud),
        "lake_days": cloud.keep.lake_days,
        "joined_prefixes": super::JOINED.map(|folder| format!("{folder}/")),
        "result_days": cloud.keep.result_days,
        "database": names.database(),
        "views": tables::views(cloud)?,
        "roles": roles,
        "jobs": jobs(cloud, facts)?,
        "job_log": names.jobs().iter().any(|job| job.engine == Engine::Glueetl).then(|| {
            json!({ "group": names.log_group("etl"), "days": cloud.job.log_days })
        }),
        "schedule": schedule(cloud),
        "schedule_group": (cloud.job.schedule != BY_HAND || !cloud.reports.is_empty()).then(|| names.schedule_group()),
        "crawler": crawler(cloud, &table_ids),
        "workgroup": workgroup(cloud),
        "queries": queries::saved(&facts.own_queries)?,
        "topic": json!({ "name": names.topic() }),
        "subscribers": subscribers.collect::<Vec<_>>(),
        "notices": notices::notices(cloud, facts)?,
        "dashboard": json!({ "name": names.dashboard(), "body": dashboard::body(cloud, &facts.partition) }),
        "tables": tables,
    });
    Ok(StackSpec {
        kind: StackKind::Lake,
        name: names.lake_stack(),
        region: cloud.aws.region.clone(),
        template: template::render("lake.yaml", &facts.partition, &tags, values)?,
        parameters: BTreeMap::new(),
        tags,
    })
}

fn bucket_encryption(cloud: &Cloud) -> Json {
    let rule = match &cloud.aws.kms_key {
        Some(key) => json!({
            "ServerSideEncryptionByDefault": { "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key },
            // One call to KMS for many objects instead of one for each.
            "BucketKeyEnabled": true,
        }),
        None => json!({ "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }),
    };
    json!({ "ServerSideEncryptionConfiguration": [rule] })
}

/// The jobs as the blueprint prints them, that of the schedule first.
fn jobs(cloud: &Cloud, facts: &Facts) -> Result<Vec<Json>> {
    Names::of(cloud).jobs().iter().map(|job| one_job(cloud, facts, job)).collect()
}

fn one_job(cloud: &Cloud, facts: &Facts, named: &JobName) -> Result<Json> {
    let names = Names::of(cloud);
    let job = &cloud.job;
    let assets = names.assets_bucket(&cloud.aws.region);
    let is_scheduled = named.name == names.job();
    // What a run that nobody hands anything over to gets.
    let workers = if is_scheduled { job.workers } else { Job::default().workers };
    let capacity = job.small_dpus();
    Ok(json!({
        "id": if is_scheduled { "Job" } else { "SparkJob" },
        "engine": named.engine.word(),
        "name": named.name,
        "description": if is_scheduled { "Reads new logs and writes them to the lake" } else {
            "Works on what is too much for the other job, which starts it"
        },
        "script": format!("s3://{assets}/{}", facts.assets.launcher.key()),
        "max_capacity": if capacity.fract() == 0.0 { json!(job.dpu_sixteenths / 16) } else { json!(capacity) },
        "workers": workers,
        "worker_type": if named.engine == Engine::Ray { RAY_WORKER } else { &job.worker_type },
        "timeout_minutes": job.timeout_minutes,
        "arguments": arguments(cloud, facts, named, workers)?,
    }))
}

/// What the launcher is told. The worker's hash stands here and not beside the binary: who can replace the file cannot
/// replace what it must hash to.
fn arguments(cloud: &Cloud, facts: &Facts, named: &JobName, workers: u32) -> Result<Json> {
    let names = Names::of(cloud);
    let mut pipeline = pipeline::of(cloud);
    pipeline.dpu_hour_micro_usd = Some(cost::micro_usd_a_dpu_hour(named.engine));
    if cloud.job.engine == Engine::Auto && named.name == names.job() {
        pipeline.hand_over = Some(pipeline::hand_over(cloud));
    }
    let told = serde_json::to_string(&pipeline)
        .map_err(|error| Error::failed("the pipeline cannot be written as JSON").because(error))?;
    let worker = &facts.assets.worker;
    let dpus = match named.engine {
        Engine::Auto | Engine::Pythonshell => cloud.job.small_dpus(),
        Engine::Glueetl | Engine::Ray => f64::from(workers * cloud.job.dpus_a_worker()),
    };
    let mut arguments = json!({
        "--pipeline": told,
        "--worker-bucket": names.assets_bucket(&cloud.aws.region),
        "--worker-key": worker.key(),
        "--worker-sha256": worker.sha256,
        "--metric-namespace": super::metric_namespace(cloud),
        "--engine": named.engine.word(),
        "--dpus": dpus.to_string(),
    });
    // Ray hands arguments over as variables of the environment, and knows none of the names below.
    if named.engine != Engine::Ray {
        arguments["--job-language"] = json!("python");
    }
    if named.engine == Engine::Glueetl {
        arguments["--enable-continuous-cloudwatch-log"] = json!("true");
        arguments["--continuous-log-logGroup"] = json!(names.log_group("etl"));
    }
    Ok(arguments)
}

fn schedule(cloud: &Cloud) -> Option<Json> {
    let names = Names::of(cloud);
    (cloud.job.schedule != BY_HAND).then(|| {
        json!({
            "name": names.schedule(),
            "expression": cloud.job.schedule,
            "time_zone": cloud.job.time_zone,
            "input": json!({ "JobName": names.job() }).to_string(),
        })
    })
}

fn crawler(cloud: &Cloud, table_ids: &[&str]) -> Option<Json> {
    // New partitions get the table's columns instead of what the crawler makes of their files.
    let configuration = json!({
        "Version": 1.0,
        "CrawlerOutput": { "Partitions": { "AddOrUpdateBehavior": "InheritFromTable" } },
        "Grouping": { "TableGroupingPolicy": "CombineCompatibleSchemas" },
    });
    (cloud.catalogue.mode != CatalogueMode::Projection).then(|| {
        json!({
            "name": Names::of(cloud).crawler(),
            "schedule": cloud.catalogue.crawler_schedule,
            "configuration": configuration.to_string(),
            "table_ids": table_ids,
        })
    })
}

fn workgroup(cloud: &Cloud) -> Json {
    let encryption = match &cloud.aws.kms_key {
        Some(key) => json!({ "EncryptionOption": "SSE_KMS", "KmsKey": key }),
        None => json!({ "EncryptionOption": "SSE_S3" }),
    };
    json!({
        "name": Names::of(cloud).workgroup(),
        "scan_limit_bytes": u64::from(cloud.athena.scan_limit_gigabytes) * 1_000_000_000,
        "encryption": encryption,
    })
}
