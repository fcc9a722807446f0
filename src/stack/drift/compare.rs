//! Comparisons of ours, by type of resource: what CloudFormation does not compare (CloudFormation User Guide, "Resources that
//! support import and drift detection operations"), and what matters enough to be looked at directly as well.

use serde_json::Value;

use super::resolve::{ANYTHING, is_anything};
use super::{Revert, policy, table};
use crate::Result;
use crate::aws::buckets::LoggingNow;
use crate::aws::hands::Hands;
use crate::stack::teardown::BUCKET_LOGGING;
use crate::stack::words;

/// Path, expected, actual.
pub type Triple = (String, String, String);

/// A resource as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// Its stack.
    pub stack: String,
    /// Its name in the template.
    pub logical: String,
    /// Its type.
    pub kind: String,
    /// Its name in AWS.
    pub physical: String,
    /// Its properties, references filled in.
    pub properties: Value,
}

/// What a comparison of ours says.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// It is gone.
    Gone(Revert),
    /// This differs; nothing, if it is in sync.
    Differs(Vec<Triple>, Revert),
    /// It cannot be told, for this reason.
    Unknown(String),
}

impl Expected {
    /// What people call it.
    pub fn name(&self) -> String {
        let said = words::name_of(&self.kind, &self.properties).filter(|name| !name.contains(ANYTHING));
        let physical = Some(self.physical.as_str()).filter(|name| !name.is_empty());
        said.or(physical).unwrap_or(&self.logical).to_owned()
    }

    fn text(&self, pointer: &str) -> String {
        self.properties.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// Compares, if there is a comparison of ours for this type.
pub fn compare(hands: &Hands, expected: &Expected) -> Result<Option<Checked>> {
    Ok(Some(match expected.kind.as_str() {
        "AWS::Glue::Table" => glue_table(hands, expected)?,
        "AWS::SNS::TopicPolicy" => topic_policy(hands, expected)?,
        "AWS::S3::BucketPolicy" => bucket_policy(hands, expected)?,
        "AWS::SQS::QueuePolicy" => queue_policy(hands, expected)?,
        "AWS::Athena::NamedQuery" => {
            let now = hands.athena.named_query(&expected.physical)?;
            saved_text(expected, "/QueryString", now)
        }
        "AWS::Athena::PreparedStatement" => {
            let name = expected.text("/StatementName");
            let now = hands.athena.prepared_statement(&expected.text("/WorkGroup"), &name)?;
            saved_text(expected, "/QueryStatement", now)
        }
        "AWS::Scheduler::Schedule" => schedule(hands, expected)?,
        kind if kind == BUCKET_LOGGING => logging(hands, expected)?,
        _ => return Ok(None),
    }))
}

/// Sets a resource back to what it should be, if that is ours to do; what was set back.
pub fn set_back(hands: &Hands, expected: &Expected) -> Result<Option<String>> {
    if !is_complete(&expected.properties) {
        return Ok(None);
    }
    match expected.kind.as_str() {
        "AWS::Glue::Table" => {
            let table = table::of_template(expected.properties.get("TableInput").unwrap_or(&Value::Null));
            hands.tables.put(&expected.text("/DatabaseName"), &table)?;
            Ok(Some(format!("the table {}", table.name)))
        }
        "AWS::SNS::TopicPolicy" => {
            let document = expected.properties.get("PolicyDocument").unwrap_or(&Value::Null).to_string();
            let topics = listed(expected, "Topics");
            for topic in &topics {
                hands.topics.set_policy(topic, &document)?;
            }
            Ok(Some(format!("the policy of {}", topics.join(", "))))
        }
        "AWS::SQS::QueuePolicy" => {
            let document = expected.properties.get("PolicyDocument").unwrap_or(&Value::Null).to_string();
            let queues = listed(expected, "Queues");
            for queue in &queues {
                hands.queues.set_policy(queue, &document)?;
            }
            Ok(Some(format!("the policy of {}", queues.join(", "))))
        }
        kind if kind == BUCKET_LOGGING => {
            let bucket = expected.text("/Bucket");
            hands.buckets.set_logging(&bucket, &logging_expected(expected))?;
            Ok(Some(format!("the logging of the bucket {bucket}")))
        }
        _ => Ok(None),
    }
}

/// Whether every value is known, so that it can be set.
fn is_complete(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_complete),
        Value::Object(map) => map.iter().all(|(key, value)| key == "ServiceToken" || is_complete(value)),
        other => !is_anything(other),
    }
}

fn glue_table(hands: &Hands, expected: &Expected) -> Result<Checked> {
    let should = table::of_template(expected.properties.get("TableInput").unwrap_or(&Value::Null));
    Ok(match hands.tables.find(&expected.text("/DatabaseName"), &should.name)? {
        None => Checked::Gone(Revert::Ourselves),
        Some(now) => Checked::Differs(table::differences(&should, &now), Revert::Ourselves),
    })
}

/// What a policy is for: the names in this property that are known.
fn listed(expected: &Expected, property: &str) -> Vec<String> {
    let all = expected.properties.get(property).and_then(Value::as_array).into_iter().flatten();
    all.filter(|name| !is_anything(name)).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn topic_policy(hands: &Hands, expected: &Expected) -> Result<Checked> {
    let should = expected.properties.get("PolicyDocument").unwrap_or(&Value::Null);
    let mut all = Vec::new();
    for topic in listed(expected, "Topics") {
        match hands.topics.policy(&topic)? {
            // The topic itself is compared by CloudFormation; its policy goes and comes with it.
            None => return Ok(Checked::Gone(Revert::CloudFormation)),
            Some(now) => all.extend(policy::differences(should, &parsed(&now))),
        }
    }
    Ok(Checked::Differs(all, Revert::Ourselves))
}

fn queue_policy(hands: &Hands, expected: &Expected) -> Result<Checked> {
    let should = expected.properties.get("PolicyDocument").unwrap_or(&Value::Null);
    let mut all = Vec::new();
    for queue in listed(expected, "Queues") {
        match hands.queues.policy(&queue)? {
            // As with topics.
            None => return Ok(Checked::Gone(Revert::CloudFormation)),
            Some(now) => all.extend(policy::differences(should, &parsed(&now))),
        }
    }
    Ok(Checked::Differs(all, Revert::Ourselves))
}

fn bucket_policy(hands: &Hands, expected: &Expected) -> Result<Checked> {
    let should = expected.properties.get("PolicyDocument").unwrap_or(&Value::Null);
    Ok(match hands.buckets.policy(&expected.text("/Bucket"))? {
        None => Checked::Gone(Revert::CloudFormation),
        Some(now) => Checked::Differs(policy::differences(should, &parsed(&now)), Revert::CloudFormation),
    })
}

fn parsed(policy: &str) -> Value {
    serde_json::from_str(policy).unwrap_or(Value::Null)
}

fn saved_text(expected: &Expected, pointer: &str, now: Option<String>) -> Checked {
    match now {
        None => Checked::Gone(Revert::CloudFormation),
        Some(now) => {
            let should = expected.text(pointer);
            let changed = should != ANYTHING && should != now;
            let all = if changed { vec![(pointer.to_owned(), should, now)] } else { Vec::new() };
            Checked::Differs(all, Revert::CloudFormation)
        }
    }
}

fn schedule(hands: &Hands, expected: &Expected) -> Result<Checked> {
    let Some(now) = hands.schedules.find(&expected.text("/GroupName"), &expected.text("/Name"))? else {
        return Ok(Checked::Gone(Revert::CloudFormation));
    };
    let state = if now.enabled { "ENABLED" } else { "DISABLED" };
    let all = [
        ("/State", "ENABLED", state),
        ("/ScheduleExpression", "", now.expression.as_str()),
        ("/ScheduleExpressionTimezone", "UTC", now.time_zone.as_str()),
    ]
    .into_iter()
    .filter_map(|(pointer, default, actual)| {
        let should = Some(expected.text(pointer)).filter(|text| !text.is_empty()).unwrap_or_else(|| default.to_owned());
        (should != ANYTHING && should != actual).then(|| (pointer.to_owned(), should, actual.to_owned()))
    })
    .collect();
    Ok(Checked::Differs(all, Revert::CloudFormation))
}

fn logging_expected(expected: &Expected) -> LoggingNow {
    LoggingNow {
        target: expected.text("/TargetBucket"),
        prefix: expected.text("/TargetPrefix"),
        key_format: expected.text("/TargetObjectKeyFormat"),
    }
}

/// Whether the setting that we made in somebody else's bucket is still in force.
fn logging(hands: &Hands, expected: &Expected) -> Result<Checked> {
    let should = logging_expected(expected);
    let bucket = expected.text("/Bucket");
    Ok(match hands.buckets.logging(&bucket) {
        Err(error) if error.kind() == crate::ErrorKind::Permission => Checked::Unknown(error.to_string()),
        Err(error) => return Err(error),
        Ok(None) => Checked::Unknown(format!("the bucket {bucket} is gone")),
        Ok(Some(None)) => {
            let target = format!("{}/{}", should.target, should.prefix);
            Checked::Differs(vec![("/Logging".to_owned(), target, "nothing is logged".to_owned())], Revert::Ourselves)
        }
        Ok(Some(Some(now))) => {
            // S3 does not say the plain format where it was never set (API reference: TargetObjectKeyFormat).
            let plain = |format: &str| if format.is_empty() { "SimplePrefix".to_owned() } else { format.to_owned() };
            let all = [
                ("/TargetBucket", should.target.clone(), now.target),
                ("/TargetPrefix", should.prefix.clone(), now.prefix),
                ("/TargetObjectKeyFormat", plain(&should.key_format), plain(&now.key_format)),
            ];
            let all = all.into_iter().filter(|(_, should, now)| should != ANYTHING && should != now);
            Checked::Differs(all.map(|(path, should, now)| (path.to_owned(), should, now)).collect(), Revert::Ourselves)
        }
    })
}
