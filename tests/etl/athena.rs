//! What somebody sees who asks the catalogue where partitions lie and lists those places, as Athena does: every row once, at
//! every moment of a compaction.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bucketscope::aws::partitions::{Partition, Partitions, Refused, Start, Table};
use bucketscope::catalogue::{self, Told};
use bucketscope::etl::{Pipeline, clear, compact_with};
use bucketscope::pipeline::{AfterCommit, Catalogue, Place};
use bucketscope::storage::Store;
use bucketscope::{Error, Result};

use super::compact::{NaiveJoiner, later};
use super::faults::{Act, Fault, Faulty};
use super::naive::{Rows, World};

/// A catalogue: the place of each partition, by its table. Before and after each change, `seen` looks at what it says.
struct Glue {
    partitions: Mutex<BTreeMap<(String, Vec<String>), String>>,
    seen: Box<dyn Fn() + Send + Sync>,
    /// Calls after which it answers no more.
    dies_after: AtomicU64,
}

impl Glue {
    fn new() -> Self {
        Self { partitions: Mutex::default(), seen: Box::new(|| ()), dies_after: AtomicU64::new(u64::MAX) }
    }

    fn call(&self) -> Result<()> {
        (self.seen)();
        match self.dies_after.load(Ordering::SeqCst) {
            0 => Err(Error::failed("the catalogue does not answer")),
            left => {
                self.dies_after.store(left.saturating_sub(1), Ordering::SeqCst);
                Ok(())
            }
        }
    }

    fn refuse(partition: &Partition, code: &str) -> Refused {
        Refused { values: partition.values.clone(), code: code.to_owned(), message: String::new() }
    }
}

impl Partitions for Glue {
    fn table(&self, _: &str, _: &str) -> Result<Table> {
        Ok(Table { created_ms: 7 })
    }

    fn register(&self, _: &str, table: &str, partitions: &[Partition]) -> Result<Vec<Refused>> {
        self.call()?;
        let mut refused = Vec::new();
        for partition in partitions {
            let mut there = self.partitions.lock().unwrap();
            let of = (table.to_owned(), partition.values.clone());
            match there.contains_key(&of) {
                true => refused.push(Self::refuse(partition, "AlreadyExistsException")),
                false => drop(there.insert(of, partition.location.clone())),
            }
        }
        Ok(refused)
    }

    fn places(&self, _: &str, table: &str, values: &[Vec<String>]) -> Result<Vec<Partition>> {
        self.call()?;
        let there = self.partitions.lock().unwrap();
        let found = values.iter().filter_map(|values| Some((values, there.get(&(table.to_owned(), values.clone()))?)));
        Ok(found.map(|(values, place)| Partition { values: values.clone(), location: place.clone() }).collect())
    }

    fn move_to(&self, _: &str, table: &str, partitions: &[Partition]) -> Result<Vec<Refused>> {
        let mut refused = Vec::new();
        for partition in partitions {
            // Each by itself: whoever asks in between sees some moved and others not.
            self.call()?;
            match self.partitions.lock().unwrap().get_mut(&(table.to_owned(), partition.values.clone())) {
                Some(place) => place.clone_from(&partition.location),
                None => refused.push(Self::refuse(partition, "EntityNotFoundException")),
            }
        }
        Ok(refused)
    }

    fn start_crawler(&self, _: &str) -> Result<Start> {
        unreachable!("no crawler is asked for")
    }
}

fn place() -> Place {
    Place { bucket: "lake".into(), prefix: String::new(), region: "eu-west-1".into(), owner: "1".into() }
}

fn catalogue_of() -> Catalogue {
    Catalogue { database: "db".into(), region: "eu-west-1".into(), after_commit: AfterCommit::Register }
}

fn tell(lake: &Store, glue: &Glue) -> Result<Told> {
    catalogue::tell(lake, &place(), &catalogue_of(), glue)
}

/// The rows in the places that the catalogue names.
fn seen(world: &World, glue: &Glue) -> Rows {
    let mut rows = Rows::new();
    let lake = world.lake();
    for location in glue.partitions.lock().unwrap().values() {
        let folder = location.strip_prefix("s3://lake/").unwrap().trim_end_matches('/');
        for path in lake.names(folder).unwrap().into_iter().filter(|path| path.ends_with(".parquet")) {
            let text = lake.read(&path).unwrap().unwrap();
            for line in std::str::from_utf8(&text).unwrap().lines() {
                *rows.entry(line.to_owned()).or_default() += 1;
            }
        }
    }
    rows
}

/// The records of all sources.
fn expected(world: &World) -> Rows {
    let is_record = |row: &String| row.rsplit('\t').next().unwrap().starts_with(|c: char| c.is_ascii_digit());
    world.expected().into_iter().filter(|(row, _)| is_record(row)).collect()
}

/// A lake of two commits that the catalogue knows.
fn filled() -> (Arc<World>, Glue) {
    let world = World::with_logs().of_both_tables();
    world.run();
    world.put("a", "2026-01-01-03-00-00-AD", "490896 five\n490897 more\n");
    world.run();
    let glue = Glue::new();
    tell(&world.lake(), &glue).unwrap();
    assert_eq!(seen(&world, &glue), expected(&world));
    (Arc::new(world), glue)
}

/// A compaction, what the catalogue is told of it, and the end of what was replaced.
fn compact_all(world: &World, pipeline: &Pipeline, glue: &Glue) -> Result<()> {
    let options = later();
    compact_with(pipeline, &options, &NaiveJoiner("naive 1"), &())?;
    tell(&pipeline.lake, glue)?;
    let left = |table, hours: &[i64]| catalogue::left(&world.lake(), &place(), &catalogue_of(), glue, (table, hours));
    clear(&pipeline.lake, options.now_ms + 1_000_000, 5_000, &left)?;
    Ok(())
}

#[test]
fn every_row_is_seen_once_before_each_operation_and_each_call() {
    let mut at = 0;
    loop {
        let (world, glue) = filled();
        let glue = Arc::new(glue);
        let count = Arc::new(AtomicU64::new(0));
        let look: Act = {
            let (world, glue) = (Arc::clone(&world), Arc::clone(&glue));
            Arc::new(move || assert_eq!(seen(&world, &glue), expected(&world)))
        };
        let pipeline = world.pipeline_through(Faulty::meanwhile(at, &count, look));
        compact_all(&world, &pipeline, &glue).unwrap();
        assert_eq!(seen(&world, &glue), expected(&world));
        assert_eq!(world.drift().replaced_files, 0, "the old files are gone");
        world.assert_exactly_once();
        if count.load(Ordering::SeqCst) <= at {
            break;
        }
        at += 1;
    }
    assert!(at > 25, "{at}");
}

#[test]
fn every_row_is_seen_once_when_the_compaction_dies_at_any_operation() {
    for fault in [Fault::DiesBefore, Fault::DiesAfter] {
        let mut at = 0;
        loop {
            let (world, glue) = filled();
            let count = Arc::new(AtomicU64::new(0));
            let pipeline = world.pipeline_through(Faulty::wrap(fault, at, &count));
            let _ = compact_all(&world, &pipeline, &glue);
            assert_eq!(seen(&world, &glue), expected(&world), "{fault:?} at {at}");
            world.put("b", "2026-01-01-04-00-00-AE", "490896 late\n");
            world.run();
            tell(&world.lake(), &glue).unwrap();
            assert_eq!(seen(&world, &glue), expected(&world), "{fault:?} at {at}, with late records");
            compact_all(&world, &world.pipeline(), &glue).unwrap();
            assert_eq!(seen(&world, &glue), expected(&world), "{fault:?} at {at}, made good");
            world.assert_exactly_once();
            if count.load(Ordering::SeqCst) <= at {
                break;
            }
            at += 1;
        }
        assert!(at > 25, "{at}");
    }
}

#[test]
fn every_row_is_seen_once_when_the_catalogue_does_not_answer_from_any_call_on() {
    let mut at = 0;
    loop {
        let (world, glue) = filled();
        glue.dies_after.store(at, Ordering::SeqCst);
        let ended = compact_all(&world, &world.pipeline(), &glue);
        assert_eq!(seen(&world, &glue), expected(&world), "after {at} calls");
        glue.dies_after.store(u64::MAX, Ordering::SeqCst);
        compact_all(&world, &world.pipeline(), &glue).unwrap();
        assert_eq!(seen(&world, &glue), expected(&world), "after {at} calls, made good");
        if ended.is_ok() {
            break;
        }
        at += 1;
    }
    assert!(at > 2, "{at}");
}

#[test]
fn a_partition_that_was_sent_back_by_hand_keeps_its_old_files_and_is_set_right() {
    let (world, glue) = filled();
    let options = later();
    compact_with(&world.pipeline(), &options, &NaiveJoiner("naive 1"), &()).unwrap();
    let old = glue.partitions.lock().unwrap().clone();
    assert_eq!(tell(&world.lake(), &glue).unwrap().moved, 2);
    *glue.partitions.lock().unwrap() = old;
    let left = |table, hours: &[i64]| catalogue::left(&world.lake(), &place(), &catalogue_of(), &glue, (table, hours));
    let when = options.now_ms + 1_000_000;
    let first = clear(&world.lake(), when, 5_000, &left).unwrap();
    assert_eq!(first.files, 0, "somebody may be reading them");
    assert_eq!(seen(&world, &glue), expected(&world));
    assert!(clear(&world.lake(), when, 5_000, &left).unwrap().files > 0);
    assert_eq!(seen(&world, &glue), expected(&world));
}

#[test]
fn a_table_that_was_made_again_gets_the_new_places() {
    let (world, _) = filled();
    compact_with(&world.pipeline(), &later(), &NaiveJoiner("naive 1"), &()).unwrap();
    for path in world.lake().names("_state/catalogue").unwrap() {
        world.lake().delete(&path).unwrap();
    }
    let anew = Glue::new();
    assert!(tell(&world.lake(), &anew).unwrap().registered >= 4);
    assert_eq!(seen(&world, &anew), expected(&world));
}

#[test]
fn with_projection_a_lake_with_joined_files_is_an_error_and_compacting_is_refused() {
    let (world, glue) = filled();
    let by_path = Catalogue { after_commit: AfterCommit::Nothing, ..catalogue_of() };
    assert!(catalogue::tell(&world.lake(), &place(), &by_path, &glue).is_ok());
    compact_with(&world.pipeline(), &later(), &NaiveJoiner("naive 1"), &()).unwrap();
    let error = catalogue::tell(&world.lake(), &place(), &by_path, &glue).unwrap_err();
    assert!(error.to_string().contains("files of some were joined"), "{error}");
    let crawler = Catalogue { after_commit: AfterCommit::StartCrawler("c".into()), ..catalogue_of() };
    for (catalogue, mode) in [(by_path, "projection"), (crawler, "crawler")] {
        let error = catalogue.can_move().unwrap_err();
        assert!(error.code() == 64 && error.to_string().contains(&format!("catalogue.mode: {mode}")), "{error}");
    }
}
