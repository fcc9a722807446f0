//! Joining the files of partitions at rest: the same rows, whatever happens.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bucketscope::etl::join::Joiner;
use bucketscope::etl::{
    CommittedFile, CompactOptions, CompactSummary, DriftKind, Pipeline, WhenBusy, clear, committed, compact_with,
    destroy, destroy_inventory, run_with, status,
};
use bucketscope::logs::table::Table;
use bucketscope::{Error, Result};
use bytes::Bytes;

use super::faults::{Act, Fault, Faulty};
use super::naive::{Naive, World, files, now_ms, options, options_beside};

/// Joins the naive worker's files, which are text.
pub struct NaiveJoiner(pub &'static str);

impl Joiner for NaiveJoiner {
    fn identity(&self) -> String {
        self.0.to_owned()
    }

    fn join(&self, files: Vec<Bytes>) -> Result<(Vec<u8>, u64)> {
        let bytes = files.concat();
        let rows = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok((bytes, rows))
    }
}

const JOINER: NaiveJoiner = NaiveJoiner("naive 1");

/// Later with each call, so that what is there by then has come to rest.
pub fn later() -> CompactOptions<'static> {
    static CALLS: AtomicU64 = AtomicU64::new(1);
    let calls = CALLS.fetch_add(1, Ordering::SeqCst);
    let now_ms = now_ms() + 3_600_000 * i64::try_from(calls).unwrap();
    CompactOptions { older_than_ms: 5_000, threads: 2, ..CompactOptions::at(now_ms) }
}

pub fn beside() -> CompactOptions<'static> {
    CompactOptions { when_busy: WhenBusy::WorkBeside, ..later() }
}

fn compact_over(pipeline: &Pipeline) -> Result<CompactSummary> {
    compact_with(pipeline, &later(), &JOINER, &())
}

pub fn compact(world: &World) -> CompactSummary {
    compact_over(&world.pipeline()).unwrap()
}

fn end_of_time() -> i64 {
    now_ms() + 1_000_000_000_000
}

/// Removes what was replaced, as if a day had gone by.
fn clear_all(world: &World) -> u64 {
    let cleared = clear(&world.lake(), end_of_time(), 5_000, &|_, _| Ok(true)).unwrap();
    assert_eq!(cleared.waiting, 0);
    cleared.files
}

/// A lake of two commits; the hour 490896 has files of both.
fn filled() -> World {
    let world = World::with_logs();
    world.run();
    world.put("a", "2026-01-01-03-00-00-AD", "490896 five\nreject\n490897 more\n");
    world.put("b", "2026-01-01-03-00-00-AD", "490896 six\n");
    world.run();
    world
}

fn places(world: &World) -> BTreeSet<String> {
    let folder = |path: &str| path.rsplit_once('/').unwrap().0.to_owned();
    committed(&world.lake()).unwrap().iter().map(|file| folder(&file.path)).collect()
}

#[test]
fn the_files_of_a_partition_become_one_elsewhere_and_the_rows_stay() {
    let world = filled();
    let before = files(&world.path("lake/s3_access_logs"));
    let summary = compact(&world);
    assert_eq!((summary.commits.as_slice(), summary.partitions, summary.files_after), ([3].as_slice(), 2, 2));
    assert!(summary.files_before > 4 && summary.rows == 7, "{summary:?}");
    world.assert_exactly_once();
    assert_eq!(files(&world.path("lake/s3_access_logs")), before, "the old files stay for a while");
    assert_eq!(world.drift().replaced_files, summary.files_before);
    let status = status(&world.pipeline(), now_ms()).unwrap();
    assert_eq!(status.totals.files, committed(&world.lake()).unwrap().len() as u64);
    assert_eq!(status.last_commit.unwrap().sequence, 2, "the last that read something");
    assert_eq!(status.last_run.unwrap().commits, [2], "a compaction is no run");

    let again = compact(&world);
    assert_eq!((again.commits.len(), again.partitions), (0, 0), "nothing is left to join");

    let wait = clear(&world.lake(), end_of_time(), 2_000_000_000_000, &|_, _| Ok(true)).unwrap();
    assert_eq!((wait.files, wait.waiting), (0, summary.files_before), "not yet");
    let sent = clear(&world.lake(), end_of_time(), 5_000, &|_, hours| Ok(hours != [490_896, 490_897])).unwrap();
    assert_eq!((sent.files, sent.waiting), (0, summary.files_before), "somebody is sent to the old place yet");
    assert_eq!(clear_all(&world), summary.files_before);
    assert_eq!(clear_all(&world), 0);
    world.assert_exactly_once();
    assert_eq!(world.drift().replaced_files, 0);
    assert!(world.run().nothing_new, "what was read is known as before");
    world.assert_exactly_once();
}

#[test]
fn only_partitions_at_rest_are_joined() {
    let world = filled();
    let restless = CompactOptions { older_than_ms: 1_000_000_000_000, ..later() };
    assert_eq!(compact_with(&world.pipeline(), &restless, &JOINER, &()).unwrap().partitions, 0);
}

#[test]
fn late_records_go_where_the_partition_then_is() {
    let world = filled();
    compact(&world);
    let moved: Vec<String> = places(&world).into_iter().filter(|folder| folder.contains("_joined/")).collect();
    assert_eq!(moved.len(), 2, "{moved:?}");
    world.put("a", "2026-01-01-09-00-00-AF", "490896 late\n490888 earlier\n");
    world.run();
    world.assert_exactly_once();
    let late = committed(&world.lake()).unwrap().into_iter().filter(|file| file.path.contains("/000000000004-a1-"));
    let folders: BTreeSet<String> = late.map(|file| file.path.rsplit_once('/').unwrap().0.to_owned()).collect();
    let hour_0 = "requestdate=2026-01-01/requesthour=00";
    assert!(folders.contains(&format!("s3_access_logs_joined/000000000003-a1/{hour_0}")), "{folders:?}");
    assert!(folders.contains("s3_access_logs/requestdate=2025-12-31/requesthour=16"), "{folders:?}");

    let again = compact(&world);
    assert_eq!((again.commits.as_slice(), again.partitions, again.files_before), ([5].as_slice(), 1, 2));
    world.assert_exactly_once();
    assert!(places(&world).contains(&format!("s3_access_logs_joined/000000000005-a1/{hour_0}")));
    assert!(clear_all(&world) > 2);
    world.assert_exactly_once();
}

#[test]
fn files_that_are_large_enough_stay_by_themselves() {
    let world = filled();
    let small = CompactOptions { target_bytes: 60, ..later() };
    let summary = compact_with(&world.pipeline(), &small, &JOINER, &()).unwrap();
    assert!(summary.files_after > summary.partitions || summary.partitions < 2, "{summary:?}");
    assert!(summary.files_after * 2 <= summary.files_before, "{summary:?}");
    world.assert_exactly_once();
}

#[test]
fn a_partition_whose_file_is_gone_or_changed_is_left_out_and_the_others_are_joined() {
    for change in [true, false] {
        let world = filled();
        let hour_0 = "requestdate=2026-01-01/requesthour=00";
        let victim = committed(&world.lake()).unwrap().into_iter().find(|file| file.path.contains(hour_0)).unwrap();
        let path = world.path("lake").join(&victim.path);
        let text = std::fs::read_to_string(&path).unwrap();
        match change {
            true => std::fs::write(&path, text.to_uppercase()).unwrap(),
            false => std::fs::remove_file(&path).unwrap(),
        }
        let summary = compact(&world);
        assert_eq!((summary.partitions, summary.left_out), (1, 1));
        let kind = if change { DriftKind::Changed } else { DriftKind::Missing };
        assert_eq!(world.drift().findings.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [kind]);
        std::fs::write(&path, text).unwrap();
        world.assert_exactly_once();
        assert_eq!(compact(&world).partitions, 1, "once it is back");
        world.assert_exactly_once();
    }
}

#[test]
fn a_compaction_of_which_nothing_comes_is_in_nobodys_way() {
    let world = filled();
    std::fs::rename(world.path("lake/s3_access_logs"), world.path("away")).unwrap();
    for _ in 0..2 {
        let summary = compact(&world);
        assert_eq!((summary.commits.len(), summary.left_out), (0, 2));
    }
    std::fs::rename(world.path("away"), world.path("lake/s3_access_logs")).unwrap();
    world.put("a", "2026-01-01-04-00-00-AE", "490899 seven\n");
    assert_eq!(world.run().counts.records, 1, "a run makes the commit that was planned for");
    world.assert_exactly_once();
    assert_eq!(compact(&world).partitions, 2, "once they are back");
    world.assert_exactly_once();
}

#[test]
fn what_was_left_out_is_joined_once_it_is_back_even_before_the_next_commit() {
    let world = filled();
    std::fs::rename(world.path("lake/s3_access_logs"), world.path("away")).unwrap();
    assert_eq!(compact(&world).left_out, 2);
    std::fs::rename(world.path("away"), world.path("lake/s3_access_logs")).unwrap();
    assert_eq!(compact(&world).partitions, 2);
    world.assert_exactly_once();
}

#[test]
fn a_replaced_file_that_comes_back_is_told_and_swept() {
    let world = filled();
    let old = committed(&world.lake()).unwrap();
    compact(&world);
    clear_all(&world);
    let back = old.iter().find(|file| file.path.contains("requesthour=00")).unwrap().path.clone();
    let path = world.path("lake").join(&back);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "from a backup\n").unwrap();
    let findings = world.drift().findings;
    assert_eq!((findings.len(), findings[0].kind), (1, DriftKind::Orphaned));
    assert!(findings[0].advice.contains("stand in another file"));
    assert_eq!(world.run().swept.orphans, 1);
    world.assert_exactly_once();
}

/// A compaction with `fault` at operation `at`. Whether it got that far.
fn compact_with_fault(world: &World, fault: Fault, at: u64, joiner: &NaiveJoiner) -> bool {
    let count = Arc::new(AtomicU64::new(0));
    let pipeline = world.pipeline_through(Faulty::wrap(fault, at, &count));
    let result = compact_with(&pipeline, &later(), joiner, &());
    let reached = count.load(Ordering::SeqCst) > at;
    if let (true, Fault::DiskFull, Err(error)) = (reached, fault, result) {
        assert!(error.to_string().contains("the disk is full"), "{error}");
    }
    reached
}

fn at_each_operation(fault: Fault, then: impl Fn(&World)) {
    let mut at = 0;
    loop {
        let world = filled();
        let reached = compact_with_fault(&world, fault, at, &JOINER);
        assert_eq!(world.rows(), world.expected(), "before anything is made good, {fault:?} at {at}");
        then(&world);
        assert_eq!(committed(&world.lake()).unwrap().len(), 4, "{fault:?} at {at}");
        world.assert_exactly_once();
        clear_all(&world);
        world.assert_exactly_once();
        if !reached {
            break;
        }
        at += 1;
    }
    assert!(at > 12, "a compaction has more than {at} operations");
}

#[test]
fn a_compaction_may_die_at_any_operation_and_the_next_one_goes_on() {
    for fault in [Fault::DiesBefore, Fault::DiesAfter, Fault::DiskFull] {
        at_each_operation(fault, |world| drop(compact(world)));
    }
}

#[test]
fn another_program_may_take_a_compaction_over() {
    at_each_operation(Fault::DiesAfter, |world| {
        compact_with(&world.pipeline(), &later(), &NaiveJoiner("naive 2"), &()).unwrap();
    });
}

#[test]
fn a_run_may_follow_a_compaction_that_died() {
    at_each_operation(Fault::DiesAfter, |world| {
        world.put("a", "2026-01-01-04-00-00-AE", "490896 seven\n");
        assert_eq!(world.run().counts.records, 1);
        assert_eq!(world.rows(), world.expected());
        compact(world);
    });
}

#[test]
fn clearing_away_may_die_at_any_operation() {
    for fault in [Fault::DiesBefore, Fault::DiesAfter] {
        let mut at = 0;
        loop {
            let world = filled();
            compact(&world);
            let count = Arc::new(AtomicU64::new(0));
            let lake = world.pipeline_through(Faulty::wrap(fault, at, &count)).lake;
            let _ = clear(&lake, end_of_time(), 5_000, &|_, _| Ok(true));
            world.assert_exactly_once();
            clear_all(&world);
            world.assert_exactly_once();
            if count.load(Ordering::SeqCst) <= at {
                break;
            }
            at += 1;
        }
        assert!(at > 5, "{at}");
    }
}

/// Does something between any two operations of a compaction that works beside.
fn between_any_two_operations(act: impl Fn(&World) + Send + Sync + 'static) {
    let act = Arc::new(act);
    let mut at = 0;
    loop {
        let world = Arc::new(filled());
        let count = Arc::new(AtomicU64::new(0));
        let meanwhile: Act = {
            let (world, act) = (Arc::clone(&world), Arc::clone(&act));
            Arc::new(move || act(&world))
        };
        let pipeline = world.pipeline_through(Faulty::meanwhile(at, &count, meanwhile));
        let result = compact_with(&pipeline, &beside(), &JOINER, &());
        assert!(result.is_ok(), "at {at}: {:?}", result.err());
        assert_eq!(world.rows(), world.expected(), "at {at}");
        compact(&world);
        world.assert_exactly_once();
        clear_all(&world);
        world.assert_exactly_once();
        if count.load(Ordering::SeqCst) <= at {
            break;
        }
        at += 1;
    }
    assert!(at > 12, "{at}");
}

#[test]
fn a_run_may_do_everything_between_any_two_operations_of_a_compaction() {
    between_any_two_operations(|world| {
        world.put("a", "2026-01-01-05-00-00-AG", "490896 between\n490899 new\n");
        run_with(&world.pipeline(), &options_beside(), &Naive::default(), &()).unwrap();
        assert_eq!(world.rows(), world.expected());
    });
}

#[test]
fn another_compaction_may_do_everything_between_any_two_operations_of_one() {
    for identity in ["naive 1", "naive 2"] {
        between_any_two_operations(move |world| {
            compact_with(&world.pipeline(), &beside(), &NaiveJoiner(identity), &()).unwrap();
            assert_eq!(world.rows(), world.expected());
        });
    }
}

#[test]
fn a_compaction_may_do_everything_between_any_two_operations_of_a_run() {
    let mut at = 0;
    loop {
        let world = Arc::new(filled());
        world.put("a", "2026-01-01-05-00-00-AG", "490896 new\n490899 new\n");
        let count = Arc::new(AtomicU64::new(0));
        let act: Act = {
            let world = Arc::clone(&world);
            Arc::new(move || {
                // It leaves a run's plan alone, once there is one.
                match compact_with(&world.pipeline(), &beside(), &JOINER, &()) {
                    Ok(_) => {}
                    Err(error) => assert!(error.to_string().contains("a run has begun"), "{error}"),
                }
            })
        };
        let pipeline = world.pipeline_through(Faulty::meanwhile(at, &count, act));
        run_with(&pipeline, &options_beside(), &Naive::default(), &()).unwrap();
        world.assert_exactly_once();
        compact(&world);
        world.assert_exactly_once();
        if count.load(Ordering::SeqCst) <= at {
            break;
        }
        at += 1;
    }
    assert!(at > 12, "{at}");
}

#[test]
fn an_unfinished_run_is_not_overtaken() {
    let world = filled();
    world.put("a", "2026-01-01-05-00-00-AG", "490896 new\n");
    let pipeline = world.pipeline_through(Faulty::wrap(Fault::DiesBefore, 20, &Arc::new(AtomicU64::new(0))));
    run_with(&pipeline, &options(), &Naive::default(), &()).unwrap_err();
    let error = compact_over(&world.pipeline()).unwrap_err();
    assert!(error.to_string().contains("a run has begun the plan 000000000003-a1"), "{error}");
    assert!(error.suggestion().unwrap().contains("bucketscope run"));
    assert_eq!(world.run().resumed, 1);
    assert_eq!(compact(&world).partitions, 2);
    world.assert_exactly_once();
}

#[test]
fn a_compaction_gives_way_to_a_run_and_can_be_interrupted() {
    let world = filled();
    let lease = bucketscope::etl::lease::Lease::take(&world.lake(), now_ms(), 60_000).unwrap().unwrap();
    let error = compact_over(&world.pipeline()).unwrap_err();
    assert!(error.to_string().contains("another run is at work"), "{error}");
    drop(lease);
    let cancel = AtomicBool::new(true);
    let cancelled = CompactOptions { cancel: Some(&cancel), ..later() };
    assert_eq!(compact_with(&world.pipeline(), &cancelled, &JOINER, &()).unwrap_err().code(), 130);
    world.assert_exactly_once();
    assert_eq!(compact(&world).partitions, 2);
}

#[test]
fn a_joiner_that_loses_a_row_commits_nothing() {
    struct Loser;
    impl Joiner for Loser {
        fn identity(&self) -> String {
            "loser".to_owned()
        }
        fn join(&self, files: Vec<Bytes>) -> Result<(Vec<u8>, u64)> {
            let (bytes, rows) = JOINER.join(files)?;
            Ok((bytes, rows - 1))
        }
    }
    let world = filled();
    let error: Error = compact_with(&world.pipeline(), &later(), &Loser, &()).unwrap_err();
    assert!(error.to_string().contains("were not joined"), "{error}");
    assert_eq!(world.lake().names("_state/log").unwrap().len(), 2);
    assert_eq!(world.rows(), world.expected());
    compact(&world);
    world.assert_exactly_once();
}

#[test]
fn destroy_takes_joined_files_too() {
    let world = filled();
    compact(&world);
    let inventory = destroy_inventory(&world.pipeline()).unwrap();
    assert_eq!(
        inventory.table.files,
        (files(&world.path("lake/s3_access_logs")).len() + files(&world.path("lake/s3_access_logs_joined")).len())
            as u64
    );
    destroy(&world.pipeline(), &inventory, end_of_time()).unwrap();
    assert_eq!(files(&world.path("lake")), [] as [String; 0]);
}

#[test]
fn an_unfinished_compaction_is_no_reason_to_worry() {
    let world = filled();
    let mut seen = false;
    for at in 0..40 {
        compact_with_fault(&world, Fault::DiesAfter, at, &JOINER);
        let status = status(&world.pipeline(), end_of_time()).unwrap();
        assert!(status.unfinished.is_none() && status.last_run.unwrap().error.is_none());
        seen |= world.drift().unfinished_files > 0;
    }
    assert!(seen, "files of a compaction without a commit were there");
    world.assert_exactly_once();
}

#[test]
fn the_hours_of_two_tables_are_joined_each_for_itself() {
    let world = World::with_logs().of_both_tables();
    world.run();
    world.put("a", "2026-01-01-03-00-00-AD", "490896 five\n");
    world.put("b", "2026-01-01-03-00-00-AD", "490896 six\n");
    world.run();
    let before = committed(&world.lake()).unwrap();
    let of = |table: Table, files: &[CommittedFile]| files.iter().filter(|file| file.table == table).count();
    assert_eq!((of(Table::AccessLogs, &before), of(Table::CloudTrail, &before)), (6, 2));
    assert_eq!(compact(&world).partitions, 2);
    let after = committed(&world.lake()).unwrap();
    assert_eq!((of(Table::AccessLogs, &after), of(Table::CloudTrail, &after)), (4, 1));
    for root in ["s3_access_logs_joined/", "cloudtrail_events_joined/"] {
        assert!(after.iter().any(|file| file.path.starts_with(root)), "{root}");
    }
    world.assert_exactly_once();
    clear_all(&world);
    world.assert_exactly_once();
}
