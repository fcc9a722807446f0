//! The report as a page: asks what it consists of, puts it together, writes it.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::answers::{Question, Took};
use super::findings::{self, Looked};
use super::report::Asking;
use super::{Context, words};
use crate::cost;
use crate::etl::status::{GapsBy, Status};
use crate::logs::table::Table;
use crate::query::{Bound, Query};
use crate::report::page::fold::{self, ActionFold, BreakdownFold, Scopes, SeriesFold};
use crate::report::page::model::{
    Access, Asked, Breakdown, Check, Events, Findings, Form, Found, LeftOut, PAGE_VERSION, Page, PipelineHealth, Row,
    Scope,
};
use crate::report::{page, sql};
use crate::storage::io_error;
use crate::ui::export::envelope;
use crate::ui::grid::Cell;
use crate::ui::{Screen, View, text};
use crate::{Error, Result};

/// Buckets with figures of their own.
const BUCKETS: usize = 15;

/// Characters that their names have together: Athena takes parameters of 1,024 (API reference: StartQueryExecution).
const NAMES: usize = 1_000;

/// Rows of a table that is not cut short by its statement.
const ROWS: usize = 25;

/// Gaps that are listed, the latest.
const GAPS: usize = 200;

/// The breakdowns of access logs in the page's order, and those of CloudTrail.
const ACCESS: [&str; 9] =
    ["operation", "status", "error", "requester", "address", "prefix", "agent", "tls", "signature"];
const EVENTS: [&str; 5] = ["call", "caller", "error", "address", "region"];

/// What a breakdown of access logs counts; what is billed comes last and goes into the costs.
const COUNTED: usize = 10;
const COUNTED_SHOWN: usize = 6;

/// A bucket's name, null where none is known, and its numbers.
type Bucket = (Option<String>, Row);

/// Asks everything.
///
/// # Errors
/// If the engine fails or answers with other columns.
pub fn page(
    context: &Context,
    asking: &Asking<'_>,
    form: Option<Form>,
    status: Option<&Status>,
) -> Result<(Page, Vec<Took>)> {
    let mut asker = Asker { asking, asked: Vec::new(), took: Vec::new() };
    let holds = |table| asking.answers.extent().is_some() && asking.answers.holds(table);
    let buckets = if holds(Table::AccessLogs) { asker.buckets("buckets", 6)? } else { Vec::new() };
    let named = if holds(Table::CloudTrail) { asker.buckets("event-buckets", 3)? } else { Vec::new() };
    let apart = if asking.bucket.is_some() { Vec::new() } else { apart(&buckets, &named) };
    let (scopes, shown) = (Scopes::of(apart.clone()), names(&apart));
    let access = match buckets.is_empty() {
        true => None,
        false => Some(asker.access(buckets, &scopes, &shown)?),
    };
    let events = match named.is_empty() {
        true => None,
        false => Some(asker.events(named, &scopes, &shown)?),
    };
    let looked = if asking.answers.extent().is_some() { findings::look(context, asking)? } else { Looked::default() };
    asker.took.extend(looked.found.iter().map(|one| one.counted.took.clone()));
    let all = asking.bucket.map_or("All buckets".to_owned(), fold::harmless);
    let labels = std::iter::once(all).chain(apart.iter().map(|name| fold::harmless(name)));
    let page = Page {
        page_version: PAGE_VERSION,
        version: env!("CARGO_PKG_VERSION"),
        name: asking.name.to_owned(),
        from_ms: asking.range.from_ms,
        to_ms: asking.range.to_ms,
        made_ms: context.now_ms,
        bucket: asking.bucket.map(fold::harmless),
        form,
        scopes: labels.map(|label| Scope { label }).collect(),
        access,
        events,
        findings: found(looked, &apart, asking)?,
        pipeline: status.map(health),
        asked: asker.asked,
        bill: super::report::billed(&asker.took),
    };
    Ok((page, asker.took))
}

/// The busiest buckets of access logs, then those that only CloudTrail names, as long as their names fit into one parameter; none
/// where one bucket is all.
fn apart(access: &[Bucket], events: &[Bucket]) -> Vec<String> {
    let mut known = BTreeSet::new();
    let buckets: Vec<_> =
        access.iter().chain(events).map(|(name, _)| name).filter(|name| known.insert(*name)).collect();
    if buckets.len() < 2 {
        return Vec::new();
    }
    let mut room = NAMES;
    let named = buckets.into_iter().flatten().filter(|name| !name.contains('/'));
    let fits = |name: &&String| {
        let needed = name.chars().count() + 2;
        let fits = needed <= room;
        room = room.saturating_sub(needed);
        fits
    };
    named.take_while(fits).take(BUCKETS).cloned().collect()
}

/// Names as the statements take them: each between slashes.
fn names(buckets: &[String]) -> String {
    buckets.iter().fold("/".to_owned(), |names, bucket| names + bucket + "/")
}

/// The rows of a table of buckets; those at its end become one where there are many.
fn rows_of(buckets: Vec<Bucket>) -> Vec<Row> {
    fold::largest(buckets.into_iter().map(|(_, row)| row).collect(), 2 * ROWS)
}

fn other_columns() -> Error {
    Error::failed("the engine answers with other columns")
}

/// Asks the report's own statements, and keeps what they were.
struct Asker<'a> {
    asking: &'a Asking<'a>,
    asked: Vec<Asked>,
    took: Vec<Took>,
}

impl Asker<'_> {
    /// Asks one; each row goes to `take`, which says `None` where the columns are not those it knows.
    fn ask(&mut self, id: &str, shown: Option<&str>, take: &mut dyn FnMut(&[Cell<'_>]) -> Option<()>) -> Result<()> {
        let query = sql::query(id)?;
        let given = [("bucket", self.asking.bucket), ("shown", shown)];
        let given: Vec<(String, String)> =
            given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        let bound: Bound<'_> = query.bind(self.asking.range, &given)?;
        self.asked.push(Asked {
            id: query.id.clone(),
            title: query.title.clone(),
            answers: query.answers.clone(),
            false_positives: query.false_positives.clone(),
            next_step: query.next_step.clone(),
            sql: bound.to_copy()?,
        });
        let mut each = |row: &[Cell<'_>]| take(row).ok_or_else(other_columns);
        self.took.push(self.asking.answers.ask(&Question::Saved(bound), &mut |_| Ok(()), &mut each)?);
        Ok(())
    }

    /// All buckets with so many numbers each, the busiest first.
    fn buckets(&mut self, id: &str, numbers: usize) -> Result<Vec<Bucket>> {
        let mut buckets = Vec::new();
        self.ask(id, None, &mut |row| {
            buckets.push((fold::text_at(row, 0).map(str::to_owned), fold::plain_row(row, 0, 1..1 + numbers)));
            Some(())
        })?;
        Ok(buckets)
    }

    fn access(&mut self, buckets: Vec<Bucket>, scopes: &Scopes, shown: &str) -> Result<Access> {
        let range = (self.asking.range.from_ms, self.asking.range.to_ms);
        let metrics = ["requests", "client_errors", "service_errors", "anonymous", "bytes_sent", "bytes_uploaded"];
        let mut series = SeriesFold::hours(range, scopes.len(), &metrics);
        self.ask("hours", Some(shown), &mut |row| {
            let (Some(scope), Cell::Time(hour)) = (scopes.at(fold::text_at(row, 0)), row.get(1)?) else {
                return None;
            };
            (0..metrics.len()).try_for_each(|metric| {
                series.add(scope, *hour, metric, fold::count_at(row, 2 + metric)?);
                Some(())
            })
        })?;
        let mut breakdowns = BreakdownFold::default();
        self.ask("breakdowns", Some(shown), &mut |row| breakdowns.row(scopes, row, COUNTED))?;
        let mut latency = vec![Vec::new(); scopes.len()];
        self.ask("latency", Some(shown), &mut |row| {
            if let Some(rows) = scopes.at(fold::text_at(row, 0)).and_then(|scope| latency.get_mut(scope)) {
                rows.push(fold::plain_row(row, 1, 2..10));
            }
            Some(())
        })?;
        latency.iter_mut().for_each(|rows: &mut Vec<Row>| rows.truncate(ROWS));
        let mut actions = ActionFold::default();
        self.ask("deletions", Some(shown), &mut |row| actions.row(scopes, row))?;
        let mut breakdowns: Vec<Breakdown> = ACCESS.iter().map(|name| breakdowns.take(name, scopes)).collect();
        let requesters = breakdowns.iter().find(|breakdown| breakdown.dimension == "requester");
        let costs = requesters.map(|requesters| fold::costs(requesters, cost::prices())).unwrap_or_default();
        let rows = breakdowns.iter_mut().flat_map(|breakdown| &mut breakdown.scopes).flatten();
        rows.for_each(|row| row.n.truncate(COUNTED_SHOWN));
        Ok(Access {
            buckets: rows_of(buckets),
            series: series.done(),
            breakdowns,
            latency,
            actions: actions.done(range, scopes),
            costs,
        })
    }

    fn events(&mut self, buckets: Vec<Bucket>, scopes: &Scopes, shown: &str) -> Result<Events> {
        let range = (self.asking.range.from_ms, self.asking.range.to_ms);
        let metrics = ["calls", "errors", "writes"];
        let mut series = SeriesFold::hours(range, scopes.len(), &metrics);
        let mut breakdowns = BreakdownFold::default();
        self.ask("events", Some(shown), &mut |row| {
            if fold::text_at(row, 0)? != "hour" {
                return breakdowns.row(scopes, row, metrics.len());
            }
            let hour = hour_ms(fold::text_at(row, 3)?)?;
            let scope = scopes.at(fold::text_at(row, 1))?;
            (0..metrics.len()).try_for_each(|metric| {
                series.add(scope, hour, metric, fold::count_at(row, 5 + metric)?);
                Some(())
            })
        })?;
        let breakdowns = EVENTS.iter().map(|name| breakdowns.take(name, scopes)).collect();
        Ok(Events { buckets: rows_of(buckets), series: series.done(), breakdowns })
    }
}

/// `2026-06-01 05`, as partitions of day and hour are named.
fn hour_ms(text: &str) -> Option<i64> {
    let (date, hour) = text.split_once(' ')?;
    let date: jiff::civil::Date = date.parse().ok()?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    Some(midnight + hour.parse::<i64>().ok()? * 3_600_000)
}

/// What was looked for as the page shows it; the counts of the buckets that stand apart with it.
fn found(looked: Looked<'_>, apart: &[String], asking: &Asking<'_>) -> Result<Findings> {
    let check = |query: &&Query| Check { title: query.title.clone(), query: query.id.clone() };
    let left_out = |query: &&Query| LeftOut {
        title: query.title.clone(),
        query: query.id.clone(),
        lacks: query
            .tables()
            .filter(|table| !findings::held(asking, table))
            .map(words_for)
            .collect::<Vec<_>>()
            .join(" and "),
    };
    let mut findings = Findings {
        left_out: looked.left_out.iter().map(left_out).collect(),
        unasked: looked.not_asked.iter().map(check).collect(),
        ..Findings::default()
    };
    for one in looked.found {
        if one.counted.took.rows == 0 {
            findings.clean.push(check(&one.query));
            continue;
        }
        let of = |bucket: &String| {
            let buckets = one.counted.buckets.as_ref()?;
            Some(buckets.get(&Some(bucket.clone())).copied().unwrap_or(0))
        };
        let rows = one.counted.took.rows;
        let scopes = apart.iter().map(of).collect::<Option<Vec<u64>>>().unwrap_or_default();
        let scopes = if scopes.is_empty() { scopes } else { std::iter::once(rows).chain(scopes).collect() };
        let mut commands = vec![one.command.clone()];
        if one.query.takes_bucket() {
            commands.extend(apart.iter().map(|name| format!("{} --bucket {}", one.command, text::shell_word(name))));
        }
        findings.found.push(Found {
            query: one.query.id.clone(),
            title: one.query.title.clone(),
            severity: one.severity.name(),
            rows,
            scopes,
            answers: one.query.answers.clone(),
            false_positives: one.query.false_positives.clone(),
            next_step: one.query.next_step.clone(),
            commands,
            sql: one.bound.to_copy()?,
        });
    }
    Ok(findings)
}

/// A table as a person calls it.
fn words_for(table: &str) -> &str {
    match Table::named(table) {
        Some(Table::AccessLogs) => "access logs",
        Some(Table::CloudTrail) => "CloudTrail",
        None => table,
    }
}

/// What `status` knows, as the page shows it.
fn health(status: &Status) -> PipelineHealth {
    let totals = &status.totals;
    let counts = &totals.counts;
    let rejects = counts.rejects_by_reason.iter().map(|found| ("", found));
    let all = rejects.chain(counts.damaged_objects.iter().map(|found| ("damaged object: ", found)));
    let told = |code: &String| words::meaning(code).unwrap_or_default().to_owned();
    let gaps = status.gaps.iter().rev().take(GAPS).map(|gap| (gap.from_ms, gap.to_ms, gap.hours)).collect();
    PipelineHealth {
        health: status.health.to_string(),
        reasons: status.reasons.iter().map(|reason| text::visible(reason).into_owned()).collect(),
        last_commit_ms: status.last_commit.as_ref().map(|commit| commit.finished_ms),
        watermark_ms: totals.watermark_ms,
        objects: counts.objects,
        lines: counts.lines,
        records: counts.records,
        rejected: counts.rejected,
        late: counts.late,
        files: totals.files,
        bytes: totals.bytes,
        rejects: all.map(|(kind, (code, n))| (format!("{kind}{}", fold::harmless(code)), told(code), *n)).collect(),
        gaps,
        gap_hours: status.gaps.iter().map(|gap| gap.hours).sum(),
        gaps_of: match status.gaps_by {
            GapsBy::Delivery => "log objects",
            GapsBy::Records => "records",
        },
    }
}

/// Writes a page, over the one that was there.
///
/// # Errors
/// If it cannot be written.
pub fn write(file: &Path, page: &Page) -> Result<Written> {
    let html = html(page)?;
    std::fs::write(file, &html)
        .map_err(|error| io_error(format!("the page {} cannot be written", file.display()), &error))?;
    Ok(Written { file: file.display().to_string(), bytes: html.len() as u64, findings: page.findings.found.len() })
}

/// The page as text.
///
/// # Errors
/// If a number cannot be written as JSON.
pub fn html(page: &Page) -> Result<String> {
    page::html(page).map_err(|error| Error::failed("the page cannot be put together").because(error))
}

/// A page that was written.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// Where.
    file: String,
    /// How large it is.
    bytes: u64,
    /// How many findings it shows.
    pub findings: usize,
}

impl View for Written {
    fn human(&self, screen: &Screen) -> String {
        let findings = text::plural(self.findings as u64, "finding", "findings");
        format!("{}  {}, {findings}\n", screen.paint.bold(&text::visible(&self.file)), text::bytes(self.bytes))
    }

    fn json(&self) -> String {
        envelope("report", self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(name: &str) -> Bucket {
        (Some(name.to_owned()), Row::default())
    }

    #[test]
    fn the_busiest_buckets_stand_apart_as_long_as_their_names_fit() {
        assert_eq!(apart(&[bucket("only")], &[bucket("only")]), Vec::<String>::new(), "it is all there is");
        let odd = [bucket("a"), (None, Row::default()), bucket("not/a-bucket"), bucket("b")];
        assert_eq!(apart(&odd, &[]), ["a", "b"]);
        assert_eq!(apart(&[], &[(None, Row::default()), bucket("only")]), ["only"], "others name no bucket");
        assert_eq!(apart(&odd, &[bucket("c"), bucket("a")]), ["a", "b", "c"]);
        let many: Vec<_> = (0..40).map(|n| bucket(&format!("bucket-{n}"))).collect();
        assert_eq!(apart(&many, &odd).len(), BUCKETS);
        let long: Vec<_> = (0..40).map(|n| bucket(&format!("{n:->200}"))).collect();
        assert!(names(&apart(&long, &odd)).chars().count() <= 1_024 - 2, "two quotes around it");
        assert_eq!(names(&["a".to_owned(), "b".to_owned()]), "/a/b/");
    }

    #[test]
    fn hours_are_read_as_partitions_are_named() {
        assert_eq!(hour_ms("2026-06-01 05"), Some(1_780_272_000_000 + 5 * 3_600_000));
        assert_eq!(hour_ms("2026-06-01"), None);
    }
}
