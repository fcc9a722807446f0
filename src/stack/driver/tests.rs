use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::aws::stacks::Stacks;
use crate::aws::stacks::fake::FakeStacks;
use crate::blueprint::StackKind;

const OLD: &str = r#"{"Resources": {"Job": {"Type": "AWS::Glue::Job", "Properties": {"Name": "old"}}}}"#;
const NEW: &str = r#"{"Resources": {"Job": {"Type": "AWS::Glue::Job", "Properties": {"Name": "new"}}}}"#;
const LAKE: &str = r#"{"Resources": {"Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lake"}}}}"#;

#[derive(Default)]
struct Quiet {
    told: Mutex<Vec<String>>,
    /// After so many pauses the user presses Ctrl-C; never where it is 0.
    patience: u32,
    pauses: AtomicU32,
}

impl Watcher for Quiet {
    fn stack(&self, _key: &Key, state: State) {
        self.told.lock().unwrap().push(format!("{state:?}"));
    }
    fn remark(&self, _key: &Key, remark: &str) {
        self.told.lock().unwrap().push(remark.to_owned());
    }
    fn planned(&self, _key: &Key, _changes: &[Change]) {}
    fn event(&self, _key: &Key, event: &StackEvent) {
        self.told.lock().unwrap().push(format!("{} {}", event.logical_id, event.status));
    }
    fn pause(&self, _time: Duration) -> bool {
        self.patience == 0 || self.pauses.fetch_add(1, Ordering::SeqCst) < self.patience
    }
}

fn spec(template: &str) -> StackSpec {
    StackSpec {
        kind: StackKind::Lake,
        name: "s".to_owned(),
        region: "eu-central-1".to_owned(),
        template: template.to_owned(),
        parameters: BTreeMap::new(),
        tags: BTreeMap::new(),
    }
}

fn order<'a>(spec: &'a StackSpec, bucket_exists: &'a (dyn Fn(&str) -> Result<bool> + Sync)) -> Order<'a> {
    Order {
        spec,
        template: TemplateAt::Body(spec.template.clone()),
        role: None,
        change_set: "c",
        revert_drift: false,
        planned_base: None,
        bucket_exists,
    }
}

fn deployed(stacks: &FakeStacks, template: &str) -> Result<Deployed> {
    let spec = spec(template);
    deploy(stacks, &order(&spec, &|_| Ok(false)), &Quiet::default())
}

#[test]
fn every_state_has_a_next_step_and_only_the_unknown_is_given_up() {
    for status in StackStatus::KNOWN {
        let step = next_step(Some(status));
        let expected = match status.as_str() {
            "DELETE_COMPLETE" => Step::Create,
            "REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => {
                Step::Delete
            }
            "UPDATE_ROLLBACK_FAILED" => Step::ContinueRollback,
            "UPDATE_FAILED" => Step::RollBack,
            "IMPORT_ROLLBACK_FAILED" => Step::GiveUp,
            name if name.ends_with("_IN_PROGRESS") => Step::Attach,
            _ => Step::Update,
        };
        assert_eq!(step, expected, "{}", status.as_str());
    }
    assert_eq!(next_step(None), Step::Create);
    assert_eq!(next_step(Some(&StackStatus::parse("WHATEVER"))), Step::GiveUp);
}

#[test]
fn from_nothing_a_stack_is_created_and_the_second_time_nothing_is_done() {
    let stacks = FakeStacks::default();
    assert_eq!(deployed(&stacks, OLD).unwrap().deed, Deed::Created);
    let calls = stacks.calls().len();
    assert_eq!(deployed(&stacks, OLD).unwrap().deed, Deed::Unchanged);
    assert_eq!(stacks.calls().len(), calls, "not even a change set is made");
    assert_eq!(deployed(&stacks, NEW).unwrap().deed, Deed::Updated);
}

#[test]
fn what_an_earlier_failure_left_is_removed_first() {
    for left in [StackStatus::RollbackComplete, StackStatus::ReviewInProgress, StackStatus::CreateFailed] {
        let stacks = FakeStacks::default().with("s", left.clone(), OLD);
        assert_eq!(deployed(&stacks, OLD).unwrap().deed, Deed::Created, "{left:?}");
        assert_eq!(stacks.calls()[0], "delete s");
    }
}

#[test]
fn what_is_under_way_is_waited_for() {
    let stacks = FakeStacks::default().under_way("s", StackStatus::CreateInProgress, StackStatus::CreateComplete, OLD);
    assert_eq!(deployed(&stacks, NEW).unwrap().deed, Deed::Updated);
    let rolled =
        FakeStacks::default().under_way("s", StackStatus::RollbackInProgress, StackStatus::RollbackComplete, OLD);
    assert_eq!(deployed(&rolled, OLD).unwrap().deed, Deed::Created);
}

#[test]
fn a_failed_rollback_is_taken_up_once_and_then_explained() {
    let stacks = FakeStacks::default().with("s", StackStatus::UpdateRollbackFailed, OLD);
    assert_eq!(deployed(&stacks, NEW).unwrap().deed, Deed::Updated);
    assert_eq!(stacks.calls()[0], "continue_rollback s");

    let stuck = FakeStacks::default().with("s", StackStatus::UpdateRollbackFailed, OLD).failing("Job", "role is gone");
    let error = deployed(&stuck, NEW).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stack);
    assert_eq!(error.to_string(), "lake in eu-central-1 is stuck in UPDATE_ROLLBACK_FAILED: Job: role is gone");
    assert!(error.suggestion().unwrap().ends_with("--resources-to-skip Job"), "{:?}", error.suggestion());
}

#[test]
fn the_first_cause_is_the_error() {
    let stacks = FakeStacks::default().failing("Job", "the role does not exist");
    let error = deployed(&stacks, OLD).unwrap_err();
    assert_eq!(error.code(), 4);
    assert_eq!(
        error.to_string(),
        "job old failed, so lake in eu-central-1 was not created (everything was removed again): the role does not exist"
    );
}

#[test]
fn a_refused_change_set_leaves_neither_itself_nor_a_shell() {
    let stacks = FakeStacks::default().fault("change_set", Error::failed("throttled"));
    assert!(deployed(&stacks, OLD).is_err());
    assert_eq!(stacks.open_change_sets(), 0);
    assert!(stacks.calls().contains(&"delete s".to_owned()));

    let stacks = FakeStacks::default()
        .with("s", StackStatus::CreateComplete, OLD)
        .fault("execute_change_set", Error::failed("x"));
    assert!(deployed(&stacks, NEW).is_err());
    assert_eq!(stacks.open_change_sets(), 0);
    assert_eq!(stacks.status("s"), Some(StackStatus::CreateComplete));
}

#[test]
fn ctrl_c_leaves_what_is_under_way_to_cloudformation() {
    let stacks = FakeStacks::default();
    let spec = spec(OLD);
    let impatient = Quiet { patience: 1, ..Quiet::default() };
    let error = deploy(&stacks, &order(&spec, &|_| Ok(false)), &impatient).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert!(!stacks.calls().iter().any(|call| call.starts_with("delete")), "{:?}", stacks.calls());
    // Later it is found where it is by then.
    assert_eq!(deployed(&stacks, OLD).unwrap().deed, Deed::Unchanged);
}

#[test]
fn a_cancelled_creation_is_deleted_and_a_cancelled_update_rolled_back() {
    let creating = FakeStacks::default().with("s", StackStatus::CreateInProgress, OLD);
    assert_eq!(cancel(&creating, "s", None).unwrap(), Some(Doing::Delete));
    let updating = FakeStacks::default().with("s", StackStatus::UpdateInProgress, OLD);
    assert_eq!(cancel(&updating, "s", None).unwrap(), Some(Doing::RollBack));
    let resting = FakeStacks::default().with("s", StackStatus::UpdateComplete, OLD);
    assert_eq!(cancel(&resting, "s", None).unwrap(), None);
}

#[test]
fn a_stack_that_changed_since_the_plan_is_left_alone() {
    let stacks = FakeStacks::default().with("s", StackStatus::CreateComplete, OLD);
    let spec = spec(NEW);
    let not_there = Order { planned_base: Some(None), ..order(&spec, &|_| Ok(false)) };
    assert!(deploy(&stacks, &not_there, &Quiet::default()).is_err());
    let stack = stacks.describe("s").unwrap().unwrap();
    let base = base_state(&Template::parse(OLD).unwrap(), &stack);
    let as_planned = Order { planned_base: Some(Some(&base)), ..order(&spec, &|_| Ok(false)) };
    assert_eq!(deploy(&stacks, &as_planned, &Quiet::default()).unwrap().deed, Deed::Updated);
}

#[test]
fn a_bucket_that_exists_and_is_not_the_stack_s_is_taken_back() {
    let lake = spec(LAKE);
    assert!(existing_buckets(&order(&lake, &|name| Ok(name == "lake")), &[]).unwrap());
    assert!(!existing_buckets(&order(&lake, &|name| Ok(name == "lake")), &["lake".to_owned()]).unwrap());
    assert!(!existing_buckets(&order(&lake, &|_| Ok(false)), &[]).unwrap());
}

#[test]
fn what_nothing_needs_any_more_is_removed_and_once_is_enough() {
    let stacks = FakeStacks::default().with("s", StackStatus::UpdateComplete, OLD);
    let spec = spec(OLD);
    for _ in 0..2 {
        let done = remove(&stacks, &order(&spec, &|_| Ok(false)), &Quiet::default()).unwrap();
        assert_eq!(done.deed, Deed::Removed);
    }
    assert_eq!(stacks.calls(), ["delete s"]);
    let under_way =
        FakeStacks::default().under_way("s", StackStatus::UpdateInProgress, StackStatus::UpdateComplete, OLD);
    remove(&under_way, &order(&spec, &|_| Ok(false)), &Quiet::default()).unwrap();
    assert_eq!(under_way.status("s"), Some(StackStatus::DeleteComplete));
}
