//! A new configuration file, with comments that say what may be changed.

use std::fmt::Write;

/// What a new file is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConfig {
    /// The pipeline's name.
    pub name: String,
    /// The lake's folder, as it will stand in the file.
    pub lake: String,
    /// The sources.
    pub sources: Vec<NewSource>,
    /// The trails.
    pub trails: Vec<NewSource>,
}

/// A source of a new file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    /// Its id.
    pub id: String,
    /// Its folder, as it will stand in the file.
    pub path: String,
    /// The account, where it is known.
    pub account_id: Option<String>,
    /// The Region, where it is known.
    pub bucket_region: Option<String>,
}

/// The text of a new file.
pub fn render(new: &NewConfig) -> String {
    let list = |new: &[NewSource]| match new {
        [] => " []\n".to_owned(),
        new => format!("\n{}", new.iter().map(source_lines).collect::<String>()),
    };
    let sources = list(&new.sources);
    let trails = match new.trails.as_slice() {
        [] => String::new(),
        trails => format!("\n# Where CloudTrail's log files lie.\ntrails:{}", list(trails)),
    };
    format!(
        "\
# A bucketscope pipeline. Paths are relative to this file's folder. Every key: docs/configuration.md.
version: 1

# What this pipeline is called. `bucketscope destroy` wants it typed.
name: {name}

# Where it runs. `local`: on this machine, without any account.
target: local

# Where the Parquet tables go, and under _state/ what the pipeline knows.
lake: {lake}

# Where S3 server access logs lie. They are read and never changed.
# `id` is part of every log object's identity: keep it when a folder moves.
# Add account_id (\"111122223333\") and bucket_region where the folders do not tell them.
sources:{sources}{trails}
run:
  # A log object that was modified less than this ago may still be written to: a run waits for it.
  settling_seconds: 2
  # threads: 2              # one a core, if it is not said here

query:
  # memory_megabytes: 1024  # what a query may take
",
        name = new.name,
        lake = scalar(&new.lake),
    )
}

/// The lines of a source in the list.
pub fn source_lines(source: &NewSource) -> String {
    let mut out = format!("  - id: {}\n    path: {}\n", source.id, scalar(&source.path));
    for (key, value) in [("account_id", &source.account_id), ("bucket_region", &source.bucket_region)] {
        if let Some(value) = value {
            let _ = writeln!(out, "    {key}: {}", double_quoted(value));
        }
    }
    out
}

/// Text as a YAML scalar: plain where nothing in it could mean anything else.
pub fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    let first = text.chars().next();
    let safe_start = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '/')
        || (first == Some('.') && text.contains('/') && text.chars().any(|c| c.is_ascii_alphabetic()));
    let word = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if safe_start && !word && text.chars().all(plain) { text.to_owned() } else { double_quoted(text) }
}

/// JSON's strings are YAML's double-quoted scalars.
fn double_quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        for path in ["/data/logs", "./logs", "../a b/c: #d", "日本", "true", "1.5", "C:\\logs", "a\"b", ".", "..", "~"]
        {
            let new = NewConfig {
                name: "my-logs".to_owned(),
                lake: path.to_owned(),
                sources: vec![NewSource {
                    id: "logs".to_owned(),
                    path: path.to_owned(),
                    account_id: Some("000122223333".to_owned()),
                    bucket_region: Some("eu-west-1".to_owned()),
                }],
                trails: vec![NewSource {
                    id: "trail".to_owned(),
                    path: path.to_owned(),
                    account_id: None,
                    bucket_region: None,
                }],
            };
            let config = Config::parse(&render(&new), Path::new("x")).unwrap_or_else(|e| panic!("{path}: {e}"));
            assert_eq!(config.lake, Path::new(path));
            assert_eq!(config.sources[0].path, Path::new(path));
            assert_eq!(config.trails[0].path, Path::new(path));
            assert_eq!(config.sources[0].account_id.as_deref(), Some("000122223333"));
        }
    }
}
