//! Something fails at each storage operation of a run in turn; the next run makes it good.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bucketscope::etl::run_with;

use super::faults::{Fault, Faulty};
use super::naive::{Naive, World, options};

/// Runs with `fault` at operation `at`. Says whether the run got that far.
fn run_with_fault(world: &World, fault: Fault, at: u64, worker: &Naive) -> bool {
    let count = Arc::new(AtomicU64::new(0));
    let pipeline = world.pipeline_through(Faulty::wrap(fault, at, &count));
    let result = run_with(&pipeline, &options(), worker, &());
    let reached = count.load(Ordering::SeqCst) > at;
    if let (true, Fault::DiskFull, Err(error)) = (reached, fault, result) {
        assert!(error.to_string().contains("the disk is full"), "{error}");
    }
    reached
}

/// How many operations a run of this world has, and so how many places to fail at.
fn at_each_operation(fault: Fault, prepare: impl Fn() -> World) {
    let mut at = 0;
    loop {
        let world = prepare();
        let reached = run_with_fault(&world, fault, at, &Naive::default());
        let summary = world.run();
        assert_eq!(summary.counts.lines, summary.counts.records + summary.counts.rejected);
        world.assert_exactly_once();
        assert!(world.run().nothing_new, "after {fault:?} at {at}");
        if !reached {
            break;
        }
        at += 1;
    }
    assert!(at > 20, "a run has more than {at} operations");
}

/// A lake with a commit, to which objects have come.
fn second_run() -> World {
    let world = World::with_logs().of_both_tables();
    world.run();
    world.put("a", "2026-01-01-03-00-00-AD", "490899 five\nreject\n");
    world.put("b", "2026-01-01-03-00-00-AD", "490896 six\n");
    world
}

#[test]
fn a_first_run_may_die_before_any_operation() {
    at_each_operation(Fault::DiesBefore, || World::with_logs().of_both_tables());
}

#[test]
fn a_first_run_may_die_after_any_operation() {
    at_each_operation(Fault::DiesAfter, || World::with_logs().of_both_tables());
}

#[test]
fn a_later_run_may_die_before_or_after_any_operation() {
    at_each_operation(Fault::DiesBefore, second_run);
    at_each_operation(Fault::DiesAfter, second_run);
}

#[test]
fn the_disk_may_be_full_at_any_operation() {
    at_each_operation(Fault::DiskFull, || World::with_logs().of_both_tables());
    at_each_operation(Fault::DiskFull, second_run);
}

#[test]
fn the_run_that_makes_it_good_may_die_too() {
    for first in (0..60).step_by(7) {
        for second in (0..60).step_by(5) {
            let world = World::with_logs().of_both_tables();
            run_with_fault(&world, Fault::DiesAfter, first, &Naive::default());
            run_with_fault(&world, Fault::DiesBefore, second, &Naive::default());
            world.run();
            world.assert_exactly_once();
        }
    }
}

#[test]
fn another_program_may_take_over_at_any_operation() {
    for at in 0..60 {
        let world = World::with_logs().of_both_tables();
        run_with_fault(&world, Fault::DiesAfter, at, &Naive::default());
        let other = Naive { identity: "naive 2", ..Naive::default() };
        world.run_by(&other).unwrap();
        world.assert_exactly_once();
    }
}

#[test]
fn a_plan_is_gone_on_with_by_the_program_that_began_it_and_by_no_other() {
    // Far enough for the plan and a shard to be there, but not the commit.
    let begun = || {
        let world = World::with_logs().of_both_tables();
        let count = Arc::new(AtomicU64::new(0));
        let worker = Naive {
            before: Box::new({
                let count = Arc::clone(&count);
                move |_| {
                    count.fetch_add(1, Ordering::SeqCst);
                }
            }),
            ..Naive::default()
        };
        let dying = Arc::new(AtomicU64::new(0));
        let pipeline = world.pipeline_through(Faulty::wrap(Fault::DiesBefore, 20, &dying));
        run_with(&pipeline, &options(), &worker, &()).unwrap_err();
        assert!(count.load(Ordering::SeqCst) > 0, "it got to work");
        world
    };
    let world = begun();
    assert_eq!(world.run().resumed, 1);
    assert_eq!(world.lake().names("_state/log").unwrap().len(), 1);
    world.assert_exactly_once();

    let world = begun();
    let other = Naive { identity: "naive 2", ..Naive::default() };
    assert_eq!(world.run_by(&other).unwrap().resumed, 0);
    let entry = bucketscope::etl::commit::entry(&world.lake(), 1).unwrap().unwrap();
    assert_eq!(entry.plan, "000000000001-a2");
    world.assert_exactly_once();
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_really_full_says_so_and_the_run_goes_on_when_there_is_space() {
    use std::process::Command;
    let world = World::with_logs().of_both_tables();
    let lake = world.path("lake");
    let mount = |size: &str, how: &str| {
        let options = format!("size={size}{how}");
        Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&lake).output()
    };
    if !mount("64k", "").is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a small disk can only be mounted by root");
        return;
    }
    struct Unmount(std::path::PathBuf);
    impl Drop for Unmount {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(&self.0).status();
        }
    }
    let _unmount = Unmount(lake.clone());
    bucketscope::etl::deploy(&world.pipeline()).unwrap();
    world.put("a", "2026-01-01-08-00-00-BIG", &"490896 a line of some length\n".repeat(10_000));
    let error = world.run_by(&Naive::default()).unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert!(error.suggestion().unwrap().contains("free some space"));
    assert!(mount("64m", ",remount").unwrap().status.success());
    assert_eq!(world.run().resumed, 1);
    world.assert_exactly_once();
}
