//! What a query answers: columns, rows, and what it cost.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

pub use super::told::{AnswerColumn, Cost};
use crate::error::{Error, Result};

/// An answer as a whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The columns, in order.
    pub columns: Vec<AnswerColumn>,
    /// The rows. Text columns are `Utf8`, times `Timestamp(Millisecond, None)` in UTC.
    pub batches: Vec<RecordBatch>,
    /// What it cost.
    pub cost: Cost,
}

impl Answer {
    /// The number of rows.
    pub fn rows(&self) -> u64 {
        self.cost.rows
    }

    /// Bytes read from the lake's storage, footers included.
    pub fn scanned_bytes(&self) -> u64 {
        self.cost.scanned_bytes
    }
}

/// The columns of a schema, in Athena's words.
pub(super) fn columns(schema: &Schema) -> Vec<AnswerColumn> {
    let column = |field: &Arc<Field>| AnswerColumn {
        name: field.name().clone(),
        kind: type_name(field.data_type()),
        unit: None,
    };
    schema.fields().iter().map(column).collect()
}

/// A type as Athena names it; types that Athena does not have keep arrow's name.
fn type_name(kind: &DataType) -> String {
    let name = match kind {
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => "varchar",
        DataType::Boolean => "boolean",
        DataType::Int8 => "tinyint",
        DataType::Int16 | DataType::UInt8 => "smallint",
        DataType::Int32 | DataType::UInt16 => "integer",
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => "bigint",
        DataType::Float32 => "real",
        DataType::Float64 => "double",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Timestamp(_, None) => "timestamp",
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone",
        DataType::Binary | DataType::BinaryView | DataType::LargeBinary => "varbinary",
        DataType::Null => "unknown",
        DataType::Decimal128(precision, scale) => return format!("decimal({precision},{scale})"),
        DataType::List(item) | DataType::LargeList(item) => return format!("array({})", type_name(item.data_type())),
        other => return other.to_string(),
    };
    name.to_owned()
}

/// The schema that answers have: few types, so that whoever prints them need not know the engine's.
pub(super) fn plain_schema(schema: &Schema) -> SchemaRef {
    let plain = |field: &Arc<Field>| Field::new(field.name(), plain_type(field.data_type()), true);
    Arc::new(Schema::new(schema.fields().iter().map(plain).collect::<Vec<_>>()))
}

fn plain_type(kind: &DataType) -> DataType {
    match kind {
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Null => DataType::Utf8,
        DataType::Dictionary(_, value) => plain_type(value),
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Millisecond, zone.clone()),
        DataType::Date64 => DataType::Date32,
        DataType::List(item) => {
            DataType::List(Arc::new(Field::new(item.name(), plain_type(item.data_type()), item.is_nullable())))
        }
        other => other.clone(),
    }
}

/// A batch in the types of `plain_schema`.
pub(super) fn plain_batch(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let cast_column = |(column, field): (&ArrayRef, &Arc<Field>)| cast(column, field.data_type());
    let columns: Result<Vec<ArrayRef>, _> = batch.columns().iter().zip(schema.fields()).map(cast_column).collect();
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    columns
        .and_then(|columns| RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options))
        .map_err(|error| Error::failed("the answer cannot be converted").because(error))
}
