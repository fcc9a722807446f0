//! What is there to read: listing the sources and telling apart what is new, known, too young or no log object.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::horizon::Scope;
use super::inventory::Inventory;
use super::known::Known;
use super::listing::Objects;
use super::model::{PlannedObject, Source};
use super::plan::{Draft, Limits};
use crate::error::Result;
use crate::logs::name::{LogName, is_ignorable, is_trail_sibling};
use crate::logs::table::Table;
use crate::storage::{Listed, Store, Walked};

/// How many objects of a kind are named in a summary.
pub(super) const NAMED_AT_MOST: usize = 15;
/// How many archived objects are named: there may be years of them, and each says the same.
const ARCHIVED_NAMED: u64 = 5;
/// An object modified further in the future than this is not being written now; its clock is wrong.
const CLOCK_SKEW_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// The sources, opened.
#[derive(Debug, Clone)]
pub struct SourceStores(BTreeMap<String, (Store, Source)>);

impl SourceStores {
    /// Opens each source's folder.
    pub fn open(sources: &[Source]) -> Result<Self> {
        let mut stores = BTreeMap::new();
        for source in sources {
            let store = Store::folder(std::path::Path::new(&source.location))?;
            stores.insert(source.id.clone(), (store, source.clone()));
        }
        Ok(Self(stores))
    }

    /// Sources over stores that are open already.
    pub fn over(sources: impl IntoIterator<Item = (Store, Source)>) -> Self {
        Self(sources.into_iter().map(|(store, source)| (source.id.clone(), (store, source))).collect())
    }

    /// The source of this id.
    pub fn get(&self, id: &str) -> Option<&(Store, Source)> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&Store, &Source)> {
        self.0.values().map(|(store, source)| (store, source))
    }
}

/// What a listing found (of a bucket: what lies in what was listed of it), in numbers that add up: `listed = new + known + settling + outside_window + archived +
/// hidden + siblings + unreadable`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Everything below the sources.
    pub listed: u64,
    /// Sources that were listed as a whole; of the others, names from the look-back on or of the time range asked for.
    #[serde(default)]
    pub whole: u64,
    /// Not read before; read now.
    pub new: u64,
    /// Read before.
    pub known: u64,
    /// Modified so lately that they may still be written to: left for the next run.
    pub settling: u64,
    /// Delivered outside the time range asked for.
    pub outside_window: u64,
    /// Not read before, and archived: they are read by the first run that finds them restored.
    #[serde(default)]
    pub archived: u64,
    /// Hidden and temporary files, which are no log objects.
    pub hidden: u64,
    /// What AWS delivers beside CloudTrail's events: digests, insights, logs of other services.
    #[serde(default)]
    pub siblings: u64,
    /// Broken links, pipes, folders without permission.
    pub unreadable: u64,
    /// Of the known ones, those whose size is another one than when they were read. They are not read again.
    pub changed: u64,
    /// Of the known ones, those of the same size whose ETag is another one: copied, or rewritten.
    pub touched: u64,
    /// The first of those changed or unreadable, and what is the matter with them.
    pub named: Vec<Named>,
}

/// An object worth a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The source's id.
    pub source: String,
    /// The key below the source's location.
    pub key: String,
    /// What is the matter.
    pub what: String,
}

impl Listing {
    fn name(&mut self, source: &str, key: &str, what: String) {
        if self.named.len() < NAMED_AT_MOST {
            self.named.push(Named { source: source.to_owned(), key: key.to_owned(), what });
        }
    }
}

/// What makes an object one for this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Objects modified at this time or later are still settling; milliseconds since the epoch.
    pub settled_before_ms: i64,
    /// Now, milliseconds since the epoch.
    pub now_ms: i64,
    /// Only objects delivered in this half-open range, milliseconds since the epoch, going by the time in their names;
    /// those without one are always in it, and those by event time with the day that they name.
    pub delivered: Option<(i64, i64)>,
}

/// What an object is to this run.
enum Kind {
    New,
    Known,
    Settling,
    OutsideWindow,
    Archived,
    Hidden,
    Sibling,
}

/// A source to be listed, and what of it.
pub struct Wanted<'a> {
    /// Where.
    pub store: &'a Store,
    /// Which.
    pub source: &'a Source,
    /// What, where it is a bucket. A folder is always walked as a whole.
    pub scope: Scope,
    /// What is read instead of listing it.
    pub inventory: Option<&'a Inventory>,
}

type Walk<'a> = Box<dyn Iterator<Item = Result<Walked>> + Send + 'a>;

/// The new objects of all sources, in the order of sources and keys, found while iterating; what else there is is
/// counted on the way.
pub struct NewObjects<'a> {
    sources: VecDeque<Wanted<'a>>,
    walk: Option<Walk<'a>>,
    known: &'a mut Known,
    window: Window,
    /// The object after the last chunk.
    ahead: Option<PlannedObject>,
    /// Complete when the listing has ended.
    pub listing: Listing,
    /// When the youngest settling object was modified, milliseconds since the epoch.
    pub youngest_ms: Option<i64>,
}

impl<'a> NewObjects<'a> {
    /// Begins a listing.
    pub fn new(sources: impl IntoIterator<Item = Wanted<'a>>, known: &'a mut Known, window: Window) -> Self {
        let sources = sources.into_iter().collect();
        Self { sources, walk: None, known, window, ahead: None, listing: Listing::default(), youngest_ms: None }
    }

    /// Puts the next new objects into a plan, as many as it may have. None are left, and the listing is complete, when
    /// [`NewObjects::is_at_end`] says so. `check` is asked now and then whether to go on.
    pub fn fill(&mut self, draft: &mut Draft<'_>, limits: &Limits, check: impl Fn() -> Result<()>) -> Result<()> {
        let mut bytes = 0u64;
        loop {
            let count = draft.objects();
            if count.is_multiple_of(1_024) {
                check()?;
            }
            let object = match self.ahead.take() {
                Some(object) => object,
                None => match self.next().transpose()? {
                    Some(object) => object,
                    None => return Ok(()),
                },
            };
            let full = bytes.saturating_add(object.size) > limits.plan_bytes || count >= limits.plan_objects as u64;
            if full && count > 0 {
                self.ahead = Some(object);
                return Ok(());
            }
            bytes = bytes.saturating_add(object.size);
            draft.push(object)?;
        }
    }

    /// Whether everything has been listed and taken.
    pub fn is_at_end(&self) -> bool {
        self.ahead.is_none() && self.sources.is_empty()
    }

    fn classify(&mut self, of: &Source, object: &Listed) -> Result<Kind> {
        let source = of.id.as_str();
        let name = LogName::parse(&object.path);
        if let Some(line) = self.known.get(source, &object.path, name.as_ref().map(|name| name.named_at))? {
            if line.size != object.size {
                self.listing.changed += 1;
                let what = format!("changed after it was read: {} bytes then, {} now", line.size, object.size);
                self.listing.name(source, &object.path, what);
            } else if line.etag != object.etag {
                self.listing.touched += 1;
            }
            return Ok(Kind::Known);
        }
        Ok(self.classify_unread(of, object, name.as_ref()))
    }

    fn classify_unread(&mut self, of: &Source, object: &Listed, name: Option<&LogName<'_>>) -> Kind {
        let source = of.id.as_str();
        if is_ignorable(&object.path) {
            return Kind::Hidden;
        }
        if of.table == Table::CloudTrail && is_trail_sibling(&object.path) {
            return Kind::Sibling;
        }
        if let (Some((from, to)), Some(name)) = (self.window.delivered, name)
            && !is_within(name, from, to)
        {
            return Kind::OutsideWindow;
        }
        let wrong_clock = object.modified_ms > self.window.now_ms.saturating_add(CLOCK_SKEW_MS);
        if object.modified_ms >= self.window.settled_before_ms && !wrong_clock {
            self.youngest_ms = self.youngest_ms.max(Some(object.modified_ms));
            return Kind::Settling;
        }
        if let Some(archive) = object.archived {
            if self.listing.archived < ARCHIVED_NAMED {
                self.listing.name(source, &object.path, format!("archived in {archive}: restore it to have it read"));
            }
            return Kind::Archived;
        }
        Kind::New
    }

    fn take(&mut self, source: &'a Source, walked: Walked) -> Result<Option<PlannedObject>> {
        self.listing.listed += 1;
        let object = match walked {
            Walked::Object(object) => object,
            Walked::Unreadable { path, why } => {
                self.listing.unreadable += 1;
                self.listing.name(&source.id, &path, format!("cannot be read: {why}"));
                return Ok(None);
            }
        };
        let kind = self.classify(source, &object)?;
        let listing = &mut self.listing;
        match kind {
            Kind::New => listing.new += 1,
            Kind::Known => listing.known += 1,
            Kind::Settling => listing.settling += 1,
            Kind::OutsideWindow => listing.outside_window += 1,
            Kind::Archived => listing.archived += 1,
            Kind::Hidden => listing.hidden += 1,
            Kind::Sibling => listing.siblings += 1,
        }
        Ok(matches!(kind, Kind::New).then(|| PlannedObject {
            source: source.id.clone(),
            key: object.path,
            etag: object.etag,
            size: object.size,
        }))
    }

    fn begin(&self, wanted: &Wanted<'a>) -> Result<Walk<'a>> {
        if let (Some(inventory), Some((_, prefix))) = (wanted.inventory, wanted.store.bucket()) {
            return Ok(Box::new(inventory.objects(prefix)));
        }
        match wanted.store.pager() {
            Some(pager) => Ok(Box::new(Objects::new(pager, wanted.scope.bounds, self.window.now_ms))),
            None => wanted.store.walk("", None),
        }
    }
}

impl Iterator for NewObjects<'_> {
    type Item = Result<PlannedObject>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let wanted = self.sources.front()?;
            let source = wanted.source;
            if self.walk.is_none() {
                self.listing.whole += u64::from(wanted.store.pager().is_none() || wanted.scope.whole);
                match self.begin(wanted) {
                    Ok(walk) => self.walk = Some(walk),
                    Err(error) => return Some(Err(error)),
                }
            }
            match self.walk.as_mut().and_then(Iterator::next) {
                Some(Ok(walked)) => {
                    if let Some(object) = self.take(source, walked).transpose() {
                        return Some(object);
                    }
                }
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    self.walk = None;
                    self.sources.pop_front();
                }
            }
        }
    }
}

/// Whether an object of this name may have been delivered in a time range. Under the event-time layout the name says the
/// day of the records in it.
fn is_within(name: &LogName<'_>, from_ms: i64, to_ms: i64) -> bool {
    match name.delivered_at {
        Some(time) => (from_ms..to_ms).contains(&time),
        None => name.named_at < to_ms && name.named_at.saturating_add(DAY_MS) > from_ms,
    }
}
