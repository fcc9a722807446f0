//! Changes to a block-style YAML text that leave every other line and every comment where it is.
//!
//! The caller says what the file holds and what it should hold, as JSON values, and afterwards reads the result back: that is
//! the proof of the edit. So nothing here has to understand all of YAML; what it does not understand fails that proof.

use serde_json::Value;

use super::line::{self, Place};
use super::template::scalar;

/// In which order the keys of a list's item are written: what it is called first.
const ORDER: &[&str] =
    &["id", "path", "bucket", "prefix", "log_buckets", "region", "account_id", "inventory", "kms_key"];

/// One difference between two values.
#[derive(Debug, Clone, PartialEq)]
enum Edit {
    /// A key gets a value.
    Set { path: String, value: Value },
    /// A list gets another item at its end.
    Append { path: String, item: Value },
}

/// The text with everything changed in which `after` differs from `before`. `None` if it cannot be done line by line: lists
/// that do not only grow, mappings that lose keys, keys that stand in no place that can be found.
pub fn change(text: &str, before: &Value, after: &Value) -> Option<String> {
    let mut edits = Vec::new();
    differences("", before, after, &mut edits)?;
    edits.iter().try_fold(text.to_owned(), |text, edit| match edit {
        Edit::Set { path, value } => set(&text, path, value),
        Edit::Append { path, item } => append(&text, path, item),
    })
}

fn differences(path: &str, before: &Value, after: &Value, out: &mut Vec<Edit>) -> Option<()> {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            if old.keys().any(|key| !new.contains_key(key)) {
                return None;
            }
            for (key, value) in new {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                differences(&path, old.get(key).unwrap_or(&Value::Null), value, out)?;
            }
        }
        (Value::Null, Value::Object(new)) => {
            for (key, value) in new {
                differences(&format!("{path}.{key}"), &Value::Null, value, out)?;
            }
        }
        (Value::Null | Value::Array(_), Value::Array(new)) => {
            let old = before.as_array().map_or(&[][..], Vec::as_slice);
            let (kept, added) = new.split_at_checked(old.len())?;
            for (index, (old, new)) in old.iter().zip(kept).enumerate() {
                // Of an item only what is in it can change.
                if old != new && !(old.is_object() && new.is_object()) {
                    return None;
                }
                differences(&format!("{path}[{index}]"), old, new, out)?;
            }
            out.extend(added.iter().map(|item| Edit::Append { path: path.to_owned(), item: item.clone() }));
        }
        _ => out.push(Edit::Set { path: path.to_owned(), value: after.clone() }),
    }
    Some(())
}

/// A scalar as YAML writes it.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

fn set(text: &str, path: &str, value: &Value) -> Option<String> {
    let places = line::places(text);
    if let Some(place) = line::find(&places, path) {
        return replace_line(text, place.line, |line| {
            let (key, _) = line.split_once(':')?;
            Some(format!("{key}: {}{}", word(value), comment(line)))
        });
    }
    let (above, key) = path.rsplit_once('.').unwrap_or(("", path));
    insert_below(text, above, &format!("{}: {}\n", scalar(key), word(value)))
}

fn append(text: &str, path: &str, item: &Value) -> Option<String> {
    let lines = item_lines(item);
    let places = line::places(text);
    let Some(place) = line::find(&places, path) else {
        let (above, key) = path.rsplit_once('.').unwrap_or(("", path));
        return insert_below(text, above, &format!("{key}:\n{}", indented(&lines, 2)));
    };
    let items: Vec<&Place> = places.iter().filter(|other| other.is_item_of(place)).collect();
    if let Some(last) = items.last() {
        let end = line::end(text, &places, last);
        return Some(insert_at(text, end, &indented(&lines, last.column)));
    }
    Some(insert_at(&emptied(text, place)?, place.line + 1, &indented(&lines, place.column + 2)))
}

/// The text without the `[]`, `{}` or `null` behind a key; `None` if something else stands there.
fn emptied(text: &str, place: &Place) -> Option<String> {
    replace_line(text, place.line, |line| {
        let (key, rest) = line.split_once(':')?;
        let empty = matches!(rest.split(" #").next().map(str::trim), Some("" | "[]" | "{}" | "null" | "~"));
        empty.then(|| format!("{key}:{}", comment(line)))
    })
}

/// The lines of a list's item, beginning with `- `.
fn item_lines(item: &Value) -> String {
    let Value::Object(keys) = item else { return format!("- {}\n", word(item)) };
    let mut keys: Vec<(&String, &Value)> = keys.iter().filter(|(_, value)| !is_nothing(value)).collect();
    // Stable, so keys that are not in the list follow in the order that they have.
    keys.sort_by_key(|(key, _)| ORDER.iter().position(|known| known == key).unwrap_or(ORDER.len()));
    let mut out = String::new();
    for (key, value) in keys {
        let head = if out.is_empty() { "- " } else { "  " };
        match value {
            Value::Array(items) => {
                let items: String = items.iter().map(|item| format!("- {}\n", word(item))).collect();
                out.push_str(&format!("{head}{key}:\n{}", indented(&items, 4)));
            }
            value => out.push_str(&format!("{head}{key}: {}\n", word(value))),
        }
    }
    out
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn indented(lines: &str, columns: usize) -> String {
    let space = " ".repeat(columns);
    lines.split_inclusive('\n').map(|line| format!("{space}{line}")).collect()
}

/// Puts lines at the end of the mapping `above`, which is made where it is not there.
fn insert_below(text: &str, above: &str, lines: &str) -> Option<String> {
    if above.is_empty() {
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Some(format!("{text}{gap}{lines}"));
    }
    let places = line::places(text);
    let Some(place) = line::find(&places, above) else {
        let (higher, key) = above.rsplit_once('.').unwrap_or(("", above));
        return insert_below(text, higher, &format!("{key}:\n{}", indented(lines, 2)));
    };
    let Some(child) = places.iter().find(|other| other.is_key_of(place)) else {
        return Some(insert_at(&emptied(text, place)?, place.line + 1, &indented(lines, place.column + 2)));
    };
    Some(insert_at(text, line::end(text, &places, place), &indented(lines, child.column)))
}

/// Puts lines before the line of this number, from 1; behind the last one if there are not so many.
fn insert_at(text: &str, before: usize, lines: &str) -> String {
    let mut out = String::with_capacity(text.len() + lines.len());
    let mut put = false;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index + 1 == before {
            out.push_str(lines);
            put = true;
        }
        out.push_str(line);
    }
    if !put {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(lines);
    }
    out
}

fn replace_line(text: &str, number: usize, with: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index + 1 == number {
            let bare = line.trim_end_matches(['\n', '\r']);
            out.push_str(&with(bare)?);
            out.push_str(line.get(bare.len()..).unwrap_or("\n"));
        } else {
            out.push_str(line);
        }
    }
    Some(out)
}

/// The comment at the end of a line, with the space before it.
fn comment(line: &str) -> &str {
    let quotes = |at: usize| line.bytes().take(at).filter(|byte| *byte == b'"').count();
    let Some((at, _)) = line.match_indices(" #").find(|(at, _)| quotes(*at).is_multiple_of(2)) else { return "" };
    let before = line.get(..at).unwrap_or_default().trim_end().len();
    line.get(before..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "\
# mine
name: shop   # the name
aws:
  region: eu-west-1  # home

# where from
sources:
  - id: one
    bucket: a   # first
  # that was all

notify:
  emails: []  # nobody yet
job: # by default
";

    #[track_caller]
    fn changed(before: &Value, after: &Value) -> String {
        let out = change(TEXT, before, after).unwrap();
        let read: Value = serde_yaml::from_str(&out).unwrap_or_else(|error| panic!("{error}\n{out}"));
        for (key, value) in after.as_object().unwrap() {
            assert_eq!(&read[key], value, "{out}");
        }
        out
    }

    #[test]
    fn a_value_changes_and_its_comment_stays() {
        let out = changed(&json!({"name": "shop"}), &json!({"name": "other one"}));
        assert_eq!(out, TEXT.replace("name: shop   #", "name: \"other one\"   #"));
        let out = changed(&json!({"aws": {"region": "eu-west-1"}}), &json!({"aws": {"region": "eu-west-2"}}));
        assert_eq!(out, TEXT.replace("region: eu-west-1  # home", "region: eu-west-2  # home"));
    }

    #[test]
    fn keys_and_sections_that_are_not_there_are_made() {
        let out = changed(
            &json!({"aws": {"region": "eu-west-1"}}),
            &json!({"aws": {"region": "eu-west-1", "tags": {"a b": "c"}}}),
        );
        assert_eq!(out, TEXT.replace("# home\n", "# home\n  tags:\n    \"a b\": c\n"));
        let out = changed(&json!({"job": null}), &json!({"job": {"schedule": "none"}}));
        assert_eq!(out, format!("{TEXT}  schedule: none\n"));
        let out = changed(&json!({}), &json!({"keep": {"raw_days": 30}}));
        assert_eq!(out, format!("{TEXT}keep:\n  raw_days: 30\n"));
    }

    #[test]
    fn lists_grow_at_their_end() {
        let one = json!({"id": "one", "bucket": "a"});
        let two = json!({"id": "two", "prefix": null, "log_buckets": ["x", "y"]});
        let out = change(TEXT, &json!({"sources": [one]}), &json!({"sources": [one, two]})).unwrap();
        let added = "  - id: two\n    log_buckets:\n      - x\n      - y\n";
        assert_eq!(out, TEXT.replace("# first\n", &format!("# first\n{added}")));
        let out = changed(&json!({"notify": {"emails": []}}), &json!({"notify": {"emails": ["a@b.org"]}}));
        assert_eq!(out, TEXT.replace("emails: []  # nobody yet\n", "emails:  # nobody yet\n    - \"a@b.org\"\n"));
        let out = changed(&json!({}), &json!({"trails": [{"bucket": "t-1"}]}));
        assert_eq!(out, format!("{TEXT}trails:\n  - bucket: t-1\n"));
    }

    #[test]
    fn what_cannot_be_done_line_by_line_is_not_done() {
        assert_eq!(change(TEXT, &json!({"emails": ["a"]}), &json!({"emails": ["b"]})), None);
        assert_eq!(change(TEXT, &json!({"a": 1, "b": 2}), &json!({"a": 1})), None);
        assert_eq!(change("list: [a]\n", &json!({"list": ["a"]}), &json!({"list": ["a", "b"]})), None);
        assert_eq!(change(TEXT, &json!({"name": "shop"}), &json!({"name": "shop"})).as_deref(), Some(TEXT));
    }
}
