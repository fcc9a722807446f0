//! CloudFormation over the SDK.

use std::collections::BTreeMap;

use super::{
    Action, Change, ChangeSet, ChangeSetRequest, ChangeSetState, ChangeSets, Detail, Replacement, Stack, StackEvent,
    StackResource, StackStatus, Stacks, TemplateAt,
};
use crate::Result;
use crate::aws::Session;
use crate::aws::answer::{absent, done, millis};
use crate::aws::error::explain;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::retry::RetryConfig;
use aws_sdk_cloudformation::types::{
    self, Capability, ChangeSetType, DeploymentMode, OnStackFailure, Parameter, Tag, TemplateStage,
};

/// Several stacks are asked about every few seconds, which CloudFormation throttles now and then; the SDK waits longer
/// before each further try.
const ATTEMPTS: u32 = 8;

/// CloudFormation in the session's Region.
pub struct SdkStacks {
    session: Session,
    client: Client,
}

impl SdkStacks {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        let retry = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let config = aws_sdk_cloudformation::config::Builder::from(session.config()).retry_config(retry).build();
        Self { session: session.clone(), client: Client::from_conf(config) }
    }

    fn what(&self, doing: &str, stack: &str) -> String {
        // A stack's ARN ends with `stack/NAME/UUID`.
        let name = stack.split('/').nth(1).unwrap_or(stack);
        format!("cannot {doing} the stack {name} in {}", self.session.region())
    }
}

/// CloudFormation answers a stack that is not there with a ValidationError whose words alone tell it from others
/// (CloudFormation API Reference, DescribeStacks: "If the stack does not exist, a ValidationError is returned").
const MISSING: &[&str] = &[" does not exist"];

fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

impl Stacks for SdkStacks {
    fn describe(&self, stack: &str) -> Result<Option<Stack>> {
        let answer = self.session.wait(self.client.describe_stacks().stack_name(stack).send());
        let found = absent(answer, MISSING, || self.what("look at", stack))?;
        Ok(found.and_then(|found| found.stacks().first().map(described)))
    }

    fn list(&self) -> Result<Vec<Stack>> {
        let pages = self.client.describe_stacks().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
        let stacks = self
            .session
            .wait(pages)
            .map_err(|error| explain(format!("cannot list the stacks in {}", self.session.region()), &error))?;
        Ok(stacks.iter().map(described).filter(|stack| stack.status != StackStatus::DeleteComplete).collect())
    }

    fn template(&self, stack: &str) -> Result<String> {
        let call = self.client.get_template().stack_name(stack).template_stage(TemplateStage::Original);
        let answer =
            self.session.wait(call.send()).map_err(|e| explain(self.what("read the template of", stack), &e))?;
        Ok(text(answer.template_body()))
    }

    fn resources(&self, stack: &str) -> Result<Vec<StackResource>> {
        let pages = self.client.list_stack_resources().stack_name(stack).into_paginator().items().send();
        let answer = self.session.wait(pages.collect::<Result<Vec<_>, _>>());
        let found = absent(answer, MISSING, || self.what("list the resources of", stack))?.unwrap_or_default();
        let one = |resource: &types::StackResourceSummary| StackResource {
            logical_id: text(resource.logical_resource_id()),
            physical_id: text(resource.physical_resource_id()),
            resource_type: text(resource.resource_type()),
            status: resource.resource_status().map(|s| s.as_str().to_owned()).unwrap_or_default(),
        };
        Ok(found.iter().map(one).collect())
    }

    fn events(&self, stack: &str, after: Option<&str>) -> Result<Vec<StackEvent>> {
        let mut pages = self.client.describe_stack_events().stack_name(stack).into_paginator().send();
        let mut found = Vec::new();
        // The newest come first, so the pages end where the known ones begin.
        'pages: while let Some(page) = self.session.wait(pages.next()) {
            let page = page.map_err(|e| explain(self.what("read the events of", stack), &e))?;
            for event in page.stack_events() {
                if after.is_some() && event.event_id() == after {
                    break 'pages;
                }
                found.push(happened(event));
            }
        }
        found.reverse();
        Ok(found)
    }

    fn newest_event(&self, stack: &str) -> Result<Option<String>> {
        let answer = self
            .session
            .wait(self.client.describe_stack_events().stack_name(stack).send())
            .map_err(|e| explain(self.what("read the events of", stack), &e))?;
        Ok(answer.stack_events().first().and_then(|event| event.event_id()).map(str::to_owned))
    }

    fn delete(&self, stack: &str, role: Option<&str>) -> Result<()> {
        let call = self.client.delete_stack().stack_name(stack).set_role_arn(role.map(str::to_owned));
        done(self.session.wait(call.send()), MISSING, || self.what("delete", stack))
    }

    fn protect(&self, stack: &str, protected: bool) -> Result<()> {
        let call =
            self.client.update_termination_protection().stack_name(stack).enable_termination_protection(protected);
        self.session.wait(call.send()).map_err(|e| explain(self.what("set the protection of", stack), &e))?;
        Ok(())
    }
}

impl ChangeSets for SdkStacks {
    fn create_change_set(&self, request: &ChangeSetRequest) -> Result<String> {
        let parameter =
            |(key, value): (&String, &String)| Parameter::builder().parameter_key(key).parameter_value(value).build();
        let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
        let mut call = self
            .client
            .create_change_set()
            .stack_name(&request.stack)
            .change_set_name(&request.name)
            .change_set_type(if request.create { ChangeSetType::Create } else { ChangeSetType::Update })
            .capabilities(Capability::CapabilityNamedIam)
            .set_parameters(Some(request.parameters.iter().map(parameter).collect()))
            .set_tags(Some(request.tags.iter().map(tag).collect()))
            .set_role_arn(request.role.clone());
        call = match &request.template {
            TemplateAt::Body(body) => call.template_body(body),
            TemplateAt::Url(url) => call.template_url(url),
        };
        // ROLLBACK is what happens anyway; it is said where nothing is imported, for which the reference names no rule.
        call = match (request.create, request.import_existing) {
            (true, false) => call.on_stack_failure(OnStackFailure::Rollback),
            (_, true) => call.import_existing_resources(true),
            (false, false) => call,
        };
        if request.revert_drift {
            call = call.deployment_mode(DeploymentMode::RevertDrift);
        }
        let answer = self
            .session
            .wait(call.send())
            .map_err(|e| explain(self.what("make a change set for", &request.stack), &e))?;
        Ok(text(answer.id()))
    }

    fn change_set(&self, stack: &str, change_set: &str) -> Result<ChangeSet> {
        let call = self.client.describe_change_set().stack_name(stack).change_set_name(change_set);
        let mut pages = call.include_property_values(true).into_paginator().send();
        let mut found = ChangeSet { state: ChangeSetState::Pending, changes: Vec::new() };
        while let Some(page) = self.session.wait(pages.next()) {
            let page = page.map_err(|e| explain(self.what("read a change set of", stack), &e))?;
            let status = page.status().map(types::ChangeSetStatus::as_str).unwrap_or_default();
            found.state = state(status, page.status_reason().unwrap_or_default());
            found.changes.extend(page.changes().iter().filter_map(|change| change.resource_change()).map(changed));
        }
        Ok(found)
    }

    fn execute_change_set(&self, stack: &str, change_set: &str) -> Result<()> {
        // A try whose answer was lost is known by the token; the last part of a change set's ARN is its UUID.
        let token: String = change_set.chars().rev().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let call = self.client.execute_change_set().stack_name(stack).change_set_name(change_set);
        let call = call.set_client_request_token((!token.is_empty()).then_some(token));
        self.session.wait(call.send()).map_err(|e| explain(self.what("begin to change", stack), &e))?;
        Ok(())
    }

    fn delete_change_set(&self, stack: &str, change_set: &str) -> Result<()> {
        let call = self.client.delete_change_set().stack_name(stack).change_set_name(change_set);
        done(self.session.wait(call.send()), MISSING, || self.what("remove a change set of", stack))
    }

    fn continue_rollback(&self, stack: &str, role: Option<&str>) -> Result<()> {
        let call = self.client.continue_update_rollback().stack_name(stack).set_role_arn(role.map(str::to_owned));
        self.session.wait(call.send()).map_err(|e| explain(self.what("go on with the rollback of", stack), &e))?;
        Ok(())
    }

    fn roll_back(&self, stack: &str, role: Option<&str>) -> Result<()> {
        let call = self.client.rollback_stack().stack_name(stack).set_role_arn(role.map(str::to_owned));
        self.session.wait(call.send()).map_err(|e| explain(self.what("roll back", stack), &e))?;
        Ok(())
    }

    fn cancel_update(&self, stack: &str) -> Result<()> {
        let call = self.client.cancel_update_stack().stack_name(stack);
        self.session.wait(call.send()).map_err(|e| explain(self.what("cancel the update of", stack), &e))?;
        Ok(())
    }
}

fn described(stack: &types::Stack) -> Stack {
    let pair = |key: Option<&str>, value: Option<&str>| (text(key), text(value));
    Stack {
        id: text(stack.stack_id()),
        name: text(stack.stack_name()),
        status: StackStatus::parse(stack.stack_status().map(types::StackStatus::as_str).unwrap_or_default()),
        reason: stack.stack_status_reason().map(str::to_owned),
        parameters: stack.parameters().iter().map(|p| pair(p.parameter_key(), p.parameter_value())).collect(),
        outputs: stack.outputs().iter().map(|o| pair(o.output_key(), o.output_value())).collect(),
        tags: stack.tags().iter().map(|t| pair(t.key(), t.value())).collect::<BTreeMap<_, _>>(),
        role: stack.role_arn().map(str::to_owned),
        protected: stack.enable_termination_protection().unwrap_or_default(),
        changed_ms: millis(stack.last_updated_time()).or(millis(stack.creation_time())),
    }
}

fn happened(event: &types::StackEvent) -> StackEvent {
    StackEvent {
        id: text(event.event_id()),
        at_ms: millis(event.timestamp()).unwrap_or_default(),
        logical_id: text(event.logical_resource_id()),
        physical_id: text(event.physical_resource_id()),
        resource_type: text(event.resource_type()),
        status: event.resource_status().map(|s| s.as_str().to_owned()).unwrap_or_default(),
        reason: event.resource_status_reason().filter(|reason| !reason.is_empty()).map(str::to_owned),
    }
}

/// A change set without changes is FAILED, and its reason alone says so; there are two wordings.
fn state(status: &str, reason: &str) -> ChangeSetState {
    match status {
        "CREATE_COMPLETE" => ChangeSetState::Ready,
        "FAILED" if reason.contains("didn't contain changes") || reason.contains("No updates are to be performed") => {
            ChangeSetState::Empty
        }
        "CREATE_PENDING" | "CREATE_IN_PROGRESS" => ChangeSetState::Pending,
        other if reason.is_empty() => ChangeSetState::Failed(other.to_owned()),
        _ => ChangeSetState::Failed(reason.to_owned()),
    }
}

fn changed(change: &types::ResourceChange) -> Change {
    let action = match change.action().map(types::ChangeAction::as_str) {
        Some("Add") => Action::Add,
        Some("Modify") => Action::Modify,
        Some("Remove") => Action::Remove,
        Some("Import") => Action::Import,
        Some("SyncWithActual") => Action::Sync,
        _ => Action::Dynamic,
    };
    Change {
        action,
        logical_id: text(change.logical_resource_id()),
        physical_id: change.physical_resource_id().filter(|id| !id.is_empty()).map(str::to_owned),
        resource_type: text(change.resource_type()),
        replacement: match change.replacement().map(types::Replacement::as_str) {
            Some("True") => Replacement::Always,
            Some("Conditional") => Replacement::Maybe,
            _ => Replacement::Never,
        },
        policy: change.policy_action().map(|policy| policy.as_str().to_owned()),
        details: change.details().iter().map(detail).collect(),
        before: change.before_context().map(str::to_owned),
        after: change.after_context().map(str::to_owned),
    }
}

fn detail(detail: &types::ResourceChangeDetail) -> Detail {
    let target = detail.target();
    let of = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
    Detail {
        attribute: target.and_then(|t| t.attribute()).map(|a| a.as_str().to_owned()).unwrap_or_default(),
        property: of(target.and_then(|t| t.name())),
        path: of(target.and_then(|t| t.path())),
        replacement: match target.and_then(|t| t.requires_recreation()).map(types::RequiresRecreation::as_str) {
            Some("Always") => Replacement::Always,
            Some("Conditionally") => Replacement::Maybe,
            _ => Replacement::Never,
        },
        before: target.and_then(|t| t.before_value()).map(str::to_owned),
        after: target.and_then(|t| t.after_value()).map(str::to_owned),
        dynamic: detail.evaluation() == Some(&types::EvaluationType::Dynamic),
        cause: of(detail.causing_entity()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_set_without_changes_is_no_failure_in_either_wording() {
        for reason in [
            "The submitted information didn't contain changes. Submit different information to create a change set.",
            "No updates are to be performed.",
        ] {
            assert_eq!(state("FAILED", reason), ChangeSetState::Empty);
        }
        assert_eq!(state("FAILED", "No permission"), ChangeSetState::Failed("No permission".to_owned()));
        assert_eq!(state("CREATE_COMPLETE", ""), ChangeSetState::Ready);
        assert_eq!(state("CREATE_PENDING", ""), ChangeSetState::Pending);
    }
}
