use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::aws::buckets::{LoggingNow, ObjectNow};
use crate::aws::stacks::fake::stack;
use crate::aws::stacks::{Stack, StackStatus};
use crate::blueprint::names::Names;
use crate::stack::fake::{Fake, FakeBucket, FakeStack, Silent, World, cloud, resource};

const QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/bucketscope-web-undelivered";

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:bucketscope-web-notices";

fn template() -> Value {
    let hash = "00".repeat(32);
    json!({"Resources": {
        "Database": {"Type": "AWS::Glue::Database", "Properties": {}},
        "LogTable": {"Type": "AWS::Glue::Table", "Properties": {"DatabaseName": {"Ref": "Database"}, "TableInput": {
            "Name": "s3_access_logs", "TableType": "EXTERNAL_TABLE", "Parameters": {"EXTERNAL": "TRUE"},
            "PartitionKeys": [{"Name": "requestdate", "Type": "string"}],
            "StorageDescriptor": {"Columns": [{"Name": "key", "Type": "string"}, {"Name": "httpstatus", "Type": "int"}],
                "Location": "s3://lake/s3_access_logs/", "SerdeInfo": {"SerializationLibrary": "parquet"}}}}},
        "TopicPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument":
            {"Statement": [{"Sid": "Notices", "Effect": "Allow", "Action": "sns:Publish", "Resource": {"Ref": "Topic"}}]}}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
        "QueuePolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument":
            {"Statement": [{"Sid": "Rules", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage", "Resource": "arn:q"}]}}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Query": {"Type": "AWS::Athena::NamedQuery", "Properties": {"QueryString": "SELECT 1"}},
        "Statement": {"Type": "AWS::Athena::PreparedStatement", "Properties":
            {"StatementName": "denied", "WorkGroup": "w", "QueryStatement": "SELECT ?"}},
        "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": {"Name": "bucketscope-web-etl", "GroupName": "g",
            "ScheduleExpression": "rate(1 hour)", "State": "ENABLED"}},
        "Logging": {"Type": "Custom::BucketLogging", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]},
            "Bucket": "photos", "TargetBucket": "raw", "TargetPrefix": "logs/photos/", "TargetObjectKeyFormat": "SimplePrefix"}},
        "Job": {"Type": "AWS::Glue::Job", "Properties": {"Command": {"ScriptLocation": format!("s3://assets/{hash}/launcher.py")}}},
    }})
}

/// A deployed lake stack in which nothing drifted.
fn in_sync() -> Arc<Fake> {
    let cloud = cloud();
    let names = Names::of(&cloud);
    let mut world = World::default();
    let physical = [("Database", "db"), ("Topic", TOPIC), ("Queue", QUEUE), ("Query", "q-1")];
    let now = Stack {
        tags: [("bucketscope:pipeline".to_owned(), "web".to_owned())].into(),
        ..stack(&names.lake_stack(), StackStatus::CreateComplete)
    };
    let parts = physical.map(|(logical, physical)| resource(logical, "", physical)).to_vec();
    let stack = FakeStack::new(now, parts, template().to_string());
    world.stacks.insert(("eu-central-1".to_owned(), names.lake_stack()), stack);
    let mut table = table::of_template(&template()["Resources"]["LogTable"]["Properties"]["TableInput"]);
    table.parameters.insert("recordCount".to_owned(), "17".to_owned());
    table.parameters.insert("UPDATED_BY_CRAWLER".to_owned(), names.crawler());
    world.tables.insert(table.name.clone(), table);
    let policy =
        json!({"Statement": {"Sid": "Notices", "Effect": "Allow", "Action": ["SNS:Publish"], "Resource": TOPIC}});
    world.topics.insert(TOPIC.to_owned(), policy.to_string());
    // As SQS may give it back: lists of one, actions in another case.
    let policy = json!({"Version": "2012-10-17", "Statement": {"Sid": "Rules", "Effect": "Allow", "Action": ["SQS:SendMessage"],
        "Principal": {"Service": ["events.amazonaws.com"]}, "Resource": ["arn:q"]}});
    world.queues.insert(QUEUE.to_owned(), policy.to_string());
    world.queries.insert("q-1".to_owned(), "SELECT 1".to_owned());
    world.queries.insert("denied".to_owned(), "SELECT ?".to_owned());
    let schedule = crate::aws::schedules::ScheduleNow {
        name: names.schedule(),
        expression: "rate(1 hour)".to_owned(),
        time_zone: "UTC".to_owned(),
        enabled: true,
    };
    world.schedules.insert(names.schedule(), schedule);
    let logging = LoggingNow { target: "raw".to_owned(), prefix: "logs/photos/".to_owned(), key_format: String::new() };
    world.buckets.insert("photos".to_owned(), FakeBucket { logging: Some(logging), ..FakeBucket::default() });
    let zeros = aws_smithy_types::base64::encode([0; 32]);
    let object = ObjectNow { bytes: 1, sha256: Some(zeros) };
    let assets =
        FakeBucket { objects: [(format!("{}/launcher.py", "00".repeat(32)), object)].into(), ..FakeBucket::default() };
    world.buckets.insert(names.assets_bucket("eu-central-1"), assets);
    let fine = |logical: &str| ResourceDrift {
        logical: logical.to_owned(),
        status: "IN_SYNC".to_owned(),
        ..ResourceDrift::default()
    };
    let not = |logical: &str| ResourceDrift { status: "NOT_CHECKED".to_owned(), ..fine(logical) };
    let drifts = vec![fine("Database"), fine("Topic"), fine("Queue"), fine("Job")];
    let drifts = drifts.into_iter().chain(["LogTable", "TopicPolicy", "QueuePolicy"].map(not)).collect();
    world.drifts.insert(names.lake_stack(), drifts);
    Fake::over(world)
}

fn looked(fake: &Arc<Fake>) -> Found {
    let cloud = cloud();
    let watch = Silent::default();
    let site = Site::new(&cloud, &|region| fake.hands(region), &watch);
    find(&site).unwrap()
}

fn reverted(fake: &Arc<Fake>, found: &Found) -> Vec<String> {
    let cloud = cloud();
    let watch = Silent::default();
    let site = Site::new(&cloud, &|region| fake.hands(region), &watch);
    revert(&site, &found.differences).unwrap()
}

fn lines(found: &Found) -> Vec<String> {
    let line = |one: &Difference| {
        format!("{} {} {}: {} → {}{}", one.state, one.logical, one.path, one.expected, one.actual, one.reason)
    };
    found.differences.iter().map(line).collect()
}

/// What one change made by hand is found as, and whether we can set it back ourselves.
fn after(change: impl Fn(&mut World)) -> (Vec<String>, bool) {
    let fake = in_sync();
    change(&mut fake.look());
    let found = looked(&fake);
    let ours = found.differences.iter().any(|one| one.revert == Revert::Ourselves);
    if ours {
        assert_eq!(reverted(&fake, &found).len(), 1);
        assert_eq!(lines(&looked(&fake)), Vec::<String>::new(), "set back");
    } else {
        assert_eq!(reverted(&fake, &found), Vec::<String>::new());
    }
    (lines(&found), ours)
}

fn lake() -> String {
    Names::of(&cloud()).lake_stack()
}

#[test]
fn without_a_change_there_is_no_drift_whatever_a_crawler_wrote() {
    let found = looked(&in_sync());
    assert_eq!(lines(&found), Vec::<String>::new());
    assert_eq!((found.stacks, found.resources), (1, 12));
}

#[test]
fn tables_are_compared_to_the_last_column_and_set_back() {
    let table = |change: fn(&mut crate::aws::tables::Table)| {
        after(|world| change(world.tables.get_mut("s3_access_logs").unwrap()))
    };
    assert_eq!(
        table(|table| table.columns[1].kind = "string".to_owned()).0,
        ["modified LogTable /TableInput/StorageDescriptor/Columns/httpstatus/Type: int → string"]
    );
    assert_eq!(
        table(|table| drop(table.columns.remove(0))).0,
        ["modified LogTable /TableInput/StorageDescriptor/Columns/key: string → nothing"]
    );
    assert_eq!(
        table(|table| table.columns.swap(0, 1)).0,
        ["modified LogTable /TableInput/StorageDescriptor/Columns: key httpstatus → httpstatus key"]
    );
    assert_eq!(
        table(|table| drop(table.parameters.insert("EXTERNAL".to_owned(), "FALSE".to_owned()))),
        (vec!["modified LogTable /TableInput/Parameters/EXTERNAL: TRUE → FALSE".to_owned()], true)
    );
    assert_eq!(
        table(|table| drop(table.parameters.insert("owner".to_owned(), "me".to_owned()))).0,
        ["modified LogTable /TableInput/Parameters/owner: nothing → me"]
    );
    assert_eq!(after(|world| world.tables.clear()), (vec!["deleted LogTable :  → ".to_owned()], true));
}

#[test]
fn policies_logging_queries_schedules_and_files_are_compared() {
    let (found, ours) = after(|world| drop(world.topics.insert(TOPIC.to_owned(), "{}".to_owned())));
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("modified TopicPolicy /PolicyDocument/Statement/Notices: {"), "{found:?}");
    assert!(ours);
    let open = r#"{"Statement":{"Sid":"Rules","Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"arn:q"}}"#;
    assert_eq!(
        after(|world| drop(world.queues.insert(QUEUE.to_owned(), open.to_owned()))),
        (
            vec![
                "modified QueuePolicy /PolicyDocument/Statement/Rules/Principal: {\"Service\":[\"events.amazonaws.com\"]} → {\"AWS\":[\"*\"]}"
                    .to_owned()
            ],
            true
        )
    );
    let (found, ours) = after(|world| drop(world.queues.insert(QUEUE.to_owned(), String::new())));
    assert!(found.len() == 1 && found[0].ends_with(" → nothing") && ours, "{found:?}");
    assert_eq!(
        after(|world| world.buckets.get_mut("photos").unwrap().logging = None),
        (vec!["modified Logging /Logging: raw/logs/photos/ → nothing is logged".to_owned()], true)
    );
    let elsewhere = |world: &mut World| {
        let logging =
            LoggingNow { target: "theirs".to_owned(), prefix: "logs/photos/".to_owned(), ..LoggingNow::default() };
        world.buckets.get_mut("photos").unwrap().logging = Some(logging);
    };
    assert_eq!(after(elsewhere).0, ["modified Logging /TargetBucket: raw → theirs"]);
    assert_eq!(
        after(|world| drop(world.queries.insert("q-1".to_owned(), "SELECT 2".to_owned()))),
        (vec!["modified Query /QueryString: SELECT 1 → SELECT 2".to_owned()], false)
    );
    assert_eq!(after(|world| drop(world.queries.remove("denied"))).0, ["deleted Statement :  → "]);
    assert_eq!(
        after(|world| world.schedules.get_mut("bucketscope-web-etl").unwrap().enabled = false).0,
        ["modified Schedule /State: ENABLED → DISABLED"]
    );
    let assets = "bucketscope-web-assets-eu-central-1-abc123";
    let hash = "00".repeat(32);
    assert_eq!(
        after(|world| world.buckets.get_mut(assets).unwrap().objects.clear()).0,
        [format!("deleted {hash}/launcher.py : {hash} → ")]
    );
    let other = |world: &mut World| {
        let object = world.buckets.get_mut(assets).unwrap().objects.values_mut().next().unwrap();
        object.sha256 = Some(aws_smithy_types::base64::encode([1; 32]));
    };
    assert_eq!(after(other).0, [format!("modified {hash}/launcher.py sha256: {hash} → {}", "01".repeat(32))]);
}

#[test]
fn what_cloudformation_found_is_told_once_and_what_nobody_can_tell_is_no_drift() {
    let seen = |status: &'static str, logical: &'static str| {
        after(move |world| {
            let drifts = world.drifts.get_mut(&lake()).unwrap();
            drifts.retain(|one| one.logical != logical);
            drifts.push(ResourceDrift {
                logical: logical.to_owned(),
                status: status.to_owned(),
                reason: (status == "UNKNOWN").then(|| "no permission to read it".to_owned()),
                differences: vec![("/Timeout".to_owned(), "120".to_owned(), "5".to_owned())],
                ..ResourceDrift::default()
            });
        })
        .0
    };
    assert_eq!(seen("MODIFIED", "Job"), ["modified Job /Timeout: 120 → 5"]);
    assert_eq!(seen("DELETED", "Job"), ["deleted Job :  → "]);
    assert_eq!(seen("UNKNOWN", "Job"), ["unknown Job :  → no permission to read it"]);
    let both = |world: &mut World| {
        world.queries.insert("q-1".to_owned(), "SELECT 2".to_owned());
        world.drifts.get_mut(&lake()).unwrap().push(ResourceDrift {
            logical: "Query".to_owned(),
            status: "MODIFIED".to_owned(),
            differences: vec![("/QueryString".to_owned(), "SELECT 1".to_owned(), "SELECT 2".to_owned())],
            ..ResourceDrift::default()
        });
    };
    assert_eq!(after(both).0, ["modified Query /QueryString: SELECT 1 → SELECT 2"]);
    let fake = in_sync();
    fake.look().drifts.get_mut(&lake()).unwrap().retain(|one| one.logical != "Job");
    let found = looked(&fake);
    assert_eq!(lines(&found), ["unknown Job :  → CloudFormation does not compare resources of this type"]);
    assert!(!found.drifted());
}

#[test]
fn nothing_deployed_is_said_as_such() {
    let cloud = cloud();
    let watch = Silent::default();
    let fake = Fake::over(World::default());
    let site = Site::new(&cloud, &|region| fake.hands(region), &watch);
    assert_eq!(find(&site).unwrap_err().kind(), ErrorKind::NotDeployed);
}
