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
        false_positives: reader.text("false_positives")?,
        next_step: reader.text("next_step")?,
        own: false,
        sql,
    };
    reader.check(&query)?;
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
    Error::usage(format!("queries/{file}, line {line}: {what}"))
        .hint("docs/queries.md, \"Queries of your own\", shows what such a file looks like")
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
            Some(entry) => Err(mistake(self.file, entry.line, format!("unknown key {:?}", entry.key))
                .hint(format!("the keys are {}, parameter and column", ONCE.join(", ")))),
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
            .ok_or_else(|| mistake(self.file, 1, format!("{key} is missing")).hint(format!("add a line `-- {key}: …`")))
    }

    /// What may be left out.
    fn text(&self, key: &str) -> Result<String> {
        Ok(self.optional(key)?.map(|entry| entry.value.clone()).unwrap_or_default())
    }

    /// The line of a key, for mistakes that concern its value; the first where it is missing.
    fn line(&self, key: &str) -> usize {
        self.many(key).next().map_or(1, |entry| entry.line)
    }

    fn severity(&self, entry: &Entry) -> Result<Severity> {
        Severity::named(&entry.value).ok_or_else(|| mistake(self.file, entry.line, "severity is low, medium or high"))
    }

    /// `name | type | default | help`, where the default is `required`, `null` or a value.
    fn parameter(&self, entry: &Entry) -> Result<Parameter> {
        let [name, kind, default, help] = self.fields(entry, "name | type | default | help")?;
        let kind = ValueType::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(|| {
            mistake(self.file, entry.line, format!("unknown type {kind:?}"))
                .hint(format!("the types are {}", ValueType::ALL.map(ValueType::name).join(", ")))
        })?;
        if ["from", "to"].contains(&name) && kind != ValueType::Timestamp {
            return Err(mistake(self.file, entry.line, format!("the parameter {name} is not a timestamp"))
                .hint("from and to are the range of --from and --to"));
        }
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
        let Some(entry) = self.optional("positions")? else { return Ok(Vec::new()) };
        entry.value.split_whitespace().map(|word| self.position(entry, word)).collect()
    }

    fn position(&self, entry: &Entry, word: &str) -> Result<Position> {
        let (name, part) = match word.split_once('.') {
            None => (word, Part::Whole),
            Some((name, "date")) => (name, Part::Date),
            Some((name, "hour")) => (name, Part::Hour),
            Some((_, part)) => {
                return Err(mistake(self.file, entry.line, format!("unknown part {part:?}"))
                    .hint("the parts of a timestamp are .date and .hour, the partition that holds it"));
            }
        };
        let declared = |p: &Entry| p.value.split('|').map(str::trim).take(2).map(str::to_owned).collect::<Vec<_>>();
        match self.many("parameter").map(declared).find(|fields| fields.first().is_some_and(|first| first == name)) {
            None => Err(mistake(self.file, entry.line, format!("there is no parameter {name}"))
                .hint(format!("add a line `-- parameter: {name} | type | default | help`"))),
            Some(fields) if part != Part::Whole && fields.get(1).is_none_or(|kind| kind != "timestamp") => {
                Err(mistake(self.file, entry.line, format!("{name} is no timestamp and has no part")))
            }
            Some(_) => Ok(Position { parameter: name.to_owned(), part }),
        }
    }

    /// What the entries must be among themselves, and the statement.
    fn check(&self, query: &Query) -> Result<()> {
        let at = |key: &str, what: String| mistake(self.file, self.line(key), what);
        let stem = self.file.strip_suffix(".sql").unwrap_or(self.file);
        if query.id != stem {
            return Err(at("id", format!("the id {} is not the file's name", query.id))
                .hint(format!("call the file {}.sql, or the query {stem}", query.id)));
        }
        // Athena's prepared statements take letters, digits and underscores, which stand for the hyphens.
        let letters = |id: &str| id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !letters(&query.id) || !query.id.starts_with(|c: char| c.is_ascii_lowercase()) || query.id.len() > 100 {
            return Err(at("id", format!("{:?} cannot be an id", query.id))
                .hint("an id begins with a letter and has lower-case letters, digits and hyphens, 100 at most"));
        }
        if let Some(table) = query.tables().find(|table| !TABLES.contains(table)) {
            return Err(at("source", format!("there is no table {table:?}")).hint(format!(
                "the tables are {}; where there are two, with a comma between them",
                TABLES.join(" and ")
            )));
        }
        if query.columns.is_empty() {
            return Err(at("column", "column is missing".to_owned())
                .hint("add a line `-- column: name | type | unit or - | help` for each column of the answer"));
        }
        let mut names: Vec<&str> = query.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find_map(|pair| (pair[0] == pair[1]).then_some(pair[0])) {
            return Err(at("parameter", format!("the parameter {twice} stands twice")));
        }
        let placeholders = count_placeholders(&query.sql);
        if placeholders != query.positions.len() {
            let named = query.positions.len();
            return Err(at("positions", format!("the statement has {placeholders} `?`, positions names {named}"))
                .hint("positions names the parameter of each `?`, in the order of the text, as often as it is used"));
        }
        Ok(())
    }
}

/// The tables that a query can read, as front matter names them.
const TABLES: [&str; 2] = ["s3_access_logs", "cloudtrail_events"];

/// The number of `?` outside string literals, quoted names and comments.
fn count_placeholders(sql: &str) -> usize {
    code(sql).filter(|character| *character == '?').count()
}

/// The characters of a statement outside string literals, quoted names and comments; each of those is a space.
pub(super) fn code(sql: &str) -> impl Iterator<Item = char> {
    let mut before = true;
    characters(sql).filter_map(move |(character, is_code)| {
        let first = std::mem::replace(&mut before, is_code);
        match is_code {
            true => Some(character),
            false => first.then_some(' '),
        }
    })
}

/// The characters of a statement, and whether each stands outside string literals, quoted names and comments.
pub(super) fn characters(sql: &str) -> impl Iterator<Item = (char, bool)> {
    let mut within: Option<char> = None;
    let mut characters = sql.chars().peekable();
    std::iter::from_fn(move || {
        let character = characters.next()?;
        let is_code = match within {
            Some(end) => {
                if character == end {
                    within = None;
                }
                false
            }
            None if character == '\'' || character == '"' => {
                within = Some(character);
                false
            }
            None if character == '-' && characters.peek() == Some(&'-') => {
                within = Some('\n');
                false
            }
            None => true,
        };
        Some((character, is_code))
    })
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
    fn mistakes_name_file_and_line_and_say_what_to_do() {
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
            ("AND d = ?", "", "line 11: the statement has 3 `?`, positions names 4"),
            ("positions: from.date from", "positions: limit.date from", "line 11: limit is no timestamp"),
            ("from | timestamp", "from | string", "line 8: the parameter from is not a timestamp"),
            (
                "-- positions:",
                "-- parameter: limit | bigint | 1 | Again\n-- positions:",
                "the parameter limit stands twice",
            ),
            ("source: s3_access_logs", "source: s3_access_logs, s3_logs", "line 5: there is no table \"s3_logs\""),
            ("-- id: sample", "-- id: other", "the id other is not the file's name"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let error = parse("sample.sql", &GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert!(
                error.to_string().starts_with("queries/sample.sql, line ") && error.suggestion().is_some(),
                "{error}"
            );
            assert_eq!(error.code(), 64);
        }
    }
}
