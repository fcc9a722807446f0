//! AWS: the few capabilities that are used, each a trait with a driver over the SDK. Decides nothing.
//!
//! The traits block. What is asked of AWS at the same time is asked from threads; everything above this room can then be
//! plain code, and a test's stand-in is a struct with a map in it.

#[cfg(feature = "aws")]
pub mod answer;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod assets;
#[cfg(feature = "aws")]
pub mod athena;
mod bucket_client;
#[cfg(feature = "aws")]
pub mod buckets;
pub mod clock;
#[cfg(feature = "aws")]
pub mod crawlers;
pub mod direct;
#[cfg(feature = "aws")]
pub mod discover;
#[cfg(feature = "aws")]
pub mod drift;
pub mod error;
#[cfg(feature = "worker")]
pub mod handover;
#[cfg(feature = "aws")]
pub mod hands;
#[cfg(feature = "aws")]
pub mod jobs;
#[cfg(feature = "aws")]
pub mod logs;
pub mod pace;
#[cfg(feature = "worker")]
pub mod partitions;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod preflight;
#[cfg(feature = "aws")]
pub mod query_runs;
#[cfg(feature = "aws")]
pub mod queues;
#[cfg(feature = "aws")]
pub mod roles;
#[cfg(feature = "aws")]
pub mod schedules;
mod session;
#[cfg(feature = "aws")]
pub mod stacks;
#[cfg(feature = "aws")]
pub mod tables;
#[cfg(feature = "aws")]
pub mod tagged;
#[cfg(feature = "aws")]
#[cfg(feature = "aws")]
pub mod topics;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod trials;

pub use bucket_client::BucketClient;
pub use session::{Identity, Session};
