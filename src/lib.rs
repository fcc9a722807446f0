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
#[cfg(feature = "cli")]
pub mod cost;
#[cfg(any(feature = "local", all(feature = "aws", feature = "cli")))]
pub mod engine;
pub mod error;
pub mod etl;
pub mod exit;
pub mod generate;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod logs;
#[cfg(any(feature = "lambda", all(feature = "aws", feature = "cli")))]
pub mod notice;
#[cfg(feature = "cloud")]
pub mod pipeline;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod preflight;
pub mod query;
#[cfg(all(feature = "cli", any(feature = "aws", feature = "local")))]
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

pub use error::{Error, ErrorKind, Result};

/// Of all binaries and tests: a worker takes and gives back pages of a megabyte by the thousand, which the system's allocator
/// returns to the kernel each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Has memory kept until the program ends. A worker needs for its next shard what it gave back of the one before, and
/// memory that comes from the kernel a second time has to be cleared a second time. To be called before anything else.
pub fn keep_memory() {
    // SAFETY: sets a number that the allocator reads; no other thread is there yet.
    #[allow(unsafe_code, reason = "the allocator has no other interface")]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1);
    }
}

/// After how many milliseconds memory is given back; -1 for never (mimalloc.h, `mi_option_purge_delay`).
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

#[cfg(test)]
mod tests {
    #[test]
    fn the_option_is_the_one_that_is_meant() {
        // SAFETY: reads a number.
        #[allow(unsafe_code, reason = "the allocator has no other interface")]
        let default = unsafe { libmimalloc_sys::mi_option_get(super::PURGE_DELAY) };
        assert_eq!(default, 1000, "the default of mimalloc 3; no other option has it");
    }
}
