//! `generate`: realistic log objects.

use std::fmt::Write;

use serde::Serialize;

use super::Context;
use crate::Result;
use crate::cli::{Generate, LayoutName};
use crate::generate::{Generated, Layout, Options, generate};
use crate::ui::export::envelope;
use crate::ui::text::{self, plural, shell_word};
use crate::ui::{Outcome, Screen, View};

/// What was written, and where.
#[derive(Debug, Serialize)]
struct Written {
    directory: String,
    #[serde(flatten)]
    generated: Generated,
}

/// Runs `generate`.
///
/// # Errors
/// Options that contradict one another, and whatever the file system refuses.
pub fn execute(context: &Context, args: &Generate) -> Result<Outcome> {
    let mut options = Options { bytes: args.bytes, seed: args.seed, hard: args.hard, ..Options::default() };
    options.objects = args.objects;
    options.start = args.start.unwrap_or(options.start);
    options.days = args.days.unwrap_or(options.days);
    options.layout = match args.layout {
        LayoutName::Simple => Layout::Simple,
        LayoutName::Partitioned => Layout::Partitioned,
    };
    let directory = context.path(&args.directory);
    let generated = generate(&options, &directory)?;
    let init = format!("init --defaults --target local --logs {}", shell_word(&args.directory.to_string_lossy()));
    let written = Written { directory: directory.display().to_string(), generated };
    Ok(Outcome::of(written).next(context.command(&init), "makes a project that reads them"))
}

impl View for Written {
    fn human(&self, screen: &Screen) -> String {
        let made = &self.generated;
        let mut out = format!(
            "{} {}, {} in {}\n",
            screen.paint.green("Wrote"),
            plural(made.objects, "log object", "log objects"),
            text::bytes(made.stored_bytes),
            text::visible(&self.directory)
        );
        let _ = writeln!(
            out,
            "  {} = {} + {} that are none",
            plural(made.lines, "line", "lines"),
            plural(made.records, "record", "records"),
            text::count(made.rejected_lines())
        );
        if !made.quirks.is_empty() {
            let kinds = plural(made.quirks.len() as u64, "kind", "kinds");
            let _ = writeln!(out, "  {kinds} of quirks of real logs are among them (--output json counts each)");
        }
        out
    }

    fn json(&self) -> String {
        envelope("generate", self)
    }
}
