//! JSON, as far as it is needed: where a value ends and whether it is one. No value is built.

use std::borrow::Cow;

/// How deep a record may be nested. Records of CloudTrail are far below; readers of the columns that stay JSON refuse what is
/// much deeper (Trino's does at 1,000).
pub const MAX_DEPTH: usize = 500;

/// Why a value was not passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The text ends before it does.
    Ends,
    /// It is no JSON.
    Wrong,
    /// It is nested deeper than [`MAX_DEPTH`].
    Deep,
}

/// A place in a text.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    /// The text.
    pub text: &'a [u8],
    /// How many bytes of it have been passed over.
    pub at: usize,
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte that is zero, and of none before the first of them.
#[inline(always)]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

/// Whether a byte ends the plain part of a string: a quote, a backslash, a control character.
#[inline(always)]
fn ends_plain(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// How many bytes of plain text a string has from here on.
#[inline(always)]
fn plain(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*eight);
        let control = word.wrapping_sub(LOW * 0x20) & !word & HIGH;
        let found = zeros(word ^ (LOW * u64::from(b'"'))) | zeros(word ^ (LOW * u64::from(b'\\'))) | control;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| ends_plain(*byte)).unwrap_or(rest.len())
}

impl<'a> Cursor<'a> {
    /// The beginning of a text.
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte, if there is one.
    #[inline(always)]
    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The next byte that is no blank; those before it are passed over.
    #[inline(always)]
    pub fn next_sign(&mut self) -> Result<u8, Stop> {
        loop {
            match self.peek() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(byte),
                None => return Err(Stop::Ends),
            }
        }
    }

    /// Passes over a string, whose quote is here, and says whether it holds escapes.
    #[inline(always)]
    pub fn string(&mut self) -> Result<bool, Stop> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at += plain(self.text.get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(Stop::Wrong),
                None => return Err(Stop::Ends),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Stop> {
        match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => {
                for place in self.at + 2..self.at + 6 {
                    match self.text.get(place) {
                        Some(byte) if byte.is_ascii_hexdigit() => {}
                        Some(_) => return Err(Stop::Wrong),
                        None => return Err(Stop::Ends),
                    }
                }
                self.at += 6;
                Ok(())
            }
            Some(_) => Err(Stop::Wrong),
            None => Err(Stop::Ends),
        }
    }

    /// Passes over a value, whose first byte is here.
    #[inline(always)]
    pub fn value(&mut self, depth: usize) -> Result<(), Stop> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{' | b'[') => self.nested(depth),
            Some(_) => self.scalar(),
            None => Err(Stop::Ends),
        }
    }

    /// Passes over `true`, `false`, `null` or a number.
    fn scalar(&mut self) -> Result<(), Stop> {
        let word: &[u8] = match self.peek() {
            Some(b't') => b"true",
            Some(b'f') => b"false",
            Some(b'n') => b"null",
            _ => return self.number(),
        };
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        Err(if word.starts_with(rest) { Stop::Ends } else { Stop::Wrong })
    }

    fn number(&mut self) -> Result<(), Stop> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        // What follows may belong to it.
        if self.peek().is_none() { Err(Stop::Ends) } else { Ok(()) }
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match (self.at > from, self.peek()) {
            (true, _) => Ok(()),
            (false, Some(_)) => Err(Stop::Wrong),
            (false, None) => Err(Stop::Ends),
        }
    }

    /// Passes over an object or array, whose bracket is here and which lies in `depth` others. Without recursion, and
    /// without memory: a bit each says which of those that are open are objects.
    fn nested(&mut self, depth: usize) -> Result<(), Stop> {
        let mut open = Open::default();
        open.push(self.peek() == Some(b'{'), depth)?;
        self.at += 1;
        let mut first = true;
        loop {
            let is_object = open.is_object();
            let byte = self.next_sign()?;
            if byte == if is_object { b'}' } else { b']' } {
                self.at += 1;
                open.count -= 1;
                if open.count == 0 {
                    return Ok(());
                }
                first = false;
                continue;
            }
            if !first {
                self.expect(b',')?;
            }
            first = false;
            if is_object {
                self.key()?;
            }
            match self.next_sign()? {
                bracket @ (b'{' | b'[') => {
                    open.push(bracket == b'{', depth)?;
                    self.at += 1;
                    first = true;
                }
                b'"' => drop(self.string()?),
                _ => self.scalar()?,
            }
        }
    }

    /// Passes over a key and its colon, and says whether the key holds escapes.
    #[inline(always)]
    pub fn key(&mut self) -> Result<bool, Stop> {
        if self.next_sign()? != b'"' {
            return Err(Stop::Wrong);
        }
        let escaped = self.string()?;
        self.expect(b':')?;
        Ok(escaped)
    }

    /// Passes over this byte and the blanks before it.
    #[inline(always)]
    pub fn expect(&mut self, expected: u8) -> Result<(), Stop> {
        if self.next_sign()? != expected {
            return Err(Stop::Wrong);
        }
        self.at += 1;
        Ok(())
    }
}

/// Which of the objects and arrays that are open are objects.
#[derive(Default)]
struct Open {
    bits: [u64; MAX_DEPTH.div_ceil(64)],
    count: usize,
}

impl Open {
    fn push(&mut self, is_object: bool, depth: usize) -> Result<(), Stop> {
        if depth + self.count >= MAX_DEPTH {
            return Err(Stop::Deep);
        }
        let (word, bit) = (self.count / 64, self.count % 64);
        self.bits[word] = self.bits[word] & !(1 << bit) | u64::from(is_object) << bit;
        self.count += 1;
        Ok(())
    }

    fn is_object(&self) -> bool {
        let last = self.count - 1;
        self.bits[last / 64] >> (last % 64) & 1 == 1
    }
}

/// What an object holds at its top, in order: keys without their quotes and escapes, values as they stand. The text must be
/// that of an object that was passed over; what is not is given as far as it goes.
pub fn members(object: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, &[u8])> {
    let mut cursor = Cursor::new(object);
    let mut is_open = cursor.expect(b'{').is_ok();
    std::iter::from_fn(move || {
        if !is_open {
            return None;
        }
        let found = member(&mut cursor);
        is_open = found.is_some() && cursor.expect(b',').is_ok();
        found
    })
}

fn member<'a>(cursor: &mut Cursor<'a>) -> Option<(Cow<'a, [u8]>, &'a [u8])> {
    if cursor.next_sign().ok()? != b'"' {
        return None;
    }
    let from = cursor.at + 1;
    let escaped = cursor.string().ok()?;
    let key = cursor.text.get(from..cursor.at - 1)?;
    cursor.expect(b':').ok()?;
    cursor.next_sign().ok()?;
    let from = cursor.at;
    cursor.value(0).ok()?;
    let value = cursor.text.get(from..cursor.at)?;
    Some((if escaped { Cow::Owned(unescape(key)) } else { Cow::Borrowed(key) }, value))
}

/// What an array holds, as it stands.
pub fn elements(array: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut cursor = Cursor::new(array);
    let mut is_open = cursor.expect(b'[').is_ok();
    std::iter::from_fn(move || {
        if !is_open || cursor.next_sign().ok()? == b']' {
            return None;
        }
        let from = cursor.at;
        cursor.value(0).ok()?;
        let value = cursor.text.get(from..cursor.at);
        is_open = cursor.expect(b',').is_ok();
        value
    })
}

/// The last value of each of these names in an object; a name that stands twice has its last value, as for most readers.
pub fn pick<'a, const N: usize>(object: Option<&'a [u8]>, names: [&str; N]) -> [Option<&'a [u8]>; N] {
    let mut values = [None; N];
    for (key, value) in object.into_iter().flat_map(members) {
        if let Some(at) = names.iter().position(|name| name.as_bytes() == key.as_ref()) {
            values[at] = Some(value);
        }
    }
    values
}

/// A value that is there, as it stands.
#[inline]
pub fn present(value: Option<&[u8]>) -> Option<&[u8]> {
    value.filter(|value| *value != b"null")
}

/// A value as text: a string without its quotes and escapes, all else as it stands.
#[inline]
pub fn text(value: Option<&[u8]>) -> Option<Cow<'_, [u8]>> {
    let value = present(value)?;
    let Some(inner) = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        return Some(Cow::Borrowed(value));
    };
    Some(match memchr::memchr(b'\\', inner) {
        None => Cow::Borrowed(inner),
        Some(_) => Cow::Owned(unescape(inner)),
    })
}

/// A value as text, unless it is an object or an array.
pub fn scalar(value: Option<&[u8]>) -> Option<Cow<'_, [u8]>> {
    text(value.filter(|value| !matches!(value.first(), Some(b'{' | b'['))))
}

/// A whole number that is not negative, however it is written: `12`, `12.0`, `1.2e1`, `"12"`.
pub fn count(value: Option<&[u8]>) -> Option<i64> {
    let text = scalar(value)?;
    let text = std::str::from_utf8(&text).ok()?;
    if let Ok(number) = text.parse::<i64>() {
        return (number >= 0).then_some(number);
    }
    // Up to here a double holds every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number: f64 = text.parse().ok()?;
    (number.fract() == 0.0 && (0.0..=EXACT).contains(&number)).then_some(number as i64)
}

/// A string's text without its escapes. A half of a surrogate pair by itself is no character: it becomes U+FFFD.
pub fn unescape(inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        let escape = rest.get(at + 1).copied().unwrap_or_default();
        rest = rest.get(at + 2..).unwrap_or_default();
        match escape {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let (sign, after) = character(rest);
                out.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
            }
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
    out
}

fn unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some((number, rest))
}

/// The character whose hexadecimal digits begin here, and what follows it.
fn character(text: &[u8]) -> (char, &[u8]) {
    const LOST: char = char::REPLACEMENT_CHARACTER;
    let Some((first, rest)) = unit(text) else { return (LOST, b"") };
    if !(0xD800..0xDC00).contains(&first) {
        return (char::from_u32(first).unwrap_or(LOST), rest);
    }
    let second = rest.strip_prefix(b"\\u").and_then(unit).filter(|(second, _)| (0xDC00..0xE000).contains(second));
    match second {
        Some((second, rest)) => {
            let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            (char::from_u32(code).unwrap_or(LOST), rest)
        }
        None => (LOST, rest),
    }
}
