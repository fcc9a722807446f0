//! Tables of the catalogue: CloudFormation does not compare them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::compare::Triple;
use crate::aws::tables::{Column, Table};

/// Properties that a crawler, or Glue or Athena on its own account, writes to a table (AWS Glue User Guide, "Parameters set
/// on Data Catalog tables by crawler"). They are no drift unless the template sets them.
pub const WRITTEN_BY_CRAWLERS: &[&str] = &[
    "CrawlerSchemaDeserializerVersion",
    "CrawlerSchemaSerializerVersion",
    "UPDATED_BY_CRAWLER",
    "averageRecordSize",
    "classification",
    "compressionType",
    "connectionName",
    "exclusions",
    "grokPattern",
    "last_modified_by",
    "last_modified_time",
    "numFiles",
    "numRows",
    "objectCount",
    "partitionGroups",
    "partition_filtering.enabled",
    "rawDataSize",
    "recordCount",
    "rowTag",
    "sizeKey",
    "totalSize",
    "transient_lastDdlTime",
    "typeOfData",
];

/// A table as the template has it (`TableInput`).
pub fn of_template(input: &Value) -> Table {
    let storage = input.get("StorageDescriptor").unwrap_or(&Value::Null);
    let serde = storage.get("SerdeInfo").unwrap_or(&Value::Null);
    Table {
        name: text(input, "Name"),
        description: text(input, "Description"),
        kind: text(input, "TableType"),
        columns: columns(storage.get("Columns")),
        partition_keys: columns(input.get("PartitionKeys")),
        location: text(storage, "Location"),
        input_format: text(storage, "InputFormat"),
        output_format: text(storage, "OutputFormat"),
        serde: text(serde, "SerializationLibrary"),
        serde_parameters: map(serde.get("Parameters")),
        parameters: map(input.get("Parameters")),
        view_text: text(input, "ViewOriginalText"),
        view_expanded: text(input, "ViewExpandedText"),
    }
}

fn text(value: &Value, key: &str) -> String {
    word(value.get(key).unwrap_or(&Value::Null))
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn map(value: Option<&Value>) -> BTreeMap<String, String> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries.map(|(name, value)| (name.clone(), word(value))).collect()
}

fn columns(value: Option<&Value>) -> Vec<Column> {
    let all = value.and_then(Value::as_array).into_iter().flatten();
    all.map(|one| Column { name: text(one, "Name"), kind: text(one, "Type"), comment: text(one, "Comment") }).collect()
}

/// What differs between two tables.
pub fn differences(expected: &Table, actual: &Table) -> Vec<Triple> {
    let mut all = Vec::new();
    for (path, expected, actual) in [
        ("/Description", &expected.description, &actual.description),
        ("/TableType", &expected.kind, &actual.kind),
        ("/StorageDescriptor/Location", &expected.location, &actual.location),
        ("/StorageDescriptor/InputFormat", &expected.input_format, &actual.input_format),
        ("/StorageDescriptor/OutputFormat", &expected.output_format, &actual.output_format),
        ("/StorageDescriptor/SerdeInfo/SerializationLibrary", &expected.serde, &actual.serde),
        ("/ViewOriginalText", &expected.view_text, &actual.view_text),
        ("/ViewExpandedText", &expected.view_expanded, &actual.view_expanded),
    ] {
        if expected != actual {
            all.push(triple(path.to_owned(), Some(expected), Some(actual)));
        }
    }
    in_columns("/StorageDescriptor/Columns", &expected.columns, &actual.columns, &mut all);
    in_columns("/PartitionKeys", &expected.partition_keys, &actual.partition_keys, &mut all);
    let serde = "/StorageDescriptor/SerdeInfo/Parameters";
    in_map(serde, &expected.serde_parameters, &actual.serde_parameters, &mut all);
    in_map("/Parameters", &expected.parameters, &actual.parameters, &mut all);
    all.into_iter().map(|(path, expected, actual)| (format!("/TableInput{path}"), expected, actual)).collect()
}

fn triple(path: String, expected: Option<&String>, actual: Option<&String>) -> Triple {
    let shown =
        |text: Option<&String>| text.filter(|text| !text.is_empty()).cloned().unwrap_or_else(|| "nothing".to_owned());
    (path, shown(expected), shown(actual))
}

fn in_map(path: &str, expected: &BTreeMap<String, String>, actual: &BTreeMap<String, String>, all: &mut Vec<Triple>) {
    let names: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
    for name in names {
        let (before, now) = (expected.get(name), actual.get(name));
        let by_crawler = before.is_none() && WRITTEN_BY_CRAWLERS.contains(&name.as_str());
        if before != now && !by_crawler {
            all.push(triple(format!("{path}/{name}"), before, now));
        }
    }
}

fn in_columns(path: &str, expected: &[Column], actual: &[Column], all: &mut Vec<Triple>) {
    let before = all.len();
    let named = |columns: &[Column], name: &str| columns.iter().find(|column| column.name == name).cloned();
    for column in expected {
        let at = format!("{path}/{}", column.name);
        match named(actual, &column.name) {
            None => all.push(triple(at, Some(&column.kind), None)),
            Some(now) => {
                if now.kind != column.kind {
                    all.push(triple(format!("{at}/Type"), Some(&column.kind), Some(&now.kind)));
                }
                if now.comment != column.comment {
                    all.push(triple(format!("{at}/Comment"), Some(&column.comment), Some(&now.comment)));
                }
            }
        }
    }
    for column in actual.iter().filter(|column| named(expected, &column.name).is_none()) {
        all.push(triple(format!("{path}/{}", column.name), None, Some(&column.kind)));
    }
    let order = |columns: &[Column]| columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(" ");
    if all.len() == before && order(expected) != order(actual) {
        all.push(triple(path.to_owned(), Some(&order(expected)), Some(&order(actual))));
    }
}
