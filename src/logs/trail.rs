//! CloudTrail's log files: bytes to events or reasons. No I/O. The rules are told in docs/cloudtrail.md.

pub mod columns;
pub mod json;
pub mod record;
pub mod stream;
pub mod unique;
