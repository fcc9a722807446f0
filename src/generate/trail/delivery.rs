//! Files of events: when they are delivered, what is in each, and what they are called.

use std::collections::BTreeMap;
use std::fs::{create_dir_all, write};
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::account::Accounts;
use super::hard::{self, Quirk};
use super::{Event, Place, call};
use crate::Result;
use crate::generate::Options;
use crate::generate::objects::cannot_write;
use crate::generate::random::mix2;
use crate::generate::scribe::World;

/// What was written of CloudTrail, and what a pipeline that reads it must count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trails {
    /// Files of events, damaged ones among them.
    pub files: u64,
    /// Their bytes as stored.
    pub stored_bytes: u64,
    /// What can be read of them: `events` and those `rejected`.
    pub records: u64,
    /// Records that are events.
    pub events: u64,
    /// Events that are delivered a second time, counted in `events` too.
    pub repeated: u64,
    /// Records that are none, by what is wrong with them.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Files by the quirk that was put into them.
    pub quirks: BTreeMap<&'static str, u64>,
    /// Files that are cut short, or none of CloudTrail's though named so.
    pub damaged_files: u64,
    /// Files beside them that hold no events: digests, insights, logs of another service.
    pub other_files: u64,
}

impl Trails {
    /// Adds what else was written.
    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.stored_bytes += other.stored_bytes;
        self.records += other.records;
        self.events += other.events;
        self.repeated += other.repeated;
        self.damaged_files += other.damaged_files;
        self.other_files += other.other_files;
        for (sums, counts) in [(&mut self.rejected, other.rejected), (&mut self.quirks, other.quirks)] {
            for (name, count) in counts {
                *sums.entry(name).or_default() += count;
            }
        }
    }

    /// All records that are no events.
    pub fn rejected_records(&self) -> u64 {
        self.rejected.values().sum()
    }
}

/// CloudTrail waits for events; those that come later than this after their file was due go to the next one.
const WAIT: u64 = 3 * 3600;
/// It delivers about five minutes after a call (CloudTrail user guide, "How CloudTrail works").
const LATENCY: u64 = 300;
/// When so much has been gathered, files are written early: bounds the memory.
const HELD_BYTES: usize = 64 << 20;

/// Gathers events and writes them.
#[derive(Debug)]
pub struct Deliveries<'a> {
    options: &'a Options,
    world: &'a World,
    dir: &'a Path,
    /// Tells files of the same place and time apart: of the layout's lanes each has files of its own.
    lane: u64,
    accounts: Option<Accounts<'a>>,
    /// A file holds what happened in so many seconds.
    slot: u64,
    next: u64,
    held: BTreeMap<(u64, Place), Vec<Event>>,
    held_bytes: usize,
    made: Trails,
}

impl<'a> Deliveries<'a> {
    /// Deliveries below the folder `dir`. The first lane has what the accounts do themselves, too.
    pub fn new(options: &'a Options, world: &'a World, dir: &'a Path, lane: u64) -> Self {
        let accounts = (lane == 0).then(|| Accounts::new(options.seed, world));
        // Files as CloudTrail has them are due every five minutes. For a few records that would be thousands of files.
        let hourly = options.bytes / (u64::from(options.days) * 24).max(1);
        let slot = match hourly {
            0..2_000_000 => 3600,
            2_000_000..8_000_000 => 900,
            _ => 300,
        };
        let (held, made) = (BTreeMap::new(), Trails::default());
        Self { options, world, dir, lane, accounts, slot, next: 0, held, held_bytes: 0, made }
    }

    /// Takes the events of requests up to `now` and writes what is due.
    ///
    /// # Errors
    /// Whatever the file system refuses.
    pub fn take(&mut self, events: Vec<Event>, now: u64) -> Result<()> {
        self.tell(now);
        self.hold(events);
        while let Some(slot) = self.held.keys().next().map(|(slot, _)| *slot) {
            if (slot + 1) * self.slot + WAIT > now && self.held_bytes < HELD_BYTES {
                break;
            }
            self.deliver(slot)?;
        }
        Ok(())
    }

    /// Writes what is left, and says what was written.
    ///
    /// # Errors
    /// Whatever the file system refuses.
    pub fn finish(mut self) -> Result<Trails> {
        self.tell(u64::from(self.options.days) * 86_400);
        while let Some(slot) = self.held.keys().next().map(|(slot, _)| *slot) {
            self.deliver(slot)?;
        }
        if self.options.hard && self.lane == 0 {
            let day = call::date(&self.world.days, u64::from(self.options.days) * 86_400 - 1, "");
            for special in hard::specials(&day)? {
                self.store(&special.name, &special.bytes)?;
                self.count_special(&special);
            }
        }
        self.made.records = self.made.events + self.made.rejected.values().sum::<u64>();
        Ok(self.made)
    }

    fn count_special(&mut self, special: &hard::Special) {
        let made = &mut self.made;
        if special.is_sibling {
            made.other_files += 1;
            return;
        }
        made.files += 1;
        made.stored_bytes += special.bytes.len() as u64;
        made.events += special.events;
        *made.quirks.entry(special.quirk).or_default() += 1;
        if let Some(reject) = special.reject {
            *made.rejected.entry(reject.as_str()).or_default() += 1;
            made.damaged_files += 1;
        }
    }

    fn tell(&mut self, now: u64) {
        let Some(accounts) = &mut self.accounts else { return };
        let events = accounts.until(now);
        self.hold(events);
    }

    fn hold(&mut self, events: Vec<Event>) {
        for event in events {
            let slot = (event.second / self.slot).max(self.next);
            self.held_bytes += event.json.len();
            self.held.entry((slot, event.place)).or_default().push(event);
        }
    }

    /// Writes the files of a slot, one a place.
    fn deliver(&mut self, slot: u64) -> Result<()> {
        self.next = slot + 1;
        let later = self.held.split_off(&(slot + 1, ("", "")));
        for ((slot, place), mut events) in std::mem::replace(&mut self.held, later) {
            self.held_bytes -= events.iter().map(|event| event.json.len()).sum::<usize>();
            events.sort_by_key(|event| event.second);
            let name = self.name(slot, place);
            let records = events.into_iter().map(|event| event.json).collect();
            let quirk = if self.options.hard { hard::quirk(self.made.files) } else { Quirk::None };
            let file = hard::file(records, quirk)?;
            self.made.files += 1;
            self.made.stored_bytes += file.bytes.len() as u64;
            self.made.events += file.events;
            self.made.repeated += file.repeated;
            for reject in file.rejected {
                *self.made.rejected.entry(reject.as_str()).or_default() += 1;
            }
            if quirk != Quirk::None {
                *self.made.quirks.entry(quirk.name()).or_default() += 1;
            }
            self.store(&name, &file.bytes)?;
        }
        Ok(())
    }

    /// What the file of a slot is called (CloudTrail user guide, "CloudTrail log file name format").
    fn name(&self, slot: u64, (account, region): Place) -> String {
        const SIGNS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let second = (slot + 1) * self.slot + LATENCY;
        let (day, folders) = (call::date(&self.world.days, second, ""), call::date(&self.world.days, second, "/"));
        let [hour, minute] = [second / 3600 % 24, second / 60 % 60];
        let place = region.bytes().chain(account.bytes()).fold(self.lane, |sum, byte| mix2(sum, u64::from(byte)));
        let seed = mix2(self.options.seed ^ place, second);
        let unique: String =
            (0..16).map(|at| char::from(SIGNS[(mix2(seed, at) % SIGNS.len() as u64) as usize])).collect();
        format!(
            "AWSLogs/{account}/CloudTrail/{region}/{folders}/\
             {account}_CloudTrail_{region}_{day}T{hour:02}{minute:02}Z_{unique}.json.gz"
        )
    }

    fn store(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.dir.join(name);
        if let Some(parent) = path.parent() {
            create_dir_all(parent).map_err(|e| cannot_write(parent, e))?;
        }
        write(&path, bytes).map_err(|e| cannot_write(&path, e))
    }
}

/// Bytes in gzip.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let packed = || {
        let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), Compression::default());
        encoder.write_all(bytes)?;
        encoder.finish()
    };
    packed().map_err(|error: std::io::Error| crate::Error::failed("cannot compress events").because(error))
}
