//! What happens to objects before, while and after they are read.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use bucketscope::etl::model::{NotRead, PlannedObject};
use bucketscope::etl::status::status;
use bucketscope::etl::{Event, Progress, RunOptions, RunSummary, deploy, run_with};

use super::naive::{Naive, World, options};

fn skipped(world: &World) -> Vec<(String, NotRead)> {
    let log = bucketscope::etl::commit::Log::load(&world.lake()).unwrap();
    log.entries().flat_map(|entry| &entry.skipped).map(|object| (object.key.clone(), object.reason)).collect()
}

/// A worker that does something to the file of the object `AB` of source `a` before it is opened or while it is read.
fn meddling(world: &World, during: bool, meddle: fn(&Path)) -> Naive {
    let path = world.path("a").join(AB);
    let hook = Box::new(move |object: &PlannedObject| {
        if object.key == AB {
            meddle(&path);
        }
    });
    if during { Naive { during: hook, ..Naive::default() } } else { Naive { before: hook, ..Naive::default() } }
}

const AB: &str = "2026-01-01-01-00-00-AB";

fn grow(path: &Path) {
    fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"490897 grown\n").unwrap();
}

fn remove(path: &Path) {
    fs::remove_file(path).unwrap();
}

#[test]
fn an_object_that_changes_before_it_is_read_is_left_to_the_next_run() {
    let world = World::with_logs();
    let first = world.run_by(&meddling(&world, false, grow)).unwrap();
    assert_eq!(skipped(&world), [(AB.to_owned(), NotRead::Changed)]);
    assert_eq!((first.skipped, first.listing.new, first.counts.objects), (1, 4, 3));
    let second = world.run();
    assert_eq!((second.listing.new, second.counts.lines), (1, 2));
    world.assert_exactly_once();
}

#[test]
fn an_object_that_grows_while_it_is_read_is_left_to_the_next_run() {
    let world = World::with_logs();
    world.run_by(&meddling(&world, true, grow)).unwrap();
    assert_eq!(skipped(&world), [(AB.to_owned(), NotRead::Changed)]);
    world.run();
    world.assert_exactly_once();
}

#[test]
fn an_object_that_vanishes_is_counted_and_read_when_it_is_back() {
    let world = World::with_logs();
    world.run_by(&meddling(&world, false, remove)).unwrap();
    assert_eq!(skipped(&world), [(AB.to_owned(), NotRead::Vanished)]);
    let left = || status(&world.pipeline(), 4_000_000_000_000).unwrap().reasons.concat();
    assert!(left().starts_with("1 object changed or vanished before being read"), "{}", left());
    assert!(world.run().nothing_new);
    assert!(!left().contains("vanished"), "a run has looked for it, and it is gone: {}", left());
    world.put("a", AB, "490896 back\n");
    assert_eq!(world.run().counts.lines, 1);
    world.assert_exactly_once();
}

#[test]
fn an_object_that_changes_after_it_was_read_is_named_and_not_read_again() {
    let world = World::with_logs();
    world.run();
    let before = world.rows();
    grow(&world.path("a").join(AB));
    let summary = world.run();
    assert!(summary.nothing_new);
    assert_eq!((summary.listing.changed, summary.listing.known), (1, 4));
    assert_eq!(summary.listing.named[0].key, AB);
    assert!(summary.listing.named[0].what.contains("changed after it was read"));
    assert_eq!(world.rows(), before);
}

#[test]
fn a_folder_that_is_copied_elsewhere_and_back_is_not_read_again() {
    let world = World::with_logs();
    world.run();
    let before = world.rows();
    let (here, there) = (world.path("a"), world.path("elsewhere"));
    let copy = |from: &Path, to: &Path| {
        assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
        fs::remove_dir_all(from).unwrap();
    };
    copy(&here, &there);
    copy(&there, &here);
    world.put("a", "2026-01-01-09-00-00-ZZ", "490897 new\n");
    let summary = world.run();
    assert_eq!((summary.listing.known, summary.listing.new, summary.listing.changed), (4, 1, 0));
    assert_eq!(summary.listing.touched, 3, "their ETags are others");
    assert_eq!(world.rows().len(), before.len() + 1);
    world.assert_exactly_once();
}

#[test]
fn a_folder_that_moves_keeps_its_identity_and_an_unfinished_plan_is_gone_on_with() {
    let world = World::with_logs();
    let failing = Naive { before: Box::new(|object| assert_ne!(object.key, AB)), ..Naive::default() };
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.run_by(&failing)));
    assert!(panicked.is_err());
    fs::rename(world.path("a"), world.path("moved")).unwrap();
    let mut pipeline = {
        fs::create_dir(world.path("a")).unwrap();
        let pipeline = world.pipeline();
        fs::remove_dir(world.path("a")).unwrap();
        pipeline
    };
    pipeline.sources[0].location = world.path("moved").to_str().unwrap().to_owned();
    let summary = run_with(&pipeline, &options(), &Naive::default(), &()).unwrap();
    assert_eq!(summary.resumed, 1);
    fs::rename(world.path("moved"), world.path("a")).unwrap();
    world.assert_exactly_once();
}

#[test]
fn a_source_that_is_gone_from_the_configuration_does_not_keep_an_unfinished_plan_from_the_others() {
    let world = World::with_logs();
    let failing = Naive { before: Box::new(|object| assert_ne!(object.key, AB)), ..Naive::default() };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.run_by(&failing))).is_err());
    let mut pipeline = world.pipeline();
    pipeline.sources.remove(1);
    let summary = run_with(&pipeline, &options(), &Naive::default(), &()).unwrap();
    assert_eq!((summary.resumed, summary.counts.objects), (0, 3));
    world.run();
    world.assert_exactly_once();
}

#[test]
fn what_is_no_log_object_is_counted() {
    let world = World::with_logs();
    for key in [".hidden", ".git/config", "upload.tmp"] {
        world.put("a", key, "490896 not to be read\n");
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", world.path("a").join("broken")).unwrap();
    let listing = world.run().listing;
    assert_eq!((listing.hidden, listing.unreadable), (3, 1));
    assert_eq!(
        listing.listed,
        listing.new + listing.known + listing.settling + listing.outside_window + listing.hidden + listing.unreadable
    );
    assert!(listing.named[0].what.contains("cannot be read"));
}

#[cfg(unix)]
#[test]
fn odd_names_are_read_once() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::with_logs();
    for name in [&b"with space"[..], b"100%", b"x#1", b"latin-\xe9", b"tab\t"] {
        fs::write(world.path("a").join(std::ffi::OsStr::from_bytes(name)), "490896 odd\n").unwrap();
    }
    assert_eq!(world.run().listing.new, 9);
    let summary = world.run();
    assert!(summary.nothing_new && summary.listing.touched == 0);
    assert_eq!(world.rows().keys().filter(|row| row.ends_with("490896 odd")).count(), 5);
}

/// Notes how long a run waited.
#[derive(Default)]
struct Waited(std::sync::Mutex<Vec<u64>>);

impl Progress for Waited {
    fn event(&self, event: &Event) {
        if let Event::Settling { objects, .. } = event {
            self.0.lock().unwrap().push(*objects);
        }
    }
    fn advance(&self, _bytes: u64, _records: u64) {}
}

fn run_settling(world: &World, wait_for_settling: bool) -> (RunSummary, Vec<u64>) {
    let waited = Waited::default();
    let options = RunOptions { wait_for_settling, ..options() };
    let summary = run_with(&world.pipeline(), &options, &Naive::default(), &waited).unwrap();
    (summary, waited.0.into_inner().unwrap())
}

#[test]
fn an_object_that_was_modified_just_now_is_left_alone_or_waited_for() {
    let mut world = World::with_logs();
    world.settings.settling_ms = 300;
    let (summary, waited) = run_settling(&world, false);
    assert!(summary.nothing_new && waited.is_empty());
    assert_eq!(summary.listing.settling, 4);
    let (summary, waited) = run_settling(&world, true);
    assert_eq!((summary.listing.new, summary.listing.settling, summary.commits.len()), (4, 0, 1));
    assert_eq!(waited, [4]);
    let (summary, waited) = run_settling(&world, true);
    assert!(summary.nothing_new && waited.is_empty());
    world.assert_exactly_once();
}

#[test]
fn an_object_with_a_time_far_in_the_future_is_read_all_the_same() {
    let mut world = World::with_logs();
    world.settings.settling_ms = 300;
    let file = fs::File::options().append(true).open(world.path("a").join(AB)).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(86_400)).unwrap();
    let (summary, _) = run_settling(&world, true);
    assert_eq!(summary.listing.new, 4);
}

#[test]
fn a_time_range_takes_what_was_delivered_in_it_or_up_to_a_day_later() {
    let world = World::new();
    for (day, name) in [(1, "A"), (2, "B"), (3, "C"), (4, "D")] {
        world.put("a", &format!("2026-01-{day:02}-00-00-00-{name}0"), &format!("490896 {name}\n"));
    }
    world.put("a", "no time in this name", "490896 E\n");
    let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let window = Some((time("2026-01-02T00:00:00Z"), time("2026-01-02T12:00:00Z")));
    let ranged = RunOptions { window, ..options() };
    let summary = run_with(&world.pipeline(), &ranged, &Naive::default(), &()).unwrap();
    let lines: Vec<String> = world.rows().into_keys().map(|row| row[row.len() - 1..].to_owned()).collect();
    assert_eq!(lines, ["B", "C", "E"]);
    assert_eq!((summary.listing.outside_window, summary.watermark_ms), (2, None));
    assert_eq!(world.run().listing.new, 2);
    world.assert_exactly_once();
}

#[test]
fn plans_are_bounded_and_follow_one_another() {
    let mut world = World::new();
    for object in 0..25 {
        world.put("a", &format!("2026-01-01-00-00-{object:02}-A{object}"), "490896 x\n");
    }
    world.settings.limits.plan_objects = 10;
    let summary = world.run();
    assert_eq!(summary.commits, [1, 2, 3]);
    assert_eq!((summary.listing.new, summary.listing.listed), (25, 25));
    world.assert_exactly_once();
    assert!(world.run().nothing_new);
}

#[test]
fn folders_that_overlap_are_refused() {
    let world = World::new();
    let mut pipeline = world.pipeline();
    pipeline.sources[1].location = world.path("a").join("inner").to_str().unwrap().to_owned();
    fs::create_dir(world.path("a").join("inner")).unwrap();
    assert_eq!(deploy(&pipeline).unwrap_err().code(), 64);
    pipeline.sources[1].location = world.folder.path().to_str().unwrap().to_owned();
    assert!(run_with(&pipeline, &options(), &Naive::default(), &()).unwrap_err().to_string().contains("overlap"));
    pipeline.sources[1].id = "a".to_owned();
    assert!(deploy(&pipeline).unwrap_err().to_string().contains("two sources have the id a"));
}

#[test]
fn a_source_that_is_not_there_is_an_error_that_names_it() {
    let world = World::new();
    fs::remove_dir(world.path("b")).unwrap();
    let error = world.run_by(&Naive::default()).unwrap_err();
    assert!(error.to_string().contains("there is no folder") && error.to_string().contains("/b"));
}
