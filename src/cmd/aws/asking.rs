//! Athena as what questions are asked of: progress on stderr, Ctrl-C, values of results.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Result;
use crate::aws::query_runs::{QueryRun, QueryRuns, State};
use crate::blueprint::Names;
use crate::cmd::answers::{Answers, Bill, ByBucket, ColumnSink, Counted, Question, RowSink, Took, counting};
use crate::cmd::interrupt::Presses;
use crate::config::cloud::Cloud;
use crate::cost::{money, query_cost};
use crate::engine::athena::{Athena, Follow, Wish};
use crate::engine::told::AnswerColumn;
use crate::logs::table::Table;
use crate::query::{Bound, TimeRange};
use crate::stack::site::all_at_once;
use crate::ui::grid::Cell;
use crate::ui::{Ui, text};

/// Between the first two looks; later ones are further apart.
const PAUSE: Duration = Duration::from_millis(200);

/// Between two looks at most.
const PAUSE_AT_MOST: Duration = Duration::from_secs(2);

/// In steps of this, so that Ctrl-C is heard at once.
const STEP: Duration = Duration::from_millis(50);

/// Without a terminal, so long between two lines about the same state.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How many queries are asked at the same time. Athena lets an account run 20 or more, by Region ("Service Quotas", Athena User Guide).
const AT_ONCE: usize = 5;

/// The pipeline's Athena.
pub struct OnAthena<'a> {
    athena: Athena<'a>,
    lake: LakeSeen,
}

/// What the last commit says of the lake.
#[derive(Debug, Clone, Copy, Default)]
pub struct LakeSeen {
    /// The time that records are of.
    pub extent: Option<TimeRange>,
    /// Whether there are records of access logs.
    pub access_logs: bool,
    /// Whether there are events of CloudTrail.
    pub cloudtrail: bool,
}

impl<'a> OnAthena<'a> {
    /// Asks in the pipeline's workgroup.
    pub fn new(
        cloud: &Cloud,
        runs: &'a dyn QueryRuns,
        follow: &'a dyn Follow,
        reuse_minutes: Option<u32>,
        lake: LakeSeen,
    ) -> Self {
        let names = Names::of(cloud);
        let athena = Athena {
            runs,
            workgroup: names.workgroup(),
            database: names.database(),
            results: names.results_bucket(),
            scan_limit: u64::from(cloud.athena.scan_limit_gigabytes) * 1_000_000_000,
            reuse_minutes,
            follow,
        };
        Self { athena, lake }
    }
}

impl Answers for OnAthena<'_> {
    fn extent(&self) -> Option<TimeRange> {
        self.lake.extent
    }

    fn holds(&self, table: Table) -> bool {
        match table {
            Table::AccessLogs => self.lake.access_logs,
            Table::CloudTrail => self.lake.cloudtrail,
        }
    }

    fn ask(&self, question: &Question<'_>, columns: &mut ColumnSink<'_>, rows: &mut RowSink<'_>) -> Result<Took> {
        let began = Instant::now();
        let run = match question {
            Question::Saved(bound) => self.athena.run(&bound.query().sql, bound.execution_parameters()?)?,
            Question::Sql(sql) => self.athena.run(sql, Vec::new())?,
        };
        let kinds: RefCell<Vec<Kind>> = RefCell::default();
        let count = self.athena.read(
            &run,
            &mut |mut told| {
                told.iter_mut().for_each(|column| column.unit = unit_of(question, column));
                *kinds.borrow_mut() = told.iter().map(|column| Kind::of(&column.kind)).collect();
                columns(told)
            },
            &mut |row| {
                let kinds = kinds.borrow();
                let cells: Vec<Cell<'_>> = kinds.iter().zip(row).map(|(kind, text)| kind.cell(*text)).collect();
                rows(&cells)
            },
        )?;
        Ok(took(&run, count, began.elapsed()))
    }

    fn count_by_bucket(&self, bounds: &[Bound<'_>]) -> Result<Vec<Counted>> {
        let mut all = Vec::with_capacity(bounds.len());
        for some in bounds.chunks(AT_ONCE) {
            all.extend(all_at_once(some, |bound| self.counted(bound))?);
        }
        Ok(all)
    }
}

impl OnAthena<'_> {
    fn counted(&self, bound: &Bound<'_>) -> Result<Counted> {
        let began = Instant::now();
        let run = self.athena.run(&counting(bound), bound.execution_parameters()?)?;
        let mut buckets = ByBucket::new();
        self.athena.read(&run, &mut |_| Ok(()), &mut |row| {
            // The count stands last; before it the bucket, if any.
            let Some((n, bucket)) = row.split_last() else { return Ok(()) };
            let counted: u64 = n.and_then(|n| n.parse().ok()).unwrap_or(0);
            buckets.insert(bucket.first().copied().flatten().map(str::to_owned), counted);
            Ok(())
        })?;
        Ok(Counted::of(bound, took(&run, 0, began.elapsed()), buckets))
    }
}

fn unit_of(question: &Question<'_>, column: &AnswerColumn) -> Option<String> {
    let Question::Saved(bound) = question else { return None };
    let declared = bound.query().columns.iter().find(|declared| declared.name == column.name)?;
    declared.unit.clone()
}

fn took(run: &QueryRun, rows: u64, elapsed: Duration) -> Took {
    let (scanned, usd) = billed(run);
    let words = match run.reused {
        true => "an earlier result, nothing scanned".to_owned(),
        false => format!("{} scanned, {}", text::bytes(scanned), money(usd)),
    };
    let bill = Bill { id: run.id.clone(), reused: run.reused, usd, words };
    Took { rows, scanned_bytes: scanned, files: Vec::new(), elapsed, bill: Some(bill) }
}

/// What was scanned for this very query, and what that costs.
fn billed(run: &QueryRun) -> (u64, f64) {
    let scanned = if run.reused { 0 } else { run.scanned_bytes };
    (scanned, query_cost(scanned))
}

/// How the text of a value is read, by its column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Int,
    Float,
    Bool,
    Time,
}

impl Kind {
    fn of(kind: &str) -> Self {
        match kind {
            "tinyint" | "smallint" | "integer" | "bigint" => Self::Int,
            "double" | "real" => Self::Float,
            "boolean" => Self::Bool,
            "timestamp" | "timestamp with time zone" => Self::Time,
            _ => Self::Text,
        }
    }

    /// A value; what is not of its type stays the text that it is.
    fn cell(self, text: Option<&str>) -> Cell<'_> {
        let Some(text) = text else { return Cell::Null };
        let cell = match self {
            Self::Text => None,
            Self::Int => text.parse().ok().map(Cell::Int),
            Self::Float => text.parse().ok().map(Cell::Float),
            Self::Bool => text.parse().ok().map(Cell::Bool),
            Self::Time => time(text).map(Cell::Time),
        };
        cell.unwrap_or(Cell::Text(text.into()))
    }
}

/// `2026-06-01 12:30:00.000`, with ` UTC` behind it where the type has a time zone.
fn time(text: &str) -> Option<i64> {
    let civil: jiff::civil::DateTime = text.strip_suffix(" UTC").unwrap_or(text).parse().ok()?;
    Some(jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?.as_millisecond())
}

/// Tells how queries do, and hears Ctrl-C: the first cancels them, the second no longer waits for that.
pub struct Following {
    ui: Ui,
    presses: Presses,
    /// Whether there are several, of which only those are told of that take long.
    many: bool,
    told: Mutex<Told>,
}

/// What was told.
#[derive(Default)]
struct Told {
    /// On a terminal, from the first look on.
    bar: Option<ProgressBar>,
    /// The queries that were seen, by id.
    seen: BTreeMap<String, Seen>,
}

/// A query that is followed.
struct Seen {
    began: Instant,
    /// What was told last, and when.
    told: Option<(State, Instant)>,
}

impl Following {
    /// Listens from now on.
    pub fn new(ui: Ui, many: bool) -> Self {
        Self { ui, presses: Presses::listen(), many, told: Mutex::default() }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    /// Draws a line over the one before.
    fn draw(&mut self, line: String) {
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{spinner} {wide_msg}");
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_message(line);
    }

    /// Takes the line away.
    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.told().clear();
    }
}

impl Follow for Following {
    fn seen(&self, run: &QueryRun) {
        let mut told = self.told();
        let seen = told.seen.entry(run.id.clone()).or_insert_with(|| Seen { began: Instant::now(), told: None });
        let since = seen.began.elapsed();
        let line = line(run, since);
        if self.ui.live() {
            // What is printed next must not stand in one line with this.
            return if run.state.is_over() && !self.many { told.clear() } else { told.draw(line) };
        }
        // Lines are for what has changed, and for what takes long.
        let repeated = seen.told.is_some_and(|(state, at)| state == run.state && at.elapsed() < HEARTBEAT);
        if !run.state.is_over() && !repeated && (!self.many || since >= HEARTBEAT) {
            seen.told = Some((run.state, Instant::now()));
            self.ui.note(&format!("  {} {line}", self.ui.paint().dim("…")));
        }
    }

    fn pause(&self, looks: u32) {
        let pause = PAUSE.saturating_mul(looks.saturating_add(1)).min(PAUSE_AT_MOST);
        let (end, presses) = (Instant::now() + pause, self.presses.count().load(Ordering::SeqCst));
        while Instant::now() < end && self.presses.count().load(Ordering::SeqCst) == presses {
            std::thread::sleep(STEP);
        }
    }

    fn wish(&self) -> Wish {
        match self.presses.count().load(Ordering::SeqCst) {
            0 => Wish::Wait,
            1 => Wish::Cancel,
            _ => Wish::Leave,
        }
    }
}

/// A query in one line.
fn line(run: &QueryRun, since: Duration) -> String {
    let mut line = format!("query {} {}", text::visible(&run.id), run.state.word());
    let (scanned, usd) = billed(run);
    if scanned > 0 {
        line.push_str(&format!(", {} scanned so far, {}", text::bytes(scanned), money(usd)));
    }
    if since >= Duration::from_secs(1) {
        line.push_str(&format!(", {}", text::duration(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_columns_type() {
        for (kind, text, expected) in [
            ("varchar", "403", Cell::text("403")),
            ("integer", "403", Cell::Int(403)),
            ("bigint", "-9223372036854775808", Cell::Int(i64::MIN)),
            ("double", "1.0E7", Cell::Float(1e7)),
            ("real", "0.5", Cell::Float(0.5)),
            ("boolean", "true", Cell::Bool(true)),
            ("timestamp", "2026-06-01 00:00:00.001", Cell::Time(1_780_272_000_001)),
            ("timestamp with time zone", "2026-06-01 00:00:00.000 UTC", Cell::Time(1_780_272_000_000)),
            ("timestamp", "1969-12-31 23:59:59.999", Cell::Time(-1)),
            ("date", "2026-06-01", Cell::text("2026-06-01")),
            ("decimal(5,2)", "1.50", Cell::text("1.50")),
            ("array", "[a, b]", Cell::text("[a, b]")),
        ] {
            assert_eq!(Kind::of(kind).cell(Some(text)), expected, "{kind}");
        }
        assert_eq!(Kind::Int.cell(None), Cell::Null);
        assert!(matches!(Kind::of("double").cell(Some("NaN")), Cell::Float(n) if n.is_nan()));
        assert!(matches!(Kind::of("double").cell(Some("-Infinity")), Cell::Float(n) if n == f64::NEG_INFINITY));
    }

    #[test]
    fn a_value_that_is_not_of_its_type_is_shown_as_it_is() {
        for kind in ["integer", "double", "boolean", "timestamp"] {
            assert_eq!(
                Kind::of(kind).cell(Some("2026-06-01 00:00:00.000 Europe/Berlin?")),
                Cell::text("2026-06-01 00:00:00.000 Europe/Berlin?")
            );
        }
    }

    #[test]
    fn progress_tells_state_bytes_and_cost_and_a_reused_result_costs_nothing() {
        let run = QueryRun { id: "11aa".to_owned(), state: State::Running, ..QueryRun::default() };
        assert_eq!(line(&run, Duration::ZERO), "query 11aa running");
        let run = QueryRun { scanned_bytes: 10_000_000_000, ..run };
        assert_eq!(line(&run, Duration::from_secs(5)), "query 11aa running, 10.0 GB scanned so far, $0.05, 5.0 s");
        let reused = took(&QueryRun { reused: true, ..run }, 3, Duration::ZERO);
        assert_eq!((reused.scanned_bytes, reused.bill.unwrap().usd), (0, 0.0));
    }
}
