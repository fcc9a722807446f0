//! Queries and reports.

use super::{Kind, Message, Rows, Seen, Setup, quoted, sentence, when};
use crate::notice::amount;
use crate::notice::report::{Mark, TEST_QUERY};
use crate::query::catalogue;

/// A query that changed its state.
pub(super) struct Ended<'a> {
    pub state: &'a str,
    pub id: &'a str,
    pub at: &'a str,
    pub seen: Option<&'a Seen>,
}

/// Reasons that quote a value of a row (`StandardErrorCode` of Trino): the code alone is told.
const QUOTING: &[&str] =
    &["HIVE_BAD_DATA", "INVALID_CAST_ARGUMENT", "INVALID_FUNCTION_ARGUMENT", "NUMERIC_VALUE_OUT_OF_RANGE"];

/// What is said. Failures are told always, of reports everything that they are set up to tell, of other queries what the
/// configuration asks for.
pub(super) fn message(setup: &Setup, ended: &Ended<'_>) -> Option<Message> {
    // Athena tries some failed queries again; what they are by now is what counts (Athena API Reference, "QueryExecutionStatus").
    let now = ended.seen.map_or(ended.state, |seen| seen.state.as_str());
    let mark = ended.seen.and_then(Seen::mark);
    let told = match ended.state {
        "FAILED" if ended.seen.is_some_and(|seen| seen.sql == TEST_QUERY) => super::test(setup, ended.at),
        "FAILED" if now == "FAILED" => failed(setup, ended, mark.as_ref()),
        "CANCELLED" if mark.is_some() || setup.finished_queries => failed(setup, ended, mark.as_ref()),
        "SUCCEEDED" => match &mark {
            Some(mark) => return finished_report(setup, ended, mark),
            None if setup.finished_queries => finished(setup, ended),
            None => return None,
        },
        "RUNNING" if setup.started_queries => started(setup, ended, mark.as_ref()),
        _ => return None,
    };
    Some(told)
}

/// `The report weekly`, `The query access-denied`, `A query`.
fn subject_of(ended: &Ended<'_>, mark: Option<&Mark>) -> String {
    match (mark, saved(ended)) {
        (Some(mark), _) => format!("The report {}", mark.report),
        (None, Some(id)) => format!("The query {id}"),
        (None, None) => "A query".to_owned(),
    }
}

/// The saved query that this is.
fn saved(ended: &Ended<'_>) -> Option<&'static str> {
    let sql = ended.seen?.sql.as_str();
    catalogue().queries().iter().find(|query| sql.starts_with(&query.sql)).map(|query| query.id.as_str())
}

fn failed(setup: &Setup, ended: &Ended<'_>, mark: Option<&Mark>) -> Message {
    let what = subject_of(ended, mark);
    let reason = ended.seen.and_then(|seen| seen.reason.as_deref()).map(without_values).unwrap_or_default();
    let limit = reason.to_ascii_lowercase().contains("bytes scanned limit");
    let (subject, happened) = if limit {
        (
            "was stopped at the limit",
            format!("{what} was stopped: it would have scanned more than the workgroup allows."),
        )
    } else if ended.state == "CANCELLED" {
        ("was cancelled", format!("{what} was cancelled: {}.", sentence(&reason)))
    } else {
        ("failed", format!("{what} failed: {}.", sentence(&reason)))
    };
    let message = Message::new(Kind::Failure, &setup.subject(&format!("{what} {subject}")), &happened)
        .facts(&facts(setup, ended, mark, false));
    let (command, why) = match (limit, mark) {
        (true, Some(mark)) => {
            (format!("bucketscope query {} --last 1d --dry-run", mark.query), "tells what a shorter range scans")
        }
        (true, None) => ("bucketscope query QUERY --last 1d".to_owned(), "asks for a shorter range"),
        (false, Some(mark)) => (again(mark), "asks the same range again"),
        (false, None) => ("bucketscope drift".to_owned(), "tells whether tables and lake are as they should be"),
    };
    message.next(&command, why)
}

/// A reason without values of rows.
fn without_values(reason: &str) -> String {
    match QUOTING.iter().find(|code| reason.starts_with(**code)) {
        Some(code) => format!("{code}; the console tells of which value"),
        None => quoted(reason),
    }
}

fn started(setup: &Setup, ended: &Ended<'_>, mark: Option<&Mark>) -> Message {
    let what = subject_of(ended, mark);
    Message::new(Kind::Report, &setup.subject(&format!("{what} has begun")), &format!("{what} has begun."))
        .facts(&[
            ("When", Some(when(ended.at))),
            ("Pipeline", Some(setup.pipeline.clone())),
            ("Range", mark.and_then(range)),
            ("Bucket", mark.map(bucket)),
            ("Execution", Some(quoted(ended.id))),
            ("Console", Some(setup.query_page(ended.id))),
        ])
        .next(
            &format!("aws athena stop-query-execution --query-execution-id {}", id(ended)),
            "stops it; you are told when it ends",
        )
}

/// An id as Athena makes them.
fn id(ended: &Ended<'_>) -> String {
    ended.id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect()
}

fn finished(setup: &Setup, ended: &Ended<'_>) -> Message {
    let what = subject_of(ended, None);
    Message::new(Kind::Report, &setup.subject(&format!("{what} has finished")), &format!("{what} has finished."))
        .facts(&facts(setup, ended, None, true))
        .next("bucketscope query --help", "tells how to ask it again, and --reuse 60m  takes this result")
}

fn finished_report(setup: &Setup, ended: &Ended<'_>, mark: &Mark) -> Option<Message> {
    let rows = ended.seen.and_then(|seen| seen.rows);
    let nothing = rows.is_some_and(|rows| rows.count == 0);
    if mark.only_findings && nothing {
        return None;
    }
    let found = rows.map(Rows::words);
    let (kind, subject, happened) = match (mark.severity, &found) {
        (Some(severity), Some(rows)) if !nothing => (
            Kind::Finding,
            format!("FINDING ({}): report {}, {rows}", severity.name(), mark.report),
            format!(
                "The report {} found something: {} has {rows}, severity {}.",
                mark.report,
                mark.query,
                severity.name()
            ),
        ),
        (Some(_), Some(_)) => (
            Kind::Report,
            format!("Report {}: nothing found", mark.report),
            format!("The report {} found nothing: {} has no rows.", mark.report, mark.query),
        ),
        (_, Some(rows)) => (
            Kind::Report,
            format!("Report {}: {rows}", mark.report),
            format!("The report {} is ready: {} has {rows}.", mark.report, mark.query),
        ),
        (_, None) => (
            Kind::Report,
            format!("Report {} is ready", mark.report),
            format!("The report {} is ready; how many rows it has could not be told.", mark.report),
        ),
    };
    let mut message =
        Message::new(kind, &setup.subject(&subject), &happened).facts(&facts(setup, ended, Some(mark), true));
    if kind == Kind::Finding
        && let Ok(query) = catalogue().get(&mark.query)
    {
        for (name, text) in
            [("What looks like it and is none", &query.false_positives), ("What to do with it", &query.next_step)]
        {
            if !text.is_empty() {
                message = message.paragraph(&format!("{name}: {}", quoted(text)));
            }
        }
    }
    Some(message.next(&again(mark), if nothing { "asks the same range again" } else { "shows the rows" }))
}

/// The command that asks the same range.
fn again(mark: &Mark) -> String {
    let range = match (amount::flag(mark.from_ms), amount::flag(mark.to_ms)) {
        (Some(from), Some(to)) => format!(" --from {from} --to {to}"),
        _ => String::new(),
    };
    let bucket = mark.bucket.as_ref().map(|bucket| format!(" --bucket {bucket}")).unwrap_or_default();
    format!("bucketscope query {}{range}{bucket}", mark.query)
}

fn range(mark: &Mark) -> Option<String> {
    Some(format!("{} to {}", amount::moment(mark.from_ms)?, amount::moment(mark.to_ms)?))
}

fn bucket(mark: &Mark) -> String {
    mark.bucket.clone().unwrap_or_else(|| "all".to_owned())
}

fn facts(
    setup: &Setup,
    ended: &Ended<'_>,
    mark: Option<&Mark>,
    with_result: bool,
) -> Vec<(&'static str, Option<String>)> {
    let seen = ended.seen;
    let took = seen.and_then(|seen| Some(amount::duration(seen.ended_ms?.saturating_sub(seen.started_ms?))));
    let at = match took {
        Some(took) => format!("{}, after {took}", when(ended.at)),
        None => when(ended.at),
    };
    let answers = mark.and_then(|mark| catalogue().get(&mark.query).ok()).map(|query| quoted(&query.answers));
    let scanned = seen.map(|seen| {
        let cost = amount::query_cost(seen.scanned, setup.micro_usd_a_terabyte);
        format!("{}, {cost}", amount::bytes(seen.scanned))
    });
    let output = seen.and_then(|seen| seen.output.as_deref()).filter(|path| with_result && path.starts_with("s3://"));
    vec![
        ("Question", answers),
        ("When", Some(at)),
        ("Pipeline", Some(setup.pipeline.clone())),
        ("Range", mark.and_then(range)),
        ("Bucket", mark.map(bucket)),
        ("Scanned", scanned.or_else(|| Some("Athena could not be asked".to_owned()))),
        ("Result", output.map(quoted)),
        ("Execution", Some(quoted(ended.id))),
        ("Console", Some(setup.query_page(ended.id))),
    ]
}
