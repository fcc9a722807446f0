//! What is changed by hand is found, named and set back; what nobody changed is not.

use serde_json::Value;

use super::cloud::{ACCOUNT, Cloud, LINES, REGION};

const ASSETS: &str = "bucketscope-test-assets-eu-central-1-a1b2c3";
const LAKE: &str = "bucketscope-test-lake-a1b2c3";

/// A deployed pipeline with one bucket that it has switched logging on for.
fn deployed() -> Cloud {
    let cloud = Cloud::new();
    cloud.make_bucket("acme-data", REGION);
    cloud.configure("sources:\n  - id: ours\n    log_buckets: [acme-data]\n");
    cloud.run("deploy").ok();
    cloud
}

/// What `drift` says: `state resource path`, one a difference.
fn drift(cloud: &Cloud, code: i32) -> Vec<String> {
    let answer = cloud.run("drift --detailed-exitcode --output json").ended(code).json();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows = answer["rows"].as_array().unwrap_or_else(|| panic!("{answer}")).iter();
    assert_eq!(answer["unknown"], 0, "there is nothing that is not compared: {answer:#}");
    rows.map(|row| format!("{} {} {}", text(row, "state"), text(row, "resource"), text(row, "path"))).collect()
}

/// The one difference that a change by hand makes, found and set back.
#[track_caller]
fn found_and_set_back(cloud: &Cloud, what: &str, wanted: &[&str]) {
    let found = drift(cloud, 2);
    for part in wanted {
        assert!(found.iter().any(|line| line.contains(part)), "{what}: {part} is not in {found:#?}");
    }
    cloud.run("deploy --revert-drift").ok();
    let left = drift(cloud, 0);
    assert!(left.is_empty(), "{what}: {left:#?}");
}

#[test]
fn settings_of_bucket_schedule_and_job() {
    let cloud = deployed();
    assert!(drift(&cloud, 0).is_empty());
    let s3 = cloud.s3(REGION);
    cloud.wait(s3.delete_public_access_block().bucket(LAKE).send()).unwrap();
    let scheduler = aws_sdk_scheduler::Client::new(&cloud.sdk(REGION));
    let schedule = cloud
        .wait(scheduler.get_schedule().group_name("bucketscope-test").name("bucketscope-test-etl").send())
        .unwrap();
    let request = scheduler
        .update_schedule()
        .group_name("bucketscope-test")
        .name("bucketscope-test-etl")
        .set_schedule_expression(schedule.schedule_expression.clone())
        .set_schedule_expression_timezone(schedule.schedule_expression_timezone.clone())
        .set_flexible_time_window(schedule.flexible_time_window.clone())
        .set_target(schedule.target.clone())
        .set_description(schedule.description.clone())
        .state(aws_sdk_scheduler::types::ScheduleState::Disabled);
    cloud.wait(request.send()).unwrap();
    found_and_set_back(&cloud, "bucket and schedule", &[LAKE, "bucketscope-test-etl /State"]);
}

#[test]
fn what_cloudformation_does_not_look_at() {
    let cloud = deployed();
    let glue = aws_sdk_glue::Client::new(&cloud.sdk(REGION));
    let table = cloud.wait(glue.get_table().database_name("bucketscope_test").name("s3_access_logs").send()).unwrap();
    let table = table.table().unwrap();
    let mut storage = table.storage_descriptor().unwrap().clone();
    storage.columns.as_mut().unwrap().pop();
    let input = aws_sdk_glue::types::TableInput::builder()
        .name("s3_access_logs")
        .set_table_type(table.table_type.clone())
        .set_parameters(table.parameters.clone())
        .set_partition_keys(table.partition_keys.clone())
        .storage_descriptor(storage)
        .build()
        .unwrap();
    cloud.wait(glue.update_table().database_name("bucketscope_test").table_input(input).send()).unwrap();

    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:bucketscope-test-notices");
    let open = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"*"}]}"#;
    let sns = aws_sdk_sns::Client::new(&cloud.sdk(REGION));
    let request = sns.set_topic_attributes().topic_arn(topic).attribute_name("Policy").attribute_value(open);
    cloud.wait(request.send()).unwrap();

    let sqs = aws_sdk_sqs::Client::new(&cloud.sdk(REGION));
    let queue = cloud.wait(sqs.get_queue_url().queue_name("bucketscope-test-undelivered").send()).unwrap();
    let open = open.replace("sns:Publish", "sqs:*");
    let request = sqs.set_queue_attributes().queue_url(queue.queue_url().unwrap());
    cloud.wait(request.attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, open).send()).unwrap();

    cloud.make_bucket("acme-siem", REGION);
    cloud.log_to("acme-data", REGION, "acme-siem", "x/");
    let parts = [
        "s3_access_logs",
        "bucketscope-test-notices",
        "bucketscope-test-undelivered /PolicyDocument/Statement/RulesOfThisPipeline",
        "acme-data",
    ];
    found_and_set_back(&cloud, "table, topic, queue, logging", &parts);
}

#[test]
fn the_table_of_a_trail_and_its_view() {
    let cloud = Cloud::new();
    cloud.make_bucket("acme-trail", REGION);
    cloud.configure("trails:\n  - id: events\n    bucket: acme-trail\n");
    cloud.run("deploy").ok();
    assert!(drift(&cloud, 0).is_empty());
    let glue = aws_sdk_glue::Client::new(&cloud.sdk(REGION));
    let table = |name: &str| {
        let answer = cloud.wait(glue.get_table().database_name("bucketscope_test").name(name).send()).unwrap();
        let table = answer.table().unwrap().clone();
        aws_sdk_glue::types::TableInput::builder()
            .name(name)
            .set_table_type(table.table_type)
            .set_parameters(table.parameters)
            .set_partition_keys(table.partition_keys)
            .set_view_original_text(table.view_original_text)
            .set_view_expanded_text(table.view_expanded_text)
            .set_storage_descriptor(table.storage_descriptor)
    };
    let put = |input: aws_sdk_glue::types::builders::TableInputBuilder| {
        let input = input.build().unwrap();
        cloud.wait(glue.update_table().database_name("bucketscope_test").table_input(input).send()).unwrap();
    };
    let events = table("cloudtrail_events");
    let mut storage = events.get_storage_descriptor().clone().unwrap();
    storage.location = Some("s3://acme-elsewhere/events/".to_owned());
    let columns = storage.columns.as_mut().unwrap();
    columns.iter_mut().find(|column| column.name == "eventtime").unwrap().r#type = Some("string".to_owned());
    put(events.storage_descriptor(storage));
    put(table("cloudtrail_events_unique").view_original_text("/* Presto View: bm90aGluZw== */"));
    let parts = [
        "modified cloudtrail_events /TableInput/StorageDescriptor/Columns/eventtime/Type",
        "modified cloudtrail_events /TableInput/StorageDescriptor/Location",
        "modified cloudtrail_events_unique /TableInput/ViewOriginalText",
    ];
    found_and_set_back(&cloud, "table and view of the trail", &parts);
}

#[test]
fn a_saved_query_and_a_program_that_was_deleted() {
    let cloud = deployed();
    let athena = aws_sdk_athena::Client::new(&cloud.sdk(REGION));
    let ids = cloud.wait(athena.list_named_queries().work_group("bucketscope-test").send()).unwrap();
    let id = ids.named_query_ids().first().unwrap();
    let query = cloud.wait(athena.get_named_query().named_query_id(id).send()).unwrap();
    let name = query.named_query().unwrap().name().to_owned();
    cloud.wait(athena.delete_named_query().named_query_id(id).send()).unwrap();
    let worker = cloud.keys(ASSETS).into_iter().find(|key| key.ends_with("/worker")).unwrap();
    cloud.wait(cloud.s3(REGION).delete_object().bucket(ASSETS).key(&worker).send()).unwrap();
    found_and_set_back(&cloud, "query and program", &[&name, "worker"]);
}

#[test]
fn a_role_with_a_permission_more_and_a_crawler_deleted() {
    let cloud = deployed();
    let iam = aws_sdk_iam::Client::new(&cloud.sdk(REGION));
    let more = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let request =
        iam.put_role_policy().role_name("bucketscope-test-etl-eu-central-1").policy_name("more").policy_document(more);
    cloud.wait(request.send()).unwrap();
    let glue = aws_sdk_glue::Client::new(&cloud.sdk(REGION));
    cloud.wait(glue.delete_crawler().name("bucketscope-test-lake").send()).unwrap();
    let found = drift(&cloud, 2);
    for part in ["bucketscope-test-etl-eu-central-1", "deleted bucketscope-test-lake"] {
        assert!(found.iter().any(|line| line.contains(part)), "{part} is not in {found:#?}");
    }
}

#[test]
fn files_of_the_lake_but_not_what_a_crawler_writes() {
    let cloud = deployed();
    let target = "bucketscope-test-logs-eu-central-1-a1b2c3";
    cloud.put(target, "logs/acme-data/2026-02-06-01-30-00-AAAAAAAAAAAAAAAA", LINES);
    cloud.run("run").ok();
    let glue = aws_sdk_glue::Client::new(&cloud.sdk(REGION));
    cloud.wait(glue.start_crawler().name("bucketscope-test-lake").send()).unwrap();
    cloud.until("the crawl", || {
        let crawler = cloud.wait(glue.get_crawler().name("bucketscope-test-lake").send()).unwrap();
        let crawler = crawler.crawler().unwrap();
        crawler.last_crawl().is_some() && crawler.state().is_some_and(|state| state.as_str() == "READY")
    });
    assert!(drift(&cloud, 0).is_empty());
    let file = cloud.keys(LAKE).into_iter().find(|key| key.ends_with(".parquet")).unwrap();
    cloud.wait(cloud.s3(REGION).delete_object().bucket(LAKE).key(&file).send()).unwrap();
    let found = drift(&cloud, 2);
    assert_eq!(found, [format!("missing {file} ")]);
}
