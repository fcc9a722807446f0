//! The objects that committed plans hold, those that they skipped left out. Made for billions: of the lists that the
//! commits name, only those are held that can hold the objects that are being asked for. Those are found by the keys and
//! the times of names that a commit notes of each list; a list of which nothing is noted is held from the beginning.
//!
//! The lists are kept as they are stored, and beside them a table of where in them a key stands. When they take more than
//! [`HELD_BYTES`], those go that were not needed of late. In what order objects are asked for decides how often lists are
//! read, never what is known.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use bytes::Bytes;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::commit::Log;
use super::hours::HOUR_MS;
use super::model::OutputFile;
use super::plan::{ListLine, ListSpan, decode_line};
use crate::error::{Error, Result};
use crate::storage::Store;

/// How many bytes of lists are held, and with them about a third as much for the table.
const HELD_BYTES: usize = 128 << 20;
/// A list whose names span more hours than this is not noted hour by hour.
const HOURS_AT_MOST: i64 = 24 * 62;

/// Where a line begins: which list, and at which byte.
type Place = (u32, u32);

/// A list that a commit names.
struct List {
    file: OutputFile,
    span: Option<ListSpan>,
    /// The commit's number, by which what it skipped is found.
    commit: usize,
    bytes: Option<Bytes>,
    /// When it was last needed.
    needed: u64,
}

/// Where the questions are: the hour of the names, the last key asked for, and the lists behind it.
#[derive(Default)]
struct Cursor {
    hour: Option<i64>,
    source: String,
    key: String,
    /// Lists that begin behind the key, the nearest last.
    coming: Vec<u32>,
    entered: u64,
}

/// The known objects.
pub struct Known {
    lake: Store,
    lists: Vec<List>,
    skipped: Vec<HashSet<(String, String)>>,
    by_hour: HashMap<i64, Vec<u32>>,
    /// Lists that may hold names of any hour.
    any_hour: Vec<u32>,
    table: HashTable<Place>,
    hasher: RandomState,
    held: usize,
    held_at_most: usize,
    clock: u64,
    /// For names without a time, and for those with one.
    cursors: [Cursor; 2],
}

impl Known {
    /// What the commits of `log` have read. Lists are read as they are needed.
    pub fn load(lake: &Store, log: &Log) -> Result<Self> {
        let mut known = Self {
            lake: lake.clone(),
            lists: Vec::new(),
            skipped: Vec::new(),
            by_hour: HashMap::new(),
            any_hour: Vec::new(),
            table: HashTable::new(),
            hasher: RandomState::default(),
            held: 0,
            held_at_most: HELD_BYTES,
            clock: 0,
            cursors: Default::default(),
        };
        for (commit, entry) in log.entries().enumerate() {
            known
                .skipped
                .push(entry.skipped.iter().map(|object| (object.source.clone(), object.key.clone())).collect());
            for (at, file) in entry.lists.iter().enumerate() {
                known.note(file, entry.spans.get(at), commit)?;
            }
        }
        Ok(known)
    }

    /// The same with another bound for what is held.
    #[must_use]
    pub fn holding(mut self, bytes: usize) -> Self {
        self.held_at_most = bytes;
        self
    }

    /// How many bytes of lists are held.
    pub fn held(&self) -> usize {
        self.held
    }

    fn note(&mut self, file: &OutputFile, span: Option<&ListSpan>, commit: usize) -> Result<()> {
        let number = self.lists.len() as u32;
        self.lists.push(List { file: file.clone(), span: span.cloned(), commit, bytes: None, needed: 0 });
        let Some(span) = span else {
            self.hold(number)?;
            return Ok(());
        };
        match span.named.map(|(first, last)| (first.div_euclid(HOUR_MS), last.div_euclid(HOUR_MS))) {
            Some((first, last)) if last - first <= HOURS_AT_MOST => {
                for hour in first..=last {
                    self.by_hour.entry(hour).or_default().push(number);
                }
            }
            _ => self.any_hour.push(number),
        }
        Ok(())
    }

    /// What is known of an object, if it has been read. `named_ms` is the time in its name, milliseconds since the epoch.
    pub fn get(&mut self, source: &str, key: &str, named_ms: Option<i64>) -> Result<Option<ListLine<'_>>> {
        if !self.lists.is_empty() {
            self.go_to(source, key, named_ms.map(|ms| ms.div_euclid(HOUR_MS)))?;
        }
        let hash = self.hasher.hash_one((source, key));
        let same = |&place: &Place| self.line(place).is_some_and(|line| line.source == source && line.key == key);
        Ok(self.table.find(hash, same).and_then(|&place| self.line(place)))
    }

    /// Sees to it that every list is held that may hold this object.
    fn go_to(&mut self, source: &str, key: &str, hour: Option<i64>) -> Result<()> {
        let which = usize::from(hour.is_some());
        let Some(cursor) = self.cursors.get_mut(which) else { return Ok(()) };
        let goes_on =
            cursor.entered > 0 && cursor.hour == hour && (cursor.source.as_str(), cursor.key.as_str()) <= (source, key);
        cursor.hour = hour;
        cursor.source.clear();
        cursor.source.push_str(source);
        cursor.key.clear();
        cursor.key.push_str(key);
        if !goes_on {
            return self.enter(which);
        }
        while let Some(number) = self.next_coming(which, source, key) {
            self.hold(number)?;
        }
        Ok(())
    }

    /// The next list that begins at or before this key.
    fn next_coming(&mut self, which: usize, source: &str, key: &str) -> Option<u32> {
        let cursor = self.cursors.get_mut(which)?;
        let number = *cursor.coming.last()?;
        let span = self.lists.get(number as usize)?.span.as_ref()?;
        if (span.first.0.as_str(), span.first.1.as_str()) > (source, key) {
            return None;
        }
        cursor.coming.pop()
    }

    /// Holds the lists that may hold the cursor's key, and notes those that come behind it in the same hour.
    fn enter(&mut self, which: usize) -> Result<()> {
        self.clock += 1;
        let Some(cursor) = self.cursors.get_mut(which) else { return Ok(()) };
        cursor.entered = self.clock;
        let here = (cursor.source.as_str(), cursor.key.as_str());
        let of_hour = cursor.hour.and_then(|hour| self.by_hour.get(&hour));
        let (mut now, mut coming) = (Vec::new(), Vec::new());
        for &number in of_hour.into_iter().flatten().chain(&self.any_hour) {
            let Some(span) = self.lists.get(number as usize).and_then(|list| list.span.as_ref()) else { continue };
            let (first, last) = (&span.first, &span.last);
            if (first.0.as_str(), first.1.as_str()) > here {
                coming.push(number);
            } else if (last.0.as_str(), last.1.as_str()) >= here {
                now.push(number);
            }
        }
        let lists = &self.lists;
        coming.sort_unstable_by_key(|&number| {
            std::cmp::Reverse(lists.get(number as usize).and_then(|list| list.span.as_ref()).map(|span| &span.first))
        });
        cursor.coming = coming;
        for number in now {
            self.hold(number)?;
        }
        self.let_go();
        Ok(())
    }

    /// Reads a list, unless it is held.
    fn hold(&mut self, number: u32) -> Result<()> {
        let clock = self.clock;
        let Some(list) = self.lists.get_mut(number as usize) else { return Ok(()) };
        list.needed = clock;
        if list.bytes.is_some() {
            return Ok(());
        }
        let path = list.file.path.clone();
        let damaged = |why: &str| {
            Error::failed(format!("cannot tell which objects have been read: {path}")).because(why).hint(
                "nothing is read until this is known, since it might be read twice; restore the file from a backup",
            )
        };
        let bytes = self.lake.read(&path)?.ok_or_else(|| damaged("it is missing"))?;
        if bytes.len() as u64 != list.file.bytes || u32::try_from(bytes.len()).is_err() {
            return Err(damaged("it has another size than the commit says"));
        }
        list.bytes = Some(bytes.clone());
        self.held += bytes.len();
        let text = std::str::from_utf8(&bytes).map_err(|_| damaged("it is not UTF-8"))?;
        let commit = list.commit;
        self.table.reserve(
            usize::try_from(list.file.rows).unwrap_or(0).min(bytes.len() / 4),
            hash_of(&self.lists, &self.hasher),
        );
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let object =
                decode_line(line.trim_end_matches('\n')).ok_or_else(|| damaged("a line of it is no object"))?;
            let skipped = self.skipped.get(commit).is_some_and(|skipped| {
                !skipped.is_empty() && skipped.contains(&(object.source.to_owned(), object.key.to_owned()))
            });
            if !skipped {
                let hash = self.hasher.hash_one((object.source, object.key));
                self.table.insert_unique(hash, (number, at), hash_of(&self.lists, &self.hasher));
            }
            at += line.len() as u32;
        }
        Ok(())
    }

    /// Lets go of what was not needed of late, if too much is held.
    fn let_go(&mut self) {
        if self.held <= self.held_at_most {
            return;
        }
        let since = self.cursors.iter().map(|cursor| cursor.entered).filter(|&entered| entered > 0).min().unwrap_or(0);
        let mut old: Vec<u32> = (0..self.lists.len() as u32)
            .filter(|&number| {
                let list = self.lists.get(number as usize);
                list.is_some_and(|list| list.bytes.is_some() && list.span.is_some() && list.needed < since)
            })
            .collect();
        old.sort_unstable_by_key(|&number| self.lists.get(number as usize).map(|list| list.needed));
        for number in old {
            // To half of it, so that this is not done at every step.
            if self.held <= self.held_at_most / 2 {
                return;
            }
            self.forget(number);
        }
    }

    fn forget(&mut self, number: u32) {
        let Some(bytes) = self.lists.get(number as usize).and_then(|list| list.bytes.clone()) else { return };
        let mut at = 0;
        for line in std::str::from_utf8(&bytes).unwrap_or_default().split_inclusive('\n') {
            if let Some(object) = decode_line(line.trim_end_matches('\n')) {
                let hash = self.hasher.hash_one((object.source, object.key));
                if let Ok(entry) = self.table.find_entry(hash, |place| *place == (number, at)) {
                    entry.remove();
                }
            }
            at += line.len() as u32;
        }
        if let Some(list) = self.lists.get_mut(number as usize) {
            list.bytes = None;
        }
        self.held -= bytes.len();
    }

    fn line(&self, place: Place) -> Option<ListLine<'_>> {
        line_at(&self.lists, place)
    }
}

fn hash_of<'a>(lists: &'a [List], hasher: &'a RandomState) -> impl Fn(&Place) -> u64 + 'a {
    |&place| line_at(lists, place).map_or(0, |line| hasher.hash_one((line.source, line.key)))
}

/// The line at a place. The lists were found to be UTF-8 when they were added; checking a line again is cheap.
fn line_at(lists: &[List], (list, at): Place) -> Option<ListLine<'_>> {
    let rest = lists.get(list as usize)?.bytes.as_ref()?.get(at as usize..)?;
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    decode_line(std::str::from_utf8(rest.get(..end)?).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::etl::commit::Entry;
    use crate::etl::model::{PlannedObject, SkippedObject, Source};
    use crate::etl::plan::{Draft, Limits};
    use crate::etl::state::PlanId;
    use crate::logs::name::LogName;

    fn key(kind: u8, number: u32) -> String {
        let (day, hour) = (1 + number / 24 % 28, number % 24);
        match kind {
            0 => format!("2026-01-{day:02}-{hour:02}-00-00-A{number}"),
            1 => format!("1/eu-west-1/b/2026/01/{day:02}/2026-01-{day:02}-00-00-00-A{number}"),
            _ => format!("no time {number}"),
        }
    }

    /// A commit of these objects, in lists of a few; the first is skipped if that is wished.
    fn commit(lake: &Store, sequence: u64, mut objects: Vec<PlannedObject>, skip: bool, spans: bool) -> Entry {
        objects.sort_by(|a, b| (&a.source, &a.key).cmp(&(&b.source, &b.key)));
        let limits = Limits { shard_objects: 3, ..Limits::default() };
        let mut draft = Draft::new(lake, PlanId { sequence, attempt: 1 }, &limits);
        for object in &objects {
            draft.push(object.clone()).unwrap();
        }
        let sources: [Source; 0] = [];
        let plan = draft.finish("w", &sources, 0, None).unwrap();
        let skipped = objects.first().filter(|_| skip).map(|object| SkippedObject {
            source: object.source.clone(),
            key: object.key.clone(),
            reason: crate::etl::model::NotRead::Denied,
        });
        Entry {
            sequence,
            spans: if spans { plan.spans } else { Vec::new() },
            lists: plan.lists,
            skipped: skipped.into_iter().collect(),
            ..Entry::default()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn what_is_known_does_not_depend_on_what_is_held_nor_on_the_order_of_questions(
            commits in proptest::collection::vec(
                (proptest::collection::btree_set((0u8..2, 0u8..3, 0u32..60), 0..12), any::<bool>(), any::<bool>()), 0..8
            ),
            held in 0usize..400,
            shuffle in any::<u64>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let lake = Store::folder(folder.path()).unwrap();
            let (mut log, mut expected, mut seen) = (Log::default(), HashMap::new(), HashSet::new());
            for (number, (objects, skip, spans)) in commits.into_iter().enumerate() {
                let objects: Vec<_> = objects
                    .into_iter()
                    .map(|(source, kind, number)| (format!("s{source}"), key(kind, number)))
                    .filter(|identity| seen.insert(identity.clone()))
                    .map(|(source, key)| PlannedObject { source, key, etag: "e".into(), size: number as u64 })
                    .collect();
                let entry = commit(&lake, number as u64 + 1, objects.clone(), skip, spans);
                for object in objects {
                    let skipped = entry.skipped.iter().any(|s| s.source == object.source && s.key == object.key);
                    if !skipped {
                        expected.insert((object.source, object.key), object.size);
                    }
                }
                log.add(entry);
            }
            let mut known = Known::load(&lake, &log).unwrap().holding(held);
            let mut questions: Vec<(String, String)> = (0..2u8)
                .flat_map(|source| (0..3u8).flat_map(move |kind| (0..60).map(move |at| (format!("s{source}"), key(kind, at)))))
                .collect();
            questions.sort();
            if shuffle % 2 == 0 {
                questions.sort_by_key(|(source, key)| foldhash::fast::FixedState::with_seed(shuffle).hash_one((source, key)));
            }
            for (source, key) in questions {
                let named = LogName::parse(&key).map(|name| name.named_at);
                let found = known.get(&source, &key, named).unwrap().map(|line| line.size);
                prop_assert_eq!(found, expected.get(&(source, key)).copied());
            }
        }
    }

    #[test]
    fn of_many_old_lists_only_those_are_read_that_matter() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Store::folder(folder.path()).unwrap();
        let mut log = Log::default();
        for day in 0..20u32 {
            let object = |at: u32| PlannedObject {
                source: "s".into(),
                key: key((at % 2) as u8, day * 24 + at),
                etag: "e".into(),
                size: 1,
            };
            log.add(commit(&lake, u64::from(day) + 1, (0..24).map(object).collect(), false, true));
        }
        let bytes: u64 = log.entries().flat_map(|entry| &entry.lists).map(|list| list.bytes).sum();
        let mut known = Known::load(&lake, &log).unwrap();
        assert_eq!(known.held(), 0);
        for at in 19 * 24..20 * 24 {
            let key = key((at % 2) as u8, at);
            assert!(known.get("s", &key, LogName::parse(&key).map(|name| name.named_at)).unwrap().is_some());
        }
        assert!((known.held() as u64) < bytes / 10, "{} of {bytes}", known.held());
    }
}
