//! The rows of a Parquet data file, read column by column.

use bytes::Bytes;
use parquet::basic::ConvertedType;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{BoolType, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};

use super::{Columns, Row};
use crate::error::{Error, Result};

/// How many rows of a row group are read at once.
const ROWS: usize = 8_192;

/// The rows of a file.
pub(super) fn rows(bytes: Bytes, file: String) -> Result<impl Iterator<Item = Result<Row>> + Send> {
    let reader = SerializedFileReader::new(bytes).map_err(|error| no_parquet(&error))?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let columns = Columns::of(schema.columns().iter().map(|column| column.name()))?;
    if schema.columns().iter().any(|column| column.max_rep_level() > 0) {
        return Err(Error::failed("the file is no inventory").because("it has a column of lists"));
    }
    let of_millis = columns.modified.and_then(|at| schema.columns().get(at).map(|column| column.converted_type()));
    let per_ms = if of_millis == Some(ConvertedType::TIMESTAMP_MICROS) { 1_000 } else { 1 };
    let about = move |error: Error| error.about(format!("cannot use the inventory's file {file}"));
    let groups = 0..reader.num_row_groups();
    Ok(groups.flat_map(move |group| {
        let mut all = Vec::new();
        let read = reader.get_row_group(group).map_err(|error| no_parquet(&error));
        let read = read.and_then(|group| read_group(&*group, columns, per_ms, &mut all));
        let failed = read.err().map(|error| Err(about(error)));
        all.into_iter().map(Ok).chain(failed)
    }))
}

fn no_parquet(error: &ParquetError) -> Error {
    Error::failed("the file is not as its format wants it").because(error)
}

fn read_group(group: &dyn RowGroupReader, columns: Columns, per_ms: i64, all: &mut Vec<Row>) -> Result<()> {
    let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
    all.resize(rows, Row { is_current: true, ..Row::default() });
    let text = |at, set: fn(&mut Row, String), all: &mut Vec<Row>| {
        column::<ByteArrayType>(group, at, all, |row, value| {
            let value = value.as_utf8().map_err(|error| no_parquet(&error))?.to_owned();
            set(row, value);
            Ok(())
        })
    };
    text(Some(columns.key), |row, value| row.key = value, all)?;
    text(Some(columns.etag), |row, value| row.etag = value, all)?;
    text(columns.class, |row, value| row.class = value, all)?;
    text(columns.tier, |row, value| row.tier = value, all)?;
    column::<Int64Type>(group, Some(columns.size), all, |row, value| {
        row.size = u64::try_from(value).ok();
        Ok(())
    })?;
    column::<Int64Type>(group, columns.modified, all, |row, value| {
        row.modified_ms = value / per_ms;
        Ok(())
    })?;
    column::<BoolType>(group, columns.is_latest, all, |row, value| {
        row.is_current &= value;
        Ok(())
    })?;
    column::<BoolType>(group, columns.is_delete_marker, all, |row, value| {
        row.is_current &= !value;
        Ok(())
    })
}

/// Puts what a column holds into the rows; what is null leaves them as they are.
fn column<T: DataType>(
    group: &dyn RowGroupReader,
    at: Option<usize>,
    rows: &mut [Row],
    set: impl Fn(&mut Row, T::T) -> Result<()>,
) -> Result<()> {
    let Some(at) = at else { return Ok(()) };
    let reader = group.get_column_reader(at).map_err(|error| no_parquet(&error))?;
    let descr = group.metadata().column(at).column_descr();
    if descr.physical_type() != T::get_physical_type() {
        return Err(Error::failed("the file is no inventory").because(format!("{} is of another type", descr.name())));
    }
    let most = descr.max_def_level();
    let mut reader = get_typed_column_reader::<T>(reader);
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let mut row = 0;
    while row < rows.len() {
        values.clear();
        levels.clear();
        let read = reader.read_records(ROWS, Some(&mut levels), None, &mut values);
        let (records, _, _) = read.map_err(|error| no_parquet(&error))?;
        if records == 0 {
            return Err(Error::failed("the file is not as its format wants it").because("a column is too short"));
        }
        let mut given = values.drain(..);
        for record in 0..records {
            let is_null = most > 0 && levels.get(record).is_none_or(|level| *level < most);
            let value = if is_null { None } else { given.next() };
            if let (Some(row), Some(value)) = (rows.get_mut(row + record), value) {
                set(row, value)?;
            }
        }
        row += records;
    }
    Ok(())
}
