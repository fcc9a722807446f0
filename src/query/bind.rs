//! Values for a query's `?`, in order: in text for Athena, as values for the embedded engine.

use std::collections::BTreeMap;

use super::{Fallback, Parameter, Part, Position, Query, Value, front_matter, literal};
use crate::error::{Error, ErrorKind, Result};

/// A half-open range of time: `from_ms` belongs to it, `to_ms` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// Milliseconds since the epoch, UTC.
    pub from_ms: i64,
    /// Milliseconds since the epoch, UTC.
    pub to_ms: i64,
}

/// A query with a value for each of its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound<'a> {
    query: &'a Query,
    values: BTreeMap<&'a str, Value>,
    positional: Vec<Value>,
}

impl Query {
    /// Binds the time range and what the user gave as `--param NAME=VALUE`.
    ///
    /// # Errors
    /// A usage error for a name that the query does not have, one given twice, a value of another type, or a range that
    /// ends before it begins; `InputNeeded` for a parameter that is required and missing.
    pub fn bind<'a>(&'a self, range: TimeRange, given: &[(String, String)]) -> Result<Bound<'a>> {
        if range.from_ms > range.to_ms {
            return Err(Error::usage("the time range ends before it begins"));
        }
        let mut values = BTreeMap::new();
        values.insert("from", Value::Timestamp(range.from_ms));
        values.insert("to", Value::Timestamp(range.to_ms));
        for (name, text) in given {
            let parameter = self.parameter(name)?;
            let value = parameter.kind.parse(text).map_err(|error| {
                Error::usage(format!("the value of parameter {name} of query {} cannot be read", self.id))
                    .because(error)
            })?;
            if values.insert(parameter.name.as_str(), value).is_some() {
                return Err(Error::usage(format!("parameter {name} of query {} is given twice", self.id)));
            }
        }
        for parameter in &self.parameters {
            if !values.contains_key(parameter.name.as_str()) {
                values.insert(&parameter.name, self.fallback(parameter)?);
            }
        }
        let positional = self.positions.iter().map(|position| value_at(position, &values)).collect::<Result<_>>()?;
        Ok(Bound { query: self, values, positional })
    }

    fn parameter(&self, name: &str) -> Result<&Parameter> {
        if name == "from" || name == "to" {
            return Err(Error::usage(format!("the time range is not given as parameter {name}"))
                .hint("use --from and --to, or --last"));
        }
        self.parameters.iter().find(|parameter| parameter.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            Error::usage(format!("query {} has no parameter {name}", self.id))
                .hint(format!("it has: {}", known.join(", ")))
        })
    }

    fn fallback(&self, parameter: &Parameter) -> Result<Value> {
        match &parameter.fallback {
            Fallback::Value(value) => Ok(value.clone()),
            Fallback::Required => Err(Error::new(
                ErrorKind::InputNeeded,
                format!("query {} needs a value for parameter {}", self.id, parameter.name),
            )
            .hint(format!("add --param {}=…: {}", parameter.name, parameter.help))),
        }
    }
}

impl<'a> Bound<'a> {
    /// The query.
    pub fn query(&self) -> &'a Query {
        self.query
    }

    /// Each parameter's value by its name, `from` and `to` included.
    pub fn values(&self) -> &BTreeMap<&'a str, Value> {
        &self.values
    }

    /// The values of the `?`, in order.
    pub fn positional(&self) -> &[Value] {
        &self.positional
    }

    /// The values of the `?`, in order, as the literals that Athena takes for ExecutionParameters.
    ///
    /// # Errors
    /// A value that has no literal (`literal::trino`).
    pub fn execution_parameters(&self) -> Result<Vec<String>> {
        self.positional.iter().map(literal::trino).collect()
    }

    /// The statement with its values in their places, for a person to copy. This program never runs it: values
    /// travel apart from statements.
    ///
    /// # Errors
    /// A value that has no literal (`literal::trino`).
    pub fn to_copy(&self) -> Result<String> {
        let mut literals = self.execution_parameters()?.into_iter();
        let mut out = String::with_capacity(self.query.sql.len() + 256);
        for (character, is_code) in front_matter::characters(&self.query.sql) {
            match (character, is_code) {
                ('?', true) => out.push_str(&literals.next().unwrap_or_default()),
                _ => out.push(character),
            }
        }
        Ok(out)
    }
}

fn value_at(position: &Position, values: &BTreeMap<&str, Value>) -> Result<Value> {
    let value = values.get(position.parameter.as_str()).cloned().unwrap_or(Value::Null);
    let Value::Timestamp(millis) = value else { return Ok(value) };
    // `to` is exclusive: where it is a full hour, that hour's partition holds nothing of the range.
    let inside = if position.parameter == "to" { millis.saturating_sub(1) } else { millis };
    match position.part {
        Part::Whole => Ok(Value::Timestamp(millis)),
        Part::Date => partition_part(inside, 0..10),
        Part::Hour => partition_part(inside, 11..13),
    }
}

/// A stretch of the time's text `YYYY-MM-DD hh:…`, which is how partitions are named.
fn partition_part(millis: i64, stretch: std::ops::Range<usize>) -> Result<Value> {
    let text = literal::timestamp_text(millis)?;
    Ok(Value::String(text.get(stretch).unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::catalogue;
    use super::*;

    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 1_780_272_000_000; // 2026-06-01T00:00:00Z

    fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn texts(range: TimeRange, given: &[(&str, &str)]) -> Vec<String> {
        let query = catalogue().get("access-denied").unwrap();
        query.bind(range, &pairs(given)).unwrap().execution_parameters().unwrap()
    }

    #[test]
    fn a_statement_to_copy_has_its_values_where_the_question_marks_stood_and_nowhere_else() {
        let mut query = catalogue().get("access-denied").unwrap().clone();
        query.sql = "SELECT '?', \"?\" -- ?\nFROM t WHERE a = ? AND b <> '/?' AND c = ?".to_owned();
        query.positions.truncate(2);
        query.positions.iter_mut().for_each(|position| {
            *position = Position { parameter: "bucket".to_owned(), part: Part::Whole };
        });
        let bound = query.bind(TimeRange { from_ms: DAY, to_ms: DAY + HOUR }, &pairs(&[("bucket", "it's ?")])).unwrap();
        assert_eq!(
            bound.to_copy().unwrap(),
            "SELECT '?', \"?\" -- ?\nFROM t WHERE a = 'it''s ?' AND b <> '/?' AND c = 'it''s ?'"
        );
        for query in catalogue().queries() {
            if let Ok(bound) = query.bind(TimeRange { from_ms: DAY, to_ms: DAY + HOUR }, &[]) {
                let code: String = front_matter::code(&bound.to_copy().unwrap()).collect();
                assert!(!code.contains('?'), "{}", query.id);
            }
        }
    }

    #[test]
    fn an_absent_bucket_is_null_in_both_places() {
        let texts = texts(TimeRange { from_ms: DAY, to_ms: DAY + HOUR }, &[]);
        assert_eq!(texts[texts.len() - 2..], ["NULL", "NULL"]);
    }

    #[test]
    fn a_full_hour_at_the_end_does_not_reach_into_the_next_partition() {
        let texts = texts(TimeRange { from_ms: DAY, to_ms: DAY + 24 * HOUR }, &[("bucket", "it's")]);
        assert_eq!(
            texts,
            [
                "'2026-06-01'",
                "'2026-06-01'",
                "'2026-06-01'",
                "'00'",
                "'2026-06-01'",
                "'23'",
                "TIMESTAMP '2026-06-01 00:00:00.000'",
                "TIMESTAMP '2026-06-02 00:00:00.000'",
                "'it''s'",
                "'it''s'",
            ]
        );
    }

    #[test]
    fn a_range_within_an_hour_names_that_hour_twice() {
        let texts = texts(TimeRange { from_ms: DAY + HOUR + 1, to_ms: DAY + HOUR + 2 }, &[]);
        assert_eq!((texts[3].as_str(), texts[5].as_str()), ("'01'", "'01'"));
    }

    #[test]
    fn mistakes_are_usage_errors_that_say_what_to_do() {
        let query = catalogue().get("latency").unwrap();
        let range = TimeRange { from_ms: DAY, to_ms: DAY + HOUR };
        for (given, says) in [
            (&[("bukket", "x")][..], "no parameter bukket"),
            (&[("limit", "ten")], "limit"),
            (&[("limit", "1"), ("limit", "2")], "twice"),
            (&[("from", "2026-06-01")], "not given as parameter"),
        ] {
            let error = query.bind(range, &pairs(given)).unwrap_err();
            assert_eq!(error.code(), 64);
            assert!(error.to_string().contains(says), "{error}");
        }
        assert!(query.bind(TimeRange { from_ms: 1, to_ms: 0 }, &[]).is_err());
        assert!(query.bind(TimeRange { from_ms: 0, to_ms: i64::MAX }, &[]).is_err());
    }

    #[test]
    fn a_required_parameter_that_is_missing_is_asked_for() {
        let mut query = catalogue().get("latency").unwrap().clone();
        query.parameters[3].fallback = Fallback::Required;
        let error = query.bind(TimeRange { from_ms: 0, to_ms: 1 }, &[]).unwrap_err();
        assert_eq!(error.code(), 5);
        assert!(error.suggestion().unwrap().contains("--param limit="));
    }
}
