//! Quirks of single lines, one a line, so that what a reader must make of each is certain.

use memchr::memrchr;

use super::random::Random;
use crate::logs::access::Reject;

/// What is done to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quirk {
    /// Left as it is: the requester has spaces already.
    SpacesInRequester,
    /// `""Mozilla…"`.
    QuoteBeginsAgent,
    /// `"a "b" c"`.
    QuotesInAgent,
    /// Quotes and spaces in the request line.
    QuotesInUri,
    /// `"GET /a  b HTTP/1.1"`.
    DoubleSpacesInUri,
    /// Something like the numbers of a record, quotes and all, in the user agent.
    DecoyInAgent,
    /// Quotes and spaces in the referrer.
    QuotesInReferrer,
    /// Neither referrer nor agent is quoted.
    BareHeaders,
    /// S3.COMPUTE.OBJECT.CHECKSUM: a UUID for a request id, no request line.
    ChecksumJob,
    /// Another offset than +0000.
    Offset,
    /// Bytes that are not UTF-8 in request line and agent.
    NotUtf8,
    /// A key whose bytes are not UTF-8, encoded twice.
    KeyNotUtf8,
    /// A key with a percent sign that was encoded once.
    KeyOnce,
    /// Two spaces before the requester.
    TwoSpaces,
    /// A NUL in the agent.
    Nul,
    /// `tlsv1.2`.
    LowerCaseTls,
    /// As many fields as of old.
    Width(u8),
    /// Three fields more than today.
    Width30,
    /// No record: words.
    Words,
    /// No record: an empty line.
    EmptyLine,
    /// No record: NULs, as after a crash of some tool's disk.
    Nuls,
    /// No record: ends after the requester.
    CutAfterRequester,
    /// No record: ends in the request line.
    CutInUri,
    /// No record: the 32nd of Juny.
    BadTime,
    /// No record: a size beyond 64 bits.
    BadNumber,
}

const QUIRKS: [Quirk; 29] = [
    Quirk::QuoteBeginsAgent,
    Quirk::QuotesInAgent,
    Quirk::QuotesInUri,
    Quirk::DoubleSpacesInUri,
    Quirk::DecoyInAgent,
    Quirk::QuotesInReferrer,
    Quirk::BareHeaders,
    Quirk::ChecksumJob,
    Quirk::Offset,
    Quirk::NotUtf8,
    Quirk::KeyNotUtf8,
    Quirk::KeyOnce,
    Quirk::TwoSpaces,
    Quirk::Nul,
    Quirk::LowerCaseTls,
    Quirk::Width(17),
    Quirk::Width(18),
    Quirk::Width(24),
    Quirk::Width(25),
    Quirk::Width(26),
    Quirk::Width30,
    Quirk::Words,
    Quirk::EmptyLine,
    Quirk::Nuls,
    Quirk::CutAfterRequester,
    Quirk::CutInUri,
    Quirk::BadTime,
    Quirk::BadNumber,
    Quirk::SpacesInRequester,
];

impl Quirk {
    /// Why the line is no record any more, if so.
    fn reject(self) -> Option<Reject> {
        match self {
            Self::Words | Self::Nuls => Some(Reject::NoTime),
            Self::EmptyLine => Some(Reject::EmptyLine),
            Self::CutAfterRequester => Some(Reject::NoOperation),
            Self::CutInUri => Some(Reject::NoStatus),
            Self::BadTime => Some(Reject::BadTime),
            Self::BadNumber => Some(Reject::BadNumber),
            _ => None,
        }
    }

    /// Whether the line is no record any more.
    pub fn is_reject(self) -> bool {
        self.reject().is_some()
    }

    /// The reason for the rejection, or a word for the quirk.
    pub fn name(self) -> &'static str {
        match self {
            Self::SpacesInRequester => "spaces_in_requester",
            Self::QuoteBeginsAgent => "quote_begins_agent",
            Self::QuotesInAgent => "quotes_in_agent",
            Self::QuotesInUri => "quotes_in_uri",
            Self::DoubleSpacesInUri => "double_spaces_in_uri",
            Self::DecoyInAgent => "decoy_in_agent",
            Self::QuotesInReferrer => "quotes_in_referrer",
            Self::BareHeaders => "bare_headers",
            Self::ChecksumJob => "checksum_job",
            Self::Offset => "offset",
            Self::NotUtf8 => "not_utf8",
            Self::KeyNotUtf8 => "key_not_utf8",
            Self::KeyOnce => "key_once",
            Self::TwoSpaces => "two_spaces",
            Self::Nul => "nul",
            Self::LowerCaseTls => "lower_case_tls",
            Self::Width(17) => "width_17",
            Self::Width(18) => "width_18",
            Self::Width(24) => "width_24",
            Self::Width(25) => "width_25",
            Self::Width(_) => "width_26",
            Self::Width30 => "width_30",
            _ => self.reject().map_or("", Reject::as_str),
        }
    }
}

/// Puts a quirk into the last line of `out` and says which.
pub fn spoil_last(out: &mut Vec<u8>, random: &mut Random) -> Quirk {
    let end = out.len().saturating_sub(1);
    let start = memrchr(b'\n', &out[..end]).map_or(0, |at| at + 1);
    let line = out[start..end].to_vec();
    let Some(mut fields) = split(&line) else { return Quirk::SpacesInRequester };
    // The last of them is never drawn: it is no change.
    let quirk = random.pick(&QUIRKS[..QUIRKS.len() - 1], Quirk::Words);
    spoil(quirk, &mut fields, random);
    out.truncate(start);
    out.extend_from_slice(&fields.join(&b' '));
    out.push(b'\n');
    quirk
}

/// The 27 fields of a line without quirks, quotes and brackets included; None if its requester has spaces.
fn split(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut fields: Vec<Vec<u8>> = vec![Vec::new()];
    let mut inside = false;
    for &byte in line {
        match byte {
            b' ' if !inside => fields.push(Vec::new()),
            _ => {
                inside = match byte {
                    b'"' => !inside,
                    b'[' | b']' if fields.len() == 3 => byte == b'[',
                    _ => inside,
                };
                if let Some(field) = fields.last_mut() {
                    field.push(byte);
                }
            }
        }
    }
    (fields.len() == crate::logs::columns::FIELD_COUNT).then_some(fields)
}

const TIME: usize = 2;
const REQUESTER: usize = 4;
const REQUEST_ID: usize = 5;
const OPERATION: usize = 6;
const KEY: usize = 7;
const URI: usize = 8;
const SIZE: usize = 12;
const REFERRER: usize = 15;
const AGENT: usize = 16;
const TLS: usize = 23;

fn spoil(quirk: Quirk, fields: &mut Vec<Vec<u8>>, random: &mut Random) {
    let mut set = |at: usize, value: &[u8]| fields[at] = value.to_vec();
    match quirk {
        Quirk::SpacesInRequester => {}
        Quirk::QuoteBeginsAgent => set(AGENT, b"\"\"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/67.0\""),
        Quirk::QuotesInAgent => set(AGENT, b"\"my \"own\" agent\""),
        Quirk::QuotesInUri => set(URI, b"\"GET /?s=index&content=<?php $x=\"xinba\"; $y(\".\", 1);?> HTTP/1.1\""),
        Quirk::DoubleSpacesInUri => set(URI, b"\"GET /two  spaces  here HTTP/1.1\""),
        Quirk::DecoyInAgent => set(AGENT, b"\"a\" 200 - 1 2 3 4 \"b\""),
        Quirk::QuotesInReferrer => set(REFERRER, b"\"https://x.example/?q=\"a b\"&r=1\""),
        Quirk::BareHeaders => {
            set(REFERRER, b"-");
            set(AGENT, b"-");
        }
        Quirk::ChecksumJob => {
            let id = random.bits();
            set(REQUEST_ID, format!("{:08x}-0000-4000-8000-{:012x}", id >> 32, id & 0xFFFF_FFFF).as_bytes());
            set(OPERATION, b"S3.COMPUTE.OBJECT.CHECKSUM");
            set(URI, b"-");
            set(REFERRER, b"-");
            set(AGENT, b"-");
        }
        Quirk::Offset => {
            // The instant stays within the days of the logs or moves by hours; either way it is a record.
            let offset = if random.below(2) == 0 { b"+0530]" } else { b"-0800]" };
            fields[TIME].truncate(22);
            fields[TIME].extend_from_slice(offset);
        }
        Quirk::NotUtf8 => {
            set(URI, b"\"GET /caf\xE9/\xFF\xFE HTTP/1.1\"");
            set(AGENT, b"\"agent \xC3\x28\"");
        }
        Quirk::KeyNotUtf8 => set(KEY, b"latin1/caf%25E9.txt"),
        Quirk::KeyOnce => set(KEY, b"reports/100%25+of+it.txt"),
        Quirk::TwoSpaces => fields[REQUESTER].insert(0, b' '),
        Quirk::Nul => set(AGENT, b"\"nul\0inside\""),
        Quirk::LowerCaseTls => set(TLS, b"tlsv1.2"),
        Quirk::Width(width) => fields.truncate(usize::from(width)),
        Quirk::Width30 => fields.extend([b"new-28".to_vec(), b"-".to_vec(), b"new-30".to_vec()]),
        Quirk::Words => *fields = vec![b"this is no record of an access".to_vec()],
        Quirk::EmptyLine => *fields = Vec::new(),
        Quirk::Nuls => *fields = vec![vec![0; 64]],
        Quirk::CutAfterRequester => fields.truncate(REQUESTER + 1),
        Quirk::CutInUri => {
            fields.truncate(URI);
            fields.push(b"\"GET /cut-".to_vec());
        }
        Quirk::BadTime => set(TIME, b"[32/Jny/2026:25:00:00 +0000]"),
        Quirk::BadNumber => set(SIZE, b"99999999999999999999"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::generate::scribe::{Scribe, World};
    use crate::generate::{Options, days};
    use crate::logs::access::Parser;

    #[test]
    fn the_parser_makes_of_every_quirk_what_is_expected() {
        let world = World::new(days(&Options::default()).unwrap());
        let mut scribe = Scribe::new(&world, Random::new(3, 0));
        let mut random = Random::new(3, 1);
        let mut seen: BTreeMap<Quirk, u64> = BTreeMap::new();
        for _ in 0..5_000 {
            scribe.out.clear();
            scribe.act(1000, None);
            let quirk = spoil_last(&mut scribe.out, &mut random);
            let lines = scribe.out.strip_suffix(b"\n").unwrap();
            let line = &lines[memrchr(b'\n', lines).map_or(0, |at| at + 1)..];
            let parsed = Parser::default().parse(line);
            assert_eq!(parsed.err(), quirk.reject(), "{quirk:?} {}", String::from_utf8_lossy(line));
            *seen.entry(quirk).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), QUIRKS.len(), "every quirk comes up: {seen:?}");
    }
}
