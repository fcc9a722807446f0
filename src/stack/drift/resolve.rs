//! The deployed template with its references filled in, as far as that can be done from what the stack says of itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::compare::Expected;
use crate::aws::hands::Hands;
use crate::config::cloud::partition_of;
use crate::{Error, Result};

/// Stands where a value is known only to CloudFormation; it equals everything.
pub const ANYTHING: &str = "\u{0}anything";

/// What was deployed as a stack.
pub struct Deployed {
    stack: String,
    template: Value,
    names: BTreeMap<String, String>,
}

impl Deployed {
    /// Asks CloudFormation.
    ///
    /// # Errors
    /// If it cannot be asked, or the template is no JSON.
    pub fn read(hands: &Hands, stack: &str, account: &str) -> Result<Self> {
        let text = hands.stacks.template(stack)?;
        let template: Value = serde_json::from_str(&text)
            .map_err(|error| Error::failed(format!("the template of {stack} cannot be read")).because(error))?;
        let mut names: BTreeMap<String, String> =
            hands.stacks.find(stack)?.map(|now| now.parameters).unwrap_or_default();
        names.extend(hands.stacks.resources(stack)?.into_iter().map(|part| (part.logical_id, part.physical_id)));
        for (name, value) in [
            ("AWS::Region", hands.region.as_str()),
            ("AWS::AccountId", account),
            ("AWS::Partition", partition_of(&hands.region)),
            ("AWS::StackName", stack),
        ] {
            names.insert(name.to_owned(), value.to_owned());
        }
        Ok(Self { stack: stack.to_owned(), template, names })
    }

    /// The template.
    pub fn template(&self) -> &Value {
        &self.template
    }

    fn all(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.template.get("Resources").and_then(Value::as_object).into_iter().flatten()
    }

    /// How many resources there are.
    pub fn len(&self) -> u64 {
        self.all().count() as u64
    }

    /// The resources as they should be.
    pub fn resources(&self) -> impl Iterator<Item = Expected> + '_ {
        self.all().map(|(logical, resource)| Expected {
            stack: self.stack.clone(),
            logical: logical.clone(),
            kind: resource.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned(),
            physical: self.names.get(logical).cloned().unwrap_or_default(),
            properties: self.resolve(resource.get("Properties").unwrap_or(&Value::Null)),
        })
    }

    fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => self.resolve_map(map),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.resolve(item)).collect()),
            other => other.clone(),
        }
    }

    fn resolve_map(&self, map: &Map<String, Value>) -> Value {
        let mut entries = map.iter();
        if let (Some((key, argument)), None) = (entries.next(), entries.next()) {
            match key.as_str() {
                "Ref" => return self.name(argument.as_str().unwrap_or_default()),
                "Fn::Sub" => return self.sub(argument),
                "Fn::Join" => return self.join(argument),
                intrinsic if intrinsic.starts_with("Fn::") => return anything(),
                _ => {}
            }
        }
        Value::Object(map.iter().map(|(key, value)| (key.clone(), self.resolve(value))).collect())
    }

    fn name(&self, name: &str) -> Value {
        match self.names.get(name) {
            Some(known) if !known.is_empty() => Value::String(known.clone()),
            _ => anything(),
        }
    }

    fn join(&self, argument: &Value) -> Value {
        let separator = argument.get(0).and_then(Value::as_str).unwrap_or_default();
        let parts = self.resolve(argument.get(1).unwrap_or(&Value::Null));
        let texts: Option<Vec<&str>> = parts.as_array().map(|parts| parts.iter().filter_map(Value::as_str).collect());
        match texts {
            Some(texts) if !texts.iter().any(|text| text.contains(ANYTHING)) => Value::String(texts.join(separator)),
            _ => anything(),
        }
    }

    /// `${Name}` is filled in; `${!Name}` stays as `${Name}` (CloudFormation User Guide, "Fn::Sub").
    fn sub(&self, argument: &Value) -> Value {
        let Some(text) = argument.as_str() else { return anything() };
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            out.push_str(before);
            match (name.strip_prefix('!'), self.names.get(name)) {
                (Some(literal), _) => out.push_str(&format!("${{{literal}}}")),
                (None, Some(known)) if !known.is_empty() => out.push_str(known),
                _ => return anything(),
            }
            rest = behind;
        }
        Value::String(out + rest)
    }
}

fn anything() -> Value {
    Value::String(ANYTHING.to_owned())
}

/// Whether a value may be anything.
pub fn is_anything(value: &Value) -> bool {
    value.as_str() == Some(ANYTHING)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resolved(value: Value) -> Value {
        let names = [("Topic", "arn:topic"), ("AWS::Region", "eu-central-1"), ("Later", "")];
        let names = names.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Deployed { stack: "s".to_owned(), template: Value::Null, names }.resolve(&value)
    }

    #[test]
    fn references_are_filled_in_where_the_stack_says_what_they_are() {
        assert_eq!(resolved(json!({"Topics": [{"Ref": "Topic"}]})), json!({"Topics": ["arn:topic"]}));
        assert_eq!(
            resolved(json!({"Fn::Sub": "x ${AWS::Region} ${!y} ${Topic}"})),
            json!("x eu-central-1 ${y} arn:topic")
        );
        assert_eq!(resolved(json!({"Fn::Join": ["-", ["a", {"Ref": "Topic"}]]})), json!("a-arn:topic"));
        for unknown in [
            json!({"Ref": "Nothing"}),
            json!({"Ref": "Later"}),
            json!({"Fn::GetAtt": ["Role", "Arn"]}),
            json!({"Fn::Sub": "${Role.Arn}"}),
            json!({"Fn::Join": ["-", [{"Ref": "Nothing"}]]}),
        ] {
            assert!(is_anything(&resolved(unknown.clone())), "{unknown}");
        }
        assert_eq!(resolved(json!({"Ref": "Topic", "other": 1})), json!({"Ref": "Topic", "other": 1}));
    }
}
