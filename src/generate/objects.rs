//! Log objects: where the stream is cut, and what the pieces are called.

use std::fs::{File, create_dir_all};
use std::io::Write;
use std::path::{Path, PathBuf};

use memchr::memchr;

use super::line::upper_hex;
use super::random::{mix, mix2};
use super::scribe::{HISTORY_DAYS, World};
use super::stream::{Block, Lane, blocks, delivery, lanes};
use super::trail::Deliveries;
use super::world::BUCKETS;
use super::{Generated, Options};
use crate::storage::io_error;
use crate::{Error, Result};

/// Writes the records, cut into `count` objects (shared out among the lanes).
///
/// # Errors
/// Whatever the file system refuses.
pub fn write_stream(options: &Options, world: &World, count: u64, dir: &Path, generated: &mut Generated) -> Result<()> {
    create_dir_all(dir).map_err(|e| cannot_write(dir, e))?;
    for lane in lanes(options) {
        let share = (u128::from(count) * u128::from(lane.bytes) / u128::from(options.bytes)) as u64;
        let names = Names::new(options, world, lane);
        let mut cutter = Cutter { options, lane, names, dir, count: share.max(1), number: 0, open: None, stored: 0 };
        let number = lane.bucket.map_or(0, |bucket| bucket as u64);
        let mut trail = options.trails.as_deref().map(|dir| Deliveries::new(options, world, dir, number));
        blocks(options, world, lane, |mut block| {
            count_lines(&block, generated);
            if let Some(trail) = &mut trail {
                trail.take(std::mem::take(&mut block.events), delivery(options, lane, block.end))?;
            }
            cutter.take(&block)
        })?;
        if let Some(trail) = trail {
            generated.trails.get_or_insert_default().add(trail.finish()?);
        }
        generated.objects += cutter.number;
        generated.stored_bytes += cutter.stored;
    }
    Ok(())
}

/// The error for a file or folder that cannot be written.
pub fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    io_error(format!("cannot write {}", path.display()), &error)
}

fn count_lines(block: &Block, generated: &mut Generated) {
    let mut records = memchr::memchr_iter(b'\n', &block.lines).count() as u64;
    for (quirk, count) in &block.quirks {
        if quirk.is_reject() {
            records -= count;
            *generated.rejected.entry(quirk.name()).or_insert(0) += count;
        } else {
            *generated.quirks.entry(quirk.name()).or_insert(0) += count;
        }
    }
    generated.records += records;
}

/// Cuts a lane into objects of equal size, at the ends of lines.
struct Cutter<'a> {
    options: &'a Options,
    lane: Lane,
    names: Names<'a>,
    dir: &'a Path,
    count: u64,
    /// Objects finished.
    number: u64,
    open: Option<(PathBuf, File)>,
    stored: u64,
}

impl Cutter<'_> {
    fn take(&mut self, block: &Block) -> Result<()> {
        let mut rest = block.lines.as_slice();
        loop {
            let boundary = self.boundary(self.number);
            if boundary > block.end || self.number == self.count {
                return self.append(rest);
            }
            let done = block.lines.len() - rest.len();
            let cut = if boundary == block.end {
                rest.len()
            } else {
                let offset = ((boundary - block.start) as usize).saturating_sub(done).min(rest.len());
                memchr(b'\n', &rest[offset..]).map_or(rest.len(), |at| offset + at + 1)
            };
            let (now, later) = rest.split_at(cut);
            self.append(now)?;
            self.open = None;
            self.number += 1;
            rest = later;
        }
    }

    /// Where in the lane object `number` ends.
    fn boundary(&self, number: u64) -> u64 {
        (u128::from(self.lane.bytes) * u128::from(number + 1) / u128::from(self.count)) as u64
    }

    fn append(&mut self, lines: &[u8]) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        self.stored += lines.len() as u64;
        if self.open.is_none() {
            let second = delivery(self.options, self.lane, self.boundary(self.number)) + 1;
            let path = self.dir.join(self.names.next(second));
            if let Some(parent) = path.parent() {
                create_dir_all(parent).map_err(|e| cannot_write(parent, e))?;
            }
            let file = File::create(&path).map_err(|e| cannot_write(&path, e))?;
            self.open = Some((path, file));
        }
        match &mut self.open {
            Some((path, file)) => file.write_all(lines).map_err(|e| cannot_write(path, e)),
            None => Ok(()),
        }
    }
}

/// The names of a lane's objects: in the order of their making, even within a second.
#[derive(Debug)]
pub struct Names<'a> {
    world: &'a World,
    bucket: Option<usize>,
    seed: u64,
    last: Option<(u64, u64)>,
}

impl<'a> Names<'a> {
    /// The names for `lane`.
    pub fn new(options: &Options, world: &'a World, lane: Lane) -> Self {
        let seed = mix2(options.seed ^ mix(options.bytes), lane.bucket.map_or(0, |bucket| bucket as u64 + 1));
        Self { world, bucket: lane.bucket, seed, last: None }
    }

    /// The name, below the folder of logs, of an object delivered `second` seconds after the start.
    pub fn next(&mut self, second: u64) -> String {
        self.seed = mix(self.seed);
        let unique = match self.last {
            Some((same, unique)) if same == second => unique.saturating_add(self.seed >> 32).saturating_add(1),
            // Leaves room above for more objects of the same second.
            _ => self.seed >> 1,
        };
        self.last = Some((second, unique));
        let [year, month, day] = match self.world.days.get(HISTORY_DAYS + (second / 86_400) as usize) {
            Some(day) => &day.parts,
            None => return String::new(),
        };
        let [hour, minute, second] = [second % 86_400 / 3600, second / 60 % 60, second % 60];
        let unique = upper_hex(unique);
        let unique = std::str::from_utf8(&unique).unwrap_or_default();
        let name = format!("{year}-{month}-{day}-{hour:02}-{minute:02}-{second:02}-{unique}");
        match self.bucket.and_then(|bucket| BUCKETS.get(bucket)) {
            None => name,
            Some(bucket) => {
                format!("{}/{}/{}/{year}/{month}/{day}/{name}", bucket.account, bucket.region, bucket.name)
            }
        }
    }
}
