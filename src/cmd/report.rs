//! `report`: the lake summed up.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;

use super::project::Project;
use super::query::FOUND;
use super::{Context, range};
use crate::cli;
use crate::engine::local::Engine;
use crate::logs::time::partition_of;
use crate::query::{TimeRange, catalogue, literal};
use crate::report::{Bucket, Day, Finding, Report, Traffic};
use crate::ui::{Outcome, text};
use crate::{Error, Result};

/// One pass over the range: traffic by bucket and day. Numbers are cast so that an empty bucket gives 0 and not null.
const TRAFFIC: &str = "\
SELECT bucket_name, requestdate,
  COUNT(*) AS requests,
  SUM(CASE WHEN httpstatus BETWEEN 400 AND 499 THEN 1 ELSE 0 END) AS client_errors,
  SUM(CASE WHEN httpstatus >= 500 THEN 1 ELSE 0 END) AS service_errors,
  SUM(CASE WHEN requester IS NULL AND remoteip IS NOT NULL THEN 1 ELSE 0 END) AS anonymous,
  COALESCE(SUM(bytessent), 0) AS bytes_sent
FROM s3_access_logs
WHERE {range}
GROUP BY bucket_name, requestdate";

const DAY_MS: i64 = 86_400_000;

/// Days are not filled up beyond this many: a stray record of 1970 would make half a century of empty ones.
const DAYS_AT_MOST: i64 = 3_700;

/// Runs `report`.
///
/// # Errors
/// If the lake has not been deployed or the engine fails.
pub fn execute(context: &Context, args: &cli::Report) -> Result<Outcome> {
    let project = Project::load(context)?;
    let (engine, extent) = project.engine()?;
    let whole = extent.map_or((0, 0), |extent| (extent.from_ms, extent.to_ms));
    let ends = (whole.0.min(context.now_ms), whole.1.max(context.now_ms));
    let (from_ms, to_ms) = range::resolve(&args.range, context.now_ms, ends)?.unwrap_or(whole);
    let range = TimeRange { from_ms, to_ms };
    let mut report =
        Report { name: project.config.name, from: text::time(from_ms), to: text::time(to_ms), ..Report::default() };
    let given = if args.range.last.is_some() || args.range.from.is_some() || args.range.to.is_some() {
        format!(" --from {} --to {}", report.from, report.to)
    } else {
        String::new()
    };
    report.command = context.command(&format!("query QUERY{given}"));
    if extent.is_some() {
        add_traffic(&engine, range, &mut report)?;
        report.findings = findings(context, &engine, range, &given)?;
    }
    report.questions = catalogue().queries().iter().filter(|q| q.severity.is_none()).map(|q| q.id.clone()).collect();
    let found = report.findings.iter().any(|finding| finding.rows > 0);
    let empty = report.total.requests == 0;
    let outcome = Outcome::of(report).code(if found && args.fail_on_findings { FOUND } else { 0 });
    Ok(if empty { outcome.next(context.command("run"), "reads the logs into the lake") } else { outcome })
}

fn add_traffic(engine: &Engine, range: TimeRange, report: &mut Report) -> Result<()> {
    let answer = engine.sql(&TRAFFIC.replace("{range}", &condition(range)?))?;
    let mut buckets: BTreeMap<Option<String>, Traffic> = BTreeMap::new();
    let mut days: BTreeMap<String, Traffic> = empty_days(range);
    for batch in &answer.batches {
        for row in 0..batch.num_rows() {
            let traffic = traffic(batch, row).ok_or_else(|| Error::failed("the engine answers with other columns"))?;
            let names = [0, 1].map(|column| text_at(batch, column, row));
            let [bucket, day] = names;
            buckets.entry(bucket).or_default().add(&traffic);
            days.entry(day.unwrap_or_default()).or_default().add(&traffic);
            report.total.add(&traffic);
        }
    }
    report.buckets = buckets.into_iter().map(|(name, traffic)| Bucket { name, traffic }).collect();
    // The order of names stays among buckets that are equally busy.
    report.buckets.sort_by_key(|bucket| std::cmp::Reverse(bucket.traffic.requests));
    report.days = days.into_iter().map(|(date, traffic)| Day { date, traffic }).collect();
    Ok(())
}

/// The range in SQL, by partition first so that only its files are read.
fn condition(range: TimeRange) -> Result<String> {
    let last = (range.to_ms - 1).max(range.from_ms);
    Ok(format!(
        "requestdate >= '{}' AND requestdate <= '{}' AND requestdatetime >= TIMESTAMP '{}' AND requestdatetime < TIMESTAMP '{}'",
        partition_of(range.from_ms).0,
        partition_of(last).0,
        literal::timestamp_text(range.from_ms)?,
        literal::timestamp_text(range.to_ms)?,
    ))
}

fn empty_days(range: TimeRange) -> BTreeMap<String, Traffic> {
    let (first, last) = (range.from_ms.div_euclid(DAY_MS), (range.to_ms - 1).div_euclid(DAY_MS));
    if last - first > DAYS_AT_MOST {
        return BTreeMap::new();
    }
    (first..=last).map(|day| (partition_of(day * DAY_MS).0, Traffic::default())).collect()
}

fn traffic(batch: &RecordBatch, row: usize) -> Option<Traffic> {
    let number = |column: usize| {
        let numbers = batch.columns().get(column)?.as_primitive_opt::<Int64Type>()?;
        u64::try_from(numbers.value(row)).ok()
    };
    Some(Traffic {
        requests: number(2)?,
        client_errors: number(3)?,
        service_errors: number(4)?,
        anonymous: number(5)?,
        bytes_sent: number(6)?,
    })
}

fn text_at(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    use arrow::array::Array;
    let texts = batch.columns().get(column)?.as_string_opt::<i32>()?;
    (!texts.is_null(row)).then(|| texts.value(row).to_owned())
}

/// Asks every saved query that looks for something; rows are counted, not kept.
fn findings(context: &Context, engine: &Engine, range: TimeRange, given: &str) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for query in catalogue().queries() {
        let Some(severity) = query.severity else { continue };
        let cost = engine.query_each(&query.bind(range, &[])?, |_| Ok(()), |_| Ok(()))?;
        let command = context.command(&format!("query {}{given}", query.id));
        let (id, title) = (query.id.clone(), query.title.clone());
        findings.push((severity, Finding { query: id, severity: severity.name(), title, rows: cost.rows, command }));
    }
    findings.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.rows.cmp(&a.1.rows)));
    Ok(findings.into_iter().map(|(_, finding)| finding).collect())
}
