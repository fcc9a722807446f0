//! Keys as numbers, so that a range of keys can be cut into parts of about the same size. What comes out of it decides how
//! many requests a listing takes, never what it finds.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::logs::name::{self, LogName, Shape};

/// The alphabets of unique parts and of numbers, from the smallest; the last one is all that can be printed.
const ALPHABETS: [&str; 7] = [
    "0123456789",
    "0123456789ABCDEF",
    "0123456789abcdef",
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789abcdefghijklmnopqrstuvwxyz",
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~",
];

/// Sorts behind nearly all text.
const HIGH: char = '\u{fffd}';

/// What keys of a region are measured by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruler {
    /// By the seconds in their names.
    Seconds {
        /// What stands before the date.
        stem: String,
        /// Whether `YYYY/MM/DD/` stands before the name.
        dated: bool,
        /// Of CloudTrail's names, what stands before the time in them.
        lead: Option<String>,
    },
    /// By the signs that follow a text that they share.
    Text {
        /// What they share.
        prefix: String,
        /// The signs.
        alphabet: &'static str,
    },
}

impl Ruler {
    /// The ruler for what follows `last`, going by the keys from `first` to `last`.
    pub fn of(first: &str, last: &str) -> Self {
        if let Some(name) = LogName::parse(last) {
            // Under the event-time layout all names of a day have the same time.
            let same_day = LogName::parse(first).is_some_and(|first| first.before_unique() == name.before_unique());
            if !(name.event_time_layout && same_day) {
                let shape = name.shape();
                let lead = shape.is_trail.then(|| shape.lead.to_owned());
                return Self::Seconds { stem: name.stem().to_owned(), dated: shape.dated, lead };
            }
            return Self::text(name.before_unique(), first, last);
        }
        let differs = first.char_indices().zip(last.chars()).find(|((_, a), b)| a != b);
        let shared = first.get(..differs.map_or(first.len(), |((at, _), _)| at)).unwrap_or_default();
        // Not in the midst of a number or a hash, of which the keys behind share less.
        let whole = shared.char_indices().rev().find(|(_, sign)| !sign.is_alphanumeric());
        let end = whole.map_or(0, |(at, sign)| at + sign.len_utf8());
        Self::text(shared.get(..end).unwrap_or_default(), first, last)
    }

    fn text(prefix: &str, first: &str, last: &str) -> Self {
        let tails = [first, last].map(|key| key.strip_prefix(prefix).unwrap_or_default());
        let fits = |alphabet: &&&str| tails.iter().all(|tail| tail.chars().take(4).all(|sign| alphabet.contains(sign)));
        let alphabet = ALPHABETS.iter().find(fits).copied().unwrap_or(ALPHABETS[ALPHABETS.len() - 1]);
        Self::Text { prefix: prefix.to_owned(), alphabet }
    }

    /// What tells regions and the rulers of one apart.
    pub fn name(&self) -> (&str, usize) {
        match self {
            Self::Seconds { stem, .. } => (stem, 0),
            Self::Text { prefix, alphabet } => (prefix, alphabet.len()),
        }
    }

    /// What the keys of the region begin with.
    pub fn stem(&self) -> &str {
        match self {
            Self::Seconds { stem, .. } => stem,
            Self::Text { prefix, .. } => prefix,
        }
    }

    /// Where the region ends.
    pub fn end(&self) -> String {
        match self {
            // The sign after the nine.
            Self::Seconds { stem, .. } => format!("{stem}:"),
            Self::Text { prefix, .. } => format!("{prefix}{HIGH}"),
        }
    }

    /// The number of a key: greater ones have greater numbers, or the same.
    pub fn number(&self, key: &str) -> u64 {
        let rest = key.strip_prefix(self.stem());
        match (self, rest) {
            (_, None) => {
                if key < self.stem() {
                    0
                } else {
                    u64::MAX
                }
            }
            (Self::Seconds { dated: true, lead: Some(lead), .. }, Some(rest)) => trail_seconds(rest, lead),
            // Behind the minute stands what is no time.
            (Self::Seconds { dated: false, lead: Some(_), .. }, Some(rest)) => {
                seconds(rest.get(.."YYYYMMDDTHHmm".len()).unwrap_or(rest), false)
            }
            (Self::Seconds { dated, .. }, Some(rest)) => seconds(rest, *dated),
            (Self::Text { alphabet, .. }, Some(rest)) => digits(rest.as_bytes(), alphabet.as_bytes()),
        }
    }

    /// A text that sorts where keys of this number begin.
    pub fn key(&self, number: u64) -> Option<String> {
        match self {
            Self::Seconds { stem, dated, lead } => {
                let shape =
                    Shape { dated: *dated, is_trail: lead.is_some(), lead: lead.as_deref().unwrap_or_default() };
                name::start_after(stem, shape, i64::try_from(number).ok()?.checked_mul(1_000)?)
            }
            Self::Text { prefix, alphabet } => {
                let signs = alphabet.as_bytes();
                let base = signs.len() as u64;
                let mut text = Vec::new();
                let mut rest = number;
                for _ in 0..places(base) {
                    text.push(*signs.get(usize::try_from(rest % base).ok()?)?);
                    rest /= base;
                }
                if rest > 0 {
                    return None;
                }
                text.reverse();
                Some(format!("{prefix}{}", String::from_utf8(text).ok()?))
            }
        }
    }

    /// The number of this moment, where numbers are times: nothing is delivered later.
    pub fn now(&self, now_ms: i64) -> Option<u64> {
        matches!(self, Self::Seconds { .. }).then(|| u64::try_from(now_ms / 1_000).unwrap_or_default())
    }
}

/// How many digits of this base a number has.
fn places(base: u64) -> u32 {
    (62.0 / (base as f64).log2()).floor() as u32
}

fn digits(text: &[u8], alphabet: &[u8]) -> u64 {
    let base = alphabet.len() as u64;
    (0..places(base) as usize).fold(0, |number, at| {
        let digit = match text.get(at) {
            Some(sign) => alphabet.partition_point(|other| other < sign).min(alphabet.len() - 1) as u64,
            None => 0,
        };
        number * base + digit
    })
}

/// The seconds since the epoch that a beginning of `[YYYY/MM/DD/]YYYY-MM-DD-hh-mm-ss` stands for.
fn seconds(text: &str, dated: bool) -> u64 {
    let numbers: Vec<u8> = text.bytes().take(30).filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    let time_at = if dated { 16 } else { 8 };
    let number = |from: usize, length: usize, least: i16| {
        let digits = numbers.get(from..from + length);
        digits.map_or(least, |digits| digits.iter().fold(0, |number, digit| number * 10 + i16::from(*digit))).max(least)
    };
    let small = |number: i16, most: i8| i8::try_from(number).unwrap_or(most).min(most);
    let time = DateTime::new(
        number(0, 4, 0),
        small(number(4, 2, 1), 12),
        // A day that each month has; the last ones of a month share a number.
        small(number(6, 2, 1), 28),
        small(number(time_at, 2, 0), 23),
        small(number(time_at + 2, 2, 0), 59),
        small(number(time_at + 4, 2, 0), 59),
        0,
    );
    let more_days = u64::try_from(number(6, 2, 1).min(31) - 28).unwrap_or_default();
    let time = time.ok().and_then(|time| time.to_zoned(TimeZone::UTC).ok());
    let seconds = time.map_or(0, |time| u64::try_from(time.timestamp().as_second()).unwrap_or_default());
    seconds + more_days * 86_400
}

/// The seconds since the epoch that a beginning of `YYYY/MM/DD/<lead>YYYYMMDDTHHmm` stands for.
fn trail_seconds(text: &str, lead: &str) -> u64 {
    let (day, name) = text.split_at_checked("YYYY/MM/DD/".len()).unwrap_or((text, ""));
    let clock = match name.strip_prefix(lead) {
        Some(stamp) => stamp.get("YYYYMMDDT".len()..).unwrap_or_default(),
        // Names of something else, before or behind those of the trail.
        None if name < lead => "",
        None => "2359",
    };
    let clock: String = clock.chars().take(4).collect();
    seconds(&format!("{day}{day}{clock}"), true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_ruler_follows_from_what_was_seen() {
        let of = |first: &str, last: &str| Ruler::of(first, last);
        let day = "1/eu-west-1/b/2026/11/22/2026-11-22-00-00-00-";
        assert_eq!(
            of("l2026-11-22-10-11-12-A1", "l2026-11-23-10-11-12-A1"),
            Ruler::Seconds { stem: "l".into(), dated: false, lead: None }
        );
        assert_eq!(
            of(&format!("{day}0A"), &format!("{day}F1")),
            Ruler::Text { prefix: day.into(), alphabet: "0123456789ABCDEF" }
        );
        let next = day.replace("22", "23");
        assert_eq!(
            of(&format!("{day}0A"), &format!("{next}F1")),
            Ruler::Seconds { stem: "1/eu-west-1/b/".into(), dated: true, lead: None }
        );
        let trail = "1/CloudTrail/eu-west-1/2026/11/22/111122223333_CloudTrail_eu-west-1_20261122T";
        let ruler = of(&format!("{trail}1010Z_a.json.gz"), &format!("{trail}1015Z_b.json.gz"));
        let lead = Some("111122223333_CloudTrail_eu-west-1_".into());
        assert_eq!(ruler, Ruler::Seconds { stem: "1/CloudTrail/eu-west-1/".into(), dated: true, lead });
        let numbers = ["0000Z_a", "1010Z_a", "1015Z_b", "2359Z_c"].map(|at| ruler.number(&format!("{trail}{at}")));
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        assert_eq!(ruler.key(numbers[1]), Some(format!("{trail}1010")));
        assert_eq!(of("part-0012.gz", "part-0512.gz"), Ruler::Text { prefix: "part-".into(), alphabet: "0123456789" });
        assert_eq!(of("a/é1", "a/é1"), Ruler::Text { prefix: "a/".into(), alphabet: ALPHABETS[6] });
    }

    proptest! {
        #[test]
        fn numbers_rise_with_keys_and_lead_back(a in 0u64..4_000_000_000, b in 0u64..4_000_000_000, which in 0usize..4) {
            let ruler = match which {
                0 => Ruler::Seconds { stem: "x/".into(), dated: false, lead: None },
                1 => Ruler::Seconds { stem: "x/".into(), dated: true, lead: None },
                2 => Ruler::Text { prefix: "x/".into(), alphabet: ALPHABETS[1] },
                _ => Ruler::Text { prefix: "x/".into(), alphabet: ALPHABETS[6] },
            };
            let (key_a, key_b) = (ruler.key(a).unwrap(), ruler.key(b).unwrap());
            prop_assert_eq!(a.cmp(&b), key_a.cmp(&key_b));
            prop_assert_eq!(ruler.number(&key_a), a);
            prop_assert!(key_a < ruler.end() && key_a.as_str() > "x/");
        }

        #[test]
        fn any_text_has_a_number(key in "\\PC{0,40}", first in "\\PC{0,10}") {
            let ruler = Ruler::of(&first, &key);
            let _ = ruler.number(&key);
            let _ = ruler.key(ruler.number(&key));
        }
    }
}
