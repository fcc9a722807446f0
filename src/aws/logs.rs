//! CloudWatch's log groups and streams.

use aws_sdk_cloudwatchlogs::Client;

use super::Session;
use super::answer::{absent, done, owned};
use crate::Result;

/// Log groups of one Region.
pub trait Logs: Send + Sync {
    /// The names of the groups that begin with `prefix`.
    fn groups(&self, prefix: &str) -> Result<Vec<String>>;
    /// Deletes a group. One that is gone is fine.
    fn delete_group(&self, group: &str) -> Result<()>;
    /// The streams of a group whose names begin with `prefix`; none where there is no such group.
    fn streams(&self, group: &str, prefix: &str) -> Result<Vec<String>>;
    /// All streams of a group, or `None` where there are too many to be listed.
    fn all_streams(&self, group: &str) -> Result<Option<Vec<String>>>;
    /// Deletes a stream. One that is gone is fine.
    fn delete_stream(&self, group: &str, stream: &str) -> Result<()>;
    /// The last lines of a stream, oldest first, no more than `limit`; none where there is no such stream.
    fn tail(&self, group: &str, stream: &str, limit: u16) -> Result<Vec<String>>;
}

/// The driver over the SDK.
pub struct SdkLogs {
    session: Session,
    client: Client,
}

impl SdkLogs {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

const GONE: &[&str] = &["ResourceNotFoundException"];

/// Pages of 50 streams that are listed at most.
const PAGES_LISTED: usize = 100;

impl Logs for SdkLogs {
    fn groups(&self, prefix: &str) -> Result<Vec<String>> {
        let pages = self.client.describe_log_groups().log_group_name_prefix(prefix).into_paginator().items().send();
        let answer = self.session.wait(pages.collect::<Result<Vec<_>, _>>());
        let found = absent(answer, GONE, || format!("cannot list the log groups {prefix}…"))?.unwrap_or_default();
        Ok(found.iter().map(|group| owned(group.log_group_name())).collect())
    }

    fn delete_group(&self, group: &str) -> Result<()> {
        let answer = self.session.wait(self.client.delete_log_group().log_group_name(group).send());
        done(answer, GONE, || format!("cannot delete the log group {group}"))
    }

    fn streams(&self, group: &str, prefix: &str) -> Result<Vec<String>> {
        let call = self.client.describe_log_streams().log_group_name(group).log_stream_name_prefix(prefix);
        let answer = self.session.wait(call.into_paginator().items().send().collect::<Result<Vec<_>, _>>());
        let found = absent(answer, GONE, || format!("cannot list the log streams of {group}"))?.unwrap_or_default();
        Ok(found.iter().map(|stream| owned(stream.log_stream_name())).collect())
    }

    fn all_streams(&self, group: &str) -> Result<Option<Vec<String>>> {
        let mut all = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_LISTED {
            let call = self.client.describe_log_streams().log_group_name(group).set_next_token(token).send();
            let page = absent(self.session.wait(call), GONE, || format!("cannot list the log streams of {group}"))?;
            let Some(page) = page else { return Ok(Some(all)) };
            all.extend(page.log_streams().iter().map(|stream| owned(stream.log_stream_name())));
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(Some(all));
            }
        }
        Ok(None)
    }

    fn delete_stream(&self, group: &str, stream: &str) -> Result<()> {
        let call = self.client.delete_log_stream().log_group_name(group).log_stream_name(stream).send();
        done(self.session.wait(call), GONE, || format!("cannot delete the log stream {stream} of {group}"))
    }

    fn tail(&self, group: &str, stream: &str, limit: u16) -> Result<Vec<String>> {
        let call = self
            .client
            .get_log_events()
            .log_group_name(group)
            .log_stream_name(stream)
            .start_from_head(false)
            .limit(i32::from(limit));
        let answer = self.session.wait(call.send());
        let found = absent(answer, GONE, || format!("cannot read the log {stream} of {group}"))?;
        let events = found.as_ref().map_or(&[][..], |found| found.events());
        Ok(events.iter().flat_map(|event| event.message().unwrap_or_default().lines()).map(str::to_owned).collect())
    }
}
