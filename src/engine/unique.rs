//! The view `cloudtrail_events_unique` in the embedded engine: what `logs::trail::unique` says, by another way.
//!
//! The view's statement sorts every event of a range, with all the columns asked for: more than a machine's memory on a lake
//! of a year. But copies of an event have one time, so they stand in one partition, and they are few. So the partitions that a
//! query needs are searched for copies once, by time and id alone, and from then on a filter leaves the copies out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result, internal_datafusion_err};
use datafusion::datasource::TableType;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{ColumnarValue, Expr, TableProviderFilterPushDown, Volatility, create_udf};
use datafusion::physical_expr::ScalarFunctionExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::expressions::Column;
use datafusion::physical_plan::filter::FilterExecBuilder;
use datafusion::physical_plan::union::UnionExec;
use futures::StreamExt;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::table::LakeTable;
use crate::etl::CommittedFile;

/// A partition's name: date and hour.
type Hour = (String, String);

/// Rows of the table: the lines of each log object.
type Rows = HashMap<String, HashSet<i64>>;

/// What a partition's search found: hashes that more than one of its events has.
type Suspects = HashMap<Hour, HashSet<u64>>;

/// What is known of copies so far.
#[derive(Debug, Default)]
struct Copies {
    searched: HashSet<Hour>,
    /// Partitions that have some.
    hours: HashSet<Hour>,
    rows: Arc<Rows>,
}

/// The events of the table without their copies.
#[derive(Debug)]
pub(super) struct UniqueTable {
    table: Arc<LakeTable>,
    copies: Mutex<Copies>,
}

impl UniqueTable {
    pub(super) fn new(table: Arc<LakeTable>) -> Self {
        Self { table, copies: Mutex::default() }
    }

    /// Searches the partitions of `files` that were not searched yet.
    async fn search(&self, session: &dyn Session, files: &[&CommittedFile], copies: &mut Copies) -> Result<()> {
        let mut hours: BTreeMap<Hour, Vec<&CommittedFile>> = BTreeMap::new();
        for file in files {
            hours.entry(hour(file)).or_default().push(file);
        }
        hours.retain(|hour, _| !copies.searched.contains(hour));
        let suspects = self.suspects(session, &hours).await?;
        let searched: Vec<Hour> = hours.keys().cloned().collect();
        hours.retain(|hour, _| suspects.contains_key(hour));
        let rows = Arc::make_mut(&mut copies.rows);
        for hour in self.confirm(session, &hours, &suspects, rows).await? {
            copies.hours.insert(hour);
        }
        copies.searched.extend(searched);
        Ok(())
    }

    /// Partitions with events of one hash. What another event's hash is by chance, the second look tells apart.
    async fn suspects(&self, session: &dyn Session, hours: &BTreeMap<Hour, Vec<&CommittedFile>>) -> Result<Suspects> {
        let share = hours.len().div_ceil(session.config().target_partitions().max(1)).max(1);
        let lists: Vec<&Vec<&CommittedFile>> = hours.values().collect();
        let lists: Vec<Vec<&CommittedFile>> =
            lists.chunks(share).map(|list| list.iter().copied().flatten().copied().collect()).collect();
        let mut tasks = JoinSet::new();
        for stream in self.streams(session, &["eventtime", "eventid"], &lists)? {
            tasks.spawn(suspects_of(stream));
        }
        let mut suspects = Suspects::new();
        while let Some(found) = tasks.join_next().await {
            suspects.extend(found.map_err(|error| DataFusionError::External(Box::new(error)))??);
        }
        Ok(suspects)
    }

    /// Adds the rows that are copies to `rows`, and answers their partitions.
    async fn confirm(
        &self,
        session: &dyn Session,
        hours: &BTreeMap<Hour, Vec<&CommittedFile>>,
        suspects: &Suspects,
        rows: &mut Rows,
    ) -> Result<HashSet<Hour>> {
        let files: Vec<&CommittedFile> = hours.values().flatten().copied().collect();
        let names = ["eventtime", "eventid", "log_object", "log_line"];
        let mut found = HashSet::new();
        for mut stream in self.streams(session, &names, &[files])? {
            let mut first: HashMap<(i64, String), (String, i64)> = HashMap::new();
            let mut current = Hour::default();
            while let Some(batch) = stream.next().await {
                let batch = Events::of(&batch?)?;
                for row in 0..batch.len() {
                    if !batch.is_of(row, &current) {
                        first.clear();
                        current = batch.hour(row);
                    }
                    let (Some(event), Some(place)) = (batch.event(row), batch.place(row)) else { continue };
                    if !suspects.get(&current).is_some_and(|hashes| hashes.contains(&hash(event))) {
                        continue;
                    }
                    let (time, id) = event;
                    let place = (place.0.to_owned(), place.1);
                    let Some(kept) = first.get_mut(&(time, id.to_owned())) else {
                        first.insert((time, id.to_owned()), place);
                        continue;
                    };
                    let (object, line) = if place < *kept { std::mem::replace(kept, place) } else { place };
                    rows.entry(object).or_default().insert(line);
                    found.insert(current.clone());
                }
            }
        }
        Ok(found)
    }

    /// Reads date, hour and `names` of each list of files.
    fn streams(
        &self,
        session: &dyn Session,
        names: &[&str],
        lists: &[Vec<&CommittedFile>],
    ) -> Result<Vec<SendableRecordBatchStream>> {
        let schema = self.schema();
        let [date, hour] = crate::logs::trail::columns::PARTITION_COLUMNS;
        let names = [date, hour].into_iter().chain(names.iter().copied());
        let columns = names.map(|name| Ok(schema.index_of(name)?)).collect::<Result<Vec<_>>>()?;
        let context: Arc<TaskContext> = session.task_ctx();
        let lists = lists.iter().filter(|files| !files.is_empty());
        // Each in a plan of its own: the partitions of one plan take files from one another, and an hour's would be torn apart.
        lists
            .map(|files| self.table.reading_in_order(session, &columns, files)?.execute(0, Arc::clone(&context)))
            .collect()
    }

    /// Reads `files` without the rows that are copies.
    fn without_copies(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        files: &[&CommittedFile],
        copies: &Arc<Rows>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.schema();
        let asked = projection.cloned().unwrap_or_else(|| (0..schema.fields().len()).collect());
        let mut read = asked.clone();
        let mut args: Vec<Arc<dyn datafusion::physical_plan::PhysicalExpr>> = Vec::new();
        let mut types = Vec::new();
        for name in ["log_object", "log_line"] {
            let column = schema.index_of(name)?;
            let at = read.iter().position(|have| *have == column).unwrap_or_else(|| {
                read.push(column);
                read.len() - 1
            });
            args.push(Arc::new(Column::new(name, at)));
            types.push(schema.field(column).data_type().clone());
        }
        let source = self.table.reading(session, Some(&read), files, None)?;
        let copies = Arc::clone(copies);
        let kept = create_udf(
            "is_no_copy",
            types,
            DataType::Boolean,
            Volatility::Immutable,
            Arc::new(move |args: &[ColumnarValue]| kept(args, &copies)),
        );
        let options = Arc::clone(session.config().options());
        let filter = ScalarFunctionExpr::try_new(Arc::new(kept), args, &source.schema(), options)?;
        let filter = FilterExecBuilder::new(Arc::new(filter), source);
        Ok(Arc::new(filter.apply_projection(Some((0..asked.len()).collect()))?.build()?))
    }
}

#[async_trait]
impl TableProvider for UniqueTable {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.table.supports_filters_pushdown(filters)
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.table.select(filters, session)?;
        let mut copies = self.copies.lock().await;
        self.search(session, &files, &mut copies).await?;
        let (some, none): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| copies.hours.contains(&hour(file)));
        let mut plans = Vec::new();
        if !some.is_empty() {
            plans.push(self.without_copies(session, projection, &some, &copies.rows)?);
        }
        if !none.is_empty() || plans.is_empty() {
            plans.push(self.table.reading(session, projection, &none, limit)?);
        }
        match plans.len() {
            1 => Ok(plans.remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }
}

fn hour(file: &CommittedFile) -> Hour {
    (file.date.clone(), file.hour.clone())
}

fn hash(event: (i64, &str)) -> u64 {
    let mut hasher = DefaultHasher::new();
    event.hash(&mut hasher);
    hasher.finish()
}

/// Hashes that more than one event of a partition has; partitions come one after the other.
async fn suspects_of(mut stream: SendableRecordBatchStream) -> Result<Suspects> {
    let mut suspects = Suspects::new();
    let mut seen: HashSet<u64> = HashSet::new();
    let mut current = Hour::default();
    while let Some(batch) = stream.next().await {
        let batch = Events::of(&batch?)?;
        for row in 0..batch.len() {
            if !batch.is_of(row, &current) {
                seen.clear();
                current = batch.hour(row);
            }
            let Some(event) = batch.event(row) else { continue };
            let hash = hash(event);
            if !seen.insert(hash) {
                suspects.entry(current.clone()).or_default().insert(hash);
            }
        }
    }
    Ok(suspects)
}

/// Which rows are no copies.
fn kept(args: &[ColumnarValue], copies: &Rows) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(args)?;
    let [objects, lines] = arrays.as_slice() else {
        return Err(internal_datafusion_err!("is_no_copy takes a log object and a line"));
    };
    let objects = cast(objects, &DataType::Utf8)?;
    let lines = cast(lines, &DataType::Int64)?;
    let (objects, lines) = (objects.as_string::<i32>(), lines.as_primitive::<Int64Type>());
    let kept = objects.iter().zip(lines).map(|place| match place {
        (Some(object), Some(line)) => !copies.get(object).is_some_and(|lines| lines.contains(&line)),
        _ => true,
    });
    Ok(ColumnarValue::Array(Arc::new(kept.map(Some).collect::<BooleanArray>())))
}

/// Date, hour, time and id of events, and where they stood.
struct Events {
    columns: Vec<ArrayRef>,
}

impl Events {
    fn of(batch: &RecordBatch) -> Result<Self> {
        let kinds = [DataType::Utf8, DataType::Utf8, DataType::Int64, DataType::Utf8, DataType::Utf8, DataType::Int64];
        let columns = batch.columns().iter().zip(&kinds);
        Ok(Self { columns: columns.map(|(column, kind)| Ok(cast(column, kind)?)).collect::<Result<_>>()? })
    }

    fn len(&self) -> usize {
        self.columns.first().map_or(0, |column| column.len())
    }

    fn text(&self, column: usize, row: usize) -> Option<&str> {
        let column = self.columns.get(column)?.as_string::<i32>();
        column.is_valid(row).then(|| column.value(row))
    }

    fn number(&self, column: usize, row: usize) -> Option<i64> {
        let column = self.columns.get(column)?.as_primitive::<Int64Type>();
        column.is_valid(row).then(|| column.value(row))
    }

    fn is_of(&self, row: usize, hour: &Hour) -> bool {
        self.text(0, row) == Some(&hour.0) && self.text(1, row) == Some(&hour.1)
    }

    fn hour(&self, row: usize) -> Hour {
        (self.text(0, row).unwrap_or_default().to_owned(), self.text(1, row).unwrap_or_default().to_owned())
    }

    /// What tells an event from others; `None` where it has no id.
    fn event(&self, row: usize) -> Option<(i64, &str)> {
        let id = self.text(3, row).filter(|id| !id.is_empty())?;
        Some((self.number(2, row)?, id))
    }

    fn place(&self, row: usize) -> Option<(&str, i64)> {
        Some((self.text(4, row)?, self.number(5, row)?))
    }
}
