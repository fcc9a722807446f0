//! Tables for people: aligned, as wide as the terminal, never wider.

use std::io;

use super::grid::{Cell, Column, Rows, Unit};
use super::text;
use super::{Paint, Screen};

/// Between two columns.
const GAP: usize = 2;
/// A text column is not made narrower than this; rather are columns left out.
const NARROWEST: usize = 18;

/// A table as it will stand: every cell is text, harmless, in its final words.
struct Layout {
    columns: Vec<Shape>,
    rows: Vec<Vec<String>>,
}

/// How a column stands.
struct Shape {
    head: String,
    width: usize,
    /// Numbers stand right.
    right: bool,
    /// Numbers and times are whole or not there.
    rigid: bool,
    /// Nothing but nulls so far.
    empty: bool,
    shown: bool,
}

/// Draws at most `limit` rows (0 for all). The caller says how many rows there are beyond.
pub fn draw(rows: &dyn Rows, limit: usize, screen: &Screen) -> String {
    let mut layout = collect(rows, limit);
    if let Some(width) = screen.width {
        fit(&mut layout.columns, width);
    }
    let mut out = render(&layout, screen.paint);
    let hidden: Vec<&str> = layout.columns.iter().filter(|c| !c.shown).map(|c| c.head.as_str()).collect();
    if !hidden.is_empty() {
        let words = format!("Not shown: {}. A wider terminal shows more, --output csv all.", hidden.join(", "));
        for line in text::wrap(&words, screen.width.unwrap_or(usize::MAX)) {
            out.push_str(&screen.paint.dim(&line));
            out.push('\n');
        }
    }
    out
}

fn collect(rows: &dyn Rows, limit: usize) -> Layout {
    let columns = rows.columns();
    let shape = |column: &Column| {
        let head = text::visible(&column.name).into_owned();
        Shape { width: text::width(&head), head, right: false, rigid: false, empty: true, shown: true }
    };
    let mut layout = Layout { columns: columns.iter().map(shape).collect(), rows: Vec::new() };
    let mut take = |cells: &[Cell<'_>]| -> io::Result<bool> {
        let row: Vec<String> = cells.iter().zip(&columns).map(|(cell, column)| shown(cell, column)).collect();
        for ((shape, cell), words) in layout.columns.iter_mut().zip(cells).zip(&row) {
            shape.width = shape.width.max(text::width(words));
            shape.right |= matches!(cell, Cell::Int(_) | Cell::Float(_));
            shape.rigid |= matches!(cell, Cell::Int(_) | Cell::Float(_) | Cell::Time(_) | Cell::Bool(_));
            shape.empty &= matches!(cell, Cell::Null);
        }
        layout.rows.push(row);
        Ok(limit == 0 || layout.rows.len() < limit)
    };
    // Only the sink could fail, and this one does not.
    let _ = rows.each(&mut take);
    layout
}

fn shown(cell: &Cell<'_>, column: &Column) -> String {
    match (cell, column.unit) {
        (Cell::Null, _) => "-".to_owned(),
        (Cell::Text(words), _) => text::visible(words).into_owned(),
        (Cell::Int(n), Unit::Bytes) => u64::try_from(*n).map_or_else(|_| n.to_string(), text::bytes),
        (Cell::Int(n), Unit::Millis) => u64::try_from(*n).map_or_else(|_| n.to_string(), text::duration),
        (Cell::Int(n), Unit::Label) => n.to_string(),
        (Cell::Int(n), Unit::None) => {
            format!("{}{}", if *n < 0 { "-" } else { "" }, text::count(n.unsigned_abs()))
        }
        (Cell::Float(n), Unit::Bytes) if *n >= 0.0 => text::bytes(*n as u64),
        (Cell::Float(n), Unit::Millis) if *n >= 0.0 => text::duration(*n as u64),
        (Cell::Float(n), _) => format!("{n:.2}"),
        (Cell::Bool(yes), _) => if *yes { "yes" } else { "no" }.to_owned(),
        (Cell::Time(ms), _) => text::time(*ms),
    }
}

/// Makes the table as narrow as the terminal. First go columns without any value, then, from the right, those for
/// which there is no room even if texts are shortened; then the widest texts are shortened.
fn fit(columns: &mut [Shape], width: usize) {
    let total = |columns: &[Shape]| space(columns, |column| column.width);
    for i in (0..columns.len()).rev() {
        if columns[i].empty && total(columns) > width {
            columns[i].shown = false;
        }
    }
    for i in (1..columns.len()).rev() {
        if space(columns, Shape::least) > width {
            columns[i].shown = false;
        }
    }
    while total(columns) > width {
        let can_shrink = |column: &&mut Shape| column.shown && column.width > column.least();
        let Some(widest) = columns.iter_mut().filter(can_shrink).max_by_key(|column| column.width) else { break };
        widest.width -= 1;
    }
}

impl Shape {
    fn least(&self) -> usize {
        if self.rigid { self.width } else { self.width.min(NARROWEST.max(text::width(&self.head))) }
    }
}

fn space(columns: &[Shape], width: impl Fn(&Shape) -> usize) -> usize {
    columns.iter().filter(|column| column.shown).map(|column| width(column) + GAP).sum::<usize>().saturating_sub(GAP)
}

fn render(layout: &Layout, paint: Paint) -> String {
    let heads: Vec<String> = layout.columns.iter().map(|column| column.head.clone()).collect();
    let rules: Vec<String> = layout.columns.iter().map(|column| "─".repeat(column.width)).collect();
    let mut out = format!("{}\n{}\n", paint.bold(&line(&heads, layout)), paint.dim(&line(&rules, layout)));
    for row in &layout.rows {
        out.push_str(&line(row, layout));
        out.push('\n');
    }
    out
}

fn line(cells: &[String], layout: &Layout) -> String {
    let mut out = String::new();
    for (cell, column) in cells.iter().zip(&layout.columns).filter(|(_, column)| column.shown) {
        let cell = text::shorten(cell, column.width);
        let padding = " ".repeat(column.width.saturating_sub(text::width(&cell)));
        let (before, behind) = if column.right { (padding.as_str(), "") } else { ("", padding.as_str()) };
        out.push_str(before);
        out.push_str(&cell);
        out.push_str(behind);
        out.push_str(&" ".repeat(GAP));
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::super::grid::Grid;
    use super::*;

    fn screen(width: Option<usize>) -> Screen {
        Screen { width, paint: Paint::plain() }
    }

    fn sample() -> Grid {
        let mut grid =
            Grid::new(vec![Column::new("key"), Column::with("bytessent", Unit::Bytes), Column::new("requests")]);
        grid.push(vec![Cell::text("photos/2026/06/a-rather-long-name.jpg"), Cell::Int(1_500), Cell::Int(1_234)]);
        grid.push(vec![Cell::text("\x1b]0;owned\x07"), Cell::Null, Cell::Int(7)]);
        grid
    }

    #[test]
    fn numbers_stand_right_and_escape_sequences_are_shown_not_sent() {
        let expected = "\
key                                    bytessent  requests
─────────────────────────────────────  ─────────  ────────
photos/2026/06/a-rather-long-name.jpg     1.5 kB     1,234
\\x1b]0;owned\\x07                               -         7
";
        assert_eq!(draw(&sample(), 0, &screen(None)), expected);
    }

    #[test]
    fn a_narrow_terminal_shortens_text_in_the_middle() {
        let drawn = draw(&sample(), 1, &screen(Some(40)));
        assert!(drawn.lines().all(|line| text::width(line) <= 40), "{drawn}");
        assert!(drawn.contains("photos/20…-name.jpg     1.5 kB     1,234"), "{drawn}");
        assert!(!drawn.contains("owned"), "the limit is one row:\n{drawn}");
    }

    #[test]
    fn columns_that_do_not_fit_are_left_out_and_named() {
        let drawn = draw(&sample(), 0, &screen(Some(24)));
        assert!(!drawn.contains("1,234"), "{drawn}");
        assert!(drawn.contains("Not shown: bytessent,\nrequests."), "{drawn}");
        assert!(drawn.lines().all(|line| text::width(line) <= 24), "{drawn}");
    }

    #[test]
    fn empty_columns_go_first_and_times_are_never_cut() {
        let mut grid = Grid::new(["at", "role", "key"].map(Column::new).to_vec());
        grid.push(vec![Cell::Time(1_549_411_238_000), Cell::Null, Cell::text("photos/2026/06/a-rather-long-name.jpg")]);
        let drawn = draw(&grid, 0, &screen(Some(42)));
        assert!(drawn.contains("2019-02-06T00:00:38Z  photos/202…-name.jpg\nNot shown: role."), "{drawn}");
        assert!(draw(&grid, 0, &screen(None)).contains("role"));
    }
}
