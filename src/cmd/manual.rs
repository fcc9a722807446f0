//! `completions` and `man`: what is made of the description of the arguments.

use std::fs;

use clap::CommandFactory;
use serde::Serialize;

use super::Context;
use crate::Result;
use crate::cli::{Cli, Completions, Man};
use crate::storage::io_error;
use crate::ui::export::envelope;
use crate::ui::text::{plural, visible};
use crate::ui::{Outcome, Screen, View};

/// Prints the completions for a shell.
///
/// # Errors
/// If stdout cannot be written to.
pub fn completions(context: &Context, args: &Completions) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "bucketscope", &mut script);
    context.ui.stream(|out| out.write_all(&script))?;
    Ok(Outcome::silent())
}

/// Writes the man pages: one for the program, one for each command.
///
/// # Errors
/// If the folder or a page cannot be written.
pub fn pages(context: &Context, args: &Man) -> Result<Outcome> {
    let folder = context.path(&args.directory);
    let failed = |error| io_error(format!("cannot write man pages into {}", folder.display()), &error);
    fs::create_dir_all(&folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &folder).map_err(failed)?;
    let pages = fs::read_dir(&folder).map_err(failed)?.flatten();
    let pages = pages.filter(|page| page.path().extension().is_some_and(|end| end == "1")).count() as u64;
    Ok(Outcome::of(Written { directory: folder.display().to_string(), pages }))
}

#[derive(Debug, Serialize)]
struct Written {
    directory: String,
    pages: u64,
}

impl View for Written {
    fn human(&self, _screen: &Screen) -> String {
        format!("{} in {}\n", plural(self.pages, "man page", "man pages"), visible(&self.directory))
    }

    fn json(&self) -> String {
        envelope("man", self)
    }
}
