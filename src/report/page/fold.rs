//! From the rows of answers to what a page holds. Nothing is asked here.

use std::collections::BTreeMap;

use super::model::{Actions, Breakdown, Costs, Row, Series};
use crate::cost::{Billed, Prices};
use crate::ui::grid::Cell;
use crate::ui::text;

/// Columns of a text at most: an ARN fits, a user agent of kilobytes does not make the page wide.
const WIDTH: usize = 240;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Ranges of more hours than this (two years) are shown by day.
const HOURS_AT_MOST: i64 = 2 * 366 * 24;

/// Steps at most: a stray record of 1970 makes twenty thousand days, more would be another mistake.
const STEPS_AT_MOST: i64 = 40_000;

/// Text from outside as the page may hold it.
pub fn harmless(text: &str) -> String {
    text::shorten(&text::visible(text), WIDTH).into_owned()
}

/// What can be chosen, as answers name it: all together without a name, then buckets by theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Option<String>>);

impl Scopes {
    /// All together, then these buckets.
    pub fn of(buckets: impl IntoIterator<Item = String>) -> Self {
        Self(std::iter::once(None).chain(buckets.into_iter().map(Some)).collect())
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Which one a row is of, going by the bucket in its column.
    pub fn at(&self, bucket: Option<&str>) -> Option<usize> {
        self.0.iter().position(|scope| scope.as_deref() == bucket)
    }
}

/// The text in a column; `None` for null.
pub fn text_at<'c>(row: &'c [Cell<'_>], column: usize) -> Option<&'c str> {
    match row.get(column)? {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

/// The number in a column.
pub fn count_at(row: &[Cell<'_>], column: usize) -> Option<u64> {
    match row.get(column)? {
        Cell::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

/// The number in a column, where there may be none.
#[expect(clippy::cast_precision_loss, reason = "exact up to 9 PB, and shown rounded")]
fn number_at(row: &[Cell<'_>], column: usize) -> Option<f64> {
    match row.get(column)? {
        Cell::Int(number) => Some(*number as f64),
        Cell::Float(number) => Some(*number),
        _ => None,
    }
}

/// Numbers by time on their way into a [`Series`].
pub struct SeriesFold {
    start_ms: i64,
    step_ms: i64,
    count: usize,
    metrics: Vec<&'static str>,
    /// By scope and metric.
    numbers: Vec<Vec<Vec<i64>>>,
}

impl SeriesFold {
    /// Over a range, in hours, or in days where there are too many of them.
    pub fn hours(range: (i64, i64), scopes: usize, metrics: &[&'static str]) -> Self {
        let step = if (range.1 - range.0) / HOUR_MS > HOURS_AT_MOST { DAY_MS } else { HOUR_MS };
        Self::steps(range, step, scopes, metrics)
    }

    /// Over a range, in days.
    pub fn days(range: (i64, i64), scopes: usize, metrics: &[&'static str]) -> Self {
        Self::steps(range, DAY_MS, scopes, metrics)
    }

    fn steps((from_ms, to_ms): (i64, i64), step_ms: i64, scopes: usize, metrics: &[&'static str]) -> Self {
        let last = (to_ms - 1).div_euclid(step_ms);
        let first = from_ms.div_euclid(step_ms).max(last - STEPS_AT_MOST);
        let count = usize::try_from(last - first + 1).unwrap_or(0);
        let numbers = vec![vec![Vec::new(); metrics.len()]; scopes];
        Self { start_ms: first * step_ms, step_ms, count, metrics: metrics.to_vec(), numbers }
    }

    /// Adds to the step in which a time lies; what lies outside of the range is left out.
    pub fn add(&mut self, scope: usize, at_ms: i64, metric: usize, number: u64) {
        let step = (at_ms - self.start_ms).div_euclid(self.step_ms);
        let Some(step) = usize::try_from(step).ok().filter(|step| *step < self.count) else { return };
        let Some(numbers) = self.numbers.get_mut(scope).and_then(|scope| scope.get_mut(metric)) else { return };
        numbers.resize(self.count, 0);
        if let Some(place) = numbers.get_mut(step) {
            *place = place.saturating_add(i64::try_from(number).unwrap_or(i64::MAX));
        }
    }

    /// The series, runs of nothing shortened.
    pub fn done(self) -> Series {
        let count = self.count;
        let shortened = |numbers: &Vec<i64>| if numbers.is_empty() { nothing(count) } else { shortened(numbers) };
        let scopes = self.numbers.iter().map(|scope| scope.iter().map(shortened).collect()).collect();
        Series { start_ms: self.start_ms, step_ms: self.step_ms, count, metrics: self.metrics, scopes }
    }
}

fn nothing(count: usize) -> Vec<i64> {
    i64::try_from(count).ok().filter(|count| *count > 0).map(|count| -count).into_iter().collect()
}

fn shortened(numbers: &[i64]) -> Vec<i64> {
    let mut out = Vec::new();
    let mut zeros = 0;
    for number in numbers {
        if *number == 0 {
            zeros += 1;
            continue;
        }
        out.extend(nothing(zeros));
        zeros = 0;
        out.push(*number);
    }
    out.extend(nothing(zeros));
    out
}

/// Rows `dimension, bucket, kept, value, members, number…` on their way into tables.
#[derive(Default)]
pub struct BreakdownFold {
    dimensions: BTreeMap<String, Vec<Vec<Row>>>,
}

impl BreakdownFold {
    /// Takes a row; `None` if it has other columns.
    pub fn row(&mut self, scopes: &Scopes, row: &[Cell<'_>], numbers: usize) -> Option<()> {
        let dimension = text_at(row, 0)?;
        let Some(scope) = scopes.at(text_at(row, 1)) else { return Some(()) };
        let Cell::Bool(kept) = row.get(2)? else { return None };
        let taken = Row {
            v: text_at(row, 3).map(harmless),
            m: if *kept { None } else { Some(count_at(row, 4)?) },
            n: (5..5 + numbers).map(|column| number_at(row, column)).collect(),
        };
        let tables = self.dimensions.entry(dimension.to_owned()).or_insert_with(|| vec![Vec::new(); scopes.len()]);
        tables.get_mut(scope)?.push(taken);
        Some(())
    }

    /// Takes a dimension out; its tables are empty where no row was of it.
    pub fn take(&mut self, dimension: &str, scopes: &Scopes) -> Breakdown {
        let tables = self.dimensions.remove(dimension).unwrap_or_else(|| vec![Vec::new(); scopes.len()]);
        Breakdown { dimension: dimension.to_owned(), scopes: tables }
    }
}

/// Rows of which all but the first `most` become one, the numbers added up.
pub fn largest(mut rows: Vec<Row>, most: usize) -> Vec<Row> {
    if rows.len() <= most + 1 {
        return rows;
    }
    let rest = rows.split_off(most);
    let width = rest.iter().map(|row| row.n.len()).max().unwrap_or(0);
    let sum = |at: usize| rest.iter().filter_map(|row| row.n.get(at).copied().flatten()).sum();
    let members = rest.iter().map(|row| row.m.unwrap_or(1)).sum();
    rows.push(Row { v: None, n: (0..width).map(|at| Some(sum(at))).collect(), m: Some(members) });
    rows
}

/// A row `bucket, value, number…` of a table without others.
pub fn plain_row(row: &[Cell<'_>], value: usize, numbers: std::ops::Range<usize>) -> Row {
    Row { v: text_at(row, value).map(harmless), n: numbers.map(|column| number_at(row, column)).collect(), m: None }
}

/// Rows `bucket, day, action, objects, bytes` on their way into [`Actions`].
#[derive(Default)]
pub struct ActionFold {
    rows: Vec<(usize, i64, String, u64, u64)>,
}

impl ActionFold {
    /// Takes a row; `None` if it has other columns.
    pub fn row(&mut self, scopes: &Scopes, row: &[Cell<'_>]) -> Option<()> {
        let Some(scope) = scopes.at(text_at(row, 0)) else { return Some(()) };
        let day: jiff::civil::Date = text_at(row, 1)?.parse().ok()?;
        let day_ms = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
        self.rows.push((scope, day_ms, text_at(row, 2)?.to_owned(), count_at(row, 3)?, count_at(row, 4)?));
        Some(())
    }

    /// What was done, the most frequent first.
    pub fn done(self, range: (i64, i64), scopes: &Scopes) -> Actions {
        let mut all: BTreeMap<&str, u64> = BTreeMap::new();
        for (_, _, action, objects, _) in self.rows.iter().filter(|row| row.0 == 0) {
            *all.entry(action).or_default() += objects;
        }
        let mut names: Vec<String> = all.keys().map(|name| (*name).to_owned()).collect();
        names.sort_by_key(|name| std::cmp::Reverse(all.get(name.as_str()).copied()));
        let mut series = SeriesFold::days(range, scopes.len(), &vec!["objects"; names.len()]);
        let mut totals = vec![vec![[0, 0]; names.len()]; scopes.len()];
        for (scope, day_ms, action, objects, bytes) in &self.rows {
            let Some(at) = names.iter().position(|name| name == action) else { continue };
            series.add(*scope, *day_ms, at, *objects);
            if let Some(total) = totals.get_mut(*scope).and_then(|totals| totals.get_mut(at)) {
                *total = [total[0] + objects, total[1] + bytes];
            }
        }
        Actions { names, series: series.done(), totals }
    }
}

/// What requesters cost, from their breakdown: the last four of its numbers say what is billed.
pub fn costs(requesters: &Breakdown, prices: &Prices) -> Costs {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts, and saturating")]
    let count = |row: &Row, at: usize| row.n.get(at).copied().flatten().unwrap_or(0.0) as u64;
    let charged = |row: &Row| {
        let charged = Billed {
            write_requests: count(row, 6),
            read_requests: count(row, 7),
            bytes_other_region: count(row, 8),
            bytes_unknown: count(row, 9),
        }
        .charged(prices);
        let parts = [charged.requests, charged.other_region, charged.internet_at_most];
        let n = parts.iter().copied().chain([parts.iter().sum()]).map(Some).collect();
        Row { v: row.v.clone(), n, m: row.m }
    };
    let of = |rows: &Vec<Row>| {
        let mut rows: Vec<Row> = rows.iter().map(charged).collect();
        let dollars = |row: &Row| row.n.last().copied().flatten().unwrap_or(0.0);
        rows.sort_by(|a, b| a.m.is_some().cmp(&b.m.is_some()).then(dollars(b).total_cmp(&dollars(a))));
        rows
    };
    let price = |name: &str, price: &crate::cost::Price| format!("{name}: ${} a {}", price.usd, price.per);
    Costs {
        prices_of: prices.region.clone(),
        prices_date: prices.date.clone(),
        prices: vec![
            price("Writing", &prices.s3_write),
            price("Reading", &prices.s3_read),
            price("Transfer", &prices.s3_transfer),
            price("Transfer", &prices.s3_internet),
        ],
        scopes: requesters.scopes.iter().map(of).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 1_780_272_000_000; // 2026-06-01T00:00:00Z

    #[test]
    fn a_series_has_a_number_for_every_hour_and_shortens_nothing() {
        let mut fold = SeriesFold::hours((DAY + 1, DAY + 5 * HOUR_MS + 1), 2, &["requests", "errors"]);
        fold.add(0, DAY + HOUR_MS, 0, 7);
        fold.add(0, DAY + HOUR_MS + 59, 0, 1);
        fold.add(0, DAY + 5 * HOUR_MS, 0, 3);
        fold.add(0, DAY + 6 * HOUR_MS, 0, 99);
        fold.add(0, DAY - 1, 0, 99);
        let series = fold.done();
        assert_eq!((series.start_ms, series.count), (DAY, 6));
        assert_eq!(series.scopes, [[vec![-1, 8, -3, 3], vec![-6]], [vec![-6], vec![-6]]]);
    }

    #[test]
    fn ranges_of_decades_are_shown_by_day_and_no_range_is_without_bounds() {
        let decade = SeriesFold::hours((0, DAY), 1, &["requests"]).done();
        assert_eq!((decade.step_ms, decade.count), (DAY_MS, 20_605));
        assert_eq!(SeriesFold::hours((0, 9_000_000_000_000_000), 1, &["requests"]).done().count, 40_001);
    }

    fn breakdown_row(
        scope: Option<&'static str>,
        kept: bool,
        value: Option<&'static str>,
        n: i64,
    ) -> Vec<Cell<'static>> {
        let text = |text: Option<&'static str>| text.map_or(Cell::Null, Cell::text);
        vec![Cell::text("agent"), text(scope), Cell::Bool(kept), text(value), Cell::Int(n), Cell::Int(n)]
    }

    #[test]
    fn a_breakdown_keeps_values_apart_from_all_others_and_makes_them_harmless() {
        let scopes = Scopes::of(["a".to_owned()]);
        let mut fold = BreakdownFold::default();
        for row in [
            breakdown_row(None, true, Some("x\u{202e}\u{2028}y"), 1),
            breakdown_row(None, false, None, 40),
            breakdown_row(Some("a"), true, None, 1),
            breakdown_row(Some("elsewhere"), true, None, 1),
        ] {
            fold.row(&scopes, &row, 1).unwrap();
        }
        let agents = fold.take("agent", &scopes);
        assert_eq!(agents.scopes[0][0].v.as_deref(), Some("x\\u{202e}\\u{2028}y"));
        assert_eq!((agents.scopes[0][1].m, &agents.scopes[0][1].n), (Some(40), &vec![Some(40.0)]));
        assert_eq!(agents.scopes[1], [Row { v: None, n: vec![Some(1.0)], m: None }]);
        assert_eq!(fold.take("tls", &scopes).scopes, [vec![], vec![]]);
        assert_eq!(fold.row(&scopes, &[Cell::Int(1)], 1), None);
    }

    #[test]
    fn what_is_too_much_for_a_table_becomes_one_row_and_adds_up() {
        let rows: Vec<Row> =
            (1..=5).map(|n| Row { v: Some(n.to_string()), n: vec![Some(f64::from(n))], m: None }).collect();
        let all = largest(rows.clone(), 2);
        assert_eq!(all.len(), 3);
        assert_eq!((all[2].m, &all[2].n), (Some(3), &vec![Some(12.0)]));
        assert_eq!(largest(rows.clone(), 4), rows, "one row is not made into one");
    }

    #[test]
    fn actions_are_ordered_by_how_many_there_are() {
        let scopes = Scopes::of(["a".to_owned()]);
        let mut fold = ActionFold::default();
        let row = |scope: Option<&'static str>, action: &'static str, n: i64| {
            let scope = scope.map_or(Cell::Null, Cell::text);
            vec![scope, Cell::text("2026-06-02"), Cell::text(action), Cell::Int(n), Cell::Int(n * 10)]
        };
        for row in [row(None, "expired", 1), row(None, "deleted", 3), row(Some("a"), "expired", 1)] {
            fold.row(&scopes, &row).unwrap();
        }
        let actions = fold.done((DAY, DAY + 3 * DAY_MS), &scopes);
        assert_eq!(actions.names, ["deleted", "expired"]);
        assert_eq!(actions.series.scopes[0], [[-1, 3, -1], [-1, 1, -1]]);
        assert_eq!(actions.totals, [[[3, 30], [1, 10]], [[0, 0], [1, 10]]]);
    }
}
