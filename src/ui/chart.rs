//! An answer drawn with characters: its course over time, or a bar for each row.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::export::envelope;
use super::grid::{Cell, Column, Unit};
use super::{Screen, View, text};

/// Columns where the terminal does not tell.
const WIDTH: usize = 100;
/// Rows of characters of a course; each has eight levels.
const HEIGHT: usize = 3;
/// A label is not made wider than this share of the screen.
const LABEL_SHARE: usize = 2;
const MINUTE_MS: i64 = 60_000;
/// How many minutes a bar may stand for, so that ends lie on hours and days.
const STEPS: [i64; 12] = [1, 5, 15, 30, 60, 180, 360, 720, 1_440, 10_080, 40_320, 524_160];
/// Full cells, from the eighth up.
const UP: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The end of a bar that lies, by eighths.
const ALONG: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// How the columns of an answer are drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    /// The first column is time. Numbers by their column; nothing where the rows are counted.
    Course(Vec<Option<usize>>),
    /// Labels, and the number that a bar stands for.
    Bars(Vec<usize>, usize),
    /// There is no number in it.
    Nothing,
}

/// An answer on its way to a chart: rows are taken one by one, and only what is drawn of them is kept.
#[derive(Debug)]
pub struct Chart {
    columns: Vec<Column>,
    /// Known from the first row on: what a column holds is told by its cells.
    shape: Option<Shape>,
    /// Minute since the epoch → a number for each series.
    course: BTreeMap<i64, Vec<Option<f64>>>,
    bars: Vec<(String, Option<f64>)>,
    /// Bars that are drawn at most.
    limit: usize,
    rows: u64,
}

impl Chart {
    /// A chart of no row yet, with `limit` bars at most (0: all).
    pub fn new(columns: Vec<Column>, limit: usize) -> Self {
        Self { columns, shape: None, course: BTreeMap::new(), bars: Vec::new(), limit, rows: 0 }
    }

    /// Takes a row.
    pub fn push(&mut self, row: &[Cell<'_>]) {
        self.rows += 1;
        let shape = self.shape.get_or_insert_with(|| shape_of(&self.columns, row));
        match shape {
            Shape::Course(series) => {
                let Some(minute) = row.first().and_then(minute) else { return };
                let sums = self.course.entry(minute).or_insert_with(|| vec![None; series.len()]);
                for (sum, column) in sums.iter_mut().zip(series.iter()) {
                    let value = column.map_or(Some(1.0), |column| row.get(column).and_then(number));
                    let longest = column.and_then(|c| self.columns.get(c)).is_some_and(|c| c.unit == Unit::Millis);
                    *sum = join(*sum, value, longest);
                }
            }
            Shape::Bars(labels, value) => {
                if self.limit == 0 || self.bars.len() < self.limit {
                    let words: Vec<String> = labels.iter().filter_map(|&column| row.get(column).map(word)).collect();
                    self.bars.push((words.join("  "), row.get(*value).and_then(number)));
                }
            }
            Shape::Nothing => {}
        }
    }

    fn draw(&self, screen: &Screen) -> String {
        let width = screen.width.unwrap_or(WIDTH).max(20);
        match &self.shape {
            None => String::new(),
            Some(Shape::Course(series)) => self.draw_course(series, width, screen),
            Some(Shape::Bars(_, value)) => self.draw_bars(*value, width, screen),
            Some(Shape::Nothing) => "There is no number in this answer to draw; --output table shows it.\n".to_owned(),
        }
    }

    fn draw_course(&self, series: &[Option<usize>], width: usize, screen: &Screen) -> String {
        let (Some((&first, _)), Some((&last, _))) = (self.course.first_key_value(), self.course.last_key_value())
        else {
            return String::new();
        };
        let natural = self.course.keys().zip(self.course.keys().skip(1)).map(|(a, b)| b - a).min().unwrap_or(1);
        let step = step(first, last, natural, width);
        let (from, to) = (first.div_euclid(step), last.div_euclid(step));
        let slots = usize::try_from(to - from + 1).unwrap_or(width).min(width);
        let mut out = String::new();
        for (i, column) in series.iter().enumerate() {
            let column = column.and_then(|column| self.columns.get(column));
            let unit = column.map_or(Unit::None, |column| column.unit);
            let mut bars: Vec<Option<f64>> = vec![None; slots];
            for (minute, values) in &self.course {
                let slot = usize::try_from(minute.div_euclid(step) - from).ok();
                if let Some(bar) = slot.and_then(|slot| bars.get_mut(slot)) {
                    *bar = join(*bar, values.get(i).copied().flatten(), unit == Unit::Millis);
                }
            }
            let most = bars.iter().flatten().copied().fold(0.0, f64::max);
            let name = column.map_or("rows".into(), |column| text::visible(&column.name));
            let head = format!("{}  {} at most", screen.paint.bold(&name), amount(most, unit));
            let _ = writeln!(out, "{head}");
            for row in (0..HEIGHT).rev() {
                let line: String = bars.iter().map(|bar| block(*bar, most, row)).collect();
                let _ = writeln!(out, "{}", screen.paint.cyan(line.trim_end()));
            }
        }
        let ends = [from * step, to * step].map(|minute| text::moment(minute.saturating_mul(MINUTE_MS)));
        let both = ends.iter().map(|end| text::width(end)).sum::<usize>();
        let gap = slots.saturating_sub(both);
        let [begin, end] = ends;
        let axis = match gap {
            0 if both + " to ".len() > width => format!("{begin}\nto {end}"),
            0 => format!("{begin} to {end}"),
            _ => format!("{begin}{}{end}", " ".repeat(gap)),
        };
        let _ = writeln!(out, "{}", screen.paint.dim(&axis));
        let _ = writeln!(out, "{}", screen.paint.dim(&format!("a bar is {}, named by its beginning", span(step))));
        out
    }

    fn draw_bars(&self, value: usize, width: usize, screen: &Screen) -> String {
        let unit = self.columns.get(value).map_or(Unit::None, |column| column.unit);
        let most = self.bars.iter().filter_map(|(_, value)| *value).fold(0.0, f64::max);
        let amounts: Vec<String> = self.bars.iter().map(|(_, v)| v.map_or("-".into(), |v| amount(v, unit))).collect();
        let wide = amounts.iter().map(|amount| text::width(amount)).max().unwrap_or(0);
        let longest = self.bars.iter().map(|(label, _)| text::width(label)).max().unwrap_or(0);
        let label_width = longest.min(width / LABEL_SHARE);
        let room = width.saturating_sub(label_width + wide + 4).max(1);
        let mut out = String::new();
        if let Some(column) = self.columns.get(value) {
            let _ = writeln!(out, "{}", screen.paint.bold(&text::visible(&column.name)));
        }
        for ((label, value), amount) in self.bars.iter().zip(&amounts) {
            let label = text::shorten(label, label_width);
            let gap = " ".repeat(label_width.saturating_sub(text::width(&label)));
            let bar = screen.paint.cyan(&lying(value.unwrap_or(0.0), most, room));
            let _ = writeln!(out, "{label}{gap}  {amount:>wide$}  {bar}");
        }
        let rest = self.rows.saturating_sub(self.bars.len() as u64);
        if rest > 0 {
            let _ = writeln!(out, "{}", screen.paint.dim(&format!("… and {}", text::plural(rest, "row", "rows"))));
        }
        out
    }
}

impl View for Chart {
    fn human(&self, screen: &Screen) -> String {
        self.draw(screen)
    }

    fn json(&self) -> String {
        envelope("query", &())
    }
}

/// What a row's cells tell: a time in front makes a course, everything else bars.
fn shape_of(columns: &[Column], row: &[Cell<'_>]) -> Shape {
    let is_rank = |i: usize| columns.get(i).is_some_and(|column| column.name.starts_with("rank_"));
    let is_label = |i: usize| columns.get(i).is_some_and(|column| column.unit == Unit::Label);
    let is_number = |i: usize| matches!(row.get(i), Some(Cell::Int(_) | Cell::Float(_))) && !is_rank(i) && !is_label(i);
    let numbers: Vec<usize> = (0..row.len()).filter(|&i| is_number(i)).collect();
    let words = |i: &usize| matches!(row.get(*i), Some(Cell::Text(_)));
    if row.first().and_then(minute).is_some() {
        // Rows that say more than time and numbers are events or groups: how many there are, and the first number of each.
        return match (1..row.len()).any(|i| words(&i)) {
            false if !numbers.is_empty() => Shape::Course(numbers.into_iter().map(Some).collect()),
            _ => Shape::Course([None].into_iter().chain(numbers.first().map(|&i| Some(i))).collect()),
        };
    }
    match numbers.first() {
        None => Shape::Nothing,
        Some(&value) => {
            let before = (0..value).filter(|&i| !is_rank(i)).collect::<Vec<_>>();
            let labels = if before.is_empty() { (0..row.len()).filter(words).collect() } else { before };
            Shape::Bars(labels, value)
        }
    }
}

/// The minute that a time, or a day written as one, lies in.
fn minute(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Time(ms) => Some(ms.div_euclid(MINUTE_MS)),
        Cell::Text(text) => {
            let day: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == "2026-06-01".len())?;
            Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second().div_euclid(60))
        }
        _ => None,
    }
}

fn number(cell: &Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Int(n) => Some(*n as f64),
        Cell::Float(n) => Some(*n).filter(|n| n.is_finite()),
        _ => None,
    }
}

fn word(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => "-".to_owned(),
        Cell::Text(text) => text::visible(text).into_owned(),
        Cell::Int(n) => n.to_string(),
        Cell::Float(n) => n.to_string(),
        Cell::Bool(yes) => yes.to_string(),
        Cell::Time(ms) => text::moment(*ms),
    }
}

/// Two numbers of one bar: counts and bytes add up, of times the longest counts.
fn join(a: Option<f64>, b: Option<f64>, longest: bool) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if longest { a.max(b) } else { a + b }),
        (one, other) => one.or(other),
    }
}

/// Minutes that a bar stands for: the distance between rows, or more of them where they would not fit.
fn step(first: i64, last: i64, natural: i64, width: usize) -> i64 {
    let fits = |step: i64| {
        let slots = last.div_euclid(step) - first.div_euclid(step) + 1;
        usize::try_from(slots).is_ok_and(|slots| slots <= width)
    };
    let widest = STEPS[STEPS.len() - 1];
    STEPS.into_iter().find(|&step| (step >= natural || step == widest) && fits(step)).unwrap_or(widest)
}

fn span(minutes: i64) -> String {
    let n = |n: i64| n.unsigned_abs();
    match minutes {
        m if m < 60 => text::plural(n(m), "minute", "minutes"),
        m if m < 1_440 => text::plural(n(m / 60), "hour", "hours"),
        m => text::plural(n(m / 1_440), "day", "days"),
    }
}

/// A bar's character in this row of characters, counted from below. What is not nothing is always seen.
fn block(value: Option<f64>, most: f64, row: usize) -> char {
    let Some(value) = value.filter(|value| *value > 0.0 && most > 0.0) else { return ' ' };
    let eighths = ((value / most * (HEIGHT * UP.len()) as f64).round() as usize).max(1);
    match eighths.saturating_sub(row * UP.len()) {
        0 => ' ',
        more => UP[more.min(UP.len()) - 1],
    }
}

/// A bar that lies, `room` characters long for the most.
fn lying(value: f64, most: f64, room: usize) -> String {
    if value <= 0.0 || most <= 0.0 {
        return String::new();
    }
    let eighths = ((value / most * (room * 8) as f64).round() as usize).clamp(1, room * 8);
    let mut bar = "█".repeat(eighths / 8);
    if let Some(end) = (eighths % 8).checked_sub(1).and_then(|i| ALONG.get(i)) {
        bar.push(*end);
    }
    bar
}

fn amount(value: f64, unit: Unit) -> String {
    if value < 0.0 {
        return format!("-{}", amount(-value, unit));
    }
    let whole = value.round() as u64;
    match unit {
        Unit::Bytes => text::bytes(whole),
        Unit::Millis => text::duration(whole),
        Unit::None | Unit::Label if value.fract() == 0.0 => text::count(whole),
        // As many digits as tell small numbers apart.
        Unit::None | Unit::Label if value < 10.0 => format!("{value:.2}"),
        Unit::None | Unit::Label => format!("{value:.1}"),
    }
}

#[cfg(test)]
mod tests;
