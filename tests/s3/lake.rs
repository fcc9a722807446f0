//! The pipeline on buckets makes the lake that it makes on folders, byte for byte, whatever happens to it on its way.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bucketscope::aws::partitions::SdkPartitions;
use bucketscope::etl::model::Source;
use bucketscope::etl::work::LogWorker;
use bucketscope::etl::{Pipeline, RunOptions, Settings, SourceStores, WhenBusy, deploy, run, run_over};
use bucketscope::generate::{Options, generate};
use bucketscope::pipeline::{self, AfterCommit, Catalogue};
use bucketscope::storage::Store;
use bucketscope::worker;

use crate::server::{self, REGION, TestBucket};

pub fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Generated logs, with all that makes them hard to read, in a folder and in a bucket, and the lake of the folder.
pub struct World {
    pub bucket: TestBucket,
    folder: tempfile::TempDir,
    expected: BTreeMap<String, Vec<u8>>,
}

impl World {
    fn new(name: &str, bytes: u64) -> Self {
        Self::of(name, &Options { bytes, days: 2, hard: true, ..Options::default() })
    }

    pub fn of(name: &str, options: &Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        std::fs::create_dir(&logs).unwrap();
        generate(options, &logs).unwrap();
        let bucket = TestBucket::new(name);
        upload(&bucket, &logs, "logs/");
        let mut world = Self { bucket, folder, expected: BTreeMap::new() };
        world.expected = world.lake_of_the_folder();
        assert!(world.expected.keys().any(|path| path.ends_with(".parquet")));
        assert!(world.expected.keys().any(|path| path.ends_with(".ndjson")));
        world
    }

    fn lake_of_the_folder(&self) -> BTreeMap<String, Vec<u8>> {
        let lake = Store::folder_created(&self.folder.path().join("lake")).unwrap();
        let location = self.folder.path().join("logs").display().to_string();
        let pipeline = Pipeline { lake: lake.clone(), sources: vec![source(location)], settings: settings() };
        deploy(&pipeline).unwrap();
        run(&pipeline, &RunOptions::at(now_ms()), &()).unwrap();
        contents(&lake)
    }

    pub fn told(&self, lake: &str) -> pipeline::Pipeline {
        pipeline::Pipeline {
            version: pipeline::VERSION,
            name: "test".to_owned(),
            lake: self.bucket.place(lake),
            sources: vec![pipeline::Source { id: "a".to_owned(), place: self.bucket.place("logs/") }],
            trails: Vec::new(),
            catalogue: Catalogue {
                database: "none".to_owned(),
                region: REGION.to_owned(),
                after_commit: AfterCommit::Nothing,
            },
        }
    }

    /// The worker's program on buckets.
    fn worker(&self, lake: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bucketscope-worker"));
        command.args(["run", "--threads", "2", "--pipeline"]);
        command.arg(serde_json::to_string(&self.told(lake)).unwrap());
        command
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", server::port()))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
        command
    }

    fn lake(&self, lake: &str) -> Store {
        Store::s3(&self.bucket.session, &self.bucket.place(lake))
    }

    pub fn assert_same(&self, lake: &str) {
        let (found, expected) = (contents(&self.lake(lake)), &self.expected);
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, bytes) in expected {
            assert!(found[path] == *bytes, "{path} is another one");
        }
    }
}

fn settings() -> Settings {
    Settings { settling_ms: 0, ..Settings::default() }
}

fn source(location: String) -> Source {
    let owner = Some("000000000000".to_owned());
    Source { id: "a".to_owned(), location, account_id: owner, bucket_region: Some(REGION.to_owned()) }
}

fn upload(bucket: &TestBucket, folder: &Path, prefix: &str) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let key = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            upload(bucket, &entry.path(), &format!("{key}/"));
        } else {
            bucket.put(&key, std::fs::read(entry.path()).unwrap());
        }
    }
}

/// Every object that is committed: data files and reject files.
fn contents(lake: &Store) -> BTreeMap<String, Vec<u8>> {
    let mut contents = BTreeMap::new();
    for folder in ["s3_access_logs", "_state/rejects"] {
        for path in lake.names(folder).unwrap() {
            let bytes = lake.read(&path).unwrap().unwrap().to_vec();
            contents.insert(path, bytes);
        }
    }
    contents
}

#[test]
fn a_lake_on_s3_is_that_of_the_folder_and_is_made_by_the_first_run() {
    let world = World::new("lake-same", 3_000_000);
    let told = world.told("lake/");
    let cancel = AtomicBool::new(false);
    let glue = SdkPartitions::new(&world.bucket.session);
    // As if it were a minute later, so that nothing has to settle.
    let request = worker::Request {
        pipeline: &told,
        window: None,
        full: false,
        inventory: None,
        threads: Some(2),
        now_ms: now_ms() + 60_000,
        cancel: &cancel,
    };
    let report = worker::run(&world.bucket.session, &glue, &request, &()).unwrap();
    assert_eq!(report.run.commits, [1]);
    assert!(report.metrics["NewestRecordAgeHours"] > 0.0 && report.metrics["RunSeconds"] > 0.0);
    let counts = &report.run.counts;
    assert!(counts.records > 0);
    for (metric, count) in [("Records", counts.records), ("RejectedLines", counts.rejected), ("LogBytes", counts.bytes)]
    {
        assert_eq!(report.metrics[metric], count as f64, "{metric}");
    }
    world.assert_same("lake/");
    let again = worker::run(&world.bucket.session, &glue, &request, &()).unwrap();
    assert!(again.run.nothing_new);
    assert_eq!((again.metrics["Records"], again.metrics["LogBytes"]), (0.0, 0.0), "a quiet run says so");
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_lake() {
    let world = World::new("lake-killed", 12_000_000);
    let mut killed = 0;
    let mut delay = Duration::from_millis(20);
    loop {
        let mut run = world.worker("lake/").stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(delay);
        delay += delay / 6;
        if let Some(status) = run.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        run.kill().unwrap();
        run.wait().unwrap();
        killed += 1;
    }
    assert!(killed > 5, "{killed} kills");
    world.assert_same("lake/");
}

#[test]
fn a_run_that_is_asked_to_end_says_so_and_the_next_one_goes_on() {
    let world = World::new("lake-asked", 12_000_000);
    let run = world.worker("lake/").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = run.id().to_string();
    // Once it has a plan, it is at work.
    let plan = || world.lake("lake/").names("_state/plans").unwrap().iter().any(|path| path.ends_with("plan.json"));
    while !plan() {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.starts_with("error: interrupted\n"), "{text}");
    let output = world.worker("lake/").output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    let summary: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((&summary["resumed"], &summary["commits"]), (&1.into(), &[1].as_slice().into()), "{summary}");
    world.assert_same("lake/");
}

#[test]
fn two_runs_at_once_make_one_lake() {
    let world = World::new("lake-together", 3_000_000);
    let lake = world.lake("lake/");
    let store = Store::s3(&world.bucket.session, &world.bucket.place("logs/"));
    let sources = SourceStores::over([(store, source("s3://lake-together/logs/".to_owned()))]);
    let pipeline = Pipeline { lake, sources: vec![source(String::new())], settings: settings() };
    bucketscope::etl::state::make_format(&pipeline.lake).unwrap();
    let commits: Vec<u64> = std::thread::scope(|scope| {
        let one = || {
            let mut options = RunOptions::at(now_ms());
            options.when_busy = WhenBusy::WorkBeside;
            run_over(&pipeline, &sources, &options, &LogWorker, &()).unwrap().commits
        };
        let runs = [scope.spawn(one), scope.spawn(one), scope.spawn(one)];
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(commits, [1]);
    world.assert_same("lake/");
}
