//! `plan` for the target `aws`.

use crate::cli::Plan;
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::ui::Outcome;
use crate::{Error, Result};

/// Runs `plan`.
///
/// # Errors
/// What the command reports.
pub fn execute(_context: &Context, _cloud: &Cloud, _args: &Plan) -> Result<Outcome> {
    Err(Error::usage("`plan` is not built for the target `aws` yet"))
}
