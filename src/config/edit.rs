//! Changes to a configuration file that leave every comment where it is: the text is edited, never written anew.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::change::change;
use super::template::{NewSource, scalar, source_lines};
use super::{Config, SourceConfig, TrailConfig};
use crate::{Error, Result};

/// Changes `text` so that it reads as `wanted` instead of `before`; `None` if that cannot be done line by line.
pub fn changed<T: Serialize + PartialEq>(
    text: &str,
    before: &T,
    wanted: &T,
    parse: impl Fn(&str) -> Result<T>,
) -> Option<String> {
    let value = |config: &T| serde_json::to_value(config).unwrap_or(Value::Null);
    let edited = change(text, &value(before), &value(wanted))?;
    // The proof of the edit is that it reads as what was wanted.
    parse(&edited).is_ok_and(|after| after == *wanted).then_some(edited)
}

/// Adds sources at the end of the list `sources`, and trails at the end of `trails`.
///
/// # Errors
/// If a list is not written as `init` writes it (one `- ` a source), so that lines cannot simply be added. The error
/// says which lines to add by hand.
pub fn add_sources(text: &str, new: &[NewSource], trails: &[NewSource], shown: &Path) -> Result<String> {
    let before = Config::parse(text, shown)?;
    let mut wanted = before.clone();
    wanted.sources.extend(new.iter().map(|source| SourceConfig {
        id: source.id.clone(),
        path: source.path.clone().into(),
        account_id: source.account_id.clone(),
        bucket_region: source.bucket_region.clone(),
    }));
    wanted
        .trails
        .extend(trails.iter().map(|trail| TrailConfig { id: trail.id.clone(), path: trail.path.clone().into() }));
    changed(text, &before, &wanted, |edited| Config::parse(edited, shown)).ok_or_else(|| {
        let lines = |list: &str, new: &[NewSource]| match new {
            [] => String::new(),
            new => {
                format!("add these lines to `{list}` yourself:\n{}", new.iter().map(source_lines).collect::<String>())
            }
        };
        Error::failed(format!("cannot add sources to {} without rewriting it", shown.display()))
            .hint(lines("sources", new) + &lines("trails", trails))
    })
}

/// Gives the pipeline another name or lake, and keeps the comment behind it.
///
/// # Errors
/// If the value does not stand on a line of its own, or cannot be.
pub fn set_scalar(text: &str, key: Scalar, value: &str, shown: &Path) -> Result<String> {
    let before = Config::parse(text, shown)?;
    let mut wanted = before.clone();
    let name = match key {
        Scalar::Name => {
            value.clone_into(&mut wanted.name);
            "name"
        }
        Scalar::Lake => {
            wanted.lake = value.into();
            "lake"
        }
    };
    changed(text, &before, &wanted, |edited| Config::parse(edited, shown)).ok_or_else(|| {
        Error::failed(format!("cannot change `{name}` in {} without rewriting it", shown.display()))
            .hint(format!("set it yourself: {name}: {}", scalar(value)))
    })
}

/// What [`set_scalar`] can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// The pipeline's name.
    Name,
    /// The lake's folder.
    Lake,
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
        let text = render(&NewConfig {
            name: "n".to_owned(),
            lake: "./lake".to_owned(),
            sources: vec![source("a", "./a")],
            trails: Vec::new(),
        });
        let edited = add_sources(&text, &[source("b", "./b c")], &[], shown()).unwrap();
        assert_eq!(edited.replace("  - id: b\n    path: \"./b c\"\n", ""), text);
        assert_eq!(Config::parse(&edited, shown()).unwrap().sources.len(), 2);
        let first = add_sources(&edited, &[], &[source("t", "./t")], shown()).unwrap();
        let second = add_sources(&first, &[], &[source("u", "./u")], shown()).unwrap();
        assert_eq!(Config::parse(&second, shown()).unwrap().trails.len(), 2);
        assert!(second.starts_with(&edited), "{second}");
    }

    #[test]
    fn a_list_at_the_margin_at_the_end_of_the_file_and_without_a_newline_is_added_to_as_well() {
        let text = "version: 1\nname: n\ntarget: local\nsources: # mine\n- id: a   # first\n  path: ./a";
        let edited = add_sources(text, &[source("b", "./b")], &[], shown()).unwrap();
        assert_eq!(edited, format!("{text}\n- id: b\n  path: ./b\n"));
    }

    #[test]
    fn a_list_on_one_line_is_left_alone_and_the_lines_are_given() {
        let text = "version: 1\nname: n\ntarget: local\nsources: [{id: a, path: ./a}]\n";
        let error = add_sources(text, &[source("b", "./b")], &[], shown()).unwrap_err();
        assert!(error.suggestion().unwrap().contains("  - id: b\n    path: ./b\n"));
    }

    #[test]
    fn a_value_changes_and_its_comment_stays() {
        let text = "version: 1\nname: n  # mine\ntarget: local\nsources: []\n";
        let edited = set_scalar(text, Scalar::Name, "other", shown()).unwrap();
        assert_eq!(edited, text.replace("name: n ", "name: other "));
        let edited = set_scalar(text, Scalar::Lake, "./x", shown()).unwrap();
        assert_eq!(edited, format!("{text}lake: ./x\n"));
    }
}
