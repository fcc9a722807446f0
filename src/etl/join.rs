//! Parquet files to fewer and larger ones.
//!
//! Large row groups are taken over as they are, byte for byte. Small ones are read, put into the order of time, and written as
//! one: a reader of a column makes a request for each row group, and a dictionary for each row group is a copy of the same
//! values. The same files in the same order give the same bytes.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::reader::{ColumnReader, get_typed_column_reader};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::{ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::ColumnPath;

use super::identity;
use super::model::FILE_VERSION;
use crate::logs::columns::ColumnType;
use crate::logs::table::Table;
use crate::{Error, Result};

/// A row group of so many rows is large enough to be taken over as it is: half of what the encoder writes at most.
const LARGE_ROWS: i64 = 128 << 10;

/// Rows of a row group that small ones are made into, and their bytes before compression: what is held in memory at once.
const ROWS: i64 = 1 << 20;
const BYTES: i64 = 512 << 20;

/// Makes files of a partition into one.
pub trait Joiner: Sync {
    /// Identifies the code that decides which bytes are written.
    fn identity(&self) -> String;
    /// The rows of all files, in the order of time, in one file; and how many they are.
    fn join(&self, files: Vec<Bytes>) -> Result<(Vec<u8>, u64)>;
}

/// The joiner of this program.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParquetJoiner;

impl Joiner for ParquetJoiner {
    fn identity(&self) -> String {
        identity::this_program()
    }

    fn join(&self, files: Vec<Bytes>) -> Result<(Vec<u8>, u64)> {
        join(files, LARGE_ROWS).map_err(|error| Error::failed("cannot join Parquet files").because(error))
    }
}

/// A file that is joined.
struct Input {
    bytes: Bytes,
    reader: SerializedFileReader<Bytes>,
}

/// A row group of a file: which file, which of its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    /// Its earliest time, as far as is known.
    from: Option<i64>,
    file: usize,
    number: usize,
    rows: i64,
    bytes: i64,
}

fn join(files: Vec<Bytes>, large_rows: i64) -> Result<(Vec<u8>, u64), ParquetError> {
    let inputs = files
        .into_iter()
        .map(|bytes| Ok(Input { reader: SerializedFileReader::new(bytes.clone())?, bytes }))
        .collect::<Result<Vec<_>, ParquetError>>()?;
    let first = inputs.first().ok_or_else(|| ParquetError::General("there are no files".to_owned()))?;
    let schema = first.reader.metadata().file_metadata().schema_descr().root_schema_ptr();
    // A file says in its schema which table it is of.
    let table = Table::named(schema.name()).unwrap_or_default();
    if inputs.iter().any(|input| input.reader.metadata().file_metadata().schema() != schema.as_ref()) {
        return Err(ParquetError::General("their columns differ".to_owned()));
    }
    let size: usize = inputs.iter().map(|input| input.bytes.len()).sum();
    let mut writer = SerializedFileWriter::new(Vec::with_capacity(size), schema, properties(table))?;
    let mut rows = 0;
    for groups in cut(groups(&inputs, table), large_rows) {
        let mut out = writer.next_row_group()?;
        match groups.as_slice() {
            [group] => copy(&inputs, *group, &mut out)?,
            groups => merge(&inputs, groups, table, &mut out)?,
        }
        rows += u64::try_from(out.close()?.num_rows()).unwrap_or_default();
    }
    Ok((writer.into_inner()?, rows))
}

/// As the encoder writes them (`etl/encode`), as far as parquet-rs's own writer can.
fn properties(table: Table) -> WriterPropertiesPtr {
    let version = KeyValue::new("bucketscope.format_version".to_owned(), FILE_VERSION.to_string());
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("bucketscope ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![version]))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    // Columns of which hardly two values are alike, and those whose values are near to their neighbours'.
    let near = [table.time_column(), "log_line"];
    for (names, encoding) in [
        (table.distinct_columns(), Encoding::DELTA_LENGTH_BYTE_ARRAY),
        (near.as_slice(), Encoding::DELTA_BINARY_PACKED),
    ] {
        for name in names {
            let path = ColumnPath::from(*name);
            properties =
                properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding);
        }
    }
    for column in table.columns() {
        if column.kind == ColumnType::Text && !table.has_range(column.name) {
            properties =
                properties.set_column_statistics_enabled(ColumnPath::from(column.name), EnabledStatistics::None);
        }
    }
    Arc::new(properties.build())
}

/// All row groups, by their earliest time; those of the same in the order of the files.
fn groups(inputs: &[Input], table: Table) -> Vec<Group> {
    let mut groups = Vec::new();
    for (file, input) in inputs.iter().enumerate() {
        for (number, group) in input.reader.metadata().row_groups().iter().enumerate() {
            let (rows, bytes) = (group.num_rows(), group.total_byte_size());
            groups.push(Group { from: earliest(group, table), file, number, rows, bytes });
        }
    }
    groups.sort_unstable();
    groups
}

fn earliest(group: &RowGroupMetaData, table: Table) -> Option<i64> {
    let column = group.columns().iter().find(|column| column.column_path().string() == table.time_column())?;
    match column.statistics()? {
        Statistics::Int64(times) => times.min_opt().copied(),
        _ => None,
    }
}

/// What becomes a row group each: a large one by itself, small ones together.
fn cut(groups: Vec<Group>, large_rows: i64) -> Vec<Vec<Group>> {
    let mut all: Vec<Vec<Group>> = Vec::new();
    let mut small: Vec<Group> = Vec::new();
    for group in groups {
        if group.rows >= large_rows {
            all.push(vec![group]);
            continue;
        }
        let sum = |of: fn(&Group) -> i64| small.iter().map(of).sum::<i64>();
        if sum(|small| small.rows) + group.rows > ROWS || sum(|small| small.bytes) + group.bytes > BYTES {
            all.push(std::mem::take(&mut small));
        }
        small.push(group);
    }
    all.push(small);
    all.retain(|groups| !groups.is_empty());
    all.sort_unstable();
    all
}

/// Takes a row group over as it is.
fn copy(inputs: &[Input], group: Group, out: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Result<(), ParquetError> {
    let input = inputs.get(group.file).ok_or_else(|| ParquetError::IndexOutOfBound(group.file, inputs.len()))?;
    for column in input.reader.metadata().row_group(group.number).columns() {
        let close = ColumnCloseResult {
            bytes_written: u64::try_from(column.compressed_size()).unwrap_or_default(),
            rows_written: u64::try_from(group.rows).unwrap_or_default(),
            metadata: column.clone(),
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        out.append_column(&input.bytes, close)?;
    }
    Ok(())
}

/// Reads row groups and writes their rows as one, in the order of time.
fn merge(
    inputs: &[Input],
    groups: &[Group],
    table: Table,
    out: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
) -> Result<(), ParquetError> {
    let order = order(inputs, groups, table)?;
    let mut number = 0;
    while let Some(mut column) = out.next_column()? {
        match column.untyped() {
            parquet::column::writer::ColumnWriter::Int32ColumnWriter(writer) => {
                let values = Values::<Int32Type>::read(inputs, groups, number)?.ordered(&order);
                writer.write_batch(&values.present, Some(&values.levels), None)?;
            }
            parquet::column::writer::ColumnWriter::Int64ColumnWriter(writer) => {
                let values = Values::<Int64Type>::read(inputs, groups, number)?.ordered(&order);
                writer.write_batch(&values.present, Some(&values.levels), None)?;
            }
            parquet::column::writer::ColumnWriter::ByteArrayColumnWriter(writer) => {
                let values = Values::<ByteArrayType>::read(inputs, groups, number)?.ordered(&order);
                writer.write_batch(&values.present, Some(&values.levels), None)?;
            }
            _ => return Err(ParquetError::NYI("a column of this type".to_owned())),
        }
        column.close()?;
        number += 1;
    }
    Ok(())
}

/// The rows of the groups, numbered as they follow one another, in the order of time; absent times first, as they stand.
fn order(inputs: &[Input], groups: &[Group], table: Table) -> Result<Vec<u32>, ParquetError> {
    let rows: i64 = groups.iter().map(|group| group.rows).sum();
    let rows = u32::try_from(rows).map_err(|_| ParquetError::General("too many rows".to_owned()))?;
    let mut order: Vec<u32> = (0..rows).collect();
    let columns =
        inputs.first().map_or(&[][..], |input| input.reader.metadata().file_metadata().schema_descr().columns());
    if let Some(time) = columns.iter().position(|column| column.name() == table.time_column()) {
        let times = Values::<Int64Type>::read(inputs, groups, time)?;
        let mut present = times.present.iter();
        let of_row: Vec<Option<i64>> =
            times.levels.iter().map(|level| if *level > 0 { present.next().copied() } else { None }).collect();
        order.sort_by_key(|row| of_row.get(*row as usize).copied().flatten());
    }
    Ok(order)
}

/// A column's values: for each row whether it is there, and those that are.
struct Values<T: DataType> {
    levels: Vec<i16>,
    present: Vec<T::T>,
}

impl<T: DataType> Values<T> {
    fn read(inputs: &[Input], groups: &[Group], column: usize) -> Result<Self, ParquetError> {
        let mut values = Self { levels: Vec::new(), present: Vec::new() };
        for group in groups {
            let input =
                inputs.get(group.file).ok_or_else(|| ParquetError::IndexOutOfBound(group.file, inputs.len()))?;
            let reader: ColumnReader = input.reader.get_row_group(group.number)?.get_column_reader(column)?;
            let mut reader = get_typed_column_reader::<T>(reader);
            let mut left = usize::try_from(group.rows).unwrap_or_default();
            while left > 0 {
                let (read, _, _) = reader.read_records(left, Some(&mut values.levels), None, &mut values.present)?;
                if read == 0 {
                    return Err(ParquetError::EOF("a column has fewer rows than its row group".to_owned()));
                }
                left -= read;
            }
        }
        Ok(values)
    }

    fn ordered(self, order: &[u32]) -> Self {
        if order.iter().zip(0..).all(|(row, at)| *row == at) {
            return self;
        }
        // Where a row's value stands among those that are there.
        let mut place = 0usize;
        let places: Vec<usize> = self
            .levels
            .iter()
            .map(|level| {
                let here = place;
                place += usize::from(*level > 0);
                here
            })
            .collect();
        let mut ordered =
            Self { levels: Vec::with_capacity(self.levels.len()), present: Vec::with_capacity(self.present.len()) };
        for row in order.iter().map(|row| *row as usize) {
            let level = self.levels.get(row).copied().unwrap_or_default();
            ordered.levels.push(level);
            let value = places.get(row).and_then(|place| self.present.get(*place));
            ordered.present.extend(value.filter(|_| level > 0).cloned());
        }
        ordered
    }
}

#[cfg(test)]
mod tests;
