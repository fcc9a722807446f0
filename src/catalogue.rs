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
use crate::etl::commit::Totals;
use crate::etl::places::{self, Places};
use crate::etl::{commit, state};
use crate::logs::table::Table;
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
    /// The table.
    #[serde(default, skip_serializing_if = "Table::is_access_logs")]
    table: Table,
}

impl Mark {
    fn file(self) -> String {
        let of = if self.table.is_access_logs() { String::new() } else { format!("-{}", self.table.name()) };
        format!("{FOLDER}/{:012}-{}{of}.json", self.sequence, self.table_ms)
    }
}

/// Tells the catalogue of all commits that it does not know of yet.
///
/// # Errors
/// If it cannot be told. What was committed stands; the next call catches up.
pub fn tell(lake: &Store, place: &Place, catalogue: &Catalogue, glue: &dyn Partitions) -> Result<Told> {
    match &catalogue.after_commit {
        AfterCommit::Nothing if !last_totals(lake)?.places.is_empty() => {
            Err(Error::failed("the table's properties cannot say where its partitions are")
                .because("files of some were joined, and lie where their names do not say")
                .hint("set catalogue.mode to api and deploy; the records are committed"))
        }
        AfterCommit::Nothing => Ok(Told::default()),
        AfterCommit::Register => {
            let mut told = register(lake, place, Table::AccessLogs, &catalogue.database, glue)?;
            // The table is not asked for before it has anything.
            if last_totals(lake)?.cloudtrail.files > 0 {
                told.add(register(lake, place, Table::CloudTrail, &catalogue.database, glue)?);
            }
            Ok(told)
        }
        AfterCommit::StartCrawler(crawler) => start(lake, crawler, glue),
    }
}

impl Told {
    fn add(&mut self, other: Self) {
        self.registered += other.registered;
        self.known += other.known;
        self.moved += other.moved;
        self.crawler_started |= other.crawler_started;
    }
}

fn last_totals(lake: &Store) -> Result<Totals> {
    let tip = commit::tip(lake)?;
    let last = if tip > 0 { commit::entry(lake, tip)? } else { None };
    Ok(last.map_or_else(Totals::default, |entry| entry.totals))
}

fn register(lake: &Store, place: &Place, table: Table, database: &str, glue: &dyn Partitions) -> Result<Told> {
    let of = Of { database, table, glue };
    let table_ms = glue.table(database, table.name())?.created_ms;
    let is_ours = |mark: &&Mark| mark.table == table && mark.table_ms == table_ms;
    let known = marks(lake)?.iter().filter(is_ours).map(|mark| mark.sequence).max();
    let mut known = known.unwrap_or_default();
    let mut told = Told::default();
    loop {
        let tip = commit::tip(lake)?;
        if tip <= known {
            return Ok(told);
        }
        of.tell(touched(lake, place, table, known + 1..=tip)?, &mut told)?;
        set_mark(lake, Mark { sequence: tip, table_ms, table })?;
        // A compaction that was committed meanwhile may have moved again what we have just sent people to.
        known = tip;
    }
}

/// A table of the catalogue.
struct Of<'a> {
    database: &'a str,
    table: Table,
    glue: &'a dyn Partitions,
}

impl Of<'_> {
    /// Registers partitions; those that are registered and were moved are sent to where they lie now. In this order, whoever
    /// registers one with its former place between the two does no harm.
    fn tell(&self, touched: Vec<Touched>, told: &mut Told) -> Result<()> {
        for batch in touched.chunks(BATCH) {
            let partitions: Vec<Partition> = batch.iter().map(|one| one.partition.clone()).collect();
            let (known, failed): (Vec<_>, Vec<_>) = self
                .glue
                .register(self.database, self.table.name(), &partitions)?
                .into_iter()
                .partition(|refused| refused.code == "AlreadyExistsException");
            self.refuse(&failed, "registered")?;
            let is_known = |one: &&Touched| known.iter().any(|known| known.values == one.partition.values);
            let moved: Vec<Partition> =
                batch.iter().filter(|one| one.moved).filter(is_known).map(|one| one.partition.clone()).collect();
            self.move_to(&moved)?;
            told.moved += moved.len() as u64;
            told.known += (known.len() - moved.len()) as u64;
            told.registered += (batch.len() - known.len()) as u64;
        }
        Ok(())
    }

    fn move_to(&self, moved: &[Partition]) -> Result<()> {
        if moved.is_empty() {
            return Ok(());
        }
        self.refuse(&self.glue.move_to(self.database, self.table.name(), moved)?, "moved")
    }

    fn refuse(&self, failed: &[Refused], what: &str) -> Result<()> {
        let Some(first) = failed.first() else { return Ok(()) };
        let table = format!("{}.{}", self.database, self.table.name());
        Err(Error::failed(format!("{} partitions of {table} were not {what}", failed.len()))
            .because(format!("{}: {} ({})", first.values.join("/"), first.message, first.code))
            .hint("the next run tries again; the records are committed"))
    }
}

/// A partition that commits have changed.
struct Touched {
    partition: Partition,
    /// Whether it lies elsewhere than where it was when it was made.
    moved: bool,
}

/// The partitions that these commits have changed, with the places where they are after the last.
fn touched(lake: &Store, place: &Place, table: Table, commits: std::ops::RangeInclusive<u64>) -> Result<Vec<Touched>> {
    let mut hours: BTreeSet<(String, String)> = BTreeSet::new();
    let mut now = Places::default();
    for sequence in commits {
        let entry = commit::entry(lake, sequence)?.ok_or_else(|| {
            Error::failed(format!("the commit {sequence} is gone from the log in {}", lake.location()))
        })?;
        let parts = entry.outputs.iter().filter_map(|output| places::parts(&output.path));
        let ours = parts.filter(|parts| parts.table == table);
        hours.extend(ours.map(|parts| (parts.date.to_owned(), parts.hour.to_owned())));
        now = entry.totals.places;
    }
    Ok(hours.into_iter().map(|(date, hour)| at(place, &now, table, date, hour)).collect())
}

fn at(place: &Place, places: &Places, table: Table, date: String, hour: String) -> Touched {
    let folder = places.folder(table, &date, &hour);
    let location = format!("s3://{}/{}{folder}/", place.bucket, place.prefix);
    let moved = places::hour_of(&date, &hour).and_then(|number| places.of(table, number)).is_some();
    Touched { partition: Partition { values: vec![date, hour], location }, moved }
}

/// Whether the catalogue sends nobody to the former places of these hours (since the epoch) of a table any more. Where it does, as
/// after somebody has changed it by hand, it is set right, and whoever was sent there before gets time to end: so no.
///
/// # Errors
/// If the catalogue cannot be asked.
pub fn left(
    lake: &Store,
    place: &Place,
    catalogue: &Catalogue,
    glue: &dyn Partitions,
    (table, hours): (Table, &[i64]),
) -> Result<bool> {
    if catalogue.after_commit != AfterCommit::Register {
        return Ok(false);
    }
    let of = Of { database: &catalogue.database, table, glue };
    let now = last_totals(lake)?.places;
    let mut wrong = Vec::new();
    for hours in hours.chunks(ASKED_AT_ONCE) {
        let named = hours.iter().map(|hour| partition_of(hour.saturating_mul(HOUR_MS)));
        let expected: Vec<Touched> = named.map(|(date, hour)| at(place, &now, table, date, hour)).collect();
        let values: Vec<Vec<String>> = expected.iter().map(|one| one.partition.values.clone()).collect();
        let there = glue.places(&catalogue.database, table.name(), &values)?;
        // One that is not registered sends nobody anywhere.
        wrong.extend(expected.into_iter().map(|one| one.partition).filter(|expected| {
            there.iter().any(|there| there.values == expected.values && there.location != expected.location)
        }));
    }
    for batch in wrong.chunks(BATCH) {
        of.move_to(batch)?;
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
        set_mark(lake, Mark { sequence: tip, table_ms: 0, table: Table::AccessLogs })?;
    }
    Ok(Told { crawler_started: started == Start::Started, ..Told::default() })
}

fn marks(lake: &Store) -> Result<Vec<Mark>> {
    let mark = |path: &String| {
        let (sequence, rest) = state::file_name(path).strip_suffix(".json")?.split_once('-')?;
        // A time before 1970 would begin with a hyphen, and no table was made then.
        let (table_ms, table) = match rest.split_once('-') {
            Some((table_ms, name)) => (table_ms, Table::named(name)?),
            None => (rest, Table::AccessLogs),
        };
        Some(Mark { sequence: sequence.parse().ok()?, table_ms: table_ms.parse().ok()?, table })
    };
    Ok(lake.names(FOLDER)?.iter().filter_map(mark).collect())
}

fn set_mark(lake: &Store, mark: Mark) -> Result<()> {
    let earlier = marks(lake)?;
    state::write_new(lake, &mark.file(), &mark)?;
    for old in earlier.iter().filter(|old| old.table == mark.table && **old != mark) {
        lake.delete(&old.file())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
