//! What CloudFormation asks (CloudFormation user guide, "Custom resource request objects").

use std::fmt;

use serde::Deserialize;
use serde_json::Value as Json;

use super::logging::{KeyFormat, Setting};
use crate::{Error, Result};

/// The one type of resource that there is here.
const RESOURCE_TYPE: &str = "Custom::BucketLogging";

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum RequestType {
    /// The resource is new.
    Create,
    /// Its properties are others than before.
    Update,
    /// It goes.
    Delete,
}

/// Where the answer is to be put. Who knows this address can answer for us, so it is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct ResponseUrl(String);

impl ResponseUrl {
    /// The address itself, for the one request that needs it.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ResponseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseUrl(…)")
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    /// What is to be done.
    pub request_type: RequestType,
    /// Where the answer is to be put.
    #[serde(rename = "ResponseURL")]
    pub response_url: ResponseUrl,
    /// The stack's ARN.
    pub stack_id: String,
    /// Names the request.
    pub request_id: String,
    /// The resource's name in the template.
    pub logical_resource_id: String,
    /// What an earlier answer called the resource.
    #[serde(default)]
    pub physical_resource_id: Option<String>,
    resource_type: String,
    #[serde(default)]
    resource_properties: Json,
    #[serde(default)]
    old_resource_properties: Json,
}

/// The resource's properties.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    account: String,
    region: String,
    bucket: String,
    target_bucket: String,
    target_prefix: String,
    target_object_key_format: String,
    state_prefix: String,
}

/// A bucket, and the logging that it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The account that must own both buckets.
    pub account: String,
    /// The Region in which both buckets must lie.
    pub region: String,
    /// The bucket whose accesses are to be logged.
    pub bucket: String,
    /// Where its logs are to go.
    pub setting: Setting,
    /// Where in the log bucket the earlier setting is kept.
    pub kept_at: String,
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// If it is no request for a custom resource. Then there is nobody to be answered.
    pub fn parse(event: Json) -> Result<Self> {
        // The reason may quote what stood in the event, and so is left out.
        serde_json::from_value(event).map_err(|_| {
            Error::usage("this is no request for a custom resource")
                .hint("CloudFormation calls this function; nothing else needs to")
        })
    }

    /// What the resource is called from now on. It is the bucket's name: when another bucket is asked for, CloudFormation
    /// has the earlier one deleted afterwards.
    pub fn resource_id(&self) -> String {
        let asked = self.resource_properties.get("Bucket").and_then(Json::as_str).filter(|bucket| !bucket.is_empty());
        match (self.request_type, &self.physical_resource_id, asked) {
            (RequestType::Delete, Some(known), _) => known.clone(),
            (_, _, Some(bucket)) => bucket.to_owned(),
            (_, Some(known), None) => known.clone(),
            (_, None, None) => "no-bucket".to_owned(),
        }
    }

    /// Tells this resource from all others, also from one for the same bucket in another stack.
    pub fn owner(&self) -> String {
        format!("{} {}", self.stack_id, self.logical_resource_id)
    }

    /// What is asked for.
    pub fn wanted(&self) -> Result<Wanted> {
        if self.resource_type != RESOURCE_TYPE {
            return Err(Error::usage(format!("this function makes {RESOURCE_TYPE}, not {}", self.resource_type)));
        }
        wanted(&self.resource_properties)
    }

    /// What was asked for before an update of the same bucket.
    pub fn wanted_before(&self) -> Option<Wanted> {
        let before = wanted(&self.old_resource_properties).ok()?;
        let same = self.wanted().is_ok_and(|wanted| wanted.bucket == before.bucket);
        (self.request_type == RequestType::Update && same).then_some(before)
    }
}

fn wanted(properties: &Json) -> Result<Wanted> {
    let wrong = |why: &dyn fmt::Display| Error::usage("the properties are not those of this resource").because(why);
    let given = Properties::deserialize(properties).map_err(|error| wrong(&error))?;
    let key_format = match given.target_object_key_format.as_str() {
        "SimplePrefix" => KeyFormat::Simple,
        other => return Err(wrong(&format!("TargetObjectKeyFormat must be SimplePrefix, not {other}"))),
    };
    if [&given.account, &given.region, &given.bucket, &given.target_bucket].iter().any(|value| value.is_empty()) {
        return Err(wrong(&"a property is empty"));
    }
    Ok(Wanted {
        kept_at: format!("{}{}.json", given.state_prefix, given.bucket),
        setting: Setting {
            bucket: given.target_bucket,
            prefix: given.target_prefix,
            key_format: Some(key_format),
            grants: Vec::new(),
        },
        account: given.account,
        region: given.region,
        bucket: given.bucket,
    })
}
