//! Two runs at once: with the lease one of them waits or gives way, without it one of them works in vain.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::Duration;

use bucketscope::Result;
use bucketscope::etl::lease::{self, Lease};
use bucketscope::etl::model::ShardDone;
use bucketscope::etl::{Event, Job, Progress, RunOptions, RunSummary, ShardWorker, WhenBusy, run_with};

use super::faults::{Act, Faulty};
use super::kill::{assert_every_record_once, worker, world_of_real_logs};
use super::naive::{Naive, World, now_ms, options, options_beside};

/// A worker that says when it has begun and then waits to be woken.
struct Sleeper<'a> {
    woken: &'a AtomicBool,
    asleep: Mutex<mpsc::Sender<()>>,
}

impl ShardWorker for Sleeper<'_> {
    fn identity(&self) -> String {
        Naive::default().identity()
    }

    fn work(&self, job: &Job<'_>, progress: &(dyn Fn(u64, u64) + Sync), cancel: &AtomicBool) -> Result<ShardDone> {
        self.asleep.lock().unwrap().send(()).unwrap();
        while !self.woken.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        Naive::default().work(job, progress, cancel)
    }
}

/// Begins a run that falls asleep in its first shard, does `meanwhile`, and wakes it up.
fn with_a_sleeper<T>(
    world: &World,
    options: &RunOptions<'_>,
    meanwhile: impl FnOnce() -> T,
) -> (Result<RunSummary>, T) {
    let woken = AtomicBool::new(false);
    let (asleep, is_asleep) = mpsc::channel();
    let worker = Sleeper { woken: &woken, asleep: Mutex::new(asleep) };
    let pipeline = world.pipeline();
    std::thread::scope(|scope| {
        let sleeper = scope.spawn(|| run_with(&pipeline, options, &worker, &()));
        is_asleep.recv().unwrap();
        let did = std::panic::catch_unwind(std::panic::AssertUnwindSafe(meanwhile));
        woken.store(true, Ordering::SeqCst);
        let result = sleeper.join().unwrap();
        (result, did.unwrap())
    })
}

#[test]
fn a_run_that_was_thought_dead_and_wakes_up_after_another_committed_does_no_harm() {
    for (shard_bytes, identity) in [(40, "naive 1"), (40, "naive 2"), (1 << 20, "naive 1"), (1 << 20, "naive 2")] {
        let mut world = World::with_logs().of_both_tables();
        world.settings.limits.shard_bytes = shard_bytes;
        let other = Naive { identity, ..Naive::default() };
        let (slept, _) = with_a_sleeper(&world, &options_beside(), || world.run_by(&other).unwrap());
        let slept = slept.unwrap();
        assert_eq!((slept.committed_by_others, slept.commits.len()), (1, 0), "{shard_bytes} {identity}");
        world.run();
        world.assert_exactly_once();
    }
}

#[test]
fn what_a_sleeper_writes_after_the_next_commits_is_swept_away() {
    let mut world = World::with_logs().of_both_tables();
    world.settings.limits.shard_bytes = 1 << 20;
    let other = Naive { identity: "naive 2", ..Naive::default() };
    let (slept, _) = with_a_sleeper(&world, &options_beside(), || {
        world.run_by(&other).unwrap();
        world.put("a", "2026-01-01-05-00-00-AE", "490899 five\n");
        world.run_by(&other).unwrap();
    });
    assert!(slept.unwrap().commits.is_empty());
    world.assert_exactly_once();
}

#[test]
fn a_second_run_says_who_is_at_work() {
    let world = World::with_logs().of_both_tables();
    let (slept, second) = with_a_sleeper(&world, &options(), || world.run_by(&Naive::default()));
    let error = second.unwrap_err();
    assert!(error.to_string().contains("another run is at work"), "{error}");
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    assert!(error.suggestion().unwrap().contains("--wait"));
    assert_eq!(slept.unwrap().commits, [1]);
    world.assert_exactly_once();
}

#[test]
fn a_run_that_waits_begins_when_the_other_has_ended() {
    let world = World::with_logs().of_both_tables();
    let patient = RunOptions { when_busy: WhenBusy::Wait(20_000), ..options() };
    let pipeline = world.pipeline();
    std::thread::scope(|scope| {
        let (slept, waiting) = with_a_sleeper(&world, &options(), || {
            scope.spawn(|| run_with(&pipeline, &patient, &Naive::default(), &()))
        });
        assert_eq!(slept.unwrap().commits, [1]);
        assert!(waiting.join().unwrap().unwrap().nothing_new);
    });
    world.assert_exactly_once();
}

#[test]
fn many_runs_at_once_without_a_lease_commit_everything_once() {
    for round in 0..12 {
        let mut world = World::with_logs().of_both_tables();
        world.settings.limits.plan_objects = 1 + round % 3;
        let begin = Barrier::new(4);
        let summaries: Vec<RunSummary> = std::thread::scope(|scope| {
            let runs: Vec<_> = ["naive 1", "naive 1", "naive 2", "naive 2"]
                .map(|identity| {
                    let (world, begin) = (&world, &begin);
                    scope.spawn(move || {
                        begin.wait();
                        run_with(&world.pipeline(), &options_beside(), &Naive { identity, ..Naive::default() }, &())
                    })
                })
                .into_iter()
                .collect();
            runs.into_iter().map(|run| run.join().unwrap().unwrap()).collect()
        });
        let records: u64 = summaries.iter().map(|summary| summary.counts.lines).sum();
        assert_eq!(
            records,
            world.expected().values().sum::<u64>(),
            "each line is counted by the run that committed it"
        );
        world.run();
        world.assert_exactly_once();
    }
}

/// Lets another run do all that is left, as soon as this one has committed its first plan.
struct Overtaking<'a>(&'a World, AtomicBool);

impl Progress for Overtaking<'_> {
    fn event(&self, event: &Event) {
        if matches!(event, Event::Committed { .. }) && !self.1.swap(true, Ordering::SeqCst) {
            run_with(&self.0.pipeline(), &options_beside(), &Naive::default(), &()).unwrap();
        }
    }
    fn advance(&self, _bytes: u64, _records: u64) {}
}

#[test]
fn a_run_that_is_overtaken_between_two_plans_does_not_read_again_what_the_other_has_read() {
    let mut world = World::with_logs().of_both_tables();
    world.settings.limits.plan_objects = 1;
    let progress = Overtaking(&world, AtomicBool::new(false));
    let summary = run_with(&world.pipeline(), &options_beside(), &Naive::default(), &progress).unwrap();
    assert_eq!(summary.commits, [1]);
    world.assert_exactly_once();
}

/// Before each operation of a run in turn, another run lists one object more than this one has seen, or one less, and
/// commits all of it.
#[test]
fn another_run_may_do_everything_between_any_two_operations_of_this_one() {
    let mut at = 0;
    loop {
        let world = Arc::new(World::with_logs().of_both_tables());
        let count = Arc::new(AtomicU64::new(0));
        let act: Act = {
            let world = Arc::clone(&world);
            Arc::new(move || {
                world.put("a", "2026-01-01-00-00-00-AB", "490896 between\n");
                run_with(&world.pipeline(), &options_beside(), &Naive::default(), &()).unwrap();
            })
        };
        let pipeline = world.pipeline_through(Faulty::meanwhile(at, &count, act));
        let summary = run_with(&pipeline, &options_beside(), &Naive::default(), &());
        assert!(summary.is_ok(), "at {at}: {:?}", summary.err());
        world.run();
        world.assert_exactly_once();
        if count.load(Ordering::SeqCst) <= at {
            break;
        }
        at += 1;
    }
    assert!(at > 20, "a run has more than {at} operations");
}

#[test]
fn many_processes_at_once_commit_everything_once() {
    for beside in [false, true] {
        let world = world_of_real_logs(60);
        let runs: Vec<_> = (0..4)
            .map(|_| {
                let mut command: Command = worker(&world);
                if beside {
                    command.arg("--beside");
                }
                command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        let codes: Vec<Option<i32>> = runs.into_iter().map(|mut run| run.wait().unwrap().code()).collect();
        assert!(codes.contains(&Some(0)), "{codes:?}");
        assert!(!beside || codes.iter().all(|code| *code == Some(0)), "{codes:?}");
        assert_every_record_once(&world, 60);
    }
}

#[test]
fn a_lease_of_a_dead_process_is_taken_over_at_once_and_one_of_another_machine_when_it_has_run_out() {
    let world = World::new().of_both_tables();
    let lake = world.lake();
    let now = now_ms();
    let mine = Lease::take(&lake, now, 60_000).unwrap().unwrap();
    assert!(Lease::take(&lake, now, 60_000).unwrap().is_err(), "it is held");
    drop(mine);
    let next = Lease::take(&lake, now, 60_000).unwrap().unwrap();
    assert!(next.renew(now + 20_000).unwrap());
    let held = lease::latest(&lake, now).unwrap().unwrap();
    assert!(held.at_work);
    drop(next);

    let mut elsewhere = held.epoch.clone();
    elsewhere.holder.place = "another machine".to_owned();
    elsewhere.until_ms = Some(now + 60_000);
    bucketscope::etl::state::write_new(&lake, &bucketscope::etl::state::lease_file(held.number + 1), &elsewhere)
        .unwrap();
    assert!(Lease::take(&lake, now + 59_999, 60_000).unwrap().is_err());
    assert!(Lease::take(&lake, now + 60_000, 60_000).unwrap().is_ok());

    let mut dead = held.epoch;
    dead.holder.pid = 1;
    dead.holder.started = Some(1);
    dead.until_ms = Some(now + 600_000);
    bucketscope::etl::state::write_new(&lake, &bucketscope::etl::state::lease_file(held.number + 9), &dead).unwrap();
    #[cfg(target_os = "linux")]
    assert!(Lease::take(&lake, now, 60_000).unwrap().is_ok(), "process 1 started at another time");
}

#[test]
fn a_holder_that_was_overtaken_learns_it() {
    let world = World::new().of_both_tables();
    let lake = world.lake();
    let slow = Lease::take(&lake, 0, 1_000).unwrap().unwrap();
    let mut other = lease::latest(&lake, 0).unwrap().unwrap().epoch;
    other.holder.run += 1;
    bucketscope::etl::state::write_new(&lake, &bucketscope::etl::state::lease_file(slow.number() + 1), &other).unwrap();
    assert!(!slow.renew(2_000).unwrap());
}

#[test]
fn a_long_run_holds_on_to_its_lease() {
    let mut world = World::with_logs().of_both_tables();
    world.settings.lease_ms = 300;
    let (slept, second) = with_a_sleeper(&world, &options(), || {
        std::thread::sleep(Duration::from_millis(700));
        let epochs = lease::epochs(&world.lake()).unwrap();
        assert!(epochs.len() <= 3, "old epochs are removed: {epochs:?}");
        world.run_by(&Naive::default())
    });
    assert!(second.unwrap_err().to_string().contains("another run is at work"));
    slept.unwrap();
    world.assert_exactly_once();
}

#[test]
fn an_interrupted_run_is_gone_on_with() {
    let world = World::with_logs().of_both_tables();
    let cancel = AtomicBool::new(false);
    let cancelled = RunOptions { cancel: Some(&cancel), ..options() };
    let (slept, ()) = with_a_sleeper(&world, &cancelled, || cancel.store(true, Ordering::SeqCst));
    let error = slept.unwrap_err();
    assert_eq!(error.code(), 130, "{error}");
    assert_eq!(world.run().resumed, 1);
    world.assert_exactly_once();
}
