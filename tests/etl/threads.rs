//! How many threads there are decides nothing but the time.

use std::collections::BTreeMap;

use bucketscope::etl::{RunOptions, run, run_with};

use super::kill::world_of_real_logs;
use super::naive::{Naive, World, options};

/// Names and checksums of everything that was committed, and the counts.
fn written(world: &World) -> (BTreeMap<String, String>, u64) {
    let log = bucketscope::etl::commit::Log::load(&world.lake()).unwrap();
    let files = log.entries().flat_map(|entry| entry.outputs.iter().chain(&entry.rejects));
    let sums = files.map(|file| (file.path.clone(), file.checksum.clone())).collect();
    (sums, log.last().unwrap().totals.counts.lines)
}

#[test]
fn one_thread_writes_the_bytes_that_many_write() {
    let by = |threads: usize| {
        let mut world = world_of_real_logs(90);
        world.settings.limits.shard_bytes = 50_000;
        run(&world.pipeline(), &RunOptions { threads, ..options() }, &()).unwrap();
        written(&world)
    };
    let one = by(1);
    assert!(one.0.len() > 50 && one.0.keys().any(|path| path.ends_with(".ndjson")));
    assert_eq!(one, by(2));
    assert_eq!(one, by(7));
}

#[test]
fn the_naive_worker_too() {
    let by = |threads: usize| {
        let world = World::with_logs();
        run_with(&world.pipeline(), &RunOptions { threads, ..options() }, &Naive::default(), &()).unwrap();
        written(&world)
    };
    assert_eq!(by(1), by(4));
}

#[test]
fn a_lake_in_memory_is_filled_by_the_same_code() {
    let world = World::with_logs();
    let memory = bucketscope::storage::Store::over(std::sync::Arc::new(object_store::memory::InMemory::new()));
    let pipeline = bucketscope::etl::Pipeline { lake: memory.clone(), ..world.pipeline() };
    assert!(bucketscope::etl::deploy(&pipeline).unwrap().created);
    run_with(&pipeline, &options(), &Naive::default(), &()).unwrap();
    assert!(run_with(&pipeline, &options(), &Naive::default(), &()).unwrap().nothing_new);
    assert_eq!(super::naive::rows(&memory), world.expected());
    assert_eq!(bucketscope::etl::drift(&pipeline, true).unwrap().findings, []);
}
