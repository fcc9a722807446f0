//! A message to the topic.

use aws_sdk_sns::types::MessageAttributeValue;

use crate::aws::Session;
use crate::aws::error::explain;
use crate::notice::{Message, Setup};
use crate::{Error, Result};

/// The attribute by which subscriptions may filter.
const KIND: &str = "kind";

/// The function's [`Setup`].
pub(super) fn setup() -> Result<Setup> {
    Setup::parse(std::env::var(crate::notice::VARIABLE).ok().as_deref())
}

/// Publishes a message.
///
/// # Errors
/// If the topic does not take it: Lambda then calls the function again, and keeps what fails three times in the queue.
pub(super) async fn tell(session: &Session, setup: &Setup, message: &Message) -> Result<()> {
    let what = || format!("the notice {:?} was not taken by the topic", message.subject);
    let kind = MessageAttributeValue::builder()
        .data_type("String")
        .string_value(message.kind.word())
        .build()
        .map_err(|error| Error::failed(what()).because(error))?;
    aws_sdk_sns::Client::new(session.config())
        .publish()
        .topic_arn(&setup.topic)
        .subject(&message.subject)
        .message(&message.text)
        .message_attributes(KIND, kind)
        .send()
        .await
        .map(|_| ())
        .map_err(|error| explain(what(), &error))
}
