//! The worker: what a job runs, without the command line's comforts and without an SQL engine.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bucketscope::aws::Session;
use bucketscope::aws::partitions::SdkPartitions;
use bucketscope::etl::model::Source;
use bucketscope::etl::state::PlanId;
use bucketscope::etl::work::LogWorker;
use bucketscope::etl::{Job, Pipeline, RunOptions, Settings, ShardWorker, SourceStores, WhenBusy, plan, run, state};
use bucketscope::storage::Store;
use bucketscope::{Error, Result, pipeline, selftest, worker};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Stands in the file as text: `deploy` looks for it without running the program.
#[used]
static VERSION: &str = concat!("bucketscope-worker ", env!("CARGO_PKG_VERSION"), "\n");

const USAGE: &str = "\
usage: bucketscope-worker run --pipeline JSON [--from TIME] [--to TIME] [--full yes] [--inventory PLACE]
                              [--threads N]
       bucketscope-worker run --lake DIR --source [ID=]DIR… [--threads N] [--settling-ms N] [--shard-bytes N] [--beside]
       bucketscope-worker shard --lake DIR --source [ID=]DIR… --plan PLAN --shard N
       bucketscope-worker self-test [--pipeline JSON]
       bucketscope-worker --version

run    reads what is new in the sources and adds it to the lake: buckets, of which --pipeline tells, then the catalogue
       learns of it; or folders, whose lake must have been deployed
shard  does one shard of a plan that was made before and leaves its done-file
self-test  tells what it finds where it runs: system, cores, memory, disk, network, credentials, speed
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (text, code) = match answer(&arguments) {
        Ok(text) => (Ok(text), ExitCode::SUCCESS),
        Err(error) => {
            let hint = error.suggestion().map(|hint| format!("\n\n  {hint}")).unwrap_or_default();
            (Err(format!("error: {error}{hint}\n")), ExitCode::from(error.code()))
        }
    };
    // Nobody is left to be told when these cannot be written.
    let _ = match text {
        Ok(text) => std::io::stdout().write_all(text.as_bytes()),
        Err(text) => std::io::stderr().write_all(text.as_bytes()),
    };
    code
}

fn answer(arguments: &[String]) -> Result<String> {
    match arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some(("run", rest)) => {
            let arguments = Arguments::parse(rest)?;
            if arguments.pipeline.is_some() { run_job(&arguments) } else { run_all(&arguments) }
        }
        Some(("shard", rest)) => run_shard(&Arguments::parse(rest)?),
        Some(("self-test", rest)) => self_test(&Arguments::parse(rest)?),
        Some(("--version" | "-V", _)) => Ok(std::hint::black_box(VERSION).to_owned()),
        Some(("--help" | "-h", _)) => Ok(USAGE.to_owned()),
        _ => Err(Error::usage("no command, or one that is not known").hint(USAGE)),
    }
}

/// The options, as they were given.
#[derive(Debug, Default)]
struct Arguments {
    lake: Option<String>,
    sources: Vec<Source>,
    threads: Option<u64>,
    settling_ms: Option<u64>,
    shard_bytes: Option<u64>,
    plan: Option<String>,
    shard: Option<u64>,
    beside: bool,
    pipeline: Option<String>,
    from: Option<i64>,
    to: Option<i64>,
    full: bool,
    inventory: Option<String>,
}

impl Arguments {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut parsed = Self::default();
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            if name == "--beside" {
                parsed.beside = true;
                continue;
            }
            let value = rest.next().ok_or_else(|| Error::usage(format!("{name} needs a value")).hint(USAGE))?;
            let number = || value.parse().map_err(|_| Error::usage(format!("{name} needs a number, not {value:?}")));
            match name.as_str() {
                "--pipeline" => parsed.pipeline = Some(value.clone()),
                "--from" => parsed.from = Some(time(name, value)?),
                "--to" => parsed.to = Some(time(name, value)?),
                "--full" => parsed.full = value == "yes",
                "--inventory" => parsed.inventory = Some(value.clone()),
                "--lake" => parsed.lake = Some(value.clone()),
                "--source" => parsed.sources.push(source(value)),
                "--threads" => parsed.threads = Some(number()?),
                "--settling-ms" => parsed.settling_ms = Some(number()?),
                "--shard-bytes" => parsed.shard_bytes = Some(number()?),
                "--plan" => parsed.plan = Some(value.clone()),
                "--shard" => parsed.shard = Some(number()?),
                _ => return Err(Error::usage(format!("unknown option {name}")).hint(USAGE)),
            }
        }
        Ok(parsed)
    }

    fn folders(&self) -> Result<Pipeline> {
        let lake = self.lake.as_ref().ok_or_else(|| Error::usage("--lake is missing").hint(USAGE))?;
        if self.sources.is_empty() {
            return Err(Error::usage("--source is missing").hint(USAGE));
        }
        let mut settings = Settings::default();
        settings.settling_ms =
            self.settling_ms.map_or(settings.settling_ms, |ms| i64::try_from(ms).unwrap_or(i64::MAX));
        settings.limits.shard_bytes = self.shard_bytes.unwrap_or(settings.limits.shard_bytes);
        Ok(Pipeline { lake: Store::folder(Path::new(lake))?, sources: self.sources.clone(), settings })
    }
}

/// `ID=DIR`, or a folder that is its own id.
fn source(text: &str) -> Source {
    let (id, location) = text.split_once('=').unwrap_or((text, text));
    Source { id: id.to_owned(), location: location.to_owned(), account_id: None, bucket_region: None }
}

/// A time, or the beginning of a day, in milliseconds since the epoch.
fn time(name: &str, text: &str) -> Result<i64> {
    let day = |date: Date| date.to_zoned(TimeZone::UTC).map(|day| day.timestamp());
    let parsed = text.parse::<Timestamp>().or_else(|_| text.parse::<Date>().and_then(day));
    let wrong =
        |_| Error::usage(format!("{name} needs a day (2026-06-01) or a time (2026-06-01T12:00:00Z), not {text:?}"));
    parsed.map(Timestamp::as_millisecond).map_err(wrong)
}

fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// Set when the process is asked to end.
static CANCEL: AtomicBool = AtomicBool::new(false);

/// The run of a job: prints a line now and then, and at last one line of JSON.
fn run_job(arguments: &Arguments) -> Result<String> {
    let pipeline = pipeline::Pipeline::parse(arguments.pipeline.as_deref().unwrap_or_default())?;
    let session = Session::open(Some(&pipeline.lake.region))?;
    session.tasks().spawn(listen());
    if !pipeline.trails.is_empty() {
        say("the files of CloudTrail are not read by this version yet");
    }
    let window = (arguments.from.is_some() || arguments.to.is_some())
        .then(|| (arguments.from.unwrap_or(i64::MIN), arguments.to.unwrap_or(i64::MAX)));
    let request = worker::Request {
        pipeline: &pipeline,
        window,
        full: arguments.full,
        inventory: arguments.inventory.as_deref(),
        threads: arguments.threads.map(|threads| threads as usize),
        now_ms: now_ms(),
        cancel: &CANCEL,
    };
    let glue = SdkPartitions::new(&session.in_region(&pipeline.catalogue.region));
    let report = worker::run(&session, &glue, &request, &worker::Lines::new(say))?;
    let line = json(&report)?;
    match report.failure {
        None => Ok(line),
        Some(error) => {
            say(line.trim_end());
            Err(error)
        }
    }
}

/// Prints a line at once: the log of a job is read while it runs.
fn say(line: &str) {
    // Nobody is left to be told when this cannot be written.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The first request to end stops the run at a place from which the next one goes on, the second one at once.
async fn listen() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return;
    };
    for code in [None, Some(130)] {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        CANCEL.store(true, Ordering::SeqCst);
        if let Some(code) = code {
            std::process::exit(code);
        }
    }
}

/// Tells what there is where this runs; without a pipeline, nothing is asked over the network.
fn self_test(arguments: &Arguments) -> Result<String> {
    let pipeline = arguments.pipeline.as_deref().map(pipeline::Pipeline::parse).transpose()?;
    let session = pipeline.as_ref().map(|pipeline| Session::open(Some(&pipeline.lake.region))).transpose()?;
    let self_test = selftest::run(session.as_ref().zip(pipeline.as_ref()))?;
    json(&selftest::Line { self_test })
}

fn run_all(arguments: &Arguments) -> Result<String> {
    let mut options = RunOptions::at(now_ms());
    options.threads = arguments.threads.map_or(options.threads, |threads| threads as usize);
    if arguments.beside {
        options.when_busy = WhenBusy::WorkBeside;
    }
    json(&run(&arguments.folders()?, &options, &())?)
}

fn run_shard(arguments: &Arguments) -> Result<String> {
    let pipeline = arguments.folders()?;
    let name = arguments.plan.as_ref().ok_or_else(|| Error::usage("--plan is missing").hint(USAGE))?;
    let number = arguments.shard.and_then(|number| u32::try_from(number).ok());
    let number = number.ok_or_else(|| Error::usage("--shard is missing").hint(USAGE))?;
    let id = PlanId::leading(name).filter(|id| id.to_string() == *name);
    let id = id.ok_or_else(|| Error::usage(format!("{name} does not name a plan")))?;
    state::check_format(&pipeline.lake)?;
    let plan = plan::load(&pipeline.lake, id)?
        .ok_or_else(|| Error::failed(format!("there is no plan {name} in {}", pipeline.lake.location())))?;
    if !plan.fits(&LogWorker.identity(), &pipeline.sources) {
        return Err(Error::failed(format!("the plan {name} was made by another program or for other sources")));
    }
    let sources = SourceStores::open(&pipeline.sources)?;
    let shard = plan::shard(&pipeline.lake, &plan, number)?;
    let job = Job { lake: &pipeline.lake, sources: &sources, plan: name, places: &plan.places, shard: &shard };
    let done = LogWorker.work(&job, &|_, _| {}, &AtomicBool::new(false))?;
    state::write_new(&pipeline.lake, &id.done(number), &done)?;
    json(&done)
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    let text = serde_json::to_string(value).map_err(|error| Error::failed("cannot write JSON").because(error))?;
    Ok(text + "\n")
}
