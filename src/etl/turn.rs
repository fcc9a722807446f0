//! Whose turn it is: taking the lease for a run, or waiting for it; and a run's time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::lease::{Latest, Lease};
use super::summary::{Event, Progress, RunOptions, WhenBusy};
use super::{Pipeline, recover};
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

/// What came of asking for the lease.
pub(super) enum Turn {
    /// The lease, unless the run is to do without.
    Ours(Option<Lease>),
    /// Another run is at work, and everything is to be left to it.
    Theirs(Box<Latest>),
}

/// Takes the lease, unless the run is to do without, or fails.
pub(super) fn take_lease(
    pipeline: &Pipeline,
    options: &RunOptions<'_>,
    clock: &Clock,
    progress: &dyn Progress,
) -> Result<Option<Lease>> {
    match take_turn(pipeline, options, clock, progress)? {
        Turn::Ours(lease) => Ok(lease),
        Turn::Theirs(latest) => Err(busy(&pipeline.lake, &latest)),
    }
}

/// Takes the lease, unless the run is to do without or leaves everything to another.
pub(super) fn take_turn(
    pipeline: &Pipeline,
    options: &RunOptions<'_>,
    clock: &Clock,
    progress: &dyn Progress,
) -> Result<Turn> {
    let patience_ms = match options.when_busy {
        WhenBusy::WorkBeside => return Ok(Turn::Ours(None)),
        WhenBusy::Fail => 0,
        WhenBusy::Wait(patience_ms) | WhenBusy::Leave(patience_ms) => patience_ms,
    };
    let mut told = false;
    let mut pause = TICK;
    loop {
        match Lease::take(&pipeline.lake, clock.now_ms(), pipeline.settings.lease_ms)? {
            Ok(lease) => return Ok(Turn::Ours(Some(lease))),
            Err(latest) if clock.now_ms() - clock.start_ms >= patience_ms => {
                return match options.when_busy {
                    WhenBusy::Leave(_) => Ok(Turn::Theirs(Box::new(latest))),
                    _ => Err(busy(&pipeline.lake, &latest)),
                };
            }
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

/// How long before a renewal of the lease is due, as a part of its length.
const RENEW_AFTER: i64 = 3;

/// Holds on to the lease while work goes on, and listens for the interruption.
pub(super) struct Guard<'a> {
    pipeline: &'a Pipeline,
    clock: &'a Clock,
    lease: Option<&'a Lease>,
    cancel: Option<&'a AtomicBool>,
    /// Tells those at work to give up.
    pub(super) stop: AtomicBool,
    lease_lost: AtomicBool,
}

impl<'a> Guard<'a> {
    pub(super) fn new(
        pipeline: &'a Pipeline,
        clock: &'a Clock,
        lease: Option<&'a Lease>,
        cancel: Option<&'a AtomicBool>,
    ) -> Self {
        let (stop, lease_lost) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { pipeline, clock, lease, cancel, stop, lease_lost }
    }

    /// Works with a thread beside it that holds on to the lease and listens for the interruption.
    pub(super) fn over<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let ended = AtomicBool::new(false);
        let result = std::thread::scope(|scope| {
            let watching = scope.spawn(|| self.watch(&ended));
            // Set whatever happens, or a panic in here would wait for the watching thread for ever.
            let _guard = EndOnDrop(&ended, watching.thread().clone());
            work()
        });
        match result {
            Err(_) if self.lease_lost.load(Ordering::SeqCst) => {
                Err(Error::failed("another run has taken over, because this one stood still for too long")
                    .hint("nothing is lost or doubled; `bucketscope status` shows what the other run does"))
            }
            Err(_) if self.is_cancelled() => Err(interrupted()),
            result => result,
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|cancel| cancel.load(Ordering::SeqCst))
    }

    pub(super) fn must_stop(&self) -> bool {
        self.is_cancelled() || self.lease_lost.load(Ordering::SeqCst)
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.must_stop() { Err(interrupted()) } else { Ok(()) }
    }

    fn watch(&self, ended: &AtomicBool) {
        let length_ms = self.pipeline.settings.lease_ms;
        let mut renew_ms = self.clock.now_ms() + length_ms / RENEW_AFTER;
        while !ended.load(Ordering::SeqCst) {
            std::thread::park_timeout(TICK);
            if self.must_stop() {
                self.stop.store(true, Ordering::SeqCst);
            }
            let (Some(lease), now_ms) = (self.lease, self.clock.now_ms()) else { continue };
            if now_ms < renew_ms {
                continue;
            }
            renew_ms = now_ms + length_ms / RENEW_AFTER;
            match lease.renew(now_ms) {
                Ok(true) => {
                    // Only tidying up; the next sweep does it too.
                    let _ = recover::drop_old_epochs(&self.pipeline.lake, lease.number());
                }
                Ok(false) => self.lease_lost.store(true, Ordering::SeqCst),
                // A full disk, say: the work itself will tell, if it matters.
                Err(_) => {}
            }
        }
    }
}

/// Ends the watching thread.
struct EndOnDrop<'a>(&'a AtomicBool, std::thread::Thread);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        self.1.unpark();
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
