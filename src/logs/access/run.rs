//! The run of numbers between the request URI and the referrer.

use super::cursor::Cursor;
use super::{ABSENT, Reject};

/// `status error bytes size total turnaround`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) httpstatus: Option<i32>,
    pub(super) errorcode: &'a [u8],
    pub(super) bytessent: Option<i64>,
    pub(super) objectsize: Option<i64>,
    pub(super) totaltime: Option<i64>,
    pub(super) turnaroundtime: Option<i64>,
}

impl<'a> Run<'a> {
    /// [`Run::read`] of tokens: three digits and numbers of up to 18 digits.
    #[inline(always)]
    pub(super) fn of_tokens(tokens: [&'a [u8]; 6]) -> Option<Self> {
        let [status, errorcode, bytes, size, total, turnaround] = tokens;
        let httpstatus = match status {
            ABSENT => None,
            [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => Some(three_digits(*a, *b, *c)),
            _ => return None,
        };
        Some(Self {
            httpstatus,
            errorcode,
            bytessent: plain_number(bytes)?,
            objectsize: plain_number(size)?,
            totaltime: plain_number(total)?,
            turnaroundtime: plain_number(turnaround)?,
        })
    }

    /// Reads the run that begins at the cursor, a space before it; the cursor then stands before the next field. None
    /// if there is no run here; an error if there is one whose numbers cannot be kept.
    #[inline]
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Option<Result<Self, Reject>> {
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

/// A `-` or a number of at most 18 digits.
#[inline(always)]
fn plain_number(token: &[u8]) -> Option<Option<i64>> {
    if token == ABSENT {
        return Some(None);
    }
    if token.len() > 18 {
        return None;
    }
    let mut value = 0i64;
    for byte in token {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(Some(value))
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
