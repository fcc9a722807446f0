//! Schedules as EventBridge Scheduler and Glue write them: `cron(…)`, `rate(…)` and `none`. The one place that reads them.
//!
//! EventBridge Scheduler User Guide, "Schedule types"; AWS Glue Developer Guide, "Time-based schedules": both read six
//! fields, of which day of month or day of week is `?`.

use std::collections::BTreeSet;

/// Days in the month that estimates count with.
pub const MONTH_DAYS: f64 = 30.0;

/// What a schedule looks like, for messages.
const EXPECTED: &str = "expected cron(15 * * * ? *), rate(1 hour) or none";

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// Sunday is 1.
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// When something runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// By hand only.
    Never,
    /// Every so many minutes.
    Rate {
        /// The minutes from one time to the next.
        minutes: u64,
    },
    /// At the times that its fields name.
    Cron(Box<Cron>),
}

/// The six fields, as the values that they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    /// Of 0 to 59.
    pub minutes: BTreeSet<u32>,
    /// Of 0 to 23.
    pub hours: BTreeSet<u32>,
    /// Days of a month or of a week, whichever is not `?`.
    pub days: Days,
    /// Of 1 to 12.
    pub months: BTreeSet<u32>,
    /// Of 1970 to 2199.
    pub years: BTreeSet<u32>,
}

/// The days on which a cron expression comes round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// Whether they are days of a week, of which Sunday is 1; else days of a month.
    pub of_week: bool,
    /// The days that have a number.
    pub numbers: BTreeSet<u32>,
    /// How many days are named by `L`, `W` or `#`; each of them comes once a month.
    pub marked: usize,
}

/// A field of a cron expression.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names that stand for numbers, the first of them for `least`.
    words: &'static [&'static str],
    /// Letters and marks that have a meaning in this field beside `*`, `,`, `-` and `/`.
    marks: &'static str,
}

const MINUTES: Field = Field { name: "minutes", least: 0, most: 59, words: &[], marks: "" };
const HOURS: Field = Field { name: "hours", least: 0, most: 23, words: &[], marks: "" };
const DAY_OF_MONTH: Field = Field { name: "day of month", least: 1, most: 31, words: &[], marks: "?LW" };
const MONTH: Field = Field { name: "month", least: 1, most: 12, words: MONTHS, marks: "" };
const DAY_OF_WEEK: Field = Field { name: "day of week", least: 1, most: 7, words: WEEKDAYS, marks: "?L#" };
const YEAR: Field = Field { name: "year", least: 1970, most: 2199, words: &[], marks: "" };

/// What a part of a field's list names.
enum Named {
    Values(Vec<u32>),
    /// `?`: whatever the other field of days says.
    Open,
    /// A day that only a calendar knows: `L`, `15W`, `3#2`.
    Marked,
}

impl Schedule {
    /// Reads `cron(…)`, `rate(…)`, or `none` for by hand only.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::Never);
        }
        if let Some(inside) = inside(text, "cron") {
            return Ok(Self::Cron(Box::new(Cron::parse(inside)?)));
        }
        if let Some(inside) = inside(text, "rate") {
            return Ok(Self::Rate { minutes: rate(inside)? });
        }
        if text.split_whitespace().count() == 5 && text.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'*')
        {
            return Err(format!("`{text}` is written as crontab does; AWS wants cron(…) with six fields: {EXPECTED}"));
        }
        Err(format!("`{text}` is no schedule; {EXPECTED}"))
    }

    /// Reads when a crawler runs by itself: Glue knows `cron(…)` alone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_crawler(text: &str) -> Result<Self, String> {
        match inside(text, "cron") {
            Some(_) => Self::parse(text),
            None => Err(format!("`{text}` is no schedule of a crawler; expected cron(45 3 * * ? *)")),
        }
    }

    /// How often it comes round in a month of 30 days.
    #[expect(clippy::cast_precision_loss, reason = "at most 60 of each; a rate is below 2^53 minutes")]
    pub fn runs_a_month(&self) -> f64 {
        match self {
            Self::Never => 0.0,
            Self::Rate { minutes } => MONTH_DAYS * 1440.0 / *minutes as f64,
            Self::Cron(cron) => {
                let times = cron.minutes.len() * cron.hours.len() * cron.months.len();
                times as f64 * cron.days.a_month() / 12.0
            }
        }
    }
}

fn inside<'a>(text: &'a str, function: &str) -> Option<&'a str> {
    text.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')')
}

/// The minutes of a rate.
fn rate(inside: &str) -> Result<u64, String> {
    let wrong = || format!("`rate({inside})` is no rate; expected rate(30 minutes), rate(1 hour) or rate(1 day)");
    let (value, unit) = inside.split_once(' ').ok_or_else(wrong)?;
    let value = digits(value).filter(|value| *value > 0).ok_or_else(wrong)?;
    let minutes = match unit {
        "minute" | "minutes" => 1,
        "hour" | "hours" => 60,
        "day" | "days" => 1440,
        _ => return Err(wrong()),
    };
    Ok(u64::from(value) * minutes)
}

/// A number without a sign.
fn digits(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

impl Cron {
    fn parse(inside: &str) -> Result<Self, String> {
        let given: Vec<&str> = inside.split_whitespace().collect();
        let [minutes, hours, day, month, weekday, year] = given.as_slice() else {
            return Err(format!(
                "cron({inside}) has {} fields; AWS wants six: minutes, hours, day of month, month, day of week, year",
                given.len()
            ));
        };
        let about = |why: String| format!("cron({inside}): {why}");
        let values = |field: &Field, text: &str| field.read(text).map(|days| days.numbers).map_err(about);
        let (minutes, hours) = (values(&MINUTES, minutes)?, values(&HOURS, hours)?);
        let of_month = DAY_OF_MONTH.read(day).map_err(about)?;
        let months = values(&MONTH, month)?;
        let of_week = DAY_OF_WEEK.read(weekday).map_err(about)?;
        let years = values(&YEAR, year)?;
        let days = match (*day, *weekday) {
            ("?", weekday) if weekday != "?" => Days { of_week: true, ..of_week },
            (day, "?") if day != "?" => of_month,
            _ => return Err(about("exactly one of day of month and day of week must be `?`".to_owned())),
        };
        Ok(Self { minutes, hours, days, months, years })
    }
}

impl Days {
    /// How many of them a month has.
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    fn a_month(&self) -> f64 {
        let (numbers, marked) = (self.numbers.len() as f64, self.marked as f64);
        let days = if self.of_week { numbers * MONTH_DAYS / 7.0 + marked } else { numbers + marked };
        days.min(MONTH_DAYS)
    }
}

impl Field {
    /// Everything that a field names.
    fn read(&self, text: &str) -> Result<Days, String> {
        let mut days = Days { of_week: false, numbers: BTreeSet::new(), marked: 0 };
        for part in text.split(',') {
            match self.part(part) {
                Some(Named::Values(values)) => days.numbers.extend(values),
                Some(Named::Marked) => days.marked += 1,
                Some(Named::Open) if text == "?" => {}
                _ => return Err(format!("`{text}` cannot be the {} ({} to {})", self.name, self.least, self.most)),
            }
        }
        Ok(days)
    }

    /// One part of a list: `*`, `5`, `1-5`, `*/10`, `MON-FRI`, and what its marks allow.
    fn part(&self, part: &str) -> Option<Named> {
        let Some((range, step)) = part.split_once('/') else {
            return self
                .range(part)
                .or_else(|| self.number(part).map(|number| vec![number]))
                .map(Named::Values)
                .or_else(|| match part {
                    "?" => self.marks.contains('?').then_some(Named::Open),
                    _ => self.is_marked(part).then_some(Named::Marked),
                });
        };
        let step = step.parse::<u32>().ok().filter(|step| *step > 0 && *step <= self.most)?;
        // `5/10`: from the fifth on.
        let values = self.range(range).or_else(|| Some((self.number(range)?..=self.most).collect()))?;
        Some(Named::Values(values.into_iter().step_by(usize::try_from(step).ok()?).collect()))
    }

    /// `*`, `1-5`, and `FRI-MON`, which goes on at the field's beginning.
    fn range(&self, text: &str) -> Option<Vec<u32>> {
        if text == "*" {
            return Some((self.least..=self.most).collect());
        }
        let (from, to) = text.split_once('-')?;
        let (from, to) = (self.number(from)?, self.number(to)?);
        if from <= to {
            return Some((from..=to).collect());
        }
        Some((from..=self.most).chain(self.least..=to).collect())
    }

    fn number(&self, text: &str) -> Option<u32> {
        if let Some(at) = self.words.iter().position(|word| word.eq_ignore_ascii_case(text)) {
            return u32::try_from(at).ok().map(|at| at + self.least);
        }
        digits(text).filter(|n| (self.least..=self.most).contains(n))
    }

    /// `L`, `5L`, `LW`, `15W`, `3#2`.
    fn is_marked(&self, text: &str) -> bool {
        let has = |mark: char| self.marks.contains(mark);
        if let Some((day, week)) = text.split_once('#') {
            return has('#') && self.number(day).is_some() && matches!(week, "1" | "2" | "3" | "4" | "5");
        }
        match text {
            "L" => has('L'),
            "LW" => has('L') && has('W'),
            _ => {
                text.strip_suffix('W').is_some_and(|day| has('W') && self.number(day).is_some())
                    || text.strip_suffix('L').is_some_and(|day| has('#') && self.number(day).is_some())
            }
        }
    }
}

/// Checks the name of a time zone by its form: the program carries no list of them, AWS does.
///
/// # Errors
/// What is wrong with it.
pub fn check_time_zone(text: &str) -> Result<(), String> {
    // Names of the IANA database without a slash that are still in use.
    const SINGLE: &[&str] =
        &["UTC", "GMT", "CET", "EET", "MET", "WET", "EST", "MST", "HST", "Japan", "Singapore", "Zulu"];
    let letters = |part: &str| part.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+');
    let parts: Vec<&str> = text.split('/').collect();
    let named = (2..=3).contains(&parts.len())
        && text.len() <= 50
        && parts.iter().all(|part| letters(part) && part.bytes().all(plain));
    if named || SINGLE.contains(&text) {
        return Ok(());
    }
    Err(format!("`{text}` is no time zone; expected a name of the IANA database, such as UTC or Europe/Berlin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_that_aws_documents_are_taken() {
        for good in [
            "none",
            "cron(15 * * * ? *)",
            "cron(0/5 8-17 ? * MON-FRI *)",
            "cron(0 9 ? * 2#1 2026-2030)",
            "cron(30 0 1,15 * ? *)",
            "cron(0 18 L * ? *)",
            "cron(0 10 LW JAN,JUL ? *)",
            "cron(0 10 3W * ? *)",
            "cron(0 10 ? * 6L *)",
            "cron(*/20 * ? * sun *)",
            "rate(1 hour)",
            "rate(30 minutes)",
            "rate(2 days)",
        ] {
            assert!(Schedule::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_schedule_that_is_none_is_told_what_is_wrong() {
        for (wrong, says) in [
            ("15 * * * *", "written as crontab does"),
            ("hourly", "`hourly` is no schedule; expected cron(15 * * * ? *), rate(1 hour) or none"),
            ("cron(15 * * * *)", "has 5 fields"),
            ("cron(60 * * * ? *)", "`60` cannot be the minutes (0 to 59)"),
            ("cron(0 24 * * ? *)", "`24` cannot be the hours"),
            ("cron(0 0 * FOO ? *)", "`FOO` cannot be the month"),
            ("cron(0 0 * * * *)", "must be `?`"),
            ("cron(0 0 ? * ? *)", "must be `?`"),
            ("cron(? 0 * * ? *)", "`?` cannot be the minutes"),
            ("cron(0 0 1,? * ? *)", "`1,?` cannot be the day of month"),
            ("cron(*/0 * * * ? *)", "`*/0` cannot be the minutes"),
            ("cron(0/0 0 * * ? *)", "`0/0` cannot be the minutes"),
            ("cron(0 0 +1 * ? *)", "`+1` cannot be the day of month"),
            ("rate(0 hours)", "is no rate"),
            ("rate(1 week)", "is no rate"),
            ("rate(1)", "is no rate"),
            ("", "is no schedule"),
        ] {
            let why = Schedule::parse(wrong).expect_err(wrong);
            assert!(why.contains(says), "{wrong}: {why}");
        }
        assert!(Schedule::parse_crawler("rate(1 day)").is_err() && Schedule::parse_crawler("none").is_err());
        assert!(Schedule::parse_crawler("cron(45 3 * * ? *)").is_ok());
    }

    #[test]
    fn schedules_come_round_as_often_as_they_say() {
        for (schedule, expected) in [
            ("none", 0.0),
            ("cron(15 * * * ? *)", 720.0),
            ("cron(0/10 * * * ? *)", 4320.0),
            ("cron(45 3 * * ? *)", 30.0),
            ("cron(0 6,18 ? * MON-FRI *)", 2.0 * 5.0 * 30.0 / 7.0),
            ("cron(0 0 ? * FRI-MON *)", 4.0 * 30.0 / 7.0),
            ("cron(0 22-1 * * ? *)", 4.0 * 30.0),
            ("cron(0 0 1 * ? *)", 1.0),
            ("cron(0 0 L * ? *)", 1.0),
            ("cron(0 0 1,15W * ? *)", 2.0),
            ("cron(0 0 ? * 2#1 *)", 1.0),
            ("cron(0 0 1 JAN,JUL ? *)", 2.0 / 12.0),
            ("rate(1 hour)", 720.0),
            ("rate(30 minutes)", 1440.0),
            ("rate(2 days)", 15.0),
        ] {
            let runs = Schedule::parse(schedule).unwrap().runs_a_month();
            assert!((runs - expected).abs() < 1e-9, "{schedule}: {runs}");
        }
    }

    #[test]
    fn time_zones_are_names_of_the_database() {
        for good in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince"] {
            assert_eq!(check_time_zone(good), Ok(()), "{good}");
        }
        for wrong in ["", "+02:00", "CEST", "Berlin", "europe/berlin", "Europe/", "Europe/Berlin/a/b", "UTC+1"] {
            assert!(check_time_zone(wrong).is_err(), "{wrong}");
        }
    }
}
