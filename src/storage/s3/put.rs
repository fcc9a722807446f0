//! Writing an object.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use object_store::{Error, PutResult, Result};

use super::{Bucket, errors};
use crate::aws::error::code;

/// The metadata under which a write that must not replace anything leaves its mark.
const MARK: &str = "bucketscope-write";
/// How often a write is tried that collides with another one of the same name.
const CONFLICTS: u32 = 20;
/// The pause after the first collision.
const PAUSE: Duration = Duration::from_millis(50);

/// Writes an object whole or not at all; with `create` only where there is none.
pub(super) async fn put(bucket: Bucket, key: String, bytes: Bytes, create: bool) -> Result<PutResult> {
    let mark = create.then(mark);
    let mut conflicts = 0;
    loop {
        let request = bucket.client.put_object().bucket(&bucket.place.bucket).key(&key);
        let mut request = request.expected_bucket_owner(&bucket.place.owner).body(ByteStream::from(bytes.clone()));
        if let Some(mark) = &mark {
            request = request.if_none_match("*").metadata(MARK, mark);
        }
        let place = bucket.pace.place().await;
        let answer = request.send().await;
        drop(place);
        let error = match answer {
            Ok(answer) => return Ok(PutResult { e_tag: answer.e_tag, version: answer.version_id }),
            Err(error) => error,
        };
        // S3 User Guide, "Conditional writes": on 409 Conflict the upload may be tried again.
        if create && code(&error) == Some("ConditionalRequestConflict") && conflicts < CONFLICTS {
            conflicts += 1;
            tokio::time::sleep(PAUSE * conflicts).await;
            continue;
        }
        return match (errors::failed(&bucket.place, &key, &error), &mark) {
            (Error::Precondition { path, source }, Some(mark)) => match is_ours(&bucket, &key, mark).await? {
                Some(written) => Ok(written),
                None => Err(Error::AlreadyExists { path, source }),
            },
            (error, _) => Err(error),
        };
    }
}

/// Tells one write from all others.
fn mark() -> String {
    // A new `RandomState` has random keys.
    format!("{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}

/// Whether the object that stands in our way was written by ourselves: the SDK tries a request again whose answer was
/// lost, and the second one then finds the object that the first one made.
async fn is_ours(bucket: &Bucket, key: &str, mark: &str) -> Result<Option<PutResult>> {
    let _place = bucket.pace.place().await;
    let request = bucket.client.head_object().bucket(&bucket.place.bucket).key(key);
    match request.expected_bucket_owner(&bucket.place.owner).send().await {
        Ok(there) => {
            let ours = there.metadata().and_then(|metadata| metadata.get(MARK)).is_some_and(|theirs| theirs == mark);
            Ok(ours.then_some(PutResult { e_tag: there.e_tag, version: there.version_id }))
        }
        Err(error) => match errors::failed(&bucket.place, key, &error) {
            // Removed by now: whoever made it made it before us.
            Error::NotFound { .. } => Ok(None),
            error => Err(error),
        },
    }
}
