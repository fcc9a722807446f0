//! Questions to the person at the terminal. Callers check [`super::Ui::interactive`] first.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Select};

use super::text;
use crate::{Error, ErrorKind, Result};

/// Rows of a list that are shown at once; longer lists are paged.
const ROWS: usize = 12;

/// What the shell reports for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Set while a question stands on the terminal.
static ASKING: AtomicBool = AtomicBool::new(false);

/// Asks for a line of text, with the answer that Enter gives and a check that explains itself.
///
/// # Errors
/// If the person leaves with Ctrl-C or the terminal fails.
pub fn text(question: &str, default: Option<String>, check: impl Fn(&str) -> Result<(), String>) -> Result<String> {
    line(question, default, false, check)
}

/// As [`text`]; with `empty`, nothing is an answer as well.
///
/// # Errors
/// If the person leaves with Ctrl-C or the terminal fails.
pub fn line(
    question: &str,
    default: Option<String>,
    empty: bool,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<String> {
    asking();
    let theme = ColorfulTheme::default();
    let mut input = Input::<String>::with_theme(&theme).with_prompt(question).allow_empty(empty);
    if let Some(default) = default {
        input = input.default(default);
    }
    answered(input.validate_with(|answer: &String| check(answer)).interact_text())
}

/// Asks a question of yes or no.
///
/// # Errors
/// If the person leaves with Ctrl-C or the terminal fails.
pub fn confirm(question: &str, default: bool) -> Result<bool> {
    asking();
    answered(Confirm::with_theme(&ColorfulTheme::default()).with_prompt(question).default(default).interact())
}

/// Lets one of these lines be chosen; returns its index.
///
/// # Errors
/// If the person leaves with Ctrl-C or the terminal fails.
pub fn one(question: &str, lines: &[String], default: usize) -> Result<usize> {
    asking();
    let theme = ColorfulTheme::default();
    let select = Select::with_theme(&theme).with_prompt(question).items(fitting(lines)).default(default);
    answered(select.max_length(ROWS).interact())
}

/// Lets any of these lines be chosen; returns their indexes. `chosen` says which are before a key is pressed.
///
/// # Errors
/// If the person leaves with Ctrl-C or the terminal fails.
pub fn many(question: &str, lines: &[String], chosen: &[bool]) -> Result<Vec<usize>> {
    asking();
    let theme = ColorfulTheme::default();
    let prompt = format!("{question} (space chooses, a all, enter goes on)");
    let items = fitting(lines).into_iter().zip(chosen.iter().copied());
    let select = MultiSelect::with_theme(&theme).with_prompt(prompt).items_checked(items).report(false);
    let answer = answered(select.max_length(ROWS).interact())?;
    let count = text::plural(answer.len() as u64, "chosen", "chosen");
    let done = format!("{} {} · {count}", theme.success_prefix, theme.prompt_style.apply_to(question));
    // Nobody can be told that stderr is gone.
    let _ = Term::stderr().write_line(&done);
    Ok(answer)
}

/// A list is redrawn by its number of lines, so that none may take two.
fn fitting(lines: &[String]) -> Vec<String> {
    /// What the theme puts before an item.
    const MARK: usize = 5;
    let width = Term::stderr().size_checked().map_or(80, |(_, columns)| usize::from(columns));
    lines.iter().map(|line| text::shorten(line, width.saturating_sub(MARK)).into_owned()).collect()
}

/// Ctrl-C in a question: the terminal library raises the signal again after reading the key, which would end the program
/// with the cursor hidden and without a word. So the signal is listened for, and in a question left to the question.
fn asking() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    ASKING.store(true, Ordering::SeqCst);
    LISTENING.get_or_init(|| {
        let (ready, listens) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let mut ready = Some(ready);
                loop {
                    tokio::select! {
                        biased;
                        arrived = tokio::signal::ctrl_c() => {
                            if arrived.is_err() {
                                return;
                            }
                            if !ASKING.load(Ordering::SeqCst) {
                                std::process::exit(INTERRUPTED);
                            }
                        }
                        // Polled behind the signal, so that is listened for by now. The question waits for this.
                        () = std::future::ready(()), if ready.is_some() => {
                            let _ = ready.take().map(|ready| ready.send(()));
                        }
                    }
                }
            });
        });
        let _ = listens.recv();
    });
}

fn answered<T>(answer: dialoguer::Result<T>) -> Result<T> {
    let error = match answer {
        Ok(answer) => {
            ASKING.store(false, Ordering::SeqCst);
            return Ok(answer);
        }
        // The question was left, and so is the program: the signal stays ours, as it may still be on its way.
        Err(dialoguer::Error::IO(error)) => error,
    };
    let _ = Term::stderr().show_cursor();
    if error.kind() == std::io::ErrorKind::Interrupted {
        return Err(Error::new(ErrorKind::Interrupted, "interrupted; nothing was changed"));
    }
    Err(Error::failed("cannot ask on this terminal").because(error).hint("give the values as flags, with --no-input"))
}
