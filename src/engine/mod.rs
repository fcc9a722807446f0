//! Runs queries: embedded (`local`), and on Athena (`athena`). Knows no query texts.

#[cfg(feature = "local")]
pub mod answer;
#[cfg(all(feature = "aws", feature = "cli"))]
pub mod athena;
#[cfg(feature = "local")]
pub mod local;
pub mod told;

#[cfg(feature = "local")]
mod aggregates;
#[cfg(feature = "local")]
mod compat;
#[cfg(feature = "local")]
mod counting;
#[cfg(feature = "local")]
mod dialect;
#[cfg(feature = "local")]
mod formats;
#[cfg(feature = "local")]
mod functions;
#[cfg(feature = "local")]
mod prune;
#[cfg(feature = "local")]
mod table;
#[cfg(feature = "local")]
mod text;
#[cfg(feature = "local")]
mod times;
#[cfg(feature = "local")]
mod unique;
