//! What a run asks of S3.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bucketscope::aws::Session;
use bucketscope::aws::partitions::SdkPartitions;
use bucketscope::generate::Options;
use bucketscope::worker;

use crate::lake::{Spark, World, now_ms};
use crate::proxy::Proxy;
use crate::server;

/// What S3 takes for a small object.
const AS_S3: Duration = Duration::from_millis(40);

/// A run with this session, as if it were a minute later, so that nothing has to settle.
pub fn run(world: &World, session: &Session, threads: usize) -> worker::Report {
    let (told, cancel) = (world.told("lake/"), AtomicBool::new(false));
    let glue = SdkPartitions::new(session);
    let now_ms = now_ms() + 60_000;
    let jobs = Spark::default();
    let request = worker::Request { threads: Some(threads), ..worker::Request::new(&told, now_ms, &cancel, &jobs) };
    worker::run(session, &glue, &request, &()).unwrap()
}

/// How many objects below a path were asked for; each with one GET and nothing else.
fn asked_for_once(proxy: &Proxy, below: &str) -> u64 {
    let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for seen in proxy.seen().into_iter().filter(|seen| seen.target.starts_with(below)) {
        asked.entry(seen.target).or_default().push(seen.method);
    }
    for (target, methods) in &asked {
        assert_eq!(methods, &["GET"], "{target}");
    }
    asked.len() as u64
}

#[test]
fn each_log_object_is_asked_for_once_and_many_at_the_same_time() {
    let options = Options { bytes: 4_000_000, days: 2, objects: Some(400), hard: true, ..Options::default() };
    let world = World::of("requests", &options);
    let proxy = Proxy::start(server::port(), AS_S3, |_, _| None);
    let report = run(&world, &server::session(proxy.port), 1);
    world.assert_same("lake/");
    assert_eq!(asked_for_once(&proxy, "/requests/logs/"), report.run.counts.objects);
    // One after the other, they would take 16 s.
    assert!(proxy.most_at_once() >= 16, "{} at once", proxy.most_at_once());
}

#[test]
fn objects_too_large_to_be_held_are_read_as_they_come() {
    let options = Options { bytes: 60_000_000, days: 1, objects: Some(6), hard: true, ..Options::default() };
    let world = World::of("large", &options);
    let proxy = Proxy::start(server::port(), AS_S3, |_, _| None);
    let report = run(&world, &server::session(proxy.port), 2);
    world.assert_same("lake/");
    assert_eq!(asked_for_once(&proxy, "/large/logs/"), report.run.counts.objects);
}
