//! The way of a record: list, plan, work, commit (ARCHITECTURE.md).

pub mod model;
