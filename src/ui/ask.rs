//! Questions to the person at the terminal. Callers check [`super::Ui::interactive`] first.

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input};

use crate::{Error, ErrorKind, Result};

/// Asks for a line of text, with the answer that Enter gives and a check that explains itself.
///
/// # Errors
/// If the person leaves with Ctrl-C or the terminal fails.
pub fn text(question: &str, default: Option<String>, check: impl Fn(&str) -> Result<(), String>) -> Result<String> {
    let theme = ColorfulTheme::default();
    let mut input = Input::<String>::with_theme(&theme).with_prompt(question);
    if let Some(default) = default {
        input = input.default(default);
    }
    input.validate_with(|answer: &String| check(answer)).interact_text().map_err(left)
}

/// Asks a question of yes or no.
///
/// # Errors
/// If the person leaves with Ctrl-C or the terminal fails.
pub fn confirm(question: &str, default: bool) -> Result<bool> {
    Confirm::with_theme(&ColorfulTheme::default()).with_prompt(question).default(default).interact().map_err(left)
}

fn left(error: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(io) = error;
    if io.kind() == std::io::ErrorKind::Interrupted {
        return Error::new(ErrorKind::Interrupted, "interrupted; nothing was changed");
    }
    Error::failed("cannot ask on this terminal").because(io).hint("give the values as flags, with --no-input")
}
