//! Everything that carries a tag, whichever service it belongs to.

use aws_sdk_resourcegroupstagging::Client;
use aws_sdk_resourcegroupstagging::types::TagFilter;

use super::Session;
use super::error::explain;
use crate::Result;

/// What carries a tag in one Region.
pub trait Tagged: Send + Sync {
    /// The ARNs of what carries this tag with this value, sorted. The answer may lag behind by some minutes.
    fn arns(&self, key: &str, value: &str) -> Result<Vec<String>>;
}

/// The driver over the SDK.
pub struct SdkTagged {
    session: Session,
    client: Client,
}

impl SdkTagged {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

impl Tagged for SdkTagged {
    fn arns(&self, key: &str, value: &str) -> Result<Vec<String>> {
        let filter = TagFilter::builder().key(key).values(value).build();
        let pages = self.client.get_resources().tag_filters(filter).into_paginator().items().send();
        let found = self.session.wait(pages.collect::<Result<Vec<_>, _>>()).map_err(|error| {
            explain(format!("cannot list what carries the tag {key} in {}", self.session.region()), &error)
        })?;
        let mut arns: Vec<String> = found.iter().filter_map(|one| one.resource_arn().map(str::to_owned)).collect();
        arns.sort_unstable();
        Ok(arns)
    }
}
