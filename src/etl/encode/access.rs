//! The columns of `s3_access_logs` from what the encoder holds.

use parquet::schema::types::ColumnDescPtr;

use super::chunk::Chunk;
use super::dictionary::{ABSENT, Values};
use super::file::{EncodedFile, FileWriter};
use super::page::{Compressor, Texture};
use super::stage::{Layout, Partition, Row};
use super::{Dictionaries, PLAIN_COLUMNS};
use crate::Result;
use crate::logs::access::TAIL_FIELDS;
use crate::logs::table::Table;
use crate::logs::time::{HOUR_MS, partition_of};

/// The plain columns, in the order of [`LAYOUT`].
const PLAIN: [&str; PLAIN_COLUMNS] = ["requestid", "key", "request_uri", "versionid", "hostid"];

/// What the plain columns are like.
pub const LAYOUT: Layout<PLAIN_COLUMNS> = [
    (Texture::Random, false),
    (Texture::Text, true),
    (Texture::Text, false),
    (Texture::Random, false),
    (Texture::Random, false),
];

impl FileWriter {
    /// The file of a partition whose rows refer to `known`.
    pub(super) fn encode(
        &mut self,
        partition: &mut Partition<Row, PLAIN_COLUMNS>,
        known: &Dictionaries,
        body: &mut Vec<u8>,
        zstd: &mut Compressor,
    ) -> Result<EncodedFile> {
        let (date, hour) = partition_of(partition.hour.saturating_mul(HOUR_MS));
        let plain = PLAIN.map(|name| self.column(name));
        let plain_chunks = partition.finish(plain.clone(), body, zstd)?;
        let rows = &partition.rows;
        let mut chunks: Vec<(ColumnDescPtr, Chunk)> = plain.into_iter().zip(plain_chunks).collect();
        self.numbers(rows, zstd, &mut chunks)?;
        self.texts(rows, known, zstd, &mut chunks)?;
        self.groups(rows, known, zstd, &mut chunks)?;
        let bytes = self.assemble(chunks)?;
        Ok(EncodedFile { date, hour, rows: rows.len() as u64, bytes, table: Table::AccessLogs })
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

    fn groups(
        &mut self,
        rows: &[Row],
        known: &Dictionaries,
        zstd: &mut Compressor,
        out: &mut Vec<(ColumnDescPtr, Chunk)>,
    ) -> Result<()> {
        self.group(rows, |row| row.head, &["bucketowner", "bucket_name"], &known.head_parts, &known.parts, zstd, out)?;
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
        self.group(rows, |row| row.tail, &TAIL, &known.tail_parts, &known.parts, zstd, out)?;
        const OBJECT: [&str; 4] = ["log_object", "source_id", "account_id", "bucket_region"];
        self.group(rows, |row| row.object, &OBJECT, &known.object_parts, &known.parts, zstd, out)
    }
}
