//! `generate`: realistic log objects.

use std::fmt::Write;

use serde::Serialize;

use super::Context;
use crate::cli::{Generate, LayoutName};
use crate::generate::{Generated, Layout, Options, generate};
use crate::ui::export::envelope;
use crate::ui::text::{self, plural, shell_word};
use crate::ui::{Outcome, Screen, View};
use crate::{Error, Result};

/// What was written, and where.
#[derive(Debug, Serialize)]
struct Written {
    directory: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    trails_directory: Option<String>,
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
    options.trails = args.trails.as_ref().map(|trails| context.path(trails));
    if options.trails.as_ref() == Some(&directory) {
        return Err(Error::usage("access logs and CloudTrail's files need a folder each")
            .hint("a pipeline reads a folder as one or the other; choose another one for --trails"));
    }
    let generated = generate(&options, &directory)?;
    let mut init = format!("init --defaults --target local --logs {}", shell_word(&args.directory.to_string_lossy()));
    if let Some(trails) = &args.trails {
        let _ = write!(init, " --trails {}", shell_word(&trails.to_string_lossy()));
    }
    let trails_directory = options.trails.map(|trails| trails.display().to_string());
    let written = Written { directory: directory.display().to_string(), trails_directory, generated };
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
        if let (Some(trails), Some(directory)) = (&made.trails, &self.trails_directory) {
            let _ = writeln!(
                out,
                "{} {}, {} in {}",
                screen.paint.green("Wrote"),
                plural(trails.files, "CloudTrail file", "CloudTrail files"),
                text::bytes(trails.stored_bytes),
                text::visible(directory)
            );
            let _ = writeln!(
                out,
                "  {} = {} + {} that are none",
                plural(trails.records, "record", "records"),
                plural(trails.events, "event", "events"),
                text::count(trails.rejected_records())
            );
        }
        let kinds = made.quirks.len() + made.trails.as_ref().map_or(0, |trails| trails.quirks.len());
        if kinds > 0 {
            let kinds = plural(kinds as u64, "kind", "kinds");
            let _ = writeln!(out, "  {kinds} of quirks of real logs are among them (--output json counts each)");
        }
        out
    }

    fn json(&self) -> String {
        envelope("generate", self)
    }
}
