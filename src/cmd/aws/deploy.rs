//! `deploy` for the target `aws`: programs first, then log collection in all Regions at once, then the lake.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::plan::refusal;
use super::prepare::{Prepared, Standing, broken, hand_over};
use super::watching::Watching;
use crate::aws::assets::AssetStore;
use crate::aws::hands::Hands;
use crate::aws::stacks::{Stacks, TemplateAt};
use crate::blueprint::{Names, StackKind, StackSpec};
use crate::cli::Deploy;
use crate::cmd::Context;
use crate::cmd::interrupt::Presses;
use crate::config::cloud::Cloud;
use crate::preflight;
use crate::stack::drift;
use crate::stack::driver::{self, Deed, Deployed, Order};
use crate::stack::plan_file::PlanFile;
use crate::stack::site::Site;
use crate::stack::tree::{Doing, stack_label};
use crate::storage::io_error;
use crate::ui::export::envelope;
use crate::ui::text::{self, plural};
use crate::ui::tree::DeployScreen;
use crate::ui::{Outcome, Screen, View};
use crate::{Error, ErrorKind, Result};

/// So long after the first Ctrl-C the second one cancels.
const SECOND_THOUGHTS: Duration = Duration::from_secs(5);

/// What a deployment did.
#[derive(Debug, Serialize)]
struct Report {
    name: String,
    account_id: String,
    changed: bool,
    seconds: f64,
    uploaded_files: u64,
    /// What CloudFormation does not see and was set back all the same.
    set_back: Vec<String>,
    stacks: Vec<StackReport>,
}

#[derive(Debug, Serialize)]
struct StackReport {
    kind: StackKind,
    name: String,
    region: String,
    #[serde(skip)]
    label: String,
    result: &'static str,
    resources: usize,
    taken_back: Vec<String>,
}

/// Runs `deploy`.
///
/// # Errors
/// If the account is another, something is missing, CloudFormation fails, or the user stops.
pub fn execute(context: &Context, cloud: &Cloud, args: &Deploy) -> Result<Outcome> {
    let began = Instant::now();
    let prepared = Prepared::new(context, cloud, &args.assets)?;
    let standings = prepared.survey()?;
    let bases: Vec<Option<String>> = standings.iter().map(Standing::base).collect();
    let surplus = prepared.surplus()?;
    if let Some(path) = &args.plan {
        let now = PlanFile::of(cloud, &prepared.specs, &bases, &surplus, &prepared.assets);
        check_plan(&context.path(path), &now)?;
    }
    preflight(context, &prepared, &standings, args.revert_drift)?;
    let presses = Presses::listen();
    let shown: Vec<StackSpec> = prepared.specs.iter().chain(&surplus).cloned().collect();
    let screen = DeployScreen::new(context.ui, &shown, presses.count());
    let deployment = Deployment {
        prepared: &prepared,
        surplus: &surplus,
        screen: &screen,
        change_set: format!("bucketscope-{}", context.now_ms),
        revert_drift: args.revert_drift,
        bases: args.plan.is_some().then_some(bases),
    };
    let ended = deployment.all();
    screen.finish();
    let (stacks, uploaded_files) = match ended {
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            return Err(deployment.left(context, presses.count()));
        }
        ended => ended?,
    };
    let set_back = if args.revert_drift { set_back(context, &prepared)? } else { Vec::new() };
    let changed =
        uploaded_files > 0 || !set_back.is_empty() || stacks.iter().any(|stack| stack.result != word(Deed::Unchanged));
    let report = Report {
        name: cloud.name.clone(),
        account_id: prepared.identity.account_id.clone(),
        changed,
        seconds: began.elapsed().as_secs_f64(),
        uploaded_files,
        set_back,
        stacks,
    };
    Ok(recommend(context, cloud, report))
}

/// Sets back what CloudFormation does not see: tables, policies of topics, logging of buckets that no stack owns.
fn set_back(context: &Context, prepared: &Prepared<'_>) -> Result<Vec<String>> {
    let cloud = prepared.cloud;
    let hands = |region: &str| Hands::sdk(&prepared.session.in_region(region), &cloud.aws.account_id);
    let watching = Watching::new(context.ui, context.command("deploy --revert-drift"));
    let site = Site::new(cloud, &hands, &watching);
    drift::revert(&site, &drift::find(&site)?.differences)
}

/// Whether what a plan says is what would be done now.
fn check_plan(path: &Path, now: &PlanFile) -> Result<()> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| io_error(format!("cannot read {shown}"), &error))?;
    let differences = PlanFile::parse(&text)?.differences(now);
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::failed(format!("nothing was deployed: {shown} is not what would be done now"))
        .because(differences.join("; "))
        .hint("bucketscope plan --out FILE  makes a new plan"))
}

/// Checks what would stand in the way, if anything is to be changed.
fn preflight(context: &Context, prepared: &Prepared<'_>, standings: &[Standing], revert_drift: bool) -> Result<()> {
    let mut same = !revert_drift;
    for (spec, standing) in prepared.specs.iter().zip(standings) {
        same = same && standing.is_as_wanted(spec)?;
    }
    if same {
        return Ok(());
    }
    let findings = preflight::check(&prepared.session, prepared.cloud, &prepared.specs)?;
    preflight::lines(&findings, &context.ui.stderr_screen()).iter().for_each(|line| context.ui.note(line));
    refusal(&findings).map_or(Ok(()), Err)
}

/// What to type next.
fn recommend(context: &Context, cloud: &Cloud, report: Report) -> Outcome {
    let created = report.stacks.iter().any(|s| s.kind == StackKind::Lake && s.result == word(Deed::Created));
    let taken_back = report.stacks.iter().any(|stack| !stack.taken_back.is_empty());
    let mut outcome = Outcome::of(report);
    if created && !cloud.notify.emails.is_empty() {
        let addresses = text::visible(&cloud.notify.emails.join(", ")).into_owned();
        outcome = outcome.note(format!("AWS has sent a mail to {addresses}: notices come once it is confirmed"));
    }
    if taken_back {
        // An import takes a resource as it is (CloudFormation User Guide, "Import AWS resources into a CloudFormation
        // stack automatically").
        outcome = outcome.next(context.command("deploy --revert-drift"), "gives what was taken back today's settings");
    }
    if created {
        outcome =
            outcome.next(context.command("run"), "reads the logs that are there now, without waiting for the schedule");
    }
    outcome.next(context.command("status"), "tells how the pipeline does")
}

fn word(deed: Deed) -> &'static str {
    match deed {
        Deed::Unchanged => "unchanged",
        Deed::Created => "created",
        Deed::Updated => "updated",
        Deed::Removed => "removed",
    }
}

/// A deployment under way.
struct Deployment<'a> {
    prepared: &'a Prepared<'a>,
    surplus: &'a [StackSpec],
    screen: &'a DeployScreen<'a>,
    change_set: String,
    revert_drift: bool,
    /// What a plan found each stack to be.
    bases: Option<Vec<Option<String>>>,
}

impl Deployment<'_> {
    fn of_kind(&self, kind: StackKind) -> Vec<&StackSpec> {
        self.prepared.specs.iter().filter(|spec| spec.kind == kind).collect()
    }

    fn all(&self) -> Result<(Vec<StackReport>, u64)> {
        let mut reports = self.together(&self.of_kind(StackKind::Assets))?;
        let uploaded = self.upload()?;
        // The first collector of a Region has the log bucket of the others.
        let first = Names::of(self.prepared.cloud).collector_stack(1);
        let (firsts, further): (Vec<_>, Vec<_>) =
            self.of_kind(StackKind::Collector).into_iter().partition(|spec| spec.name == first);
        reports.extend(self.together(&firsts)?);
        reports.extend(self.together(&further)?);
        reports.extend(self.together(&self.of_kind(StackKind::Lake))?);
        reports.extend(self.together(&self.of_kind(StackKind::Dashboards))?);
        // By now the lake's job does not read from them any more.
        reports.extend(self.together(&self.surplus.iter().collect::<Vec<_>>())?);
        Ok((reports, uploaded))
    }

    fn upload(&self) -> Result<u64> {
        let regions = self.of_kind(StackKind::Assets).into_iter().map(|spec| spec.region.as_str());
        let one = |region: &str| self.prepared.upload(&self.prepared.store(region), region);
        std::thread::scope(|scope| {
            let uploads: Vec<_> = regions.map(|region| scope.spawn(move || one(region))).collect();
            uploads.into_iter().map(|upload| upload.join().unwrap_or_else(|_| Err(broken()))).sum()
        })
    }

    /// Deploys stacks that do not need each other, all at once.
    fn together(&self, specs: &[&StackSpec]) -> Result<Vec<StackReport>> {
        let ended: Vec<Result<StackReport>> = std::thread::scope(|scope| {
            let ways: Vec<_> = specs.iter().map(|spec| scope.spawn(|| self.one(spec))).collect();
            ways.into_iter().map(|way| way.join().unwrap_or_else(|_| Err(broken()))).collect()
        });
        let mut reports = Vec::new();
        let mut errors = Vec::new();
        for end in ended {
            match end {
                Ok(report) => reports.push(report),
                Err(error) => errors.push(error),
            }
        }
        // Where one has failed and others were only not watched any more, the failure is the news.
        errors.sort_by_key(|error| error.kind() == ErrorKind::Interrupted);
        let mut errors = errors.into_iter();
        match errors.next() {
            None => Ok(reports),
            Some(first) => {
                errors
                    .filter(|error| error.kind() != ErrorKind::Interrupted)
                    .for_each(|other| self.screen.tell(&format!("failed too: {other}")));
                Err(first)
            }
        }
    }

    fn planned_base(&self, spec: &StackSpec) -> Option<Option<&str>> {
        let at = self.prepared.specs.iter().position(|other| other == spec)?;
        Some(self.bases.as_ref()?.get(at)?.as_deref())
    }

    fn order<'o>(
        &'o self,
        spec: &'o StackSpec,
        template: TemplateAt,
        bucket_exists: &'o (dyn Fn(&str) -> Result<bool> + Sync),
    ) -> Order<'o> {
        Order {
            spec,
            template,
            role: self.prepared.cloud.aws.cloudformation_role.as_deref(),
            change_set: &self.change_set,
            revert_drift: self.revert_drift,
            planned_base: self.planned_base(spec),
            bucket_exists,
        }
    }

    fn one(&self, spec: &StackSpec) -> Result<StackReport> {
        let (stacks, store) = (self.prepared.stacks(&spec.region), self.prepared.store(&spec.region));
        if self.surplus.contains(spec) {
            let order = self.order(spec, TemplateAt::Body(String::new()), &|_| Ok(false));
            return Ok(reported(spec, driver::remove(&stacks, &order, self.screen)?));
        }
        let template = hand_over(&store, &self.prepared.bucket(&spec.region), spec)?;
        let bucket_exists = |bucket: &str| store.bucket_exists(bucket);
        let order = self.order(spec, template.at, &bucket_exists);
        let done = driver::deploy(&stacks, &order, self.screen)?;
        // Deleting it in the console would take notices, schedule and saved queries away without giving anything back that
        // `destroy` gives back.
        if spec.kind == StackKind::Lake && !done.stack.protected {
            stacks.protect(&spec.name, true)?;
        }
        Ok(reported(spec, done))
    }

    /// After the first Ctrl-C: says what goes on without us, and cancels it if Ctrl-C is pressed again.
    fn left(&self, context: &Context, presses: &AtomicU32) -> Error {
        let role = self.prepared.cloud.aws.cloudformation_role.as_deref();
        let under_way: Vec<&StackSpec> = self
            .prepared
            .specs
            .iter()
            .filter(|spec| {
                let found = self.prepared.stacks(&spec.region).describe(&spec.name);
                found.ok().flatten().is_some_and(|stack| stack.status.in_progress())
            })
            .collect();
        let resume = context.command("deploy");
        if under_way.is_empty() {
            return Error::new(ErrorKind::Interrupted, "interrupted")
                .because("nothing is under way in AWS any more")
                .hint(format!("{resume}  goes on where this stopped"));
        }
        let labels: Vec<String> = under_way.iter().map(|spec| stack_label(spec.kind, &spec.region)).collect();
        let labels = labels.join(", ");
        context.ui.note(&format!(
            "\nStopped watching. CloudFormation goes on with {labels}.\n  {resume}  takes up where this left off\n  Ctrl-C again within {} s cancels it",
            SECOND_THOUGHTS.as_secs()
        ));
        let until = Instant::now() + SECOND_THOUGHTS;
        while Instant::now() < until && presses.load(Ordering::SeqCst) < 2 {
            std::thread::sleep(Duration::from_millis(50));
        }
        if presses.load(Ordering::SeqCst) < 2 {
            return Error::new(
                ErrorKind::Interrupted,
                format!("stopped watching; CloudFormation goes on with {labels}"),
            );
        }
        for spec in under_way {
            let label = stack_label(spec.kind, &spec.region);
            let said = match driver::cancel(&self.prepared.stacks(&spec.region), &spec.name, role) {
                Ok(Some(Doing::Delete)) => "cancelled, CloudFormation deletes what it had created".to_owned(),
                Ok(Some(_)) => "cancelled, CloudFormation rolls back".to_owned(),
                Ok(None) => "cannot be cancelled at this point, CloudFormation goes on".to_owned(),
                Err(error) => error.to_string(),
            };
            context.ui.note(&format!("{label}: {said}"));
        }
        Error::new(ErrorKind::Interrupted, "cancelled").hint(format!("{resume}  begins anew"))
    }
}

fn reported(spec: &StackSpec, done: Deployed) -> StackReport {
    StackReport {
        kind: spec.kind,
        name: spec.name.clone(),
        region: spec.region.clone(),
        label: stack_label(spec.kind, &spec.region),
        result: word(done.deed),
        resources: done.resources,
        taken_back: done.taken_back,
    }
}

impl View for Report {
    fn human(&self, screen: &Screen) -> String {
        let paint = screen.paint;
        let time = text::duration((self.seconds * 1000.0) as u64);
        if !self.changed {
            let all = plural(self.stacks.len() as u64, "stack is", "stacks are");
            return format!("{} {}: {all} as configured ({time})\n", paint.green("Nothing to change for"), self.name);
        }
        let mut out = format!("{} {} in {time}\n", paint.green("Deployed"), paint.bold(&self.name));
        let wide = self.stacks.iter().map(|stack| text::width(&stack.label)).max().unwrap_or_default();
        for stack in &self.stacks {
            let resources = match stack.resources {
                0 => String::new(),
                n => format!("   {}", plural(n as u64, "resource", "resources")),
            };
            let gap = " ".repeat(wide - text::width(&stack.label));
            out.push_str(&format!("  {}{gap}   {:<9}{resources}\n", stack.label, stack.result));
            for bucket in &stack.taken_back {
                out.push_str(&format!("    taken back with what is in it: {}\n", text::visible(bucket)));
            }
        }
        for what in &self.set_back {
            out.push_str(&format!("  set back: {}\n", text::visible(what)));
        }
        if self.uploaded_files > 0 {
            out.push_str(&format!("  {} uploaded\n", plural(self.uploaded_files, "program file", "program files")));
        }
        out
    }

    fn json(&self) -> String {
        envelope("deploy", self)
    }
}
