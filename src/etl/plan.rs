//! Plans: which objects the next commit will hold, cut into shards. A plan never changes once it is written.

use std::ops::Range;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::compact::Joins;
use super::hours::HourSet;
use super::model::{FORMAT_VERSION, OutputFile, PlannedObject, Shard, Source};
use super::places::Places;
use super::state::{self, PlanId};
use crate::error::{Error, Result};
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

/// What of a source decides the rows made from its objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedSource {
    /// The source's id.
    pub id: String,
    /// The account that rows without another one get.
    pub account_id: Option<String>,
    /// The Region that rows without another one get.
    pub bucket_region: Option<String>,
}

impl From<&Source> for PlannedSource {
    fn from(source: &Source) -> Self {
        Self {
            id: source.id.clone(),
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

/// Cuts objects, in key order, into shards. The number of threads plays no part, so it does not change what is written.
pub fn cut(objects: &[PlannedObject], limits: &Limits) -> Vec<Range<usize>> {
    let total: u64 = objects.iter().map(|object| object.size).sum();
    let target = (total / SHARDS_AT_LEAST).max(SHARD_BYTES_AT_LEAST).min(limits.shard_bytes);
    let mut shards = Vec::new();
    let (mut begin, mut bytes) = (0, 0u64);
    for (at, object) in objects.iter().enumerate() {
        let full = bytes.saturating_add(object.size) > target || at - begin >= limits.shard_objects;
        if full && at > begin {
            shards.push(begin..at);
            (begin, bytes) = (at, 0);
        }
        bytes = bytes.saturating_add(object.size);
    }
    if begin < objects.len() {
        shards.push(begin..objects.len());
    }
    shards
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

/// The bytes of each shard's objects as stored.
pub fn bytes_of_shards(objects: &[PlannedObject], limits: &Limits) -> Vec<u64> {
    let bytes = |range: Range<usize>| {
        objects.get(range).unwrap_or_default().iter().map(|object: &PlannedObject| object.size).sum()
    };
    cut(objects, limits).into_iter().map(bytes).collect()
}

/// Writes the lists of a plan. Their names hold their checksums, so that two who plan at once do not mix theirs up.
pub fn write_lists(lake: &Store, id: PlanId, objects: &[PlannedObject], limits: &Limits) -> Result<Vec<OutputFile>> {
    let mut lists = Vec::new();
    for (number, range) in cut(objects, limits).into_iter().enumerate() {
        let objects = objects.get(range).unwrap_or_default();
        let bytes = Bytes::from(encode_list(objects));
        let sha256 = state::sha256(&bytes);
        let hash = sha256.get(..16).unwrap_or(&sha256);
        let path = format!("{}/lists/{number:05}-{hash}.tsv", id.folder());
        lists.push(OutputFile { path: path.clone(), rows: objects.len() as u64, bytes: bytes.len() as u64, sha256 });
        lake.write_new(&path, bytes)?;
    }
    Ok(lists)
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
    if state::sha256(&bytes) != list.sha256 {
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

    proptest! {
        #[test]
        fn every_object_stands_in_one_shard_and_shards_keep_their_bounds(
            sizes in proptest::collection::vec(0u64..40 << 20, 0..200), most in 1usize..30
        ) {
            let limits = Limits { shard_bytes: 20 << 20, shard_objects: most, ..Limits::default() };
            let objects = objects(&sizes);
            let shards = cut(&objects, &limits);
            let mut next = 0;
            for shard in &shards {
                prop_assert_eq!(shard.start, next);
                prop_assert!(shard.end > shard.start && shard.len() <= most);
                let bytes: u64 = sizes[shard.clone()].iter().sum();
                prop_assert!(bytes <= limits.shard_bytes || shard.len() == 1);
                next = shard.end;
            }
            prop_assert_eq!(next, sizes.len());
        }
    }

    #[test]
    fn no_shard_is_a_large_part_of_two_gigabytes() {
        let shards = cut(&objects(&[150_000; 13_334]), &Limits::default());
        assert!(shards.len() >= 16, "{}", shards.len());
        let last = shards.last().unwrap().len();
        assert!(shards.iter().all(|shard| shard.len() <= 13_334 / 16 + 1) && last > 0);
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
