//! The whole program against an emulated AWS (tests/emulator). `scripts/test` prepares the interpreter that it needs.

mod cloud;
mod emulator;
mod failures;
mod iam;
mod lifecycle;
