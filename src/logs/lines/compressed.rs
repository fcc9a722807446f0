//! The compressed formats, and how a [`LineReader`] reads on in one.

use std::io::Read;

use flate2::{Decompress, FlushDecompress, Status};
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use super::{LineReader, ReadFault, read_some};

/// What is wrong with a compressed stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Ends before its compressed data do.
    GzipTruncated,
    /// Holds something that gzip cannot have written, or fails its checksum.
    GzipCorrupt,
    /// Ends before its compressed data do.
    ZstdTruncated,
    /// Holds something that zstd cannot have written, or fails its checksum.
    ZstdCorrupt,
    /// Asks for more memory than [`WINDOW_LOG`] allows: written with `--long` or the `--ultra` levels beyond 20.
    ZstdWindow,
}

impl Damage {
    /// The reason as counts and reports name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Damage::GzipTruncated => "gzip_truncated",
            Damage::GzipCorrupt => "gzip_corrupt",
            Damage::ZstdTruncated => "zstd_truncated",
            Damage::ZstdCorrupt => "zstd_corrupt",
            Damage::ZstdWindow => "zstd_window_too_large",
        }
    }
}

pub(super) enum Format {
    Unknown,
    Plain,
    Gzip {
        inflate: Box<Decompress>,
        between_members: bool,
    },
    Zstd {
        between_frames: bool,
        /// How many bytes the decoder needs to go one block further. Given more, it would lose the blocks before a
        /// fault that it meets in the same call.
        wanted: usize,
    },
}

impl Format {
    /// The format of a stream by its first bytes: RFC 1952; RFC 8878 with its skippable frames.
    pub(super) fn of(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Format::Gzip { inflate: Box::new(gzip_member()), between_members: true },
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Format::Zstd { between_frames: true, wanted: ZSTD_HEADER }
            }
            _ => Format::Plain,
        }
    }
}

fn gzip_member() -> Decompress {
    Decompress::new_gzip(15)
}

/// Each thread may hold a window, so it is 32 MiB at most: what zstd's levels up to 20 ask for (zstd's manual; its decoder
/// takes 128 MiB by default, and RFC 8878 asks for 8 MiB at least).
const WINDOW_LOG: u32 = 25;

/// zstd's own words, which a test holds on to.
const WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";

/// A decoder of zstd with bounded memory.
pub(super) fn zstd_decoder() -> DCtx<'static> {
    let mut decoder = DCtx::create();
    // Setting a parameter within its bounds cannot fail (zstd.h, ZSTD_DCtx_setParameter).
    let _ = decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG));
    decoder
}

/// The least that a zstd frame begins with.
const ZSTD_HEADER: usize = 5;

impl<R: Read> LineReader<'_, R> {
    /// Whether there are compressed bytes to go on with.
    fn has_input(&mut self) -> Result<bool, ReadFault> {
        if self.input.0 == self.input.1 {
            let read = read_some(&mut self.reader, &mut self.buffers.input).map_err(|error| self.fail(error))?;
            self.input = (0, read);
        }
        Ok(self.input.0 < self.input.1)
    }

    pub(super) fn inflate(&mut self, limit: usize) -> Result<usize, ReadFault> {
        loop {
            let Format::Gzip { inflate, between_members } = &mut self.format else { return Ok(0) };
            if *between_members && self.input.0 == self.input.1 {
                if !self.has_input()? {
                    return Ok(0);
                }
                continue;
            }
            if std::mem::take(between_members) {
                **inflate = gzip_member();
            }
            let (read_before, written_before) = (inflate.total_in(), inflate.total_out());
            let input = &self.buffers.input[self.input.0..self.input.1];
            let output = &mut self.buffers.block[self.end..limit];
            let status = inflate.decompress(input, output, FlushDecompress::None);
            let read = (inflate.total_in() - read_before) as usize;
            let written = (inflate.total_out() - written_before) as usize;
            self.input.0 += read;
            match status {
                Ok(Status::StreamEnd) => *between_members = true,
                Ok(_) if read > 0 || written > 0 => {}
                Ok(_) if self.input.0 == self.input.1 && self.has_input()? => {}
                Ok(_) => self.damage = Some(Damage::GzipTruncated),
                Err(_) => self.damage = Some(Damage::GzipCorrupt),
            }
            if written > 0 || self.damage.is_some() {
                return Ok(written);
            }
        }
    }

    pub(super) fn unzstd(&mut self, limit: usize) -> Result<usize, ReadFault> {
        loop {
            let Format::Zstd { between_frames, wanted } = &mut self.format else { return Ok(0) };
            let Some(context) = &mut self.buffers.zstd else { return Ok(0) };
            if *between_frames && self.input.0 == self.input.1 {
                if !self.has_input()? {
                    return Ok(0);
                }
                continue;
            }
            let given = self.input.1.min(self.input.0.saturating_add(*wanted));
            let mut input = InBuffer::around(&self.buffers.input[self.input.0..given]);
            let mut output = OutBuffer::around(&mut self.buffers.block[self.end..limit]);
            let result = context.decompress_stream(&mut output, &mut input);
            let (read, written) = (input.pos(), output.pos());
            self.input.0 += read;
            match result {
                Ok(hint) => {
                    *between_frames = hint == 0;
                    *wanted = if hint == 0 { ZSTD_HEADER } else { hint };
                    if hint != 0 && read == 0 && written == 0 && !self.has_input()? {
                        self.damage = Some(Damage::ZstdTruncated);
                    }
                }
                Err(code) => {
                    let asks_too_much = zstd_safe::get_error_name(code) == WINDOW_TOO_LARGE;
                    self.damage = Some(if asks_too_much { Damage::ZstdWindow } else { Damage::ZstdCorrupt });
                }
            }
            if written > 0 || self.damage.is_some() {
                return Ok(written);
            }
        }
    }
}
