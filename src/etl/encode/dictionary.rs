//! Column chunks of values that repeat: a dictionary and packed numbers, or plain values where too few repeat.

use parquet::basic::Encoding;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{Chunk, ChunkBuilder, TextRange};
use super::intern::{DenseRenumbering, NULL, Renumbering, utf8};
use super::page::{Compressor, PAGE_ROWS, Texture, Validity, write_deltas, write_numbers, write_repeated};
use crate::Result;

/// The key of an absent value.
pub const ABSENT: i64 = i64::MIN;

/// The most rows in a page of dictionary numbers.
const NUMBER_PAGE_ROWS: usize = 65_536;

/// A dictionary pays if a value stands in at least this many rows on average …
const ROWS_A_VALUE: usize = 2;
/// … and always if it is as small as this.
const SMALL_DICTIONARY: usize = 64;

/// The numbers of more values than this, packed into bits, hold hardly any repetitions that are worth looking for.
const REPETITIVE: usize = 64;

/// How the keys of a column become Parquet values.
#[derive(Clone, Copy)]
pub enum Values<'a> {
    /// A key is the number of a text. The flag: whether the least and the greatest are kept.
    Text(&'a dyn Fn(i64) -> &'a [u8], bool),
    /// A key is the value.
    Int32,
    /// A key is the value.
    Int64,
}

impl Values<'_> {
    fn write(&self, key: i64, out: &mut Vec<u8>) {
        match self {
            Self::Text(text, _) => {
                let text = utf8(text(key));
                out.extend_from_slice(&(text.len() as u32).to_le_bytes());
                out.extend_from_slice(&text);
            }
            Self::Int32 => out.extend_from_slice(&(key as i32).to_le_bytes()),
            Self::Int64 => out.extend_from_slice(&key.to_le_bytes()),
        }
    }

    fn statistics(&self, keys: &[i64], nulls: usize) -> Statistics {
        let present = || keys.iter().copied().filter(|key| *key != ABSENT);
        let (min, max) = (present().min(), present().max());
        let nulls64 = Some(nulls as u64);
        match self {
            Self::Text(text, with_range) => {
                let mut range = TextRange::default();
                present().filter(|_| *with_range).for_each(|key| range.add(text(key)));
                range.statistics(nulls)
            }
            Self::Int32 => {
                let int = |key: Option<i64>| key.map(|key| key as i32);
                Statistics::int32(int(min), int(max), None, nulls64, false)
            }
            Self::Int64 => Statistics::int64(min, max, None, nulls64, false),
        }
    }
}

/// Buffers that all chunks of a worker share.
#[derive(Debug, Default)]
pub struct Scratch {
    /// For each row the number of its group: of one of the distinct values of a column or of columns that go together.
    rows: Vec<u32>,
    wide_groups: Renumbering,
    groups: DenseRenumbering,
    keys: Renumbering,
    /// The values of the chunk that is encoded, and for each group the number of its value.
    distinct: Vec<i64>,
    map: Vec<u32>,
    numbers: Vec<u32>,
    /// Absent values of the chunk that was encoded last.
    nulls: usize,
    validity: Validity,
    body: Vec<u8>,
}

impl Scratch {
    /// Groups the rows by a number and returns the distinct ones, by group.
    pub fn group_by_number<T>(&mut self, rows: &[T], number: impl Fn(&T) -> i64) -> Vec<i64> {
        self.wide_groups.reset();
        self.rows.clear();
        let groups = &mut self.wide_groups;
        self.rows.extend(rows.iter().map(|row| groups.number(number(row))));
        groups.values().to_vec()
    }

    /// Groups the rows by the number that an interner gave and returns the distinct ones, by group.
    pub fn group_by_text<T>(&mut self, rows: &[T], number: impl Fn(&T) -> u32) -> Vec<u32> {
        self.groups.reset();
        self.rows.clear();
        let groups = &mut self.groups;
        self.rows.extend(rows.iter().map(|row| groups.number(number(row))));
        groups.values().to_vec()
    }

    /// The chunk of a column of numbers that are never absent and near to their neighbours, as times and lines are. None
    /// where two of them are too far apart.
    pub fn near_numbers<T>(
        &mut self,
        column: ColumnDescPtr,
        rows: &[T],
        number: impl Fn(&T) -> i64,
        zstd: &mut Compressor,
    ) -> Result<Option<Chunk>> {
        let least = rows.iter().map(&number).min().unwrap_or_default();
        let most = rows.iter().map(&number).max().unwrap_or_default();
        if most.saturating_sub(least) > i64::from(i32::MAX) {
            return Ok(None);
        }
        let mut builder = ChunkBuilder::new(0);
        for rows in rows.chunks(NUMBER_PAGE_ROWS) {
            self.validity.clear();
            self.validity.push_all(rows.len());
            self.body.clear();
            self.validity.write(&mut self.body);
            write_deltas(&mut self.body, rows, &number);
            builder.page(&self.body, rows.len(), Encoding::DELTA_BINARY_PACKED, Texture::Text, zstd)?;
        }
        let statistics = Statistics::int64(Some(least), Some(most), None, Some(0), false);
        builder.finish(column, rows.len(), statistics).map(Some)
    }

    /// The chunk of a column whose groups are its values: `keys[g]`, each another one, is that of group `g`, or [`ABSENT`].
    pub fn chunk(
        &mut self,
        column: ColumnDescPtr,
        keys: &[i64],
        values: Values<'_>,
        zstd: &mut Compressor,
    ) -> Result<Chunk> {
        self.map.clear();
        self.distinct.clear();
        for key in keys {
            self.map.push(if *key == ABSENT { u32::MAX } else { self.distinct.len() as u32 });
            if *key != ABSENT {
                self.distinct.push(*key);
            }
        }
        self.chunk_of_distinct(column, keys, values, zstd)
    }

    /// The chunk of a column of which every group has one value: `keys[g]` is that of group `g`, or [`ABSENT`].
    pub fn chunk_of_groups(
        &mut self,
        column: ColumnDescPtr,
        keys: &[i64],
        values: Values<'_>,
        zstd: &mut Compressor,
    ) -> Result<Chunk> {
        self.keys.reset();
        self.map.clear();
        for key in keys {
            self.map.push(if *key == ABSENT { u32::MAX } else { self.keys.number(*key) });
        }
        self.distinct.clear();
        self.distinct.extend_from_slice(self.keys.values());
        self.chunk_of_distinct(column, keys, values, zstd)
    }

    fn chunk_of_distinct(
        &mut self,
        column: ColumnDescPtr,
        keys: &[i64],
        values: Values<'_>,
        zstd: &mut Compressor,
    ) -> Result<Chunk> {
        let distinct = self.distinct.len();
        let with_nulls = keys.contains(&ABSENT);
        let builder = match distinct > 0 && (distinct <= SMALL_DICTIONARY || self.repeat(keys, with_nulls)) {
            true => self.with_dictionary(keys.len(), with_nulls, values, zstd)?,
            false => self.plain(keys, values, zstd)?,
        };
        let statistics = values.statistics(&self.distinct, self.nulls);
        builder.finish(column, self.rows.len(), statistics)
    }

    /// Whether enough values stand in several rows for a dictionary to pay.
    fn repeat(&self, keys: &[i64], with_nulls: bool) -> bool {
        let present = match with_nulls {
            true => self.rows.iter().filter(|group| keys[**group as usize] != ABSENT).count(),
            false => self.rows.len(),
        };
        self.distinct.len() * ROWS_A_VALUE <= present
    }

    fn with_dictionary(
        &mut self,
        groups: usize,
        with_nulls: bool,
        values: Values<'_>,
        zstd: &mut Compressor,
    ) -> Result<ChunkBuilder> {
        let distinct = self.distinct.len();
        self.body.clear();
        for key in &self.distinct {
            values.write(*key, &mut self.body);
        }
        let bits = (usize::BITS - distinct.leading_zeros()) as usize;
        let numbers = if distinct > 1 || with_nulls { self.rows.len() * bits / 8 } else { 0 };
        let mut builder = ChunkBuilder::new(self.body.len() + numbers);
        builder.dictionary(&self.body, distinct, zstd)?;
        self.nulls = 0;
        for rows in self.rows.chunks(NUMBER_PAGE_ROWS) {
            self.validity.clear();
            self.body.clear();
            if with_nulls {
                number_present(rows, &self.map, &mut self.numbers, &mut self.validity);
            } else {
                self.validity.push_all(rows.len());
            }
            self.nulls += self.validity.absent();
            let present = rows.len() - self.validity.absent();
            self.validity.write(&mut self.body);
            if distinct == 1 {
                write_repeated(&mut self.body, present);
            } else if with_nulls {
                write_numbers(&mut self.body, &self.numbers, distinct, |number| *number);
            } else if distinct == groups {
                // Each group is a value, so its number is that of the value.
                write_numbers(&mut self.body, rows, distinct, |group| *group);
            } else {
                write_numbers(&mut self.body, rows, distinct, |group| self.map[*group as usize]);
            }
            let texture = if distinct > REPETITIVE { Texture::Random } else { Texture::Text };
            builder.page(&self.body, rows.len(), Encoding::RLE_DICTIONARY, texture, zstd)?;
        }
        Ok(builder)
    }

    fn plain(&mut self, keys: &[i64], values: Values<'_>, zstd: &mut Compressor) -> Result<ChunkBuilder> {
        let mut builder = ChunkBuilder::new(self.rows.len() * 8);
        self.nulls = 0;
        for rows in self.rows.chunks(PAGE_ROWS) {
            self.validity.clear();
            self.body.clear();
            match self.distinct.is_empty() {
                true => self.validity.push_none(rows.len()),
                false => rows.iter().for_each(|group| self.validity.push(keys[*group as usize] != ABSENT)),
            }
            self.nulls += self.validity.absent();
            self.validity.write(&mut self.body);
            if !self.distinct.is_empty() {
                for key in rows.iter().map(|group| keys[*group as usize]).filter(|key| *key != ABSENT) {
                    values.write(key, &mut self.body);
                }
            }
            builder.page(&self.body, rows.len(), Encoding::PLAIN, Texture::Text, zstd)?;
        }
        Ok(builder)
    }
}

/// The dictionary numbers of the rows that have one, and which those are. `map` has `u32::MAX` for groups without.
fn number_present(rows: &[u32], map: &[u32], numbers: &mut Vec<u32>, validity: &mut Validity) {
    numbers.clear();
    numbers.resize(rows.len(), 0);
    let mut present = 0;
    // Without branches: whether a value is there is hard to foretell.
    for eight in rows.chunks(8) {
        let mut bits = 0u8;
        for (at, group) in eight.iter().enumerate() {
            let number = map[*group as usize];
            let is_present = number != u32::MAX;
            bits |= u8::from(is_present) << at;
            numbers[present] = number;
            present += usize::from(is_present);
        }
        validity.push_eight(bits, eight.len());
    }
    numbers.truncate(present);
}

/// The key of a text's number.
pub fn text_key(number: u32) -> i64 {
    if number == NULL { ABSENT } else { number.into() }
}
