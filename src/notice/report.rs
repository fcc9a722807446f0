//! A scheduled report: what its schedule hands over, what is asked of Athena for it, and the mark by which the end of its query is
//! recognised.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::query::{Catalogue, OwnQuery, Query, Severity, Value, catalogue, window};
use crate::{Error, Result};

/// What EventBridge Scheduler puts in place of this is the moment for which the schedule was due, however late it is delivered
/// (EventBridge Scheduler User Guide, "Adding context attributes").
const DUE: &str = "<aws.scheduler.scheduled-time>";

/// What a mark begins with, on a line of its own behind the statement.
const MARK: &str = "-- bucketscope ";

/// What `notify test` has Athena fail on. It scans nothing, as there is no such table.
pub const TEST_QUERY: &str = "SELECT 'this fails on purpose, so that a notice is sent' AS test FROM a_table_that_is_not_there\n\
                              -- bucketscope notify test";

/// What a schedule hands over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The report's name.
    pub report: String,
    /// The id of its query.
    pub query: String,
    /// The range of time, which ends when the report is due: `7d`, `yesterday`.
    pub last: String,
    /// Values of parameters by name, as after `--param`.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Whether nothing is told where nothing is found.
    #[serde(default)]
    pub only_findings: bool,
    /// The query's file, where it is one of the project's own.
    #[serde(default)]
    pub own: Option<OwnQuery>,
    /// When the report is due.
    #[serde(default)]
    pub due: String,
}

/// A query as Athena is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The statement with its mark.
    pub sql: String,
    /// Its values, as literals.
    pub values: Vec<String>,
    /// Makes Athena start a query once, however often it is asked with this (Athena API Reference, "StartQueryExecution":
    /// ClientRequestToken, 32 to 128 characters).
    pub token: String,
    /// The mark.
    pub mark: Mark,
}

/// What a query of a report carries with it, in words that need no quotes: nobody says what Athena makes of a `?` or a quote in a
/// comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The report's name.
    pub report: String,
    /// The id of its query.
    pub query: String,
    /// How much rows matter; nothing where rows are no findings.
    pub severity: Option<Severity>,
    /// The range of time.
    pub from_ms: i64,
    /// The range of time.
    pub to_ms: i64,
    /// The one bucket that is asked about.
    pub bucket: Option<String>,
    /// Whether nothing is told where nothing is found.
    pub only_findings: bool,
}

impl Order {
    /// The text that the schedule hands over. Nothing in it but our own placeholder can be one of Scheduler's.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn input(&self) -> Result<String> {
        let order = Self { due: String::new(), ..self.clone() };
        let mut json =
            serde_json::to_value(&order).map_err(|error| Error::failed("cannot write JSON").because(error))?;
        if let Some(fields) = json.as_object_mut() {
            fields.remove("due");
        }
        // `<` is written otherwise within strings, where alone it can stand.
        let escaped = json.to_string().replace('<', "\\u003c");
        let body = escaped.strip_suffix('}').unwrap_or(&escaped);
        Ok(format!("{body},\"due\":\"{DUE}\"}}"))
    }

    /// Reads what a schedule hands over.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(event: serde_json::Value) -> Result<Self> {
        serde_json::from_value(event).map_err(|error| {
            Error::usage("this is no order for a report")
                .because(error)
                .hint("EventBridge Scheduler calls this function; bucketscope deploy  sets its schedules up anew")
        })
    }

    /// Checks the order as it will be carried out.
    ///
    /// # Errors
    /// What of it cannot be: there is no such query, a parameter is none, or its value cannot be read.
    pub fn check(&self) -> Result<()> {
        self.asked(0).map(drop)
    }

    /// What is to be asked; `now_ms` counts where the order does not say when it was due.
    ///
    /// # Errors
    /// As with [`Order::check`].
    pub fn asked(&self, now_ms: i64) -> Result<Asked> {
        let due_ms = self.due.parse::<jiff::Timestamp>().map_or(now_ms, |due| due.as_millisecond());
        let all = self.catalogue()?;
        let query = all.get(&self.query)?;
        let range = window::last(&self.last, due_ms).ok_or_else(|| {
            Error::usage(format!("`{}` is no while", self.last)).hint("expected 7d, 24h, 2w, today or yesterday")
        })?;
        let given: Vec<(String, String)> = self.parameters.clone().into_iter().collect();
        let bound = query.bind(range, &given)?;
        let values = bound.execution_parameters()?;
        if let Some(long) = values.iter().find(|literal| literal.chars().count() > LITERAL_AT_MOST) {
            let found = long.chars().count();
            let what = format!("a value has {found} characters with its quotes, and Athena takes {LITERAL_AT_MOST}");
            return Err(Error::usage(what));
        }
        let bucket = match bound.values().get("bucket") {
            Some(Value::String(bucket)) => Some(bucket.clone()),
            _ => None,
        };
        let mark = self.mark(query, range.from_ms, range.to_ms, bucket);
        let sql = format!("{}\n{}", query.sql, mark.line());
        let token = hash(&[self.report.as_str(), sql.as_str()].into_iter().chain(values.iter().map(String::as_str)));
        Ok(Asked { sql, values, token, mark })
    }

    fn catalogue(&self) -> Result<Catalogue> {
        let own = self.own.iter().map(|own| (own.file.as_str(), own.text.as_str()));
        catalogue().with_own(own)
    }

    fn mark(&self, query: &Query, from_ms: i64, to_ms: i64, bucket: Option<String>) -> Mark {
        Mark {
            report: self.report.clone(),
            query: query.id.clone(),
            severity: query.severity,
            from_ms,
            to_ms,
            bucket: bucket.filter(|bucket| is_plain(bucket)),
            only_findings: self.only_findings,
        }
    }
}

/// A parameter's literal is no longer than this (Athena API Reference, "StartQueryExecution").
const LITERAL_AT_MOST: usize = 1_024;

impl Mark {
    /// The comment.
    fn line(&self) -> String {
        let Self { report, query, from_ms, to_ms, only_findings, .. } = self;
        let mut line =
            format!("{MARK}report={report} query={query} from={from_ms} to={to_ms} only_findings={only_findings}");
        if let Some(severity) = self.severity {
            line.push_str(&format!(" severity={}", severity.name()));
        }
        if let Some(bucket) = &self.bucket {
            line.push_str(&format!(" bucket={bucket}"));
        }
        line
    }

    /// The mark behind a statement. Whoever may ask queries can write one, so it is believed no more than a query's text is.
    pub fn of(sql: &str) -> Option<Self> {
        let (_, last) = sql.trim_end().rsplit_once('\n')?;
        let words: BTreeMap<&str, &str> =
            last.strip_prefix(MARK)?.split(' ').filter_map(|it| it.split_once('=')).collect();
        let plain = |key: &str| words.get(key).copied().filter(|text| is_plain(text)).map(str::to_owned);
        let number = |key: &str| words.get(key)?.parse().ok();
        Some(Self {
            report: plain("report")?,
            query: plain("query")?,
            severity: words.get("severity").and_then(|name| Severity::named(name)),
            from_ms: number("from")?,
            to_ms: number("to")?,
            bucket: plain("bucket"),
            only_findings: words.get("only_findings") == Some(&"true"),
        })
    }
}

/// Whether a text is a name as reports, queries and buckets have them.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn hash<'a>(parts: &(impl Iterator<Item = &'a str> + Clone)) -> String {
    let mut digest = Sha256::new();
    for part in parts.clone() {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
