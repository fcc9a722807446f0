//! `report`: the lake summed up.

use std::collections::BTreeMap;

use super::answers::{Answers, Question, Took};
use super::query::FOUND;
use super::{Context, range, saved};
use crate::cli;
use crate::logs::time::partition_of;
use crate::query::{Catalogue, TimeRange};
use crate::report::{Bucket, Day, Finding, Report, Traffic};
use crate::ui::grid::Cell;
use crate::ui::{Outcome, text};
use crate::{Error, Result};

/// One pass over the range: traffic by bucket and day.
const TRAFFIC: &str = include_str!("../report/traffic.sql");

const DAY_MS: i64 = 86_400_000;

/// Days are not filled up beyond this many: a stray record of 1970 would make half a century of empty ones.
const DAYS_AT_MOST: i64 = 3_700;

/// Runs `report` over a lake in a folder.
///
/// # Errors
/// If the lake has not been deployed or the engine fails.
#[cfg(feature = "local")]
pub fn execute(context: &Context, args: &cli::Report) -> Result<Outcome> {
    let project = super::project::Project::load(context)?;
    answer(context, args, &project.config.name, &super::embedded::Embedded(project.engine()?))
}

/// Asks what a report consists of, and sums it up.
///
/// # Errors
/// If the range is wrong, or the engine fails.
pub fn answer(context: &Context, args: &cli::Report, name: &str, answers: &dyn Answers) -> Result<Outcome> {
    let extent = answers.extent();
    let whole = extent.map_or((0, 0), |extent| (extent.from_ms, extent.to_ms));
    let ends = (whole.0.min(context.now_ms), whole.1.max(context.now_ms));
    let (from_ms, to_ms) = range::resolve(&args.range, context.now_ms, ends)?.unwrap_or(whole);
    let range = TimeRange { from_ms, to_ms };
    let (from, to) = (text::time(range.from_ms), text::time(range.to_ms));
    let given = if args.range.last.is_some() || args.range.from.is_some() || args.range.to.is_some() {
        format!(" --from {from} --to {to}")
    } else {
        String::new()
    };
    let command = context.command(&format!("query QUERY{given}"));
    let mut report = Report { name: name.to_owned(), from, to, command, ..Report::default() };
    let mut took = Vec::new();
    if extent.is_some() {
        took.push(add_traffic(answers, range, &mut report)?);
        report.findings = findings(context, answers, range, &given, &mut took)?;
    }
    report.questions =
        saved::all(context)?.queries().iter().filter(|q| q.severity.is_none()).map(|q| q.id.clone()).collect();
    let found = report.findings.iter().any(|finding| finding.rows > 0);
    let empty = report.total.requests == 0;
    let mut outcome = Outcome::of(report).code(if found && args.fail_on_findings { FOUND } else { 0 });
    outcome.notes.extend(billed(&took));
    Ok(if empty { outcome.next(context.command("run"), "reads the logs into the lake") } else { outcome })
}

/// What the queries of a report cost, where somebody bills them.
fn billed(took: &[Took]) -> Option<String> {
    let bills: Vec<_> = took.iter().filter_map(|took| took.bill.as_ref()).collect();
    let scanned = text::bytes(took.iter().map(|took| took.scanned_bytes).sum());
    let usd: f64 = bills.iter().map(|bill| bill.usd).sum();
    let queries = text::plural(bills.len() as u64, "query", "queries");
    (!bills.is_empty()).then(|| format!("{queries} on Athena, {scanned} scanned, ${usd:.4}"))
}

fn add_traffic(answers: &dyn Answers, range: TimeRange, report: &mut Report) -> Result<Took> {
    let own = Catalogue::parse([("traffic.sql", TRAFFIC)])?;
    let question = Question::Saved(own.get("traffic")?.bind(range, &[])?);
    let mut buckets: BTreeMap<Option<String>, Traffic> = BTreeMap::new();
    let mut days: BTreeMap<String, Traffic> = empty_days(range);
    let took = answers.ask(&question, &mut |_| Ok(()), &mut |row| {
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

/// Asks every saved query that looks for something; rows are counted, not kept.
fn findings(
    context: &Context,
    answers: &dyn Answers,
    range: TimeRange,
    given: &str,
    took: &mut Vec<Took>,
) -> Result<Vec<Finding>> {
    let asked = saved::all(context)?.queries().iter().filter(|query| !query.asks_for_more());
    let looking = asked.filter_map(|query| Some((query, query.severity?)));
    let bounds = looking.clone().map(|(query, _)| query.bind(range, &[])).collect::<Result<Vec<_>>>()?;
    let counted = answers.count_all(&bounds)?;
    let mut findings: Vec<_> = looking
        .zip(&counted)
        .map(|((query, severity), counted)| {
            let command = context.command(&format!("query {}{given}", query.id));
            let (id, title, rows) = (query.id.clone(), query.title.clone(), counted.rows);
            (severity, Finding { query: id, severity: severity.name(), title, rows, command })
        })
        .collect();
    took.extend(counted);
    findings.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.rows.cmp(&a.1.rows)));
    Ok(findings.into_iter().map(|(_, finding)| finding).collect())
}
