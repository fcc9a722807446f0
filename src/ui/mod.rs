//! All printing. Data goes to stdout, everything else to stderr; commands hand over values.

use std::io::{self, BufWriter, IsTerminal, Write};

use crate::{Error, Result};

pub mod ask;
#[cfg(feature = "local")]
pub mod asking;
pub mod chart;
pub mod export;
pub mod grid;
pub mod progress;
pub mod reads;
pub mod sample;
pub mod table;
pub mod text;
#[cfg(feature = "aws")]
pub mod tree;

/// The version of the JSON that every command prints.
pub const SCHEMA_VERSION: u32 = 1;

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One object, with `schema_version`.
    Json,
    /// RFC 4180, with a header line.
    Csv,
    /// One object a line.
    Ndjson,
    /// A drawing of a query's answer: its course over time, or a bar a row.
    Chart,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Emphasis, where the output can show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint(bool);

impl Paint {
    /// Without any.
    pub const fn plain() -> Self {
        Self(false)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// For heads.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// For what may be skipped.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// For failures.
    pub fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// For what is well.
    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// For warnings.
    pub fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    /// For commands that can be typed.
    pub fn cyan(self, text: &str) -> String {
        self.with("36", text)
    }
}

/// What a view is drawn for.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Columns of the terminal; `None` where there is none, and nothing is shortened.
    pub width: Option<usize>,
    /// Emphasis.
    pub paint: Paint,
}

/// What a command found out, ready to be shown to people and programs alike.
pub trait View {
    /// As a person reads it, ending with a newline.
    fn human(&self, screen: &Screen) -> String;
    /// An object of JSON (see [`export::envelope`]), without the rows.
    fn json(&self) -> String;
    /// The rows in it, where it is about rows.
    fn rows(&self) -> Option<&dyn grid::Rows> {
        None
    }
}

/// How a command ended when it did not fail.
pub struct Outcome {
    /// What to print on stdout; nothing where the command has printed a stream itself.
    pub view: Option<Box<dyn View>>,
    /// Lines for people, printed on stderr behind the view.
    pub notes: Vec<String>,
    /// The commands to type next, with what each is for.
    pub next: Vec<(String, String)>,
    /// The process's exit code.
    pub code: u8,
}

impl Outcome {
    /// A success.
    pub fn of(view: impl View + 'static) -> Self {
        Self { view: Some(Box::new(view)), ..Self::silent() }
    }

    /// A success without data.
    pub fn silent() -> Self {
        Self { view: None, notes: Vec::new(), next: Vec::new(), code: 0 }
    }

    /// Adds a line for people.
    #[must_use]
    pub fn note(mut self, line: impl Into<String>) -> Self {
        self.notes.push(line.into());
        self
    }

    /// Adds a command to type next.
    #[must_use]
    pub fn next(mut self, command: impl Into<String>, purpose: impl Into<String>) -> Self {
        self.next.push((command.into(), purpose.into()));
        self
    }

    /// Sets the exit code.
    #[must_use]
    pub fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }
}

/// What the terminal and the environment are like, looked at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings {
    /// Whether stdin is a terminal.
    pub stdin_terminal: bool,
    /// Whether stdout is one.
    pub stdout_terminal: bool,
    /// Whether stderr is one.
    pub stderr_terminal: bool,
    /// Columns of stdout's terminal.
    pub width: Option<usize>,
    /// NO_COLOR is set and not empty.
    pub no_color: bool,
    /// CI is set and not empty.
    pub ci: bool,
}

impl Surroundings {
    /// Looks. This is the only place that asks the terminal and the environment about how to print.
    pub fn look() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value: std::ffi::OsString| !value.is_empty());
        Self {
            stdin_terminal: io::stdin().is_terminal(),
            stdout_terminal: io::stdout().is_terminal(),
            stderr_terminal: io::stderr().is_terminal(),
            width: console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns)),
            no_color: set("NO_COLOR"),
            ci: set("CI"),
        }
    }
}

/// The user's wishes about printing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// `--output`.
    pub format: Option<Format>,
    /// `--color`.
    pub color: ColorChoice,
    /// `--quiet`.
    pub quiet: bool,
    /// `-v`, how often.
    pub verbose: u8,
    /// `--no-input`.
    pub no_input: bool,
}

/// The one that prints.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    wishes: Wishes,
    around: Surroundings,
}

impl Ui {
    /// A printer for these wishes in these surroundings.
    pub fn new(wishes: Wishes, around: Surroundings) -> Self {
        Self { wishes, around }
    }

    /// Whether questions can be asked (UX: both ends are terminals, no CI, not `--no-input`).
    pub fn interactive(&self) -> bool {
        self.around.stdin_terminal && self.around.stderr_terminal && !self.around.ci && !self.wishes.no_input
    }

    /// Whether stderr is a terminal on which a line can be redrawn.
    pub fn live(&self) -> bool {
        self.around.stderr_terminal && !self.wishes.quiet
    }

    /// `--output`, or the command's default.
    pub fn format_or(&self, default: Format) -> Format {
        self.wishes.format.unwrap_or(default)
    }

    /// How often `-v` was given.
    pub fn verbose(&self) -> u8 {
        self.wishes.verbose
    }

    /// Whether only data and errors are printed.
    pub fn quiet(&self) -> bool {
        self.wishes.quiet
    }

    /// Emphasis on stderr.
    pub fn paint(&self) -> Paint {
        self.paint_for(self.around.stderr_terminal)
    }

    fn paint_for(&self, terminal: bool) -> Paint {
        Paint(match self.wishes.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !self.around.no_color,
        })
    }

    /// What stdout's views are drawn for.
    pub fn screen(&self) -> Screen {
        let width = if self.around.stdout_terminal { self.around.width } else { None };
        Screen { width, paint: self.paint_for(self.around.stdout_terminal) }
    }

    /// What is drawn for stderr.
    pub fn stderr_screen(&self) -> Screen {
        // Where stdout is no terminal its width is not known; what is at most 100 columns wide is bearable.
        let width = if self.around.stderr_terminal { self.around.width } else { None };
        Screen { width, paint: self.paint() }
    }

    /// A line for people on stderr, unless `--quiet`.
    pub fn note(&self, line: &str) {
        if !self.wishes.quiet {
            self.stderr(line);
        }
    }

    /// A line for people on stderr that matters even with `--quiet`.
    pub fn warn(&self, line: &str) {
        self.stderr(&format!("{} {line}", self.paint().yellow("warning:")));
    }

    /// An error as every command reports it: what, why, and after a blank line what to do.
    pub fn error(&self, error: &Error) {
        self.stderr(&format!("{} {}", self.paint().red("error:"), text::visible_lines(&error.to_string())));
        if let Some(hint) = error.suggestion() {
            self.stderr(&format!("\n{} {}", self.paint().cyan("hint:"), text::visible_lines(hint)));
        }
    }

    fn next(&self, steps: &[(String, String)]) {
        if steps.is_empty() || self.wishes.quiet {
            return;
        }
        let paint = self.paint();
        let wide = steps.iter().map(|(command, _)| text::width(command)).max().unwrap_or(0);
        self.stderr(&format!("\n{}", paint.bold("Next:")));
        for (command, purpose) in steps {
            let gap = " ".repeat(wide - text::width(command));
            self.stderr(&format!("  {}{gap}   {}", paint.cyan(command), paint.dim(purpose)));
        }
    }

    fn stderr(&self, line: &str) {
        // Nobody can be told that stderr is gone.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Prints how a command ended: its data, then notes and what to do next.
    ///
    /// # Errors
    /// If stdout cannot be written to.
    pub fn finish(&self, outcome: &Outcome) -> Result<u8> {
        if let Some(view) = &outcome.view {
            self.show(view.as_ref(), Format::Table)?;
        }
        outcome.notes.iter().for_each(|note| self.note(note));
        self.next(&outcome.next);
        Ok(outcome.code)
    }

    /// Prints a view as `--output` wants it.
    ///
    /// # Errors
    /// If stdout cannot be written to; a reader that has left (`| head`) is none.
    fn show(&self, view: &dyn View, default: Format) -> Result<()> {
        self.stream(|out| match (self.format_or(default), view.rows()) {
            (Format::Table | Format::Chart, _) => out.write_all(view.human(&self.screen()).as_bytes()),
            (format, Some(rows)) => export::write(format, &view.json(), rows, out),
            (Format::Json, None) => writeln!(out, "{}", view.json()),
            (Format::Csv, None) => export::csv_of_value(&parsed(&view.json()), out),
            (Format::Ndjson, None) => writeln!(out, "{}", export::on_one_line(&view.json())),
        })
        .map(|_| ())
    }

    /// Prints a view over the one before: on a terminal the screen is cleared first, elsewhere views follow one another.
    ///
    /// # Errors
    /// If stdout cannot be written to; a reader that has left is none.
    pub fn redraw(&self, view: &dyn View) -> Result<()> {
        if self.around.stdout_terminal && self.format_or(Format::Table) == Format::Table {
            // A terminal that cannot be cleared shows views one below the other.
            let _ = console::Term::stdout().clear_screen();
        }
        self.show(view, Format::Table)
    }

    /// Lets `write` print data on stdout, buffered; `false` where the reader has left before the end.
    ///
    /// # Errors
    /// If stdout cannot be written to for another reason.
    pub fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<bool> {
        let mut out = BufWriter::with_capacity(256 * 1024, io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                // What is still buffered has no reader either.
                let _ = out.into_parts();
                Ok(false)
            }
            Err(error) => Err(Error::failed("cannot write to standard output").because(error)),
        }
    }
}

fn parsed(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap_or_default()
}
