//! What a line is read by: where the requester, the request URI and the user agent end.

use memchr::{memchr, memmem, memrchr};

use super::cursor::Cursor;
use super::run::Run;
use super::{ABSENT, Reject, SIGV};

/// The requester may hold spaces (`arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E…`): it ends before
/// the first request id that an operation follows; failing that, before any one token that an operation follows.
pub(super) fn requester_to_operation<'a>(cursor: &mut Cursor<'a>) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
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
#[inline]
pub(super) fn is_request_id(token: &[u8]) -> bool {
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
#[inline]
pub(super) fn is_operation(token: &[u8]) -> bool {
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
pub(super) fn key_to_run<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a [u8], &'a [u8], Run<'a>), Reject> {
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
pub(super) fn referrer_and_agent<'a>(cursor: &mut Cursor<'a>) -> Option<(&'a [u8], &'a [u8])> {
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
pub(super) fn host_id<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
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
