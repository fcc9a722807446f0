//! `report`: the lake summed up.

use std::collections::BTreeMap;

use super::answers::{Answers, Question, Took};
#[cfg(feature = "local")]
use super::embedded::Embedded;
use super::{Context, findings, page, range, saved, serve};
use crate::cli;
use crate::etl::status::Status;
#[cfg(feature = "local")]
use crate::etl::status::status;
use crate::exit;
use crate::logs::time::partition_of;
use crate::query::TimeRange;
use crate::report::{Bucket, Day, Extent, Finding, Report, Traffic, sql};
use crate::ui::grid::Cell;
use crate::ui::{Outcome, text};
use crate::{Error, Result};

const DAY_MS: i64 = 86_400_000;

/// Days are not filled up beyond this many: a stray record of 1970 would make half a century of empty ones.
const DAYS_AT_MOST: i64 = 3_700;

/// What a report is asked of, and for what.
pub struct Asking<'a> {
    /// The pipeline's name.
    pub name: &'a str,
    /// The engine.
    pub answers: &'a dyn Answers,
    /// The range.
    pub range: TimeRange,
    /// Whether the user named a range.
    pub ranged: bool,
    /// The only bucket, if one was named.
    pub bucket: Option<&'a str>,
}

impl Asking<'_> {
    /// The flags with which a query is asked the same.
    pub fn given(&self) -> String {
        let mut given = String::new();
        if self.ranged {
            given = format!(" --from {} --to {}", text::time(self.range.from_ms), text::time(self.range.to_ms));
        }
        if let Some(bucket) = self.bucket {
            given.push_str(&format!(" --bucket {}", text::shell_word(bucket)));
        }
        given
    }
}

/// How the pipeline does, where a report wants to know.
pub type Health<'a> = dyn Fn() -> Result<Option<Status>> + 'a;

/// Runs `report` over a lake in a folder.
///
/// # Errors
/// If the lake has not been deployed or the engine fails.
#[cfg(feature = "local")]
pub fn execute(context: &Context, args: &cli::Report) -> Result<Outcome> {
    let project = super::project::Project::load(context)?;
    let health = || status(&project.pipeline()?, context.now_ms).map(Some);
    let engine = project.report_engine()?;
    let answers = match args.serve {
        // The page is asked for again and again, and nobody looks at the terminal meanwhile.
        true => Embedded::silent(engine),
        false => Embedded::telling(engine, crate::ui::asking::Asking::new(context.ui)),
    };
    answer(context, args, &project.config.name, &answers, &health)
}

/// Asks what a report consists of, and sums it up.
///
/// # Errors
/// If the range is wrong, or the engine fails.
pub fn answer(
    context: &Context,
    args: &cli::Report,
    name: &str,
    answers: &dyn Answers,
    health: &Health<'_>,
) -> Result<Outcome> {
    if args.serve {
        return match &context.global.output {
            None => serve::serve(context, args, name, answers, health),
            Some(_) => {
                Err(Error::usage("--serve and --output do not go together").hint("--serve shows the page in a browser"))
            }
        };
    }
    let asking = asking(context, &args.range, args.bucket.as_deref(), name, answers)?;
    match &context.global.output {
        Some(cli::Output::Page(file)) => written(context, args, &asking, &context.path(file), health),
        _ => summed(context, args, &asking),
    }
}

/// What is asked, over the range that the user gave or all that there is.
///
/// # Errors
/// If a time cannot be understood or the range is empty.
pub fn asking<'a>(
    context: &Context,
    args: &cli::RangeArgs,
    bucket: Option<&'a str>,
    name: &'a str,
    answers: &'a dyn Answers,
) -> Result<Asking<'a>> {
    let whole = answers.extent().map_or((0, 0), |extent| (extent.from_ms, extent.to_ms));
    let ends = (whole.0.min(context.now_ms), whole.1.max(context.now_ms));
    let given = range::resolve(args, context.now_ms, ends)?;
    let (from_ms, to_ms) = given.unwrap_or(whole);
    Ok(Asking { name, answers, range: TimeRange { from_ms, to_ms }, ranged: given.is_some(), bucket })
}

/// The report as a page in a file.
fn written(
    context: &Context,
    args: &cli::Report,
    asking: &Asking<'_>,
    file: &std::path::Path,
    health: &Health<'_>,
) -> Result<Outcome> {
    let (page, took) = page::page(context, asking, None, health()?.as_ref())?;
    let written = page::write(file, &page)?;
    let found = written.findings > 0;
    let mut outcome = Outcome::of(written)
        .code(if found && args.fail_on_findings { exit::FOUND } else { 0 })
        .note("The page holds addresses, requesters, key prefixes and user agents: pass it on with care.");
    outcome.notes.extend(billed(&took));
    Ok(outcome)
}

/// The report for a terminal, or as data.
fn summed(context: &Context, args: &cli::Report, asking: &Asking<'_>) -> Result<Outcome> {
    let (from, to) = (text::time(asking.range.from_ms), text::time(asking.range.to_ms));
    let command = context.command(&format!("query QUERY{}", asking.given()));
    let mut report = Report { name: asking.name.to_owned(), from, to, command, ..Report::default() };
    let mut took = Vec::new();
    if asking.answers.extent().is_some() {
        took.push(add_traffic(asking, &mut report)?);
        let looked = findings::look(context, asking)?;
        took.extend(findings::took(&looked).cloned());
        let ids = |queries: &[&crate::query::Query]| queries.iter().map(|query| query.id.clone()).collect();
        report.left_out = ids(&looked.left_out);
        report.not_asked = ids(&looked.not_asked);
        report.findings = looked.found.into_iter().map(finding).collect();
    }
    let others = saved::all(context)?.queries().iter().filter(|query| query.severity.is_none());
    report.questions =
        others.filter(|query| findings::answerable(asking, query)).map(|query| query.id.clone()).collect();
    report.lake =
        asking.answers.extent().map(|extent| Extent { from: text::time(extent.from_ms), to: text::time(extent.to_ms) });
    let found = report.findings.iter().any(|finding| finding.rows > 0);
    let empty = report.lake.is_none();
    let mut outcome = Outcome::of(report).code(if found && args.fail_on_findings { exit::FOUND } else { 0 });
    outcome.notes.extend(billed(&took));
    Ok(if empty { outcome.next(context.command("run"), "reads the logs into the lake") } else { outcome })
}

fn finding(one: findings::One<'_>) -> Finding {
    let (query, severity) = (one.query.id.clone(), one.severity.name());
    Finding { query, severity, title: one.query.title.clone(), rows: one.counted.took.rows, command: one.command }
}

/// What the queries of a report cost, where somebody bills them.
pub fn billed(took: &[Took]) -> Option<String> {
    let bills: Vec<_> = took.iter().filter_map(|took| took.bill.as_ref()).collect();
    let scanned = text::bytes(took.iter().map(|took| took.scanned_bytes).sum());
    let usd: f64 = bills.iter().map(|bill| bill.usd).sum();
    let queries = text::plural(bills.len() as u64, "query", "queries");
    (!bills.is_empty()).then(|| format!("{queries} on Athena, {scanned} scanned, ${usd:.4}"))
}

fn add_traffic(asking: &Asking<'_>, report: &mut Report) -> Result<Took> {
    let given = asking.bucket.map(|name| ("bucket".to_owned(), name.to_owned()));
    let question = Question::Saved(sql::query("traffic")?.bind(asking.range, given.as_slice())?);
    let mut buckets: BTreeMap<Option<String>, Traffic> = BTreeMap::new();
    let mut days: BTreeMap<String, Traffic> = empty_days(asking.range);
    let took = asking.answers.ask(&question, &mut |_| Ok(()), &mut |row| {
        let traffic = traffic(row).ok_or_else(|| Error::failed("the engine answers with other columns"))?;
        buckets.entry(text_at(row, 0)).or_default().add(&traffic);
        days.entry(text_at(row, 1).unwrap_or_default()).or_default().add(&traffic);
        report.total.add(&traffic);
        Ok(())
    })?;
    report.buckets = buckets.into_iter().map(|(name, traffic)| Bucket { name, traffic }).collect();
    // The order of names stays among buckets that are equally busy.
    report.buckets.sort_by_key(|bucket| std::cmp::Reverse(bucket.traffic.requests));
    report.days = days.into_iter().map(|(date, traffic)| Day { date, traffic }).collect();
    Ok(took)
}

fn empty_days(range: TimeRange) -> BTreeMap<String, Traffic> {
    let (first, last) = (range.from_ms.div_euclid(DAY_MS), (range.to_ms - 1).div_euclid(DAY_MS));
    if last - first > DAYS_AT_MOST {
        return BTreeMap::new();
    }
    (first..=last).map(|day| (partition_of(day * DAY_MS).0, Traffic::default())).collect()
}

fn traffic(row: &[Cell<'_>]) -> Option<Traffic> {
    let number = |column: usize| match row.get(column)? {
        Cell::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    };
    Some(Traffic {
        requests: number(2)?,
        client_errors: number(3)?,
        service_errors: number(4)?,
        anonymous: number(5)?,
        bytes_sent: number(6)?,
    })
}

fn text_at(row: &[Cell<'_>], column: usize) -> Option<String> {
    match row.get(column)? {
        Cell::Text(text) => Some(text.clone().into_owned()),
        _ => None,
    }
}
