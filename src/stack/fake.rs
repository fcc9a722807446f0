//! An account in memory, for tests: it deletes stacks as CloudFormation does, and any call of it can be made to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::site::{Event, Watch};
use crate::aws::athena::{Athena, Scanned};
use crate::aws::buckets::{Buckets, Deleted, Held, Item, LoggingNow, ObjectNow};
use crate::aws::crawlers::{Crawl, CrawlerNow, Crawlers};
use crate::aws::drift::{Detection, ResourceDrift, StackDrift};
use crate::aws::hands::Hands;
use crate::aws::jobs::{Jobs, Run, Started};
use crate::aws::logs::Logs;
use crate::aws::roles::Roles;
use crate::aws::schedules::{ScheduleNow, Schedules};
use crate::aws::tables::{Table, Tables};
use crate::aws::tagged::Tagged;
use crate::aws::teardown::{Failure, StackNow, StackPart, StackTeardown};
use crate::aws::topics::{Subscription, Topics};
use crate::blueprint::names::{Names, TAG};
use crate::config::cloud::Cloud;
use crate::{Error, Result};

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
#[derive(Debug, Clone, Default)]
pub struct FakeStack {
    pub now: StackNow,
    pub parts: Vec<StackPart>,
    pub template: String,
    pub failures: Vec<Failure>,
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

impl World {
    /// Ends the deletion of a stack as CloudFormation would: what cannot go stays, with a reason.
    fn end_deletion(&mut self, key: &(String, String)) {
        let Some(mut stack) = self.stacks.get(key).cloned() else { return };
        let mut failures = Vec::new();
        if stack.stubborn > 0 {
            stack.stubborn -= 1;
            failures.push(("Role", "AWS::IAM::Role", "throttled", "r"));
        }
        let (mut left, parts) = (Vec::new(), std::mem::take(&mut stack.parts));
        for part in parts {
            match self.remove(&part) {
                Ok(()) => {}
                Err(why) => {
                    failures.push((
                        Box::leak(part.logical.clone().into_boxed_str()),
                        Box::leak(part.kind.clone().into_boxed_str()),
                        why,
                        "",
                    ));
                    left.push(part);
                }
            }
        }
        if failures.is_empty() {
            self.stacks.remove(key);
            return;
        }
        stack.parts = left;
        stack.now.status = "DELETE_FAILED".to_owned();
        stack.failures = failures
            .into_iter()
            .map(|(logical, kind, reason, physical)| Failure {
                logical: logical.to_owned(),
                kind: kind.to_owned(),
                physical: physical.to_owned(),
                reason: reason.to_owned(),
            })
            .collect();
        self.stacks.insert(key.clone(), stack);
    }

    fn remove(&mut self, part: &StackPart) -> std::result::Result<(), &'static str> {
        match part.kind.as_str() {
            // Assets are deleted with their stack; everything else is kept.
            "AWS::S3::Bucket" if part.physical.contains("-assets-") => match self.buckets.get(&part.physical) {
                Some(bucket) if !bucket.versions.is_empty() || !bucket.uploads.is_empty() => {
                    return Err("The bucket you tried to delete is not empty");
                }
                _ => drop(self.buckets.remove(&part.physical)),
            },
            "AWS::Glue::Crawler" => match &self.crawler {
                Some((_, crawler)) if crawler.state != "READY" => return Err("CrawlerRunningException"),
                _ => self.crawler = None,
            },
            "AWS::Glue::Job" => self.job = None,
            "AWS::Glue::Database" => {
                self.database = None;
                self.tables.clear();
            }
            "AWS::Glue::Table" => drop(self.tables.remove(&part.physical)),
            "AWS::Athena::WorkGroup" => self.workgroup = None,
            "AWS::Scheduler::Schedule" => drop(self.schedules.remove(&part.physical)),
            "AWS::Scheduler::ScheduleGroup" => self.group = None,
            "AWS::SNS::Topic" => drop(self.topics.remove(&part.physical)),
            "AWS::IAM::Role" => drop(self.roles.remove(&part.physical)),
            "AWS::Logs::LogGroup" => drop(self.log_groups.remove(&part.physical)),
            "Custom::BucketLogging" => {
                if let Some(bucket) = self.buckets.get_mut(&part.physical) {
                    bucket.logging = None;
                }
            }
            _ => {}
        }
        self.tagged.retain(|(_, arn)| !arn.ends_with(&part.physical));
        Ok(())
    }
}

impl StackTeardown for InRegion {
    fn list(&self) -> Result<Vec<StackNow>> {
        let world = self.call()?;
        Ok(world.stacks.iter().filter(|((region, _), _)| *region == self.region).map(|(_, s)| s.now.clone()).collect())
    }

    fn find(&self, name: &str) -> Result<Option<StackNow>> {
        let mut world = self.call()?;
        let key = self.key(name);
        let Some(stack) = world.stacks.get_mut(&key) else { return Ok(None) };
        if stack.now.status.ends_with("_IN_PROGRESS") {
            if stack.busy > 0 {
                stack.busy -= 1;
            } else if stack.now.status == "DELETE_IN_PROGRESS" {
                world.end_deletion(&key);
            } else {
                stack.now.status = stack.now.status.replace("_IN_PROGRESS", "_COMPLETE");
            }
        }
        Ok(world.stacks.get(&key).map(|stack| stack.now.clone()))
    }

    fn parts(&self, name: &str) -> Result<Vec<StackPart>> {
        Ok(self.call()?.stacks.get(&self.key(name)).map(|stack| stack.parts.clone()).unwrap_or_default())
    }

    fn template(&self, name: &str) -> Result<String> {
        Ok(self.call()?.stacks.get(&self.key(name)).map(|stack| stack.template.clone()).unwrap_or_default())
    }

    fn delete(&self, name: &str) -> Result<()> {
        let mut world = self.call()?;
        if let Some(stack) = world.stacks.get_mut(&self.key(name)) {
            if stack.now.protected {
                return Err(Error::failed("it is protected"));
            }
            let updating = stack.now.status.starts_with("UPDATE_") && stack.now.status.ends_with("_IN_PROGRESS");
            assert!(!updating, "a stack that is being updated cannot be deleted");
            stack.now.status = "DELETE_IN_PROGRESS".to_owned();
            stack.busy = 1;
        }
        Ok(())
    }

    fn unprotect(&self, name: &str) -> Result<()> {
        if let Some(stack) = self.call()?.stacks.get_mut(&self.key(name)) {
            stack.now.protected = false;
        }
        Ok(())
    }

    fn failures(&self, name: &str) -> Result<Vec<Failure>> {
        Ok(self.call()?.stacks.get(&self.key(name)).map(|stack| stack.failures.clone()).unwrap_or_default())
    }
}

impl StackDrift for InRegion {
    fn detect(&self, stack: &str) -> Result<Option<String>> {
        drop(self.call()?);
        Ok(Some(stack.to_owned()))
    }

    fn detection(&self, _id: &str) -> Result<Detection> {
        drop(self.call()?);
        Ok(Detection::Complete)
    }

    fn found(&self, stack: &str) -> Result<Vec<ResourceDrift>> {
        Ok(self.call()?.drifts.get(stack).cloned().unwrap_or_default())
    }
}

impl Buckets for InRegion {
    fn names(&self, prefix: &str) -> Result<Vec<String>> {
        Ok(self.call()?.buckets.keys().filter(|name| name.starts_with(prefix)).cloned().collect())
    }

    fn exists(&self, bucket: &str) -> Result<bool> {
        Ok(self.call()?.buckets.contains_key(bucket))
    }

    fn tags(&self, bucket: &str) -> Result<Option<BTreeMap<String, String>>> {
        Ok(self.call()?.buckets.get(bucket).map(|bucket| bucket.tags.clone()))
    }

    fn held(&self, bucket: &str) -> Result<Held> {
        let objects = self.call()?.buckets.get(bucket).map_or(0, |bucket| bucket.versions.len() as u64);
        Ok(Held { objects, bytes: objects * 10, more: false })
    }

    fn versions(&self, bucket: &str) -> Result<Vec<Item>> {
        // Pages of two: what is emptied must be asked for again.
        let world = self.call()?;
        Ok(world
            .buckets
            .get(bucket)
            .map(|bucket| bucket.versions.iter().take(2).cloned().collect())
            .unwrap_or_default())
    }

    fn delete_versions(&self, bucket: &str, items: &[Item]) -> Result<()> {
        if let Some(bucket) = self.call()?.buckets.get_mut(bucket) {
            bucket.versions.retain(|item| !items.contains(item));
        }
        Ok(())
    }

    fn uploads(&self, bucket: &str) -> Result<Vec<Item>> {
        Ok(self.call()?.buckets.get(bucket).map(|bucket| bucket.uploads.clone()).unwrap_or_default())
    }

    fn abort(&self, bucket: &str, upload: &Item) -> Result<()> {
        if let Some(bucket) = self.call()?.buckets.get_mut(bucket) {
            bucket.uploads.retain(|item| item != upload);
        }
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<Deleted> {
        let mut world = self.call()?;
        let Some(bucket) = world.buckets.get_mut(name) else { return Ok(Deleted::Yes) };
        if bucket.refills > 0 {
            bucket.refills -= 1;
            bucket.versions.push(Item { key: "late".to_owned(), id: Some("v".to_owned()) });
        }
        if !bucket.versions.is_empty() || !bucket.uploads.is_empty() {
            return Ok(Deleted::NotEmpty);
        }
        world.buckets.remove(name);
        Ok(Deleted::Yes)
    }

    fn logging(&self, bucket: &str) -> Result<Option<Option<LoggingNow>>> {
        Ok(self.call()?.buckets.get(bucket).map(|bucket| bucket.logging.clone()))
    }

    fn set_logging(&self, bucket: &str, logging: &LoggingNow) -> Result<()> {
        if let Some(bucket) = self.call()?.buckets.get_mut(bucket) {
            bucket.logging = Some(logging.clone());
        }
        Ok(())
    }

    fn policy(&self, bucket: &str) -> Result<Option<String>> {
        Ok(self.call()?.buckets.get(bucket).and_then(|bucket| bucket.policy.clone()))
    }

    fn object(&self, bucket: &str, key: &str) -> Result<Option<ObjectNow>> {
        Ok(self.call()?.buckets.get(bucket).and_then(|bucket| bucket.objects.get(key).cloned()))
    }
}

impl Jobs for InRegion {
    fn exists(&self, job: &str) -> Result<bool> {
        Ok(self.call()?.job.as_deref() == Some(job))
    }

    fn runs(&self, _job: &str, limit: usize) -> Result<Vec<Run>> {
        let mut world = self.call()?;
        if world.job.is_none() {
            return Ok(Vec::new());
        }
        let runs = world.runs.clone();
        for run in &mut world.runs {
            if run.state == "STOPPING" {
                run.state = "STOPPED".to_owned();
            }
        }
        Ok(runs.into_iter().take(limit).collect())
    }

    fn run(&self, _job: &str, id: &str) -> Result<Option<Run>> {
        Ok(self.call()?.runs.iter().find(|run| run.id == id).cloned())
    }

    fn start(&self, _job: &str, arguments: &BTreeMap<String, String>) -> Result<Started> {
        let mut world = self.call()?;
        if world.runs.iter().any(Run::is_active) {
            return Ok(Started::Busy);
        }
        world.started.push(arguments.clone());
        Ok(Started::Run("jr_new".to_owned()))
    }

    fn stop(&self, _job: &str, ids: &[String]) -> Result<()> {
        for run in self.call()?.runs.iter_mut().filter(|run| ids.contains(&run.id) && run.is_active()) {
            run.state = "STOPPING".to_owned();
        }
        Ok(())
    }
}

impl Crawlers for InRegion {
    fn find(&self, name: &str) -> Result<Option<CrawlerNow>> {
        let mut world = self.call()?;
        let Some((_, crawler)) = world.crawler.as_mut().filter(|(known, _)| known == name) else { return Ok(None) };
        let now = crawler.clone();
        if crawler.state == "STOPPING" {
            crawler.state = "READY".to_owned();
        }
        Ok(Some(now))
    }

    fn crawls(&self, _name: &str, _limit: u16) -> Result<Vec<Crawl>> {
        drop(self.call()?);
        Ok(Vec::new())
    }

    fn stop(&self, _name: &str) -> Result<()> {
        if let Some((_, crawler)) = self.call()?.crawler.as_mut() {
            crawler.state = "STOPPING".to_owned();
        }
        Ok(())
    }
}

impl Tables for InRegion {
    fn database_exists(&self, database: &str) -> Result<bool> {
        Ok(self.call()?.database.as_deref() == Some(database))
    }

    fn delete_database(&self, _database: &str) -> Result<()> {
        let mut world = self.call()?;
        world.database = None;
        world.tables.clear();
        Ok(())
    }

    fn names(&self, _database: &str) -> Result<Vec<String>> {
        Ok(self.call()?.tables.keys().cloned().collect())
    }

    fn find(&self, _database: &str, name: &str) -> Result<Option<Table>> {
        Ok(self.call()?.tables.get(name).cloned())
    }

    fn put(&self, _database: &str, table: &Table) -> Result<()> {
        self.call()?.tables.insert(table.name.clone(), table.clone());
        Ok(())
    }

    fn delete(&self, _database: &str, name: &str) -> Result<()> {
        self.call()?.tables.remove(name);
        Ok(())
    }
}

impl Schedules for InRegion {
    fn names(&self, _group: &str) -> Result<Vec<String>> {
        Ok(self.call()?.schedules.keys().cloned().collect())
    }

    fn group_exists(&self, group: &str) -> Result<bool> {
        Ok(self.call()?.group.as_deref() == Some(group))
    }

    fn find(&self, _group: &str, name: &str) -> Result<Option<ScheduleNow>> {
        Ok(self.call()?.schedules.get(name).cloned())
    }

    fn disable(&self, _group: &str, name: &str) -> Result<()> {
        if let Some(schedule) = self.call()?.schedules.get_mut(name) {
            schedule.enabled = false;
        }
        Ok(())
    }
}

impl Athena for InRegion {
    fn workgroup_exists(&self, name: &str) -> Result<bool> {
        Ok(self.call()?.workgroup.as_deref() == Some(name))
    }

    fn delete_workgroup(&self, _name: &str) -> Result<()> {
        self.call()?.workgroup = None;
        Ok(())
    }

    fn named_query(&self, id: &str) -> Result<Option<String>> {
        Ok(self.call()?.queries.get(id).cloned())
    }

    fn prepared_statement(&self, _workgroup: &str, name: &str) -> Result<Option<String>> {
        Ok(self.call()?.queries.get(name).cloned())
    }

    fn scanned(&self, _workgroup: &str, _since_ms: i64, _limit: usize) -> Result<Scanned> {
        drop(self.call()?);
        Ok(Scanned::default())
    }
}

impl Logs for InRegion {
    fn groups(&self, prefix: &str) -> Result<Vec<String>> {
        Ok(self.call()?.log_groups.keys().filter(|name| name.starts_with(prefix)).cloned().collect())
    }

    fn delete_group(&self, group: &str) -> Result<()> {
        self.call()?.log_groups.remove(group);
        Ok(())
    }

    fn streams(&self, group: &str, prefix: &str) -> Result<Vec<String>> {
        let world = self.call()?;
        let streams = world.log_groups.get(group).cloned().unwrap_or_default();
        Ok(streams.into_iter().filter(|stream| stream.starts_with(prefix)).collect())
    }

    fn all_streams(&self, group: &str) -> Result<Option<Vec<String>>> {
        let world = self.call()?;
        Ok(Some(world.log_groups.get(group).cloned().unwrap_or_default().into_iter().collect()))
    }

    fn delete_stream(&self, group: &str, stream: &str) -> Result<()> {
        if let Some(group) = self.call()?.log_groups.get_mut(group) {
            group.remove(stream);
        }
        Ok(())
    }

    fn tail(&self, group: &str, stream: &str, limit: u16) -> Result<Vec<String>> {
        let lines = self.call()?.lines.get(&(group.to_owned(), stream.to_owned())).cloned().unwrap_or_default();
        Ok(lines.iter().skip(lines.len().saturating_sub(usize::from(limit))).cloned().collect())
    }
}

impl Topics for InRegion {
    fn policy(&self, arn: &str) -> Result<Option<String>> {
        Ok(self.call()?.topics.get(arn).cloned())
    }

    fn set_policy(&self, arn: &str, policy: &str) -> Result<()> {
        self.call()?.topics.insert(arn.to_owned(), policy.to_owned());
        Ok(())
    }

    fn subscriptions(&self, _arn: &str) -> Result<Vec<Subscription>> {
        drop(self.call()?);
        Ok(Vec::new())
    }
}

impl Tagged for InRegion {
    fn arns(&self, _key: &str, _value: &str) -> Result<Vec<String>> {
        let world = self.call()?;
        Ok(world.tagged.iter().filter(|(region, _)| *region == self.region).map(|(_, arn)| arn.clone()).collect())
    }
}

impl Roles for InRegion {
    fn names(&self, _path: &str, prefix: &str) -> Result<Vec<String>> {
        Ok(self.call()?.roles.keys().filter(|name| name.starts_with(prefix)).cloned().collect())
    }

    fn tags(&self, name: &str) -> Result<Option<BTreeMap<String, String>>> {
        Ok(self.call()?.roles.get(name).cloned())
    }
}

/// Tells nobody, waits for nothing, and interrupts when it is told to.
#[derive(Default)]
pub struct Silent {
    pub told: Mutex<Vec<Event>>,
    /// Looks until the user presses Ctrl-C; 0 for never.
    pub interrupt_after: AtomicUsize,
}

impl Watch for Silent {
    fn tell(&self, event: Event) {
        self.told.lock().unwrap().push(event);
    }

    fn pause(&self) -> Result<()> {
        self.check()
    }

    fn check(&self) -> Result<()> {
        match self.interrupt_after.load(Ordering::SeqCst) {
            0 => Ok(()),
            1 => Err(Error::new(crate::ErrorKind::Interrupted, "interrupted")),
            left => {
                self.interrupt_after.store(left - 1, Ordering::SeqCst);
                Ok(())
            }
        }
    }
}

fn part(logical: &str, kind: &str, physical: &str) -> StackPart {
    StackPart {
        logical: logical.to_owned(),
        physical: physical.to_owned(),
        kind: kind.to_owned(),
        status: "CREATE_COMPLETE".to_owned(),
    }
}

fn item(key: &str) -> Item {
    Item { key: key.to_owned(), id: Some("1".to_owned()) }
}

/// A configuration with sources in two Regions.
pub fn cloud() -> Cloud {
    let text = "version: 1\nname: web\ntarget: aws\naws: {account_id: '123456789012', region: eu-central-1, suffix: abc123}\n\
        sources:\n- {id: here, log_buckets: [photos]}\n- {id: there, region: us-east-1, log_buckets: [films]}\n\
        - {id: old, bucket: old-logs}\n";
    Cloud::parse(text, std::path::Path::new("bucketscope.yaml")).unwrap()
}

/// A pipeline as it is after some time of use: a run and the crawler at work, a table that nobody declared, versions,
/// uploads, streams in shared groups, and neighbours that must not be touched.
pub fn deployed(cloud: &Cloud) -> World {
    let names = Names::of(cloud);
    let ours = BTreeMap::from([(TAG.to_owned(), cloud.name.clone())]);
    let mut world = World {
        job: Some(names.job()),
        database: Some(names.database()),
        workgroup: Some(names.workgroup()),
        group: Some(names.schedule_group()),
        ..World::default()
    };
    let mut stack = |name: String, region: &str, parts: Vec<StackPart>, template: String| {
        let now = StackNow {
            name: name.clone(),
            status: "CREATE_COMPLETE".to_owned(),
            tags: ours.clone(),
            protected: name.ends_with("-lake"),
            ..StackNow::default()
        };
        let stack = FakeStack { now, parts, template, ..FakeStack::default() };
        world.stacks.insert((region.to_owned(), name), stack);
    };
    for (region, source) in [("eu-central-1", "photos"), ("us-east-1", "films")] {
        let assets = names.assets_bucket(region);
        stack(names.assets_stack(), region, vec![part("AssetsBucket", "AWS::S3::Bucket", &assets)], String::new());
        let template = serde_json::json!({"Resources": {"Logging": {"Type": "Custom::BucketLogging", "Properties": {"Bucket": source}}}});
        let parts = vec![
            part("LogBucket", "AWS::S3::Bucket", &names.logs_bucket(region)),
            part("Logging", "Custom::BucketLogging", source),
            part("DeliveryLogGroup", "AWS::Logs::LogGroup", &names.log_group("delivery")),
        ];
        stack(names.collector_stack(1), region, parts, template.to_string());
    }
    let topic = format!("arn:aws:sns:eu-central-1:123456789012:{}", names.topic());
    let role = names.role("etl", "eu-central-1");
    let parts = vec![
        part("LakeBucket", "AWS::S3::Bucket", &names.lake_bucket()),
        part("ResultsBucket", "AWS::S3::Bucket", &names.results_bucket()),
        part("Database", "AWS::Glue::Database", &names.database()),
        part("LogTable", "AWS::Glue::Table", "s3_access_logs"),
        part("Job", "AWS::Glue::Job", &names.job()),
        part("Crawler", "AWS::Glue::Crawler", &names.crawler()),
        part("ScheduleGroup", "AWS::Scheduler::ScheduleGroup", &names.schedule_group()),
        part("Schedule", "AWS::Scheduler::Schedule", &names.schedule()),
        part("Workgroup", "AWS::Athena::WorkGroup", &names.workgroup()),
        part("Topic", "AWS::SNS::Topic", &topic),
        part("EtlRole", "AWS::IAM::Role", &role),
    ];
    stack(names.lake_stack(), "eu-central-1", parts, String::new());
    let full = FakeBucket {
        tags: ours.clone(),
        versions: ["a", "b", "c"].map(item).to_vec(),
        uploads: vec![item("half")],
        ..FakeBucket::default()
    };
    for bucket in [
        names.assets_bucket("eu-central-1"),
        names.assets_bucket("us-east-1"),
        names.logs_bucket("eu-central-1"),
        names.logs_bucket("us-east-1"),
        names.lake_bucket(),
        names.results_bucket(),
    ] {
        world.buckets.insert(bucket, full.clone());
    }
    let logging = Some(LoggingNow { target: names.logs_bucket("eu-central-1"), ..LoggingNow::default() });
    for foreign in ["photos", "films", "old-logs"] {
        let bucket = FakeBucket { tags: BTreeMap::new(), logging: logging.clone(), ..full.clone() };
        world.buckets.insert(foreign.to_owned(), bucket);
    }
    let run = |id: &str, state: &str| Run { id: id.to_owned(), state: state.to_owned(), ..Run::default() };
    world.runs = vec![run("jr_2", "RUNNING"), run("jr_1", "SUCCEEDED")];
    let running = CrawlerNow { state: "RUNNING".to_owned(), ..CrawlerNow::default() };
    world.crawler = Some((names.crawler(), running));
    let schedule = ScheduleNow { name: names.schedule(), enabled: true, ..ScheduleNow::default() };
    world.schedules.insert(names.schedule(), schedule);
    for table in ["s3_access_logs", "made_by_hand"] {
        world.tables.insert(table.to_owned(), Table { name: table.to_owned(), ..Table::default() });
    }
    let streams = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    world
        .log_groups
        .insert("/aws-glue/python-jobs/output".to_owned(), streams(&["jr_1", "jr_2", "jr_2_g-1", "jr_foreign"]));
    world
        .log_groups
        .insert("/aws-glue/crawlers".to_owned(), streams(&["bucketscope-web-lake", "bucketscope-web-lake-2"]));
    world.log_groups.insert(names.log_group("delivery"), BTreeSet::new());
    world.log_groups.insert(names.log_group("late"), BTreeSet::new());
    world.log_groups.insert("/bucketscope/web-2/delivery".to_owned(), BTreeSet::new());
    world.topics.insert(topic.clone(), String::new());
    world.roles.insert(role, ours.clone());
    world.roles.insert(
        "bucketscope-web-2-etl-eu-central-1".to_owned(),
        BTreeMap::from([(TAG.to_owned(), "web-2".to_owned())]),
    );
    for bucket in [names.lake_bucket(), names.assets_bucket("eu-central-1")] {
        world.tagged.insert(("eu-central-1".to_owned(), format!("arn:aws:s3:::{bucket}")));
    }
    world.tagged.insert(("eu-central-1".to_owned(), topic));
    world
}
