//! Changes to a configuration file that leave every comment where it is: the text is edited, never written anew.

use std::path::Path;

use super::template::{NewSource, scalar, source_lines};
use super::{Config, SourceConfig};
use crate::{Error, Result};

/// Adds sources at the end of the list `sources`.
///
/// # Errors
/// If the list is not written as `init` writes it (one `- ` a source), so that lines cannot simply be added. The error
/// says which lines to add by hand.
pub fn add_sources(text: &str, new: &[NewSource], shown: &Path) -> Result<String> {
    let before = Config::parse(text, shown)?;
    let lines: String = new.iter().map(source_lines).collect();
    let by_hand = || {
        Error::failed(format!("cannot add sources to {} without rewriting it", shown.display()))
            .hint(format!("add these lines to `sources` yourself:\n{lines}"))
    };
    let edited = insert_after_list(text, &lines).ok_or_else(by_hand)?;
    // The proof of the edit is that it reads as the old file with the new sources, and in nothing else differs.
    let mut wanted = before;
    wanted.sources.extend(new.iter().map(|source| SourceConfig {
        id: source.id.clone(),
        path: source.path.clone().into(),
        account_id: source.account_id.clone(),
        bucket_region: source.bucket_region.clone(),
    }));
    match Config::parse(&edited, shown) {
        Ok(after) if after == wanted => Ok(edited),
        _ => Err(by_hand()),
    }
}

fn insert_after_list(text: &str, new: &str) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let head = lines.iter().position(|line| line.trim_end().strip_prefix("sources:").is_some_and(no_value))?;
    let mut end = head + 1;
    let mut indent = None;
    for (i, line) in lines.iter().enumerate().skip(head + 1) {
        let bare = line.trim_start();
        if bare.trim_end().is_empty() || bare.starts_with('#') {
            continue;
        }
        let depth = line.len() - bare.len();
        if depth == 0 && !bare.starts_with("- ") {
            break;
        }
        if bare.starts_with("- ") && indent.is_none() {
            indent = Some(depth);
        }
        end = i + 1;
    }
    let indent = indent.unwrap_or(2);
    let mut out: String = lines[..end].concat();
    if !out.ends_with('\n') {
        out.push('\n');
    }
    for line in new.split_inclusive('\n') {
        // The template indents by two.
        out.push_str(&" ".repeat(indent));
        out.push_str(line.get(2..).unwrap_or(line));
    }
    out.push_str(&lines[end..].concat());
    Some(out)
}

fn no_value(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('#')
}

/// Gives a top-level key (`name`, `lake`) another value and keeps the comment behind it.
///
/// # Errors
/// If the key does not stand on a line of its own.
pub fn set_scalar(text: &str, key: &str, value: &str, shown: &Path) -> Result<String> {
    let before = Config::parse(text, shown)?;
    let mut out = String::with_capacity(text.len() + value.len());
    let mut found = false;
    for line in text.split_inclusive('\n') {
        match line.strip_prefix(key).and_then(|rest| rest.strip_prefix(':')) {
            Some(rest) if !found => {
                found = true;
                let comment = rest.trim_end().find(" #").map_or("", |at| rest.trim_end()[at..].trim_start());
                let gap = if comment.is_empty() { "" } else { "  " };
                out.push_str(&format!("{key}: {}{gap}{comment}\n", scalar(value)));
            }
            _ => out.push_str(line),
        }
    }
    if !found {
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&format!("{key}: {}\n", scalar(value)));
    }
    match Config::parse(&out, shown) {
        Ok(after) if after.sources == before.sources && after.run == before.run && after.query == before.query => {
            Ok(out)
        }
        _ => Err(Error::failed(format!("cannot change `{key}` in {} without rewriting it", shown.display()))
            .hint(format!("set it yourself: {key}: {}", scalar(value)))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NewConfig, render};
    use super::*;

    fn source(id: &str, path: &str) -> NewSource {
        NewSource { id: id.to_owned(), path: path.to_owned(), account_id: None, bucket_region: None }
    }

    fn shown() -> &'static Path {
        Path::new("bucketscope.yaml")
    }

    #[test]
    fn a_source_is_added_and_every_other_line_stays() {
        let text =
            render(&NewConfig { name: "n".to_owned(), lake: "./lake".to_owned(), sources: vec![source("a", "./a")] });
        let edited = add_sources(&text, &[source("b", "./b c")], shown()).unwrap();
        assert_eq!(edited.replace("  - id: b\n    path: \"./b c\"\n", ""), text);
        assert_eq!(Config::parse(&edited, shown()).unwrap().sources.len(), 2);
    }

    #[test]
    fn a_list_at_the_margin_at_the_end_of_the_file_and_without_a_newline_is_added_to_as_well() {
        let text = "version: 1\nname: n\ntarget: local\nsources: # mine\n- id: a   # first\n  path: ./a";
        let edited = add_sources(text, &[source("b", "./b")], shown()).unwrap();
        assert_eq!(edited, format!("{text}\n- id: b\n  path: ./b\n"));
    }

    #[test]
    fn a_list_on_one_line_is_left_alone_and_the_lines_are_given() {
        let text = "version: 1\nname: n\ntarget: local\nsources: [{id: a, path: ./a}]\n";
        let error = add_sources(text, &[source("b", "./b")], shown()).unwrap_err();
        assert!(error.suggestion().unwrap().contains("  - id: b\n    path: ./b\n"));
    }

    #[test]
    fn a_value_changes_and_its_comment_stays() {
        let text = "version: 1\nname: n  # mine\ntarget: local\nsources: []\n";
        let edited = set_scalar(text, "name", "other", shown()).unwrap();
        assert_eq!(edited, text.replace("name: n ", "name: other "));
        let edited = set_scalar(text, "lake", "./x", shown()).unwrap();
        assert_eq!(edited, format!("{text}lake: ./x\n"));
    }
}
