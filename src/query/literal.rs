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
    use proptest::prelude::*;

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

    /// What a parser of Trino's SQL makes of a text that is one literal and nothing else; written after the grammar
    /// (`SqlBase.g4`), not after the encoder.
    fn parsed(literal: &str) -> Option<Value> {
        let text = |quoted: &str| {
            let inner = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
            let mut out = String::new();
            let mut chars = inner.chars();
            while let Some(c) = chars.next() {
                if c == '\'' && chars.next() != Some('\'') {
                    return None;
                }
                out.push(c);
            }
            Some(out)
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match literal {
            "NULL" => return Some(Value::Null),
            "TRUE" => return Some(Value::Boolean(true)),
            "FALSE" => return Some(Value::Boolean(false)),
            _ => {}
        }
        if let Some(time) = literal.strip_prefix("TIMESTAMP ") {
            let time: jiff::civil::DateTime = text(time)?.parse().ok()?;
            return Some(Value::Timestamp(jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond()));
        }
        if let Some(date) = literal.strip_prefix("DATE ") {
            return Some(Value::Date(text(date)?.parse().ok()?));
        }
        if literal.starts_with('\'') {
            return text(literal).map(Value::String);
        }
        let number = literal.strip_prefix('-').unwrap_or(literal);
        match number.split_once('E') {
            None => digits(number).then(|| literal.parse().ok().map(Value::BigInt))?,
            Some((mantissa, exponent)) => {
                let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
                let plain = [whole, fraction, exponent.strip_prefix('-').unwrap_or(exponent)].into_iter().all(digits);
                plain.then(|| literal.parse().ok().map(Value::Double))?
            }
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let hostile = prop_oneof![
            Just("' OR '1'='1".to_owned()),
            Just("'; DROP TABLE s3_access_logs; --".to_owned()),
            Just("\\'".to_owned()),
            Just("?".to_owned()),
            Just("NULL".to_owned()),
            Just("TIMESTAMP '2026-06-01'".to_owned()),
            Just("\u{feff}\u{202e}\u{2019}".to_owned()),
            "['\\\\\"?;%_ \r\n\t\u{0}-]{0,12}",
            any::<String>(),
        ];
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>().prop_map(Value::BigInt),
            Just(Value::BigInt(i64::MIN)),
            any::<f64>().prop_map(Value::Double),
            any::<i64>().prop_map(Value::Timestamp),
            (-62_135_596_800_000i64..253_402_300_800_000).prop_map(Value::Timestamp),
            (-9999i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| Value::Date(jiff::civil::date(y, m, d))),
            hostile.prop_map(Value::String),
        ]
    }

    proptest! {
        #[test]
        fn a_literal_gives_its_value_back_and_nothing_else(value in values()) {
            match trino(&value) {
                Ok(literal) => prop_assert_eq!(parsed(&literal), Some(value), "{}", literal),
                Err(error) => prop_assert_eq!(error.code(), 64),
            }
        }

        #[test]
        fn what_a_user_types_as_text_never_leaves_its_quotes(text in any::<String>()) {
            let value = super::super::ValueType::String.parse(&text).unwrap();
            prop_assert_eq!(parsed(&trino(&value).unwrap()), Some(Value::String(text)));
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
