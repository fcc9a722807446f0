//! When a schedule comes round next.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::config::cloud::schedule::{Cron, Schedule};

/// Days that are looked through: a leap day comes after eight years at most.
const HORIZON: i32 = 3_000;

/// When `schedule` comes round first after `now_ms`; `last_ms` is when it did last, from which a rate is counted. `None`
/// where that cannot be told: `none`, another form (`L`, `W`, `#`), or never again.
pub fn next_after(schedule: &str, zone: &TimeZone, last_ms: Option<i64>, now_ms: i64) -> Option<i64> {
    match Schedule::parse(schedule).ok()? {
        Schedule::Never => None,
        Schedule::Rate { minutes } => {
            let period = i64::try_from(minutes).ok()?.checked_mul(60_000)?;
            let last = last_ms?;
            let passed = (now_ms.saturating_sub(last)).max(0) / period;
            last.checked_add((passed + 1).checked_mul(period)?)
        }
        Schedule::Cron(cron) if cron.days.marked > 0 => None,
        Schedule::Cron(cron) => next_time(&cron, zone, now_ms),
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

fn next_time(cron: &Cron, zone: &TimeZone, now_ms: i64) -> Option<i64> {
    let mut date = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(zone.clone()).date();
    for _ in 0..HORIZON {
        if has(cron, date) {
            let times = cron.hours.iter().flat_map(|hour| cron.minutes.iter().map(move |minute| (*hour, *minute)));
            let mut moments = times.filter_map(|(hour, minute)| moment(zone, date, hour, minute));
            if let Some(next) = moments.find(|moment| *moment > now_ms) {
                return Some(next);
            }
        }
        date = date.tomorrow().ok()?;
    }
    None
}

/// A time of a day. One that the clock skips in spring is none, and of one that comes twice in autumn the first counts
/// (EventBridge Scheduler User Guide, "Daylight savings time").
fn moment(zone: &TimeZone, date: Date, hour: u32, minute: u32) -> Option<i64> {
    let time = date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
    let ambiguous = zone.to_ambiguous_timestamp(time);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => None,
        _ => ambiguous.compatible().ok().map(Timestamp::as_millisecond),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::text;

    /// 2026-06-10T12:00:00Z, a Wednesday.
    const NOW: i64 = 1_781_092_800_000;

    fn next(schedule: &str, last: Option<i64>) -> String {
        next_after(schedule, &TimeZone::UTC, last, NOW).map_or_else(|| "none".to_owned(), text::time)
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
    fn a_time_zone_moves_it_with_its_summer() {
        // The zones of POSIX, as no list of names is there on every system: an hour ahead of UTC, in summer two.
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let next = |schedule: &str, now: &str| {
            let now = now.parse::<Timestamp>().unwrap().as_millisecond();
            next_after(schedule, &berlin, None, now).map(text::time).unwrap()
        };
        assert_eq!(next("cron(0 7 ? * MON *)", "2026-06-10T12:00:00Z"), "2026-06-15T05:00:00Z");
        assert_eq!(next("cron(0 7 * * ? *)", "2026-11-10T12:00:00Z"), "2026-11-11T06:00:00Z");
        assert_eq!(next("cron(30 0 * * ? *)", "2026-06-10T22:00:00Z"), "2026-06-10T22:30:00Z", "a day ahead of UTC");
        // On 2026-03-29 there is no half past two, on 2026-10-25 there are two.
        assert_eq!(next("cron(30 2 * * ? *)", "2026-03-28T12:00:00Z"), "2026-03-30T00:30:00Z");
        assert_eq!(next("cron(30 2 * * ? *)", "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
    }

    #[test]
    fn a_rate_is_counted_from_the_last_time() {
        assert_eq!(next("rate(1 hour)", Some(NOW - 600_000)), "2026-06-10T12:50:00Z");
        assert_eq!(next("rate(2 days)", Some(NOW)), "2026-06-12T12:00:00Z");
        assert_eq!(next("rate(0 hours)", Some(NOW)), "none");
    }
}
