//! What is asked of AWS in one Region, service by service.

use std::sync::Arc;

use super::Session;
use super::athena::{Athena, SdkAthena};
use super::buckets::{Buckets, SdkBuckets};
use super::crawlers::{Crawlers, SdkCrawlers};
use super::drift::{SdkStackDrift, StackDrift};
use super::jobs::{Jobs, SdkJobs};
use super::logs::{Logs, SdkLogs};
use super::queues::{Queues, SdkQueues};
use super::roles::{Roles, SdkRoles};
use super::schedules::{Schedules, SdkSchedules};
use super::stacks::{SdkStacks, Stacks};
use super::tables::{SdkTables, Tables};
use super::tagged::{SdkTagged, Tagged};
use super::topics::{SdkTopics, Topics};

/// The services of one Region.
#[derive(Clone)]
pub struct Hands {
    /// The Region.
    pub region: String,
    /// Stacks.
    pub stacks: Arc<dyn Stacks>,
    /// CloudFormation's detection of drift.
    pub drift: Arc<dyn StackDrift>,
    /// Buckets.
    pub buckets: Arc<dyn Buckets>,
    /// Glue jobs.
    pub jobs: Arc<dyn Jobs>,
    /// Crawlers.
    pub crawlers: Arc<dyn Crawlers>,
    /// The catalogue.
    pub tables: Arc<dyn Tables>,
    /// Schedules.
    pub schedules: Arc<dyn Schedules>,
    /// Athena.
    pub athena: Arc<dyn Athena>,
    /// Logs.
    pub logs: Arc<dyn Logs>,
    /// Topics.
    pub topics: Arc<dyn Topics>,
    /// Queues.
    pub queues: Arc<dyn Queues>,
    /// What carries tags.
    pub tagged: Arc<dyn Tagged>,
    /// Roles.
    pub roles: Arc<dyn Roles>,
}

impl Hands {
    /// Over the SDK, in the session's Region, for buckets of the account `owner`.
    pub fn sdk(session: &Session, owner: &str) -> Self {
        Self {
            region: session.region().to_owned(),
            stacks: Arc::new(SdkStacks::new(session)),
            drift: Arc::new(SdkStackDrift::new(session)),
            buckets: Arc::new(SdkBuckets::new(session, owner)),
            jobs: Arc::new(SdkJobs::new(session)),
            crawlers: Arc::new(SdkCrawlers::new(session)),
            tables: Arc::new(SdkTables::new(session)),
            schedules: Arc::new(SdkSchedules::new(session)),
            athena: Arc::new(SdkAthena::new(session)),
            logs: Arc::new(SdkLogs::new(session)),
            topics: Arc::new(SdkTopics::new(session)),
            queues: Arc::new(SdkQueues::new(session)),
            tagged: Arc::new(SdkTagged::new(session)),
            roles: Arc::new(SdkRoles::new(session)),
        }
    }
}
