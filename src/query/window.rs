//! A while such as `7d`, and the range of time that it is when it ends now.

use super::TimeRange;

const DAY: i64 = 86_400_000;

/// `7d`, `24h`, `30m`, `90s`, `2w` in milliseconds; `None` if it is none.
pub fn span(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    let number = text.get(..text.len() - 1)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok()?.checked_mul(unit)
}

/// The day's beginning, UTC.
pub fn midnight(ms: i64) -> i64 {
    ms.div_euclid(DAY) * DAY
}

/// The range that `--last` means: `7d`, `24h`, `today`, `yesterday`; `None` if it means none.
pub fn last(text: &str, now_ms: i64) -> Option<TimeRange> {
    let today = midnight(now_ms);
    let (from_ms, to_ms) = match text {
        "yesterday" => (today - DAY, today),
        "today" => (today, now_ms.max(today + 1)),
        _ => (now_ms.saturating_sub(span(text).filter(|ms| *ms > 0)?), now_ms),
    };
    Some(TimeRange { from_ms, to_ms })
}
