//! Jobs that `doctor --remote` makes for a few minutes, after the image of the deployed one.

use std::collections::BTreeMap;

use aws_sdk_glue::Client;
use aws_sdk_glue::types::{ExecutionProperty, JobCommand, WorkerType};
use serde::Serialize;

use super::Session;
use super::answer::{absent, done, owned, says};
use super::error::{explain, message};
use crate::Result;

/// A type of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobType {
    /// Python shell, a sixteenth of a DPU.
    #[serde(rename = "pythonshell-small")]
    SmallPythonshell,
    /// Python shell, a DPU.
    Pythonshell,
    /// Spark.
    Glueetl,
    /// Ray.
    Ray,
}

impl JobType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pythonshell, Self::SmallPythonshell, Self::Glueetl, Self::Ray];

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::SmallPythonshell => "pythonshell-small",
            Self::Pythonshell => "pythonshell",
            Self::Glueetl => "glueetl",
            Self::Ray => "ray",
        }
    }

    /// Where Glue writes of a run, in streams that begin with its id: first the group of what it prints (AWS Glue Developer
    /// Guide, "Logging for AWS Glue jobs" and "Monitoring Ray jobs with logs").
    pub fn log_groups(self) -> [&'static str; 2] {
        match self {
            Self::SmallPythonshell | Self::Pythonshell => {
                ["/aws-glue/python-jobs/output", "/aws-glue/python-jobs/error"]
            }
            Self::Glueetl => ["/aws-glue/jobs/output", "/aws-glue/jobs/error"],
            Self::Ray => ["/aws-glue/ray/jobs/script-log", "/aws-glue/ray/jobs/ray-monitor-log"],
        }
    }
}

/// What of a job's definition is taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Definition {
    /// The ARN of its role.
    pub role: String,
    /// Where its script is.
    pub script: String,
    /// What its runs are told.
    pub arguments: BTreeMap<String, String>,
    /// Its connections: the network that it runs in.
    pub connections: Vec<String>,
    /// How its logs are encrypted.
    pub security_configuration: Option<String>,
}

/// A job that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: JobType,
    /// The rest of its definition.
    pub definition: Definition,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// What came of making a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// It is there.
    Yes,
    /// Glue does not take such a job here, and why.
    No(String),
}

/// Definitions of jobs in one Region.
pub trait Trials: Send + Sync {
    /// The definition of a job, if there is one.
    fn definition(&self, job: &str) -> Result<Option<Definition>>;
    /// Makes a job.
    fn make(&self, trial: &Trial) -> Result<Made>;
    /// Removes a job. One that is gone is fine.
    fn remove(&self, job: &str) -> Result<()>;
}

/// The driver over the SDK.
pub struct SdkTrials {
    session: Session,
    client: Client,
}

impl SdkTrials {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

const GONE: &[&str] = &["EntityNotFoundException"];

/// What Glue answers where it does not take a definition (API reference, CreateJob).
const REFUSED: &[&str] = &["InvalidInputException"];

/// A self-test takes seconds, and a job of many workers some minutes to begin.
const TIMEOUT_MINUTES: i32 = 10;

impl Trials for SdkTrials {
    fn definition(&self, job: &str) -> Result<Option<Definition>> {
        let answer = self.session.wait(self.client.get_job().job_name(job).send());
        let found = absent(answer, GONE, || format!("cannot look at the job {job}"))?;
        Ok(found.and_then(|found| found.job).map(|job| Definition {
            script: job.command().map(|command| owned(command.script_location())).unwrap_or_default(),
            connections: job.connections().map(|all| all.connections().to_vec()).unwrap_or_default(),
            role: job.role.unwrap_or_default(),
            arguments: job.default_arguments.unwrap_or_default().into_iter().collect(),
            security_configuration: job.security_configuration,
        }))
    }

    fn make(&self, trial: &Trial) -> Result<Made> {
        let definition = &trial.definition;
        let command = JobCommand::builder().script_location(&definition.script);
        let connections = aws_sdk_glue::types::ConnectionsList::builder()
            .set_connections(Some(definition.connections.clone()))
            .build();
        let mut call = self
            .client
            .create_job()
            .name(&trial.name)
            .description("Made by bucketscope doctor for a few minutes")
            .role(&definition.role)
            .set_default_arguments(Some(definition.arguments.clone().into_iter().collect()))
            .set_connections((!definition.connections.is_empty()).then_some(connections))
            .set_security_configuration(definition.security_configuration.clone())
            .execution_property(ExecutionProperty::builder().max_concurrent_runs(1).build())
            .max_retries(0)
            .timeout(TIMEOUT_MINUTES)
            .set_tags(Some(trial.tags.clone().into_iter().collect()));
        // The smallest of each type ("Jobs", AWS Glue API).
        call = match trial.kind {
            JobType::SmallPythonshell => {
                call.command(command.name("pythonshell").python_version("3.9").build()).max_capacity(0.0625)
            }
            JobType::Pythonshell => {
                call.command(command.name("pythonshell").python_version("3.9").build()).max_capacity(1.0)
            }
            JobType::Glueetl => call
                .command(command.name("glueetl").python_version("3").build())
                .glue_version("5.0")
                .worker_type(WorkerType::G1X)
                .number_of_workers(2),
            JobType::Ray => call
                .command(command.name("glueray").python_version("3.9").runtime("Ray2.4").build())
                .glue_version("4.0")
                .worker_type(WorkerType::Z2X)
                .number_of_workers(2),
        };
        match self.session.wait(call.send()) {
            Ok(_) => Ok(Made::Yes),
            Err(error) if says(&error, REFUSED) => Ok(Made::No(message(&error).unwrap_or_default().to_owned())),
            Err(error) => Err(explain(format!("cannot make the job {}", trial.name), &error)),
        }
    }

    fn remove(&self, job: &str) -> Result<()> {
        done(self.session.wait(self.client.delete_job().job_name(job).send()), GONE, || {
            format!("cannot remove the job {job}")
        })
    }
}
