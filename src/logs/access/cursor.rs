//! Tokens and quoted fields, one after the other.

use memchr::memchr;

use super::ABSENT;

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

    /// The token here, and past the one space behind it. None if it is empty or the line ends.
    #[inline(always)]
    pub(super) fn plain_token(&mut self) -> Option<&'a [u8]> {
        let rest = self.line.get(self.at..)?;
        let length = memchr(b' ', rest)?;
        self.at += length + 1;
        (length > 0).then(|| &rest[..length])
    }

    /// A plain token that usually has this length: looked for there before it is searched for.
    #[inline(always)]
    pub(super) fn token_of_length(&mut self, length: usize) -> Option<&'a [u8]> {
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
    pub(super) fn plain_quoted(&mut self) -> Option<&'a [u8]> {
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
