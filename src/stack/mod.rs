//! Stacks as models: what would change, what happened, what to do next; with thin drivers.

pub mod change;
pub mod diff;
pub mod drift;
pub mod driver;
pub mod events;
pub mod health;
pub mod job;
pub mod look;
pub mod next;
pub mod plan_file;
mod retention;
pub mod runs;
pub mod site;
pub mod teardown;
pub mod template;
pub mod tree;
pub mod trial;
pub mod words;

#[cfg(test)]
pub(crate) mod fake;
