//! From arguments to exit code: parse, run the command, print what it hands back.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use clap::error::ErrorKind as ClapKind;

use crate::cli::{self, Cli};
use crate::cmd::{self, Context};
use crate::exit::USAGE;
use crate::ui::{ColorChoice, Surroundings, Ui, Wishes};

/// Runs the program.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match parse(&args) {
        Ok(cli) => cli,
        Err(code) => return ExitCode::from(code),
    };
    let global = cli.global.clone();
    let wishes = Wishes {
        format: global.output.as_ref().and_then(cli::Output::format),
        color: global.color,
        quiet: global.quiet,
        verbose: global.verbose,
        no_input: global.no_input,
    };
    let ui = Ui::new(wishes, Surroundings::look());
    let context = Context { ui, global, now_ms: now_ms() };
    ExitCode::from(finish(&ui, cmd::execute(&context, cli.command)))
}

/// Prints how a command ended; returns the exit code.
fn finish(ui: &Ui, ended: crate::Result<crate::ui::Outcome>) -> u8 {
    ended.and_then(|outcome| ui.finish(&outcome)).unwrap_or_else(|error| {
        ui.error(&error);
        error.code()
    })
}

fn parse(args: &[OsString]) -> Result<Cli, u8> {
    Cli::try_parse_from(args).map_err(|error| {
        let error = error.with_cmd(&colored_command(args));
        // A reader that has left needs no help text.
        let _ = error.print();
        match error.kind() {
            ClapKind::DisplayHelp | ClapKind::DisplayVersion => 0,
            _ => USAGE,
        }
    })
}

/// Help and usage errors are printed before `--color` is parsed, so it is looked for by hand.
fn colored_command(args: &[OsString]) -> clap::Command {
    use clap::{CommandFactory, ValueEnum};
    let words: Vec<String> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let given = words.iter().enumerate().find_map(|(i, word)| match word.strip_prefix("--color") {
        Some("") => words.get(i + 1).cloned(),
        Some(rest) => rest.strip_prefix('=').map(str::to_owned),
        None => None,
    });
    let choice = match given.and_then(|word| ColorChoice::from_str(&word, false).ok()).unwrap_or_default() {
        ColorChoice::Auto => clap::ColorChoice::Auto,
        ColorChoice::Always => clap::ColorChoice::Always,
        ColorChoice::Never => clap::ColorChoice::Never,
    };
    Cli::command().color(choice)
}

/// The clock, read here and nowhere else: commands are given the time.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
