//! The whole program against an emulated AWS (tests/emulator). `scripts/test` prepares the interpreter that it needs.

mod changes;
mod cloud;
mod dashboards;
mod doctor;
mod drift;
mod emulator;
mod failures;
mod handover;
mod iam;
mod lifecycle;
mod questions;
mod upgrade;
