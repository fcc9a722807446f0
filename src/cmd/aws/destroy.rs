//! `destroy` for the target `aws`.

use crate::cli::Destroy;
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::ui::Outcome;
use crate::{Error, Result};

/// Runs `destroy`.
///
/// # Errors
/// What the command reports.
pub fn execute(_context: &Context, _cloud: &Cloud, _args: &Destroy) -> Result<Outcome> {
    Err(Error::usage("`destroy` is not built for the target `aws` yet"))
}
