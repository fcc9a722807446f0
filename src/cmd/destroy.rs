//! `destroy`: removes what bucketscope made, after showing it and hearing the pipeline's name.

use serde::Serialize;

use super::project::Project;
use super::{Context, input_needed};
use crate::cli::Destroy;
use crate::etl::destroy::{self, Destroyed, Inventory, Stays};
use crate::ui::export::envelope;
use crate::ui::text::{self, plural, shell_word};
use crate::ui::{Outcome, Screen, View, ask};
use crate::{Error, Result};

#[derive(Debug, Serialize)]
struct Removed {
    name: String,
    lake: String,
    #[serde(flatten)]
    destroyed: Destroyed,
}

/// Runs `destroy`.
///
/// # Errors
/// If the lake is not there, the name is not given or another one, or a file cannot be removed.
pub fn execute(context: &Context, args: &Destroy) -> Result<Outcome> {
    let project = Project::load(context)?;
    let pipeline = project.pipeline()?;
    let inventory = destroy::destroy_inventory(&pipeline)?;
    let lake = project.lake_shown().display().to_string();
    let name = project.config.name.clone();
    announce(context, &format!("{lake} ({name})"), &inventory);
    match &args.confirm {
        Some(typed) if *typed == name => {}
        Some(typed) => {
            return Err(Error::usage(format!(
                "--confirm: this pipeline is called `{name}`, not `{typed}`; nothing was removed"
            )));
        }
        None if context.ui.interactive() => {
            let check = |typed: &str| if typed == name { Ok(()) } else { Err(format!("type {name}, or press Ctrl-C")) };
            ask::text(&format!("Type {name} to remove this"), None, check)?;
        }
        None => {
            let what = "destroy wants the pipeline's name, and --yes is not enough";
            return Err(input_needed(what, &format!("--confirm {name}")));
        }
    }
    let destroyed = destroy::destroy(&pipeline, &inventory, context.now_ms)?;
    let file = shell_word(&project.file.to_string_lossy()).into_owned();
    let view = Removed { name, lake, destroyed };
    Ok(Outcome::of(view)
        .next(format!("rm {file}"), "removes the configuration as well")
        .next(context.command("deploy"), "makes a new lake"))
}

/// Shows what goes and what stays, before anything is asked.
fn announce(context: &Context, lake: &str, inventory: &Inventory) {
    let ui = &context.ui;
    let size = |size: &destroy::Size| format!("{}, {}", plural(size.files, "file", "files"), text::bytes(size.bytes));
    ui.note(&format!("destroy removes from {}:", text::visible(lake)));
    ui.note(&format!("  {} the tables: {}", ui.paint().red("-"), size(&inventory.table)));
    ui.note(&format!("  {} commit log, plans and rejected lines: {}", ui.paint().red("-"), size(&inventory.state)));
    ui.note("what stays:");
    inventory.stays.iter().for_each(|stays| ui.note(&staying(stays)));
    ui.note("");
}

fn staying(stays: &Stays) -> String {
    let size = format!("{}, {}", plural(stays.size.files, "file", "files"), text::bytes(stays.size.bytes));
    format!("    {}: {size} in {}", text::visible(&stays.what), text::visible(&stays.location))
}

impl View for Removed {
    fn human(&self, screen: &Screen) -> String {
        let removed = &self.destroyed.removed;
        format!(
            "{} {}: {}, {} removed from {}\n",
            screen.paint.green("Destroyed"),
            self.name,
            plural(removed.files, "file", "files"),
            text::bytes(removed.bytes),
            text::visible(&self.lake)
        )
    }

    fn json(&self) -> String {
        envelope("destroy", self)
    }
}
