//! Which partitions a query can need, from its filters alone.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;

use crate::etl::CommittedFile;
use crate::logs::table::Table;

/// Length of a partition, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// The committed files of a table by partition, in order.
#[derive(Debug)]
pub(super) struct Partitions {
    table: Table,
    by_hour: BTreeMap<(String, String), Vec<CommittedFile>>,
}

impl Partitions {
    /// Those of a table among all files.
    pub(super) fn new(table: Table, files: &[CommittedFile]) -> Self {
        let mut by_hour: BTreeMap<_, Vec<CommittedFile>> = BTreeMap::new();
        for file in files.iter().filter(|file| file.table == table) {
            by_hour.entry((file.date.clone(), file.hour.clone())).or_default().push(file.clone());
        }
        for files in by_hour.values_mut() {
            files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        Self { table, by_hour }
    }

    /// The table.
    pub(super) fn table(&self) -> Table {
        self.table
    }

    /// From the start of the first to the end of the last partition, milliseconds since the epoch.
    pub(super) fn extent(&self) -> Option<(i64, i64)> {
        let starts = || self.by_hour.keys().filter_map(|(date, hour)| start_ms(date, hour));
        Some((starts().min()?, starts().max()? + HOUR_MS))
    }

    /// The files of the partitions in which some row may pass every filter.
    pub(super) fn select(
        &self,
        filters: &[Expr],
        table: &SchemaRef,
        session: &dyn Session,
    ) -> Result<Vec<&CommittedFile>> {
        let by_name = self.matching_names(filters, session)?;
        let by_time = self.matching_times(filters, table, session)?;
        Ok(self
            .by_hour
            .values()
            .zip(by_name.into_iter().zip(by_time))
            .filter(|(_, (name, time))| *name && *time)
            .flat_map(|(files, _)| files)
            .collect())
    }

    /// Evaluates the filters that speak of partition columns alone, exactly.
    fn matching_names(&self, filters: &[Expr], session: &dyn Session) -> Result<Vec<bool>> {
        let Some(filter) = conjunction(filters.iter().filter(|filter| self.decide(filter)).cloned()) else {
            return Ok(vec![true; self.by_hour.len()]);
        };
        let names = self.table.partition_columns();
        let schema = Arc::new(Schema::new(names.map(|name| Field::new(name, DataType::Utf8, false)).to_vec()));
        let filter = session.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&schema))?)?;
        let batch = RecordBatch::try_new(schema, vec![self.dates(), self.hours()])?;
        let matched = filter.evaluate(&batch)?.into_array(batch.num_rows())?;
        let matched = datafusion::common::cast::as_boolean_array(&matched)?;
        Ok(matched.iter().map(|matches| matches == Some(true)).collect())
    }

    /// A record's hour is its partition, so filters on the time rule partitions out as well. This may keep too many.
    fn matching_times(&self, filters: &[Expr], table: &SchemaRef, session: &dyn Session) -> Result<Vec<bool>> {
        let schema = DFSchema::try_from(Arc::clone(table))?;
        let mut kept = vec![true; self.by_hour.len()];
        for filter in filters.iter().filter(|filter| plain(filter) && !self.decide(filter)) {
            let filter = session.create_physical_expr(filter.clone(), &schema)?;
            let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(table)).try_build(filter)?;
            if predicate.always_true() {
                continue;
            }
            for (keep, may_match) in kept.iter_mut().zip(predicate.prune(self)?) {
                *keep &= may_match;
            }
        }
        Ok(kept)
    }

    fn dates(&self) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(self.by_hour.keys().map(|(date, _)| date)))
    }

    fn hours(&self) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(self.by_hour.keys().map(|(_, hour)| hour)))
    }

    fn times(&self, offset_ms: i64) -> ArrayRef {
        let starts = self.by_hour.keys().map(|(date, hour)| start_ms(date, hour).map(|start| start + offset_ms));
        Arc::new(starts.collect::<TimestampMillisecondArray>())
    }

    fn bound(&self, column: &Column, offset_ms: i64) -> Option<ArrayRef> {
        let [date, hour] = self.table.partition_columns();
        match column.name.as_str() {
            name if name == date => Some(self.dates()),
            name if name == hour => Some(self.hours()),
            name if name == self.table.time_column() => Some(self.times(offset_ms)),
            _ => None,
        }
    }

    /// Whether a filter can be decided from a partition's name, so that its rows need not be asked again.
    pub(super) fn decide(&self, filter: &Expr) -> bool {
        let columns = filter.column_refs();
        let names = self.table.partition_columns();
        !columns.is_empty() && columns.iter().all(|column| names.contains(&column.name.as_str())) && plain(filter)
    }
}

impl PruningStatistics for Partitions {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bound(column, 0)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bound(column, HOUR_MS - 1)
    }

    fn num_containers(&self) -> usize {
        self.by_hour.len()
    }

    fn null_counts(&self, _: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        None
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

fn start_ms(date: &str, hour: &str) -> Option<i64> {
    let date: jiff::civil::Date = date.parse().ok()?;
    let time = date.to_datetime(jiff::civil::Time::new(hour.parse().ok()?, 0, 0, 0).ok()?);
    Some(jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond())
}

/// Whether a filter can be evaluated on its own: no subqueries, nothing that changes from row to row by itself.
fn plain(filter: &Expr) -> bool {
    let foreign = filter.exists(|expr| {
        Ok(matches!(
            expr,
            Expr::ScalarSubquery(_)
                | Expr::InSubquery(_)
                | Expr::SetComparison(_)
                | Expr::Exists(_)
                | Expr::OuterReferenceColumn(..)
                | Expr::Placeholder(_)
                | Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
        ))
    });
    !filter.is_volatile() && matches!(foreign, Ok(false))
}
