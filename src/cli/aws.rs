//! What only the target `aws` has.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `init --target aws`. Values are checked by the wizard's forms, as answers to its questions are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "With --target aws")]
pub struct InitAws {
    /// Read this log bucket; [ACCOUNT:][REGION:] before it where they are not the pipeline's own
    #[arg(long, value_name = "BUCKET[/PREFIX]", num_args = 1..)]
    pub log_bucket: Vec<String>,
    /// Have logging switched on for this bucket; REGION: before it where that is another
    #[arg(long, value_name = "BUCKET", num_args = 1..)]
    pub switch_on: Vec<String>,
    /// Read CloudTrail's files in this bucket; =KEY_ARN behind it where they are encrypted with a key
    #[arg(long, value_name = "BUCKET[/PREFIX]", num_args = 1..)]
    pub trail: Vec<String>,
    /// The account [default: that of the credentials]; with it and --region AWS is not asked
    #[arg(long, value_name = "DIGITS")]
    pub account_id: Option<String>,
    /// The Region of the lake [default: AWS_REGION, or the profile's]
    #[arg(long)]
    pub region: Option<String>,
    /// The end of the bucket names of a deployment that is to be taken back [default: made at random]
    #[arg(long, value_name = "CHARACTERS")]
    pub suffix: Option<String>,
    /// When the job runs: cron(15 * * * ? *), rate(1 hour), none [default: hourly]
    #[arg(long)]
    pub schedule: Option<String>,
    /// The time zone of the schedule [default: UTC]
    #[arg(long, value_name = "NAME")]
    pub time_zone: Option<String>,
    /// Who gets notices; may be given again to add some
    #[arg(long, value_name = "ADDRESS", num_args = 1..)]
    pub email: Vec<String>,
    /// What runs the job: auto, pythonshell, glueetl or ray [default: auto]
    #[arg(long)]
    pub engine: Option<String>,
    /// How partitions get into the catalogue: api, crawler or projection [default: api]
    #[arg(long, value_name = "MODE")]
    pub catalogue: Option<String>,
    /// Days to keep raw logs in buckets that deploy makes, or forever [default: 90]
    #[arg(long, value_name = "N")]
    pub raw_days: Option<String>,
    /// The KMS key of lake, results and topic [default: S3's own keys]
    #[arg(long, value_name = "ARN")]
    pub kms_key: Option<String>,
    /// A tag of everything that takes tags
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    pub tag: Vec<String>,
    /// The IAM path of all roles [default: /]
    #[arg(long, value_name = "PATH")]
    pub role_path: Option<String>,
    /// The policy that bounds all roles
    #[arg(long, value_name = "ARN")]
    pub permissions_boundary: Option<String>,
    /// The role that CloudFormation assumes
    #[arg(long, value_name = "ARN")]
    pub cloudformation_role: Option<String>,
    /// A user or group of QuickSight that sees a dashboard; without one there is none
    #[arg(long, value_name = "ARN", num_args = 1..)]
    pub quicksight_principal: Vec<String>,
    /// Raw logs a month, for the cost estimate of plan, in GB [default: 30]
    #[arg(long, value_name = "N")]
    pub log_gigabytes: Option<String>,
}

impl InitAws {
    /// The flags that may have many values, by name.
    pub fn lists(&mut self) -> [(&'static str, &mut Vec<String>); 6] {
        [
            ("log-bucket", &mut self.log_bucket),
            ("switch-on", &mut self.switch_on),
            ("trail", &mut self.trail),
            ("email", &mut self.email),
            ("tag", &mut self.tag),
            ("quicksight-principal", &mut self.quicksight_principal),
        ]
    }

    /// The flags that have one value, by name.
    pub fn singles(&mut self) -> [(&'static str, &mut Option<String>); 13] {
        [
            ("account-id", &mut self.account_id),
            ("region", &mut self.region),
            ("suffix", &mut self.suffix),
            ("schedule", &mut self.schedule),
            ("time-zone", &mut self.time_zone),
            ("engine", &mut self.engine),
            ("catalogue", &mut self.catalogue),
            ("raw-days", &mut self.raw_days),
            ("kms-key", &mut self.kms_key),
            ("role-path", &mut self.role_path),
            ("permissions-boundary", &mut self.permissions_boundary),
            ("cloudformation-role", &mut self.cloudformation_role),
            ("log-gigabytes", &mut self.log_gigabytes),
        ]
    }

    /// All flags by name with what they were given.
    pub fn values(&self) -> Vec<(&'static str, Vec<String>)> {
        let mut copy = self.clone();
        let mut out: Vec<(&'static str, Vec<String>)> =
            copy.lists().into_iter().map(|(flag, values)| (flag, std::mem::take(values))).collect();
        out.extend(copy.singles().into_iter().map(|(flag, value)| (flag, value.take().into_iter().collect())));
        out
    }
}

/// `plan`.
#[derive(Debug, Default, Args)]
pub struct Plan {
    /// Keep the plan in this file, for `deploy --plan`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 if there is something to change
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// What it is to be deployed with
    #[command(flatten)]
    pub assets: AssetArgs,
}

/// The binaries that are deployed; looked for beside the program where they are not given.
#[derive(Debug, Clone, Default, Args)]
pub struct AssetArgs {
    /// The worker's binary [default: bucketscope-worker beside this program]
    #[arg(long, value_name = "FILE", env = "BUCKETSCOPE_WORKER")]
    pub worker: Option<PathBuf>,
    /// The zip file of the Lambda functions [default: bootstrap.zip beside this program]
    #[arg(long, value_name = "FILE", env = "BUCKETSCOPE_FUNCTIONS")]
    pub functions: Option<PathBuf>,
    /// Take programs that need a newer glibc than Glue and Lambda may have; for tests on this machine
    #[arg(long, env = "BUCKETSCOPE_ANY_GLIBC")]
    pub any_glibc: bool,
}

/// Who answers questions about a lake in AWS.
#[derive(Debug, Clone, Default, Args)]
pub struct AskedOf {
    /// In AWS: take Athena's earlier result of the same question that is no older: 60m, 24h, 7d at most
    #[arg(long, value_name = "WHILE", conflicts_with = "local")]
    pub reuse: Option<String>,
    /// In AWS: read the lake with the embedded engine, without Athena
    #[arg(long)]
    pub local: bool,
}

/// `doctor`.
#[derive(Debug, Default, Args)]
pub struct Doctor {
    /// Have the worker test itself in AWS, in a job of each type that is made for it and removed again
    #[arg(long)]
    pub remote: bool,
    /// Only this type of job; may be given again
    #[arg(long = "type", value_name = "TYPE", value_enum, requires = "remote")]
    pub types: Vec<JobTypeName>,
    /// What is deployed, or would be
    #[command(flatten)]
    pub assets: AssetArgs,
}

/// Types of jobs that `doctor --remote` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JobTypeName {
    /// Python shell, 1 DPU
    Pythonshell,
    /// Python shell, 1/16 DPU
    PythonshellSmall,
    /// Spark, two workers G.1X
    Glueetl,
    /// Ray, where the account still has it
    Ray,
}

/// `policy`.
#[derive(Debug, Args)]
pub struct Policy {
    /// Whose policy
    #[arg(value_enum)]
    pub who: PolicyOf,
}

/// Whose IAM policy `policy` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyOf {
    /// Who runs plan, deploy and destroy
    Deployer,
    /// A CI job: plan, status, drift, and starting runs, without changing anything deployed
    Ci,
    /// Who asks queries
    Analyst,
    /// Who runs doctor --remote
    Doctor,
    /// CloudFormation, where the configuration names a role for it
    Cloudformation,
}
