//! Records to Parquet files.
//!
//! The general writers hash and compare every value; a log does not deserve that. What repeats is interned once, while
//! the line is in the cache, and groups of fields that repeat together (owner and bucket; the eight fields at the end)
//! are interned as one text and only taken apart when they are new. What never repeats is laid down in the form of a
//! Parquet page at once and compressed when the page is full. The pages go into the file through parquet's
//! `append_column`. What that saves is in BENCHMARKS.md.
//!
//! The same records in the same order give the same bytes: nothing here depends on time, memory or a hash's seed.

mod access;
mod chunk;
mod dictionary;
mod file;
mod intern;
mod page;
mod stage;
mod trail;

use std::cell::RefCell;
use std::collections::HashMap;

use crate::Result;
use crate::logs::access::{Record, TAIL_FIELDS, present, tail};
use crate::logs::key;
use crate::logs::table::Table;
use crate::logs::time::HOUR_MS;

use access::LAYOUT;
pub use file::EncodedFile;
use file::FileWriter;
use intern::{Interner, NULL, utf8};
use page::Compressor;
use stage::{Partition, Row, Spares};
pub use trail::TrailEncoder;

/// Everything held is written out when it comes from this much text …
const HELD_TEXT: usize = 128 << 20;
/// … or is this many records …
const HELD_RECORDS: usize = 256 << 10;
/// … or belongs to this many hours …
const HELD_PARTITIONS: usize = 1024;
/// … or has this many bytes of distinct values.
const HELD_VALUES: usize = 48 << 20;

thread_local! {
    /// A thread encodes one shard after the other.
    static SPARES: RefCell<Spares<Row, PLAIN_COLUMNS>> = const { RefCell::new(Spares::new()) };
}

/// How many columns are plain.
const PLAIN_COLUMNS: usize = 5;

/// What all records of a log object share.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "named after the columns")]
pub struct ObjectColumns<'a> {
    pub log_object: &'a str,
    pub source_id: &'a str,
    pub account_id: Option<&'a str>,
    pub bucket_region: Option<&'a str>,
}

/// The distinct values of everything held.
#[derive(Default)]
struct Dictionaries {
    /// Values of the groups below.
    parts: Interner,
    heads: Interner,
    head_parts: Vec<[u32; 2]>,
    tails: Interner,
    tail_parts: Vec<[u32; TAIL_FIELDS + 1]>,
    object_parts: Vec<[u32; 4]>,
    remoteip: Interner,
    requester: Interner,
    operation: Interner,
    errorcode: Interner,
    referrer: Interner,
    useragent: Interner,
    key_logged: Interner,
}

fn optional(interner: &mut Interner, text: &[u8]) -> u32 {
    present(text).map_or(NULL, |text| interner.number(text).0)
}

impl Dictionaries {
    fn head(&mut self, record: &Record<'_>) -> u32 {
        let (number, new) = self.heads.number(record.head);
        if new {
            let parts = [record.bucketowner, record.bucket_name].map(|part| optional(&mut self.parts, part));
            self.head_parts.push(parts);
        }
        number - 1
    }

    fn tail(&mut self, text: &[u8]) -> u32 {
        let (number, new) = self.tails.number(text);
        if new {
            let (fields, extra) = tail(text);
            let mut parts = [NULL; TAIL_FIELDS + 1];
            for (part, field) in parts.iter_mut().zip(fields) {
                *part = optional(&mut self.parts, field);
            }
            parts[TAIL_FIELDS] = extra.map_or(NULL, |extra| self.parts.number(extra).0);
            self.tail_parts.push(parts);
        }
        number - 1
    }

    fn object(&mut self, object: &ObjectColumns<'_>) -> u32 {
        let texts = [Some(object.log_object), Some(object.source_id), object.account_id, object.bucket_region];
        let parts = texts.map(|text| text.map_or(NULL, |text| self.parts.number(text.as_bytes()).0));
        self.object_parts.push(parts);
        self.object_parts.len() as u32 - 1
    }

    fn interners(&mut self) -> [&mut Interner; 10] {
        [
            &mut self.parts,
            &mut self.heads,
            &mut self.tails,
            &mut self.remoteip,
            &mut self.requester,
            &mut self.operation,
            &mut self.errorcode,
            &mut self.referrer,
            &mut self.useragent,
            &mut self.key_logged,
        ]
    }

    fn size(&mut self) -> usize {
        self.interners().iter().map(|interner| interner.size()).sum()
    }

    fn clear(&mut self) {
        self.interners().into_iter().for_each(Interner::clear);
        self.head_parts.clear();
        self.tail_parts.clear();
        self.object_parts.clear();
    }
}

/// Takes the records of a shard in order and gives Parquet files, one an hour each time it is emptied.
pub struct Encoder {
    dictionaries: Dictionaries,
    partitions: Vec<Partition<Row, PLAIN_COLUMNS>>,
    hours: Hours,
    object: u32,
    held_text: usize,
    held_records: usize,
    body: Vec<u8>,
    zstd: Compressor,
    files: FileWriter,
}

impl Encoder {
    /// An encoder that holds nothing.
    pub fn new() -> Result<Self> {
        Ok(Self {
            dictionaries: Dictionaries::default(),
            partitions: Vec::new(),
            hours: Hours::default(),
            object: 0,
            held_text: 0,
            held_records: 0,
            body: Vec::new(),
            zstd: Compressor::new()?,
            files: FileWriter::new(Table::AccessLogs)?,
        })
    }

    /// The records that follow come from this object.
    pub fn begin_object(&mut self, object: &ObjectColumns<'_>) {
        self.object = self.dictionaries.object(object);
    }

    /// Adds a record that stands in line `log_line` (from 1) of the current object and is `length` bytes long.
    #[inline]
    pub fn push(&mut self, record: &Record<'_>, log_line: u64, length: usize) -> Result<()> {
        let number = |value: Option<i64>| value.unwrap_or(dictionary::ABSENT);
        let known = &mut self.dictionaries;
        let decoded = present(record.key).map(|logged| key::decode(record.operation, logged));
        let key_logged = match &decoded {
            Some(decoded) if decoded.logged_kept => known.key_logged.number(record.key).0,
            _ => NULL,
        };
        let row = Row {
            requestdatetime: record.requestdatetime,
            bytessent: number(record.bytessent),
            objectsize: number(record.objectsize),
            totaltime: number(record.totaltime),
            turnaroundtime: number(record.turnaroundtime),
            log_line: log_line as i64,
            httpstatus: record.httpstatus.unwrap_or(-1),
            head: known.head(record),
            remoteip: optional(&mut known.remoteip, record.remoteip),
            requester: optional(&mut known.requester, record.requester),
            operation: optional(&mut known.operation, record.operation),
            errorcode: optional(&mut known.errorcode, record.errorcode),
            referrer: optional(&mut known.referrer, record.referrer),
            useragent: optional(&mut known.useragent, record.useragent),
            tail: known.tail(record.tail),
            key_logged,
            object: self.object,
        };
        let key = decoded.as_ref().map(|decoded| decoded.key.as_ref());
        let plain = [record.requestid, record.request_uri, record.versionid, record.hostid].map(present);
        let valid;
        let [requestid, request_uri, versionid, hostid] = match record.is_ascii {
            true => plain,
            false => {
                valid = plain.map(|text| text.map(utf8));
                valid.each_ref().map(Option::as_deref)
            }
        };
        let texts = [requestid, key, request_uri, versionid, hostid];
        let fresh = |hour| SPARES.with_borrow_mut(|spares| spares.take(hour, &LAYOUT));
        let partition = partition_at(&mut self.partitions, &mut self.hours, record.requestdatetime, fresh);
        partition.push(row, texts, &mut self.body, &mut self.zstd)?;
        self.held_text += length;
        self.held_records += 1;
        Ok(())
    }

    /// Whether it is time to empty the encoder. Depends on the records alone, so it must be asked after each.
    #[inline]
    pub fn is_full(&mut self) -> bool {
        self.held_text >= HELD_TEXT
            || self.held_records >= HELD_RECORDS
            || self.partitions.len() >= HELD_PARTITIONS
            || (self.held_records.is_multiple_of(1024) && self.dictionaries.size() >= HELD_VALUES)
    }

    /// Gives everything held as files, by hour, and forgets it. A next record needs [`Encoder::begin_object`] first.
    pub fn empty(&mut self, sink: &mut dyn FnMut(EncodedFile) -> Result<()>) -> Result<()> {
        let mut partitions = std::mem::take(&mut self.partitions);
        partitions.sort_by_key(|partition| partition.hour);
        for mut partition in partitions {
            sink(self.files.encode(&mut partition, &self.dictionaries, &mut self.body, &mut self.zstd)?)?;
            SPARES.with_borrow_mut(|spares| spares.give(partition));
        }
        self.dictionaries.clear();
        self.hours = Hours::default();
        self.held_text = 0;
        self.held_records = 0;
        Ok(())
    }
}

/// How many hours are found without a search. A log object has the records of several, in no order.
const RECENT: usize = 16;

/// Where the partition of an hour is.
#[derive(Default)]
struct Hours {
    all: HashMap<i64, usize>,
    /// The one that was asked for last, of the hours that differ by a multiple of [`RECENT`].
    recent: [usize; RECENT],
}

#[inline]
fn partition_at<'a, R, const P: usize>(
    partitions: &'a mut Vec<Partition<R, P>>,
    hours: &mut Hours,
    time_ms: i64,
    fresh: impl FnOnce(i64) -> Partition<R, P>,
) -> &'a mut Partition<R, P> {
    let hour = time_ms.div_euclid(HOUR_MS);
    let recent = &mut hours.recent[hour as usize % RECENT];
    if partitions.get(*recent).is_none_or(|partition| partition.hour != hour) {
        *recent = *hours.all.entry(hour).or_insert_with(|| {
            partitions.push(fresh(hour));
            partitions.len() - 1
        });
    }
    &mut partitions[*recent]
}
