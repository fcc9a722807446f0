//! Starting the job with many workers.

use std::collections::BTreeMap;

use aws_sdk_glue::Client;
use aws_sdk_glue::types::WorkerType;

use super::Session;
use super::error::{code, explain};
use crate::Result;

/// A run to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The job.
    pub job: &'a str,
    /// The type of its workers.
    pub worker_type: &'a str,
    /// Their number, the driver among them.
    pub workers: u32,
    /// What it is told beside what its definition says.
    pub arguments: BTreeMap<String, String>,
}

/// The call.
pub trait StartRun {
    /// Starts a run; gives its id, or `None` if as many as may run at once are running.
    fn start(&self, wanted: &Wanted<'_>) -> Result<Option<String>>;
}

/// The driver over the SDK.
pub struct SdkStartRun {
    session: Session,
    client: Client,
}

impl SdkStartRun {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

impl StartRun for SdkStartRun {
    fn start(&self, wanted: &Wanted<'_>) -> Result<Option<String>> {
        let call = self
            .client
            .start_job_run()
            .job_name(wanted.job)
            .worker_type(WorkerType::from(wanted.worker_type))
            .number_of_workers(i32::try_from(wanted.workers).unwrap_or(i32::MAX))
            .set_arguments(Some(wanted.arguments.clone().into_iter().collect()));
        match self.session.wait(call.send()) {
            Ok(answer) => Ok(Some(answer.job_run_id().unwrap_or_default().to_owned())),
            Err(error) if code(&error) == Some("ConcurrentRunsExceededException") => Ok(None),
            Err(error) => Err(explain(format!("cannot start the job {}", wanted.job), &error)),
        }
    }
}
