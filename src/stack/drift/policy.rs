//! Policies that say the same in different words: one element or a list of one, the order of lists and statements, the case
//! of actions, an account or its root (IAM User Guide, "IAM JSON policy elements").

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::compare::Triple;
use super::resolve::is_anything;

/// What differs between two policies, by statement.
pub fn differences(expected: &Value, actual: &Value) -> Vec<Triple> {
    let (expected, actual) = (statements(expected), statements(actual));
    let mut all = Vec::new();
    for (name, expected) in &expected {
        match actual.get(name) {
            None => all.push((path(name), text(expected), "nothing".to_owned())),
            Some(actual) => all.extend(elements(name, expected, actual)),
        }
    }
    for (name, actual) in &actual {
        if !expected.contains_key(name) {
            all.push((path(name), "nothing".to_owned(), text(actual)));
        }
    }
    all
}

fn path(name: &str) -> String {
    format!("/PolicyDocument/Statement/{name}")
}

fn text(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn elements(name: &str, expected: &Value, actual: &Value) -> Vec<Triple> {
    let none = Map::new();
    let (expected, actual) = (expected.as_object().unwrap_or(&none), actual.as_object().unwrap_or(&none));
    let mut keys: Vec<&String> = expected.keys().chain(actual.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), text);
    keys.into_iter()
        .filter(|key| !same(expected.get(*key), actual.get(*key)))
        .map(|key| (format!("{}/{key}", path(name)), shown(expected.get(key)), shown(actual.get(key))))
        .collect()
}

/// Whether two normal values are the same; what only CloudFormation knows is the same as everything.
fn same(expected: Option<&Value>, actual: Option<&Value>) -> bool {
    match (expected, actual) {
        (Some(expected), Some(_)) if is_anything(expected) => true,
        (Some(Value::Array(expected)), Some(Value::Array(actual))) => {
            expected == actual || (expected.len() == actual.len() && expected.iter().any(is_anything))
        }
        (Some(Value::Object(expected)), Some(Value::Object(actual))) => {
            expected.len() == actual.len() && expected.iter().all(|(key, value)| same(Some(value), actual.get(key)))
        }
        (expected, actual) => expected == actual,
    }
}

/// The statements by name; one without gets its place among its like.
fn statements(policy: &Value) -> BTreeMap<String, Value> {
    let list = match policy.get("Statement") {
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let mut unnamed: Vec<Value> = Vec::new();
    let mut named = BTreeMap::new();
    for statement in list.iter().map(normal) {
        match statement.get("Sid").and_then(Value::as_str) {
            Some(sid) if !sid.is_empty() => drop(named.insert(sid.to_owned(), statement)),
            _ => unnamed.push(statement),
        }
    }
    unnamed.sort_by_cached_key(text);
    named.extend(unnamed.into_iter().enumerate().map(|(at, statement)| (at.to_string(), statement)));
    named
}

fn normal(statement: &Value) -> Value {
    let Some(map) = statement.as_object() else { return statement.clone() };
    let element = |(key, value): (&String, &Value)| {
        let value = match key.as_str() {
            "Action" | "NotAction" => list(value, |text| text.to_lowercase()),
            "Resource" | "NotResource" => list(value, str::to_owned),
            "Principal" | "NotPrincipal" => principal(value),
            "Condition" => condition(value),
            _ => value.clone(),
        };
        (key.clone(), value)
    };
    Value::Object(map.iter().filter(|(key, value)| *key != "Sid" || value.as_str() != Some("")).map(element).collect())
}

/// A sorted list, whether it was one or not.
fn list(value: &Value, one: impl Fn(&str) -> String) -> Value {
    let word = |value: &Value| match value {
        Value::String(text) => one(text),
        other => text(other),
    };
    let mut words: Vec<String> = match value {
        Value::Array(items) => items.iter().map(word).collect(),
        single => vec![word(single)],
    };
    words.sort_unstable();
    words.dedup();
    Value::Array(words.into_iter().map(Value::String).collect())
}

fn principal(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter().map(|(kind, who)| (kind.clone(), list(who, |text| account_of(text).to_owned()))).collect(),
        ),
        // For a resource's policy everybody is everybody.
        single => Value::Object(Map::from_iter([("AWS".to_owned(), list(single, str::to_owned))])),
    }
}

/// The account of an ARN of its root; anything else as it is.
fn account_of(text: &str) -> &str {
    text.strip_suffix(":root").and_then(|arn| arn.rsplit(':').next()).unwrap_or(text)
}

fn condition(value: &Value) -> Value {
    let Some(operators) = value.as_object() else { return value.clone() };
    let tests = |tests: &Value| match tests.as_object() {
        Some(tests) => {
            Value::Object(tests.iter().map(|(key, value)| (key.to_lowercase(), list(value, str::to_owned))).collect())
        }
        None => tests.clone(),
    };
    Value::Object(operators.iter().map(|(operator, value)| (operator.clone(), tests(value))).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::resolve::ANYTHING;
    use super::*;

    fn ours() -> Value {
        json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "Notices", "Effect": "Allow", "Principal": {"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]},
             "Action": "sns:Publish", "Resource": "arn:topic", "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}},
            {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "arn:topic",
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})
    }

    #[test]
    fn the_same_in_other_words_is_no_drift() {
        let theirs = json!({"Statement": [
            {"Sid": "Tls", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["SNS:Publish"], "Resource": ["arn:topic"],
             "Condition": {"Bool": {"AWS:SecureTransport": [false]}}},
            {"Sid": "Notices", "Effect": "Allow", "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
             "Action": "SNS:Publish", "Resource": "arn:topic", "Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}}}]});
        assert_eq!(differences(&ours(), &theirs), []);
        let root = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}});
        let account = json!({"Statement": [{"Sid": "", "Effect": "Allow", "Principal": {"AWS": ["123456789012"]}}]});
        assert_eq!(differences(&root, &account), []);
        let unknown = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": ANYTHING}}});
        assert_eq!(differences(&unknown, &account), []);
    }

    #[test]
    fn what_differs_is_named_by_statement_and_element() {
        let mut theirs = ours();
        theirs["Statement"][0]["Condition"] = json!({});
        theirs["Statement"][1] =
            json!({"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish"});
        let found = differences(&ours(), &theirs);
        let paths: Vec<&str> = found.iter().map(|(path, _, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/PolicyDocument/Statement/Notices/Condition",
                "/PolicyDocument/Statement/Tls",
                "/PolicyDocument/Statement/Everybody"
            ]
        );
        assert_eq!(found[0].1, r#"{"StringEquals":{"aws:sourceaccount":["123456789012"]}}"#);
        assert_eq!((found[1].2.as_str(), found[2].1.as_str()), ("nothing", "nothing"));
    }
}
