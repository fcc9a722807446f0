//! Plans: which objects the next commit will hold, cut into shards. A plan never changes once it is written.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::compact::Joins;
use super::hours::HourSet;
use super::model::{FORMAT_VERSION, OutputFile, PlannedObject, Shard, Source};
use super::places::Places;
use super::state::{self, PlanId};
use crate::error::{Error, Result};
use crate::logs::name::LogName;
use crate::logs::table::Table;
use crate::storage::{Created, Store};

/// How many shards a plan has at least if it is large enough: with threads taking shard after shard, the last of them
/// is then a small part of the whole.
const SHARDS_AT_LEAST: u64 = 16;
/// Below this, a shard is not worth its files.
const SHARD_BYTES_AT_LEAST: u64 = 8 << 20;

/// `_state/plans/<plan>/plan.json`. The objects stand in the lists, one a shard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of the format that the outputs will have.
    pub format_version: u32,
    /// Identifies the worker and the settings that decide which bytes it writes.
    pub worker: String,
    /// The sources that objects come from. Where they lie is not part of it: a folder may move.
    pub sources: Vec<PlannedSource>,
    /// When the plan was made, milliseconds since the epoch.
    pub made_ms: i64,
    /// The lists, one a shard, in the order of the shards; `rows` are objects.
    pub lists: Vec<OutputFile>,
    /// What each list spans.
    #[serde(default)]
    pub spans: Vec<ListSpan>,
    /// Bytes of each shard's objects as stored.
    pub bytes: Vec<u64>,
    /// The hours in which the objects were delivered, going by the time in their names.
    pub delivered: HourSet,
    /// Whether the time in every object's name could be read.
    pub delivered_is_known: bool,
    /// Everything that was visible and last modified before this time is read once this plan is committed; milliseconds
    /// since the epoch. None where the plan holds only a part of what is new.
    pub watermark_ms: Option<i64>,
    /// Where partitions lie, as of the commit before.
    #[serde(default, skip_serializing_if = "Places::is_empty")]
    pub places: Places,
    /// The partitions whose files are joined, where the plan is a compaction's. It has no objects then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joins: Option<Joins>,
}

/// What a list spans, by which one can tell without reading it that it does not hold an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSpan {
    /// The least source and key.
    pub first: (String, String),
    /// The greatest source and key.
    pub last: (String, String),
    /// The earliest and the latest time in the objects' names, milliseconds since the epoch, if every name has one.
    pub named: Option<(i64, i64)>,
}

impl ListSpan {
    /// What these objects span; `None` for none.
    fn of(objects: &[PlannedObject]) -> Option<Self> {
        let whole = |object: &PlannedObject| (object.source.clone(), object.key.clone());
        let first = objects.iter().min_by_key(|object| (&object.source, &object.key)).map(whole)?;
        let last = objects.iter().max_by_key(|object| (&object.source, &object.key)).map(whole)?;
        let times = objects.iter().map(|object| LogName::parse(&object.key).map(|name| name.named_at));
        let named = times
            .collect::<Option<Vec<i64>>>()
            .and_then(|times| Some((times.iter().min().copied()?, times.iter().max().copied()?)));
        Some(Self { first, last, named })
    }
}

/// What of a source decides the rows made from its objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedSource {
    /// The source's id.
    pub id: String,
    /// The table that rows go to.
    #[serde(default, skip_serializing_if = "Table::is_access_logs")]
    pub table: Table,
    /// The account that rows without another one get.
    pub account_id: Option<String>,
    /// The Region that rows without another one get.
    pub bucket_region: Option<String>,
}

impl From<&Source> for PlannedSource {
    fn from(source: &Source) -> Self {
        Self {
            id: source.id.clone(),
            table: source.table,
            account_id: source.account_id.clone(),
            bucket_region: source.bucket_region.clone(),
        }
    }
}

/// How large shards and plans may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Stored bytes of a shard at most, unless a single object is larger.
    pub shard_bytes: u64,
    /// Objects of a shard at most.
    pub shard_objects: usize,
    /// Stored bytes of a plan at most, unless a single object is larger.
    pub plan_bytes: u64,
    /// Objects of a plan at most.
    pub plan_objects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { shard_bytes: 120 << 20, shard_objects: 20_000, plan_bytes: 64 << 30, plan_objects: 200_000 }
    }
}

impl Plan {
    /// How many objects it has.
    pub fn objects(&self) -> u64 {
        self.lists.iter().map(|list| list.rows).sum()
    }

    /// How many shards it has.
    pub fn shards(&self) -> u32 {
        let shards = self.joins.as_ref().map_or(self.lists.len(), |joins| joins.shards.len());
        u32::try_from(shards).unwrap_or(u32::MAX)
    }

    /// Whether a worker of this identity with these sources would write the bytes that the plan's own would.
    pub fn fits(&self, worker: &str, sources: &[Source]) -> bool {
        self.format_version == FORMAT_VERSION
            && self.joins.is_none()
            && self.worker == worker
            && self.sources.iter().all(|planned| sources.iter().any(|source| PlannedSource::from(source) == *planned))
    }
}

/// Cuts objects into shards as they come. The number of threads plays no part, so it does not change what is written.
///
/// How large a shard is to be follows from how much there is, as long as that is little: what comes is held until there is
/// enough for [`SHARDS_AT_LEAST`] shards of the full size (by bytes or by count). From then on each shard is given out as
/// soon as it is full, so that a plan may have any number of objects.
#[derive(Debug)]
pub struct Cutter {
    limits: Limits,
    held: Vec<PlannedObject>,
    bytes: u64,
    target: Option<u64>,
}

impl Cutter {
    /// For shards of at most these limits.
    pub fn new(limits: &Limits) -> Self {
        Self { limits: *limits, held: Vec::new(), bytes: 0, target: None }
    }

    /// Takes the next object and gives what shards are full by then.
    pub fn push(&mut self, object: PlannedObject) -> Vec<Vec<PlannedObject>> {
        let enough = self.limits.shard_objects.saturating_mul(SHARDS_AT_LEAST as usize);
        let size = object.size;
        let mut full = Vec::new();
        match self.target {
            None => {
                self.held.push(object);
                self.bytes = self.bytes.saturating_add(size);
                if self.bytes >= self.limits.shard_bytes.saturating_mul(SHARDS_AT_LEAST) || self.held.len() >= enough {
                    self.target = Some(target(self.bytes, &self.limits));
                    full = self.cut_held();
                    if let Some(last) = full.pop() {
                        self.bytes = last.iter().map(|object| object.size).sum();
                        self.held = last;
                    }
                }
            }
            Some(target) => {
                let is_full = self.bytes.saturating_add(size) > target || self.held.len() >= self.limits.shard_objects;
                if is_full && !self.held.is_empty() {
                    full.push(std::mem::take(&mut self.held));
                    self.bytes = 0;
                }
                self.held.push(object);
                self.bytes = self.bytes.saturating_add(size);
            }
        }
        full
    }

    /// What is left.
    pub fn finish(mut self) -> Vec<Vec<PlannedObject>> {
        self.target.get_or_insert(target(self.bytes, &self.limits));
        self.cut_held()
    }

    fn cut_held(&mut self) -> Vec<Vec<PlannedObject>> {
        let target = self.target.unwrap_or(self.limits.shard_bytes);
        let mut shards = Vec::new();
        let (mut shard, mut bytes) = (Vec::new(), 0u64);
        for object in std::mem::take(&mut self.held) {
            let full = bytes.saturating_add(object.size) > target || shard.len() >= self.limits.shard_objects;
            if full && !shard.is_empty() {
                shards.push(std::mem::take(&mut shard));
                bytes = 0;
            }
            bytes = bytes.saturating_add(object.size);
            shard.push(object);
        }
        if !shard.is_empty() {
            shards.push(shard);
        }
        shards
    }
}

/// How many bytes a shard of so many is to have.
fn target(total: u64, limits: &Limits) -> u64 {
    (total / SHARDS_AT_LEAST).max(SHARD_BYTES_AT_LEAST).min(limits.shard_bytes)
}

/// The lines of a list: source, size, ETag and key, parted by tabs, which none of them can hold.
pub fn encode_list(objects: &[PlannedObject]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(objects.len() * 128);
    for object in objects {
        let _ = writeln!(text, "{}\t{}\t{}\t{}", object.source, object.size, object.etag, object.key);
    }
    text
}

/// One line of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListLine<'a> {
    /// The source's id.
    pub source: &'a str,
    /// Bytes as stored.
    pub size: u64,
    /// The ETag.
    pub etag: &'a str,
    /// The key below the source's location.
    pub key: &'a str,
}

/// Takes a line of a list apart; `None` if it is none.
pub fn decode_line(line: &str) -> Option<ListLine<'_>> {
    let mut fields = line.splitn(4, '\t');
    let (source, size, etag, key) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    Some(ListLine { source, size: size.parse().ok()?, etag, key })
}

/// A plan that is being made: its lists are written while its objects come.
pub struct Draft<'a> {
    lake: &'a Store,
    id: PlanId,
    cutter: Cutter,
    lists: Vec<OutputFile>,
    spans: Vec<ListSpan>,
    bytes: Vec<u64>,
    sources: BTreeSet<String>,
    delivered: HourSet,
    delivered_is_known: bool,
    objects: u64,
}

impl<'a> Draft<'a> {
    /// An empty one.
    pub fn new(lake: &'a Store, id: PlanId, limits: &Limits) -> Self {
        Self {
            lake,
            id,
            cutter: Cutter::new(limits),
            lists: Vec::new(),
            spans: Vec::new(),
            bytes: Vec::new(),
            sources: BTreeSet::new(),
            delivered: HourSet::default(),
            delivered_is_known: true,
            objects: 0,
        }
    }

    /// How many objects it has.
    pub fn objects(&self) -> u64 {
        self.objects
    }

    /// Its name.
    pub fn id(&self) -> PlanId {
        self.id
    }

    /// Adds an object.
    pub fn push(&mut self, object: PlannedObject) -> Result<()> {
        self.objects += 1;
        match LogName::parse(&object.key).and_then(|name| name.delivered_at) {
            Some(time) => self.delivered.insert_time(time),
            None => self.delivered_is_known = false,
        }
        if !self.sources.contains(&object.source) {
            self.sources.insert(object.source.clone());
        }
        for shard in self.cutter.push(object) {
            self.write(&shard)?;
        }
        Ok(())
    }

    /// Writes a list. Its name holds its checksum, so that two who plan at once do not mix theirs up.
    fn write(&mut self, objects: &[PlannedObject]) -> Result<()> {
        let bytes = Bytes::from(encode_list(objects));
        let sha256 = state::sha256(&bytes);
        let path = list_path(self.id, self.lists.len(), &sha256);
        let (rows, size) = (objects.len() as u64, bytes.len() as u64);
        self.lake.write_new(&path, bytes)?;
        self.lists.push(OutputFile { path, rows, bytes: size, checksum: sha256 });
        self.spans.extend(ListSpan::of(objects));
        self.bytes.push(objects.iter().map(|object| object.size).sum());
        Ok(())
    }

    /// Writes what is left, and gives the plan.
    pub fn finish(
        &mut self,
        worker: &str,
        sources: &[Source],
        made_ms: i64,
        watermark_ms: Option<i64>,
    ) -> Result<Plan> {
        let limits = self.cutter.limits;
        for shard in std::mem::replace(&mut self.cutter, Cutter::new(&limits)).finish() {
            self.write(&shard)?;
        }
        let sources = sources.iter().filter(|source| self.sources.contains(&source.id)).map(PlannedSource::from);
        Ok(Plan {
            format_version: FORMAT_VERSION,
            worker: worker.to_owned(),
            sources: sources.collect(),
            made_ms,
            lists: self.lists.clone(),
            spans: self.spans.clone(),
            bytes: self.bytes.clone(),
            delivered: self.delivered.clone(),
            delivered_is_known: self.delivered_is_known,
            watermark_ms,
            places: Places::default(),
            joins: None,
        })
    }
}

fn list_path(id: PlanId, number: usize, sha256: &str) -> String {
    format!("{}/lists/{number:05}-{}.tsv", id.folder(), sha256.get(..16).unwrap_or(sha256))
}

/// Writes the lists of a plan once more, for another plan of this name.
pub fn copy_lists(lake: &Store, plan: &mut Plan, id: PlanId) -> Result<()> {
    for (number, list) in plan.lists.iter_mut().enumerate() {
        let missing = || Error::failed(format!("{} was removed while it was planned with", list.path));
        let bytes = lake.read(&list.path)?.ok_or_else(missing)?;
        list.path = list_path(id, number, &list.checksum);
        lake.write_new(&list.path, bytes)?;
    }
    Ok(())
}

/// Makes a plan complete, unless another one of this name is.
pub fn publish(lake: &Store, id: PlanId, plan: &Plan) -> Result<Created> {
    state::write_new(lake, &id.file(), plan)
}

/// A complete plan, or `None` where there is none.
pub fn load(lake: &Store, id: PlanId) -> Result<Option<Plan>> {
    state::read(lake, &id.file())
}

/// A shard of a plan.
pub fn shard(lake: &Store, plan: &Plan, number: u32) -> Result<Shard> {
    let list = plan
        .lists
        .get(number as usize)
        .ok_or_else(|| Error::failed(format!("the plan has no shard {number}, only {}", plan.lists.len())))?;
    let damaged = |why: &str| {
        Error::failed(format!("cannot use {} in {}", list.path, lake.location()))
            .because(why)
            .hint("remove the plan's folder, then run again: nothing of it has been committed")
    };
    let bytes = lake.read(&list.path)?.ok_or_else(|| damaged("it is missing"))?;
    if !state::is_whole(&bytes, &list.checksum) {
        return Err(damaged("its checksum is not the one in plan.json"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| damaged("it is not UTF-8"))?;
    let mut objects = Vec::new();
    for line in text.lines() {
        let line = decode_line(line).ok_or_else(|| damaged("a line of it is no object"))?;
        objects.push(PlannedObject {
            source: line.source.to_owned(),
            key: line.key.to_owned(),
            etag: line.etag.to_owned(),
            size: line.size,
        });
    }
    Ok(Shard { number, objects })
}

/// The plans whose folders exist, complete or not, sorted.
pub fn all(lake: &Store) -> Result<Vec<PlanId>> {
    let mut ids: Vec<PlanId> = lake
        .names(state::PLANS)?
        .iter()
        .filter_map(|path| PlanId::leading(path.strip_prefix(state::PLANS)?.trim_start_matches('/').split('/').next()?))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn objects(sizes: &[u64]) -> Vec<PlannedObject> {
        let object = |(at, &size): (usize, &u64)| PlannedObject {
            source: "s".into(),
            key: format!("key {at} %"),
            etag: "\"e-1\"".into(),
            size,
        };
        sizes.iter().enumerate().map(object).collect()
    }

    /// The sizes of the shards' objects, shard by shard.
    fn cut(objects: &[PlannedObject], limits: &Limits) -> Vec<Vec<u64>> {
        let mut cutter = Cutter::new(limits);
        let mut shards: Vec<_> = objects.iter().flat_map(|object| cutter.push(object.clone())).collect();
        shards.extend(cutter.finish());
        let joined: Vec<_> = shards.iter().flatten().cloned().collect();
        assert_eq!(joined, objects);
        shards.iter().map(|shard| shard.iter().map(|object| object.size).collect()).collect()
    }

    proptest! {
        #[test]
        fn every_object_stands_in_one_shard_and_shards_keep_their_bounds(
            sizes in proptest::collection::vec(0u64..40 << 20, 0..200), most in 1usize..30
        ) {
            let limits = Limits { shard_bytes: 20 << 20, shard_objects: most, ..Limits::default() };
            for shard in cut(&objects(&sizes), &limits) {
                prop_assert!(!shard.is_empty() && shard.len() <= most);
                prop_assert!(shard.iter().sum::<u64>() <= limits.shard_bytes || shard.len() == 1);
            }
        }

        #[test]
        fn a_plan_of_any_size_is_cut_with_few_objects_held(
            sizes in proptest::collection::vec(0u64..3_000, 0..2_000), most in 1usize..20, bytes in 1u64..20_000
        ) {
            let limits = Limits { shard_bytes: bytes, shard_objects: most, ..Limits::default() };
            let mut cutter = Cutter::new(&limits);
            for object in objects(&sizes) {
                cutter.push(object);
                prop_assert!(cutter.held.len() <= most * SHARDS_AT_LEAST as usize);
            }
        }
    }

    #[test]
    fn no_shard_is_a_large_part_of_two_gigabytes() {
        let shards = cut(&objects(&[150_000; 13_334]), &Limits::default());
        assert!(shards.len() >= 16, "{}", shards.len());
        assert!(shards.iter().all(|shard| shard.len() <= 13_334 / 16 + 1));
    }

    #[test]
    fn a_list_says_what_was_put_into_it() {
        let planned = objects(&[1, u64::MAX]);
        let text = encode_list(&planned);
        let lines: Vec<_> = text.lines().map(|line| decode_line(line).unwrap()).collect();
        assert_eq!(lines[1], ListLine { source: "s", size: u64::MAX, etag: "\"e-1\"", key: "key 1 %" });
        assert_eq!(decode_line("s\tx\te\tk"), None);
        assert_eq!(decode_line("s\t1\te"), None);
    }
}
