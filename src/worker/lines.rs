//! What a job says while it works.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::etl::{CompactProgress, Event, Planned, Progress};

/// How often a long piece of work says how far it is.
const WORD_EVERY: Duration = Duration::from_secs(10);

/// Tells how a run goes on, a line at a time.
pub struct Lines<W> {
    say: W,
    so_far: Mutex<SoFar>,
}

struct SoFar {
    bytes: u64,
    records: u64,
    said: Instant,
}

impl<W: Fn(&str) + Sync> Lines<W> {
    /// Lines go to `say`.
    pub fn new(say: W) -> Self {
        Self { say, so_far: Mutex::new(SoFar { bytes: 0, records: 0, said: Instant::now() }) }
    }
}

impl<W: Fn(&str) + Sync> CompactProgress for Lines<W> {
    fn shards(&self, sequence: u64, done: usize, of: usize) {
        (self.say)(&format!("compaction {sequence}: {done} of {of} shards are done"));
    }
}

impl<W: Fn(&str) + Sync> Progress for Lines<W> {
    fn event(&self, event: &Event) {
        (self.say)(&match event {
            Event::WaitingForRun(latest) => {
                let holder = &latest.epoch.holder;
                format!("waiting for another run (process {} on {})", holder.pid, holder.host)
            }
            Event::Listing => "listing".to_owned(),
            Event::Settling { objects, wait_ms } => format!("waiting {wait_ms} ms for {objects} objects to settle"),
            Event::Planned(Planned { sequence, objects, bytes, shards, shards_done, resumed }) => {
                let how = if *resumed { format!(", resumed with {shards_done} shards done") } else { String::new() };
                format!("plan {sequence}: {objects} objects, {bytes} bytes, {shards} shards{how}")
            }
            Event::Committed { sequence, counts } => {
                format!("commit {sequence}: {} records, {} rejected lines", counts.records, counts.rejected)
            }
        });
    }

    fn advance(&self, bytes: u64, records: u64) {
        // Nothing in here panics while it holds the lock.
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        so_far.bytes += bytes;
        so_far.records += records;
        if so_far.said.elapsed() >= WORD_EVERY {
            so_far.said = Instant::now();
            (self.say)(&format!("so far: {} bytes read, {} records written", so_far.bytes, so_far.records));
        }
    }
}
