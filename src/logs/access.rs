//! One line of a server access log: bytes to fields, or the reason why not.
//!
//! The format has no escaping: requesters hold spaces, quoted fields hold quotes, and fields are added at the end over
//! the years. So the line is read from three anchors, never by a fixed pattern (field list: the S3 user guide, "Amazon
//! S3 server access log format"; the quirks: real lines):
//! 1. from the left to the key, where the requester ends before a request id and an `UPPER.DOTTED` operation;
//! 2. the run `status error bytes size total turnaround`, whose first occurrence after a quote ends the request URI (a
//!    URI cannot hold the run's spaces, while the headers after it can, so the first is the true one);
//! 3. what follows the last quote: none of the fields from the version id on can hold a quote or a space.
//!
//! A line without any surprise takes a short way through the same anchors; a test holds the two ways equal.

mod anchors;
mod cursor;
mod plain;
mod run;
mod separators;
#[cfg(test)]
mod tests;

use std::fmt;

use memchr::memchr;

use anchors::{host_id, key_to_run, referrer_and_agent, requester_to_operation};
use cursor::Cursor;
use separators::Separators;

use super::time::TimeCache;

/// Why a line is no record. The text is stable: it is what reject files and `status` show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reject {
    /// Nothing but white space.
    EmptyLine,
    /// Longer than the reader keeps.
    TooLong,
    /// The object ended, damaged, in the middle of this line.
    CutShort,
    /// No `[time]` after two fields.
    NoTime,
    /// There is a `[…]`, but not `[dd/Mon/yyyy:hh:mm:ss ±hhmm]`.
    BadTime,
    /// No request id and operation after the requester.
    NoOperation,
    /// No `status error bytes size total turnaround` after the request URI.
    NoStatus,
    /// The status is not three digits, or a number does not fit 64 bits.
    BadNumber,
    /// The referrer or the user agent is missing or never ends.
    NoUserAgent,
}

impl Reject {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmptyLine => "empty_line",
            Self::TooLong => "too_long",
            Self::CutShort => "cut_short",
            Self::NoTime => "no_time",
            Self::BadTime => "bad_time",
            Self::NoOperation => "no_operation",
            Self::NoStatus => "no_status",
            Self::BadNumber => "bad_number",
            Self::NoUserAgent => "no_user_agent",
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many fields stand in the tail: `sigv` to `sourceregion`.
pub const TAIL_FIELDS: usize = 8;

/// A record's fields as they stand in the line. Text fields are without their quotes; an absent one is `-` (see
/// [`present`]); absent numbers are None. `key` is as logged, still encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the log format's own, see logs::columns")]
pub struct Record<'a> {
    /// The line up to the end of the bucket's name, unparsed: as few distinct values as there are buckets.
    pub head: &'a [u8],
    pub bucketowner: &'a [u8],
    pub bucket_name: &'a [u8],
    /// Milliseconds since the epoch, UTC.
    pub requestdatetime: i64,
    pub remoteip: &'a [u8],
    pub requester: &'a [u8],
    pub requestid: &'a [u8],
    pub operation: &'a [u8],
    pub key: &'a [u8],
    pub request_uri: &'a [u8],
    pub httpstatus: Option<i32>,
    pub errorcode: &'a [u8],
    pub bytessent: Option<i64>,
    pub objectsize: Option<i64>,
    pub totaltime: Option<i64>,
    pub turnaroundtime: Option<i64>,
    pub referrer: &'a [u8],
    pub useragent: &'a [u8],
    pub versionid: &'a [u8],
    pub hostid: &'a [u8],
    /// Everything after the host id, unparsed: few distinct values in a log, so that it pays to read each once with
    /// [`tail`].
    pub tail: &'a [u8],
    /// Whether all of the line is ASCII, so that no field needs to be looked at for what is no UTF-8.
    pub is_ascii: bool,
}

const ABSENT: &[u8] = b"-";

/// What every signature version begins with.
const SIGV: &[u8] = b"SigV";

/// The field, unless it is the log's `-`.
pub fn present(field: &[u8]) -> Option<&[u8]> {
    (field != ABSENT).then_some(field)
}

/// The fields from `sigv` to `sourceregion`, and what is left over behind them (None where nothing is).
pub fn tail(text: &[u8]) -> ([&[u8]; TAIL_FIELDS], Option<&[u8]>) {
    let mut cursor = Cursor { line: text, at: 0 };
    let mut fields = [ABSENT; TAIL_FIELDS];
    for field in &mut fields {
        *field = cursor.token().unwrap_or(ABSENT);
    }
    cursor.skip_spaces();
    let extra = cursor.rest().trim_ascii_end();
    (fields, (!extra.is_empty()).then_some(extra))
}

/// Reads lines; remembers what rarely changes from line to line.
pub struct Parser {
    time: TimeCache,
    separators: Separators,
}

impl Default for Parser {
    fn default() -> Self {
        Self { time: TimeCache::default(), separators: Separators::new() }
    }
}

impl Parser {
    /// Reads a line, given without its newline and carriage return.
    pub fn parse<'a>(&mut self, line: &'a [u8]) -> Result<Record<'a>, Reject> {
        match self.plain(line) {
            Some(record) => Ok(record),
            None => self.thorough(line),
        }
    }

    /// The short way; None where the line has a surprise, or is no record at all.
    #[inline(always)]
    fn plain<'a>(&mut self, line: &'a [u8]) -> Option<Record<'a>> {
        plain::read(line, &mut self.separators, &mut self.time)
    }

    /// The long way, for every line.
    fn thorough<'a>(&mut self, line: &'a [u8]) -> Result<Record<'a>, Reject> {
        let mut cursor = Cursor { line, at: 0 };
        let bucketowner = cursor.token().ok_or(Reject::EmptyLine)?;
        let bucket_name = cursor.token().ok_or(Reject::NoTime)?;
        let head = &line[..cursor.at];
        let requestdatetime = self.bracketed_time(&mut cursor)?;
        let remoteip = cursor.token().ok_or(Reject::NoOperation)?;
        let (requester, requestid, operation) = requester_to_operation(&mut cursor).ok_or(Reject::NoOperation)?;
        let (key, request_uri, run) = key_to_run(&mut cursor)?;
        let (referrer, useragent) = referrer_and_agent(&mut cursor).ok_or(Reject::NoUserAgent)?;
        let versionid = cursor.token().unwrap_or(ABSENT);
        let hostid = host_id(&mut cursor).unwrap_or(ABSENT);
        cursor.skip_spaces();
        Ok(Record {
            head,
            bucketowner,
            bucket_name,
            requestdatetime,
            remoteip,
            requester,
            requestid,
            operation,
            key,
            request_uri,
            httpstatus: run.httpstatus,
            errorcode: run.errorcode,
            bytessent: run.bytessent,
            objectsize: run.objectsize,
            totaltime: run.totaltime,
            turnaroundtime: run.turnaroundtime,
            referrer,
            useragent,
            versionid,
            hostid,
            tail: cursor.rest(),
            is_ascii: line.is_ascii(),
        })
    }

    fn bracketed_time(&mut self, cursor: &mut Cursor<'_>) -> Result<i64, Reject> {
        cursor.skip_spaces();
        let inside = cursor.rest().strip_prefix(b"[").ok_or(Reject::NoTime)?;
        let end = memchr(b']', inside).ok_or(Reject::BadTime)?;
        cursor.at += end + 2;
        self.time.parse(&inside[..end]).ok_or(Reject::BadTime)
    }
}
