//! One partition's records to one Parquet file.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor, Type, TypePtr};

use super::chunk::Chunk;
use super::dictionary::{Scratch, Values, text_key};
use super::intern::Interner;
use super::page::Compressor;
use crate::etl::model::FILE_VERSION;
use crate::logs::columns::ColumnType;
use crate::logs::table::Table;
use crate::{Error, Result};

/// A finished file.
#[derive(Debug)]
pub struct EncodedFile {
    /// The table that it is of.
    pub table: Table,
    /// Its partition's day, `YYYY-MM-DD`.
    pub date: String,
    /// Its partition's hour, `00` to `23`.
    pub hour: String,
    /// How many records it holds.
    pub rows: u64,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// The table's schema as Parquet has it: all columns optional, times in milliseconds of UTC.
fn schema(table: Table) -> Result<TypePtr, parquet::errors::ParquetError> {
    let fields = table.columns().iter().map(|column| {
        let (physical, logical) = match column.kind {
            ColumnType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ColumnType::Int => (Physical::INT32, None),
            ColumnType::BigInt => (Physical::INT64, None),
            ColumnType::Timestamp => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        };
        let field = Type::primitive_type_builder(column.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical);
        field.build().map(Arc::new)
    });
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder(table.name()).with_fields(fields).build()?))
}

fn parquet_error(error: parquet::errors::ParquetError) -> Error {
    Error::failed("cannot build a Parquet file").because(error)
}

/// Builds files; keeps what they share.
pub struct FileWriter {
    table: Table,
    schema: TypePtr,
    columns: Vec<ColumnDescPtr>,
    properties: WriterPropertiesPtr,
    scratch: Scratch,
}

impl FileWriter {
    /// A writer of a table's files.
    pub fn new(table: Table) -> Result<Self> {
        let schema = schema(table).map_err(parquet_error)?;
        let columns = SchemaDescriptor::new(schema.clone()).columns().to_vec();
        let version = KeyValue::new("bucketscope.format_version".to_owned(), FILE_VERSION.to_string());
        let properties = WriterProperties::builder()
            .set_created_by(concat!("bucketscope ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![version]))
            .build();
        Ok(Self { table, schema, columns, properties: Arc::new(properties), scratch: Scratch::default() })
    }

    /// The column of this name.
    pub(super) fn column(&self, name: &str) -> ColumnDescPtr {
        let at = self.table.columns().iter().position(|column| column.name == name).unwrap_or_default();
        self.columns[at].clone()
    }

    /// A column of numbers that are mostly near to their neighbours.
    pub(super) fn near_numbers<R>(
        &mut self,
        name: &str,
        rows: &[R],
        number: impl Fn(&R) -> i64,
        zstd: &mut Compressor,
        out: &mut Vec<(ColumnDescPtr, Chunk)>,
    ) -> Result<()> {
        let column = self.column(name);
        match self.scratch.near_numbers(column.clone(), rows, &number, zstd)? {
            Some(chunk) => out.push((column, chunk)),
            None => self.number(name, rows, number, Values::Int64, zstd, out)?,
        }
        Ok(())
    }

    /// A column of numbers.
    pub(super) fn number<R>(
        &mut self,
        name: &str,
        rows: &[R],
        number: impl Fn(&R) -> i64,
        values: Values<'_>,
        zstd: &mut Compressor,
        out: &mut Vec<(ColumnDescPtr, Chunk)>,
    ) -> Result<()> {
        let keys = self.scratch.group_by_number(rows, number);
        let column = self.column(name);
        out.push((column.clone(), self.scratch.chunk(column, &keys, values, zstd)?));
        Ok(())
    }

    /// A column of texts of an interner.
    pub(super) fn text<R>(
        &mut self,
        name: &str,
        rows: &[R],
        number: impl Fn(&R) -> u32,
        interner: &Interner,
        zstd: &mut Compressor,
        out: &mut Vec<(ColumnDescPtr, Chunk)>,
    ) -> Result<()> {
        let keys: Vec<i64> = self.scratch.group_by_text(rows, number).into_iter().map(text_key).collect();
        let column = self.column(name);
        let values = |key: i64| interner.value(key as u32);
        let chunk =
            self.scratch.chunk(column.clone(), &keys, Values::Text(&values, self.table.has_range(name)), zstd)?;
        out.push((column, chunk));
        Ok(())
    }

    /// The columns of a group: `parts[n]` are the values that a row with group number `n` has in them.
    #[allow(clippy::too_many_arguments, reason = "one call an argument list, all of them by name above")]
    pub(super) fn group<R, const N: usize>(
        &mut self,
        rows: &[R],
        number: impl Fn(&R) -> u32,
        names: &[&str; N],
        parts: &[[u32; N]],
        values: &Interner,
        zstd: &mut Compressor,
        out: &mut Vec<(ColumnDescPtr, Chunk)>,
    ) -> Result<()> {
        let groups = self.scratch.group_by_text(rows, number);
        let text = |key: i64| values.value(key as u32);
        for (at, name) in names.iter().enumerate() {
            let keys: Vec<i64> = groups.iter().map(|group| text_key(parts[*group as usize][at])).collect();
            let column = self.column(name);
            out.push((
                column.clone(),
                self.scratch.chunk_of_groups(column, &keys, Values::Text(&text, self.table.has_range(name)), zstd)?,
            ));
        }
        Ok(())
    }

    /// The file of all columns.
    pub(super) fn assemble(&self, mut chunks: Vec<(ColumnDescPtr, Chunk)>) -> Result<Vec<u8>> {
        let size: usize = chunks.iter().map(|(_, chunk)| chunk.bytes.len()).sum();
        let out = Vec::with_capacity(size + 16 * 1024);
        let mut writer =
            SerializedFileWriter::new(out, self.schema.clone(), self.properties.clone()).map_err(parquet_error)?;
        let mut group = writer.next_row_group().map_err(parquet_error)?;
        for column in &self.columns {
            let at = chunks.iter().position(|(of, _)| of.path() == column.path());
            let chunk = at.map(|at| chunks.swap_remove(at).1);
            let chunk = chunk.ok_or_else(|| Error::failed(format!("column {} was not encoded", column.name())))?;
            group.append_column(&chunk.bytes, chunk.close).map_err(parquet_error)?;
        }
        group.close().map_err(parquet_error)?;
        writer.into_inner().map_err(parquet_error)
    }
}
