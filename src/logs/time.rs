//! The log's own notation of time: `[06/Feb/2019:00:00:38 +0000]`.

/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar (the usual era-based arithmetic, exact for all years).
pub const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`]: year, month, day.
pub const fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (year_of_era + era * 400 + (month <= 2) as i64, month, day)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

fn month_number(name: &[u8]) -> Option<i64> {
    let [a, b, c] = *name else { return None };
    Some(match &[a | 0x20, b | 0x20, c | 0x20] {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

/// The length of the notation between its brackets.
pub const TIME_LEN: usize = 26;

/// Reads `06/Feb/2019:00:00:38 +0000` (without the brackets) as milliseconds since the epoch, UTC. A leap second counts
/// as the second after it. None for anything else.
pub fn parse(text: &[u8]) -> Option<i64> {
    let text: &[u8; TIME_LEN] = text.try_into().ok()?;
    let separators = [text[2], text[6], text[11], text[14], text[17], text[20]];
    if separators != *b"//::: " {
        return None;
    }
    let (day, month, year) = (digits(&text[..2])?, month_number(&text[3..6])?, digits(&text[7..11])?);
    let (hour, minute, second) = (digits(&text[12..14])?, digits(&text[15..17])?, digits(&text[18..20])?);
    let (offset_hours, offset_minutes) = (digits(&text[22..24])?, digits(&text[24..26])?);
    let sign = match text[21] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let in_range = (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
        && offset_hours < 24
        && offset_minutes < 60;
    in_range.then(|| {
        let offset = sign * (offset_hours * 3600 + offset_minutes * 60);
        days_from_civil(year, month, day) * DAY_MS + (hour * 3600 + minute * 60 + second - offset) * 1000
    })
}

/// How many hours are remembered.
const HOURS: usize = 8;

/// [`parse`] that remembers days, hours and offsets: the lines of a log are of few hours, if in no order.
#[derive(Debug, Default)]
pub struct TimeCache {
    /// The one that was seen last, of the hours whose last digits have the same three lowest bits.
    hours: [Hour; HOURS],
}

#[derive(Debug, Default, Clone, Copy)]
struct Hour {
    /// The whole notation; its minutes and seconds do not count.
    text: [u8; TIME_LEN],
    ms: i64,
    filled: bool,
}

/// Two digits that make a number below 60.
#[inline]
fn sixtieth(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 6 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

impl TimeCache {
    /// As [`parse`].
    #[inline]
    pub fn parse(&mut self, text: &[u8]) -> Option<i64> {
        let text: &[u8; TIME_LEN] = text.try_into().ok()?;
        let within = sixtieth(text[15], text[16]).zip(sixtieth(text[18], text[19])).filter(|_| text[17] == b':');
        let Some((minute, second)) = within else { return parse(text) };
        let within_ms = (minute * 60 + second) * 1000;
        let hour = &mut self.hours[text[13] as usize % HOURS];
        if hour.filled && text[..15] == hour.text[..15] && text[20..] == hour.text[20..] {
            return Some(hour.ms + within_ms);
        }
        let parsed = parse(text)?;
        *hour = Hour { text: *text, ms: parsed - within_ms, filled: true };
        Some(parsed)
    }
}

/// `YYYY-MM-DD` and `HH` of the hour that holds a time: the two partition values.
pub fn partition_of(time_ms: i64) -> (String, String) {
    let (year, month, day) = civil_from_days(time_ms.div_euclid(DAY_MS));
    (format!("{year:04}-{month:02}-{day:02}"), format!("{:02}", time_ms.rem_euclid(DAY_MS) / HOUR_MS))
}

/// RFC 3339 in UTC with seconds, and with milliseconds only if there are any.
pub fn rfc3339(time_ms: i64) -> String {
    let (year, month, day) = civil_from_days(time_ms.div_euclid(DAY_MS));
    let rest = time_ms.rem_euclid(DAY_MS);
    let (seconds, millis) = (rest / 1000, rest % 1000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match millis {
        0 => format!("{year:04}-{month:02}-{day:02}T{clock}Z"),
        _ => format!("{year:04}-{month:02}-{day:02}T{clock}.{millis:03}Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        parse(text.as_bytes()).map(rfc3339)
    }

    #[test]
    fn offsets_become_utc() {
        assert_eq!(shown("06/Feb/2019:00:00:38 +0000").as_deref(), Some("2019-02-06T00:00:38Z"));
        assert_eq!(shown("06/Feb/2019:00:00:38 +0530").as_deref(), Some("2019-02-05T18:30:38Z"));
        assert_eq!(shown("31/Dec/2023:23:30:00 -0700").as_deref(), Some("2024-01-01T06:30:00Z"));
        assert_eq!(shown("29/Feb/2024:12:00:60 +0000").as_deref(), Some("2024-02-29T12:01:00Z"));
    }

    #[test]
    fn impossible_times_are_none() {
        for text in [
            "29/Feb/2023:00:00:00 +0000",
            "00/Jan/2023:00:00:00 +0000",
            "01/Foo/2023:00:00:00 +0000",
            "01/Jan/2023:24:00:00 +0000",
            "01/Jan/2023:00:60:00 +0000",
            "01/Jan/2023:00:00:61 +0000",
            "01/Jan/2023:00:00:00 0000 ",
            "01-Jan-2023:00:00:00 +0000",
            "1/Jan/2023:00:00:00 +00000",
            "",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn the_cache_agrees_with_the_plain_reader() {
        let mut cache = TimeCache::default();
        for text in [
            "06/Feb/2019:00:00:38 +0000",
            "06/Feb/2019:00:00:39 +0000",
            "06/Feb/2019:00:00:60 +0000",
            "06/Feb/2019:00:00:59 +0000",
            "06/Feb/2019:00:01:00 +0000",
            "06/Feb/2019:00:01:00 +0100",
            "06/Feb/2019:00:01:0x +0100",
            "06/Feb/2019:00:01-09 +0100",
            "06/Feb/2019:00:61:09 +0100",
            "06/Feb/2019:01:59:59 +0100",
            "06/fEB/2019:01:59:59 +0100",
            "06/Feb/2019:00:01:09 +0100",
            "06/Feb/2019:08:01:09 +0100",
            "06/Feb/2019:00:01:09 +0100",
            // As an empty place of the cache has it.
            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0000:00\0\0\0\0\0\0",
        ] {
            assert_eq!(cache.parse(text.as_bytes()), parse(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn civil_dates_go_there_and_back() {
        for days in (-1_000_000..1_000_000).step_by(97) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, i64::from(month), i64::from(day)), days);
        }
        assert_eq!(partition_of(-1), ("1969-12-31".to_owned(), "23".to_owned()));
    }
}
