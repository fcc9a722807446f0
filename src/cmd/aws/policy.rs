//! `policy`: the least that somebody needs who works with this pipeline.

use serde::Serialize;

use crate::Result;
use crate::blueprint::policies::{self, Document, Who};
use crate::cli::{Policy, PolicyOf};
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::ui::export::envelope;
use crate::ui::text::count;
use crate::ui::{Outcome, Screen, View};

#[derive(Debug, Serialize)]
struct Shown {
    documents: Vec<Document>,
}

/// Runs `policy`.
///
/// # Errors
/// If the configuration cannot be rendered.
pub fn execute(_context: &Context, cloud: &Cloud, args: &Policy) -> Result<Outcome> {
    let who = match args.who {
        PolicyOf::Deployer => Who::Deployer,
        PolicyOf::Ci => Who::Ci,
        PolicyOf::Analyst => Who::Analyst,
        PolicyOf::Doctor => Who::Doctor,
        PolicyOf::Cloudformation => Who::CloudFormation,
    };
    let documents = policies::documents(cloud, who)?;
    let several = documents.len();
    let mut outcome = Outcome::of(Shown { documents });
    if several > 1 {
        let limit = u64::try_from(policies::POLICY_LIMIT).unwrap_or_default();
        outcome = outcome.note(format!(
            "{several} documents, as a managed policy ends at {} characters; attach all of them.",
            count(limit)
        ));
    }
    if who == Who::Deployer && cloud.aws.cloudformation_role.is_some() {
        outcome = outcome.note(
            "CloudFormation makes everything with its own role: `bucketscope policy cloudformation` says what that needs.",
        );
    }
    Ok(outcome)
}

impl View for Shown {
    fn human(&self, _screen: &Screen) -> String {
        let print = |document: &Document| serde_json::to_string_pretty(&document.policy).unwrap_or_default();
        self.documents.iter().map(|document| print(document) + "\n").collect()
    }

    fn json(&self) -> String {
        envelope("policy", self)
    }
}
