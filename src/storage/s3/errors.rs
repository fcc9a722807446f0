//! What S3 refuses, in object_store's kinds; each holds as its source the error as a user reads it.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::STORE;
use crate::aws::error::{code, explain};
use crate::pipeline::Place;
use crate::{Error, ErrorKind};

/// Codes of objects that may not be read while others may. An archived object (`InvalidObjectState`, S3 User Guide,
/// "Error responses") is among them: it can be read once it is restored.
const DENIED: &[&str] = &["AccessDenied", "AllAccessDisabled", "InvalidObjectState"];

/// Codes by which S3 says that a bucket lies in another Region.
const ELSEWHERE: &[&str] = &["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"];

/// The error of a failed request.
pub(super) fn failed<E>(place: &Place, key: &str, error: &SdkError<E, HttpResponse>) -> object_store::Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let path = key.to_owned();
    let status = error.raw_response().map(|response| response.status().as_u16());
    let source = Box::new(explained(place, status, error));
    match (status, code(error)) {
        (_, Some("NoSuchBucket")) => object_store::Error::Generic { store: STORE, source },
        (Some(404), _) => object_store::Error::NotFound { path, source },
        (Some(412), _) => object_store::Error::Precondition { path, source },
        (Some(304), _) => object_store::Error::NotModified { path, source },
        // What is refused without a code is a HEAD, whose answer has no body.
        (Some(403), None) => object_store::Error::PermissionDenied { path, source },
        (_, Some(code)) if DENIED.contains(&code) => object_store::Error::PermissionDenied { path, source },
        _ => object_store::Error::Generic { store: STORE, source },
    }
}

fn explained<E>(place: &Place, status: Option<u16>, error: &SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Place { bucket, region, owner, .. } = place;
    let region_there = error.raw_response().and_then(|response| response.headers().get("x-amz-bucket-region"));
    match (status, code(error)) {
        (_, Some("NoSuchBucket")) => Error::failed("S3 refuses")
            .because(format!("there is no bucket {bucket}"))
            .hint("check its name in the configuration; a bucket that the pipeline made is made again by `bucketscope deploy`"),
        (status, code) if status == Some(301) || code.is_some_and(|code| ELSEWHERE.contains(&code)) => {
            let there = region_there.map_or_else(|| "another Region".to_owned(), |there| format!("the Region {there}"));
            Error::failed("S3 refuses")
                .because(format!("the bucket {bucket} lies in {there}, not in {region}"))
                .hint("correct the Region in the configuration, then `bucketscope deploy`")
        }
        (Some(403), None) => denied(Error::new(ErrorKind::Permission, "S3 refuses").because("access denied (403)"), owner),
        (_, Some(code)) if DENIED.contains(&code) => denied(explain("S3 refuses", error), owner),
        _ => explain("S3 does not answer as expected", error),
    }
}

fn denied(error: Error, owner: &str) -> Error {
    error.hint(format!(
        "check that the role, the bucket's policy and its key allow this, and that the account {owner} owns the bucket"
    ))
}
