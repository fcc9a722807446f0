//! How a run goes on: a bar on a terminal, else a line every few seconds.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;
use super::reads::Reads;
use super::text::{self, plural};
use crate::etl::{Event, Progress};

/// Without a terminal, this long between two lines.
const EVERY: Duration = Duration::from_secs(5);

/// Tells of a run on stderr.
pub struct RunProgress {
    ui: Ui,
    reads: Reads,
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

struct State {
    began: Instant,
    told: Instant,
    planned: u64,
    read: u64,
    records: u64,
}

impl RunProgress {
    /// Begins.
    pub fn new(ui: Ui, reads: Reads) -> Self {
        let bar = ui.live().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            bar.set_style(spinner());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let now = Instant::now();
        Self { ui, reads, bar, state: Mutex::new(State { began: now, told: now, planned: 0, read: 0, records: 0 }) }
    }

    /// Takes the bar away; the summary follows.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(line.to_owned()),
            None => self.ui.note(line),
        }
    }

    /// A line that stays, bar or no bar.
    fn tell(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.ui.note(line)),
            None => self.ui.note(line),
        }
    }

    fn planned(&self, bytes: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.planned == 0 {
            state.began = Instant::now();
        }
        state.planned += bytes;
        if let Some(bar) = &self.bar {
            bar.set_style(reading(self.ui));
            bar.set_length(state.planned);
            bar.set_position(state.read);
        }
    }
}

impl Progress for RunProgress {
    fn event(&self, event: &Event) {
        match event {
            Event::WaitingForRun(latest) => {
                let holder = &latest.epoch.holder;
                self.tell(&format!(
                    "waiting for another run (process {} on {})",
                    holder.pid,
                    text::visible(&holder.host)
                ));
            }
            // Without a bar to be replaced by the next word, it only makes logs longer.
            Event::Listing if self.bar.is_none() && self.ui.verbose() == 0 => {}
            Event::Listing => self.say("listing log objects"),
            Event::Settling { objects, wait_ms } => {
                let objects = self.reads.objects(*objects, [" was", " were"]);
                let wait = text::duration((*wait_ms).max(0).unsigned_abs());
                self.say(&format!("{objects} modified just now; waiting {wait} to see whether they stay as they are"));
            }
            Event::Planned(plan) => {
                let resumed = if plan.resumed { "going on with" } else { "reading" };
                let objects = self.reads.objects(plan.objects, ["", ""]);
                let line = format!("{resumed} {objects}, {}", text::bytes(plan.bytes));
                self.planned(plan.bytes);
                if plan.resumed { self.tell(&format!("{line} that an earlier run began")) } else { self.say(&line) }
            }
            Event::Committed { sequence, counts } => {
                if self.ui.verbose() > 0 {
                    let records = plural(counts.records, "record", "records");
                    self.tell(&format!(
                        "commit {sequence}: {records} of {}",
                        self.reads.objects(counts.objects, ["", ""])
                    ));
                }
            }
        }
    }

    fn advance(&self, bytes: u64, records: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.read += bytes;
        state.records += records;
        if state.told.elapsed() >= EVERY {
            state.told = Instant::now();
            let line = plain_line(&state);
            drop(state);
            self.ui.note(&line);
        }
    }
}

fn plain_line(state: &State) -> String {
    let seconds = state.began.elapsed().as_secs_f64().max(0.001);
    let rate = state.read as f64 / seconds;
    let left = state.planned.saturating_sub(state.read) as f64 / rate.max(1.0);
    format!(
        "read {} of {}, {}, {}/s, {} left",
        text::bytes(state.read),
        text::bytes(state.planned),
        plural(state.records, "record", "records"),
        text::bytes(rate as u64),
        text::duration((left * 1000.0) as u64)
    )
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn reading(ui: Ui) -> ProgressStyle {
    let bar = if ui.paint() == super::Paint::plain() { "{bar:24}" } else { "{bar:24.cyan/dim}" };
    let template = format!(
        "{bar} {{percent:>3}} %  {{decimal_bytes}} of {{decimal_total_bytes}}  {{decimal_bytes_per_sec}}  {{eta}} left"
    );
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}
