//! EventBridge Scheduler.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::ScheduleState;

use super::Session;
use super::answer::{absent, owned};
use super::error::explain;
use crate::Result;

/// A schedule as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleNow {
    /// Its name.
    pub name: String,
    /// `cron(…)`, `rate(…)` or `at(…)`.
    pub expression: String,
    /// The time zone of the expression.
    pub time_zone: String,
    /// Whether it is in force.
    pub enabled: bool,
}

/// Schedules of one Region.
pub trait Schedules: Send + Sync {
    /// The names in a group; none where there is no such group.
    fn names(&self, group: &str) -> Result<Vec<String>>;
    /// Whether there is such a group.
    fn group_exists(&self, group: &str) -> Result<bool>;
    /// A schedule.
    fn find(&self, group: &str, name: &str) -> Result<Option<ScheduleNow>>;
    /// Takes a schedule out of force and leaves everything else of it. One that is gone is fine.
    fn disable(&self, group: &str, name: &str) -> Result<()>;
}

/// The driver over the SDK.
pub struct SdkSchedules {
    session: Session,
    client: Client,
}

impl SdkSchedules {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

const GONE: &[&str] = &["ResourceNotFoundException"];

impl Schedules for SdkSchedules {
    fn names(&self, group: &str) -> Result<Vec<String>> {
        let pages = self.client.list_schedules().group_name(group).into_paginator().items().send();
        let answer = self.session.wait(pages.collect::<Result<Vec<_>, _>>());
        let found = absent(answer, GONE, || format!("cannot list the schedules of {group}"))?.unwrap_or_default();
        Ok(found.iter().map(|schedule| owned(schedule.name())).collect())
    }

    fn group_exists(&self, group: &str) -> Result<bool> {
        let answer = self.session.wait(self.client.get_schedule_group().name(group).send());
        let found = absent(answer, GONE, || format!("cannot look at the schedule group {group}"))?;
        Ok(found.is_some_and(|found| found.state().is_none_or(|state| state.as_str() == "ACTIVE")))
    }

    fn find(&self, group: &str, name: &str) -> Result<Option<ScheduleNow>> {
        let answer = self.session.wait(self.client.get_schedule().group_name(group).name(name).send());
        let found = absent(answer, GONE, || format!("cannot look at the schedule {name}"))?;
        Ok(found.map(|found| ScheduleNow {
            name: name.to_owned(),
            expression: owned(found.schedule_expression()),
            time_zone: found.schedule_expression_timezone().unwrap_or("UTC").to_owned(),
            enabled: found.state().is_none_or(|state| *state == ScheduleState::Enabled),
        }))
    }

    fn disable(&self, group: &str, name: &str) -> Result<()> {
        let answer = self.session.wait(self.client.get_schedule().group_name(group).name(name).send());
        let Some(now) = absent(answer, GONE, || format!("cannot look at the schedule {name}"))? else {
            return Ok(());
        };
        if now.state() == Some(&ScheduleState::Disabled) {
            return Ok(());
        }
        // UpdateSchedule replaces everything: what is not given falls back to its default (API reference).
        let call = self
            .client
            .update_schedule()
            .group_name(group)
            .name(name)
            .state(ScheduleState::Disabled)
            .set_schedule_expression(now.schedule_expression)
            .set_schedule_expression_timezone(now.schedule_expression_timezone)
            .set_start_date(now.start_date)
            .set_end_date(now.end_date)
            .set_description(now.description)
            .set_kms_key_arn(now.kms_key_arn)
            .set_target(now.target)
            .set_flexible_time_window(now.flexible_time_window)
            .set_action_after_completion(now.action_after_completion);
        match self.session.wait(call.send()) {
            Ok(_) => Ok(()),
            Err(error) if super::answer::says(&error, GONE) => Ok(()),
            Err(error) => Err(explain(format!("cannot disable the schedule {name}"), &error)),
        }
    }
}
