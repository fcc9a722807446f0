//! Glue jobs and their runs.

use std::collections::BTreeMap;

use aws_sdk_glue::Client;
use aws_sdk_glue::types::JobRun;

use super::Session;
use super::answer::{absent, done, millis, owned, says};
use super::error::explain;
use crate::Result;

/// A run of a job.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// Its id, which is also the name of its log streams.
    pub id: String,
    /// `STARTING`, `RUNNING`, `SUCCEEDED`, `FAILED`, ….
    pub state: String,
    /// When it was started, milliseconds since the epoch.
    pub started_ms: Option<i64>,
    /// When it ended, milliseconds since the epoch.
    pub ended_ms: Option<i64>,
    /// For how many seconds it used resources.
    pub seconds: u64,
    /// What it uses, in DPUs.
    pub dpus: Option<f64>,
    /// DPU-seconds, where Glue counts them itself (auto scaling, FLEX).
    pub dpu_seconds: Option<f64>,
    /// Whether it is of the cheaper class FLEX.
    pub flex: bool,
    /// Why it failed.
    pub error: Option<String>,
    /// What it was told.
    pub arguments: BTreeMap<String, String>,
}

impl Run {
    /// Whether it has yet to end (Glue API: JobRunState).
    pub fn is_active(&self) -> bool {
        ["STARTING", "RUNNING", "STOPPING", "WAITING"].contains(&self.state.as_str())
    }

    /// Whether it ended well.
    pub fn succeeded(&self) -> bool {
        self.state == "SUCCEEDED"
    }
}

/// What came of starting a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// This run was started.
    Run(String),
    /// As many as may run at once are running.
    Busy,
    /// There is no such job.
    NoJob,
}

/// Jobs of one Region.
pub trait Jobs: Send + Sync {
    /// Whether there is such a job.
    fn exists(&self, job: &str) -> Result<bool>;
    /// The last runs of a job, newest first, no more than `limit`; none where there is no job.
    fn runs(&self, job: &str, limit: usize) -> Result<Vec<Run>>;
    /// A run.
    fn run(&self, job: &str, id: &str) -> Result<Option<Run>>;
    /// Starts a run.
    fn start(&self, job: &str, arguments: &BTreeMap<String, String>) -> Result<Started>;
    /// Asks runs to stop. Those that have ended are fine.
    fn stop(&self, job: &str, ids: &[String]) -> Result<()>;
}

/// The driver over the SDK.
pub struct SdkJobs {
    session: Session,
    client: Client,
}

impl SdkJobs {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

const GONE: &[&str] = &["EntityNotFoundException"];

/// BatchStopJobRun takes so many ids (API reference).
const STOPPED_AT_ONCE: usize = 25;

/// GetJobRuns gives so many a page (API reference).
const PAGE: i32 = 200;

fn run(run: &JobRun) -> Run {
    Run {
        id: owned(run.id()),
        state: run.job_run_state().map(|state| state.as_str().to_owned()).unwrap_or_default(),
        started_ms: millis(run.started_on()),
        ended_ms: millis(run.completed_on()),
        seconds: u64::try_from(run.execution_time()).unwrap_or_default(),
        dpus: run.max_capacity(),
        dpu_seconds: run.dpu_seconds(),
        flex: run.execution_class().is_some_and(|class| class.as_str() == "FLEX"),
        error: run.error_message().filter(|text| !text.is_empty()).map(str::to_owned),
        arguments: run.arguments().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}

impl Jobs for SdkJobs {
    fn exists(&self, job: &str) -> Result<bool> {
        let answer = self.session.wait(self.client.get_job().job_name(job).send());
        Ok(absent(answer, GONE, || format!("cannot look at the job {job}"))?.is_some())
    }

    fn runs(&self, job: &str, limit: usize) -> Result<Vec<Run>> {
        let mut all: Vec<Run> = Vec::new();
        let mut token = None;
        loop {
            let page = i32::try_from(limit).unwrap_or(PAGE).clamp(1, PAGE);
            let call = self.client.get_job_runs().job_name(job).max_results(page).set_next_token(token);
            let answer = self.session.wait(call.send());
            let Some(page) = absent(answer, GONE, || format!("cannot list the runs of {job}"))? else {
                return Ok(all);
            };
            all.extend(page.job_runs().iter().map(run));
            token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() || all.len() >= limit {
                break;
            }
        }
        all.sort_by_key(|one| std::cmp::Reverse(one.started_ms));
        all.truncate(limit);
        Ok(all)
    }

    fn run(&self, job: &str, id: &str) -> Result<Option<Run>> {
        let answer = self.session.wait(self.client.get_job_run().job_name(job).run_id(id).send());
        let found = absent(answer, GONE, || format!("cannot look at the run {id} of {job}"))?;
        Ok(found.and_then(|found| found.job_run().map(run)))
    }

    fn start(&self, job: &str, arguments: &BTreeMap<String, String>) -> Result<Started> {
        let mut call = self.client.start_job_run().job_name(job);
        for (name, value) in arguments {
            call = call.arguments(name, value);
        }
        match self.session.wait(call.send()) {
            Ok(answer) => Ok(Started::Run(owned(answer.job_run_id()))),
            Err(error) if says(&error, &["ConcurrentRunsExceededException"]) => Ok(Started::Busy),
            Err(error) if says(&error, GONE) => Ok(Started::NoJob),
            Err(error) => Err(explain(format!("cannot start the job {job}"), &error)),
        }
    }

    fn stop(&self, job: &str, ids: &[String]) -> Result<()> {
        for ids in ids.chunks(STOPPED_AT_ONCE) {
            let call = self.client.batch_stop_job_run().job_name(job).set_job_run_ids(Some(ids.to_vec()));
            // Answers with an error a run, such as that it has ended; whether it still runs is looked at afterwards.
            done(self.session.wait(call.send()), GONE, || format!("cannot stop the runs of {job}"))?;
        }
        Ok(())
    }
}
