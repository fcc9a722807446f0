//! Tables for people: aligned, as wide as the terminal, never wider.

use std::io;

use super::grid::{Cell, Column, Rows, Unit};
use super::text;
use super::{Paint, Screen};

/// Between two columns.
const GAP: usize = 2;
/// A text column is not made narrower than this; rather are columns left out.
const NARROWEST: usize = 12;

/// A table as it will stand: every cell is text, harmless, in its final words.
struct Layout {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
    right: Vec<bool>,
    widths: Vec<usize>,
}

/// Draws at most `limit` rows (0 for all). The caller says how many rows there are beyond.
pub fn draw(rows: &dyn Rows, limit: usize, screen: &Screen) -> String {
    let mut layout = collect(rows, limit);
    let left_out = screen.width.map_or(0, |width| fit(&mut layout, width));
    let mut out = render(&layout, screen.paint);
    if left_out > 0 {
        let columns = text::plural(left_out as u64, "column", "columns");
        out.push_str(&screen.paint.dim(&format!("({columns} more: widen the terminal, or --output csv)")));
        out.push('\n');
    }
    out
}

fn collect(rows: &dyn Rows, limit: usize) -> Layout {
    let columns = rows.columns();
    let heads: Vec<String> = columns.iter().map(|column| text::visible(&column.name).into_owned()).collect();
    let mut layout = Layout {
        widths: heads.iter().map(|head| text::width(head)).collect(),
        right: vec![false; columns.len()],
        heads,
        rows: Vec::new(),
    };
    let mut take = |cells: &[Cell<'_>]| -> io::Result<bool> {
        let row: Vec<String> = cells.iter().zip(&columns).map(|(cell, column)| shown(cell, column)).collect();
        for (i, (cell, words)) in cells.iter().zip(&row).enumerate() {
            layout.widths[i] = layout.widths[i].max(text::width(words));
            layout.right[i] |= matches!(cell, Cell::Int(_) | Cell::Float(_));
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

/// Narrows text columns, the widest first, then leaves out columns from the right; returns how many were left out.
fn fit(layout: &mut Layout, width: usize) -> usize {
    let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    while total(&layout.widths) > width {
        let widest = (0..layout.widths.len())
            .filter(|i| !layout.right[*i] && layout.widths[*i] > NARROWEST.max(text::width(&layout.heads[*i])))
            .max_by_key(|i| layout.widths[*i]);
        match widest {
            Some(i) => layout.widths[i] -= 1,
            None => break,
        }
    }
    let mut left_out = 0;
    while total(&layout.widths) > width && layout.widths.len() > 1 {
        layout.widths.pop();
        left_out += 1;
    }
    left_out
}

fn render(layout: &Layout, paint: Paint) -> String {
    let mut out = String::new();
    out.push_str(&paint.bold(&line(&layout.heads, layout)));
    out.push('\n');
    let rule: Vec<String> = layout.widths.iter().map(|width| "─".repeat(*width)).collect();
    out.push_str(&paint.dim(&rule.join(&" ".repeat(GAP))));
    out.push('\n');
    for row in &layout.rows {
        out.push_str(&line(row, layout));
        out.push('\n');
    }
    out
}

fn line(cells: &[String], layout: &Layout) -> String {
    let mut out = String::new();
    for (i, (cell, width)) in cells.iter().zip(&layout.widths).enumerate() {
        if i > 0 {
            out.push_str(&" ".repeat(GAP));
        }
        let cell = text::shorten(cell, *width);
        let padding = " ".repeat(width.saturating_sub(text::width(&cell)));
        if layout.right[i] {
            out.push_str(&padding);
            out.push_str(&cell);
        } else {
            out.push_str(&cell);
            out.push_str(&padding);
        }
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
    fn columns_that_do_not_fit_are_left_out_and_counted() {
        let drawn = draw(&sample(), 0, &screen(Some(24)));
        assert!(!drawn.contains("requests"), "{drawn}");
        assert!(drawn.contains("(1 column more: widen the terminal, or --output csv)"), "{drawn}");
    }
}
