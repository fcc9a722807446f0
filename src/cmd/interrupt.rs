//! Ctrl-C while the lake is being written: the first stops cleanly, the second at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ui::Ui;

/// What the shell reports for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Listens from now on; the flag is set by the first Ctrl-C. Where signals cannot be listened for, Ctrl-C ends the
/// program as ever, which harms no lake.
pub fn listen(ui: Ui) -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return flag };
    // Not joined: it listens as long as the program runs.
    std::thread::spawn(move || {
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                set.store(true, Ordering::SeqCst);
                ui.note("\nStopping; what is done stays. Ctrl-C again stops at once.");
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(INTERRUPTED);
            }
        });
    });
    flag
}
