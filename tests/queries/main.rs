//! The saved queries and the embedded engine, on small lakes made of real log lines.

mod cases;
mod compat;
mod dashboards;
mod docs;
mod engine;
mod functions;
mod golden;
mod guidance;
mod lake;
