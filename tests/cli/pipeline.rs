//! deploy, run, status, drift and destroy, from logs to nothing.

use serde_json::json;

use crate::world::{LINES, World};

/// A project called `shop` over two log objects, deployed. Objects need not settle: nobody writes to them.
pub fn deployed() -> World {
    let world = World::with_logs();
    world.run("init --defaults --target local --logs logs --name shop").ok();
    let text = world.read("bucketscope.yaml").replace("settling_seconds: 2", "settling_seconds: 0");
    world.write("bucketscope.yaml", text);
    world.run("deploy").ok();
    world
}

#[test]
fn what_needs_a_project_or_a_lake_says_how_to_make_one() {
    let world = World::with_logs();
    let no_config = "error: there is no configuration at bucketscope.yaml\n\nhint: bucketscope init --defaults --target local --logs PATH  writes one; -C DIR works in another folder\n";
    for command in ["deploy", "run", "status", "drift", "destroy --confirm shop"] {
        world.run(command).fails(64, no_config);
    }
    world.run("init --defaults --target local --logs logs --name shop").ok();
    let no_lake =
        "error: `shop` has not been deployed: there is no lake in lake\n\nhint: bucketscope deploy  prepares it\n";
    for command in ["run", "status", "drift", "destroy --confirm shop"] {
        world.run(command).fails(6, no_lake);
    }
}

#[test]
fn deploying_twice_changes_nothing() {
    let world = World::with_logs();
    world.run("init --defaults --target local --logs logs --name shop").ok();
    assert_eq!(world.run("deploy").ok().stdout, "Deployed shop: the lake is in lake\n");
    assert_eq!(world.run("deploy").ok().stdout, "Nothing to change for shop: the lake in lake is there already\n");
    assert_eq!(world.run("deploy --output json").ok().json()["created"], false);
}

#[test]
fn a_run_adds_up_and_a_second_one_finds_nothing_new() {
    let world = deployed();
    world.write("logs/2019-02-06-02-00-00-CCCCCCCCCCCCCCCC", format!("{LINES}not a log line\n"));
    let first = world.run("run").ok();
    assert!(first.stdout.contains("read 5 lines = written 4 records + rejected 1\n"), "{}", first.stdout);
    assert!(first.stdout.contains("1 no_time           no [time] after owner and bucket\n"), "{}", first.stdout);
    assert!(first.stdout.contains("kept with object, line and reason in lake/_state/rejects\n"), "{}", first.stdout);
    let second = world.run("run").ok();
    assert!(second.stdout.starts_with("Nothing new: 3 log objects are in the lake already"), "{}", second.stdout);
    world.write("logs/2019-02-06-03-00-00-DDDDDDDDDDDDDDDD", LINES);
    let third = world.run("run --output json --threads 1").ok().json();
    assert_eq!((&third["schema_version"], &third["command"]), (&json!(1), &json!("run")));
    assert_eq!(third["counts"]["objects"], 1);
    assert_eq!(third["listing"]["known"], 3);
}

#[test]
fn files_are_joined_and_nothing_else_changes() {
    let world = deployed();
    world.run("run").ok();
    world.write("logs/2019-02-06-02-00-00-CCCCCCCCCCCCCCCC", LINES);
    world.run("run").ok();
    assert_eq!(world.run("compact").ok().stdout, "Nothing to join\n", "nothing has been at rest for a week");
    let dry = world.run("compact --older-than 0d --dry-run").ok();
    assert!(dry.stdout.starts_with("Would join the files of 2 hours\n"), "{}", dry.stdout);
    assert!(!world.path("lake/s3_access_logs_joined").exists());

    let joined = world.run("compact --older-than 0d --output json").ok().json();
    assert_eq!(joined["command"], "compact");
    assert_eq!((&joined["partitions"], &joined["rows"]), (&json!(2), &json!(4)));
    assert_eq!((&joined["files_before"], &joined["files_after"]), (&json!(4), &json!(2)));
    assert_eq!(joined["cleared"]["waiting"], 4, "they stay for a day");
    let drift = world.run("drift --detailed-exitcode").ok();
    assert!(drift.stdout.contains("4 files were joined into others and will be removed"), "{}", drift.stdout);
    let status = world.run("status --output json").ok().json();
    assert_eq!((&status["totals"]["files"], &status["totals"]["counts"]["records"]), (&json!(2), &json!(4)));
    assert!(world.run("run").ok().stdout.starts_with("Nothing new"));
    assert_eq!(world.run("compact --older-than 0d").ok().stdout.lines().next(), Some("Nothing to join"));
    assert_eq!(world.run("compact --older-than soon").code, 64);
    world.run("destroy --confirm shop").ok();
    assert!(!world.path("lake/s3_access_logs_joined").exists());
}

#[test]
fn a_range_limits_a_run_to_objects_that_may_hold_records_of_it() {
    let world = deployed();
    let ran = world.run("run --from 2019-02-04 --to 2019-02-05T01:00:00Z --output json").ok();
    let said = "records of 2019-02-04T00:00:00Z .. 2019-02-05T01:00:00Z: log objects delivered then, or up to 24 h 0 min later\n";
    assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
    assert_eq!(ran.json()["counts"]["objects"], 1);
    assert_eq!(ran.json()["listing"]["outside_window"], 1);
    world.run("run --from 2019-02-07 --to 2019-02-06").fails(
        64,
        "error: the range 2019-02-07T00:00:00Z .. 2019-02-06T00:00:00Z is empty\n\nhint: --to is not part of the range: for one day, --from 2026-06-01 --to 2026-06-02\n",
    );
    assert_eq!(world.run("run --last 7d --from 2019-02-07").code, 64);
}

#[test]
fn status_tells_health_in_a_word_and_in_its_exit_code() {
    let world = deployed();
    let empty = world.run("status").ok();
    assert!(empty.stdout.starts_with("shop is empty\n  ! nothing has been read yet\n"), "{}", empty.stdout);
    world.run("run").ok();
    let well = world.run("status").ok();
    assert!(well.stdout.starts_with("shop is healthy\n"), "{}", well.stdout);
    assert!(well.stdout.contains("2 records of 2 log objects\n"), "{}", well.stdout);
    assert_eq!(world.run("status --output json").ok().json()["health"], "healthy");
    world.write("logs/2019-02-06-02-00-00-CCCCCCCCCCCCCCCC", "no log\nno log\n");
    world.run("run").ok();
    let ill = world.run("status");
    assert_eq!(ill.code, 8, "{}", ill.stdout);
    assert!(ill.stdout.contains("100 % of the last commit's lines were rejected"), "{}", ill.stdout);
}

#[test]
fn drift_names_what_is_missing_changed_and_orphaned() {
    let world = deployed();
    world.run("run").ok();
    let synced = world.run("drift --detailed-exitcode").ok();
    assert!(synced.stdout.starts_with("shop is in sync: "), "{}", synced.stdout);
    let table = "lake/s3_access_logs/requestdate=2019-02-06";
    let file = |hour: &str| {
        let folder = world.path(&format!("{table}/requesthour={hour}"));
        std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path()
    };
    std::fs::remove_file(file("00")).unwrap();
    std::fs::write(file("01"), "not Parquet").unwrap();
    world.write(&format!("{table}/requesthour=01/stranger.parquet"), "x");
    let drifted = world.run("drift --output csv --detailed-exitcode");
    assert_eq!(drifted.code, 2);
    let kinds: Vec<&str> = drifted.stdout.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(kinds, ["kind", "missing", "changed", "orphaned"]);
    let json = world.run("drift --output json").ok().json();
    assert_eq!(json["in_sync"], false);
    assert_eq!(json["rows"].as_array().unwrap().len(), 3);
}

#[test]
fn destroy_wants_the_name_and_leaves_the_logs() {
    let world = deployed();
    world.run("run").ok();
    let unsure = world.run("destroy --yes");
    assert_eq!(unsure.code, 5);
    assert!(unsure.stderr.ends_with("\n\nhint: give --confirm shop\n"), "{}", unsure.stderr);
    let wrong = world.run("destroy --confirm other");
    assert_eq!(wrong.code, 64);
    assert!(
        wrong.stderr.contains("this pipeline is called `shop`, not `other`; nothing was removed"),
        "{}",
        wrong.stderr
    );
    world.run("drift --detailed-exitcode").ok();
    let gone = world.run("destroy --confirm shop").ok();
    assert!(gone.stdout.starts_with("Destroyed shop: "), "{}", gone.stdout);
    assert!(gone.stderr.contains("log objects of the source"), "{}", gone.stderr);
    assert_eq!(std::fs::read_dir(world.path("logs")).unwrap().count(), 2);
    assert_eq!(world.run("status").code, 6);
    world.run("deploy").ok();
    assert_eq!(world.run("run --output json").ok().json()["counts"]["records"], 2);
}

#[test]
fn a_log_folder_inside_the_lake_or_around_it_is_refused_whatever_wrote_the_file() {
    let world = deployed();
    let text = world.read("bucketscope.yaml").replace("lake: lake", "lake: logs/lake");
    world.write("bucketscope.yaml", text);
    let ran = world.run("deploy");
    assert_eq!(ran.code, 64);
    assert!(ran.stderr.contains("would lie in the log folder"), "{}", ran.stderr);
}

#[test]
fn the_first_interrupt_stops_a_run_cleanly_and_says_how_to_go_on() {
    let world = World::with_logs();
    world.run("generate --bytes 30MB --days 2 --seed 3 logs").ok();
    world.run("init --defaults --target local --logs logs --name shop").ok();
    world.run("deploy").ok();
    let mut child = crate::world::command(&world.path(""))
        .args(["run", "--threads", "1"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_000));
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    child.wait().unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("Stopping; what is done stays."), "{stderr}");
    assert!(
        stderr.ends_with("error: interrupted\n\nhint: the next `bucketscope run` goes on where this one stopped\n"),
        "{stderr}"
    );
    let ran = world.run("run --output json").ok().json();
    assert_eq!(
        ran["counts"]["objects"].as_u64().unwrap(),
        std::fs::read_dir(world.path("logs")).unwrap().count() as u64
    );
}
