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

use std::fmt;

use memchr::{memchr, memmem, memrchr};

use super::time::{TIME_LEN, TimeCache};

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
#[derive(Debug, Default)]
pub struct Parser {
    time: TimeCache,
}

impl Parser {
    /// Reads a line, given without its newline and carriage return.
    pub fn parse<'a>(&mut self, line: &'a [u8]) -> Result<Record<'a>, Reject> {
        match self.plain(line) {
            Some(record) => Ok(record),
            None => self.thorough(line),
        }
    }

    /// The short way: single spaces, no spaces in the requester, no quotes inside quotes. None where the line has a
    /// surprise, or is no record at all.
    fn plain<'a>(&mut self, line: &'a [u8]) -> Option<Record<'a>> {
        let mut cursor = Cursor { line, at: 0 };
        let bucketowner = cursor.plain_token()?;
        let bucket_name = cursor.plain_token()?;
        let head = &line[..cursor.at - 1];
        let bracketed = line.get(cursor.at..cursor.at + TIME_LEN + 3)?;
        if bracketed[0] != b'[' || bracketed[TIME_LEN + 1..] != *b"] " {
            return None;
        }
        let requestdatetime = self.time.parse(&bracketed[1..=TIME_LEN])?;
        cursor.at += TIME_LEN + 3;
        let remoteip = cursor.plain_token()?;
        let requester = cursor.plain_token()?;
        let requestid = cursor.token_of_length(16)?;
        let operation = cursor.plain_token()?;
        if !is_request_id(requestid) || !is_operation(operation) {
            return None;
        }
        let key = cursor.plain_token()?;
        let request_uri = cursor.plain_quoted()?;
        let run = Run::read_plain(&mut cursor)?;
        let referrer = cursor.plain_quoted()?;
        cursor.at += 1;
        let useragent = cursor.plain_quoted()?;
        cursor.at += 1;
        if memchr(b'"', cursor.rest()).is_some() {
            return None;
        }
        let versionid = cursor.plain_token()?;
        let hostid = cursor.plain_token()?;
        let tail = cursor.rest();
        if !tail.starts_with(SIGV) && !tail.starts_with(ABSENT) {
            return None;
        }
        Some(Record {
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
            tail,
        })
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

/// The requester may hold spaces (`arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E…`): it ends before
/// the first request id that an operation follows; failing that, before any one token that an operation follows.
fn requester_to_operation<'a>(cursor: &mut Cursor<'a>) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
    cursor.skip_spaces();
    let start = cursor.at;
    for strict in [true, false] {
        let mut ahead = *cursor;
        ahead.token()?;
        let mut end = ahead.at;
        // A bracket is the time of a second line that ran into this one, a quote the request URI.
        while let Some(requestid) = ahead.token().filter(|token| !matches!(token[0], b'[' | b'"')) {
            let mut after = ahead;
            let Some(operation) = after.token() else { break };
            if is_operation(operation) && (!strict || is_request_id(requestid)) {
                *cursor = after;
                return Some((&cursor.line[start..end], requestid, operation));
            }
            end = ahead.at;
        }
    }
    None
}

/// Sixteen letters and digits; a UUID for checksum jobs; `-`.
fn is_request_id(token: &[u8]) -> bool {
    match token.len() {
        // Without a way out, so that the compiler can look at all bytes at once.
        16 => token.iter().fold(true, |all, byte| all & byte.is_ascii_alphanumeric()),
        36 => token.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        }),
        1 => token == ABSENT,
        _ => false,
    }
}

/// `REST.GET.OBJECT`, `S3.TRANSITION_SIA.OBJECT`, `SOAP.CreateBucket`: dotted words, the first in capitals.
fn is_operation(token: &[u8]) -> bool {
    let mut dots = 0;
    let mut word = 0;
    for byte in token {
        match byte {
            b'.' if word > 0 => {
                dots += 1;
                word = 0;
            }
            b'A'..=b'Z' | b'0'..=b'9' => word += 1,
            b'a'..=b'z' | b'_' if dots > 0 => word += 1,
            _ => return false,
        }
    }
    dots > 0 && word > 0 && token.first().is_some_and(u8::is_ascii_uppercase)
}

/// The key is one token; if no request URI follows it, it reaches up to where one does.
fn key_to_run<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a [u8], &'a [u8], Run<'a>), Reject> {
    cursor.skip_spaces();
    let start = cursor.at;
    while cursor.token().is_some() {
        let end = cursor.at;
        cursor.skip_spaces();
        let quoted = cursor.rest().starts_with(b"\"");
        match uri_and_run(cursor) {
            Some(found) => return found.map(|(uri, run)| (&cursor.line[start..end], uri, run)),
            // A later start would only try the same quotes again.
            None if quoted => return Err(Reject::NoStatus),
            None => cursor.at = end,
        }
    }
    Err(Reject::NoStatus)
}

/// At a request URI: `-`, or quoted up to the first quote that the run follows. None where there is no URI or no run.
fn uri_and_run<'a>(cursor: &mut Cursor<'a>) -> Option<Result<(&'a [u8], Run<'a>), Reject>> {
    if cursor.rest().starts_with(b"- ") {
        cursor.at += 1;
        return Some(Run::read(cursor)?.map(|run| (ABSENT, run)));
    }
    if !cursor.rest().starts_with(b"\"") {
        return None;
    }
    let start = cursor.at + 1;
    let mut from = start;
    let mut fault = None;
    while let Some(found) = cursor.line.get(from..).and_then(|text| memchr(b'"', text)) {
        let quote = from + found;
        cursor.at = quote + 1;
        match Run::read(cursor) {
            // Dashes alone say little: behind a later quote they may as well be the end of a line that has no run.
            Some(Ok(run)) if from == start || run.httpstatus.is_some() || cursor.rest().starts_with(b"\"") => {
                return Some(Ok((&cursor.line[start..quote], run)));
            }
            Some(Ok(_)) => {}
            Some(Err(reject)) => fault = Some(Err(reject)),
            None => {}
        }
        from = quote + 1;
    }
    fault
}

/// Splits `"referrer" "agent"`, either of which may be a bare `-` and may hold quotes; stops behind the agent.
fn referrer_and_agent<'a>(cursor: &mut Cursor<'a>) -> Option<(&'a [u8], &'a [u8])> {
    cursor.skip_spaces();
    let start = cursor.at;
    let line = cursor.line;
    let text = cursor.rest();
    let bare_or_absent: Option<usize> =
        [b"- ".as_slice(), b"\"-\" "].iter().find(|known| text.starts_with(known)).map(|known| known.len() - 1);
    if let Some(length) = bare_or_absent {
        cursor.at += length;
        return Some((ABSENT, agent(cursor)?));
    }
    if !text.starts_with(b"\"") {
        return None;
    }
    let last = memrchr(b'"', text)?;
    let inside = &text[1..];
    if let Some(between) = memmem::find(inside, b"\" \"").filter(|between| between + 3 < last) {
        cursor.at = start + 1 + between + 1;
        return Some((&line[start + 1..start + 1 + between], agent(cursor)?));
    }
    // No `" "`: the agent is bare, or the only quotes are the referrer's own.
    if last == 0 {
        return None;
    }
    cursor.at = start + last + 1;
    let referrer = &line[start + 1..start + last];
    Some((referrer, agent(cursor)?))
}

/// A user agent: bare `-`, or quoted up to the line's last quote. Should fields with quotes be added behind it one day, the
/// last quote is theirs; then what follows it does not look like the fields that do, and an earlier quote is the one.
fn agent<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    cursor.skip_spaces();
    let text = cursor.rest();
    if text == ABSENT || text.starts_with(b"- ") {
        cursor.at += 1;
        return Some(ABSENT);
    }
    let last = memrchr(b'"', text).filter(|last| *last > 0 && text.starts_with(b"\""))?;
    let mut end = last;
    while end > 0 && !is_tail(&text[end + 1..]) {
        end = memrchr(b'"', &text[..end]).unwrap_or(0);
    }
    let end = if end > 0 { end } else { last };
    cursor.at += end + 1;
    Some(&text[1..end])
}

/// The host id is one token, but of some calls of S3's own services it was two: then the signature version comes a token
/// later.
fn host_id<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    cursor.skip_spaces();
    let start = cursor.at;
    let first = cursor.token()?;
    let mut ahead = *cursor;
    let second = ahead.token().filter(|second| *second != ABSENT && !second.starts_with(SIGV));
    let behind_second = ahead;
    if second.is_none() || !ahead.token().is_some_and(|third| third.starts_with(SIGV)) {
        return Some(first);
    }
    *cursor = behind_second;
    Some(&cursor.line[start..cursor.at])
}

/// Whether a text looks like the fields behind the user agent since 2019: a signature version, a way of authentication
/// and a TLS version in their places.
fn is_tail(text: &[u8]) -> bool {
    let mut cursor = Cursor { line: text, at: 0 };
    if text.first() != Some(&b' ') {
        return false;
    }
    let mut next_is = |skipped: usize, known: &[&[u8]]| {
        let field = (0..=skipped).map(|_| cursor.token()).last().flatten();
        field.is_some_and(|field| {
            field == ABSENT || known.iter().any(|k| field.get(..k.len()).is_some_and(|f| f.eq_ignore_ascii_case(k)))
        })
    };
    next_is(2, &[SIGV]) && next_is(1, &[b"AuthHeader", b"QueryString"]) && next_is(1, &[b"TLS"])
}

/// `status error bytes size total turnaround`.
#[derive(Debug, Clone, Copy)]
struct Run<'a> {
    httpstatus: Option<i32>,
    errorcode: &'a [u8],
    bytessent: Option<i64>,
    objectsize: Option<i64>,
    totaltime: Option<i64>,
    turnaroundtime: Option<i64>,
}

impl<'a> Run<'a> {
    /// [`Run::read`] for single spaces, three digits and numbers of up to 18 digits.
    #[inline(always)]
    fn read_plain(cursor: &mut Cursor<'a>) -> Option<Self> {
        let text = cursor.rest();
        let (httpstatus, mut at) = match text {
            [b' ', b'-', b' ', ..] => (None, 3),
            [b' ', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', ..] => (Some(three_digits(*a, *b, *c)), 5),
            _ => return None,
        };
        let rest = text.get(at..)?;
        let length = if rest.starts_with(b"- ") { 1 } else { memchr(b' ', rest)? };
        let errorcode = &rest[..length];
        if length == 0 || errorcode.contains(&b'"') {
            return None;
        }
        at += length + 1;
        let mut numbers = [None; 4];
        for number in &mut numbers {
            let rest = text.get(at..)?;
            let (value, length) = plain_number(rest)?;
            *number = value;
            at += length + 1;
        }
        if !matches!(text.get(at), Some(b'"' | b'-')) {
            return None;
        }
        cursor.at += at;
        let [bytessent, objectsize, totaltime, turnaroundtime] = numbers;
        Some(Self { httpstatus, errorcode, bytessent, objectsize, totaltime, turnaroundtime })
    }

    /// Reads the run that begins at the cursor, a space before it; the cursor then stands before the next field. None
    /// if there is no run here; an error if there is one whose numbers cannot be kept.
    fn read(cursor: &mut Cursor<'a>) -> Option<Result<Self, Reject>> {
        let mut ahead = *cursor;
        if ahead.line.get(ahead.at) != Some(&b' ') {
            return None;
        }
        let status = ahead.token()?;
        let errorcode = ahead.token()?;
        if !is_number(status) || errorcode.contains(&b'"') {
            return None;
        }
        let mut numbers = [None; 4];
        let mut fits = true;
        for number in &mut numbers {
            match decimal(ahead.token()?)? {
                Ok(value) => *number = value,
                Err(_) => fits = false,
            }
        }
        // What follows is the referrer: quoted or `-`.
        ahead.skip_spaces();
        if !matches!(ahead.line.get(ahead.at), Some(b'"' | b'-')) {
            return None;
        }
        let httpstatus = match status {
            ABSENT => None,
            [a, b, c] => Some(three_digits(*a, *b, *c)),
            _ => return Some(Err(Reject::BadNumber)),
        };
        *cursor = ahead;
        let [bytessent, objectsize, totaltime, turnaroundtime] = numbers;
        let run = Self { httpstatus, errorcode, bytessent, objectsize, totaltime, turnaroundtime };
        Some(if fits { Ok(run) } else { Err(Reject::BadNumber) })
    }
}

fn three_digits(a: u8, b: u8, c: u8) -> i32 {
    i32::from(a - b'0') * 100 + i32::from(b - b'0') * 10 + i32::from(c - b'0')
}

/// A `-` or a number of at most 18 digits, a space behind it, and its length.
#[inline(always)]
fn plain_number(text: &[u8]) -> Option<(Option<i64>, usize)> {
    if text.starts_with(b"- ") {
        return Some((None, 1));
    }
    let mut value = 0i64;
    for (at, byte) in text.iter().take(19).enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return (*byte == b' ' && at > 0).then_some((Some(value), at));
        }
        value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
    }
    None
}

fn is_number(token: &[u8]) -> bool {
    token == ABSENT || token.iter().all(u8::is_ascii_digit)
}

/// A number or `-`. None if it is neither, an error if it does not fit.
fn decimal(token: &[u8]) -> Option<Result<Option<i64>, Reject>> {
    if token == ABSENT {
        return Some(Ok(None));
    }
    let mut value = Some(0i64);
    for byte in token {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.and_then(|value| value.checked_mul(10)?.checked_add(i64::from(digit)));
    }
    Some(value.map(Some).ok_or(Reject::BadNumber))
}

/// A place in a line.
#[derive(Debug, Clone, Copy)]
struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        while self.line.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
    }

    /// The next token, any number of spaces before it; None at the end of the line.
    fn token(&mut self) -> Option<&'a [u8]> {
        self.skip_spaces();
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let length = memchr(b' ', rest).unwrap_or(rest.len());
        self.at += length;
        Some(&rest[..length])
    }

    /// The token here, and past the one space behind it. None if it is empty or the line ends.
    #[inline(always)]
    fn plain_token(&mut self) -> Option<&'a [u8]> {
        let rest = self.line.get(self.at..)?;
        let length = memchr(b' ', rest)?;
        self.at += length + 1;
        (length > 0).then(|| &rest[..length])
    }

    /// A plain token that usually has this length: looked for there before it is searched for.
    #[inline(always)]
    fn token_of_length(&mut self, length: usize) -> Option<&'a [u8]> {
        match self.line.get(self.at..self.at + length + 1)? {
            [token @ .., b' '] if token.iter().fold(true, |none, byte| none & (*byte != b' ')) => {
                self.at += length + 1;
                Some(token)
            }
            _ => self.plain_token(),
        }
    }

    /// The quoted field here up to its first quote, or a bare `-`, a space behind either; the cursor then stands on that
    /// space.
    #[inline(always)]
    fn plain_quoted(&mut self) -> Option<&'a [u8]> {
        let rest = self.line.get(self.at..)?;
        match rest {
            [b'"', inside @ ..] => {
                let length = memchr(b'"', inside)?;
                if inside.get(length + 1) != Some(&b' ') {
                    return None;
                }
                self.at += length + 2;
                Some(&inside[..length])
            }
            [b'-', b' ', ..] => {
                self.at += 1;
                Some(ABSENT)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a";
    const HOST: &str = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmE=";

    fn line(requester: &str, key: &str, uri: &str, headers: &str) -> String {
        format!(
            "{OWNER} logs-of-us [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {requester} 3E57427F33A59F07 REST.GET.OBJECT {key} \
             {uri} 200 - 11 22 33 44 {headers} v1 {HOST} SigV4 AES AuthHeader host TLSv1.2 - - eu-west-1"
        )
    }

    fn both(line: &str) -> Record<'_> {
        let plain = Parser::default().plain(line.as_bytes());
        let thorough = Parser::default().thorough(line.as_bytes()).unwrap();
        assert!(plain.is_none_or(|plain| plain == thorough), "{line}");
        thorough
    }

    #[test]
    fn an_ordinary_line_takes_the_short_way_and_both_ways_agree() {
        let line = line("-", "a/b", "\"GET /a/b HTTP/1.1\"", "\"-\" \"curl/8\"");
        assert!(Parser::default().plain(line.as_bytes()).is_some());
        let record = both(&line);
        assert_eq!(record.useragent, b"curl/8");
        assert_eq!((record.bytessent, record.turnaroundtime), (Some(11), Some(44)));
        assert_eq!(tail(record.tail).0[7], b"eu-west-1");
    }

    #[test]
    fn requesters_hold_spaces_and_quoted_fields_hold_quotes() {
        let requester = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABCDEF";
        let text = line(
            requester,
            "k",
            "\"GET /?a=\"b\" c\" HTTP/1.1\"",
            "\"http://x/?\"q\"\" \"\"odd\" 200 - 1 2 3 4 \"agent\"",
        );
        let record = both(&text);
        assert_eq!(record.requester, requester.as_bytes());
        assert_eq!(record.request_uri, b"GET /?a=\"b\" c\" HTTP/1.1");
        assert_eq!(record.referrer, b"http://x/?\"q\"");
        assert_eq!(record.useragent, b"\"odd\" 200 - 1 2 3 4 \"agent");
        assert_eq!(record.versionid, b"v1");
    }

    #[test]
    fn a_line_of_seventeen_fields_ends_with_the_agent_and_more_than_27_are_kept() {
        let full = line("-", "k", "-", "- -");
        let seventeen = &full[..full.find(" v1").unwrap()];
        let record = both(seventeen);
        assert_eq!((record.useragent, record.versionid, record.tail), (ABSENT, ABSENT, &b""[..]));
        let longer = format!("{full} new1  new2 ");
        assert_eq!(tail(both(&longer).tail).1, Some(&b"new1  new2"[..]));
    }

    #[test]
    fn fields_with_quotes_behind_the_known_ones_are_kept_and_cost_no_other_field() {
        let known = line("-", "k", "\"GET /k HTTP/1.1\"", "\"-\" \"an \"odd\" agent\"");
        let longer = format!("{known} \"a new field\" \"\"");
        let record = both(&longer);
        assert_eq!((record.useragent, record.versionid), (&b"an \"odd\" agent"[..], &b"v1"[..]));
        assert_eq!(tail(record.tail).1, Some(&b"\"a new field\" \"\""[..]));
    }

    #[test]
    fn rejects_say_what_is_missing() {
        let good = line("-", "k", "\"GET /k HTTP/1.1\"", "\"-\" \"a\"");
        for (text, reject) in [
            (String::new(), Reject::EmptyLine),
            ("   ".to_owned(), Reject::EmptyLine),
            ("hello".to_owned(), Reject::NoTime),
            (good.replace("06/Feb", "06/Fob"), Reject::BadTime),
            (good.replace("REST.GET.OBJECT", "get"), Reject::NoOperation),
            (good.replace(" 200 ", " OK "), Reject::NoStatus),
            (good.replace(" 200 ", " 2000 "), Reject::BadNumber),
            (good.replace(" 11 ", " 99999999999999999999 "), Reject::BadNumber),
            (good[..good.find("\"a\"").unwrap() + 2].to_owned(), Reject::NoUserAgent),
        ] {
            assert_eq!(Parser::default().parse(text.as_bytes()), Err(reject), "{text}");
        }
    }

    #[test]
    fn a_megabyte_of_quotes_costs_linear_time() {
        let quotes = "\" ".repeat(500_000);
        let text = line("-", &quotes, &quotes, &quotes).replace(" 200 ", " OK ");
        let started = std::time::Instant::now();
        assert!(Parser::default().parse(text.as_bytes()).is_err());
        assert!(started.elapsed().as_secs() < 5);
    }
}
