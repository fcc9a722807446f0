//! One partition's records to one Parquet file.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor, Type, TypePtr};

use super::Dictionaries;
use super::chunk::Chunk;
use super::dictionary::{ABSENT, Scratch, Values, text_key};
use super::intern::Interner;
use super::page::Compressor;
use super::stage::{Partition, Row};
use crate::etl::model::FILE_VERSION;
use crate::logs::access::TAIL_FIELDS;
use crate::logs::columns::{COLUMNS, ColumnType};
use crate::logs::time::{HOUR_MS, partition_of};
use crate::{Error, Result};

/// A finished file.
#[derive(Debug)]
pub struct EncodedFile {
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
fn schema() -> Result<TypePtr, parquet::errors::ParquetError> {
    let fields = COLUMNS.iter().map(|column| {
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
    Ok(Arc::new(Type::group_type_builder("s3_access_logs").with_fields(fields).build()?))
}

fn parquet_error(error: parquet::errors::ParquetError) -> Error {
    Error::failed("cannot build a Parquet file").because(error)
}

/// Builds files; keeps what they share.
pub struct FileWriter {
    schema: TypePtr,
    columns: Vec<ColumnDescPtr>,
    properties: WriterPropertiesPtr,
    scratch: Scratch,
}

impl FileWriter {
    /// A writer of the table's files.
    pub fn new() -> Result<Self> {
        let schema = schema().map_err(parquet_error)?;
        let columns = SchemaDescriptor::new(schema.clone()).columns().to_vec();
        let version = KeyValue::new("bucketscope.format_version".to_owned(), FILE_VERSION.to_string());
        let properties = WriterProperties::builder()
            .set_created_by(concat!("bucketscope ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![version]))
            .build();
        Ok(Self { schema, columns, properties: Arc::new(properties), scratch: Scratch::default() })
    }

    /// The file of a partition whose rows refer to `known`.
    pub(super) fn encode(
        &mut self,
        partition: &mut Partition,
        known: &Dictionaries,
        body: &mut Vec<u8>,
        zstd: &mut Compressor,
    ) -> Result<EncodedFile> {
        let (date, hour) = partition_of(partition.hour.saturating_mul(HOUR_MS));
        let plain = ["requestid", "key", "request_uri", "versionid", "hostid"].map(|name| self.column(name));
        let plain_chunks = partition.finish(plain.clone(), body, zstd)?;
        let rows = &partition.rows;
        let mut chunks: Vec<(ColumnDescPtr, Chunk)> = plain.into_iter().zip(plain_chunks).collect();
        self.numbers(rows, zstd, &mut chunks)?;
        self.texts(rows, known, zstd, &mut chunks)?;
        self.groups(rows, known, zstd, &mut chunks)?;
        let bytes = self.assemble(chunks)?;
        Ok(EncodedFile { date, hour, rows: rows.len() as u64, bytes })
    }

    fn column(&self, name: &str) -> ColumnDescPtr {
        let at = COLUMNS.iter().position(|column| column.name == name).unwrap_or_default();
        self.columns[at].clone()
    }

    fn numbers(&mut self, rows: &[Row], zstd: &mut Compressor, out: &mut Vec<(ColumnDescPtr, Chunk)>) -> Result<()> {
        self.near_numbers("requestdatetime", rows, |row| row.requestdatetime, zstd, out)?;
        let status = |row: &Row| if row.httpstatus < 0 { ABSENT } else { row.httpstatus.into() };
        self.number("httpstatus", rows, status, Values::Int32, zstd, out)?;
        self.number("bytessent", rows, |row| row.bytessent, Values::Int64, zstd, out)?;
        self.number("objectsize", rows, |row| row.objectsize, Values::Int64, zstd, out)?;
        self.number("totaltime", rows, |row| row.totaltime, Values::Int64, zstd, out)?;
        self.number("turnaroundtime", rows, |row| row.turnaroundtime, Values::Int64, zstd, out)?;
        self.near_numbers("log_line", rows, |row| row.log_line, zstd, out)
    }

    /// A column of numbers that are mostly near to their neighbours.
    fn near_numbers(
        &mut self,
        name: &str,
        rows: &[Row],
        number: impl Fn(&Row) -> i64,
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

    fn number(
        &mut self,
        name: &str,
        rows: &[Row],
        number: impl Fn(&Row) -> i64,
        values: Values<'_>,
        zstd: &mut Compressor,
        out: &mut Vec<(ColumnDescPtr, Chunk)>,
    ) -> Result<()> {
        let keys = self.scratch.group_by_number(rows, number);
        let column = self.column(name);
        out.push((column.clone(), self.scratch.chunk(column, &keys, values, zstd)?));
        Ok(())
    }

    fn texts(
        &mut self,
        rows: &[Row],
        known: &Dictionaries,
        zstd: &mut Compressor,
        out: &mut Vec<(ColumnDescPtr, Chunk)>,
    ) -> Result<()> {
        self.text("remoteip", rows, |row| row.remoteip, &known.remoteip, zstd, out)?;
        self.text("requester", rows, |row| row.requester, &known.requester, zstd, out)?;
        self.text("operation", rows, |row| row.operation, &known.operation, zstd, out)?;
        self.text("errorcode", rows, |row| row.errorcode, &known.errorcode, zstd, out)?;
        self.text("referrer", rows, |row| row.referrer, &known.referrer, zstd, out)?;
        self.text("useragent", rows, |row| row.useragent, &known.useragent, zstd, out)?;
        self.text("key_logged", rows, |row| row.key_logged, &known.key_logged, zstd, out)
    }

    fn text(
        &mut self,
        name: &str,
        rows: &[Row],
        number: impl Fn(&Row) -> u32,
        interner: &Interner,
        zstd: &mut Compressor,
        out: &mut Vec<(ColumnDescPtr, Chunk)>,
    ) -> Result<()> {
        let keys: Vec<i64> = self.scratch.group_by_text(rows, number).into_iter().map(text_key).collect();
        let column = self.column(name);
        let values = |key: i64| interner.value(key as u32);
        let chunk = self.scratch.chunk(column.clone(), &keys, Values::Text(&values, has_range(name)), zstd)?;
        out.push((column, chunk));
        Ok(())
    }

    fn groups(
        &mut self,
        rows: &[Row],
        known: &Dictionaries,
        zstd: &mut Compressor,
        out: &mut Vec<(ColumnDescPtr, Chunk)>,
    ) -> Result<()> {
        self.group(rows, |row| row.head, &["bucketowner", "bucket_name"], &known.head_parts, known, zstd, out)?;
        const TAIL: [&str; TAIL_FIELDS + 1] = [
            "sigv",
            "ciphersuite",
            "authtype",
            "endpoint",
            "tlsversion",
            "accesspointarn",
            "aclrequired",
            "sourceregion",
            "extra",
        ];
        self.group(rows, |row| row.tail, &TAIL, &known.tail_parts, known, zstd, out)?;
        const OBJECT: [&str; 4] = ["log_object", "source_id", "account_id", "bucket_region"];
        self.group(rows, |row| row.object, &OBJECT, &known.object_parts, known, zstd, out)
    }

    /// The columns of a group: `parts[n]` are the values that a row with group number `n` has in them.
    #[allow(clippy::too_many_arguments, reason = "one call an argument list, all of them by name above")]
    fn group<const N: usize>(
        &mut self,
        rows: &[Row],
        number: impl Fn(&Row) -> u32,
        names: &[&str; N],
        parts: &[[u32; N]],
        known: &Dictionaries,
        zstd: &mut Compressor,
        out: &mut Vec<(ColumnDescPtr, Chunk)>,
    ) -> Result<()> {
        let groups = self.scratch.group_by_text(rows, number);
        let values = |key: i64| known.parts.value(key as u32);
        for (at, name) in names.iter().enumerate() {
            let keys: Vec<i64> = groups.iter().map(|group| text_key(parts[*group as usize][at])).collect();
            let column = self.column(name);
            out.push((
                column.clone(),
                self.scratch.chunk_of_groups(column, &keys, Values::Text(&values, has_range(name)), zstd)?,
            ));
        }
        Ok(())
    }

    fn assemble(&self, mut chunks: Vec<(ColumnDescPtr, Chunk)>) -> Result<Vec<u8>> {
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

/// Whether somebody asks for this text column by value, so that a file can be skipped by its range. The ranges of the others
/// would only make small files larger.
pub fn has_range(name: &str) -> bool {
    matches!(name, "bucket_name" | "remoteip" | "requester" | "operation" | "errorcode" | "log_object")
}
