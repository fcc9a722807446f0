//! CloudFormation: stacks, change sets, events.

use std::collections::BTreeMap;

use crate::Result;

#[cfg(test)]
pub mod fake;
mod sdk;

pub use sdk::SdkStacks;

/// A template that is longer must be given by URL (AWS CloudFormation User Guide, "CloudFormation quotas").
pub const INLINE_LIMIT: usize = 51_200;

macro_rules! statuses {
    ($($name:ident = $text:literal,)*) => {
        /// The state of a stack (AWS CloudFormation User Guide, "View stack status codes").
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum StackStatus {
            $(#[doc = concat!("`", $text, "`")] $name,)*
            /// One that this program does not know.
            Other(String),
        }

        impl StackStatus {
            /// Every known status.
            pub const KNOWN: &[StackStatus] = &[$(StackStatus::$name,)*];

            /// Reads CloudFormation's word.
            pub fn parse(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)*
                    other => Self::Other(other.to_owned()),
                }
            }

            /// CloudFormation's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(text) => text,
                }
            }
        }
    };
}

statuses! {
    CreateInProgress = "CREATE_IN_PROGRESS",
    CreateFailed = "CREATE_FAILED",
    CreateComplete = "CREATE_COMPLETE",
    RollbackInProgress = "ROLLBACK_IN_PROGRESS",
    RollbackFailed = "ROLLBACK_FAILED",
    RollbackComplete = "ROLLBACK_COMPLETE",
    DeleteInProgress = "DELETE_IN_PROGRESS",
    DeleteFailed = "DELETE_FAILED",
    DeleteComplete = "DELETE_COMPLETE",
    UpdateInProgress = "UPDATE_IN_PROGRESS",
    UpdateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    UpdateComplete = "UPDATE_COMPLETE",
    UpdateFailed = "UPDATE_FAILED",
    UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
    UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
    UpdateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
    ReviewInProgress = "REVIEW_IN_PROGRESS",
    ImportInProgress = "IMPORT_IN_PROGRESS",
    ImportComplete = "IMPORT_COMPLETE",
    ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
    ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
    ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
}

impl StackStatus {
    /// Whether CloudFormation is at work on the stack. `REVIEW_IN_PROGRESS` is none of these: it waits for a person.
    pub fn in_progress(&self) -> bool {
        *self != Self::ReviewInProgress && self.as_str().ends_with("_IN_PROGRESS")
    }

    /// Whether the last operation did what it was asked to.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::CreateComplete | Self::UpdateComplete | Self::ImportComplete | Self::DeleteComplete)
    }
}

/// A stack as CloudFormation describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// Its ARN, which names it even after it has been deleted.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its state.
    pub status: StackStatus,
    /// Why it is in this state.
    pub reason: Option<String>,
    /// The parameters' values, defaults among them.
    pub parameters: BTreeMap<String, String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The role that CloudFormation assumes for it.
    pub role: Option<String>,
    /// Whether deleting it is refused.
    pub protected: bool,
    /// When it was last changed, in milliseconds since the epoch.
    pub changed_ms: Option<i64>,
}

impl Stack {
    /// A stack of which no more is known than its identity and state.
    pub fn named(id: &str, name: &str, status: StackStatus) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            status,
            reason: None,
            parameters: BTreeMap::new(),
            outputs: BTreeMap::new(),
            tags: BTreeMap::new(),
            role: None,
            protected: false,
            changed_ms: None,
        }
    }
}

/// What happened to a stack or one of its resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackEvent {
    /// Its identity.
    pub id: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The resource's name in the template; for the stack itself the stack's name.
    pub logical_id: String,
    /// The resource's name in AWS, where it has one by now.
    pub physical_id: String,
    /// Its type.
    pub resource_type: String,
    /// Its state: `CREATE_IN_PROGRESS`, `UPDATE_FAILED` …
    pub status: String,
    /// Why.
    pub reason: Option<String>,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackResource {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in AWS.
    pub physical_id: String,
    /// Its type.
    pub resource_type: String,
    /// Its state.
    pub status: String,
}

/// Where a template is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateAt {
    /// Here; at most [`INLINE_LIMIT`] bytes.
    Body(String),
    /// In a bucket.
    Url(String),
}

/// What a change set is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetRequest {
    /// The stack's name.
    pub stack: String,
    /// The change set's name.
    pub name: String,
    /// Whether the stack is to be created; else it is there.
    pub create: bool,
    /// The template.
    pub template: TemplateAt,
    /// Values of its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Tags of the stack.
    pub tags: BTreeMap<String, String>,
    /// The role that CloudFormation assumes.
    pub role: Option<String>,
    /// Take resources of the template's names that exist into the stack.
    pub import_existing: bool,
    /// Set back what was changed by hand.
    pub revert_drift: bool,
}

/// How far a change set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeSetState {
    /// CloudFormation is still comparing.
    Pending,
    /// It can be executed.
    Ready,
    /// There is nothing to change.
    Empty,
    /// It could not be made, and why.
    Failed(String),
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is made.
    Add,
    /// It is changed, or replaced.
    Modify,
    /// It leaves the stack.
    Remove,
    /// It exists and is taken into the stack.
    Import,
    /// CloudFormation's memory of it is corrected; the resource stays as it is.
    Sync,
    /// CloudFormation cannot tell yet.
    Dynamic,
}

/// Whether a resource or property change makes a new resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replacement {
    /// No.
    Never,
    /// It depends on values that are known only afterwards.
    Maybe,
    /// Yes.
    Always,
}

/// A change to one property or attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// `Properties`, `Tags`, `Metadata` …
    pub attribute: String,
    /// The property, where it is one.
    pub property: Option<String>,
    /// Its path: `/Properties/Code/S3Key`.
    pub path: Option<String>,
    /// Whether it makes a new resource.
    pub replacement: Replacement,
    /// The value before.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
    /// The value is known only afterwards.
    pub dynamic: bool,
    /// What the value follows from: a parameter, `Resource` or `Resource.Attribute`.
    pub cause: Option<String>,
}

/// A change to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// The resource's name in the template.
    pub logical_id: String,
    /// Its name in AWS, where it exists.
    pub physical_id: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// Whether it is replaced.
    pub replacement: Replacement,
    /// What becomes of the old resource: `Delete`, `Retain`, `ReplaceAndDelete` …
    pub policy: Option<String>,
    /// What is changed in it.
    pub details: Vec<Detail>,
    /// The resource before, JSON.
    pub before: Option<String>,
    /// The resource after, JSON.
    pub after: Option<String>,
}

/// A change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// How far it is.
    pub state: ChangeSetState,
    /// What it would change.
    pub changes: Vec<Change>,
}

/// Stacks of one Region: looked at, and deleted.
pub trait Stacks: Send + Sync {
    /// A stack by name or ARN; a deleted one is found by its ARN alone.
    ///
    /// # Errors
    /// What AWS answers.
    fn describe(&self, stack: &str) -> Result<Option<Stack>>;

    /// All stacks that exist.
    ///
    /// # Errors
    /// What AWS answers.
    fn list(&self) -> Result<Vec<Stack>>;

    /// The stack that has this name now, if any has.
    ///
    /// # Errors
    /// What AWS answers.
    fn find(&self, name: &str) -> Result<Option<Stack>> {
        Ok(self.describe(name)?.filter(|stack| stack.status != StackStatus::DeleteComplete))
    }

    /// The template as it was given.
    ///
    /// # Errors
    /// What AWS answers.
    fn template(&self, stack: &str) -> Result<String>;

    /// The resources of a stack; none of one that is gone.
    ///
    /// # Errors
    /// What AWS answers.
    fn resources(&self, stack: &str) -> Result<Vec<StackResource>>;

    /// What happened behind the event `after`, or ever; oldest first.
    ///
    /// # Errors
    /// What AWS answers.
    fn events(&self, stack: &str, after: Option<&str>) -> Result<Vec<StackEvent>>;

    /// The identity of the newest event, if there is any.
    ///
    /// # Errors
    /// What AWS answers.
    fn newest_event(&self, stack: &str) -> Result<Option<String>> {
        Ok(self.events(stack, None)?.pop().map(|event| event.id))
    }

    /// Begins to delete a stack. One that is gone or going is fine.
    ///
    /// # Errors
    /// What AWS answers.
    fn delete(&self, stack: &str, role: Option<&str>) -> Result<()>;

    /// Refuses, or allows again, that the stack is deleted.
    ///
    /// # Errors
    /// What AWS answers.
    fn protect(&self, stack: &str, protected: bool) -> Result<()>;
}

/// Changing stacks, through change sets.
pub trait ChangeSets: Stacks {
    /// Begins to make a change set; returns its ARN.
    ///
    /// # Errors
    /// What AWS answers.
    fn create_change_set(&self, request: &ChangeSetRequest) -> Result<String>;

    /// A change set with everything that it would change.
    ///
    /// # Errors
    /// What AWS answers.
    fn change_set(&self, stack: &str, change_set: &str) -> Result<ChangeSet>;

    /// Does what a change set says.
    ///
    /// # Errors
    /// What AWS answers.
    fn execute_change_set(&self, stack: &str, change_set: &str) -> Result<()>;

    /// Forgets a change set; one that is not there is forgotten already.
    ///
    /// # Errors
    /// What AWS answers.
    fn delete_change_set(&self, stack: &str, change_set: &str) -> Result<()>;

    /// Takes a failed rollback of an update up again.
    ///
    /// # Errors
    /// What AWS answers.
    fn continue_rollback(&self, stack: &str, role: Option<&str>) -> Result<()>;

    /// Sets a stack whose update failed, and was left so, back.
    ///
    /// # Errors
    /// What AWS answers.
    fn roll_back(&self, stack: &str, role: Option<&str>) -> Result<()>;

    /// Cancels an update, which then is rolled back.
    ///
    /// # Errors
    /// What AWS answers.
    fn cancel_update(&self, stack: &str) -> Result<()>;
}
