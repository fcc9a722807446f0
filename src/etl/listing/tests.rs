use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::logs::name::LogName;
use crate::storage::pages::Page;

/// 2026-11-22 00:00:00 UTC.
const NOW: i64 = 1_795_305_600_000;
const DAY: i64 = 86_400_000;

/// Some keys, by pages of a few, and how often it was asked.
struct Fake {
    keys: BTreeSet<String>,
    page: usize,
    asked: AtomicU64,
    fails_at: Option<u64>,
}

impl Fake {
    fn new(keys: impl IntoIterator<Item = String>, page: usize) -> Arc<Self> {
        Arc::new(Self { keys: keys.into_iter().collect(), page, asked: AtomicU64::new(0), fails_at: None })
    }
}

impl Pager for Fake {
    fn page(&self, after: Option<&str>) -> Result<Page> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        if self.fails_at == Some(number) {
            return Err(Error::failed("no"));
        }
        let begin = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.to_owned()));
        let mut behind = self.keys.range((begin, Bound::Unbounded));
        let found =
            |key: &String| Found { key: key.clone(), size: 1, etag: "e".into(), modified_ms: 0, archived: None };
        let objects = behind.by_ref().take(self.page).map(found).collect();
        Ok(Page { objects, odd: Vec::new(), more: behind.next().is_some() })
    }

    fn page_keys(&self) -> usize {
        self.page
    }
}

fn listed(fake: &Arc<Fake>, bounds: Bounds) -> Vec<String> {
    let objects = Objects::new(Arc::clone(fake) as Arc<dyn Pager>, bounds, NOW);
    objects
        .map(|walked| match walked.unwrap() {
            Walked::Object(object) => object.path,
            Walked::Unreadable { path, .. } => panic!("{path}"),
        })
        .collect()
}

fn name(kind: u8, seconds: i64, unique: u32) -> String {
    let time = |form: &str| jiff::Timestamp::from_second(NOW / 1_000 - seconds).unwrap().strftime(form).to_string();
    match kind {
        0 => format!("access{}-{unique:08X}", time("%Y-%m-%d-%H-%M-%S")),
        1 => format!("{}-{unique:08X}", time("%Y-%m-%d-%H-%M-%S")),
        2 => format!("123456789012/eu-west-1/b/{}-{unique:08X}", time("%Y/%m/%d/%Y-%m-%d-%H-%M-%S")),
        3 => format!("202656789012/eu-west-1/b/{}-{unique:08X}", time("%Y/%m/%d/%Y-%m-%d-00-00-00")),
        4 => format!("{}-{unique:08X}", time("%Y/%m/%d/%Y-%m-%d-00-00-00")),
        5 => format!("odd/{unique:x}"),
        6 => format!("2026é {unique}"),
        _ => format!("part-{unique:010}.gz"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_what_a_naive_listing_finds(
        objects in proptest::collection::vec((0u8..8, 0i64..90_000_000, any::<u32>()), 0..300),
        page in 1usize..7,
    ) {
        let fake = Fake::new(objects.into_iter().map(|(kind, seconds, unique)| name(kind, seconds, unique)), page);
        let naive: Vec<String> = fake.keys.iter().cloned().collect();
        prop_assert_eq!(listed(&fake, Bounds::ALL), naive);
    }

    #[test]
    fn within_bounds_everything_is_found_that_is_named_so_or_has_no_time(
        objects in proptest::collection::vec((0u8..8, 0i64..90_000_000, any::<u32>()), 0..300),
        page in 1usize..7, from in 0i64..90_000_000, length in 1i64..20_000_000,
    ) {
        let fake = Fake::new(objects.into_iter().map(|(kind, seconds, unique)| name(kind, seconds, unique)), page);
        let (from, to) = (NOW - from * 1_000, NOW - from * 1_000 + length * 1_000);
        let found = listed(&fake, Bounds::new(from, to));
        let all = listed(&fake, Bounds::ALL);
        // In order, each once, and none that is not there.
        prop_assert!(found.is_sorted() && found.windows(2).all(|pair| pair[0] != pair[1]));
        prop_assert!(found.iter().all(|key| fake.keys.contains(key)));
        for key in all {
            let wanted = match LogName::parse(&key) {
                Some(name) if name.event_time_layout => name.named_at + DAY > from && name.named_at < to,
                Some(name) => (from..to).contains(&name.named_at),
                // What has no time is found unless it is named like years that are left out.
                None => !key.starts_with("2026"),
            };
            prop_assert!(!wanted || found.contains(&key), "{} is missing", key);
        }
    }
}

/// `days` days of `a_day` objects each, named as S3 names them.
fn bucket(kind: u8, days: i64, a_day: i64) -> Vec<String> {
    let one = |at: i64| name(kind, at * 86_400 / a_day, (at as u32).wrapping_mul(2_654_435_761));
    (0..days * a_day).map(one).collect()
}

#[test]
fn a_listing_in_parallel_takes_few_requests_more_than_one_after_the_other() {
    for (kind, most) in [(0, 1.25), (2, 1.25), (3, 1.35), (7, 1.25)] {
        let fake = Fake::new(bucket(kind, 100, 3_000), 100);
        assert_eq!(listed(&fake, Bounds::ALL).len(), fake.keys.len());
        let (asked, least) = (fake.asked.load(Ordering::SeqCst) as f64, fake.keys.len() as f64 / 100.0);
        assert!(asked / least < most, "names of kind {kind}: {asked} requests, {least} at least");
    }
}

#[test]
fn a_window_costs_its_own_pages_however_old_the_bucket_is() {
    for kind in [0, 2, 3] {
        let mut keys = bucket(kind, 300, 1_000);
        keys.extend(bucket(if kind == 0 { 2 } else { 0 }, 300, 100));
        let fake = Fake::new(keys, 100);
        let found = listed(&fake, Bounds::new(NOW - 30 * DAY, NOW - 28 * DAY)).len();
        assert!((2_000..=3_500).contains(&found), "{found}");
        let asked = fake.asked.load(Ordering::SeqCst);
        assert!(asked < 50, "names of kind {kind}: {asked} requests for {found} objects");
    }
}

#[test]
fn an_empty_bucket_costs_a_request() {
    let fake = Fake::new([], 100);
    assert!(listed(&fake, Bounds::ALL).is_empty());
    assert_eq!(fake.asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_listing_that_fails_says_so_after_what_comes_before_and_then_ends() {
    let keys = bucket(0, 10, 3_000);
    for at in [0, 1, 20, 100] {
        let fake =
            Fake { keys: keys.iter().cloned().collect(), page: 100, asked: AtomicU64::new(0), fails_at: Some(at) };
        let found: Vec<_> = Objects::new(Arc::new(fake), Bounds::ALL, NOW).collect();
        let (last, before) = found.split_last().unwrap();
        assert!(last.is_err() && before.iter().all(Result::is_ok), "at {at}");
    }
}

#[test]
fn a_listing_that_nobody_takes_goes_no_further_than_it_may() {
    let fake = Fake::new(bucket(0, 100, 3_000), 100);
    let mut objects = Objects::new(Arc::clone(&fake) as Arc<dyn Pager>, Bounds::ALL, NOW);
    objects.next();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let ahead = fake.asked.load(Ordering::SeqCst);
    assert!(ahead <= AHEAD as u64 * PAGES_AT_MOST, "{ahead} pages are held");
}

#[test]
fn keys_that_do_not_come_in_order_are_an_error() {
    struct Unsorted;
    impl Pager for Unsorted {
        fn page(&self, _after: Option<&str>) -> Result<Page> {
            let found =
                |key: &str| Found { key: key.into(), size: 1, etag: "e".into(), modified_ms: 0, archived: None };
            Ok(Page { objects: vec![found("b"), found("a")], odd: Vec::new(), more: false })
        }
    }
    let error = Objects::new(Arc::new(Unsorted), Bounds::ALL, NOW).find_map(Result::err).unwrap();
    assert!(error.to_string().contains("do not come in order"), "{error}");
}
