//! From a stream of bytes, compressed or not, to whole lines, in memory that is bounded whatever comes in.
//!
//! The hot path of everything: a plain stream is read straight into one large buffer that lives across objects, and
//! lines are handed out of it as they lie there. Only the beginning of a line that the next read will end is moved.

use std::io::{self, Read};

use zstd_safe::{DCtx, ResetDirective};

pub use compressed::Damage;
use compressed::{Format, zstd_decoder};

/// The longest line that is handed out, in bytes without its newline. The longest fields that S3 accepts (a URI, a
/// referrer, a user agent, a key of 1,024 bytes encoded twice) are far below.
pub const MAX_LINE: usize = 1 << 20;

/// How much of a line that is too long is kept, in bytes.
pub const HEAD: usize = 4096;

/// Small enough to stay in a core's second-level cache while its lines are parsed.
const READ_STEP: usize = 256 << 10;

/// How many bytes tell a format.
const MAGIC: usize = 4;

/// Everything a [`LineReader`] allocates, to be used for one stream after another.
pub struct Buffers {
    /// One byte longer than the longest line, so that a full block without a newline is a line that is too long.
    block: Vec<u8>,
    /// Compressed bytes; empty until the first compressed stream.
    input: Vec<u8>,
    head: Vec<u8>,
    zstd: Option<DCtx<'static>>,
}

impl Buffers {
    /// Buffers for lines of at most [`MAX_LINE`] bytes.
    pub fn new() -> Self {
        Self::for_lines_up_to(MAX_LINE)
    }

    /// Buffers for lines of at most `max_line` bytes (and at least 3) without their newline.
    pub fn for_lines_up_to(max_line: usize) -> Self {
        let block = max_line.max(MAGIC - 1).saturating_add(1);
        Self { block: vec![0; block], input: Vec::new(), head: Vec::new(), zstd: None }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// What a [`LineReader`] finds next. Events come in the order of the stream and cover all of it, so a caller who adds
/// the lines of each knows the number of every line.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Whole lines, at least one. Each ends with a newline, save a last one that the stream ends without.
    /// [`lines`] splits them.
    Lines {
        /// The lines as they lie in the stream.
        bytes: &'a [u8],
        /// Where they begin in the decompressed stream, in bytes.
        offset: u64,
    },
    /// One line of more than the longest length. It was not buffered.
    TooLong {
        /// Its first bytes, at most [`HEAD`].
        head: &'a [u8],
        /// Its length in bytes, without a newline; as far as it could be read if the stream is damaged in it.
        length: u64,
        /// Where it begins in the decompressed stream, in bytes.
        offset: u64,
    },
    /// The beginning of one line: what follows in the stream is damaged. The next call returns the fault.
    Cut {
        /// What could be read of it; never empty.
        bytes: &'a [u8],
        /// Where it begins in the decompressed stream, in bytes.
        offset: u64,
    },
}

/// Why a stream could not be read to its end.
#[derive(Debug)]
pub enum ReadFault {
    /// Reading failed; the error is the stream's own.
    Io(io::Error),
    /// The stream was read, but its compression is damaged. Everything before the fault has been handed out.
    Damaged(Damage),
}

/// What came of reading on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// There is more.
    Bytes,
    /// The stream ends here, or is damaged.
    Nothing,
    /// There is no room for more.
    Full,
}

/// Reads one stream as lines. gzip (also of several members) and zstd (also of several frames) are recognised by their
/// first bytes, never by a name; anything else is text as it is.
pub struct LineReader<'b, R> {
    reader: R,
    buffers: &'b mut Buffers,
    format: Format,
    /// The part of `buffers.input` not decompressed yet.
    input: (usize, usize),
    /// The part of `buffers.block` not handed out yet.
    start: usize,
    end: usize,
    /// No newline lies in the block between `start` and here.
    searched: usize,
    /// Where `start` lies in the decompressed stream.
    offset: u64,
    damage: Option<Damage>,
    finished: bool,
}

impl<'b, R: Read> LineReader<'b, R> {
    /// Begins to read a stream. Nothing is read before the first event is asked for.
    pub fn new(reader: R, buffers: &'b mut Buffers) -> Self {
        Self {
            reader,
            buffers,
            format: Format::Unknown,
            input: (0, 0),
            start: 0,
            end: 0,
            searched: 0,
            offset: 0,
            damage: None,
            finished: false,
        }
    }

    /// The next lines; `None` at the end of the stream, and after a fault.
    ///
    /// # Errors
    /// [`ReadFault::Io`] as soon as reading fails, without handing out what lies buffered; [`ReadFault::Damaged`] after
    /// all that could be decompressed has been handed out.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, ReadFault> {
        if self.finished {
            return Ok(None);
        }
        loop {
            if let Some(newline) = memchr::memrchr(b'\n', &self.buffers.block[self.searched..self.end]) {
                let after = self.searched + newline + 1;
                self.searched = self.end;
                return Ok(Some(self.hand_out(after)));
            }
            self.searched = self.end;
            self.move_to_front();
            if self.end == self.buffers.block.len() {
                return self.pass_over_long_line().map(Some);
            }
            if self.fill()? == 0 {
                return self.last();
            }
        }
    }

    /// What has been read and not consumed, as it lies in the block. For streams that are no lines.
    pub fn bytes(&self) -> &[u8] {
        &self.buffers.block[self.start..self.end]
    }

    /// Where [`LineReader::bytes`] begins in the decompressed stream.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Lets go of the first `count` of [`LineReader::bytes`].
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Reads on behind [`LineReader::bytes`].
    ///
    /// # Errors
    /// [`ReadFault::Io`] when reading fails.
    pub fn more(&mut self) -> Result<More, ReadFault> {
        self.move_to_front();
        if self.end == self.buffers.block.len() {
            return Ok(More::Full);
        }
        Ok(if self.fill()? == 0 { More::Nothing } else { More::Bytes })
    }

    /// What is wrong with the stream, as far as it has been read.
    pub fn damage(&self) -> Option<Damage> {
        self.damage
    }

    fn hand_out(&mut self, after: usize) -> Event<'_> {
        let (start, offset) = (self.start, self.offset);
        self.start = after;
        self.offset += (after - start) as u64;
        Event::Lines { bytes: &self.buffers.block[start..after], offset }
    }

    fn move_to_front(&mut self) {
        if self.start > 0 {
            self.buffers.block.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.searched = self.end;
            self.start = 0;
        }
    }

    /// What remains at the end of the stream: a line without a newline, a cut line, a fault, nothing.
    fn last(&mut self) -> Result<Option<Event<'_>>, ReadFault> {
        if self.start < self.end {
            let end = self.end;
            return Ok(Some(match self.damage {
                None => {
                    self.finished = true;
                    self.hand_out(end)
                }
                Some(_) => {
                    let (start, offset) = (std::mem::replace(&mut self.start, end), self.offset);
                    Event::Cut { bytes: &self.buffers.block[start..end], offset }
                }
            }));
        }
        self.finished = true;
        self.damage.map_or(Ok(None), |damage| Err(ReadFault::Damaged(damage)))
    }

    /// Called with a full block and no newline in it.
    fn pass_over_long_line(&mut self) -> Result<Event<'_>, ReadFault> {
        let offset = self.offset;
        let mut length = 0;
        let mut newline = 0;
        self.buffers.head.clear();
        let mut read = self.end;
        while read > 0 {
            let line_end = memchr::memchr(b'\n', &self.buffers.block[..read]);
            let part = line_end.unwrap_or(read);
            let kept = part.min(HEAD - self.buffers.head.len());
            self.buffers.head.extend_from_slice(&self.buffers.block[..kept]);
            length += part as u64;
            if line_end.is_some() {
                (self.start, self.searched) = (part + 1, part + 1);
                newline = 1;
                break;
            }
            (self.start, self.end, self.searched) = (0, 0, 0);
            read = self.fill()?;
        }
        self.offset = offset + length + newline;
        Ok(Event::TooLong { head: &self.buffers.head, length, offset })
    }

    /// Reads on behind what lies in the block; 0 at the end of the stream or at its damage.
    fn fill(&mut self) -> Result<usize, ReadFault> {
        if self.damage.is_some() {
            return Ok(0);
        }
        if matches!(self.format, Format::Unknown) {
            return self.recognise();
        }
        let limit = self.buffers.block.len().min(self.end + READ_STEP);
        let read = match self.format {
            Format::Gzip { .. } => self.inflate(limit)?,
            Format::Zstd { .. } => self.unzstd(limit)?,
            Format::Plain | Format::Unknown => self.read_block(limit)?,
        };
        self.end += read;
        Ok(read)
    }

    /// The first read: decides by its bytes how to go on.
    fn recognise(&mut self) -> Result<usize, ReadFault> {
        let limit = self.buffers.block.len().min(READ_STEP);
        while self.end < MAGIC {
            match self.read_block(limit)? {
                0 => break,
                read => self.end += read,
            }
        }
        let first = &self.buffers.block[..self.end];
        self.format = Format::of(first);
        if matches!(self.format, Format::Plain) {
            return Ok(self.end);
        }
        self.buffers.input.resize(READ_STEP, 0);
        self.buffers.input[..self.end].copy_from_slice(first);
        self.input = (0, self.end);
        self.end = 0;
        if matches!(self.format, Format::Zstd { .. }) {
            // Resetting only the session cannot fail (zstd.h, ZSTD_DCtx_reset).
            let _ = self.buffers.zstd.get_or_insert_with(zstd_decoder).reset(ResetDirective::SessionOnly);
        }
        self.fill()
    }

    fn read_block(&mut self, limit: usize) -> Result<usize, ReadFault> {
        let read = read_some(&mut self.reader, &mut self.buffers.block[self.end..limit]);
        read.map_err(|error| self.fail(error))
    }

    fn fail(&mut self, error: io::Error) -> ReadFault {
        self.finished = true;
        ReadFault::Io(error)
    }
}

fn read_some(reader: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// The lines of an event, without their newlines. Carriage returns are left; see [`trim_line`].
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(line)
    })
}

/// A line without the carriage return that ends it, if one does.
pub fn trim_line(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

mod compressed;
#[cfg(test)]
mod tests;
