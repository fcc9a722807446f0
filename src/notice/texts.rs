//! What is said of which event.

mod alarms;
mod glue;
mod queries;

use super::amount;
use super::event::Event;
use super::message::{Kind, Message, quoted};
use super::report::Mark;
use super::setup::Setup;

/// An execution of a query as Athena tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its state.
    pub state: String,
    /// Why it is in this state.
    pub reason: Option<String>,
    /// The statement.
    pub sql: String,
    /// When it was started.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// What it scanned.
    pub scanned: u64,
    /// Where its result lies.
    pub output: Option<String>,
    /// How many rows the result has, where that was looked at.
    pub rows: Option<Rows>,
}

/// How many rows a result has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// So many.
    pub count: u64,
    /// Or more.
    pub more: bool,
}

impl Rows {
    fn words(self) -> String {
        if self.more {
            format!("{} rows or more", amount::count(self.count))
        } else {
            amount::plural(self.count, "row", "rows")
        }
    }
}

impl Seen {
    /// The mark of a report.
    pub fn mark(&self) -> Option<Mark> {
        Mark::of(&self.sql)
    }

    /// Whether it has ended well and its rows decide what is said.
    pub fn rows_matter(&self) -> bool {
        self.state == "SUCCEEDED" && self.mark().is_some()
    }
}

/// The message about an event; nothing where there is nothing to be said. `seen` is what Athena tells of the query that the event is
/// about, where it could be asked.
pub fn compose(setup: &Setup, event: &Event, seen: Option<&Seen>) -> Option<Message> {
    match event {
        Event::Query { state, id, at } => queries::message(setup, &queries::Ended { state, id, at, seen }),
        Event::Run { job, run, state, message, at } => Some(glue::run(setup, job, run, state, message, at)),
        Event::Crawl { crawler, message, at } => Some(glue::crawl(setup, crawler, message, at)),
        Event::Alarm { name, state, before, reason, at } => {
            alarms::message(setup, &alarms::Changed { name, state, before, reason, at })
        }
    }
}

/// The message that a report could not be started.
pub fn not_started(setup: &Setup, report: &str, query: &str, why: &str, hint: Option<&str>) -> Message {
    let (report, query) = (quoted(report), quoted(query));
    let happened = format!("The report {report} could not be started: {}.", sentence(why));
    let message =
        Message::new(Kind::Failure, &setup.subject(&format!("Report {report} could not be started")), &happened)
            .facts(&[("Pipeline", Some(setup.pipeline.clone())), ("Query", Some(query))]);
    let message = match hint {
        Some(hint) => message.paragraph(&format!("What may help: {}", quoted(hint))),
        None => message,
    };
    message
        .paragraph("It is tried again when the schedule is due the next time.")
        .next("bucketscope drift", "compares what is there with what was deployed")
}

fn test(setup: &Setup, at: &str) -> Message {
    Message::new(
        Kind::Test,
        &setup.subject("Test: notices arrive"),
        "This is a test. Notices of this pipeline reach you.",
    )
    .facts(&[("When", Some(when(at))), ("Pipeline", Some(setup.pipeline.clone())), ("Logs from", setup.sources())])
    .paragraph(
        "You are told when a run, a crawl, a query or a report fails, when logs stay away, and what reports find.",
    )
    .next("bucketscope status", "shows how the pipeline does")
}

/// The time of an event.
fn when(at: &str) -> String {
    let millis = at.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond());
    millis.and_then(amount::moment).unwrap_or_else(|| quoted(at))
}

/// A text from outside within a sentence of ours: the full stop is ours.
fn sentence(text: &str) -> String {
    let line = quoted(text);
    let line = line.trim_end_matches(['.', ' ', ':']);
    if line.is_empty() { "no reason is given".to_owned() } else { line.to_owned() }
}
