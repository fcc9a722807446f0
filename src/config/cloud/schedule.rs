//! Schedule expressions: `cron(…)`, `rate(…)` and `none`.
//!
//! EventBridge Scheduler User Guide, "Schedule types"; AWS Glue Developer Guide, "Time-based schedules": both read six
//! fields, of which day of month or day of week is `?`.

/// What a schedule looks like, for messages.
const EXPECTED: &str = "expected cron(15 * * * ? *), rate(1 hour) or none";

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

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

const FIELDS: [Field; 6] = [
    Field { name: "minutes", least: 0, most: 59, words: &[], marks: "" },
    Field { name: "hours", least: 0, most: 23, words: &[], marks: "" },
    Field { name: "day of month", least: 1, most: 31, words: &[], marks: "?LW" },
    Field { name: "month", least: 1, most: 12, words: MONTHS, marks: "" },
    Field { name: "day of week", least: 1, most: 7, words: DAYS, marks: "?L#" },
    Field { name: "year", least: 1970, most: 2199, words: &[], marks: "" },
];

/// Checks when the job runs: `cron(…)`, `rate(…)`, or `none` for by hand only.
///
/// # Errors
/// What is wrong with it.
pub fn check_job(text: &str) -> Result<(), String> {
    if text == "none" {
        return Ok(());
    }
    if let Some(inside) = inside(text, "cron") {
        return check_cron(inside);
    }
    if let Some(inside) = inside(text, "rate") {
        return check_rate(inside);
    }
    if text.split_whitespace().count() == 5 && text.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'*') {
        return Err(format!("`{text}` is written as crontab does; AWS wants cron(…) with six fields: {EXPECTED}"));
    }
    Err(format!("`{text}` is no schedule; {EXPECTED}"))
}

/// Checks when the crawler runs by itself: Glue knows `cron(…)` alone.
///
/// # Errors
/// What is wrong with it.
pub fn check_crawler(text: &str) -> Result<(), String> {
    match inside(text, "cron") {
        Some(inside) => check_cron(inside),
        None => Err(format!("`{text}` is no schedule of a crawler; expected cron(45 3 * * ? *)")),
    }
}

fn inside<'a>(text: &'a str, function: &str) -> Option<&'a str> {
    text.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')')
}

fn check_rate(inside: &str) -> Result<(), String> {
    let wrong = || format!("`rate({inside})` is no rate; expected rate(30 minutes), rate(1 hour) or rate(1 day)");
    let (value, unit) = inside.split_once(' ').ok_or_else(wrong)?;
    let whole = value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<u32>().is_ok_and(|value| value > 0);
    let known = matches!(unit, "minute" | "minutes" | "hour" | "hours" | "day" | "days");
    if whole && known { Ok(()) } else { Err(wrong()) }
}

fn check_cron(inside: &str) -> Result<(), String> {
    let given: Vec<&str> = inside.split_whitespace().collect();
    if given.len() != FIELDS.len() {
        return Err(format!(
            "cron({inside}) has {} fields; AWS wants six: minutes, hours, day of month, month, day of week, year",
            given.len()
        ));
    }
    for (field, value) in FIELDS.iter().zip(&given) {
        if !value.split(',').all(|part| field.accepts(part)) {
            let (name, least, most) = (field.name, field.least, field.most);
            return Err(format!("cron({inside}): `{value}` cannot be the {name} ({least} to {most})"));
        }
    }
    let open = given.iter().filter(|value| **value == "?").count();
    if open != 1 {
        return Err(format!("cron({inside}): exactly one of day of month and day of week must be `?`"));
    }
    Ok(())
}

impl Field {
    /// One part of a list: `*`, `5`, `1-5`, `*/10`, `MON-FRI`, and what its marks allow.
    fn accepts(&self, part: &str) -> bool {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step {
            return step.parse::<u32>().is_ok_and(|n| n > 0 && n <= self.most)
                && (range == "*" || self.is_range(range) || self.number(range).is_some());
        }
        range == "*" || self.number(range).is_some() || self.is_range(range) || self.is_marked(range)
    }

    fn is_range(&self, text: &str) -> bool {
        text.split_once('-').is_some_and(|(from, to)| self.number(from).is_some() && self.number(to).is_some())
    }

    fn number(&self, text: &str) -> Option<u32> {
        if let Some(at) = self.words.iter().position(|word| word.eq_ignore_ascii_case(text)) {
            return u32::try_from(at).ok().map(|at| at + self.least);
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|n| digits && (self.least..=self.most).contains(n))
    }

    /// `?`, `L`, `5L`, `LW`, `15W`, `3#2`.
    fn is_marked(&self, text: &str) -> bool {
        let has = |mark: char| self.marks.contains(mark);
        if let Some((day, week)) = text.split_once('#') {
            return has('#') && self.number(day).is_some() && matches!(week, "1" | "2" | "3" | "4" | "5");
        }
        match text {
            "?" => has('?'),
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
            assert_eq!(check_job(good), Ok(()), "{good}");
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
            ("cron(0/0 0 * * ? *)", "`0/0` cannot be the minutes"),
            ("cron(0 0 +1 * ? *)", "`+1` cannot be the day of month"),
            ("rate(0 hours)", "is no rate"),
            ("rate(1 week)", "is no rate"),
            ("rate(1)", "is no rate"),
            ("", "is no schedule"),
        ] {
            let why = check_job(wrong).expect_err(wrong);
            assert!(why.contains(says), "{wrong}: {why}");
        }
        assert!(check_crawler("rate(1 day)").is_err() && check_crawler("none").is_err());
        assert_eq!(check_crawler("cron(45 3 * * ? *)"), Ok(()));
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
