//! What everything that is deployed is called. Nothing else in the program builds these names.

use crate::config::cloud::{Cloud, Engine};

/// The key of the tag that everything deployed carries; its value is the pipeline's name.
pub const TAG: &str = "bucketscope:pipeline";

/// The names of one pipeline.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    cloud: &'a Cloud,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobName {
    /// What it is called.
    pub name: String,
    /// What runs in it, which is never `auto`.
    pub engine: Engine,
}

impl<'a> Names<'a> {
    /// The names that follow from a configuration.
    pub fn of(cloud: &'a Cloud) -> Self {
        Self { cloud }
    }

    /// What all names begin with: `bucketscope-NAME`. Also the workgroup and the schedule group.
    pub fn stem(&self) -> String {
        format!("bucketscope-{}", self.cloud.name)
    }

    /// The stack of binaries and scripts, in each Region used.
    pub fn assets_stack(&self) -> String {
        format!("{}-assets", self.stem())
    }

    /// The stacks of a source Region; `part` counts from 1 where one would be too large.
    pub fn collector_stack(&self, part: usize) -> String {
        if part <= 1 { format!("{}-collector", self.stem()) } else { format!("{}-collector-{part}", self.stem()) }
    }

    /// The stack of lake, job and workgroup, in the home Region.
    pub fn lake_stack(&self) -> String {
        format!("{}-lake", self.stem())
    }

    /// The stack of the dashboard in QuickSight, in the home Region.
    pub fn dashboards_stack(&self) -> String {
        format!("{}-dashboards", self.stem())
    }

    /// The id of the dashboard in QuickSight, and of its data source.
    pub fn quicksight(&self) -> String {
        self.stem()
    }

    /// The id of a data set of the dashboard.
    pub fn data_set(&self, what: &str) -> String {
        format!("{}-{what}", self.stem())
    }

    fn bucket(&self, what: &str) -> String {
        format!("{}-{what}-{}", self.stem(), self.cloud.aws.suffix)
    }

    /// The bucket of binaries and scripts of a Region.
    pub fn assets_bucket(&self, region: &str) -> String {
        self.bucket(&format!("assets-{region}"))
    }

    /// The bucket to which logs are delivered in a source Region.
    pub fn logs_bucket(&self, region: &str) -> String {
        self.bucket(&format!("logs-{region}"))
    }

    /// The bucket of tables and state.
    pub fn lake_bucket(&self) -> String {
        self.bucket("lake")
    }

    /// The bucket of Athena's results.
    pub fn results_bucket(&self) -> String {
        self.bucket("results")
    }

    /// The Glue database: hyphens would have to be quoted in every query.
    pub fn database(&self) -> String {
        self.stem().replace('-', "_")
    }

    /// The Glue job that reads new logs: the one that the schedule starts.
    pub fn job(&self) -> String {
        format!("{}-etl", self.stem())
    }

    /// What the names of the jobs begin with that `doctor` makes for a few minutes. The dot keeps them apart from the jobs of
    /// a pipeline whose name begins like this one's: no name has one.
    pub fn doctor_jobs(&self) -> String {
        format!("{}.doctor-", self.stem())
    }

    /// The Glue job that gets what is too much for the other.
    pub fn spark_job(&self) -> String {
        format!("{}-etl-spark", self.stem())
    }

    /// The job of the schedule.
    pub fn scheduled(&self) -> JobName {
        let engine = match self.cloud.job.engine {
            Engine::Auto => Engine::Pythonshell,
            engine => engine,
        };
        JobName { name: self.job(), engine }
    }

    /// The job to which that of the schedule may hand over.
    pub fn beside(&self) -> Option<JobName> {
        (self.cloud.job.engine == Engine::Auto).then(|| JobName { name: self.spark_job(), engine: Engine::Glueetl })
    }

    /// The pipeline's jobs, that of the schedule first.
    pub fn jobs(&self) -> Vec<JobName> {
        std::iter::once(self.scheduled()).chain(self.beside()).collect()
    }

    /// The crawler.
    pub fn crawler(&self) -> String {
        format!("{}-lake", self.stem())
    }

    /// Athena's workgroup.
    pub fn workgroup(&self) -> String {
        self.stem()
    }

    /// The topic of the notices.
    pub fn topic(&self) -> String {
        format!("{}-notices", self.stem())
    }

    /// The dashboard; they belong to the account, so its name carries the Region.
    pub fn dashboard(&self) -> String {
        format!("{}-{}", self.stem(), self.cloud.aws.region)
    }

    /// The schedule group.
    pub fn schedule_group(&self) -> String {
        self.stem()
    }

    /// The schedule of the job.
    pub fn schedule(&self) -> String {
        format!("{}-etl", self.stem())
    }

    /// A role; roles belong to the account, so their names carry the Region.
    pub fn role(&self, what: &str, region: &str) -> String {
        format!("{}-{what}-{region}", self.stem())
    }

    /// A Lambda function.
    pub fn function(&self, what: &str) -> String {
        format!("{}-{what}", self.stem())
    }

    /// A log group of our own.
    pub fn log_group(&self, what: &str) -> String {
        format!("/bucketscope/{}/{what}", self.cloud.name)
    }

    /// What keys of the delivered logs of a bucket begin with in our log bucket.
    pub fn delivery_prefix(&self, bucket: &str) -> String {
        format!("logs/{bucket}/")
    }
}
