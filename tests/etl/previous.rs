//! A lake of the previous format goes on where it stands; one of a newer format is left alone. The files in `previous/` are
//! what version 1 wrote, with the naive worker; those in `version2/` what the program of version 2 did, joined files among them.

use std::fs;
use std::path::Path;

use bucketscope::etl::join::ParquetJoiner;
use bucketscope::etl::{committed, compact_with, run};
use bucketscope::logs::table::Table;

use super::compact::{NaiveJoiner, later};
use super::naive::{World, files, options};

/// A lake of format version 1 with one commit, and the source that it was made from.
fn lake_of_version_1() -> World {
    let world = copy_of("tests/etl/previous");
    assert!(format(&world).contains("\"format_version\":1"));
    world
}

fn copy_of(folder: &str) -> World {
    let world = World::new();
    let previous = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    for key in files(&previous) {
        let to = world.path(&key);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(previous.join(&key), to).unwrap();
    }
    world
}

#[test]
fn a_lake_of_version_2_goes_on_with_its_joined_files_and_takes_a_trail_in() {
    let mut world = copy_of("tests/etl/version2");
    assert!(format(&world).contains("\"format_version\":2"));
    let rows = |world: &World, table: Table| -> u64 {
        committed(&world.lake()).unwrap().iter().filter(|file| file.table == table).map(|file| file.rows).sum()
    };
    assert_eq!((rows(&world, Table::AccessLogs), world.drift().findings.len()), (3, 0), "read as it is");
    let line = fs::read_to_string(world.path("a/2026-01-01-02-00-00-AB")).unwrap();
    world.put("a", "2026-01-01-03-00-00-AC", &line);
    world.put("b", "x.json", r#"{"Records":[{"eventID":"e","eventTime":"2026-01-01T00:00:00Z"}]}"#);
    world.of_b = Table::CloudTrail;
    let summary = run(&world.pipeline(), &options(), &()).unwrap();
    assert_eq!((summary.commits.as_slice(), summary.counts.records), ([4].as_slice(), 2), "what is known is known");
    assert_eq!((rows(&world, Table::AccessLogs), rows(&world, Table::CloudTrail)), (4, 1));
    let new = committed(&world.lake())
        .unwrap()
        .into_iter()
        .find(|file| file.table.is_access_logs() && file.path.contains("000000000004-"));
    assert!(new.unwrap().path.starts_with("s3_access_logs_joined/000000000003-a1/"), "the hour lies where it was put");
    assert_eq!(compact_with(&world.pipeline(), &later(), &ParquetJoiner, &()).unwrap().rows, 3);
    assert_eq!((rows(&world, Table::AccessLogs), world.drift().findings.len()), (4, 0));
    assert!(format(&world).contains("\"format_version\":3"), "an earlier program refuses it from now on");
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
fn a_run_goes_on_with_a_lake_of_version_1_which_is_of_this_version_then() {
    let world = lake_of_version_1();
    world.put("b", "2026-01-01-01-00-00-AB", "490896 new\n");
    let summary = world.run();
    assert_eq!(
        (summary.commits.as_slice(), summary.counts.records),
        ([2].as_slice(), 1),
        "what is known is not read again"
    );
    world.assert_exactly_once();
    assert!(format(&world).contains("\"format_version\":3"), "an earlier program refuses it from now on");
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
    fs::write(&entry, text.replace("\"format_version\":3", "\"format_version\":4")).unwrap();
    for error in [
        committed(&world.lake()).unwrap_err(),
        world.run_by(&Default::default()).unwrap_err(),
        compact_with(&world.pipeline(), &later(), &NaiveJoiner("naive 1"), &()).unwrap_err(),
    ] {
        assert!(error.to_string().contains("newer format"), "{error}");
    }
}
