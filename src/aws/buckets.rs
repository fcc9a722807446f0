//! Buckets: what they hold, their settings, and their end. Every call names the account that must own the bucket.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketLoggingStatus, ChecksumMode, Delete, LoggingEnabled, ObjectIdentifier, PartitionDateSource,
    PartitionedPrefix, SimplePrefix, TargetObjectKeyFormat,
};

use super::Session;
use super::answer::{absent, done, owned, says};
use super::error::explain;
use crate::{Error, Result};

/// What a bucket holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    /// Objects, without older versions.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether there are more than were counted.
    pub more: bool,
}

/// Where a bucket's access logs go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoggingNow {
    /// The log bucket.
    pub target: String,
    /// What keys begin with.
    pub prefix: String,
    /// `SimplePrefix`, `PartitionedPrefix/EventTime`, `PartitionedPrefix/DeliveryTime`, or empty where it is not said.
    pub key_format: String,
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectNow {
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 as S3 keeps it (base64), if it was uploaded with one.
    pub sha256: Option<String>,
}

/// A version of an object, a delete marker, or an upload that was not completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The object's key.
    pub key: String,
    /// The version; for an upload, its id. `None` for an object without versions.
    pub id: Option<String>,
}

/// What came of deleting a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone.
    Yes,
    /// Something is in it again.
    NotEmpty,
}

/// Buckets of one Region.
pub trait Buckets: Send + Sync {
    /// The names of the account's buckets, in whatever Region, that begin with `prefix`.
    fn names(&self, prefix: &str) -> Result<Vec<String>>;
    /// Whether there is such a bucket and the account owns it.
    fn exists(&self, bucket: &str) -> Result<bool>;
    /// Its tags; `None` where there is no such bucket.
    fn tags(&self, bucket: &str) -> Result<Option<BTreeMap<String, String>>>;
    /// Counts what it holds; nothing where there is no such bucket.
    fn held(&self, bucket: &str) -> Result<Held>;
    /// Some of its versions and delete markers; none when it is empty or gone.
    fn versions(&self, bucket: &str) -> Result<Vec<Item>>;
    /// Deletes these for good. Those that are gone are fine.
    fn delete_versions(&self, bucket: &str, items: &[Item]) -> Result<()>;
    /// Some of its uploads that were not completed.
    fn uploads(&self, bucket: &str) -> Result<Vec<Item>>;
    /// Gives an upload up. One that is gone is fine.
    fn abort(&self, bucket: &str, upload: &Item) -> Result<()>;
    /// Deletes the bucket. One that is gone is fine.
    fn delete(&self, bucket: &str) -> Result<Deleted>;
    /// Its logging; `None` where there is no such bucket, `Some(None)` where nothing is logged.
    fn logging(&self, bucket: &str) -> Result<Option<Option<LoggingNow>>>;
    /// Sets its logging; grants for log objects are not set.
    fn set_logging(&self, bucket: &str, logging: &LoggingNow) -> Result<()>;
    /// Its policy; `None` where there is none.
    fn policy(&self, bucket: &str) -> Result<Option<String>>;
    /// An object.
    fn object(&self, bucket: &str, key: &str) -> Result<Option<ObjectNow>>;
}

/// The driver over the SDK.
pub struct SdkBuckets {
    session: Session,
    client: Client,
    owner: String,
}

impl SdkBuckets {
    /// Buckets of the account `owner` in the session's Region.
    pub fn new(session: &Session, owner: &str) -> Self {
        Self { session: session.clone(), client: session.s3(), owner: owner.to_owned() }
    }
}

const GONE: &[&str] = &["NoSuchBucket", "NotFound"];

/// So many pages of a thousand keys are counted.
const PAGES_COUNTED: usize = 100;

/// How the values of `LoggingNow::key_format` are written.
const BY_EVENT: &str = "PartitionedPrefix/EventTime";
const BY_DELIVERY: &str = "PartitionedPrefix/DeliveryTime";
const SIMPLE: &str = "SimplePrefix";

impl Buckets for SdkBuckets {
    fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let pages = self.client.list_buckets().prefix(prefix).into_paginator().items().send();
        let found = self
            .session
            .wait(pages.collect::<Result<Vec<_>, _>>())
            .map_err(|error| explain("cannot list the buckets", &error))?;
        Ok(found.iter().map(|bucket| owned(bucket.name())).filter(|name| name.starts_with(prefix)).collect())
    }

    fn exists(&self, bucket: &str) -> Result<bool> {
        let call = self.client.head_bucket().bucket(bucket).expected_bucket_owner(&self.owner).send();
        Ok(absent(self.session.wait(call), GONE, || format!("cannot look at the bucket {bucket}"))?.is_some())
    }

    fn tags(&self, bucket: &str) -> Result<Option<BTreeMap<String, String>>> {
        let call = self.client.get_bucket_tagging().bucket(bucket).expected_bucket_owner(&self.owner).send();
        match self.session.wait(call) {
            Ok(found) => {
                Ok(Some(found.tag_set().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()))
            }
            Err(error) if says(&error, &["NoSuchTagSet"]) => Ok(Some(BTreeMap::new())),
            Err(error) if says(&error, GONE) => Ok(None),
            Err(error) => Err(explain(format!("cannot read the tags of the bucket {bucket}"), &error)),
        }
    }

    fn held(&self, bucket: &str) -> Result<Held> {
        let mut held = Held::default();
        let mut token = None;
        for _ in 0..PAGES_COUNTED {
            let call = self.client.list_objects_v2().bucket(bucket).expected_bucket_owner(&self.owner);
            let answer = self.session.wait(call.set_continuation_token(token).send());
            let Some(page) = absent(answer, GONE, || format!("cannot list the bucket {bucket}"))? else {
                return Ok(held);
            };
            held.objects += page.contents().len() as u64;
            held.bytes +=
                page.contents().iter().map(|one| u64::try_from(one.size().unwrap_or(0)).unwrap_or(0)).sum::<u64>();
            token = page.next_continuation_token().map(str::to_owned);
            if token.is_none() {
                return Ok(held);
            }
        }
        held.more = true;
        Ok(held)
    }

    fn versions(&self, bucket: &str) -> Result<Vec<Item>> {
        let call = self.client.list_object_versions().bucket(bucket).expected_bucket_owner(&self.owner).send();
        let page = absent(self.session.wait(call), GONE, || format!("cannot list the bucket {bucket}"))?;
        let Some(page) = page else { return Ok(Vec::new()) };
        let versions = page.versions().iter().map(|one| (one.key(), one.version_id()));
        let markers = page.delete_markers().iter().map(|one| (one.key(), one.version_id()));
        Ok(versions.chain(markers).map(|(key, id)| Item { key: owned(key), id: id.map(str::to_owned) }).collect())
    }

    fn delete_versions(&self, bucket: &str, items: &[Item]) -> Result<()> {
        let what = || format!("cannot empty the bucket {bucket}");
        // DeleteObjects takes a thousand keys (API reference).
        for items in items.chunks(1000) {
            let mut delete = Delete::builder().quiet(true);
            for item in items {
                let one = ObjectIdentifier::builder().key(&item.key).set_version_id(item.id.clone()).build();
                delete = delete.objects(one.map_err(|error| Error::failed(what()).because(error))?);
            }
            let delete = delete.build().map_err(|error| Error::failed(what()).because(error))?;
            let call = self.client.delete_objects().bucket(bucket).delete(delete).expected_bucket_owner(&self.owner);
            let Some(answer) = absent(self.session.wait(call.send()), GONE, what)? else { return Ok(()) };
            if let Some(error) = answer.errors().first() {
                let key = error.key().unwrap_or_default();
                return Err(Error::failed(what()).because(format!(
                    "{key}: {} ({})",
                    error.message().unwrap_or_default(),
                    error.code().unwrap_or_default()
                )));
            }
        }
        Ok(())
    }

    fn uploads(&self, bucket: &str) -> Result<Vec<Item>> {
        let call = self.client.list_multipart_uploads().bucket(bucket).expected_bucket_owner(&self.owner).send();
        let page = absent(self.session.wait(call), GONE, || format!("cannot list the uploads of the bucket {bucket}"))?;
        let uploads = page.as_ref().map_or(&[][..], |page| page.uploads());
        Ok(uploads.iter().map(|one| Item { key: owned(one.key()), id: one.upload_id().map(str::to_owned) }).collect())
    }

    fn abort(&self, bucket: &str, upload: &Item) -> Result<()> {
        let call = self
            .client
            .abort_multipart_upload()
            .bucket(bucket)
            .key(&upload.key)
            .set_upload_id(upload.id.clone())
            .expected_bucket_owner(&self.owner)
            .send();
        done(self.session.wait(call), &["NoSuchUpload", "NoSuchBucket"], || {
            format!("cannot give up an upload to {} in the bucket {bucket}", upload.key)
        })
    }

    fn delete(&self, bucket: &str) -> Result<Deleted> {
        match self.session.wait(self.client.delete_bucket().bucket(bucket).expected_bucket_owner(&self.owner).send()) {
            Ok(_) => Ok(Deleted::Yes),
            Err(error) if says(&error, GONE) => Ok(Deleted::Yes),
            Err(error) if says(&error, &["BucketNotEmpty"]) => Ok(Deleted::NotEmpty),
            Err(error) => Err(explain(format!("cannot delete the bucket {bucket}"), &error)),
        }
    }

    fn logging(&self, bucket: &str) -> Result<Option<Option<LoggingNow>>> {
        let call = self.client.get_bucket_logging().bucket(bucket).expected_bucket_owner(&self.owner).send();
        let found =
            absent(self.session.wait(call), GONE, || format!("cannot read the logging of the bucket {bucket}"))?;
        Ok(found.map(|found| {
            found.logging_enabled().map(|logging| LoggingNow {
                target: logging.target_bucket().to_owned(),
                prefix: logging.target_prefix().to_owned(),
                key_format: logging.target_object_key_format().map(key_format).unwrap_or_default(),
            })
        }))
    }

    fn set_logging(&self, bucket: &str, logging: &LoggingNow) -> Result<()> {
        let what = || format!("cannot set the logging of the bucket {bucket}");
        let enabled = LoggingEnabled::builder()
            .target_bucket(&logging.target)
            .target_prefix(&logging.prefix)
            .set_target_object_key_format(sdk_key_format(&logging.key_format))
            .build()
            .map_err(|error| Error::failed(what()).because(error))?;
        let status = BucketLoggingStatus::builder().logging_enabled(enabled).build();
        let call = self.client.put_bucket_logging().bucket(bucket).bucket_logging_status(status);
        self.session
            .wait(call.expected_bucket_owner(&self.owner).send())
            .map(|_| ())
            .map_err(|error| explain(what(), &error))
    }

    fn policy(&self, bucket: &str) -> Result<Option<String>> {
        let call = self.client.get_bucket_policy().bucket(bucket).expected_bucket_owner(&self.owner).send();
        let found = absent(self.session.wait(call), &["NoSuchBucketPolicy", "NoSuchBucket"], || {
            format!("cannot read the policy of the bucket {bucket}")
        })?;
        Ok(found.and_then(|found| found.policy().map(str::to_owned)))
    }

    fn object(&self, bucket: &str, key: &str) -> Result<Option<ObjectNow>> {
        let call = self
            .client
            .head_object()
            .bucket(bucket)
            .key(key)
            .checksum_mode(ChecksumMode::Enabled)
            .expected_bucket_owner(&self.owner)
            .send();
        let found = absent(self.session.wait(call), &["NotFound", "NoSuchKey", "NoSuchBucket"], || {
            format!("cannot look at {key} in the bucket {bucket}")
        })?;
        Ok(found.map(|found| ObjectNow {
            bytes: u64::try_from(found.content_length().unwrap_or(0)).unwrap_or(0),
            sha256: found.checksum_sha256().map(str::to_owned),
        }))
    }
}

fn key_format(format: &TargetObjectKeyFormat) -> String {
    match format.partitioned_prefix() {
        // EventTime is what S3 takes where nothing is said (API reference: PartitionedPrefix).
        Some(partitioned) => match partitioned.partition_date_source() {
            Some(PartitionDateSource::DeliveryTime) => BY_DELIVERY.to_owned(),
            _ => BY_EVENT.to_owned(),
        },
        None if format.simple_prefix().is_some() => SIMPLE.to_owned(),
        None => String::new(),
    }
}

fn sdk_key_format(text: &str) -> Option<TargetObjectKeyFormat> {
    let partitioned = |source| PartitionedPrefix::builder().partition_date_source(source).build();
    let builder = TargetObjectKeyFormat::builder();
    match text {
        BY_EVENT => Some(builder.partitioned_prefix(partitioned(PartitionDateSource::EventTime)).build()),
        BY_DELIVERY => Some(builder.partitioned_prefix(partitioned(PartitionDateSource::DeliveryTime)).build()),
        SIMPLE => Some(builder.simple_prefix(SimplePrefix::builder().build()).build()),
        _ => None,
    }
}
