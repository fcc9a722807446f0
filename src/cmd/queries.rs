//! `queries`: the saved ones, listed and shown.

use std::fmt::Write;

use serde::Serialize;

use super::{Context, saved};
use crate::cli::{Queries, QueriesAction, QueriesList};
use crate::query::{Catalogue, Fallback, Query, Severity, Value};
use crate::ui::export::envelope;
use crate::ui::grid::{Cell, Column, Grid, Rows};
use crate::ui::{Outcome, Screen, View, table, text};
use crate::{Error, Result};

/// Runs `queries`.
///
/// # Errors
/// If there is no query of the id or category given, or one of the project's own is wrong.
pub fn execute(context: &Context, args: &Queries) -> Result<Outcome> {
    let all = saved::all(context)?;
    match &args.action {
        None => list(context, all, &QueriesList::default()),
        Some(QueriesAction::List(wanted)) => list(context, all, wanted),
        Some(QueriesAction::Show { id }) => {
            let query = all.get(id)?;
            let shown = Shown { query, athena: in_athena(context, query) };
            Ok(Outcome::of(shown).next(context.command(&format!("query {id}")), "asks it"))
        }
    }
}

fn list(context: &Context, all: &'static Catalogue, wanted: &QueriesList) -> Result<Outcome> {
    let mut categories: Vec<&str> = all.queries().iter().map(|query| query.category.as_str()).collect();
    categories.sort_unstable();
    categories.dedup();
    if let Some(category) = wanted.category.as_deref().filter(|category| !categories.contains(category)) {
        return Err(Error::usage(format!("no query is of the category {category:?}"))
            .hint(format!("the categories are {}", categories.join(", "))));
    }
    Ok(Outcome::of(List::new(all.queries().iter().filter(|query| is_wanted(query, wanted))))
        .next(context.command("query ID"), "asks one")
        .next(context.command("queries show ID"), "shows its parameters and its SQL"))
}

fn is_wanted(query: &Query, wanted: &QueriesList) -> bool {
    let least = wanted.severity.as_deref().and_then(Severity::named);
    wanted.category.as_ref().is_none_or(|category| *category == query.category)
        && wanted.source.as_deref().is_none_or(|table| query.tables().any(|read| read == table))
        && least.is_none_or(|least| query.severity.is_some_and(|severity| severity >= least))
        && (query.own || !wanted.own)
}

/// Where a query is found in Athena, if the configuration is of a pipeline in AWS. One that cannot be read is none here: what
/// a query answers can be shown without.
#[cfg(feature = "aws")]
fn in_athena(context: &Context, query: &Query) -> Option<InAthena> {
    use crate::blueprint::{Names, TABLES, queries};
    let crate::config::AnyConfig::Aws(cloud) = crate::config::load_any(&context.config_path()).ok()? else {
        return None;
    };
    let names = Names::of(&cloud);
    query.tables().all(|table| TABLES.contains(&table)).then(|| InAthena {
        workgroup: names.workgroup(),
        database: names.database(),
        prepared_statement: queries::statement_name(query),
        values: queries::values(query),
    })
}

#[cfg(not(feature = "aws"))]
fn in_athena(_context: &Context, _query: &Query) -> Option<InAthena> {
    None
}

/// Where a query is found in Athena.
#[derive(Serialize)]
struct InAthena {
    workgroup: String,
    database: String,
    prepared_statement: String,
    /// What its `?` stand for, in order.
    values: String,
}

/// All that programs may want to know of every query; people get what fits on a line.
struct List {
    rows: Grid,
    page: Grid,
}

impl List {
    fn new(queries: impl Iterator<Item = &'static Query>) -> Self {
        let names = ["id", "title", "category", "finding", "answers", "source", "own"];
        let mut rows = Grid::new(names.map(Column::new).to_vec());
        let mut page = Grid::new(["id", "category", "finding", "title"].map(Column::new).to_vec());
        for query in queries {
            let (id, title) = (Cell::text(&query.id), Cell::text(&query.title));
            let severity = query.severity.map_or(Cell::Null, |severity| Cell::text(severity.name()));
            let category = Cell::text(&query.category);
            page.push(vec![id.clone(), category.clone(), severity.clone(), title.clone()]);
            let (answers, source) = (Cell::text(&query.answers), Cell::text(&query.source));
            rows.push(vec![id, title, category, severity, answers, source, Cell::Bool(query.own)]);
        }
        Self { rows, page }
    }
}

impl View for List {
    fn human(&self, screen: &Screen) -> String {
        table::draw(&self.page, 0, screen)
    }

    fn json(&self) -> String {
        envelope("queries", &serde_json::json!({ "query_count": self.rows.len() }))
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.rows)
    }
}

struct Shown {
    query: &'static Query,
    athena: Option<InAthena>,
}

impl View for Shown {
    fn human(&self, screen: &Screen) -> String {
        let (query, paint) = (self.query, screen.paint);
        let width = screen.width.unwrap_or(100).clamp(40, 100);
        let mut out = format!("{}  {}\n\n", paint.bold(&query.id), query.title);
        let paragraph = |out: &mut String, head: &str, words: &str| {
            if !head.is_empty() {
                let _ = writeln!(out, "{}", paint.bold(head));
            }
            text::wrap(words, width - 2).iter().for_each(|line| out.push_str(&format!("  {line}\n")));
        };
        paragraph(&mut out, "", &query.answers);
        let _ = writeln!(out, "\n{}", paint.bold("Parameters"));
        for parameter in &query.parameters {
            let given = match parameter.name.as_str() {
                "from" | "to" => format!("--{} TIME", parameter.name),
                "bucket" => "--bucket NAME".to_owned(),
                name => format!("--param {name}={}", parameter.kind.name().to_uppercase()),
            };
            let default = match &parameter.fallback {
                Fallback::Value(value) if *value != Value::Null => format!(" [default: {}]", shown(value)),
                _ => String::new(),
            };
            let _ = writeln!(out, "  {given:<24}  {}{default}", parameter.help);
        }
        let _ = writeln!(out, "\n{}", paint.bold("Columns"));
        let wide = query.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
        for column in &query.columns {
            let unit = column.unit.as_ref().map_or(String::new(), |unit| format!(" ({unit})"));
            let _ = writeln!(out, "  {:<wide$}  {}{unit}", column.name, column.help);
        }
        out.push('\n');
        paragraph(&mut out, "What looks like it and is not", &query.false_positives);
        out.push('\n');
        paragraph(&mut out, "What to do next", &query.next_step);
        if let Some(athena) = &self.athena {
            let InAthena { workgroup, database, prepared_statement, values } = athena;
            out.push('\n');
            let place = format!("Saved query {} of the workgroup {workgroup}, database {database}.", query.id);
            paragraph(&mut out, "In Athena's console", &place);
            paragraph(&mut out, "", &format!("EXECUTE {prepared_statement} USING …  with literals for: {values}."));
        }
        let _ = writeln!(out, "\n{}\n{}", paint.bold("SQL"), query.sql.trim_end());
        out
    }

    fn json(&self) -> String {
        envelope("queries show", &Json::of(self.query, self.athena.as_ref()))
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Boolean(yes) => yes.to_string(),
        Value::BigInt(n) => n.to_string(),
        Value::Double(n) => n.to_string(),
        Value::Timestamp(ms) => text::time(*ms),
        Value::Date(date) => date.to_string(),
    }
}

#[derive(Serialize)]
struct Json<'a> {
    id: &'a str,
    title: &'a str,
    answers: &'a str,
    source: &'a str,
    category: &'a str,
    severity: Option<&'static str>,
    parameters: Vec<JsonParameter<'a>>,
    columns: Vec<JsonColumn<'a>>,
    false_positives: &'a str,
    next_step: &'a str,
    sql: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    athena: Option<&'a InAthena>,
}

#[derive(Serialize)]
struct JsonParameter<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    required: bool,
    default: Option<String>,
    help: &'a str,
}

#[derive(Serialize)]
struct JsonColumn<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    unit: Option<&'a str>,
    help: &'a str,
}

impl<'a> Json<'a> {
    fn of(query: &'a Query, athena: Option<&'a InAthena>) -> Self {
        let parameters = query.parameters.iter().map(|parameter| JsonParameter {
            name: &parameter.name,
            kind: parameter.kind.name(),
            required: parameter.fallback == Fallback::Required,
            default: match &parameter.fallback {
                Fallback::Value(value) if *value != Value::Null => Some(shown(value)),
                _ => None,
            },
            help: &parameter.help,
        });
        let columns = query.columns.iter().map(|column| JsonColumn {
            name: &column.name,
            kind: &column.kind,
            unit: column.unit.as_deref(),
            help: &column.help,
        });
        Self {
            id: &query.id,
            title: &query.title,
            answers: &query.answers,
            source: &query.source,
            category: &query.category,
            severity: query.severity.map(|severity| severity.name()),
            parameters: parameters.collect(),
            columns: columns.collect(),
            false_positives: &query.false_positives,
            next_step: &query.next_step,
            sql: &query.sql,
            athena,
        }
    }
}
