//! Ctrl-C while the lake is being written: the first stops cleanly, the second at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ui::Ui;

/// What the shell reports for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Listens as long as it lives; afterwards Ctrl-C ends the program as ever.
pub struct Interrupt {
    flag: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens from now on. Where signals cannot be listened for, Ctrl-C ends the program at once, which harms no lake.
    pub fn listen(ui: Ui) -> Self {
        let (flag, over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let ours = Self { flag: Arc::clone(&flag), over: Arc::clone(&over) };
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return ours };
        // Not joined: a handler of signals cannot be taken back, so it listens as long as the program runs.
        std::thread::spawn(move || {
            runtime.block_on(async {
                while tokio::signal::ctrl_c().await.is_ok() {
                    if over.load(Ordering::SeqCst) || flag.swap(true, Ordering::SeqCst) {
                        std::process::exit(INTERRUPTED);
                    }
                    ui.note("\nStopping; what is done stays. Ctrl-C again stops at once.");
                }
            });
        });
        ours
    }

    /// Set by the first Ctrl-C.
    pub fn flag(&self) -> &AtomicBool {
        &self.flag
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

/// Counts how often Ctrl-C was pressed, for commands that watch what goes on elsewhere: they decide what each press means.
/// The third ends the program, whatever it waits for.
#[cfg(any(feature = "aws", feature = "local"))]
pub struct Presses {
    count: Arc<std::sync::atomic::AtomicU32>,
}

#[cfg(any(feature = "aws", feature = "local"))]
impl Presses {
    /// Listens from now on, as long as the program runs. Where signals cannot be listened for, Ctrl-C ends the program at
    /// once: what goes on in AWS goes on.
    pub fn listen() -> Self {
        let count = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let ours = Self { count: Arc::clone(&count) };
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return ours };
        std::thread::spawn(move || {
            runtime.block_on(async {
                while tokio::signal::ctrl_c().await.is_ok() {
                    if count.fetch_add(1, Ordering::SeqCst) >= 2 {
                        std::process::exit(INTERRUPTED);
                    }
                }
            });
        });
        ours
    }

    /// Ends the program with success at the first press, some time later if it is still there then: for a command that lasts until
    /// Ctrl-C, and may be waiting for an answer at that time.
    pub fn end_after(&self, grace: std::time::Duration) {
        let count = Arc::clone(&self.count);
        std::thread::spawn(move || {
            while count.load(Ordering::SeqCst) == 0 {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            std::thread::sleep(grace);
            std::process::exit(0);
        });
    }

    /// How often.
    pub fn count(&self) -> &std::sync::atomic::AtomicU32 {
        &self.count
    }
}
