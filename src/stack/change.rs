//! What a change set, or two templates, would change, in human words.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::diff::{self, Difference};
use super::template::{Declared, Template};
use super::{retention, words};
use crate::aws::stacks::{Action, Change, Replacement};

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is made.
    Add,
    /// It exists and comes back into the stack.
    TakeBack,
    /// It is changed.
    Update,
    /// It is made anew and the old one goes.
    Replace,
    /// It goes.
    Remove,
}

impl Fate {
    /// The sign that stands before it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add | Self::TakeBack => "+",
            Self::Update => "~",
            Self::Replace => "-/+",
            Self::Remove => "-",
        }
    }
}

/// A change to a resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResourceChange {
    /// What happens to it.
    pub change: Fate,
    /// Its name in the template.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// What people call such a thing.
    pub what: String,
    /// Its name.
    pub name: String,
    /// What is changed in it; nothing where it is made or goes.
    pub properties: Vec<Difference>,
    /// Why it is replaced, or changed although the configuration says nothing of it.
    pub why: Option<String>,
    /// What becomes of the data that it holds.
    pub data: Option<String>,
    /// What is kept longer or shorter from now on.
    pub retention: Vec<String>,
}

/// What CloudFormation puts for a value that it will know only afterwards.
const UNKNOWN: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// Properties that make a new resource when they change (CloudFormation Template Reference, "Update requires:
/// Replacement"), for comparing without CloudFormation. `*` stands for all.
const CREATE_ONLY: &[(&str, &[&str])] = &[
    ("AWS::Athena::NamedQuery", &["*"]),
    ("AWS::Athena::PreparedStatement", &["StatementName", "WorkGroup"]),
    ("AWS::Athena::WorkGroup", &["Name"]),
    ("AWS::CloudWatch::Alarm", &["AlarmName"]),
    ("AWS::CloudWatch::Dashboard", &["DashboardName"]),
    ("AWS::Events::Rule", &["Name", "EventBusName"]),
    ("AWS::Glue::Crawler", &["Name"]),
    ("AWS::Glue::Database", &["CatalogId", "DatabaseName"]),
    ("AWS::Glue::Job", &["Name"]),
    ("AWS::Glue::Table", &["CatalogId", "DatabaseName"]),
    ("AWS::IAM::Role", &["Path", "RoleName"]),
    ("AWS::Lambda::Function", &["FunctionName", "PackageType"]),
    ("AWS::Logs::LogGroup", &["LogGroupName"]),
    ("AWS::S3::Bucket", &["BucketName"]),
    ("AWS::S3::BucketPolicy", &["Bucket"]),
    ("AWS::SNS::Subscription", &["Endpoint", "Protocol", "TopicArn"]),
    ("AWS::SNS::Topic", &["FifoTopic", "TopicName"]),
    ("AWS::Scheduler::Schedule", &["Name"]),
    ("AWS::Scheduler::ScheduleGroup", &["Name"]),
];

fn is_create_only(resource_type: &str, property: &str) -> bool {
    let of_type = CREATE_ONLY.iter().find(|(name, _)| *name == resource_type);
    of_type.is_some_and(|(_, properties)| properties.iter().any(|known| *known == "*" || *known == property))
}

/// Both templates, read.
struct Templates {
    old: BTreeMap<String, Declared>,
    new: BTreeMap<String, Declared>,
    names: BTreeMap<String, String>,
}

/// A change with what differs.
struct Seen<'a> {
    change: &'a Change,
    differences: Vec<Difference>,
}

/// What changes would do. What CloudFormation lists only because it might follow from another change, and does not, is
/// left out.
pub fn describe(changes: &[Change], deployed: &Template, wanted: &Template) -> Vec<ResourceChange> {
    let mut names = deployed.names();
    names.extend(wanted.names());
    let templates = Templates { old: deployed.resources(), new: wanted.resources(), names };
    let seen: Vec<Seen<'_>> = changes.iter().map(|change| templates.look(change)).collect();
    let moving = moving(&seen, &templates);
    let mut out: Vec<ResourceChange> = seen.into_iter().filter_map(|seen| templates.tell(seen, &moving)).collect();
    out.sort_by(|a, b| (a.change, &a.what, &a.name).cmp(&(b.change, &b.what, &b.name)));
    out
}

/// What would change between two templates, where CloudFormation cannot be asked.
pub fn compare(deployed: &Template, wanted: &Template) -> Vec<Change> {
    let (old, new) = (deployed.resources(), wanted.resources());
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |id: &String| -> Option<Change> {
        let (before, after) = (old.get(id), new.get(id));
        let action = match (before, after) {
            (None, _) => Action::Add,
            (_, None) => Action::Remove,
            (Some(before), Some(after)) if context(before) == context(after) => return None,
            _ => Action::Modify,
        };
        Some(Change {
            action,
            logical_id: id.clone(),
            physical_id: None,
            resource_type: after.or(before)?.resource_type.clone(),
            replacement: Replacement::Maybe,
            policy: None,
            details: Vec::new(),
            before: None,
            after: None,
        })
    };
    ids.into_iter().filter_map(change).collect()
}

/// All resources of a template as new, but for those buckets that exist.
pub fn all_new(wanted: &Template, existing: &BTreeSet<String>) -> Vec<Change> {
    let mut changes = compare(&Template::default(), wanted);
    let named = wanted.named_buckets();
    for change in &mut changes {
        if named.get(&change.logical_id).is_some_and(|bucket| existing.contains(bucket)) {
            change.action = Action::Import;
        }
    }
    changes
}

/// A declaration without what is not the resource's own.
fn context(declared: &Declared) -> Value {
    let mut all = declared.definition.as_object().cloned().unwrap_or_default();
    ["DependsOn", "Condition", "Type"].iter().for_each(|key| drop(all.remove(*key)));
    Value::Object(all)
}

/// The property of the resource that a path leads into.
fn top(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

fn is_unknown(difference: &Difference) -> bool {
    difference.after.as_ref().is_some_and(|after| after.to_string().contains(UNKNOWN))
}

/// The resources whose identity changes: what refers to them gets another value.
fn moving(seen: &[Seen<'_>], templates: &Templates) -> BTreeSet<String> {
    let mut moving: BTreeSet<String> = BTreeSet::new();
    loop {
        let moves = |seen: &&Seen<'_>| match seen.change.action {
            Action::Add | Action::Remove | Action::Import => true,
            _ => {
                let real: Vec<&Difference> = templates.real(seen, &moving);
                !real.is_empty() && replaced(seen.change, &real) != Replacement::Never
            }
        };
        let now: BTreeSet<String> = seen.iter().filter(moves).map(|seen| seen.change.logical_id.clone()).collect();
        if now == moving {
            return moving;
        }
        // What moves can only become more, so this comes to an end.
        moving.extend(now);
    }
}

/// Whether these differences make a new resource.
fn replaced(change: &Change, real: &[&Difference]) -> Replacement {
    if change.replacement != Replacement::Maybe {
        return change.replacement;
    }
    let of = |difference: &&Difference| {
        let property = top(&difference.path);
        let told = change.details.iter().filter(|detail| detail.property.as_deref() == Some(property));
        let told = told.map(|detail| detail.replacement).max();
        match told {
            Some(told) if told != Replacement::Never => told,
            _ if is_create_only(&change.resource_type, property) => Replacement::Always,
            _ => Replacement::Never,
        }
    };
    real.iter().map(of).max().unwrap_or(Replacement::Never)
}

impl Templates {
    /// What differs: by what CloudFormation says of before and after, or where it says nothing by the templates.
    fn look<'a>(&self, change: &'a Change) -> Seen<'a> {
        let parsed = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let (before, after): (Option<Value>, Option<Value>) = (parsed(&change.before), parsed(&change.after));
        let (before, after) = if before.is_some() && after.is_some() {
            (before, after)
        } else {
            (self.old.get(&change.logical_id).map(context), self.new.get(&change.logical_id).map(context))
        };
        let empty = || Value::Object(Map::new());
        let mut differences = match change.action {
            Action::Add | Action::Remove | Action::Import => Vec::new(),
            _ => diff::values(&before.unwrap_or_else(empty), &after.unwrap_or_else(empty)),
        };
        for difference in &mut differences {
            if let Some(property) = difference.path.strip_prefix("Properties.") {
                difference.path = property.to_owned();
            }
        }
        Seen { change, differences }
    }

    /// The differences that will be there: those that are known, and those that follow from what moves.
    fn real<'a>(&self, seen: &'a Seen<'_>, moving: &BTreeSet<String>) -> Vec<&'a Difference> {
        let follows = |difference: &Difference| {
            let property = top(&difference.path);
            let details = seen.change.details.iter().filter(|detail| detail.property.as_deref() == Some(property));
            let causes: Vec<&str> = details.filter_map(|detail| detail.cause.as_deref()).collect();
            if causes.is_empty() {
                return self.refers(&seen.change.logical_id, moving);
            }
            causes.iter().any(|cause| cause.split('.').next().is_some_and(|id| moving.contains(id)))
        };
        seen.differences.iter().filter(|difference| !is_unknown(difference) || follows(difference)).collect()
    }

    /// Whether a resource refers to one of these.
    fn refers(&self, id: &str, to: &BTreeSet<String>) -> bool {
        self.new.get(id).is_some_and(|declared| {
            let mut found = BTreeSet::new();
            references(&declared.definition, &mut found);
            !found.is_disjoint(to)
        })
    }

    fn tell(&self, seen: Seen<'_>, moving: &BTreeSet<String>) -> Option<ResourceChange> {
        let change = seen.change;
        let real: Vec<&Difference> = self.real(&seen, moving);
        let modified = !matches!(change.action, Action::Add | Action::Remove | Action::Import);
        // CloudFormation lists whatever might be touched by another change; it says for certain what it replaces.
        let follows = || change.replacement != Replacement::Always && !self.refers(&change.logical_id, moving);
        if modified && real.is_empty() && follows() {
            return None;
        }
        let replacement = replaced(change, &real);
        let fate = match change.action {
            Action::Add => Fate::Add,
            Action::Import => Fate::TakeBack,
            Action::Remove => Fate::Remove,
            _ if replacement == Replacement::Always => Fate::Replace,
            _ => Fate::Update,
        };
        let name = self.names.get(&change.logical_id).or(change.physical_id.as_ref()).unwrap_or(&change.logical_id);
        let why = match fate {
            Fate::Replace => Some(reason(change, &real)),
            Fate::Update if replacement == Replacement::Maybe => {
                Some("it may be replaced: CloudFormation can tell only when it does it".to_owned())
            }
            Fate::Update if real.is_empty() => Some("it follows from another change".to_owned()),
            _ => None,
        };
        Some(ResourceChange {
            change: fate,
            logical_id: change.logical_id.clone(),
            resource_type: change.resource_type.clone(),
            what: words::kind_of(&change.resource_type),
            name: name.clone(),
            retention: retention::told(&change.resource_type, &real),
            data: self.data(change, fate),
            why,
            properties: real.into_iter().cloned().collect(),
        })
    }

    /// What becomes of data.
    fn data(&self, change: &Change, fate: Fate) -> Option<String> {
        let kind = change.resource_type.as_str();
        if matches!(fate, Fate::Remove | Fate::Replace) && matches!(kind, "AWS::Glue::Table" | "AWS::Glue::Database") {
            return Some("its files stay in the lake; its partitions have to be registered anew".to_owned());
        }
        if fate == Fate::TakeBack {
            return Some(format!("it exists, and stays with its {}", words::content_of(kind)));
        }
        if !matches!(fate, Fate::Remove | Fate::Replace) || !words::holds_data(kind) {
            return None;
        }
        let attribute = if fate == Fate::Remove { "DeletionPolicy" } else { "UpdateReplacePolicy" };
        let declared = self.old.get(&change.logical_id).map(|old| &old.definition);
        let declared = declared.and_then(|old| old.get(attribute)).and_then(Value::as_str);
        let policy = change.policy.as_deref().or(declared).unwrap_or("Delete");
        let content = words::content_of(kind);
        let old = if fate == Fate::Remove { "it" } else { "the old one" };
        let new = if fate == Fate::Replace { "; the new one begins empty" } else { "" };
        Some(match (policy.contains("Retain"), kind) {
            (true, _) => format!("{old} stays, with its {content}{new}"),
            (false, "AWS::S3::Bucket") => format!("{old} is deleted, which fails while there are objects in it{new}"),
            (false, _) => format!("{old} is deleted, with its {content}{new}"),
        })
    }
}

/// Why a resource is replaced.
fn reason(change: &Change, real: &[&Difference]) -> String {
    match change.resource_type.as_str() {
        "AWS::Athena::NamedQuery" => {
            return "Athena cannot change a saved query, so it is made anew and gets another id".to_owned();
        }
        kind if kind.starts_with("Custom::") => return "what it stands for is another thing now".to_owned(),
        _ => {}
    }
    let always = |property: &str| {
        let told = change
            .details
            .iter()
            .any(|detail| detail.property.as_deref() == Some(property) && detail.replacement == Replacement::Always);
        told || is_create_only(&change.resource_type, property)
    };
    let properties: BTreeSet<&str> = real.iter().map(|d| top(&d.path)).filter(|property| always(property)).collect();
    let properties: Vec<&str> = properties.into_iter().collect();
    match properties.as_slice() {
        [] => "CloudFormation cannot change it in place".to_owned(),
        properties => format!("{} cannot be changed in place", properties.join(", ")),
    }
}

/// The resources that a value refers to.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(members) => members.iter().for_each(|member| references(member, found)),
        Value::Object(members) => {
            for (key, member) in members {
                match (key.as_str(), member) {
                    ("Ref", Value::String(id)) => drop(found.insert(id.clone())),
                    ("Fn::GetAtt", Value::Array(parts)) => {
                        found.extend(parts.first().and_then(Value::as_str).map(str::to_owned));
                    }
                    ("Fn::GetAtt", Value::String(path)) => {
                        found.extend(path.split('.').next().map(str::to_owned));
                    }
                    ("Fn::Sub", Value::String(text)) => found.extend(substituted(text)),
                    _ => references(member, found),
                }
            }
        }
        _ => {}
    }
}

/// The resources named in `${…}`.
fn substituted(text: &str) -> Vec<String> {
    let named = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
    named.filter_map(|name| name.split('.').next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
