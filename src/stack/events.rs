//! What the events of a stack say: which operation they belong to, and what made it fail.

use crate::aws::stacks::StackEvent;

/// The first cause of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The resource's name in the template.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// Its name in AWS, where it had one.
    pub physical_id: String,
    /// What failed: `CREATE_FAILED` …
    pub status: String,
    /// Why, in full.
    pub reason: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
}

/// Reasons that only say that something else failed earlier. CloudFormation cancels what is under way, and sums up at the
/// end.
const NOISE: &[&str] = &[
    "Resource creation cancelled",
    "Resource update cancelled",
    "Resource deletion cancelled",
    "Resource creation Initiated",
    "The following resource(s) failed to",
];

/// The type of the event that is about the stack itself.
const STACK: &str = "AWS::CloudFormation::Stack";

/// Whether an event is about the stack itself. A nested stack has the same type, but a stack's own event has the stack's
/// name for logical id, and that is the second part of its ARN.
pub fn is_about_stack(event: &StackEvent) -> bool {
    let named = event.physical_id.split('/').nth(1);
    event.resource_type == STACK && named.is_none_or(|name| name == event.logical_id)
}

/// Whether an event only tells of the consequence of another.
pub fn is_noise(event: &StackEvent) -> bool {
    event.reason.as_deref().is_none_or(|reason| NOISE.iter().any(|noise| reason.starts_with(noise)))
}

/// The events of the latest operation: from the last time on that the stack itself began something.
pub fn latest_operation(events: &[StackEvent]) -> &[StackEvent] {
    const BEGINNINGS: &[&str] =
        &["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"];
    let begins = |event: &StackEvent| is_about_stack(event) && BEGINNINGS.contains(&event.status.as_str());
    let from = events.iter().rposition(begins).unwrap_or(0);
    events.get(from..).unwrap_or_default()
}

/// What made an operation fail: of the failures that are no consequence of another, the earliest; where all are, the
/// earliest of all.
pub fn first_cause(events: &[StackEvent]) -> Option<Cause> {
    let failed = |event: &&StackEvent| event.status.ends_with("_FAILED") || is_refusal(event);
    let earliest = |of: &mut dyn Iterator<Item = &StackEvent>| of.min_by_key(|event| event.at_ms).cloned();
    let own = earliest(&mut events.iter().filter(failed).filter(|event| !is_noise(event) && !is_about_stack(event)));
    let any = || earliest(&mut events.iter().filter(failed).filter(|event| !is_noise(event)));
    let noise = || earliest(&mut events.iter().filter(failed));
    own.or_else(any).or_else(noise).map(|event| Cause {
        reason: event.reason.clone().unwrap_or_else(|| "CloudFormation gave no reason".to_owned()),
        logical_id: event.logical_id,
        resource_type: event.resource_type,
        physical_id: event.physical_id,
        status: event.status,
        at_ms: event.at_ms,
    })
}

/// The resources that an operation could not make, change or delete, in order.
pub fn failures(events: &[StackEvent]) -> impl Iterator<Item = &StackEvent> {
    latest_operation(events).iter().filter(|event| !is_about_stack(event) && event.status.ends_with("_FAILED"))
}

/// A stack may begin to roll back without any resource having failed: the template was refused, or somebody cancelled.
fn is_refusal(event: &StackEvent) -> bool {
    is_about_stack(event)
        && matches!(event.status.as_str(), "ROLLBACK_IN_PROGRESS" | "UPDATE_ROLLBACK_IN_PROGRESS")
        && event.reason.is_some()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// An event for tests.
    pub fn event(at_ms: i64, logical_id: &str, resource_type: &str, status: &str, reason: Option<&str>) -> StackEvent {
        let physical_id = if resource_type == STACK { format!("arn:stack/{logical_id}/1") } else { String::new() };
        StackEvent {
            id: format!("{logical_id}-{status}-{at_ms}"),
            at_ms,
            logical_id: logical_id.to_owned(),
            physical_id,
            resource_type: resource_type.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
        }
    }

    const JOB: &str = "AWS::Glue::Job";

    #[test]
    fn the_first_cause_is_the_earliest_failure_that_is_no_consequence() {
        let full =
            "Received response status [FAILED] from custom resource. Message returned: the bucket x logs to itself";
        let events = [
            event(1, "s", STACK, "CREATE_IN_PROGRESS", Some("User Initiated")),
            event(2, "Early", JOB, "CREATE_FAILED", Some("Resource creation cancelled")),
            event(4, "Late", JOB, "CREATE_FAILED", Some("something else")),
            event(3, "Logging", "Custom::BucketLogging", "CREATE_FAILED", Some(full)),
            event(
                5,
                "s",
                STACK,
                "ROLLBACK_IN_PROGRESS",
                Some("The following resource(s) failed to create: [Logging]."),
            ),
        ];
        let cause = first_cause(&events).unwrap();
        assert_eq!((cause.logical_id.as_str(), cause.reason.as_str()), ("Logging", full));
    }

    #[test]
    fn a_refused_template_is_a_cause_and_so_is_a_cancelled_update() {
        let events = [
            event(1, "s", STACK, "UPDATE_IN_PROGRESS", Some("User Initiated")),
            event(2, "s", STACK, "UPDATE_ROLLBACK_IN_PROGRESS", Some("User Initiated")),
        ];
        assert_eq!(first_cause(&events).unwrap().reason, "User Initiated");
        assert_eq!(first_cause(&events[..1]), None);
    }

    #[test]
    fn noise_alone_is_better_than_nothing() {
        let events = [event(1, "A", JOB, "CREATE_FAILED", Some("Resource creation cancelled"))];
        assert_eq!(first_cause(&events).unwrap().logical_id, "A");
    }

    #[test]
    fn an_operation_begins_where_the_stack_itself_began() {
        let events = [
            event(1, "s", STACK, "CREATE_IN_PROGRESS", None),
            event(2, "s", STACK, "CREATE_COMPLETE", None),
            event(3, "s", STACK, "UPDATE_IN_PROGRESS", None),
            event(4, "A", JOB, "UPDATE_IN_PROGRESS", None),
            event(5, "s", STACK, "UPDATE_ROLLBACK_IN_PROGRESS", None),
        ];
        assert_eq!(latest_operation(&events).len(), 3);
        assert_eq!(latest_operation(&events[3..]).len(), 2);
        assert!(latest_operation(&[]).is_empty());
    }

    #[test]
    fn a_nested_stack_is_a_resource() {
        let mut nested = event(1, "Nested", STACK, "CREATE_FAILED", Some("x"));
        nested.physical_id = "arn:stack/s-Nested-123/1".to_owned();
        assert!(!is_about_stack(&nested));
        assert!(is_about_stack(&event(1, "s", STACK, "CREATE_COMPLETE", None)));
    }
}
