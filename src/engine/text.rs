//! What Athena's functions do with one text: URLs and JSON.

use serde_json::Value;

/// Decodes `%XX` and `+`. Null where the text is not well-formed: Trino ends the query there.
pub(super) fn url_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? * 16 + hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Encodes all but letters, digits and `.-*_`; a space becomes `+`, as in HTML forms.
pub(super) fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// Host, path and query of a URL; a text that begins with `/` has no host.
fn url_parts(url: &str) -> (Option<&str>, &str, Option<&str>) {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let (host, rest) = match url.split_once("://") {
        Some((_, after)) => {
            let end = after.find(['/', '?']).unwrap_or(after.len());
            let (authority, rest) = after.split_at(end);
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            let port = host.rfind(':').filter(|colon| !host[*colon..].contains(']'));
            (Some(&host[..port.unwrap_or(host.len())]), rest)
        }
        None => (None, url),
    };
    match rest.split_once('?') {
        Some((path, query)) => (host, path, Some(query)),
        None => (host, rest, None),
    }
}

/// `url_extract_host`
pub(super) fn url_host(url: &str) -> Option<String> {
    url_parts(url).0.map(str::to_owned)
}

/// `url_extract_path`
pub(super) fn url_path(url: &str) -> Option<String> {
    Some(url_parts(url).1.to_owned())
}

/// `url_extract_query`
pub(super) fn url_query(url: &str) -> Option<String> {
    url_parts(url).2.map(str::to_owned)
}

/// `url_extract_parameter`: the first of that name, decoded.
pub(super) fn url_parameter(url: &str, name: &str) -> Option<String> {
    let pairs = url_parts(url).2?.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().find(|(key, _)| *key == name).and_then(|(_, value)| url_decode(value))
}

/// `json_extract_scalar`: text, number or truth at a path such as `$.a[0]["b"]`, as text.
pub(super) fn json_scalar(json: &str, path: &str) -> Option<String> {
    match json_at(json, path)? {
        Value::String(text) => Some(text),
        value @ (Value::Bool(_) | Value::Number(_)) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `json_extract`: whatever stands at a path, as JSON text.
pub(super) fn json_value(json: &str, path: &str) -> Option<String> {
    json_at(json, path).map(|value| value.to_string())
}

fn json_at(json: &str, path: &str) -> Option<Value> {
    let mut value: Value = serde_json::from_str(json).ok()?;
    let mut rest = path.strip_prefix('$')?;
    while !rest.is_empty() {
        let (step, after) = json_step(rest)?;
        value = match step.parse::<usize>() {
            Ok(index) if value.is_array() => value.get_mut(index)?.take(),
            _ => value.get_mut(step)?.take(),
        };
        rest = after;
    }
    Some(value)
}

/// The first step of a path, `.name`, `[0]`, `["name"]` or `['name']`, and what follows it.
fn json_step(path: &str) -> Option<(&str, &str)> {
    if let Some(after) = path.strip_prefix('.') {
        let end = after.find(['.', '[']).unwrap_or(after.len());
        return Some(after.split_at(end)).filter(|(name, _)| !name.is_empty());
    }
    let after = path.strip_prefix('[')?;
    match after.chars().next()? {
        quote @ ('"' | '\'') => {
            let (name, rest) = after[1..].split_once(quote)?;
            Some((name, rest.strip_prefix(']')?))
        }
        _ => after.split_once(']'),
    }
}

/// A replacement with each `$1` as `${1}`.
pub(super) fn braced_groups(replacement: &str) -> String {
    let mut out = String::with_capacity(replacement.len() + 4);
    let mut characters = replacement.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('$', Some(digit)) if digit.is_ascii_digit() => {
                out.push_str("${");
                while let Some(digit) = characters.next_if(char::is_ascii_digit) {
                    out.push(digit);
                }
                out.push('}');
            }
            // A backslash takes the meaning from what follows it.
            ('\\', Some('$')) => {
                characters.next();
                out.push_str("$$");
            }
            ('\\', Some(next)) => {
                out.push(*next);
                characters.next();
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_decode_and_encode() {
        assert_eq!(url_decode("a%2Fb+c%C3%A9").as_deref(), Some("a/b cé"));
        assert_eq!(url_encode("a/b cé*~"), "a%2Fb+c%C3%A9*%7E");
        for broken in ["%", "%2", "%zz", "%ff", "é%"] {
            assert_eq!(url_decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn urls_come_apart() {
        let url = "https://user@host.example:8443/a/b?x=1&y=%20z#f";
        assert_eq!(url_host(url).as_deref(), Some("host.example"));
        assert_eq!(url_path(url).as_deref(), Some("/a/b"));
        assert_eq!(url_query(url).as_deref(), Some("x=1&y=%20z"));
        assert_eq!(url_parameter(url, "y").as_deref(), Some(" z"));
        assert_eq!((url_host("/a?b"), url_parameter("/a?b", "b").as_deref()), (None, Some("")));
        assert_eq!(url_host("http://[::1]:80/").as_deref(), Some("[::1]"));
    }

    #[test]
    fn json_paths_lead_to_scalars() {
        let json = r#"{"a": [{"b c": "x"}, 1.5, true, null], "1": "one"}"#;
        for (path, expected) in [
            (r#"$.a[0]["b c"]"#, Some("x")),
            ("$['a'][1]", Some("1.5")),
            ("$.a[2]", Some("true")),
            ("$.a[3]", None),
            ("$.a", None),
            ("$.1", Some("one")),
            ("$.missing.deeper", None),
            ("a", None),
            ("$.", None),
            ("$[", None),
            ("$[é", None),
        ] {
            assert_eq!(json_scalar(json, path).as_deref(), expected, "{path}");
        }
        assert_eq!(json_value(json, "$.a[0]").as_deref(), Some(r#"{"b c":"x"}"#));
        assert_eq!(json_scalar("not json", "$"), None);
    }

    #[test]
    fn replacements_name_their_groups() {
        assert_eq!(braced_groups("a$1b$23"), "a${1}b${23}");
        assert_eq!(braced_groups(r"\$1 \x $"), "$$1 x $");
    }
}
