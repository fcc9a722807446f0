//! From a blueprint and its values to the text of a template.
//!
//! A blueprint is YAML with `<< >>`, `<% %>` and `<# #>` (CloudFormation's `{{resolve:…}}` would collide with Jinja's own
//! delimiters). Whatever a blueprint prints is written as JSON, which YAML contains: no value, whatever is in it, can end a
//! string or begin a key. A value that was not handed over is an error.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Output, State, UndefinedBehavior, Value};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::{Error, Result};

const BLUEPRINTS: [(&str, &str); 5] = [
    ("assets.yaml", include_str!("../../blueprints/assets.yaml")),
    ("collector.yaml", include_str!("../../blueprints/collector.yaml")),
    ("lake.yaml", include_str!("../../blueprints/lake.yaml")),
    ("quicksight.yaml", include_str!("../../blueprints/quicksight.yaml")),
    ("role.yaml", include_str!("../../blueprints/role.yaml")),
];

/// Types that take tags, and whether as a map instead of a list of keys and values. From the resource schemas
/// ("tagging.taggable"). Named one by one although CloudFormation hands a stack's tags on: it finds drift only in what a
/// template says.
const TAGGED: [(&str, bool); 15] = [
    ("AWS::Athena::WorkGroup", false),
    ("AWS::CloudWatch::Alarm", false),
    ("AWS::Events::Rule", false),
    ("AWS::Glue::Crawler", true),
    ("AWS::Glue::Job", true),
    ("AWS::IAM::Role", false),
    ("AWS::KMS::Key", false),
    ("AWS::Lambda::Function", false),
    ("AWS::Logs::LogGroup", false),
    ("AWS::QuickSight::Dashboard", false),
    ("AWS::QuickSight::DataSet", false),
    ("AWS::QuickSight::DataSource", false),
    ("AWS::S3::Bucket", false),
    ("AWS::SNS::Topic", false),
    ("AWS::Scheduler::ScheduleGroup", false),
];

/// Renders a blueprint: JSON without white space, keys sorted.
pub(super) fn render(
    blueprint: &str,
    partition: &str,
    tags: &BTreeMap<String, String>,
    values: impl Serialize,
) -> Result<String> {
    let text = environment(partition)
        .and_then(|environment| {
            let template = environment.get_template(blueprint)?;
            template.render(Serde(values))
        })
        .map_err(|error| broken(blueprint, error))?;
    let mut template = parse(&text).map_err(|error| broken(blueprint, error))?;
    add_tags(&mut template, tags);
    Ok(sorted(template).to_string())
}

/// By way of serde_yaml's own value, which refuses a key that stands twice.
fn parse(yaml: &str) -> Result<Json, serde_yaml::Error> {
    let value: serde_yaml::Value = serde_yaml::from_str(yaml)?;
    serde_yaml::from_value(value)
}

/// Blueprints are part of the program; that one cannot be rendered is a mistake in it, not in what the user wrote.
fn broken(blueprint: &str, error: impl std::fmt::Display) -> Error {
    Error::failed(format!("the blueprint {blueprint} cannot be rendered")).because(error)
}

fn environment(partition: &str) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .block_delimiters("<%", "%>")
            .variable_delimiters("<<", ">>")
            .comment_delimiters("<#", "#>")
            .trim_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(write_json);
    let partition = partition.to_owned();
    environment.add_function("tls_only", move |bucket: String| Value::from(Serde(tls_only(&partition, &bucket))));
    for (name, text) in BLUEPRINTS {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

fn write_json(out: &mut Output, _: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    let text = serde_json::to_string(value)
        .map_err(|error| minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string()))?;
    out.write_str(&escaped(&text)).map_err(minijinja::Error::from)
}

/// JSON in ASCII alone: YAML readers refuse some characters that may stand in a JSON string as they are, and pairs of
/// surrogates.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        let written = match u32::from(character) {
            0x20..=0x7e => {
                out.push(character);
                Ok(())
            }
            code @ ..=0xffff => write!(out, "\\u{code:04x}"),
            code => write!(out, "\\U{code:08x}"),
        };
        debug_assert!(written.is_ok());
    }
    out
}

/// The statement of a bucket policy that refuses whoever comes without TLS.
fn tls_only(partition: &str, bucket: &str) -> Json {
    let arn = format!("arn:{partition}:s3:::{bucket}");
    json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })
}

fn add_tags(template: &mut Json, tags: &BTreeMap<String, String>) {
    let list: Vec<Json> = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let Some(resources) = template.get_mut("Resources").and_then(Json::as_object_mut) else { return };
    for resource in resources.values_mut() {
        let kind = resource.get("Type").and_then(Json::as_str).unwrap_or_default();
        let Some((_, as_map)) = TAGGED.iter().find(|(tagged, _)| *tagged == kind) else { continue };
        if let Some(properties) = resource.get_mut("Properties").and_then(Json::as_object_mut) {
            properties.insert("Tags".to_owned(), if *as_map { json!(tags) } else { json!(list) });
        }
    }
}

/// Another dependency may make serde_json keep the order of insertion; the bytes of a template must not depend on that.
fn sorted(value: Json) -> Json {
    match value {
        Json::Object(map) => {
            let by_key: BTreeMap<String, Json> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Json::Object(Map::from_iter(by_key))
        }
        Json::Array(items) => Json::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(blueprint: &str, values: &Json) -> Result<String, minijinja::Error> {
        environment("aws").unwrap().render_str(blueprint, Serde(values))
    }

    #[test]
    fn no_value_can_break_out_of_its_place() {
        for hostile in [
            "\"\nResources: {}",
            "a: b # c",
            "{{resolve:ssm:x}} ${AWS::Region} << x >>",
            "'\"\\/\u{7f}\u{85}\u{2028}\u{feff}\u{fffe}\u{0}\t",
            "🪵 é",
            "yes",
            "2012-10-17",
            "0x1f",
            "",
        ] {
            let text = filled("key: << value >>\n<< value >>: [<< value >>]\n", &json!({ "value": hostile })).unwrap();
            assert!(text.is_ascii(), "{text}");
            let read = parse(&text).unwrap();
            assert_eq!(read["key"], json!(hostile), "{text}");
            assert_eq!(read[hostile], json!([hostile]), "{text}");
        }
    }

    #[test]
    fn numbers_lists_and_maps_are_written_as_what_they_are() {
        let values = json!({ "value": { "a": [1, 0.0625, true, null], "b": "x" } });
        assert_eq!(parse(&filled("key: << value >>\n", &values).unwrap()).unwrap()["key"], values["value"]);
    }

    #[test]
    fn a_value_that_was_not_handed_over_is_an_error() {
        assert!(filled("key: << absent >>\n", &json!({})).is_err());
        assert!(filled("<% if absent %>x<% endif %>", &json!({})).is_err());
    }

    #[test]
    fn a_key_that_stands_twice_is_an_error() {
        assert!(parse("a: 1\na: 2\n").is_err());
    }

    #[test]
    fn tags_are_written_in_the_form_that_each_type_takes() {
        let mut template = json!({ "Resources": {
            "Job": { "Type": "AWS::Glue::Job", "Properties": {} },
            "Topic": { "Type": "AWS::SNS::Topic", "Properties": {} },
            "Table": { "Type": "AWS::Glue::Table", "Properties": {} },
        } });
        add_tags(&mut template, &BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        let tags = |id: &str| template["Resources"][id]["Properties"].get("Tags").cloned();
        assert_eq!(tags("Job"), Some(json!({ "a": "b" })));
        assert_eq!(tags("Topic"), Some(json!([{ "Key": "a", "Value": "b" }])));
        assert_eq!(tags("Table"), None);
    }
}
