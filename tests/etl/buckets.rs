//! A bucket is listed from a look-back on, and nothing is lost by it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bucketscope::Result;
use bucketscope::etl::model::NotRead;
use bucketscope::etl::{RunOptions, RunSummary, SourceStores, run_over};
use bucketscope::storage::pages::{Found, Page, Pager};
use bucketscope::storage::{Archive, Listed, Store};

use super::naive::{Naive, World, now_ms, options};

const DAY: i64 = 86_400_000;

/// A folder that is listed as a bucket is: by pages of ten keys.
struct Bucket {
    folder: Store,
    asked: AtomicU64,
    archived: Mutex<BTreeMap<String, Archive>>,
}

impl Pager for Bucket {
    fn page(&self, after: Option<&str>) -> Result<Page> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let archived = self.archived.lock().unwrap();
        let found = |listed: Listed| Found {
            archived: archived.get(&listed.path).copied(),
            key: listed.path,
            size: listed.size,
            etag: listed.etag,
            modified_ms: listed.modified_ms,
        };
        let mut objects: Vec<Found> = self.folder.list("", after)?.into_iter().map(found).collect();
        let more = objects.len() > 10;
        objects.truncate(10);
        Ok(Page { objects, odd: Vec::new(), more })
    }

    fn page_keys(&self) -> usize {
        10
    }
}

/// The source `a` as a bucket, with its lake.
struct Buckets {
    world: World,
    bucket: Arc<Bucket>,
}

impl Buckets {
    fn new() -> Self {
        let world = World::new();
        let folder = Store::folder(&world.path("a")).unwrap();
        let bucket = Bucket { folder, asked: AtomicU64::new(0), archived: Mutex::default() };
        Self { world, bucket: Arc::new(bucket) }
    }

    /// An object that is named for so many days ago.
    fn put(&self, days_ago: i64, name: &str) -> String {
        let time = jiff::Timestamp::from_millisecond(now_ms() - days_ago * DAY).unwrap();
        let key = format!("logs/{}-{name}", time.strftime("%Y-%m-%d-%H-%M-%S"));
        self.world.put("a", &key, &format!("490896 {name}\n"));
        key
    }

    fn run_with(&self, options: &RunOptions<'_>) -> RunSummary {
        let inner = self.bucket.folder.inner();
        let store = Store::listed_by(inner, Arc::clone(&self.bucket) as Arc<dyn Pager>);
        let sources = self.world.sources();
        let sources = SourceStores::over([(store, sources[0].clone())]);
        run_over(&self.world.pipeline(), &sources, options, &Naive::default(), &()).unwrap()
    }

    /// A run so many days from now, and how many requests its listing made.
    fn run(&self, days: i64) -> (RunSummary, u64) {
        self.asked(&RunOptions { now_ms: now_ms() + days * DAY, ..options() })
    }

    fn asked(&self, options: &RunOptions<'_>) -> (RunSummary, u64) {
        let before = self.bucket.asked.load(Ordering::SeqCst);
        let summary = self.run_with(options);
        (summary, self.bucket.asked.load(Ordering::SeqCst) - before)
    }
}

#[test]
fn a_run_on_an_old_bucket_lists_the_look_back_and_what_is_new() {
    let buckets = Buckets::new();
    for day in 0..400 {
        buckets.put(day, &format!("A{day:03}"));
    }
    let (first, asked) = buckets.run(0);
    assert_eq!((first.listing.new, first.listing.whole), (400, 1));
    assert!(asked >= 40, "{asked}");
    buckets.put(0, "NEW");
    let (second, asked) = buckets.run(0);
    assert_eq!((second.listing.new, second.listing.whole), (1, 0));
    assert!(second.listing.known <= 4, "{}", second.listing.known);
    assert!(asked <= 4, "{asked}: a page a year before, and the look-back");
    buckets.world.assert_exactly_once();
}

#[test]
fn a_late_object_is_found_within_the_look_back_and_a_later_one_by_a_listing_of_the_whole() {
    let buckets = Buckets::new();
    for day in 0..20 {
        buckets.put(day, &format!("A{day:03}"));
    }
    buckets.run(0);
    buckets.put(2, "LATE");
    assert_eq!(buckets.run(0).0.listing.new, 1);
    let key = buckets.put(10, "VERYLATE");
    assert!(buckets.run(0).0.nothing_new);
    let full = buckets.run_with(&RunOptions { full: true, ..options() });
    assert_eq!((full.listing.new, full.listing.whole, full.listing.known), (1, 1, 21));
    std::fs::write(buckets.world.path("a").join(key.replace("VERY", "ALSO")), "490896 also\n").unwrap();
    assert!(buckets.run(29).0.nothing_new);
    assert_eq!(buckets.run(31).0.listing.new, 1, "a month after the last listing of the whole, it is due");
    buckets.world.assert_exactly_once();
}

#[test]
fn a_time_range_lists_that_range_alone() {
    let buckets = Buckets::new();
    for day in 0..400 {
        buckets.put(day, &format!("A{day:03}"));
    }
    let from = now_ms() - 200 * DAY;
    let window = Some((from, from + 2 * DAY));
    let (summary, asked) = buckets.asked(&RunOptions { window, ..options() });
    assert!((3..=4).contains(&summary.listing.new), "{}", summary.listing.new);
    assert!(asked <= 5, "{asked}");
    let (rest, _) = buckets.run(0);
    assert_eq!(rest.listing.new + summary.listing.new, 400, "what a range leaves out is not taken for read");
    buckets.world.assert_exactly_once();
}

#[test]
fn an_archived_object_is_counted_named_and_read_once_it_is_restored() {
    let buckets = Buckets::new();
    let key = buckets.put(10, "COLD");
    buckets.put(0, "WARM");
    buckets.bucket.archived.lock().unwrap().insert(key.clone(), Archive::DeepArchive);
    let (first, _) = buckets.run(0);
    assert_eq!((first.listing.new, first.listing.archived), (1, 1));
    assert_eq!(first.listing.named[0].key, key);
    assert!(first.listing.named[0].what.contains("archived in DEEP_ARCHIVE"));
    buckets.bucket.archived.lock().unwrap().clear();
    let window = Some((now_ms() - 11 * DAY, now_ms() - 9 * DAY));
    assert_eq!(buckets.run_with(&RunOptions { window, ..options() }).listing.new, 1);
    buckets.world.assert_exactly_once();
}

#[test]
fn what_could_not_be_read_is_looked_at_again_however_old_it_is() {
    let buckets = Buckets::new();
    let key = buckets.put(10, "AB");
    for day in 0..5 {
        buckets.put(day, &format!("A{day:03}"));
    }
    let path = buckets.world.path("a").join(&key);
    let touch = Naive {
        before: Box::new(move |object| {
            if object.key == key {
                std::fs::write(&path, "490896 another\n").unwrap();
            }
        }),
        ..Naive::default()
    };
    let inner = buckets.bucket.folder.inner();
    let store = Store::listed_by(inner, Arc::clone(&buckets.bucket) as Arc<dyn Pager>);
    let sources = SourceStores::over([(store, buckets.world.sources()[0].clone())]);
    let first = run_over(&buckets.world.pipeline(), &sources, &options(), &touch, &()).unwrap();
    assert_eq!((first.skipped, first.skipped_named[0].what.as_str()), (1, NotRead::Changed.to_string().as_str()));
    assert_eq!(buckets.run(0).0.listing.new, 1);
    buckets.world.assert_exactly_once();
}

#[test]
fn a_bucket_that_is_added_is_listed_as_a_whole() {
    let buckets = Buckets::new();
    buckets.put(0, "A1");
    buckets.run(0);
    buckets.world.put("b", "2020-01-01-00-00-00-B1", "490896 b\n");
    let folder = Store::folder(&buckets.world.path("b")).unwrap();
    let other = Arc::new(Bucket { folder, asked: AtomicU64::new(0), archived: Mutex::default() });
    let store = |bucket: &Arc<Bucket>| Store::listed_by(bucket.folder.inner(), Arc::clone(bucket) as Arc<dyn Pager>);
    let named = buckets.world.sources();
    let sources = SourceStores::over([(store(&buckets.bucket), named[0].clone()), (store(&other), named[1].clone())]);
    let summary = run_over(&buckets.world.pipeline(), &sources, &options(), &Naive::default(), &()).unwrap();
    assert_eq!((summary.listing.new, summary.listing.whole), (1, 1));
    buckets.world.assert_exactly_once();
}
