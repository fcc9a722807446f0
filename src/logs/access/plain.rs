//! The short way through a line: single spaces, no quotes inside quotes.

use super::anchors::{is_operation, is_request_id};
use super::run::Run;
use super::separators::Separators;
use super::{ABSENT, Record, SIGV};
use crate::logs::time::{TIME_LEN, TimeCache};

/// Where the request id stands if the requester holds no space; the time takes two places.
const REQUEST_ID: usize = 6;
/// How far behind that it is looked for: `CloudFront Origin Access Identity E…` is five words.
const REQUESTER_WORDS: usize = 8;

/// The fields of a line as its separators part them.
#[derive(Clone, Copy)]
struct Fields<'a, 'b> {
    line: &'a [u8],
    ends: &'b [u32],
}

impl<'a> Fields<'a, '_> {
    /// Where a field begins.
    #[inline(always)]
    fn start(&self, number: usize) -> Option<usize> {
        match number.checked_sub(1) {
            Some(before) => self.ends.get(before).map(|end| *end as usize + 1),
            None => Some(0),
        }
    }

    /// From the beginning of a field to the end of another. None if that is nothing.
    #[inline(always)]
    fn span(&self, from: usize, to: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(to)? as usize;
        self.line.get(self.start(from)?..end).filter(|text| !text.is_empty())
    }

    #[inline(always)]
    fn token(&self, number: usize) -> Option<&'a [u8]> {
        self.span(number, number)
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
    fn request_id(&self) -> Option<usize> {
        self.token(REQUEST_ID - 1)?;
        for at in REQUEST_ID..REQUEST_ID + REQUESTER_WORDS {
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
    let fields = Fields { line, ends: separators.positions() };
    let id = fields.request_id()?;
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
    let run = Run::of_tokens([
        fields.token(id + 4)?,
        fields.token(id + 5)?,
        fields.token(id + 6)?,
        fields.token(id + 7)?,
        fields.token(id + 8)?,
        fields.token(id + 9)?,
    ])?;
    let tail = line.get(fields.start(id + 14)?..)?;
    if !tail.starts_with(SIGV) && !tail.starts_with(ABSENT) {
        return None;
    }
    let texts = [
        fields.span(0, 1)?,
        fields.token(0)?,
        fields.token(1)?,
        fields.token(4)?,
        fields.span(5, id - 1)?,
        fields.token(id)?,
        fields.token(id + 1)?,
        fields.token(id + 2)?,
        request_uri,
        referrer,
        useragent,
        fields.token(id + 12)?,
        fields.token(id + 13)?,
        tail,
    ];
    Some(Record::of(texts, requestdatetime, run, separators.is_ascii))
}
