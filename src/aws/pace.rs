//! How many requests to a bucket are under way at once: more as long as they are answered, half as many when S3 asks to slow
//! down (S3 User Guide, "Best practices design patterns": S3 scales a prefix's rate gradually and answers 503 Slow Down
//! meanwhile, and who reads from it should reduce the rate then).
//!
//! The SDK's retries alone do not do this. Its standard mode makes each request wait by itself while the others go on; its
//! adaptive mode limits the rate of sending, by one lock that all requests pass, and so needs to know the best rate, which
//! changes with the size of objects. The number of requests under way follows the time that S3 takes by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_s3::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use tokio::sync::Semaphore;

/// As many as it takes for 5,500 GET a second, what S3 gives a prefix at least, where one takes 35 ms.
pub const AT_MOST: usize = 192;
const AT_FIRST: usize = 32;
/// Requests that are refused together were sent together: they count once.
const ONE_CUT: Duration = Duration::from_millis(200);

/// The number itself: one more whenever as many requests were answered as may be under way, half when one was refused.
#[derive(Debug)]
struct Limit {
    now: usize,
    answered: usize,
    cut: Option<Instant>,
}

impl Limit {
    /// A request was answered. Those do not count that were sent while there was room for more.
    fn answered(&mut self, is_reached: bool) -> bool {
        self.answered += usize::from(is_reached && self.now < AT_MOST);
        let more = self.answered >= self.now;
        if more {
            self.now += 1;
            self.answered = 0;
        }
        more
    }

    /// A request was refused at this time. Gives by how many the limit is lower than before.
    fn refused(&mut self, at: Instant) -> usize {
        self.answered = 0;
        if self.cut.is_some_and(|cut| at.saturating_duration_since(cut) < ONE_CUT) {
            return 0;
        }
        self.cut = Some(at);
        let fewer = self.now / 2;
        self.now -= fewer;
        fewer
    }
}

/// Lets requests through, as many at once as the limit says. All clones are one.
#[derive(Debug, Clone)]
pub struct Pace {
    /// A place for each request that may be under way.
    places: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    limit: Limit,
    /// Places that are taken away as soon as they are given back.
    owed: usize,
}

impl Default for Pace {
    fn default() -> Self {
        let limit = Limit { now: AT_FIRST, answered: 0, cut: None };
        Self { places: Arc::new(Semaphore::new(AT_FIRST)), state: Arc::new(Mutex::new(State { limit, owed: 0 })) }
    }
}

impl Pace {
    /// Waits until there is room for a request.
    pub async fn place(&self) -> Place {
        // Nobody closes it; if somebody did, nothing would have to wait any more.
        if let Ok(permit) = self.places.acquire().await {
            permit.forget();
        }
        Place(self.clone())
    }

    /// How many requests may be under way.
    pub fn limit(&self) -> usize {
        self.with(|state| state.limit.now)
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // Nothing in here panics while it holds the lock.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes note of an answer by its status.
    pub fn told(&self, status: u16) {
        // S3 API Reference, "Error responses": SlowDown is 503; 429 is what other servers answer.
        if matches!(status, 429 | 503) { self.refused() } else { self.answered() }
    }

    fn answered(&self) {
        let is_reached = self.places.available_permits() == 0;
        self.with(|state| {
            if state.limit.answered(is_reached) {
                match state.owed.checked_sub(1) {
                    Some(owed) => state.owed = owed,
                    None => self.places.add_permits(1),
                }
            }
        });
    }

    fn refused(&self) {
        self.with(|state| {
            let fewer = state.limit.refused(Instant::now());
            state.owed += fewer - self.places.forget_permits(fewer);
        });
    }

    fn give_back(&self) {
        self.with(|state| match state.owed.checked_sub(1) {
            Some(owed) => state.owed = owed,
            None => self.places.add_permits(1),
        });
    }
}

/// A request under way.
#[derive(Debug)]
pub struct Place(Pace);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

/// Takes note of every answer, also of those that the SDK keeps to itself because it tries again.
#[dyn_dispatch_hint]
impl Intercept for Pace {
    fn name(&self) -> &'static str {
        "Pace"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(answer) = context.response() {
            self.told(answer.status().as_u16());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_grows_by_one_for_as_many_answers_as_it_is_high() {
        let mut limit = Limit { now: 4, answered: 0, cut: None };
        let grown = (0..9).filter(|_| limit.answered(true)).count();
        assert_eq!((grown, limit.now), (2, 6));
        assert!((0..100).all(|_| !limit.answered(false)), "there was room for more");
        for _ in 0..100_000 {
            limit.answered(true);
        }
        assert_eq!(limit.now, AT_MOST);
    }

    #[test]
    fn a_limit_is_halved_once_for_those_refused_together_and_never_below_one() {
        let start = Instant::now();
        let mut limit = Limit { now: 100, answered: 0, cut: None };
        let fewer: Vec<usize> = (0..5).map(|at| limit.refused(start + Duration::from_millis(at))).collect();
        assert_eq!((fewer, limit.now), (vec![50, 0, 0, 0, 0], 50));
        for later in 1..20 {
            limit.refused(start + ONE_CUT * later);
        }
        assert_eq!(limit.now, 1);
    }

    #[test]
    fn places_taken_away_are_not_given_out_again() {
        use futures::FutureExt;
        let pace = Pace::default();
        let take = || pace.place().now_or_never();
        let under_way: Vec<Place> = std::iter::from_fn(take).collect();
        assert_eq!(under_way.len(), AT_FIRST);
        pace.refused();
        assert_eq!(pace.limit(), AT_FIRST / 2);
        let mut under_way = under_way.into_iter();
        drop(under_way.by_ref().take(AT_FIRST / 2).collect::<Vec<_>>());
        assert!(take().is_none());
        drop(under_way.next());
        assert!(take().is_some());
    }
}
