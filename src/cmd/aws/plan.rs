//! `plan` for the target `aws`: what `deploy` would change, asked of CloudFormation without leaving anything behind.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::plan_view::{Compared, Shown, StackPlan};
use super::prepare::{Handed, Prepared, Standing, broken, hand_over, is_large};
use crate::aws::assets::AssetStore;
use crate::aws::stacks::{Change, ChangeSetState, ChangeSets, StackEvent};
use crate::blueprint::StackSpec;
use crate::cli::Plan;
use crate::cmd::Context;
use crate::cmd::interrupt::Presses;
use crate::config::cloud::Cloud;
use crate::preflight::{self, Finding, Severity};
use crate::stack::change;
use crate::stack::diff;
use crate::stack::driver::{Draft, Order, Step, Watcher, existing_buckets};
use crate::stack::plan_file::PlanFile;
use crate::stack::template::Template;
use crate::stack::tree::{Key, State};
use crate::storage::io_error;
use crate::ui::Outcome;
use crate::ui::text::{plural, shell_word};
use crate::ui::tree::Spinner;
use crate::{Error, ErrorKind, Result, cost, exit};

/// Runs `plan`.
///
/// # Errors
/// If the account is another, something is missing, AWS refuses a call, or the user stops.
pub fn execute(context: &Context, cloud: &Cloud, args: &Plan) -> Result<Outcome> {
    let prepared = Prepared::new(context, cloud, &args.assets)?;
    let presses = Presses::listen();
    let spinner = Spinner::new(context.ui, "comparing the configuration with what is deployed");
    let planner = Planner { prepared: &prepared, presses: presses.count(), name: format!("plan-{}", context.now_ms) };
    let compared = planner.all();
    spinner.finish();
    let Answers { standings, surplus, stacks, findings } = compared?;
    if let Some(path) = &args.out {
        let bases: Vec<Option<String>> = standings.iter().map(Standing::base).collect();
        write(&context.path(path), &PlanFile::of(cloud, &prepared.specs, &bases, &surplus, &prepared.assets))?;
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count() as u64;
    let shown = Shown {
        name: cloud.name.clone(),
        account_id: prepared.identity.account_id.clone(),
        stacks,
        findings,
        estimate: cost::estimate(cloud),
    };
    let changed = shown.changed();
    let outcome = Outcome::of(shown);
    if errors > 0 {
        let found = plural(errors, "error stands", "errors stand");
        return Ok(outcome.code(1).note(format!("{found} in the way of a deployment")));
    }
    let outcome = outcome.code(if changed && args.detailed_exitcode { exit::DIFFERENT } else { 0 });
    Ok(match &args.out {
        Some(path) => {
            let deploy = format!("deploy --plan {}", shell_word(&path.to_string_lossy()));
            outcome.next(context.command(&deploy), "does exactly this, or refuses")
        }
        None if changed => outcome.next(context.command("deploy"), "does it"),
        None => outcome,
    })
}

fn write(path: &Path, plan: &PlanFile) -> Result<()> {
    std::fs::write(path, plan.text()).map_err(|error| io_error(format!("cannot write {}", path.display()), &error))
}

/// Errors of the preflight checks as an error of a deployment.
pub fn refusal(findings: &[Finding]) -> Option<Error> {
    let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let first = errors.first()?;
    let codes: Vec<String> = errors.iter().map(|finding| finding.code.to_string()).collect();
    let found = plural(errors.len() as u64, "check", "checks");
    Some(
        Error::failed(format!("nothing was deployed: {found} failed ({})", codes.join(", ")))
            .because(&first.what)
            .hint("bucketscope plan  lists all of them with what to do"),
    )
}

/// What AWS said.
struct Answers {
    standings: Vec<Standing>,
    surplus: Vec<StackSpec>,
    stacks: Vec<StackPlan>,
    findings: Vec<Finding>,
}

/// Asks about all stacks at once.
struct Planner<'a> {
    prepared: &'a Prepared<'a>,
    presses: &'a AtomicU32,
    name: String,
}

impl Planner<'_> {
    fn all(&self) -> Result<Answers> {
        let standings = self.prepared.survey()?;
        let surplus = self.prepared.surplus()?;
        let (prepared, specs) = (self.prepared, &self.prepared.specs);
        let (stacks, findings) = std::thread::scope(|scope| {
            let checked = scope.spawn(|| preflight::check(&prepared.session, prepared.cloud, specs));
            let asked: Vec<_> =
                specs.iter().zip(&standings).map(|(spec, standing)| scope.spawn(|| self.one(spec, standing))).collect();
            // Every thread is waited for, so that each has removed what it made.
            let stacks: Vec<Result<StackPlan>> =
                asked.into_iter().map(|one| one.join().unwrap_or_else(|_| Err(broken()))).collect();
            let findings = checked.join().unwrap_or_else(|_| Err(broken()));
            (stacks, findings)
        });
        let mut stacks = stacks.into_iter().collect::<Result<Vec<_>>>().map_err(stopped)?;
        for spec in &surplus {
            stacks.push(going(spec)?);
        }
        Ok(Answers { standings, surplus, stacks, findings: findings? })
    }

    fn one(&self, spec: &StackSpec, standing: &Standing) -> Result<StackPlan> {
        let wanted = Template::parse(&spec.template)?;
        let mut plan = StackPlan::of(spec);
        let Some(deployed) = &standing.template else {
            let existing = self.existing(spec, &wanted)?;
            let changes = change::all_new(&wanted, &existing);
            plan.changes = change::describe(&changes, &Template::default(), &wanted);
            plan.note = (standing.step == Step::Delete)
                .then(|| "what an earlier, failed creation left is removed first".to_owned());
            return Ok(plan);
        };
        if standing.is_as_wanted(spec)? {
            plan.compared = Compared::Same;
            return Ok(plan);
        }
        plan.frame = diff::values(&deployed.frame().into(), &wanted.frame().into());
        let status = standing.stack.as_ref().map(|stack| stack.status.as_str()).unwrap_or_default();
        plan.note = match standing.step {
            Step::Attach => Some(format!("it is {status}: compared with its template, deploy waits for the end")),
            Step::Update => None,
            _ => Some(format!("it is {status}: compared with its template, deploy tries to heal it first")),
        };
        let asked = if standing.step == Step::Update { self.ask(spec, deployed)? } else { None };
        plan.compared = if asked.is_some() { Compared::ChangeSet } else { Compared::Templates };
        let changes = asked.unwrap_or_else(|| change::compare(deployed, &wanted));
        plan.changes = change::describe(&changes, deployed, &wanted);
        Ok(plan)
    }

    /// The named buckets of a new stack that exist.
    fn existing(&self, spec: &StackSpec, wanted: &Template) -> Result<BTreeSet<String>> {
        let store = self.prepared.store(&spec.region);
        let mut existing = BTreeSet::new();
        for bucket in wanted.named_buckets().into_values() {
            // A bucket of this name that belongs to somebody else is a finding of the preflight checks.
            if store.bucket_exists(&bucket).or_else(foreign)? {
                existing.insert(bucket);
            }
        }
        Ok(existing)
    }

    /// What CloudFormation says; nothing where the template is too long for a call and there is no bucket to put it in.
    fn ask(&self, spec: &StackSpec, deployed: &Template) -> Result<Option<Vec<Change>>> {
        let (stacks, store) = (self.prepared.stacks(&spec.region), self.prepared.store(&spec.region));
        let bucket = self.prepared.bucket(&spec.region);
        if is_large(spec)? && !store.bucket_exists(&bucket)? {
            return Ok(None);
        }
        let Handed { at, written } = hand_over(&store, &bucket, spec)?;
        let _template = written.map(|key| Borrowed { store: &store, bucket: &bucket, key });
        let order = Order {
            spec,
            template: at,
            role: self.prepared.cloud.aws.cloudformation_role.as_deref(),
            change_set: &self.name,
            revert_drift: false,
            planned_base: None,
            bucket_exists: &|bucket| store.bucket_exists(bucket),
        };
        let owned: Vec<String> = deployed.named_buckets().into_values().collect();
        let import = existing_buckets(&order, &owned)?;
        let draft = Draft::begin(&stacks as &dyn ChangeSets, &order, false, import)?;
        let found = draft.wait(&Patient { presses: self.presses })?;
        draft.discard()?;
        match found.state {
            ChangeSetState::Failed(why) => Err(Error::new(
                ErrorKind::Stack,
                format!("CloudFormation does not take the template of the stack {}", spec.name),
            )
            .because(why)),
            _ => Ok(Some(found.changes)),
        }
    }
}

/// A stack that nothing needs any more.
fn going(spec: &StackSpec) -> Result<StackPlan> {
    let deployed = Template::parse(&spec.template)?;
    let changes = change::compare(&deployed, &Template::default());
    Ok(StackPlan {
        compared: Compared::Templates,
        note: Some("nothing in the configuration needs it any more: logging is given back, the stack goes".to_owned()),
        changes: change::describe(&changes, &deployed, &Template::default()),
        ..StackPlan::of(spec)
    })
}

fn foreign(error: Error) -> Result<bool> {
    if error.kind() == ErrorKind::Permission { Ok(false) } else { Err(error) }
}

fn stopped(error: Error) -> Error {
    if error.kind() == ErrorKind::Interrupted {
        return Error::new(ErrorKind::Interrupted, "interrupted; nothing was changed, and nothing is left behind");
    }
    error
}

/// A template in the assets bucket that goes when it has been read.
struct Borrowed<'a> {
    store: &'a dyn AssetStore,
    bucket: &'a str,
    key: String,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        // What stays harms nobody: it is what the next deployment would put there.
        let _ = self.store.remove(self.bucket, &self.key);
    }
}

/// Waits, and stops at Ctrl-C.
struct Patient<'a> {
    presses: &'a AtomicU32,
}

impl Watcher for Patient<'_> {
    fn stack(&self, _key: &Key, _state: State) {}
    fn remark(&self, _key: &Key, _remark: &str) {}
    fn planned(&self, _key: &Key, _changes: &[Change]) {}
    fn event(&self, _key: &Key, _event: &StackEvent) {}

    fn pause(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while self.presses.load(Ordering::SeqCst) == 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
        false
    }
}
