//! The pipeline on buckets makes the lake that it makes on folders, byte for byte, whatever happens to it on its way.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bucketscope::Result;
use bucketscope::aws::handover::{StartRun, Wanted};
use bucketscope::aws::partitions::SdkPartitions;
use bucketscope::etl::model::Source;
use bucketscope::etl::work::LogWorker;
use bucketscope::etl::{Pipeline, RunOptions, Settings, SourceStores, WhenBusy, deploy, run, run_over};
use bucketscope::generate::{Options, generate};
use bucketscope::logs::table::Table;
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
            dpu_hour_micro_usd: Some(440_000),
            hand_over: None,
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
    Source {
        id: "a".to_owned(),
        location,
        account_id: owner,
        bucket_region: Some(REGION.to_owned()),
        ..Source::default()
    }
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
    for folder in ["s3_access_logs", "cloudtrail_events", "_state/rejects"] {
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
    let jobs = Spark::default();
    // As if it were a minute later, so that nothing has to settle.
    let now_ms = now_ms() + 60_000;
    let request =
        worker::Request { threads: Some(2), dpus: Some(1.0), ..worker::Request::new(&told, now_ms, &cancel, &jobs) };
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
    // A minute is billed at least.
    let cost = again.cost.unwrap();
    assert!((cost.dpu_hours - 1.0 / 60.0).abs() < 1e-9 && (cost.usd.unwrap() - 0.44 / 60.0).abs() < 1e-9, "{cost:?}");
    assert!(jobs.started.lock().unwrap().is_empty());
}

/// The job with many workers, which starts and does nothing.
#[derive(Default)]
pub struct Spark {
    started: Mutex<Vec<(u32, BTreeMap<String, String>)>>,
    busy: bool,
}

impl StartRun for Spark {
    fn start(&self, wanted: &Wanted<'_>) -> Result<Option<String>> {
        assert_eq!((wanted.job, wanted.worker_type), ("spark", "G.2X"));
        self.started.lock().unwrap().push((wanted.workers, wanted.arguments.clone()));
        Ok((!self.busy).then(|| "jr_9".to_owned()))
    }
}

#[test]
fn what_is_too_much_is_planned_and_handed_over_and_the_other_job_goes_on_with_that_very_plan() {
    let world = World::new("lake-over", 3_000_000);
    let mut told = world.told("lake/");
    told.hand_over = Some(pipeline::HandOver {
        job: "spark".to_owned(),
        worker_type: "G.2X".to_owned(),
        dpus_each: 2,
        workers_at_most: 10,
        after_minutes: 0,
    });
    let cancel = AtomicBool::new(false);
    let glue = SdkPartitions::new(&world.bucket.session);
    let run = |told: &pipeline::Pipeline, jobs: &Spark| {
        let window = Some((0, i64::MAX));
        let dpus = Some(0.0625);
        let request = worker::Request {
            window,
            threads: Some(2),
            dpus,
            ..worker::Request::new(told, now_ms() + 60_000, &cancel, jobs)
        };
        worker::run(&world.bucket.session, &glue, &request, &()).unwrap()
    };
    let (free, busy) = (Spark::default(), Spark { busy: true, ..Spark::default() });
    let small = run(&told, &free);
    let over = small.handed_over.clone().unwrap();
    assert_eq!((over.run.as_deref(), over.workers, small.run.nothing_new), (Some("jr_9"), 2, false));
    let arguments =
        [("--dpus", "4"), ("--from", "1970-01-01T00:00:00Z")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(*free.started.lock().unwrap(), [(2, BTreeMap::from(arguments))]);
    assert_eq!(small.run.commits, Vec::<u64>::new());
    assert!(
        small.notes()[0]
            .starts_with("handed over to the job spark, run jr_9, with 2 workers: the plan 000000000001-a1: ")
    );
    // A second small run before the other job has begun: it makes no plan of its own.
    let second = run(&told, &busy);
    assert_eq!(second.run.left, small.run.left);
    assert!(
        second.notes()[0].starts_with("the job spark is at work already and goes on with the plan"),
        "{:?}",
        second.notes()
    );
    // The other job is told of no third.
    told.hand_over = None;
    let large = run(&told, &free);
    assert_eq!((large.run.resumed, large.run.commits), (1, vec![1]));
    world.assert_same("lake/");
}

#[test]
fn a_small_run_leaves_all_to_one_that_is_at_work_and_ends_in_peace() {
    let world = World::new("lake-peace", 1_000_000);
    let lake = world.lake("lake/");
    bucketscope::etl::state::make_format(&lake).unwrap();
    let source = Store::s3(&world.bucket.session, &world.bucket.place("logs/"));
    let sources = SourceStores::over([(source, self::source("s3://lake-peace/logs/".to_owned()))]);
    let pipeline = Pipeline { lake: lake.clone(), sources: vec![self::source(String::new())], settings: settings() };
    let _held = bucketscope::etl::lease::Lease::take(&lake, now_ms(), 60_000).unwrap().unwrap();
    let mut options = RunOptions::at(now_ms());
    options.when_busy = WhenBusy::Leave(100);
    let left = run_over(&pipeline, &sources, &options, &LogWorker, &()).unwrap();
    assert_eq!((left.at_work.unwrap().pid, left.commits), (std::process::id(), vec![]));
    options.when_busy = WhenBusy::Wait(100);
    assert!(run_over(&pipeline, &sources, &options, &LogWorker, &()).is_err());
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
    // On a machine that is busy elsewhere a run may be over before it can be asked: then another lake, and another run.
    let asked = (0..10).find_map(|attempt| {
        let lake = format!("lake{attempt}/");
        let run = world.worker(&lake).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = run.id().to_string();
        // Once it has a plan, it is at work.
        let plan = || world.lake(&lake).names("_state/plans").unwrap().iter().any(|path| path.ends_with("plan.json"));
        while !plan() {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let output = run.wait_with_output().unwrap();
        (!output.status.success()).then_some((lake, output))
    });
    let (lake, output) = asked.expect("a run that was asked in time");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.starts_with("error: interrupted\n"), "{text}");
    let output = world.worker(&lake).output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    let summary: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((&summary["resumed"], &summary["commits"]), (&1.into(), &[1].as_slice().into()), "{summary}");
    world.assert_same(&lake);
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

/// Files of an organisation's trail, one of them cut short, beside those of another service. (Not beside digests: SeaweedFS
/// lists `CloudTrail-Digest/` behind `CloudTrail/`, which S3, going by bytes, does not.)
fn trail(folder: &Path) {
    let event = |n: usize| {
        format!(
            r#"{{"eventTime":"2026-06-01T{:02}:00:{:02}Z","eventID":"e-{n}","eventSource":"s3.amazonaws.com",
"eventName":"GetObject","requestParameters":{{"bucketName":"shop","key":"k/{n}"}}}}"#,
            n % 24,
            n % 60
        )
    };
    for account in ["111122223333", "444455556666"] {
        for (minute, kind) in [(10, "CloudTrail"), (15, "CloudTrail"), (20, "Config")] {
            let day = folder.join("o-abcdef1234").join(account).join(kind).join("eu-west-1/2026/06/01");
            std::fs::create_dir_all(&day).unwrap();
            let events: Vec<String> = (0..300).map(|n| event(n * minute)).collect();
            let mut text = format!("{{\"Records\":[{}]}}", events.join(","));
            text.truncate(if minute == 15 { text.len() - 40 } else { text.len() });
            let name = format!("{account}_{kind}_eu-west-1_20260601T10{minute}Z_x9kHmzMa7cx6l9wM.json.gz");
            std::fs::write(day.join(name), text).unwrap();
        }
    }
}

#[test]
fn a_trail_in_a_bucket_gives_the_events_that_it_gives_in_a_folder() {
    let mut world = World::new("trail", 60_000);
    let files = world.folder.path().join("trail");
    trail(&files);
    upload(&world.bucket, &files, "AWSLogs/");
    let lake = Store::folder_created(&world.folder.path().join("both")).unwrap();
    let logs = source(world.folder.path().join("logs").display().to_string());
    let audit = Source {
        id: "audit".to_owned(),
        table: Table::CloudTrail,
        location: files.display().to_string(),
        ..Source::default()
    };
    let pipeline = Pipeline { lake: lake.clone(), sources: vec![logs, audit], settings: settings() };
    deploy(&pipeline).unwrap();
    let expected = run(&pipeline, &RunOptions::at(now_ms()), &()).unwrap();
    assert_eq!((expected.counts.damaged_objects["json_truncated"], expected.listing.siblings), (2, 2));
    world.expected = contents(&lake);
    let mut told = world.told("of-trail/");
    told.trails = vec![pipeline::Source { id: "audit".to_owned(), place: world.bucket.place("AWSLogs/") }];
    let mut command = Command::new(env!("CARGO_BIN_EXE_bucketscope-worker"));
    command.args(["run", "--threads", "2", "--pipeline", &serde_json::to_string(&told).unwrap()]);
    command
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", server::port()))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world.assert_same("of-trail/");
}
