//! `run` for the target `aws`: starts the job, watches it, and says what it did and cost.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::watching::Watching;
use crate::aws::Session;
use crate::aws::hands::Hands;
use crate::blueprint::Names;
use crate::cli::Run;
use crate::cmd::interrupt::Presses;
use crate::cmd::{Context, range, words};
use crate::config::cloud::{Cloud, CloudSource};
use crate::cost::money;
use crate::etl::Settings;
use crate::stack::job::{self, Ended, Follow, SECOND_THOUGHTS, WhenBusy, Wish};
use crate::stack::runs::{RunSeen, Summary};
use crate::stack::site::Site;
use crate::ui::export::envelope;
use crate::ui::reads::Reads;
use crate::ui::text::{self, plural};
use crate::ui::{Outcome, Screen, Ui, View};
use crate::{Error, ErrorKind, Result};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// In steps of this, so that Ctrl-C is heard at once.
const STEP: Duration = Duration::from_millis(100);

/// Without a word for so long, one is said (UX: a heartbeat every 30 s).
const HEARTBEAT: Duration = Duration::from_secs(30);

#[derive(Debug, Serialize)]
struct Ran {
    name: String,
    /// Whether it was at work before this command.
    attached: bool,
    #[serde(flatten)]
    run: RunSeen,
    /// The run that has planned what this one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    planned_by: Option<RunSeen>,
    /// For people alone.
    #[serde(skip)]
    reads: Reads,
}

/// Runs `run`.
///
/// # Errors
/// If nothing is deployed, another run is in the way, the run fails, or the user leaves.
pub fn execute(context: &Context, cloud: &Cloud, args: &Run) -> Result<Outcome> {
    start(context, cloud, &arguments(context, cloud, args)?, args.wait)
}

/// Has the job do what it is told, and watches it.
///
/// # Errors
/// As [`execute`].
pub(super) fn start(
    context: &Context,
    cloud: &Cloud,
    arguments: &BTreeMap<String, String>,
    wait: bool,
) -> Result<Outcome> {
    let session = Session::open(Some(&cloud.aws.region))?;
    session.check_account(&cloud.aws.account_id)?;
    let hands = |region: &str| Hands::sdk(&session.in_region(region), &cloud.aws.account_id);
    let watching = Watching::new(context.ui, context.command("status"));
    let site = Site::new(cloud, &hands, &watching);
    let following = Following::new(context.ui);
    let busy = match (wait, arguments.is_empty()) {
        (true, _) => WhenBusy::Wait,
        (false, true) => WhenBusy::Attach,
        (false, false) => WhenBusy::Refuse,
    };
    let begun = job::begin(&site, arguments, busy, &following)?;
    let verb = if begun.attached { "a run is at work already; watching" } else { "started" };
    context.ui.note(&format!("{verb} {}", text::visible(&begun.id)));
    let mut id = begun.id.clone();
    let mut ended = job::follow(&site, &Names::of(cloud).scheduled(), &id, &clock, &following)?;
    let mut planned_by = None;
    if let Ended::Done(small) = &ended
        && let Some((job, next)) = job::handed_over(&site, small)?
    {
        context.ui.note(&format!("handed over to {}; watching its run {}", job.name, text::visible(&next)));
        planned_by = Some(small.clone());
        ended = job::follow(&site, &job, &next, &clock, &following)?;
        id = next;
    }
    following.finish();
    match ended {
        Ended::Done(run) => {
            let reads = Reads::of(!cloud.sources.is_empty(), !cloud.trails.is_empty());
            Ok(done(context, Ran { name: cloud.name.clone(), attached: begun.attached, run, planned_by, reads }))
        }
        Ended::Failed(run, lines) => Err(failed(context, &run, &lines)),
        Ended::Left => Err(Error::new(ErrorKind::Interrupted, format!("stopped watching; the run {id} goes on"))
            .hint(format!("{}  tells how it ended", context.command("status")))),
        Ended::Stopped => {
            Err(Error::new(ErrorKind::Interrupted, format!("the run {id} was stopped; what it has committed stays"))
                .hint(format!("{}  goes on where it stopped", context.command("run"))))
        }
    }
}

/// The clock of a command that goes on for longer than one look.
fn clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What the job is told besides what its definition says.
fn arguments(context: &Context, cloud: &Cloud, args: &Run) -> Result<BTreeMap<String, String>> {
    let mut told = BTreeMap::new();
    if let Some((from, to)) = range::resolve(&args.range, context.now_ms, (0, context.now_ms))? {
        let lag = text::duration(Settings::default().lag_ms.max(0).unsigned_abs());
        let range = text::time_range(from, to);
        let things = Reads::of(!cloud.sources.is_empty(), !cloud.trails.is_empty()).things();
        context.ui.note(&format!("records of {range}: {things} delivered then, or up to {lag} later"));
        told.insert("--from".to_owned(), text::time(from));
        told.insert("--to".to_owned(), text::time(to));
    }
    if args.full {
        told.insert("--full".to_owned(), "yes".to_owned());
    }
    if let Some(place) = &args.inventory {
        check_inventory(cloud, place)?;
        told.insert("--inventory".to_owned(), place.clone());
    }
    if let Some(threads) = args.threads {
        told.insert("--threads".to_owned(), threads.to_string());
    }
    Ok(told)
}

/// The job's role may read the inventories that the configuration names, and no others.
fn check_inventory(cloud: &Cloud, place: &str) -> Result<()> {
    let below = |source: &CloudSource| {
        source.inventory_place().is_some_and(|(bucket, prefix)| {
            place.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).is_some_and(|(named, key)| {
                named == bucket && key.starts_with(prefix) && key.ends_with("manifest.json")
            })
        })
    };
    if cloud.sources.iter().any(below) {
        return Ok(());
    }
    Err(Error::usage(format!("{} is no manifest.json of an inventory that the configuration names", text::visible(place)))
        .hint("give the source `inventory: s3://BUCKET/PREFIX`, where S3 delivers it, and deploy: the job's role may read nothing else"))
}

fn done(context: &Context, ran: Ran) -> Outcome {
    let unknown = ran.run.summary.is_none();
    let outcome = Outcome::of(ran).next(context.command("status"), "tells how the pipeline does");
    if unknown {
        outcome.note("The run's log does not say what it did; status reads it from the lake.")
    } else {
        outcome
    }
}

fn failed(context: &Context, run: &RunSeen, lines: &[String]) -> Error {
    let mut why = run.error.clone().unwrap_or_else(|| format!("it ended as {}", run.state));
    let last: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.trim().is_empty()).collect();
    if !last.is_empty() {
        why.push_str(&format!("\nlast lines of its log:\n  {}", last.join("\n  ")));
    }
    let took = text::duration(run.seconds.saturating_mul(1000));
    Error::failed(format!("the run {} failed after {took}", run.id))
        .because(why)
        .hint(format!("{}  goes on where it stopped, once the cause is gone", context.command("run")))
}

/// Tells of the run on stderr, and hears Ctrl-C: the first stops watching, a second one soon after stops the run.
struct Following {
    ui: Ui,
    presses: Presses,
    began: Instant,
    told: Cell<Instant>,
    state: RefCell<String>,
}

impl Following {
    fn new(ui: Ui) -> Self {
        let now = Instant::now();
        Self { ui, presses: Presses::listen(), began: now, told: Cell::new(now), state: RefCell::default() }
    }

    fn finish(&self) {
        self.state.borrow_mut().clear();
    }

    fn say(&self, words: &str) {
        self.told.set(Instant::now());
        self.ui.note(&format!("  {} {}", self.ui.paint().dim("…"), text::visible(words)));
    }

    fn presses(&self) -> u32 {
        self.presses.count().load(Ordering::SeqCst)
    }

    /// After the first Ctrl-C: time for a second thought.
    fn second_thoughts(&self) -> Wish {
        let seconds = SECOND_THOUGHTS.as_secs();
        self.ui.note(&format!("\nThe run goes on in AWS. Ctrl-C again within {seconds} s stops it."));
        let end = Instant::now() + SECOND_THOUGHTS;
        while Instant::now() < end {
            if self.presses() >= 2 {
                self.ui.note("Stopping the run; what it has committed stays.");
                return Wish::Stop;
            }
            std::thread::sleep(STEP);
        }
        Wish::Leave
    }
}

impl Follow for Following {
    fn state(&self, _id: &str, state: &str) {
        self.say(&format!("{} after {}", state.to_lowercase(), self.since()));
        state.clone_into(&mut self.state.borrow_mut());
    }

    fn line(&self, line: &str) {
        if !line.trim().is_empty() {
            self.say(line);
        }
    }

    fn pause(&self) -> Wish {
        let end = Instant::now() + PAUSE;
        while Instant::now() < end {
            match self.presses() {
                0 => std::thread::sleep(STEP),
                1 => return self.second_thoughts(),
                _ => {
                    std::thread::sleep(PAUSE);
                    return Wish::Stop;
                }
            }
        }
        if self.told.get().elapsed() >= HEARTBEAT {
            self.say(&format!("still {} after {}", self.state.borrow().to_lowercase(), self.since()));
        }
        Wish::Follow
    }
}

impl Following {
    fn since(&self) -> String {
        text::duration(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

impl View for Ran {
    fn human(&self, screen: &Screen) -> String {
        let run = &self.run;
        let took = text::duration(run.seconds.saturating_mul(1000));
        let cost = |run: &RunSeen| format!("{:.3} DPU-hours, {}", run.dpu_hours, money(run.usd));
        let mut rows = Vec::new();
        let head = match &run.summary {
            None => format!("{} in {took}\n", screen.paint.green("Done")),
            Some(Summary { joined: Some(joined), .. }) => {
                let hours = plural(joined.partitions, "hour", "hours");
                let files = |count, bytes| format!("{}, {}", plural(count, "file", "files"), text::bytes(bytes));
                rows.push(("before", vec![files(joined.files_before, joined.bytes_before)]));
                rows.push(("after", vec![files(joined.files_after, joined.bytes_after)]));
                if joined.left_out > 0 {
                    let hours = plural(joined.left_out, "hour has a file", "hours have files");
                    rows.push((
                        "left",
                        vec![format!("{hours} that are not as they were committed; `drift` names them")],
                    ));
                }
                if joined.cleared > 0 {
                    let files = plural(joined.cleared, "file", "files");
                    rows.push(("removed", vec![format!("{files} that were joined earlier")]));
                }
                format!("{} the files of {hours} in {took}\n", screen.paint.green("Joined"))
            }
            Some(done) if done.left_to_another => {
                format!("{} another run is at work ({took})\n", screen.paint.green("Left to it:"))
            }
            Some(Summary { handed_over: Some(over), .. }) => {
                let objects = self.reads.objects(over.objects, ["", ""]);
                let what = format!("{objects}, {}", text::bytes(over.bytes));
                format!("{} {what}, to {} workers ({took})\n", screen.paint.green("Handed over"), over.workers)
            }
            Some(done) if done.nothing_new => format!("{} ({took})\n", screen.paint.green("Nothing new")),
            Some(done) => {
                let objects = self.reads.objects(done.objects, ["", ""]);
                let lines = format!(
                    "read {} = written {} + rejected {}",
                    self.reads.units(done.lines),
                    plural(done.records, "record", "records"),
                    text::count(done.rejected)
                );
                rows.push((self.reads.unit(), vec![lines]));
                let files = plural(done.files, "Parquet file", "Parquet files");
                rows.push(("wrote", vec![format!("{files}, {}", text::bytes(done.output_bytes))]));
                format!("{} {objects}, {} in {took}\n", screen.paint.green("Read"), text::bytes(done.bytes))
            }
        };
        rows.push(("used", vec![cost(run)]));
        rows.push(("run", vec![text::visible(&run.id).into_owned()]));
        if let Some(small) = &self.planned_by {
            rows.push(("planned", vec![format!("by {}: {}", text::visible(&small.id), cost(small))]));
        }
        head + &words::sheet(&rows, screen)
    }

    fn json(&self) -> String {
        envelope("run", self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_inventory_that_the_job_may_read_is_taken() {
        let text = "version: 1\nname: web\ntarget: aws\naws: {account_id: '123456789012', region: eu-central-1, suffix: abc123}\n\
            sources:\n- {id: new, log_buckets: [photos]}\n- {id: old, bucket: old-logs, inventory: 's3://lists/daily/'}\n";
        let cloud = Cloud::parse(text, std::path::Path::new("bucketscope.yaml")).unwrap();
        assert!(check_inventory(&cloud, "s3://lists/daily/shop-logs/all/2026-06-01T01-00Z/manifest.json").is_ok());
        for place in ["s3://lists/weekly/manifest.json", "s3://other/daily/manifest.json", "lists/daily/manifest.json"]
        {
            assert_eq!(check_inventory(&cloud, place).unwrap_err().code(), 64, "{place}");
        }
        assert!(check_inventory(&cloud, "s3://lists/daily/data/1.csv.gz").is_err());
    }
}
