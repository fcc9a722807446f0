//! When a schedule comes round next, in UTC.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::config::cloud::schedule::{Cron, Schedule};

/// Days that are looked through: a leap day comes after eight years at most.
const HORIZON: i32 = 3_000;

/// When `schedule` comes round first after `now_ms`; `last_ms` is when it did last, from which a rate is counted. `None`
/// where that cannot be told: `none`, another form (`L`, `W`, `#`), or never again.
pub fn next_after(schedule: &str, last_ms: Option<i64>, now_ms: i64) -> Option<i64> {
    match Schedule::parse(schedule).ok()? {
        Schedule::Never => None,
        Schedule::Rate { minutes } => {
            let period = i64::try_from(minutes).ok()?.checked_mul(60_000)?;
            let last = last_ms?;
            let passed = (now_ms.saturating_sub(last)).max(0) / period;
            last.checked_add((passed + 1).checked_mul(period)?)
        }
        Schedule::Cron(cron) if cron.days.marked > 0 => None,
        Schedule::Cron(cron) => next_time(&cron, now_ms),
    }
}

fn has(cron: &Cron, date: Date) -> bool {
    let number = |n: i8| u32::try_from(n).unwrap_or_default();
    let day = match cron.days.of_week {
        true => number(date.weekday().since(Weekday::Sunday)) + 1,
        false => number(date.day()),
    };
    cron.years.contains(&u32::try_from(date.year()).unwrap_or_default())
        && cron.months.contains(&number(date.month()))
        && cron.days.numbers.contains(&day)
}

fn next_time(cron: &Cron, now_ms: i64) -> Option<i64> {
    let mut date = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(TimeZone::UTC).date();
    for _ in 0..HORIZON {
        if has(cron, date) {
            let midnight = date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
            let times = cron.hours.iter().flat_map(|hour| cron.minutes.iter().map(move |minute| (hour, minute)));
            let mut moments = times.map(|(hour, minute)| midnight + i64::from(hour * 60 + minute) * 60_000);
            if let Some(next) = moments.find(|moment| *moment > now_ms) {
                return Some(next);
            }
        }
        date = date.tomorrow().ok()?;
    }
    None
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
