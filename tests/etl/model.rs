//! Random deliveries, runs and deaths against a model of one line: the lake holds each line of each object once.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bucketscope::etl::{clear, compact_with, run_with};
use proptest::prelude::*;

use super::compact::{NaiveJoiner, beside, later};
use super::faults::{Fault, Faulty};
use super::naive::{Naive, World, options, options_beside};

/// Something that happens to a pipeline.
#[derive(Debug, Clone)]
enum Happening {
    /// An object is delivered: in which source, with which number for a name (so in any order), and with these lines.
    Delivery { source: bool, name: u16, lines: Vec<(i64, u8)> },
    /// What was delivered is delivered once more under another name.
    Again { name: u16 },
    /// A run, to its end.
    Run,
    /// A run that dies before or after one of its operations, or whose disk is full from there on.
    Death { fault: Fault, at: u64, beside: bool, other_program: bool },
    /// The files of all partitions are joined, to the end or until it dies.
    Compaction { fault: Option<(Fault, u64)>, beside: bool, other_program: bool },
    /// What was joined is removed.
    Clearing,
    /// The source folder is copied, so that every file is another one with another time.
    Copy,
}

fn happening() -> impl Strategy<Value = Happening> {
    let line = (490_890i64..490_900, 0u8..4);
    let fault = prop_oneof![Just(Fault::DiesBefore), Just(Fault::DiesAfter), Just(Fault::DiskFull)];
    let fault_again = prop_oneof![Just(Fault::DiesBefore), Just(Fault::DiesAfter), Just(Fault::DiskFull)];
    prop_oneof![
        5 => (any::<bool>(), 0u16..500, proptest::collection::vec(line, 0..6))
            .prop_map(|(source, name, lines)| Happening::Delivery { source, name, lines }),
        1 => (0u16..500).prop_map(|name| Happening::Again { name }),
        1 => Just(Happening::Run),
        4 => (fault, 0u64..70, any::<bool>(), any::<bool>())
            .prop_map(|(fault, at, beside, other_program)| Happening::Death { fault, at, beside, other_program }),
        3 => (proptest::option::of((fault_again, 0u64..60)), any::<bool>(), any::<bool>())
            .prop_map(|(fault, beside, other_program)| Happening::Compaction { fault, beside, other_program }),
        1 => Just(Happening::Clearing),
        1 => Just(Happening::Copy),
    ]
}

fn key(name: u16) -> String {
    format!("2026-01-01-{:02}-{:02}-00-{name:X}", name % 24, name % 60)
}

/// S3 never changes an object: a name is given once.
fn deliver(world: &World, source: &str, name: u16, text: &str) {
    if !world.path(source).join(key(name)).exists() {
        world.put(source, &key(name), text);
    }
}

fn happen(world: &World, happening: Happening, last: &mut String) {
    match happening {
        Happening::Delivery { source, name, lines } => {
            let line = |(hour, text): (i64, u8)| if text == 0 { "reject\n".into() } else { format!("{hour} {text}\n") };
            *last = lines.into_iter().map(line).collect();
            deliver(world, if source { "a" } else { "b" }, name, last);
        }
        Happening::Again { name } => deliver(world, "a", name, last),
        Happening::Run => {
            world.run();
        }
        Happening::Death { fault, at, beside, other_program } => {
            let pipeline = world.pipeline_through(Faulty::wrap(fault, at, &Arc::new(AtomicU64::new(0))));
            let identity = if other_program { "naive 2" } else { "naive 1" };
            let options = if beside { options_beside() } else { options() };
            let _ = run_with(&pipeline, &options, &Naive { identity, ..Naive::default() }, &());
        }
        Happening::Compaction { fault, beside: is_beside, other_program } => {
            let (fault, at) = fault.unwrap_or((Fault::DiesBefore, u64::MAX));
            let pipeline = world.pipeline_through(Faulty::wrap(fault, at, &Arc::new(AtomicU64::new(0))));
            let joiner = NaiveJoiner(if other_program { "naive 2" } else { "naive 1" });
            let options = if is_beside { beside() } else { later() };
            let _ = compact_with(&pipeline, &options, &joiner, &());
        }
        Happening::Clearing => {
            clear(&world.lake(), i64::MAX, 0, &|_, _| Ok(true)).unwrap();
        }
        Happening::Copy => {
            for key in super::naive::files(&world.path("a")) {
                let path = world.path("a").join(key);
                let text = std::fs::read_to_string(&path).unwrap();
                std::fs::write(world.path("copy"), text).unwrap();
                std::fs::rename(world.path("copy"), path).unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_lake_holds_every_line_once(
        happenings in proptest::collection::vec(happening(), 1..40), plan_objects in 1usize..6
    ) {
        let mut world = World::new().of_both_tables();
        world.settings.limits.plan_objects = plan_objects;
        let mut last = String::new();
        for happening in happenings {
            happen(&world, happening, &mut last);
        }
        world.run();
        prop_assert_eq!(world.rows(), world.expected());
        compact_with(&world.pipeline(), &later(), &NaiveJoiner("naive 1"), &()).unwrap();
        prop_assert_eq!(world.rows(), world.expected());
        let drift = world.drift();
        prop_assert_eq!(drift.findings, []);
        prop_assert_eq!(drift.unfinished_files, 0);
    }
}
