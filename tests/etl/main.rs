//! The pipeline as a specification: exactly once, whatever happens.
//!
//! Most tests use a worker of a few lines (`naive`), whose output files are text, and a lake whose storage fails on
//! demand (`faults`): what they show does not rest on the parser or on Parquet. `kill` uses the real worker.

#[cfg(feature = "worker")]
mod athena;
mod buckets;
mod compact;
mod destroy;
mod drift;
mod faults;
mod injection;
mod kill;
mod known;
mod model;
mod naive;
mod previous;
mod real;
mod sources;
mod status;
mod threads;
mod together;
