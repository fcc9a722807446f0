//! The embedded engine: SQL over the committed files of a lake in this process.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use futures::StreamExt;
use tokio::runtime::Runtime;

use super::answer::{self, Answer, AnswerColumn, Cost};
use super::counting::CountingStore;
use super::prune::Partitions;
use super::table::LakeTable;
use super::unique::UniqueTable;
use super::{aggregates, compat, dialect, functions};
use crate::error::{Error, ErrorKind, Result};
use crate::etl::CommittedFile;
use crate::logs::table::Table;
use crate::logs::trail::unique;
use crate::query::{Bound, Query, TimeRange, Value};
use crate::storage::Store;

/// What bounds the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineSettings {
    /// What sorts, aggregates and joins may hold before they spill to files, in bytes.
    pub memory_bytes: usize,
    /// How many threads work on a query.
    pub threads: usize,
}

impl Default for EngineSettings {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        Self { memory_bytes: 1 << 30, threads }
    }
}

/// How many times the memory of a query a report may hold.
const REPORT_MEMORY: usize = 4;

impl EngineSettings {
    /// For a report's statements. They have a dozen groupings and sorts each, and one for every thread, among which the engine
    /// shares its memory out evenly, however little the others need.
    #[must_use]
    pub fn for_a_report(self) -> Self {
        Self { memory_bytes: self.memory_bytes.saturating_mul(REPORT_MEMORY), ..self }
    }
}

/// Runs SQL over one state of a lake.
pub struct Engine {
    runtime: Runtime,
    context: SessionContext,
    store: Arc<CountingStore>,
    partitions: Vec<Arc<Partitions>>,
}

impl Engine {
    /// An engine over exactly `files`, with the default settings.
    ///
    /// # Errors
    /// When threads or temporary files cannot be had.
    pub fn open(lake: &Store, files: Vec<CommittedFile>) -> Result<Self> {
        Self::with_settings(lake, files, EngineSettings::default())
    }

    /// An engine over exactly `files`.
    ///
    /// # Errors
    /// When threads or temporary files cannot be had.
    pub fn with_settings(lake: &Store, files: Vec<CommittedFile>, settings: EngineSettings) -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| Error::failed("the embedded engine cannot start").because(error);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(settings.threads.max(1))
            .enable_all()
            .build()
            .map_err(|error| failed(&error))?;
        let store = Arc::new(CountingStore::new(lake.inner()));
        let partitions = Table::ALL.map(|table| Arc::new(Partitions::new(table, &files))).to_vec();
        let context = context(settings, &store, &partitions).map_err(|error| failed(&error))?;
        runtime.block_on(compat::create_view(&context)).map_err(|error| failed(&error))?;
        Ok(Self { runtime, context, store, partitions })
    }

    /// The range of time that the lake's partitions cover; `None` when there are none.
    pub fn extent(&self) -> Option<TimeRange> {
        let extents = || self.partitions.iter().filter_map(|partitions| partitions.extent());
        let from_ms = extents().map(|(from_ms, _)| from_ms).min()?;
        Some(TimeRange { from_ms, to_ms: extents().map(|(_, to_ms)| to_ms).max()? })
    }

    /// Whether the lake has files of a table.
    pub fn holds(&self, table: Table) -> bool {
        self.partitions.iter().any(|partitions| partitions.table() == table && partitions.extent().is_some())
    }

    /// Answers a saved query.
    ///
    /// # Errors
    /// When a file of the lake cannot be read, or memory or disk for spilling run out.
    pub fn query(&self, bound: &Bound) -> Result<Answer> {
        self.collect(|columns, rows| self.query_each(bound, columns, rows))
    }

    /// Answers a statement of the user's own; it can read and nothing else.
    ///
    /// # Errors
    /// As `query`; besides when the statement cannot be understood.
    pub fn sql(&self, sql: &str) -> Result<Answer> {
        self.collect(|columns, rows| self.sql_each(sql, columns, rows))
    }

    /// Answers a saved query batch by batch, however large the answer: `columns` is called once before all `rows`.
    ///
    /// # Errors
    /// As `query`; besides whatever `columns` and `rows` return.
    pub fn query_each(
        &self,
        bound: &Bound,
        columns: impl FnOnce(Vec<AnswerColumn>) -> Result<()>,
        rows: impl FnMut(RecordBatch) -> Result<()>,
    ) -> Result<Cost> {
        let with_units = |mut described: Vec<AnswerColumn>| {
            for column in &mut described {
                let declared = bound.query().columns.iter().find(|declared| declared.name == column.name);
                column.unit = declared.and_then(|declared| declared.unit.clone());
            }
            columns(described)
        };
        self.run(&bound.query().sql, bound.positional(), with_units, rows)
    }

    /// Answers a statement that the program made, with values for its `?`, batch by batch.
    ///
    /// # Errors
    /// As `query`; besides whatever `columns` and `rows` return.
    pub fn statement_each(
        &self,
        sql: &str,
        values: &[Value],
        columns: impl FnOnce(Vec<AnswerColumn>) -> Result<()>,
        rows: impl FnMut(RecordBatch) -> Result<()>,
    ) -> Result<Cost> {
        self.run(sql, values, columns, rows)
    }

    /// Answers a statement of the user's own batch by batch: `columns` is called once before all `rows`.
    ///
    /// # Errors
    /// As `sql`; besides whatever `columns` and `rows` return.
    pub fn sql_each(
        &self,
        sql: &str,
        columns: impl FnOnce(Vec<AnswerColumn>) -> Result<()>,
        rows: impl FnMut(RecordBatch) -> Result<()>,
    ) -> Result<Cost> {
        self.run(sql, &[], columns, rows)
    }

    /// The physical plan of a statement, as text, for those who want to know why it is slow.
    ///
    /// # Errors
    /// When the statement cannot be understood.
    pub fn explain(&self, sql: &str) -> Result<String> {
        let statement = dialect::parse(sql, &[])?;
        self.runtime.block_on(async {
            let plan = self.plan(statement).await.map_err(explained)?;
            let physical = self.context.state().create_physical_plan(&plan).await.map_err(explained)?;
            Ok(datafusion::physical_plan::displayable(physical.as_ref()).indent(false).to_string())
        })
    }

    fn collect(
        &self,
        run: impl FnOnce(
            &mut dyn FnMut(Vec<AnswerColumn>) -> Result<()>,
            &mut dyn FnMut(RecordBatch) -> Result<()>,
        ) -> Result<Cost>,
    ) -> Result<Answer> {
        let mut columns = Vec::new();
        let mut batches = Vec::new();
        let cost = run(
            &mut |described| {
                columns = described;
                Ok(())
            },
            &mut |batch| {
                batches.push(batch);
                Ok(())
            },
        )?;
        Ok(Answer { columns, batches, cost })
    }

    fn run(
        &self,
        sql: &str,
        values: &[Value],
        columns: impl FnOnce(Vec<AnswerColumn>) -> Result<()>,
        mut rows: impl FnMut(RecordBatch) -> Result<()>,
    ) -> Result<Cost> {
        let started = Instant::now();
        self.store.reset();
        let statement = dialect::parse(sql, values)?;
        let count = self.runtime.block_on(async {
            let plan = self.plan(statement).await.map_err(explained)?;
            let physical = self.context.state().create_physical_plan(&plan).await.map_err(explained)?;
            let schema = answer::plain_schema(&physical.schema());
            columns(answer::columns(&physical.schema()))?;
            let mut stream = execute_stream(physical, self.context.task_ctx()).map_err(explained)?;
            let mut count = 0;
            while let Some(batch) = stream.next().await {
                let batch = answer::plain_batch(&batch.map_err(explained)?, &schema)?;
                count += batch.num_rows() as u64;
                if batch.num_rows() > 0 {
                    rows(batch)?;
                }
            }
            Ok::<u64, Error>(count)
        })?;
        let (scanned_bytes, files) = (self.store.bytes(), self.store.files());
        Ok(Cost { rows: count, scanned_bytes, files, elapsed: started.elapsed() })
    }

    async fn plan(&self, statement: Statement) -> Result<LogicalPlan, DataFusionError> {
        let plan = self.context.state().statement_to_plan(statement).await?;
        let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        read_only.verify_plan(&plan)?;
        Ok(plan)
    }
}

/// Whether a saved query is a statement that reads, as far as that can be said without asking it.
///
/// # Errors
/// A usage error that names its file.
pub fn check_select(query: &Query) -> Result<()> {
    let values = vec![Value::Null; query.positions.len()];
    dialect::parse(&query.sql, &values).map(drop).map_err(|error| {
        let hint = error.suggestion().unwrap_or("`bucketscope query --sql` tries a statement out").to_owned();
        Error::usage(format!("queries/{}.sql: the statement cannot be understood", query.id)).because(error).hint(hint)
    })
}

fn context(
    settings: EngineSettings,
    store: &Arc<CountingStore>,
    partitions: &[Arc<Partitions>],
) -> Result<SessionContext, DataFusionError> {
    let mut config = SessionConfig::new()
        .with_target_partitions(settings.threads.max(1))
        .with_information_schema(true)
        // The names that Athena gives: a query may spell a table out as "awsdatacatalog"."bucketscope".s3_access_logs.
        .with_default_catalog_and_schema("awsdatacatalog", "bucketscope");
    let options = config.options_mut();
    // In Trino nulls come last, whichever the direction.
    options.sql_parser.default_null_ordering = "nulls_last".to_owned();
    options.execution.time_zone = Some("+00:00".to_owned());
    // Filters are decided on their own columns first, and only the pages of the others that hold a match are read.
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    // Sorts in parallel need a merge that cannot spill while the sorts hold all the memory there is, and fail: one sort
    // takes what there is and spills the rest. Small batches, because a merge holds one of each spilled file.
    options.optimizer.repartition_sorts = false;
    options.set("datafusion.execution.batch_size", "2048")?;
    let runtime =
        RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(settings.memory_bytes))).build_arc()?;
    let context = SessionContext::new_with_config_rt(config, runtime);
    let url = ObjectStoreUrl::parse("lake://committed")?;
    context.register_object_store(url.as_ref(), Arc::clone(store) as _);
    for partitions in partitions {
        let table = partitions.table();
        let provider = Arc::new(LakeTable::new(table, url.clone(), Arc::clone(partitions)));
        if table == Table::CloudTrail {
            context.register_table(unique::VIEW, Arc::new(UniqueTable::new(Arc::clone(&provider))))?;
        }
        context.register_table(table.name(), provider)?;
    }
    functions::register(&context);
    aggregates::register(&context);
    Ok(context)
}

/// The engine's error in the program's form.
fn explained(error: DataFusionError) -> Error {
    let root = error.find_root();
    let text = root.strip_backtrace();
    match root {
        DataFusionError::ResourcesExhausted(_) => Error::failed("the query needs more memory than it may use")
            .because(text)
            .hint("ask for a shorter range or fewer columns"),
        DataFusionError::ObjectStore(_) | DataFusionError::IoError(_) | DataFusionError::ParquetError(_) => {
            Error::failed("a file of the lake cannot be read")
                .because(text)
                .hint("`bucketscope drift` compares the lake with the commit log")
        }
        DataFusionError::SQL(..)
        | DataFusionError::Plan(_)
        | DataFusionError::SchemaError(..)
        | DataFusionError::NotImplemented(_) => {
            Error::new(ErrorKind::Usage, "the statement cannot be understood").because(text)
        }
        _ => Error::failed("the query failed").because(text),
    }
}
