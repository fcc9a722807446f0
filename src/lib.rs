//! bucketscope: who touched what in your S3 buckets.
//!
//! Rooms and what each may depend on are described in ARCHITECTURE.md.

pub mod error;
pub mod etl;
pub mod generate;
pub mod logs;
pub mod query;
pub mod storage;

pub use error::{Error, ErrorKind, Result};
