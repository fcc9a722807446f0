//! What went wrong with a stack, in the user's words: the first cause, and what to do.

use super::Way;
use crate::aws::stacks::{Stack, StackStatus};
use crate::stack::events::{Cause, first_cause, latest_operation};
use crate::stack::template::Template;
use crate::stack::tree::{label, labels};
use crate::{Error, ErrorKind};

impl Way<'_> {
    pub(super) fn refused(&self, why: &str) -> Error {
        Error::new(ErrorKind::Stack, format!("CloudFormation does not take the template of {}", self.label))
            .because(why)
            .hint(hint_for(why))
    }

    pub(super) fn failure(&self, stack: &Stack, cause: Option<Cause>) -> Error {
        let done = match stack.status {
            StackStatus::RollbackComplete | StackStatus::DeleteComplete => {
                "was not created (everything was removed again)"
            }
            StackStatus::UpdateRollbackComplete => "was not changed (everything was set back)",
            StackStatus::DeleteFailed => "could not be removed",
            StackStatus::UpdateRollbackFailed => "could neither be changed nor set back",
            StackStatus::RollbackFailed => "was not created (and not everything could be removed)",
            _ => "is in the state ",
        };
        let state = if done.ends_with(' ') { stack.status.as_str() } else { "" };
        match cause {
            None => Error::new(ErrorKind::Stack, format!("{} {done}{state}", self.label))
                .because(stack.reason.as_deref().unwrap_or("CloudFormation gave no reason"))
                .hint("bucketscope deploy  tries again"),
            Some(cause) => {
                let declared = Template::parse(&self.order.spec.template).map(|template| labels(&template));
                let named = declared.ok().and_then(|mut labels| labels.remove(&cause.logical_id));
                let what = named.unwrap_or_else(|| label(&cause.resource_type, &cause.logical_id, &cause.physical_id));
                Error::new(ErrorKind::Stack, format!("{what} failed, so {} {done}{state}", self.label))
                    .because(&cause.reason)
                    .hint(hint_for(&cause.reason))
            }
        }
    }

    pub(super) fn hopeless(&self, stack: &Stack) -> Error {
        let (name, region) = (&stack.name, &self.order.spec.region);
        let cause = self.stacks.events(&stack.id, None).ok().and_then(|events| first_cause(latest_operation(&events)));
        let why = cause.as_ref().map(|cause| format!("{}: {}", cause.logical_id, cause.reason));
        let hint = match (&stack.status, cause) {
            (StackStatus::UpdateRollbackFailed, Some(cause)) => format!(
                "mend the cause, or leave the resource as it is:  aws cloudformation continue-update-rollback \
                 --stack-name {name} --region {region} --resources-to-skip {}",
                cause.logical_id
            ),
            _ => format!("aws cloudformation describe-stack-events --stack-name {name} --region {region}  tells more"),
        };
        Error::new(ErrorKind::Stack, format!("{} is stuck in {}", self.label, stack.status.as_str()))
            .because(why.or_else(|| stack.reason.clone()).unwrap_or_else(|| "CloudFormation gave no reason".to_owned()))
            .hint(hint)
    }
}

/// What to do about a reason that CloudFormation gave.
fn hint_for(reason: &str) -> String {
    let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    let hint = if has(&["not authorized to perform", "AccessDenied", "Access Denied", "is not allowed to"]) {
        "bucketscope policy deployer  prints what the caller, or the role that CloudFormation assumes, needs"
    } else if has(&["already exists", "AlreadyExists", "BucketAlreadyOwnedByYou"]) {
        "something of this name is there already; remove it, or give the pipeline another name"
    } else if has(&["LimitExceeded", "limit exceeded", "quota"]) {
        "raise the quota in Service Quotas, then  bucketscope deploy"
    } else if has(&["Throttling", "Rate exceeded"]) {
        "AWS was asked too often;  bucketscope deploy  tries again"
    } else {
        "mend the cause, then  bucketscope deploy  takes it up again"
    };
    hint.to_owned()
}
