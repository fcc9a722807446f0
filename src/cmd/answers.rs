//! What questions are asked of, whichever engine answers them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Context, range};
use crate::Result;
use crate::cli::RangeArgs;
use crate::engine::told::AnswerColumn;
use crate::logs::table::Table;
use crate::query::{Bound, TimeRange};
use crate::ui::grid::{Cell, Column, Unit};
use crate::ui::text;

/// What is asked.
pub enum Question<'a> {
    /// A saved query with its values.
    Saved(Bound<'a>),
    /// A statement of the user's own.
    Sql(&'a str),
}

/// What an answer took.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Took {
    /// Rows.
    pub rows: u64,
    /// Bytes read of the lake.
    pub scanned_bytes: u64,
    /// The files that were read, where the engine knows.
    pub files: Vec<String>,
    /// From question to last row.
    pub elapsed: Duration,
    /// What Athena bills.
    pub bill: Option<Bill>,
}

/// What Athena bills for a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    /// Athena's id of the query.
    pub id: String,
    /// Whether an earlier result was taken.
    pub reused: bool,
    /// US dollars.
    pub usd: f64,
    /// What was scanned and what it costs, as a person reads it.
    pub words: String,
}

/// Takes the columns, once.
pub type ColumnSink<'s> = dyn FnMut(Vec<AnswerColumn>) -> Result<()> + 's;

/// Takes each row in turn.
pub type RowSink<'s> = dyn FnMut(&[Cell<'_>]) -> Result<()> + 's;

/// An engine over a lake.
pub trait Answers {
    /// The range of time that the lake has records of; `None` where it has none yet.
    fn extent(&self) -> Option<TimeRange>;

    /// Whether the lake has records of a table.
    fn holds(&self, table: Table) -> bool;

    /// Answers a question row by row, however many there are.
    ///
    /// # Errors
    /// If it cannot be answered; besides whatever `columns` and `rows` return.
    fn ask(&self, question: &Question<'_>, columns: &mut ColumnSink<'_>, rows: &mut RowSink<'_>) -> Result<Took>;

    /// Counts the rows of several answers, in order, by their buckets; where an answer has no column of that name, all
    /// are counted together.
    ///
    /// # Errors
    /// If one of the questions cannot be answered.
    fn count_by_bucket(&self, bounds: &[Bound<'_>]) -> Result<Vec<Counted>>;
}

/// How many rows an answer has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counted {
    /// What counting took, and all rows.
    pub took: Took,
    /// The rows by bucket; `None` where the answer does not tell buckets apart.
    pub buckets: Option<ByBucket>,
}

/// The column that tells the bucket.
const BUCKET: &str = "bucket_name";

/// Where an answer tells the bucket.
fn bucket_column(bound: &Bound<'_>) -> Option<usize> {
    bound.query().columns.iter().position(|column| column.name == BUCKET)
}

/// Rows by bucket; all together under no name where they are not told apart.
pub type ByBucket = BTreeMap<Option<String>, u64>;

impl Counted {
    /// Sums up what the statement of `counting` answered.
    pub fn of(bound: &Bound<'_>, took: Took, buckets: ByBucket) -> Self {
        let rows = buckets.values().sum();
        Self { took: Took { rows, ..took }, buckets: bucket_column(bound).map(|_| buckets) }
    }
}

/// The statement that counts an answer's rows, by bucket where it tells them apart; its `?` are the query's own. The engine
/// counts, so that rows in their millions need not be handed out nor sorted, nor columns be read that decide nothing.
pub fn counting(bound: &Bound<'_>) -> String {
    let sql = &bound.query().sql;
    match bucket_column(bound) {
        Some(_) => format!("SELECT {BUCKET}, COUNT(*) AS n FROM (\n{sql}\n) GROUP BY {BUCKET}"),
        None => format!("SELECT COUNT(*) AS n FROM (\n{sql}\n)"),
    }
}

/// The range asked for, else all that the lake holds; it is shown before the answer.
///
/// # Errors
/// If a time cannot be understood or the range is empty.
pub fn time_range(context: &Context, args: &RangeArgs, extent: Option<TimeRange>) -> Result<TimeRange> {
    let whole = extent.map_or((0, 0), |extent| (extent.from_ms, extent.to_ms));
    let ui = &context.ui;
    let ends = (whole.0.min(context.now_ms), whole.1.max(context.now_ms));
    let Some((from_ms, to_ms)) = range::resolve(args, context.now_ms, ends)? else {
        match extent {
            Some(_) => ui.note(&format!("time range {} (all of the lake)", text::time_range(whole.0, whole.1))),
            None => ui.note("the lake holds no records yet"),
        }
        return Ok(TimeRange { from_ms: whole.0, to_ms: whole.1 });
    };
    ui.note(&format!("time range {}", text::time_range(from_ms, to_ms)));
    if let Some(extent) = extent.filter(|extent| extent.to_ms <= from_ms || extent.from_ms >= to_ms) {
        ui.note(&format!("the lake holds records of {} only", text::time_range(extent.from_ms, extent.to_ms)));
    }
    Ok(TimeRange { from_ms, to_ms })
}

/// A column of an answer as it is printed. What front matter does not say, because the statement is the user's own, is
/// told by the names that the table's columns have.
pub fn column(described: &AnswerColumn) -> Column {
    let name = described.name.to_ascii_lowercase();
    let unit = match described.unit.as_deref() {
        Some("bytes") => Unit::Bytes,
        Some("ms") => Unit::Millis,
        Some(_) => Unit::None,
        None if matches!(name.as_str(), "bytes" | "bytessent" | "bytes_sent" | "objectsize") => Unit::Bytes,
        None if name.ends_with("_bytes") && !name.starts_with("rank_") => Unit::Bytes,
        None if matches!(name.as_str(), "totaltime" | "turnaroundtime") || name.ends_with("_ms") => Unit::Millis,
        None if name.ends_with("status") || name.ends_with("year") || name.ends_with("_id") => Unit::Label,
        None => Unit::None,
    };
    Column::with(&described.name, unit)
}
