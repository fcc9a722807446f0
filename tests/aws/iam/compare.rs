//! Calls that were recorded against what policies allow, both ways. Pure.

use std::collections::{BTreeMap, BTreeSet};

use bucketscope::blueprint::actions::{Need, ON_BEHALF, On, all, needs};
use bucketscope::blueprint::roles::Statement;
use bucketscope::config::cloud::partition_of;
use serde::Deserialize;

/// Who made a call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Caller {
    /// `user`, `glue job`, `crawler`, `lambda`, `scheduler`, `cloudformation`, `role`.
    pub kind: String,
    /// The account.
    pub account: String,
    /// The role's ARN, for all but a person.
    #[serde(default)]
    pub role: Option<String>,
}

/// A line of the emulator's recording (tests/emulator/recorder.py).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Call {
    pub caller: Caller,
    pub region: String,
    pub service: String,
    pub operation: String,
    #[serde(default)]
    pub names: BTreeMap<String, serde_json::Value>,
    pub status: u16,
}

/// The calls of a recording.
pub fn calls(ndjson: &str) -> Vec<Call> {
    ndjson.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

impl Call {
    /// The name of the role that made it.
    pub fn role_name(&self) -> Option<&str> {
        self.caller.role.as_deref().and_then(|arn| arn.rsplit('/').next())
    }

    fn name(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.names.get(*key)).map(|value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    fn needs(&self) -> Option<Vec<Need>> {
        needs(&self.service, &self.operation, self.names.contains_key("VersionId"))
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        if resource.starts_with("arn:") {
            return resource.to_owned();
        }
        format!("arn:{}:{service}:{}:{}:{resource}", partition_of(&self.region), self.region, self.caller.account)
    }

    /// What an action is checked against in this call; nothing where the recording does not say it.
    fn resources(&self, on: On) -> Vec<String> {
        let partition = partition_of(&self.region);
        let one = |service: &str, before: &str, keys: &[&str]| -> Vec<String> {
            let named = self.name(keys).into_iter();
            named
                .map(|it| if it.starts_with("arn:") { it } else { self.arn(service, &format!("{before}{it}")) })
                .collect()
        };
        match on {
            On::Anything => vec!["*".to_owned()],
            On::Bucket => self.name(&["Bucket"]).map(|it| format!("arn:{partition}:s3:::{it}")).into_iter().collect(),
            On::Object => {
                let key = self.name(&["Key"]).unwrap_or_else(|| "any".to_owned());
                self.name(&["Bucket"]).map(|it| format!("arn:{partition}:s3:::{it}/{key}")).into_iter().collect()
            }
            On::Catalogue => self.catalogue(),
            On::Job => one("glue", "job/", &["JobName", "Name"]),
            On::Crawler => one("glue", "crawler/", &["CrawlerName", "Name"]),
            On::Workgroup => one("athena", "workgroup/", &["WorkGroup", "Name"]),
            On::LogGroup => self
                .name(&["logGroupName"])
                .map(|it| self.arn("logs", &format!("log-group:{it}:*")))
                .into_iter()
                .collect(),
            On::LogStream => {
                let stream = self.name(&["logStreamName"]).unwrap_or_default();
                let group = self.name(&["logGroupName"]).into_iter();
                group.map(|it| self.arn("logs", &format!("log-group:{it}:log-stream:{stream}"))).collect()
            }
            On::Stack => {
                let stack = self.name(&["StackName"]).into_iter();
                stack
                    .map(|it| {
                        if it.starts_with("arn:") { it } else { self.arn("cloudformation", &format!("stack/{it}/id")) }
                    })
                    .collect()
            }
            // The path of a role is not part of a call.
            On::Role => self.name(&["RoleName"]).map(|it| format!("role:{it}")).into_iter().collect(),
            On::Policy => one("iam", "policy/", &["PolicyArn"]),
            On::Topic => one("sns", "", &["TopicArn", "ResourceArn", "Name"]),
            On::Queue => {
                let name = self
                    .name(&["QueueName"])
                    .or_else(|| self.name(&["QueueUrl"])?.rsplit('/').next().map(str::to_owned));
                name.map(|it| self.arn("sqs", &it)).into_iter().collect()
            }
            On::Key => one("kms", "key/", &["KeyId"]),
            On::Function => one("lambda", "function:", &["FunctionName"]),
            On::Schedule => {
                let group = self.name(&["GroupName"]).unwrap_or_else(|| "default".to_owned());
                one("scheduler", &format!("schedule/{group}/"), &["Name"])
            }
            On::ScheduleGroup => one("scheduler", "schedule-group/", &["Name"]),
            On::Rule => one("events", "rule/", &["Rule", "Name"]),
            On::Alarm => one("cloudwatch", "alarm:", &["AlarmName"]),
            // A dashboard has no Region.
            On::Dashboard => {
                let named = self.name(&["DashboardName"]).into_iter();
                named.map(|it| format!("arn:{partition}:cloudwatch::{}:dashboard/{it}", self.caller.account)).collect()
            }
            On::Named => one("", "", &["ResourceArn", "Resource"]),
        }
    }

    /// All three must be allowed ("Data Catalog resource ARNs", AWS Glue Developer Guide).
    fn catalogue(&self) -> Vec<String> {
        let of_database = self.operation.ends_with("Database");
        let database = self.name(if of_database { &["Name"] } else { &["DatabaseName"] });
        let table = if of_database { None } else { self.name(&["TableName", "Name"]) };
        let mut all = vec![self.arn("glue", "catalog")];
        if let Some(database) = database {
            all.push(self.arn("glue", &format!("database/{database}")));
            all.extend(table.map(|table| self.arn("glue", &format!("table/{database}/{table}"))));
        }
        all
    }
}

/// What calls do that no statement allows; each said once.
pub fn refused(calls: &[&Call], statements: &[Statement]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for call in calls {
        let Some(needs) = call.needs() else {
            all.insert(format!("{}:{} is not in the reviewed table", call.service, call.operation));
            continue;
        };
        for need in needs {
            let granting: Vec<&Statement> = statements.iter().filter(|it| it.actions.contains(&need.name())).collect();
            if granting.is_empty() {
                all.insert(format!("{} is called, and no statement allows it", need.name()));
            }
            let missed = call.resources(need.on).into_iter().filter(|arn| !granting.iter().any(|it| allows(it, arn)));
            if !granting.is_empty() {
                all.extend(
                    missed.map(|arn| format!("{} is called on {arn}, and no statement allows it there", need.name())),
                );
            }
        }
    }
    all
}

/// What statements allow that no call needs; `else_needed` says what is needed for other reasons.
pub fn unused(calls: &[&Call], statements: &[Statement], else_needed: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for statement in statements {
        for action in &statement.actions {
            let used = calls.iter().any(|call| {
                let needs = call.needs().unwrap_or_default();
                needs.iter().any(|need| {
                    let resources = call.resources(need.on);
                    need.name() == *action
                        && (resources.is_empty() || resources.iter().any(|arn| allows(statement, arn)))
                })
            });
            if !used && !else_needed(action) {
                all.insert(format!("{} allows {action}, and nothing calls it", statement.sid));
            }
        }
    }
    all
}

/// Whether some call of the reviewed table needs this action.
pub fn reviewed(action: &str) -> bool {
    all().any(|need| need.name() == action)
}

/// Whether a service makes this call for the role of this name.
pub fn made_for(name: &str, action: &str) -> bool {
    ON_BEHALF.iter().any(|one| name.contains(&format!("-{}-", one.role)) && one.actions.contains(&action))
}

/// Whether a service makes this call for the role `what` of a pipeline.
pub fn on_behalf(what: &str, action: &str) -> bool {
    ON_BEHALF.iter().any(|one| what.starts_with(one.role) && one.actions.contains(&action))
}

fn allows(statement: &Statement, arn: &str) -> bool {
    statement.resources.iter().any(|pattern| match arn.strip_prefix("role:") {
        Some(role) => pattern.rsplit('/').next().is_some_and(|name| matches(name, role)),
        None => matches(pattern, arn),
    })
}

/// Whether a text matches a pattern in which `*` is any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|tail| {
            let ends = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
            ends.into_iter().any(|at| matches(rest, &tail[at..]))
        }),
    }
}

mod tests {
    use super::*;

    fn statement(sid: &str, actions: &[&str], resources: &[&str]) -> Statement {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        Statement {
            sid: sid.to_owned(),
            actions: owned(actions),
            resources: owned(resources),
            conditions: BTreeMap::new(),
        }
    }

    fn recorded(service: &str, operation: &str, names: &str) -> Call {
        let line = format!(
            r#"{{"time": 1.5, "caller": {{"kind": "glue job", "name": "j/1", "account": "111122223333", "role": "arn:aws:iam::111122223333:role/p/r"}},
            "region": "eu-west-1", "service": "{service}", "operation": "{operation}", "names": {names}, "status": 200}}"#
        );
        calls(&line.replace('\n', " ")).remove(0)
    }

    const LIST: &[&str] = &["s3:ListBucket"];

    #[test]
    fn a_call_and_its_grant_agree() {
        let call = recorded("s3", "ListObjectsV2", r#"{"Bucket": "logs", "Prefix": "a/"}"#);
        assert_eq!(call.role_name(), Some("r"));
        let statements = [statement("List", LIST, &["arn:aws:s3:::logs"])];
        assert_eq!(refused(&[&call], &statements), BTreeSet::new());
        assert_eq!(unused(&[&call], &statements, |_| false), BTreeSet::new());
    }

    #[test]
    fn a_permission_taken_away_is_found() {
        let call = recorded("s3", "ListObjectsV2", r#"{"Bucket": "logs"}"#);
        let statements = [statement("Read", &["s3:GetObject"], &["arn:aws:s3:::logs/*"])];
        assert_eq!(refused(&[&call], &statements).len(), 1);
        let elsewhere = [statement("List", LIST, &["arn:aws:s3:::other"])];
        let found = refused(&[&call], &elsewhere);
        assert!(found.first().unwrap().contains("on arn:aws:s3:::logs,"), "{found:?}");
    }

    #[test]
    fn a_permission_too_many_is_found_unless_a_service_needs_it_for_us() {
        let call = recorded("s3", "GetObject", r#"{"Bucket": "logs", "Key": "a/b c"}"#);
        let read = statement("Read", &["s3:GetObject", "s3:PutObject"], &["arn:aws:s3:::logs/a/*"]);
        let found = unused(&[&call], std::slice::from_ref(&read), |_| false);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["Read allows s3:PutObject, and nothing calls it"]);
        assert_eq!(unused(&[&call], &[read], |action| action == "s3:PutObject"), BTreeSet::new());
        // The right action in a statement about something else is as unused.
        let other = statement("Other", &["s3:GetObject"], &["arn:aws:s3:::lake/*"]);
        assert_eq!(unused(&[&call], &[other], |_| false).len(), 1);
        assert!(on_behalf("etl", "logs:PutLogEvents") && !on_behalf("schedule", "logs:PutLogEvents"));
        assert!(on_behalf("delivery-2", "logs:PutLogEvents"));
    }

    #[test]
    fn catalogue_actions_need_all_three_resources() {
        let call = recorded("glue", "BatchCreatePartition", r#"{"DatabaseName": "d", "TableName": "t"}"#);
        let arn = |resource: &str| format!("arn:aws:glue:eu-west-1:111122223333:{resource}");
        let (catalog, database, table) = (arn("catalog"), arn("database/d"), arn("table/d/t"));
        let all = [statement("C", &["glue:BatchCreatePartition"], &[&catalog, &database, &table])];
        assert_eq!(refused(&[&call], &all), BTreeSet::new());
        let two = [statement("C", &["glue:BatchCreatePartition"], &[&catalog, &table])];
        assert_eq!(refused(&[&call], &two).len(), 1);
    }

    #[test]
    fn a_call_that_nobody_has_reviewed_is_found() {
        let call = recorded("s3", "PutBucketAcl", r#"{"Bucket": "logs"}"#);
        assert!(refused(&[&call], &[]).first().unwrap().contains("not in the reviewed table"));
        let free = recorded("sts", "GetCallerIdentity", "{}");
        assert_eq!(refused(&[&free], &[]), BTreeSet::new());
    }

    #[test]
    fn roles_are_compared_by_name_whatever_their_path() {
        let call = recorded("iam", "GetRole", r#"{"RoleName": "bucketscope-shop-etl-eu-west-1"}"#);
        let statements =
            [statement("R", &["iam:GetRole"], &["arn:aws:iam::111122223333:role/p/bucketscope-shop-*-eu-west-1"])];
        assert_eq!(refused(&[&call], &statements), BTreeSet::new());
    }
}
