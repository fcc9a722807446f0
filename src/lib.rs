//! bucketscope: who touched what in your S3 buckets.
//!
//! Rooms and what each may depend on are described in ARCHITECTURE.md.

// Whatever is printed goes through `ui`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "cli")]
pub mod app;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod assets;
#[cfg(feature = "cloud")]
pub mod aws;
pub mod backlog;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod blueprint;
#[cfg(feature = "worker")]
pub mod catalogue;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod cmd;
#[cfg(feature = "cli")]
pub mod config;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod cost;
#[cfg(feature = "local")]
pub mod engine;
pub mod error;
pub mod etl;
pub mod generate;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod logs;
#[cfg(feature = "cloud")]
pub mod pipeline;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod preflight;
pub mod query;
#[cfg(all(feature = "cli", feature = "local"))]
pub mod report;
#[cfg(feature = "cloud")]
pub mod selftest;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod stack;
pub mod storage;
#[cfg(feature = "cli")]
pub mod ui;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod wizard;
#[cfg(feature = "worker")]
pub mod worker;

/// Of all binaries and tests: a worker takes and gives back pages of a megabyte by the thousand, which the system's allocator
/// returns to the kernel each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use error::{Error, ErrorKind, Result};
