//! `destroy` for the target `aws`: shows what goes, what stays and what is stopped, hears the pipeline's name, takes it down,
//! and looks whether anything is left.

use serde::Serialize;

use super::watching::Watching;
use crate::aws::Session;
use crate::aws::hands::Hands;
use crate::cli::Destroy;
use crate::cmd::{Context, input_needed};
use crate::config::cloud::Cloud;
use crate::stack::site::Site;
use crate::stack::teardown::{self, Inventory, Kept, Purged, Report};
use crate::ui::export::envelope;
use crate::ui::text::{self, plural, shell_word};
use crate::ui::{Outcome, Screen, View, ask};
use crate::{Error, ErrorKind, Result, exit};

#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    #[serde(flatten)]
    report: Report,
    purged: Vec<Purged>,
    /// The command that removes the buckets that were kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    remove_kept_with: Option<String>,
}

/// Runs `destroy`.
///
/// # Errors
/// If the name is not given or another one, the user interrupts, AWS refuses something, or a stack cannot be deleted.
pub fn execute(context: &Context, cloud: &Cloud, args: &Destroy) -> Result<Outcome> {
    let session = Session::open(Some(&cloud.aws.region))?;
    session.check_account(&cloud.aws.account_id)?;
    let hands = |region: &str| Hands::sdk(&session.in_region(region), &cloud.aws.account_id);
    let watching = Watching::new(context.ui, again(context, cloud, args.purge_data));
    let site = Site::whole(cloud, &hands, &watching)?;
    let inventory = teardown::inventory(&site)?;
    let down = inventory.is_down() && teardown::leftovers(&site)?.is_empty();
    if down && inventory.kept.is_empty() {
        return Err(Error::new(ErrorKind::NotDeployed, format!("`{}` has not been deployed", cloud.name))
            .because(format!("there is no stack and no bucket of it in {}", regions(&site)))
            .hint(format!("{}  deploys it", context.command("deploy"))));
    }
    if args.purge_data && !down && !context.ui.interactive() {
        return Err(Error::new(
            ErrorKind::InputNeeded,
            "removing the data is a second step, after the pipeline is gone",
        )
        .hint(format!(
            "{}\n{}",
            context.command(&format!("destroy --confirm {}", cloud.name)),
            context.command(&format!("destroy --purge-data --confirm {}", cloud.name))
        )));
    }
    let mut shown =
        Shown { name: cloud.name.clone(), report: Report::default(), purged: Vec::new(), remove_kept_with: None };
    if !down {
        announce(context, cloud, &inventory);
        confirm(context, args, &cloud.name, "this")?;
        shown.report = teardown::destroy(&site, &inventory)?;
    }
    if down && !args.purge_data {
        shown.report.kept.clone_from(&inventory.kept);
    }
    if args.purge_data {
        let kept = teardown::kept(&site)?;
        if !kept.is_empty() {
            announce_purge(context, &kept);
            confirm(context, args, &format!("{}-data", cloud.name), "these buckets and all data in them")?;
            shown.purged = teardown::purge(&site, &kept)?;
        }
        shown.report.kept = teardown::kept(&site)?;
    }
    Ok(ended(context, shown))
}

/// The command that goes on after an interruption.
fn again(context: &Context, cloud: &Cloud, purge: bool) -> String {
    context.command(&format!("destroy{} --confirm {}", if purge { " --purge-data" } else { "" }, cloud.name))
}

fn regions(site: &Site<'_>) -> String {
    site.hands.iter().map(|hands| hands.region.as_str()).collect::<Vec<_>>().join(", ")
}

/// Hears the word, from the flag or the keyboard. For the data, the flag may hold the pipeline's name too: it is a second
/// command then.
fn confirm(context: &Context, args: &Destroy, word: &str, what: &str) -> Result<()> {
    let name = word.strip_suffix("-data").filter(|_| what != "this").unwrap_or(word);
    match &args.confirm {
        Some(typed) if typed == word || typed == name => Ok(()),
        Some(typed) => Err(Error::usage(format!(
            "--confirm: this pipeline is called `{name}`, not `{}`; nothing was removed",
            text::visible(typed)
        ))),
        None if context.ui.interactive() => {
            let check = |typed: &str| if typed == word { Ok(()) } else { Err(format!("type {word}, or press Ctrl-C")) };
            ask::text(&format!("Type {word} to remove {what}"), None, check).map(|_| ())
        }
        None => {
            let needed = "destroy wants the pipeline's name, and --yes is not enough";
            Err(input_needed(needed, &format!("--confirm {name}")))
        }
    }
}

/// Shows what goes, what stays and what is stopped, before anything is asked.
fn announce(context: &Context, cloud: &Cloud, inventory: &Inventory) {
    let ui = &context.ui;
    let paint = ui.paint();
    ui.note(&format!("destroy takes {} down in account {}.", cloud.name, cloud.aws.account_id));
    ui.note("what goes:");
    for stack in &inventory.stacks {
        let resources = plural(stack.resources, "resource", "resources");
        ui.note(&format!("  {} stack {} in {}: {resources}", paint.red("-"), stack.name, stack.region));
    }
    for bucket in &inventory.assets {
        ui.note(&format!("  {} bucket {bucket} with binaries and scripts", paint.red("-")));
    }
    let mut stopped: Vec<String> = inventory.schedules.iter().map(|name| format!("schedule {name}")).collect();
    stopped.extend(inventory.runs.iter().map(|id| format!("job run {id}")));
    stopped.extend(inventory.crawler.iter().map(|name| format!("crawler {name}, at work now")));
    list(context, "what is stopped first:", &stopped);
    let given: Vec<String> = inventory
        .given_back
        .iter()
        .map(|bucket| format!("the earlier logging setting of the bucket {bucket}"))
        .collect();
    list(context, "what is given back:", &given);
    let kept: Vec<String> = inventory.kept.iter().map(staying).collect();
    list(context, "what stays:", &kept);
    ui.note("");
}

fn list(context: &Context, head: &str, lines: &[String]) {
    if !lines.is_empty() {
        context.ui.note(head);
        lines.iter().for_each(|line| context.ui.note(&format!("    {}", text::visible(line))));
    }
}

fn announce_purge(context: &Context, kept: &[Kept]) {
    context.ui.note("purging removes for good, with all versions:");
    for one in kept {
        context.ui.note(&format!("  {} {}", context.ui.paint().red("-"), staying(one)));
    }
    context.ui.note("the buckets that logs come from are not touched.\n");
}

fn staying(kept: &Kept) -> String {
    let more = if kept.held.more { "more than " } else { "" };
    let objects = plural(kept.held.objects, "object", "objects");
    format!("bucket {} ({}): {more}{objects}, {}", kept.bucket, kept.what, text::bytes(kept.held.bytes))
}

fn ended(context: &Context, mut shown: Shown) -> Outcome {
    let left = !shown.report.left.is_empty();
    let purge = context.command(&format!("destroy --purge-data --confirm {}", shown.name));
    let some_kept = !shown.report.kept.is_empty();
    shown.remove_kept_with = some_kept.then(|| purge.clone());
    let file = context.config_path();
    let outcome = Outcome::of(shown).code(if left { exit::FAILED } else { 0 });
    let outcome =
        if some_kept { outcome.next(purge, "removes the buckets that were kept, with all data") } else { outcome };
    let again = if some_kept { "deploys it again, over what was kept" } else { "deploys it again, with an empty lake" };
    let outcome = outcome.next(context.command("deploy"), again);
    if left || some_kept {
        return outcome;
    }
    outcome.next(format!("rm {}", shell_word(&file.to_string_lossy())), "removes the configuration as well")
}

impl View for Shown {
    fn human(&self, screen: &Screen) -> String {
        let paint = screen.paint;
        let report = &self.report;
        let mut out = match (report.deleted.len() as u64, self.purged.is_empty(), report.swept.len() as u64) {
            (0, true, 0) => format!("{} is down already\n", paint.bold(&self.name)),
            (0, true, swept) => {
                format!(
                    "{} {}: {} that no stack held\n",
                    paint.green("Destroyed"),
                    self.name,
                    plural(swept, "thing", "things")
                )
            }
            (0, false, _) => format!("{} the data of {}\n", paint.green("Purged"), self.name),
            (stacks, _, _) => {
                format!("{} {}: {}\n", paint.green("Destroyed"), self.name, plural(stacks, "stack", "stacks"))
            }
        };
        let mut block = |head: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                out.push_str(&format!("{}\n", paint.dim(head)));
                lines.iter().for_each(|line| out.push_str(&format!("  {}\n", text::visible(line))));
            }
        };
        block("deleted", report.deleted.clone());
        block("stopped", report.stopped.clone());
        block("logging given back", report.given_back.clone());
        block("removed besides", report.swept.clone());
        block("purged", self.purged.iter().map(purged).collect());
        block("kept", report.kept.iter().map(staying).collect());
        if report.left.is_empty() {
            out.push_str("Nothing else is left: looked for by name and by tag in every Region used.\n");
        } else {
            out.push_str(&format!("{}\n", paint.red("left, although it should be gone")));
            for left in &report.left {
                out.push_str(&format!("  {} in {}\n", text::visible(&left.what), left.region));
                out.push_str(&format!("    {}\n", paint.cyan(&text::visible(&left.command))));
            }
        }
        out
    }

    fn json(&self) -> String {
        envelope("destroy", self)
    }
}

fn purged(one: &Purged) -> String {
    let refilled = match one.refilled {
        0 => String::new(),
        n => format!(", emptied {} more because something came in", plural(n, "time", "times")),
    };
    format!("bucket {}: {}{refilled}", one.bucket, plural(one.removed, "object or version", "objects and versions"))
}
