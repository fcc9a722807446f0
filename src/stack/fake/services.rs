//! The smaller services.

use std::collections::BTreeMap;

use super::InRegion;
use crate::Result;
use crate::aws::athena::{Athena, Scanned};
use crate::aws::logs::Logs;
use crate::aws::queues::Queues;
use crate::aws::roles::Roles;
use crate::aws::schedules::{ScheduleNow, Schedules};
use crate::aws::tagged::Tagged;
use crate::aws::topics::{Subscription, Topics};

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

impl Queues for InRegion {
    fn policy(&self, url: &str) -> Result<Option<String>> {
        Ok(self.call()?.queues.get(url).cloned())
    }

    fn set_policy(&self, url: &str, policy: &str) -> Result<()> {
        self.call()?.queues.insert(url.to_owned(), policy.to_owned());
        Ok(())
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
