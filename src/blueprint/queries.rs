//! The saved queries of the workgroup.

use serde::Serialize;

use super::{TABLES, logical_id};
use crate::Result;
use crate::query::{OwnQuery, Part, Position, Query, catalogue};

/// A saved query, as the blueprint prints it.
#[derive(Debug, Serialize)]
pub(super) struct Saved {
    id: String,
    statement_id: String,
    name: String,
    description: String,
    text: String,
    sql: String,
    statement: Option<String>,
}

/// The name of the prepared statement of a query: hyphens are not allowed in one.
pub fn statement_name(query: &Query) -> String {
    query.id.replace('-', "_")
}

/// What people see in Athena's editor. There the `?` are asked for by position, so the text says what they stand for.
pub fn saved_text(query: &Query) -> String {
    if query.positions.is_empty() {
        return query.sql.clone();
    }
    format!("-- Values, in order: {}\n{}", values(query), query.sql)
}

/// What the `?` of a query stand for, in order.
pub fn values(query: &Query) -> String {
    query.positions.iter().map(position).collect::<Vec<_>>().join(", ")
}

fn position(position: &Position) -> String {
    match position.part {
        Part::Whole => position.parameter.clone(),
        Part::Date => format!("{} (date)", position.parameter),
        Part::Hour => format!("{} (hour)", position.parameter),
    }
}

/// The queries on tables that are deployed, a project's own among them.
pub(super) fn saved(own: &[OwnQuery]) -> Result<Vec<Saved>> {
    let all = catalogue().with_own(own.iter().map(|query| (query.file.as_str(), query.text.as_str())))?;
    let deployed = all.queries().iter().filter(|query| query.tables().all(|table| TABLES.contains(&table)));
    let saved = deployed
        .map(|query| Saved {
            id: logical_id("Query", &query.id),
            statement_id: logical_id("Statement", &query.id),
            name: query.id.clone(),
            description: description(&query.answers),
            text: saved_text(query),
            sql: query.sql.clone(),
            statement: (!query.positions.is_empty()).then(|| statement_name(query)),
        })
        .collect();
    Ok(saved)
}

/// Athena takes descriptions of 1,024 characters.
fn description(answers: &str) -> String {
    answers.chars().take(1_024).collect()
}
