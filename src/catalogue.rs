//! The catalogue learns of commits: after a commit the worker registers its partitions, or starts the crawler.
//!
//! Up to which commit that was done stands in `_state/catalogue/`, so what could not be done after one run is done after
//! the next. The name of that object also says when the table was made: a table that was deployed anew has none of its
//! partitions, and gets all of them.
//!
//! Calls: GetTable and BatchCreatePartition on the table, or StartCrawler on the crawler.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::aws::partitions::{Partition, Partitions, Start};
use crate::etl::commit;
use crate::etl::state;
use crate::logs::columns::TABLE;
use crate::pipeline::{AfterCommit, Catalogue, Place};
use crate::storage::Store;
use crate::{Error, Result};

/// What stands in the catalogue, as far as we have told it.
const FOLDER: &str = "_state/catalogue";
/// BatchCreatePartition takes no more (Glue API reference).
const BATCH: usize = 100;

/// What the catalogue was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Partitions that it did not know.
    pub registered: u64,
    /// Partitions that it knew already.
    pub known: u64,
    /// Whether the crawler was started.
    pub crawler_started: bool,
}

/// Up to where the catalogue was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// The last commit that it knows of.
    sequence: u64,
    /// When the table was made, milliseconds since the epoch; 0 for a crawler.
    table_ms: i64,
}

impl Mark {
    fn file(self) -> String {
        format!("{FOLDER}/{:012}-{}.json", self.sequence, self.table_ms)
    }
}

/// Tells the catalogue of all commits that it does not know of yet.
///
/// # Errors
/// If it cannot be told. What was committed stands; the next call catches up.
pub fn tell(lake: &Store, place: &Place, catalogue: &Catalogue, glue: &dyn Partitions) -> Result<Told> {
    match &catalogue.after_commit {
        AfterCommit::Nothing => Ok(Told::default()),
        AfterCommit::Register => register(lake, place, &catalogue.database, glue),
        AfterCommit::StartCrawler(crawler) => start(lake, crawler, glue),
    }
}

fn register(lake: &Store, place: &Place, database: &str, glue: &dyn Partitions) -> Result<Told> {
    let table = glue.table(database, TABLE)?;
    let known = marks(lake)?.iter().filter(|mark| mark.table_ms == table.created_ms).map(|mark| mark.sequence).max();
    let known = known.unwrap_or_default();
    let tip = commit::tip(lake)?;
    let mut told = Told::default();
    if tip <= known {
        return Ok(told);
    }
    let partitions: Vec<Partition> = touched(lake, place, known + 1..=tip)?.into_iter().collect();
    for batch in partitions.chunks(BATCH) {
        let refused = glue.register(database, TABLE, batch)?;
        let (known, failed): (Vec<_>, Vec<_>) =
            refused.into_iter().partition(|refused| refused.code == "AlreadyExistsException");
        if let Some(first) = failed.first() {
            return Err(Error::failed(format!(
                "{} partitions of {database}.{TABLE} were not registered",
                failed.len()
            ))
            .because(format!("{}: {} ({})", first.values.join("/"), first.message, first.code))
            .hint("the next run tries again; the records are committed"));
        }
        told.known += known.len() as u64;
        told.registered += (batch.len() - known.len()) as u64;
    }
    set_mark(lake, Mark { sequence: tip, table_ms: table.created_ms })?;
    Ok(told)
}

/// The partitions that these commits have added files to.
fn touched(lake: &Store, place: &Place, commits: std::ops::RangeInclusive<u64>) -> Result<BTreeSet<Partition>> {
    let mut partitions = BTreeSet::new();
    for sequence in commits {
        let entry = commit::entry(lake, sequence)?.ok_or_else(|| {
            Error::failed(format!("the commit {sequence} is gone from the log in {}", lake.location()))
        })?;
        for output in &entry.outputs {
            let Some((folder, _)) = output.path.rsplit_once('/') else { continue };
            let values = folder.split('/').filter_map(|part| part.split_once('=')).map(|(_, value)| value.to_owned());
            partitions.insert(Partition {
                values: values.collect(),
                location: format!("s3://{}/{}{folder}/", place.bucket, place.prefix),
            });
        }
    }
    Ok(partitions)
}

fn start(lake: &Store, crawler: &str, glue: &dyn Partitions) -> Result<Told> {
    let tip = commit::tip(lake)?;
    let known = marks(lake)?.iter().map(|mark| mark.sequence).max().unwrap_or_default();
    if tip <= known {
        return Ok(Told::default());
    }
    let started = glue.start_crawler(crawler)?;
    // One that was running may have passed by: it is started once more after the next run, or by its own schedule.
    if started == Start::Started {
        set_mark(lake, Mark { sequence: tip, table_ms: 0 })?;
    }
    Ok(Told { crawler_started: started == Start::Started, ..Told::default() })
}

fn marks(lake: &Store) -> Result<Vec<Mark>> {
    let mark = |path: &String| {
        let (sequence, table) = state::file_name(path).strip_suffix(".json")?.split_once('-')?;
        Some(Mark { sequence: sequence.parse().ok()?, table_ms: table.parse().ok()? })
    };
    Ok(lake.names(FOLDER)?.iter().filter_map(mark).collect())
}

fn set_mark(lake: &Store, mark: Mark) -> Result<()> {
    let earlier = marks(lake)?;
    state::write_new(lake, &mark.file(), &mark)?;
    for old in earlier.iter().filter(|old| **old != mark) {
        lake.delete(&old.file())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
