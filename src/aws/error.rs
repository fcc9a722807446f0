//! Errors of AWS in the user's words.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{Error, ErrorKind};

/// The code that AWS gives an error, if this is an answer of AWS at all.
pub fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// The message that AWS gives an error.
pub fn message<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::message)
}

/// An error of the SDK as a user reads it. `what` says what could not be done to which thing.
pub fn explain<E>(what: impl Into<String>, error: &SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let what = what.into();
    match error {
        SdkError::ServiceError(answer) => {
            // Answers to HEAD have no body, and so neither code nor message.
            let (code, message) = match (code(error), message(error), answer.raw().status().as_u16()) {
                (None, message, 403) => ("403", message.unwrap_or("access denied")),
                (None, message, 404) => ("404", message.unwrap_or("there is no such thing")),
                (code, message, _) => (code.unwrap_or("no code"), message.unwrap_or("no message")),
            };
            from_answer(what, code, message)
        }
        other => from_transport(what, other),
    }
}

/// Codes by which services say that a token is over (IAM User Guide, and each service's "Common errors").
const EXPIRED: &[&str] = &["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];

/// Codes by which services say that the time of the request is not theirs.
const SKEWED: &[&str] = &["RequestTimeTooSkewed", "RequestInTheFuture"];

/// Codes by which services say that they do not know the credentials.
const UNKNOWN: &[&str] = &[
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotSignedUp",
    "OptInRequired",
];

/// Codes by which services refuse what the credentials may not do.
const DENIED: &[&str] = &[
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AllAccessDisabled",
    "Forbidden",
    "UnauthorizedOperation",
    "UnauthorizedAccess",
    "AuthorizationError",
    "AuthorizationErrorException",
    "NotAuthorized",
    "NotAuthorizedException",
];

fn from_answer(what: String, code: &str, message: &str) -> Error {
    let why = format!("{message} ({code})");
    if EXPIRED.contains(&code) {
        return Error::new(ErrorKind::Permission, what)
            .because("the credentials have expired")
            .hint("aws sso login  renews those of a single sign-on; else get new ones the way you got these");
    }
    if SKEWED.contains(&code) {
        return Error::new(ErrorKind::Permission, what)
            .because(why)
            .hint("set this machine's clock: AWS takes no requests that are off by more than minutes");
    }
    if UNKNOWN.contains(&code) {
        return Error::new(ErrorKind::Permission, what)
            .because(format!("AWS does not take the credentials: {why}"))
            .hint(
                "aws sts get-caller-identity  shows whether any tool can use them; check AWS_PROFILE, and whether the \
                 account has the Region switched on",
            );
    }
    if DENIED.contains(&code) || message.contains("is not authorized to perform") {
        return Error::new(ErrorKind::Permission, what)
            .because(why)
            .hint("bucketscope policy deployer  prints what the caller of this command needs");
    }
    Error::failed(what).because(why)
}

/// An error with all that caused it, the outermost first.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source()).collect()
}

/// The words of the causes that say something: generic ones, and those that the next one repeats, are left out.
fn words(causes: &[&(dyn StdError + 'static)]) -> String {
    let mut out: Vec<String> = Vec::new();
    for cause in causes {
        let text = cause.to_string();
        let generic =
            ["dispatch failure", "other", "io error", "timeout", "an error occurred while loading credentials"];
        if generic.contains(&text.as_str()) || out.last().is_some_and(|last| last.contains(&text)) {
            continue;
        }
        if out.last().is_some_and(|last| text.contains(last.as_str())) {
            out.pop();
        }
        out.push(text);
    }
    if out.is_empty() { "no reason was given".to_owned() } else { out.join(": ") }
}

fn from_transport<E>(what: String, error: &SdkError<E, HttpResponse>) -> Error
where
    E: StdError + 'static,
{
    let causes = causes(error);
    // Credentials from a profile that assumes a role have an error in the error: the innermost knows most.
    let credentials = causes.iter().rev().find_map(|cause| cause.downcast_ref::<CredentialsError>());
    match credentials {
        Some(credentials) => from_credentials(what, credentials, &words(&causes)),
        None if matches!(error, SdkError::TimeoutError(_)) => Error::failed(what)
            .because("AWS did not answer in time")
            .hint("check the network, the Region's name and AWS_ENDPOINT_URL"),
        None => Error::failed(what)
            .because(words(&causes))
            .hint("check the network, the Region's name and AWS_ENDPOINT_URL"),
    }
}

/// What the providers of credentials say. Their kinds are few, so that some are told by their words.
fn from_credentials(what: String, error: &CredentialsError, words: &str) -> Error {
    let failed = Error::new(ErrorKind::Permission, what);
    let sso = words.contains("SSO token") || words.contains("sso session") || words.contains("SSO session");
    if sso && words.contains("expired") {
        return failed.because("the single sign-on session has expired").hint("aws sso login  renews it");
    }
    if sso {
        return failed
            .because("nobody is signed in to the single sign-on of this profile")
            .hint("aws sso login  signs you in; AWS_PROFILE chooses another profile");
    }
    let none = matches!(error, CredentialsError::CredentialsNotLoaded(_));
    // The machine's own role is asked for last, so its failure says that nobody else had any.
    if none || words.contains("IMDS") {
        let place = std::env::var("AWS_PROFILE").ok().filter(|profile| !profile.is_empty());
        let place = place.map_or_else(String::new, |profile| format!(" in the profile `{profile}` (AWS_PROFILE)"));
        return failed.because(format!("no AWS credentials were found{place}")).hint(
            "aws configure sso  sets up a sign-on; a CI job gets a role from its provider; AWS_PROFILE chooses a profile",
        );
    }
    if matches!(error, CredentialsError::ProviderTimedOut(_)) {
        return failed
            .because("the credentials' provider did not answer in time")
            .hint("check the network, and what AWS_PROFILE names in ~/.aws/config");
    }
    failed
        .because(format!("the credentials cannot be loaded: {words}"))
        .hint("check what AWS_PROFILE names in ~/.aws/config and ~/.aws/credentials")
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    type Failure = SdkError<ErrorMetadata, HttpResponse>;

    fn credentials(error: CredentialsError) -> Failure {
        SdkError::dispatch_failure(ConnectorError::other(Box::new(error), None))
    }

    fn answer(status: u16, code: Option<&str>, message: &str) -> Failure {
        let mut metadata = ErrorMetadata::builder().message(message);
        if let Some(code) = code {
            metadata = metadata.code(code);
        }
        let response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        SdkError::service_error(metadata.build(), response)
    }

    #[track_caller]
    fn told(error: &Failure, code: u8, why: &str, hint: &str) {
        let error = explain("cannot look", error);
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(error.to_string(), format!("cannot look: {why}"));
        assert!(error.suggestion().unwrap_or_default().contains(hint), "{error:?}");
    }

    #[test]
    fn answers_are_told_by_their_codes() {
        told(&answer(403, Some("ExpiredToken"), "x"), 3, "the credentials have expired", "aws sso login");
        told(
            &answer(403, Some("InvalidClientTokenId"), "The token is invalid"),
            3,
            "AWS does not take the credentials: The token is invalid (InvalidClientTokenId)",
            "get-caller-identity",
        );
        told(
            &answer(
                403,
                Some("AccessDenied"),
                "User: arn:x is not authorized to perform: s3:ListBucket on resource: y",
            ),
            3,
            "User: arn:x is not authorized to perform: s3:ListBucket on resource: y (AccessDenied)",
            "policy deployer",
        );
        told(&answer(403, Some("RequestTimeTooSkewed"), "x"), 3, "x (RequestTimeTooSkewed)", "clock");
        told(&answer(500, Some("InternalError"), "x"), 1, "x (InternalError)", "");
    }

    #[test]
    fn answers_without_a_body_are_told_by_their_status() {
        let bare = |status| {
            let response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
            Failure::service_error(ErrorMetadata::builder().build(), response)
        };
        told(&bare(403), 3, "access denied (403)", "policy deployer");
        told(&bare(404), 1, "there is no such thing (404)", "");
    }

    #[test]
    fn missing_credentials_are_told_apart_from_a_broken_network() {
        told(
            &credentials(CredentialsError::not_loaded("nothing")),
            3,
            "no AWS credentials were found",
            "configure sso",
        );
        told(
            &credentials(CredentialsError::provider_error("failed to load IMDS session token")),
            3,
            "no AWS credentials were found",
            "AWS_PROFILE",
        );
        told(
            &credentials(CredentialsError::provider_error("failed to load the cached SSO token")),
            3,
            "nobody is signed in to the single sign-on of this profile",
            "aws sso login",
        );
        let inner = CredentialsError::provider_error("the SSO token has expired");
        told(
            &credentials(CredentialsError::provider_error(inner)),
            3,
            "the single sign-on session has expired",
            "renews",
        );
        told(
            &credentials(CredentialsError::invalid_configuration("profile `gone` was not defined")),
            3,
            "the credentials cannot be loaded: the credentials provider was not properly configured: profile `gone` was not defined",
            "~/.aws/config",
        );
        let refused = std::io::Error::other("connection refused");
        told(
            &SdkError::dispatch_failure(ConnectorError::io(Box::new(refused))),
            1,
            "connection refused",
            "check the network",
        );
    }
}
