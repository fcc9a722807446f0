//! Values as people read them, and text from outside made harmless.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Makes characters visible that could act on a terminal or reorder what is shown: log text is written by strangers.
///
/// Control characters become escapes such as `\n` and `\x1b`; invisible and direction-changing characters become
/// `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_hidden(c) && u32::from(c) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if is_hidden(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// As [`visible`], but line ends stay: for our own messages that quote foreign text.
pub fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Control characters, and those of Unicode's "Trojan Source" kind: marks, embeddings, overrides and isolates of
/// direction, zero-width characters, line and paragraph separators, and what else takes no room (Unicode,
/// Default_Ignorable_Code_Point) but for variation selectors, which emoji need.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// How many columns of a terminal `text` takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `text` in at most `limit` columns, with `…` for its middle: log values differ at both ends (a key's prefix and its
/// file name, an ARN's account and its session).
pub fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    let room = limit.saturating_sub(1);
    let tail_room = room / 2;
    let head = take_columns(text.chars(), room - tail_room);
    let tail: Vec<char> = take_columns(text.chars().rev(), tail_room).chars().rev().collect();
    Cow::Owned(format!("{head}…{}", tail.iter().collect::<String>()))
}

fn take_columns(chars: impl Iterator<Item = char>, limit: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= limit
        })
        .collect()
}

/// `text` broken at spaces into lines of at most `limit` columns; a word that is longer stands alone.
pub fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| width(line));
        if line > 0 && line + 1 + width(word) > limit {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// `1234567` as `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in decimal units, as AWS bills and disks are sold: `1.5 GB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64;
    let mut unit = "B";
    for name in UNITS {
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = name;
    }
    format!("{value:.1} {unit}")
}

/// Milliseconds as `35 ms`, `1.5 s`, `2 min 5 s`, `3 h 20 min`, `4 days`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        _ if ms < 1000 => format!("{ms} ms"),
        0..=59 => format!("{:.1} s", ms as f64 / 1000.0),
        60..=3599 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..=172_799 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Milliseconds since the epoch as RFC 3339 in UTC; milliseconds appear only where there are any.
pub fn time(ms: i64) -> String {
    crate::logs::time::rfc3339(ms)
}

/// A time as a person reads it: to the second.
pub fn moment(ms: i64) -> String {
    time(ms.div_euclid(1000).saturating_mul(1000))
}

/// A time range, half-open, as it is shown everywhere.
pub fn time_range(from: i64, to: i64) -> String {
    format!("{} .. {}", time(from), time(to))
}

/// A character that is as high as a number is beside the most; nothing but nothing is empty.
pub fn bar(n: u64, most: u64) -> char {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let eighth = (u128::from(n) * 8).div_ceil(u128::from(most.max(1))).clamp(1, 8);
    if n == 0 { ' ' } else { usize::try_from(eighth - 1).ok().and_then(|i| BARS.get(i)).copied().unwrap_or('█') }
}

/// `1 object`, `2 objects`.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A word as a shell takes it: quoted only where it must be.
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// The known name that `typed` was probably meant to be.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // 0.75 lets one slip in a short word and two in a long one through, and keeps unrelated words out.
    const ALIKE: f64 = 0.75;
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_hidden_characters_become_visible() {
        assert_eq!(visible("\x1b[31mred\x07\r\n"), "\\x1b[31mred\\x07\\r\\n");
        assert_eq!(visible("a\u{202e}b\u{9b}c\u{200b}"), "a\\u{202e}b\\x9bc\\u{200b}");
        assert!(matches!(visible("naïve 日本 🦀"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_middle_of_a_long_value_is_left_out() {
        assert_eq!(shorten("photos/2026/06/cat.jpg", 11), "photo…t.jpg");
        assert_eq!(shorten("short", 5), "short");
        assert_eq!(width(&shorten("日本語日本語日本語", 8)), 7);
        assert_eq!(shorten("anything", 0), "…");
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(123_456), "123,456");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_500), "1.5 kB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(bytes(2_000_000_000), "2.0 GB");
        assert_eq!(bytes(u64::MAX), "18.4 EB");
        assert_eq!(duration(35), "35 ms");
        assert_eq!(duration(59_949), "59.9 s");
        assert_eq!(duration(125_000), "2 min 5 s");
        assert_eq!(duration(12_000_000), "3 h 20 min");
    }

    #[test]
    fn times_are_rfc_3339_in_utc() {
        assert_eq!(time(1_549_411_238_000), "2019-02-06T00:00:38Z");
        assert_eq!(time(1_549_411_238_250), "2019-02-06T00:00:38.250Z");
    }

    #[test]
    fn words_are_quoted_for_the_shell_only_where_needed() {
        assert_eq!(shell_word("./logs"), "./logs");
        assert_eq!(shell_word("my logs"), "'my logs'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_none() {
        assert_eq!(nearest("thread", ["threads", "lake", "settling_seconds"]), Some("threads"));
        assert_eq!(nearest("acces-denied", ["access-denied", "anonymous-access"]), Some("access-denied"));
        assert_eq!(nearest("xyzzy", ["threads", "lake"]), None);
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("incomprehensible a", 5), ["incomprehensible", "a"]);
    }
}
