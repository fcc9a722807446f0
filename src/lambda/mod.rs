//! What the functions do. [`notify()`] tells the topic of events, [`report`] starts scheduled reports; the rest is
//! the function behind `Custom::BucketLogging`: switches access logging on for one bucket, and gives the earlier setting
//! back. A custom resource, so that CloudFormation does it too when it rolls back or deletes.
//!
//! What is to be done follows from values alone ([`logging`]); [`handle`] reads them, does it, and answers CloudFormation.
//!
//! Calls, on the buckets whose logs are wanted: GetBucketLocation, GetBucketLogging, PutBucketLogging. On the log bucket:
//! GetBucketLocation, GetObjectLockConfiguration, GetBucketRequestPayment, ListObjectsV2's permission (without it S3 says
//! "denied" of an object that is not there), and below the state prefix GetObject and PutObject.

mod answer;
mod buckets;
mod event;
mod handle;
mod logging;
mod notify;
mod report;
mod tell;

pub use handle::{Answered, handle};
pub use logging::Here;
pub use notify::notify;
pub use report::report;

#[cfg(test)]
mod tests;
