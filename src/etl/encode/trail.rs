//! Events of CloudTrail to Parquet files, in the way of access logs.
//!
//! `userIdentity` and `tlsDetails` repeat as a whole: they are interned as they stand, and taken apart once.

use std::borrow::Cow;
use std::cell::RefCell;

use parquet::schema::types::ColumnDescPtr;

use super::chunk::Chunk;
use super::dictionary::{ABSENT, Values};
use super::file::{EncodedFile, FileWriter};
use super::intern::{Interner, NULL, utf8};
use super::page::{Compressor, Texture};
use super::stage::{Layout, Partition, Spares};
use super::{HELD_PARTITIONS, HELD_RECORDS, HELD_TEXT, HELD_VALUES, Hours, partition_at};
use crate::Result;
use crate::logs::table::Table;
use crate::logs::time::{HOUR_MS, partition_of};
use crate::logs::trail::record::{Additional, IDENTITY_COLUMNS, Member, Record, Request, access_point, identity, tls};

const PLAIN_COLUMNS: usize = 12;

/// The plain columns, in the order of [`LAYOUT`].
const PLAIN: [&str; PLAIN_COLUMNS] = [
    "requestid",
    "eventid",
    "sharedeventid",
    "versionid",
    "hostid",
    "key",
    "copy_source",
    "requestparameters",
    "responseelements",
    "additionaleventdata",
    "resources",
    "serviceeventdetails",
];

const LAYOUT: Layout<PLAIN_COLUMNS> = [
    (Texture::Random, false),
    (Texture::Random, false),
    (Texture::Random, false),
    (Texture::Random, false),
    (Texture::Random, false),
    (Texture::Text, true),
    (Texture::Text, false),
    (Texture::Text, false),
    (Texture::Text, false),
    (Texture::Text, false),
    (Texture::Text, false),
    (Texture::Text, false),
];

/// The columns that are a member as text and repeat, one interner each.
const MEMBERS: [(&str, Member); 16] = [
    ("eventname", Member::EventName),
    ("eventsource", Member::EventSource),
    ("eventtype", Member::EventType),
    ("eventcategory", Member::EventCategory),
    ("eventversion", Member::EventVersion),
    ("awsregion", Member::AwsRegion),
    ("sourceipaddress", Member::SourceIpAddress),
    ("useragent", Member::UserAgent),
    ("errorcode", Member::ErrorCode),
    ("errormessage", Member::ErrorMessage),
    ("readonly", Member::ReadOnly),
    ("managementevent", Member::ManagementEvent),
    ("recipientaccountid", Member::RecipientAccountId),
    ("vpcendpointid", Member::VpcEndpointId),
    ("vpcendpointaccountid", Member::VpcEndpointAccountId),
    ("bucket_name", Member::RequestParameters),
];

/// Where `bucket_name`, which is no member, stands among them.
const BUCKET: usize = MEMBERS.len() - 1;

/// Columns that repeat and are few: they share an interner.
const FEW: [&str; 6] = ["sigv", "authtype", "ciphersuite", "aclrequired", "accesspointarn", "extra"];

/// Where `ciphersuite` stands among them.
const CIPHER: usize = 2;

const IDENTITY: [&str; IDENTITY_COLUMNS + 1] = [
    "useridentity_type",
    "useridentity_principalid",
    "useridentity_arn",
    "useridentity_accountid",
    "useridentity_username",
    "useridentity_invokedby",
    "useridentity_accesskeyid",
    "session_mfa",
    "session_issuer_type",
    "session_issuer_principalid",
    "session_issuer_arn",
    "session_issuer_accountid",
    "session_issuer_username",
    "useridentity",
];

const TLS: [&str; 3] = ["tlsversion", "endpoint", "tlsdetails"];

const OBJECT: [&str; 2] = ["log_object", "source_id"];

/// What repeats from event to event, as numbers of an interner (0 is absent), and the numbers themselves.
#[derive(Debug, Clone, Copy)]
struct Row {
    eventtime: i64,
    bytesin: i64,
    bytesout: i64,
    log_line: i64,
    members: [u32; MEMBERS.len()],
    few: [u32; FEW.len()],
    identity: u32,
    tls: u32,
    object: u32,
}

thread_local! {
    /// A thread encodes one shard after the other.
    static SPARES: RefCell<Spares<Row, PLAIN_COLUMNS>> = const { RefCell::new(Spares::new()) };
}

/// Texts that repeat as a whole, and the values of the columns that each stands for, the last of which is the text itself.
struct Group<const N: usize> {
    wholes: Interner,
    parts: Vec<[u32; N]>,
}

impl<const N: usize> Default for Group<N> {
    fn default() -> Self {
        Self { wholes: Interner::default(), parts: Vec::new() }
    }
}

impl<const N: usize> Group<N> {
    /// The number of a text. The group of those that have none is the first.
    #[inline]
    fn number<'a, const M: usize>(
        &mut self,
        text: Option<&'a [u8]>,
        values: &mut Interner,
        split: impl FnOnce(&'a [u8]) -> [Option<Cow<'a, [u8]>>; M],
    ) -> u32 {
        if self.parts.is_empty() {
            self.parts.push([NULL; N]);
        }
        let Some(text) = text else { return 0 };
        let (number, is_new) = self.wholes.number(text);
        if is_new {
            let mut parts = [NULL; N];
            for (part, value) in parts.iter_mut().zip(split(text)) {
                *part = value.map_or(NULL, |value| values.number(&value).0);
            }
            parts[N - 1] = values.number(text).0;
            self.parts.push(parts);
        }
        number
    }

    fn clear(&mut self) {
        self.wholes.clear();
        self.parts.clear();
    }

    fn size(&self) -> usize {
        self.wholes.size() + self.parts.len() * size_of::<[u32; N]>()
    }
}

/// The distinct values of everything held.
#[derive(Default)]
struct Dictionaries {
    /// Values of the groups, and of the columns of few values.
    parts: Interner,
    members: [Interner; MEMBERS.len()],
    identity: Group<{ IDENTITY.len() }>,
    /// TLS version, host, cipher suite, and all of it.
    tls: Group<4>,
    object_parts: Vec<[u32; OBJECT.len()]>,
}

impl Dictionaries {
    fn members(&mut self, record: &Record<'_>, bucket: Option<&[u8]>) -> [u32; MEMBERS.len()] {
        let mut numbers = [NULL; MEMBERS.len()];
        let all = numbers.iter_mut().zip(&mut self.members).zip(MEMBERS);
        for ((number, interner), (_, member)) in all.take(BUCKET) {
            *number = record.text(member).map_or(NULL, |text| interner.number(&text).0);
        }
        numbers[BUCKET] = bucket.map_or(NULL, |bucket| self.members[BUCKET].number(bucket).0);
        numbers
    }

    fn few(&mut self, texts: [Option<&[u8]>; FEW.len()]) -> [u32; FEW.len()] {
        texts.map(|text| text.map_or(NULL, |text| self.parts.number(text).0))
    }

    fn size(&self) -> usize {
        let members: usize = self.members.iter().map(Interner::size).sum();
        members + self.parts.size() + self.identity.size() + self.tls.size()
    }

    fn clear(&mut self) {
        self.parts.clear();
        self.members.iter_mut().for_each(Interner::clear);
        self.identity.clear();
        self.tls.clear();
        self.object_parts.clear();
    }
}

/// Takes the events of a shard in order and gives Parquet files, one an hour each time it is emptied.
pub struct TrailEncoder {
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

impl TrailEncoder {
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
            files: FileWriter::new(Table::CloudTrail)?,
        })
    }

    /// The events that follow come from this object.
    pub fn begin_object(&mut self, log_object: &str, source_id: &str) {
        let known = &mut self.dictionaries;
        let parts = [log_object, source_id].map(|text| known.parts.number(text.as_bytes()).0);
        known.object_parts.push(parts);
        self.object = known.object_parts.len() as u32 - 1;
    }

    /// Adds an event, which is the record `log_line` (from 1) of the current object and `length` bytes long.
    pub fn push(&mut self, record: &Record<'_>, log_line: u64, length: usize) -> Result<()> {
        let request = Request::of(record);
        let additional = Additional::of(record);
        let known = &mut self.dictionaries;
        let tls_group = known.tls.number(record.json(Member::TlsDetails), &mut known.parts, |raw| {
            let [version, cipher, endpoint] = tls(raw);
            [version, endpoint, cipher]
        });
        let access_point = access_point(record.json(Member::Resources));
        let extra = record.extra();
        let number = |value: Option<i64>| value.unwrap_or(ABSENT);
        let mut few = known.few([
            additional.sigv.as_deref(),
            additional.authtype.as_deref(),
            additional.ciphersuite.as_deref(),
            additional.aclrequired.as_deref(),
            access_point.as_deref(),
            extra.as_deref(),
        ]);
        let own_cipher = known.tls.parts[tls_group as usize][2];
        if own_cipher != NULL {
            few[CIPHER] = own_cipher;
        }
        let row = Row {
            eventtime: record.eventtime,
            bytesin: number(additional.bytesin),
            bytesout: number(additional.bytesout),
            log_line: log_line as i64,
            members: known.members(record, request.bucket_name.as_deref()),
            few,
            identity: known.identity.number(record.json(Member::UserIdentity), &mut known.parts, identity),
            tls: tls_group,
            object: self.object,
        };
        let own = [Member::RequestId, Member::EventId, Member::SharedEventId].map(|member| record.text(member));
        let [requestid, eventid, sharedeventid] = own.each_ref().map(Option::as_deref);
        let texts: [Option<&[u8]>; PLAIN_COLUMNS] = [
            requestid,
            eventid,
            sharedeventid,
            request.versionid.as_deref(),
            additional.hostid.as_deref(),
            request.key.as_deref(),
            request.copy_source.as_deref(),
            record.json(Member::RequestParameters),
            record.json(Member::ResponseElements),
            record.json(Member::AdditionalEventData),
            record.json(Member::Resources),
            record.json(Member::ServiceEventDetails),
        ];
        let fresh = |hour| SPARES.with_borrow_mut(|spares| spares.take(hour, &LAYOUT));
        let partition = partition_at(&mut self.partitions, &mut self.hours, record.eventtime, fresh);
        match record.is_utf8 {
            true => partition.push(row, texts, &mut self.body, &mut self.zstd)?,
            false => {
                let valid = texts.map(|text| text.map(utf8));
                partition.push(row, valid.each_ref().map(Option::as_deref), &mut self.body, &mut self.zstd)?;
            }
        }
        self.held_text += length;
        self.held_records += 1;
        Ok(())
    }

    /// Whether it is time to empty the encoder. Depends on the events alone, so it must be asked after each.
    #[inline]
    pub fn is_full(&mut self) -> bool {
        self.held_text >= HELD_TEXT
            || self.held_records >= HELD_RECORDS
            || self.partitions.len() >= HELD_PARTITIONS
            || (self.held_records.is_multiple_of(1024) && self.dictionaries.size() >= HELD_VALUES)
    }

    /// Gives everything held as files, by hour, and forgets it. A next event needs [`TrailEncoder::begin_object`] first.
    pub fn empty(&mut self, sink: &mut dyn FnMut(EncodedFile) -> Result<()>) -> Result<()> {
        let mut partitions = std::mem::take(&mut self.partitions);
        partitions.sort_by_key(|partition| partition.hour);
        for mut partition in partitions {
            sink(self.files.encode_trail(&mut partition, &self.dictionaries, &mut self.body, &mut self.zstd)?)?;
            SPARES.with_borrow_mut(|spares| spares.give(partition));
        }
        self.dictionaries.clear();
        self.hours = Hours::default();
        self.held_text = 0;
        self.held_records = 0;
        Ok(())
    }
}

impl FileWriter {
    /// The file of a partition whose rows refer to `known`.
    fn encode_trail(
        &mut self,
        partition: &mut Partition<Row, PLAIN_COLUMNS>,
        known: &Dictionaries,
        body: &mut Vec<u8>,
        zstd: &mut Compressor,
    ) -> Result<EncodedFile> {
        let (date, hour) = partition_of(partition.hour.saturating_mul(HOUR_MS));
        let plain = PLAIN.map(|name| self.column(name));
        let plain_chunks = partition.finish(plain.clone(), body, zstd)?;
        let rows = partition.rows.as_slice();
        let mut chunks: Vec<(ColumnDescPtr, Chunk)> = plain.into_iter().zip(plain_chunks).collect();
        let out = &mut chunks;
        self.near_numbers("eventtime", rows, |row| row.eventtime, zstd, out)?;
        self.number("bytesin", rows, |row| row.bytesin, Values::Int64, zstd, out)?;
        self.number("bytesout", rows, |row| row.bytesout, Values::Int64, zstd, out)?;
        self.near_numbers("log_line", rows, |row| row.log_line, zstd, out)?;
        for (at, ((name, _), interner)) in MEMBERS.iter().zip(&known.members).enumerate() {
            self.text(name, rows, |row| row.members[at], interner, zstd, out)?;
        }
        for (at, name) in FEW.iter().enumerate() {
            self.text(name, rows, |row| row.few[at], &known.parts, zstd, out)?;
        }
        self.group(rows, |row| row.identity, &IDENTITY, &known.identity.parts, &known.parts, zstd, out)?;
        let tls: Vec<_> =
            known.tls.parts.iter().map(|[version, endpoint, _, all]| [*version, *endpoint, *all]).collect();
        self.group(rows, |row| row.tls, &TLS, &tls, &known.parts, zstd, out)?;
        self.group(rows, |row| row.object, &OBJECT, &known.object_parts, &known.parts, zstd, out)?;
        let bytes = self.assemble(chunks)?;
        Ok(EncodedFile { date, hour, rows: rows.len() as u64, bytes, table: Table::CloudTrail })
    }
}
