//! Schedules as EventBridge Scheduler and Glue write them: are they any, and how often do they come round?
//!
//! "Schedule types in EventBridge Scheduler" (EventBridge Scheduler User Guide): `rate(value unit)`, and `cron()` with six
//! fields: minutes, hours, day of month, month, day of week, year. One of the two days must be `?`.

use std::collections::BTreeSet;

/// Days in the month that estimates count with.
pub const DAYS: f64 = 30.0;

/// As schedules write them.
pub(crate) const MONTHS: &[&str] =
    &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// As schedules write them; Sunday is 1.
pub(crate) const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// How often a schedule comes round in a month of 30 days; `none` never does.
///
/// # Errors
/// If it is no schedule, why not.
pub fn runs_a_month(schedule: &str) -> Result<f64, String> {
    let schedule = schedule.trim();
    if schedule == "none" {
        return Ok(0.0);
    }
    if let Some(inner) = inside(schedule, "rate(") {
        return rate(inner);
    }
    if let Some(inner) = inside(schedule, "cron(") {
        return cron(inner);
    }
    Err("expected cron(minutes hours day-of-month month day-of-week year), rate(1 hour) or none".to_owned())
}

/// What stands between `open` and the last parenthesis.
pub(crate) fn inside<'a>(schedule: &'a str, open: &str) -> Option<&'a str> {
    schedule.strip_prefix(open)?.strip_suffix(')')
}

fn rate(inner: &str) -> Result<f64, String> {
    let parts: Vec<&str> = inner.split_whitespace().collect();
    let [value, unit] = parts.as_slice() else {
        return Err("rate() takes a number and a unit: rate(1 hour)".to_owned());
    };
    let value: u32 = value.parse().ok().filter(|n| *n > 0).ok_or("rate() needs a whole number above 0")?;
    let minutes = match *unit {
        "minute" | "minutes" => 1.0,
        "hour" | "hours" => 60.0,
        "day" | "days" => 1440.0,
        _ => return Err(format!("rate() knows minutes, hours and days, not `{unit}`")),
    };
    Ok(DAYS * 1440.0 / (minutes * f64::from(value)))
}

fn cron(inner: &str) -> Result<f64, String> {
    let fields: Vec<&str> = inner.split_whitespace().collect();
    let [minutes, hours, day, month, weekday, year] = fields.as_slice() else {
        return Err(format!("cron() has six fields, and this has {}", fields.len()));
    };
    let minutes = values("minutes", minutes, 0, 59, &[])?.len();
    let hours = values("hours", hours, 0, 23, &[])?.len();
    let months = values("month", month, 1, 12, MONTHS)?.len();
    values("year", year, 1970, 2199, &[])?;
    let days = days(day, weekday)?;
    #[expect(clippy::cast_precision_loss, reason = "at most 60 of each")]
    let times = minutes as f64 * hours as f64 * days * months as f64 / 12.0;
    Ok(times)
}

/// Days of a month on which it comes round.
fn days(day: &str, weekday: &str) -> Result<f64, String> {
    match (day, weekday) {
        ("?", "?") => Err("cron(): day of month and day of week cannot both be `?`".to_owned()),
        (_, "?") => {
            let special = day == "L" || day.ends_with('W');
            let count = if special { 1 } else { values("day of month", day, 1, 31, &[])?.len() };
            #[expect(clippy::cast_precision_loss, reason = "at most 31")]
            let count = count as f64;
            Ok(count.min(DAYS))
        }
        ("?", _) => {
            if weekday.contains('#') || weekday.ends_with('L') {
                return Ok(1.0);
            }
            #[expect(clippy::cast_precision_loss, reason = "at most 7")]
            let count = values("day of week", weekday, 1, 7, WEEKDAYS)?.len() as f64;
            Ok(count * DAYS / 7.0)
        }
        _ => Err("cron(): either day of month or day of week must be `?`".to_owned()),
    }
}

/// The values that a field names.
pub(crate) fn values(what: &str, field: &str, low: u32, high: u32, names: &[&str]) -> Result<BTreeSet<u32>, String> {
    let one = |text: &str| -> Result<u32, String> {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let number = match named {
            Some(at) => u32::try_from(at).ok().map(|at| at + 1),
            None => text.parse().ok(),
        };
        number
            .filter(|n| (low..=high).contains(n))
            .ok_or_else(|| format!("cron(): `{text}` is no {what} ({low} to {high})"))
    };
    let mut all = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let step = step.parse::<usize>().ok().filter(|n| *n > 0);
                (range, step.ok_or_else(|| format!("cron(): `{part}` has no step above 0"))?)
            }
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((from, to)) => (one(from)?, one(to)?),
            None if part.contains('/') => (one(range)?, high),
            None => (one(range)?, one(range)?),
        };
        if from > to {
            return Err(format!("cron(): `{part}` ends before it begins"));
        }
        all.extend((from..=to).step_by(step));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_come_round_as_often_as_they_say() {
        for (schedule, expected) in [
            ("none", 0.0),
            ("cron(15 * * * ? *)", 720.0),
            ("cron(0/10 * * * ? *)", 4320.0),
            ("cron(45 3 * * ? *)", 30.0),
            ("cron(0 6,18 ? * MON-FRI *)", 2.0 * 5.0 * 30.0 / 7.0),
            ("cron(0 0 1 * ? *)", 1.0),
            ("cron(0 0 L * ? *)", 1.0),
            ("cron(0 0 ? * 2#1 *)", 1.0),
            ("cron(0 0 1 JAN,JUL ? *)", 2.0 / 12.0),
            ("rate(1 hour)", 720.0),
            ("rate(30 minutes)", 1440.0),
            ("rate(2 days)", 15.0),
        ] {
            let runs = runs_a_month(schedule).unwrap();
            assert!((runs - expected).abs() < 1e-9, "{schedule}: {runs}");
        }
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_the_reason() {
        for (schedule, reason) in [
            ("hourly", "expected cron("),
            ("cron(15 * * * *)", "six fields, and this has 5"),
            ("cron(15 * * * * *)", "must be `?`"),
            ("cron(15 * ? * ? *)", "cannot both be"),
            ("cron(60 * * * ? *)", "`60` is no minutes"),
            ("cron(0 22-4 * * ? *)", "ends before it begins"),
            ("cron(*/0 * * * ? *)", "no step above 0"),
            ("rate(0 hours)", "above 0"),
            ("rate(1 week)", "not `week`"),
        ] {
            let why = runs_a_month(schedule).unwrap_err();
            assert!(why.contains(reason), "{schedule}: {why}");
        }
    }
}
