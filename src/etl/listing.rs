//! Listing a bucket by many requests at once, in the order of its keys.
//!
//! A listing can only be begun behind a key; what lies between here and the end is not known. So the first page is asked
//! for alone; its keys tell by what they can be measured ([`ruler`]) and how dense they lie; from then on ranges of about
//! [`PAGES`] pages are cut off ahead and listed at the same time, each up to its upper key. What turns out to hold more
//! is cut again, and what lies before a key that was seen to be the next one is not asked for. However the ranges are
//! cut, together they are the whole, so what is found is what one listing from first to last would find, in its order.
//!
//! Memory: [`AHEAD`] ranges of [`PAGES_AT_MOST`] pages wait at most for whoever takes them.

pub mod bounds;
mod ranges;
pub mod ruler;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

pub use bounds::Bounds;
use ranges::{Batch, Found, Job, Next, Ranges};

use crate::error::{Error, Result};
use crate::storage::Walked;
use crate::storage::pages::Pager;

/// How many requests are under way at once. S3 answers 5,500 a second and partitioned prefix (S3 User Guide, "Best
/// practices design patterns"), each in a tenth of a second or so.
pub const AT_ONCE: usize = 16;
/// How many pages a range is cut to hold: each range costs half a page more than it holds.
pub const PAGES: u64 = 6;
/// How many pages of a range are listed before the rest of it is cut again.
const PAGES_AT_MOST: u64 = 9;
/// How many ranges are listed ahead of the one that is being taken.
pub const AHEAD: usize = 24;

/// What all threads of a listing share.
struct Shared {
    pager: Arc<dyn Pager>,
    bounds: Bounds,
    ranges: Mutex<Ranges>,
    changed: Condvar,
}

/// A listing that goes on in threads of its own. Dropped, it ends after the requests that are under way.
pub struct Objects {
    shared: Arc<Shared>,
    taken: std::vec::IntoIter<Found>,
    odd: std::vec::IntoIter<String>,
    failed: bool,
}

impl Objects {
    /// Lists what lies in `bounds`. Nothing is expected to be named for a later time than `now_ms`.
    pub fn new(pager: Arc<dyn Pager>, bounds: Bounds, now_ms: i64) -> Self {
        let ranges = Mutex::new(Ranges::new(now_ms, pager.page_keys()));
        let shared = Arc::new(Shared { pager, bounds, ranges, changed: Condvar::new() });
        for _ in 0..AT_ONCE {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.work());
        }
        Self { shared, taken: Vec::new().into_iter(), odd: Vec::new().into_iter(), failed: false }
    }

    fn take_batch(&mut self) -> Option<Result<Batch>> {
        let mut ranges = self.shared.lock();
        loop {
            if let Some(batch) = ranges.take_first() {
                self.shared.changed.notify_all();
                return Some(batch);
            }
            if ranges.is_empty() {
                return None;
            }
            ranges = self.shared.changed.wait(ranges).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Iterator for Objects {
    type Item = Result<Walked>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(walked) = self.taken.by_ref().find_map(Found::walked) {
                return Some(Ok(walked));
            }
            if let Some(path) = self.odd.next() {
                return Some(Ok(Walked::Unreadable { path, why: "its key is no text".to_owned() }));
            }
            if self.failed {
                return None;
            }
            match self.take_batch()? {
                Ok(batch) => (self.taken, self.odd) = (batch.objects.into_iter(), batch.odd.into_iter()),
                Err(error) => {
                    self.failed = true;
                    self.shared.stop();
                    return Some(Err(error));
                }
            }
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Ranges> {
        // Whoever panics under the lock leaves ranges that are still ranges.
        self.ranges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.lock().stop();
        self.changed.notify_all();
    }

    fn work(&self) {
        while let Some(job) = self.next_job() {
            let listed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.list(&job)));
            let listed = listed.unwrap_or_else(|_| Err(Error::failed("a part of a listing came to an unexpected end")));
            self.lock().put(&job, listed);
            self.changed.notify_all();
        }
    }

    fn next_job(&self) -> Option<Job> {
        let mut ranges = self.lock();
        loop {
            if ranges.is_empty() {
                return None;
            }
            if let Some(job) = ranges.take_job() {
                return Some(job);
            }
            ranges = self.changed.wait(ranges).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lists a range, or the beginning of it.
    fn list(&self, job: &Job) -> Result<Batch> {
        let mut batch = Batch::default();
        let mut after = job.after.clone();
        let mut pages = 0;
        loop {
            let page = self.pager.page(after.as_deref())?;
            let (more, held) = (page.more, batch.objects.len());
            batch.odd.extend(page.odd);
            // What is not wanted ends here.
            let mut unwanted: Option<String> = None;
            let mut last = after;
            for found in page.objects {
                if last.as_ref().is_some_and(|last| found.key <= *last) {
                    return Err(out_of_order(&found.key));
                }
                if job.until.as_ref().is_some_and(|until| found.key > *until) {
                    batch.next = Next::Key(found.key);
                    return Ok(batch);
                }
                last = Some(found.key.clone());
                if unwanted.as_ref().is_some_and(|unwanted| found.key <= *unwanted) {
                    continue;
                }
                unwanted = self.bounds.skip(&found.key);
                if unwanted.is_none() {
                    batch.objects.push(found);
                }
            }
            if !more {
                batch.next = Next::Nothing;
                return Ok(batch);
            }
            after = last.max(unwanted);
            if job.until.is_some() && after >= job.until {
                batch.next = Next::Unknown;
                return Ok(batch);
            }
            pages += u64::from(batch.objects.len() > held);
            if pages >= job.pages {
                batch.next = Next::Behind(after.unwrap_or_default());
                return Ok(batch);
            }
        }
    }
}

fn out_of_order(key: &str) -> Error {
    Error::failed("cannot list the bucket")
        .because(format!("its keys do not come in order: {key:?} follows a greater one"))
        .hint("S3 lists general purpose buckets in the order of keys; directory buckets are not supported")
}

#[cfg(test)]
mod tests;
