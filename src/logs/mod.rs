//! Formats: bytes to records or reasons. No I/O.

pub mod access;
pub mod columns;
pub mod compat;
pub mod key;
pub mod lines;
pub mod name;
pub mod table;
pub mod time;
pub mod trail;
