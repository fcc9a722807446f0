//! Rows as csv and JSON: for programs, so values are whole and numbers are numbers.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::SCHEMA_VERSION;
use super::grid::{Cell, Rows};

/// RFC 4180 with a header line; nulls are empty fields, line ends are LF.
///
/// # Errors
/// What `out` returns.
pub fn csv(rows: &dyn Rows, out: &mut dyn Write) -> io::Result<()> {
    let names = names(rows);
    let mut line = Vec::new();
    for (i, name) in names.iter().enumerate() {
        separate(&mut line, i);
        csv_field(&mut line, name.as_bytes());
    }
    line.push(b'\n');
    out.write_all(&line)?;
    rows.each(&mut |cells| {
        line.clear();
        for (i, cell) in cells.iter().enumerate() {
            separate(&mut line, i);
            csv_cell(&mut line, cell);
        }
        line.push(b'\n');
        out.write_all(&line)?;
        Ok(true)
    })
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

/// One JSON object a line.
///
/// # Errors
/// What `out` returns.
pub fn ndjson(rows: &dyn Rows, out: &mut dyn Write) -> io::Result<()> {
    let names = names(rows);
    rows.each(&mut |cells| {
        serde_json::to_writer(&mut *out, &Row { names: &names, cells })?;
        out.write_all(b"\n")?;
        Ok(true)
    })
}

/// `head`, an object of JSON made by [`envelope`], with the rows added, a line each.
///
/// # Errors
/// What `out` returns.
pub fn json(head: &str, rows: Option<&dyn Rows>, out: &mut dyn Write) -> io::Result<()> {
    let (Some(rows), Some(open)) = (rows, head.strip_suffix("\n}")) else {
        return writeln!(out, "{head}");
    };
    write!(out, "{open},\n  \"rows\": [")?;
    let names = names(rows);
    let mut first = true;
    rows.each(&mut |cells| {
        out.write_all(if first { b"\n    " } else { b",\n    " })?;
        first = false;
        serde_json::to_writer(&mut *out, &Row { names: &names, cells })?;
        Ok(true)
    })?;
    out.write_all(if first { b"]\n}\n" } else { b"\n  ]\n}\n" })
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

fn names(rows: &dyn Rows) -> Vec<String> {
    rows.columns().into_iter().map(|column| column.name).collect()
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
    use super::super::grid::{Column, Grid};
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
        assert_eq!(written(|out| csv(&sample(), out)), expected);
    }

    #[test]
    fn ndjson_has_an_object_a_line() {
        let text = written(|out| ndjson(&sample(), out));
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0], json!({"key": "a,\"b\"\n", "n": 1, "at": "2019-02-06T00:00:38Z"}));
        assert_eq!(lines[1], json!({"key": null, "n": 0.5, "at": null}));
    }

    #[test]
    fn json_is_one_object_with_its_version_whether_there_are_rows_or_not() {
        let head = envelope("query", &json!({"row_count": 3, "range": {"from": 1}}));
        let with: Value = serde_json::from_str(&written(|out| json(&head, Some(&sample()), out))).unwrap();
        assert_eq!(with["schema_version"], SCHEMA_VERSION);
        assert_eq!(with["rows"].as_array().unwrap().len(), 3);
        let none = Grid::new(vec![Column::new("key")]);
        let without: Value = serde_json::from_str(&written(|out| json(&head, Some(&none), out))).unwrap();
        assert_eq!(without["rows"], json!([]));
        let plain: Value = serde_json::from_str(&written(|out| json(&head, None, out))).unwrap();
        assert_eq!(plain, json!({"schema_version": 1, "command": "query", "row_count": 3, "range": {"from": 1}}));
    }

    #[test]
    fn keys_stand_in_the_order_of_the_columns() {
        let text = written(|out| ndjson(&sample(), out));
        assert!(text.starts_with("{\"key\":\"a,\\\"b\\\"\\n\",\"n\":1,\"at\":"), "{text}");
    }

    #[test]
    fn a_value_without_rows_is_still_csv() {
        let value = json!({"health": "good", "counts": {"records": 2, "late": null}});
        let text = written(|out| csv_of_value(&value, out));
        assert_eq!(text, "name,value\ncounts.late,\ncounts.records,2\nhealth,good\n");
    }
}
