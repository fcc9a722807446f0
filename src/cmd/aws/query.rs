//! `query` and `report` for the target `aws`: on Athena, or with the embedded engine over the lake in its bucket.

use serde::Serialize;

use super::asking::{Following, LakeSeen, OnAthena};
use super::lake;
use crate::aws::Session;
use crate::aws::buckets::SdkBuckets;
use crate::aws::query_runs::SdkQueryRuns;
use crate::blueprint::Names;
use crate::cli::{AskedOf, Query, Report};
use crate::cmd::answers::{Answers, Question};
use crate::cmd::{Context, query, range, report as reporting};
use crate::config::cloud::Cloud;
use crate::cost::{money, query_cost};
use crate::engine::athena::REUSE_MINUTES_AT_MOST;
use crate::engine::athena::estimate::{TableShare, estimate};
#[cfg(feature = "local")]
use crate::engine::local::{Engine, EngineSettings};
use crate::etl::status::Status;
use crate::etl::{self, Pipeline, commit, committed};
use crate::query::{TimeRange, Value};
use crate::ui::export::envelope;
use crate::ui::grid::{Cell, Column, Grid, Unit};
use crate::ui::text::{self, plural};
use crate::ui::{Outcome, Screen, View, table};
use crate::{Error, ErrorKind, Result};

/// Runs `query`.
///
/// # Errors
/// If nothing is deployed, a parameter is wrong, the question cannot be answered, or the user interrupts.
pub fn execute(context: &Context, cloud: &Cloud, args: &Query) -> Result<Outcome> {
    if args.dry_run {
        return dry_run(context, cloud, args);
    }
    with_answers(context, cloud, &args.asked, false, |answers, _| query::answer(context, args, answers))
}

/// Runs `report`.
///
/// # Errors
/// As [`execute`].
pub fn report(context: &Context, cloud: &Cloud, args: &Report) -> Result<Outcome> {
    with_answers(context, cloud, &args.asked, true, |answers, lake| {
        reporting::answer(context, args, &cloud.name, answers, &|| health(context, lake))
    })
}

fn with_answers(
    context: &Context,
    cloud: &Cloud,
    asked: &AskedOf,
    many: bool,
    answer: impl FnOnce(&dyn Answers, Option<&Pipeline>) -> Result<Outcome>,
) -> Result<Outcome> {
    let reuse = asked.reuse.as_deref().map(reuse_minutes).transpose()?;
    let (session, lake) = open(cloud)?;
    if asked.local {
        return local(lake, many, answer);
    }
    let runs = SdkQueryRuns::new(&session, &Names::of(cloud).results_bucket(), &cloud.aws.account_id);
    let seen = lake.as_ref().map(seen).transpose()?.unwrap_or_default();
    let following = Following::new(context.ui, many);
    answer(&OnAthena::new(cloud, &runs, &following, reuse, seen), lake.as_ref())
}

/// How the lake does. Who may ask questions need not be allowed to look at the pipeline's own state: it is left out then.
fn health(context: &Context, lake: Option<&Pipeline>) -> Result<Option<Status>> {
    let Some(lake) = lake else { return Ok(None) };
    match etl::status(lake, context.now_ms) {
        Err(error) if error.kind() == ErrorKind::Permission => {
            context.ui.note(&format!("How the pipeline does is left out: {error}"));
            Ok(None)
        }
        other => other.map(Some),
    }
}

/// The session, checked, and the lake if some run has begun it.
fn open(cloud: &Cloud) -> Result<(Session, Option<Pipeline>)> {
    let session = Session::open(Some(&cloud.aws.region))?;
    session.check_account(&cloud.aws.account_id)?;
    let buckets = SdkBuckets::new(&session, &cloud.aws.account_id);
    let lake = lake::open(&session, cloud, &buckets)?;
    Ok((session, lake))
}

/// What the last commit says.
fn seen(lake: &Pipeline) -> Result<LakeSeen> {
    let Some(last) = commit::entry(&lake.lake, commit::tip(&lake.lake)?)? else { return Ok(LakeSeen::default()) };
    let totals = &last.totals;
    Ok(LakeSeen {
        extent: totals.record_hours.extent().map(|(from_ms, to_ms)| TimeRange { from_ms, to_ms }),
        access_logs: totals.counts.records > totals.cloudtrail.records,
        cloudtrail: totals.cloudtrail.records > 0,
    })
}

#[cfg(feature = "local")]
fn local(
    lake: Option<Pipeline>,
    many: bool,
    answer: impl FnOnce(&dyn Answers, Option<&Pipeline>) -> Result<Outcome>,
) -> Result<Outcome> {
    let lake = lake.ok_or_else(nothing_yet)?;
    let settings = EngineSettings::default();
    let settings = if many { settings.for_a_report() } else { settings };
    let engine = Engine::with_settings(&lake.lake, committed(&lake.lake)?, settings)?;
    answer(&crate::cmd::embedded::Embedded::silent(engine), Some(&lake))
}

#[cfg(not(feature = "local"))]
fn local(
    _lake: Option<Pipeline>,
    _many: bool,
    _answer: impl FnOnce(&dyn Answers, Option<&Pipeline>) -> Result<Outcome>,
) -> Result<Outcome> {
    Err(crate::cmd::without_engine())
}

fn nothing_yet() -> Error {
    Error::new(crate::ErrorKind::NotDeployed, "no run has written to the lake yet")
        .hint("bucketscope deploy  makes the pipeline, bucketscope run  fills the lake")
}

/// `--reuse 60m` in minutes, as Athena wants them.
fn reuse_minutes(text: &str) -> Result<u32> {
    let minutes = range::while_ms("--reuse", text)? / 60_000;
    u32::try_from(minutes).ok().filter(|minutes| (1..=REUSE_MINUTES_AT_MOST).contains(minutes)).ok_or_else(|| {
        Error::usage(format!("--reuse: {text} is out of bounds")).hint("Athena reuses results of a minute to 7 days")
    })
}

/// What a question may scan, from the commit log; nothing is asked of Athena.
fn dry_run(context: &Context, cloud: &Cloud, args: &Query) -> Result<Outcome> {
    let (_session, lake) = open(cloud)?;
    let lake = lake.ok_or_else(nothing_yet)?;
    let question = query::question(context, args, seen(&lake)?.extent)?;
    let (sql, parameters, range) = match &question {
        Question::Saved(bound) => (bound.query().sql.as_str(), bound.execution_parameters()?, range_of(bound.values())),
        Question::Sql(sql) => (*sql, Vec::new(), None),
    };
    let tables = estimate(&committed(&lake.lake)?, sql, range);
    let bytes = tables.iter().map(|table| table.bytes).sum();
    let estimate = Estimate { dry_run: true, sql: sql.to_owned(), parameters, bytes, usd: query_cost(bytes), tables };
    let limit = u64::from(cloud.athena.scan_limit_gigabytes) * 1_000_000_000;
    let mut outcome = Outcome::of(estimate).note("At most: Athena reads only the columns that the question names.");
    if matches!(question, Question::Sql(_)) {
        outcome =
            outcome.note("Of SQL of your own, the whole tables are counted: conditions on requestdate make it less.");
    }
    if bytes > limit {
        let limit = text::bytes(limit);
        outcome =
            outcome.note(format!("The workgroup stops a query that scans more than {limit}; a shorter range is safe."));
    }
    Ok(outcome)
}

fn range_of(values: &std::collections::BTreeMap<&str, Value>) -> Option<TimeRange> {
    match (values.get("from"), values.get("to")) {
        (Some(Value::Timestamp(from_ms)), Some(Value::Timestamp(to_ms))) => {
            Some(TimeRange { from_ms: *from_ms, to_ms: *to_ms })
        }
        _ => None,
    }
}

/// What would be asked, and what that may scan.
#[derive(Debug, Serialize)]
struct Estimate {
    dry_run: bool,
    sql: String,
    /// The literals that would go with it, one for each `?`.
    parameters: Vec<String>,
    bytes: u64,
    usd: f64,
    tables: Vec<TableShare>,
}

impl View for Estimate {
    fn human(&self, screen: &Screen) -> String {
        let columns =
            vec![Column::new("table"), Column::new("hours"), Column::new("files"), Column::with("bytes", Unit::Bytes)];
        let mut grid = Grid::new(columns);
        for share in &self.tables {
            let counts = [share.partitions, share.files, share.bytes].map(Cell::count);
            grid.push(std::iter::once(Cell::Text(share.table.clone().into())).chain(counts).collect());
        }
        let drawn = table::draw(&grid, 0, screen);
        let files = plural(self.tables.iter().map(|share| share.files).sum(), "file", "files");
        format!("{drawn}\n{} in {files}: {} at most\n", text::bytes(self.bytes), money(self.usd))
    }

    fn json(&self) -> String {
        envelope("query", self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_reused_within_athenas_bounds() {
        for (text, minutes) in [("60m", 60), ("24h", 1440), ("7d", 10_080), ("90s", 1)] {
            assert_eq!(reuse_minutes(text), Ok(minutes));
        }
        for text in ["30s", "0m", "8d", "soon", "99999999w"] {
            assert_eq!(reuse_minutes(text).unwrap_err().code(), 64, "{text}");
        }
    }
}
