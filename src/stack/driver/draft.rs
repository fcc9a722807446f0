//! A change set that leaves nothing behind unless it is executed.

use super::{LONGEST, Order, SHORTEST, Watcher, interrupted};
use crate::Result;
use crate::aws::stacks::{ChangeSet, ChangeSetRequest, ChangeSetState, ChangeSets, Stack, StackStatus};
use crate::stack::template::Template;

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
    stacks: &'a dyn ChangeSets,
    stack: String,
    /// The change set's ARN.
    pub id: String,
    role: Option<String>,
    shell: bool,
    pub(super) open: bool,
}

impl<'a> Draft<'a> {
    /// Begins to make a change set.
    ///
    /// # Errors
    /// What AWS answers.
    pub fn begin(stacks: &'a dyn ChangeSets, order: &Order<'_>, create: bool, import_existing: bool) -> Result<Self> {
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
