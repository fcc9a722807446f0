//! `drift` for the target `aws`: what is there, compared with what was deployed and committed.

use serde::Serialize;

use super::lake;
use super::watching::Watching;
use crate::Result;
use crate::aws::Session;
use crate::aws::hands::Hands;
use crate::cli;
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::etl::drift::{DriftKind, Finding};
use crate::exit;
use crate::stack::drift::{self, Difference, Found, Revert, State};
use crate::stack::site::Site;
use crate::stack::words::kind_of;
use crate::ui::export::envelope;
use crate::ui::grid::{Cell, Column, Grid, Rows};
use crate::ui::sample::Sample;
use crate::ui::text::{self, plural};
use crate::ui::{Outcome, Paint, Screen, View};

/// Values are cut to so many columns on a screen; other formats have all of them.
const VALUE: usize = 60;

/// The columns of the rows.
const COLUMNS: [&str; 12] = [
    "state",
    "kind",
    "resource",
    "logical",
    "physical",
    "path",
    "expected",
    "actual",
    "reason",
    "stack",
    "region",
    "reverted_by",
];

/// The lake's part.
#[derive(Debug, Default, Serialize)]
struct LakeFiles {
    files: u64,
    bytes: u64,
    checksums: bool,
    /// Files of a run that has not committed yet.
    unfinished_files: u64,
    replaced_files: u64,
    /// Files that the lake's own lifecycle rule has removed.
    expired_files: u64,
    #[serde(skip)]
    findings: Vec<Finding>,
}

struct Shown {
    name: String,
    found: Found,
    lake: Option<LakeFiles>,
    rows: Grid,
}

/// Runs `drift`.
///
/// # Errors
/// If nothing is deployed, or AWS cannot be asked.
pub fn execute(context: &Context, cloud: &Cloud, args: &cli::Drift) -> Result<Outcome> {
    let session = Session::open(Some(&cloud.aws.region))?;
    session.check_account(&cloud.aws.account_id)?;
    let hands = |region: &str| Hands::sdk(&session.in_region(region), &cloud.aws.account_id);
    let watching = Watching::new(context.ui, context.command("drift"));
    let site = Site::new(cloud, &hands, &watching);
    let found = drift::find(&site)?;
    let lake = match lake::open(&session, cloud, site.home.buckets.as_ref())? {
        Some(pipeline) => Some(lake_files(crate::etl::drift(&pipeline, args.full)?, cloud, context.now_ms)),
        None => None,
    };
    let drifted = found.drifted() || lake.as_ref().is_some_and(|lake| !lake.findings.is_empty());
    let revertible = found.differences.iter().any(|one| one.revert != Revert::Nobody && one.state != State::Unknown);
    let rows = rows(&found, lake.as_ref());
    let shown = Shown { name: cloud.name.clone(), found, lake, rows };
    let outcome = Outcome::of(shown).code(if drifted && args.detailed_exitcode { exit::DIFFERENT } else { 0 });
    Ok(if revertible {
        outcome.next(context.command("deploy --revert-drift"), "sets back what was changed by hand")
    } else {
        outcome
    })
}

/// The lake's lifecycle rule removes files by age, and a file is not older than the day of its records: what is missing
/// from days before is no drift.
fn lake_files(drift: crate::etl::Drift, cloud: &Cloud, now_ms: i64) -> LakeFiles {
    let expires = cloud.keep.lake_days.map(|days| {
        let day = now_ms.saturating_sub(i64::from(days).saturating_mul(86_400_000));
        text::time(day).chars().take(10).collect::<String>()
    });
    let expired = |finding: &Finding| {
        let day = finding.path.split_once("date=").and_then(|(_, rest)| rest.get(..10));
        finding.kind == DriftKind::Missing
            && expires.as_deref().is_some_and(|limit| day.is_some_and(|day| day <= limit))
    };
    let (gone, findings): (Vec<Finding>, Vec<Finding>) = drift.findings.into_iter().partition(expired);
    LakeFiles {
        files: drift.files,
        bytes: drift.bytes,
        checksums: drift.checksums,
        unfinished_files: drift.unfinished_files,
        replaced_files: drift.replaced_files,
        expired_files: gone.len() as u64,
        findings,
    }
}

fn rows(found: &Found, lake: Option<&LakeFiles>) -> Grid {
    let mut rows = Grid::new(COLUMNS.map(Column::new).to_vec());
    // An array as long as the columns: one too few does not compile.
    let mut push =
        |cells: [&str; COLUMNS.len()]| rows.push(cells.map(|text| Cell::Text(text.to_owned().into())).to_vec());
    for one in &found.differences {
        let (state, by) = (one.state.to_string(), reverted_by(one.revert));
        let Difference { kind, name, logical, physical, path, expected, actual, reason, stack, region, .. } = one;
        push([&state, kind, name, logical, physical, path, expected, actual, reason, stack, region, by]);
    }
    for one in lake.map_or(&[][..], |lake| &lake.findings) {
        let kind = one.kind.to_string();
        let Finding { path, expected, actual, advice, .. } = one;
        push([&kind, "lake file", path, "", "", "", expected, actual, advice, "", "", "nobody"]);
    }
    rows
}

fn reverted_by(revert: Revert) -> &'static str {
    match revert {
        Revert::CloudFormation | Revert::Ourselves | Revert::Upload => "deploy --revert-drift",
        Revert::Nobody => "nobody",
    }
}

impl View for Shown {
    fn human(&self, screen: &Screen) -> String {
        let paint = screen.paint;
        let (drifted, unknown) = self.counts();
        let verdict = match drifted {
            0 => paint.green("in sync"),
            n => paint.red(&format!("drifted, {}", plural(n, "difference", "differences"))),
        };
        let mut out = format!("{} is {verdict}: {}\n", paint.bold(&self.name), self.compared());
        let lines = self.lines(paint).lines();
        if !lines.is_empty() {
            out.push('\n');
        }
        lines.iter().for_each(|line| out.push_str(&format!("{line}\n")));
        if unknown > 0 {
            let words = plural(unknown, "thing could", "things could");
            out.push_str(&paint.dim(&format!("  {words} not be told; that is no drift\n")));
        }
        for (count, words) in self.lake.iter().flat_map(|lake| {
            [
                (lake.unfinished_files, "of a run that has not committed yet; that is no drift"),
                (lake.replaced_files, "joined into others, to be removed a day later; that is no drift"),
                (lake.expired_files, "removed by the lake's own lifecycle rule; that is no drift"),
            ]
        }) {
            if count > 0 {
                out.push_str(&paint.dim(&format!("  {} {words}\n", plural(count, "file", "files"))));
            }
        }
        out
    }

    fn json(&self) -> String {
        #[derive(Serialize)]
        struct Head<'a> {
            name: &'a str,
            in_sync: bool,
            stacks: u64,
            resources: u64,
            unknown: u64,
            lake: Option<&'a LakeFiles>,
        }
        let (drifted, unknown) = self.counts();
        envelope(
            "drift",
            &Head {
                name: &self.name,
                in_sync: drifted == 0,
                stacks: self.found.stacks,
                resources: self.found.resources,
                unknown,
                lake: self.lake.as_ref(),
            },
        )
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.rows)
    }
}

impl Shown {
    /// Differences, and things that could not be told.
    fn counts(&self) -> (u64, u64) {
        let unknown = self.found.differences.iter().filter(|one| one.state == State::Unknown).count() as u64;
        let files = self.lake.as_ref().map_or(0, |lake| lake.findings.len() as u64);
        (self.found.differences.len() as u64 - unknown + files, unknown)
    }

    fn compared(&self) -> String {
        let lake = self.lake.as_ref().map_or_else(
            || "no run has written to the lake yet".to_owned(),
            |lake| {
                let how = if lake.checksums { "sizes and checksums" } else { "sizes" };
                format!("{} of the lake ({how})", plural(lake.files, "file", "files"))
            },
        );
        let stacks = plural(self.found.stacks, "stack", "stacks");
        format!("{} in {stacks}, {lake}", plural(self.found.resources, "resource", "resources"))
    }

    /// The differences, at most as many as a person reads, of each kind some.
    fn lines(&self, paint: Paint) -> Sample {
        let mut sample = Sample::default();
        for one in &self.found.differences {
            sample.add(&format!("{} {}", one.state, one.kind), || line(one, paint));
        }
        for one in self.lake.iter().flat_map(|lake| &lake.findings) {
            sample.add(&format!("lake {}", one.kind), || {
                let change = change(&one.expected, &one.actual);
                text::visible(&format!("  ~ lake file {} {}{change}", one.kind, one.path)).into_owned()
            });
        }
        sample
    }
}

fn line(one: &Difference, paint: Paint) -> String {
    let sign = match one.state {
        State::Deleted => paint.red("-"),
        State::Modified => paint.yellow("~"),
        State::Unknown => paint.dim("?"),
    };
    let kind = if one.kind.contains("::") { kind_of(&one.kind) } else { one.kind.clone() };
    let detail = match one.state {
        State::Deleted => String::new(),
        State::Modified => format!(" {}{}", one.path, change(&one.expected, &one.actual)),
        State::Unknown => format!(": {}", one.reason),
    };
    let words = format!("{kind} {} in {} {}{detail}", one.name, one.region, one.state);
    format!("  {sign} {}", text::visible(&words))
}

fn change(expected: &str, actual: &str) -> String {
    if expected.is_empty() && actual.is_empty() {
        return String::new();
    }
    let short =
        |value: &str| if value.is_empty() { "nothing".to_owned() } else { text::shorten(value, VALUE).into_owned() };
    format!(": {} → {}", short(expected), short(actual))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Shown {
        let difference = |state, path: &str| Difference {
            state,
            stack: "bucketscope-web-lake".to_owned(),
            region: "eu-central-1".to_owned(),
            logical: "Job".to_owned(),
            kind: "AWS::Glue::Job".to_owned(),
            name: "bucketscope-web-etl".to_owned(),
            physical: "bucketscope-web-etl".to_owned(),
            path: path.to_owned(),
            expected: "120".to_owned(),
            actual: "5\u{1b}[2J".to_owned(),
            reason: "no permission".to_owned(),
            revert: Revert::CloudFormation,
        };
        let differences = vec![difference(State::Modified, "/Timeout"), difference(State::Unknown, "")];
        let found = Found { differences, stacks: 1, resources: 3 };
        let missing = Finding {
            path: "s3_access_logs/requestdate=2026-06-01/x.parquet".to_owned(),
            kind: DriftKind::Missing,
            expected: "10 bytes".to_owned(),
            actual: String::new(),
            advice: "restore it".to_owned(),
        };
        let lake = Some(LakeFiles { files: 2, findings: vec![missing], ..LakeFiles::default() });
        let rows = rows(&found, lake.as_ref());
        Shown { name: "web".to_owned(), found, lake, rows }
    }

    #[test]
    fn differences_are_shown_with_what_was_deployed_and_what_is_there() {
        let screen = Screen { width: None, paint: Paint::plain() };
        assert_eq!(
            shown().human(&screen),
            "web is drifted, 2 differences: 3 resources in 1 stack, 2 files of the lake (sizes)\n\n\
             \x20 ~ lake file missing s3_access_logs/requestdate=2026-06-01/x.parquet: 10 bytes → nothing\n\
             \x20 ~ job bucketscope-web-etl in eu-central-1 modified /Timeout: 120 → 5\\x1b[2J\n\
             \x20 ? job bucketscope-web-etl in eu-central-1 unknown: no permission\n\
             \x20 1 thing could not be told; that is no drift\n"
        );
        assert!(shown().json().contains("\"in_sync\": false"));
    }

    #[test]
    fn files_that_the_lifecycle_rule_removed_are_no_drift() {
        let mut cloud = crate::stack::fake::cloud();
        let now = 1_781_092_800_000;
        let drift = |day: &str| crate::etl::Drift {
            findings: vec![Finding { path: format!("s3_access_logs/requestdate={day}/x.parquet"), ..missing() }],
            ..crate::etl::Drift::default()
        };
        assert_eq!(lake_files(drift("2026-01-01"), &cloud, now).findings.len(), 1);
        cloud.keep.lake_days = Some(30);
        let old = lake_files(drift("2026-01-01"), &cloud, now);
        assert_eq!((old.findings.len(), old.expired_files), (0, 1));
        assert_eq!(lake_files(drift("2026-06-01"), &cloud, now).findings.len(), 1);
    }

    fn missing() -> Finding {
        shown().lake.unwrap().findings.remove(0)
    }
}
