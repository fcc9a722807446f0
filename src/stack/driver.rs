//! Brings one stack to where it should be, whatever state it is in.

use std::time::Duration;

use super::events::{Cause, first_cause, is_about_stack, latest_operation};
use super::template::{Template, base_state, is_as_wanted};
use super::tree::{Doing, Key, State, label, labels, stack_label};
use crate::aws::stacks::{
    Action, Change, ChangeSet, ChangeSetRequest, ChangeSetState, Stack, StackEvent, StackStatus, Stacks, TemplateAt,
};
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
    /// How many resources were worked on.
    pub resources: usize,
    /// Buckets that were there and have been taken back.
    pub taken_back: Vec<String>,
}

/// One stack on its way.
struct Way<'a> {
    stacks: &'a dyn Stacks,
    order: &'a Order<'a>,
    watcher: &'a dyn Watcher,
    key: Key,
    label: String,
}

/// Brings a stack to where it should be.
///
/// # Errors
/// If CloudFormation fails to (kind `Stack`, the first cause in it), refuses a call, or the user stops.
pub fn deploy(stacks: &dyn Stacks, order: &Order<'_>, watcher: &dyn Watcher) -> Result<Deployed> {
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
pub fn remove(stacks: &dyn Stacks, order: &Order<'_>, watcher: &dyn Watcher) -> Result<Deployed> {
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
            Some(changes) => self.execute(draft, Doing::Create, &changes),
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
            Some(changes) => self.execute(draft, Doing::Update, &changes),
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

    fn execute(&self, mut draft: Draft<'_>, doing: Doing, changes: &[Change]) -> Result<Deployed> {
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
            resources: changes.len(),
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

    fn refused(&self, why: &str) -> Error {
        Error::new(ErrorKind::Stack, format!("CloudFormation does not take the template of {}", self.label))
            .because(why)
            .hint(hint_for(why))
    }

    fn failure(&self, stack: &Stack, cause: Option<Cause>) -> Error {
        let done = match stack.status {
            StackStatus::RollbackComplete | StackStatus::DeleteComplete => {
                "was not created (everything was removed again)"
            }
            StackStatus::UpdateRollbackComplete => "was not changed (everything was set back)",
            StackStatus::DeleteFailed => "could not be removed",
            StackStatus::UpdateRollbackFailed => "could neither be changed nor set back",
            StackStatus::RollbackFailed => "was not created (and not everything could be removed)",
            _ => "is in the state ",
        };
        let state = if done.ends_with(' ') { stack.status.as_str() } else { "" };
        match cause {
            None => Error::new(ErrorKind::Stack, format!("{} {done}{state}", self.label))
                .because(stack.reason.as_deref().unwrap_or("CloudFormation gave no reason"))
                .hint("bucketscope deploy  tries again"),
            Some(cause) => {
                let declared = Template::parse(&self.order.spec.template).map(|template| labels(&template));
                let named = declared.ok().and_then(|mut labels| labels.remove(&cause.logical_id));
                let what = named.unwrap_or_else(|| label(&cause.resource_type, &cause.logical_id, &cause.physical_id));
                Error::new(ErrorKind::Stack, format!("{what} failed, so {} {done}{state}", self.label))
                    .because(&cause.reason)
                    .hint(hint_for(&cause.reason))
            }
        }
    }

    fn hopeless(&self, stack: &Stack) -> Error {
        let (name, region) = (&stack.name, &self.order.spec.region);
        let cause = self.stacks.events(&stack.id, None).ok().and_then(|events| first_cause(latest_operation(&events)));
        let why = cause.as_ref().map(|cause| format!("{}: {}", cause.logical_id, cause.reason));
        let hint = match (&stack.status, cause) {
            (StackStatus::UpdateRollbackFailed, Some(cause)) => format!(
                "mend the cause, or leave the resource as it is:  aws cloudformation continue-update-rollback \
                 --stack-name {name} --region {region} --resources-to-skip {}",
                cause.logical_id
            ),
            _ => format!("aws cloudformation describe-stack-events --stack-name {name} --region {region}  tells more"),
        };
        Error::new(ErrorKind::Stack, format!("{} is stuck in {}", self.label, stack.status.as_str()))
            .because(why.or_else(|| stack.reason.clone()).unwrap_or_else(|| "CloudFormation gave no reason".to_owned()))
            .hint(hint)
    }
}

/// Whether the template names buckets that exist and are not the stack's: they are to be taken back.
pub fn existing_buckets(order: &Order<'_>, owned: &[String]) -> Result<bool> {
    let named = Template::parse(&order.spec.template)?.named_buckets();
    for bucket in named.values().filter(|bucket| !owned.contains(bucket)) {
        if (order.bucket_exists)(bucket)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A change set that is forgotten again unless it is executed, together with the empty stack that it may have made.
pub struct Draft<'a> {
    stacks: &'a dyn Stacks,
    stack: String,
    /// The change set's ARN.
    pub id: String,
    role: Option<String>,
    shell: bool,
    open: bool,
}

impl<'a> Draft<'a> {
    /// Begins to make a change set.
    ///
    /// # Errors
    /// What AWS answers.
    pub fn begin(stacks: &'a dyn Stacks, order: &Order<'_>, create: bool, import_existing: bool) -> Result<Self> {
        let request = ChangeSetRequest {
            stack: order.spec.name.clone(),
            name: order.change_set.to_owned(),
            create,
            template: order.template.clone(),
            parameters: order.spec.parameters.clone(),
            tags: order.spec.tags.clone(),
            role: order.role.map(str::to_owned),
            import_existing,
            revert_drift: order.revert_drift && !create,
        };
        let id = stacks.create_change_set(&request)?;
        Ok(Self { stacks, stack: request.stack, id, role: request.role, shell: create, open: true })
    }

    /// Waits until CloudFormation has compared.
    ///
    /// # Errors
    /// What AWS answers, and if the user stops.
    pub fn wait(&self, watcher: &dyn Watcher) -> Result<ChangeSet> {
        let mut wait = SHORTEST;
        loop {
            let found = self.stacks.change_set(&self.stack, &self.id)?;
            if found.state != ChangeSetState::Pending {
                return Ok(found);
            }
            if !watcher.pause(wait) {
                return Err(interrupted());
            }
            wait = (wait * 2).min(LONGEST);
        }
    }

    /// Forgets it.
    ///
    /// # Errors
    /// What AWS answers.
    pub fn discard(mut self) -> Result<()> {
        self.forget()
    }

    fn forget(&mut self) -> Result<()> {
        if !std::mem::replace(&mut self.open, false) {
            return Ok(());
        }
        self.stacks.delete_change_set(&self.stack, &self.id)?;
        let shell = self.shell && self.stacks.describe(&self.stack)?.is_some_and(is_shell);
        if shell { self.stacks.delete(&self.stack, self.role.as_deref()) } else { Ok(()) }
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        // The error that led here matters more than that something empty stays.
        let _ = self.forget();
    }
}

/// A stack that only a change set made: without resources.
fn is_shell(stack: Stack) -> bool {
    stack.status == StackStatus::ReviewInProgress
}

/// Cancels what is under way: an update is rolled back, a creation deleted. Says what was begun, if anything was.
///
/// # Errors
/// What AWS answers.
pub fn cancel(stacks: &dyn Stacks, name: &str, role: Option<&str>) -> Result<Option<Doing>> {
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
    Stack {
        id: id.to_owned(),
        name: id.split('/').nth(1).unwrap_or(id).to_owned(),
        status: StackStatus::DeleteComplete,
        reason: Some(GONE.to_owned()),
        parameters: Default::default(),
        outputs: Default::default(),
        tags: Default::default(),
        role: None,
        protected: false,
    }
}

fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, "stopped watching")
}

/// What to do about a reason that CloudFormation gave.
fn hint_for(reason: &str) -> String {
    let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    let hint = if has(&["not authorized to perform", "AccessDenied", "Access Denied", "is not allowed to"]) {
        "bucketscope policy deployer  prints what the caller, or the role that CloudFormation assumes, needs"
    } else if has(&["already exists", "AlreadyExists", "BucketAlreadyOwnedByYou"]) {
        "something of this name is there already; remove it, or give the pipeline another name"
    } else if has(&["LimitExceeded", "limit exceeded", "quota"]) {
        "raise the quota in Service Quotas, then  bucketscope deploy"
    } else if has(&["Throttling", "Rate exceeded"]) {
        "AWS was asked too often;  bucketscope deploy  tries again"
    } else {
        "mend the cause, then  bucketscope deploy  takes it up again"
    };
    hint.to_owned()
}

#[cfg(test)]
mod tests;
