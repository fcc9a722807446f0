//! What is wrong with a configuration file, in the user's words.

use std::path::Path;

use super::keys::{Key, elsewhere, names_in};
use super::line;
use crate::Error;
use crate::ui::text;

/// Explains an error of the YAML library. Its messages are `path: unknown field `x`, expected one of `a`, `b``,
/// `path: missing field `x``, `path: invalid type: found, expected thing`, each with ` at line L column C`. `keys` are those that
/// the file may have.
pub fn explain(text: &str, shown: &Path, error: &serde_yaml::Error, keys: &[Key]) -> Error {
    if text.trim().is_empty() {
        return Error::usage(format!("{}: the file is empty", shown.display())).hint("bucketscope init writes one");
    }
    let message = error.to_string();
    let message = message.find(" at line ").map_or(message.as_str(), |end| &message[..end]);
    let (path, problem) = split_path(message);
    let line = error.location().map(|at| at.line());
    if let Some(key) = problem.strip_prefix("unknown field ") {
        let key = first_quoted(key);
        return unknown_key(shown, line_of_unknown(text, path, key).or(line), path, key, keys);
    }
    if let Some(key) = problem.strip_prefix("missing field ") {
        let key = first_quoted(key);
        let (line, inside) = if path.is_empty() { (None, String::new()) } else { (line, format!(" in `{path}`")) };
        return Error::usage(format!("{} the key `{key}` is missing{inside}", place(shown, line)));
    }
    if let Some(value) = problem.strip_prefix("unknown variant ") {
        return unknown_word(shown, line, path, value);
    }
    if let Some(found) = problem.strip_prefix("invalid type: ").or_else(|| problem.strip_prefix("invalid value: ")) {
        let at = if path.is_empty() { String::new() } else { format!("{path}: ") };
        return Error::usage(format!("{} {at}found {}", place(shown, line), in_plain_words(found)));
    }
    Error::usage(format!("{} this is not YAML: {message}", place(shown, line)))
}

/// A value that YAML accepts and we do not; `path` says where it stands (`sources[1].bucket`).
pub fn at_path(text: &str, shown: &Path, path: &str, what: &str) -> Error {
    Error::usage(format!("{} {path}: {what}", place(shown, line::of_path(text, path))))
}

fn place(shown: &Path, line: Option<usize>) -> String {
    line.map_or_else(|| format!("{}:", shown.display()), |line| format!("{}:{line}:", shown.display()))
}

/// The library's path ends with the unknown key itself, or with the mapping that holds it.
fn line_of_unknown(text: &str, path: &str, key: &str) -> Option<usize> {
    let whole = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    line::of_exactly(text, path)
        .filter(|_| path.rsplit('.').next() == Some(key))
        .or_else(|| line::of_exactly(text, &whole))
        .or_else(|| line::of_key(text, key))
}

/// `run.threads: problem` as path and problem; a message without a path has none.
fn split_path(message: &str) -> (&str, &str) {
    match message.split_once(": ") {
        Some((path, problem)) if is_path(path) => (path, problem),
        _ => ("", message),
    }
}

fn is_path(text: &str) -> bool {
    !text.is_empty()
        && !matches!(text, "invalid type" | "invalid value")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'[' | b']'))
}

fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn first_quoted(text: &str) -> &str {
    quoted(text).first().copied().unwrap_or_default()
}

fn unknown_key(shown: &Path, line: Option<usize>, path: &str, key: &str, keys: &[Key]) -> Error {
    // The library's path ends with the unknown key itself where it knows it.
    let parent = path.strip_suffix(key).map_or(path, |parent| parent.trim_end_matches('.'));
    let inside = if parent.is_empty() { String::new() } else { format!(" in `{parent}`") };
    let known = names_in(keys, &any_item(parent));
    let what = format!("{} unknown key `{key}`{inside}: expected {}", place(shown, line), one_of(&known));
    let near = || text::nearest(key, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    match belongs(keys, key).or_else(near) {
        Some(hint) => Error::usage(what).hint(hint),
        None => Error::usage(what),
    }
}

/// Where a key stands that is right, and not here.
fn belongs(keys: &[Key], key: &str) -> Option<String> {
    let parents: Vec<String> = elsewhere(keys, key)
        .iter()
        .map(|there| there.rsplit_once('.').map_or("the file itself".to_owned(), |(parent, _)| format!("`{parent}`")))
        .collect();
    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
    (!parents.is_empty()).then(|| format!("`{key}` is a key of {}", one_of(&parents)))
}

/// `sources[1].id` as the tables of keys write it: `sources[].id`.
fn any_item(path: &str) -> String {
    path.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// A word that is none of those which a key takes.
fn unknown_word(shown: &Path, line: Option<usize>, path: &str, message: &str) -> Error {
    let names = quoted(message);
    let (word, known) = names.split_first().map_or(("", &[][..]), |(word, known)| (*word, known));
    if path == "target" {
        let hint = if cfg!(feature = "aws") { "use `target: local` or `target: aws`" } else { "use `target: local`" };
        return Error::usage(format!("{} {path}: unknown target `{word}`", place(shown, line))).hint(hint);
    }
    let what = format!("{} {path}: unknown value `{word}`: expected {}", place(shown, line), one_of(known));
    match text::nearest(word, known.iter().copied()) {
        Some(near) => Error::usage(what).hint(format!("did you mean `{near}`?")),
        None => Error::usage(what),
    }
}

/// `a, b or c`.
fn one_of(names: &[&str]) -> String {
    match names.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// serde's names of types in the words of someone who writes YAML.
fn in_plain_words(found: &str) -> String {
    let mut words = found.to_owned();
    for (theirs, ours) in [
        ("string \"", "text \""),
        ("expected u32", "expected a whole number"),
        ("expected a string", "expected text (in quotes if it is all digits)"),
        ("expected path string", "expected a path"),
        ("expected a sequence", "expected a list (lines that begin with `- `)"),
        ("unit value", "nothing"),
        ("expected a map", "keys and values"),
        ("expected a boolean", "expected true or false"),
        ("struct SourceConfig", "a source (`id: …` and `path: …`)"),
        ("struct CloudSource", "a source (`id: …` and `bucket: …` or `log_buckets: …`)"),
        ("struct TrailConfig", "a trail (`id: …` and `path: …`)"),
        ("struct Trail", "a trail (`id: …` and `bucket: …`)"),
        ("struct Account", "keys and values"),
        ("struct Job", "keys and values"),
        ("struct Catalogue", "keys and values"),
        ("struct Keep", "keys and values"),
        ("struct Athena", "keys and values"),
        ("struct Notify", "keys and values"),
        ("struct Report", "a report (`query: …`, `last: …`, `schedule: …`)"),
        ("struct Estimate", "keys and values"),
        ("struct Cloud", "keys and values"),
        ("struct RunConfig", "keys and values"),
        ("struct QueryConfig", "keys and values"),
        ("struct Config", "keys and values"),
    ] {
        words = words.replace(theirs, ours);
    }
    words
}
