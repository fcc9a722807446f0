//! The tables of docs/security.md are made of the roles that are rendered and of the policies that are printed; `BLESS=1`
//! writes them anew, between their marks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use bucketscope::blueprint::actions::needs;
use bucketscope::blueprint::policies::{CALLED, Who, handled_in, statements};
use bucketscope::blueprint::reasons::{REASONS, Reason, reason};
use bucketscope::blueprint::{Asset, Assets, Facts, render};
use bucketscope::config::cloud::Cloud;
use serde_json::Value;

/// A pipeline that has everything a role may be about.
const FULL: &str = r#"
version: 1
name: name
target: aws
aws:
  account_id: "111122223333"
  region: eu-central-1
  suffix: s4ff1x
  kms_key: arn:aws:kms:eu-central-1:111122223333:key/lake
sources:
  - {id: logged, log_buckets: [logged]}
  - {id: there, bucket: logs, prefix: "prefix/", inventory: s3://lists/inventory/}
trails:
  - {id: trail, bucket: trail, kms_key: "arn:aws:kms:eu-central-1:111122223333:key/trail"}
quicksight:
  principals: [arn:aws:quicksight:eu-central-1:111122223333:user/default/name]
reports:
  - {query: access-denied, last: 7d, schedule: rate(1 day)}
"#;

/// What else a statement depends on.
const BESIDE: &[&str] = &["catalogue: {mode: crawler}\n"];

const PLACEHOLDERS: &[(&str, &str)] = &[
    ("bucketscope-name", "bucketscope-NAME"),
    ("bucketscope_name", "bucketscope_NAME"),
    ("bucketscope/name", "bucketscope/NAME"),
    ("s4ff1x", "SUFFIX"),
    ("111122223333", "ACCOUNT"),
    ("eu-central-1", "REGION"),
    (":::logged", ":::LOGGED_BUCKET"),
    (":::logs/", ":::LOG_BUCKET/"),
    (":::logs`", ":::LOG_BUCKET`"),
    (":::lists/", ":::INVENTORY_BUCKET/"),
    (":::trail", ":::TRAIL_BUCKET"),
    ("key/lake", "key/KEY_OF_THE_LAKE"),
    ("key/trail", "key/KEY_OF_THE_TRAIL"),
];

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md")
}

fn cloud(beside: &str) -> Cloud {
    Cloud::parse(&format!("{FULL}{beside}"), Path::new("bucketscope.yaml")).unwrap()
}

/// Role → its statements, as the templates have them.
fn roles(beside: &str) -> Vec<(String, Value)> {
    let cloud = cloud(beside);
    let asset = |file: &str| Asset { sha256: "SHA256".to_owned(), file: file.to_owned() };
    let assets = Assets { worker: asset("worker"), launcher: asset("launcher.py"), functions: asset("bootstrap.zip") };
    let facts = Facts { partition: "aws".to_owned(), assets, own_queries: Vec::new() };
    let templates = render(&cloud, &facts).unwrap().into_iter();
    let templates: Vec<Value> = templates.map(|spec| serde_json::from_str(&spec.template).unwrap()).collect();
    let resources = templates.iter().flat_map(|template| template["Resources"].as_object().unwrap().values());
    resources
        .filter(|resource| resource["Type"] == "AWS::IAM::Role")
        .map(|role| {
            let properties = &role["Properties"];
            let name = properties["RoleName"].as_str().unwrap();
            let what = name.strip_prefix("bucketscope-name-").unwrap().strip_suffix("-eu-central-1").unwrap();
            (what.to_owned(), properties.clone())
        })
        .collect()
}

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map_or_else(|| value.as_str().into_iter().collect(), |all| all.iter().filter_map(Value::as_str).collect())
}

fn cell<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<String> = texts.into_iter().map(|text| format!("`{text}`")).collect();
    all.join("<br>")
}

fn general(text: &str) -> String {
    PLACEHOLDERS.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Operator → key → value, as words.
fn conditions(value: &Value) -> String {
    let operators = value.as_object().into_iter().flatten();
    let keys = operators.flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
    let all: Vec<String> = keys.map(|(key, value)| format!("`{key}` = `{}`", value.as_str().unwrap_or("…"))).collect();
    all.join(", ")
}

/// A table for each role, and the reasons that were needed.
fn of_roles() -> (String, BTreeSet<(&'static str, &'static str)>) {
    let mut used = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut tables: BTreeMap<String, String> = BTreeMap::new();
    for (role, properties) in std::iter::once("").chain(BESIDE.iter().copied()).flat_map(roles) {
        let table = tables.entry(role.clone()).or_insert_with(|| heading(&role, &properties));
        for statement in properties["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap() {
            let sid = statement["Sid"].as_str().unwrap();
            let Some(Reason { sid: known, code, why, role: of }) = reason(&role, sid) else {
                panic!("the statement {sid} of the role {role} has no reason in src/blueprint/reasons.rs");
            };
            used.insert((*of, *known));
            if !seen.insert((role.clone(), *known)) {
                continue;
            }
            let code = code.map_or_else(|| "the service".to_owned(), |file| format!("[{file}](../{file})"));
            let bound = conditions(&statement["Condition"]);
            let bound = if bound.is_empty() { String::new() } else { format!("<br>if {bound}") };
            let (actions, resources) = (cell(texts(&statement["Action"])), cell(texts(&statement["Resource"])));
            writeln!(table, "| {known} | {actions} | {resources}{bound} | {code} | {why} |").unwrap();
        }
    }
    let text: Vec<String> = tables.into_values().collect();
    (general(&text.join("\n")), used)
}

fn heading(role: &str, properties: &Value) -> String {
    let trust = &properties["AssumeRolePolicyDocument"]["Statement"][0];
    let service = trust["Principal"]["Service"].as_str().unwrap();
    let bound = conditions(&trust["Condition"]);
    let bound = if bound.is_empty() { String::new() } else { format!(", if {bound}") };
    let what = properties["Description"].as_str().unwrap_or_default();
    format!(
        "### bucketscope-NAME-{role}-REGION\n\n{what}. Taken by `{service}`{bound}.\n\n| Statement | Actions | On | Called by | \
         Why |\n|---|---|---|---|---|\n"
    )
}

const PEOPLE: &[(&str, Who)] =
    &[("analyst", Who::Analyst), ("ci", Who::Ci), ("deployer", Who::Deployer), ("doctor", Who::Doctor)];

/// The API calls of the program that need an action in a statement.
fn calls(who: Who, statement: &str, action: &str) -> BTreeSet<&'static str> {
    let of_who = CALLED.iter().filter(|calls| calls.who.contains(&who) && calls.statement() == statement);
    let operations = of_who.flat_map(|calls| calls.operations.iter().map(|operation| (calls.service, *operation)));
    operations
        .filter(|(service, operation)| {
            // What is emptied may hold versions.
            let also_versions = *operation == "DeleteObjects";
            let needs =
                [false, also_versions].map(|versioned| needs(service, operation, versioned).unwrap_or_default());
            needs.iter().flatten().any(|need| need.name() == action)
        })
        .map(|(_, operation)| operation)
        .collect()
}

fn of_people() -> String {
    let mut text = String::new();
    for (word, who) in PEOPLE {
        writeln!(
            text,
            "### policy {word}\n\n| Statement | On | Actions, and the calls that need them |\n|---|---|---|"
        )
        .unwrap();
        for statement in statements(&cloud(""), *who).unwrap() {
            let of = statement.sid.trim_end_matches(|one: char| one.is_ascii_digit());
            let actions = statement.actions.iter().map(|action| {
                let mut callers: Vec<String> = calls(*who, of, action).into_iter().map(str::to_owned).collect();
                let by_cloudformation = handled_in(of, action) && matches!(who, Who::Deployer | Who::Ci);
                if by_cloudformation {
                    callers.push("CloudFormation".to_owned());
                }
                if action == "iam:PassRole" {
                    callers.push("for whoever makes what takes the role".to_owned());
                }
                assert!(!callers.is_empty(), "nothing calls {action} in the policy of {word}");
                let name = action.split_once(':').map_or(action.as_str(), |(_, name)| name);
                let same = callers.iter().all(|caller| caller == name);
                if same { format!("`{action}`") } else { format!("`{action}` ({})", callers.join(", ")) }
            });
            let actions: Vec<String> = actions.collect();
            let some = statement.resources.iter().take(3).map(String::as_str);
            let more = statement.resources.len().saturating_sub(3);
            let more = if more > 0 { format!("<br>and {more} more") } else { String::new() };
            writeln!(text, "| {} | {}{more} | {} |", statement.sid, cell(some), actions.join(", ")).unwrap();
        }
        text.push('\n');
    }
    general(text.trim_end())
}

/// The document with another text between its marks.
pub fn between(document: &str, mark: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- made: {mark} -->\n"), format!("<!-- end: {mark} -->"));
    let (before, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("{begin} is missing"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{end} is missing"));
    format!("{before}{begin}\n{}\n\n{end}{after}", text.trim_end())
}

#[test]
fn the_page_says_what_each_permission_is_for() {
    let kept = std::fs::read_to_string(path()).unwrap();
    let made = between(&between(&kept, "roles", &of_roles().0), "people", &of_people());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path(), &made).unwrap();
        return;
    }
    assert!(made == kept, "docs/security.md is another one than its sources make (BLESS=1 writes it)");
}

#[test]
fn every_reason_is_one_of_a_statement_and_names_a_file() {
    let used = of_roles().1;
    let idle: Vec<_> = REASONS.iter().filter(|one| !used.contains(&(one.role, one.sid))).collect();
    assert!(idle.is_empty(), "{idle:?}");
    for file in REASONS.iter().filter_map(|one| one.code) {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).is_file(), "{file}");
    }
}
