//! `run` for the target `aws`.

use crate::cli::Run;
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::ui::Outcome;
use crate::{Error, Result};

/// Runs `run`.
///
/// # Errors
/// What the command reports.
pub fn execute(_context: &Context, _cloud: &Cloud, _args: &Run) -> Result<Outcome> {
    Err(Error::usage("`run` is not built for the target `aws` yet"))
}
