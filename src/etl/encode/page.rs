//! Bodies of Parquet data pages (version 1): definition levels, run-length and bit-packed numbers, compression.
//! Source: the Apache Parquet format, "Data Pages", "RLE/Bit-Packing Hybrid" and "Definition levels".

use zstd_safe::{CCtx, CParameter, ParamSwitch, Strategy};

use crate::{Error, Result};

/// The most rows in a page of plain values.
pub const PAGE_ROWS: usize = 8192;

/// Which rows of a page are present. Costs nothing until the first absent one.
#[derive(Debug, Default)]
pub struct Validity {
    rows: usize,
    absent: usize,
    bits: Vec<u8>,
}

impl Validity {
    /// Adds a row.
    #[inline]
    pub fn push(&mut self, present: bool) {
        if !present {
            self.push_absent();
        } else if self.absent > 0 {
            self.set(self.rows);
        }
        self.rows += 1;
    }

    /// Adds `rows` present rows to a page that has no absent ones.
    pub fn push_all(&mut self, rows: usize) {
        debug_assert_eq!(self.absent, 0);
        self.rows += rows;
    }

    /// Adds `rows` absent rows to a page that has no present ones.
    pub fn push_none(&mut self, rows: usize) {
        debug_assert_eq!(self.absent, self.rows);
        self.rows += rows;
        self.absent += rows;
    }

    /// Adds `rows` rows, eight save at the end of a page, to a page that was filled in this way only.
    pub fn push_eight(&mut self, bits: u8, rows: usize) {
        self.bits.push(bits);
        self.rows += rows;
        self.absent += rows - bits.count_ones() as usize;
    }

    fn push_absent(&mut self) {
        if self.absent == 0 {
            self.bits.clear();
            self.bits.resize(self.rows / 8, 0xFF);
            (self.rows / 8 * 8..self.rows).for_each(|row| self.set(row));
        }
        self.absent += 1;
    }

    fn set(&mut self, row: usize) {
        let byte = row / 8;
        if self.bits.len() <= byte {
            self.bits.resize(byte + 1, 0);
        }
        self.bits[byte] |= 1 << (row % 8);
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Absent rows so far.
    pub fn absent(&self) -> usize {
        self.absent
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.rows = 0;
        self.absent = 0;
        self.bits.clear();
    }

    /// Appends the levels as a page has them: their length, then one run.
    pub fn write(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        if self.absent == 0 || self.absent == self.rows {
            varint(out, (self.rows as u64) << 1);
            out.push(u8::from(self.absent == 0));
        } else {
            let groups = self.rows.div_ceil(8);
            self.bits.resize(groups, 0);
            varint(out, (groups as u64) << 1 | 1);
            out.extend_from_slice(&self.bits);
        }
        let length = (out.len() - start - 4) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }
}

/// Appends a number, seven bits a byte, the lowest first.
pub fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends the dictionary number 0, `count` times. A width of 0 is allowed for it, but not every reader expects that.
pub fn write_repeated(out: &mut Vec<u8>, count: usize) {
    out.push(1);
    varint(out, (count as u64) << 1);
    out.push(0);
}

/// Appends dictionary numbers as a page has them: their width in bits, then one run of one value or one bit-packed run.
pub fn write_numbers<T>(out: &mut Vec<u8>, rows: &[T], distinct: usize, number: impl Fn(&T) -> u32) {
    if distinct <= 1 {
        return write_repeated(out, rows.len());
    }
    let width = (usize::BITS - (distinct - 1).leading_zeros()) as usize;
    out.push(width as u8);
    varint(out, (rows.len().div_ceil(8) as u64) << 1 | 1);
    pack(out, rows.iter().map(|row| u64::from(number(row))), rows.len().div_ceil(8) * width, width);
}

/// How many numbers share a least delta, and how many of them share a width ("Delta encoding" in the format).
const DELTA_BLOCK: usize = 128;
const DELTA_MINIBLOCK: usize = 32;

/// Appends the lengths of a page of texts, delta-encoded: a page of identifiers of one length takes next to nothing.
pub fn write_lengths(out: &mut Vec<u8>, lengths: &[u32]) {
    write_deltas(out, lengths, |length| i64::from(*length));
}

/// Appends numbers, delta-encoded. None may be further than 31 bits from another.
pub fn write_deltas<T>(out: &mut Vec<u8>, rows: &[T], number: impl Fn(&T) -> i64) {
    varint(out, DELTA_BLOCK as u64);
    varint(out, (DELTA_BLOCK / DELTA_MINIBLOCK) as u64);
    varint(out, rows.len() as u64);
    let mut previous = rows.first().map_or(0, &number);
    varint(out, zigzag(previous));
    let mut deltas = [0i64; DELTA_BLOCK];
    for block in rows.get(1..).unwrap_or_default().chunks(DELTA_BLOCK) {
        // A loop without a way out, so that the compiler can look at many at once.
        if block.iter().fold(true, |same, row| same & (number(row) == previous)) {
            varint(out, zigzag(0));
            out.extend_from_slice(&[0; DELTA_BLOCK / DELTA_MINIBLOCK]);
            continue;
        }
        for (delta, row) in deltas.iter_mut().zip(block) {
            let number = number(row);
            *delta = number - previous;
            previous = number;
        }
        write_delta_block(out, &mut deltas[..block.len()]);
    }
}

fn write_delta_block(out: &mut Vec<u8>, deltas: &mut [i64]) {
    let least = deltas.iter().copied().min().unwrap_or_default();
    varint(out, zigzag(least));
    deltas.iter_mut().for_each(|delta| *delta -= least);
    let widths = out.len();
    out.extend_from_slice(&[0; DELTA_BLOCK / DELTA_MINIBLOCK]);
    for (at, miniblock) in deltas.chunks(DELTA_MINIBLOCK).enumerate() {
        let most = miniblock.iter().copied().max().unwrap_or_default() as u64;
        let width = (u64::BITS - most.leading_zeros()) as usize;
        out[widths + at] = width as u8;
        let numbers = miniblock.iter().map(|delta| *delta as u64);
        pack(out, numbers, DELTA_MINIBLOCK * width / 8, width);
    }
}

/// Least significant bit first, padded with zeros to `bytes` bytes. Widths up to 32 bits: lengths and numbers of values
/// are bounded by what an encoder holds.
fn pack(out: &mut Vec<u8>, numbers: impl Iterator<Item = u64>, bytes: usize, width: usize) {
    let start = out.len();
    // Slack lets every word be stored with one wide write.
    out.resize(start + bytes + 8, 0);
    let (mut pending, mut bits, mut at) = (0u64, 0, start);
    for number in numbers {
        pending |= number << bits;
        bits += width;
        if bits >= 32 {
            out[at..at + 4].copy_from_slice(&(pending as u32).to_le_bytes());
            at += 4;
            pending >>= 32;
            bits -= 32;
        }
    }
    out[at..at + 4].copy_from_slice(&(pending as u32).to_le_bytes());
    out.truncate(start + bytes);
}

/// Near to zero for what is near to zero.
pub fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// What a column's bytes are like; decides how hard zstd looks for repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texture {
    /// Repetitions are worth finding.
    Text,
    /// Random identifiers: only their alphabet can be compressed.
    Random,
}

/// Pages up to this many bytes get a small hash table: ZSTD clears its table for each page, and by itself it would choose one
/// larger than the page.
const SHORT: usize = 16 << 10;

fn context(parameters: &[CParameter]) -> Result<CCtx<'static>> {
    let mut context = CCtx::try_create().ok_or_else(|| Error::failed("no memory for a ZSTD context"))?;
    for parameter in parameters {
        context.set_parameter(*parameter).map_err(zstd_error)?;
    }
    Ok(context)
}

/// ZSTD with one context for each texture, kept for the life of a worker.
pub struct Compressor {
    text: CCtx<'static>,
    short_text: CCtx<'static>,
    random: CCtx<'static>,
    scratch: Vec<u8>,
}

fn zstd_error(code: usize) -> Error {
    Error::failed("cannot compress a page").because(zstd_safe::get_error_name(code))
}

impl Compressor {
    /// Contexts of ZSTD level 1 (higher levels cost more than they save here, BENCHMARKS.md).
    pub fn new() -> Result<Self> {
        let level = CParameter::CompressionLevel(1);
        Ok(Self {
            // Looking at every second place and at 16,384 places back costs a fifth less than level 1 by itself, and
            // 1 % of the size of keys and request URIs.
            text: context(&[
                level,
                CParameter::Strategy(Strategy::ZSTD_fast),
                CParameter::HashLog(14),
                CParameter::TargetLength(2),
                CParameter::LiteralCompressionMode(ParamSwitch::Enable),
            ])?,
            short_text: context(&[
                level,
                CParameter::Strategy(Strategy::ZSTD_fast),
                CParameter::WindowLog(14),
                CParameter::HashLog(12),
                CParameter::MinMatch(6),
                CParameter::TargetLength(2),
                CParameter::LiteralCompressionMode(ParamSwitch::Enable),
            ])?,
            random: context(&[
                level,
                CParameter::Strategy(Strategy::ZSTD_fast),
                CParameter::WindowLog(17),
                CParameter::HashLog(8),
                CParameter::MinMatch(7),
                CParameter::TargetLength(4096),
                CParameter::LiteralCompressionMode(ParamSwitch::Enable),
            ])?,
            scratch: Vec::new(),
        })
    }

    /// One frame of `body`. Valid until the next call.
    pub fn compress(&mut self, body: &[u8], texture: Texture) -> Result<&[u8]> {
        let bound = zstd_safe::compress_bound(body.len());
        if self.scratch.len() < bound {
            self.scratch.resize(bound, 0);
        }
        let context = match texture {
            Texture::Text if body.len() <= SHORT => &mut self.short_text,
            Texture::Text => &mut self.text,
            Texture::Random => &mut self.random,
        };
        let length = context.compress2(self.scratch.as_mut_slice(), body).map_err(zstd_error)?;
        Ok(&self.scratch[..length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_one_run_unless_some_are_absent() {
        let mut validity = Validity::default();
        (0..300).for_each(|_| validity.push(true));
        let mut out = Vec::new();
        validity.write(&mut out);
        assert_eq!(out, [3, 0, 0, 0, 0xD8, 0x04, 1]);

        validity.clear();
        (0..10).for_each(|row| validity.push(row != 3 && row != 9));
        out.clear();
        validity.write(&mut out);
        assert_eq!(out, [3, 0, 0, 0, 0x05, 0b1111_0111, 0b01]);
    }

    #[test]
    fn numbers_are_packed_from_the_lowest_bit() {
        // The example of the format's own documentation: 0 to 7 in 3 bits.
        let mut out = Vec::new();
        write_numbers(&mut out, &[0, 1, 2, 3, 4, 5, 6, 7], 8, |number| *number);
        assert_eq!(out, [3, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
    }

    #[test]
    fn packed_numbers_come_back_for_every_width() {
        for width in 1..=20u32 {
            let distinct = 1usize << width;
            let numbers: Vec<u32> = (0..77u32).map(|n| n.wrapping_mul(2_654_435_761) >> (32 - width)).collect();
            let mut out = Vec::new();
            write_numbers(&mut out, &numbers, distinct, |number| *number);
            assert_eq!(u32::from(out[0]), width);
            let packed = &out[2..];
            for (row, number) in numbers.iter().enumerate() {
                let value = (0..width as usize).fold(0u32, |sum, bit| {
                    let place = row * width as usize + bit;
                    sum | u32::from(packed[place / 8] >> (place % 8) & 1) << bit
                });
                assert_eq!(value, *number, "width {width}, row {row}");
            }
        }
    }

    #[test]
    fn lengths_come_back_from_their_deltas() {
        for lengths in
            [vec![], vec![76], vec![76; 1000], (0..1000).map(|n: u32| n.wrapping_mul(40_503) % 900).collect()]
        {
            let mut out = Vec::new();
            write_lengths(&mut out, &lengths);
            assert_eq!(read_lengths(&out), lengths);
        }
    }

    /// As the format's documentation describes reading.
    fn read_lengths(bytes: &[u8]) -> Vec<u32> {
        let mut at = 0;
        let varint = |at: &mut usize| {
            let (mut value, mut shift) = (0u64, 0);
            loop {
                let byte = bytes[*at];
                *at += 1;
                value |= u64::from(byte & 0x7F) << shift;
                shift += 7;
                if byte < 0x80 {
                    return value;
                }
            }
        };
        let unzigzag = |value: u64| (value >> 1) as i64 ^ -((value & 1) as i64);
        let (block, miniblocks) = (varint(&mut at), varint(&mut at));
        let count = varint(&mut at) as usize;
        let mut last = unzigzag(varint(&mut at));
        let mut lengths = if count > 0 { vec![last as u32] } else { vec![] };
        while lengths.len() < count {
            let least = unzigzag(varint(&mut at));
            let widths = bytes[at..at + miniblocks as usize].to_vec();
            at += miniblocks as usize;
            for width in widths.into_iter().map(usize::from) {
                let values = (block / miniblocks) as usize;
                for value in 0..values.min(count - lengths.len()) {
                    let delta = (0..width).fold(0i64, |sum, bit| {
                        let place = value * width + bit;
                        sum | i64::from(bytes[at + place / 8] >> (place % 8) & 1) << bit
                    });
                    last += least + delta;
                    lengths.push(last as u32);
                }
                at += values * width / 8;
            }
        }
        assert_eq!(at, bytes.len());
        lengths
    }

    #[test]
    fn both_textures_decompress() {
        let long: Vec<u8> = (0..100_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let mut compressor = Compressor::new().unwrap();
        for body in [&long[..], &long[..SHORT], &long[..1], &[]] {
            for texture in [Texture::Text, Texture::Random] {
                let frame = compressor.compress(body, texture).unwrap().to_vec();
                assert_eq!(zstd::decode_all(frame.as_slice()).unwrap(), body);
            }
        }
    }
}
