//! SNS topics.

use aws_sdk_sns::Client;

use super::Session;
use super::answer::{absent, owned};
use super::error::explain;
use crate::Result;

/// A subscription of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The address.
    pub endpoint: String,
    /// `email`, ….
    pub protocol: String,
    /// Whether its owner has yet to confirm it.
    pub pending: bool,
}

/// Topics of one Region.
pub trait Topics: Send + Sync {
    /// The policy of a topic, JSON; `None` where there is no such topic.
    fn policy(&self, arn: &str) -> Result<Option<String>>;
    /// Sets the policy of a topic.
    fn set_policy(&self, arn: &str, policy: &str) -> Result<()>;
    /// Its subscriptions; none where there is no such topic.
    fn subscriptions(&self, arn: &str) -> Result<Vec<Subscription>>;
}

/// The driver over the SDK.
pub struct SdkTopics {
    session: Session,
    client: Client,
}

impl SdkTopics {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

const GONE: &[&str] = &["NotFound", "NotFoundException"];

impl Topics for SdkTopics {
    fn policy(&self, arn: &str) -> Result<Option<String>> {
        let answer = self.session.wait(self.client.get_topic_attributes().topic_arn(arn).send());
        let found = absent(answer, GONE, || format!("cannot look at the topic {arn}"))?;
        Ok(found.map(|found| {
            found.attributes().and_then(|attributes| attributes.get("Policy")).cloned().unwrap_or_default()
        }))
    }

    fn set_policy(&self, arn: &str, policy: &str) -> Result<()> {
        let call = self.client.set_topic_attributes().topic_arn(arn).attribute_name("Policy").attribute_value(policy);
        self.session
            .wait(call.send())
            .map(|_| ())
            .map_err(|error| explain(format!("cannot set the policy of the topic {arn}"), &error))
    }

    fn subscriptions(&self, arn: &str) -> Result<Vec<Subscription>> {
        let pages = self.client.list_subscriptions_by_topic().topic_arn(arn).into_paginator().items().send();
        let answer = self.session.wait(pages.collect::<Result<Vec<_>, _>>());
        let found = absent(answer, GONE, || format!("cannot list the subscriptions of {arn}"))?.unwrap_or_default();
        Ok(found
            .iter()
            .map(|one| Subscription {
                endpoint: owned(one.endpoint()),
                protocol: owned(one.protocol()),
                // SNS puts these words where the ARN will stand (SNS API reference: Subscribe).
                pending: one
                    .subscription_arn()
                    .is_some_and(|arn| arn.to_lowercase().replace(' ', "") == "pendingconfirmation"),
            })
            .collect())
    }
}
