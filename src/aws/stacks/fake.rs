//! CloudFormation in memory, with faults.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use super::{
    Action, Change, ChangeSet, ChangeSetRequest, ChangeSetState, ChangeSets, Replacement, Stack, StackEvent,
    StackResource, StackStatus, Stacks, TemplateAt,
};
use crate::{Error, Result};

/// What a stack will go through: a status, and what happens when it is reached.
type Course = VecDeque<(StackStatus, Vec<StackEvent>)>;

#[derive(Default)]
struct World {
    stacks: BTreeMap<String, Stack>,
    templates: BTreeMap<String, String>,
    events: BTreeMap<String, Vec<StackEvent>>,
    courses: BTreeMap<String, Course>,
    change_sets: BTreeMap<String, ChangeSetRequest>,
    faults: Vec<(&'static str, Error)>,
    fails: Option<(String, String)>,
    calls: Vec<String>,
    clock: i64,
}

/// CloudFormation in memory.
#[derive(Default)]
pub struct FakeStacks {
    world: Mutex<World>,
}

impl FakeStacks {
    /// A stack that is there already.
    pub fn with(self, name: &str, status: StackStatus, template: &str) -> Self {
        {
            let mut world = self.world.lock().unwrap();
            world.stacks.insert(name.to_owned(), stack(name, status));
            world.templates.insert(name.to_owned(), template.to_owned());
        }
        self
    }

    /// A stack at which CloudFormation is at work, and what it will be next.
    pub fn under_way(self, name: &str, now: StackStatus, then: StackStatus, template: &str) -> Self {
        let this = self.with(name, now, template);
        this.world.lock().unwrap().set_out(name, [then]);
        this
    }

    /// The next call of this name fails.
    pub fn fault(self, call: &'static str, error: Error) -> Self {
        self.world.lock().unwrap().faults.push((call, error));
        self
    }

    /// The next execution fails at this resource for this reason, and is rolled back.
    pub fn failing(self, logical_id: &str, reason: &str) -> Self {
        self.world.lock().unwrap().fails = Some((logical_id.to_owned(), reason.to_owned()));
        self
    }

    /// The calls that change something, in order.
    pub fn calls(&self) -> Vec<String> {
        self.world.lock().unwrap().calls.clone()
    }

    /// The state of a stack.
    pub fn status(&self, name: &str) -> Option<StackStatus> {
        self.world.lock().unwrap().stacks.get(name).map(|stack| stack.status.clone())
    }

    /// Change sets that nobody has executed or removed.
    pub fn open_change_sets(&self) -> usize {
        self.world.lock().unwrap().change_sets.len()
    }

    fn called(&self, call: &'static str, of: &str) -> Result<std::sync::MutexGuard<'_, World>> {
        let mut world = self.world.lock().unwrap();
        world.calls.push(format!("{call} {of}"));
        match world.faults.iter().position(|(name, _)| *name == call) {
            Some(at) => Err(world.faults.remove(at).1),
            None => Ok(world),
        }
    }
}

/// A stack of this name in this state.
pub fn stack(name: &str, status: StackStatus) -> Stack {
    Stack::named(&format!("arn:aws:cloudformation:eu-central-1:111122223333:stack/{name}/1"), name, status)
}

impl World {
    fn name(&self, stack: &str) -> String {
        stack.split('/').nth(1).unwrap_or(stack).to_owned()
    }

    fn event(
        &mut self,
        name: &str,
        logical_id: &str,
        resource_type: &str,
        status: &str,
        reason: Option<&str>,
    ) -> StackEvent {
        self.clock += 1_000;
        let physical_id = self.stacks.get(name).map(|stack| stack.id.clone()).filter(|_| logical_id == name);
        StackEvent {
            id: format!("event-{}", self.clock),
            at_ms: self.clock,
            logical_id: logical_id.to_owned(),
            physical_id: physical_id.unwrap_or_default(),
            resource_type: resource_type.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
        }
    }

    fn set_out(&mut self, name: &str, course: impl IntoIterator<Item = StackStatus>) {
        for status in course {
            let told = self.event(name, name, "AWS::CloudFormation::Stack", status.as_str(), None);
            let mut events = vec![told];
            if let (true, Some((id, why))) = (status.as_str().contains("ROLLBACK_IN"), self.fails.clone()) {
                events.insert(0, self.event(name, &id, "AWS::Glue::Job", "CREATE_FAILED", Some(&why)));
                events.insert(
                    0,
                    self.event(name, "Other", "AWS::Glue::Job", "CREATE_FAILED", Some("Resource creation cancelled")),
                );
            }
            self.courses.entry(name.to_owned()).or_default().push_back((status, events));
        }
    }
}

impl Stacks for FakeStacks {
    /// Every look lets the stack go one step on.
    fn describe(&self, stack: &str) -> Result<Option<Stack>> {
        let mut world = self.world.lock().unwrap();
        let name = world.name(stack);
        let seen = world.stacks.get(&name).cloned();
        if let Some((status, mut events)) = world.courses.get_mut(&name).and_then(VecDeque::pop_front) {
            world.events.entry(name.clone()).or_default().append(&mut events);
            if let Some(stack) = world.stacks.get_mut(&name) {
                stack.status = status;
            }
        }
        let by_name = stack == name;
        Ok(seen.filter(|seen| !(by_name && seen.status == StackStatus::DeleteComplete)))
    }

    fn list(&self) -> Result<Vec<Stack>> {
        Ok(self.world.lock().unwrap().stacks.values().cloned().collect())
    }

    fn template(&self, stack: &str) -> Result<String> {
        let world = self.world.lock().unwrap();
        Ok(world.templates.get(&world.name(stack)).cloned().unwrap_or_default())
    }

    fn resources(&self, _stack: &str) -> Result<Vec<StackResource>> {
        Ok(Vec::new())
    }

    fn events(&self, stack: &str, after: Option<&str>) -> Result<Vec<StackEvent>> {
        let world = self.world.lock().unwrap();
        let all = world.events.get(&world.name(stack)).cloned().unwrap_or_default();
        let from = after.and_then(|id| all.iter().position(|event| event.id == id)).map_or(0, |at| at + 1);
        Ok(all[from..].to_vec())
    }

    fn delete(&self, stack: &str, _role: Option<&str>) -> Result<()> {
        let name = self.world.lock().unwrap().name(stack);
        let mut world = self.called("delete", &name)?;
        world.set_out(&name, [StackStatus::DeleteInProgress, StackStatus::DeleteComplete]);
        Ok(())
    }

    fn protect(&self, stack: &str, protected: bool) -> Result<()> {
        let mut world = self.called("protect", stack)?;
        if let Some(stack) = world.stacks.get_mut(stack) {
            stack.protected = protected;
        }
        Ok(())
    }
}

impl ChangeSets for FakeStacks {
    fn create_change_set(&self, request: &ChangeSetRequest) -> Result<String> {
        let mut world = self.called("create_change_set", &request.stack)?;
        if request.create {
            world.stacks.insert(request.stack.clone(), stack(&request.stack, StackStatus::ReviewInProgress));
            world.courses.remove(&request.stack);
        }
        let id = format!("change-set/{}", request.name);
        world.change_sets.insert(id.clone(), request.clone());
        Ok(id)
    }

    fn change_set(&self, stack: &str, change_set: &str) -> Result<ChangeSet> {
        let world = self.called("change_set", stack)?;
        let request = world.change_sets.get(change_set).cloned().ok_or_else(|| Error::failed("no such change set"))?;
        let change = |id: &str| Change {
            action: if request.create { Action::Add } else { Action::Modify },
            logical_id: id.to_owned(),
            physical_id: None,
            resource_type: "AWS::Glue::Job".to_owned(),
            replacement: Replacement::Never,
            policy: None,
            details: Vec::new(),
            before: None,
            after: None,
        };
        let TemplateAt::Body(body) = &request.template else {
            return Ok(ChangeSet { state: ChangeSetState::Ready, changes: vec![change("Url")] });
        };
        let same = !request.create && world.templates.get(stack) == Some(body);
        let state = if same { ChangeSetState::Empty } else { ChangeSetState::Ready };
        Ok(ChangeSet { state, changes: if same { Vec::new() } else { vec![change("Job")] } })
    }

    fn execute_change_set(&self, stack: &str, change_set: &str) -> Result<()> {
        let mut world = self.called("execute_change_set", stack)?;
        let request = world.change_sets.remove(change_set).ok_or_else(|| Error::failed("no such change set"))?;
        let template = match request.template {
            TemplateAt::Body(text) | TemplateAt::Url(text) => text,
        };
        use StackStatus as S;
        match (request.create, world.fails.is_some()) {
            (true, false) => world.set_out(stack, [S::CreateInProgress, S::CreateComplete]),
            (true, true) => world.set_out(stack, [S::CreateInProgress, S::RollbackInProgress, S::RollbackComplete]),
            (false, false) => world.set_out(stack, [S::UpdateInProgress, S::UpdateComplete]),
            (false, true) => {
                world.set_out(stack, [S::UpdateInProgress, S::UpdateRollbackInProgress, S::UpdateRollbackComplete]);
            }
        }
        if world.fails.take().is_none() {
            world.templates.insert(stack.to_owned(), template);
        }
        Ok(())
    }

    fn delete_change_set(&self, stack: &str, change_set: &str) -> Result<()> {
        self.called("delete_change_set", stack)?.change_sets.remove(change_set);
        Ok(())
    }

    fn continue_rollback(&self, stack: &str, _role: Option<&str>) -> Result<()> {
        use StackStatus as S;
        let mut world = self.called("continue_rollback", stack)?;
        let end = if world.fails.is_some() { S::UpdateRollbackFailed } else { S::UpdateRollbackComplete };
        world.set_out(stack, [S::UpdateRollbackInProgress, end]);
        Ok(())
    }

    fn roll_back(&self, stack: &str, _role: Option<&str>) -> Result<()> {
        let mut world = self.called("roll_back", stack)?;
        world.set_out(stack, [StackStatus::UpdateRollbackInProgress, StackStatus::UpdateRollbackComplete]);
        Ok(())
    }

    fn cancel_update(&self, stack: &str) -> Result<()> {
        let mut world = self.called("cancel_update", stack)?;
        world.set_out(stack, [StackStatus::UpdateRollbackInProgress, StackStatus::UpdateRollbackComplete]);
        Ok(())
    }
}
