//! A table of the lake over exactly the committed files.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{Result, ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::ObjectMeta;
use object_store::path::Path;

use super::prune::Partitions;
use crate::etl::CommittedFile;
use crate::logs::columns::ColumnType;
use crate::logs::table::Table;

/// How much of a file's end is read first: footer and page index of a file of one partition nearly always fit.
const FOOTER_GUESS: usize = 32 * 1024;

/// The committed files as a table.
#[derive(Debug)]
pub(super) struct LakeTable {
    store: ObjectStoreUrl,
    schema: TableSchema,
    partitions: Arc<Partitions>,
}

impl LakeTable {
    pub(super) fn new(table: Table, store: ObjectStoreUrl, partitions: Arc<Partitions>) -> Self {
        let columns: Vec<Field> =
            table.columns().iter().map(|column| Field::new(column.name, data_type(column.kind), true)).collect();
        let partition_columns: Vec<_> =
            table.partition_columns().iter().map(|name| Arc::new(Field::new(*name, DataType::Utf8, false))).collect();
        let schema =
            TableSchema::builder(Arc::new(Schema::new(columns))).with_table_partition_cols(partition_columns).build();
        Self { store, schema, partitions }
    }

    fn partitioned_file(&self, file: &CommittedFile) -> Result<PartitionedFile> {
        let meta = ObjectMeta {
            location: Path::parse(&file.path).map_err(object_store::Error::from)?,
            last_modified: Default::default(),
            size: file.bytes,
            e_tag: None,
            version: None,
        };
        let names = [&file.date, &file.hour].map(|name| ScalarValue::Utf8(Some(name.clone())));
        Ok(PartitionedFile::new_from_meta(meta).with_partition_values(names.to_vec()))
    }

    /// What the commit log knows of the rows: it counted what was written.
    fn statistics(&self, files: &[&CommittedFile]) -> Statistics {
        let rows = files.iter().map(|file| file.rows).sum::<u64>();
        let mut statistics = Statistics::new_unknown(self.schema.table_schema());
        statistics.num_rows = Precision::Exact(usize::try_from(rows).unwrap_or(usize::MAX));
        statistics
    }

    /// The files of the partitions in which some row may pass every filter, partition by partition.
    pub(super) fn select(&self, filters: &[Expr], session: &dyn Session) -> Result<Vec<&CommittedFile>> {
        self.partitions.select(filters, self.schema.table_schema(), session)
    }

    /// A plan that reads `files`, which may be none.
    pub(super) fn reading(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        files: &[&CommittedFile],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let parts = session.config().target_partitions();
        let listed = files.iter().map(|file| self.partitioned_file(file)).collect::<Result<Vec<_>>>()?;
        self.reading_groups(session, projection, files, FileGroup::new(listed).split_files(parts), limit)
    }

    /// A plan that reads `files` in one partition, one after the other.
    pub(super) fn reading_in_order(
        &self,
        session: &dyn Session,
        projection: &Vec<usize>,
        files: &[&CommittedFile],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let group = files.iter().map(|file| self.partitioned_file(file)).collect::<Result<Vec<_>>>()?;
        self.reading_groups(session, Some(projection), files, vec![FileGroup::new(group)], None)
    }

    fn reading_groups(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        files: &[&CommittedFile],
        groups: Vec<FileGroup>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if files.is_empty() {
            let schema = datafusion::common::project_schema(self.schema.table_schema(), projection)?;
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let runtime = session.runtime_env();
        let readers = CachedParquetFileReaderFactory::new(
            runtime.object_store(&self.store)?,
            runtime.cache_manager.get_file_metadata_cache(),
        );
        let mut options = session.default_table_options().parquet;
        options.global = session.config_options().execution.parquet.clone();
        let source = ParquetSource::new(self.schema.clone())
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(readers))
            .with_metadata_size_hint(FOOTER_GUESS);
        let config = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(self.statistics(files))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

/// How the engine holds a column. Times have no zone, as Athena's `timestamp`; they are UTC.
fn data_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Int => DataType::Int32,
        ColumnType::BigInt => DataType::Int64,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Millisecond, None),
    }
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters
            .iter()
            .map(|filter| match self.partitions.decide(filter) {
                true => TableProviderFilterPushDown::Exact,
                false => TableProviderFilterPushDown::Inexact,
            })
            .collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.reading(session, projection, &self.select(filters, session)?, limit)
    }
}
