//! What every engine tells of an answer.

use std::time::Duration;

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerColumn {
    /// The name, as in the statement.
    pub name: String,
    /// The type, as Athena names it: `varchar`, `integer`, `bigint`, `double`, `boolean`, `timestamp`, `date` and so on.
    pub kind: String,
    /// What its numbers count or are measured in, where the query's front matter says it.
    pub unit: Option<String>,
}

/// What a query cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// Rows of the answer.
    pub rows: u64,
    /// Bytes read from the lake's storage, footers included.
    pub scanned_bytes: u64,
    /// The files read from, below the lake's root, in order.
    pub files: Vec<String>,
    /// From statement to last row.
    pub elapsed: Duration,
}
