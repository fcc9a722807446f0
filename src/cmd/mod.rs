//! A file a command: validate, ask for what is missing, execute, recommend what to do next.

use std::path::{Path, PathBuf};

use crate::cli::{Command, Global};
use crate::config;
use crate::ui::text::shell_word;
use crate::ui::{Outcome, Ui};
use crate::{Error, ErrorKind, Result};

mod cells;
mod demo;
mod deploy;
mod destroy;
mod drift;
mod folder;
mod generate;
mod init;
mod interrupt;
mod parse;
mod project;
mod queries;
mod query;
mod range;
mod records;
mod report;
mod run;
mod status;
mod words;

/// What every command is given.
#[derive(Debug, Clone)]
pub struct Context {
    /// The printer.
    pub ui: Ui,
    /// The global flags.
    pub global: Global,
    /// When the command began, in milliseconds since the epoch.
    pub now_ms: i64,
}

impl Context {
    /// A path that the user typed: relative ones begin in the project's folder (`-C`).
    pub fn path(&self, typed: &Path) -> PathBuf {
        match &self.global.project {
            Some(project) => project.join(typed),
            None => typed.to_owned(),
        }
    }

    /// The configuration file.
    pub fn config_path(&self) -> PathBuf {
        self.path(self.global.config.as_deref().unwrap_or(Path::new(config::FILE_NAME)))
    }

    /// A command as the user would type it for the same project.
    pub fn command(&self, rest: &str) -> String {
        let mut out = "bucketscope".to_owned();
        for (flag, value) in [("-C", &self.global.project), ("--config", &self.global.config)] {
            if let Some(value) = value {
                out.push_str(&format!(" {flag} {}", shell_word(&value.to_string_lossy())));
            }
        }
        format!("{out} {rest}")
    }
}

/// Runs one command.
///
/// # Errors
/// What the command reports; `ui` prints it.
pub fn execute(context: &Context, command: Command) -> Result<Outcome> {
    match command {
        Command::Init(args) => init::execute(context, &args),
        Command::Parse(args) => parse::execute(context, &args),
        Command::Generate(args) => generate::execute(context, &args),
        Command::Deploy => deploy::execute(context),
        Command::Run(args) => run::execute(context, &args),
        Command::Status => status::execute(context),
        Command::Drift(args) => drift::execute(context, &args),
        Command::Queries(args) => queries::execute(context, &args),
        Command::Demo(args) => demo::execute(context, &args),
        Command::Query(args) => query::execute(context, &args),
        Command::Report(args) => report::execute(context, &args),
        Command::Destroy(args) => destroy::execute(context, &args),
    }
}

/// A missing value that nobody can be asked for.
fn input_needed(what: &str, flag: &str) -> Error {
    Error::new(ErrorKind::InputNeeded, what).hint(format!("give {flag}"))
}
