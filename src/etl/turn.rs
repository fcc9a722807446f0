//! Whose turn it is: taking the lease for a run, or waiting for it; and a run's time.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Pipeline;
use super::lease::{Latest, Lease};
use super::summary::{Event, Progress, RunOptions, WhenBusy};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::Store;

/// How often a run that waits looks whether it is to go on or to stop.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// How often a run that waits for another one looks, at the latest.
const PAUSE_AT_MOST: Duration = Duration::from_millis(500);

/// Time goes on from the moment that the caller says it is.
pub(super) struct Clock {
    start_ms: i64,
    start: Instant,
}

impl Clock {
    pub(super) fn at(now_ms: i64) -> Self {
        Self { start_ms: now_ms, start: Instant::now() }
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.start_ms.saturating_add(i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}

/// Takes the lease, unless the run is to do without.
pub(super) fn take_lease(
    pipeline: &Pipeline,
    options: &RunOptions<'_>,
    clock: &Clock,
    progress: &dyn Progress,
) -> Result<Option<Lease>> {
    let patience_ms = match options.when_busy {
        WhenBusy::WorkBeside => return Ok(None),
        WhenBusy::Fail => 0,
        WhenBusy::Wait(patience_ms) => patience_ms,
    };
    let mut told = false;
    let mut pause = TICK;
    loop {
        match Lease::take(&pipeline.lake, clock.now_ms(), pipeline.settings.lease_ms)? {
            Ok(lease) => return Ok(Some(lease)),
            Err(latest) if clock.now_ms() - clock.start_ms >= patience_ms => return Err(busy(&pipeline.lake, &latest)),
            Err(latest) if !told => {
                progress.event(&Event::WaitingForRun(Box::new(latest)));
                told = true;
            }
            Err(_) => {}
        }
        if options.cancel.is_some_and(|cancel| cancel.load(Ordering::SeqCst)) {
            return Err(interrupted());
        }
        std::thread::sleep(pause);
        // On S3, each look is a request that is paid for.
        pause = (pause * 2).min(PAUSE_AT_MOST);
    }
}

/// The error for a lake at which another run is at work.
pub(super) fn busy(lake: &Store, latest: &Latest) -> Error {
    let epoch = &latest.epoch;
    let since = jiff::Timestamp::from_millisecond(epoch.since_ms).map_or_else(|_| "?".to_owned(), |t| t.to_string());
    Error::failed(format!("another run is at work on {}", lake.location()))
        .because(format!("process {} on {}, since {since}", epoch.holder.pid, epoch.holder.host))
        .hint("wait for it to end (`--wait`), or end that process: the next run goes on where it stopped")
}

/// The error of a run that was told to stop.
pub(super) fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, "interrupted").hint("the next `bucketscope run` goes on where this one stopped")
}
