//! What a template says: resources with their names, parameters, and whether two templates are the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::words;
use crate::aws::stacks::Stack;
use crate::blueprint::StackSpec;
use crate::{Error, Result};

/// A resource as a template declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Its type.
    pub resource_type: String,
    /// All that stands under its name.
    pub definition: Value,
}

impl Declared {
    /// The name that it will have in AWS, where the template says one.
    pub fn name(&self) -> Option<&str> {
        words::name_of(&self.resource_type, self.definition.get("Properties")?)
    }
}

/// A template, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template {
    all: Value,
}

impl Template {
    /// Reads a template of JSON.
    ///
    /// # Errors
    /// If it is no object of JSON.
    pub fn parse(text: &str) -> Result<Self> {
        match serde_json::from_str(text) {
            Ok(all @ Value::Object(_)) => Ok(Self { all }),
            Ok(_) => Err(Error::failed("a template is no JSON object")),
            Err(error) => Err(Error::failed("a template is no JSON").because(error)),
        }
    }

    /// As short as it can be written: what CloudFormation counts is bytes.
    pub fn compact(&self) -> String {
        self.all.to_string()
    }

    /// The resources by their names in the template.
    pub fn resources(&self) -> BTreeMap<String, Declared> {
        let section = self.all.get("Resources").and_then(Value::as_object);
        let one = |(id, definition): (&String, &Value)| {
            let resource_type = definition.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned();
            (id.clone(), Declared { resource_type, definition: definition.clone() })
        };
        section.into_iter().flatten().map(one).collect()
    }

    /// What each resource is called, by their names in the template; one that stands for another (the policy of a bucket)
    /// is called as that is.
    pub fn names(&self) -> BTreeMap<String, String> {
        let resources = self.resources();
        let called = |declared: &Declared| -> Option<String> {
            let naming = words::naming(&declared.resource_type, declared.definition.get("Properties")?)?;
            let other = naming.get("Ref").and_then(Value::as_str).and_then(|id| resources.get(id)?.name());
            naming.as_str().or(other).map(str::to_owned)
        };
        let name = |(id, declared): (&String, &Declared)| (id.clone(), called(declared).unwrap_or_else(|| id.clone()));
        resources.iter().map(name).collect()
    }

    /// The template without its resources: parameters, outputs, description.
    pub fn frame(&self) -> Map<String, Value> {
        let mut frame = self.all.as_object().cloned().unwrap_or_default();
        frame.remove("Resources");
        frame
    }

    /// The parameters' values with which a stack would stand: defaults, and what is given over them.
    fn values(&self, given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let section = self.all.get("Parameters").and_then(Value::as_object);
        let default = |(name, parameter): (&String, &Value)| {
            let value = match parameter.get("Default")? {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((name.clone(), value))
        };
        let mut values: BTreeMap<String, String> = section.into_iter().flatten().filter_map(default).collect();
        values.extend(given.clone());
        values
    }

    /// The buckets whose names the template says itself, by their names in the template.
    pub fn named_buckets(&self) -> BTreeMap<String, String> {
        let buckets = self.resources().into_iter().filter(|(_, declared)| declared.resource_type == "AWS::S3::Bucket");
        buckets.filter_map(|(id, declared)| Some((id, declared.name()?.to_owned()))).collect()
    }
}

/// What stands in an account before a plan is carried out: the hash of a deployed template and its parameters' values.
pub fn base_state(template: &Template, stack: &Stack) -> String {
    let mut hasher = Sha256::new();
    // serde_json keeps objects sorted by key, so the same template gives the same text.
    hasher.update(template.all.to_string());
    for (key, value) in &stack.parameters {
        hasher.update(format!("\n{key}={value}"));
    }
    hex(&hasher.finalize())
}

/// The hash of a stack as it should be.
pub fn spec_hash(spec: &StackSpec) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{:?} {} {}\n", spec.kind, spec.name, spec.region));
    hasher.update(&spec.template);
    for (key, value) in spec.parameters.iter().chain(&spec.tags) {
        hasher.update(format!("\n{key}={value}"));
    }
    hex(&hasher.finalize())
}

/// Whether a deployed stack is well and what `spec` wants, to the letter; CloudFormation would find no change either.
pub fn is_as_wanted(spec: &StackSpec, wanted: &Template, deployed: &Template, stack: &Stack) -> bool {
    // After a rollback CloudFormation may still have something to do for the very same template.
    if !stack.status.is_success() {
        return false;
    }
    // Tags that begin with `aws:` are AWS's own (CloudFormation User Guide, "Tag").
    let ours = |tags: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        tags.iter().filter(|(key, _)| !key.starts_with("aws:")).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    wanted == deployed && wanted.values(&spec.parameters) == stack.parameters && ours(&spec.tags) == ours(&stack.tags)
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::stacks::StackStatus;
    use crate::blueprint::StackKind;

    const TEMPLATE: &str = r#"{"Parameters": {"Days": {"Type": "Number", "Default": 90}},
        "Resources": {"Logs": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}},
                      "Other": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "X"}}}}}"#;

    fn spec(template: &str) -> StackSpec {
        StackSpec {
            kind: StackKind::Lake,
            name: "s".to_owned(),
            region: "eu-central-1".to_owned(),
            template: template.to_owned(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::from([("bucketscope:pipeline".to_owned(), "p".to_owned())]),
        }
    }

    fn stack(days: &str) -> Stack {
        Stack {
            parameters: BTreeMap::from([("Days".to_owned(), days.to_owned())]),
            tags: BTreeMap::from([
                ("aws:cloudformation:x".to_owned(), "y".to_owned()),
                ("bucketscope:pipeline".to_owned(), "p".to_owned()),
            ]),
            ..Stack::named("arn", "s", StackStatus::CreateComplete)
        }
    }

    #[test]
    fn spaces_and_order_are_no_change_but_values_are() {
        let wanted = Template::parse(TEMPLATE).unwrap();
        let deployed = Template::parse(&TEMPLATE.replace(' ', "")).unwrap();
        assert!(is_as_wanted(&spec(TEMPLATE), &wanted, &deployed, &stack("90")));
        assert!(!is_as_wanted(&spec(TEMPLATE), &wanted, &deployed, &stack("30")));
        let other = Template::parse(&TEMPLATE.replace("\"b\"", "\"c\"")).unwrap();
        assert!(!is_as_wanted(&spec(TEMPLATE), &wanted, &other, &stack("90")));
        let mut untagged = spec(TEMPLATE);
        untagged.tags.clear();
        assert!(!is_as_wanted(&untagged, &wanted, &deployed, &stack("90")));
    }

    #[test]
    fn the_base_state_knows_template_and_parameters() {
        let template = Template::parse(TEMPLATE).unwrap();
        let base = base_state(&template, &stack("90"));
        assert_eq!(base, base_state(&Template::parse(&TEMPLATE.replace(' ', "")).unwrap(), &stack("90")));
        assert_ne!(base, base_state(&template, &stack("30")));
    }

    #[test]
    fn only_names_that_the_template_says_itself_are_looked_for() {
        let named = Template::parse(TEMPLATE).unwrap().named_buckets();
        assert_eq!(named, BTreeMap::from([("Logs".to_owned(), "b".to_owned())]));
    }

    #[test]
    fn the_policy_of_a_bucket_is_called_as_the_bucket() {
        let template = Template::parse(
            r#"{"Resources": {"Logs": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}},
                "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Logs"}}},
                "TopicPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "Gone"}]}}}}"#,
        );
        let names = template.unwrap().names();
        assert_eq!((names["Policy"].as_str(), names["TopicPolicy"].as_str()), ("b", "TopicPolicy"));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        assert!(Template::parse("Resources:").is_err());
        assert!(Template::parse("[]").is_err());
    }
}
