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
/// Tags of a resource.
const TAGS: usize = 50;

/// Lengths of names: type, property, characters; from the resource schemas.
const NAMES: [(&str, &str, usize); 14] = [
    ("AWS::Athena::NamedQuery", "Name", 128),
    ("AWS::Athena::PreparedStatement", "StatementName", 256),
    ("AWS::Athena::WorkGroup", "Name", 128),
    ("AWS::CloudWatch::Alarm", "AlarmName", 255),
    ("AWS::Events::Rule", "Name", 64),
    ("AWS::Glue::Crawler", "Name", 255),
    ("AWS::Glue::Job", "Name", 255),
    ("AWS::IAM::Role", "RoleName", 64),
    ("AWS::Lambda::Function", "FunctionName", 64),
    ("AWS::Logs::LogGroup", "LogGroupName", 512),
    ("AWS::S3::Bucket", "BucketName", 63),
    ("AWS::SNS::Topic", "TopicName", 256),
    ("AWS::Scheduler::Schedule", "Name", 64),
    ("AWS::Scheduler::ScheduleGroup", "Name", 64),
];

/// Refuses stacks that a limit would refuse.
///
/// # Errors
/// A usage error that names the stack, the limit, and what of the configuration drives it.
pub fn limits(specs: &[StackSpec]) -> Result<()> {
    specs.iter().try_for_each(stack)
}

/// Something that has a limit.
struct Measured<'a> {
    what: String,
    found: usize,
    limit: usize,
    unit: &'a str,
    hint: &'a str,
}

const FEWER_BUCKETS: &str = "spread the buckets over several pipelines";
const SHORTER_NAME: &str = "give the pipeline a shorter name";

impl Measured<'_> {
    fn check(self, spec: &StackSpec) -> Result<()> {
        if self.found <= self.limit {
            return Ok(());
        }
        let Self { what, found, limit, unit, hint } = self;
        let stack = &spec.name;
        Err(Error::usage(format!("{what} of the stack {stack} in {} is too large", spec.region))
            .because(format!("{found} {unit}, where {limit} are allowed"))
            .hint(hint))
    }
}

fn stack(spec: &StackSpec) -> Result<()> {
    let template: Json = serde_json::from_str(&spec.template)
        .map_err(|error| Error::failed(format!("the template of {} is not JSON", spec.name)).because(error))?;
    let count = |section: &str| template.get(section).and_then(Json::as_object).map_or(0, |map| map.len());
    let whole = |what: &str, found, limit, unit| {
        Measured { what: what.to_owned(), found, limit, unit, hint: FEWER_BUCKETS }.check(spec)
    };
    whole("the template", spec.template.len(), TEMPLATE_BYTES, "bytes")?;
    whole("the number of resources", count("Resources"), RESOURCES, "resources")?;
    whole("the number of outputs", count("Outputs"), OUTPUTS, "outputs")?;
    let resources = template.get("Resources").and_then(Json::as_object);
    for (id, resource) in resources.into_iter().flatten() {
        for measured in measure(id, resource) {
            measured.check(spec)?;
        }
    }
    Ok(())
}

fn measure<'a>(id: &str, resource: &'a Json) -> Vec<Measured<'a>> {
    let kind = resource.get("Type").and_then(Json::as_str).unwrap_or_default();
    let null = Json::Null;
    let properties = resource.get("Properties").unwrap_or(&null);
    let mut all = Vec::new();
    let mut add = |what: String, found, limit, unit, hint| all.push(Measured { what, found, limit, unit, hint });
    match kind {
        "AWS::S3::BucketPolicy" => {
            let size = text_of(properties.get("PolicyDocument")).len();
            add(format!("the bucket policy {id}"), size, BUCKET_POLICY_BYTES, "bytes", FEWER_BUCKETS);
        }
        "AWS::IAM::Role" => {
            let policies = properties.get("Policies").and_then(Json::as_array);
            let size = policies
                .into_iter()
                .flatten()
                .map(|policy| text_of(policy.get("PolicyDocument")).chars().filter(|c| !c.is_whitespace()).count())
                .sum();
            let hint = "name fewer source buckets: spread them over several pipelines";
            add(format!("the policies of the role {id}"), size, ROLE_POLICY_CHARACTERS, "characters", hint);
            let trust = text_of(properties.get("AssumeRolePolicyDocument")).len();
            add(format!("the trust policy of the role {id}"), trust, TRUST_CHARACTERS, "characters", SHORTER_NAME);
        }
        "AWS::Athena::NamedQuery" => {
            let size = length(properties, "QueryString");
            add(format!("the query {id}"), size, QUERY_BYTES, "bytes", "shorten the query's file");
        }
        "AWS::Athena::PreparedStatement" => {
            let size = length(properties, "QueryStatement");
            add(format!("the prepared statement {id}"), size, QUERY_BYTES, "bytes", "shorten the query's file");
        }
        _ => {}
    }
    let tags = properties
        .get("Tags")
        .map_or(0, |tags| tags.as_array().map(Vec::len).or_else(|| tags.as_object().map(|map| map.len())).unwrap_or(0));
    add(format!("the number of tags of {id}"), tags, TAGS, "tags", "remove some of `aws.tags`");
    for (_, property, limit) in NAMES.iter().filter(|(named, _, _)| *named == kind) {
        let what = format!("the name of {id}");
        add(what, length(properties, property), *limit, "characters", SHORTER_NAME);
    }
    all
}

fn text_of(value: Option<&Json>) -> String {
    value.map(Json::to_string).unwrap_or_default()
}

fn length(properties: &Json, property: &str) -> usize {
    properties.get(property).and_then(Json::as_str).map_or(0, str::len)
}
