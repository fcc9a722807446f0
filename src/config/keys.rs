//! Every key of the configuration file, in the order of docs/configuration.md: what the page says of it, the bounds that the checks
//! hold numbers to, and the names that an unknown key is compared with. Tests hold these tables against the model and make the page
//! of them; defaults, and which keys must be there, they take from the model itself.

use serde_json::Value;

/// What kind of value a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, in the words of the page: `text`, `path`, `ARN of a key`.
    Text(&'static str),
    /// A whole number.
    Number,
    /// True or false.
    Flag,
    /// A list, of what these words say; none for a list of mappings, whose keys have lines of their own.
    List(Option<&'static str>),
    /// Keys and values that the user chooses.
    Map,
}

/// What a value is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Nothing beyond its kind.
    None,
    /// A number from the first to the second.
    Within(u32, u32),
    /// A number that is not smaller.
    AtLeast(u32),
    /// The same, or null for ever.
    AtLeastOrNever(u32),
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these numbers.
    OneOf(&'static [u32]),
    /// What a check of its own holds it to, in words.
    Said(&'static str),
}

/// A key of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Where it stands: `sources[].bucket`.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What that is held to.
    pub limit: Limit,
    /// What it is for, for the page.
    pub meaning: &'static str,
    /// What holds where it is absent and the model has no value to show for it.
    pub otherwise: Option<&'static str>,
    /// Which commands read it; of a pipeline in AWS only where no stack depends on it.
    pub read_by: Option<&'static str>,
}

impl Key {
    /// A key without bounds.
    pub const fn new(path: &'static str, kind: Kind, meaning: &'static str) -> Self {
        Self { path, kind, limit: Limit::None, meaning, otherwise: None, read_by: None }
    }

    /// A whole number.
    pub const fn number(path: &'static str, limit: Limit, meaning: &'static str) -> Self {
        Self::new(path, Kind::Number, meaning).held_to(limit)
    }

    /// One of some words.
    pub const fn word(path: &'static str, words: &'static [&'static str], meaning: &'static str) -> Self {
        Self::new(path, Kind::Text("word"), meaning).held_to(Limit::Word(words))
    }

    /// With bounds.
    pub const fn held_to(self, limit: Limit) -> Self {
        Self { limit, ..self }
    }

    /// With what holds where it is absent.
    pub const fn otherwise(self, text: &'static str) -> Self {
        Self { otherwise: Some(text), ..self }
    }

    /// With the commands that read it.
    pub const fn read_by(self, commands: &'static str) -> Self {
        Self { read_by: Some(commands), ..self }
    }

    /// The last part of its path.
    pub fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }
}

const READ: &str = "`run`, `status`, `drift`, `compact`";

/// The keys of `target: local`.
pub const LOCAL: &[Key] = &[
    Key::number("version", Limit::Within(1, super::VERSION), "The version of this format. A newer one is refused.")
        .read_by("all"),
    Key::new("name", Kind::Text("text"), "What the pipeline is called; `destroy` wants it typed.")
        .held_to(Limit::Said(super::NAME_RULE))
        .read_by("all"),
    Key::new(
        "target",
        Kind::Text("word"),
        "Where it runs. `local`: on this machine, with the embedded engine, without an account.",
    )
    .held_to(Limit::Word(&["local"]))
    .read_by("all"),
    Key::new(
        "lake",
        Kind::Text("path"),
        "The folder of the Parquet tables, and under `_state/` of what the pipeline knows: plans, commits, rejected lines.",
    )
    .read_by("all"),
    Key::new(
        "sources",
        Kind::List(None),
        "The folders of S3 server access logs; `[]` where there are trails alone. They are read and never changed. None may lie \
         in another, in the lake or around it: records would be read twice.",
    )
    .read_by(READ),
    Key::new(
        "sources[].id",
        Kind::Text("text"),
        "Part of every log object's identity, like its key below `path`. Keep it when the folder moves; objects of a new id are \
         new objects and are read (again). `init` makes it from the folder's name and place, so the same folder gets the same id \
         even if this file was lost.",
    )
    .held_to(Limit::Said("as `name`; each its own"))
    .read_by(READ),
    Key::new(
        "sources[].path",
        Kind::Text("path"),
        "The folder. Folders in it are read too; hidden and temporary files are not.",
    )
    .read_by(READ),
    Key::new(
        "sources[].account_id",
        Kind::Text("text"),
        "Column `account_id`, where the names of the log objects do not tell the account.",
    )
    .held_to(Limit::Said("12 digits, in quotes"))
    .read_by("`run`"),
    Key::new(
        "sources[].bucket_region",
        Kind::Text("text"),
        "Column `bucket_region`, where the names do not tell the Region.",
    )
    .read_by("`run`"),
    Key::new(
        "trails",
        Kind::List(None),
        "The folders of CloudTrail's log files ([cloudtrail.md](cloudtrail.md)), under the same rules as `sources`. \
         `init --trails PATH…` adds some.",
    )
    .read_by(READ),
    Key::new("trails[].id", Kind::Text("text"), "As `sources[].id`.")
        .held_to(Limit::Said("as `name`; each its own, among sources too"))
        .read_by(READ),
    Key::new("trails[].path", Kind::Text("path"), "The folder, at any height: `AWSLogs`, an account's, a day's.")
        .read_by(READ),
    Key::number(
        "run.settling_seconds",
        Limit::None,
        "A log object that was modified less than this ago may still be written to. A run waits so long once; what is still \
         changing then is left for the next run.",
    )
    .otherwise("2")
    .read_by("`run`"),
    Key::number(
        "run.threads",
        Limit::AtLeast(1),
        "Worker threads. `run --threads` overrides it. The output's bytes do not depend on it.",
    )
    .otherwise("one a core")
    .read_by("`run`"),
    Key::number(
        "run.shard_megabytes",
        Limit::AtLeast(1),
        "The log bytes that one worker takes at a time.",
    )
    .otherwise("126 (120 MiB)")
    .read_by("`run`"),
    Key::number(
        "query.memory_megabytes",
        Limit::AtLeast(64),
        "What a query may hold before it spills to temporary files; a report may hold four times as much.",
    )
    .otherwise("1074 (1 GiB)")
    .read_by("`query`, `report`"),
];

/// The names that may stand in `parent` (`sources[]`; empty for the file itself), in the tables' order.
pub fn names_in(keys: &[Key], parent: &str) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for key in keys {
        let rest = if parent.is_empty() {
            Some(key.path)
        } else {
            key.path.strip_prefix(parent).and_then(|rest| rest.strip_prefix('.'))
        };
        let name = rest.and_then(|rest| rest.split(['.', '[']).next());
        if let Some(name) = name.filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    names
}

/// Where else a name stands: the paths of all keys that are called so.
pub fn elsewhere(keys: &[Key], name: &str) -> Vec<&'static str> {
    keys.iter().filter(|key| key.name() == name).map(|key| key.path).collect()
}

/// The first number that is out of its bounds, and what was expected. `given` is the configuration as the model holds it.
pub fn out_of_bounds(keys: &[Key], given: &Value) -> Option<(&'static str, String)> {
    keys.iter().find_map(|key| {
        let value = at(given, key.path)?.as_u64()?;
        let expected = match key.limit {
            Limit::Within(least, most) if !(u64::from(least)..=u64::from(most)).contains(&value) => {
                format!("{least} to {most}")
            }
            Limit::AtLeast(least) if value < u64::from(least) => format!("{least} or more"),
            Limit::AtLeastOrNever(least) if value < u64::from(least) => format!("{least} or more, or null for ever"),
            _ => return None,
        };
        Some((key.path, format!("{value} is out of bounds; expected {expected}")))
    })
}

/// The value at a path without lists.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| value.get(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_those_of_one_level() {
        assert_eq!(names_in(LOCAL, "run"), ["settling_seconds", "threads", "shard_megabytes"]);
        assert_eq!(names_in(LOCAL, "trails[]"), ["id", "path"]);
        assert_eq!(names_in(LOCAL, ""), ["version", "name", "target", "lake", "sources", "trails", "run", "query"]);
        assert_eq!(names_in(LOCAL, "nowhere"), [""; 0]);
        assert_eq!(elsewhere(LOCAL, "path"), ["sources[].path", "trails[].path"]);
    }

    #[test]
    fn numbers_keep_their_bounds() {
        let one = |path: &str, value: Value| {
            let (section, name) = path.split_once('.').unwrap();
            out_of_bounds(LOCAL, &json!({section: {name: value}}))
        };
        assert_eq!(one("run.threads", json!(1)), None);
        assert_eq!(one("run.threads", Value::Null), None);
        let (path, what) = one("query.memory_megabytes", json!(63)).unwrap();
        assert_eq!((path, what.as_str()), ("query.memory_megabytes", "63 is out of bounds; expected 64 or more"));
    }
}
