//! `deploy`: prepares the lake.

use serde::Serialize;

use super::{Context, project::Project};
use crate::Result;
use crate::cli;
use crate::etl;
use crate::ui::export::envelope;
use crate::ui::{Outcome, Screen, View, text};

#[derive(Debug, Serialize)]
struct Deployed {
    name: String,
    lake: String,
    created: bool,
}

/// Runs `deploy`.
///
/// # Errors
/// If the configuration is wrong or the lake's folder cannot be made.
pub fn execute(context: &Context, _args: &cli::Deploy) -> Result<Outcome> {
    let project = Project::load(context)?;
    let deployed = etl::deploy(&project.pipeline_created()?)?;
    let lake = project.lake_shown().display().to_string();
    let view = Deployed { name: project.config.name, lake, created: deployed.created };
    Ok(Outcome::of(view).next(context.command("run"), "reads the logs into the lake"))
}

impl View for Deployed {
    fn human(&self, screen: &Screen) -> String {
        let lake = text::visible(&self.lake);
        if self.created {
            return format!("{} {}: the lake is in {lake}\n", screen.paint.green("Deployed"), self.name);
        }
        format!("{} {}: the lake in {lake} is there already\n", screen.paint.green("Nothing to change for"), self.name)
    }

    fn json(&self) -> String {
        envelope("deploy", self)
    }
}
