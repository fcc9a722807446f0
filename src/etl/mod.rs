//! The way of a record: list, plan, work, commit (ARCHITECTURE.md).

pub mod encode;
pub mod model;
pub mod work;
