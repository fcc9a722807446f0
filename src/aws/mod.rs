//! AWS: the few capabilities that are used, each a trait with a driver over the SDK. Decides nothing.
//!
//! The traits block. What is asked of AWS at the same time is asked from threads; everything above this room can then be
//! plain code, and a test's stand-in is a struct with a map in it.

#[cfg(all(feature = "aws", feature = "cli"))]
pub mod assets;
#[cfg(feature = "aws")]
pub mod discover;
pub mod error;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod preflight;
mod session;
#[cfg(feature = "aws")]
pub mod stacks;

pub use session::{Identity, Session};
