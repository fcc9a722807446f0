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
    /// [`Run::read`] of tokens and numbers that [`plain_number`] has read; a status is three digits.
    #[inline(always)]
    pub(super) fn of_tokens(status: &[u8], errorcode: &'a [u8], numbers: [Option<i64>; 4]) -> Option<Self> {
        let httpstatus = match status {
            ABSENT => None,
            [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => Some(three_digits(*a, *b, *c)),
            _ => return None,
        };
        let [bytessent, objectsize, totaltime, turnaroundtime] = numbers;
        Some(Self { httpstatus, errorcode, bytessent, objectsize, totaltime, turnaroundtime })
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

/// A `-` or a number of at most 18 digits, which begins `text` and is `length` bytes long, at least 1.
#[inline(always)]
pub(super) fn plain_number(text: &[u8], length: usize) -> Option<Option<i64>> {
    // Numbers are short and their lengths differ: with eight bytes at once there is no branch for a processor to guess.
    if length <= 8
        && let Some(eight) = text.first_chunk()
        && let Some(number) = digits(u64::from_le_bytes(*eight), length)
    {
        return Some(Some(number));
    }
    match text.get(..length)? {
        ABSENT => Some(None),
        token if length <= 18 => decimal(token)?.ok(),
        _ => None,
    }
}

/// The number whose `length` digits, from 1 to 8, are the first of eight bytes. None where they are no digits.
#[inline(always)]
fn digits(eight: u64, length: usize) -> Option<i64> {
    let unused = (64 - 8 * length) as u32;
    // The last digit comes last, with zeros before the first.
    let digits = (eight << unused) ^ (u64::from_ne_bytes([b'0'; 8]) << unused);
    if (digits.wrapping_add(u64::from_ne_bytes([0x76; 8])) | digits) & u64::from_ne_bytes([0x80; 8]) != 0 {
        return None;
    }
    // Neighbours make numbers of two digits, those of four, those of eight.
    let twos = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (twos * 100 + (twos >> 16)) & 0x0000_FFFF_0000_FFFF;
    Some(((fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF) as i64)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn short_numbers_are_read_as_any(token in "[0-9]{1,20}|-|[0-9/:a-]{1,9}", behind in "[ 0-9]{0,9}") {
            let text = format!("{token}{behind}");
            let slowly = (token.len() <= 18).then(|| decimal(token.as_bytes())).flatten();
            prop_assert_eq!(plain_number(text.as_bytes(), token.len()), slowly.and_then(Result::ok));
        }
    }
}
