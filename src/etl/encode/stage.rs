//! The records of one partition while their shard is being read.

use parquet::basic::Encoding;
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{Body, Chunk, ChunkBuilder, TextRange};
use super::page::{Compressor, PAGE_ROWS, Texture, Validity, write_lengths};
use crate::Result;

/// A page is full with this many bytes, too.
const PAGE_BYTES: usize = 1 << 20;

/// How much room is kept before a page's text for its levels and lengths. Where a page needs more, the column makes more.
const ROOM_BEFORE: usize = 1024;

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

/// A text column whose values hardly ever repeat: laid down as it comes, compressed page by page.
#[derive(Debug)]
pub struct PlainColumn {
    lengths: Vec<u32>,
    /// The texts of the page, one after the other, behind `room` bytes for what a page's body has before them.
    text: Vec<u8>,
    room: usize,
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
            lengths: Vec::new(),
            text: vec![0; ROOM_BEFORE],
            room: ROOM_BEFORE,
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
        self.validity.push(text.is_some());
        if let Some(text) = text {
            self.lengths.push(text.len() as u32);
            self.text.extend_from_slice(text);
            if let Some(range) = &mut self.range {
                range.add(text);
            }
        }
    }

    fn is_full(&self) -> bool {
        self.validity.rows() == PAGE_ROWS || self.text.len() - self.room >= PAGE_BYTES
    }

    /// The page of what was added since the last one.
    fn write_page(&mut self, builder: &mut ChunkBuilder, before: &mut Vec<u8>, zstd: &mut Compressor) -> Result<()> {
        before.clear();
        self.validity.write(before);
        write_lengths(before, &self.lengths);
        if before.len() > self.room {
            let more = before.len().next_power_of_two() - self.room;
            self.text.splice(0..0, std::iter::repeat_n(0, more));
            self.room += more;
        }
        let start = self.room - before.len();
        self.text[start..self.room].copy_from_slice(before);
        let rows = self.validity.rows();
        builder.page(&self.text[start..], rows, Encoding::DELTA_LENGTH_BYTE_ARRAY, self.texture, zstd)?;
        self.rows += rows;
        self.absent += self.validity.absent();
        self.validity.clear();
        self.lengths.clear();
        self.text.truncate(self.room);
        Ok(())
    }

    fn end_page(&mut self, body: &mut Vec<u8>, zstd: &mut Compressor) -> Result<()> {
        let mut builder = ChunkBuilder::with_pages(std::mem::take(&mut self.pages));
        self.write_page(&mut builder, body, zstd)?;
        self.pages = builder.into_pages();
        Ok(())
    }

    /// The chunk of all values. The column is empty then.
    fn finish(&mut self, column: ColumnDescPtr, before: &mut Vec<u8>, zstd: &mut Compressor) -> Result<Chunk> {
        let mut builder = match self.pages.is_empty() {
            true => ChunkBuilder::new(self.text.len() - self.room),
            false => ChunkBuilder::with_pages(std::mem::take(&mut self.pages)),
        };
        if self.validity.rows() > 0 {
            self.write_page(&mut builder, before, zstd)?;
        }
        let range = self.range.as_mut().map(std::mem::take);
        let statistics = range.unwrap_or_default().statistics(std::mem::take(&mut self.absent));
        builder.finish(column, std::mem::take(&mut self.rows), statistics)
    }

    /// How much memory it holds, in bytes.
    fn memory(&self) -> usize {
        self.text.capacity() + self.lengths.capacity() * size_of::<u32>()
    }
}

/// What the plain columns of a table are like, in the order in which their texts come: texture, and whether the least and
/// the greatest are kept.
pub type Layout<const P: usize> = [(Texture, bool); P];

/// One hour's records: what repeats as rows of type `R`, and `P` plain columns.
#[derive(Debug)]
pub struct Partition<R, const P: usize> {
    /// Hours since the epoch.
    pub hour: i64,
    /// In the order in which they were read.
    pub rows: Vec<R>,
    plain: [PlainColumn; P],
}

impl<R, const P: usize> Partition<R, P> {
    /// An empty partition.
    pub fn new(hour: i64, layout: &Layout<P>) -> Self {
        let plain = layout.map(|(texture, with_range)| PlainColumn::new(texture, with_range));
        Self { hour, rows: Vec::new(), plain }
    }

    /// Adds a record: its row, and the texts of the plain columns.
    #[inline]
    pub fn push(&mut self, row: R, texts: [Option<&[u8]>; P], body: &mut Vec<u8>, zstd: &mut Compressor) -> Result<()> {
        self.rows.push(row);
        for (column, text) in self.plain.iter_mut().zip(texts) {
            column.push(text);
            if column.is_full() {
                column.end_page(body, zstd)?;
            }
        }
        Ok(())
    }

    /// The chunks of the plain columns, in the order of [`Partition::push`]. They are empty then; the rows stay.
    pub fn finish(
        &mut self,
        columns: [ColumnDescPtr; P],
        body: &mut Vec<u8>,
        zstd: &mut Compressor,
    ) -> Result<Vec<Chunk>> {
        self.plain.iter_mut().zip(columns).map(|(plain, column)| plain.finish(column, body, zstd)).collect()
    }

    /// How much memory it holds, in bytes.
    fn memory(&self) -> usize {
        self.rows.capacity() * size_of::<R>() + self.plain.iter().map(PlainColumn::memory).sum::<usize>()
    }
}

/// The most memory of finished partitions that is kept for the next ones, in bytes.
const SPARE: usize = 64 << 20;

/// Finished partitions, whose memory the next ones use: it has grown to the size of an hour by then.
#[derive(Debug)]
pub struct Spares<R, const P: usize> {
    partitions: Vec<Partition<R, P>>,
    memory: usize,
}

impl<R, const P: usize> Spares<R, P> {
    /// None yet.
    pub const fn new() -> Self {
        Self { partitions: Vec::new(), memory: 0 }
    }

    /// An empty partition.
    pub fn take(&mut self, hour: i64, layout: &Layout<P>) -> Partition<R, P> {
        let Some(mut partition) = self.partitions.pop() else { return Partition::new(hour, layout) };
        self.memory -= partition.memory();
        partition.hour = hour;
        partition
    }

    /// Takes a partition back that has been finished.
    pub fn give(&mut self, mut partition: Partition<R, P>) {
        partition.rows.clear();
        let memory = partition.memory();
        if self.memory + memory <= SPARE {
            self.memory += memory;
            self.partitions.push(partition);
        }
    }
}
