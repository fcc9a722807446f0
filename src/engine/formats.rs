//! Patterns for times: MySQL's (`date_format`, `date_parse`) and Joda's (`format_datetime`, `parse_datetime`).
//!
//! Which letters mean what is from Trino's reference, "Date and time functions". Letters that it does not support, or that
//! no log needs, are errors, never silently wrong.

use jiff::civil::{Date, DateTime, Weekday};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What a field of a pattern shows. The number is the least count of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Year(usize),
    ShortYear,
    Month(usize),
    MonthName,
    MonthShort,
    Day(usize),
    DayOfYear(usize),
    WeekdayName,
    WeekdayShort,
    Hour(usize),
    HalfDayHour(usize),
    HalfDay,
    Minute(usize),
    Second(usize),
    Fraction(usize),
    /// `+0000`, or `+00:00` with a colon; read in both forms, and as `Z`.
    Offset {
        colon: bool,
    },
    WeekYear,
    Week(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

/// A pattern, ready to format and parse with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Format {
    pieces: Vec<Piece>,
}

impl Format {
    /// `%Y-%m-%d %H:%i:%s` and the like.
    pub(super) fn mysql(pattern: &str) -> Result<Self, String> {
        let mut format = Self { pieces: Vec::new() };
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                format.text(character);
                continue;
            }
            let code = characters.next().ok_or("the pattern ends in a lone %")?;
            match code {
                'r' => format.pieces.extend(Self::mysql("%h:%i:%s %p")?.pieces),
                'T' => format.pieces.extend(Self::mysql("%H:%i:%s")?.pieces),
                _ => match mysql_field(code) {
                    Some(field) => format.pieces.push(Piece::Field(field)),
                    None if "DUuVwX".contains(code) => return Err(format!("%{code} is not supported in patterns")),
                    None => format.text(code),
                },
            }
        }
        Ok(format)
    }

    /// `yyyy-MM-dd HH:mm:ss` and the like.
    pub(super) fn joda(pattern: &str) -> Result<Self, String> {
        let mut format = Self { pieces: Vec::new() };
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            if first == '\'' {
                rest = format.quoted(&rest[1..])?;
                continue;
            }
            let run = rest.len() - rest.trim_start_matches(first).len();
            rest = &rest[run..];
            let count = run / first.len_utf8();
            if !first.is_ascii_alphabetic() {
                (0..count).for_each(|_| format.text(first));
            } else {
                let field = joda_field(first, count)
                    .ok_or_else(|| format!("{} is not supported in patterns", first.to_string().repeat(count)))?;
                format.pieces.push(Piece::Field(field));
            }
        }
        Ok(format)
    }

    /// Text in single quotes, after the first of them; returns what follows the last.
    fn quoted<'a>(&mut self, after_quote: &'a str) -> Result<&'a str, String> {
        let (text, rest) = after_quote.split_once('\'').ok_or("a quote is not closed in the pattern")?;
        if text.is_empty() {
            self.text('\'');
        }
        text.chars().for_each(|character| self.text(character));
        Ok(rest)
    }

    fn text(&mut self, character: char) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(character),
            _ => self.pieces.push(Piece::Text(character.to_string())),
        }
    }

    /// The time as text.
    pub(super) fn format(&self, time: DateTime) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Field(field) => format_field(*field, time, &mut out),
            }
        }
        out
    }

    /// The text as a time, UTC. What the pattern leaves out is that of 1970-01-01 00:00.
    pub(super) fn parse(&self, text: &str) -> Result<DateTime, String> {
        let mut parsed = Parsed::default();
        let mut rest = text;
        for (index, piece) in self.pieces.iter().enumerate() {
            // Digits of one number end where those of the next begin, so a number before a number has a fixed width.
            let digits_follow = matches!(self.pieces.get(index + 1), Some(Piece::Field(field)) if field.is_number());
            rest = match piece {
                Piece::Text(expected) => rest.strip_prefix(expected.as_str()),
                Piece::Field(field) => parsed.read(*field, rest, digits_follow),
            }
            .ok_or_else(|| format!("{text:?} does not fit the pattern"))?;
        }
        if !rest.is_empty() {
            return Err(format!("{text:?} is longer than the pattern"));
        }
        parsed.time().ok_or_else(|| format!("{text:?} is no time"))
    }
}

fn mysql_field(code: char) -> Option<Field> {
    Some(match code {
        'a' => Field::WeekdayShort,
        'b' => Field::MonthShort,
        'c' => Field::Month(1),
        'd' => Field::Day(2),
        'e' => Field::Day(1),
        'f' => Field::Fraction(6),
        'H' => Field::Hour(2),
        'h' | 'I' => Field::HalfDayHour(2),
        'i' => Field::Minute(2),
        'j' => Field::DayOfYear(3),
        'k' => Field::Hour(1),
        'l' => Field::HalfDayHour(1),
        'M' => Field::MonthName,
        'm' => Field::Month(2),
        'p' => Field::HalfDay,
        'S' | 's' => Field::Second(2),
        'v' => Field::Week(2),
        'W' => Field::WeekdayName,
        'x' => Field::WeekYear,
        'Y' => Field::Year(4),
        'y' => Field::ShortYear,
        _ => return None,
    })
}

fn joda_field(letter: char, count: usize) -> Option<Field> {
    Some(match (letter, count) {
        ('y' | 'Y' | 'u', 2) => Field::ShortYear,
        ('y' | 'Y' | 'u', _) => Field::Year(count),
        ('M', 1 | 2) => Field::Month(count),
        ('M', 3) => Field::MonthShort,
        ('M', _) => Field::MonthName,
        ('d', _) => Field::Day(count),
        ('D', _) => Field::DayOfYear(count),
        ('E', 1..=3) => Field::WeekdayShort,
        ('E', _) => Field::WeekdayName,
        ('H', _) => Field::Hour(count),
        ('h', _) => Field::HalfDayHour(count),
        ('a', _) => Field::HalfDay,
        ('m', _) => Field::Minute(count),
        ('s', _) => Field::Second(count),
        ('S', _) => Field::Fraction(count),
        ('Z', 1) => Field::Offset { colon: false },
        ('Z', 2) => Field::Offset { colon: true },
        ('x', _) => Field::WeekYear,
        ('w', _) => Field::Week(count),
        _ => return None,
    })
}

impl Field {
    fn is_number(self) -> bool {
        self.digits().is_some()
    }

    /// The width of a number in a row of numbers.
    fn digits(self) -> Option<usize> {
        match self {
            Self::Year(least) => Some(least.max(4)),
            Self::ShortYear => Some(2),
            Self::DayOfYear(_) => Some(3),
            Self::Fraction(count) => Some(count),
            Self::WeekYear => Some(4),
            Self::Month(_)
            | Self::Day(_)
            | Self::Hour(_)
            | Self::HalfDayHour(_)
            | Self::Minute(_)
            | Self::Second(_)
            | Self::Week(_) => Some(2),
            Self::MonthName
            | Self::MonthShort
            | Self::WeekdayName
            | Self::WeekdayShort
            | Self::HalfDay
            | Self::Offset { .. } => None,
        }
    }
}

fn format_field(field: Field, time: DateTime, out: &mut String) {
    let half_day_hour = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let week = time.date().iso_week_date();
    let mut number = |value: i64, width: usize| out.push_str(&format!("{value:0width$}"));
    match field {
        Field::Year(width) => number(time.year().into(), width),
        Field::ShortYear => number(i64::from(time.year()).rem_euclid(100), 2),
        Field::Month(width) => number(time.month().into(), width),
        Field::Day(width) => number(time.day().into(), width),
        Field::DayOfYear(width) => number(time.day_of_year().into(), width),
        Field::Hour(width) => number(time.hour().into(), width),
        Field::HalfDayHour(width) => number(half_day_hour.into(), width),
        Field::Minute(width) => number(time.minute().into(), width),
        Field::Second(width) => number(time.second().into(), width),
        Field::WeekYear => number(week.year().into(), 4),
        Field::Week(width) => number(week.week().into(), width),
        Field::Fraction(width) => {
            let digits = format!("{:09}", time.subsec_nanosecond());
            out.extend(digits.chars().chain(std::iter::repeat('0')).take(width));
        }
        Field::MonthName => out.push_str(month_name(time)),
        Field::MonthShort => out.extend(month_name(time).chars().take(3)),
        Field::WeekdayName => out.push_str(day_name(time.weekday())),
        Field::WeekdayShort => out.extend(day_name(time.weekday()).chars().take(3)),
        Field::HalfDay => out.push_str(if time.hour() < 12 { "AM" } else { "PM" }),
        Field::Offset { colon } => out.push_str(if colon { "+00:00" } else { "+0000" }),
    }
}

fn month_name(time: DateTime) -> &'static str {
    usize::try_from(time.month() - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or_default()
}

fn day_name(day: Weekday) -> &'static str {
    usize::try_from(day.to_monday_zero_offset()).ok().and_then(|index| DAYS.get(index)).copied().unwrap_or_default()
}

/// What has been read of a text.
#[derive(Default)]
struct Parsed {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    day_of_year: Option<i16>,
    hour: i8,
    afternoon: Option<bool>,
    minute: i8,
    second: i8,
    nanosecond: i32,
    offset_seconds: i64,
}

impl Parsed {
    /// Reads one field from the start of `text` and returns what follows it.
    fn read<'a>(&mut self, field: Field, text: &'a str, digits_follow: bool) -> Option<&'a str> {
        match field {
            Field::MonthName | Field::MonthShort => {
                let (index, rest) = one_of(&MONTHS, text)?;
                self.month = Some(i8::try_from(index + 1).ok()?);
                Some(rest)
            }
            Field::WeekdayName | Field::WeekdayShort => one_of(&DAYS, text).map(|(_, rest)| rest),
            Field::HalfDay => {
                let (half, rest) = text.split_at_checked(2)?;
                self.afternoon = Some(half.eq_ignore_ascii_case("PM"));
                (half.eq_ignore_ascii_case("AM") || half.eq_ignore_ascii_case("PM")).then_some(rest)
            }
            Field::Offset { .. } => self.offset(text),
            Field::Fraction(_) => self.fraction(text),
            _ => self.number(field, text, digits_follow),
        }
    }

    fn number<'a>(&mut self, field: Field, text: &'a str, digits_follow: bool) -> Option<&'a str> {
        let most = if digits_follow { field.digits()? } else { field.digits()?.max(9) };
        let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = text.split_at_checked(length)?;
        let value: i32 = digits.parse().ok()?;
        let small = i8::try_from(value);
        match field {
            Field::Year(_) => self.year = Some(i16::try_from(value).ok()?),
            // MySQL's and Joda's pivot differ; both read 70 to 99 as of the last century.
            Field::ShortYear => self.year = Some(i16::try_from(value + if value < 70 { 2000 } else { 1900 }).ok()?),
            Field::Month(_) => self.month = Some(small.ok()?),
            Field::Day(_) => self.day = Some(small.ok()?),
            Field::DayOfYear(_) => self.day_of_year = Some(i16::try_from(value).ok()?),
            Field::Hour(_) | Field::HalfDayHour(_) => self.hour = small.ok()?,
            Field::Minute(_) => self.minute = small.ok()?,
            Field::Second(_) => self.second = small.ok()?,
            _ => return None,
        }
        Some(rest)
    }

    fn fraction<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let length = text.bytes().take(9).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = text.split_at_checked(length)?;
        self.nanosecond = format!("{digits:0<9}").parse().ok().filter(|_| length > 0)?;
        Some(rest)
    }

    fn offset<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        if let Some(rest) = text.strip_prefix('Z') {
            return Some(rest);
        }
        let sign = match text.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, rest) = text.get(1..)?.split_at_checked(2)?;
        let (minutes, rest) = rest.strip_prefix(':').unwrap_or(rest).split_at_checked(2)?;
        let seconds = hours.parse::<u8>().ok()? as i64 * 3600 + minutes.parse::<u8>().ok()? as i64 * 60;
        self.offset_seconds = sign * seconds;
        Some(rest)
    }

    fn time(&self) -> Option<DateTime> {
        let year = self.year.unwrap_or(1970);
        let date = match self.day_of_year {
            Some(day) => Date::new(year, 1, 1).ok()?.with().day_of_year(day).build().ok()?,
            None => Date::new(year, self.month.unwrap_or(1), self.day.unwrap_or(1)).ok()?,
        };
        let hour = match self.afternoon {
            None => self.hour,
            Some(afternoon) => (self.hour % 12) + if afternoon { 12 } else { 0 },
        };
        let time = jiff::civil::Time::new(hour, self.minute, self.second, self.nanosecond).ok()?;
        date.to_datetime(time).checked_sub(jiff::SignedDuration::from_secs(self.offset_seconds)).ok()
    }
}

/// Which of the names, whole or in its first three letters, `text` begins with, whatever its case.
fn one_of<'a>(names: &[&str], text: &'a str) -> Option<(usize, &'a str)> {
    let begins = |length: usize, name: &str| {
        text.get(..length).is_some_and(|start| name.get(..length).is_some_and(|name| name.eq_ignore_ascii_case(start)))
    };
    names.iter().enumerate().find_map(|(index, name)| {
        let length = [name.len(), 3].into_iter().find(|length| begins(*length, name))?;
        Some((index, text.get(length..)?))
    })
}

#[cfg(test)]
mod tests;
