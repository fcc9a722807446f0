//! `drift`: the lake compared with what was committed to it.

use serde::Serialize;

use super::Context;
use super::project::Project;
use crate::Result;
use crate::cli;
use crate::etl::drift::{Drift, DriftKind, drift};
use crate::exit;
use crate::ui::export::envelope;
use crate::ui::grid::{Cell, Column, Grid, Rows};
use crate::ui::sample::Sample;
use crate::ui::text::{self, plural};
use crate::ui::{Outcome, Screen, View};

struct Shown {
    name: String,
    drift: Drift,
    rows: Grid,
}

/// Runs `drift`.
///
/// # Errors
/// If the lake has not been deployed or cannot be read.
pub fn execute(context: &Context, args: &cli::Drift) -> Result<Outcome> {
    let project = Project::load(context)?;
    let drift = drift(&project.pipeline()?, !args.quick)?;
    let mut rows = Grid::new(["kind", "path", "expected", "actual", "advice"].map(Column::new).to_vec());
    for finding in &drift.findings {
        let text = |text: &str| Cell::Text(text.to_owned().into());
        let kind = finding.kind.to_string();
        rows.push(vec![
            text(&kind),
            text(&finding.path),
            text(&finding.expected),
            text(&finding.actual),
            text(&finding.advice),
        ]);
    }
    let drifted = !drift.findings.is_empty();
    let view = Shown { name: project.config.name, drift, rows };
    Ok(Outcome::of(view).code(if drifted && args.detailed_exitcode { exit::DIFFERENT } else { 0 }))
}

impl View for Shown {
    fn human(&self, screen: &Screen) -> String {
        let paint = screen.paint;
        let drift = &self.drift;
        let compared = format!(
            "{}, {}, {} compared",
            plural(drift.files, "file", "files"),
            text::bytes(drift.bytes),
            if drift.checksums { "sizes and checksums" } else { "sizes" }
        );
        let mut out = if drift.findings.is_empty() {
            format!("{} is {}: {compared}\n", paint.bold(&self.name), paint.green("in sync"))
        } else {
            let count = plural(drift.findings.len() as u64, "difference", "differences");
            format!("{} has {}: {compared}\n\n", paint.bold(&self.name), paint.red(&format!("drifted, {count}")))
        };
        for line in self.lines().lines() {
            out.push_str(&format!("{line}\n"));
        }
        let mut advice: Vec<(DriftKind, &str)> = drift.findings.iter().map(|f| (f.kind, f.advice.as_str())).collect();
        advice.sort_unstable();
        advice.dedup();
        if !advice.is_empty() {
            out.push('\n');
        }
        for (kind, advice) in advice {
            out.push_str(&format!("  {} {}\n", paint.cyan(&format!("{kind}:")), text::visible(advice)));
        }
        if drift.unfinished_files > 0 {
            let files = plural(drift.unfinished_files, "file belongs", "files belong");
            out.push_str(&paint.dim(&format!("  {files} to a run that has not committed yet; that is no drift\n")));
        }
        if drift.replaced_files > 0 {
            let files = plural(drift.replaced_files, "file was", "files were");
            out.push_str(&paint.dim(&format!("  {files} joined into others and will be removed; that is no drift\n")));
        }
        out
    }

    fn json(&self) -> String {
        #[derive(Serialize)]
        struct Head<'a> {
            name: &'a str,
            in_sync: bool,
            files: u64,
            bytes: u64,
            checksums: bool,
            unfinished_files: u64,
            replaced_files: u64,
        }
        let drift = &self.drift;
        envelope(
            "drift",
            &Head {
                name: &self.name,
                in_sync: drift.findings.is_empty(),
                files: drift.files,
                bytes: drift.bytes,
                checksums: drift.checksums,
                unfinished_files: drift.unfinished_files,
                replaced_files: drift.replaced_files,
            },
        )
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.rows)
    }
}

impl Shown {
    /// The differences, at most as many as a person reads, of each kind some.
    fn lines(&self) -> Sample {
        let mut sample = Sample::default();
        for finding in &self.drift.findings {
            let sign = match finding.kind {
                DriftKind::Missing => '-',
                DriftKind::Changed => '~',
                DriftKind::Orphaned => '+',
                DriftKind::Unreadable => '?',
            };
            sample.add(&finding.kind.to_string(), || {
                let line = format!("  {sign} {} {}", finding.kind, finding.path);
                let line = match (finding.expected.as_str(), finding.actual.as_str()) {
                    ("", "") => line,
                    (expected, actual) => format!("{line}: {expected} → {actual}"),
                };
                text::visible(&line).into_owned()
            });
        }
        sample
    }
}
