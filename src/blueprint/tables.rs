//! Tables and views of the catalogue.

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::Names;
use crate::config::cloud::{CatalogueMode, Cloud};
use crate::logs::columns::{COLUMNS, Column, ColumnType, PARTITION_COLUMNS, TABLE};
use crate::logs::compat;
use crate::{Error, Result};

/// A table, as the blueprint prints it.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    pub(super) id: &'static str,
    name: &'static str,
    description: &'static str,
    parameters: Json,
    partition_keys: Json,
    columns: Json,
}

/// A view, as the blueprint prints it.
#[derive(Debug, Serialize)]
pub(super) struct View {
    id: &'static str,
    table_id: &'static str,
    name: &'static str,
    description: &'static str,
    original_text: String,
    columns: Json,
}

/// The tables of the lake.
pub(super) fn tables(cloud: &Cloud) -> Vec<Table> {
    let text = |name: &&str| json!({ "Name": name, "Type": "string" });
    vec![Table {
        id: "AccessLogs",
        name: TABLE,
        description: "S3 server access logs, a row a record; partitioned by the hour of the request, UTC",
        parameters: parameters(cloud),
        partition_keys: PARTITION_COLUMNS.iter().map(text).collect(),
        columns: COLUMNS.iter().map(glue_column).collect(),
    }]
}

fn glue_column(column: &Column) -> Json {
    let kind = match column.kind {
        ColumnType::Text => "string",
        ColumnType::Int => "int",
        ColumnType::BigInt => "bigint",
        ColumnType::Timestamp => "timestamp",
    };
    json!({ "Name": column.name, "Type": kind })
}

/// Athena's name of a type, which the text of a view uses.
fn athena_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Text => "varchar",
        ColumnType::Int => "integer",
        ColumnType::BigInt => "bigint",
        ColumnType::Timestamp => "timestamp(3)",
    }
}

fn parameters(cloud: &Cloud) -> Json {
    let mut parameters = json!({ "EXTERNAL": "TRUE", "classification": "parquet", "parquet.compression": "ZSTD" });
    if cloud.catalogue.mode == CatalogueMode::Projection {
        // A record older than the range would be in the lake and in no answer, so the range begins with S3 itself.
        // Partitions are folders of the form `column=value/`, so no storage.location.template is needed (Athena user
        // guide, "Set up partition projection").
        let projection = [
            ("projection.enabled", "true"),
            ("projection.requestdate.type", "date"),
            ("projection.requestdate.format", "yyyy-MM-dd"),
            ("projection.requestdate.range", "2006-03-14,NOW+1DAYS"),
            ("projection.requestdate.interval", "1"),
            ("projection.requestdate.interval.unit", "DAYS"),
            ("projection.requesthour.type", "integer"),
            ("projection.requesthour.range", "0,23"),
            ("projection.requesthour.digits", "2"),
        ];
        for (key, value) in projection {
            parameters[key] = json!(value);
        }
    }
    parameters
}

/// The views of the lake.
pub(super) fn views(cloud: &Cloud) -> Result<Vec<View>> {
    let columns = compat::columns();
    let described: Vec<Json> =
        columns.iter().map(|column| json!({ "name": column.name, "type": athena_type(column.kind) })).collect();
    let definition = json!({
        "originalSql": compat::select(),
        "catalog": "awsdatacatalog",
        "schema": Names::of(cloud).database(),
        "columns": described,
        "runAsInvoker": false,
    });
    let text = serde_json::to_string(&definition)
        .map_err(|error| Error::failed("a view cannot be written as JSON").because(error))?;
    Ok(vec![View {
        id: "AccessLogsCompat",
        table_id: "AccessLogs",
        name: compat::VIEW,
        description: "S3 server access logs with the types of AWS's published DDL, for published queries",
        original_text: format!("/* Presto View: {} */", aws_smithy_types::base64::encode(text)),
        columns: columns.iter().map(glue_column).collect(),
    }])
}
