//! Resources in human words.

use serde_json::Value;

/// A type of resource: its name in AWS's words and ours, and the property that names one.
struct Kind {
    aws: &'static str,
    word: &'static str,
    name: &'static str,
}

const fn kind(aws: &'static str, word: &'static str, name: &'static str) -> Kind {
    Kind { aws, word, name }
}

const KINDS: &[Kind] = &[
    kind("AWS::Athena::NamedQuery", "saved query", "Name"),
    kind("AWS::Athena::PreparedStatement", "prepared statement", "StatementName"),
    kind("AWS::Athena::WorkGroup", "Athena workgroup", "Name"),
    kind("AWS::CloudFormation::CustomResource", "custom step", "BucketName"),
    kind("AWS::CloudFormation::Stack", "stack", "StackName"),
    kind("AWS::CloudWatch::Alarm", "alarm", "AlarmName"),
    kind("AWS::CloudWatch::Dashboard", "dashboard", "DashboardName"),
    kind("AWS::Events::Rule", "event rule", "Name"),
    kind("AWS::Glue::Crawler", "crawler", "Name"),
    kind("AWS::Glue::Database", "database", "DatabaseInput.Name"),
    kind("AWS::Glue::Job", "job", "Name"),
    kind("AWS::Glue::Table", "table", "TableInput.Name"),
    kind("AWS::Glue::Trigger", "trigger", "Name"),
    kind("AWS::IAM::ManagedPolicy", "managed policy", "ManagedPolicyName"),
    kind("AWS::IAM::Role", "role", "RoleName"),
    kind("AWS::KMS::Key", "encryption key", "Description"),
    kind("AWS::Lambda::Function", "function", "FunctionName"),
    kind("AWS::Lambda::Permission", "permission to call a function", "Principal"),
    kind("AWS::Logs::LogGroup", "log group", "LogGroupName"),
    kind("AWS::Logs::MetricFilter", "metric filter", "FilterName"),
    kind("AWS::QuickSight::Dashboard", "dashboard in QuickSight", "Name"),
    kind("AWS::QuickSight::DataSet", "data set", "DataSetId"),
    kind("AWS::QuickSight::DataSource", "data source", "DataSourceId"),
    kind("AWS::QuickSight::RefreshSchedule", "refresh of data set", "DataSetId"),
    kind("AWS::S3::Bucket", "bucket", "BucketName"),
    kind("AWS::S3::BucketPolicy", "policy of bucket", "Bucket"),
    kind("AWS::SNS::Subscription", "subscription", "Endpoint"),
    kind("AWS::SNS::Topic", "topic", "TopicName"),
    kind("AWS::SNS::TopicPolicy", "policy of topic", "Topics"),
    kind("AWS::SQS::Queue", "queue", "QueueName"),
    kind("AWS::SQS::QueuePolicy", "policy of queue", "Queues"),
    kind("AWS::Scheduler::Schedule", "schedule", "Name"),
    kind("AWS::Scheduler::ScheduleGroup", "schedule group", "Name"),
];

fn find(resource_type: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.aws == resource_type)
}

/// What a resource of this type is called by people.
pub fn kind_of(resource_type: &str) -> String {
    if let Some(kind) = find(resource_type) {
        return kind.word.to_owned();
    }
    // Our own ones are named for what they do: `Custom::BucketLogging` is "bucket logging".
    if let Some(own) = resource_type.strip_prefix("Custom::") {
        return spaced(own);
    }
    spaced(resource_type.rsplit("::").next().unwrap_or(resource_type))
}

/// What a resource's properties say that it is called: a text, or something that refers to another resource.
pub fn naming<'a>(resource_type: &str, properties: &'a Value) -> Option<&'a Value> {
    let path = match find(resource_type) {
        Some(kind) => kind.name,
        None if resource_type.starts_with("Custom::") => {
            return ["BucketName", "Bucket", "Name"].iter().find_map(|key| properties.get(key));
        }
        None => "Name",
    };
    let named = path.split('.').try_fold(properties, |value, key| value.get(key))?;
    // The policy of a topic or queue names a list of one.
    named.as_array().map_or(Some(named), |list| list.first())
}

/// The name of a resource as its properties say it, if they say it literally.
pub fn name_of<'a>(resource_type: &str, properties: &'a Value) -> Option<&'a str> {
    naming(resource_type, properties)?.as_str()
}

/// `BucketLogging` as `bucket logging`.
fn spaced(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// Whether resources of this type hold what cannot be made again by deploying.
pub fn holds_data(resource_type: &str) -> bool {
    matches!(resource_type, "AWS::S3::Bucket" | "AWS::Logs::LogGroup" | "AWS::SQS::Queue" | "AWS::Athena::WorkGroup")
}

/// What is lost with a resource of this type.
pub fn content_of(resource_type: &str) -> &'static str {
    match resource_type {
        "AWS::S3::Bucket" => "objects",
        "AWS::Logs::LogGroup" => "log events",
        "AWS::SQS::Queue" => "messages",
        "AWS::Athena::WorkGroup" => "query history",
        _ => "content",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn resources_are_called_what_people_call_them() {
        assert_eq!(kind_of("AWS::Athena::NamedQuery"), "saved query");
        assert_eq!(kind_of("Custom::BucketLogging"), "bucket logging");
        assert_eq!(kind_of("AWS::Foo::NewThing"), "new thing");
        let table = json!({"TableInput": {"Name": "s3_access_logs"}});
        assert_eq!(name_of("AWS::Glue::Table", &table), Some("s3_access_logs"));
        assert_eq!(name_of("AWS::S3::Bucket", &json!({"BucketName": {"Ref": "X"}})), None);
        assert_eq!(name_of("Custom::BucketLogging", &json!({"Bucket": "b"})), Some("b"));
    }

    #[test]
    fn the_table_is_sorted_and_has_no_type_twice() {
        assert!(KINDS.windows(2).all(|two| two[0].aws < two[1].aws));
    }
}
