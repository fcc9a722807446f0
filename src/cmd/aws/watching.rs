//! What long work in AWS tells, and Ctrl-C while it goes on.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::cmd::interrupt::Presses;
use crate::stack::site::{Event, Watch};
use crate::ui::{Ui, text};
use crate::{Error, ErrorKind, Result};

/// Between two looks. AWS's own waiters ask every 5 to 30 s; a person watches here.
const PAUSE: Duration = Duration::from_secs(2);

/// In steps of this, so that Ctrl-C is heard at once.
const STEP: Duration = Duration::from_millis(100);

/// Without a word for so long, one is said (UX: a heartbeat every 30 s).
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Tells on stderr, and stops where the user has pressed Ctrl-C.
pub struct Watching {
    ui: Ui,
    presses: Presses,
    resume: String,
    state: Mutex<(Instant, Instant, String)>,
}

impl Watching {
    /// `resume` is the command that goes on after an interruption.
    pub fn new(ui: Ui, resume: String) -> Self {
        let now = Instant::now();
        Self { ui, presses: Presses::listen(), resume, state: Mutex::new((now, now, String::new())) }
    }
}

/// Waits so many milliseconds, or until the user interrupts.
///
/// # Errors
/// If the user interrupts.
pub fn sleep(watch: &dyn Watch, ms: u64) -> Result<()> {
    let end = Instant::now() + Duration::from_millis(ms);
    while Instant::now() < end {
        watch.check()?;
        std::thread::sleep(STEP);
    }
    Ok(())
}

impl Watch for Watching {
    fn tell(&self, event: Event) {
        let paint = self.ui.paint();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (sign, words) = match &event {
            Event::Doing(words) => (paint.dim("…"), words),
            Event::Done(words) => (paint.green("✓"), words),
            Event::Trouble(words) => (paint.yellow("!"), words),
        };
        state.1 = Instant::now();
        if state.2 != *words {
            state.2.clone_from(words);
            self.ui.note(&format!("  {sign} {}", text::visible(words)));
        }
    }

    fn pause(&self) -> Result<()> {
        sleep(self, u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX))?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.1.elapsed() >= HEARTBEAT {
            state.1 = Instant::now();
            let since = text::duration(u64::try_from(state.0.elapsed().as_millis()).unwrap_or(u64::MAX));
            let words = format!("still at it after {since}: {}", state.2);
            self.ui.note(&format!("  {} {}", self.ui.paint().dim("…"), text::visible(&words)));
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if self.presses.count().load(Ordering::SeqCst) == 0 {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Interrupted, "interrupted; what AWS has begun goes on there")
            .hint(format!("{}  goes on where this stopped", self.resume)))
    }
}
