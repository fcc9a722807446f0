//! The ranges of a listing: what is to be listed, what is being listed, and what waits to be taken. No requests here.

use std::collections::{HashMap, VecDeque};

use super::ruler::Ruler;
use super::{AHEAD, PAGES, PAGES_AT_MOST};
use crate::error::Result;
pub(super) use crate::storage::pages::Found;

/// What was listed of a range.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) objects: Vec<Found>,
    pub(super) odd: Vec<String>,
    pub(super) next: Next,
}

/// What is known of what follows.
#[derive(Default)]
pub(super) enum Next {
    /// The range was listed to its end; the next key of the bucket is this one.
    Key(String),
    /// Nothing follows in the whole bucket.
    Nothing,
    /// The range was listed to its end.
    #[default]
    Unknown,
    /// The range is to be gone on with behind this.
    Behind(String),
}

/// A range for a thread: keys greater than `after`, up to and with `until`.
pub(super) struct Job {
    number: u64,
    pub(super) after: Option<String>,
    pub(super) until: Option<String>,
    /// How many pages to list of it.
    pub(super) pages: u64,
    ruler: Option<Ruler>,
}

enum Slot {
    Waiting { after: Option<String>, until: Option<String>, ruler: Option<Ruler> },
    Running(u64),
    Listed(Batch),
    Failed(crate::Error),
}

/// What is known of the keys that a ruler measures.
#[derive(Default)]
struct Region {
    /// Keys a number.
    density: f64,
    /// Ranges that held keys.
    listed: usize,
    running: usize,
}

fn name(ruler: &Ruler) -> (String, usize) {
    let (stem, signs) = ruler.name();
    (stem.to_owned(), signs)
}

/// The ranges of a listing, in the order of their keys. Together they are all that has not been taken.
pub(super) struct Ranges {
    slots: VecDeque<Slot>,
    regions: HashMap<(String, usize), Region>,
    jobs: u64,
    now_ms: i64,
    /// How many keys a range is cut to hold.
    keys: f64,
}

impl Ranges {
    pub(super) fn new(now_ms: i64, page_keys: usize) -> Self {
        let all = Slot::Waiting { after: None, until: None, ruler: None };
        Self {
            slots: VecDeque::from([all]),
            regions: HashMap::new(),
            jobs: 0,
            now_ms,
            keys: page_keys as f64 * PAGES as f64,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn stop(&mut self) {
        self.slots.clear();
    }

    /// What comes first, if it has been listed.
    pub(super) fn take_first(&mut self) -> Option<Result<Batch>> {
        match self.slots.pop_front()? {
            Slot::Listed(batch) => Some(Ok(batch)),
            Slot::Failed(error) => Some(Err(error)),
            slot => {
                self.slots.push_front(slot);
                None
            }
        }
    }

    /// The first range that may be listed now.
    pub(super) fn take_job(&mut self) -> Option<Job> {
        let at = self.slots.iter().take(AHEAD).enumerate().position(|(at, slot)| match slot {
            Slot::Waiting { ruler: Some(ruler), .. } => at == 0 || self.may_begin(ruler),
            Slot::Waiting { ruler: None, .. } => true,
            _ => false,
        })?;
        self.jobs += 1;
        let number = self.jobs;
        let slot = self.slots.get_mut(at)?;
        let Slot::Waiting { after, until, ruler } = std::mem::replace(slot, Slot::Running(number)) else { return None };
        let mut job = Job { number, after, until, pages: 1, ruler };
        if let Some(ruler) = &job.ruler {
            job.pages = PAGES_AT_MOST;
            if let Some(end) = self.end_of_next(ruler, job.after.as_deref(), job.until.as_deref()) {
                let until = job.until.replace(end.clone());
                let rest = Slot::Waiting { after: Some(end), until, ruler: job.ruler.clone() };
                self.slots.insert(at + 1, rest);
            }
        }
        if let Some(region) = job.ruler.as_ref().and_then(|ruler| self.regions.get_mut(&name(ruler))) {
            region.running += 1;
        }
        Some(job)
    }

    /// Begins slowly, so that what ends soon is not asked for sixteen times.
    fn may_begin(&self, ruler: &Ruler) -> bool {
        self.regions.get(&name(ruler)).is_none_or(|region| region.running < 2 * region.listed.max(1))
    }

    /// Where the next range of the usual size ends, if that is before `until`.
    fn end_of_next(&self, ruler: &Ruler, after: Option<&str>, until: Option<&str>) -> Option<String> {
        let density = self.regions.get(&name(ruler))?.density;
        let begin = ruler.number(after?);
        let end = begin.checked_add((self.keys / density).ceil() as u64)?;
        if ruler.now(self.now_ms).is_some_and(|now| end > now) {
            return None;
        }
        let end = ruler.key(end)?;
        (end.as_str() > after? && until.is_none_or(|until| end.as_str() < until)).then_some(end)
    }

    /// Takes back what was listed of a job's range.
    pub(super) fn put(&mut self, job: &Job, listed: Result<Batch>) {
        if let Some(region) = job.ruler.as_ref().and_then(|ruler| self.regions.get_mut(&name(ruler))) {
            region.running = region.running.saturating_sub(1);
        }
        let running = |slot: &Slot| matches!(slot, Slot::Running(number) if *number == job.number);
        // It is gone if the listing was stopped.
        let Some(at) = self.slots.iter().position(running) else { return };
        let batch = match listed {
            Ok(batch) => batch,
            Err(error) => {
                if let Some(slot) = self.slots.get_mut(at) {
                    *slot = Slot::Failed(error);
                }
                return;
            }
        };
        self.learn(job, &batch);
        match &batch.next {
            Next::Behind(after) => {
                for (more, slot) in self.rest_of(job, &batch, after).into_iter().enumerate() {
                    self.slots.insert(at + 1 + more, slot);
                }
            }
            Next::Key(key) => self.skip_to(at + 1, key),
            Next::Nothing => {
                let mut place = 0;
                self.slots.retain(|slot| {
                    place += 1;
                    place <= at + 1 || !matches!(slot, Slot::Waiting { .. })
                });
            }
            Next::Unknown => {}
        }
        if batch.objects.is_empty() && batch.odd.is_empty() {
            self.slots.remove(at);
        } else if let Some(slot) = self.slots.get_mut(at) {
            *slot = Slot::Listed(batch);
        }
    }

    /// What a listed range says of how dense keys lie.
    fn learn(&mut self, job: &Job, batch: &Batch) {
        let Some(ruler) = &job.ruler else { return };
        let Some(region) = self.regions.get_mut(&name(ruler)) else { return };
        let end = match &batch.next {
            Next::Behind(after) => after.as_str(),
            _ => job.until.as_deref().filter(|_| !matches!(batch.next, Next::Nothing)).unwrap_or_default(),
        };
        let begin = ruler.number(job.after.as_deref().unwrap_or_default());
        let span = ruler.number(end).saturating_sub(begin);
        region.listed += usize::from(!batch.objects.is_empty());
        if span > 0 && span < u64::MAX / 2 {
            let density = batch.objects.len() as f64 / span as f64;
            // Half and half, so that neither a burst nor a pause counts for too much.
            region.density = (region.density + density) / 2.0;
        }
    }

    /// What is left of a range that was listed in part.
    fn rest_of(&mut self, job: &Job, batch: &Batch, after: &str) -> Vec<Slot> {
        let waiting = |after: String, until: Option<String>, ruler| Slot::Waiting { after: Some(after), until, ruler };
        let (Some(first), Some(last)) = (batch.objects.first(), batch.objects.last()) else {
            return vec![waiting(after.to_owned(), job.until.clone(), None)];
        };
        let ruler = Ruler::of(&first.key, &last.key);
        let end = ruler.end();
        if after >= end.as_str() {
            return vec![waiting(after.to_owned(), job.until.clone(), None)];
        }
        let region = self.regions.entry(name(&ruler)).or_default();
        if region.density == 0.0 {
            let begin = batch.objects.iter().find(|found| found.key.starts_with(ruler.stem())).unwrap_or(first);
            let span = ruler.number(&last.key).saturating_sub(ruler.number(&begin.key)).max(1);
            region.density = batch.objects.len() as f64 / span as f64;
        }
        if job.until.as_ref().is_some_and(|until| *until <= end) {
            return vec![waiting(after.to_owned(), job.until.clone(), Some(ruler))];
        }
        vec![waiting(after.to_owned(), Some(end.clone()), Some(ruler)), waiting(end, job.until.clone(), None)]
    }

    /// Nothing lies before `key` in the ranges from `at` on.
    fn skip_to(&mut self, mut at: usize, key: &str) {
        // A text before the key, and behind all that lies before it: it need not be a key.
        let mut before = key.to_owned();
        before.pop();
        while let Some(slot) = self.slots.get_mut(at) {
            let Slot::Waiting { after, until, .. } = slot else {
                at += 1;
                continue;
            };
            if until.as_ref().is_some_and(|until| until.as_str() < key) {
                self.slots.remove(at);
                continue;
            }
            if after.as_ref().is_none_or(|after| *after < before) {
                *after = Some(before);
            }
            return;
        }
    }
}
