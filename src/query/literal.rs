//! The one place that writes values as SQL text: the literals that Athena takes as execution parameters.
//!
//! Athena pastes an execution parameter into the statement as it is, so a string comes quoted. Forms: the reference of
//! Trino, on which Athena engine version 3 is built, "Language: Types" and "Literals".

use jiff::Timestamp;

use super::Value;
use crate::error::{Error, Result};

/// `value` as a literal of Trino's SQL.
///
/// # Errors
/// A number that is not finite, or a time outside the years 0001 to 9999: neither has a literal.
pub fn trino(value: &Value) -> Result<String> {
    match value {
        Value::Null => Ok("NULL".to_owned()),
        Value::String(text) => Ok(quoted(text)),
        Value::BigInt(number) => Ok(number.to_string()),
        Value::Double(number) => double(*number),
        Value::Timestamp(millis) => Ok(format!("TIMESTAMP '{}'", timestamp_text(*millis)?)),
        Value::Date(date) if (1..=9999).contains(&date.year()) => Ok(format!("DATE '{date}'")),
        Value::Date(date) => Err(Error::usage(format!("the date {date} is outside the years 1 to 9999"))),
        Value::Boolean(true) => Ok("TRUE".to_owned()),
        Value::Boolean(false) => Ok("FALSE".to_owned()),
    }
}

/// A string literal. Only the quote is special in one: Trino knows no backslash escapes there.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// With an exponent, because `1.5` would be a decimal.
fn double(number: f64) -> Result<String> {
    if number.is_finite() {
        Ok(format!("{number:E}"))
    } else {
        Err(Error::usage(format!("{number} is not a finite number")))
    }
}

/// `YYYY-MM-DD hh:mm:ss.mmm`, UTC.
///
/// # Errors
/// A time outside the years 0001 to 9999.
pub fn timestamp_text(millis: i64) -> Result<String> {
    Timestamp::from_millisecond(millis)
        .ok()
        .map(|instant| instant.to_zoned(jiff::tz::TimeZone::UTC).datetime())
        .filter(|time| time.year() >= 1)
        .map(|time| time.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string())
        .ok_or_else(|| Error::usage(format!("the time {millis} ms since 1970 is outside the years 1 to 9999")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_form() {
        for (value, expected) in [
            (Value::Null, "NULL"),
            (Value::String("it's; DROP".into()), "'it''s; DROP'"),
            (Value::String(String::new()), "''"),
            (Value::String("back\\slash \u{0} é".into()), "'back\\slash \u{0} é'"),
            (Value::BigInt(i64::MIN), "-9223372036854775808"),
            (Value::Double(1.5), "1.5E0"),
            (Value::Double(-0.00025), "-2.5E-4"),
            (Value::Timestamp(1_780_272_000_123), "TIMESTAMP '2026-06-01 00:00:00.123'"),
            (Value::Date(jiff::civil::date(2026, 6, 1)), "DATE '2026-06-01'"),
            (Value::Boolean(true), "TRUE"),
        ] {
            assert_eq!(trino(&value).unwrap(), expected);
        }
    }

    #[test]
    fn what_has_no_literal_is_refused() {
        for value in [
            Value::Double(f64::NAN),
            Value::Double(f64::INFINITY),
            Value::Timestamp(i64::MAX),
            Value::Timestamp(i64::MIN),
            Value::Date(jiff::civil::date(-5, 1, 1)),
        ] {
            assert_eq!(trino(&value).unwrap_err().code(), 64, "{value:?}");
        }
    }
}
