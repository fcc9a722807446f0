//! Questions to the person at the terminal. Callers check [`super::Ui::interactive`] first.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Select};

use super::{Paint, text};
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

/// Lets one of these be chosen; returns its index. Each is shown by its name and what is said of it.
///
/// # Errors
/// If the person leaves with Ctrl-C or the terminal fails.
pub fn one(question: &str, choices: &[(String, String)], default: usize) -> Result<usize> {
    asking();
    let theme = ColorfulTheme::default();
    let select = Select::with_theme(&theme).with_prompt(question).items(columns(choices)).default(default);
    let answer = answered(select.report(false).max_length(ROWS).interact())?;
    report(&theme, question, choices.get(answer).map_or("", |(name, _)| name.as_str()));
    Ok(answer)
}

/// Lets any of these be chosen; returns their indexes. `chosen` says which are before a key is pressed.
///
/// # Errors
/// If the person leaves with Ctrl-C or the terminal fails.
pub fn many(question: &str, choices: &[(String, String)], chosen: &[bool]) -> Result<Vec<usize>> {
    asking();
    let theme = ColorfulTheme::default();
    let prompt = format!("{question} (space chooses, a all, enter goes on)");
    let items = columns(choices).into_iter().zip(chosen.iter().copied());
    let select = MultiSelect::with_theme(&theme).with_prompt(prompt).items_checked(items);
    let answer = answered(select.report(false).max_length(ROWS).interact())?;
    let names: Vec<&str> = answer.iter().filter_map(|at| choices.get(*at)).map(|(name, _)| name.as_str()).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    report(&theme, question, &names);
    Ok(answer)
}

/// What helps with a question: dim, indented, broken at spaces.
pub fn help(lines: &str, paint: Paint) {
    for line in text::wrap(lines, width().saturating_sub(4)) {
        // Nobody can be told that stderr is gone.
        let _ = Term::stderr().write_line(&paint.dim(&format!("  {line}")));
    }
}

/// Columns of the terminal on which questions stand.
pub fn width() -> usize {
    Term::stderr().size_checked().map_or(80, |(_, columns)| usize::from(columns))
}

/// The answer as the theme shows answers, on one line.
fn report(theme: &ColorfulTheme, question: &str, answer: &str) {
    // The mark before the question, the dot behind it, and a column to spare.
    let room = width().saturating_sub(text::width(question) + 6).max(10);
    let answer = theme.values_style.apply_to(text::shorten(answer, room));
    let question = theme.prompt_style.apply_to(question);
    // Nobody can be told that stderr is gone.
    let _ =
        Term::stderr().write_line(&format!("{} {question} {} {answer}", theme.success_prefix, theme.success_suffix));
}

/// Choices in columns. A list is redrawn by its number of lines, so that none may take two.
fn columns(choices: &[(String, String)]) -> Vec<String> {
    /// What the theme puts before an item.
    const MARK: usize = 5;
    /// A longer name is shortened.
    const WIDEST: usize = 44;
    let wide = choices.iter().map(|(name, _)| text::width(name)).max().unwrap_or(0).min(WIDEST);
    let line = |(name, detail): &(String, String)| {
        let name = text::shorten(name, WIDEST);
        let gap = " ".repeat(wide.saturating_sub(text::width(&name)));
        let line = format!("{name}{gap}   {detail}");
        text::shorten(line.trim_end(), width().saturating_sub(MARK)).into_owned()
    };
    choices.iter().map(line).collect()
}

/// A question that has read the key has ended the program by then.
const LEAVING: std::time::Duration = std::time::Duration::from_millis(400);

/// Ctrl-C in a question: the terminal library raises the signal again after reading the key, which would end the program
/// with the cursor hidden and without a word. So the signal is listened for, and in a question left to the question.
fn asking() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    ASKING.store(true, Ordering::SeqCst);
    LISTENING.get_or_init(|| {
        let (ready, listens) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
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
                            if ASKING.load(Ordering::SeqCst) {
                                // Between two keys the terminal keeps Ctrl-C from the question, which then goes on.
                                tokio::time::sleep(LEAVING).await;
                                let _ = Term::stderr().show_cursor();
                                let _ = Term::stderr().write_line("\nerror: interrupted; nothing was changed");
                            }
                            std::process::exit(INTERRUPTED);
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
