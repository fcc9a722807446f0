//! The stack of the lake.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{BY_HAND, Facts, Names, StackKind, StackSpec, logical_id, notices, pipeline, queries, roles, stack_tags};
use super::{tables, template};
use crate::config::cloud::{CatalogueMode, Cloud, Engine};
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
        "joined_prefix": format!("{}/", super::JOINED),
        "result_days": cloud.keep.result_days,
        "database": names.database(),
        "views": tables::views(cloud)?,
        "roles": roles,
        "job": job(cloud, facts)?,
        "schedule": schedule(cloud),
        "crawler": crawler(cloud, &table_ids),
        "workgroup": workgroup(cloud),
        "queries": queries::saved(),
        "topic": json!({ "name": names.topic() }),
        "subscribers": subscribers.collect::<Vec<_>>(),
        "notices": notices::rules(cloud),
        "alarms": notices::alarms(cloud),
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

fn job(cloud: &Cloud, facts: &Facts) -> Result<Json> {
    let names = Names::of(cloud);
    let job = &cloud.job;
    let assets = names.assets_bucket(&cloud.aws.region);
    let engine = match job.engine {
        Engine::Pythonshell => "pythonshell",
        Engine::Glueetl => "glueetl",
    };
    // 0.0625 or 1: sixteenths are exact in binary.
    let max_capacity = f64::from(job.dpu_sixteenths) / 16.0;
    Ok(json!({
        "engine": engine,
        "name": names.job(),
        "script": format!("s3://{assets}/{}", facts.assets.launcher.key()),
        "max_capacity": if max_capacity.fract() == 0.0 { json!(job.dpu_sixteenths / 16) } else { json!(max_capacity) },
        "workers": job.workers,
        "worker_type": job.worker_type,
        "timeout_minutes": job.timeout_minutes,
        "log_group": names.log_group("etl"),
        "log_days": job.log_days,
        "arguments": arguments(cloud, facts, &assets)?,
    }))
}

/// What the launcher is told. The worker's hash stands here and not beside the binary: who can replace the file cannot
/// replace what it must hash to.
fn arguments(cloud: &Cloud, facts: &Facts, assets: &str) -> Result<Json> {
    let told = serde_json::to_string(&pipeline::of(cloud))
        .map_err(|error| Error::failed("the pipeline cannot be written as JSON").because(error))?;
    let worker = &facts.assets.worker;
    let mut arguments = json!({
        "--job-language": "python",
        "--pipeline": told,
        "--worker-bucket": assets,
        "--worker-key": worker.key(),
        "--worker-sha256": worker.sha256,
        "--metric-namespace": super::metric_namespace(cloud),
    });
    if cloud.job.engine == Engine::Glueetl {
        arguments["--enable-continuous-cloudwatch-log"] = json!("true");
        arguments["--continuous-log-logGroup"] = json!(Names::of(cloud).log_group("etl"));
    }
    Ok(arguments)
}

fn schedule(cloud: &Cloud) -> Option<Json> {
    let names = Names::of(cloud);
    (cloud.job.schedule != BY_HAND).then(|| {
        json!({
            "group": names.schedule_group(),
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
