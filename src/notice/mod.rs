//! Notices: from an event of AWS to a message that a person reads, and what a scheduled report asks. Pure; `lambda/` brings the
//! events and sends the messages, `blueprint/` hands over what must be known of the pipeline.

pub mod amount;
pub mod event;
pub mod message;
pub mod report;
pub mod setup;
mod texts;

pub use event::Event;
pub use message::Message;
pub use setup::Setup;
pub use texts::{Rows, Seen, compose, not_started};

/// The variable of a function's environment that holds its [`Setup`].
pub const VARIABLE: &str = "BUCKETSCOPE_NOTICES";

/// The handler of the function that sends notices: one program serves all functions.
pub const NOTIFY: &str = "notify";

/// The handler of the function that starts reports.
pub const REPORT: &str = "report";

#[cfg(test)]
mod tests;
