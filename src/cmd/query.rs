//! `query`: a saved question, or one in SQL.

use std::io;

use serde::Serialize;

use super::project::Project;
use super::{Context, cells, range};
use crate::cli::Query;
use crate::engine::answer::{AnswerColumn, Cost};
use crate::engine::local::Engine;
use crate::query::{Bound, TimeRange, catalogue};
use crate::ui::export::{RowWriter, envelope};
use crate::ui::grid::{Cell, Column, Grid, Rows};
use crate::ui::sample::Sample;
use crate::ui::text::{self, plural};
use crate::ui::{Format, Outcome, Screen, View, table};
use crate::{Error, Result};

/// The exit code that `--fail-on-findings` asks for where something was found (docs/exit-codes.md).
pub const FOUND: u8 = 7;

/// What is asked.
enum Question<'a> {
    Saved(Bound<'a>),
    Sql(&'a str),
}

/// Runs `query`.
///
/// # Errors
/// If the query or a parameter is unknown, the lake has not been deployed, or the engine fails.
pub fn execute(context: &Context, args: &Query) -> Result<Outcome> {
    let params = params(args)?;
    if let Some(id) = &args.id {
        // An unknown query is said before anything is opened.
        catalogue().get(id)?;
    }
    let project = Project::load(context)?;
    let (engine, extent) = project.engine()?;
    let question = match (&args.id, &args.sql) {
        (Some(id), _) => Question::Saved(catalogue().get(id)?.bind(time_range(context, args, extent)?, &params)?),
        (None, Some(sql)) => Question::Sql(sql),
        (None, None) => return Err(Error::usage("neither a query nor --sql is given")),
    };
    let format = context.ui.format_or(Format::Table);
    let (cost, view) = match format {
        Format::Table => {
            let (cost, grid) = collect(&engine, &question, args.limit)?;
            (cost, Some(grid))
        }
        _ => (stream(context, &engine, &question, format)?, None),
    };
    let outcome = view.map_or_else(Outcome::silent, |grid| Outcome::of(Answer(grid)));
    Ok(conclude(context, args, &question, &cost, outcome))
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

/// The range asked for, else all that the lake holds; it is shown before the answer.
fn time_range(context: &Context, args: &Query, extent: Option<TimeRange>) -> Result<TimeRange> {
    let whole = extent.map_or((0, 0), |extent| (extent.from_ms, extent.to_ms));
    let ui = &context.ui;
    let ends = (whole.0.min(context.now_ms), whole.1.max(context.now_ms));
    let Some((from_ms, to_ms)) = range::resolve(&args.range, context.now_ms, ends)? else {
        match extent {
            Some(_) => ui.note(&format!("time range {} (all of the lake)", text::time_range(whole.0, whole.1))),
            None => ui.note("the lake holds no records yet"),
        }
        return Ok(TimeRange { from_ms: whole.0, to_ms: whole.1 });
    };
    ui.note(&format!("time range {}", text::time_range(from_ms, to_ms)));
    if let Some(extent) = extent.filter(|extent| extent.to_ms <= from_ms || extent.from_ms >= to_ms) {
        ui.note(&format!("the lake holds records of {} only", text::time_range(extent.from_ms, extent.to_ms)));
    }
    Ok(TimeRange { from_ms, to_ms })
}

fn ask(
    engine: &Engine,
    question: &Question<'_>,
    columns: impl FnOnce(Vec<AnswerColumn>) -> Result<()>,
    rows: impl FnMut(arrow::array::RecordBatch) -> Result<()>,
) -> Result<Cost> {
    match question {
        Question::Saved(bound) => engine.query_each(bound, columns, rows),
        Question::Sql(sql) => engine.sql_each(sql, columns, rows).map_err(|error| match error.suggestion() {
            Some(_) => error,
            None => error.hint("the table is s3_access_logs; docs/sql.md tells its columns and functions"),
        }),
    }
}

/// The first rows, for a table; all are counted.
fn collect(engine: &Engine, question: &Question<'_>, limit: usize) -> Result<(Cost, Grid)> {
    let mut grid = std::cell::RefCell::new(Grid::default());
    let cost = ask(
        engine,
        question,
        |columns| {
            *grid.borrow_mut() = Grid::new(columns.iter().map(cells::column).collect());
            Ok(())
        },
        |batch| {
            let mut grid = grid.borrow_mut();
            cells::each_row(&batch, |row| {
                if limit == 0 || grid.len() < limit {
                    grid.push(row.iter().map(Cell::to_owned).collect());
                }
                Ok(())
            })
        },
    )?;
    Ok((cost, std::mem::take(grid.get_mut())))
}

/// Every row as it comes, however many there are.
fn stream(context: &Context, engine: &Engine, question: &Question<'_>, format: Format) -> Result<Cost> {
    let mut ended: Result<Cost> = Ok(Cost::default());
    context
        .ui
        .stream(|out| {
            let writer = std::cell::RefCell::new(RowWriter::new(format, out));
            let mut broken: Option<io::Error> = None;
            let broken_cell = std::cell::RefCell::new(&mut broken);
            let keep = |written: io::Result<()>| {
                written.map_err(|error| {
                    **broken_cell.borrow_mut() = Some(error);
                    Error::failed("cannot write to standard output")
                })
            };
            ended = ask(
                engine,
                question,
                |columns| {
                    let head = head(question, &columns);
                    let columns: Vec<Column> = columns.iter().map(cells::column).collect();
                    keep(writer.borrow_mut().begin(&head, &columns))
                },
                |batch| cells::each_row(&batch, |row| keep(writer.borrow_mut().row(row))),
            );
            match (broken, &ended) {
                (Some(error), _) => Err(error),
                (None, Ok(cost)) => writer.into_inner().end(&Tail::of(cost)),
                (None, Err(_)) => Ok(()),
            }
        })
        .map(|heard_to_the_end| if heard_to_the_end { None } else { Some(Cost::default()) })?
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
    scanned_files: usize,
    elapsed_ms: u64,
}

impl Tail {
    fn of(cost: &Cost) -> Self {
        let elapsed_ms = u64::try_from(cost.elapsed.as_millis()).unwrap_or(u64::MAX);
        Self { row_count: cost.rows, scanned_bytes: cost.scanned_bytes, scanned_files: cost.files.len(), elapsed_ms }
    }
}

/// What is said behind the answer, and the exit code.
fn conclude(context: &Context, args: &Query, question: &Question<'_>, cost: &Cost, outcome: Outcome) -> Outcome {
    let Tail { row_count, scanned_bytes, elapsed_ms, .. } = Tail::of(cost);
    let scanned = format!("{} read, {}", text::bytes(scanned_bytes), text::duration(elapsed_ms));
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
        cost.files.iter().for_each(|file| files.add("", || format!("read {}", text::visible(file))));
        outcome.notes.extend(files.lines());
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
    if args.fail_on_findings { outcome.code(FOUND) } else { outcome }
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
