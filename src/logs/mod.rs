//! Formats: bytes to records or reasons. No I/O.

pub mod columns;
pub mod key;
