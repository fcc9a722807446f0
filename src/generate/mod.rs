//! Realistic S3 server access logs, the same bytes for the same options on every machine.
//!
//! The stream of records is made of blocks, each with random numbers of its own, so any number of threads makes the same
//! bytes. Objects are cut from that stream afterwards: their number changes nothing but where the cuts are.
//! docs/generate.md lists the distributions.

mod actions;
mod agents;
mod hard;
mod keys;
mod line;
mod objects;
mod quirks;
mod random;
mod scribe;
mod stream;
mod trail;
mod values;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde::Serialize;

use crate::{Error, Result};
use keys::Day;
use scribe::{HISTORY_DAYS, World};
pub use trail::Trails;

/// How the log objects are named, as the setting of a bucket's logging has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `YYYY-MM-DD-hh-mm-ss-Unique`, the buckets mixed.
    Simple,
    /// `Account/Region/Bucket/YYYY/MM/DD/YYYY-MM-DD-hh-mm-ss-Unique`, by time of delivery.
    Partitioned,
}

/// What to generate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Bytes of log lines, all objects together; a little more is written, as the last record is whole.
    pub bytes: u64,
    /// Other numbers give other records.
    pub seed: u64,
    /// The first day, UTC.
    pub start: Date,
    /// How many days the deliveries are spread over, evenly.
    pub days: u32,
    /// How many log objects. Without, about one a MiB and at least one an hour.
    pub objects: Option<u64>,
    /// The names.
    pub layout: Layout,
    /// Mix in every quirk that real logs are known to have, and files that are no logs.
    pub hard: bool,
    /// Bytes of the over-long line that `hard` adds.
    pub long_line: u64,
    /// Where to write what CloudTrail records of the same days. The access logs are the same bytes with and without it.
    pub trails: Option<PathBuf>,
    /// Threads; changes nothing but the time it takes.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bytes: 100_000_000,
            seed: 1,
            start: date(2026, 6, 1),
            days: 30,
            objects: None,
            layout: Layout::Simple,
            hard: false,
            long_line: 2_000_000,
            trails: None,
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        }
    }
}

/// What was written, and what a pipeline that reads it must count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Generated {
    /// Log objects, compressed, empty and damaged ones among them.
    pub objects: u64,
    /// Bytes of the log objects as stored.
    pub stored_bytes: u64,
    /// Lines that can be read from them: `records` and those `rejected`.
    pub lines: u64,
    /// Lines that are records.
    pub records: u64,
    /// Lines that are none, by what is wrong with them (in words of this module).
    pub rejected: BTreeMap<&'static str, u64>,
    /// Records and objects by the quirk that was put into them.
    pub quirks: BTreeMap<&'static str, u64>,
    /// Log objects that end in the middle of a compressed stream. What can be read of them is counted above.
    pub damaged_objects: u64,
    /// Files in the folder that are no log objects, and are counted nowhere else.
    pub other_files: u64,
    /// The files of CloudTrail, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trails: Option<Trails>,
}

impl Generated {
    /// All rejected lines.
    pub fn rejected_lines(&self) -> u64 {
        self.rejected.values().sum()
    }
}

/// Objects smaller than this are refused: each must hold a whole record.
const MIN_OBJECT_BYTES: u64 = 4096;
/// What an object holds by default.
const USUAL_OBJECT_BYTES: u64 = 1 << 20;

/// Writes log objects into the folder `dir`, which is made if need be. Files of other names in it stay.
///
/// # Errors
/// Options that contradict one another, and whatever the file system refuses.
pub fn generate(options: &Options, dir: &Path) -> Result<Generated> {
    let objects = object_count(options)?;
    let world = World::new(days(options)?);
    let mut generated = Generated::default();
    objects::write_stream(options, &world, objects, dir, &mut generated)?;
    if options.hard {
        hard::write_special_objects(options, &world, dir, &mut generated)?;
    }
    generated.lines = generated.records + generated.rejected_lines();
    Ok(generated)
}

fn object_count(options: &Options) -> Result<u64> {
    if options.bytes == 0 || options.days == 0 {
        return Err(Error::usage("nothing to generate: bytes and days must be at least 1"));
    }
    let most = (options.bytes / MIN_OBJECT_BYTES).max(1);
    let hourly = u64::from(options.days) * 24;
    match options.objects {
        None => Ok((options.bytes / USUAL_OBJECT_BYTES).max(hourly).clamp(1, most)),
        Some(count) if (1..=most).contains(&count) => Ok(count),
        Some(count) => Err(Error::usage(format!("cannot make {count} objects of {} bytes", options.bytes))
            .hint(format!("choose 1 to {most} objects, or more bytes"))),
    }
}

fn days(options: &Options) -> Result<Vec<Day>> {
    let out_of_range =
        |error| Error::usage(format!("the days from {} on cannot be counted", options.start)).because(error);
    let first = options.start.checked_sub((HISTORY_DAYS as i64).days()).map_err(out_of_range)?;
    // One more than asked for: the last object is delivered at the end of the last day.
    let count = HISTORY_DAYS as i64 + i64::from(options.days) + 1;
    (0..count)
        .map(|offset| {
            let day = first.checked_add(offset.days()).map_err(out_of_range)?;
            let parts = [format!("{:04}", day.year()), format!("{:02}", day.month()), format!("{:02}", day.day())];
            Ok(Day { log: format!("[{}:", day.strftime("%d/%b/%Y")), parts })
        })
        .collect()
}

#[cfg(test)]
mod tests;
