//! docs/configuration.md: the tables of keys are made from `config::keys`, held against the model, and from what a change of each key
//! changes in the templates.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::sync::LazyLock;

use bucketscope::blueprint::{Asset, Assets, Facts, StackKind, StackSpec, render};
use bucketscope::config::cloud::{Cloud, keys::KEYS};
use bucketscope::config::keys::{Key, Kind, LOCAL, Limit};
use bucketscope::config::{AnyConfig, Config};
use bucketscope::engine::local::EngineSettings;
use bucketscope::etl::Settings;
use serde_json::{Value, json};

/// The least that a file of each target says, with an item in each list and a section that may be left out.
const LEAST_LOCAL: &str = "
version: 1
name: shop
target: local
sources: [{id: logs, path: logs}]
trails: [{id: trail, path: trail}]
";
const LEAST_AWS: &str = r#"
version: 1
name: shop
target: aws
aws: {account_id: "111122223333", region: eu-central-1, suffix: x7k2p9}
sources: [{id: logs, bucket: shop-logs}]
trails: [{id: trail, bucket: audit-trail}]
reports: [{query: access-denied, last: 7d, schedule: rate(1 day)}]
quicksight: {principals: ["arn:aws:quicksight:us-east-1:111122223333:user/default/ana"]}
"#;

/// What every key of a pipeline in AWS can be changed to, so that what depends on it shows.
const OTHERS: &[(&str, &str)] = &[
    ("name", r#""other""#),
    ("aws.account_id", r#""999988887777""#),
    ("aws.region", r#""eu-west-3""#),
    ("aws.suffix", r#""aaaaaa""#),
    ("aws.role_path", r#""/other/""#),
    ("aws.permissions_boundary", r#""arn:aws:iam::111122223333:policy/other""#),
    ("aws.cloudformation_role", r#""arn:aws:iam::111122223333:role/other""#),
    ("aws.kms_key", r#""arn:aws:kms:eu-central-1:111122223333:key/other""#),
    ("aws.tags", r#"{"team": "other"}"#),
    ("sources", "[]"),
    ("sources[].id", r#""other""#),
    ("sources[].bucket", r#""other-logs""#),
    ("sources[].prefix", r#""other/""#),
    ("sources[].region", r#""eu-north-1""#),
    ("sources[].account_id", r#""999988887777""#),
    ("sources[].inventory", r#""s3://others/daily/""#),
    ("sources[].log_buckets", r#"["other"]"#),
    ("trails", "[]"),
    ("trails[].id", r#""other-trail""#),
    ("trails[].bucket", r#""other-trail""#),
    ("trails[].prefix", r#""other""#),
    ("trails[].region", r#""eu-north-1""#),
    ("trails[].account_id", r#""999988887777""#),
    ("trails[].kms_key", r#""arn:aws:kms:eu-central-1:444455556666:key/other""#),
    ("job.engine", r#""auto""#),
    ("job.hand_over_minutes", "99"),
    ("job.max_workers", "99"),
    ("job.schedule", r#""rate(5 hours)""#),
    ("job.time_zone", r#""Asia/Tokyo""#),
    ("job.timeout_minutes", "99"),
    ("job.dpu_sixteenths", "1"),
    ("job.workers", "99"),
    ("job.worker_type", r#""G.8X""#),
    ("job.log_days", "365"),
    ("catalogue.mode", r#""projection""#),
    ("catalogue.crawler_schedule", r#""cron(1 1 * * ? *)""#),
    ("keep.raw_days", "99"),
    ("keep.lake_days", "99"),
    ("keep.result_days", "99"),
    ("athena.scan_limit_gigabytes", "99"),
    ("notify.emails", r#"["other@example.org"]"#),
    ("notify.finished_queries", "false"),
    ("notify.started_queries", "false"),
    ("notify.lag_hours", "99"),
    ("notify.rejected_percent", "99"),
    ("reports", "[]"),
    ("reports[].query", r#""anonymous-access""#),
    ("reports[].last", r#""9d""#),
    ("reports[].schedule", r#""rate(9 days)""#),
    ("reports[].time_zone", r#""Asia/Tokyo""#),
    ("reports[].name", r#""other""#),
    ("reports[].parameters", r#"{"bucket": "other"}"#),
    ("reports[].only_findings", "false"),
    ("estimate.log_gigabytes_a_month", "99"),
    ("estimate.log_objects_thousands", "99"),
    ("estimate.queries_a_day", "99"),
    ("quicksight.principals", r#"["arn:aws:quicksight:us-east-1:111122223333:group/default/other"]"#),
    ("quicksight.authors", r#"["arn:aws:quicksight:us-east-1:111122223333:group/default/other"]"#),
    ("quicksight.import", r#""spice""#),
    ("quicksight.days", "99"),
];

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// A configuration of either target as the model holds it, or why it is none.
fn read(value: &Value) -> Result<Value, String> {
    // JSON is YAML.
    match AnyConfig::parse(&value.to_string(), Path::new("x")).map_err(|error| error.to_string())? {
        AnyConfig::Local(config) => Ok(serde_json::to_value(config).unwrap()),
        AnyConfig::Aws(cloud) => Ok(serde_json::to_value(cloud).unwrap()),
    }
}

/// A path as a JSON pointer; of a list, its first item.
fn pointer(path: &str) -> String {
    format!("/{}", path.replace("[]", "/0").replace('.', "/"))
}

/// The file without a key, or with another value of it.
fn changed(file: &Value, path: &str, to: Option<Value>) -> Value {
    let mut file = file.clone();
    let pointer = pointer(path);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let Some(value) = to else {
        let inside = file.pointer_mut(parent).and_then(Value::as_object_mut);
        inside.and_then(|members| members.remove(name));
        return file;
    };
    let mut inside = &mut file;
    for step in parent.split('/').filter(|step| !step.is_empty()) {
        inside = match step.parse::<usize>() {
            Ok(index) => &mut inside[index],
            Err(_) => &mut inside[step],
        };
    }
    inside[name] = value;
    file
}

/// What holds where a key is absent, whatever the checks say of the rest.
fn default(key: &Key, least: &Value) -> String {
    let without = changed(least, key.path, None);
    let given = if least["target"] == "aws" {
        serde_json::from_value(without).map(|cloud: Cloud| serde_json::to_value(cloud).unwrap())
    } else {
        serde_json::from_value(without).map(|config: Config| serde_json::to_value(config).unwrap())
    };
    match given {
        Err(why) if why.to_string().contains(&format!("missing field `{}`", key.name())) => "required".to_owned(),
        Err(why) => panic!("{}: {why}", key.path),
        Ok(given) => match (given.pointer(&pointer(key.path)).unwrap_or(&Value::Null), key.otherwise) {
            (Value::Null, Some(text)) => text.to_owned(),
            (Value::Null, None) if matches!(key.limit, Limit::AtLeastOrNever(_)) => "null".to_owned(),
            (Value::Null, None) => "none".to_owned(),
            (_, Some(_)) => panic!("{} has a default in the model and another one in its table", key.path),
            (Value::Array(items), None) if items.is_empty() => "empty".to_owned(),
            (Value::Object(members), None) if members.is_empty() => "empty".to_owned(),
            (Value::String(text), None) => format!("`{text}`"),
            (value @ (Value::Number(_) | Value::Bool(_)), None) => value.to_string(),
            (value, None) => panic!("{}: {value}", key.path),
        },
    }
}

fn limits(limit: Limit) -> String {
    let codes = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match limit {
        Limit::None => String::new(),
        Limit::Within(least, most) if least == most => least.to_string(),
        Limit::Within(least, most) => format!("{least} to {most}"),
        Limit::AtLeast(least) => format!("{least} or more"),
        Limit::AtLeastOrNever(least) => format!("{least} or more; null: for ever"),
        Limit::Word(words) => codes(words),
        Limit::OneOf(numbers) => numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Limit::Said(text) => text.to_owned(),
    }
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Text(words) => words.to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::List(None) => "list".to_owned(),
        Kind::List(Some(of)) => format!("list of {of}"),
        Kind::Map => "keys and values".to_owned(),
    }
}

fn table(keys: &[Key], least: &str, last: (&str, &dyn Fn(&Key) -> String)) -> String {
    let least = yaml(least);
    let mut out = format!("| key | type | default | limits | what it does | {} |\n|---|---|---|---|---|---|\n", last.0);
    for key in keys {
        let (kind, default, limits) = (kind(key.kind), default(key, &least), limits(key.limit));
        writeln!(out, "| `{}` | {kind} | {default} | {limits} | {} | {} |", key.path, key.meaning, last.1(key))
            .unwrap();
    }
    out
}

fn specs(file: &Value) -> Option<Vec<StackSpec>> {
    let cloud = Cloud::parse(&file.to_string(), Path::new("x")).ok()?;
    let asset = |file: &str| Asset { sha256: "SHA256".to_owned(), file: file.to_owned() };
    let assets = Assets { worker: asset("worker"), launcher: asset("launcher.py"), functions: asset("bootstrap.zip") };
    render(&cloud, &Facts { partition: "aws".to_owned(), assets, own_queries: Vec::new() }).ok()
}

/// What is deployed, by kind of stack.
fn deployed(file: &Value) -> Option<BTreeMap<&'static str, Vec<Value>>> {
    let mut kinds: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for spec in specs(file)? {
        let word = match spec.kind {
            StackKind::Assets => "assets",
            StackKind::Collector => "collectors",
            StackKind::Lake => "lake",
            StackKind::Dashboards => "dashboards",
        };
        kinds.entry(word).or_default().push(serde_json::to_value(spec).unwrap());
    }
    Some(kinds)
}

/// A file, and what is deployed of it.
type Base = (Value, BTreeMap<&'static str, Vec<Value>>);

/// Two files that between them have everything on which a key may have an effect; and small ones, for keys that the many of the
/// others hold fast.
fn bases() -> [Vec<Base>; 2] {
    let all = yaml(include_str!("../fixtures/config/all-keys.yaml"));
    let mut sources = all["sources"].as_array().unwrap().clone();
    sources.reverse();
    let other = [
        ("job.engine", json!("auto")),
        ("catalogue.mode", json!("api")),
        ("quicksight.import", json!("spice")),
        // The keys of a list are changed in its first item.
        ("sources", Value::Array(sources)),
    ];
    let other = other.into_iter().fold(all.clone(), |file, (path, value)| changed(&file, path, Some(value)));
    let read = changed(&yaml(LEAST_AWS), "quicksight", None);
    let switched_on = changed(&read, "sources", Some(json!([{"id": "on", "log_buckets": ["photos"]}])));
    [vec![all, other], vec![yaml(LEAST_AWS), read, switched_on]]
        .map(|files| files.into_iter().map(|file| (file.clone(), deployed(&file).expect("a configuration"))).collect())
}

/// The kinds of stacks in which something is another one when the key is.
fn stacks(path: &str) -> BTreeSet<&'static str> {
    static BASES: LazyLock<[Vec<Base>; 2]> = LazyLock::new(bases);
    let Some((_, other)) = OTHERS.iter().find(|(known, _)| *known == path) else { return BTreeSet::new() };
    let other: Value = serde_json::from_str(other).unwrap();
    let mut touched = BTreeSet::new();
    for bases in BASES.iter() {
        let mut tried = 0;
        for (base, before) in bases {
            let Some(after) = deployed(&changed(base, path, Some(other.clone()))) else { continue };
            tried += 1;
            let kinds: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
            touched.extend(kinds.into_iter().filter(|kind| before.get(kind) != after.get(kind)));
        }
        if tried > 0 {
            return touched;
        }
    }
    BTreeSet::from(["!! can be changed nowhere"])
}

fn touches(key: &Key) -> String {
    let stacks: Vec<&str> = stacks(key.path).into_iter().collect();
    match (stacks.is_empty(), key.read_by) {
        (false, None) => stacks.join(", "),
        (true, Some(what)) => what.to_owned(),
        (false, Some(_)) => format!("!! changes {stacks:?}, and its table says that no stack depends on it"),
        (true, None) => "!! no stack depends on it, and its table does not say what does".to_owned(),
    }
}

/// The page with its tables made anew.
pub fn page(kept: &str) -> String {
    let local = table(LOCAL, LEAST_LOCAL, ("read by", &|key: &Key| key.read_by.unwrap().to_owned()));
    let aws = table(KEYS, LEAST_AWS, ("stacks that change with it", &touches));
    let wrong: Vec<&str> = aws.lines().filter(|line| line.contains("!!")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    super::reference::between(&super::reference::between(kept, "local", &local), "aws", &aws)
}

/// The paths of all keys in a value: `sources[].id`.
fn paths(value: &Value, above: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
                // A tag's key is the user's, a parameter's the query's; a section is told by what is in it.
                let of_others = ["aws.tags", "reports[].parameters"].contains(&path.as_str());
                if of_others || !value.is_object() {
                    out.insert(path.clone());
                }
                if !of_others {
                    paths(value, &path, out);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, &format!("{above}[]"), out)),
        _ => {}
    }
}

fn all_of(keys: &[Key]) -> BTreeSet<String> {
    keys.iter().map(|key| key.path.to_owned()).collect()
}

#[test]
fn the_tables_have_exactly_the_keys_that_the_models_have() {
    let (mut aws, mut local) = (BTreeSet::new(), BTreeSet::new());
    paths(&read(&yaml(include_str!("../fixtures/config/all-keys.yaml"))).unwrap(), "", &mut aws);
    paths(&read(&yaml(LEAST_LOCAL)).unwrap(), "", &mut local);
    assert_eq!(all_of(KEYS), aws);
    assert_eq!(all_of(LOCAL), local);
    let others: BTreeSet<String> = OTHERS.iter().map(|(path, _)| (*path).to_owned()).collect();
    let told = BTreeSet::from(["version".to_owned(), "target".to_owned()]);
    assert_eq!(others, aws.difference(&told).cloned().collect());
}

#[test]
fn each_key_takes_what_its_table_says() {
    for (keys, least) in [(LOCAL, LEAST_LOCAL), (KEYS, LEAST_AWS)] {
        let least = yaml(least);
        // A mapping is none of them. What words a key takes is looked at below.
        for key in keys.iter().filter(|key| key.kind != Kind::Map && key.kind != Kind::Text("word")) {
            let why = read(&changed(&least, key.path, Some(json!({"a": "b"})))).unwrap_err();
            let expected = match key.kind {
                Kind::Number => "expected a whole number",
                Kind::Flag => "expected true or false",
                Kind::List(_) => "expected a list",
                Kind::Text("path") => "expected a path",
                Kind::Text(_) | Kind::Map => "expected text",
            };
            assert!(why.contains(expected), "{}: {why}", key.path);
        }
    }
}

#[test]
fn each_key_is_held_to_what_its_table_says() {
    for (keys, least) in [(LOCAL, LEAST_LOCAL), (KEYS, LEAST_AWS)] {
        let least = yaml(least);
        for key in keys.iter().filter(|key| key.name() != "version" && key.name() != "target") {
            let takes = |value: Value| read(&changed(&least, key.path, Some(value))).map(drop);
            match key.limit {
                Limit::Within(low, high) => {
                    // A pipeline that is told so late has nothing left to act in; that has a test of its own.
                    assert_eq!(takes(json!(low)), Ok(()), "{}", key.path);
                    assert_eq!(takes(json!(high)), Ok(()), "{}", key.path);
                    assert!(low == 0 || takes(json!(low - 1)).unwrap_err().contains("out of bounds"), "{}", key.path);
                    assert!(takes(json!(high + 1)).unwrap_err().contains("out of bounds"), "{}", key.path);
                }
                Limit::AtLeast(low) | Limit::AtLeastOrNever(low) => {
                    assert_eq!(takes(json!(low)), Ok(()), "{}", key.path);
                    assert!(takes(json!(low - 1)).unwrap_err().contains("out of bounds"), "{}", key.path);
                    assert_eq!(takes(Value::Null), Ok(()), "{}", key.path);
                }
                Limit::Word(words) => {
                    words.iter().for_each(|word| assert_eq!(takes(json!(word)), Ok(()), "{}", key.path));
                    let why = takes(json!("nonsense")).unwrap_err();
                    let named = |word: &&&str| why.replace("one of ", " ").contains(**word);
                    assert_eq!(words.iter().filter(named).count(), words.len(), "{}: {why}", key.path);
                    let (_, expected) = why.split_once("expected ").unwrap();
                    assert_eq!(
                        expected.split([',', ' ']).filter(|word| !["", "or", "one", "of"].contains(word)).count(),
                        words.len()
                    );
                }
                Limit::OneOf(numbers) => {
                    numbers.iter().for_each(|number| assert_eq!(takes(json!(number)), Ok(()), "{}", key.path));
                    takes(json!(numbers[0] + 1)).unwrap_err();
                }
                Limit::None | Limit::Said(_) => {}
            }
        }
    }
}

#[test]
fn defaults_that_the_model_leaves_to_the_pipeline_are_the_pipelines() {
    let settings = Settings::default();
    let said = |path: &str| LOCAL.iter().find(|key| key.path == path).unwrap().otherwise.unwrap();
    assert_eq!(said("run.settling_seconds"), (settings.settling_ms / 1000).to_string());
    let bytes = settings.limits.shard_bytes;
    assert_eq!(said("run.shard_megabytes"), format!("{} ({} MiB)", (bytes + 500_000) / 1_000_000, bytes >> 20));
    let bytes = EngineSettings::default().memory_bytes;
    assert_eq!(said("query.memory_megabytes"), format!("{} ({} GiB)", (bytes + 500_000) / 1_000_000, bytes >> 30));
}

#[test]
fn the_examples_of_the_page_are_configurations() {
    let page = include_str!("../../docs/configuration.md");
    let examples: Vec<&str> = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [local, aws] = examples[..] else { panic!("{examples:?}") };
    Config::parse(local, Path::new("x")).unwrap();
    Cloud::parse(aws, Path::new("x")).unwrap();
}
