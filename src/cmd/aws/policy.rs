//! `policy` for the target `aws`.

use crate::cli::Policy;
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::ui::Outcome;
use crate::{Error, Result};

/// Runs `policy`.
///
/// # Errors
/// What the command reports.
pub fn execute(_context: &Context, _cloud: &Cloud, _args: &Policy) -> Result<Outcome> {
    Err(Error::usage("`policy` is not built for the target `aws` yet"))
}
