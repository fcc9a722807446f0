//! Stacks as models: what would change, what happened, what to do next; with thin drivers.

pub mod driver;
pub mod events;
pub mod teardown;
pub mod template;
pub mod tree;
pub mod words;
