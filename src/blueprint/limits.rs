//! Limits of CloudFormation and of the services, checked before anything is sent.

use serde_json::Value as Json;

use super::StackSpec;
use crate::{Error, Result};

/// A template that lies in a bucket ("AWS CloudFormation quotas").
const TEMPLATE_BYTES: usize = 1_000_000;
/// Resources of a stack ("AWS CloudFormation quotas").
const RESOURCES: usize = 500;
/// Outputs of a stack ("AWS CloudFormation quotas").
const OUTPUTS: usize = 200;
/// A bucket policy ("Amazon S3 endpoints and quotas": 20 KB).
const BUCKET_POLICY_BYTES: usize = 20_480;
/// The inline policies of a role in sum, without white space ("IAM and AWS STS quotas").
const ROLE_POLICY_CHARACTERS: usize = 10_240;
/// Who may take a role, without white space ("IAM and AWS STS quotas", the default).
const TRUST_CHARACTERS: usize = 2_048;
/// The text of a query ("Service Quotas", Athena).
const QUERY_BYTES: usize = 262_144;
/// One argument of a program on Linux, its end included (execve(2), "Limits on size of arguments and environment").
const ARGUMENT_BYTES: usize = 131_071;
/// All variables of a function's environment ("Lambda quotas", AWS Lambda Developer Guide: 4 KB).
const ENVIRONMENT_BYTES: usize = 4_096;
/// What a schedule hands over to a function that is not waited for ("Lambda quotas", AWS Lambda Developer Guide: 256 KB).
const INPUT_BYTES: usize = 256_000;
/// Tags of a resource.
const TAGS: usize = 50;

/// Lengths of names: type, property, characters; from the resource schemas.
const NAMES: [(&str, &str, usize); 16] = [
    ("AWS::Athena::NamedQuery", "Name", 128),
    ("AWS::Athena::PreparedStatement", "StatementName", 256),
    ("AWS::Athena::WorkGroup", "Name", 128),
    ("AWS::CloudWatch::Alarm", "AlarmName", 255),
    ("AWS::CloudWatch::Dashboard", "DashboardName", 255),
    ("AWS::Events::Rule", "Name", 64),
    ("AWS::Glue::Crawler", "Name", 255),
    ("AWS::Glue::Job", "Name", 255),
    ("AWS::IAM::Role", "RoleName", 64),
    ("AWS::Lambda::Function", "FunctionName", 64),
    ("AWS::Logs::LogGroup", "LogGroupName", 512),
    ("AWS::S3::Bucket", "BucketName", 63),
    ("AWS::SNS::Topic", "TopicName", 256),
    ("AWS::SQS::Queue", "QueueName", 80),
    ("AWS::Scheduler::Schedule", "Name", 64),
    ("AWS::Scheduler::ScheduleGroup", "Name", 64),
];

const FEWER_BUCKETS: &str = "spread the buckets over several pipelines";
const SHORTER_NAME: &str = "give the pipeline a shorter name";
const SHORTER_QUERY: &str = "shorten the query's file";

/// Refuses stacks that a limit would refuse.
///
/// # Errors
/// A usage error that names the stack, the limit, and what of the configuration drives it.
pub fn limits(specs: &[StackSpec]) -> Result<()> {
    specs.iter().try_for_each(stack)
}

/// Something that has a limit.
struct Measured {
    what: String,
    found: usize,
    limit: usize,
    unit: &'static str,
    hint: &'static str,
}

impl Measured {
    fn check(self, spec: &StackSpec) -> Result<()> {
        if self.found <= self.limit {
            return Ok(());
        }
        let Self { what, found, limit, unit, hint } = self;
        Err(Error::usage(format!("the stack {} in {} would be refused", spec.name, spec.region))
            .because(format!("{what} has {found} {unit}, where {limit} are allowed"))
            .hint(hint))
    }
}

fn stack(spec: &StackSpec) -> Result<()> {
    let template: Json = serde_json::from_str(&spec.template)
        .map_err(|error| Error::failed(format!("the template of {} is not JSON", spec.name)).because(error))?;
    let count = |section: &str| template.get(section).and_then(Json::as_object).map_or(0, |map| map.len());
    for (found, limit, unit) in [
        (spec.template.len(), TEMPLATE_BYTES, "bytes"),
        (count("Resources"), RESOURCES, "resources"),
        (count("Outputs"), OUTPUTS, "outputs"),
    ] {
        Measured { what: "the template".to_owned(), found, limit, unit, hint: FEWER_BUCKETS }.check(spec)?;
    }
    for (id, resource) in template.get("Resources").and_then(Json::as_object).into_iter().flatten() {
        measured(id, resource).into_iter().try_for_each(|measured| measured.check(spec))?;
    }
    Ok(())
}

fn measured(id: &str, resource: &Json) -> Vec<Measured> {
    let kind = resource.get("Type").and_then(Json::as_str).unwrap_or_default();
    let Some(properties) = resource.get("Properties") else { return Vec::new() };
    let mut all = of_its_kind(id, kind, properties);
    let tags = match properties.get("Tags") {
        Some(Json::Array(tags)) => tags.len(),
        Some(Json::Object(tags)) => tags.len(),
        _ => 0,
    };
    all.push(Measured {
        what: id.to_owned(),
        found: tags,
        limit: TAGS,
        unit: "tags",
        hint: "remove some of `aws.tags`",
    });
    for (_, property, limit) in NAMES.iter().filter(|(named, _, _)| *named == kind) {
        let found = characters(properties, property);
        let what = format!("the name of {id}");
        all.push(Measured { what, found, limit: *limit, unit: "characters", hint: SHORTER_NAME });
    }
    all
}

/// Limits that only this type of resource has.
fn of_its_kind(id: &str, kind: &str, properties: &Json) -> Vec<Measured> {
    let measured = |what: String, found, limit, unit, hint| Measured { what, found, limit, unit, hint };
    match kind {
        "AWS::S3::BucketPolicy" => {
            let found = json_bytes(properties.get("PolicyDocument"));
            vec![measured(format!("the bucket policy {id}"), found, BUCKET_POLICY_BYTES, "bytes", FEWER_BUCKETS)]
        }
        "AWS::IAM::Role" => {
            let policies = properties.get("Policies").and_then(Json::as_array).into_iter().flatten();
            let found = policies.map(|policy| json_bytes(policy.get("PolicyDocument"))).sum();
            let trust = json_bytes(properties.get("AssumeRolePolicyDocument"));
            let (what, who) = (format!("what the role {id} may do"), format!("who may take the role {id}"));
            vec![
                measured(what, found, ROLE_POLICY_CHARACTERS, "characters", FEWER_BUCKETS),
                measured(who, trust, TRUST_CHARACTERS, "characters", SHORTER_NAME),
            ]
        }
        "AWS::Athena::NamedQuery" => {
            let found = bytes(properties, "QueryString");
            vec![measured(format!("the query {id}"), found, QUERY_BYTES, "bytes", SHORTER_QUERY)]
        }
        "AWS::Athena::PreparedStatement" => {
            let found = bytes(properties, "QueryStatement");
            vec![measured(format!("the prepared statement {id}"), found, QUERY_BYTES, "bytes", SHORTER_QUERY)]
        }
        "AWS::Scheduler::Schedule" => {
            let found = properties.pointer("/Target/Input").and_then(Json::as_str).map_or(0, str::len);
            vec![measured(format!("what {id} hands over"), found, INPUT_BYTES, "bytes", SHORTER_QUERY)]
        }
        "AWS::Lambda::Function" => {
            let found = json_bytes(properties.pointer("/Environment/Variables"));
            vec![measured(format!("the environment of {id}"), found, ENVIRONMENT_BYTES, "bytes", FEWER_BUCKETS)]
        }
        "AWS::Glue::Job" => {
            let arguments = properties.get("DefaultArguments").and_then(Json::as_object).into_iter().flatten();
            let found = arguments.map(|(_, value)| value.as_str().map_or(0, str::len)).max().unwrap_or_default();
            vec![measured(format!("an argument of {id}"), found, ARGUMENT_BYTES, "bytes", FEWER_BUCKETS)]
        }
        _ => Vec::new(),
    }
}

/// The length of a policy as IAM and S3 count it: templates have no white space between their parts.
fn json_bytes(value: Option<&Json>) -> usize {
    value.map_or(0, |value| value.to_string().len())
}

fn bytes(properties: &Json, property: &str) -> usize {
    properties.get(property).and_then(Json::as_str).map_or(0, str::len)
}

fn characters(properties: &Json, property: &str) -> usize {
    properties.get(property).and_then(Json::as_str).map_or(0, |text| text.chars().count())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::StackKind;
    use super::*;

    fn refused(template: &Json) -> Option<String> {
        let spec = StackSpec {
            kind: StackKind::Lake,
            name: "bucketscope-shop-lake".to_owned(),
            region: "eu-central-1".to_owned(),
            template: template.to_string(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
        };
        limits(&[spec]).err().map(|error| {
            assert_eq!(error.code(), 64);
            assert!(error.to_string().contains("bucketscope-shop-lake in eu-central-1"), "{error}");
            error.to_string()
        })
    }

    fn one(kind: &str, properties: &Json) -> Option<String> {
        refused(&json!({ "Resources": { "It": { "Type": kind, "Properties": properties } } }))
    }

    /// A document of so many bytes.
    fn document(bytes: usize) -> Json {
        json!("x".repeat(bytes - 2))
    }

    #[test]
    fn what_meets_a_limit_passes_and_one_more_is_refused_by_name() {
        type Make = fn(usize) -> (&'static str, Json);
        let cases: [(usize, &str, Make); 8] = [
            (20_480, "the bucket policy It has 20481 bytes", |n| {
                ("AWS::S3::BucketPolicy", json!({ "PolicyDocument": document(n) }))
            }),
            (10_240, "what the role It may do has 10241 characters", |n| {
                let half = [document(n / 2), document(n - n / 2)].map(|half| json!({ "PolicyDocument": half }));
                ("AWS::IAM::Role", json!({ "Policies": half }))
            }),
            (2_048, "who may take the role It has 2049", |n| {
                ("AWS::IAM::Role", json!({ "AssumeRolePolicyDocument": document(n) }))
            }),
            (262_144, "the query It has 262145", |n| {
                ("AWS::Athena::NamedQuery", json!({ "QueryString": "x".repeat(n) }))
            }),
            (262_144, "the prepared statement It has 262145", |n| {
                ("AWS::Athena::PreparedStatement", json!({ "QueryStatement": "x".repeat(n) }))
            }),
            (131_071, "an argument of It has 131072 bytes", |n| {
                ("AWS::Glue::Job", json!({ "DefaultArguments": { "--pipeline": "x".repeat(n) } }))
            }),
            (50, "It has 51 tags", |n| ("AWS::S3::Bucket", json!({ "Tags": vec![json!({}); n] }))),
            (63, "the name of It has 64 characters", |n| ("AWS::S3::Bucket", json!({ "BucketName": "x".repeat(n) }))),
        ];
        for (limit, says, make) in cases {
            let (kind, properties) = make(limit);
            assert_eq!(one(kind, &properties), None, "{says}");
            let (kind, properties) = make(limit + 1);
            let message = one(kind, &properties).unwrap_or_default();
            assert!(message.contains(says), "{message}, expected {says}");
        }
    }

    #[test]
    fn a_stack_has_500_resources_and_200_outputs() {
        for (section, limit) in [("Resources", 500), ("Outputs", 200)] {
            let of = |count: usize| {
                let entries: BTreeMap<String, Json> = (0..count).map(|n| (format!("It{n}"), json!({}))).collect();
                refused(&json!({ section: entries }))
            };
            assert_eq!(of(limit), None);
            assert!(of(limit + 1).is_some_and(|message| message.contains(&format!("where {limit} are allowed"))));
        }
    }

    #[test]
    fn a_template_has_a_megabyte() {
        assert!(refused(&json!({ "Description": "x".repeat(1_000_000) })).is_some_and(|it| it.contains("bytes")));
    }
}
