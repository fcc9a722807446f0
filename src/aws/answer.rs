//! What the drivers have in common: things that are not there, and times.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::error::{code, explain, message};
use crate::Result;

/// `None` where the service says, by one of these codes or words, that there is no such thing.
pub fn absent<T, E>(
    answer: Result<T, SdkError<E, HttpResponse>>,
    marks: &[&str],
    what: impl FnOnce() -> String,
) -> Result<Option<T>>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if says(&error, marks) => Ok(None),
        Err(error) => Err(explain(what(), &error)),
    }
}

/// As [`absent`] where the answer itself tells nothing: also done if there was nothing to do.
pub fn done<T, E>(
    answer: Result<T, SdkError<E, HttpResponse>>,
    marks: &[&str],
    what: impl FnOnce() -> String,
) -> Result<()>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    absent(answer, marks, what).map(|_| ())
}

/// Whether an error carries one of these codes, or one of these words in its message.
pub fn says<E>(error: &SdkError<E, HttpResponse>, marks: &[&str]) -> bool
where
    E: ProvideErrorMetadata,
{
    let (code, message) = (code(error).unwrap_or_default(), message(error).unwrap_or_default());
    marks.iter().any(|mark| *mark == code || (mark.contains(' ') && message.contains(mark)))
}

/// Milliseconds since the epoch; a time that does not fit is none.
pub fn millis(time: Option<&DateTime>) -> Option<i64> {
    time.and_then(|time| time.to_millis().ok())
}

/// Texts that may be absent.
pub fn owned(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}
