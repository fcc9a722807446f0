//! Bytes, money, times and durations in words. `ui` has its own, for terminals, and is not part of what is deployed.

use jiff::Timestamp;

/// Bytes in decimal units, as AWS bills: `1.5 GB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.iter().find(|(_, size)| n >= *size) {
        // In tenths, so that no float is needed.
        Some((unit, size)) => format!("{}.{} {unit}", n / size, n % size * 10 / size),
        None => format!("{n} bytes"),
    }
}

/// Athena bills 10 MB for a query at least that scans anything (Athena pricing).
const QUERY_AT_LEAST: u64 = 10_000_000;

/// What a query costs that scans so much, at a price in millionths of a US dollar a terabyte.
pub fn query_cost(scanned: u64, micro_usd_a_terabyte: u64) -> String {
    if scanned == 0 {
        return "$0.00".to_owned();
    }
    let micro = u128::from(scanned.max(QUERY_AT_LEAST)) * u128::from(micro_usd_a_terabyte) / 1_000_000_000_000;
    let cents = (micro + 5_000) / 10_000;
    if cents == 0 { "less than $0.01".to_owned() } else { format!("about ${}.{:02}", cents / 100, cents % 100) }
}

/// A number with its thousands marked.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 row`, `12 rows`.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A moment for people: `2026-11-23 07:00:12 UTC`.
pub fn moment(millis: i64) -> Option<String> {
    let at = Timestamp::from_millisecond(millis).ok()?;
    Some(at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// A moment for a command line: `2026-11-23T07:00:12Z`.
pub fn flag(millis: i64) -> Option<String> {
    let at = Timestamp::from_millisecond(millis).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// How long something took: `14 s`, `3 min 5 s`, `2 h 4 min`.
pub fn duration(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_what_people_write() {
        assert_eq!(
            [0, 999, 1_000, 1_250_000_000, 3_999_999_999_999].map(bytes),
            ["0 bytes", "999 bytes", "1.0 kB", "1.2 GB", "3.9 TB"]
        );
        assert_eq!(
            [0, 1, 2_000_000_000, 1_000_000_000_000].map(|n| query_cost(n, 5_000_000)),
            ["$0.00", "less than $0.01", "about $0.01", "about $5.00"]
        );
        assert!(!query_cost(u64::MAX, u64::MAX).is_empty());
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([500, 14_000, 185_000, 7_440_000].map(duration), ["0 s", "14 s", "3 min 5 s", "2 h 4 min"]);
        assert_eq!(moment(1_781_092_800_000).as_deref(), Some("2026-06-10 12:00:00 UTC"));
        assert_eq!(flag(1_781_092_800_000).as_deref(), Some("2026-06-10T12:00:00Z"));
        assert_eq!(moment(i64::MAX), None);
    }
}
