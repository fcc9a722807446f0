//! The command line. Everything is in `app::run`, where tests and docs can reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    bucketscope::keep_memory();
    bucketscope::app::run(std::env::args_os())
}
