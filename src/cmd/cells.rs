//! The engine's batches as rows that can be printed.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMillisecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::ui::grid::Cell;

/// Hands every row of a batch to `sink`, in order, until it fails.
///
/// # Errors
/// What `sink` returns.
pub fn each_row<E>(batch: &RecordBatch, mut sink: impl FnMut(&[Cell<'_>]) -> Result<(), E>) -> Result<(), E> {
    let mut cells = Vec::with_capacity(batch.num_columns());
    for row in 0..batch.num_rows() {
        cells.clear();
        cells.extend(batch.columns().iter().map(|array| cell(array.as_ref(), row)));
        sink(&cells)?;
    }
    Ok(())
}

fn cell(array: &dyn Array, row: usize) -> Cell<'_> {
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::Utf8 => Cell::text(array.as_string::<i32>().value(row)),
        DataType::Boolean => Cell::Bool(array.as_boolean().value(row)),
        DataType::Int8 => Cell::Int(array.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Cell::Int(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Cell::Int(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Cell::Int(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => Cell::Int(array.as_primitive::<UInt8Type>().value(row).into()),
        DataType::UInt16 => Cell::Int(array.as_primitive::<UInt16Type>().value(row).into()),
        DataType::UInt32 => Cell::Int(array.as_primitive::<UInt32Type>().value(row).into()),
        DataType::UInt64 => Cell::count(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Float32 => Cell::Float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Cell::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => match array.as_primitive::<Date32Type>().value_as_date(row) {
            Some(date) => Cell::Text(date.to_string().into()),
            None => Cell::Null,
        },
        DataType::Timestamp(arrow::datatypes::TimeUnit::Millisecond, _) => {
            Cell::Time(array.as_primitive::<TimestampMillisecondType>().value(row))
        }
        _ => formatted(array, row),
    }
}

/// Lists, decimals, binary and what else a statement of the user's own can give, in arrow's notation.
fn formatted(array: &dyn Array, row: usize) -> Cell<'static> {
    match ArrayFormatter::try_new(array, &FormatOptions::default()) {
        Ok(formatter) => Cell::Text(formatter.value(row).to_string().into()),
        Err(_) => Cell::Null,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int32Array, StringArray, TimestampMillisecondArray,
    };

    use super::*;

    #[test]
    fn every_type_keeps_its_value() {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("text", Arc::new(StringArray::from(vec![Some("a"), None]))),
            ("int", Arc::new(Int32Array::from(vec![403, 0]))),
            ("yes", Arc::new(BooleanArray::from(vec![true, false]))),
            ("date", Arc::new(Date32Array::from(vec![0, 20_605]))),
            ("time", Arc::new(TimestampMillisecondArray::from(vec![0, 1]))),
            ("decimal", Arc::new(Decimal128Array::from(vec![150, -5]).with_precision_and_scale(5, 2).unwrap())),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut rows = Vec::new();
        each_row(&batch, |cells| -> Result<(), ()> {
            rows.push(serde_json::to_string(cells).unwrap());
            Ok(())
        })
        .unwrap();
        assert_eq!(rows[0], r#"["a",403,true,"1970-01-01","1970-01-01T00:00:00Z","1.50"]"#);
        assert_eq!(rows[1], r#"[null,0,false,"2026-06-01","1970-01-01T00:00:00.001Z","-0.05"]"#);
    }
}
