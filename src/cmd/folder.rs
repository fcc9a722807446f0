//! Looking into folders of log objects, before any pipeline knows them.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::logs::name::{LogName, is_ignorable, is_trail_sibling};
use crate::logs::table::Table;
use crate::ui::text;
use crate::{Error, Result};

/// What a folder holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Files named as S3 names log objects, or CloudTrail its files.
    pub log_objects: u64,
    /// Whether it was CloudTrail's files that were looked for.
    #[serde(skip)]
    pub of_trail: bool,
    /// Bytes of them.
    pub bytes: u64,
    /// Other files. They are read as well: it is the lines that decide.
    pub other_files: u64,
    /// The layout of most of them.
    pub layout: Option<&'static str>,
    /// The earliest time in a name, milliseconds since the epoch.
    pub first_ms: Option<i64>,
    /// The latest.
    pub last_ms: Option<i64>,
}

impl Found {
    /// In one line.
    pub fn words(&self) -> String {
        let [one, many] =
            if self.of_trail { ["CloudTrail file", "CloudTrail files"] } else { ["log object", "log objects"] };
        if self.log_objects == 0 {
            return match self.other_files {
                0 => "empty".to_owned(),
                n => format!("no {many}, {}", text::plural(n, "other file", "other files")),
            };
        }
        let mut out = format!("{}, {}", text::plural(self.log_objects, one, many), text::bytes(self.bytes));
        if let (Some(first), Some(last)) = (self.first_ms, self.last_ms) {
            out.push_str(&format!(", {} to {}", day(first), day(last)));
        }
        if let Some(layout) = self.layout {
            out.push_str(&format!(", {layout}"));
        }
        if self.other_files > 0 {
            out.push_str(&format!(", {}", text::plural(self.other_files, "other file", "other files")));
        }
        out
    }
}

fn day(ms: i64) -> String {
    text::time(ms).chars().take(10).collect()
}

/// Looks at all files below a folder; nothing is opened.
pub fn look(root: &Path) -> Found {
    look_for(root, Table::AccessLogs)
}

/// Looks at all files below a folder that are for a table; nothing is opened. What a run leaves, such as digests, is left.
pub fn look_for(root: &Path, table: Table) -> Found {
    let of_trail = table == Table::CloudTrail;
    let mut found = Found { of_trail, ..Found::default() };
    let mut layouts =
        [("one folder by time", 0u64), ("by bucket and delivery time", 0), ("by bucket and event time", 0)];
    for (path, key) in files(root) {
        if of_trail && is_trail_sibling(&key) {
            continue;
        }
        let Some(name) = LogName::parse(&key).filter(|name| name.shape().is_trail == of_trail) else {
            found.other_files += 1;
            continue;
        };
        found.log_objects += 1;
        found.bytes += path.metadata().map_or(0, |data| data.len());
        let kind = if name.event_time_layout { 2 } else { usize::from(name.bucket.is_some()) };
        layouts[kind].1 += 1;
        if let Some(time) = name.delivered_at {
            found.first_ms = Some(found.first_ms.map_or(time, |first| first.min(time)));
            found.last_ms = Some(found.last_ms.map_or(time, |last| last.max(time)));
        }
    }
    if of_trail {
        return found;
    }
    found.layout = layouts.iter().filter(|(_, n)| *n > 0).max_by_key(|(_, n)| *n).map(|(layout, _)| *layout);
    found
}

/// The files below a folder that a run would read, sorted by key: all but what tools leave behind.
pub fn readable(root: &Path) -> Vec<PathBuf> {
    let mut files = files(root);
    files.sort_unstable_by(|a, b| a.1.cmp(&b.1));
    files.into_iter().map(|(path, _)| path).collect()
}

/// Folders with log objects: the one given, or those directly in it.
pub fn near(home: &Path) -> Vec<(PathBuf, Found)> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(home)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')))
        .collect();
    folders.sort_unstable();
    folders
        .into_iter()
        .map(|path| (look(&path), path))
        .filter(|(found, _)| found.log_objects > 0)
        .map(|(f, p)| (p, f))
        .collect()
}

/// Files and their keys below `root`. Folders that cannot be read are passed over: the run reports them.
fn files(root: &Path) -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            // Links to folders are not followed: they can lead in circles.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() || path.is_file() => {
                    let below = path.strip_prefix(root).unwrap_or(&path);
                    let key = below.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
                    if !is_ignorable(&key) {
                        out.push((path, key));
                    }
                }
                _ => {}
            }
        }
    }
    out
}

/// The real place of a path, as far as it exists.
pub fn resolved(path: &Path) -> PathBuf {
    if let Ok(real) = std::fs::canonicalize(path) {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => resolved(parent).join(name),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    }
}

/// Checks that a log folder and the lake, or two log folders, do not lie in one another.
///
/// # Errors
/// Which two do.
pub fn check_apart(log: &Path, others: &[PathBuf], lake: &Path) -> Result<()> {
    let (log_real, lake_real) = (resolved(log), resolved(lake));
    if lake_real.starts_with(&log_real) {
        return Err(Error::usage(format!("the lake {} would lie in the log folder {}", lake.display(), log.display()))
            .hint("--lake PATH puts it elsewhere"));
    }
    if log_real.starts_with(&lake_real) {
        return Err(Error::usage(format!("the log folder {} lies in the lake {}", log.display(), lake.display())));
    }
    for other in others {
        let other_real = resolved(other);
        if other_real.starts_with(&log_real) || log_real.starts_with(&other_real) {
            let what = format!("the log folders {} and {} hold the same objects", other.display(), log.display());
            return Err(Error::usage(what).hint("every record would be read twice; give the outer folder alone"));
        }
    }
    Ok(())
}
