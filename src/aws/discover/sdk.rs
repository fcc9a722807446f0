//! An account behind the SDK.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aws_sdk_s3::types::{PartitionDateSource, TargetObjectKeyFormat};

use super::super::Session;
use super::super::error::explain;
use super::{BUCKETS_AT_MOST, Delivery, Estate, KEYS_LOOKED_AT, Layout, TrailFound};
use crate::Result;

/// An account behind the SDK.
pub struct SdkEstate {
    session: Session,
    /// A client a Region: S3 answers for a bucket in its own Region only.
    clients: Mutex<BTreeMap<String, aws_sdk_s3::Client>>,
}

impl SdkEstate {
    /// The account of this session.
    pub fn new(session: Session) -> Self {
        Self { session, clients: Mutex::new(BTreeMap::new()) }
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let mut clients = self.clients.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        clients.entry(region.to_owned()).or_insert_with(|| self.session.in_region(region).s3()).clone()
    }
}

impl Estate for SdkEstate {
    fn buckets(&self) -> Result<Vec<(String, Option<String>)>> {
        let client = self.s3(self.session.region());
        let mut out = Vec::new();
        let mut token = None;
        loop {
            // Answers name Regions only if they are asked for by the page (S3 API Reference, ListBuckets).
            let page = client.list_buckets().max_buckets(1_000).set_continuation_token(token.take()).send();
            let page = self.session.wait(page).map_err(|error| explain("cannot list the buckets", &error))?;
            for bucket in page.buckets() {
                if let Some(name) = bucket.name() {
                    out.push((name.to_owned(), bucket.bucket_region().map(str::to_owned)));
                }
            }
            token = page.continuation_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() || out.len() > BUCKETS_AT_MOST {
                return Ok(out);
            }
        }
    }

    fn region_of(&self, bucket: &str) -> Result<String> {
        let client = self.s3(self.session.region());
        // Even an answer that refuses, or sends us to another Region, names the bucket's (S3 API Reference, HeadBucket).
        let named = match self.session.wait(client.head_bucket().bucket(bucket).send()) {
            Ok(answer) => answer.bucket_region().map(str::to_owned),
            Err(error) => error
                .raw_response()
                .and_then(|response| response.headers().get("x-amz-bucket-region"))
                .map(str::to_owned),
        };
        if let Some(region) = named {
            return Ok(region);
        }
        let answer = self
            .session
            .wait(client.get_bucket_location().bucket(bucket).send())
            .map_err(|error| explain(format!("cannot tell the Region of {bucket}"), &error))?;
        // S3 API Reference, GetBucketLocation: null is us-east-1, and EU an old name of eu-west-1.
        Ok(match answer.location_constraint().map(|region| region.as_str()) {
            None | Some("") => "us-east-1".to_owned(),
            Some("EU") => "eu-west-1".to_owned(),
            Some(region) => region.to_owned(),
        })
    }

    fn logging(&self, bucket: &str, region: &str) -> Result<Option<Delivery>> {
        let answer = self.s3(region).get_bucket_logging().bucket(bucket).send();
        let answer = self
            .session
            .wait(answer)
            .map_err(|error| explain(format!("cannot read the logging setting of {bucket}"), &error))?;
        Ok(answer.logging_enabled().map(|enabled| Delivery {
            bucket: enabled.target_bucket().to_owned(),
            prefix: enabled.target_prefix().to_owned(),
            layout: layout_of(enabled.target_object_key_format()),
        }))
    }

    fn keys(&self, bucket: &str, region: &str, prefix: &str) -> Result<Vec<String>> {
        let page = self.s3(region).list_objects_v2().bucket(bucket).prefix(prefix).max_keys(KEYS_LOOKED_AT).send();
        let page = self.session.wait(page).map_err(|error| explain(format!("cannot list {bucket}"), &error))?;
        Ok(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect())
    }

    fn trails(&self) -> Result<Vec<TrailFound>> {
        let client = aws_sdk_cloudtrail::Client::new(self.session.config());
        let answer = self
            .session
            .wait(client.describe_trails().include_shadow_trails(true).send())
            .map_err(|error| explain("cannot list the trails", &error))?;
        let found = |trail: &aws_sdk_cloudtrail::types::Trail| {
            Some(TrailFound {
                name: trail.name()?.to_owned(),
                bucket: trail.s3_bucket_name()?.to_owned(),
                prefix: trail.s3_key_prefix().filter(|prefix| !prefix.is_empty()).map(str::to_owned),
                bucket_region: None,
                own_bucket: false,
                all_regions: trail.is_multi_region_trail().unwrap_or_default(),
                organisation: trail.is_organization_trail().unwrap_or_default(),
                kms_key: trail.kms_key_id().filter(|key| !key.is_empty()).map(str::to_owned),
            })
        };
        Ok(answer.trail_list().iter().filter_map(found).collect())
    }
}

/// Without a format logs are delivered under the simple one (S3 API Reference, LoggingEnabled), and without a source of
/// the date by that of the event (S3 User Guide, "Log object key format").
fn layout_of(format: Option<&TargetObjectKeyFormat>) -> Layout {
    match format.and_then(TargetObjectKeyFormat::partitioned_prefix) {
        None => Layout::Simple,
        Some(partitioned) => match partitioned.partition_date_source() {
            Some(PartitionDateSource::DeliveryTime) => Layout::ByDelivery,
            _ => Layout::ByEvent,
        },
    }
}
