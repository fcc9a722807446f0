//! Whatever happens to requests, the lake is the undisturbed one, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use bucketscope::aws::Session;
use bucketscope::generate::Options;
use bucketscope::storage::{Created, Store};

use crate::lake::World;
use crate::proxy::{Fault, Proxy};
use crate::requests::run;
use crate::server::{self, REGION};

fn small_objects(name: &str) -> World {
    World::of(name, &Options { bytes: 3_000_000, days: 2, objects: Some(150), hard: true, ..Options::default() })
}

const FAULTS: [Fault; 6] = [
    Fault::LoseAnswer,
    Fault::CutBodyAfter(0),
    Fault::CutBodyAfter(777),
    Fault::SlowDown,
    Fault::InternalError,
    Fault::Reset,
];

/// What is asked: reading, listing, writing, removing, looking at.
fn kind(method: &str, target: &str) -> &'static str {
    match method {
        "GET" if target.contains("list-type=2") => "list",
        "GET" => "get",
        "PUT" => "put",
        "DELETE" => "delete",
        _ => "other",
    }
}

#[test]
fn every_fault_of_every_kind_of_request_is_survived() {
    let world = small_objects("faults");
    let mut tries: BTreeMap<(String, String), u32> = BTreeMap::new();
    // The first try of one request in three meets a fault, and the second one of some.
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    let proxy = Proxy::start(server::port(), Duration::from_millis(1), move |method, target| {
        let count = tries.entry((method.to_owned(), target.to_owned())).or_default();
        *count += 1;
        let mut hash = DefaultHasher::new();
        (method, target, *count).hash(&mut hash);
        let kind = kind(method, target);
        let met = met.entry(kind).or_default();
        // What is asked seldom is met with all faults, one after the other.
        let always = kind != "get" && *count == 1 && *met < 2 * FAULTS.len();
        let meets = always || (*count <= 2 && hash.finish().is_multiple_of(3));
        meets.then(|| {
            *met += 1;
            FAULTS[*met % FAULTS.len()]
        })
    });
    let session = server::session(proxy.port);
    let report = run(&world, &session, 2);
    assert_eq!(report.run.commits, [1]);
    world.assert_same("lake/");
    // A run removes little.
    let store = Store::s3(&session, &world.bucket.place("more/"));
    let paths: Vec<String> = (0..2 * FAULTS.len()).map(|at| format!("{at:02}")).collect();
    for path in &paths {
        assert_eq!(store.write_new(path, path.clone().into()).unwrap(), Created::Yes);
    }
    assert_eq!(store.names("").unwrap(), paths);
    paths.iter().for_each(|path| store.delete(path).unwrap());
    assert_eq!(store.names("").unwrap(), [""; 0]);
    let mut happened: BTreeMap<&str, BTreeSet<Fault>> = BTreeMap::new();
    for seen in proxy.seen() {
        happened.entry(kind(&seen.method, &seen.target)).or_default().extend(seen.fault);
    }
    for kind in ["get", "put", "delete", "list"] {
        let here = happened.get(kind).map_or(0, BTreeSet::len);
        assert_eq!(here, FAULTS.len(), "{kind}: {:?}", happened.get(kind));
    }
}

#[test]
fn s3_that_allows_a_few_requests_at_once_is_read_at_that_pace() {
    let world = small_objects("throttled");
    let mut last = std::time::Instant::now();
    let mut tokens = 10.0f64;
    // 100 requests a second, and no more than ten at once.
    let proxy = Proxy::start(server::port(), Duration::from_millis(10), move |_, _| {
        tokens = 10.0f64.min(tokens + last.elapsed().as_secs_f64() * 100.0);
        last = std::time::Instant::now();
        let passes = tokens >= 1.0;
        tokens -= f64::from(u8::from(passes));
        (!passes).then_some(Fault::SlowDown)
    });
    let session = server::session(proxy.port);
    run(&world, &session, 2);
    world.assert_same("lake/");
    assert!(proxy.faults() > 0);
    let limit = session.bucket_client("throttled").pace.limit();
    assert!(limit <= 16, "{limit} at once, although S3 refuses");
}

/// A clock that is wrong.
#[derive(Debug)]
struct Wrong {
    ahead: bool,
}

impl TimeSource for Wrong {
    fn now(&self) -> SystemTime {
        let (now, by) = (SystemTime::now(), Duration::from_secs(3 * 3600));
        if self.ahead { now + by } else { now - by }
    }
}

#[test]
fn a_wrong_clock_is_put_right_by_the_first_answer() {
    for (name, ahead) in [("clock-fast", true), ("clock-slow", false)] {
        let world = small_objects(name);
        let proxy = Proxy::start(server::port(), Duration::ZERO, |_, _| None);
        let credentials = Credentials::new("test", "test", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(format!("http://127.0.0.1:{}", proxy.port))
            .time_source(SharedTimeSource::new(Wrong { ahead }))
            .credentials_provider(SharedCredentialsProvider::new(credentials));
        run(&world, &Session::with(config.build()).unwrap(), 2);
        world.assert_same("lake/");
        assert!(proxy.seen().len() > 150);
    }
}
