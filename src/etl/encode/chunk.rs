//! A column chunk: dictionary, data pages, statistics.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

use super::intern::utf8;
use super::page::{Compressor, Texture, varint, zigzag};
use crate::{Error, Result};

/// Chunks with less than this are stored as they are: a ZSTD frame would cost more than it saves.
const COMPRESS_FROM: usize = 256;

/// The longest text kept as a minimum or maximum.
const STATISTIC_BYTES: usize = 64;

/// More than a page's header takes, in bytes.
const PAGE_HEADER: usize = 64;

/// The body of a page, compressed or not.
#[derive(Debug)]
pub struct Body {
    bytes: Vec<u8>,
    uncompressed: usize,
    values: u32,
    encoding: Encoding,
}

/// A chunk that waits for its row group.
pub struct Chunk {
    /// Its pages, one after the other.
    pub bytes: Bytes,
    /// What the row group needs to know of it.
    pub close: ColumnCloseResult,
}

fn parquet_error(error: parquet::errors::ParquetError) -> Error {
    Error::failed("cannot build a Parquet file").because(error)
}

/// Collects the pages of one chunk.
#[derive(Debug)]
pub struct ChunkBuilder {
    compressed: bool,
    dictionary: Option<Body>,
    pages: Vec<Body>,
}

impl ChunkBuilder {
    /// A chunk of about `size` bytes before compression.
    pub fn new(size: usize) -> Self {
        Self { compressed: size >= COMPRESS_FROM, dictionary: None, pages: Vec::new() }
    }

    /// A chunk whose first pages have been compressed already.
    pub fn with_pages(pages: Vec<Body>) -> Self {
        Self { compressed: true, dictionary: None, pages }
    }

    fn body(
        &self,
        body: &[u8],
        values: usize,
        encoding: Encoding,
        texture: Texture,
        zstd: &mut Compressor,
    ) -> Result<Body> {
        let bytes = match self.compressed {
            true => zstd.compress(body, texture)?,
            false => body,
        };
        Ok(Body { bytes: bytes.to_vec(), uncompressed: body.len(), values: values as u32, encoding })
    }

    /// The dictionary page: `values` values, plain.
    pub fn dictionary(&mut self, body: &[u8], values: usize, zstd: &mut Compressor) -> Result<()> {
        self.dictionary = Some(self.body(body, values, Encoding::PLAIN, Texture::Text, zstd)?);
        Ok(())
    }

    /// A data page of `rows` rows, absent ones included.
    pub fn page(
        &mut self,
        body: &[u8],
        rows: usize,
        encoding: Encoding,
        texture: Texture,
        zstd: &mut Compressor,
    ) -> Result<()> {
        let body = self.body(body, rows, encoding, texture, zstd)?;
        self.pages.push(body);
        Ok(())
    }

    /// The pages so far; a builder that only collected pages hands them on with this.
    pub fn into_pages(self) -> Vec<Body> {
        self.pages
    }

    /// Puts the chunk together. `rows` counts absent ones too.
    pub fn finish(self, column: ColumnDescPtr, rows: usize, statistics: Statistics) -> Result<Chunk> {
        let size: usize = self.dictionary.iter().chain(&self.pages).map(|body| body.bytes.len() + PAGE_HEADER).sum();
        let mut bytes = Vec::with_capacity(size);
        let mut encodings = vec![Encoding::RLE];
        let mut uncompressed = 0;
        let dictionary_offset = self.dictionary.as_ref().map(|_| 0);
        if let Some(body) = &self.dictionary {
            uncompressed += body.write(true, &mut bytes);
            encodings.push(body.encoding);
        }
        let data_offset = bytes.len() as i64;
        for body in &self.pages {
            uncompressed += body.write(false, &mut bytes);
            if !encodings.contains(&body.encoding) {
                encodings.push(body.encoding);
            }
        }
        let compression = match self.compressed {
            true => Compression::ZSTD(ZstdLevel::try_new(1).map_err(parquet_error)?),
            false => Compression::UNCOMPRESSED,
        };
        let metadata = ColumnChunkMetaData::builder(column)
            .set_encodings(encodings)
            .set_compression(compression)
            .set_num_values(rows as i64)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(uncompressed as i64)
            .set_data_page_offset(data_offset)
            .set_dictionary_page_offset(dictionary_offset)
            .set_statistics(statistics)
            .build()
            .map_err(parquet_error)?;
        let bytes = Bytes::from(bytes);
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: rows as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok(Chunk { bytes, close })
    }
}

impl Body {
    /// Appends the page, its header first, and returns how long it is uncompressed, with its header.
    fn write(&self, is_dictionary: bool, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        self.write_header(is_dictionary, out);
        let header = out.len() - start;
        out.extend_from_slice(&self.bytes);
        header + self.uncompressed
    }

    /// The structure `PageHeader` of the Parquet format, in Thrift's compact protocol: a field is the difference of its
    /// number to that of the one before and its type, then the value; a zero ends a structure.
    fn write_header(&self, is_dictionary: bool, out: &mut Vec<u8>) {
        const INT: u8 = 5;
        const STRUCTURE: u8 = 12;
        const FALSE: u8 = 2;
        let int = |out: &mut Vec<u8>, number: i64| {
            out.push(1 << 4 | INT);
            varint(out, zigzag(number));
        };
        int(out, if is_dictionary { PageType::DICTIONARY_PAGE } else { PageType::DATA_PAGE } as i64);
        int(out, self.uncompressed as i64);
        int(out, self.bytes.len() as i64);
        // `data_page_header` is field 5, `dictionary_page_header` field 7; the one before is field 3.
        out.push(if is_dictionary { 4 } else { 2 } << 4 | STRUCTURE);
        int(out, self.values.into());
        int(out, self.encoding as i64);
        match is_dictionary {
            true => out.push(1 << 4 | FALSE),
            false => (0..2).for_each(|_| int(out, Encoding::RLE as i64)),
        }
        out.extend_from_slice(&[0, 0]);
    }
}

/// The least and the greatest of a column's texts.
#[derive(Debug, Default)]
pub struct TextRange {
    range: Option<(Vec<u8>, Vec<u8>)>,
    /// The first bytes of both.
    first: (u64, u64),
}

/// The first eight bytes as a number of the same order, zeros for those that are not there.
#[inline]
fn first_bytes(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => text.iter().enumerate().fold(0, |sum, (at, byte)| sum | u64::from(*byte) << (56 - 8 * at)),
    }
}

impl TextRange {
    /// Takes a value in.
    #[inline]
    pub fn add(&mut self, text: &[u8]) {
        // Most texts lie well within, which their first bytes tell.
        let first = first_bytes(text);
        if self.range.is_some() && first > self.first.0 && first < self.first.1 {
            return;
        }
        match &mut self.range {
            None => self.range = Some((text.to_vec(), text.to_vec())),
            Some((min, _)) if text < min.as_slice() => *min = text.to_vec(),
            Some((_, max)) if text > max.as_slice() => *max = text.to_vec(),
            Some(_) => return,
        }
        self.first = self.range.as_ref().map_or((0, 0), |(min, max)| (first_bytes(min), first_bytes(max)));
    }

    /// Statistics; bounds that are too long to keep are left out.
    pub fn statistics(&self, nulls: usize) -> Statistics {
        let bound = |text: &Vec<u8>| (text.len() <= STATISTIC_BYTES).then(|| ByteArray::from(utf8(text).into_owned()));
        let (min, max) = self.range.as_ref().map_or((None, None), |(min, max)| (bound(min), bound(max)));
        Statistics::byte_array(min, max, None, Some(nulls as u64), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_takes_in_every_text_whatever_its_first_bytes() {
        let texts = ["assets/a", "assets/z", "assets/", "b", "as", "assets/zz", "", "c", "assets/m"];
        for end in 1..=texts.len() {
            let mut range = TextRange::default();
            texts[..end].iter().for_each(|text| range.add(text.as_bytes()));
            let (min, max) = range.range.unwrap();
            assert_eq!(Some(min.as_slice()), texts[..end].iter().map(|text| text.as_bytes()).min());
            assert_eq!(Some(max.as_slice()), texts[..end].iter().map(|text| text.as_bytes()).max());
        }
    }
}
