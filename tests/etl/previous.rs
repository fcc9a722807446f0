//! A lake of the previous format goes on where it stands; one of a newer format is left alone. The files in `previous/` are
//! what version 1 wrote.

use std::fs;
use std::path::Path;

use bucketscope::etl::{committed, compact_with};

use super::compact::{NaiveJoiner, later};
use super::naive::{World, files};

/// A lake of format version 1 with one commit, and the source that it was made from.
fn lake_of_version_1() -> World {
    let world = World::new();
    let previous = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/etl/previous");
    for key in files(&previous) {
        let to = world.path(&key);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(previous.join(&key), to).unwrap();
    }
    assert!(format(&world).contains("\"format_version\":1"));
    world
}

fn format(world: &World) -> String {
    fs::read_to_string(world.path("lake/_state/format.json")).unwrap()
}

#[test]
fn a_lake_of_version_1_is_read_as_it_is() {
    let world = lake_of_version_1();
    assert_eq!(committed(&world.lake()).unwrap().len(), 2);
    world.assert_exactly_once();
    assert!(format(&world).contains("\"format_version\":1"), "nothing was written");
}

#[test]
fn a_run_goes_on_with_a_lake_of_version_1_which_is_of_version_2_then() {
    let world = lake_of_version_1();
    world.put("b", "2026-01-01-01-00-00-AB", "490896 new\n");
    let summary = world.run();
    assert_eq!(
        (summary.commits.as_slice(), summary.counts.records),
        ([2].as_slice(), 1),
        "what is known is not read again"
    );
    world.assert_exactly_once();
    assert!(format(&world).contains("\"format_version\":2"), "an earlier program refuses it from now on");
}

#[test]
fn files_that_version_1_wrote_are_joined() {
    let world = lake_of_version_1();
    world.put("b", "2026-01-01-01-00-00-AB", "490896 new\n");
    world.run();
    let summary = compact_with(&world.pipeline(), &later(), &NaiveJoiner("naive 1"), &()).unwrap();
    assert_eq!((summary.partitions, summary.files_before, summary.files_after), (1, 2, 1));
    world.assert_exactly_once();
}

#[test]
fn an_entry_of_a_newer_version_is_refused_by_whoever_reads_the_log() {
    let world = lake_of_version_1();
    world.put("b", "2026-01-01-01-00-00-AB", "490896 new\n");
    world.run();
    let entry = world.path("lake/_state/log/000000000002.json");
    let text = fs::read_to_string(&entry).unwrap();
    fs::write(&entry, text.replace("\"format_version\":2", "\"format_version\":3")).unwrap();
    for error in [
        committed(&world.lake()).unwrap_err(),
        world.run_by(&Default::default()).unwrap_err(),
        compact_with(&world.pipeline(), &later(), &NaiveJoiner("naive 1"), &()).unwrap_err(),
    ] {
        assert!(error.to_string().contains("newer format"), "{error}");
    }
}
