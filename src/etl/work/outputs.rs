//! What a shard writes: data files, reject files, and what the done-file says of them.

use std::fmt::Write as _;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{Place, WorkContext};
use crate::Result;
use crate::error::Error;
use crate::etl::encode::EncodedFile;
use crate::etl::model::{NotRead, OutputFile, PlannedObject, RejectedLine, ShardDone, SkippedObject};
use crate::etl::state;
use crate::logs::time::HOUR_MS;

/// A record of an hour that ended more than this many hours before its object was delivered is late. AWS: most records
/// are delivered "within a few hours".
const LATE_AFTER_HOURS: i64 = 2;

/// How much of a rejected line is kept, in bytes. The whole line stays in its object.
const KEPT_BYTES: usize = 16 << 10;

/// A reject file is written when it has grown to this many bytes.
const REJECT_FILE_BYTES: usize = 8 << 20;

/// The outputs of a shard so far.
pub(super) struct Outputs<'a> {
    pub(super) context: &'a WorkContext<'a>,
    shard: u32,
    sequence: u32,
    reject_sequence: u32,
    rejected: Vec<u8>,
    pub(super) done: ShardDone,
}

impl<'a> Outputs<'a> {
    pub(super) fn new(context: &'a WorkContext<'a>, shard: u32) -> Self {
        let done = ShardDone {
            shard,
            counts: Default::default(),
            outputs: Vec::new(),
            rejects: Vec::new(),
            skipped: Vec::new(),
            time_range: None,
        };
        Self { context, shard, sequence: 0, reject_sequence: 0, rejected: Vec::new(), done }
    }

    pub(super) fn skip(&mut self, object: &PlannedObject, reason: NotRead) {
        let (source, key) = (object.source.clone(), object.key.clone());
        self.done.skipped.push(SkippedObject { source, key, reason });
    }

    #[inline]
    pub(super) fn count(&mut self, time: i64, delivered_hour: Option<i64>) {
        let counts = &mut self.done.counts;
        counts.lines += 1;
        counts.records += 1;
        let hour = time.div_euclid(HOUR_MS);
        counts.late += u64::from(delivered_hour.is_some_and(|delivered| hour + LATE_AFTER_HOURS < delivered));
        let (first, last) = self.done.time_range.get_or_insert((time, time));
        *first = time.min(*first);
        *last = time.max(*last);
    }

    pub(super) fn reject(
        &mut self,
        place: &Place<'_>,
        offset: u64,
        length: u64,
        line: &[u8],
        reason: &str,
    ) -> Result<()> {
        let counts = &mut self.done.counts;
        counts.lines += 1;
        counts.rejected += 1;
        *counts.rejects_by_reason.entry(reason.to_owned()).or_default() += 1;
        let kept = &line[..line.len().min(KEPT_BYTES)];
        let rejected = RejectedLine {
            source: place.object.source.clone(),
            object: place.object.key.clone(),
            line: place.line,
            offset,
            length,
            reason: reason.to_owned(),
            text: escaped(kept),
            cut: (kept.len() as u64) < length,
        };
        serde_json::to_writer(&mut self.rejected, &rejected)
            .map_err(|error| Error::failed("cannot write down a rejected line").because(error))?;
        self.rejected.push(b'\n');
        if self.rejected.len() >= REJECT_FILE_BYTES {
            self.write_rejects()?;
        }
        Ok(())
    }

    /// Plan, shard, sequence, and a hash of what was not read so far if there is any.
    fn name(&self, sequence: u32) -> String {
        let mut name = format!("{}-{:05}-{sequence:05}", self.context.plan, self.shard);
        if !self.done.skipped.is_empty() {
            let mut hash = Sha256::new();
            for skipped in &self.done.skipped {
                hash.update(format!("{}\0{}\0{:?}\n", skipped.source, skipped.key, skipped.reason));
            }
            name.push('-');
            name.push_str(&hex(&hash.finalize())[..12]);
        }
        name
    }

    pub(super) fn write_file(&mut self, file: EncodedFile) -> Result<()> {
        let name = self.name(self.sequence);
        self.sequence += 1;
        let path = format!("{}/{name}.parquet", self.context.places.folder(file.table, &file.date, &file.hour));
        let output = self.write(path, file.rows, file.bytes)?;
        self.done.outputs.push(output);
        Ok(())
    }

    fn write_rejects(&mut self) -> Result<()> {
        let name = self.name(self.reject_sequence);
        self.reject_sequence += 1;
        let bytes = std::mem::take(&mut self.rejected);
        let rows = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        let output = self.write(format!("_state/rejects/{name}.ndjson"), rows, bytes)?;
        self.done.rejects.push(output);
        Ok(())
    }

    fn write(&self, path: String, rows: u64, bytes: Vec<u8>) -> Result<OutputFile> {
        let checksum = state::checksum(&bytes);
        let size = bytes.len() as u64;
        self.context.lake.write(&path, Bytes::from(bytes))?;
        Ok(OutputFile { path, rows, bytes: size, checksum })
    }

    pub(super) fn finish(mut self) -> Result<ShardDone> {
        if !self.rejected.is_empty() {
            self.write_rejects()?;
        }
        self.done.outputs.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(self.done)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Text as it is; bytes that are not UTF-8 as `\xHH`, a backslash as `\\`, so that the line can be told exactly.
fn escaped(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_lines_can_be_told_apart() {
        assert_eq!(escaped(b"a\\b\xFF\"\0"), "a\\\\b\\xFF\"\0");
    }
}
