//! The values that parameters take, and how a user writes them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Text.
    String,
    /// A 64-bit signed integer.
    BigInt,
    /// A 64-bit floating-point number.
    Double,
    /// An instant, UTC, to the millisecond.
    Timestamp,
    /// A calendar day.
    Date,
    /// True or false.
    Boolean,
}

impl ValueType {
    /// Every type.
    pub const ALL: [Self; 6] = [Self::String, Self::BigInt, Self::Double, Self::Timestamp, Self::Date, Self::Boolean];

    /// As front matter spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::BigInt => "bigint",
            Self::Double => "double",
            Self::Timestamp => "timestamp",
            Self::Date => "date",
            Self::Boolean => "boolean",
        }
    }

    /// Reads a user's text as a value of this type.
    ///
    /// # Errors
    /// A usage error that says what the text should look like.
    pub fn parse(self, text: &str) -> Result<Value> {
        let value = match self {
            Self::String => Some(Value::String(text.to_owned())),
            Self::BigInt => text.parse().ok().map(Value::BigInt),
            Self::Double => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Double),
            Self::Timestamp => parse_timestamp(text).map(Value::Timestamp),
            Self::Date => text.parse().ok().map(Value::Date),
            Self::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Some(Value::Boolean(true)),
                "false" | "no" | "0" => Some(Value::Boolean(false)),
                _ => None,
            },
        };
        value.ok_or_else(|| Error::usage(format!("{text:?} is not {}", self.form())))
    }

    fn form(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::BigInt => "a whole number",
            Self::Double => "a number",
            Self::Timestamp => "a time such as 2026-06-01 or 2026-06-01T12:30:00Z",
            Self::Date => "a date such as 2026-06-01",
            Self::Boolean => "true or false",
        }
    }
}

/// RFC 3339, a date and time without offset (UTC), or a date (its midnight, UTC).
fn parse_timestamp(text: &str) -> Option<i64> {
    let instant = text.parse::<Timestamp>().ok().or_else(|| {
        // A date parses as a civil time at midnight. An offset was tried above, so the text has none.
        let civil: DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()
    })?;
    Some(instant.as_millisecond())
}

/// A value for a `?`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// Text.
    String(String),
    /// A 64-bit signed integer.
    BigInt(i64),
    /// A 64-bit floating-point number.
    Double(f64),
    /// Milliseconds since the epoch, UTC.
    Timestamp(i64),
    /// A calendar day.
    Date(Date),
    /// True or false.
    Boolean(bool),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_by_type() {
        let day = 1_780_272_000_000; // 2026-06-01T00:00:00Z
        for (kind, text, expected) in [
            (ValueType::String, "it's", Value::String("it's".into())),
            (ValueType::BigInt, "-9223372036854775808", Value::BigInt(i64::MIN)),
            (ValueType::Double, "1e3", Value::Double(1000.0)),
            (ValueType::Timestamp, "2026-06-01", Value::Timestamp(day)),
            (ValueType::Timestamp, "2026-06-01T00:00:00.5", Value::Timestamp(day + 500)),
            (ValueType::Timestamp, "2026-06-01 02:00:00+02:00", Value::Timestamp(day)),
            (ValueType::Timestamp, "2026-06-01T00:00:00Z", Value::Timestamp(day)),
            (ValueType::Date, "2026-06-01", Value::Date(jiff::civil::date(2026, 6, 1))),
            (ValueType::Boolean, "Yes", Value::Boolean(true)),
        ] {
            assert_eq!(kind.parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn text_of_another_form_is_a_usage_error() {
        for (kind, text) in [
            (ValueType::BigInt, "1.5"),
            (ValueType::BigInt, "9223372036854775808"),
            (ValueType::Double, "NaN"),
            (ValueType::Double, "inf"),
            (ValueType::Timestamp, "yesterdayish"),
            (ValueType::Timestamp, ""),
            (ValueType::Date, "2026-02-30"),
            (ValueType::Boolean, "maybe"),
        ] {
            assert_eq!(kind.parse(text).unwrap_err().code(), 64, "{text}");
        }
    }
}
