//! What differs between lake and commit log is named.

use std::fs;

use bucketscope::etl::{DriftKind, drift};

use super::naive::World;

/// The findings, in short.
fn found(world: &World) -> Vec<(String, DriftKind)> {
    world.drift().findings.into_iter().map(|finding| (finding.path, finding.kind)).collect()
}

fn first_output(world: &World) -> String {
    bucketscope::etl::committed(&world.lake()).unwrap()[0].path.clone()
}

#[test]
fn a_lake_as_it_was_committed_is_in_sync() {
    let world = World::with_logs();
    assert_eq!(world.drift().findings, [], "before the first run");
    world.run();
    let drift = world.drift();
    assert!(drift.findings.is_empty() && drift.files > 5 && drift.bytes > 0);
}

#[test]
fn a_missing_file_is_named() {
    let world = World::with_logs();
    world.run();
    let path = first_output(&world);
    fs::remove_file(world.path("lake").join(&path)).unwrap();
    assert_eq!(found(&world), [(path, DriftKind::Missing)]);
}

#[test]
fn a_changed_file_is_named_even_if_its_size_is_the_same() {
    let world = World::with_logs();
    world.run();
    let path = first_output(&world);
    let file = world.path("lake").join(&path);
    let mut bytes = fs::read(&file).unwrap();
    bytes[0] ^= 1;
    fs::write(&file, &bytes).unwrap();
    assert_eq!(found(&world), [(path.clone(), DriftKind::Changed)]);
    assert_eq!(drift(&world.pipeline(), false).unwrap().findings, [], "sizes alone do not tell");
    bytes.push(b'x');
    fs::write(&file, &bytes).unwrap();
    assert_eq!(found(&world), [(path, DriftKind::Changed)]);
}

#[test]
fn orphans_are_named_and_those_that_are_ours_are_gone_after_the_next_run() {
    let world = World::with_logs();
    world.run();
    let folder = "s3_access_logs/requestdate=2026-01-01/requesthour=00";
    let ours = format!("{folder}/000000000001-a9-00000-00000.parquet");
    let unfinished = format!("{folder}/000000000001-a9-00000-00001.parquet#3");
    let rejects = "_state/rejects/000000000001-a9-00000.ndjson".to_owned();
    let foreign = format!("{folder}/notes.parquet");
    for path in [&ours, &unfinished, &rejects, &foreign] {
        fs::create_dir_all(world.path("lake").join(path).parent().unwrap()).unwrap();
        fs::write(world.path("lake").join(path), "x").unwrap();
    }
    let orphaned = |path: &String| (path.clone(), DriftKind::Orphaned);
    assert_eq!(found(&world), [&rejects, &ours, &unfinished, &foreign].map(orphaned));
    assert_eq!(world.run().swept.orphans, 3);
    assert_eq!(found(&world), [orphaned(&foreign)]);
}

#[test]
fn a_damaged_log_is_named_and_stops_runs_before_they_do_harm() {
    let world = World::with_logs();
    world.run();
    for day in 2..4 {
        world.put("a", &format!("2026-01-0{day}-00-00-00-X{day}"), "490999 x\n");
        world.run();
    }
    let before = super::naive::files(&world.path("lake"));
    let entry = world.path("lake").join("_state/log/000000000002.json");
    let kept = fs::read(&entry).unwrap();
    world.put("a", "2026-01-04-00-00-00-X4", "490999 y\n");

    fs::remove_file(&entry).unwrap();
    assert!(found(&world).contains(&("_state/log/000000000002.json".to_owned(), DriftKind::Missing)));
    assert!(world.run_by(&Default::default()).unwrap_err().to_string().contains("the commit log"));
    fs::write(&entry, &kept[..kept.len() / 2]).unwrap();
    assert!(found(&world).contains(&("_state/log/000000000002.json".to_owned(), DriftKind::Unreadable)));
    assert!(world.run_by(&Default::default()).is_err());

    fs::write(&entry, kept).unwrap();
    let after: Vec<String> = super::naive::files(&world.path("lake"));
    let missing: Vec<&String> =
        before.iter().filter(|path| !path.contains("/lease/") && !after.contains(path)).collect();
    assert!(missing.is_empty(), "nothing was removed meanwhile: {missing:?}");
    world.run();
    world.assert_exactly_once();
}

#[test]
fn a_damaged_list_stops_runs_since_objects_might_be_read_twice() {
    let world = World::with_logs();
    world.run();
    let list = world.lake().names("_state/plans").unwrap().remove(0);
    fs::remove_file(world.path("lake").join(&list)).unwrap();
    assert_eq!(found(&world), [(list, DriftKind::Missing)]);
    let error = world.run_by(&Default::default()).unwrap_err();
    assert!(error.to_string().contains("cannot tell which objects have been read"));
}

#[test]
fn a_newer_format_is_refused() {
    let world = World::with_logs();
    world.run();
    fs::write(world.path("lake/_state/format.json"), r#"{"format_version":99,"made_by":"later"}"#).unwrap();
    for error in [
        world.run_by(&Default::default()).unwrap_err(),
        drift(&world.pipeline(), true).unwrap_err(),
        bucketscope::etl::committed(&world.lake()).unwrap_err(),
        bucketscope::etl::deploy(&world.pipeline()).unwrap_err(),
    ] {
        assert!(error.to_string().contains("newer format"), "{error}");
    }
}
