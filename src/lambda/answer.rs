//! The answer to CloudFormation (CloudFormation user guide, "Custom resource response objects").

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde::Serialize;

use super::event::Event;
use crate::{Error, Result};

/// CloudFormation takes 4,096 bytes; the rest of the answer has room in what this leaves.
const REASON_LIMIT: usize = 1_500;
/// How often the answer is put: without it, the stack waits for as long as it can.
const TRIES: u32 = 5;
const TIMEOUT: Duration = Duration::from_secs(2);

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Success,
    Failed,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    status: Status,
    reason: String,
    physical_resource_id: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
}

impl Answer {
    /// The answer to `event` that tells what was done, or why nothing was.
    pub(super) fn to(event: &Event, outcome: &Result<String>) -> Self {
        let (status, reason) = match outcome {
            Ok(note) => (Status::Success, note.clone()),
            Err(error) => (Status::Failed, error.to_string()),
        };
        Self {
            status,
            reason: shortened(reason),
            physical_resource_id: event.resource_id(),
            stack_id: event.stack_id.clone(),
            request_id: event.request_id.clone(),
            logical_resource_id: event.logical_resource_id.clone(),
        }
    }

    /// Puts the answer where the event says.
    ///
    /// # Errors
    /// If it cannot be put. The error never holds the address, which is a secret.
    pub(super) async fn put(&self, event: &Event) -> Result<()> {
        let body = serde_json::to_vec(self).map_err(|error| Error::failed("cannot write JSON").because(error))?;
        let mut last = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
            }
            match put(event.response_url.secret(), &body).await {
                Ok(()) => return Ok(()),
                Err(why) => last = why,
            }
        }
        Err(Error::failed("CloudFormation could not be answered").because(last))
    }
}

fn shortened(mut reason: String) -> String {
    reason.retain(|c| !c.is_control());
    let end = (0..=REASON_LIMIT).rev().find(|&at| reason.is_char_boundary(at)).unwrap_or_default();
    reason.truncate(end);
    reason
}

async fn put(url: &str, body: &[u8]) -> Result<(), String> {
    let plain = url.starts_with("http://") && std::env::var_os("AWS_ENDPOINT_URL").is_some();
    if !plain && !url.starts_with("https://") {
        return Err("the address for the answer is none of AWS".to_owned());
    }
    let settings = HttpConnectorSettings::builder().connect_timeout(TIMEOUT).read_timeout(TIMEOUT).build();
    let sleep = aws_smithy_async::rt::sleep::default_async_sleep();
    let connector = aws_smithy_http_client::default_connector(&settings, sleep).ok_or("there is no HTTP client")?;
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_uri(url).map_err(|_| "the address for the answer is none".to_owned())?;
    request.set_method("PUT").map_err(|_| "PUT is not known".to_owned())?;
    // The address is signed for an answer without a content type.
    request.headers_mut().insert("content-type", "");
    request.headers_mut().insert("content-length", body.len().to_string());
    match connector.call(request).await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("its address answers {}", answer.status().as_u16())),
        Err(error) if error.is_timeout() => Err("its address does not answer in time".to_owned()),
        Err(_) => Err("its address cannot be reached".to_owned()),
    }
}
