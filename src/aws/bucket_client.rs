//! The client for one bucket: one a process, so that all who read and write there share connections, pace and retries.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_s3::config::timeout::TimeoutConfig;

use super::Session;
use super::direct::Direct;
use super::pace::{self, Pace};

/// How often the SDK tries a request: with its exponential pauses, S3 has half a minute to make room after a 503 (S3
/// User Guide, "Best practices design patterns": retry 503 Slow Down with backoff).
const TRIES: u32 = 8;
/// What a retry takes at most from the SDK's budget: after a time-out. After an answer that says to slow down, it is half.
const RETRY_COST: usize = 10;
/// The budget is full again after this many seconds.
const REFILL_SECONDS: f32 = 60.0;
/// A request without an answer for this long is tried again.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A client and how fast it may go. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BucketClient {
    /// The client.
    pub client: Client,
    /// What every request has to pass.
    pub pace: Pace,
    /// The short way of a GET.
    pub direct: Direct,
}

/// The clients of a session and its clones, by Region and bucket.
pub(super) type BucketClients = Arc<Mutex<BTreeMap<(String, String), BucketClient>>>;

impl Session {
    /// The client for this bucket, which is the same one for all clones of the session.
    pub fn bucket_client(&self, bucket: &str) -> BucketClient {
        let mut clients = self.bucket_clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (self.region().to_owned(), bucket.to_owned());
        clients.entry(key).or_insert_with_key(|key| self.new_bucket_client(key)).clone()
    }

    fn new_bucket_client(&self, (region, bucket): &(String, String)) -> BucketClient {
        let pace = Pace::default();
        let partition = RetryPartition::custom(format!("{bucket} in {region}")).token_bucket(retry_budget());
        let config = self
            .s3_config()
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
            .retry_partition(partition.build())
            .timeout_config(TimeoutConfig::builder().read_timeout(READ_TIMEOUT).build())
            // A checksum would be asked for and computed for every object. The way is TLS, and a body that is too short is
            // noticed by its length.
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .interceptor(pace.clone());
        let client = Client::from_conf(config.build());
        let credentials = self.config().credentials_provider();
        let direct = Direct::new(client.clone(), (region, bucket), credentials, self.clock().clone());
        BucketClient { client, pace, direct }
    }
}

/// What all retries of a client may use up.
///
/// The SDK's own budget (aws-smithy-runtime, `token_bucket`) is 500 tokens for all clients of a service and Region together. A
/// retry takes five of them or ten; the last one of a request that succeeds gives its back, the ones before do not, and a request
/// that succeeds at once gives one. A hundred requests that S3 asks to slow down, as it does while it makes room for a new
/// load, use all of it up, and the next request that is refused fails at its first try: reads of the source could so make
/// the commit in the lake fail.
///
/// What that budget is there for, keeping retries from multiplying the load, is done by [`Pace`] here: retries keep
/// the place of their request, and there are fewer and fewer places. So the budget is large enough for every
/// request under way to make all its tries, and belongs to one bucket. It still ends: what fails for minutes on end is told.
fn retry_budget() -> TokenBucket {
    let capacity = pace::AT_MOST * TRIES as usize * RETRY_COST;
    TokenBucket::builder().capacity(capacity).refill_rate(capacity as f32 / REFILL_SECONDS).build()
}
