//! Runs queries: embedded (`local`). Knows no query texts.

pub mod answer;
pub mod local;

mod aggregates;
mod compat;
mod counting;
mod dialect;
mod formats;
mod functions;
mod prune;
mod table;
mod text;
mod times;
