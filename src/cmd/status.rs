//! `status`: how the pipeline is doing.

use serde::Serialize;

use super::project::Project;
use super::{Context, words};
use crate::Result;
use crate::cli;
use crate::etl::recent::Recent;
use crate::etl::state;
use crate::etl::status::{GapsBy, Health, LastRun, Status, status};
use crate::exit;
use crate::ui::export::envelope;
use crate::ui::reads::Reads;
use crate::ui::text::{self, plural};
use crate::ui::{Outcome, Paint, Screen, View};

/// This many gaps are listed; all of them are in JSON.
const GAPS_SHOWN: usize = 5;

#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    #[serde(flatten)]
    status: Status,
    /// The folder of the rejected lines.
    rejects_in: String,
    #[serde(skip)]
    now_ms: i64,
}

/// Runs `status`.
///
/// # Errors
/// If the lake has not been deployed or its state cannot be read.
pub fn execute(context: &Context, _args: &cli::Status) -> Result<Outcome> {
    let project = Project::load(context)?;
    let status = status(&project.pipeline()?, context.now_ms)?;
    let health = status.health;
    let rejects_in = project.lake_shown().join(state::REJECTS).display().to_string();
    let view = Shown { name: project.config.name, status, rejects_in, now_ms: context.now_ms };
    let outcome = Outcome::of(view);
    Ok(match health {
        Health::Healthy => outcome,
        Health::Empty => outcome.next(context.command("run"), "reads the logs"),
        Health::Behind => outcome.next(context.command("run"), "catches up"),
        Health::Unhealthy => {
            outcome.next(context.command("drift"), "compares the lake with its log").code(exit::UNHEALTHY)
        }
    })
}

impl View for Shown {
    fn human(&self, screen: &Screen) -> String {
        let paint = screen.paint;
        let out = head(&self.name, self.status.health, &self.status.reasons, paint);
        let rows = LakeRows { status: &self.status, rejects_in: &self.rejects_in, now_ms: self.now_ms };
        out + &words::sheet(&rows.sheet(), screen)
    }

    fn json(&self) -> String {
        envelope("status", self)
    }
}

/// How a pipeline is doing in a word, and why.
pub(super) fn head(name: &str, health: Health, reasons: &[String], paint: Paint) -> String {
    let word = health.to_string();
    let word = match health {
        Health::Healthy => paint.green(&word),
        Health::Empty | Health::Behind => paint.yellow(&word),
        Health::Unhealthy => paint.red(&word),
    };
    let mut out = format!("{} is {word}\n", paint.bold(name));
    for reason in reasons {
        out.push_str(&format!("  {} {}\n", paint.yellow("!"), text::visible(reason)));
    }
    out + "\n"
}

/// The rows of a lake, as both targets show them.
pub(super) struct LakeRows<'a> {
    /// How the lake is doing.
    pub status: &'a Status,
    /// The folder of the rejected lines, for people.
    pub rejects_in: &'a str,
    /// When it was looked at.
    pub now_ms: i64,
}

impl LakeRows<'_> {
    /// What there is in the lake tells what was read.
    fn reads(&self) -> Reads {
        let totals = &self.status.totals;
        let events = totals.cloudtrail.records;
        Reads::of(totals.counts.records > events, events > 0)
    }

    /// What is known, by name.
    pub fn sheet(&self) -> Vec<(&'static str, Vec<String>)> {
        let status = self.status;
        let totals = &status.totals;
        let mut rows = Vec::new();
        if let Some(run) = &status.last_run {
            rows.push(("last run", self.last_run(run)));
        }
        if let Some(commit) = &status.last_commit {
            let objects = self.reads().objects(commit.counts.objects, ["", ""]);
            let lines = vec![
                format!("{} ({}), {objects}", text::moment(commit.finished_ms), ago(self.now_ms, commit.finished_ms)),
                words::balance(&commit.counts, self.reads()),
            ];
            rows.push(("last commit", lines));
        }
        if let Some(watermark) = totals.watermark_ms {
            let commit = status.last_commit.as_ref();
            let left = commit.map_or(0, |commit| commit.left(status.last_run.as_ref()).0);
            let but = if left > 0 { format!(", but for {}", plural(left, "object", "objects")) } else { String::new() };
            let read = format!("{}: everything modified before has been read{but}", text::moment(watermark));
            rows.push(("watermark", vec![read]));
        }
        let files = plural(totals.files, "Parquet file", "Parquet files");
        rows.push(("lake", self.lake(&files)));
        let events = &totals.cloudtrail;
        if events.records > 0 {
            let files = plural(events.files, "Parquet file", "Parquet files");
            let records = plural(events.records, "event", "events");
            rows.push(("of them", vec![format!("{records} of CloudTrail: {files}, {}", text::bytes(events.bytes))]));
        }
        if totals.counts.late > 0 {
            let late = plural(totals.counts.late, "record", "records");
            rows.push(("late", vec![format!("{late} came hours after their time; they stand in their own hour")]));
        }
        if totals.counts.rejected > 0 {
            let mut lines = words::by_code(&totals.counts.rejects_by_reason);
            lines.push(format!("kept in {}", text::visible(self.rejects_in)));
            rows.push(("rejected", lines));
        }
        if !totals.counts.damaged_objects.is_empty() {
            rows.push(("damaged", words::by_code(&totals.counts.damaged_objects)));
        }
        if let Some(recent) = &status.recent {
            rows.push(("by hour", self.by_hour(recent)));
        }
        rows.push(("gaps", self.gaps()));
        rows
    }

    fn last_run(&self, run: &LastRun) -> Vec<String> {
        let began = format!("{} ({})", text::moment(run.started_ms), ago(self.now_ms, run.started_ms));
        let mut line = match run.ended_ms {
            _ if run.at_work => format!("{began}, at work: process {} on {}", run.pid, text::visible(&run.host)),
            Some(ended) => {
                format!("{began}, took {}", text::duration((ended - run.started_ms).max(0).unsigned_abs()))
            }
            None => format!("{began}, did not end"),
        };
        if let Some(listing) = run.listing.as_ref().filter(|_| !run.at_work) {
            line.push_str(&format!(": {} new, {} known", text::count(listing.new), text::count(listing.known)));
        }
        vec![line]
    }

    fn lake(&self, files: &str) -> Vec<String> {
        let totals = &self.status.totals;
        let mut lines = vec![format!("{files}, {}", text::bytes(totals.bytes))];
        lines.push(format!(
            "{} of {}",
            plural(totals.counts.records, "record", "records"),
            self.reads().objects(totals.counts.objects, ["", ""])
        ));
        if let Some((first, last)) = totals.time_range {
            lines.push(format!("{} to {}", text::moment(first), text::moment(last)));
        }
        lines
    }

    /// A character an hour: a bar for its records, a cross for one that lies in a gap.
    fn by_hour(&self, recent: &Recent) -> Vec<String> {
        let most = recent.hours.iter().map(|hour| hour.records).max().unwrap_or(0);
        let bars: String = recent
            .hours
            .iter()
            .map(|hour| match hour.records {
                0 if hour.gap => '×',
                0 => ' ',
                records => text::bar(records, most),
            })
            .collect();
        let mut lines = vec![format!("{bars}▏{} records at most an hour", text::count(most))];
        let mut ends = format!("{} to {}", text::moment(recent.from_ms), text::moment(recent.to_ms));
        if recent.hours.iter().any(|hour| hour.gap && hour.records == 0) {
            ends.push_str(", × in a gap");
        }
        if !recent.complete {
            ends.push_str(", the latest commits only");
        }
        lines.push(ends);
        lines
    }

    fn gaps(&self) -> Vec<String> {
        let what = match self.status.gaps_by {
            GapsBy::Delivery => "log objects",
            GapsBy::Records => "records",
        };
        let gaps = &self.status.gaps;
        if gaps.is_empty() {
            return vec![format!("no hour without {what} between the first and the last")];
        }
        let hours = gaps.iter().map(|gap| gap.hours).sum();
        let mut lines = vec![format!("{} without {what}", plural(hours, "hour", "hours"))];
        for gap in gaps.iter().take(GAPS_SHOWN) {
            lines.push(format!(
                "  {} to {} ({})",
                text::moment(gap.from_ms),
                text::moment(gap.to_ms),
                plural(gap.hours, "hour", "hours")
            ));
        }
        if gaps.len() > GAPS_SHOWN {
            lines.push(format!(
                "  … and {} more times; --output json has all",
                text::count((gaps.len() - GAPS_SHOWN) as u64)
            ));
        }
        lines
    }
}

/// How long ago something was.
pub(super) fn ago(now_ms: i64, ms: i64) -> String {
    let past = now_ms.saturating_sub(ms).max(0).unsigned_abs();
    match past / 1000 {
        0 | 1 => "just now".to_owned(),
        seconds @ 2..60 => format!("{seconds} s ago"),
        _ => format!("{} ago", text::duration(past)),
    }
}
