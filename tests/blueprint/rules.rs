//! Rules that every template keeps, whatever the scenario.

use bucketscope::blueprint::{Names, StackKind};
use serde_json::{Value, json};

use crate::scenario::{SCENARIOS, Scenario};

fn resources(template: &Value) -> impl Iterator<Item = (&String, &Value)> {
    template["Resources"].as_object().unwrap().iter()
}

fn of_type<'a>(template: &'a Value, kind: &str) -> Vec<(&'a String, &'a Value)> {
    resources(template).filter(|(_, resource)| resource["Type"] == kind).collect()
}

fn templates() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for name in SCENARIOS {
        for spec in Scenario::named(name).specs {
            all.push((
                format!("{name}: {} in {}", spec.name, spec.region),
                serde_json::from_str(&spec.template).unwrap(),
            ));
        }
    }
    all
}

#[test]
fn buckets_are_closed_to_the_public_and_to_whoever_comes_without_tls() {
    for (stack, template) in templates() {
        for (id, bucket) in of_type(&template, "AWS::S3::Bucket") {
            let block = &bucket["Properties"]["PublicAccessBlockConfiguration"];
            for key in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
                assert_eq!(block[key], true, "{stack}: {id}");
            }
            let policy = &template["Resources"][format!("{id}Policy")]["Properties"];
            assert_eq!(policy["Bucket"], json!({ "Ref": id }), "{stack}");
            let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
            assert!(statements.iter().any(|statement| statement["Sid"] == "TlsOnly"), "{stack}: {id}");
        }
    }
}

#[test]
fn logs_are_delivered_only_for_the_buckets_named_and_only_to_s3s_own_keys() {
    let scenario = Scenario::named("regions");
    let collector = scenario.template(StackKind::Collector, "us-east-1");
    let delivery = &collector["Resources"]["LogBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][0];
    assert_eq!(delivery["Condition"]["StringEquals"]["aws:SourceAccount"], "123456789012");
    assert_eq!(delivery["Condition"]["ArnEquals"]["aws:SourceArn"], json!(["arn:aws:s3:::shop.us.orders"]));
    for template in [collector, scenario.collector()] {
        let bucket = &template["Resources"]["LogBucket"]["Properties"];
        let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
        assert_eq!(encryption["ServerSideEncryptionByDefault"], json!({ "SSEAlgorithm": "AES256" }));
        assert!(bucket.get("ObjectLockConfiguration").is_none());
    }
}

#[test]
fn the_log_bucket_keeps_the_earlier_settings_when_raw_logs_expire() {
    let template = Scenario::named("everything").collector();
    let rules = template["Resources"]["LogBucket"]["Properties"]["LifecycleConfiguration"]["Rules"].clone();
    let expiring: Vec<&Value> =
        rules.as_array().unwrap().iter().filter(|rule| rule.get("ExpirationInDays").is_some()).collect();
    assert_eq!(expiring.len(), 1);
    assert_eq!((&expiring[0]["Prefix"], &expiring[0]["ExpirationInDays"]), (&json!("logs/"), &json!(30)));
    let state = &template["Resources"];
    let deliveries = of_type(&template, "Custom::BucketLogging");
    assert!(!deliveries[0].1["Properties"]["StatePrefix"].as_str().unwrap().starts_with("logs/"), "{state}");
}

#[test]
fn the_lake_expires_tables_and_never_its_state() {
    let template = Scenario::named("everything").lake();
    let rules = &template["Resources"]["LakeBucket"]["Properties"]["LifecycleConfiguration"]["Rules"];
    for rule in rules.as_array().unwrap().iter().filter(|rule| rule.get("ExpirationInDays").is_some()) {
        assert_eq!((&rule["Prefix"], &rule["ExpirationInDays"]), (&json!("s3_access_logs/"), &json!(400)));
    }
}

#[test]
fn what_holds_data_outlives_its_stack() {
    for (stack, template) in templates() {
        for (id, bucket) in of_type(&template, "AWS::S3::Bucket") {
            let expected = if id == "AssetsBucket" { "Delete" } else { "RetainExceptOnCreate" };
            assert_eq!(bucket["DeletionPolicy"], expected, "{stack}: {id}");
        }
    }
}

#[test]
fn everything_that_takes_tags_names_its_pipeline() {
    let scenario = Scenario::named("everything");
    let name = scenario.cloud.name.clone();
    let template = scenario.lake();
    assert_eq!(template["Resources"]["Job"]["Properties"]["Tags"]["bucketscope:pipeline"], json!(name));
    let role = template["Resources"]["EtlRole"]["Properties"]["Tags"].as_array().unwrap().clone();
    assert!(role.contains(&json!({ "Key": "bucketscope:pipeline", "Value": name })));
    assert!(role.contains(&json!({ "Key": "cost-centre", "Value": "4711" })));
}

#[test]
fn the_worker_to_be_found_is_named_by_hash_in_the_jobs_definition() {
    let scenario = Scenario::named("minimal");
    let arguments = scenario.lake()["Resources"]["Job"]["Properties"]["DefaultArguments"].clone();
    assert_eq!(arguments["--worker-sha256"], json!(scenario.facts.assets.worker.sha256));
    assert_eq!(arguments["--worker-key"], json!(scenario.facts.assets.worker.key()));
    assert_eq!(arguments["--worker-bucket"], json!(Names::of(&scenario.cloud).assets_bucket("eu-central-1")));
}
