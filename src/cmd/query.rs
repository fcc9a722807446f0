//! `query`: a saved question, or one in SQL.

use std::cell::RefCell;
use std::io;

use serde::Serialize;

use super::answers::{Answers, Question, Took, column, time_range};
use super::{Context, saved};
use crate::cli::Query;
use crate::engine::told::AnswerColumn;
use crate::exit;
use crate::query::TimeRange;
use crate::ui::chart::Chart;
use crate::ui::export::{RowWriter, envelope};
use crate::ui::grid::{Cell, Column, Grid, Rows};
use crate::ui::sample::Sample;
use crate::ui::text::{self, plural};
use crate::ui::{Format, Outcome, Screen, View, table};
use crate::{Error, Result};

/// Checks what can be checked before anything is opened.
///
/// # Errors
/// If there is no such query, or a parameter is none.
pub fn check(context: &Context, args: &Query) -> Result<()> {
    params(args)?;
    let range = &args.range;
    if args.sql.is_some() && (range.from.is_some() || range.to.is_some() || range.last.is_some()) {
        return Err(Error::usage("--from, --to and --last are for saved queries; --sql names its times itself")
            .hint("WHERE requestdate >= '2026-06-01' reads only the partitions from that day on"));
    }
    if args.sql.is_none() && args.id.is_none() {
        return Err(nothing_asked());
    }
    args.id.as_ref().map_or(Ok(()), |id| saved::all(context)?.get(id).map(drop))
}

/// Refuses what a lake in a folder has no use for; `--local` it is anyway.
///
/// # Errors
/// If something of Athena is asked for.
#[cfg(all(feature = "aws", feature = "local"))]
pub fn check_local(asked: &crate::cli::AskedOf, dry_run: bool) -> Result<()> {
    let given = [("--reuse", asked.reuse.is_some()), ("--dry-run", dry_run)];
    match given.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => {
            Err(Error::usage(format!("{flag} is for `target: aws`; this configuration says `target: local`"))
                .hint("nothing is billed here: ask without it"))
        }
    }
}

/// Runs `query` over a lake in a folder.
///
/// # Errors
/// If the query or a parameter is unknown, the lake has not been deployed, or the engine fails.
#[cfg(feature = "local")]
pub fn execute(context: &Context, args: &Query) -> Result<Outcome> {
    let project = super::project::Project::load(context)?;
    answer(context, args, &super::embedded::Embedded::silent(project.engine()?))
}

/// Asks, and prints the answer.
///
/// # Errors
/// If a parameter is wrong, or the engine fails.
pub fn answer(context: &Context, args: &Query, answers: &dyn Answers) -> Result<Outcome> {
    let question = question(context, args, answers.extent())?;
    let format = context.ui.format_or(Format::Table);
    let (took, shown) = match format {
        Format::Table => {
            let (took, grid) = collect(answers, &question, args.limit)?;
            (took, Some(Outcome::of(Answer(grid))))
        }
        Format::Chart => {
            let (took, chart) = draw(answers, &question, args.limit)?;
            (took, Some(Outcome::of(chart)))
        }
        _ => (stream(context, answers, &question, format)?, None),
    };
    Ok(conclude(context, args, &question, &took, shown.unwrap_or_else(Outcome::silent)))
}

/// What is asked, over the range that the user gave or all that there is.
///
/// # Errors
/// If a parameter or the range is wrong.
pub fn question<'q>(context: &Context, args: &'q Query, extent: Option<TimeRange>) -> Result<Question<'q>> {
    match (&args.id, &args.sql) {
        (Some(id), _) => {
            let range = time_range(context, &args.range, extent)?;
            Ok(Question::Saved(saved::all(context)?.get(id)?.bind(range, &params(args)?)?))
        }
        (None, Some(sql)) => Ok(Question::Sql(sql)),
        (None, None) => Err(nothing_asked()),
    }
}

fn nothing_asked() -> Error {
    Error::usage("neither a saved query nor --sql is given").hint("`bucketscope queries` lists what can be asked")
}

fn params(args: &Query) -> Result<Vec<(String, String)>> {
    let mut params = Vec::new();
    for param in &args.params {
        let Some((name, value)) = param.split_once('=') else {
            return Err(Error::usage(format!("--param: `{param}` has no value")).hint("--param NAME=VALUE"));
        };
        params.push((name.trim().to_owned(), value.to_owned()));
    }
    if let Some(bucket) = &args.bucket {
        params.push(("bucket".to_owned(), bucket.clone()));
    }
    Ok(params)
}

/// The first rows, for a table; all are counted.
fn collect(answers: &dyn Answers, question: &Question<'_>, limit: usize) -> Result<(Took, Grid)> {
    let grid = RefCell::new(Grid::default());
    let took = answers.ask(
        question,
        &mut |columns| {
            *grid.borrow_mut() = Grid::new(columns.iter().map(column).collect());
            Ok(())
        },
        &mut |row| {
            let mut grid = grid.borrow_mut();
            if limit == 0 || grid.len() < limit {
                grid.push(row.iter().map(Cell::to_owned).collect());
            }
            Ok(())
        },
    )?;
    Ok((took, grid.into_inner()))
}

/// What a chart keeps of all rows.
fn draw(answers: &dyn Answers, question: &Question<'_>, limit: usize) -> Result<(Took, Chart)> {
    let chart = RefCell::new(Chart::new(Vec::new(), limit));
    let took = answers.ask(
        question,
        &mut |columns| {
            *chart.borrow_mut() = Chart::new(columns.iter().map(column).collect(), limit);
            Ok(())
        },
        &mut |row| {
            chart.borrow_mut().push(row);
            Ok(())
        },
    )?;
    Ok((took, chart.into_inner()))
}

/// Every row as it comes, however many there are.
fn stream(context: &Context, answers: &dyn Answers, question: &Question<'_>, format: Format) -> Result<Took> {
    let mut ended: Result<Took> = Ok(Took::default());
    context
        .ui
        .stream(|out| {
            let writer = RefCell::new(RowWriter::new(format, out));
            let broken: RefCell<Option<io::Error>> = RefCell::new(None);
            let keep = |written: io::Result<()>| {
                written.map_err(|error| {
                    *broken.borrow_mut() = Some(error);
                    Error::failed("cannot write to standard output")
                })
            };
            ended = answers.ask(
                question,
                &mut |columns| {
                    let head = head(question, &columns);
                    let columns: Vec<Column> = columns.iter().map(column).collect();
                    keep(writer.borrow_mut().begin(&head, &columns))
                },
                &mut |row| keep(writer.borrow_mut().row(row)),
            );
            match (broken.into_inner(), &ended) {
                (Some(error), _) => Err(error),
                (None, Ok(took)) => writer.into_inner().end(&Tail::of(took)),
                (None, Err(_)) => Ok(()),
            }
        })
        .map(|heard_to_the_end| if heard_to_the_end { None } else { Some(Took::default()) })?
        .map_or(ended, Ok)
}

/// What stands before the rows in JSON.
fn head(question: &Question<'_>, columns: &[AnswerColumn]) -> String {
    #[derive(Serialize)]
    struct Head<'a> {
        query: Option<&'a str>,
        sql: &'a str,
        from: Option<String>,
        to: Option<String>,
        columns: Vec<HeadColumn<'a>>,
    }
    #[derive(Serialize)]
    struct HeadColumn<'a> {
        name: &'a str,
        #[serde(rename = "type")]
        kind: &'a str,
        unit: Option<&'a str>,
    }
    let (query, sql) = match question {
        Question::Saved(bound) => (Some(bound.query().id.as_str()), bound.query().sql.as_str()),
        Question::Sql(sql) => (None, *sql),
    };
    let end = |name: &str| match question {
        Question::Saved(bound) => match bound.values().get(name) {
            Some(crate::query::Value::Timestamp(ms)) => Some(text::time(*ms)),
            _ => None,
        },
        Question::Sql(_) => None,
    };
    let columns = columns.iter().map(|c| HeadColumn { name: &c.name, kind: &c.kind, unit: c.unit.as_deref() });
    envelope("query", &Head { query, sql, from: end("from"), to: end("to"), columns: columns.collect() })
}

/// What stands behind the rows in JSON.
#[derive(Serialize)]
struct Tail {
    row_count: u64,
    scanned_bytes: u64,
    /// Athena does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    scanned_files: Option<usize>,
    elapsed_ms: u64,
    #[serde(flatten)]
    bill: Option<TailBill>,
}

/// What stands there of a query on Athena.
#[derive(Serialize)]
struct TailBill {
    query_execution_id: String,
    reused: bool,
    usd: f64,
}

impl Tail {
    fn of(took: &Took) -> Self {
        let bill = took.bill.as_ref().map(|bill| TailBill {
            query_execution_id: bill.id.clone(),
            reused: bill.reused,
            usd: bill.usd,
        });
        Self {
            row_count: took.rows,
            scanned_bytes: took.scanned_bytes,
            scanned_files: bill.is_none().then_some(took.files.len()),
            elapsed_ms: u64::try_from(took.elapsed.as_millis()).unwrap_or(u64::MAX),
            bill,
        }
    }
}

/// What an answer took, in a few words.
fn words(took: &Took) -> String {
    let Tail { scanned_bytes, elapsed_ms, .. } = Tail::of(took);
    let time = text::duration(elapsed_ms);
    match &took.bill {
        None => format!("{} read, {time}", text::bytes(scanned_bytes)),
        Some(bill) => format!("{}, {time}", bill.words),
    }
}

/// What is said behind the answer, and the exit code.
fn conclude(context: &Context, args: &Query, question: &Question<'_>, took: &Took, outcome: Outcome) -> Outcome {
    let row_count = took.rows;
    let scanned = words(took);
    let table = context.ui.format_or(Format::Table) == Format::Table;
    let line = if table && args.limit > 0 && row_count > args.limit as u64 {
        format!("{} of {}; --limit 0 shows all ({scanned})", args.limit, plural(row_count, "row", "rows"))
    } else {
        format!("{} ({scanned})", plural(row_count, "row", "rows"))
    };
    let paint = context.ui.paint();
    let mut outcome = outcome.note(paint.dim(&line));
    if context.ui.verbose() > 0 {
        let mut files = Sample::default();
        took.files.iter().for_each(|file| files.add("", || format!("read {}", text::visible(file))));
        outcome.notes.extend(files.lines());
        outcome.notes.extend(took.bill.iter().map(|bill| format!("query {} on Athena", text::visible(&bill.id))));
    }
    let Question::Saved(bound) = question else { return outcome };
    let query = bound.query();
    let Some(severity) = query.severity.filter(|_| row_count > 0) else { return outcome };
    if table {
        let words = format!("A finding of {} severity. {}", severity.name(), query.next_step);
        outcome = outcome.note(String::new());
        for line in text::wrap(&words, context.ui.screen().width.unwrap_or(100).min(100)) {
            outcome = outcome.note(line);
        }
    }
    if args.fail_on_findings { outcome.code(exit::FOUND) } else { outcome }
}

struct Answer(Grid);

impl View for Answer {
    fn human(&self, screen: &Screen) -> String {
        if self.0.is_empty() { String::new() } else { table::draw(&self.0, 0, screen) }
    }

    fn json(&self) -> String {
        envelope("query", &())
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.0)
    }
}
