//! Rows as csv and JSON: for programs, so values are whole and numbers are numbers.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::grid::{Cell, Column, Rows};
use super::{Format, SCHEMA_VERSION};

/// Writes rows one after another, however many there are.
pub struct RowWriter<'o> {
    out: &'o mut dyn Write,
    format: Format,
    names: Vec<String>,
    line: Vec<u8>,
    rows: u64,
}

impl<'o> RowWriter<'o> {
    /// A writer of csv (RFC 4180 with a header line; nulls are empty fields, line ends are LF), ndjson (an object a
    /// row) or JSON (one object whose field `rows` holds an object a row, a line each). A table is drawn elsewhere.
    pub fn new(format: Format, out: &'o mut dyn Write) -> Self {
        Self { out, format, names: Vec::new(), line: Vec::new(), rows: 0 }
    }

    /// What stands before the rows; `head` is an object of JSON made by [`envelope`].
    ///
    /// # Errors
    /// What the output returns.
    pub fn begin(&mut self, head: &str, columns: &[Column]) -> io::Result<()> {
        self.names = columns.iter().map(|column| column.name.clone()).collect();
        match self.format {
            Format::Csv => {
                self.line.clear();
                for (i, name) in self.names.iter().enumerate() {
                    separate(&mut self.line, i);
                    csv_field(&mut self.line, name.as_bytes());
                }
                self.line.push(b'\n');
                self.out.write_all(&self.line)
            }
            Format::Json => write!(self.out, "{},\n  \"rows\": [", head.strip_suffix("\n}").unwrap_or(head)),
            Format::Ndjson | Format::Table | Format::Chart => Ok(()),
        }
    }

    /// A row; it has as many cells as there are columns.
    ///
    /// # Errors
    /// What the output returns.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.line.clear();
        match self.format {
            Format::Csv => {
                for (i, cell) in cells.iter().enumerate() {
                    separate(&mut self.line, i);
                    csv_cell(&mut self.line, cell);
                }
                self.line.push(b'\n');
            }
            Format::Json | Format::Ndjson | Format::Table | Format::Chart => {
                if self.format == Format::Json {
                    self.line.extend_from_slice(if self.rows == 0 { b"\n    " } else { b",\n    " });
                }
                serde_json::to_writer(&mut self.line, &Row { names: &self.names, cells })?;
                if self.format != Format::Json {
                    self.line.push(b'\n');
                }
            }
        }
        self.rows += 1;
        self.out.write_all(&self.line)
    }

    /// What stands behind the rows; JSON gets the fields of `tail`, an object, besides.
    ///
    /// # Errors
    /// What the output returns.
    pub fn end(self, tail: &impl Serialize) -> io::Result<()> {
        if self.format != Format::Json {
            return Ok(());
        }
        self.out.write_all(if self.rows == 0 { b"]" } else { b"\n  ]" })?;
        let tail = serde_json::to_string_pretty(tail)?;
        match tail.strip_prefix("{\n") {
            Some(fields) => writeln!(self.out, ",\n{fields}"),
            None => self.out.write_all(b"\n}\n"),
        }
    }
}

/// Rows as csv, JSON or ndjson; `head` as in [`RowWriter::begin`].
///
/// # Errors
/// What `out` returns.
pub fn write(format: Format, head: &str, rows: &dyn Rows, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = RowWriter::new(format, out);
    writer.begin(head, &rows.columns())?;
    rows.each(&mut |cells| writer.row(cells).map(|()| true))?;
    writer.end(&())
}

fn separate(line: &mut Vec<u8>, i: usize) {
    if i > 0 {
        line.push(b',');
    }
}

fn csv_cell(line: &mut Vec<u8>, cell: &Cell<'_>) {
    match cell {
        Cell::Null => {}
        Cell::Text(text) => csv_field(line, text.as_bytes()),
        Cell::Int(n) => line.extend_from_slice(n.to_string().as_bytes()),
        Cell::Float(n) => line.extend_from_slice(n.to_string().as_bytes()),
        Cell::Bool(yes) => line.extend_from_slice(if *yes { b"true" } else { b"false" }),
        Cell::Time(ms) => line.extend_from_slice(super::text::time(*ms).as_bytes()),
    }
}

/// A csv field, quoted where it holds a separator, a quote or a line end, or would read as null (RFC 4180, 2.5 to 2.7).
pub fn csv_field(line: &mut Vec<u8>, text: &[u8]) {
    let quote = text.is_empty() || text.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
    if !quote {
        line.extend_from_slice(text);
        return;
    }
    line.push(b'"');
    for &byte in text {
        if byte == b'"' {
            line.push(b'"');
        }
        line.push(byte);
    }
    line.push(b'"');
}

/// What every JSON answer looks like: `schema_version`, `command`, then the fields of `body`, in their order.
pub fn envelope(command: &str, body: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Envelope<'a, T: Serialize> {
        schema_version: u32,
        command: &'a str,
        #[serde(flatten)]
        body: &'a T,
    }
    let whole = Envelope { schema_version: SCHEMA_VERSION, command, body };
    // Fails only for maps whose keys are no text, which no answer has.
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

/// Pretty JSON made by [`envelope`], without its line ends and indentation. Line ends inside of text are escaped, so
/// every line end is one of the layout.
pub fn on_one_line(json: &str) -> String {
    json.lines().map(str::trim_start).collect::<Vec<_>>().join(" ")
}

/// A row as a JSON object whose keys stand in the order of the columns.
struct Row<'a> {
    names: &'a [String],
    cells: &'a [Cell<'a>],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names.iter().zip(self.cells))
    }
}

/// A value without rows as `name,value` lines; the names of nested values are joined with dots.
///
/// # Errors
/// What `out` returns.
pub fn csv_of_value(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    let mut flat = Vec::new();
    flatten("", value, &mut flat);
    let mut line = b"name,value\n".to_vec();
    for (name, text) in flat {
        csv_field(&mut line, name.as_bytes());
        line.push(b',');
        if let Some(text) = text {
            csv_field(&mut line, text.as_bytes());
        }
        line.push(b'\n');
    }
    out.write_all(&line)
}

fn flatten(name: &str, value: &Value, flat: &mut Vec<(String, Option<String>)>) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| flatten(&below(key), value, flat)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| flatten(&below(&i.to_string()), value, flat));
        }
        Value::Null => flat.push((name.to_owned(), None)),
        Value::String(text) => flat.push((name.to_owned(), Some(text.clone()))),
        other => flat.push((name.to_owned(), Some(other.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::grid::Grid;
    use super::*;
    use serde_json::json;

    fn sample() -> Grid {
        let mut grid = Grid::new(vec![Column::new("key"), Column::new("n"), Column::new("at")]);
        grid.push(vec![Cell::text("a,\"b\"\n"), Cell::Int(1), Cell::Time(1_549_411_238_000)]);
        grid.push(vec![Cell::Null, Cell::Float(0.5), Cell::Null]);
        grid.push(vec![Cell::text(""), Cell::Bool(true), Cell::Null]);
        grid
    }

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn csv_quotes_what_must_be_quoted_and_tells_null_from_empty() {
        let expected = "key,n,at\n\"a,\"\"b\"\"\n\",1,2019-02-06T00:00:38Z\n,0.5,\n\"\",true,\n";
        assert_eq!(written(|out| write(Format::Csv, "", &sample(), out)), expected);
    }

    #[test]
    fn ndjson_has_an_object_a_line() {
        let text = written(|out| write(Format::Ndjson, "", &sample(), out));
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0], json!({"key": "a,\"b\"\n", "n": 1, "at": "2019-02-06T00:00:38Z"}));
        assert_eq!(lines[1], json!({"key": null, "n": 0.5, "at": null}));
    }

    #[test]
    fn json_is_one_object_with_its_version_whether_there_are_rows_or_not() {
        let head = envelope("query", &json!({"row_count": 3, "range": {"from": 1}}));
        let with: Value = serde_json::from_str(&written(|out| write(Format::Json, &head, &sample(), out))).unwrap();
        assert_eq!(with["schema_version"], SCHEMA_VERSION);
        assert_eq!(with["rows"].as_array().unwrap().len(), 3);
        let none = Grid::new(vec![Column::new("key")]);
        let without: Value = serde_json::from_str(&written(|out| write(Format::Json, &head, &none, out))).unwrap();
        assert_eq!(without["rows"], json!([]));
        let mut out = Vec::new();
        let mut writer = RowWriter::new(Format::Json, &mut out);
        writer.begin(&head, &[Column::new("key")]).unwrap();
        writer.row(&[Cell::text("a")]).unwrap();
        writer.end(&json!({"row_count": 1})).unwrap();
        let tailed: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&tailed["rows"][0]["key"], &tailed["row_count"]), (&json!("a"), &json!(1)));
    }

    #[test]
    fn keys_stand_in_the_order_of_the_columns() {
        let text = written(|out| write(Format::Ndjson, "", &sample(), out));
        assert!(text.starts_with("{\"key\":\"a,\\\"b\\\"\\n\",\"n\":1,\"at\":"), "{text}");
    }

    #[test]
    fn a_value_without_rows_is_still_csv() {
        let value = json!({"health": "good", "counts": {"records": 2, "late": null}});
        let text = written(|out| csv_of_value(&value, out));
        assert_eq!(text, "name,value\ncounts.late,\ncounts.records,2\nhealth,good\n");
    }
}
