//! Errors of AWS in the user's words.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
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
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let what = what.into();
    match error {
        SdkError::ServiceError(_) => {
            from_answer(what, code(error).unwrap_or("no code"), message(error).unwrap_or("no message"))
        }
        other => from_transport(what, &DisplayErrorContext(other).to_string()),
    }
}

/// Codes by which services say that a token is over (IAM User Guide, and each service's "Common errors").
const EXPIRED: &[&str] = &["ExpiredToken", "ExpiredTokenException", "RequestExpired"];

/// Codes by which services say that they do not know the credentials.
const UNKNOWN: &[&str] = &[
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "IncompleteSignature",
    "InvalidSignatureException",
    "InvalidToken",
];

/// Codes by which services refuse what the credentials may not do.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthorizationError",
    "AuthorizationErrorException",
];

fn from_answer(what: String, code: &str, message: &str) -> Error {
    let why = format!("{message} ({code})");
    if EXPIRED.contains(&code) {
        return Error::new(ErrorKind::Permission, what)
            .because("the credentials have expired")
            .hint("aws sso login  renews those of a single sign-on; else get new ones the way you got these");
    }
    if UNKNOWN.contains(&code) {
        return Error::new(ErrorKind::Permission, what)
            .because(format!("AWS does not know the credentials: {why}"))
            .hint("aws sts get-caller-identity  shows whether any tool can use them; check AWS_PROFILE and the clock");
    }
    if DENIED.contains(&code) || message.contains("is not authorized to perform") {
        return Error::new(ErrorKind::Permission, what)
            .because(why)
            .hint("bucketscope policy deployer  prints what the caller of this command needs");
    }
    Error::failed(what).because(why)
}

fn from_transport(what: String, chain: &str) -> Error {
    if chain.contains("no providers in chain provided credentials") || chain.contains("CredentialsNotLoaded") {
        return Error::new(ErrorKind::Permission, what)
            .because("no AWS credentials were found")
            .hint("aws configure sso  sets up a sign-on; a CI job gets a role from its provider; AWS_PROFILE chooses a profile");
    }
    if chain.contains("token has expired") || chain.contains("TokenExpired") || chain.contains("sso session") {
        return Error::new(ErrorKind::Permission, what)
            .because("the single sign-on session has expired")
            .hint("aws sso login  renews it");
    }
    Error::failed(what).because(chain).hint("check the network, the Region's name and AWS_ENDPOINT_URL")
}
