//! A run that finds nothing new, over many known objects.

use std::time::Instant;

use super::naive::World;

/// `cargo test --release --test etl -- --ignored --nocapture a_hundred_thousand`
#[test]
#[ignore = "makes 100,000 files; for a release build"]
fn a_hundred_thousand_known_objects_cost_less_than_a_second() {
    let mut world = World::new();
    world.settings = bucketscope::etl::Settings { settling_ms: 0, ..Default::default() };
    for object in 0..100_000u32 {
        let (day, hour) = (1 + object / 24 % 28, object % 24);
        world.put("a", &format!("2026-01-{day:02}-{hour:02}-00-00-{object:016X}"), "490896 x\n");
    }
    let begin = Instant::now();
    let first = world.run();
    let took = begin.elapsed();
    assert_eq!(first.counts.records, 100_000);
    let begin = Instant::now();
    let second = world.run();
    let nothing_new = begin.elapsed();
    assert!(second.nothing_new);
    assert_eq!(second.listing.known, 100_000);
    eprintln!("first run {took:?}, nothing new {nothing_new:?}");
    assert!(nothing_new.as_millis() < 1_000, "{nothing_new:?}");
}
