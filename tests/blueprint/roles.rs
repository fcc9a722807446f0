//! What roles may do, and who takes them.

use bucketscope::blueprint::StackKind;
use serde_json::{Value, json};

use crate::scenario::{SCENARIOS, Scenario, of_type, properties};

fn statements(role: &Value) -> Vec<Value> {
    let policies = role["Policies"].as_array().unwrap();
    policies.iter().flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap().clone()).collect()
}

fn roles(scenario: &Scenario) -> Vec<Value> {
    let mut all = Vec::new();
    for spec in &scenario.specs {
        let template = serde_json::from_str(&spec.template).unwrap();
        all.extend(of_type(&template, "AWS::IAM::Role").iter().map(|(_, role)| role["Properties"].clone()));
    }
    all
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// The actions that a role has on what begins with `resource`.
fn actions_on(role: &Value, resource: &str) -> Vec<String> {
    let of_it = |statement: &&Value| list(&statement["Resource"]).iter().any(|arn| arn.starts_with(resource));
    let mut actions: Vec<String> = statements(role).iter().filter(of_it).flat_map(|it| list(&it["Action"])).collect();
    actions.sort();
    actions.dedup();
    actions
}

#[test]
fn no_role_has_a_wildcard_action_and_resources_are_named_but_for_the_metric() {
    for scenario in SCENARIOS.map(Scenario::named) {
        for statement in roles(&scenario).iter().flat_map(statements) {
            assert!(list(&statement["Action"]).iter().all(|action| !action.contains('*')), "{statement}");
            if list(&statement["Resource"]) == ["*"] {
                assert_eq!(statement["Action"], json!(["cloudwatch:PutMetricData"]));
                assert!(statement["Condition"]["StringEquals"]["cloudwatch:namespace"].is_string());
            }
            for arn in list(&statement["Resource"]).iter().filter(|arn| *arn != "*") {
                let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
                let named = resource.strip_suffix('*').unwrap_or(resource);
                assert!(!named.is_empty() && !named.contains('*'), "{arn}");
            }
        }
    }
}

#[test]
fn every_right_on_s3_is_bound_to_the_account_that_owns_the_bucket() {
    for scenario in SCENARIOS.map(Scenario::named) {
        for statement in roles(&scenario).iter().flat_map(statements) {
            if list(&statement["Action"]).iter().any(|action| action.starts_with("s3:")) {
                assert!(statement["Condition"]["StringEquals"]["aws:ResourceAccount"].is_string(), "{statement}");
            }
        }
    }
}

#[test]
fn what_belongs_to_others_is_only_read() {
    let scenario = Scenario::named("everything");
    let role = properties(&scenario.lake(), "EtlRole");
    for bucket in ["old-logs", "organisation-trail"] {
        assert_eq!(actions_on(&role, &format!("arn:aws:s3:::{bucket}")), ["s3:GetObject", "s3:ListBucket"]);
    }
    let foreign: Vec<Value> = statements(&role).into_iter().filter(|it| it["Sid"] == "Read210987654321").collect();
    assert_eq!(foreign[0]["Resource"], json!(["arn:aws:s3:::organisation-trail/trails/AWSLogs/*"]));
    assert_eq!(foreign[0]["Condition"]["StringEquals"]["aws:ResourceAccount"], "210987654321");
}

#[test]
fn after_a_commit_the_job_may_do_what_its_mode_needs_and_no_more() {
    let glue = |name: &str| -> Vec<String> {
        let role = properties(&Scenario::named(name).lake(), "EtlRole");
        actions_on(&role, "arn:aws:glue:")
    };
    assert_eq!(glue("crawler"), ["glue:StartCrawler", "glue:StartJobRun"]);
    assert_eq!(glue("projection"), ["glue:StartJobRun"]);
    assert_eq!(
        glue("minimal"),
        [
            "glue:BatchCreatePartition",
            "glue:BatchGetPartition",
            "glue:BatchUpdatePartition",
            "glue:GetTable",
            "glue:StartJobRun",
        ]
    );
}

#[test]
fn only_a_job_that_hands_over_may_start_another_and_only_that_one() {
    let starting = |name: &str| -> Vec<Value> {
        let role = properties(&Scenario::named(name).lake(), "EtlRole");
        statements(&role)
            .into_iter()
            .filter(|it| list(&it["Action"]).contains(&"glue:StartJobRun".to_owned()))
            .collect()
    };
    let minimal = starting("minimal");
    assert_eq!(minimal.len(), 1);
    assert_eq!(
        minimal[0]["Resource"],
        json!(["arn:aws:glue:eu-central-1:123456789012:job/bucketscope-shop-etl-spark"])
    );
    assert_eq!(minimal[0]["Action"], json!(["glue:StartJobRun"]));
    for other in ["everything", "glueetl", "ray"] {
        assert!(starting(other).is_empty(), "{other}");
    }
}

#[test]
fn the_function_may_change_the_logging_of_the_buckets_named_and_of_no_other() {
    let template = Scenario::named("regions").template(StackKind::Collector, "eu-central-1");
    let role = properties(&template, "DeliveryRole");
    let logging: Vec<Value> = statements(&role)
        .into_iter()
        .filter(|statement| list(&statement["Action"]).contains(&"s3:PutBucketLogging".to_owned()))
        .collect();
    assert_eq!(logging.len(), 1);
    assert_eq!(logging[0]["Resource"], json!(["arn:aws:s3:::shop-orders", "arn:aws:s3:::shop-invoices"]));
}

#[test]
fn services_take_roles_only_for_this_account() {
    let scenario = Scenario::named("minimal");
    let trust = properties(&scenario.lake(), "ScheduleRole")["AssumeRolePolicyDocument"]["Statement"][0].clone();
    assert_eq!(trust["Principal"], json!({ "Service": "scheduler.amazonaws.com" }));
    assert_eq!(
        trust["Condition"]["StringEquals"],
        json!({
            "aws:SourceAccount": "123456789012",
            "aws:SourceArn": "arn:aws:scheduler:eu-central-1:123456789012:schedule-group/bucketscope-shop",
        })
    );
    for role in ["EtlRole", "CrawlerRole"] {
        let trust = properties(&scenario.lake(), role)["AssumeRolePolicyDocument"]["Statement"][0].clone();
        assert_eq!(trust["Condition"]["StringEquals"]["aws:SourceAccount"], "123456789012");
    }
}

#[test]
fn roles_have_the_accounts_path_and_boundary_and_names_with_the_region() {
    for role in roles(&Scenario::named("boundary")) {
        assert_eq!(role["Path"], "/teams/logs/");
        assert_eq!(role["PermissionsBoundary"], "arn:aws:iam::123456789012:policy/boundary/teams");
        assert!(role["RoleName"].as_str().unwrap().ends_with("-eu-central-1"));
    }
    assert!(roles(&Scenario::named("minimal")).iter().all(|role| role.get("PermissionsBoundary").is_none()));
}

#[test]
fn another_partition_is_named_in_every_arn() {
    let scenario = Scenario::named("china");
    for spec in &scenario.specs {
        assert!(!spec.template.contains("arn:aws:"), "{}", spec.name);
        assert!(spec.template.contains("arn:aws-cn:"), "{}", spec.name);
    }
}
