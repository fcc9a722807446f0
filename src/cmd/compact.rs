//! `compact`: joins the small files of hours that have come to rest.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::interrupt::Interrupt;
use super::project::Project;
use super::{Context, range, words};
use crate::Result;
use crate::cli::Compact;
use crate::etl::clear::GRACE_MS;
use crate::etl::commit::Log;
use crate::etl::compact::worth_joining;
use crate::etl::join::ParquetJoiner;
use crate::etl::{self, Cleared, CompactOptions, CompactProgress, CompactSummary, WhenBusy, state};
use crate::storage::Store;
use crate::ui::export::envelope;
use crate::ui::text::{self, plural};
use crate::ui::{Outcome, Screen, Ui, View};

/// Patience for a run that is at work, in milliseconds: longer than any run.
const FOR_EVER: i64 = i64::MAX / 4;

/// Between two lines about what goes on.
const EVERY: Duration = Duration::from_secs(5);

/// What was joined, or would be.
#[derive(Debug, Serialize)]
pub(super) struct Joined {
    /// The pipeline's name.
    pub name: String,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// What was done, or would be. A dry run does not know how large joined files will be.
    #[serde(flatten)]
    pub summary: CompactSummary,
    /// What earlier compactions replaced and was removed.
    pub cleared: Cleared,
}

/// Runs `compact`.
///
/// # Errors
/// If the lake has not been deployed, a run is at work or unfinished, or storage fails.
pub fn execute(context: &Context, args: &Compact) -> Result<Outcome> {
    let project = Project::load(context)?;
    let pipeline = project.pipeline()?;
    let mut options = CompactOptions::at(context.now_ms);
    options.older_than_ms = range::while_ms("--older-than", &args.older_than)?;
    if args.dry_run {
        let joined = would_join(&pipeline.lake, project.config.name, &options)?;
        let nothing = joined.summary.partitions == 0;
        let outcome = Outcome::of(joined);
        let again = context.command(&format!("compact --older-than {}", text::shell_word(&args.older_than)));
        return Ok(if nothing { outcome } else { outcome.next(again, "joins them") });
    }
    let interrupt = Interrupt::listen(context.ui);
    options.cancel = Some(interrupt.flag());
    if args.wait {
        options.when_busy = WhenBusy::Wait(FOR_EVER);
    }
    let telling = Telling { ui: context.ui, told: std::sync::Mutex::new(Instant::now()) };
    let summary = etl::compact_with(&pipeline, &options, &ParquetJoiner, &telling)?;
    let cleared = etl::clear(&pipeline.lake, context.now_ms, GRACE_MS, &|_, _| Ok(true))?;
    Ok(Outcome::of(Joined { name: project.config.name, dry_run: false, summary, cleared }))
}

/// What a compaction would do.
pub(super) fn would_join(lake: &Store, name: String, options: &CompactOptions<'_>) -> Result<Joined> {
    state::check_format(lake)?;
    let mut summary = CompactSummary::default();
    for join in worth_joining(&Log::load(lake)?, options) {
        summary.partitions += 1;
        summary.rows += join.rows();
        summary.files_before += join.files.len() as u64;
        summary.bytes_before += join.bytes();
        summary.files_after += join.bins(options.target_bytes).len() as u64;
    }
    Ok(Joined { name, dry_run: true, summary, cleared: Cleared::default() })
}

struct Telling {
    ui: Ui,
    told: std::sync::Mutex<Instant>,
}

impl CompactProgress for Telling {
    fn shards(&self, sequence: u64, done: usize, of: usize) {
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if told.elapsed() >= EVERY {
            *told = Instant::now();
            self.ui.note(&format!("  … commit {sequence}: {done} of {of} parts joined"));
        }
    }
}

impl View for Joined {
    fn human(&self, screen: &Screen) -> String {
        let done = &self.summary;
        let hours = plural(done.partitions, "hour", "hours");
        let head = match (done.partitions, self.dry_run) {
            (0, _) => format!("{}\n", screen.paint.green("Nothing to join")),
            (_, true) => format!("{} the files of {hours}\n", screen.paint.green("Would join")),
            (_, false) => {
                let took = text::duration((done.seconds * 1000.0) as u64);
                format!("{} the files of {hours} in {took}\n", screen.paint.green("Joined"))
            }
        };
        let mut rows = Vec::new();
        if done.partitions > 0 {
            let before = format!("{}, {}", plural(done.files_before, "file", "files"), text::bytes(done.bytes_before));
            let after = plural(done.files_after, "file", "files");
            let after = if self.dry_run { after } else { format!("{after}, {}", text::bytes(done.bytes_after)) };
            rows.push(("before", vec![before]));
            rows.push(("after", vec![after]));
            rows.push(("records", vec![format!("{}, the same as before", text::count(done.rows))]));
        }
        if done.left_out > 0 {
            let hours = plural(done.left_out, "hour has a file", "hours have files");
            rows.push(("left", vec![format!("{hours} that are not as they were committed; `drift` names them")]));
        }
        if self.cleared.files > 0 {
            rows.push((
                "removed",
                vec![format!("{} that were joined earlier", plural(self.cleared.files, "file", "files"))],
            ));
        }
        if self.cleared.waiting > 0 {
            let files = plural(self.cleared.waiting, "file that was joined goes", "files that were joined go");
            rows.push(("later", vec![format!("{files} with a run in a day, when nobody reads them any more")]));
        }
        head + &words::sheet(&rows, screen)
    }

    fn json(&self) -> String {
        envelope("compact", self)
    }
}
