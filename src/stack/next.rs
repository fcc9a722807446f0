//! When a schedule comes round next, in UTC.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::cost::schedule::{MONTHS, WEEKDAYS, inside, values};

/// Days that are looked through: a leap day comes after eight years at most.
const HORIZON: i32 = 3_000;

/// When `schedule` comes round first after `now_ms`; `last_ms` is when it did last, from which a rate is counted. `None`
/// where that cannot be told: `none`, another form (`L`, `W`, `#`), or never again.
pub fn next_after(schedule: &str, last_ms: Option<i64>, now_ms: i64) -> Option<i64> {
    let schedule = schedule.trim();
    if let Some(inner) = inside(schedule, "rate(") {
        let period = period_ms(inner)?;
        let last = last_ms?;
        let passed = (now_ms.saturating_sub(last)).max(0) / period;
        return last.checked_add((passed + 1).checked_mul(period)?);
    }
    Cron::parse(inside(schedule, "cron(")?)?.next_after(now_ms)
}

fn period_ms(inner: &str) -> Option<i64> {
    let (value, unit) = inner.trim().split_once(' ')?;
    let minute = 60_000;
    let unit = match unit.trim().trim_end_matches('s') {
        "minute" => minute,
        "hour" => 60 * minute,
        "day" => 1_440 * minute,
        _ => return None,
    };
    value.parse::<i64>().ok().filter(|value| *value > 0)?.checked_mul(unit)
}

/// The six fields as sets; `None` for a `?`.
struct Cron {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: Option<BTreeSet<u32>>,
    months: BTreeSet<u32>,
    weekdays: Option<BTreeSet<u32>>,
    years: BTreeSet<u32>,
}

impl Cron {
    fn parse(inner: &str) -> Option<Self> {
        let fields: Vec<&str> = inner.split_whitespace().collect();
        let [minutes, hours, day, month, weekday, year] = fields.as_slice() else { return None };
        let set = |field: &str, low, high, names| values("field", field, low, high, names).ok();
        let optional = |field: &str, low, high, names: &[&str]| match field {
            "?" => Some(None),
            _ => values("field", field, low, high, names).ok().map(Some),
        };
        Some(Self {
            minutes: set(minutes, 0, 59, &[])?,
            hours: set(hours, 0, 23, &[])?,
            days: optional(day, 1, 31, &[])?,
            months: set(month, 1, 12, MONTHS)?,
            weekdays: optional(weekday, 1, 7, WEEKDAYS)?,
            years: set(year, 1970, 2199, &[])?,
        })
    }

    fn has(&self, date: Date) -> bool {
        let number = |n: i8| u32::try_from(n).unwrap_or_default();
        // Sunday is 1 (EventBridge Scheduler User Guide, "Schedule types").
        let weekday = number(date.weekday().since(Weekday::Sunday)) + 1;
        self.years.contains(&u32::try_from(date.year()).unwrap_or_default())
            && self.months.contains(&number(date.month()))
            && self.days.as_ref().is_none_or(|days| days.contains(&number(date.day())))
            && self.weekdays.as_ref().is_none_or(|days| days.contains(&weekday))
    }

    fn next_after(&self, now_ms: i64) -> Option<i64> {
        let mut date = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(TimeZone::UTC).date();
        for _ in 0..HORIZON {
            if self.has(date) {
                let midnight = date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
                let times = self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (hour, minute)));
                let mut moments = times.map(|(hour, minute)| midnight + i64::from(hour * 60 + minute) * 60_000);
                if let Some(next) = moments.find(|moment| *moment > now_ms) {
                    return Some(next);
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::text;

    /// 2026-06-10T12:00:00Z, a Wednesday.
    const NOW: i64 = 1_781_092_800_000;

    fn next(schedule: &str, last: Option<i64>) -> String {
        next_after(schedule, last, NOW).map_or_else(|| "none".to_owned(), text::time)
    }

    #[test]
    fn a_schedule_comes_round_when_its_fields_say() {
        for (schedule, expected) in [
            ("cron(15 * * * ? *)", "2026-06-10T12:15:00Z"),
            ("cron(0 * * * ? *)", "2026-06-10T13:00:00Z"),
            ("cron(45 3 * * ? *)", "2026-06-11T03:45:00Z"),
            ("cron(0 6,18 ? * MON-FRI *)", "2026-06-10T18:00:00Z"),
            ("cron(0 6 ? * SUN *)", "2026-06-14T06:00:00Z"),
            ("cron(0 0 1 JAN ? *)", "2027-01-01T00:00:00Z"),
            ("cron(0 0 29 2 ? *)", "2028-02-29T00:00:00Z"),
            ("cron(0 0 1 1 ? 2020)", "none"),
            ("cron(0 0 L * ? *)", "none"),
            ("none", "none"),
            ("rate(1 hour)", "none"),
        ] {
            assert_eq!(next(schedule, None), expected, "{schedule}");
        }
    }

    #[test]
    fn a_rate_is_counted_from_the_last_time() {
        assert_eq!(next("rate(1 hour)", Some(NOW - 600_000)), "2026-06-10T12:50:00Z");
        assert_eq!(next("rate(2 days)", Some(NOW)), "2026-06-12T12:00:00Z");
        assert_eq!(next("rate(0 hours)", Some(NOW)), "none");
    }
}
