//! What is wrong with a configuration file, in the user's words.

use std::path::Path;

use crate::Error;
use crate::ui::text;

/// Explains an error of the YAML library. Its messages are `path: unknown field `x`, expected one of `a`, `b``,
/// `path: missing field `x``, `path: invalid type: found, expected thing`, each with ` at line L column C`.
pub fn explain(text: &str, shown: &Path, error: &serde_yaml::Error) -> Error {
    if text.trim().is_empty() {
        return Error::usage(format!("{}: the file is empty", shown.display())).hint("bucketscope init writes one");
    }
    let message = error.to_string();
    let message = message.find(" at line ").map_or(message.as_str(), |end| &message[..end]);
    let (path, problem) = split_path(message);
    let line = error.location().map(|at| at.line());
    if let Some(key) = problem.strip_prefix("unknown field ") {
        return unknown_key(shown, line_of_key(text, first_quoted(key)).or(line), path, key);
    }
    if let Some(key) = problem.strip_prefix("missing field ") {
        let key = first_quoted(key);
        let (line, inside) = if path.is_empty() { (None, String::new()) } else { (line, format!(" in `{path}`")) };
        return Error::usage(format!("{} the key `{key}` is missing{inside}", place(shown, line)));
    }
    if let Some(value) = problem.strip_prefix("unknown variant ") {
        return unknown_target(shown, line, path, value);
    }
    if let Some(found) = problem.strip_prefix("invalid type: ").or_else(|| problem.strip_prefix("invalid value: ")) {
        let at = if path.is_empty() { String::new() } else { format!("{path}: ") };
        return Error::usage(format!("{} {at}found {}", place(shown, line), in_plain_words(found)));
    }
    Error::usage(format!("{} this is not YAML: {message}", place(shown, line)))
}

/// A value that YAML accepts and we do not; the line is the first one with `key`.
pub fn at_key(text: &str, shown: &Path, key: &str, what: &str) -> Error {
    Error::usage(format!("{} {key}: {what}", place(shown, line_of_key(text, key))))
}

fn place(shown: &Path, line: Option<usize>) -> String {
    line.map_or_else(|| format!("{}:", shown.display()), |line| format!("{}:{line}:", shown.display()))
}

/// The first line on which `key` begins, from 1.
fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let begins = |line: &str| {
        let line = line.trim_start().trim_start_matches("- ").trim_start();
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    text.lines().position(begins).map(|index| index + 1)
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

fn unknown_key(shown: &Path, line: Option<usize>, path: &str, message: &str) -> Error {
    let names = quoted(message);
    let (key, known) = names.split_first().map_or(("", &[][..]), |(key, known)| (*key, known));
    // The library's path ends with the unknown key itself where it knows it.
    let parent = path.strip_suffix(key).map_or(path, |parent| parent.trim_end_matches('.'));
    let inside = if parent.is_empty() { String::new() } else { format!(" in `{parent}`") };
    let what = format!("{} unknown key `{key}`{inside}: expected {}", place(shown, line), one_of(known));
    match text::nearest(key, known.iter().copied()) {
        Some(near) => Error::usage(what).hint(format!("did you mean `{near}`?")),
        None => Error::usage(what),
    }
}

fn unknown_target(shown: &Path, line: Option<usize>, path: &str, message: &str) -> Error {
    let value = first_quoted(message);
    if value == "aws" {
        return Error::usage(format!("{} {path}: `aws` is not in this version of bucketscope", place(shown, line)))
            .hint("use `target: local`: it needs no account");
    }
    Error::usage(format!("{} {path}: unknown target `{value}`", place(shown, line))).hint("use `target: local`")
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
        ("struct SourceConfig", "a source (`id: …` and `path: …`)"),
        ("struct RunConfig", "keys and values"),
        ("struct QueryConfig", "keys and values"),
        ("struct Config", "keys and values"),
    ] {
        words = words.replace(theirs, ours);
    }
    words
}
