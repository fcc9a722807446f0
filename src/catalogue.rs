//! The catalogue learns of commits: after a commit the worker registers its partitions, or starts the crawler.
//!
//! Up to which commit that was done stands in `_state/catalogue/`, so what could not be done after one run is done after
//! the next. The name of that object also says when the table was made: a table that was deployed anew has none of its
//! partitions, and gets all of them.
//!
//! After a compaction its partitions are switched from the old place to the new one, each in one step. A run that is told of
//! late, between its commit and this, leaves the catalogue as it was before: whoever asks it sees every row once, all of the
//! time.
//!
//! Calls: GetTable, BatchCreatePartition, BatchUpdatePartition and BatchGetPartition on the table, or StartCrawler on the
//! crawler.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::aws::partitions::{Partition, Partitions, Refused, Start};
use crate::etl::places::{self, Places};
use crate::etl::{commit, state};
use crate::logs::columns::TABLE;
use crate::logs::time::{HOUR_MS, partition_of};
use crate::pipeline::{AfterCommit, Catalogue, Place};
use crate::storage::Store;
use crate::{Error, Result};

/// What stands in the catalogue, as far as we have told it.
const FOLDER: &str = "_state/catalogue";
/// BatchCreatePartition and BatchUpdatePartition take no more (Glue API reference).
const BATCH: usize = 100;
/// BatchGetPartition takes no more (Glue API reference).
const ASKED_AT_ONCE: usize = 1000;

/// What the catalogue was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Partitions that it did not know.
    pub registered: u64,
    /// Partitions that it knew already.
    pub known: u64,
    /// Partitions that lie elsewhere since their files were joined.
    pub moved: u64,
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
        AfterCommit::Nothing if !last_places(lake)?.is_empty() => {
            Err(Error::failed("the table's properties cannot say where its partitions are")
                .because("files of some were joined, and lie where their names do not say")
                .hint("set catalogue.mode to api and deploy; the records are committed"))
        }
        AfterCommit::Nothing => Ok(Told::default()),
        AfterCommit::Register => register(lake, place, &catalogue.database, glue),
        AfterCommit::StartCrawler(crawler) => start(lake, crawler, glue),
    }
}

fn last_places(lake: &Store) -> Result<Places> {
    let tip = commit::tip(lake)?;
    let last = if tip > 0 { commit::entry(lake, tip)? } else { None };
    Ok(last.map_or_else(Places::default, |entry| entry.totals.places))
}

fn register(lake: &Store, place: &Place, database: &str, glue: &dyn Partitions) -> Result<Told> {
    let table = glue.table(database, TABLE)?;
    let known = marks(lake)?.iter().filter(|mark| mark.table_ms == table.created_ms).map(|mark| mark.sequence).max();
    let mut known = known.unwrap_or_default();
    let mut told = Told::default();
    loop {
        let tip = commit::tip(lake)?;
        if tip <= known {
            return Ok(told);
        }
        tell_of(touched(lake, place, known + 1..=tip)?, database, glue, &mut told)?;
        set_mark(lake, Mark { sequence: tip, table_ms: table.created_ms })?;
        // A compaction that was committed meanwhile may have moved again what we have just sent people to.
        known = tip;
    }
}

/// Registers partitions; those that are registered and were moved are sent to where they lie now. In this order, whoever
/// registers one with its former place between the two does no harm.
fn tell_of(touched: Vec<Touched>, database: &str, glue: &dyn Partitions, told: &mut Told) -> Result<()> {
    for batch in touched.chunks(BATCH) {
        let partitions: Vec<Partition> = batch.iter().map(|one| one.partition.clone()).collect();
        let (known, failed): (Vec<_>, Vec<_>) = glue
            .register(database, TABLE, &partitions)?
            .into_iter()
            .partition(|refused| refused.code == "AlreadyExistsException");
        refuse(&failed, "registered", database)?;
        let is_known = |one: &&Touched| known.iter().any(|known| known.values == one.partition.values);
        let moved: Vec<Partition> =
            batch.iter().filter(|one| one.moved).filter(is_known).map(|one| one.partition.clone()).collect();
        if !moved.is_empty() {
            refuse(&glue.move_to(database, TABLE, &moved)?, "moved", database)?;
        }
        told.moved += moved.len() as u64;
        told.known += (known.len() - moved.len()) as u64;
        told.registered += (batch.len() - known.len()) as u64;
    }
    Ok(())
}

fn refuse(failed: &[Refused], what: &str, database: &str) -> Result<()> {
    let Some(first) = failed.first() else { return Ok(()) };
    Err(Error::failed(format!("{} partitions of {database}.{TABLE} were not {what}", failed.len()))
        .because(format!("{}: {} ({})", first.values.join("/"), first.message, first.code))
        .hint("the next run tries again; the records are committed"))
}

/// A partition that commits have changed.
struct Touched {
    partition: Partition,
    /// Whether it lies elsewhere than where it was when it was made.
    moved: bool,
}

/// The partitions that these commits have changed, with the places where they are after the last.
fn touched(lake: &Store, place: &Place, commits: std::ops::RangeInclusive<u64>) -> Result<Vec<Touched>> {
    let mut hours: BTreeSet<(String, String)> = BTreeSet::new();
    let mut now = Places::default();
    for sequence in commits {
        let entry = commit::entry(lake, sequence)?.ok_or_else(|| {
            Error::failed(format!("the commit {sequence} is gone from the log in {}", lake.location()))
        })?;
        let parts = entry.outputs.iter().filter_map(|output| places::parts(&output.path));
        hours.extend(parts.map(|(date, hour, _)| (date.to_owned(), hour.to_owned())));
        now = entry.totals.places;
    }
    Ok(hours.into_iter().map(|(date, hour)| at(place, &now, date, hour)).collect())
}

fn at(place: &Place, places: &Places, date: String, hour: String) -> Touched {
    let folder = places.folder(&date, &hour);
    let location = format!("s3://{}/{}{folder}/", place.bucket, place.prefix);
    let moved = places::hour_of(&date, &hour).and_then(|number| places.of(number)).is_some();
    Touched { partition: Partition { values: vec![date, hour], location }, moved }
}

/// Whether the catalogue sends nobody to the former places of these hours (since the epoch) any more. Where it does, as
/// after somebody has changed it by hand, it is set right, and whoever was sent there before gets time to end: so no.
///
/// # Errors
/// If the catalogue cannot be asked.
pub fn left(lake: &Store, place: &Place, catalogue: &Catalogue, glue: &dyn Partitions, hours: &[i64]) -> Result<bool> {
    if catalogue.after_commit != AfterCommit::Register {
        return Ok(false);
    }
    let now = last_places(lake)?;
    let mut wrong = Vec::new();
    for hours in hours.chunks(ASKED_AT_ONCE) {
        let named = hours.iter().map(|hour| partition_of(hour.saturating_mul(HOUR_MS)));
        let expected: Vec<Touched> = named.map(|(date, hour)| at(place, &now, date, hour)).collect();
        let values: Vec<Vec<String>> = expected.iter().map(|one| one.partition.values.clone()).collect();
        let there = glue.places(&catalogue.database, TABLE, &values)?;
        // One that is not registered sends nobody anywhere.
        wrong.extend(expected.into_iter().map(|one| one.partition).filter(|expected| {
            there.iter().any(|there| there.values == expected.values && there.location != expected.location)
        }));
    }
    for batch in wrong.chunks(BATCH) {
        refuse(&glue.move_to(&catalogue.database, TABLE, batch)?, "moved", &catalogue.database)?;
    }
    Ok(wrong.is_empty())
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
