//! The real worker, killed with SIGKILL at many moments and started again.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use bucketscope::etl::committed;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;

use super::naive::World;

/// A record of a minute of 2026-01-01, in AWS's format of 26 fields.
fn line(minute: usize, number: usize) -> String {
    let (hour, minute) = (minute / 60 % 24, minute % 60);
    format!(
        "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket \
         [01/Jan/2026:{hour:02}:{minute:02}:38 +0000] 192.0.2.3 - {number:016X} REST.GET.OBJECT photos/{number}.jpg \
         \"GET /photos/{number}.jpg HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"curl/8\" - hostid= SigV4 \
         ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket.s3.us-west-1.amazonaws.com TLSv1.2 - -\n"
    )
}

pub const LINES: usize = 20;

/// So many objects of 20 records each, and one reject in each tenth.
pub fn world_of_real_logs(objects: usize) -> World {
    let world = World::new();
    for object in 0..objects {
        put(&world, object);
    }
    world
}

fn put(world: &World, object: usize) {
    let mut text: String = (0..LINES).map(|number| line(object * 7 + number * 50, object * LINES + number)).collect();
    if object.is_multiple_of(10) {
        text.push_str("this is no record\n");
    }
    world.put("a", &key(object), &text);
}

fn key(object: usize) -> String {
    format!("2026-01-02-00-00-{:02}-{object:016X}", object % 60)
}

/// Adds a record to an object that is there.
pub fn append(world: &World, object: usize) {
    use std::io::Write;
    let path = world.path("a").join(key(object));
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(line(object, 1_000_000 + object).as_bytes()).unwrap();
}

/// The worker's command line for a run.
pub fn worker(world: &World) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bucketscope-worker"));
    command.arg("run").arg("--lake").arg(world.path("lake"));
    for id in ["a", "b"] {
        command.arg("--source").arg(format!("{id}={}", world.path(id).display()));
    }
    command.args(["--settling-ms", "0", "--shard-bytes", "50000", "--threads", "2"]);
    command
}

/// Reads every committed Parquet file.
pub fn assert_every_record_once(world: &World, objects: usize) {
    assert_records_once(world, objects * LINES);
}

pub fn assert_records_once(world: &World, records: usize) {
    assert_records_are_there_once(world, records);
    let drift = world.drift();
    assert_eq!((drift.findings.as_slice(), drift.unfinished_files), ([].as_slice(), 0));
}

fn assert_records_are_there_once(world: &World, records: usize) {
    let mut seen: BTreeMap<(String, i64), u64> = BTreeMap::new();
    for file in committed(&world.lake()).unwrap() {
        let file = std::fs::File::open(world.path("lake").join(&file.path)).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let columns = reader.metadata().file_metadata().schema_descr();
        let column = |name: &str| (0..columns.num_columns()).find(|&at| columns.column(at).name() == name).unwrap();
        let (object, line) = (column("log_object"), column("log_line"));
        for row in reader.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            *seen.entry((row.get_string(object).unwrap().clone(), row.get_long(line).unwrap())).or_default() += 1;
        }
    }
    assert!(seen.values().all(|&count| count == 1), "no record twice");
    assert_eq!(seen.len(), records, "every record");
}

#[test]
fn a_run_may_be_killed_at_any_moment() {
    for delay_ms in (0..120).step_by(6) {
        let world = world_of_real_logs(60);
        run_and_kill(&world, delay_ms);
        finish(&world);
        assert_every_record_once(&world, 60);
    }
}

#[test]
fn run_after_run_may_be_killed_while_objects_come() {
    let world = world_of_real_logs(40);
    for round in 0..24 {
        put(&world, 40 + round);
        run_and_kill(&world, 4 + (round as u64 * 13) % 70);
    }
    finish(&world);
    assert_every_record_once(&world, 64);
}

fn run_and_kill(world: &World, delay_ms: u64) {
    let mut run = worker(world).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(delay_ms));
    run.kill().unwrap();
    run.wait().unwrap();
}

fn finish(world: &World) {
    let output = worker(world).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The worker's command line for a compaction.
fn compactor(world: &World) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bucketscope-worker"));
    command.arg("compact").arg("--lake").arg(world.path("lake")).args(["--older-than-ms", "-3600000"]);
    command
}

#[test]
fn a_compaction_may_be_killed_at_any_moment() {
    let mut joined = 0;
    for delay_ms in (0..150).step_by(10) {
        let world = world_of_real_logs(30);
        finish(&world);
        let before = committed(&world.lake()).unwrap().len();
        let mut compaction = compactor(&world).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay_ms));
        compaction.kill().unwrap();
        compaction.wait().unwrap();
        assert_records_are_there_once(&world, 30 * LINES);
        let output = compactor(&world).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_every_record_once(&world, 30);
        let after = committed(&world.lake()).unwrap();
        let hours: std::collections::BTreeSet<_> = after.iter().map(|file| (&file.date, &file.hour)).collect();
        assert_eq!(after.len(), hours.len(), "a file an hour");
        joined += before - after.len();
        finish(&world);
        assert_every_record_once(&world, 30);
    }
    assert!(joined > 0);
}
