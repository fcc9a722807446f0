//! What differs from what was deployed: CloudFormation's own detection, and comparisons of ours for what it does not see.
//!
//! Expected is what stands in the deployed template, so that an upgrade that was not deployed yet is no drift.

mod assets;
mod compare;
mod policy;
mod resolve;
mod table;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use table::WRITTEN_BY_CRAWLERS;

use self::compare::{Checked, Expected};
use self::resolve::Deployed;
use super::site::{Event, Site, all_at_once};
use super::teardown::{FoundStack, found_stacks};
use crate::aws::drift::{Detection, ResourceDrift};
use crate::aws::hands::Hands;
use crate::{Error, ErrorKind, Result};

/// What is the matter with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is gone.
    Deleted,
    /// It is another than was deployed.
    Modified,
    /// Nobody could tell.
    Unknown,
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            State::Deleted => "deleted",
            State::Modified => "modified",
            State::Unknown => "unknown",
        })
    }
}

/// Who can set it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revert {
    /// CloudFormation, with a change set of the mode REVERT_DRIFT.
    CloudFormation,
    /// [`revert`].
    Ourselves,
    /// `deploy`, which uploads what is missing.
    Upload,
    /// Nobody but the user.
    Nobody,
}

/// A difference between what was deployed and what is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What is the matter.
    pub state: State,
    /// The stack.
    pub stack: String,
    /// Its Region.
    pub region: String,
    /// The resource's name in the template; for an uploaded file, its key.
    pub logical: String,
    /// The resource's type.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// The resource's name in AWS.
    pub physical: String,
    /// What of it differs; empty where all of it does.
    pub path: String,
    /// What was deployed.
    pub expected: String,
    /// What is there.
    pub actual: String,
    /// Why it is not known.
    pub reason: String,
    /// Who can set it back.
    pub revert: Revert,
}

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The differences, sorted by stack, resource and path.
    pub differences: Vec<Difference>,
    /// Stacks that were compared.
    pub stacks: u64,
    /// Resources and uploaded files that were compared.
    pub resources: u64,
}

impl Found {
    /// Whether anything is gone or changed. What nobody could tell is no drift.
    pub fn drifted(&self) -> bool {
        self.differences.iter().any(|difference| difference.state != State::Unknown)
    }
}

/// Compares every stack of the pipeline with what was deployed, all at once.
///
/// # Errors
/// If nothing is deployed, the user interrupts, or AWS cannot be asked.
pub fn find(site: &Site<'_>) -> Result<Found> {
    let stacks = found_stacks(site)?;
    if stacks.is_empty() {
        return Err(Error::new(ErrorKind::NotDeployed, format!("`{}` has not been deployed", site.cloud.name))
            .because("there is no stack of it")
            .hint("bucketscope deploy  deploys it"));
    }
    let mut found = Found { stacks: stacks.len() as u64, ..Found::default() };
    for (differences, resources) in all_at_once(&stacks, |stack| in_stack(site, stack))? {
        found.differences.extend(differences);
        found.resources += resources;
    }
    let key = |one: &Difference| (one.stack.clone(), one.region.clone(), one.logical.clone(), one.path.clone());
    found.differences.sort_by_cached_key(key);
    Ok(found)
}

fn in_stack(site: &Site<'_>, stack: &FoundStack) -> Result<(Vec<Difference>, u64)> {
    let Some(hands) = site.hands.iter().find(|hands| hands.region == stack.region) else { return Ok((Vec::new(), 0)) };
    if ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"].contains(&stack.status.as_str())
        || stack.status.starts_with("DELETE_")
    {
        let unknown = unknown_stack(stack, format!("the stack is in the state {}", stack.status));
        return Ok((vec![unknown], 0));
    }
    let deployed = Deployed::read(hands, &stack.name, &site.cloud.aws.account_id)?;
    let (seen, trouble) = detected(site, hands, stack)?;
    let mut differences: Vec<Difference> = Vec::new();
    for expected in deployed.resources() {
        site.watch.check()?;
        let seen = seen.iter().find(|one| one.logical == expected.logical);
        differences.extend(merged(stack, seen, compare::compare(hands, &expected)?, &expected, trouble.as_deref()));
    }
    let assets = assets::compare(site, hands, stack, &deployed)?;
    let count = deployed.len() + assets.0;
    differences.extend(assets.1);
    Ok((differences, count))
}

fn unknown_stack(stack: &FoundStack, reason: String) -> Difference {
    Difference {
        state: State::Unknown,
        stack: stack.name.clone(),
        region: stack.region.clone(),
        logical: stack.name.clone(),
        kind: "AWS::CloudFormation::Stack".to_owned(),
        name: stack.name.clone(),
        physical: stack.name.clone(),
        path: String::new(),
        expected: String::new(),
        actual: String::new(),
        reason,
        revert: Revert::Nobody,
    }
}

/// The states in which drift can be detected (CloudFormation User Guide, "Detect drift on an entire CloudFormation stack").
const DETECTABLE: &[&str] = &[
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
];

/// Has CloudFormation look, and waits for it. Why it could not look at everything, if so.
fn detected(site: &Site<'_>, hands: &Hands, stack: &FoundStack) -> Result<(Vec<ResourceDrift>, Option<String>)> {
    if !DETECTABLE.contains(&stack.status.as_str()) {
        let why = format!("CloudFormation does not compare a stack in the state {}", stack.status);
        return Ok((Vec::new(), Some(why)));
    }
    site.watch.tell(Event::Doing(format!("comparing {} in {}", stack.name, stack.region)));
    let id = loop {
        match hands.drift.detect(&stack.name)? {
            Some(id) => break id,
            // Somebody else's detection is at work; ours follows.
            None => site.watch.pause()?,
        }
    };
    loop {
        match hands.drift.detection(&id)? {
            Detection::Running => site.watch.pause()?,
            Detection::Complete => return Ok((hands.drift.found(&stack.name)?, None)),
            Detection::Failed(why) => return Ok((hands.drift.found(&stack.name)?, Some(why))),
        }
    }
}

/// What CloudFormation and we say of one resource, each thing once.
fn merged(
    stack: &FoundStack,
    seen: Option<&ResourceDrift>,
    ours: Option<Checked>,
    expected: &Expected,
    trouble: Option<&str>,
) -> Vec<Difference> {
    let base = Difference {
        state: State::Modified,
        stack: stack.name.clone(),
        region: stack.region.clone(),
        logical: expected.logical.clone(),
        kind: expected.kind.clone(),
        name: expected.name(),
        physical: expected.physical.clone(),
        path: String::new(),
        expected: String::new(),
        actual: String::new(),
        reason: String::new(),
        revert: Revert::CloudFormation,
    };
    let mut all = Vec::new();
    let status = seen.map_or("", |seen| seen.status.as_str());
    match (status, seen) {
        ("DELETED", _) => all.push(Difference { state: State::Deleted, ..base.clone() }),
        ("MODIFIED", Some(seen)) => all.extend(seen.differences.iter().map(|(path, expected, actual)| Difference {
            path: path.clone(),
            expected: expected.clone(),
            actual: actual.clone(),
            ..base.clone()
        })),
        _ => {}
    }
    match ours {
        Some(Checked::Gone(revert)) if status != "DELETED" => {
            all.push(Difference { state: State::Deleted, revert, ..base });
        }
        Some(Checked::Gone(_)) => {}
        Some(Checked::Differs(found, revert)) if status != "DELETED" => {
            for (path, expected, actual) in found {
                if !all.iter().any(|one| one.path == path) {
                    all.push(Difference { path, expected, actual, revert, ..base.clone() });
                }
            }
        }
        Some(Checked::Differs(..)) => {}
        Some(Checked::Unknown(reason)) if all.is_empty() => {
            all.push(Difference { state: State::Unknown, reason, ..base });
        }
        Some(Checked::Unknown(_)) => {}
        None if status == "IN_SYNC" || !all.is_empty() => {}
        None => {
            let said = seen.and_then(|seen| seen.reason.clone()).or(trouble.map(str::to_owned));
            let reason = said.unwrap_or_else(|| "CloudFormation does not compare resources of this type".to_owned());
            all.push(Difference { state: State::Unknown, reason, revert: Revert::Nobody, ..base });
        }
    }
    all
}

/// Sets back what CloudFormation cannot: tables, policies of topics and queues, logging of buckets that no stack owns. Says what was
/// set back.
///
/// # Errors
/// If AWS refuses.
pub fn revert(site: &Site<'_>, differences: &[Difference]) -> Result<Vec<String>> {
    let mut done: Vec<String> = Vec::new();
    let mut at: Vec<(&str, &str, &str)> = differences
        .iter()
        .filter(|one| one.revert == Revert::Ourselves && one.state != State::Unknown)
        .map(|one| (one.region.as_str(), one.stack.as_str(), one.logical.as_str()))
        .collect();
    at.sort_unstable();
    at.dedup();
    for (region, stack, logical) in at {
        site.watch.check()?;
        let Some(hands) = site.hands.iter().find(|hands| hands.region == region) else { continue };
        let deployed = Deployed::read(hands, stack, &site.cloud.aws.account_id)?;
        for expected in deployed.resources().filter(|one| one.logical == logical) {
            if let Some(what) = compare::set_back(hands, &expected)? {
                site.watch.tell(Event::Done(format!("set {what} back")));
                done.push(what);
            }
        }
    }
    Ok(done)
}
