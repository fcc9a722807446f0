use std::cell::{Cell, RefCell};

use super::*;
use crate::aws::partitions::{Refused, Table as Made};
use crate::etl::commit::Entry;
use crate::etl::model::{FORMAT_VERSION, OutputFile};
use crate::logs::columns::TABLE;

/// A catalogue in memory with one table.
#[derive(Default)]
struct Memory {
    created_ms: Cell<i64>,
    partitions: RefCell<BTreeSet<Partition>>,
    batches: RefCell<Vec<usize>>,
    /// The code with which the next batch is refused.
    refuses: Cell<Option<&'static str>>,
    running: Cell<bool>,
    starts: Cell<u32>,
}

impl Partitions for Memory {
    fn table(&self, _: &str, _: &str) -> Result<Made> {
        Ok(Made { created_ms: self.created_ms.get() })
    }

    fn register(&self, database: &str, table: &str, partitions: &[Partition]) -> Result<Vec<Refused>> {
        assert_eq!((database, table), ("db", TABLE));
        self.batches.borrow_mut().push(partitions.len());
        let mut there = self.partitions.borrow_mut();
        let mut refused = Vec::new();
        for partition in partitions {
            let code = match self.refuses.get() {
                Some(code) => Some(code),
                None if there.iter().any(|one| one.values == partition.values) => Some("AlreadyExistsException"),
                None => {
                    there.insert(partition.clone());
                    None
                }
            };
            refused.extend(code.map(|code| Refused {
                values: partition.values.clone(),
                code: code.to_owned(),
                message: "no".to_owned(),
            }));
        }
        Ok(refused)
    }

    fn places(&self, _: &str, _: &str, values: &[Vec<String>]) -> Result<Vec<Partition>> {
        let asked = |one: &&Partition| values.contains(&one.values);
        Ok(self.partitions.borrow().iter().filter(asked).cloned().collect())
    }

    fn move_to(&self, _: &str, _: &str, partitions: &[Partition]) -> Result<Vec<Refused>> {
        let mut there = self.partitions.borrow_mut();
        let mut refused = Vec::new();
        for partition in partitions {
            let known = there.iter().find(|one| one.values == partition.values).cloned();
            match known {
                Some(known) => {
                    there.remove(&known);
                    there.insert(partition.clone());
                }
                None => refused.push(Refused {
                    values: partition.values.clone(),
                    code: "EntityNotFoundException".to_owned(),
                    message: "no".to_owned(),
                }),
            }
        }
        Ok(refused)
    }

    fn start_crawler(&self, _: &str) -> Result<Start> {
        self.starts.set(self.starts.get() + 1);
        Ok(if self.running.get() { Start::WasRunning } else { Start::Started })
    }
}

struct Lake {
    _folder: tempfile::TempDir,
    store: Store,
    commits: u64,
}

impl Lake {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::folder(folder.path()).unwrap();
        Self { _folder: folder, store, commits: 0 }
    }

    /// Commits a file in each of these hours of a day.
    fn commit(&mut self, hours: std::ops::Range<u32>) {
        self.commits += 1;
        let output = |hour: u32| OutputFile {
            path: format!("{TABLE}/requestdate=2026-01-{:02}/requesthour={:02}/x.parquet", 1 + hour / 24, hour % 24),
            rows: 1,
            bytes: 1,
            checksum: String::new(),
        };
        let entry = Entry {
            format_version: FORMAT_VERSION,
            sequence: self.commits,
            outputs: hours.map(output).collect(),
            ..Entry::default()
        };
        commit::publish(&self.store, &entry).unwrap();
    }

    fn tell(&self, after_commit: AfterCommit, glue: &Memory) -> Result<Told> {
        let place = Place {
            bucket: "lake".to_owned(),
            prefix: String::new(),
            region: "eu-west-1".to_owned(),
            owner: "1".to_owned(),
        };
        let catalogue = Catalogue { database: "db".to_owned(), region: "eu-west-1".to_owned(), after_commit };
        tell(&self.store, &place, &catalogue, glue)
    }

    fn register(&self, glue: &Memory) -> Result<Told> {
        self.tell(AfterCommit::Register, glue)
    }
}

fn registered(registered: u64, known: u64) -> Told {
    Told { registered, known, ..Told::default() }
}

#[test]
fn each_partition_is_registered_once_and_a_run_without_commits_asks_nothing() {
    let (mut lake, glue) = (Lake::new(), Memory::default());
    lake.commit(0..2);
    assert_eq!(lake.register(&glue).unwrap(), registered(2, 0));
    assert_eq!(lake.register(&glue).unwrap(), registered(0, 0));
    lake.commit(1..3);
    assert_eq!(lake.register(&glue).unwrap(), registered(1, 1));
    assert_eq!(*glue.batches.borrow(), [2, 2]);
    let first = glue.partitions.borrow().first().cloned().unwrap();
    assert_eq!(first.values, ["2026-01-01", "00"]);
    assert_eq!(first.location, "s3://lake/s3_access_logs/requestdate=2026-01-01/requesthour=00/");
    assert_eq!(lake.store.names(FOLDER).unwrap(), ["_state/catalogue/000000000002-0.json"]);
}

#[test]
fn no_batch_is_larger_than_glue_takes() {
    let (mut lake, glue) = (Lake::new(), Memory::default());
    lake.commit(0..250);
    assert_eq!(lake.register(&glue).unwrap(), registered(250, 0));
    assert_eq!(*glue.batches.borrow(), [100, 100, 50]);
}

#[test]
fn what_could_not_be_registered_is_after_the_next_run() {
    let (mut lake, glue) = (Lake::new(), Memory::default());
    lake.commit(0..3);
    glue.refuses.set(Some("InternalServiceException"));
    let error = lake.register(&glue).unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 partitions of db.s3_access_logs were not registered: 2026-01-01/00: no (InternalServiceException)"
    );
    glue.refuses.set(None);
    lake.commit(3..4);
    assert_eq!(lake.register(&glue).unwrap(), registered(4, 0));
}

#[test]
fn a_table_that_was_made_again_gets_all_partitions() {
    let (mut lake, glue) = (Lake::new(), Memory::default());
    lake.commit(0..3);
    lake.register(&glue).unwrap();
    glue.created_ms.set(1_000);
    glue.partitions.borrow_mut().clear();
    assert_eq!(lake.register(&glue).unwrap(), registered(3, 0));
}

#[test]
fn the_crawler_is_started_after_a_commit_and_again_if_it_was_running() {
    let (mut lake, glue) = (Lake::new(), Memory::default());
    let start = |lake: &Lake| lake.tell(AfterCommit::StartCrawler("c".to_owned()), &glue).unwrap().crawler_started;
    assert!(!start(&lake));
    lake.commit(0..1);
    glue.running.set(true);
    assert!(!start(&lake));
    glue.running.set(false);
    assert!(start(&lake));
    assert!(!start(&lake));
    assert_eq!(glue.starts.get(), 2);
}

#[test]
fn with_projection_nobody_is_told() {
    let (mut lake, glue) = (Lake::new(), Memory::default());
    lake.commit(0..1);
    assert_eq!(lake.tell(AfterCommit::Nothing, &glue).unwrap(), Told::default());
    assert!(glue.batches.borrow().is_empty());
}
