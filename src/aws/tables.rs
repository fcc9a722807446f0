//! Tables of the Glue catalogue.

use std::collections::BTreeMap;

use aws_sdk_glue::Client;
use aws_sdk_glue::types;
use serde::{Deserialize, Serialize};

use super::Session;
use super::answer::{absent, done, owned, says};
use super::error::explain;
use crate::{Error, Result};

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as Hive writes it.
    pub kind: String,
    /// What it holds.
    pub comment: String,
}

/// A table or view, as far as we set it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// `EXTERNAL_TABLE`, `VIRTUAL_VIEW`.
    pub kind: String,
    /// The columns, without those of the partitions.
    pub columns: Vec<Column>,
    /// The columns of the partitions.
    pub partition_keys: Vec<Column>,
    /// Where its files are.
    pub location: String,
    /// The class that reads files.
    pub input_format: String,
    /// The class that writes files.
    pub output_format: String,
    /// The class that reads rows.
    pub serde: String,
    /// What that class is told.
    pub serde_parameters: BTreeMap<String, String>,
    /// The table's properties.
    pub parameters: BTreeMap<String, String>,
    /// The text of a view, encoded as Athena does.
    pub view_text: String,
    /// The text of a view for those who cannot read the other one.
    pub view_expanded: String,
}

/// The catalogue of one Region.
pub trait Tables: Send + Sync {
    /// Whether there is such a database.
    fn database_exists(&self, database: &str) -> Result<bool>;
    /// Deletes a database with its tables. One that is gone is fine.
    fn delete_database(&self, database: &str) -> Result<()>;
    /// The names of all tables of a database; none where there is no such database.
    fn names(&self, database: &str) -> Result<Vec<String>>;
    /// A table.
    fn find(&self, database: &str, name: &str) -> Result<Option<Table>>;
    /// Makes a table as it should be, whether it is there or not.
    fn put(&self, database: &str, table: &Table) -> Result<()>;
    /// Deletes a table with its partitions. One that is gone is fine.
    fn delete(&self, database: &str, name: &str) -> Result<()>;
}

/// The driver over the SDK.
pub struct SdkTables {
    session: Session,
    client: Client,
}

impl SdkTables {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

const GONE: &[&str] = &["EntityNotFoundException"];

fn column(column: &types::Column) -> Column {
    Column { name: column.name().to_owned(), kind: owned(column.r#type()), comment: owned(column.comment()) }
}

fn map(from: Option<&std::collections::HashMap<String, String>>) -> BTreeMap<String, String> {
    from.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn table(found: &types::Table) -> Table {
    let storage = found.storage_descriptor();
    let serde = storage.and_then(|storage| storage.serde_info());
    Table {
        name: found.name().to_owned(),
        description: owned(found.description()),
        kind: owned(found.table_type()),
        columns: storage.map_or_else(Vec::new, |storage| storage.columns().iter().map(column).collect()),
        partition_keys: found.partition_keys().iter().map(column).collect(),
        location: owned(storage.and_then(|storage| storage.location())),
        input_format: owned(storage.and_then(|storage| storage.input_format())),
        output_format: owned(storage.and_then(|storage| storage.output_format())),
        serde: owned(serde.and_then(|serde| serde.serialization_library())),
        serde_parameters: map(serde.and_then(|serde| serde.parameters())),
        parameters: map(found.parameters()),
        view_text: owned(found.view_original_text()),
        view_expanded: owned(found.view_expanded_text()),
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn sdk_columns(columns: &[Column]) -> Result<Vec<types::Column>> {
    let one = |column: &Column| {
        types::Column::builder()
            .name(&column.name)
            .set_type(given(&column.kind))
            .set_comment(given(&column.comment))
            .build()
            .map_err(|error| Error::failed(format!("the column {} cannot be written", column.name)).because(error))
    };
    columns.iter().map(one).collect()
}

fn input(table: &Table) -> Result<types::TableInput> {
    let parameters = |map: &BTreeMap<String, String>| {
        (!map.is_empty()).then(|| map.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let serde = types::SerDeInfo::builder()
        .set_serialization_library(given(&table.serde))
        .set_parameters(parameters(&table.serde_parameters))
        .build();
    let storage = types::StorageDescriptor::builder()
        .set_columns(Some(sdk_columns(&table.columns)?))
        .set_location(given(&table.location))
        .set_input_format(given(&table.input_format))
        .set_output_format(given(&table.output_format))
        .serde_info(serde)
        .build();
    types::TableInput::builder()
        .name(&table.name)
        .set_description(given(&table.description))
        .set_table_type(given(&table.kind))
        .storage_descriptor(storage)
        .set_partition_keys(Some(sdk_columns(&table.partition_keys)?))
        .set_parameters(parameters(&table.parameters))
        .set_view_original_text(given(&table.view_text))
        .set_view_expanded_text(given(&table.view_expanded))
        .build()
        .map_err(|error| Error::failed(format!("the table {} cannot be written", table.name)).because(error))
}

impl Tables for SdkTables {
    fn database_exists(&self, database: &str) -> Result<bool> {
        let answer = self.session.wait(self.client.get_database().name(database).send());
        Ok(absent(answer, GONE, || format!("cannot look at the database {database}"))?.is_some())
    }

    fn delete_database(&self, database: &str) -> Result<()> {
        let answer = self.session.wait(self.client.delete_database().name(database).send());
        done(answer, GONE, || format!("cannot delete the database {database}"))
    }

    fn names(&self, database: &str) -> Result<Vec<String>> {
        let pages = self.client.get_tables().database_name(database).into_paginator().send();
        let answer = self.session.wait(pages.collect::<Result<Vec<_>, _>>());
        let found = absent(answer, GONE, || format!("cannot list the tables of {database}"))?.unwrap_or_default();
        Ok(found.iter().flat_map(|page| page.table_list()).map(|table| table.name().to_owned()).collect())
    }

    fn find(&self, database: &str, name: &str) -> Result<Option<Table>> {
        let answer = self.session.wait(self.client.get_table().database_name(database).name(name).send());
        let found = absent(answer, GONE, || format!("cannot look at the table {database}.{name}"))?;
        Ok(found.and_then(|found| found.table().map(table)))
    }

    fn put(&self, database: &str, table: &Table) -> Result<()> {
        let what = || format!("cannot set the table {database}.{}", table.name);
        let input = input(table)?;
        let create = self.client.create_table().database_name(database).table_input(input.clone()).send();
        match self.session.wait(create) {
            Ok(_) => Ok(()),
            Err(error) if says(&error, &["AlreadyExistsException"]) => {
                let update = self.client.update_table().database_name(database).table_input(input).skip_archive(true);
                self.session.wait(update.send()).map(|_| ()).map_err(|error| explain(what(), &error))
            }
            Err(error) => Err(explain(what(), &error)),
        }
    }

    fn delete(&self, database: &str, name: &str) -> Result<()> {
        let answer = self.session.wait(self.client.delete_table().database_name(database).name(name).send());
        done(answer, GONE, || format!("cannot delete the table {database}.{name}"))
    }
}
