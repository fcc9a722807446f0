//! A user who looks on.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::stack::site::{Event, Watch};
use crate::{Error, Result};

/// Tells nobody, waits for nothing, and interrupts when it is told to.
#[derive(Default)]
pub struct Silent {
    pub told: Mutex<Vec<Event>>,
    /// Looks until the user presses Ctrl-C; 0 for never.
    pub interrupt_after: AtomicUsize,
}

impl Watch for Silent {
    fn tell(&self, event: Event) {
        self.told.lock().unwrap().push(event);
    }

    fn pause(&self) -> Result<()> {
        self.check()
    }

    fn check(&self) -> Result<()> {
        match self.interrupt_after.load(Ordering::SeqCst) {
            0 => Ok(()),
            1 => Err(Error::new(crate::ErrorKind::Interrupted, "interrupted")),
            left => {
                self.interrupt_after.store(left - 1, Ordering::SeqCst);
                Ok(())
            }
        }
    }
}
