//! The worker: what a job runs, without the command line's comforts and without an SQL engine.

use std::io::{BufReader, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bucketscope::aws::Session;
use bucketscope::aws::handover::SdkStartRun;
use bucketscope::aws::partitions::SdkPartitions;
use bucketscope::etl::join::ParquetJoiner;
use bucketscope::etl::model::Source;
use bucketscope::etl::{
    CompactOptions, Pipeline, RunOptions, Settings, SourceStores, Spread, WhenBusy, compact_with, run,
};
use bucketscope::logs::table::Table;
use bucketscope::storage::Store;
use bucketscope::worker::drive::Driver;
use bucketscope::{Error, Result, pipeline, selftest, worker};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Stands in the file as text: `deploy` looks for it without running the program.
#[used]
static VERSION: &str = concat!("bucketscope-worker ", env!("CARGO_PKG_VERSION"), "\n");

const USAGE: &str = "\
usage: bucketscope-worker run --pipeline JSON [--from TIME] [--to TIME] [--full yes] [--inventory PLACE]
                              [--threads N] [--shard-bytes N] [--dpus N]
       bucketscope-worker run --lake DIR --source [ID=]DIR… --trail [ID=]DIR… [--threads N] [--settling-ms N] [--shard-bytes N] [--beside]
       bucketscope-worker compact --pipeline JSON | --lake DIR [--older-than-ms N] [--threads N] [--beside]
       bucketscope-worker drive (what run is told)
       bucketscope-worker shard --pipeline JSON --plan PLAN --shard N [--tied]
       bucketscope-worker shard --lake DIR --source [ID=]DIR… --trail [ID=]DIR… --plan PLAN --shard N [--tied]
       bucketscope-worker self-test [--pipeline JSON]
       bucketscope-worker --version

run    reads what is new in the sources and adds it to the lake: buckets, of which --pipeline tells, then the catalogue
       learns of it; or folders of access logs (--source) and of CloudTrail's files (--trail), whose lake must have been
       deployed
compact  joins the files of partitions that have had no new one for a while; with --pipeline the catalogue learns of it
drive  the same, but has the shards worked on by whoever reads its standard output: a line of JSON there names a plan and
       its shards, and the line done, or failed and the reason, is the answer on standard input
shard  does one shard of a plan that was made before and leaves its done-file; nothing if that is there. Tied, it ends as
       soon as its standard input does
self-test  tells what it finds where it runs: system, cores, memory, disk, network, credentials, speed
";

fn main() -> ExitCode {
    bucketscope::keep_memory();
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
        Some(("run", rest)) => run_or_drive(&Arguments::parse(rest)?, None),
        Some(("drive", rest)) => {
            let arguments = Arguments::parse(rest)?;
            run_or_drive(&arguments, Some(&Driver::new(say, BufReader::new(std::io::stdin()))))
        }
        Some(("compact", rest)) => {
            let arguments = Arguments::parse(rest)?;
            if arguments.pipeline.is_some() { compact_job(&arguments) } else { compact_folder(&arguments) }
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
    dpus: Option<f64>,
    plan: Option<String>,
    shard: Option<u64>,
    beside: bool,
    tied: bool,
    pipeline: Option<String>,
    from: Option<i64>,
    to: Option<i64>,
    older_than_ms: Option<i64>,
    full: bool,
    inventory: Option<String>,
}

impl Arguments {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut parsed = Self::default();
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            match name.as_str() {
                "--beside" => parsed.beside = true,
                "--tied" => parsed.tied = true,
                _ => {}
            }
            if ["--beside", "--tied"].contains(&name.as_str()) {
                continue;
            }
            let value = rest.next().ok_or_else(|| Error::usage(format!("{name} needs a value")).hint(USAGE))?;
            let number = || value.parse().map_err(|_| Error::usage(format!("{name} needs a number, not {value:?}")));
            match name.as_str() {
                "--pipeline" => parsed.pipeline = Some(value.clone()),
                "--from" => parsed.from = Some(time(name, value)?),
                "--to" => parsed.to = Some(time(name, value)?),
                "--older-than-ms" => {
                    let wrong = |_| Error::usage(format!("{name} needs a number, not {value:?}"));
                    parsed.older_than_ms = Some(value.parse().map_err(wrong)?);
                }
                "--full" => parsed.full = value == "yes",
                "--inventory" => parsed.inventory = Some(value.clone()),
                "--lake" => parsed.lake = Some(value.clone()),
                "--source" => parsed.sources.push(source(value, Table::AccessLogs)),
                "--trail" => parsed.sources.push(source(value, Table::CloudTrail)),
                "--threads" => parsed.threads = Some(number()?),
                "--settling-ms" => parsed.settling_ms = Some(number()?),
                "--shard-bytes" => parsed.shard_bytes = Some(number()?),
                "--dpus" => {
                    let dpus = value.parse().ok().filter(|dpus: &f64| dpus.is_finite() && *dpus > 0.0);
                    parsed.dpus =
                        Some(dpus.ok_or_else(|| Error::usage(format!("--dpus needs a number, not {value:?}")))?);
                }
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
            return Err(Error::usage("--source or --trail is missing").hint(USAGE));
        }
        let mut settings = Settings::default();
        settings.settling_ms =
            self.settling_ms.map_or(settings.settling_ms, |ms| i64::try_from(ms).unwrap_or(i64::MAX));
        settings.limits.shard_bytes = self.shard_bytes.unwrap_or(settings.limits.shard_bytes);
        Ok(Pipeline { lake: Store::folder(Path::new(lake))?, sources: self.sources.clone(), settings })
    }
}

/// `ID=DIR`, or a folder that is its own id.
fn source(text: &str, table: Table) -> Source {
    let (id, location) = text.split_once('=').unwrap_or((text, text));
    Source { id: id.to_owned(), location: location.to_owned(), table, ..Source::default() }
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

fn run_or_drive(arguments: &Arguments, spread: Option<&dyn Spread>) -> Result<String> {
    if arguments.pipeline.is_some() { run_job(arguments, spread) } else { run_all(arguments, spread) }
}

/// The run of a job: prints a line now and then, and at last one line of JSON.
fn run_job(arguments: &Arguments, spread: Option<&dyn Spread>) -> Result<String> {
    let pipeline = pipeline::Pipeline::parse(arguments.pipeline.as_deref().unwrap_or_default())?;
    let session = Session::open(Some(&pipeline.lake.region))?;
    session.tasks().spawn(listen());
    let window = (arguments.from.is_some() || arguments.to.is_some())
        .then(|| (arguments.from.unwrap_or(i64::MIN), arguments.to.unwrap_or(i64::MAX)));
    let jobs = SdkStartRun::new(&session.in_region(&pipeline.catalogue.region));
    let request = worker::Request {
        window,
        full: arguments.full,
        inventory: arguments.inventory.as_deref(),
        threads: arguments.threads.map(|threads| threads as usize),
        shard_bytes: arguments.shard_bytes,
        spread,
        dpus: arguments.dpus,
        ..worker::Request::new(&pipeline, now_ms(), &CANCEL, &jobs)
    };
    let glue = SdkPartitions::new(&session.in_region(&pipeline.catalogue.region));
    let report = worker::run(&session, &glue, &request, &worker::Lines::new(say))?;
    report.notes().iter().for_each(|note| say(note));
    let line = json(&report)?;
    match report.failure {
        None => Ok(line),
        Some(error) => {
            say(line.trim_end());
            Err(error)
        }
    }
}

/// The compaction of a job: like a run, it prints a line now and then, and at last one line of JSON.
fn compact_job(arguments: &Arguments) -> Result<String> {
    let pipeline = pipeline::Pipeline::parse(arguments.pipeline.as_deref().unwrap_or_default())?;
    let session = Session::open(Some(&pipeline.lake.region))?;
    session.tasks().spawn(listen());
    let glue = SdkPartitions::new(&session.in_region(&pipeline.catalogue.region));
    let options = CompactOptions { cancel: Some(&CANCEL), ..compact_options(arguments) };
    let report = worker::compact(&session, &glue, &pipeline, &options, &worker::Lines::new(say))?;
    let line = json(&report)?;
    match report.failure {
        None => Ok(line),
        Some(error) => {
            say(line.trim_end());
            Err(error)
        }
    }
}

fn compact_options(arguments: &Arguments) -> CompactOptions<'static> {
    let mut options = CompactOptions::at(now_ms());
    options.older_than_ms = arguments.older_than_ms.unwrap_or(options.older_than_ms);
    options.threads = arguments.threads.map_or(options.threads, |threads| threads as usize);
    options
}

fn compact_folder(arguments: &Arguments) -> Result<String> {
    let lake = arguments.lake.as_ref().ok_or_else(|| Error::usage("--lake is missing").hint(USAGE))?;
    let lake = Store::folder(Path::new(lake))?;
    let mut options = compact_options(arguments);
    if arguments.beside {
        options.when_busy = WhenBusy::WorkBeside;
    }
    let pipeline = Pipeline { lake, sources: Vec::new(), settings: Settings::default() };
    json(&compact_with(&pipeline, &options, &ParquetJoiner, &())?)
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

fn run_all(arguments: &Arguments, spread: Option<&dyn Spread>) -> Result<String> {
    let mut options = RunOptions::at(now_ms());
    options.threads = arguments.threads.map_or(options.threads, |threads| threads as usize);
    options.spread = spread;
    if arguments.beside {
        options.when_busy = WhenBusy::WorkBeside;
    }
    json(&run(&arguments.folders()?, &options, &())?)
}

fn run_shard(arguments: &Arguments) -> Result<String> {
    let plan = arguments.plan.as_ref().ok_or_else(|| Error::usage("--plan is missing").hint(USAGE))?;
    let number = arguments.shard.and_then(|number| u32::try_from(number).ok());
    let number = number.ok_or_else(|| Error::usage("--shard is missing").hint(USAGE))?;
    if arguments.tied {
        end_with_input();
    }
    let done = match &arguments.pipeline {
        Some(text) => {
            let pipeline = pipeline::Pipeline::parse(text)?;
            let session = Session::open(Some(&pipeline.lake.region))?;
            session.tasks().spawn(listen());
            worker::one_shard(&session, &pipeline, plan, number, &CANCEL)?
        }
        None => {
            let pipeline = arguments.folders()?;
            let sources = SourceStores::open(&pipeline.sources)?;
            worker::shard(&pipeline, &sources, plan, number, &CANCEL)?
        }
    };
    // Its files stand in the done-file; nobody reads them here.
    json(&serde_json::json!({ "shard": done.shard, "counts": done.counts }))
}

/// Ends the process when whoever started it is gone: a task that was ended leaves nobody behind who goes on with it.
fn end_with_input() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(130);
    });
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    let text = serde_json::to_string(value).map_err(|error| Error::failed("cannot write JSON").because(error))?;
    Ok(text + "\n")
}
