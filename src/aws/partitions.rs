//! Glue's catalogue as the worker uses it: a table, new partitions of it, the start of a crawler.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_sdk_glue::Client;
use aws_sdk_glue::types::{
    BatchUpdatePartitionRequestEntry, ErrorDetail, PartitionInput, PartitionValueList, StorageDescriptor,
};

use super::Session;
use super::error::{code, explain};
use crate::{Error, Result};

/// What is known of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// When it was made, milliseconds since the epoch: a table that is made again has lost its partitions.
    pub created_ms: i64,
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition {
    /// Values of the partition columns, in their order.
    pub values: Vec<String>,
    /// Where its files lie: an `s3://` address with a slash at its end.
    pub location: String,
}

/// A partition that was not registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its values.
    pub values: Vec<String>,
    /// Glue's code.
    pub code: String,
    /// Glue's words.
    pub message: String,
}

/// How the attempt to start a crawler ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It runs.
    Started,
    /// It was running already, and may have passed by what is new.
    WasRunning,
}

/// The calls.
pub trait Partitions {
    /// The table, which must be there.
    fn table(&self, database: &str, table: &str) -> Result<Table>;
    /// Registers up to 100 partitions with the table's own description. Gives those that Glue refused, those among them
    /// that were registered already.
    fn register(&self, database: &str, table: &str, partitions: &[Partition]) -> Result<Vec<Refused>>;
    /// Where up to 1,000 partitions lie, by their values; those that are not registered are left out.
    fn places(&self, database: &str, table: &str, values: &[Vec<String>]) -> Result<Vec<Partition>>;
    /// Sends whoever asks for up to 100 registered partitions to another place, with the table's own description: each of them
    /// in one step. Gives those that Glue refused.
    fn move_to(&self, database: &str, table: &str, partitions: &[Partition]) -> Result<Vec<Refused>>;
    /// Starts a crawler.
    fn start_crawler(&self, crawler: &str) -> Result<Start>;
}

/// The driver over the SDK.
pub struct SdkPartitions {
    session: Session,
    client: Client,
    /// The description that partitions get, by database and table.
    descriptions: Mutex<HashMap<(String, String), StorageDescriptor>>,
}

impl SdkPartitions {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        let client = Client::new(session.config());
        Self { session: session.clone(), client, descriptions: Mutex::default() }
    }

    fn description(&self, database: &str, table: &str) -> Result<StorageDescriptor> {
        let key = (database.to_owned(), table.to_owned());
        let known = self.descriptions.lock().ok().and_then(|known| known.get(&key).cloned());
        if let Some(known) = known {
            return Ok(known);
        }
        self.table(database, table)?;
        let known = self.descriptions.lock().ok().and_then(|known| known.get(&key).cloned());
        known.ok_or_else(|| Error::failed(format!("the table {database}.{table} does not describe its files")))
    }
}

/// What Glue is told of a partition.
fn input(table: &StorageDescriptor, partition: &Partition) -> PartitionInput {
    let mut description = table.clone();
    description.location = Some(partition.location.clone());
    PartitionInput::builder().set_values(Some(partition.values.clone())).storage_descriptor(description).build()
}

fn refused(values: Option<Vec<String>>, detail: Option<&ErrorDetail>) -> Refused {
    Refused {
        values: values.unwrap_or_default(),
        code: detail.and_then(ErrorDetail::error_code).unwrap_or("no code").to_owned(),
        message: detail.and_then(ErrorDetail::error_message).unwrap_or_default().to_owned(),
    }
}

impl Partitions for SdkPartitions {
    fn table(&self, database: &str, table: &str) -> Result<Table> {
        let request = self.client.get_table().database_name(database).name(table);
        let answer = self.session.wait(request.send()).map_err(|error| {
            let explained = explain(format!("cannot read the table {database}.{table}"), &error);
            match code(&error) {
                Some("EntityNotFoundException") => explained.hint("bucketscope deploy  makes it again"),
                _ => explained,
            }
        })?;
        let found = answer.table.ok_or_else(|| Error::failed(format!("Glue shows no table {database}.{table}")))?;
        if let (Some(description), Ok(mut known)) = (found.storage_descriptor, self.descriptions.lock()) {
            known.insert((database.to_owned(), table.to_owned()), description);
        }
        let created_ms = found.create_time.and_then(|time| time.to_millis().ok()).unwrap_or_default();
        Ok(Table { created_ms })
    }

    fn register(&self, database: &str, table: &str, partitions: &[Partition]) -> Result<Vec<Refused>> {
        let description = self.description(database, table)?;
        let inputs = partitions.iter().map(|partition| input(&description, partition));
        let request = self.client.batch_create_partition().database_name(database).table_name(table);
        let answer = self
            .session
            .wait(request.set_partition_input_list(Some(inputs.collect())).send())
            .map_err(|error| explain(format!("cannot register partitions of {database}.{table}"), &error))?;
        let errors = answer.errors.unwrap_or_default().into_iter();
        Ok(errors.map(|error| refused(error.partition_values, error.error_detail.as_ref())).collect())
    }

    fn places(&self, database: &str, table: &str, values: &[Vec<String>]) -> Result<Vec<Partition>> {
        let mut keys = Vec::new();
        for values in values {
            let key = PartitionValueList::builder().set_values(Some(values.clone())).build();
            keys.push(key.map_err(|error| Error::failed("cannot ask for a partition").because(error))?);
        }
        let mut found = Vec::new();
        while !keys.is_empty() {
            let request = self.client.batch_get_partition().database_name(database).table_name(table);
            let answer = self
                .session
                .wait(request.set_partitions_to_get(Some(std::mem::take(&mut keys))).send())
                .map_err(|error| explain(format!("cannot read partitions of {database}.{table}"), &error))?;
            let partitions = answer.partitions.unwrap_or_default().into_iter().map(|partition| Partition {
                values: partition.values.unwrap_or_default(),
                location: partition.storage_descriptor.and_then(|found| found.location).unwrap_or_default(),
            });
            let before = found.len();
            found.extend(partitions);
            // What did not fit into this answer; without any in it, asking on would not end.
            if found.len() > before {
                keys = answer.unprocessed_keys.unwrap_or_default();
            }
        }
        Ok(found)
    }

    fn move_to(&self, database: &str, table: &str, partitions: &[Partition]) -> Result<Vec<Refused>> {
        let description = self.description(database, table)?;
        let mut entries = Vec::new();
        for partition in partitions {
            let entry = BatchUpdatePartitionRequestEntry::builder()
                .set_partition_value_list(Some(partition.values.clone()))
                .partition_input(input(&description, partition))
                .build();
            entries.push(entry.map_err(|error| Error::failed("cannot name a partition").because(error))?);
        }
        let request = self.client.batch_update_partition().database_name(database).table_name(table);
        let answer = self
            .session
            .wait(request.set_entries(Some(entries)).send())
            .map_err(|error| explain(format!("cannot move partitions of {database}.{table}"), &error))?;
        let errors = answer.errors.unwrap_or_default().into_iter();
        Ok(errors.map(|error| refused(error.partition_value_list, error.error_detail.as_ref())).collect())
    }

    fn start_crawler(&self, crawler: &str) -> Result<Start> {
        match self.session.wait(self.client.start_crawler().name(crawler).send()) {
            Ok(_) => Ok(Start::Started),
            Err(error) if code(&error) == Some("CrawlerRunningException") => Ok(Start::WasRunning),
            Err(error) => Err(explain(format!("cannot start the crawler {crawler}"), &error)),
        }
    }
}
