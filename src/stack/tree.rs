//! A deployment as a tree: stacks, and in each the resources with their states.

use std::collections::BTreeMap;

use super::events::{is_about_stack, is_noise};
use super::template::Template;
use super::words;
use crate::aws::stacks::{Change, StackEvent};
use crate::blueprint::{StackKind, StackSpec};

/// How a stack or a resource does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its turn has not come.
    Waiting,
    /// It is being worked on.
    Working(Doing),
    /// It is done.
    Done(Doing),
    /// There was nothing to do.
    Unchanged,
    /// It failed.
    Failed,
    /// It was given up because something else failed.
    Cancelled,
}

/// What is done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Finding out what there is to do.
    Compare,
    /// Creating.
    Create,
    /// Changing.
    Update,
    /// Deleting.
    Delete,
    /// Taking into the stack.
    Import,
    /// Setting back what was done.
    RollBack,
}

impl Doing {
    /// While it is done.
    pub fn present(self) -> &'static str {
        match self {
            Self::Compare => "comparing",
            Self::Create => "creating",
            Self::Update => "updating",
            Self::Delete => "deleting",
            Self::Import => "taking back",
            Self::RollBack => "rolling back",
        }
    }

    /// When it has been done.
    pub fn past(self) -> &'static str {
        match self {
            Self::Compare => "compared",
            Self::Create => "created",
            Self::Update => "updated",
            Self::Delete => "deleted",
            Self::Import => "taken back",
            Self::RollBack => "rolled back",
        }
    }
}

/// A resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// What it is: `saved query access-denied`.
    pub label: String,
    /// How it does.
    pub state: State,
    /// When work on it began, in milliseconds since the epoch.
    pub began_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
}

/// A stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its name and Region, by which it is found.
    pub key: Key,
    /// What it is: `lake in eu-central-1`.
    pub label: String,
    /// How it does.
    pub state: State,
    /// When work on it began, in milliseconds since the epoch.
    pub began_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// What else there is to say: `going on with what somebody else began`.
    pub remark: Option<String>,
    /// Its resources in the order in which work on them began; those that wait come last.
    pub leaves: Vec<Leaf>,
    ids: BTreeMap<String, usize>,
    names: BTreeMap<String, String>,
}

/// A stack's Region and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The Region.
    pub region: String,
    /// The name.
    pub name: String,
}

impl Key {
    /// Of a stack as it should be.
    pub fn of(spec: &StackSpec) -> Self {
        Self { region: spec.region.clone(), name: spec.name.clone() }
    }
}

/// What changed in the tree, for those who are told line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The stack's label.
    pub stack: String,
    /// The resource's label; nothing where it is the stack itself.
    pub resource: Option<String>,
    /// Its state now.
    pub state: State,
    /// How long it took, where it has ended.
    pub took_ms: Option<u64>,
    /// Why, where it failed.
    pub reason: Option<String>,
}

/// A deployment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// The stacks in the order of deployment.
    pub branches: Vec<Branch>,
}

/// What people call a stack.
pub fn stack_label(kind: StackKind, region: &str) -> String {
    match kind {
        StackKind::Assets => format!("programs in {region}"),
        StackKind::Collector => format!("log collection in {region}"),
        StackKind::Lake => format!("lake in {region}"),
        StackKind::Dashboards => format!("dashboard in {region}"),
    }
}

impl Tree {
    /// All stacks, waiting.
    pub fn of(specs: &[StackSpec]) -> Self {
        let branch = |spec: &StackSpec| Branch {
            key: Key::of(spec),
            label: stack_label(spec.kind, &spec.region),
            state: State::Waiting,
            began_ms: None,
            ended_ms: None,
            remark: None,
            leaves: Vec::new(),
            ids: BTreeMap::new(),
            names: Template::parse(&spec.template).map(|template| labels(&template)).unwrap_or_default(),
        };
        Self { branches: specs.iter().map(branch).collect() }
    }

    fn branch(&mut self, key: &Key) -> Option<&mut Branch> {
        self.branches.iter_mut().find(|branch| branch.key == *key)
    }

    /// A stack's state changed.
    pub fn stack(&mut self, key: &Key, state: State, now_ms: i64) -> Option<News> {
        let branch = self.branch(key)?;
        if branch.state == state {
            return None;
        }
        branch.state = state;
        if matches!(state, State::Working(_)) {
            branch.began_ms.get_or_insert(now_ms);
        } else {
            branch.ended_ms = Some(now_ms);
        }
        Some(News {
            stack: branch.label.clone(),
            resource: None,
            state,
            took_ms: took(branch.began_ms, branch.ended_ms),
            reason: None,
        })
    }

    /// There is more to say about a stack.
    pub fn remark(&mut self, key: &Key, remark: &str) {
        if let Some(branch) = self.branch(key) {
            branch.remark = Some(remark.to_owned());
        }
    }

    /// It is known what will be changed.
    pub fn planned(&mut self, key: &Key, changes: &[Change]) {
        let Some(branch) = self.branch(key) else { return };
        for change in changes {
            let name = change.physical_id.as_deref();
            branch.leaf(&change.logical_id, &change.resource_type, name.unwrap_or_default());
        }
    }

    /// Something happened to a resource.
    pub fn event(&mut self, key: &Key, event: &StackEvent) -> Option<News> {
        if is_about_stack(event) {
            return None;
        }
        let branch = self.branch(key)?;
        let state = match state_of(&event.status)? {
            State::Failed if is_noise(event) => State::Cancelled,
            state => state,
        };
        let stack = branch.label.clone();
        let leaf = branch.leaf(&event.logical_id, &event.resource_type, &event.physical_id);
        if leaf.state == state {
            return None;
        }
        // What was created and is deleted again begins a second time.
        if matches!(state, State::Working(_)) {
            leaf.began_ms = Some(event.at_ms);
            leaf.ended_ms = None;
        } else {
            leaf.began_ms.get_or_insert(event.at_ms);
            leaf.ended_ms = Some(event.at_ms);
        }
        leaf.state = state;
        if state == State::Cancelled {
            return None;
        }
        Some(News {
            stack,
            resource: Some(leaf.label.clone()),
            state,
            took_ms: took(leaf.began_ms, leaf.ended_ms),
            reason: event.reason.clone().filter(|_| state == State::Failed),
        })
    }

    /// How many resources are done, and how many are known of, in the stacks that are under way.
    pub fn counts(&self) -> (usize, usize) {
        let under_way = self.branches.iter().filter(|branch| matches!(branch.state, State::Working(_)));
        let leaves: Vec<&Leaf> = under_way.flat_map(|branch| &branch.leaves).collect();
        (leaves.iter().filter(|leaf| matches!(leaf.state, State::Done(_))).count(), leaves.len())
    }
}

impl Branch {
    fn leaf(&mut self, logical_id: &str, resource_type: &str, physical_id: &str) -> &mut Leaf {
        let at = match self.ids.get(logical_id) {
            Some(at) => *at,
            None => {
                let label = self
                    .names
                    .get(logical_id)
                    .cloned()
                    .unwrap_or_else(|| label(resource_type, logical_id, physical_id));
                self.leaves.push(Leaf { label, state: State::Waiting, began_ms: None, ended_ms: None });
                self.ids.insert(logical_id.to_owned(), self.leaves.len() - 1);
                self.leaves.len() - 1
            }
        };
        // The index was just put there or found.
        &mut self.leaves[at]
    }
}

fn took(began_ms: Option<i64>, ended_ms: Option<i64>) -> Option<u64> {
    Some(u64::try_from(ended_ms? - began_ms?).unwrap_or_default())
}

/// Labels of all resources that a template declares.
pub fn labels(template: &Template) -> BTreeMap<String, String> {
    let mut names = template.names();
    let one = |(id, declared): (String, super::template::Declared)| {
        let name = names.remove(&id).unwrap_or_else(|| id.clone());
        (id, format!("{} {name}", words::kind_of(&declared.resource_type)))
    };
    template.resources().into_iter().map(one).collect()
}

/// The label of a resource that the new template does not have.
pub fn label(resource_type: &str, logical_id: &str, physical_id: &str) -> String {
    // A name in AWS that is an ARN, an id or an URL tells a person less than the name in the template.
    let tells = !physical_id.is_empty() && !physical_id.contains([':', '/', '|']);
    format!("{} {}", words::kind_of(resource_type), if tells { physical_id } else { logical_id })
}

/// The state that CloudFormation's word for a resource means.
fn state_of(status: &str) -> Option<State> {
    let doing = |prefix: &str| match prefix {
        "CREATE" => Some(Doing::Create),
        "UPDATE" => Some(Doing::Update),
        "DELETE" => Some(Doing::Delete),
        "IMPORT" => Some(Doing::Import),
        "ROLLBACK" | "UPDATE_ROLLBACK" | "IMPORT_ROLLBACK" => Some(Doing::RollBack),
        _ => None,
    };
    if status == "DELETE_SKIPPED" {
        return Some(State::Done(Doing::Delete));
    }
    if let Some(prefix) = status.strip_suffix("_IN_PROGRESS") {
        return doing(prefix).map(State::Working);
    }
    if let Some(prefix) = status.strip_suffix("_COMPLETE") {
        return doing(prefix).map(State::Done);
    }
    status.ends_with("_FAILED").then_some(State::Failed)
}

#[cfg(test)]
mod tests {
    use super::super::events::tests::event;
    use super::*;

    const JOB: &str = "AWS::Glue::Job";

    fn tree() -> (Tree, Key) {
        let spec = StackSpec {
            kind: StackKind::Lake,
            name: "s".to_owned(),
            region: "eu-central-1".to_owned(),
            template: r#"{"Resources": {"Job": {"Type": "AWS::Glue::Job", "Properties": {"Name": "p-etl"}}}}"#
                .to_owned(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
        };
        (Tree::of(std::slice::from_ref(&spec)), Key::of(&spec))
    }

    #[test]
    fn a_resource_is_told_of_once_a_state_with_the_time_it_took() {
        let (mut tree, key) = tree();
        let began = tree.event(&key, &event(1_000, "Job", JOB, "CREATE_IN_PROGRESS", None)).unwrap();
        assert_eq!(began.resource.as_deref(), Some("job p-etl"));
        assert_eq!(tree.event(&key, &event(2_000, "Job", JOB, "CREATE_IN_PROGRESS", None)), None);
        let done = tree.event(&key, &event(4_000, "Job", JOB, "CREATE_COMPLETE", None)).unwrap();
        assert_eq!((done.state, done.took_ms), (State::Done(Doing::Create), Some(3_000)));
    }

    #[test]
    fn the_stack_s_own_events_are_no_resource() {
        let (mut tree, key) = tree();
        assert_eq!(tree.event(&key, &event(1, "s", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", None)), None);
        assert!(tree.branches[0].leaves.is_empty());
    }

    #[test]
    fn what_fails_says_why_and_what_is_rolled_back_begins_again() {
        let (mut tree, key) = tree();
        tree.event(&key, &event(1_000, "Job", JOB, "CREATE_IN_PROGRESS", None));
        let failed = tree.event(&key, &event(2_000, "Job", JOB, "CREATE_FAILED", Some("no role"))).unwrap();
        assert_eq!((failed.state, failed.reason.as_deref()), (State::Failed, Some("no role")));
        tree.event(&key, &event(5_000, "Job", JOB, "DELETE_IN_PROGRESS", None));
        let gone = tree.event(&key, &event(6_000, "Job", JOB, "DELETE_COMPLETE", None)).unwrap();
        assert_eq!((gone.state, gone.took_ms), (State::Done(Doing::Delete), Some(1_000)));
    }

    #[test]
    fn what_was_only_given_up_is_no_news() {
        let (mut tree, key) = tree();
        tree.event(&key, &event(1_000, "Job", JOB, "CREATE_IN_PROGRESS", None));
        let given_up = event(2_000, "Job", JOB, "CREATE_FAILED", Some("Resource creation cancelled"));
        assert_eq!(tree.event(&key, &given_up), None);
        assert_eq!(tree.branches[0].leaves[0].state, State::Cancelled);
    }

    #[test]
    fn names_in_aws_that_tell_a_person_nothing_are_not_shown() {
        assert_eq!(label("AWS::Athena::NamedQuery", "QueryX", "0a1b"), "saved query 0a1b");
        assert_eq!(label("AWS::SNS::Subscription", "Mail", "arn:aws:sns:x"), "subscription Mail");
        assert_eq!(label("AWS::S3::Bucket", "Logs", ""), "bucket Logs");
    }
}
