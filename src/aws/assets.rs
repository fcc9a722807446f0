//! Files in an assets bucket, each under its hash.

use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use super::Session;
use super::error::explain;
use crate::{Error, ErrorKind, Result};

/// What a file is made of.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// A file.
    File(&'a Path),
    /// Text.
    Text(&'a str),
    /// What this program carries.
    Bytes(&'static [u8]),
}

/// Buckets of one Region. Every call names the account that must own the bucket.
pub trait AssetStore: Send + Sync {
    /// Whether a bucket is there.
    ///
    /// # Errors
    /// If it belongs to another account or lies in another Region, and what AWS answers.
    fn bucket_exists(&self, bucket: &str) -> Result<bool>;

    /// Whether `bucket` holds `key` with this content.
    ///
    /// # Errors
    /// What AWS answers.
    fn holds(&self, bucket: &str, key: &str, sha256: &[u8; 32]) -> Result<bool>;

    /// Writes `key`; S3 checks the hash.
    ///
    /// # Errors
    /// If the content cannot be read, and what AWS answers.
    fn put(&self, bucket: &str, key: &str, content: Content<'_>, sha256: &[u8; 32]) -> Result<()>;

    /// Removes `key`.
    ///
    /// # Errors
    /// What AWS answers.
    fn remove(&self, bucket: &str, key: &str) -> Result<()>;

    /// Where CloudFormation finds `key`.
    fn url(&self, bucket: &str, key: &str) -> String;
}

/// S3 in the session's Region.
pub struct S3Assets {
    session: Session,
    client: aws_sdk_s3::Client,
    account_id: String,
}

impl S3Assets {
    /// In the session's Region, for buckets of `account_id`.
    pub fn new(session: &Session, account_id: &str) -> Self {
        Self { session: session.clone(), client: session.s3(), account_id: account_id.to_owned() }
    }
}

/// Answers to HEAD have no body, so there is a status and nothing else.
fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

impl AssetStore for S3Assets {
    fn bucket_exists(&self, bucket: &str) -> Result<bool> {
        let call = self.client.head_bucket().bucket(bucket).expected_bucket_owner(&self.account_id);
        match self.session.wait(call.send()) {
            Ok(_) => Ok(true),
            Err(error) => match status(&error) {
                Some(404) => Ok(false),
                Some(403) => Err(Error::new(ErrorKind::Permission, format!("cannot look at the bucket {bucket}"))
                    .because("it belongs to another account, or s3:ListBucket is not allowed")
                    .hint("bucketscope policy deployer  prints what the caller of this command needs")),
                Some(301) => Err(Error::failed(format!("cannot look at the bucket {bucket}"))
                    .because(format!("it lies in another Region than {}", self.session.region()))),
                _ => Err(explain(format!("cannot look at the bucket {bucket}"), &error)),
            },
        }
    }

    fn holds(&self, bucket: &str, key: &str, sha256: &[u8; 32]) -> Result<bool> {
        let call = self.client.head_object().bucket(bucket).key(key).checksum_mode(ChecksumMode::Enabled);
        match self.session.wait(call.expected_bucket_owner(&self.account_id).send()) {
            Ok(found) => Ok(found.checksum_sha256() == Some(base64(sha256).as_str())),
            Err(error) if status(&error) == Some(404) => Ok(false),
            Err(error) => Err(explain(format!("cannot look at {key} in the bucket {bucket}"), &error)),
        }
    }

    fn put(&self, bucket: &str, key: &str, content: Content<'_>, sha256: &[u8; 32]) -> Result<()> {
        let body = match content {
            Content::Text(text) => ByteStream::from(text.as_bytes().to_vec()),
            Content::Bytes(bytes) => ByteStream::from_static(bytes),
            Content::File(path) => self
                .session
                .wait(ByteStream::from_path(path))
                .map_err(|error| Error::failed(format!("cannot read {}", path.display())).because(error))?,
        };
        let call = self.client.put_object().bucket(bucket).key(key).expected_bucket_owner(&self.account_id);
        self.session
            .wait(call.checksum_sha256(base64(sha256)).body(body).send())
            .map_err(|error| explain(format!("cannot write {key} to the bucket {bucket}"), &error))?;
        Ok(())
    }

    fn remove(&self, bucket: &str, key: &str) -> Result<()> {
        let call = self.client.delete_object().bucket(bucket).key(key).expected_bucket_owner(&self.account_id);
        self.session
            .wait(call.send())
            .map_err(|error| explain(format!("cannot remove {key} from the bucket {bucket}"), &error))?;
        Ok(())
    }

    /// In the path style, which CloudFormation takes in every Region (CreateChangeSet: "must start with https://"). The
    /// endpoint of a test stands in for Amazon's.
    fn url(&self, bucket: &str, key: &str) -> String {
        match self.session.config().endpoint_url() {
            Some(own) => format!("{}/{bucket}/{key}", own.trim_end_matches('/')),
            None => format!("https://{}/{bucket}/{key}", endpoint(self.session.region())),
        }
    }
}

/// S3's host in a Region (AWS General Reference, "Amazon S3 endpoints and quotas").
fn endpoint(region: &str) -> String {
    let domain = match crate::config::cloud::partition_of(region) {
        "aws-cn" => "amazonaws.com.cn",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    format!("s3.{region}.{domain}")
}

fn base64(bytes: &[u8]) -> String {
    aws_smithy_types::base64::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_follows_the_partition() {
        assert_eq!(endpoint("eu-central-1"), "s3.eu-central-1.amazonaws.com");
        assert_eq!(endpoint("cn-north-1"), "s3.cn-north-1.amazonaws.com.cn");
        assert_eq!(endpoint("us-gov-west-1"), "s3.us-gov-west-1.amazonaws.com");
    }
}
