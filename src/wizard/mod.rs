//! The questions of `init --target aws`, as data: what is known and answered in, the next question out. Nothing here asks,
//! prints or knows AWS; `cmd` does.

pub mod assemble;
pub mod place;
pub mod question;
pub mod questions;
#[cfg(test)]
mod tests;

pub use place::PlaceName;
pub use question::{Answers, Choice, Form, Kind, Question};

use crate::aws::discover::Survey;
use crate::config::cloud::Cloud;

/// What is known before the questions begin.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What the pipeline is called if nobody says otherwise.
    pub name: String,
    /// The account's 12 digits.
    pub account_id: String,
    /// The Region.
    pub region: String,
    /// What the account has; empty if nobody looked.
    pub survey: Survey,
    /// The configuration that is there already.
    pub before: Option<Cloud>,
}
