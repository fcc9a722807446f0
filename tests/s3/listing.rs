//! A bucket is listed by many requests at once, and found to hold what it holds.

use std::collections::BTreeSet;

use bucketscope::etl::listing::{Bounds, Objects};
use bucketscope::storage::{Store, Walked};

use crate::server::TestBucket;

/// 2026-01-03 00:00:00 UTC.
const NOW: i64 = 1_767_398_400_000;
const DAY: i64 = 86_400_000;

fn listed(store: &Store, bounds: Bounds) -> Vec<String> {
    let path = |walked| match walked {
        Walked::Object(object) => object.path,
        Walked::Unreadable { path, why } => panic!("{path}: {why}"),
    };
    Objects::new(store.pager().unwrap(), bounds, NOW).map(|walked| path(walked.unwrap())).collect()
}

#[test]
fn a_bucket_of_both_layouts_and_odd_names_is_found_as_a_whole_or_by_time() {
    let bucket = TestBucket::new("listing");
    let mut expected = BTreeSet::new();
    for hour in 0..48u32 {
        let (day, hour) = (1 + hour / 24, hour % 24);
        for key in [
            format!("my2026-01-{day:02}-{hour:02}-00-00-A{hour}"),
            format!("000000000000/us-east-1/b/2026/01/{day:02}/2026-01-{day:02}-00-00-00-B{hour}"),
            format!("000000000000/us-east-1/c/2026/01/{day:02}/2026-01-{day:02}-{hour:02}-00-00-C{hour}"),
        ] {
            bucket.put(&format!("in/{key}"), "x");
            expected.insert(key);
        }
    }
    for key in ["no time", "é +%2B", "000000000000/us-east-1/readme"] {
        bucket.put(&format!("in/{key}"), "x");
        expected.insert(key.to_owned());
    }
    bucket.put("elsewhere", "x");
    let store = Store::s3(&bucket.session, &bucket.place("in/"));
    assert_eq!(listed(&store, Bounds::ALL), Vec::from_iter(expected.clone()));
    let second_day: Vec<String> = expected.into_iter().filter(|key| !key.contains("2026-01-01")).collect();
    assert_eq!(listed(&store, Bounds::new(NOW - DAY, i64::MAX)), second_day);
}
