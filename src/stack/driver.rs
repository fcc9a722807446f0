//! Brings one stack to where it should be, whatever state it is in.

mod draft;
mod told;

use std::time::Duration;

pub use draft::{Draft, existing_buckets};

use super::change::describe;
use super::events::{first_cause, is_about_stack, latest_operation};
use super::template::{Template, base_state, is_as_wanted};
use super::tree::{Doing, Key, State, stack_label};
use crate::aws::stacks::{Action, Change, ChangeSetState, ChangeSets, Stack, StackEvent, StackStatus, TemplateAt};
use crate::blueprint::StackSpec;
use crate::{Error, ErrorKind, Result};

/// Between two looks at CloudFormation: often while something happens, seldom while nothing does.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(5);

/// After a call that begins an operation CloudFormation may show the state before it for a while. So many looks later
/// what it shows is believed.
const BELIEVED_AFTER: u32 = 8;

/// Who is told what happens, and who says when to stop.
pub trait Watcher: Sync {
    /// A stack's state changed.
    fn stack(&self, key: &Key, state: State);
    /// There is more to say about a stack.
    fn remark(&self, key: &Key, remark: &str);
    /// It is known what will be changed.
    fn planned(&self, key: &Key, changes: &[Change]);
    /// Something happened to a resource.
    fn event(&self, key: &Key, event: &StackEvent);
    /// Lets time pass; `false` if the user wants to stop.
    fn pause(&self, time: Duration) -> bool;
}

/// What to do with a stack next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is not there: create it.
    Create,
    /// It is there: change it.
    Update,
    /// It is what a failed or abandoned creation left: delete it, then create it.
    Delete,
    /// CloudFormation is at work on it: wait for the end.
    Attach,
    /// Its rollback failed: take it up again.
    ContinueRollback,
    /// Its update failed and was left so: roll it back.
    RollBack,
    /// Nothing can be done from here.
    GiveUp,
}

/// What to do with a stack in this state; `None` where there is no stack.
pub fn next_step(status: Option<&StackStatus>) -> Step {
    use StackStatus as S;
    match status {
        None | Some(S::DeleteComplete) => Step::Create,
        Some(
            S::CreateComplete
            | S::UpdateComplete
            | S::UpdateRollbackComplete
            | S::ImportComplete
            | S::ImportRollbackComplete,
        ) => Step::Update,
        // Stacks in these states can only be deleted (CloudFormation User Guide, "Troubleshooting CloudFormation").
        Some(S::ReviewInProgress | S::RollbackComplete | S::RollbackFailed | S::CreateFailed | S::DeleteFailed) => {
            Step::Delete
        }
        Some(S::UpdateRollbackFailed) => Step::ContinueRollback,
        Some(S::UpdateFailed) => Step::RollBack,
        Some(status) if status.in_progress() => Step::Attach,
        Some(_) => Step::GiveUp,
    }
}

/// What is wanted of one stack.
pub struct Order<'a> {
    /// The stack as it should be.
    pub spec: &'a StackSpec,
    /// Where its template is.
    pub template: TemplateAt,
    /// The role that CloudFormation assumes.
    pub role: Option<&'a str>,
    /// The name for change sets.
    pub change_set: &'a str,
    /// Set back what was changed by hand.
    pub revert_drift: bool,
    /// What a plan found before it: a hash, or nothing where there was no stack. Without a plan anything is taken.
    pub planned_base: Option<Option<&'a str>>,
    /// Whether a bucket exists.
    pub bucket_exists: &'a (dyn Fn(&str) -> Result<bool> + Sync),
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// There was nothing to do.
    Unchanged,
    /// The stack was created.
    Created,
    /// The stack was changed.
    Updated,
    /// The stack was deleted.
    Removed,
}

/// What was done to a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// What.
    pub deed: Deed,
    /// The stack as it is now.
    pub stack: Stack,
    /// How many resources were made, changed or removed.
    pub resources: usize,
    /// Buckets that were there and have been taken back.
    pub taken_back: Vec<String>,
}

/// One stack on its way.
struct Way<'a> {
    stacks: &'a dyn ChangeSets,
    order: &'a Order<'a>,
    watcher: &'a dyn Watcher,
    key: Key,
    label: String,
}

/// Brings a stack to where it should be.
///
/// # Errors
/// If CloudFormation fails to (kind `Stack`, the first cause in it), refuses a call, or the user stops.
pub fn deploy(stacks: &dyn ChangeSets, order: &Order<'_>, watcher: &dyn Watcher) -> Result<Deployed> {
    let spec = order.spec;
    let way = Way { stacks, order, watcher, key: Key::of(spec), label: stack_label(spec.kind, &spec.region) };
    let done = way.go();
    match &done {
        Ok(deployed) if deployed.deed == Deed::Unchanged => watcher.stack(&way.key, State::Unchanged),
        Ok(deployed) if deployed.deed == Deed::Created => watcher.stack(&way.key, State::Done(Doing::Create)),
        Ok(_) => watcher.stack(&way.key, State::Done(Doing::Update)),
        Err(error) if error.kind() == ErrorKind::Interrupted => {}
        Err(_) => watcher.stack(&way.key, State::Failed),
    }
    done
}

/// Deletes a stack that nothing needs any more. What its template retains stays.
///
/// # Errors
/// As [`deploy`].
pub fn remove(stacks: &dyn ChangeSets, order: &Order<'_>, watcher: &dyn Watcher) -> Result<Deployed> {
    let spec = order.spec;
    let way = Way { stacks, order, watcher, key: Key::of(spec), label: stack_label(spec.kind, &spec.region) };
    let done = way.remove();
    match &done {
        Ok(_) => watcher.stack(&way.key, State::Done(Doing::Delete)),
        Err(error) if error.kind() == ErrorKind::Interrupted => {}
        Err(_) => watcher.stack(&way.key, State::Failed),
    }
    done
}

impl Way<'_> {
    fn remove(&self) -> Result<Deployed> {
        loop {
            let Some(stack) = self.stacks.describe(&self.order.spec.name)? else {
                return Ok(removed(gone(&self.order.spec.name), &[]));
            };
            if stack.status.in_progress() {
                self.heal(Step::Attach, &stack)?;
                continue;
            }
            let newest = self.stacks.newest_event(&stack.id)?;
            self.watcher.stack(&self.key, State::Working(Doing::Delete));
            self.stacks.delete(&stack.id, self.order.role)?;
            let (stack, events) = self.watch(&stack.id, newest.as_deref(), false)?;
            if stack.status != StackStatus::DeleteComplete {
                return Err(self.failure(&stack, first_cause(&events)));
            }
            return Ok(removed(stack, &events));
        }
    }

    fn go(&self) -> Result<Deployed> {
        self.watcher.stack(&self.key, State::Working(Doing::Compare));
        let mut healed: Vec<Step> = Vec::new();
        loop {
            let stack = self.stacks.describe(&self.order.spec.name)?;
            let step = next_step(stack.as_ref().map(|stack| &stack.status));
            let Some(stack) = stack.filter(|_| step != Step::Create) else { return self.create() };
            if step == Step::Update {
                return self.update(&stack);
            }
            // Waiting may be needed again and again; what did not heal once will not heal the second time.
            if step == Step::GiveUp || (step != Step::Attach && healed.contains(&step)) {
                return Err(self.hopeless(&stack));
            }
            healed.push(step);
            self.heal(step, &stack)?;
        }
    }

    fn heal(&self, step: Step, stack: &Stack) -> Result<()> {
        let (name, id, role) = (&stack.name, &stack.id, self.order.role);
        let newest = if step == Step::Attach { None } else { self.stacks.newest_event(id)? };
        match step {
            Step::Delete => {
                self.watcher.remark(&self.key, "an earlier creation failed or was abandoned: removing what it left");
                self.watcher.stack(&self.key, State::Working(Doing::Delete));
                self.stacks.delete(id, role)?;
            }
            Step::ContinueRollback => {
                self.watcher.remark(&self.key, "an earlier rollback failed: taking it up again");
                self.watcher.stack(&self.key, State::Working(Doing::RollBack));
                self.stacks.continue_rollback(name, role)?;
            }
            Step::RollBack => {
                self.watcher.remark(&self.key, "an earlier update failed: rolling it back");
                self.watcher.stack(&self.key, State::Working(Doing::RollBack));
                self.stacks.roll_back(name, role)?;
            }
            _ => {
                self.watcher.remark(&self.key, "something is under way already: waiting for its end");
                self.watcher.stack(&self.key, State::Working(doing(&stack.status)));
            }
        }
        self.watch(id, newest.as_deref(), step == Step::Attach)?;
        Ok(())
    }

    fn check_base(&self, base: Option<&str>) -> Result<()> {
        match self.order.planned_base {
            Some(planned) if planned != base => {
                Err(Error::failed(format!("{} is not as it was when planned", self.label))
                    .because("somebody has changed the stack since")
                    .hint("bucketscope plan --out FILE  makes a new plan"))
            }
            _ => Ok(()),
        }
    }

    fn create(&self) -> Result<Deployed> {
        self.check_base(None)?;
        let draft = self.draft(true, &[])?;
        match self.changes(&draft)? {
            Some(changes) => self.execute(draft, Doing::Create, &changes, changes.len()),
            None => Err(self.refused("there is nothing in it")),
        }
    }

    fn update(&self, stack: &Stack) -> Result<Deployed> {
        let deployed = Template::parse(&self.stacks.template(&stack.name)?)?;
        self.check_base(Some(&base_state(&deployed, stack)))?;
        let wanted = Template::parse(&self.order.spec.template)?;
        let unchanged = Deployed { deed: Deed::Unchanged, stack: stack.clone(), resources: 0, taken_back: Vec::new() };
        if !self.order.revert_drift && is_as_wanted(self.order.spec, &wanted, &deployed, stack) {
            return Ok(unchanged);
        }
        let owned: Vec<String> = deployed.named_buckets().into_values().collect();
        let draft = self.draft(false, &owned)?;
        match self.changes(&draft)? {
            Some(changes) => {
                // As many as a plan tells of. What was changed by hand is no change of the templates, so these cannot tell.
                let told = match self.order.revert_drift {
                    true => changes.len(),
                    false => describe(&changes, &deployed, &wanted).len(),
                };
                self.execute(draft, Doing::Update, &changes, told)
            }
            None => draft.discard().map(|()| unchanged),
        }
    }

    fn draft(&self, create: bool, owned: &[String]) -> Result<Draft<'_>> {
        let import_existing = existing_buckets(self.order, owned)?;
        Draft::begin(self.stacks, self.order, create, import_existing)
    }

    /// What the draft would change; nothing where there is nothing to change.
    fn changes(&self, draft: &Draft<'_>) -> Result<Option<Vec<Change>>> {
        let found = draft.wait(self.watcher)?;
        match found.state {
            ChangeSetState::Ready => {
                self.watcher.planned(&self.key, &found.changes);
                Ok(Some(found.changes))
            }
            ChangeSetState::Failed(why) => Err(self.refused(&why)),
            ChangeSetState::Empty | ChangeSetState::Pending => Ok(None),
        }
    }

    fn execute(&self, mut draft: Draft<'_>, doing: Doing, changes: &[Change], told: usize) -> Result<Deployed> {
        let name = &self.order.spec.name;
        let newest = self.stacks.newest_event(name)?;
        self.watcher.stack(&self.key, State::Working(doing));
        self.stacks.execute_change_set(name, &draft.id)?;
        draft.open = false;
        let (stack, events) = self.watch(name, newest.as_deref(), false)?;
        if !stack.status.is_success() {
            return Err(self.failure(&stack, first_cause(&events)));
        }
        let imported = changes.iter().filter(|change| change.action == Action::Import);
        Ok(Deployed {
            deed: if doing == Doing::Create { Deed::Created } else { Deed::Updated },
            stack,
            resources: told,
            taken_back: imported.map(|c| c.physical_id.clone().unwrap_or_else(|| c.logical_id.clone())).collect(),
        })
    }

    /// Watches until CloudFormation is done with the stack; returns it with the events of what was watched.
    fn watch(&self, id: &str, after: Option<&str>, attached: bool) -> Result<(Stack, Vec<StackEvent>)> {
        let mut seen: Vec<StackEvent> = Vec::new();
        let mut last = after.map(str::to_owned);
        let (mut wait, mut quiet) = (SHORTEST, 0);
        loop {
            // The state first, so that the events that led to it are all there.
            let stack = self.stacks.describe(id)?.unwrap_or_else(|| gone(id));
            let mut new = if stack.status == StackStatus::DeleteComplete && stack.reason.as_deref() == Some(GONE) {
                Vec::new()
            } else {
                self.stacks.events(id, last.as_deref())?
            };
            if attached && seen.is_empty() {
                new = latest_operation(&new).to_vec();
            }
            quiet = if new.is_empty() { quiet + 1 } else { 0 };
            wait = if new.is_empty() { (wait * 2).min(LONGEST) } else { SHORTEST };
            for event in &new {
                self.watcher.event(&self.key, event);
                if is_about_stack(event) && event.status.contains("ROLLBACK_IN_PROGRESS") {
                    self.watcher.stack(&self.key, State::Working(Doing::RollBack));
                }
            }
            last = new.last().map(|event| event.id.clone()).or(last);
            seen.append(&mut new);
            if !stack.status.in_progress() {
                let told = seen.iter().any(|e| is_about_stack(e) && e.status == stack.status.as_str());
                if told || attached || quiet >= BELIEVED_AFTER || stack.status == StackStatus::DeleteComplete {
                    return Ok((stack, seen));
                }
            }
            if !self.watcher.pause(wait) {
                return Err(interrupted());
            }
        }
    }
}

/// Cancels what is under way: an update is rolled back, a creation deleted. Says what was begun, if anything was.
///
/// # Errors
/// What AWS answers.
pub fn cancel(stacks: &dyn ChangeSets, name: &str, role: Option<&str>) -> Result<Option<Doing>> {
    match stacks.describe(name)?.map(|stack| stack.status) {
        Some(StackStatus::CreateInProgress) => stacks.delete(name, role).map(|()| Some(Doing::Delete)),
        Some(StackStatus::UpdateInProgress) => stacks.cancel_update(name).map(|()| Some(Doing::RollBack)),
        _ => Ok(None),
    }
}

fn doing(status: &StackStatus) -> Doing {
    match status {
        StackStatus::CreateInProgress => Doing::Create,
        StackStatus::DeleteInProgress => Doing::Delete,
        StackStatus::ImportInProgress => Doing::Import,
        status if status.as_str().contains("ROLLBACK") => Doing::RollBack,
        _ => Doing::Update,
    }
}

fn removed(stack: Stack, events: &[StackEvent]) -> Deployed {
    let resources = events.iter().filter(|event| event.status == "DELETE_COMPLETE" && !is_about_stack(event)).count();
    Deployed { deed: Deed::Removed, stack, resources, taken_back: Vec::new() }
}

const GONE: &str = "it is not there any more";

fn gone(id: &str) -> Stack {
    let name = id.split('/').nth(1).unwrap_or(id);
    Stack { reason: Some(GONE.to_owned()), ..Stack::named(id, name, StackStatus::DeleteComplete) }
}

fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, "stopped watching")
}

#[cfg(test)]
mod tests;
