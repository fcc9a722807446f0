//! SQS queues.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;

use super::Session;
use super::answer::absent;
use super::error::explain;
use crate::Result;

/// Queues of one Region, by their URLs.
pub trait Queues: Send + Sync {
    /// The policy of a queue, JSON, empty where it has none; `None` where there is no such queue.
    fn policy(&self, url: &str) -> Result<Option<String>>;
    /// Sets the policy of a queue.
    fn set_policy(&self, url: &str, policy: &str) -> Result<()>;
}

/// The driver over the SDK.
pub struct SdkQueues {
    session: Session,
    client: Client,
}

impl SdkQueues {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

/// The second is the code of the protocol before JSON, which SQS still sends along (SQS Developer Guide, "AWS JSON protocol").
const GONE: &[&str] = &["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];

impl Queues for SdkQueues {
    fn policy(&self, url: &str) -> Result<Option<String>> {
        let call = self.client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::Policy);
        let found = absent(self.session.wait(call.send()), GONE, || format!("cannot look at the queue {url}"))?;
        // A queue without a policy answers without the attribute (API reference: GetQueueAttributes).
        Ok(found.map(|found| {
            found.attributes().and_then(|all| all.get(&QueueAttributeName::Policy)).cloned().unwrap_or_default()
        }))
    }

    fn set_policy(&self, url: &str, policy: &str) -> Result<()> {
        let call = self.client.set_queue_attributes().queue_url(url).attributes(QueueAttributeName::Policy, policy);
        self.session
            .wait(call.send())
            .map(|_| ())
            .map_err(|error| explain(format!("cannot set the policy of the queue {url}"), &error))
    }
}
