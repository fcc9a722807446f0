//! The lease: says who is at work, so that a second run does not do the same work again. It decides nothing: whether
//! a record counts is decided by the commit log alone, and two runs that both believe to hold the lease do no harm.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::source::Listing;
use super::state;
use crate::error::{Error, Result};
use crate::storage::{Created, Store};

/// Who holds the lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The machine's name, for messages.
    pub host: String,
    /// Where process ids mean the same: the machine since its last start, and within it the process namespace.
    pub place: String,
    /// The process.
    pub pid: u32,
    /// When the process started, in the system's own count, so that a later process of the same id is told apart.
    pub started: Option<u64>,
    /// Which run of that process.
    pub run: u64,
}

/// An epoch: `_state/lease/<epoch>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch {
    /// Who took it.
    pub holder: Holder,
    /// Since when the holder is at work, milliseconds since the epoch.
    pub since_ms: i64,
    /// Until when nobody else may take over, milliseconds since the epoch. None once the holder has ended.
    pub until_ms: Option<i64>,
    /// How the holder's run ended.
    pub ended: Option<Ended>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When, milliseconds since the epoch.
    pub at_ms: i64,
    /// What went wrong, if it did.
    pub error: Option<String>,
    /// Whether it was interrupted, which is then the error.
    pub interrupted: bool,
    /// The commits that it made.
    pub commits: Vec<u64>,
    /// What it found.
    pub listing: Option<Listing>,
}

/// The newest epoch and whether its holder is still at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    /// Its number.
    pub number: u64,
    /// What it says.
    pub epoch: Epoch,
    /// Whether the holder may be at work, as far as one can tell.
    pub at_work: bool,
}

/// The runs of this process that hold a lease: a run that ended without giving it back is told from one at work.
static RUNS_AT_WORK: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());
static NEXT_RUN: AtomicU64 = AtomicU64::new(1);

/// A lease that is held. Dropped without [`Lease::release`], it is as if the process had died.
#[derive(Debug)]
pub struct Lease {
    lake: Store,
    holder: Holder,
    since_ms: i64,
    length_ms: i64,
    number: AtomicU64,
}

impl Drop for Lease {
    fn drop(&mut self) {
        runs_at_work(|runs| runs.remove(&self.holder.run));
    }
}

impl Lease {
    /// Takes the lease, or says who holds it.
    pub fn take(lake: &Store, now_ms: i64, length_ms: i64) -> Result<Result<Self, Latest>> {
        let holder = this_process();
        let lease =
            Self { lake: lake.clone(), since_ms: now_ms, length_ms, number: AtomicU64::new(0), holder: holder.clone() };
        runs_at_work(|runs| runs.insert(holder.run));
        loop {
            let number = match latest(lake, now_ms)? {
                Some(latest) if latest.at_work => return Ok(Err(latest)),
                Some(latest) => latest.number + 1,
                None => 1,
            };
            // Whoever listed long ago may make an epoch anew that has been swept away since; so look once more.
            if lease.make(number, Some(now_ms + length_ms), None)? == Created::Yes
                && newest(lake)?.is_none_or(|newest| newest == number)
            {
                lease.number.store(number, Ordering::SeqCst);
                return Ok(Ok(lease));
            }
        }
    }

    /// Holds on to the lease. False: another run has taken over.
    pub fn renew(&self, now_ms: i64) -> Result<bool> {
        let number = self.number() + 1;
        if self.make(number, Some(now_ms + self.length_ms), None)? == Created::Exists {
            return Ok(false);
        }
        self.number.store(number, Ordering::SeqCst);
        Ok(true)
    }

    /// Gives the lease back and leaves word of how the run ended.
    pub fn release(self, ended: Ended) -> Result<()> {
        self.make(self.number() + 1, None, Some(ended)).map(|_| ())
    }

    /// The epoch before the one that is held.
    pub fn before(&self) -> Result<Option<Epoch>> {
        state::read(&self.lake, &state::lease_file(self.number().saturating_sub(1)))
    }

    /// Gives the lease back so that the run before is still the last one: what was done was no run.
    pub fn leave(self, before: Option<Epoch>) -> Result<()> {
        let own = || Epoch { holder: self.holder.clone(), since_ms: self.since_ms, until_ms: None, ended: None };
        let epoch = Epoch { until_ms: None, ..before.unwrap_or_else(own) };
        state::write_new(&self.lake, &state::lease_file(self.number() + 1), &epoch).map(|_| ())
    }

    /// The epoch that is held.
    pub fn number(&self) -> u64 {
        self.number.load(Ordering::SeqCst)
    }

    fn make(&self, number: u64, until_ms: Option<i64>, ended: Option<Ended>) -> Result<Created> {
        let epoch = Epoch { holder: self.holder.clone(), since_ms: self.since_ms, until_ms, ended };
        state::write_new(&self.lake, &state::lease_file(number), &epoch)
    }
}

/// The newest epoch, if there is any.
pub fn latest(lake: &Store, now_ms: i64) -> Result<Option<Latest>> {
    // Between listing and reading, a holder may renew and sweep: look again then.
    for _ in 0..8 {
        let Some(number) = newest(lake)? else { return Ok(None) };
        if let Some(epoch) = state::read::<Epoch>(lake, &state::lease_file(number))? {
            let at_work = epoch.until_ms.is_some_and(|until| may_be_at_work(&epoch.holder, until, now_ms));
            return Ok(Some(Latest { number, epoch, at_work }));
        }
    }
    Err(Error::failed(format!("the lease in {} changes faster than it can be read", lake.location())).hint("run again"))
}

fn newest(lake: &Store) -> Result<Option<u64>> {
    Ok(epochs(lake)?.last().copied())
}

/// The numbers of all epochs that are kept.
pub fn epochs(lake: &Store) -> Result<Vec<u64>> {
    let mut epochs: Vec<u64> = lake
        .names(state::LEASE)?
        .iter()
        .filter_map(|path| {
            let number = state::sequence(state::file_name(path))?;
            (*path == state::lease_file(number)).then_some(number)
        })
        .collect();
    epochs.sort_unstable();
    Ok(epochs)
}

fn may_be_at_work(holder: &Holder, until_ms: i64, now_ms: i64) -> bool {
    let ours = this_place();
    if holder.place == ours && !ours.is_empty() {
        let is_this_process = holder.pid == std::process::id() && holder.started == start_of(holder.pid);
        if is_this_process {
            return runs_at_work(|runs| runs.contains(&holder.run));
        }
        if holder.started.is_some() && start_of(holder.pid) != holder.started {
            return false;
        }
    }
    now_ms < until_ms
}

fn runs_at_work<T>(work: impl FnOnce(&mut BTreeSet<u64>) -> T) -> T {
    let mut runs = RUNS_AT_WORK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    work(&mut runs)
}

fn this_process() -> Holder {
    let pid = std::process::id();
    Holder {
        host: line_of("/proc/sys/kernel/hostname").unwrap_or_else(|| "this machine".to_owned()),
        place: this_place(),
        pid,
        started: start_of(pid),
        run: NEXT_RUN.fetch_add(1, Ordering::SeqCst),
    }
}

/// Empty where it cannot be told (no Linux): a lease then simply runs out.
fn this_place() -> String {
    let boot = line_of("/proc/sys/kernel/random/boot_id");
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok();
    match (boot, namespace) {
        (Some(boot), Some(namespace)) => format!("{boot}/{}", namespace.display()),
        _ => String::new(),
    }
}

fn line_of(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// When a process started, in clock ticks since the machine did: field 22 of `/proc/<pid>/stat`, see proc(5). The
/// second field is the program's name in parentheses and may hold anything.
fn start_of(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    // A zombie has ended, though nobody has collected it yet.
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}
