//! The configuration file: what it may hold, and errors that name the file, the line and the key.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::storage::io_error;
use crate::{Error, Result};

mod change;
#[cfg(feature = "aws")]
pub mod cloud;
mod edit;
pub mod keys;
mod line;
mod problem;
mod template;

pub use edit::{Scalar, add_sources, set_scalar};
pub use template::{NewConfig, NewSource, render};

/// The file's usual name.
pub const FILE_NAME: &str = "bucketscope.yaml";

/// The version of the file's format. Newer is refused.
pub const VERSION: u32 = 1;

/// A pipeline as its configuration file describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The format's version.
    pub version: u32,
    /// What `destroy` asks for.
    pub name: String,
    /// Where it runs.
    pub target: Target,
    /// The lake's folder, relative to the file's folder.
    #[serde(default = "default_lake")]
    pub lake: PathBuf,
    /// Where server access logs come from.
    pub sources: Vec<SourceConfig>,
    /// Where CloudTrail's log files come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trails: Vec<TrailConfig>,
    /// How runs work.
    #[serde(default)]
    pub run: RunConfig,
    /// How queries work.
    #[serde(default)]
    pub query: QueryConfig,
}

/// Where a pipeline runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// On this machine, with the embedded engine.
    Local,
    /// In an AWS account.
    Aws,
}

/// A configuration file of either target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyConfig {
    /// `target: local`.
    Local(Config),
    /// `target: aws`.
    #[cfg(feature = "aws")]
    Aws(Box<cloud::Cloud>),
}

/// A folder of log objects.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// Part of every object's identity; stays when the folder moves.
    pub id: String,
    /// The folder, relative to the file's folder.
    pub path: PathBuf,
    /// The account of the source buckets, where the layout does not say it.
    #[serde(default)]
    pub account_id: Option<String>,
    /// The Region of the source buckets, where the layout does not say it.
    #[serde(default)]
    pub bucket_region: Option<String>,
}

/// A folder of CloudTrail's log files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrailConfig {
    /// Part of every file's identity; stays when the folder moves.
    pub id: String,
    /// The folder, relative to the file's folder.
    pub path: PathBuf,
}

/// How runs work; what is absent takes the pipeline's own default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// How long a log object must have stayed as it is before it is read, in seconds.
    pub settling_seconds: Option<u32>,
    /// Worker threads; one a core by default.
    pub threads: Option<u32>,
    /// Log bytes a shard takes at most, in megabytes.
    pub shard_megabytes: Option<u32>,
}

/// How queries work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct QueryConfig {
    /// Memory that a query may take, in megabytes.
    pub memory_megabytes: Option<u32>,
}

fn default_lake() -> PathBuf {
    PathBuf::from("lake")
}

impl Config {
    /// Reads the text of a configuration file; `shown` is its path as the user knows it.
    ///
    /// # Errors
    /// Usage errors that name the file, line and key, what was expected, and the nearest known key.
    pub fn parse(text: &str, shown: &Path) -> Result<Self> {
        let config: Self =
            serde_yaml::from_str(text).map_err(|error| problem::explain(text, shown, &error, keys::LOCAL))?;
        config.check(text, shown)?;
        Ok(config)
    }

    fn check(&self, text: &str, shown: &Path) -> Result<()> {
        let at = |key: &str, what: String| Err(problem::at_path(text, shown, key, &what));
        if self.version > VERSION {
            let what = format!("version {} is newer than this bucketscope understands (up to {VERSION})", self.version);
            return Err(problem::at_path(text, shown, "version", &what).hint("use a newer bucketscope"));
        }
        if self.version == 0 {
            return at("version", "version 0 never existed; expected 1".to_owned());
        }
        if self.target != Target::Local {
            let what = "`aws` is not in this build of bucketscope, which is for `local` alone";
            return Err(
                problem::at_path(text, shown, "target", what).hint("cargo build --release  builds it with both")
            );
        }
        if let Err(why) = check_name(&self.name) {
            return at("name", format!("`{}` cannot be a name: {why}", self.name));
        }
        for (i, source) in self.sources.iter().enumerate() {
            if let Err(why) = check_name(&source.id) {
                return at(&format!("sources[{i}].id"), format!("`{}` cannot be a source's id: {why}", source.id));
            }
            if self.sources[..i].iter().any(|other| other.id == source.id) {
                return at("sources", format!("two sources have the id `{}`; an id stands for one folder", source.id));
            }
            if source.account_id.as_ref().is_some_and(|id| id.len() != 12 || !id.bytes().all(|b| b.is_ascii_digit())) {
                return at(
                    &format!("sources[{i}].account_id"),
                    "expected the 12 digits of an AWS account, in quotes".to_owned(),
                );
            }
        }
        for (i, trail) in self.trails.iter().enumerate() {
            if let Err(why) = check_name(&trail.id) {
                return at(&format!("trails[{i}].id"), format!("`{}` cannot be a trail's id: {why}", trail.id));
            }
            let sources = self.sources.iter().map(|source| &source.id);
            if sources.chain(self.trails[..i].iter().map(|other| &other.id)).any(|id| *id == trail.id) {
                return at(
                    &format!("trails[{i}].id"),
                    format!("the id `{}` is taken; an id stands for one folder", trail.id),
                );
            }
        }
        let given = serde_json::to_value(self).unwrap_or_default();
        if let Some((path, what)) = keys::out_of_bounds(keys::LOCAL, &given) {
            return at(path, what);
        }
        Ok(())
    }
}

/// What [`check_name`] asks of a name.
const NAME_RULE: &str = "1 to 40 lower-case letters, digits and hyphens, a letter or digit first";

/// Whether `name` can stand for a pipeline or a source in commands, file names and, later, names of AWS resources.
///
/// # Errors
/// The rule that it breaks.
pub fn check_name(name: &str) -> Result<(), String> {
    let good = !name.is_empty()
        && name.len() <= 40
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if good { Ok(()) } else { Err(format!("expected {NAME_RULE}")) }
}

/// Makes a name that [`check_name`] accepts out of any text.
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(32);
    let out = out.trim_end_matches('-');
    if out.is_empty() { "logs".to_owned() } else { out.to_owned() }
}

impl AnyConfig {
    /// Reads the text of a configuration file of either target; `shown` is its path as the user knows it.
    ///
    /// # Errors
    /// Those of the target's own file; a file without a target, or with an unknown one, is read as a local one.
    pub fn parse(text: &str, shown: &Path) -> Result<Self> {
        #[cfg(feature = "aws")]
        if target_of(text) == Some(Target::Aws) {
            return cloud::Cloud::parse(text, shown).map(|cloud| Self::Aws(Box::new(cloud)));
        }
        Config::parse(text, shown).map(Self::Local)
    }
}

/// The target that a file names, whatever else may be wrong with it.
pub fn target_of(text: &str) -> Option<Target> {
    /// The one key that decides how to read the others.
    #[derive(Deserialize)]
    struct Head {
        target: Target,
    }
    serde_yaml::from_str::<Head>(text).ok().map(|head| head.target)
}

/// Reads a configuration file of the target `local`.
///
/// # Errors
/// If there is none, it cannot be read, it does not say what it must, or it is for another target.
pub fn load(path: &Path) -> Result<Config> {
    match load_any(path)? {
        AnyConfig::Local(config) => Ok(config),
        #[cfg(feature = "aws")]
        AnyConfig::Aws(_) => {
            Err(Error::usage(format!("{}: this command is not there for `target: aws`", path.display())))
        }
    }
}

/// Reads a configuration file of either target.
///
/// # Errors
/// If there is none, it cannot be read, or it does not say what it must.
pub fn load_any(path: &Path) -> Result<AnyConfig> {
    match std::fs::read_to_string(path) {
        Ok(text) => AnyConfig::parse(&text, path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::usage(format!("there is no configuration at {}", path.display())).hint(
                "bucketscope init --defaults --target local --logs PATH  writes one; -C DIR works in another folder",
            ))
        }
        Err(error) => Err(io_error(format!("cannot read {}", path.display()), &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "version: 1\nname: my-logs\ntarget: local\nsources:\n  - id: logs-1\n    path: /data/logs\n";

    fn error(text: &str) -> (String, String) {
        let error = Config::parse(text, Path::new("bucketscope.yaml")).unwrap_err();
        assert_eq!(error.code(), 64);
        (error.to_string(), error.suggestion().unwrap_or_default().to_owned())
    }

    #[test]
    fn what_is_absent_takes_its_default() {
        let config = Config::parse(SMALL, Path::new("x")).unwrap();
        assert_eq!(config.lake, Path::new("lake"));
        assert_eq!(config.run, RunConfig::default());
        assert_eq!(config.sources[0].account_id, None);
    }

    #[test]
    fn an_unknown_key_names_its_line_and_its_neighbour() {
        let (what, hint) = error(&format!("{SMALL}run:\n  thread: 2\n"));
        assert_eq!(
            what,
            "bucketscope.yaml:8: unknown key `thread` in `run`: expected settling_seconds, threads or shard_megabytes"
        );
        assert_eq!(hint, "did you mean `threads`?");
        let (what, hint) = error(&format!("{SMALL}laek: x\n"));
        assert!(what.starts_with("bucketscope.yaml:7: unknown key `laek`: expected version, name,"), "{what}");
        assert_eq!(hint, "did you mean `lake`?");
        let (what, hint) = error(&format!("{SMALL}threads: 2\n"));
        assert!(what.starts_with("bucketscope.yaml:7: unknown key `threads`: expected version, name,"), "{what}");
        assert_eq!(hint, "`threads` is a key of `run`");
    }

    #[test]
    fn a_wrong_value_names_the_key_and_what_was_expected() {
        let (what, _) = error(&format!("{SMALL}run:\n  threads: many\n"));
        assert_eq!(what, "bucketscope.yaml:8: run.threads: found text \"many\", expected a whole number");
        let (what, _) = error(&SMALL.replace("version: 1", "version: one"));
        assert_eq!(what, "bucketscope.yaml:1: version: found text \"one\", expected a whole number");
    }

    #[test]
    fn a_missing_key_is_named() {
        let (what, _) = error("version: 1\ntarget: local\nsources: []\n");
        assert_eq!(what, "bucketscope.yaml: the key `name` is missing");
        let (what, _) = error(&SMALL.replace("    path: /data/logs\n", ""));
        assert_eq!(what, "bucketscope.yaml:5: the key `path` is missing in `sources[0]`");
    }

    #[test]
    fn text_that_is_no_yaml_names_its_line() {
        let (what, _) = error("version: 1\nname: \"n\n");
        assert!(what.starts_with("bucketscope.yaml:3: this is not YAML: "), "{what}");
        assert_eq!(error("").0, "bucketscope.yaml: the file is empty");
    }

    #[test]
    fn a_newer_version_and_another_target_are_refused() {
        let (what, hint) = error(&SMALL.replace("version: 1", "version: 2"));
        assert_eq!(what, "bucketscope.yaml:1: version: version 2 is newer than this bucketscope understands (up to 1)");
        assert_eq!(hint, "use a newer bucketscope");
        let (what, hint) = error(&SMALL.replace("target: local", "target: aws"));
        assert_eq!(
            what,
            "bucketscope.yaml:3: target: `aws` is not in this build of bucketscope, which is for `local` alone"
        );
        assert_eq!(hint, "cargo build --release  builds it with both");
    }

    #[test]
    fn two_sources_cannot_share_an_id() {
        let (what, _) = error(&format!("{SMALL}  - id: logs-1\n    path: other\n"));
        assert_eq!(what, "bucketscope.yaml:4: sources: two sources have the id `logs-1`; an id stands for one folder");
    }

    #[test]
    fn a_trail_has_an_id_of_its_own() {
        let config =
            Config::parse(&format!("{SMALL}trails:\n  - id: audit\n    path: trail\n"), Path::new("x")).unwrap();
        assert_eq!(config.trails, [TrailConfig { id: "audit".to_owned(), path: "trail".into() }]);
        let (what, _) = error(&format!("{SMALL}trails:\n  - id: logs-1\n    path: trail\n"));
        assert_eq!(what, "bucketscope.yaml:8: trails[0].id: the id `logs-1` is taken; an id stands for one folder");
    }

    #[test]
    fn any_text_makes_a_name() {
        for text in ["Access Logs 2026", "日本", "", "--x--", "a".repeat(99).as_str()] {
            assert!(check_name(&slug(text)).is_ok(), "{text}");
        }
        assert_eq!(slug("Access Logs (2026)"), "access-logs-2026");
        assert!(check_name("-x").is_err() && check_name("A").is_err() && check_name("").is_err());
    }
}
