//! Rows on their way to a table, csv or JSON: one shape for all of them.

use std::borrow::Cow;
use std::io;

use serde::{Serialize, Serializer};

/// One value of a row. Numbers stay numbers until they are printed.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Nothing known.
    Null,
    /// Text, hostile as it may be.
    Text(Cow<'a, str>),
    /// A whole number.
    Int(i64),
    /// A fraction.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// Milliseconds since the epoch, UTC.
    Time(i64),
}

impl<'a> Cell<'a> {
    /// Text that is borrowed.
    pub fn text(text: &'a str) -> Self {
        Cell::Text(Cow::Borrowed(text))
    }

    /// The same, on its own.
    pub fn to_owned(&self) -> Cell<'static> {
        match self {
            Cell::Null => Cell::Null,
            Cell::Text(text) => Cell::Text(Cow::Owned(text.clone().into_owned())),
            Cell::Int(n) => Cell::Int(*n),
            Cell::Float(n) => Cell::Float(*n),
            Cell::Bool(yes) => Cell::Bool(*yes),
            Cell::Time(ms) => Cell::Time(*ms),
        }
    }

    /// A count; those beyond `i64` do not occur.
    pub fn count(n: u64) -> Self {
        Cell::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Null => serializer.serialize_none(),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Int(n) => serializer.serialize_i64(*n),
            Cell::Float(n) => serializer.serialize_f64(*n),
            Cell::Bool(yes) => serializer.serialize_bool(*yes),
            Cell::Time(ms) => serializer.serialize_str(&super::text::time(*ms)),
        }
    }
}

/// What a column's numbers mean, which decides how a table writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Plain text or a plain number.
    #[default]
    None,
    /// Bytes: `1.5 MB` in a table.
    Bytes,
    /// Milliseconds: `1.5 s` in a table.
    Millis,
    /// An identifier that happens to be a number (a status code, a year): no thousands separators.
    Label,
}

/// A column of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As in csv and JSON.
    pub name: String,
    /// How a table writes it.
    pub unit: Unit,
}

impl Column {
    /// A column without a unit.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), unit: Unit::None }
    }

    /// A column with one.
    pub fn with(name: impl Into<String>, unit: Unit) -> Self {
        Self { name: name.into(), unit }
    }
}

/// Takes each row in turn; says whether more are wanted.
pub type RowSink<'s> = dyn FnMut(&[Cell<'_>]) -> io::Result<bool> + 's;

/// Rows that can be gone through as often as needed, without holding them twice.
pub trait Rows {
    /// The columns, in order.
    fn columns(&self) -> Vec<Column>;
    /// How many rows there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Hands every row to `sink` until it wants no more.
    ///
    /// # Errors
    /// What `sink` returns.
    fn each(&self, sink: &mut RowSink<'_>) -> io::Result<()>;
}

/// Rows that stand in memory.
#[derive(Debug, Default, Clone)]
pub struct Grid {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell<'static>>>,
}

impl Grid {
    /// No rows yet.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row; it has as many cells as there are columns.
    pub fn push(&mut self, row: Vec<Cell<'static>>) {
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }
}

impl Rows for Grid {
    fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn each(&self, sink: &mut RowSink<'_>) -> io::Result<()> {
        for row in &self.rows {
            if !sink(row)? {
                break;
            }
        }
        Ok(())
    }
}
