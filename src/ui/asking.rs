//! What is being asked of an engine, while it takes its time: a line that changes on a terminal, else one every few seconds.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;

/// Without a terminal, this long between two lines.
const EVERY: Duration = Duration::from_secs(10);

/// Tells on stderr what is asked.
pub struct Asking {
    ui: Ui,
    bar: Option<ProgressBar>,
    told: Mutex<Instant>,
}

impl Asking {
    /// Nothing is asked yet.
    pub fn new(ui: Ui) -> Self {
        let bar = ui.live().then(|| {
            let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}");
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { ui, bar, told: Mutex::new(Instant::now()) }
    }

    /// The next question, and which of how many it is.
    pub fn asks(&self, title: &str, place: Option<(usize, usize)>) {
        let place = place.map_or_else(String::new, |(n, all)| format!(" ({n} of {all} checks)"));
        let line = format!("asking: {title}{place}");
        if let Some(bar) = &self.bar {
            return bar.set_message(line);
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= EVERY {
            *told = Instant::now();
            self.ui.note(&format!("  {} {line}", self.ui.paint().dim("…")));
        }
    }

    /// What is printed next must not stand in one line with this.
    pub fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.done();
    }
}
