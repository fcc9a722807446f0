//! `init --target aws`, and what goes wrong before a command has done anything: the whole program in a clean environment of its
//! own, without AWS, against a server that answers one thing, and against the emulator of `tests/emulator`, which
//! `scripts/test` installs.

// The tests of deployments ask more of it than these.
#[allow(dead_code)]
#[path = "../aws/emulator.rs"]
mod emulator;
mod errors;
mod pty;
mod server;
#[cfg(target_os = "linux")]
mod terminal;
mod world;
