//! A pipeline that is there, with everything that may have gathered around it.

use std::collections::{BTreeMap, BTreeSet};

use super::stacks::resource;
use super::{FakeBucket, FakeStack, World};
use crate::aws::buckets::{Item, LoggingNow};
use crate::aws::crawlers::CrawlerNow;
use crate::aws::jobs::Run;
use crate::aws::schedules::ScheduleNow;
use crate::aws::stacks::fake::stack;
use crate::aws::stacks::{Stack, StackResource, StackStatus};
use crate::aws::tables::Table;
use crate::blueprint::names::{Names, TAG};
use crate::config::cloud::Cloud;

fn item(key: &str) -> Item {
    Item { key: key.to_owned(), id: Some("1".to_owned()) }
}

/// A configuration with sources in two Regions.
pub fn cloud() -> Cloud {
    let text = "version: 1\nname: web\ntarget: aws\naws: {account_id: '123456789012', region: eu-central-1, suffix: abc123}\n\
        sources:\n- {id: here, log_buckets: [photos]}\n- {id: there, region: us-east-1, log_buckets: [films]}\n\
        - {id: old, bucket: old-logs}\n";
    Cloud::parse(text, std::path::Path::new("bucketscope.yaml")).unwrap()
}

/// A pipeline as it is after some time of use: a run and the crawler at work, a table that nobody declared, versions,
/// uploads, streams in shared groups, and neighbours that must not be touched.
pub fn deployed(cloud: &Cloud) -> World {
    let names = Names::of(cloud);
    let ours = BTreeMap::from([(TAG.to_owned(), cloud.name.clone())]);
    let mut world = World {
        job: Some(names.job()),
        database: Some(names.database()),
        workgroup: Some(names.workgroup()),
        group: Some(names.schedule_group()),
        ..World::default()
    };
    let mut add = |name: String, region: &str, parts: Vec<StackResource>, template: String| {
        let now = Stack {
            tags: ours.clone(),
            protected: name.ends_with("-lake"),
            ..stack(&name, StackStatus::CreateComplete)
        };
        world.stacks.insert((region.to_owned(), name), FakeStack::new(now, parts, template));
    };
    for (region, source) in [("eu-central-1", "photos"), ("us-east-1", "films")] {
        let assets = names.assets_bucket(region);
        add(names.assets_stack(), region, vec![resource("AssetsBucket", "AWS::S3::Bucket", &assets)], String::new());
        let template = serde_json::json!({"Resources": {"Logging": {"Type": "Custom::BucketLogging", "Properties": {"Bucket": source}}}});
        let parts = vec![
            resource("LogBucket", "AWS::S3::Bucket", &names.logs_bucket(region)),
            resource("Logging", "Custom::BucketLogging", source),
            resource("DeliveryLogGroup", "AWS::Logs::LogGroup", &names.log_group("delivery")),
        ];
        add(names.collector_stack(1), region, parts, template.to_string());
    }
    let topic = format!("arn:aws:sns:eu-central-1:123456789012:{}", names.topic());
    let role = names.role("etl", "eu-central-1");
    let parts = vec![
        resource("LakeBucket", "AWS::S3::Bucket", &names.lake_bucket()),
        resource("ResultsBucket", "AWS::S3::Bucket", &names.results_bucket()),
        resource("Database", "AWS::Glue::Database", &names.database()),
        resource("LogTable", "AWS::Glue::Table", "s3_access_logs"),
        resource("Job", "AWS::Glue::Job", &names.job()),
        resource("Crawler", "AWS::Glue::Crawler", &names.crawler()),
        resource("ScheduleGroup", "AWS::Scheduler::ScheduleGroup", &names.schedule_group()),
        resource("Schedule", "AWS::Scheduler::Schedule", &names.schedule()),
        resource("Workgroup", "AWS::Athena::WorkGroup", &names.workgroup()),
        resource("Topic", "AWS::SNS::Topic", &topic),
        resource("EtlRole", "AWS::IAM::Role", &role),
    ];
    add(names.lake_stack(), "eu-central-1", parts, String::new());
    let full = FakeBucket {
        tags: ours.clone(),
        versions: ["a", "b", "c"].map(item).to_vec(),
        uploads: vec![item("half")],
        ..FakeBucket::default()
    };
    for bucket in [
        names.assets_bucket("eu-central-1"),
        names.assets_bucket("us-east-1"),
        names.logs_bucket("eu-central-1"),
        names.logs_bucket("us-east-1"),
        names.lake_bucket(),
        names.results_bucket(),
    ] {
        world.buckets.insert(bucket, full.clone());
    }
    let logging = Some(LoggingNow { target: names.logs_bucket("eu-central-1"), ..LoggingNow::default() });
    for foreign in ["photos", "films", "old-logs"] {
        let bucket = FakeBucket { tags: BTreeMap::new(), logging: logging.clone(), ..full.clone() };
        world.buckets.insert(foreign.to_owned(), bucket);
    }
    let run = |id: &str, state: &str| Run { id: id.to_owned(), state: state.to_owned(), ..Run::default() };
    world.runs = vec![run("jr_2", "RUNNING"), run("jr_1", "SUCCEEDED")];
    let running = CrawlerNow { state: "RUNNING".to_owned(), ..CrawlerNow::default() };
    world.crawler = Some((names.crawler(), running));
    let schedule = ScheduleNow { name: names.schedule(), enabled: true, ..ScheduleNow::default() };
    world.schedules.insert(names.schedule(), schedule);
    for table in ["s3_access_logs", "made_by_hand"] {
        world.tables.insert(table.to_owned(), Table { name: table.to_owned(), ..Table::default() });
    }
    let streams = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    world
        .log_groups
        .insert("/aws-glue/python-jobs/output".to_owned(), streams(&["jr_1", "jr_2", "jr_2_g-1", "jr_foreign"]));
    world
        .log_groups
        .insert("/aws-glue/crawlers".to_owned(), streams(&["bucketscope-web-lake", "bucketscope-web-lake-2"]));
    world.log_groups.insert(names.log_group("delivery"), BTreeSet::new());
    world.log_groups.insert(names.log_group("late"), BTreeSet::new());
    world.log_groups.insert("/bucketscope/web-2/delivery".to_owned(), BTreeSet::new());
    world.topics.insert(topic.clone(), String::new());
    world.roles.insert(role, ours.clone());
    world.roles.insert(
        "bucketscope-web-2-etl-eu-central-1".to_owned(),
        BTreeMap::from([(TAG.to_owned(), "web-2".to_owned())]),
    );
    for bucket in [names.lake_bucket(), names.assets_bucket("eu-central-1")] {
        world.tagged.insert(("eu-central-1".to_owned(), format!("arn:aws:s3:::{bucket}")));
    }
    world.tagged.insert(("eu-central-1".to_owned(), topic));
    world
}
