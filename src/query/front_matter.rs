//! Front matter: what a query file says of itself, in comments before its statement.
//!
//! Each line is `-- key: value`; a line `--   text` (three spaces or more) continues the value above it. The keys
//! `parameter` and `column` occur once an item, with `|` between their fields. Unknown keys are errors: a misspelt one would be
//! lost otherwise. YAML would have to be escaped line by line, and the worker carries no YAML reader.

use super::{Fallback, OutputColumn, Parameter, Part, Position, Query, Severity, Value, ValueType};
use crate::error::{Error, Result};

/// A key with its value and where it stands.
struct Entry<'a> {
    line: usize,
    key: &'a str,
    value: String,
}

/// Reads one file.
pub(super) fn parse(file: &str, text: &str) -> Result<Query> {
    let (entries, sql) = split(file, text)?;
    let reader = Reader { file, entries: &entries };
    reader.only_known_keys()?;
    let query = Query {
        id: reader.one("id")?.value.clone(),
        title: reader.one("title")?.value.clone(),
        answers: reader.one("answers")?.value.clone(),
        source: reader.one("source")?.value.clone(),
        category: reader.one("category")?.value.clone(),
        severity: reader.optional("severity")?.map(|entry| reader.severity(entry)).transpose()?,
        parameters: reader.many("parameter").map(|entry| reader.parameter(entry)).collect::<Result<_>>()?,
        positions: reader.positions()?,
        columns: reader.many("column").map(|entry| reader.column(entry)).collect::<Result<_>>()?,
        false_positives: reader.one("false_positives")?.value.clone(),
        next_step: reader.one("next_step")?.value.clone(),
        sql,
    };
    check(file, &query)?;
    Ok(query)
}

/// The front matter's entries, and the statement after them.
fn split<'a>(file: &str, text: &'a str) -> Result<(Vec<Entry<'a>>, String)> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut rest = text;
    for (index, line) in text.lines().enumerate() {
        let Some(comment) = line.strip_prefix("--") else { break };
        rest = rest.split_once('\n').map_or("", |(_, after)| after);
        if let (Some(continued), Some(last)) = (comment.strip_prefix("   "), entries.last_mut()) {
            last.value.push(' ');
            last.value.push_str(continued.trim());
        } else if let Some((key, value)) = comment.trim().split_once(':') {
            entries.push(Entry { line: index + 1, key: key.trim(), value: value.trim().to_owned() });
        } else {
            return Err(mistake(file, index + 1, "a line of the front matter is `-- key: value`"));
        }
    }
    Ok((entries, rest.trim().trim_end_matches(';').trim_end().to_owned()))
}

fn mistake(file: &str, line: usize, what: impl std::fmt::Display) -> Error {
    Error::failed(format!("queries/{file}, line {line}: {what}"))
}

const ONCE: [&str; 9] =
    ["id", "title", "answers", "source", "category", "severity", "positions", "false_positives", "next_step"];

struct Reader<'a> {
    file: &'a str,
    entries: &'a [Entry<'a>],
}

impl<'a> Reader<'a> {
    fn only_known_keys(&self) -> Result<()> {
        match self.entries.iter().find(|e| !ONCE.contains(&e.key) && !["parameter", "column"].contains(&e.key)) {
            Some(entry) => Err(mistake(self.file, entry.line, format!("unknown key {:?}", entry.key))),
            None => Ok(()),
        }
    }

    fn many(&self, key: &str) -> impl Iterator<Item = &'a Entry<'a>> {
        self.entries.iter().filter(move |entry| entry.key == key)
    }

    fn optional(&self, key: &str) -> Result<Option<&'a Entry<'a>>> {
        let mut found = self.many(key);
        let first = found.next();
        match found.next() {
            Some(second) => Err(mistake(self.file, second.line, format!("{key} stands twice"))),
            None => Ok(first),
        }
    }

    fn one(&self, key: &str) -> Result<&'a Entry<'a>> {
        self.optional(key)?
            .filter(|entry| !entry.value.is_empty())
            .ok_or_else(|| mistake(self.file, 1, format!("{key} is missing")))
    }

    fn severity(&self, entry: &Entry) -> Result<Severity> {
        [Severity::Low, Severity::Medium, Severity::High]
            .into_iter()
            .find(|severity| severity.name() == entry.value)
            .ok_or_else(|| mistake(self.file, entry.line, "severity is low, medium or high"))
    }

    /// `name | type | default | help`, where the default is `required`, `null` or a value.
    fn parameter(&self, entry: &Entry) -> Result<Parameter> {
        let [name, kind, default, help] = self.fields(entry, "name | type | default | help")?;
        let kind = ValueType::ALL
            .into_iter()
            .find(|known| known.name() == kind)
            .ok_or_else(|| mistake(self.file, entry.line, format!("unknown type {kind:?}")))?;
        let fallback = match default {
            "required" => Fallback::Required,
            "null" => Fallback::Value(Value::Null),
            text => Fallback::Value(kind.parse(text).map_err(|error| mistake(self.file, entry.line, error))?),
        };
        Ok(Parameter { name: name.to_owned(), kind, fallback, help: help.to_owned() })
    }

    /// `name | type | unit | help`, where the unit is `-` when there is none.
    fn column(&self, entry: &Entry) -> Result<OutputColumn> {
        let [name, kind, unit, help] = self.fields(entry, "name | type | unit | help")?;
        Ok(OutputColumn {
            name: name.to_owned(),
            kind: kind.to_owned(),
            unit: Some(unit).filter(|unit| *unit != "-").map(str::to_owned),
            help: help.to_owned(),
        })
    }

    fn fields<'e>(&self, entry: &'e Entry, form: &str) -> Result<[&'e str; 4]> {
        let fields: Vec<&str> = entry.value.split('|').map(str::trim).collect();
        <[&str; 4]>::try_from(fields)
            .ok()
            .filter(|fields| fields.iter().all(|field| !field.is_empty()))
            .ok_or_else(|| mistake(self.file, entry.line, format!("{} has the form {form}", entry.key)))
    }

    fn positions(&self) -> Result<Vec<Position>> {
        let entry = self.one("positions")?;
        entry.value.split_whitespace().map(|word| self.position(entry, word)).collect()
    }

    fn position(&self, entry: &Entry, word: &str) -> Result<Position> {
        let (name, part) = match word.split_once('.') {
            None => (word, Part::Whole),
            Some((name, "date")) => (name, Part::Date),
            Some((name, "hour")) => (name, Part::Hour),
            Some((_, part)) => return Err(mistake(self.file, entry.line, format!("unknown part {part:?}"))),
        };
        let known = self.many("parameter").any(|p| p.value.split('|').next().is_some_and(|n| n.trim() == name));
        if known {
            Ok(Position { parameter: name.to_owned(), part })
        } else {
            Err(mistake(self.file, entry.line, format!("there is no parameter {name}")))
        }
    }
}

/// What the entries must be among themselves.
fn check(file: &str, query: &Query) -> Result<()> {
    let stem = file.strip_suffix(".sql").unwrap_or(file);
    if query.id != stem {
        return Err(mistake(file, 1, format!("the id {} is not the file's name", query.id)));
    }
    if query.columns.is_empty() {
        return Err(mistake(file, 1, "column is missing"));
    }
    let placeholders = count_placeholders(&query.sql);
    if placeholders != query.positions.len() {
        let named = query.positions.len();
        return Err(mistake(file, 1, format!("the statement has {placeholders} `?`, positions names {named}")));
    }
    Ok(())
}

/// The number of `?` outside string literals, quoted names and comments.
fn count_placeholders(sql: &str) -> usize {
    let mut count = 0;
    let mut within: Option<char> = None;
    let mut characters = sql.chars().peekable();
    while let Some(character) = characters.next() {
        match within {
            Some(end) if character == end => within = None,
            Some(_) => {}
            None if character == '?' => count += 1,
            None if character == '\'' || character == '"' => within = Some(character),
            None if character == '-' && characters.peek() == Some(&'-') => within = Some('\n'),
            None => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
-- id: sample
-- title: A sample
-- answers: Which samples
--   there are
-- source: s3_access_logs
-- category: access
-- severity: high
-- parameter: from | timestamp | required | Start
-- parameter: bucket | string | null | Only this bucket
-- parameter: limit | bigint | 10 | Rows at most
-- positions: from.date from bucket limit
-- column: key | varchar | - | The key
-- column: bytes | bigint | bytes | Bytes sent
-- false_positives: None
-- next_step: None

SELECT key, bytes -- is this a ? no
FROM t WHERE a = ? AND b = ? AND c = '?' AND \"?\" = ? AND d = ?;
";

    #[test]
    fn every_key_is_read() {
        let query = parse("sample.sql", GOOD).unwrap();
        assert_eq!(query.answers, "Which samples there are");
        assert_eq!(query.severity, Some(Severity::High));
        assert_eq!(query.parameters[0].fallback, Fallback::Required);
        assert_eq!(query.parameters[1].fallback, Fallback::Value(Value::Null));
        assert_eq!(query.parameters[2].fallback, Fallback::Value(Value::BigInt(10)));
        assert_eq!(query.positions[0], Position { parameter: "from".into(), part: Part::Date });
        assert_eq!((query.columns[0].unit.as_deref(), query.columns[1].unit.as_deref()), (None, Some("bytes")));
        assert!(query.sql.starts_with("SELECT") && query.sql.ends_with("d = ?"), "{}", query.sql);
    }

    #[test]
    fn mistakes_name_file_and_line() {
        for (from, to, says) in [
            ("-- title: A sample\n", "", "sample.sql, line 1: title is missing"),
            ("-- title: A sample", "-- titel: A sample", "line 2: unknown key \"titel\""),
            ("-- title: A sample", "-- title A sample", "line 2: a line of the front matter"),
            ("-- title: A sample", "-- id: again", "line 2: id stands twice"),
            ("severity: high", "severity: hihg", "line 7: severity is"),
            ("bucket | string |", "bucket | text |", "line 9: unknown type \"text\""),
            ("| 10 |", "| ten |", "line 10: \"ten\" is not a whole number"),
            ("from | timestamp | required | Start", "from | timestamp", "line 8: parameter has the form"),
            ("positions: from.date", "positions: from.day", "line 11: unknown part \"day\""),
            ("positions: from.date", "positions: form", "line 11: there is no parameter form"),
            ("AND d = ?", "", "has 3 `?`, positions names 4"),
            ("-- id: sample", "-- id: other", "the id other is not the file's name"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let error = parse("sample.sql", &GOOD.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
