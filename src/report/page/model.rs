//! What a page holds, as its script reads it. Texts from outside are harmless here already: what is hidden in them was made
//! visible, and what is very long was shortened.

use serde::Serialize;

/// The version of the data in a page.
pub const PAGE_VERSION: u32 = 1;

/// All that a page shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Page {
    /// [`PAGE_VERSION`].
    pub page_version: u32,
    /// The version of the program.
    pub version: &'static str,
    /// The pipeline's name.
    pub name: String,
    /// The range's beginning, milliseconds since the epoch.
    pub from_ms: i64,
    /// Its end, not part of it.
    pub to_ms: i64,
    /// When the page was made.
    pub made_ms: i64,
    /// The bucket that was asked for, if one was.
    pub bucket: Option<String>,
    /// What was typed to ask for this range and bucket, for a form to begin with.
    pub form: Option<Form>,
    /// What can be chosen: all together first, then the busiest buckets of access logs, then of CloudTrail.
    pub scopes: Vec<Scope>,
    /// What access logs tell; `None` where the lake has none of the range.
    pub access: Option<Access>,
    /// What CloudTrail tells; `None` where the lake has none.
    pub events: Option<Events>,
    /// What was looked for.
    pub findings: Findings,
    /// How the pipeline itself does; `None` where it could not be asked.
    pub pipeline: Option<PipelineHealth>,
    /// What was asked for all this.
    pub asked: Vec<Asked>,
    /// What asking has cost, where somebody bills it.
    pub bill: Option<String>,
}

/// What a served page asks again with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Form {
    /// As `--from`.
    pub from: String,
    /// As `--to`.
    pub to: String,
    /// As `--bucket`.
    pub bucket: String,
}

/// All buckets, or one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// As a person reads it.
    pub label: String,
}

/// What access logs tell.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Access {
    /// By bucket, the busiest first: requests, 4xx, 5xx, anonymous, bytes sent, bytes uploaded.
    pub buckets: Vec<Row>,
    /// By hour.
    pub series: Series,
    /// By one thing at a time.
    pub breakdowns: Vec<Breakdown>,
    /// For each scope, by operation: requests, turn-around p50, p90, p99, total p50, p90, p99, longest.
    pub latency: Vec<Vec<Row>>,
    /// By day, what was deleted and what rules did.
    pub actions: Actions,
    /// What requesters cost.
    pub costs: Costs,
}

/// What CloudTrail tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Events {
    /// By bucket, those with most events first: calls, errors, writes.
    pub buckets: Vec<Row>,
    /// By hour: calls, errors, writes.
    pub series: Series,
    /// By one thing at a time: calls, errors, writes.
    pub breakdowns: Vec<Breakdown>,
}

/// Numbers by time, for each scope.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Series {
    /// When the first step begins.
    pub start_ms: i64,
    /// How long a step is.
    pub step_ms: i64,
    /// How many there are.
    pub count: usize,
    /// What is counted, in order.
    pub metrics: Vec<&'static str>,
    /// For each scope and each metric the numbers; `-n` stands for `n` times nothing.
    pub scopes: Vec<Vec<Vec<i64>>>,
}

/// Numbers by a value, for each scope.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Breakdown {
    /// What is told apart, as the statement names it.
    pub dimension: String,
    /// For each scope its rows, the largest first, all others together last.
    pub scopes: Vec<Vec<Row>>,
}

/// A row of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Row {
    /// The value; `None` where the log has none.
    pub v: Option<String>,
    /// The numbers; `None` where there is none.
    pub n: Vec<Option<f64>>,
    /// How many values the row stands for, where it is all others together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub m: Option<u64>,
}

/// What was done to objects, by day.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Actions {
    /// What was done.
    pub names: Vec<String>,
    /// By day, a metric an action.
    pub series: Series,
    /// For each scope and action: objects and bytes.
    pub totals: Vec<Vec<[u64; 2]>>,
}

/// What requesters cost, estimated.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Costs {
    /// The Region whose prices these are.
    pub prices_of: String,
    /// The day of the prices.
    pub prices_date: String,
    /// The prices, as a person reads them.
    pub prices: Vec<String>,
    /// For each scope, by requester: US dollars for requests, for transfer to other Regions, for the internet at most, and together.
    pub scopes: Vec<Vec<Row>>,
}

/// What was looked for, and what of it was there.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Findings {
    /// What was found, the gravest first.
    pub found: Vec<Found>,
    /// What was looked for and not found.
    pub clean: Vec<Check>,
    /// What was not looked for, as the lake has no records of its table.
    pub left_out: Vec<LeftOut>,
    /// What was not looked for, as it needs a parameter.
    pub unasked: Vec<Check>,
}

/// A saved query that looks for something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its title.
    pub title: String,
    /// Its id.
    pub query: String,
}

/// One that cannot be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its title.
    pub title: String,
    /// Its id.
    pub query: String,
    /// What the lake has no records of, in words.
    pub lacks: String,
}

/// A finding.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Found {
    /// The saved query's id.
    pub query: String,
    /// Its title.
    pub title: String,
    /// `high`, `medium`, `low`.
    pub severity: &'static str,
    /// How many rows it answers.
    pub rows: u64,
    /// The same for each scope; empty where the query does not tell buckets apart.
    pub scopes: Vec<u64>,
    /// The question.
    pub answers: String,
    /// What commonly looks like a finding and is none.
    pub false_positives: String,
    /// What to do.
    pub next_step: String,
    /// The command that shows the rows, of all; then one for each further scope, where the query takes a bucket.
    pub commands: Vec<String>,
    /// The statement, its values in their places.
    pub sql: String,
}

/// How the pipeline does.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PipelineHealth {
    /// In a word.
    pub health: String,
    /// Why it is not healthy.
    pub reasons: Vec<String>,
    /// When the last commit was made.
    pub last_commit_ms: Option<i64>,
    /// Everything modified before this has been read.
    pub watermark_ms: Option<i64>,
    /// Log objects read.
    pub objects: u64,
    /// Lines read.
    pub lines: u64,
    /// Records written.
    pub records: u64,
    /// Lines rejected.
    pub rejected: u64,
    /// Records that came hours after their time.
    pub late: u64,
    /// Files of the lake.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Rejects and damaged objects: the code, what it means, how many.
    pub rejects: Vec<(String, String, u64)>,
    /// Hours without deliveries or records: from, to, hours.
    pub gaps: Vec<(i64, i64, u64)>,
    /// All hours of the gaps, also of those that are not listed.
    pub gap_hours: u64,
    /// What has the gaps: `log objects` or `records`.
    pub gaps_of: &'static str,
}

/// A statement that the page's figures come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it answers.
    pub answers: String,
    /// What to keep in mind.
    pub false_positives: String,
    /// What to do next.
    pub next_step: String,
    /// The statement, its values in their places.
    pub sql: String,
}
