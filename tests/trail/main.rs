//! CloudTrail's files to the table `cloudtrail_events`: every column from the Parquet files themselves.

#![recursion_limit = "256"]

mod damaged;
#[cfg(feature = "local")]
mod engine;
mod fixtures;
mod model;
mod naive;
mod table;
