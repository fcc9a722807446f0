//! The least that people need who work with a pipeline, as IAM policies for its configuration: who deploys, a CI job, who
//! asks queries. Made of what the program calls (`calls`), of what CloudFormation does in the caller's name (`handlers`), and of
//! what the stacks have (`places`).

mod calls;
mod handlers;
mod places;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::roles::Statement;
use crate::Result;
use crate::config::cloud::Cloud;
use places::{Place, Stage};

pub use calls::{CALLED, Calls};
pub use handlers::{handled, handled_in};

/// A managed policy ends at so many characters, white space aside ("IAM and AWS STS quotas", IAM User Guide).
pub const POLICY_LIMIT: usize = 6_144;

/// Whose policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Who runs init, plan, deploy, status, drift, run and destroy.
    Deployer,
    /// A CI job: plan, status, drift, run. It changes nothing that is deployed.
    Ci,
    /// Who asks queries.
    Analyst,
    /// Who runs doctor --remote.
    Doctor,
    /// CloudFormation, where a role for it is configured.
    CloudFormation,
}

impl Who {
    fn word(self) -> &'static str {
        match self {
            Self::Deployer => "deployer",
            Self::Ci => "ci",
            Self::Analyst => "analyst",
            Self::Doctor => "doctor",
            Self::CloudFormation => "cloudformation",
        }
    }
}

/// A policy that fits into a managed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// What it may be called.
    pub name: String,
    /// The document.
    pub policy: Json,
}

impl Document {
    /// Its length as IAM counts it.
    pub fn length(&self) -> usize {
        self.policy.to_string().len()
    }
}

/// The policies of somebody.
///
/// # Errors
/// If the configuration cannot be rendered.
pub fn documents(cloud: &Cloud, who: Who) -> Result<Vec<Document>> {
    let name = format!("{}-{}", super::Names::of(cloud).stem(), who.word());
    let split = split(statements(cloud, who)?);
    let several = split.len() > 1;
    let numbered = split.into_iter().enumerate().map(|(at, statements)| {
        let statements: Vec<Json> = statements.iter().map(Statement::json).collect();
        Document {
            name: if several { format!("{name}-{}", at + 1) } else { name.clone() },
            policy: json!({ "Version": "2012-10-17", "Statement": statements }),
        }
    });
    Ok(numbered.collect())
}

/// What somebody needs, statement by statement.
///
/// # Errors
/// If the configuration cannot be rendered.
pub fn statements(cloud: &Cloud, who: Who) -> Result<Vec<Statement>> {
    let stage = Stage::of(cloud)?;
    let mut wanted: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
    for calls in CALLED.iter().filter(|calls| calls.who.contains(&who)) {
        wanted.entry(calls.place).or_default().extend(calls.actions());
    }
    let by_itself = stage.cloud.aws.cloudformation_role.is_none();
    match who {
        Who::Deployer if by_itself => handlers::add(&mut wanted, true),
        // Drift is found by reading resources, a plan by reading none ("DetectStackDrift", CloudFormation API Reference).
        Who::Ci | Who::Deployer => handlers::add(&mut wanted, false),
        Who::CloudFormation => handlers::add(&mut wanted, true),
        Who::Analyst | Who::Doctor => {}
    }
    let mut statements: Vec<Statement> =
        wanted.into_iter().flat_map(|(place, actions)| stage.statements(place, &actions)).collect();
    statements.extend(stage.passed(who, by_itself));
    Ok(statements)
}

/// Shares statements out among documents that each fit.
fn split(statements: Vec<Statement>) -> Vec<Vec<Statement>> {
    // What stands around the statements: version and brackets, and a comma for each.
    const AROUND: usize = 64;
    let mut documents: Vec<(usize, Vec<Statement>)> = Vec::new();
    for statement in statements.into_iter().flat_map(|statement| halved(statement, POLICY_LIMIT - AROUND)) {
        let length = statement.json().to_string().len() + 1;
        match documents.iter_mut().find(|(used, _)| used + length + AROUND <= POLICY_LIMIT) {
            Some((used, all)) => {
                *used += length;
                all.push(statement);
            }
            None => documents.push((length, vec![statement])),
        }
    }
    documents.into_iter().map(|(_, statements)| statements).collect()
}

/// A statement that is too long by itself as several with a part of the resources each.
fn halved(statement: Statement, limit: usize) -> Vec<Statement> {
    if statement.json().to_string().len() < limit || statement.resources.len() < 2 {
        return vec![statement];
    }
    let mut left = statement;
    let mut right = left.clone();
    right.resources = left.resources.split_off(left.resources.len() / 2);
    right.sid.push('2');
    [left, right].into_iter().flat_map(|half| halved(half, limit)).collect()
}

#[cfg(test)]
mod tests;
