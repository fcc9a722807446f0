//! The objects that committed plans hold, those that they skipped left out. Made for millions: the lists are kept as
//! they are stored, and beside them a table of where in them a key stands.

use std::collections::HashSet;
use std::hash::BuildHasher;

use bytes::Bytes;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::commit::Log;
use super::model::OutputFile;
use super::plan::{ListLine, decode_line};
use crate::error::{Error, Result};
use crate::storage::Store;

/// Where a line begins: which list, and at which byte.
type Place = (u32, u32);

/// The known objects.
pub struct Known {
    lists: Vec<Bytes>,
    table: HashTable<Place>,
    hasher: RandomState,
}

impl Known {
    /// What the commits of `log` have read.
    pub fn load(lake: &Store, log: &Log) -> Result<Self> {
        let objects: u64 = log.entries().flat_map(|entry| &entry.lists).map(|list| list.rows).sum();
        let table = HashTable::with_capacity(usize::try_from(objects).unwrap_or(0));
        let mut known = Self { lists: Vec::new(), table, hasher: RandomState::default() };
        for entry in log.entries() {
            let skipped: HashSet<(&str, &str)> =
                entry.skipped.iter().map(|object| (object.source.as_str(), object.key.as_str())).collect();
            for list in &entry.lists {
                known.add(lake, list, &skipped)?;
            }
        }
        Ok(known)
    }

    /// How many objects are known.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// What is known of an object, if it has been read.
    pub fn get(&self, source: &str, key: &str) -> Option<ListLine<'_>> {
        let hash = self.hasher.hash_one((source, key));
        let same = |&place: &Place| self.line(place).is_some_and(|line| line.source == source && line.key == key);
        self.table.find(hash, same).and_then(|&place| self.line(place))
    }

    fn add(&mut self, lake: &Store, list: &OutputFile, skipped: &HashSet<(&str, &str)>) -> Result<()> {
        let damaged = |why: &str| {
            Error::failed(format!("cannot tell which objects have been read: {}", list.path)).because(why).hint(
                "nothing is read until this is known, since it might be read twice; restore the file from a backup",
            )
        };
        let bytes = lake.read(&list.path)?.ok_or_else(|| damaged("it is missing"))?;
        if bytes.len() as u64 != list.bytes || u32::try_from(bytes.len()).is_err() {
            return Err(damaged("it has another size than the commit says"));
        }
        let number = self.lists.len() as u32;
        self.lists.push(bytes.clone());
        let text = std::str::from_utf8(&bytes).map_err(|_| damaged("it is not UTF-8"))?;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let object =
                decode_line(line.trim_end_matches('\n')).ok_or_else(|| damaged("a line of it is no object"))?;
            if !skipped.contains(&(object.source, object.key)) {
                self.insert((number, at), &object);
            }
            at += line.len() as u32;
        }
        Ok(())
    }

    fn insert(&mut self, place: Place, object: &ListLine<'_>) {
        let hash = self.hasher.hash_one((object.source, object.key));
        let (lists, hasher) = (&self.lists, &self.hasher);
        let hash_of = |place: &Place| line_at(lists, *place).map_or(0, |line| hasher.hash_one((line.source, line.key)));
        self.table.insert_unique(hash, place, hash_of);
    }

    fn line(&self, place: Place) -> Option<ListLine<'_>> {
        line_at(&self.lists, place)
    }
}

/// The line at a place. The lists were found to be UTF-8 when they were added; checking a line again is cheap.
fn line_at(lists: &[Bytes], (list, at): Place) -> Option<ListLine<'_>> {
    let rest = lists.get(list as usize)?.get(at as usize..)?;
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    decode_line(std::str::from_utf8(rest.get(..end)?).ok()?)
}
