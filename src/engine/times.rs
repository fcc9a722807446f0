//! Arithmetic on times, as Trino has it. Times are civil and UTC; units are spelled as Trino spells them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit};

/// The time at `millis` since the epoch, UTC.
pub(super) fn civil(millis: i64) -> Option<DateTime> {
    Some(Timestamp::from_millisecond(millis).ok()?.to_zoned(TimeZone::UTC).datetime())
}

/// Milliseconds since the epoch at `time`, UTC.
pub(super) fn millis(time: DateTime) -> Option<i64> {
    Some(TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond())
}

/// The length of units that have one.
fn unit_ms(unit: &str) -> Option<i64> {
    Some(match unit {
        "millisecond" => 1,
        "second" => 1_000,
        "minute" => 60_000,
        "hour" => 3_600_000,
        "day" => 86_400_000,
        "week" => 7 * 86_400_000,
        _ => return None,
    })
}

/// The length of the other units.
fn unit_months(unit: &str) -> Option<i64> {
    Some(match unit {
        "month" => 1,
        "quarter" => 3,
        "year" => 12,
        _ => return None,
    })
}

/// `date_add(unit, count, time)`: a day that the month does not have becomes its last.
pub(super) fn add(unit: &str, count: i64, time: i64) -> Result<i64, String> {
    let unit = unit.to_ascii_lowercase();
    let sum = if let Some(length) = unit_ms(&unit) {
        length.checked_mul(count).and_then(|span| time.checked_add(span))
    } else if let Some(months) = unit_months(&unit) {
        let span = months.checked_mul(count).and_then(|months| Span::new().try_months(months).ok());
        civil(time).zip(span).and_then(|(time, span)| millis(time.checked_add(span).ok()?))
    } else {
        return Err(format!("{unit:?} is not a unit of time"));
    };
    sum.ok_or_else(|| "the time is out of range".to_owned())
}

/// `date_diff(unit, from, to)`: whole units, negative where `to` comes first.
pub(super) fn difference(unit: &str, from: i64, to: i64) -> Result<i64, String> {
    let unit = unit.to_ascii_lowercase();
    let between = if let Some(length) = unit_ms(&unit) {
        to.checked_sub(from).map(|span| span / length)
    } else if let Some(months) = unit_months(&unit) {
        let span = civil(from).zip(civil(to)).and_then(|(from, to)| from.until((Unit::Month, to)).ok());
        span.map(|span| i64::from(span.get_months()) / months)
    } else {
        return Err(format!("{unit:?} is not a unit of time"));
    };
    between.ok_or_else(|| "the time is out of range".to_owned())
}

/// A part of a time by the name of Trino's function for it.
pub(super) fn part(name: &str, time: DateTime) -> Option<i64> {
    Some(match name {
        "year" => time.year().into(),
        "quarter" => (i64::from(time.month()) - 1) / 3 + 1,
        "month" => time.month().into(),
        "week" | "week_of_year" => time.date().iso_week_date().week().into(),
        "day" | "day_of_month" => time.day().into(),
        "day_of_week" | "dow" => time.weekday().to_monday_one_offset().into(),
        "day_of_year" | "doy" => time.day_of_year().into(),
        "hour" => time.hour().into(),
        "minute" => time.minute().into(),
        "second" => time.second().into(),
        "millisecond" => time.millisecond().into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(year: i16, month: i8, day: i8) -> i64 {
        millis(date(year, month, day).at(0, 0, 0, 0)).unwrap()
    }

    #[test]
    fn additions_keep_to_the_calendar() {
        assert_eq!(add("month", 1, at(2026, 1, 31)), Ok(at(2026, 2, 28)));
        assert_eq!(add("YEAR", -1, at(2024, 2, 29)), Ok(at(2023, 2, 28)));
        assert_eq!(add("quarter", 2, at(2026, 1, 1)), Ok(at(2026, 7, 1)));
        assert_eq!(add("day", -7, at(2026, 1, 1)), Ok(at(2025, 12, 25)));
        assert!(add("fortnight", 1, 0).unwrap_err().contains("fortnight"));
        assert!(add("day", i64::MAX, 0).is_err());
        assert!(add("month", i64::MAX, 0).is_err());
    }

    #[test]
    fn differences_count_whole_units_towards_zero() {
        assert_eq!(difference("hour", 0, 2 * 3_600_000 - 1), Ok(1));
        assert_eq!(difference("hour", 2 * 3_600_000 - 1, 0), Ok(-1));
        assert_eq!(difference("month", at(2026, 1, 31), at(2026, 3, 1)), Ok(1));
        assert_eq!(difference("year", at(2024, 2, 29), at(2026, 2, 28)), Ok(1));
    }

    #[test]
    fn parts_follow_the_iso_week() {
        let monday = date(2026, 6, 1).at(13, 14, 15, 16_000_000);
        let parts: Vec<i64> =
            ["year", "quarter", "month", "week", "day", "dow", "doy", "hour", "minute", "second", "millisecond"]
                .map(|name| part(name, monday).unwrap())
                .to_vec();
        assert_eq!(parts, [2026, 2, 6, 23, 1, 1, 152, 13, 14, 15, 16]);
        assert_eq!(part("day_of_week", date(2026, 6, 7).at(0, 0, 0, 0)), Some(7));
    }
}
