//! Differences between values and between texts.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// A place at which two values differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Where: `LifecycleConfiguration.Rules[raw-logs].ExpirationInDays`.
    pub path: String,
    /// The value before; nothing where there was none.
    pub before: Option<Value>,
    /// The value after; nothing where there is none.
    pub after: Option<Value>,
}

/// What tells the members of a list from each other, where it is a list of objects: tags, lifecycle rules, policies,
/// statements, columns.
const IDENTITIES: [&str; 6] = ["Key", "Id", "PolicyName", "Sid", "Name", "id"];

/// Where two values differ, in the order of paths.
pub fn values(before: &Value, after: &Value) -> Vec<Difference> {
    let mut out = Vec::new();
    walk("", Some(before), Some(after), &mut out);
    out
}

fn walk(path: &str, before: Option<&Value>, after: Option<&Value>, out: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            let keys: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(&path, left.get(key), right.get(key), out);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => lists(path, left, right, out),
        (Some(Value::String(left)), Some(Value::String(right))) => match (inner(left), inner(right)) {
            (Some(left), Some(right)) => walk(path, Some(&left), Some(&right), out),
            _ => out.push(Difference { path: path.to_owned(), before: before.cloned(), after: after.cloned() }),
        },
        _ => out.push(Difference { path: path.to_owned(), before: before.cloned(), after: after.cloned() }),
    }
}

/// An object that is written as a text, such as a job's argument.
fn inner(text: &str) -> Option<Value> {
    if !text.starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok().filter(Value::is_object)
}

fn lists(path: &str, left: &[Value], right: &[Value], out: &mut Vec<Difference>) {
    if let (Some(ours), Some(theirs)) = (by_identity(left), by_identity(right)) {
        let keys: std::collections::BTreeSet<&str> = ours.keys().chain(theirs.keys()).copied().collect();
        for key in keys {
            walk(&format!("{path}[{key}]"), ours.get(key).copied(), theirs.get(key).copied(), out);
        }
        return;
    }
    let scalar = |value: &Value| !value.is_object() && !value.is_array();
    if !left.iter().chain(right).all(scalar) {
        if left.len() == right.len() {
            for (i, (ours, theirs)) in left.iter().zip(right).enumerate() {
                walk(&format!("{path}[{i}]"), Some(ours), Some(theirs), out);
            }
            return;
        }
    } else {
        let gone = left.iter().filter(|value| !right.contains(value));
        let come = right.iter().filter(|value| !left.contains(value));
        let found = out.len();
        let path = format!("{path}[]");
        out.extend(gone.map(|value| Difference { path: path.clone(), before: Some(value.clone()), after: None }));
        out.extend(come.map(|value| Difference { path: path.clone(), before: None, after: Some(value.clone()) }));
        if out.len() > found {
            return;
        }
    }
    let all = |list: &[Value]| Some(Value::Array(list.to_vec()));
    out.push(Difference { path: path.to_owned(), before: all(left), after: all(right) });
}

/// The members by what tells them from each other, if something does.
fn by_identity(list: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    IDENTITIES.iter().find_map(|identity| {
        let named: Option<BTreeMap<&str, &Value>> =
            list.iter().map(|member| Some((member.get(identity)?.as_str()?, member))).collect();
        named.filter(|named| named.len() == list.len())
    })
}

/// A line of a text that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "line", content = "text")]
pub enum Line {
    /// It stays.
    Same(String),
    /// It goes.
    Removed(String),
    /// It comes.
    Added(String),
    /// So many lines that stay are left out.
    Skipped(usize),
}

/// Lines that stay and are shown around those that do not.
const AROUND: usize = 2;

/// Texts of more lines than this squared are not compared line by line: no template has them.
const COMPARED: usize = 4_000_000;

/// How a text of several lines changed, with a few lines around each change.
pub fn lines(before: &str, after: &str) -> Vec<Line> {
    let (left, right): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    if left.len().saturating_mul(right.len()) > COMPARED {
        let gone = left.iter().map(|line| Line::Removed((*line).to_owned()));
        return gone.chain(right.iter().map(|line| Line::Added((*line).to_owned()))).collect();
    }
    around(merged(&left, &right))
}

/// Both texts in one, along their longest common subsequence.
fn merged(left: &[&str], right: &[&str]) -> Vec<Line> {
    // common[i][j]: how many lines the texts have in common from line i and line j on.
    let mut common = vec![vec![0_u32; right.len() + 1]; left.len() + 1];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            common[i][j] =
                if left[i] == right[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < left.len() || j < right.len() {
        if i < left.len() && j < right.len() && left[i] == right[j] {
            out.push(Line::Same(left[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if j == right.len() || (i < left.len() && common[i + 1][j] >= common[i][j + 1]) {
            out.push(Line::Removed(left[i].to_owned()));
            i += 1;
        } else {
            out.push(Line::Added(right[j].to_owned()));
            j += 1;
        }
    }
    out
}

fn around(all: Vec<Line>) -> Vec<Line> {
    let changed: Vec<usize> =
        all.iter().enumerate().filter(|(_, line)| !matches!(line, Line::Same(_))).map(|(i, _)| i).collect();
    let mut out = Vec::new();
    let mut skipped = 0;
    for (i, line) in all.into_iter().enumerate() {
        let at = changed.partition_point(|&change| change < i);
        let near = |change: Option<&usize>| change.is_some_and(|&change| change.abs_diff(i) <= AROUND);
        if near(changed.get(at)) || near(at.checked_sub(1).and_then(|before| changed.get(before))) {
            if skipped > 0 {
                out.push(Line::Skipped(std::mem::take(&mut skipped)));
            }
            out.push(line);
        } else {
            skipped += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(before: Value, after: Value) -> Vec<(String, Option<Value>, Option<Value>)> {
        values(&before, &after).into_iter().map(|d| (d.path, d.before, d.after)).collect()
    }

    #[test]
    fn equal_values_have_no_differences_in_whatever_order() {
        assert!(values(&json!({"a": 1, "b": [1]}), &json!({"b": [1], "a": 1})).is_empty());
    }

    #[test]
    fn members_of_lists_are_found_by_what_names_them() {
        let before = json!({"Rules": [{"Id": "raw", "Days": 90}, {"Id": "old", "Days": 1}]});
        let after = json!({"Rules": [{"Id": "new", "Days": 2}, {"Id": "raw", "Days": 30}]});
        assert_eq!(
            paths(before, after),
            [
                ("Rules[new]".to_owned(), None, Some(json!({"Id": "new", "Days": 2}))),
                ("Rules[old]".to_owned(), Some(json!({"Id": "old", "Days": 1})), None),
                ("Rules[raw].Days".to_owned(), Some(json!(90)), Some(json!(30))),
            ]
        );
    }

    #[test]
    fn of_plain_lists_only_what_comes_and_goes_is_told() {
        assert_eq!(
            paths(json!({"Resource": ["a", "b"]}), json!({"Resource": ["b", "c"]})),
            [("Resource[]".to_owned(), Some(json!("a")), None), ("Resource[]".to_owned(), None, Some(json!("c")))]
        );
        // The order alone is a difference too.
        assert_eq!(paths(json!(["a", "b"]), json!(["b", "a"])).len(), 1);
    }

    #[test]
    fn a_text_that_is_an_object_is_looked_into() {
        let before = json!({"--pipeline": r#"{"name": "a", "sources": []}"#});
        let after = json!({"--pipeline": r#"{"sources": [],"name": "b"}"#});
        assert_eq!(paths(before, after), [("--pipeline.name".to_owned(), Some(json!("a")), Some(json!("b")))]);
    }

    #[test]
    fn two_members_of_one_name_are_compared_by_place() {
        let before = json!([{"Key": "a", "v": 1}, {"Key": "a", "v": 2}]);
        let after = json!([{"Key": "a", "v": 1}, {"Key": "a", "v": 3}]);
        assert_eq!(paths(before, after), [("[1].v".to_owned(), Some(json!(2)), Some(json!(3)))]);
    }

    #[test]
    fn a_changed_line_stands_among_its_neighbours() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let after = "1\n2\n3\n4\nfive\n6\n7\n8\n9";
        let same = |text: &str| Line::Same(text.to_owned());
        assert_eq!(
            lines(before, after),
            [
                Line::Skipped(2),
                same("3"),
                same("4"),
                Line::Removed("5".to_owned()),
                Line::Added("five".to_owned()),
                same("6"),
                same("7"),
            ]
        );
        assert!(lines(before, before).is_empty());
    }

    #[test]
    fn lines_that_come_and_go_are_few() {
        let changed = |before: &str, after: &str| {
            lines(before, after).iter().filter(|l| matches!(l, Line::Added(_) | Line::Removed(_))).count()
        };
        assert_eq!(changed("a\nb\nc", "a\nc"), 1);
        assert_eq!(changed("a\nc", "a\nb\nc"), 1);
        assert_eq!(changed("", "a"), 1);
    }
}
