//! `doctor`: whether everything is there that a pipeline needs. `--remote` has the worker test itself in AWS, in jobs that are
//! made for it and removed again.

use std::time::Duration;

use serde::Serialize;

use super::prepare::Prepared;
use super::watching::Watching;
use crate::assets::Held;
use crate::aws::Session;
use crate::aws::hands::Hands;
use crate::aws::trials::{JobType, SdkTrials};
use crate::cli::{Doctor, JobTypeName};
use crate::cmd::{Context, words};
use crate::config::cloud::Cloud;
use crate::preflight::{self, Severity};
use crate::selftest::{Reached, SelfTest};
use crate::stack::trial::{self, Found, Left, Order, Tried};
use crate::ui::export::envelope;
use crate::ui::text::{self, plural};
use crate::ui::{Outcome, Screen, View};
use crate::{Error, Result};

/// Between two looks while jobs are removed.
const REST: Duration = Duration::from_secs(2);

/// Runs `doctor`.
///
/// # Errors
/// With `--remote`: if nothing is deployed, AWS refuses a call, or the user leaves. Without, all that is wrong is shown.
pub fn execute(context: &Context, cloud: &Cloud, args: &Doctor) -> Result<Outcome> {
    if args.remote { remote(context, cloud, args) } else { Ok(here(context, cloud, args)) }
}

/// Something that was looked at here.
#[derive(Debug, Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    said: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[derive(Debug, Serialize)]
struct Here {
    name: String,
    checks: Vec<Check>,
}

fn here(context: &Context, cloud: &Cloud, args: &Doctor) -> Outcome {
    let ok = |what, said| Check { what, ok: true, said: vec![said], hint: None };
    let mut checks = vec![ok("configuration", context.config_path().display().to_string())];
    let mut code = 0;
    let mut wrong = |what, error: &Error, checks: &mut Vec<Check>| {
        code = error.code();
        let hint = error.suggestion().map(str::to_owned);
        checks.push(Check { what, ok: false, said: vec![error.to_string()], hint });
    };
    match Prepared::new(context, cloud, &args.assets) {
        Err(error) => wrong("credentials and programs", &error, &mut checks),
        Ok(prepared) => {
            checks.push(ok("credentials", prepared.identity.arn.clone()));
            let place = |held: &Held| match held {
                Held::File(path) => path.display().to_string(),
                Held::Embedded(_) => "part of this program".to_owned(),
            };
            checks.push(ok("worker", place(&prepared.found.worker.held)));
            checks.push(ok("functions", place(&prepared.found.functions.held)));
            match preflight::check(&prepared.session, cloud, &prepared.specs) {
                Err(error) => wrong("preflight checks", &error, &mut checks),
                Ok(findings) => {
                    let errors = findings.iter().any(|finding| finding.severity == Severity::Error);
                    let line =
                        |finding: &preflight::Finding| format!("{} {}: {}", finding.code, finding.what, finding.why);
                    let mut said: Vec<String> = findings.iter().map(line).collect();
                    if said.is_empty() {
                        said.push("nothing stands in the way of a deployment".to_owned());
                    }
                    let hint = (!findings.is_empty()).then(|| format!("{}  says what to do", context.command("plan")));
                    checks.push(Check { what: "preflight checks", ok: !errors, said, hint });
                    code = u8::from(errors);
                }
            }
        }
    }
    let remote = context.command("doctor --remote");
    Outcome::of(Here { name: cloud.name.clone(), checks }).code(code).next(remote, "has the worker test itself in AWS")
}

impl View for Here {
    fn human(&self, screen: &Screen) -> String {
        let mut rows = Vec::new();
        for check in &self.checks {
            let sign = if check.ok { screen.paint.green("✓") } else { screen.paint.red("✗") };
            let mut lines: Vec<String> = check.said.iter().map(|line| text::visible(line).into_owned()).collect();
            if let Some(first) = lines.first_mut() {
                *first = format!("{sign} {first}");
            }
            lines.extend(check.hint.iter().map(|hint| text::visible(hint).into_owned()));
            rows.push((check.what, lines));
        }
        format!("{}\n{}", screen.paint.bold(&self.name), words::sheet(&rows, screen))
    }

    fn json(&self) -> String {
        envelope("doctor", self)
    }
}

#[derive(Debug, Serialize)]
struct Remote {
    name: String,
    region: String,
    jobs: Vec<Tried>,
    left: Vec<Left>,
}

fn remote(context: &Context, cloud: &Cloud, args: &Doctor) -> Result<Outcome> {
    let session = Session::open(Some(&cloud.aws.region))?;
    session.check_account(&cloud.aws.account_id)?;
    let watching = Watching::new(context.ui, context.command("doctor --remote"));
    let kinds: Vec<JobType> =
        if args.types.is_empty() { JobType::ALL.to_vec() } else { args.types.iter().map(|name| kind(*name)).collect() };
    let report = trial::run(&Order {
        cloud,
        hands: &Hands::sdk(&session, &cloud.aws.account_id),
        trials: &SdkTrials::new(&session),
        kinds: &kinds,
        mark: &format!("{:x}", context.now_ms),
        watch: &watching,
        rest: &|| std::thread::sleep(REST),
    })?;
    for left in &report.left {
        context.ui.warn(&format!("{} could not be removed; this does:\n  {}", text::visible(&left.what), left.command));
    }
    let jobs = report.tried?;
    let broken = jobs.iter().any(|one| matches!(one.found, Found::Fails { .. })) || !report.left.is_empty();
    let shown = Remote { name: cloud.name.clone(), region: cloud.aws.region.clone(), jobs, left: report.left };
    Ok(Outcome::of(shown).code(u8::from(broken)))
}

fn kind(name: JobTypeName) -> JobType {
    match name {
        JobTypeName::Pythonshell => JobType::Pythonshell,
        JobTypeName::PythonshellSmall => JobType::SmallPythonshell,
        JobTypeName::Glueetl => JobType::Glueetl,
        JobTypeName::Ray => JobType::Ray,
    }
}

impl View for Remote {
    fn human(&self, screen: &Screen) -> String {
        let paint = screen.paint;
        let mut out = format!("{} in {}\n", paint.bold(&self.name), self.region);
        for one in &self.jobs {
            let name = paint.bold(one.kind.word());
            let took = text::duration(one.seconds.saturating_mul(1000));
            let used = format!("{took}, {:.3} DPU-hours", one.dpu_hours);
            out.push_str(&match &one.found {
                Found::Works { self_test } => {
                    format!("\n{name}: {} ({used})\n{}", paint.green("works"), words::sheet(&rows(self_test), screen))
                }
                Found::Untold { why } => {
                    format!("\n{name}: {} ({used})\n  {}\n", paint.yellow("ran, and told nothing"), text::visible(why))
                }
                Found::Fails { why } => {
                    format!("\n{name}: {} ({used})\n  {}\n", paint.red("fails"), text::visible(why))
                }
                Found::NotOffered { why } => {
                    format!("\n{name}: {}\n  {}\n", paint.yellow("not offered to this account"), text::visible(why))
                }
            });
        }
        out
    }

    fn json(&self) -> String {
        envelope("doctor", self)
    }
}

const UNKNOWN: &str = "unknown";

fn rows(found: &SelfTest) -> Vec<(&'static str, Vec<String>)> {
    let or_unknown = |value: &Option<String>| value.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    let bytes = |value: Option<u64>| value.map_or_else(|| UNKNOWN.to_owned(), text::bytes);
    let system = &found.system;
    let mut first = or_unknown(&system.name);
    if let Some(environment) = &system.environment {
        first.push_str(&format!(" ({environment})"));
    }
    let kernel = format!("kernel {}, {}", or_unknown(&system.kernel), system.architecture);
    let mut cores = plural(found.cores.usable as u64, "core", "cores");
    cores.extend(found.cores.quota.map(|quota| format!(", of which {quota} at a time")));
    cores.extend(found.cores.model.iter().map(|model| format!(", {model}")));
    let memory = &found.memory;
    let mut held = format!("{}, {} available", bytes(memory.total), bytes(memory.available));
    held.extend(memory.limit.map(|limit| format!(", limited to {}", text::bytes(limit))));
    let disk = &found.disk;
    let runs = match &disk.refuses_programs {
        None => "programs run from there".to_owned(),
        Some(why) => format!("no program runs from there: {why}"),
    };
    let mut rows = vec![
        ("system", vec![first, kernel]),
        ("glibc", vec![or_unknown(&system.glibc)]),
        ("cores", vec![cores]),
        ("memory", vec![held]),
        ("disk", vec![format!("{} of {} free in {}; {runs}", bytes(disk.free), bytes(disk.total), disk.folder)]),
        ("network", found.network.iter().map(reached).collect()),
        ("credentials", vec![credentials(found)]),
        (
            "speed",
            vec![format!(
                "{:.0} MB of logs a second on one core, {:.0} on all",
                found.speed.one_core, found.speed.all_cores
            )],
        ),
        ("worker", vec![found.version.clone()]),
    ];
    for (_, lines) in &mut rows {
        lines.iter_mut().for_each(|line| *line = text::visible(line).into_owned());
    }
    rows
}

fn reached(one: &Reached) -> String {
    match (&one.error, one.first_ms) {
        (None, Some(first)) => {
            let next = one.next_ms.map(|next| format!(", then after {next:.0} ms")).unwrap_or_default();
            format!("{} answered after {first:.0} ms{next}", one.what)
        }
        (error, _) => format!("{}: {}", one.what, error.as_deref().unwrap_or(UNKNOWN)),
    }
}

fn credentials(found: &SelfTest) -> String {
    let known = &found.credentials;
    if let Some(error) = &known.error {
        return error.clone();
    }
    let sources = if known.sources.is_empty() { UNKNOWN.to_owned() } else { known.sources.join(", ") };
    match known.expire_in_seconds {
        Some(seconds) => format!("{sources}, renewed within {}", text::duration(seconds.saturating_mul(1000))),
        None => format!("{sources}, without an end"),
    }
}
