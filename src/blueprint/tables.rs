//! Tables and views of the catalogue.

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::Names;
use crate::config::cloud::{CatalogueMode, Cloud};
use crate::logs::columns::{Column, ColumnType};
use crate::logs::compat;
use crate::logs::table::Table as LakeTable;
use crate::logs::trail::unique;
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
    original_text: String,
    columns: Json,
}

/// The tables of the lake.
pub(super) fn tables(cloud: &Cloud) -> Vec<Table> {
    let text = |name: &&str| json!({ "Name": name, "Type": "string" });
    let table = |table: LakeTable, id, description| Table {
        id,
        name: table.name(),
        description,
        parameters: parameters(cloud, table),
        partition_keys: table.partition_columns().iter().map(text).collect(),
        columns: table.columns().iter().map(glue_column).collect(),
    };
    let (logs, trail) = (
        "S3 server access logs, a row a record; partitioned by the hour of the request, UTC",
        "CloudTrail's events, a row a record; partitioned by the hour of the event, UTC",
    );
    vec![table(LakeTable::AccessLogs, "AccessLogs", logs), table(LakeTable::CloudTrail, "TrailEvents", trail)]
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

fn parameters(cloud: &Cloud, table: LakeTable) -> Json {
    let mut parameters = json!({ "EXTERNAL": "TRUE", "classification": "parquet", "parquet.compression": "ZSTD" });
    if cloud.catalogue.mode == CatalogueMode::Projection {
        // A record older than the range would be in the lake and in no answer, so the range begins with S3 itself.
        // Partitions are folders of the form `column=value/`, so no storage.location.template is needed (Athena user
        // guide, "Set up partition projection").
        let [date, hour] = table.partition_columns();
        parameters["projection.enabled"] = json!("true");
        let projection = [
            (date, "type", "date"),
            (date, "format", "yyyy-MM-dd"),
            (date, "range", "2006-03-14,NOW+1DAYS"),
            (date, "interval", "1"),
            (date, "interval.unit", "DAYS"),
            (hour, "type", "integer"),
            (hour, "range", "0,23"),
            (hour, "digits", "2"),
        ];
        for (column, key, value) in projection {
            parameters[format!("projection.{column}.{key}")] = json!(value);
        }
    }
    parameters
}

/// The views of the lake.
pub(super) fn views(cloud: &Cloud) -> Result<Vec<View>> {
    Ok(vec![
        view(cloud, ("AccessLogsCompat", "AccessLogs"), compat::VIEW, compat::select(), &compat::columns())?,
        view(cloud, ("TrailEventsUnique", "TrailEvents"), unique::VIEW, unique::select(), &unique::columns())?,
    ])
}

fn view(
    cloud: &Cloud,
    (id, table_id): (&'static str, &'static str),
    name: &'static str,
    select: String,
    columns: &[Column],
) -> Result<View> {
    let described: Vec<Json> =
        columns.iter().map(|column| json!({ "name": column.name, "type": athena_type(column.kind) })).collect();
    let definition = json!({
        "originalSql": select,
        "catalog": "awsdatacatalog",
        "schema": Names::of(cloud).database(),
        "columns": described,
        "runAsInvoker": false,
    });
    let text = serde_json::to_string(&definition)
        .map_err(|error| Error::failed("a view cannot be written as JSON").because(error))?;
    Ok(View {
        id,
        table_id,
        name,
        original_text: format!("/* Presto View: {} */", aws_smithy_types::base64::encode(text)),
        columns: columns.iter().map(glue_column).collect(),
    })
}
