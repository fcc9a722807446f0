//! What is asked of S3.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLoggingStatus, Grantee, LoggingEnabled, PartitionDateSource, PartitionedPrefix, Payer, SimplePrefix,
    TargetGrant, TargetObjectKeyFormat,
};

use super::event::Wanted;
use super::logging::{Facts, Grant, KEPT_VERSION, Kept, KeyFormat, Setting};
use crate::aws::Session;
use crate::aws::error::{code, explain};
use crate::{Error, Result};

/// A bucket's logging as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Present {
    /// There is no such bucket any more.
    Gone,
    /// It has this logging; `None` where that is off.
    Logging(Option<Setting>),
}

/// How an attempt to set a bucket's logging ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is set.
    Done,
    /// The bucket that logs are to go to takes none.
    BadTarget,
}

/// What was kept, and the mark of that version of it.
pub type Version = (Kept, String);

/// S3, as far as it is needed here. Every call names the owner that the buckets must have.
pub trait Buckets {
    /// What S3 says of both buckets.
    fn facts(&self, wanted: &Wanted) -> Result<Facts>;
    /// The logging of the bucket.
    fn logging(&self, wanted: &Wanted) -> Result<Present>;
    /// Sets the logging of the bucket.
    fn put_logging(&self, wanted: &Wanted, setting: Option<&Setting>) -> Result<Put>;
    /// What is kept of the bucket; `None` also where the log bucket is gone.
    fn kept(&self, wanted: &Wanted) -> Result<Option<Version>>;
    /// Keeps this if what is kept is still the version `replacing`, and tells whether it was.
    fn keep(&self, wanted: &Wanted, kept: &Kept, replacing: Option<&str>) -> Result<bool>;
}

/// The driver over the SDK.
pub struct SdkBuckets {
    session: Session,
    client: aws_sdk_s3::Client,
}

impl SdkBuckets {
    /// With the session's credentials, in its Region.
    pub fn new(session: &Session) -> Self {
        Self { client: session.s3(), session: session.clone() }
    }

    fn region_of(&self, bucket: &str, owner: &str) -> Result<String> {
        let request = self.client.get_bucket_location().bucket(bucket).expected_bucket_owner(owner);
        let answer = self
            .session
            .wait(request.send())
            .map_err(|error| explain(format!("cannot tell where the bucket {bucket} lies"), &error))?;
        // GetBucketLocation: nothing stands for us-east-1, and EU, of old, for eu-west-1.
        Ok(match answer.location_constraint().map(|constraint| constraint.as_str()) {
            None | Some("") => "us-east-1".to_owned(),
            Some("EU") => "eu-west-1".to_owned(),
            Some(region) => region.to_owned(),
        })
    }

    fn locks_by_default(&self, bucket: &str, owner: &str) -> Result<bool> {
        let request = self.client.get_object_lock_configuration().bucket(bucket).expected_bucket_owner(owner);
        match self.session.wait(request.send()) {
            Ok(answer) => Ok(answer.object_lock_configuration().is_some_and(|lock| lock.rule().is_some())),
            Err(error) if code(&error) == Some("ObjectLockConfigurationNotFoundError") => Ok(false),
            Err(error) => Err(explain(format!("cannot tell whether the bucket {bucket} locks objects"), &error)),
        }
    }

    fn requester_pays(&self, bucket: &str, owner: &str) -> Result<bool> {
        let request = self.client.get_bucket_request_payment().bucket(bucket).expected_bucket_owner(owner);
        let answer = self
            .session
            .wait(request.send())
            .map_err(|error| explain(format!("cannot tell who pays for requests to the bucket {bucket}"), &error))?;
        Ok(answer.payer() == Some(&Payer::Requester))
    }
}

impl Buckets for SdkBuckets {
    fn facts(&self, wanted: &Wanted) -> Result<Facts> {
        let (bucket, target, owner) = (&wanted.bucket, &wanted.setting.bucket, &wanted.account);
        Ok(Facts {
            bucket_region: self.region_of(bucket, owner)?,
            target_region: self.region_of(target, owner)?,
            target_locks: self.locks_by_default(target, owner)?,
            target_requester_pays: self.requester_pays(target, owner)?,
        })
    }

    fn logging(&self, wanted: &Wanted) -> Result<Present> {
        let request = self.client.get_bucket_logging().bucket(&wanted.bucket).expected_bucket_owner(&wanted.account);
        match self.session.wait(request.send()) {
            Ok(answer) => Ok(Present::Logging(answer.logging_enabled().map(setting))),
            Err(error) if code(&error) == Some("NoSuchBucket") => Ok(Present::Gone),
            Err(error) => Err(explain(format!("cannot read the logging of the bucket {}", wanted.bucket), &error)),
        }
    }

    fn put_logging(&self, wanted: &Wanted, setting: Option<&Setting>) -> Result<Put> {
        let enabled = setting.map(enabled).transpose()?;
        let status = BucketLoggingStatus::builder().set_logging_enabled(enabled).build();
        let request = self.client.put_bucket_logging().bucket(&wanted.bucket).bucket_logging_status(status);
        match self.session.wait(request.expected_bucket_owner(&wanted.account).send()) {
            Ok(_) => Ok(Put::Done),
            // S3 User Guide, "Error responses".
            Err(error) if code(&error) == Some("InvalidTargetBucketForLogging") => Ok(Put::BadTarget),
            Err(error) => Err(explain(format!("cannot set the logging of the bucket {}", wanted.bucket), &error)),
        }
    }

    fn kept(&self, wanted: &Wanted) -> Result<Option<Version>> {
        let what = || format!("cannot read {} in {}", wanted.kept_at, wanted.setting.bucket);
        let request = self.client.get_object().bucket(&wanted.setting.bucket).key(&wanted.kept_at);
        let answer = match self.session.wait(request.expected_bucket_owner(&wanted.account).send()) {
            Ok(answer) => answer,
            Err(error) if matches!(code(&error), Some("NoSuchKey" | "NoSuchBucket")) => return Ok(None),
            Err(error) => return Err(explain(what(), &error)),
        };
        let etag = answer.e_tag.unwrap_or_default();
        let bytes = self.session.wait(answer.body.collect()).map_err(|error| Error::failed(what()).because(error))?;
        let kept: Kept = serde_json::from_slice(&bytes.into_bytes())
            .map_err(|error| Error::failed(what()).because(format!("it is not what was kept there: {error}")))?;
        if kept.version > KEPT_VERSION {
            return Err(Error::failed(what())
                .because("a newer bucketscope wrote it")
                .hint("deploy with the newer one"));
        }
        Ok(Some((kept, etag)))
    }

    fn keep(&self, wanted: &Wanted, kept: &Kept, replacing: Option<&str>) -> Result<bool> {
        let what = || format!("cannot write {} in {}", wanted.kept_at, wanted.setting.bucket);
        let bytes = serde_json::to_vec(kept).map_err(|error| Error::failed(what()).because(error))?;
        let request = self.client.put_object().bucket(&wanted.setting.bucket).key(&wanted.kept_at);
        let request = match replacing {
            Some(etag) => request.if_match(etag),
            None => request.if_none_match("*"),
        };
        let request = request.content_type("application/json").body(ByteStream::from(bytes));
        match self.session.wait(request.expected_bucket_owner(&wanted.account).send()) {
            Ok(_) => Ok(true),
            // S3 User Guide, "Conditional writes": the object was written or removed at the same time.
            Err(error)
                if matches!(code(&error), Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey")) =>
            {
                Ok(false)
            }
            Err(error) => Err(explain(what(), &error)),
        }
    }
}

fn setting(enabled: &LoggingEnabled) -> Setting {
    let key_format = enabled.target_object_key_format().and_then(|format| match format.partitioned_prefix() {
        Some(partitioned) => {
            let source = partitioned.partition_date_source().map(|source| source.as_str().to_owned());
            Some(KeyFormat::Partitioned(source))
        }
        None => format.simple_prefix().map(|_| KeyFormat::Simple),
    });
    let grants = enabled.target_grants().iter().map(|grant| {
        let grantee = grant.grantee();
        Grant {
            kind: grantee.map(|grantee| grantee.r#type().as_str()).unwrap_or_default().to_owned(),
            id: grantee.and_then(Grantee::id).map(str::to_owned),
            uri: grantee.and_then(Grantee::uri).map(str::to_owned),
            email: grantee.and_then(Grantee::email_address).map(str::to_owned),
            permission: grant.permission().map(|permission| permission.as_str().to_owned()),
        }
    });
    Setting {
        bucket: enabled.target_bucket().to_owned(),
        prefix: enabled.target_prefix().to_owned(),
        key_format,
        grants: grants.collect(),
    }
}

fn enabled(setting: &Setting) -> Result<LoggingEnabled> {
    let wrong = |error: &dyn std::fmt::Display| Error::failed("the logging to be set is not complete").because(error);
    let key_format = setting.key_format.as_ref().map(|format| {
        let builder = TargetObjectKeyFormat::builder();
        match format {
            KeyFormat::Simple => builder.simple_prefix(SimplePrefix::builder().build()),
            KeyFormat::Partitioned(source) => {
                let source = source.as_deref().map(PartitionDateSource::from);
                builder.partitioned_prefix(PartitionedPrefix::builder().set_partition_date_source(source).build())
            }
        }
        .build()
    });
    let mut builder = LoggingEnabled::builder()
        .target_bucket(&setting.bucket)
        .target_prefix(&setting.prefix)
        .set_target_object_key_format(key_format);
    for grant in &setting.grants {
        let grantee = Grantee::builder()
            .r#type(grant.kind.as_str().into())
            .set_id(grant.id.clone())
            .set_uri(grant.uri.clone())
            .set_email_address(grant.email.clone())
            .build()
            .map_err(|error| wrong(&error))?;
        let permission = grant.permission.as_deref().map(Into::into);
        builder = builder.target_grants(TargetGrant::builder().grantee(grantee).set_permission(permission).build());
    }
    builder.build().map_err(|error| wrong(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_the_same_after_the_way_through_the_sdk() {
        let grant = |kind: &str, id: Option<&str>, uri: Option<&str>, email: Option<&str>| Grant {
            kind: kind.to_owned(),
            id: id.map(str::to_owned),
            uri: uri.map(str::to_owned),
            email: email.map(str::to_owned),
            permission: Some("READ".to_owned()),
        };
        let grants = vec![
            grant("CanonicalUser", Some("abc"), None, None),
            grant("Group", None, Some("http://acs.amazonaws.com/groups/s3/LogDelivery"), None),
            grant("AmazonCustomerByEmail", None, None, Some("a@example.com")),
        ];
        for key_format in [
            None,
            Some(KeyFormat::Simple),
            Some(KeyFormat::Partitioned(None)),
            Some(KeyFormat::Partitioned(Some("EventTime".to_owned()))),
            Some(KeyFormat::Partitioned(Some("SomethingNew".to_owned()))),
        ] {
            let before =
                Setting { bucket: "b".to_owned(), prefix: "p/".to_owned(), key_format, grants: grants.clone() };
            assert_eq!(setting(&enabled(&before).unwrap()), before);
        }
    }
}
