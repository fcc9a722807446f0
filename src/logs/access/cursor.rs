//! Tokens and quoted fields, one after the other.

use memchr::memchr;

/// A place in a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) line: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    #[inline]
    pub(super) fn skip_spaces(&mut self) {
        while self.line.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
    }

    /// The next token, any number of spaces before it; None at the end of the line.
    #[inline]
    pub(super) fn token(&mut self) -> Option<&'a [u8]> {
        self.skip_spaces();
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let length = memchr(b' ', rest).unwrap_or(rest.len());
        self.at += length;
        Some(&rest[..length])
    }
}
