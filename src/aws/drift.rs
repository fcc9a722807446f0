//! CloudFormation's own detection of drift.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackDriftDetectionStatus;

use super::Session;
use super::answer::{absent, owned};
use super::error::{code, explain};
use crate::Result;

/// How far a detection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detection {
    /// It goes on.
    Running,
    /// It has ended, and all resources were looked at.
    Complete,
    /// It has ended, and some resources could not be looked at, for this reason.
    Failed(String),
}

/// What CloudFormation says of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceDrift {
    /// Its name in the template.
    pub logical: String,
    /// Its name in AWS.
    pub physical: String,
    /// Its type.
    pub kind: String,
    /// `IN_SYNC`, `MODIFIED`, `DELETED`, `NOT_CHECKED`, `UNKNOWN`, `UNSUPPORTED`.
    pub status: String,
    /// Why it is not known.
    pub reason: Option<String>,
    /// What differs: path, expected, actual; `null` where there is nothing.
    pub differences: Vec<(String, String, String)>,
}

/// CloudFormation's own detection of drift, in one Region.
pub trait StackDrift: Send + Sync {
    /// Begins a detection and returns its id; `None` where one is at work already.
    fn detect(&self, stack: &str) -> Result<Option<String>>;
    /// How far it is.
    fn detection(&self, id: &str) -> Result<Detection>;
    /// What was found.
    fn found(&self, stack: &str) -> Result<Vec<ResourceDrift>>;
}

/// The driver over the SDK.
pub struct SdkStackDrift {
    session: Session,
    client: Client,
}

impl SdkStackDrift {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

impl StackDrift for SdkStackDrift {
    fn detect(&self, stack: &str) -> Result<Option<String>> {
        match self.session.wait(self.client.detect_stack_drift().stack_name(stack).send()) {
            Ok(answer) => Ok(answer.stack_drift_detection_id().map(str::to_owned)),
            // One detection at a time is allowed for a stack (API reference: DetectStackDrift).
            Err(error)
                if code(&error) == Some("ValidationError")
                    && super::answer::says(&error, &["is already in progress"]) =>
            {
                Ok(None)
            }
            Err(error) => Err(explain(format!("cannot have the drift of {stack} detected"), &error)),
        }
    }

    fn detection(&self, id: &str) -> Result<Detection> {
        let call = self.client.describe_stack_drift_detection_status().stack_drift_detection_id(id).send();
        let answer =
            self.session.wait(call).map_err(|error| explain("cannot follow the detection of drift", &error))?;
        Ok(match answer.detection_status() {
            Some(StackDriftDetectionStatus::DetectionInProgress) => Detection::Running,
            Some(StackDriftDetectionStatus::DetectionFailed) => {
                Detection::Failed(owned(answer.detection_status_reason()))
            }
            _ => Detection::Complete,
        })
    }

    fn found(&self, stack: &str) -> Result<Vec<ResourceDrift>> {
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let call = self.client.describe_stack_resource_drifts().stack_name(stack).max_results(100);
            let answer = self.session.wait(call.set_next_token(token).send());
            let page = absent(answer, &[], || format!("cannot read what drifted in {stack}"))?;
            let Some(page) = page else { return Ok(all) };
            all.extend(page.stack_resource_drifts().iter().map(resource));
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(all);
            }
        }
    }
}

fn resource(drift: &aws_sdk_cloudformation::types::StackResourceDrift) -> ResourceDrift {
    ResourceDrift {
        logical: owned(drift.logical_resource_id()),
        physical: owned(drift.physical_resource_id()),
        kind: owned(drift.resource_type()),
        status: drift.stack_resource_drift_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: drift.drift_status_reason().map(str::to_owned),
        differences: drift
            .property_differences()
            .iter()
            .map(|one| (owned(one.property_path()), owned(one.expected_value()), owned(one.actual_value())))
            .collect(),
    }
}
