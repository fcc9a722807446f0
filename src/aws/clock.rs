//! A clock that servers put right.
//!
//! AWS refuses what is signed with a time that is not theirs (RequestTimeTooSkewed: more than 15 minutes off; S3 API
//! Reference, "Error responses"). Other SDKs then correct their clock; the Rust SDK only takes note of the difference for a header
//! (aws-runtime, `service_clock_skew`) and does not try such a request again. So this does both.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::config::interceptors::{BeforeDeserializationInterceptorContextMut, InterceptorContext};
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// A clock that is less wrong than this is left as it is: AWS takes what it signs.
const TOLERATED: Duration = Duration::from_secs(5 * 60);
/// Marks an answer that has set the clock, for who decides whether the request is tried again.
const SET_BY: &str = "bucketscope-clock-set";

/// A clock. All clones are put right at once.
#[derive(Debug, Clone)]
pub struct Clock {
    below: SharedTimeSource,
    /// How far the servers' time is ahead of the clock below, in milliseconds.
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that is right as long as `below` is.
    pub fn over(below: SharedTimeSource) -> Self {
        Self { below, ahead_ms: Arc::new(AtomicI64::new(0)) }
    }

    /// Takes over the time of an answer.
    fn set(&self, now: SystemTime) {
        let ahead = millis(now).saturating_sub(millis(self.below.now()));
        self.ahead_ms.store(ahead, Ordering::Relaxed);
    }
}

fn millis(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|time| i64::try_from(time.as_millis()).ok()).unwrap_or_default()
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        let (now, ahead_ms) = (self.below.now(), self.ahead_ms.load(Ordering::Relaxed));
        let by = Duration::from_millis(ahead_ms.unsigned_abs());
        let right = if ahead_ms < 0 { now.checked_sub(by) } else { now.checked_add(by) };
        right.unwrap_or(now)
    }
}

/// Sets the clock by each answer that refuses a request and was given at quite another time.
#[dyn_dispatch_hint]
impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response_mut();
        // Not by its code: an answer to HEAD has none.
        let now = date(answer).filter(|_| answer.status().as_u16() == 403);
        if let Some(now) = now.filter(|&now| difference(now, self.now()) > TOLERATED) {
            self.set(now);
            answer.headers_mut().insert(SET_BY, "true");
        }
        Ok(())
    }
}

/// Tries a request again whose answer has set the clock.
impl ClassifyRetry for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response() {
            Some(answer) if answer.headers().contains_key(SET_BY) => RetryAction::client_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }
}

fn difference(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

fn date(answer: &HttpResponse) -> Option<SystemTime> {
    let date = DateTime::from_str(answer.headers().get("date")?, Format::HttpDate).ok()?;
    SystemTime::try_from(date).ok()
}

#[cfg(test)]
mod tests {
    use aws_smithy_async::time::StaticTimeSource;

    use super::*;

    #[test]
    fn a_clock_that_is_set_goes_on_from_there_for_all() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let clock = Clock::over(SharedTimeSource::new(StaticTimeSource::new(at(10_000))));
        assert_eq!(clock.now(), at(10_000));
        let other = clock.clone();
        clock.set(at(17_200));
        assert_eq!(other.now(), at(17_200));
        clock.set(at(9_000));
        assert_eq!(other.now(), at(9_000));
    }
}
