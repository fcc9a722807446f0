//! CloudFormation, as far as stacks are looked at and deleted.

use super::{FakeStack, InRegion, World};
use crate::aws::drift::{Detection, ResourceDrift, StackDrift};
use crate::aws::stacks::{Stack, StackEvent, StackResource, StackStatus, Stacks};
use crate::{Error, Result};

/// A resource that is there.
pub fn resource(logical: &str, kind: &str, physical: &str) -> StackResource {
    StackResource {
        logical_id: logical.to_owned(),
        physical_id: physical.to_owned(),
        resource_type: kind.to_owned(),
        status: "CREATE_COMPLETE".to_owned(),
    }
}

fn failed(resource: &StackResource, why: &str) -> StackEvent {
    StackEvent {
        id: String::new(),
        at_ms: 0,
        logical_id: resource.logical_id.clone(),
        physical_id: resource.physical_id.clone(),
        resource_type: resource.resource_type.clone(),
        status: "DELETE_FAILED".to_owned(),
        reason: Some(why.to_owned()),
    }
}

impl FakeStack {
    pub fn new(now: Stack, parts: Vec<StackResource>, template: String) -> Self {
        Self { now, parts, template, events: Vec::new(), busy: 0, stubborn: 0 }
    }
}

impl World {
    /// Ends the deletion of a stack as CloudFormation would: what cannot go stays, with a reason.
    fn end_deletion(&mut self, key: &(String, String)) {
        let Some(mut stack) = self.stacks.get(key).cloned() else { return };
        let mut events = Vec::new();
        if stack.stubborn > 0 {
            stack.stubborn -= 1;
            events.push(failed(&resource("Role", "AWS::IAM::Role", "r"), "throttled"));
        }
        let (mut left, parts) = (Vec::new(), std::mem::take(&mut stack.parts));
        for part in parts {
            if let Err(why) = self.remove(&part) {
                events.push(failed(&part, why));
                left.push(part);
            }
        }
        if events.is_empty() {
            self.stacks.remove(key);
            return;
        }
        stack.parts = left;
        stack.now.status = StackStatus::DeleteFailed;
        stack.events = events;
        self.stacks.insert(key.clone(), stack);
    }

    fn remove(&mut self, part: &StackResource) -> std::result::Result<(), &'static str> {
        match part.resource_type.as_str() {
            // Assets are deleted with their stack; everything else is kept.
            "AWS::S3::Bucket" if part.physical_id.contains("-assets-") => match self.buckets.get(&part.physical_id) {
                Some(bucket) if !bucket.versions.is_empty() || !bucket.uploads.is_empty() => {
                    return Err("The bucket you tried to delete is not empty");
                }
                _ => drop(self.buckets.remove(&part.physical_id)),
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
            "AWS::Glue::Table" => drop(self.tables.remove(&part.physical_id)),
            "AWS::Athena::WorkGroup" => self.workgroup = None,
            "AWS::Scheduler::Schedule" => drop(self.schedules.remove(&part.physical_id)),
            "AWS::Scheduler::ScheduleGroup" => self.group = None,
            "AWS::SNS::Topic" => drop(self.topics.remove(&part.physical_id)),
            "AWS::IAM::Role" => drop(self.roles.remove(&part.physical_id)),
            "AWS::Logs::LogGroup" => drop(self.log_groups.remove(&part.physical_id)),
            "Custom::BucketLogging" => {
                if let Some(bucket) = self.buckets.get_mut(&part.physical_id) {
                    bucket.logging = None;
                }
            }
            _ => {}
        }
        self.tagged.retain(|(_, arn)| !arn.ends_with(&part.physical_id));
        Ok(())
    }
}

impl Stacks for InRegion {
    fn list(&self) -> Result<Vec<Stack>> {
        let world = self.call()?;
        Ok(world.stacks.iter().filter(|((region, _), _)| *region == self.region).map(|(_, s)| s.now.clone()).collect())
    }

    /// Every look lets the stack go one step on.
    fn describe(&self, name: &str) -> Result<Option<Stack>> {
        let mut world = self.call()?;
        let key = self.key(name);
        let Some(stack) = world.stacks.get_mut(&key) else { return Ok(None) };
        if stack.now.status.as_str().ends_with("_IN_PROGRESS") {
            if stack.busy > 0 {
                stack.busy -= 1;
            } else if stack.now.status == StackStatus::DeleteInProgress {
                world.end_deletion(&key);
            } else {
                let done = stack.now.status.as_str().replace("_IN_PROGRESS", "_COMPLETE");
                stack.now.status = StackStatus::parse(&done);
            }
        }
        Ok(world.stacks.get(&key).map(|stack| stack.now.clone()))
    }

    fn resources(&self, name: &str) -> Result<Vec<StackResource>> {
        Ok(self.call()?.stacks.get(&self.key(name)).map(|stack| stack.parts.clone()).unwrap_or_default())
    }

    fn template(&self, name: &str) -> Result<String> {
        Ok(self.call()?.stacks.get(&self.key(name)).map(|stack| stack.template.clone()).unwrap_or_default())
    }

    fn delete(&self, name: &str, _role: Option<&str>) -> Result<()> {
        let mut world = self.call()?;
        if let Some(stack) = world.stacks.get_mut(&self.key(name)) {
            if stack.now.protected {
                return Err(Error::failed("it is protected"));
            }
            let updating = stack.now.status.as_str().starts_with("UPDATE_") && stack.now.status.in_progress();
            assert!(!updating, "a stack that is being updated cannot be deleted");
            stack.now.status = StackStatus::DeleteInProgress;
            stack.busy = 1;
        }
        Ok(())
    }

    fn protect(&self, name: &str, protected: bool) -> Result<()> {
        if let Some(stack) = self.call()?.stacks.get_mut(&self.key(name)) {
            stack.now.protected = protected;
        }
        Ok(())
    }

    fn events(&self, stack: &str, _after: Option<&str>) -> Result<Vec<StackEvent>> {
        let name = stack.split('/').nth(1).unwrap_or(stack);
        Ok(self.call()?.stacks.get(&self.key(name)).map(|stack| stack.events.clone()).unwrap_or_default())
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
