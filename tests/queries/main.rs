//! The saved queries and the embedded engine, on small lakes made of real log lines.

mod compat;
mod engine;
mod functions;
mod golden;
mod lake;
