//! The short way through a line: single spaces, no quotes inside quotes.

use super::anchors::{is_operation, is_request_id};
use super::run::{Run, plain_number};
use super::separators::{ROOM, Separators};
use super::{ABSENT, Record, SIGV};
use crate::logs::time::{TIME_LEN, TimeCache};

/// Where the request id stands if the requester holds no space; the time takes two places.
const REQUEST_ID: usize = 6;
/// How far behind that it is looked for: `CloudFront Origin Access Identity E…` is five words.
const REQUESTER_WORDS: usize = 8;
/// How far behind the request id the host id stands.
const LAST_FIELD: usize = 13;

/// The fields of a line as its separators part them.
#[derive(Clone, Copy)]
struct Fields<'a, 'b> {
    line: &'a [u8],
    ends: &'b [u32; ROOM],
}

impl<'a> Fields<'a, '_> {
    /// Where a field ends; anything for one that the line does not have.
    #[inline(always)]
    fn end(&self, number: usize) -> usize {
        self.ends[number % ROOM] as usize
    }

    /// Where a field begins.
    #[inline(always)]
    fn start(&self, number: usize) -> usize {
        number.checked_sub(1).map_or(0, |before| self.end(before) + 1)
    }

    /// From the beginning of a field to the end of another. None if that is nothing.
    #[inline(always)]
    fn span(&self, from: usize, to: usize) -> Option<&'a [u8]> {
        self.line.get(self.start(from)..self.end(to)).filter(|text| !text.is_empty())
    }

    #[inline(always)]
    fn token(&self, number: usize) -> Option<&'a [u8]> {
        self.span(number, number)
    }

    /// A number, or None for a bare `-`.
    #[inline(always)]
    fn number(&self, number: usize) -> Option<Option<i64>> {
        let start = self.start(number);
        let length = self.end(number).checked_sub(start).filter(|length| *length > 0)?;
        plain_number(self.line.get(start..)?, length)
    }

    /// A field in quotes, without them, or a bare `-`; and how many quotes it has at least.
    #[inline(always)]
    fn quoted(&self, number: usize) -> Option<(&'a [u8], u32)> {
        match self.token(number)? {
            [b'"', inside @ .., b'"'] => Some((inside, 2)),
            ABSENT => Some((ABSENT, 0)),
            _ => None,
        }
    }

    /// Where the request id stands: the first thing that looks like one and has an operation behind it.
    #[inline(always)]
    fn request_id(&self, count: usize) -> Option<usize> {
        self.token(REQUEST_ID - 1)?;
        for at in REQUEST_ID..(REQUEST_ID + REQUESTER_WORDS).min(count) {
            let token = self.token(at)?;
            if is_request_id(token) && is_operation(self.token(at + 1)?) {
                return Some(at);
            }
            // A bracket is the time of a second line that ran into this one.
            if token[0] == b'[' {
                return None;
            }
        }
        None
    }
}

/// Reads a line. None where it has a surprise, or is no record at all.
pub(super) fn read<'a>(line: &'a [u8], separators: &mut Separators, time: &mut TimeCache) -> Option<Record<'a>> {
    separators.find(line);
    let (ends, count) = separators.positions();
    let fields = Fields { line, ends };
    let id = fields.request_id(count)?;
    // The host id ends at a separator, so every field that is asked for below is one of this line.
    if id + LAST_FIELD >= count {
        return None;
    }
    let bracketed = fields.span(2, 3)?;
    if bracketed.len() != TIME_LEN + 2 || bracketed[0] != b'[' || bracketed[TIME_LEN + 1] != b']' {
        return None;
    }
    let requestdatetime = time.parse(&bracketed[1..=TIME_LEN])?;
    let (request_uri, quotes) = fields.quoted(id + 3)?;
    let (referrer, more) = fields.quoted(id + 10)?;
    let (useragent, yet_more) = fields.quoted(id + 11)?;
    // Each of the three has so many, so there is no other quote anywhere.
    if separators.quotes != quotes + more + yet_more {
        return None;
    }
    let numbers = [fields.number(id + 6)?, fields.number(id + 7)?, fields.number(id + 8)?, fields.number(id + 9)?];
    let run = Run::of_tokens(fields.token(id + 4)?, fields.token(id + 5)?, numbers)?;
    let tail = line.get(fields.start(id + LAST_FIELD + 1)..)?;
    if !tail.starts_with(SIGV) && !tail.starts_with(ABSENT) {
        return None;
    }
    Some(Record {
        head: fields.span(0, 1)?,
        bucketowner: fields.token(0)?,
        bucket_name: fields.token(1)?,
        requestdatetime,
        remoteip: fields.token(4)?,
        requester: fields.span(5, id - 1)?,
        requestid: fields.token(id)?,
        operation: fields.token(id + 1)?,
        key: fields.token(id + 2)?,
        request_uri,
        httpstatus: run.httpstatus,
        errorcode: run.errorcode,
        bytessent: run.bytessent,
        objectsize: run.objectsize,
        totaltime: run.totaltime,
        turnaroundtime: run.turnaroundtime,
        referrer,
        useragent,
        versionid: fields.token(id + 12)?,
        hostid: fields.token(id + LAST_FIELD)?,
        tail,
        is_ascii: separators.is_ascii,
    })
}
