//! What the pipeline made goes, and nothing else.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bucketscope::etl::{deploy, destroy, destroy_inventory};

use super::faults::{Fault, Faulty};
use super::naive::{World, files, now_ms};

#[test]
fn all_that_was_made_goes_and_all_else_stays() {
    let world = World::with_logs();
    world.run();
    let foreign = "lake/s3_access_logs/requestdate=2026-01-01/notes.txt";
    fs::write(world.path(foreign), "mine").unwrap();
    fs::write(world.path("lake/readme"), "mine").unwrap();
    let sources = (files(&world.path("a")), files(&world.path("b")));

    let inventory = destroy_inventory(&world.pipeline()).unwrap();
    assert!(inventory.table.files > 3 && inventory.state.files > 3);
    let stays: Vec<u64> = inventory.stays.iter().map(|stays| stays.size.files).collect();
    assert_eq!(stays, [3, 1, 1], "both sources and the foreign file");

    let destroyed = destroy(&world.pipeline(), &inventory, now_ms()).unwrap();
    assert_eq!(files(&world.path("lake")), ["readme", "s3_access_logs/requestdate=2026-01-01/notes.txt"]);
    assert!(!world.path("lake/_state").exists());
    assert!(destroyed.removed.files >= inventory.table.files + inventory.state.files);
    assert_eq!((files(&world.path("a")), files(&world.path("b"))), sources);

    assert_eq!(destroy_inventory(&world.pipeline()).unwrap_err().code(), 6, "not deployed");
    assert_eq!(world.run_by(&Default::default()).unwrap_err().code(), 6);
    assert!(deploy(&world.pipeline()).unwrap().created);
    world.run();
    assert_eq!(world.rows(), world.expected());
}

#[test]
fn killed_half_way_it_can_be_run_again_and_nothing_else_until_then() {
    let mut at = 0;
    loop {
        let world = World::with_logs();
        world.run();
        let inventory = destroy_inventory(&world.pipeline()).unwrap();
        let count = Arc::new(AtomicU64::new(0));
        let pipeline = world.pipeline_through(Faulty::wrap(Fault::DiesAfter, at, &count));
        let finished = destroy(&pipeline, &inventory, now_ms()).is_ok();
        if finished {
            assert!(at > 10);
            break;
        }
        match destroy_inventory(&world.pipeline()) {
            Ok(inventory) => {
                if world.lake().names("s3_access_logs").unwrap().len() < inventory.table.files as usize {
                    assert!(world.run_by(&Default::default()).unwrap_err().to_string().contains("half destroyed"));
                }
                destroy(&world.pipeline(), &inventory, now_ms()).unwrap();
            }
            Err(error) => assert_eq!(error.code(), 6, "it was done but for the last word: {error}"),
        }
        assert_eq!(world.lake().names("").unwrap(), Vec::<String>::new(), "killed at {at}");
        at += 1;
    }
}

#[test]
fn deploying_twice_changes_nothing() {
    let world = World::with_logs();
    world.run();
    assert!(!deploy(&world.pipeline()).unwrap().created);
    world.assert_exactly_once();
}
