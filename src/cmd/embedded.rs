//! The embedded engine as what questions are asked of.

use super::answers::{Answers, ByBucket, ColumnSink, Counted, Question, RowSink, Took, counting};
use super::cells;
use crate::engine::local::Engine;
use crate::engine::told::Cost;
use crate::logs::table::Table;
use crate::query::{Bound, TimeRange};
use crate::ui::asking::Asking;
use crate::ui::grid::Cell;
use crate::{Error, Result};

/// The engine over one state of a lake.
pub struct Embedded {
    engine: Engine,
    /// Tells what is being asked, where many things are.
    telling: Option<Asking>,
}

impl Embedded {
    /// Asks and tells nothing meanwhile.
    pub fn silent(engine: Engine) -> Self {
        Self { engine, telling: None }
    }

    /// Tells what it asks.
    pub fn telling(engine: Engine, telling: Asking) -> Self {
        Self { engine, telling: Some(telling) }
    }

    fn tell(&self, bound: &Bound<'_>, place: Option<(usize, usize)>) {
        if let Some(telling) = &self.telling {
            telling.asks(&bound.query().title, place);
        }
    }

    fn counted(&self, bound: &Bound<'_>) -> Result<Counted> {
        let mut buckets = ByBucket::new();
        let each = |batch: arrow::array::RecordBatch| {
            cells::each_row(&batch, |row| {
                // The count stands last; before it the bucket, if any.
                let Some((Cell::Int(n), bucket)) = row.split_last() else { return Ok(()) };
                let bucket = match bucket.first() {
                    Some(Cell::Text(name)) => Some(name.clone().into_owned()),
                    _ => None,
                };
                buckets.insert(bucket, u64::try_from(*n).unwrap_or(0));
                Ok(())
            })
        };
        let took = self.engine.statement_each(&counting(bound), bound.positional(), |_| Ok(()), each);
        let took = took.map_err(|error| named(bound, error))?;
        Ok(Counted::of(bound, Took::from(took), buckets))
    }
}

/// Says which file a mistake is in, where the user wrote it.
fn named(bound: &Bound<'_>, error: Error) -> Error {
    match bound.query().own {
        true => error.about(format!("queries/{}.sql cannot be asked", bound.query().id)),
        false => error,
    }
}

impl From<Cost> for Took {
    fn from(cost: Cost) -> Self {
        let Cost { rows, scanned_bytes, files, elapsed } = cost;
        Self { rows, scanned_bytes, files, elapsed, bill: None }
    }
}

impl Answers for Embedded {
    fn extent(&self) -> Option<TimeRange> {
        self.engine.extent()
    }

    fn holds(&self, table: Table) -> bool {
        self.engine.holds(table)
    }

    fn ask(&self, question: &Question<'_>, columns: &mut ColumnSink<'_>, rows: &mut RowSink<'_>) -> Result<Took> {
        let each = |batch: arrow::array::RecordBatch| cells::each_row(&batch, &mut *rows);
        let cost = match question {
            Question::Saved(bound) => {
                self.tell(bound, None);
                self.engine.query_each(bound, columns, each).map_err(|error| named(bound, error))
            }
            Question::Sql(sql) => self.engine.sql_each(sql, columns, each).map_err(|error| match error.suggestion() {
                Some(_) => error,
                None => error.hint("the tables are s3_access_logs and cloudtrail_events; docs/sql.md tells their columns and functions"),
            }),
        };
        cost.map(Took::from)
    }

    fn count_by_bucket(&self, bounds: &[Bound<'_>]) -> Result<Vec<Counted>> {
        let count = |(place, bound): (usize, &Bound<'_>)| {
            self.tell(bound, Some((place + 1, bounds.len())));
            self.counted(bound)
        };
        bounds.iter().enumerate().map(count).collect()
    }
}
