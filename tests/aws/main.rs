//! The target `aws`, against the emulator in tests/emulator.

mod iam;
