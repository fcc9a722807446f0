use serde_json::json;

use super::*;
use crate::aws::stacks::Detail;

fn template(resources: Value) -> Template {
    Template::parse(&json!({ "Resources": resources }).to_string()).unwrap()
}

fn modify(id: &str, kind: &str, replacement: Replacement) -> Change {
    Change {
        action: Action::Modify,
        logical_id: id.to_owned(),
        physical_id: None,
        resource_type: kind.to_owned(),
        replacement,
        policy: None,
        details: Vec::new(),
        before: None,
        after: None,
    }
}

fn contexts(mut change: Change, before: Value, after: Value) -> Change {
    change.before = Some(json!({ "Properties": before }).to_string());
    change.after = Some(json!({ "Properties": after }).to_string());
    change
}

fn follows(property: &str, cause: &str, replacement: Replacement) -> Detail {
    Detail {
        attribute: "Properties".to_owned(),
        property: Some(property.to_owned()),
        path: None,
        replacement,
        before: None,
        after: None,
        dynamic: true,
        cause: Some(cause.to_owned()),
    }
}

const JOB: &str = "AWS::Glue::Job";
const ROLE: &str = "AWS::IAM::Role";
const QUERY: &str = "AWS::Athena::NamedQuery";

fn local(before: Value, after: Value) -> Vec<ResourceChange> {
    let (deployed, wanted) = (template(before), template(after));
    describe(&compare(&deployed, &wanted), &deployed, &wanted)
}

#[test]
fn a_property_that_changes_is_told_with_both_values() {
    let job = |timeout: u32| json!({"Job": {"Type": JOB, "Properties": {"Name": "p-etl", "Timeout": timeout}}});
    let changes = local(job(60), job(120));
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((change.change, change.what.as_str(), change.name.as_str()), (Fate::Update, "job", "p-etl"));
    assert_eq!(
        change.properties,
        [Difference { path: "Timeout".to_owned(), before: Some(json!(60)), after: Some(json!(120)) }]
    );
}

#[test]
fn a_saved_query_is_replaced_whatever_changes_in_it_and_says_why() {
    let query = |text: &str| json!({"Q": {"Type": QUERY, "Properties": {"Name": "denied", "QueryString": text}}});
    let changes = local(query("SELECT 1"), query("SELECT 2"));
    assert_eq!(changes[0].change, Fate::Replace);
    assert!(changes[0].why.as_deref().unwrap().starts_with("Athena cannot change a saved query"));
}

#[test]
fn conditional_changes_with_equal_contexts_are_no_changes() {
    let same = json!({"Name": "p-etl", "Role": "arn:role"});
    let change = contexts(modify("Job", JOB, Replacement::Maybe), same.clone(), same);
    let both = template(json!({"Job": {"Type": JOB, "Properties": {"Role": {"Fn::GetAtt": ["Role", "Arn"]}}}}));
    assert!(describe(&[change], &both, &both).is_empty());
}

#[test]
fn a_value_known_afterwards_is_a_change_only_if_its_cause_is_replaced() {
    let both = template(json!({
        "Role": {"Type": ROLE, "Properties": {"RoleName": "r"}},
        "Job": {"Type": JOB, "Properties": {"Name": "j", "Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }));
    let mut job = contexts(
        modify("Job", JOB, Replacement::Maybe),
        json!({"Role": "arn:old"}),
        json!({"Role": "{{changeSet:KNOWN_AFTER_APPLY}}"}),
    );
    job.details = vec![follows("Role", "Role.Arn", Replacement::Never)];

    let in_place = contexts(
        modify("Role", ROLE, Replacement::Never),
        json!({"MaxSessionDuration": 1}),
        json!({"MaxSessionDuration": 2}),
    );
    let told = describe(&[in_place, job.clone()], &both, &both);
    assert_eq!(told.iter().map(|c| c.logical_id.as_str()).collect::<Vec<_>>(), ["Role"]);

    let replaced =
        contexts(modify("Role", ROLE, Replacement::Always), json!({"RoleName": "a"}), json!({"RoleName": "b"}));
    let told = describe(&[replaced, job], &both, &both);
    let fates: Vec<_> = told.iter().map(|c| (c.logical_id.as_str(), c.change)).collect();
    assert_eq!(fates, [("Job", Fate::Update), ("Role", Fate::Replace)]);
    assert_eq!(told[1].why.as_deref(), Some("RoleName cannot be changed in place"));
}

#[test]
fn without_contexts_the_templates_decide_what_is_only_listed() {
    let before = template(json!({
        "Role": {"Type": ROLE, "Properties": {"RoleName": "r", "Description": "old"}},
        "Job": {"Type": JOB, "Properties": {"Name": "j", "Role": {"Ref": "Role"}}},
    }));
    let after = template(json!({
        "Role": {"Type": ROLE, "Properties": {"RoleName": "r", "Description": "new"}},
        "Job": {"Type": JOB, "Properties": {"Name": "j", "Role": {"Ref": "Role"}}},
    }));
    let listed = [modify("Role", ROLE, Replacement::Maybe), modify("Job", JOB, Replacement::Maybe)];
    let told = describe(&listed, &before, &after);
    assert_eq!(told.iter().map(|c| c.logical_id.as_str()).collect::<Vec<_>>(), ["Role"]);
}

#[test]
fn what_refers_to_a_replaced_resource_follows_it() {
    let both = |name: &str| {
        json!({
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}},
            "Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "Topic"}]}},
            "Rule": {"Type": "AWS::Events::Rule", "Properties": {"Name": "r", "Targets": [{"Arn": {"Fn::Sub": "x${Topic.Arn}"}}]}},
        })
    };
    let (before, after) = (template(both("a")), template(both("b")));
    let listed = ["Topic", "Policy", "Rule"].map(|id| {
        let kind = before.resources()[id].resource_type.clone();
        modify(id, &kind, Replacement::Maybe)
    });
    let told = describe(&listed, &before, &after);
    let fates: Vec<_> = told.iter().map(|c| (c.logical_id.as_str(), c.change, c.why.as_deref())).collect();
    assert_eq!(
        fates,
        [
            ("Rule", Fate::Update, Some("it follows from another change")),
            ("Policy", Fate::Update, Some("it follows from another change")),
            ("Topic", Fate::Replace, Some("TopicName cannot be changed in place")),
        ]
    );
}

#[test]
fn what_becomes_of_data_is_told() {
    let bucket = |policy: &str| json!({"Logs": {"Type": "AWS::S3::Bucket", "DeletionPolicy": policy, "UpdateReplacePolicy": policy, "Properties": {"BucketName": "b"}}});
    let data = |changes: Vec<ResourceChange>| changes.into_iter().find_map(|change| change.data).unwrap();
    assert_eq!(data(local(bucket("RetainExceptOnCreate"), json!({}))), "it stays, with its objects");
    assert_eq!(data(local(bucket("Delete"), json!({}))), "it is deleted, which fails while there are objects in it");
    let mut other = bucket("Retain");
    other["Logs"]["Properties"]["BucketName"] = json!("c");
    assert_eq!(data(local(bucket("Retain"), other)), "the old one stays, with its objects; the new one begins empty");
    let table = |database: &str| json!({"T": {"Type": "AWS::Glue::Table", "Properties": {"DatabaseName": database}}});
    assert!(data(local(table("a"), table("b"))).starts_with("its files stay in the lake"));
}

#[test]
fn the_policy_that_cloudformation_names_counts_more_than_the_template() {
    let deployed = template(json!({"Logs": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Delete"}}));
    let mut remove = modify("Logs", "AWS::S3::Bucket", Replacement::Never);
    remove.action = Action::Remove;
    remove.policy = Some("Retain".to_owned());
    assert_eq!(
        describe(&[remove], &deployed, &Template::default())[0].data.as_deref(),
        Some("it stays, with its objects")
    );
}

#[test]
fn a_bucket_that_exists_comes_back_and_the_rest_is_new() {
    let wanted = template(json!({
        "Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lake"}},
        "Results": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "results"}},
    }));
    let changes = all_new(&wanted, &BTreeSet::from(["lake".to_owned()]));
    let told = describe(&changes, &Template::default(), &wanted);
    let fates: Vec<_> = told.iter().map(|c| (c.name.as_str(), c.change)).collect();
    assert_eq!(fates, [("results", Fate::Add), ("lake", Fate::TakeBack)]);
}

#[test]
fn dependencies_alone_are_no_change() {
    let job = |after: &str| json!({"Job": {"Type": JOB, "DependsOn": after, "Properties": {"Name": "j"}}});
    assert!(local(job("A"), job("B")).is_empty());
}
