//! `status` for the target `aws`.

use crate::cli::Status;
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::ui::Outcome;
use crate::{Error, Result};

/// Runs `status`.
///
/// # Errors
/// What the command reports.
pub fn execute(_context: &Context, _cloud: &Cloud, _args: &Status) -> Result<Outcome> {
    Err(Error::usage("`status` is not built for the target `aws` yet"))
}
