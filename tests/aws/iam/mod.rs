//! Roles and policies have exactly what the calls need: the emulator's recording, mapped to IAM actions by the reviewed table
//! (src/blueprint/actions.rs), is compared both ways with what the templates' roles and `bucketscope policy` allow.

mod check;
mod compare;
mod doctor;
mod life;

use std::collections::BTreeSet;

use bucketscope::blueprint::policies::Who;
use bucketscope::config::cloud::Cloud as Pipeline;
use serde_json::Value;

use super::cloud::Cloud;
pub use compare::Call;

/// Everything that was recorded so far.
pub fn calls_so_far(cloud: &Cloud) -> Vec<Call> {
    compare::calls(&std::fs::read_to_string(&cloud.emulator.calls).unwrap())
}

/// What people, and Athena in their name, have called since there were so many records.
pub fn called_since(cloud: &Cloud, before: usize) -> Vec<Call> {
    let calls = calls_so_far(cloud).into_iter().skip(before);
    calls.filter(|call| call.caller.role.is_none() && ["user", "athena"].contains(&call.caller.kind.as_str())).collect()
}

/// What the policy of `who` lacks for these calls.
pub fn lacking_of(calls: &[Call], pipeline: &Pipeline, who: Who) -> BTreeSet<String> {
    check::lacking(calls, pipeline, who)
}

/// What the analyst's policy allows that neither a call nor Athena's console needs.
pub fn unused_of(calls: &[Call], pipeline: &Pipeline) -> BTreeSet<String> {
    check::idle_of_analyst(calls, pipeline)
}

#[test]
fn every_action_of_every_role_is_in_the_reviewed_table() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/blueprint/scenarios");
    let scenarios = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = scenarios.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let templates = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut roles = 0;
    for path in templates {
        let template: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for (name, statements) in check::granted(&template) {
            roles += 1;
            for action in statements.iter().flat_map(|statement| &statement.actions) {
                let known = compare::reviewed(action) || compare::made_for(&name, action);
                assert!(known, "{}: {name} may {action}, which no call needs", path.display());
            }
        }
    }
    assert!(roles > 20, "{roles}");
}
