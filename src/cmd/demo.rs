//! `demo`: everything once, on logs of its own, as the commands that a user would type.

use std::path::Path;
use std::time::Instant;

use super::Context;
use crate::cli::{self, Command, Demo};
use crate::config::{self, Config};
use crate::generate::Options;
use crate::storage::io_error;
use crate::ui::Outcome;
use crate::ui::text::shell_word;
use crate::{Error, Result};

/// The demo project's name, by which a folder of an earlier demo is known.
const NAME: &str = "demo";

/// As much as is read in a moment and still has every kind of request in it.
const BYTES: u64 = 4_000_000;
const DAYS: u32 = 3;
const SEED: u64 = 7;

const SQL: &str = "SELECT operation, COUNT(*) AS requests, SUM(bytessent) AS bytes FROM s3_access_logs GROUP BY operation ORDER BY requests DESC";

/// Rows of the demo's tables.
const ROWS: usize = 5;

/// Runs `demo`.
///
/// # Errors
/// If the folder is somebody else's, or a step fails.
pub fn execute(context: &Context, args: &Demo) -> Result<Outcome> {
    let directory = context.path(&args.directory);
    let again = check_folder(&directory)?;
    let mut project = context.clone();
    project.global.project = Some(directory.clone());
    project.global.config = None;
    std::fs::create_dir_all(&directory)
        .map_err(|error| io_error(format!("cannot make {}", directory.display()), &error))?;
    let demo = Steps { context: &project, began: Instant::now() };
    if !again {
        demo.step(
            "Logs as S3 and CloudTrail deliver them, hard lines among them.",
            &format!("generate --bytes 4MB --days {DAYS} --seed {SEED} --hard --trails trails logs"),
            Command::Generate(logs()),
        )?;
        demo.step(
            "A project is one file.",
            &format!("init --defaults --target local --logs logs --trails trails --name {NAME}"),
            Command::Init(Box::new(project_of_logs())),
        )?;
    }
    demo.step("", "deploy", Command::Deploy(cli::Deploy::default()))?;
    let exactly_once =
        if again { "What was read is known." } else { "Every record once; what is none is counted and kept." };
    demo.step(exactly_once, "run", Command::Run(cli::Run::default()))?;
    demo.query("Who was refused?", Ask::Saved("access-denied"))?;
    demo.query("Who deleted what?", Ask::Saved("object-deletions"))?;
    demo.query("CloudTrail tells what access logs do not.", Ask::Saved("ct-public-access-opened"))?;
    demo.query("Anything else is SQL.", Ask::Sql(SQL))?;
    demo.step("All of it on one page.", "report", Command::Report(cli::Report::default()))?;
    Ok(what_next(&project, &directory))
}

/// Whether this is the folder of an earlier demo; an error if it is somebody's own.
fn check_folder(directory: &Path) -> Result<bool> {
    if directory.is_file() {
        return Err(Error::usage(format!("{} is a file", directory.display())).hint("bucketscope demo DIR"));
    }
    let file = directory.join(config::FILE_NAME);
    let earlier = std::fs::read_to_string(&file)
        .is_ok_and(|text| Config::parse(&text, &file).is_ok_and(|config| config.name == NAME))
        && directory.join("logs").is_dir();
    let empty = std::fs::read_dir(directory).map_or(true, |mut entries| entries.next().is_none());
    if !earlier && !empty {
        return Err(Error::usage(format!("{} is not empty and not an earlier demo", directory.display()))
            .hint("bucketscope demo DIR  takes another folder; nothing was changed"));
    }
    Ok(earlier)
}

struct Steps<'a> {
    context: &'a Context,
    /// Each step begins later than the demo did: the run must not take logs just made for logs of the future.
    began: Instant,
}

/// A question in the demo.
enum Ask {
    Saved(&'static str),
    Sql(&'static str),
}

impl Steps<'_> {
    /// Prints a command as a user would type it, and runs it. Its recommendations are the demo's own to give.
    fn step(&self, comment: &str, typed: &str, command: Command) -> Result<()> {
        let (ui, paint) = (&self.context.ui, self.context.ui.paint());
        ui.note("");
        if !comment.is_empty() {
            ui.note(&paint.dim(&format!("# {comment}")));
        }
        ui.note(&format!("{} {}", paint.dim("$"), paint.bold(&self.context.command(typed))));
        let mut context = self.context.clone();
        context.now_ms += i64::try_from(self.began.elapsed().as_millis()).unwrap_or(0);
        let mut outcome = super::execute(&context, command)?;
        outcome.next.clear();
        ui.finish(&outcome).map(|_| ())
    }

    fn query(&self, comment: &str, ask: Ask) -> Result<()> {
        let (typed, id, sql) = match ask {
            Ask::Saved(id) => (format!("query {id} --limit {ROWS}"), Some(id.to_owned()), None),
            Ask::Sql(sql) => (format!("query --limit {ROWS} --sql {}", shell_word(sql)), None, Some(sql.to_owned())),
        };
        let query = cli::Query { id, sql, limit: ROWS, ..cli::Query::default() };
        self.step(comment, &typed, Command::Query(query))
    }
}

fn logs() -> cli::Generate {
    cli::Generate {
        directory: "logs".into(),
        bytes: BYTES,
        seed: SEED,
        start: Some(Options::default().start),
        days: Some(DAYS),
        objects: None,
        layout: cli::LayoutName::Simple,
        trails: Some("trails".into()),
        hard: true,
    }
}

fn project_of_logs() -> cli::Init {
    cli::Init {
        defaults: true,
        target: Some(cli::TargetName::Local),
        logs: vec!["logs".into()],
        trails: vec!["trails".into()],
        name: Some(NAME.to_owned()),
        ..cli::Init::default()
    }
}

fn what_next(project: &Context, directory: &Path) -> Outcome {
    let rejects = directory.join("lake").join(crate::etl::state::REJECTS);
    Outcome::silent()
        .next(project.command("queries"), "lists what can be asked")
        .next(project.command("status"), "tells how the pipeline does")
        .next(format!("head {}/*", shell_word(&rejects.to_string_lossy())), "shows lines that are none, and why")
        .next("bucketscope init --logs PATH".to_owned(), "begins a project on your own logs")
        .next(project.command(&format!("destroy --confirm {NAME}")), "removes the lake; the logs stay")
}
