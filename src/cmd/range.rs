//! `--from`, `--to` and `--last`: half-open ranges in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::RangeArgs;
use crate::query::window::{self, midnight, span};
use crate::ui::text;
use crate::{Error, Result};

const DAY: i64 = 86_400_000;
const FORMS: &str =
    "expected a date (2026-06-01), a time (2026-06-01T12:00:00Z), a while (7d, 24h, 30m), today or yesterday";

/// From (included) and to (not included), in milliseconds since the epoch.
pub type Range = (i64, i64);

/// What the user asked for. `whole` is what stands where an end is not given; `None` if no end is given at all.
///
/// # Errors
/// If a time cannot be understood or the range is empty.
pub fn resolve(args: &RangeArgs, now_ms: i64, whole: Range) -> Result<Option<Range>> {
    if let Some(last) = &args.last {
        return last_while(last, now_ms).map(Some);
    }
    if args.from.is_none() && args.to.is_none() {
        return Ok(None);
    }
    let from = args.from.as_ref().map_or(Ok(whole.0), |text| moment("--from", text, now_ms))?;
    let to = args.to.as_ref().map_or(Ok(whole.1), |text| moment("--to", text, now_ms))?;
    if from >= to {
        let what = format!("the range {} is empty", text::time_range(from, to));
        let hint = match (&args.from, &args.to) {
            (Some(_), Some(_)) => "--to is not part of the range: for one day, --from 2026-06-01 --to 2026-06-02",
            _ => "give both --from and --to",
        };
        return Err(Error::usage(what).hint(hint));
    }
    Ok(Some((from, to)))
}

fn last_while(text: &str, now_ms: i64) -> Result<Range> {
    window::last(text, now_ms).map(|range| (range.from_ms, range.to_ms)).ok_or_else(|| {
        Error::usage(format!("--last: `{text}` is no while"))
            .hint("expected a number of days, hours or minutes (7d, 24h, 30m), today or yesterday")
    })
}

/// A moment; a date is its beginning, a while is that long ago.
fn moment(flag: &str, text: &str, now_ms: i64) -> Result<i64> {
    let today = midnight(now_ms);
    let wrong = |why: String| Error::usage(format!("{flag}: `{text}` {why}")).hint(FORMS);
    match text {
        "now" => return Ok(now_ms),
        "today" => return Ok(today),
        "yesterday" => return Ok(today - DAY),
        _ => {}
    }
    if let Some(ms) = span(text) {
        return Ok(now_ms.saturating_sub(ms));
    }
    if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        let start = date.to_zoned(TimeZone::UTC).map_err(|error| wrong(format!("is no date ({error})")))?;
        return Ok(start.timestamp().as_millisecond());
    }
    match text.parse::<Timestamp>() {
        Ok(time) => Ok(time.as_millisecond()),
        Err(_) if text.contains('T') && !text.ends_with('Z') && !text.contains('+') => {
            Err(wrong("has no offset from UTC".to_owned()).hint(format!("add a Z for UTC: {text}Z")))
        }
        Err(_) => Err(wrong("is no time".to_owned())),
    }
}

/// A while such as `7d`, in milliseconds.
///
/// # Errors
/// If it is none.
pub fn while_ms(flag: &str, text: &str) -> Result<i64> {
    span(text).ok_or_else(|| {
        Error::usage(format!("{flag}: `{text}` is no while"))
            .hint("expected a number of weeks, days, hours or minutes: 2w, 7d, 24h, 30m")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-06-10T12:00:00Z.
    const NOW: i64 = 1_781_092_800_000;
    const WHOLE: Range = (0, NOW);

    fn args(from: &str, to: &str, last: &str) -> RangeArgs {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        RangeArgs { from: some(from), to: some(to), last: some(last) }
    }

    fn shown(from: &str, to: &str, last: &str) -> String {
        match resolve(&args(from, to, last), NOW, WHOLE) {
            Ok(Some((from, to))) => text::time_range(from, to),
            Ok(None) => "none".to_owned(),
            Err(error) => format!("{error} / {}", error.suggestion().unwrap_or_default()),
        }
    }

    #[test]
    fn every_way_to_say_a_range() {
        for (from, to, last, expected) in [
            ("", "", "", "none"),
            ("2026-06-01", "2026-06-02", "", "2026-06-01T00:00:00Z .. 2026-06-02T00:00:00Z"),
            ("2026-06-01T12:30:00+02:00", "today", "", "2026-06-01T10:30:00Z .. 2026-06-10T00:00:00Z"),
            ("2026-06-01", "", "", "2026-06-01T00:00:00Z .. 2026-06-10T12:00:00Z"),
            ("", "yesterday", "", "1970-01-01T00:00:00Z .. 2026-06-09T00:00:00Z"),
            ("7d", "24h", "", "2026-06-03T12:00:00Z .. 2026-06-09T12:00:00Z"),
            ("", "", "7d", "2026-06-03T12:00:00Z .. 2026-06-10T12:00:00Z"),
            ("", "", "30m", "2026-06-10T11:30:00Z .. 2026-06-10T12:00:00Z"),
            ("", "", "yesterday", "2026-06-09T00:00:00Z .. 2026-06-10T00:00:00Z"),
            ("", "", "today", "2026-06-10T00:00:00Z .. 2026-06-10T12:00:00Z"),
        ] {
            assert_eq!(shown(from, to, last), expected, "{from} {to} {last}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_was_expected() {
        assert_eq!(shown("2026-13-01", "", ""), format!("--from: `2026-13-01` is no time / {FORMS}"));
        assert_eq!(
            shown("", "2026-06-01T12:00:00", ""),
            "--to: `2026-06-01T12:00:00` has no offset from UTC / add a Z for UTC: 2026-06-01T12:00:00Z"
        );
        assert!(
            shown("2026-06-02", "2026-06-02", "")
                .starts_with("the range 2026-06-02T00:00:00Z .. 2026-06-02T00:00:00Z is empty / --to is not part")
        );
        assert!(shown("", "", "0d").starts_with("--last: `0d` is no while"));
        assert!(shown("", "", "99999999999999999999d").starts_with("--last:"));
        assert!(shown("日本", "", "").starts_with("--from: `日本` is no time"));
    }
}
