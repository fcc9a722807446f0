//! An account in memory, for tests: it deletes stacks as CloudFormation does, and any call of it can be made to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::aws::buckets::{Item, LoggingNow, ObjectNow};
use crate::aws::crawlers::CrawlerNow;
use crate::aws::drift::ResourceDrift;
use crate::aws::hands::Hands;
use crate::aws::jobs::Run;
use crate::aws::schedules::ScheduleNow;
use crate::aws::stacks::{Stack, StackEvent, StackResource};
use crate::aws::tables::Table;
use crate::{Error, Result};

mod buckets;
mod deployed;
mod glue;
mod services;
mod stacks;
mod watch;

pub use deployed::{cloud, deployed};
pub use stacks::resource;
pub use watch::Silent;

/// A bucket of the account.
#[derive(Debug, Clone, Default)]
pub struct FakeBucket {
    pub tags: BTreeMap<String, String>,
    pub versions: Vec<Item>,
    pub uploads: Vec<Item>,
    /// So often something comes in right after the bucket was emptied.
    pub refills: usize,
    pub logging: Option<LoggingNow>,
    pub policy: Option<String>,
    pub objects: BTreeMap<String, ObjectNow>,
}

/// A stack of the account.
#[derive(Debug, Clone)]
pub struct FakeStack {
    pub now: Stack,
    pub parts: Vec<StackResource>,
    pub template: String,
    pub events: Vec<StackEvent>,
    /// Looks until what is under way has ended.
    pub busy: usize,
    /// Deletions that fail for a reason of CloudFormation's own.
    pub stubborn: usize,
}

/// Everything there is.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub stacks: BTreeMap<(String, String), FakeStack>,
    pub buckets: BTreeMap<String, FakeBucket>,
    pub runs: Vec<Run>,
    pub job: Option<String>,
    pub crawler: Option<(String, CrawlerNow)>,
    pub schedules: BTreeMap<String, ScheduleNow>,
    pub group: Option<String>,
    pub database: Option<String>,
    pub tables: BTreeMap<String, Table>,
    pub workgroup: Option<String>,
    pub queries: BTreeMap<String, String>,
    pub log_groups: BTreeMap<String, BTreeSet<String>>,
    pub topics: BTreeMap<String, String>,
    /// Policies of queues by their URLs.
    pub queues: BTreeMap<String, String>,
    pub roles: BTreeMap<String, BTreeMap<String, String>>,
    /// What the list by tag says, Region and ARN.
    pub tagged: BTreeSet<(String, String)>,
    pub drifts: BTreeMap<String, Vec<ResourceDrift>>,
    pub started: Vec<BTreeMap<String, String>>,
    /// What stands in log streams, by group and stream.
    pub lines: BTreeMap<(String, String), Vec<String>>,
}

/// The account.
#[derive(Default)]
pub struct Fake {
    pub world: Mutex<World>,
    calls: AtomicUsize,
    fail_at: AtomicUsize,
}

/// The account seen from a Region.
#[derive(Clone)]
pub struct InRegion {
    pub fake: Arc<Fake>,
    pub region: String,
}

impl Fake {
    pub fn over(world: World) -> Arc<Self> {
        Arc::new(Self { world: Mutex::new(world), calls: AtomicUsize::new(0), fail_at: AtomicUsize::new(usize::MAX) })
    }

    /// Makes the call after so many others fail.
    pub fn fail_at(&self, at: usize) {
        self.calls.store(0, Ordering::SeqCst);
        self.fail_at.store(at, Ordering::SeqCst);
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub fn look(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub fn hands(self: &Arc<Self>, region: &str) -> Hands {
        let one = Arc::new(InRegion { fake: Arc::clone(self), region: region.to_owned() });
        Hands {
            region: region.to_owned(),
            stacks: one.clone(),
            drift: one.clone(),
            buckets: one.clone(),
            jobs: one.clone(),
            crawlers: one.clone(),
            tables: one.clone(),
            schedules: one.clone(),
            athena: one.clone(),
            logs: one.clone(),
            topics: one.clone(),
            queues: one.clone(),
            tagged: one.clone(),
            roles: one,
        }
    }
}

impl InRegion {
    /// Counts the call, and lets it fail if it is its turn.
    fn call(&self) -> Result<MutexGuard<'_, World>> {
        if self.fake.calls.fetch_add(1, Ordering::SeqCst) == self.fake.fail_at.load(Ordering::SeqCst) {
            return Err(Error::failed("the network is gone"));
        }
        Ok(self.fake.look())
    }

    fn key(&self, name: &str) -> (String, String) {
        (self.region.clone(), name.to_owned())
    }
}
