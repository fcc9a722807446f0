//! Stacks go dashboards first, then lake, then collectors, then assets; all of a kind at once.

use super::{FoundStack, Inventory, Report, empty, stop};
use crate::aws::hands::Hands;
use crate::aws::stacks::{Stack, StackEvent, StackStatus};
use crate::blueprint::StackKind;
use crate::blueprint::names::Names;
use crate::stack::events::failures;
use crate::stack::site::{Event, Site, all_at_once};
use crate::{Error, ErrorKind, Result};

/// So often the deletion of a stack is begun.
const TRIES: usize = 4;

pub(super) fn delete_all(site: &Site<'_>, inventory: &Inventory, report: &mut Report) -> Result<()> {
    for kind in [StackKind::Dashboards, StackKind::Lake, StackKind::Collector, StackKind::Assets] {
        let stacks: Vec<&FoundStack> = inventory.stacks.iter().filter(|stack| stack.kind == kind).collect();
        site.watch.check()?;
        all_at_once(&stacks, |stack| delete(site, stack))?;
        report.deleted.extend(stacks.iter().map(|stack| format!("{} in {}", stack.name, stack.region)));
    }
    Ok(())
}

fn delete(site: &Site<'_>, stack: &FoundStack) -> Result<()> {
    let Some(hands) = site.hands.iter().find(|hands| hands.region == stack.region) else { return Ok(()) };
    let mut begun = 0;
    let mut told = None;
    let mut first_cause: Option<StackEvent> = None;
    loop {
        let Some(now) = hands.stacks.find(&stack.name)? else {
            site.watch.tell(Event::Done(format!("deleted the stack {} in {}", stack.name, stack.region)));
            return Ok(());
        };
        if told.as_ref() != Some(&now.status) {
            told = Some(now.status.clone());
            site.watch.tell(Event::Doing(format!("{} in {}: {}", stack.name, stack.region, words(&now.status))));
        }
        if must_wait(&now.status) || (begun > 0 && now.status == StackStatus::CreateInProgress) {
            site.watch.pause()?;
            continue;
        }
        if now.status == StackStatus::DeleteFailed {
            let events = hands.stacks.events(&now.id, None)?;
            let failures: Vec<&StackEvent> = failures(&events).collect();
            if begun > 0 || first_cause.is_none() {
                first_cause = failures.first().copied().cloned().or(first_cause);
            }
            if begun >= TRIES {
                return Err(failed(stack, &now, first_cause));
            }
            mend(site, hands, &failures)?;
        }
        if begun >= TRIES {
            return Err(failed(stack, &now, first_cause));
        }
        site.watch.check()?;
        prepare(site, hands, stack, &now)?;
        hands.stacks.delete(&stack.name, None)?;
        begun += 1;
        site.watch.pause()?;
    }
}

/// Whether a deletion cannot be begun in this status, or is under way. A stack that is being created can be deleted
/// (CloudFormation API reference: DeleteStack).
fn must_wait(status: &StackStatus) -> bool {
    status.in_progress() && *status != StackStatus::CreateInProgress
}

fn words(status: &StackStatus) -> &'static str {
    match status {
        StackStatus::DeleteInProgress => "being deleted",
        StackStatus::DeleteFailed => "could not be deleted; trying again",
        status if must_wait(status) => "at work; waiting for it to end",
        _ => "to be deleted",
    }
}

/// What has to be done before a stack can go.
fn prepare(site: &Site<'_>, hands: &Hands, stack: &FoundStack, now: &Stack) -> Result<()> {
    let names = Names::of(site.cloud);
    if now.protected {
        hands.stacks.protect(&stack.name, false)?;
        site.watch.tell(Event::Done(format!("lifted the protection of the stack {}", stack.name)));
    }
    match stack.kind {
        StackKind::Assets => {
            empty::empty(hands.buckets.as_ref(), &names.assets_bucket(&stack.region), site.watch).map(|_| ())
        }
        StackKind::Lake => drop_tables(site, hands, stack),
        StackKind::Collector | StackKind::Dashboards => Ok(()),
    }
}

/// Tables that a crawler or a person made in our database: the stack does not know them.
fn drop_tables(site: &Site<'_>, hands: &Hands, stack: &FoundStack) -> Result<()> {
    let database = Names::of(site.cloud).database();
    for table in hands.tables.names(&database)? {
        if !stack.tables.iter().any(|known| known == &table || known.ends_with(&format!("|{table}"))) {
            hands.tables.delete(&database, &table)?;
            site.watch.tell(Event::Done(format!("removed the table {table}, which no stack knew")));
        }
    }
    Ok(())
}

/// Takes the causes of a failed deletion away, as far as they are known.
fn mend(site: &Site<'_>, hands: &Hands, failures: &[&StackEvent]) -> Result<()> {
    let names = Names::of(site.cloud);
    for failure in failures {
        let reason = failure.reason.as_deref().unwrap_or_default();
        site.watch.tell(Event::Trouble(format!("{}: {reason}", failure.logical_id)));
        match failure.resource_type.as_str() {
            "AWS::Glue::Crawler" => stop::stop_crawler(site, hands, &names.crawler()).map(|_| ())?,
            "AWS::Athena::WorkGroup" => hands.athena.delete_workgroup(&names.workgroup())?,
            _ => {}
        }
    }
    Ok(())
}

fn failed(stack: &FoundStack, now: &Stack, cause: Option<StackEvent>) -> Error {
    let why = match &cause {
        Some(cause) => {
            let reason = cause.reason.as_deref().unwrap_or("CloudFormation gave no reason");
            format!("{} ({}): {reason}", cause.logical_id, cause.resource_type)
        }
        None => now.reason.clone().unwrap_or_else(|| format!("it is in the state {}", now.status.as_str())),
    };
    let error = Error::new(ErrorKind::Stack, format!("the stack {} in {} was not deleted", stack.name, stack.region))
        .because(why);
    match cause.is_some_and(|cause| cause.resource_type == super::inventory::BUCKET_LOGGING) {
        true => error.hint(format!(
            "run destroy again; if the function that gives logging back is gone, set the logging of the bucket by hand, then\n\
             aws cloudformation delete-stack --stack-name {} --region {} --deletion-mode FORCE_DELETE_STACK",
            stack.name, stack.region
        )),
        false => error.hint("take the cause away and run destroy again; it goes on where it stopped"),
    }
}
