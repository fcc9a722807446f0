//! What the saved queries that look for something find, for a report in whichever form.

use super::answers::{Counted, Took};
use super::report::Asking;
use super::{Context, saved};
use crate::Result;
use crate::logs::table::Table;
use crate::query::{Bound, Query, Severity};

/// What was looked for.
#[derive(Default)]
pub struct Looked<'q> {
    /// What was counted, the gravest first, among equals the most frequent.
    pub found: Vec<One<'q>>,
    /// What was not looked for, as the lake has no records of a table.
    pub left_out: Vec<&'q Query>,
    /// What was not looked for, as it needs a parameter.
    pub not_asked: Vec<&'q Query>,
}

/// A query that looks for something, and what it counted.
pub struct One<'q> {
    /// The query.
    pub query: &'q Query,
    /// How much it matters.
    pub severity: Severity,
    /// As it was asked.
    pub bound: Bound<'q>,
    /// What it counted.
    pub counted: Counted,
    /// The command that shows the rows.
    pub command: String,
}

/// Asks every saved query that looks for something and needs no more than a range; rows are counted, not kept.
///
/// # Errors
/// If the engine fails.
pub fn look(context: &Context, asking: &Asking<'_>) -> Result<Looked<'static>> {
    let grave = saved::all(context)?.queries().iter().filter_map(|query| Some((query, query.severity?)));
    let (looking, left_out): (Vec<_>, Vec<_>) = grave.partition(|(query, _)| answerable(asking, query));
    let (not_asked, looking): (Vec<_>, Vec<_>) = looking.into_iter().partition(|(query, _)| query.asks_for_more());
    let bounds = looking.iter().map(|(query, _)| bound(query, asking)).collect::<Result<Vec<_>>>()?;
    let counted = asking.answers.count_by_bucket(&bounds)?;
    let given = asking.given();
    let mut found: Vec<One<'static>> = looking
        .into_iter()
        .zip(bounds)
        .zip(counted)
        .map(|(((query, severity), bound), counted)| {
            let command = context.command(&format!("query {}{given}", query.id));
            One { query, severity, bound, counted, command }
        })
        .collect();
    found.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.counted.took.rows.cmp(&a.counted.took.rows)));
    let queries = |those: Vec<(&'static Query, Severity)>| those.into_iter().map(|(query, _)| query).collect();
    Ok(Looked { found, left_out: queries(left_out), not_asked: queries(not_asked) })
}

/// Whether the lake has records of all tables that a query reads.
pub fn answerable(asking: &Asking<'_>, query: &Query) -> bool {
    query.tables().all(|table| held(asking, table))
}

/// A table that nobody knows is the engine's to refuse.
pub fn held(asking: &Asking<'_>, table: &str) -> bool {
    Table::named(table).is_none_or(|table| asking.answers.holds(table))
}

fn bound(query: &'static Query, asking: &Asking<'_>) -> Result<Bound<'static>> {
    let given = asking.bucket.filter(|_| query.takes_bucket()).map(|name| ("bucket".to_owned(), name.to_owned()));
    query.bind(asking.range, given.as_slice())
}

/// What all of it took.
pub fn took<'a>(looked: &'a Looked<'_>) -> impl Iterator<Item = &'a Took> {
    looked.found.iter().map(|one| &one.counted.took)
}
