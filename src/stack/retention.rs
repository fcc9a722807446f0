//! What is kept longer or shorter after a change.

use serde_json::Value;

use super::diff::Difference;
use crate::ui::text::plural;

/// What differences in a resource of this type mean for how long things are kept.
pub fn told(resource_type: &str, differences: &[&Difference]) -> Vec<String> {
    match resource_type {
        "AWS::S3::Bucket" => differences.iter().filter_map(|difference| of_rule(difference)).collect(),
        "AWS::Logs::LogGroup" => {
            let of = |d: &&&Difference| d.path == "RetentionInDays";
            differences.iter().filter(of).map(|d| sentence("log events", days(&d.before), days(&d.after))).collect()
        }
        _ => Vec::new(),
    }
}

fn days(value: &Option<Value>) -> Option<u64> {
    match value.as_ref()? {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

/// A lifecycle rule that comes, goes or has another number of days. What else a rule does is no matter of keeping.
fn of_rule(difference: &Difference) -> Option<String> {
    let rest = difference.path.strip_prefix("LifecycleConfiguration.Rules[")?;
    let (rule, property) = rest.split_once(']')?;
    let expiring = |value: &Option<Value>| -> Option<u64> {
        match property {
            "" => days(&value.as_ref()?.get("ExpirationInDays").cloned()),
            ".ExpirationInDays" => days(value),
            _ => None,
        }
    };
    let (before, after) = (expiring(&difference.before), expiring(&difference.after));
    if before == after {
        return None;
    }
    let prefix = |value: &Option<Value>| Some(value.as_ref()?.get("Prefix")?.as_str()?.to_owned());
    let under = prefix(&difference.after).or_else(|| prefix(&difference.before)).filter(|prefix| !prefix.is_empty());
    let what = match under {
        Some(prefix) => format!("objects under {prefix}"),
        None => format!("objects of the rule {rule}"),
    };
    Some(sentence(&what, before, after))
}

/// Lifecycle rules act about once a day, also on what is there already (S3 User Guide, "Lifecycle configuration
/// elements": a rule applies to existing objects as to new ones).
fn sentence(what: &str, before: Option<u64>, after: Option<u64>) -> String {
    let in_days = |n: u64| plural(n, "day", "days");
    match (before, after) {
        (Some(before), Some(after)) if after < before => {
            format!(
                "{what} are deleted after {} instead of {before}: older ones go within a day or two",
                in_days(after)
            )
        }
        (Some(before), Some(after)) => format!("{what} are kept {} instead of {before}", in_days(after)),
        (None, Some(after)) => {
            format!("{what} are deleted after {} from now on: older ones go within a day or two", in_days(after))
        }
        (_, None) => format!("{what} are not deleted by age any more"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::diff;
    use super::*;

    fn bucket(rules: Value) -> Value {
        json!({ "LifecycleConfiguration": { "Rules": rules } })
    }

    fn between(before: Value, after: Value) -> Vec<String> {
        let differences = diff::values(&bucket(before), &bucket(after));
        told("AWS::S3::Bucket", &differences.iter().collect::<Vec<_>>())
    }

    #[test]
    fn shorter_is_told_with_what_goes_at_once() {
        let rule = |days: u64| json!([{"Id": "raw", "ExpirationInDays": days}]);
        assert_eq!(
            between(rule(90), rule(30)),
            ["objects of the rule raw are deleted after 30 days instead of 90: older ones go within a day or two"]
        );
        assert_eq!(between(rule(30), rule(90)), ["objects of the rule raw are kept 90 days instead of 30"]);
    }

    #[test]
    fn a_rule_that_comes_or_goes_is_told_by_its_prefix() {
        let rule = json!([{"Id": "results", "Prefix": "results/", "ExpirationInDays": 1}, {"Id": "other"}]);
        let none = json!([{"Id": "other"}]);
        assert_eq!(
            between(none.clone(), rule.clone()),
            ["objects under results/ are deleted after 1 day from now on: older ones go within a day or two"]
        );
        assert_eq!(between(rule, none), ["objects under results/ are not deleted by age any more"]);
    }

    #[test]
    fn other_changes_of_a_bucket_are_not_about_keeping() {
        let differences = diff::values(&json!({"BucketName": "a"}), &json!({"BucketName": "b"}));
        assert!(told("AWS::S3::Bucket", &differences.iter().collect::<Vec<_>>()).is_empty());
    }

    #[test]
    fn log_groups_keep_events() {
        let differences = diff::values(&json!({"RetentionInDays": 30}), &json!({"RetentionInDays": 7}));
        let said = told("AWS::Logs::LogGroup", &differences.iter().collect::<Vec<_>>());
        assert_eq!(said, ["log events are deleted after 7 days instead of 30: older ones go within a day or two"]);
    }
}
