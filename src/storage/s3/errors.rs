//! What S3 refuses, in object_store's kinds; each holds as its source the error as a user reads it.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::STORE;
use crate::aws::error::{code, explain};
use crate::pipeline::Place;
use crate::storage::read::Archived;
use crate::{Error, ErrorKind};

/// Codes of objects that may not be read while others may.
const DENIED: &[&str] = &["AccessDenied", "AllAccessDisabled"];

/// The code of an archived object, which can be read once it is restored (S3 User Guide, "Error responses").
const ARCHIVED: &str = "InvalidObjectState";

/// Codes by which S3 says that a bucket lies in another Region.
const ELSEWHERE: &[&str] = &["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"];

/// The error of a failed request.
pub(super) fn failed<E>(place: &Place, key: &str, error: &SdkError<E, HttpResponse>) -> object_store::Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let path = key.to_owned();
    let status = error.raw_response().map(|response| response.status().as_u16());
    if code(error) == Some(ARCHIVED) {
        let told = explain("S3 refuses", error).hint("restore the object, then run again");
        return object_store::Error::PermissionDenied { path, source: Box::new(Archived(told)) };
    }
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

#[cfg(test)]
mod tests {
    use aws_sdk_s3::error::ErrorMetadata;
    use aws_sdk_s3::operation::get_object::GetObjectError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    /// The answer of S3 with this status and code, from another Region if one is given.
    fn answer(status: u16, code: Option<&str>, region: Option<&'static str>) -> object_store::Error {
        let place = Place {
            bucket: "logs".to_owned(),
            prefix: String::new(),
            region: "eu-west-1".to_owned(),
            owner: "111122223333".to_owned(),
        };
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        if let Some(region) = region {
            response.headers_mut().insert("x-amz-bucket-region", region);
        }
        let mut metadata = ErrorMetadata::builder().message("no");
        if let Some(code) = code {
            metadata = metadata.code(code);
        }
        let error = SdkError::service_error(GetObjectError::generic(metadata.build()), response);
        failed(&place, "key", &error)
    }

    fn told(error: &object_store::Error) -> &Error {
        std::error::Error::source(error).and_then(|source| source.downcast_ref()).unwrap()
    }

    #[test]
    fn what_is_gone_changed_or_may_not_be_read_has_its_kind() {
        use object_store::Error as Kind;
        assert!(matches!(answer(404, Some("NoSuchKey"), None), Kind::NotFound { .. }));
        assert!(matches!(answer(404, None, None), Kind::NotFound { .. }));
        assert!(matches!(answer(412, Some("PreconditionFailed"), None), Kind::Precondition { .. }));
        assert!(matches!(answer(304, None, None), Kind::NotModified { .. }));
        assert!(matches!(answer(403, Some("AccessDenied"), None), Kind::PermissionDenied { .. }));
        assert!(matches!(answer(403, None, None), Kind::PermissionDenied { .. }));
        assert!(!crate::storage::read::is_archived(&answer(403, Some("AccessDenied"), None)));
        assert!(crate::storage::read::is_archived(&answer(403, Some("InvalidObjectState"), None)));
    }

    #[test]
    fn what_is_wrong_with_all_objects_is_not_taken_for_the_fault_of_one() {
        for (status, code) in [
            (404, "NoSuchBucket"),
            (403, "InvalidAccessKeyId"),
            (403, "SignatureDoesNotMatch"),
            (403, "RequestTimeTooSkewed"),
            (400, "ExpiredToken"),
            (503, "SlowDown"),
            (500, "InternalError"),
        ] {
            assert!(matches!(answer(status, Some(code), None), object_store::Error::Generic { .. }), "{code}");
        }
        assert_eq!(told(&answer(400, Some("ExpiredToken"), None)).kind(), ErrorKind::Permission);
    }

    #[test]
    fn a_bucket_in_another_region_is_told_with_that_region() {
        let error = answer(301, Some("PermanentRedirect"), Some("us-east-2"));
        let text = told(&error).clone().about("cannot list").to_string();
        assert_eq!(text, "cannot list: the bucket logs lies in the Region us-east-2, not in eu-west-1");
        let error = answer(400, Some("AuthorizationHeaderMalformed"), None);
        assert!(told(&error).to_string().contains("lies in another Region, not in eu-west-1"));
    }

    #[test]
    fn who_is_denied_is_told_what_to_check() {
        for code in [Some("AccessDenied"), None] {
            let error = answer(403, code, None);
            assert_eq!(told(&error).kind(), ErrorKind::Permission);
            assert!(told(&error).suggestion().is_some_and(|hint| hint.contains("account 111122223333")));
        }
    }
}
