//! A file a command: validate, ask for what is missing, execute, recommend what to do next.

use std::path::{Path, PathBuf};

use crate::cli::{Command, Global, Output};
use crate::config::{self, AnyConfig};
use crate::ui::text::shell_word;
use crate::ui::{Format, Outcome, Ui};
use crate::{Error, ErrorKind, Result};

#[cfg(any(feature = "aws", feature = "local"))]
mod answers;
#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "local")]
mod cells;
mod compact;
#[cfg(feature = "local")]
mod demo;
mod deploy;
mod destroy;
mod drift;
#[cfg(feature = "local")]
mod embedded;
#[cfg(any(feature = "aws", feature = "local"))]
mod findings;
mod folder;
mod generate;
mod init;
mod interrupt;
mod manual;
#[cfg(any(feature = "aws", feature = "local"))]
mod page;
mod parse;
mod project;
mod queries;
#[cfg(any(feature = "aws", feature = "local"))]
mod query;
mod range;
mod records;
#[cfg(any(feature = "aws", feature = "local"))]
mod report;
mod run;
mod saved;
#[cfg(any(feature = "aws", feature = "local"))]
mod serve;
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

/// Only the answer of a query can be drawn.
fn check_chart(context: &Context, command: &Command) -> Result<()> {
    let drawn = match command {
        #[cfg(any(feature = "aws", feature = "local"))]
        Command::Query(_) => true,
        _ => false,
    };
    if context.global.output != Some(Output::Format(Format::Chart)) || drawn {
        return Ok(());
    }
    Err(Error::usage("--output chart draws the answer of a query; this command has none")
        .hint("bucketscope query hourly-trend --output chart"))
}

/// Runs one command.
///
/// # Errors
/// What the command reports; `ui` prints it.
pub fn execute(context: &Context, command: Command) -> Result<Outcome> {
    check_chart(context, &command)?;
    if let (Some(Output::Page(page)), false) = (&context.global.output, matches!(command, Command::Report(_))) {
        return Err(Error::usage(format!("--output {}: only `report` writes a page", page.display()))
            .hint("--output takes table, json, csv, ndjson or, for a query, chart here"));
    }
    match command {
        Command::Init(args) => init::execute(context, &args),
        Command::Parse(args) => parse::execute(context, &args),
        Command::Generate(args) => generate::execute(context, &args),
        Command::Completions(args) => manual::completions(context, &args),
        Command::Man(args) => manual::pages(context, &args),
        Command::Deploy(args) => match configuration(context)? {
            AnyConfig::Local(_) => deploy::execute(context, &args),
            #[cfg(feature = "aws")]
            AnyConfig::Aws(cloud) => aws::deploy::execute(context, &cloud, &args),
        },
        Command::Run(args) => match configuration(context)? {
            AnyConfig::Local(_) => run::execute(context, &args),
            #[cfg(feature = "aws")]
            AnyConfig::Aws(cloud) => aws::run::execute(context, &cloud, &args),
        },
        Command::Status(args) => match configuration(context)? {
            AnyConfig::Local(_) => status::execute(context, &args),
            #[cfg(feature = "aws")]
            AnyConfig::Aws(cloud) => aws::status::execute(context, &cloud, &args),
        },
        Command::Compact(args) => match configuration(context)? {
            AnyConfig::Local(_) => compact::execute(context, &args),
            #[cfg(feature = "aws")]
            AnyConfig::Aws(cloud) => aws::compact::execute(context, &cloud, &args),
        },
        Command::Drift(args) => match configuration(context)? {
            AnyConfig::Local(_) => drift::execute(context, &args),
            #[cfg(feature = "aws")]
            AnyConfig::Aws(cloud) => aws::drift::execute(context, &cloud, &args),
        },
        Command::Queries(args) => queries::execute(context, &args),
        #[cfg(feature = "local")]
        Command::Demo(args) => demo::execute(context, &args),
        #[cfg(any(feature = "aws", feature = "local"))]
        Command::Query(args) => {
            query::check(context, &args)?;
            match configuration(context)? {
                #[cfg(feature = "local")]
                AnyConfig::Local(_) => {
                    #[cfg(feature = "aws")]
                    query::check_local(&args.asked, args.dry_run)?;
                    query::execute(context, &args)
                }
                #[cfg(not(feature = "local"))]
                AnyConfig::Local(_) => Err(without_engine()),
                #[cfg(feature = "aws")]
                AnyConfig::Aws(cloud) => aws::query::execute(context, &cloud, &args),
            }
        }
        #[cfg(any(feature = "aws", feature = "local"))]
        Command::Report(args) => match configuration(context)? {
            #[cfg(feature = "local")]
            AnyConfig::Local(_) => {
                #[cfg(feature = "aws")]
                query::check_local(&args.asked, false)?;
                report::execute(context, &args)
            }
            #[cfg(not(feature = "local"))]
            AnyConfig::Local(_) => Err(without_engine()),
            #[cfg(feature = "aws")]
            AnyConfig::Aws(cloud) => aws::query::report(context, &cloud, &args),
        },
        Command::Destroy(args) => match configuration(context)? {
            AnyConfig::Local(_) => destroy::execute(context, &args),
            #[cfg(feature = "aws")]
            AnyConfig::Aws(cloud) => aws::destroy::execute(context, &cloud, &args),
        },
        #[cfg(feature = "aws")]
        Command::Plan(args) => aws::plan::execute(context, &*cloud_configuration(context, "plan")?, &args),
        #[cfg(feature = "aws")]
        Command::Doctor(args) => aws::doctor::execute(context, &*cloud_configuration(context, "doctor")?, &args),
        #[cfg(feature = "aws")]
        Command::Notify(args) => aws::notify::execute(context, &*cloud_configuration(context, "notify")?, &args),
        #[cfg(feature = "aws")]
        Command::Policy(args) => aws::policy::execute(context, &*cloud_configuration(context, "policy")?, &args),
        #[cfg(not(feature = "local"))]
        Command::Demo(_) => Err(without_engine()),
        #[cfg(not(any(feature = "aws", feature = "local")))]
        Command::Query(_) | Command::Report(_) => Err(without_engine()),
    }
}

/// What a program without the embedded engine cannot do.
#[cfg(not(feature = "local"))]
fn without_engine() -> Error {
    Error::usage("this bucketscope was built without the embedded SQL engine")
        .hint("cargo build --release  builds it with everything")
}

/// The configuration, of whichever target.
fn configuration(context: &Context) -> Result<AnyConfig> {
    config::load_any(&context.config_path())
}

/// The configuration for a command that only the target `aws` has.
#[cfg(feature = "aws")]
fn cloud_configuration(context: &Context, command: &str) -> Result<Box<config::cloud::Cloud>> {
    match configuration(context)? {
        AnyConfig::Aws(cloud) => Ok(cloud),
        AnyConfig::Local(_) => {
            Err(Error::usage(format!("`{command}` is for `target: aws`; this configuration says `target: local`"))
                .hint("bucketscope deploy  prepares a local lake; there is nothing to plan"))
        }
    }
}

/// A missing value that nobody can be asked for.
fn input_needed(what: &str, flag: &str) -> Error {
    Error::new(ErrorKind::InputNeeded, what).hint(format!("give {flag}"))
}
