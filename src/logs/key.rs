//! From the key as the log has it to the key as the bucket has it.
//!
//! AWS documents the field as "URL encoded" (S3 User Guide, "Amazon S3 server access log format") and says no more. What
//! real logs show (Yelp Engineering, "S3 server access logs at scale", 2025; the sample logs of public log shippers):
//!
//! * Most operations log the key encoded **twice**: a space stands as `%2520`, a percent sign as `%2525`, a plus as
//!   `%252B`. A `+` in such a text is a plus.
//! * `BATCH.DELETE.OBJECT` and `S3.EXPIRE.OBJECT` log it encoded **once**, as a form is: a space stands as `+`, a plus as
//!   `%2B`, a percent sign as `%25`.
//!
//! Which characters stay as they are is not the same everywhere (`/`, `*`, `-`, `.`, `_` do), so none is relied upon.
//! The operation decides, and only a text that cannot have been written by its rule is read otherwise:
//!
//! 1. An escape that is none (`%zz`, a `%` at the end): the text was never encoded and is the key.
//! 2. Decoding a twice-encoded text once must give an encoded text. If it holds a byte that every encoder escapes (a
//!    control, a space, a quote, a byte beyond ASCII …) or an escape that is none, the text was encoded only once, and
//!    the result of the first decoding is the key. Other stores that write this format do so.
//! 3. A key that is not UTF-8 cannot exist in a bucket, but can be asked for: what is wrong becomes U+FFFD.
//!
//! The logged text is to be kept wherever encoding the key by its operation's rule would not give it back, save for the
//! choice of characters left as they are. It is kept as well for the other `S3.` operations where the two rules
//! differ: they come from the same inner services as `S3.EXPIRE.OBJECT`, but nobody has shown yet how they encode.

use std::borrow::Cow;

/// A key, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedKey<'a> {
    /// The true key. Always UTF-8.
    pub key: Cow<'a, [u8]>,
    /// Whether the logged text must be kept beside it, because the key alone does not lead back to it.
    pub logged_kept: bool,
}

/// Decodes the key of a record by its operation; the module's text has the rules.
///
/// `logged` is the field as it stands in the line; a `-` (no key) is the caller's to see. Never fails: what cannot be
/// decoded is its own key.
pub fn decode<'a>(operation: &[u8], logged: &'a [u8]) -> DecodedKey<'a> {
    let once = matches!(operation, b"BATCH.DELETE.OBJECT" | b"S3.EXPIRE.OBJECT");
    let escaped = if once { memchr::memchr2(b'%', b'+', logged) } else { memchr::memchr(b'%', logged) };
    match escaped {
        Some(_) if once => decode_once(logged),
        Some(_) => decode_twice(logged, operation.starts_with(b"S3.")),
        // A plus is one under the rule of most operations; under the other rule it would be a space.
        None => utf8(Cow::Borrowed(logged), operation.starts_with(b"S3.") && logged.contains(&b'+')),
    }
}

fn decode_once(logged: &[u8]) -> DecodedKey<'_> {
    match unescape(logged, Plus::IsSpace) {
        Some(key) => utf8(Cow::Owned(key), false),
        None => utf8(Cow::Borrowed(logged), true),
    }
}

/// The ordinary case of [`decode_twice`] in one pass: every escape is an escaped percent sign with two digits behind it,
/// and nothing else needed an escape. None for anything else.
fn decode_twice_by_rule(logged: &[u8]) -> Option<Vec<u8>> {
    let mut key = Vec::with_capacity(logged.len());
    let mut rest = logged;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let [b'%', b'2', b'5', high, low, ..] = rest[at..] else { return None };
        key.extend_from_slice(&rest[..at]);
        key.push(hex(high)? << 4 | hex(low)?);
        rest = &rest[at + 5..];
    }
    key.extend_from_slice(rest);
    // A loop without a way out, so that the compiler can look at many bytes at once.
    let bare = logged.iter().fold(false, |found, byte| found | always_escaped(*byte));
    (!bare).then_some(key)
}

fn decode_twice(logged: &[u8], rule_uncertain: bool) -> DecodedKey<'_> {
    if !rule_uncertain && let Some(key) = decode_twice_by_rule(logged) {
        return utf8(Cow::Owned(key), false);
    }
    let Some(once) = unescape(logged, Plus::IsPlus) else {
        return utf8(Cow::Borrowed(logged), true);
    };
    if once.iter().any(|&byte| always_escaped(byte)) {
        return utf8(Cow::Owned(once), true);
    }
    let Some(twice) = unescape(&once, Plus::IsPlus) else {
        return utf8(Cow::Owned(once), true);
    };
    // By the rule, the second encoding finds nothing to escape but the first one's percent signs.
    let by_rule = count(logged, b'%') == count(&once, b'%');
    let readings_differ = twice != once || logged.contains(&b'+');
    utf8(Cow::Owned(twice), !by_rule || (rule_uncertain && readings_differ))
}

fn utf8(key: Cow<'_, [u8]>, logged_kept: bool) -> DecodedKey<'_> {
    if key.is_ascii() || simdutf8::basic::from_utf8(&key).is_ok() {
        return DecodedKey { key, logged_kept };
    }
    let repaired = String::from_utf8_lossy(&key).into_owned().into_bytes();
    DecodedKey { key: Cow::Owned(repaired), logged_kept: true }
}

#[derive(Clone, Copy, PartialEq)]
enum Plus {
    IsPlus,
    IsSpace,
}

/// Replaces each `%XX` by its byte; `None` where a `%` begins no escape.
fn unescape(text: &[u8], plus: Plus) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            b'+' if plus == Plus::IsSpace => b' ',
            other => other,
        });
    }
    Some(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Whether a URL can nowhere hold this byte unescaped (RFC 3986, section 2), or not in a path.
/// Written without branches, as [`decode_twice_by_rule`] asks it of every byte.
fn always_escaped(byte: u8) -> bool {
    (byte <= b' ')
        | (byte >= 0x7f)
        | (byte == b'"')
        | (byte == b'#')
        | (byte == b'<')
        | (byte == b'>')
        | (byte == b'?')
        | (byte == b'\\')
        | (byte == b'^')
        | (byte == b'`')
        | (byte.wrapping_sub(b'{') <= 2)
}

fn count(text: &[u8], byte: u8) -> usize {
    text.iter().filter(|&&b| b == byte).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GET: &str = "REST.GET.OBJECT";
    const BATCH: &str = "BATCH.DELETE.OBJECT";
    const EXPIRE: &str = "S3.EXPIRE.OBJECT";

    fn decoded(operation: &str, logged: &str) -> (String, bool) {
        let decoded = decode(operation.as_bytes(), logged.as_bytes());
        (String::from_utf8(decoded.key.into_owned()).expect("keys are UTF-8"), decoded.logged_kept)
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_long_one(logged in "([a-z/+\" ]|%25[0-9A-G]{2}|%[0-9A-F]{2}|%){0,12}") {
            if let Some(key) = decode_twice_by_rule(logged.as_bytes()) {
                let once = unescape(logged.as_bytes(), Plus::IsPlus).expect("it has escapes only");
                prop_assert!(!once.iter().any(|&byte| always_escaped(byte)));
                prop_assert_eq!(unescape(&once, Plus::IsPlus), Some(key));
                prop_assert_eq!(count(logged.as_bytes(), b'%'), count(&once, b'%'));
            }
        }
    }

    #[test]
    fn each_operation_has_its_rule() {
        for (operation, logged, key) in [
            (GET, "photos/2026/puppy.jpg", "photos/2026/puppy.jpg"),
            (GET, "my%2520file.txt", "my file.txt"),
            (GET, "100%2525", "100%"),
            (GET, "100%252525", "100%25"),
            (GET, "a%252Bb", "a+b"),
            (GET, "a+b", "a+b"),
            (GET, "dt%253D2026-11-22/part%25201", "dt=2026-11-22/part 1"),
            (GET, "%25E6%25B5%258B/%25c3%25a9", "测/é"),
            (GET, "thumbnails/75*75/image-1.jpeg", "thumbnails/75*75/image-1.jpeg"),
            ("WEBSITE.GET.OBJECT", "foo-%2525Y", "foo-%Y"),
            ("REST.COPY.OBJECT_GET", "a%2520b", "a b"),
            (BATCH, "Screen+Shot+at+9.08.png", "Screen Shot at 9.08.png"),
            (BATCH, "foo-%2525Y", "foo-%25Y"),
            (BATCH, "a%2Bb%20c", "a+b c"),
            (EXPIRE, "100%25+sure", "100% sure"),
            (EXPIRE, "%C3%A9", "é"),
        ] {
            assert_eq!(decoded(operation, logged), (key.to_owned(), false), "{operation} {logged}");
        }
    }

    #[test]
    fn a_text_that_its_rule_cannot_have_written_is_read_otherwise_and_kept() {
        for (operation, logged, key) in [
            // Never encoded.
            (GET, "bad%zz", "bad%zz"),
            (GET, "half%2", "half%2"),
            (BATCH, "50%+off", "50%+off"),
            // Encoded once.
            (GET, "mybucket-%20file", "mybucket- file"),
            (GET, "100%25", "100%"),
            (GET, "50%25%20off", "50% off"),
            (GET, "a%20b%2541", "a b%41"),
            (GET, "%C3%A9%2541", "é%41"),
            (GET, "a%2Bb", "a+b"),
            (GET, "dt%3D1/%2520", "dt=1/ "),
            // Nobody has shown how these encode.
            ("S3.TRANSITION_SIA.OBJECT", "a%2520b", "a b"),
            ("S3.CREATE.DELETEMARKER", "a+b", "a+b"),
            ("S3.CREATE.DELETEMARKER", "a+b%20c", "a+b c"),
        ] {
            assert_eq!(decoded(operation, logged), (key.to_owned(), true), "{operation} {logged}");
        }
        assert_eq!(decoded("S3.TRANSITION_SIA.OBJECT", "plain.txt"), ("plain.txt".to_owned(), false));
    }

    #[test]
    fn what_is_not_utf8_is_repaired_and_the_text_kept() {
        assert_eq!(decoded(GET, "a%25FFb"), ("a\u{fffd}b".to_owned(), true));
        assert_eq!(decoded(BATCH, "a%FFb"), ("a\u{fffd}b".to_owned(), true));
        let raw = decode(GET.as_bytes(), b"a\xffb");
        assert_eq!((raw.key.as_ref(), raw.logged_kept), ("a\u{fffd}b".as_bytes(), true));
    }

    #[test]
    fn a_key_without_escapes_is_not_copied() {
        assert!(matches!(decode(GET.as_bytes(), b"logs/2026+x").key, Cow::Borrowed(_)));
        assert!(matches!(decode(BATCH.as_bytes(), b"logs/2026").key, Cow::Borrowed(_)));
    }

    /// Encodes everything but `plain` ASCII letters, digits, `/` and the bytes given.
    fn encode(text: &[u8], plain: &[u8], space: &str) -> Vec<u8> {
        let mut encoded = Vec::new();
        for &byte in text {
            match byte {
                b' ' => encoded.extend_from_slice(space.as_bytes()),
                b if b.is_ascii_alphanumeric() || b == b'/' || plain.contains(&b) => encoded.push(b),
                b => encoded.extend_from_slice(format!("%{b:02X}").as_bytes()),
            }
        }
        encoded
    }

    fn encode_by_rule(operation: &str, key: &[u8], plain: &[u8]) -> Vec<u8> {
        match operation {
            BATCH | EXPIRE => encode(key, plain, "+"),
            _ => encode(&encode(key, plain, "%20"), plain, "%20"),
        }
    }

    fn keys() -> impl Strategy<Value = String> {
        prop_oneof![".*", "([a-z%+ /=]|%25|%2|%C3|é|测){0,12}", "[%0-9A-F+ ]{0,10}"]
    }

    fn operations() -> impl Strategy<Value = &'static str> {
        prop_oneof![Just(GET), Just(BATCH), Just(EXPIRE), Just("REST.PUT.PART"), Just("S3.TRANSITION_SIA.OBJECT")]
    }

    proptest! {
        #[test]
        fn what_was_encoded_by_the_rule_is_decoded(
            key in keys(),
            operation in operations(),
            plain in prop_oneof![Just(&b"-_.*"[..]), Just(&b"-_.~"[..]), Just(&b"-_.~!'()*=:@&$,;"[..])],
        ) {
            let logged = encode_by_rule(operation, key.as_bytes(), plain);
            let decoded = decode(operation.as_bytes(), &logged);
            prop_assert_eq!(decoded.key.as_ref(), key.as_bytes());
            prop_assert!(!decoded.logged_kept || operation.starts_with("S3.TRANSITION"));
        }

        #[test]
        fn any_text_gives_utf8_and_is_kept_unless_the_key_leads_back_to_it(
            logged in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                "[%0-9a-fA-F2+ x]{0,24}".prop_map(String::into_bytes),
            ],
            operation in operations(),
        ) {
            let decoded = decode(operation.as_bytes(), &logged);
            prop_assert!(std::str::from_utf8(&decoded.key).is_ok());
            let nothing_to_decode = decoded.key.as_ref() == logged && !logged.contains(&b'%');
            if !decoded.logged_kept && !nothing_to_decode {
                // Which characters stay plain is the encoder's choice, so compare with all of them escaped.
                let again = encode_by_rule(operation, &decoded.key, b"");
                let escaped = escape_all(&logged, operation);
                prop_assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&escaped));
            }
        }
    }

    /// Escapes what an encoder with no plain characters but letters, digits and `/` would have escaped.
    fn escape_all(logged: &[u8], operation: &str) -> Vec<u8> {
        let levels = if matches!(operation, BATCH | EXPIRE) { 1 } else { 2 };
        let mut escaped = Vec::new();
        let mut rest = logged;
        while let [byte, tail @ ..] = rest {
            let digits = 2 * levels;
            if *byte == b'%' && tail.len() >= digits {
                let (escape, after) = tail.split_at(digits);
                let value = u8::from_str_radix(std::str::from_utf8(&escape[digits - 2..]).unwrap(), 16).unwrap();
                escaped.extend(encode_by_rule(operation, &[value], b""));
                rest = after;
            } else {
                let plain = if levels == 1 && *byte == b'+' { b' ' } else { *byte };
                escaped.extend(encode_by_rule(operation, &[plain], b""));
                rest = tail;
            }
        }
        escaped
    }
}
