//! The records of one partition while their shard is being read.

use parquet::basic::Encoding;
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{Body, Chunk, ChunkBuilder, TextRange};
use super::page::{Compressor, LEVELS_ROOM, PAGE_ROWS, Texture, Validity};
use crate::Result;

/// A page is full with this many bytes, too.
const PAGE_BYTES: usize = 1 << 20;

/// What repeats from record to record, as numbers of an interner (0 is absent), and the numbers themselves.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "named after the columns")]
pub struct Row {
    pub requestdatetime: i64,
    pub bytessent: i64,
    pub objectsize: i64,
    pub totaltime: i64,
    pub turnaroundtime: i64,
    pub log_line: i64,
    pub httpstatus: i32,
    /// `bucketowner` and `bucket_name` together.
    pub head: u32,
    pub remoteip: u32,
    pub requester: u32,
    pub operation: u32,
    pub errorcode: u32,
    pub referrer: u32,
    pub useragent: u32,
    /// `sigv` to `sourceregion` and `extra` together.
    pub tail: u32,
    pub key_logged: u32,
    /// `log_object`, `source_id`, `account_id` and `bucket_region` together.
    pub object: u32,
}

/// A text column whose values hardly ever repeat: written as it comes, compressed page by page.
#[derive(Debug)]
pub struct PlainColumn {
    /// Room for the levels, then lengths and values.
    body: Vec<u8>,
    validity: Validity,
    pages: Vec<Body>,
    rows: usize,
    absent: usize,
    texture: Texture,
    /// Kept where a reader could skip a file by it.
    range: Option<TextRange>,
}

impl PlainColumn {
    fn new(texture: Texture, with_range: bool) -> Self {
        Self {
            body: Vec::new(),
            validity: Validity::default(),
            pages: Vec::new(),
            rows: 0,
            absent: 0,
            texture,
            range: with_range.then(TextRange::default),
        }
    }

    /// Adds a value that must be UTF-8.
    #[inline]
    pub fn push(&mut self, text: Option<&[u8]>) {
        if self.body.is_empty() {
            self.body.resize(LEVELS_ROOM, 0);
        }
        self.validity.push(text.is_some());
        if let Some(text) = text {
            self.body.reserve(text.len() + 4);
            self.body.extend_from_slice(&(text.len() as u32).to_le_bytes());
            self.body.extend_from_slice(text);
            if let Some(range) = &mut self.range {
                range.add(text);
            }
        }
    }

    fn is_full(&self) -> bool {
        self.validity.rows() == PAGE_ROWS || self.body.len() >= PAGE_BYTES
    }

    /// The page's body: levels right before the values, in place, so that no value is copied again.
    fn seal(&mut self, levels: &mut Vec<u8>) -> usize {
        levels.clear();
        self.validity.write(levels);
        let start = LEVELS_ROOM - levels.len();
        self.body[start..LEVELS_ROOM].copy_from_slice(levels);
        start
    }

    fn end_page(&mut self, levels: &mut Vec<u8>, zstd: &mut Compressor) -> Result<()> {
        let start = self.seal(levels);
        let mut builder = ChunkBuilder::with_pages(std::mem::take(&mut self.pages));
        builder.page(&self.body[start..], self.validity.rows(), Encoding::PLAIN, self.texture, zstd)?;
        self.pages = builder.into_pages();
        self.rows += self.validity.rows();
        self.absent += self.validity.absent();
        self.validity.clear();
        self.body.truncate(LEVELS_ROOM);
        Ok(())
    }

    fn finish(mut self, column: ColumnDescPtr, levels: &mut Vec<u8>, zstd: &mut Compressor) -> Result<Chunk> {
        let rest = self.validity.rows();
        let mut builder = match self.pages.is_empty() {
            true => ChunkBuilder::new(self.body.len().saturating_sub(LEVELS_ROOM)),
            false => ChunkBuilder::with_pages(std::mem::take(&mut self.pages)),
        };
        if rest > 0 {
            let start = self.seal(levels);
            builder.page(&self.body[start..], rest, Encoding::PLAIN, self.texture, zstd)?;
        }
        let absent = self.absent + self.validity.absent();
        let statistics = self.range.unwrap_or_default().statistics(absent);
        builder.finish(column, self.rows + rest, statistics)
    }
}

/// How many columns are plain.
pub const PLAIN_COLUMNS: usize = 5;

/// One hour's records.
#[derive(Debug)]
pub struct Partition {
    /// Hours since the epoch.
    pub hour: i64,
    /// In the order in which they were read.
    pub rows: Vec<Row>,
    plain: [PlainColumn; PLAIN_COLUMNS],
}

impl Partition {
    /// An empty partition.
    pub fn new(hour: i64) -> Self {
        let plain = [
            PlainColumn::new(Texture::Random, false),
            PlainColumn::new(Texture::Text, true),
            PlainColumn::new(Texture::Text, false),
            PlainColumn::new(Texture::Random, false),
            PlainColumn::new(Texture::Random, false),
        ];
        Self { hour, rows: Vec::new(), plain }
    }

    /// Adds a record: its row, and `requestid`, `key`, `request_uri`, `versionid`, `hostid`.
    #[inline]
    pub fn push(
        &mut self,
        row: Row,
        texts: [Option<&[u8]>; PLAIN_COLUMNS],
        levels: &mut Vec<u8>,
        zstd: &mut Compressor,
    ) -> Result<()> {
        self.rows.push(row);
        for (column, text) in self.plain.iter_mut().zip(texts) {
            column.push(text);
            if column.is_full() {
                column.end_page(levels, zstd)?;
            }
        }
        Ok(())
    }

    /// The rows, and the chunks of the plain columns in the order of [`Partition::push`].
    pub fn finish(
        self,
        columns: [ColumnDescPtr; PLAIN_COLUMNS],
        levels: &mut Vec<u8>,
        zstd: &mut Compressor,
    ) -> Result<(Vec<Row>, Vec<Chunk>)> {
        let chunks = self.plain.into_iter().zip(columns).map(|(plain, column)| plain.finish(column, levels, zstd));
        Ok((self.rows, chunks.collect::<Result<_>>()?))
    }
}
