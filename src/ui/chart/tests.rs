use super::*;
use crate::ui::Paint;

fn drawn(width: usize, columns: &[(&str, Unit)], rows: &[Vec<Cell<'static>>]) -> String {
    let columns = columns.iter().map(|(name, unit)| Column::with(*name, *unit)).collect();
    let mut chart = Chart::new(columns, 0);
    rows.iter().for_each(|row| chart.push(row));
    chart.human(&Screen { width: Some(width), paint: Paint::plain() })
}

fn hour(h: i64) -> Cell<'static> {
    Cell::Time(1_780_272_000_000 + h * 3_600_000)
}

#[test]
fn a_trend_is_drawn_as_one_course_a_number_with_its_most() {
    let rows: Vec<_> = (0..48).map(|h| vec![hour(h), Cell::Int(h % 25), Cell::Int(1_000 * h)]).collect();
    let out = drawn(60, &[("hour", Unit::None), ("requests", Unit::None), ("bytes_sent", Unit::Bytes)], &rows);
    assert!(out.starts_with("requests  24 at most\n"), "{out}");
    assert!(out.contains("bytes_sent  47.0 kB at most\n"), "{out}");
    assert!(
        out.ends_with("2026-06-01T00:00:00Z        2026-06-02T23:00:00Z\na bar is 1 hour, named by its beginning\n"),
        "{out}"
    );
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 2 * (HEIGHT + 1) + 2);
    // The twenty-fifth hour has the most and fills its column to the top; the first has nothing.
    let at = |line: usize, column: usize| lines[line].chars().nth(column).unwrap_or(' ');
    assert_eq!((at(1, 24), at(2, 24), at(3, 24), at(3, 0), at(3, 25)), ('█', '█', '█', ' ', ' '));
}

#[test]
fn what_does_not_fit_is_joined_to_whole_hours_and_nothing_is_lost() {
    let rows: Vec<_> = (0..96).map(|h| vec![hour(h), Cell::Int(2), Cell::Int(5)]).collect();
    let out = drawn(40, &[("hour", Unit::None), ("requests", Unit::None), ("totaltime", Unit::Millis)], &rows);
    assert!(out.contains("requests  6 at most"), "three hours a bar add up: {out}");
    assert!(out.contains("totaltime  5 ms at most"), "of times the longest counts: {out}");
    assert!(out.ends_with("a bar is 3 hours, named by its beginning\n"), "{out}");
    assert!(out.lines().all(|line| text::width(line) <= 40), "{out}");
}

#[test]
fn days_are_times_and_missing_ones_stay_empty() {
    let day = |d: &'static str, n| vec![Cell::text(d), Cell::Int(n)];
    let rows = [day("2026-06-01", 1), day("2026-06-02", 8), day("2026-06-04", 8)];
    let out = drawn(80, &[("day", Unit::None), ("requests", Unit::None)], &rows);
    assert_eq!(out.lines().nth(3), Some("▃█ █"), "{out}");
    assert!(out.ends_with("a bar is 1 day, named by its beginning\n"), "{out}");
}

#[test]
fn events_are_counted_by_time() {
    let event = |h, key: &'static str, n| vec![hour(h), Cell::text(key), Cell::Int(n)];
    let rows = [event(0, "a", 10), event(0, "b", 10), event(3, "c", 40)];
    let out = drawn(80, &[("requestdatetime", Unit::None), ("key", Unit::None), ("objectsize", Unit::Bytes)], &rows);
    assert!(out.starts_with("rows  2 at most\n") && out.contains("objectsize  40 B at most\n"), "{out}");
}

#[test]
fn everything_else_is_a_bar_a_row_with_its_amount() {
    let row = |rank, key: &'static str, n| vec![Cell::Int(rank), Cell::text(key), Cell::Int(n)];
    let rows = [row(1, "photos", 8), row(2, "in\u{1b}[31mvoices", 4), row(3, "logs", 0)];
    let out =
        drawn(30, &[("rank_by_requests", Unit::None), ("bucket_name", Unit::None), ("requests", Unit::None)], &rows);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "requests");
    assert!(lines[1].starts_with("photos ") && lines[1].ends_with("█"), "{out}");
    assert!(!out.contains('\u{1b}'), "what an attacker wrote into a log steers no terminal: {out}");
    assert!(lines[3].trim_end().ends_with('0'), "{out}");
    let length = |line: &str| line.chars().filter(|c| *c == '█').count();
    assert_eq!(length(lines[1]), 2 * length(lines[2]));
    assert!(lines.iter().all(|line| text::width(line) <= 30), "{out}");
}

#[test]
fn an_answer_without_numbers_says_so() {
    let out = drawn(80, &[("key", Unit::None)], &[vec![Cell::text("a")]]);
    assert_eq!(out, "There is no number in this answer to draw; --output table shows it.\n");
    assert_eq!(drawn(80, &[("key", Unit::None)], &[]), "");
}

#[test]
fn hostile_numbers_and_times_do_no_harm() {
    let rows = [
        vec![Cell::Time(i64::MIN), Cell::Int(i64::MAX)],
        vec![Cell::Time(0), Cell::Float(f64::NAN)],
        vec![Cell::Time(i64::MAX), Cell::Float(f64::INFINITY)],
    ];
    let out = drawn(40, &[("hour", Unit::None), ("n", Unit::None)], &rows);
    assert!(out.lines().count() < 10, "{out}");
}
