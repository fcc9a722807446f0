//! The worker: what a job runs, without the command line's comforts and without an SQL engine.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::{SystemTime, UNIX_EPOCH};

use bucketscope::etl::model::Source;
use bucketscope::etl::state::PlanId;
use bucketscope::etl::work::LogWorker;
use bucketscope::etl::{Job, Pipeline, RunOptions, Settings, ShardWorker, SourceStores, WhenBusy, plan, run, state};
use bucketscope::storage::Store;
use bucketscope::{Error, Result};

const USAGE: &str = "\
usage: bucketscope-worker run --lake DIR --source [ID=]DIR… [--threads N] [--settling-ms N] [--shard-bytes N] [--beside]
       bucketscope-worker shard --lake DIR --source [ID=]DIR… --plan PLAN --shard N
       bucketscope-worker --version

run    reads what is new in the sources and adds it to the lake, which must have been deployed
shard  does one shard of a plan that was made before and leaves its done-file
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
        Some(("run", rest)) => run_all(&Arguments::parse(rest)?),
        Some(("shard", rest)) => run_shard(&Arguments::parse(rest)?),
        Some(("--version" | "-V", _)) => Ok(format!("bucketscope-worker {}\n", env!("CARGO_PKG_VERSION"))),
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

    fn pipeline(&self) -> Result<Pipeline> {
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

fn run_all(arguments: &Arguments) -> Result<String> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut options = RunOptions::at(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX));
    options.threads = arguments.threads.map_or(options.threads, |threads| threads as usize);
    if arguments.beside {
        options.when_busy = WhenBusy::WorkBeside;
    }
    json(&run(&arguments.pipeline()?, &options, &())?)
}

fn run_shard(arguments: &Arguments) -> Result<String> {
    let pipeline = arguments.pipeline()?;
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
    let job = Job { lake: &pipeline.lake, sources: &sources, plan: name, shard: &shard };
    let done = LogWorker.work(&job, &|_, _| {}, &AtomicBool::new(false))?;
    state::write_new(&pipeline.lake, &id.done(number), &done)?;
    json(&done)
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    let text = serde_json::to_string(value).map_err(|error| Error::failed("cannot write JSON").because(error))?;
    Ok(text + "\n")
}
