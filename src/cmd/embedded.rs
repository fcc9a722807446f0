//! The embedded engine as what questions are asked of.

use std::collections::BTreeMap;

use super::answers::{Answers, ColumnSink, Counted, Question, RowSink, Took, bucket_column};
use super::cells;
use crate::Result;
use crate::engine::local::Engine;
use crate::engine::told::Cost;
use crate::logs::table::Table;
use crate::query::{Bound, TimeRange};
use crate::ui::grid::Cell;

/// The engine over one state of a lake.
pub struct Embedded(pub Engine);

impl From<Cost> for Took {
    fn from(cost: Cost) -> Self {
        let Cost { rows, scanned_bytes, files, elapsed } = cost;
        Self { rows, scanned_bytes, files, elapsed, bill: None }
    }
}

impl Answers for Embedded {
    fn extent(&self) -> Option<TimeRange> {
        self.0.extent()
    }

    fn holds(&self, table: Table) -> bool {
        self.0.holds(table)
    }

    fn ask(&self, question: &Question<'_>, columns: &mut ColumnSink<'_>, rows: &mut RowSink<'_>) -> Result<Took> {
        let each = |batch: arrow::array::RecordBatch| cells::each_row(&batch, &mut *rows);
        let cost = match question {
            Question::Saved(bound) => self.0.query_each(bound, columns, each),
            Question::Sql(sql) => self.0.sql_each(sql, columns, each).map_err(|error| match error.suggestion() {
                Some(_) => error,
                None => error.hint("the tables are s3_access_logs and cloudtrail_events; docs/sql.md tells their columns and functions"),
            }),
        };
        cost.map(Took::from)
    }

    fn count(&self, bound: &Bound<'_>) -> Result<Took> {
        self.0.query_each(bound, |_| Ok(()), |_| Ok(())).map(Took::from)
    }

    fn count_by_bucket(&self, bounds: &[Bound<'_>]) -> Result<Vec<Counted>> {
        let count = |bound: &Bound<'_>| {
            let Some(column) = bucket_column(bound) else {
                return Ok(Counted { took: self.count(bound)?, buckets: None });
            };
            let mut buckets: BTreeMap<Option<String>, u64> = BTreeMap::new();
            let each = |batch: arrow::array::RecordBatch| {
                cells::each_row(&batch, |row| {
                    let bucket = match row.get(column) {
                        Some(Cell::Text(name)) => Some(name.as_ref()),
                        _ => None,
                    };
                    *buckets.entry(bucket.map(str::to_owned)).or_default() += 1;
                    Ok(())
                })
            };
            let took = self.0.query_each(bound, |_| Ok(()), each).map(Took::from)?;
            Ok(Counted { took, buckets: Some(buckets) })
        };
        bounds.iter().map(count).collect()
    }
}
