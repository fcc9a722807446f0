//! How the pipeline is doing, in a word and in numbers.

use bucketscope::etl::status::GapsBy;
use bucketscope::etl::{Health, Status, status};

use super::naive::{Naive, World, now_ms};

/// A world in which one line of twenty is rejected.
fn world_with_few_rejects() -> World {
    let world = World::with_logs();
    world.put("b", "2026-01-01-01-00-00-AB", &"490896 x\n".repeat(12));
    world
}

fn of(world: &World) -> Status {
    status(&world.pipeline(), now_ms()).unwrap()
}

#[test]
fn a_new_lake_is_empty_and_one_that_has_read_all_is_healthy() {
    let world = world_with_few_rejects();
    assert_eq!(of(&world).health, Health::Empty);
    world.run();
    let status = of(&world);
    assert_eq!((status.health, status.reasons.as_slice()), (Health::Healthy, [].as_slice()));
    let commit = status.last_commit.unwrap();
    assert_eq!((commit.sequence, commit.counts.records, commit.counts.rejected), (1, 19, 1));
    assert_eq!(status.totals.counts.rejects_by_reason["no hour"], 1);
    assert_eq!(status.totals.files, world.lake().names("s3_access_logs").unwrap().len() as u64);
    assert!(status.totals.bytes > 0 && status.totals.watermark_ms.is_some());
    let run = status.last_run.unwrap();
    assert!(run.ended_ms.is_some() && !run.at_work && run.commits == [1]);
}

#[test]
fn the_last_run_is_told_even_if_it_found_nothing() {
    let world = World::with_logs();
    world.run();
    world.run();
    let run = of(&world).last_run.unwrap();
    assert!(run.commits.is_empty());
    assert_eq!(run.listing.unwrap().known, 4);
}

#[test]
fn gaps_are_the_hours_in_which_nothing_was_delivered() {
    let world = World::new();
    for hour in ["00", "01", "04", "05", "07"] {
        world.put("a", &format!("2026-01-01-{hour}-10-00-A{hour}"), "490896 x\n");
        world.run();
    }
    let status = of(&world);
    let hours: Vec<(String, u64)> = status
        .gaps
        .iter()
        .map(|gap| (jiff::Timestamp::from_millisecond(gap.from_ms).unwrap().to_string(), gap.hours))
        .collect();
    assert_eq!(hours, [("2026-01-01T02:00:00Z".to_owned(), 2), ("2026-01-01T06:00:00Z".to_owned(), 1)]);
    assert_eq!(status.gaps_by, GapsBy::Delivery);
}

#[test]
fn where_names_hold_no_time_gaps_are_the_hours_without_records() {
    let world = World::new();
    world.put("a", "no time", "490896 x\n490899 y\n");
    world.run();
    let status = of(&world);
    assert_eq!((status.gaps_by, status.gaps.len(), status.gaps[0].hours), (GapsBy::Records, 1, 2));
}

#[test]
fn a_run_that_died_leaves_the_pipeline_behind_and_one_that_failed_unhealthy() {
    let world = world_with_few_rejects();
    let dying = Naive { before: Box::new(|_| panic!("dies")), ..Naive::default() };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.run_by(&dying))).is_err());
    let status = of(&world);
    assert_eq!(status.health, Health::Empty.max(Health::Behind));
    let unfinished = status.unfinished.unwrap();
    assert_eq!((unfinished.objects, unfinished.shards_done), (5, 0));
    assert!(status.reasons.iter().any(|reason| reason.contains("died")), "{:?}", status.reasons);
    world.run();
    assert_eq!(of(&world).health, Health::Healthy);

    std::fs::remove_file(world.path("lake").join(&world.lake().names("_state/plans").unwrap()[0])).unwrap();
    assert!(world.run_by(&Naive::default()).is_err());
    let status = of(&world);
    assert_eq!(status.health, Health::Unhealthy);
    assert!(status.reasons[0].contains("cannot tell which objects have been read"));
}

#[test]
fn a_commit_of_rejects_is_unhealthy() {
    let world = World::new();
    world.put("a", "2026-01-01-00-00-00-A", "no\nrecord\n490896 at all\n");
    world.run();
    assert_eq!(of(&world).health, Health::Unhealthy);
}

#[test]
fn the_last_hours_have_their_records_and_their_gaps() {
    let world = World::new();
    for hour in ["00", "01", "04"] {
        world.put("a", &format!("2026-01-01-{hour}-10-00-A{hour}"), "490896 x\n490896 y\n");
        world.run();
    }
    let recent = of(&world).recent.unwrap();
    let hours = |pick: fn(&(usize, bucketscope::etl::recent::RecentHour)) -> bool| -> Vec<usize> {
        recent.hours.iter().copied().enumerate().filter(pick).map(|(i, _)| i).collect()
    };
    assert_eq!((recent.hours.len(), recent.complete), (48, true));
    // 490896 is 2026-01-01T00, the only hour with records, and the newest: the window ends behind it, as it is long ago.
    assert_eq!(recent.hours[47].records, 6);
    assert_eq!(recent.to_ms, (490_896 + 1) * 3_600_000);
    assert_eq!(hours(|(_, hour)| hour.records > 0), [47]);
    assert_eq!(hours(|(_, hour)| hour.gap), [0; 0]);
}

#[test]
fn joined_files_are_not_counted_twice_in_the_last_hours() {
    let world = World::new();
    for name in ["a", "b"] {
        world.put("a", &format!("2026-01-01-00-10-00-{name}"), "490896 x\n");
        world.run();
    }
    let before = of(&world).recent;
    assert_eq!(super::compact::compact(&world).commits.len(), 1);
    assert_eq!(of(&world).recent, before);
    assert_eq!(before.unwrap().hours[47].records, 2);
}
