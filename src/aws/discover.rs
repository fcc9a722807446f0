//! What an account has that a pipeline could read: buckets with their logging settings, log buckets, trails.
//!
//! Nothing that is denied is a failure here: whoever sets a pipeline up may not be allowed to see every bucket.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Result;
use crate::logs::name::LogName;

mod sdk;
#[cfg(test)]
mod tests;

pub use sdk::SdkEstate;

/// Questions asked at the same time.
const AT_ONCE: usize = 16;

/// Buckets looked into; accounts with more are shown the first of them.
const BUCKETS_AT_MOST: usize = 2_000;

/// Keys by which the layout of a log bucket is told.
const KEYS_LOOKED_AT: i32 = 20;

/// With more prefixes than this in one log bucket, what they have in common is one source instead of many.
const PREFIXES_AT_MOST: usize = 6;

/// How delivered logs are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// `[prefix]YYYY-MM-DD-hh-mm-ss-Unique`.
    Simple,
    /// By account, Region, bucket and day of delivery.
    ByDelivery,
    /// By account, Region, bucket and day of the event.
    ByEvent,
}

impl Layout {
    /// In a person's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Simple => "one folder by time",
            Self::ByDelivery => "by bucket and delivery time",
            Self::ByEvent => "by bucket and event time",
        }
    }

    /// The layout of most of these keys; `None` if none of them is named as S3 names log objects.
    pub fn of(keys: &[String]) -> Option<Self> {
        let mut counts: BTreeMap<Self, usize> = BTreeMap::new();
        for name in keys.iter().filter_map(|key| LogName::parse(key)).filter(|name| !name.shape().is_trail) {
            let layout = match (name.event_time_layout, name.bucket) {
                (true, _) => Self::ByEvent,
                (false, Some(_)) => Self::ByDelivery,
                (false, None) => Self::Simple,
            };
            *counts.entry(layout).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(layout, _)| layout)
    }
}

/// Where a bucket's logs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The log bucket.
    pub bucket: String,
    /// What keys begin with.
    pub prefix: String,
    /// How they go on.
    pub layout: Layout,
}

/// A bucket's logging setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logging {
    /// Logs are delivered.
    To(Delivery),
    /// They are not.
    Off,
    /// Nobody told us, and why.
    Unknown(String),
}

/// A bucket of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its Region, where that could be told.
    pub region: Option<String>,
    /// Its logging setting.
    pub logging: Logging,
}

/// A place to which logs are delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// The log bucket.
    pub bucket: String,
    /// What keys begin with.
    pub prefix: String,
    /// Its Region: S3 delivers within a Region only.
    pub region: Option<String>,
    /// The buckets whose logs these are.
    pub from: Vec<String>,
    /// How what is there is named; what the settings say where nothing is there yet.
    pub layout: Option<Layout>,
    /// Whether anything named as a log object was seen there.
    pub filled: bool,
}

/// A trail that delivers to a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailFound {
    /// Its name.
    pub name: String,
    /// The bucket.
    pub bucket: String,
    /// What stands before `AWSLogs/`.
    pub prefix: Option<String>,
    /// The bucket's Region, where that could be told.
    pub bucket_region: Option<String>,
    /// Whether the bucket is one of this account.
    pub own_bucket: bool,
    /// Whether it records all Regions.
    pub all_regions: bool,
    /// Whether it records all accounts of the organisation.
    pub organisation: bool,
    /// The key that encrypts its files.
    pub kms_key: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The account's buckets, by name.
    pub buckets: Vec<Bucket>,
    /// Where their logs go.
    pub places: Vec<LogPlace>,
    /// Trails.
    pub trails: Vec<TrailFound>,
    /// What could not be looked at, for people.
    pub unseen: Vec<String>,
}

/// What is asked of an account. Every answer may be refused.
pub trait Estate: Sync {
    /// Names of all buckets, with the Region where the answer has it.
    ///
    /// # Errors
    /// If AWS refuses or cannot be reached.
    fn buckets(&self) -> Result<Vec<(String, Option<String>)>>;

    /// The Region of a bucket.
    ///
    /// # Errors
    /// If AWS refuses or cannot be reached.
    fn region_of(&self, bucket: &str) -> Result<String>;

    /// Where a bucket's logs go.
    ///
    /// # Errors
    /// If AWS refuses or cannot be reached.
    fn logging(&self, bucket: &str, region: &str) -> Result<Option<Delivery>>;

    /// The first keys of a bucket behind a prefix.
    ///
    /// # Errors
    /// If AWS refuses or cannot be reached.
    fn keys(&self, bucket: &str, region: &str, prefix: &str) -> Result<Vec<String>>;

    /// The trails that record in this Region.
    ///
    /// # Errors
    /// If AWS refuses or cannot be reached.
    fn trails(&self) -> Result<Vec<TrailFound>>;
}

/// Looks at everything.
pub fn survey(estate: &dyn Estate) -> Survey {
    let mut unseen = Vec::new();
    let mut names = estate.buckets().unwrap_or_else(|error| {
        unseen.push(format!("buckets: {error}"));
        Vec::new()
    });
    names.sort();
    if names.len() > BUCKETS_AT_MOST {
        unseen.push(format!("{} buckets beyond the first {BUCKETS_AT_MOST}", names.len() - BUCKETS_AT_MOST));
        names.truncate(BUCKETS_AT_MOST);
    }
    let buckets = each(&names, |(name, region)| look_at(estate, name, region.clone()));
    let mut places = places(&buckets);
    let keys = each(&places, |place| {
        let region = place.region.as_deref().unwrap_or_default();
        estate.keys(&place.bucket, region, &place.prefix).ok().and_then(|keys| Layout::of(&keys))
    });
    for (place, seen) in places.iter_mut().zip(keys) {
        place.filled = seen.is_some();
        place.layout = seen.or(place.layout);
    }
    let trails = estate.trails().unwrap_or_else(|error| {
        unseen.push(format!("trails: {error}"));
        Vec::new()
    });
    let trails = each(&trails, |trail| placed(estate, trail, &buckets));
    Survey { buckets, places, trails, unseen }
}

fn look_at(estate: &dyn Estate, name: &str, region: Option<String>) -> Bucket {
    let region = region.map_or_else(|| estate.region_of(name), Ok);
    let logging = region.as_ref().map_err(Clone::clone).and_then(|region| estate.logging(name, region));
    let logging = match logging {
        Ok(Some(delivery)) => Logging::To(delivery),
        Ok(None) => Logging::Off,
        Err(error) => Logging::Unknown(error.to_string()),
    };
    Bucket { name: name.to_owned(), region: region.ok(), logging }
}

/// The trail with what the list of buckets, or its bucket itself, says of its bucket.
fn placed(estate: &dyn Estate, trail: &TrailFound, buckets: &[Bucket]) -> TrailFound {
    let own = buckets.iter().find(|bucket| bucket.name == trail.bucket);
    let bucket_region = own.and_then(|bucket| bucket.region.clone()).or_else(|| estate.region_of(&trail.bucket).ok());
    TrailFound { bucket_region, own_bucket: own.is_some(), ..trail.clone() }
}

/// The places to which logs are delivered: one a log bucket and prefix, without those that lie in another.
pub fn places(buckets: &[Bucket]) -> Vec<LogPlace> {
    let mut deliveries: BTreeMap<&str, Vec<(&Bucket, &Delivery)>> = BTreeMap::new();
    for bucket in buckets {
        if let Logging::To(delivery) = &bucket.logging {
            deliveries.entry(&delivery.bucket).or_default().push((bucket, delivery));
        }
    }
    let mut out = Vec::new();
    for (log_bucket, from) in deliveries {
        let prefixes: Vec<&str> = from.iter().map(|(_, delivery)| delivery.prefix.as_str()).collect();
        for prefix in outermost(&prefixes) {
            let here: Vec<_> = from.iter().filter(|(_, delivery)| delivery.prefix.starts_with(&prefix)).collect();
            out.push(LogPlace {
                bucket: log_bucket.to_owned(),
                prefix,
                region: here.iter().find_map(|(bucket, _)| bucket.region.clone()),
                from: here.iter().map(|(bucket, _)| bucket.name.clone()).collect(),
                layout: here.first().map(|(_, delivery)| delivery.layout),
                filled: false,
            });
        }
    }
    out
}

/// Prefixes of which none begins with another, that cover all of these.
fn outermost(prefixes: &[&str]) -> Vec<String> {
    let mut out: BTreeSet<&str> = BTreeSet::new();
    // In order, a prefix comes before all that begin with it.
    for prefix in prefixes.iter().copied().collect::<BTreeSet<_>>() {
        if !out.iter().any(|outer| prefix.starts_with(outer)) {
            out.insert(prefix);
        }
    }
    if out.len() <= PREFIXES_AT_MOST {
        return out.into_iter().map(str::to_owned).collect();
    }
    let first = out.first().copied().unwrap_or_default();
    let common = first
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| out.iter().all(|prefix| prefix.starts_with(&first[..*end])))
        .last()
        .unwrap_or(0);
    let folder = first[..common].rfind('/').map_or(0, |at| at + 1);
    vec![first[..folder].to_owned()]
}

/// Asks for many things from a few threads; answers come in the order of the questions.
fn each<T: Sync, R: Send>(items: &[T], ask: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let answers: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let threads = NonZero::new(items.len().min(AT_ONCE)).map_or(0, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((index, item)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    items.get(index).map(|item| (index, item))
                } {
                    let answer = ask(item);
                    answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, answer));
                }
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}
