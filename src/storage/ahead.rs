//! Opening objects one after the other, with the next ones already on their way.
//!
//! S3 takes tens of milliseconds to answer, in which a shard could parse megabytes. So a shard's next objects are fetched
//! while it reads the one before, many at once, and handed out in the order in which they were asked for. What is held that way
//! is bounded in bytes, for a shard and for all of the process. Files are opened when their turn comes.

use std::collections::VecDeque;

use futures::executor::block_on;
use futures::future::BoxFuture;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Opened, Store};
use crate::Result;

/// What all shards of the process may hold: as much as four of them ask for.
const BUDGET: u64 = 4 * SHARD;
/// What a shard may hold. Forty objects of 400 KB, say, which arrive every 50 ms, are more than a core can parse.
const SHARD: u64 = 16 << 20;
/// How many objects of a shard are on their way at most: as many small ones as may be under way to a bucket, and some more.
const OBJECTS: usize = 256;
/// Larger objects are not held whole, but read as they come: this much is then on its way, at most, before anybody reads.
const WHOLE: u64 = 4 << 20;
/// The budget is counted in units of this many bytes.
const UNIT: u64 = 1 << 10;

static HELD: Semaphore = Semaphore::const_new((BUDGET / UNIT) as usize);

/// An object that is to be opened.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Where it is.
    pub store: &'a Store,
    /// Its path there.
    pub path: &'a str,
    /// The version that is wanted.
    pub etag: &'a str,
    /// How many bytes it was listed with.
    pub size: u64,
}

impl Wanted<'_> {
    /// How much of it may be held before it is read.
    fn held(&self) -> u64 {
        self.size.min(WHOLE)
    }
}

/// An object that comes as it is asked for.
pub(super) type Fetching = BoxFuture<'static, Result<Opened>>;

/// What follows is on its way.
struct Coming {
    fetching: Fetching,
    held: u64,
    /// Its part of the budget.
    permit: SemaphorePermit<'static>,
}

/// Opens objects in order. What is fetched and not handed out yet is given up when this is dropped.
pub struct Ahead<'a> {
    /// In order; those at the front are on their way.
    coming: VecDeque<Coming>,
    left: std::vec::IntoIter<Wanted<'a>>,
    /// What those on their way may hold.
    held: u64,
    /// The budget's part of the object that is read now.
    _reading: Option<SemaphorePermit<'static>>,
}

impl<'a> Ahead<'a> {
    /// Nothing is fetched before the first object is asked for.
    pub fn new(wanted: Vec<Wanted<'a>>) -> Self {
        Self { coming: VecDeque::new(), left: wanted.into_iter(), held: 0, _reading: None }
    }

    /// Sends for what comes next: many at once, as each time wakes the threads that fetch.
    fn send_for_more(&mut self) {
        if self.coming.len() > OBJECTS * 3 / 4 || self.held > SHARD * 3 / 4 {
            return;
        }
        while let Some(next) = self.left.as_slice().first().copied() {
            let held = next.held();
            let is_full = self.coming.len() >= OBJECTS || self.held + held > SHARD;
            if !next.store.is_far() || (is_full && !self.coming.is_empty()) {
                return;
            }
            let Some(permit) = self.permit(held) else { return };
            let Some(fetching) = next.store.fetch(next.path, next.etag, next.size, held) else { return };
            self.left.next();
            self.held += held;
            self.coming.push_back(Coming { fetching, held, permit });
        }
    }

    /// A part of the budget. Only a shard that has nothing else on its way waits for it, so that each goes on some time.
    fn permit(&self, held: u64) -> Option<SemaphorePermit<'static>> {
        let units = u32::try_from(held / UNIT + 1).unwrap_or(u32::MAX);
        if self.coming.is_empty() { block_on(HELD.acquire_many(units)).ok() } else { HELD.try_acquire_many(units).ok() }
    }
}

impl Iterator for Ahead<'_> {
    type Item = Result<Opened>;

    fn next(&mut self) -> Option<Self::Item> {
        self._reading = None;
        self.send_for_more();
        if let Some(Coming { fetching, held, permit }) = self.coming.pop_front() {
            self.held -= held;
            self._reading = Some(permit);
            return Some(block_on(fetching));
        }
        self.left.next().map(|wanted| wanted.store.open(wanted.path, wanted.etag))
    }
}
