//! `drift` for the target `aws`.

use crate::cli::Drift;
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::ui::Outcome;
use crate::{Error, Result};

/// Runs `drift`.
///
/// # Errors
/// What the command reports.
pub fn execute(_context: &Context, _cloud: &Cloud, _args: &Drift) -> Result<Outcome> {
    Err(Error::usage("`drift` is not built for the target `aws` yet"))
}
