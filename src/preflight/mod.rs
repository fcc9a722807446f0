//! What would stand in the way of a deployment, found before anything is changed. docs/preflight.md explains each code.

mod account;
mod buckets;
mod code;
mod keys;
mod names;
mod planned;
mod policy;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use code::Code;
use serde::Serialize;

use crate::Result;
use crate::aws::Session;
use crate::aws::preflight::{Look, SdkLook};
use crate::blueprint::{self, StackSpec};
use crate::config::cloud::Cloud;
use crate::ui::Screen;
use crate::ui::text::{visible, wrap};
use planned::Planned;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A deployment would fail, or would do harm.
    Error,
    /// Somebody should know.
    Warning,
}

/// Something found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check found it.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What, of which thing.
    pub what: String,
    /// Why that matters.
    pub why: String,
    /// What to do.
    pub hint: String,
}

impl Finding {
    fn error(code: Code, what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, what: what.into(), why: why.into(), hint: hint.into() }
    }

    fn warning(code: Code, what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, what, why, hint) }
    }
}

/// Findings as they come.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// An answer; where there is none, that is a finding of its own and no reason to stop.
    fn see<T>(&mut self, answer: Result<T>) -> Option<T> {
        answer
            .map_err(|error| {
                let (what, hint) = (error.to_string(), error.suggestion().unwrap_or_default().to_owned());
                self.push(Finding::warning(Code::CouldNotLook, what, "what this would have shown is unknown", hint));
            })
            .ok()
    }
}

/// What each check is given.
struct Scene<'a> {
    eyes: &'a dyn Look,
    cloud: &'a Cloud,
    planned: &'a Planned,
    partition: &'a str,
}

/// A check, to be made while others are.
type Check<'a> = Box<dyn Fn(&mut Findings) + Send + Sync + 'a>;

/// Looks for what would stand in the way of deploying these stacks.
///
/// # Errors
/// If a template is none. What could not be looked at is a finding.
pub fn check(session: &Session, cloud: &Cloud, specs: &[StackSpec]) -> Result<Vec<Finding>> {
    look(&SdkLook::new(session), cloud, specs)
}

/// The same with other eyes.
///
/// # Errors
/// As [`check`].
pub fn look(eyes: &dyn Look, cloud: &Cloud, specs: &[StackSpec]) -> Result<Vec<Finding>> {
    let mut findings = Findings::default();
    if let Err(error) = blueprint::limits(specs) {
        let (what, hint) = (error.to_string(), error.suggestion().unwrap_or_default());
        findings.push(Finding::error(Code::StackTooLarge, what, "", hint));
    }
    account::sandbox(eyes, &mut findings);
    account::ray(cloud, &mut findings);
    account::quicksight(cloud, &mut findings);
    account::regions(eyes, cloud, &mut findings);
    if findings.0.iter().any(|finding| finding.code == Code::RegionSilent) {
        // Every other question would fail in the same way.
        return Ok(findings.0);
    }
    let planned = Planned::of(cloud, specs, eyes, &mut findings)?;
    let partition = crate::config::cloud::partition_of(&cloud.aws.region);
    let scene = Scene { eyes, cloud, planned: &planned, partition };
    let mut checks: Vec<Check<'_>> = Vec::new();
    buckets::checks(&scene, &mut checks);
    keys::checks(&scene, &mut checks);
    names::checks(&scene, &mut checks);
    account::checks(&scene, &mut checks);
    findings.0.extend(together(&checks));
    findings
        .0
        .sort_by(|left, right| (left.severity, left.code, &left.what).cmp(&(right.severity, right.code, &right.what)));
    findings.0.dedup();
    Ok(findings.0)
}

/// Makes the checks, eight at a time: each waits for answers nearly all the while.
fn together(checks: &[Check<'_>]) -> Vec<Finding> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Findings::default());
    std::thread::scope(|scope| {
        for _ in 0..checks.len().min(8) {
            scope.spawn(|| {
                let mut own = Findings::default();
                while let Some(check) = checks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(&mut own);
                }
                if let Ok(mut all) = found.lock() {
                    all.0.append(&mut own.0);
                }
            });
        }
    });
    found.into_inner().map(|found| found.0).unwrap_or_default()
}

/// Columns that findings are drawn in at most.
const COLUMNS: usize = 100;

/// Findings as a person reads them, in as many columns as the screen has, and at most 100.
pub fn lines(findings: &[Finding], screen: &Screen) -> Vec<String> {
    let paint = screen.paint;
    let columns = screen.width.map_or(COLUMNS, |width| width.min(COLUMNS));
    let mut out = Vec::new();
    for finding in findings {
        let head = match finding.severity {
            Severity::Error => paint.red(&format!("error {}:", finding.code)),
            Severity::Warning => paint.yellow(&format!("warning {}:", finding.code)),
        };
        let mut text = visible(&finding.what).into_owned();
        if !finding.why.is_empty() {
            text.push_str(": ");
            text.push_str(&visible(&finding.why));
        }
        let mut said = wrap(&text, columns.saturating_sub("warning BS000: ".len())).into_iter();
        out.push(format!("{head} {}", said.next().unwrap_or_default()));
        out.extend(said.map(|line| format!("  {line}")));
        let hint = wrap(&visible(&finding.hint), columns.saturating_sub(8)).into_iter().filter(|line| !line.is_empty());
        out.extend(hint.enumerate().map(|(at, line)| {
            if at == 0 { format!("  {} {line}", paint.cyan("hint:")) } else { format!("        {line}") }
        }));
    }
    out
}

#[cfg(test)]
mod tests;
