//! CloudFormation as `destroy`, `drift` and `status` use it: stacks that are there, and their end.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::Stack;

use super::Session;
use super::answer::{absent, done, millis, owned};
use super::error::explain;
use crate::Result;

/// A stack as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackNow {
    /// Its name.
    pub name: String,
    /// Its ARN, which outlives the name.
    pub id: String,
    /// `CREATE_COMPLETE`, `DELETE_FAILED`, ….
    pub status: String,
    /// Why it has this status, where CloudFormation says so.
    pub reason: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it is protected against deletion.
    pub protected: bool,
    /// When it was last changed, milliseconds since the epoch.
    pub changed_ms: Option<i64>,
    /// Values of its parameters, as far as CloudFormation shows them.
    pub parameters: BTreeMap<String, String>,
}

/// A resource of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackPart {
    /// Its name in the template.
    pub logical: String,
    /// Its name in AWS; empty where it was never made.
    pub physical: String,
    /// Its type, such as `AWS::S3::Bucket`.
    pub kind: String,
    /// `CREATE_COMPLETE`, ….
    pub status: String,
}

/// A resource that could not be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name in the template.
    pub logical: String,
    /// Its type.
    pub kind: String,
    /// Its name in AWS.
    pub physical: String,
    /// What CloudFormation says.
    pub reason: String,
}

/// Stacks of one Region, and their end.
pub trait StackTeardown: Send + Sync {
    /// All stacks that exist.
    fn list(&self) -> Result<Vec<StackNow>>;
    /// The stack of this name, if there is one.
    fn find(&self, name: &str) -> Result<Option<StackNow>>;
    /// The resources of a stack.
    fn parts(&self, name: &str) -> Result<Vec<StackPart>>;
    /// The template that was deployed, as CloudFormation processed it.
    fn template(&self, name: &str) -> Result<String>;
    /// Begins to delete a stack. One that is gone or going is fine.
    fn delete(&self, name: &str) -> Result<()>;
    /// Lifts the protection against deletion.
    fn unprotect(&self, name: &str) -> Result<()>;
    /// What failed in the stack's last operation, in order.
    fn failures(&self, name: &str) -> Result<Vec<Failure>>;
}

/// The driver over the SDK.
pub struct SdkStackTeardown {
    session: Session,
    client: Client,
}

impl SdkStackTeardown {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

/// DescribeStacks has no code of its own for an unknown stack (API reference: a ValidationError with these words).
const GONE: &[&str] = &[" does not exist"];

fn stack(stack: &Stack) -> StackNow {
    StackNow {
        name: owned(stack.stack_name()),
        id: owned(stack.stack_id()),
        status: stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: stack.stack_status_reason().map(str::to_owned),
        tags: stack.tags().iter().map(|tag| (owned(tag.key()), owned(tag.value()))).collect(),
        protected: stack.enable_termination_protection().unwrap_or_default(),
        changed_ms: millis(stack.last_updated_time()).or(millis(stack.creation_time())),
        parameters: stack
            .parameters()
            .iter()
            .map(|parameter| {
                let value = parameter.resolved_value().or(parameter.parameter_value());
                (owned(parameter.parameter_key()), owned(value))
            })
            .collect(),
    }
}

impl StackTeardown for SdkStackTeardown {
    fn list(&self) -> Result<Vec<StackNow>> {
        let pages = self.client.describe_stacks().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
        let stacks = self
            .session
            .wait(pages)
            .map_err(|error| explain(format!("cannot list the stacks in {}", self.session.region()), &error))?;
        Ok(stacks.iter().map(stack).filter(|stack| stack.status != "DELETE_COMPLETE").collect())
    }

    fn find(&self, name: &str) -> Result<Option<StackNow>> {
        let answer = self.session.wait(self.client.describe_stacks().stack_name(name).send());
        let found = absent(answer, GONE, || format!("cannot look at the stack {name}"))?;
        Ok(found.and_then(|found| found.stacks().first().map(stack)).filter(|stack| stack.status != "DELETE_COMPLETE"))
    }

    fn parts(&self, name: &str) -> Result<Vec<StackPart>> {
        let pages = self.client.list_stack_resources().stack_name(name).into_paginator().items().send();
        let answer = self.session.wait(pages.collect::<Result<Vec<_>, _>>());
        let parts = absent(answer, GONE, || format!("cannot list the resources of {name}"))?.unwrap_or_default();
        Ok(parts
            .iter()
            .map(|part| StackPart {
                logical: owned(part.logical_resource_id()),
                physical: owned(part.physical_resource_id()),
                kind: owned(part.resource_type()),
                status: part.resource_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            })
            .collect())
    }

    fn template(&self, name: &str) -> Result<String> {
        let stage = aws_sdk_cloudformation::types::TemplateStage::Processed;
        let answer = self.session.wait(self.client.get_template().stack_name(name).template_stage(stage).send());
        let answer = answer.map_err(|error| explain(format!("cannot read the template of {name}"), &error))?;
        Ok(owned(answer.template_body()))
    }

    fn delete(&self, name: &str) -> Result<()> {
        let answer = self.session.wait(self.client.delete_stack().stack_name(name).send());
        done(answer, GONE, || format!("cannot delete the stack {name}"))
    }

    fn unprotect(&self, name: &str) -> Result<()> {
        let call =
            self.client.update_termination_protection().stack_name(name).enable_termination_protection(false).send();
        done(self.session.wait(call), GONE, || format!("cannot lift the protection of the stack {name}"))
    }

    fn failures(&self, name: &str) -> Result<Vec<Failure>> {
        let pages = self.client.describe_stack_events().stack_name(name).into_paginator().items().send();
        let answer = self.session.wait(pages.collect::<Result<Vec<_>, _>>());
        let events = absent(answer, GONE, || format!("cannot read the events of {name}"))?.unwrap_or_default();
        let mut failures = Vec::new();
        // Newest first; the last operation begins with an event of the stack itself.
        for event in &events {
            let status = event.resource_status().map(|status| status.as_str()).unwrap_or_default();
            let own = event.physical_resource_id() == event.stack_id();
            if own && (status == "DELETE_IN_PROGRESS" || status == "UPDATE_IN_PROGRESS") {
                break;
            }
            if !own && status.ends_with("_FAILED") {
                failures.push(Failure {
                    logical: owned(event.logical_resource_id()),
                    kind: owned(event.resource_type()),
                    physical: owned(event.physical_resource_id()),
                    reason: owned(event.resource_status_reason()),
                });
            }
        }
        failures.reverse();
        Ok(failures)
    }
}
