//! `deploy` for the target `aws`.

use crate::cli::Deploy;
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::ui::Outcome;
use crate::{Error, Result};

/// Runs `deploy`.
///
/// # Errors
/// What the command reports.
pub fn execute(_context: &Context, _cloud: &Cloud, _args: &Deploy) -> Result<Outcome> {
    Err(Error::usage("`deploy` is not built for the target `aws` yet"))
}
