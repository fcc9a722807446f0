//! `run`: reads new log objects into the lake.

use serde::Serialize;

use super::interrupt::Interrupt;
use super::project::Project;
use super::{Context, range, words};
#[cfg(feature = "aws")]
use crate::Error;
use crate::Result;
use crate::cli::Run;
use crate::etl::clear::GRACE_MS;
use crate::etl::{self, RunOptions, RunSummary, WhenBusy, state};
use crate::ui::export::envelope;
use crate::ui::progress::RunProgress;
use crate::ui::reads::Reads;
use crate::ui::text::{self, plural};
use crate::ui::{Outcome, Screen, View};

/// Patience for another run that is at work, in milliseconds: longer than any run.
const FOR_EVER: i64 = i64::MAX / 4;

#[derive(Debug, Serialize)]
struct Ran {
    name: String,
    #[serde(flatten)]
    summary: RunSummary,
    /// The folder of the rejected lines.
    rejects_in: String,
    /// For people alone.
    #[serde(skip)]
    reads: Reads,
}

/// Runs `run`.
///
/// # Errors
/// If the lake has not been deployed, another run is at work, or the pipeline fails; interrupted, it says how to go on.
pub fn execute(context: &Context, args: &Run) -> Result<Outcome> {
    let project = Project::load(context)?;
    let pipeline = project.pipeline()?;
    #[cfg(feature = "aws")]
    if args.inventory.is_some() {
        return Err(Error::usage("an inventory is of a bucket, and the target `local` reads folders")
            .hint("leave --inventory out"));
    }
    let reads = Reads::of(!project.config.sources.is_empty(), !project.config.trails.is_empty());
    let window = range::resolve(&args.range, context.now_ms, (0, context.now_ms))?;
    if let Some((from, to)) = window {
        let lag = text::duration(pipeline.settings.lag_ms.max(0).unsigned_abs());
        let range = text::time_range(from, to);
        context.ui.note(&format!("records of {range}: {} delivered then, or up to {lag} later", reads.things()));
    }
    let interrupt = Interrupt::listen(context.ui);
    let mut options = RunOptions::at(context.now_ms);
    options.window = window;
    options.full = args.full;
    options.cancel = Some(interrupt.flag());
    options.threads = args.threads.or(project.config.run.threads).map_or(options.threads, |n| n as usize);
    if args.wait {
        options.when_busy = WhenBusy::Wait(FOR_EVER);
    }
    let progress = RunProgress::new(context.ui, reads);
    let ended = etl::run(&pipeline, &options, &progress);
    progress.finish();
    let summary = ended?;
    etl::clear(&pipeline.lake, context.now_ms, GRACE_MS, &|_, _| Ok(true))?;
    let empty = summary.nothing_new && summary.listing.known == 0;
    let rejects_in = project.lake_shown().join(state::REJECTS).display().to_string();
    let outcome = Outcome::of(Ran { name: project.config.name, summary, rejects_in, reads });
    Ok(if empty {
        outcome.next(context.command("init --logs PATH"), "adds a folder of logs")
    } else {
        outcome
            .next(context.command("queries"), "lists what can be asked")
            .next(context.command("report"), "sums the lake up")
    })
}

impl View for Ran {
    fn human(&self, screen: &Screen) -> String {
        let run = &self.summary;
        let took = text::duration((run.seconds * 1000.0) as u64);
        let head = if run.nothing_new {
            let known = self.reads.objects(run.listing.known, [" is", " are"]);
            format!("{} {known} in the lake already ({took})\n", screen.paint.green("Nothing new:"))
        } else {
            let rate = text::bytes(run.bytes_per_second as u64);
            let objects = self.reads.objects(run.counts.objects, ["", ""]);
            format!(
                "{} {objects}, {} in {took} ({rate}/s)\n",
                screen.paint.green("Read"),
                text::bytes(run.counts.bytes)
            )
        };
        head + &words::sheet(&self.sheet(), screen)
    }

    fn json(&self) -> String {
        envelope("run", self)
    }
}

impl Ran {
    fn sheet(&self) -> Vec<(&'static str, Vec<String>)> {
        let run = &self.summary;
        let mut rows = Vec::new();
        if !run.nothing_new {
            rows.push((self.reads.unit(), vec![words::balance(&run.counts, self.reads)]));
            if let Some((first, last)) = run.time_range {
                rows.push(("records", vec![format!("{} to {}", text::moment(first), text::moment(last))]));
            }
            let files = plural(run.files, "Parquet file", "Parquet files");
            let share = run.output_bytes as f64 * 100.0 / run.counts.bytes.max(1) as f64;
            rows.push((
                "wrote",
                vec![format!("{files}, {} ({share:.1} % of the logs)", text::bytes(run.output_bytes))],
            ));
        }
        if run.counts.rejected > 0 {
            let mut lines = words::by_code(&run.counts.rejects_by_reason);
            lines.push(format!("kept with object, line and reason in {}", text::visible(&self.rejects_in)));
            rows.push(("rejected", lines));
        }
        if !run.counts.damaged_objects.is_empty() {
            rows.push(("damaged", words::by_code(&run.counts.damaged_objects)));
        }
        if run.resumed > 0 {
            rows.push(("resumed", vec![format!("{} that an earlier run began", plural(run.resumed, "plan", "plans"))]));
        }
        if run.committed_by_others > 0 {
            let plans = plural(run.committed_by_others, "plan was", "plans were");
            rows.push(("beside", vec![format!("{plans} committed by another run first; nothing is doubled")]));
        }
        if run.swept.orphans > 0 {
            let files = plural(run.swept.orphans, "file", "files");
            rows.push(("cleared", vec![format!("{files} that a stopped run left uncommitted")]));
        }
        rows.extend(self.not_read());
        rows
    }

    /// Log objects that are there and were not read.
    fn not_read(&self) -> Vec<(&'static str, Vec<String>)> {
        let run = &self.summary;
        let listing = &run.listing;
        let mut lines = Vec::new();
        let mut say = |n: u64, what: &str| {
            if n > 0 {
                lines.push(format!("{} {what}", text::count(n)));
            }
        };
        let passed = run.skipped.saturating_sub(run.denied);
        say(passed, "changed or vanished while being read; the next run takes them up again");
        say(run.denied, "may not be read; the next run tries again");
        say(listing.settling, "modified just now; the next run reads them");
        say(listing.outside_window, "delivered too early or too late for the time range");
        say(listing.archived, "archived; a run reads them once they are restored");
        say(listing.siblings, "are no events of CloudTrail: digests, insights, logs of other services");
        say(listing.unreadable, "cannot be read");
        say(listing.changed, "changed after they were read; they are not read again");
        for named in run.skipped_named.iter().chain(&listing.named) {
            lines.push(format!("  {}: {}", text::visible(&named.key), text::visible(&named.what)));
        }
        if lines.is_empty() { Vec::new() } else { vec![("left", lines)] }
    }
}
