//! Walking a folder. object_store's own listing drops files silently whose names end in `#1`, fails on names that are
//! not UTF-8, and costs three times as much, as it goes through a URL for every file; hence this one.

use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Listed, Walked, io_error, names, read};
use crate::error::Result;

/// One entry of a folder.
struct Entry {
    name: OsString,
    is_folder: bool,
    is_link: bool,
}

impl Entry {
    /// Compares as if folders ended in their slash, so that `a-b` stands before `a/b` as in a bucket's listing.
    fn compare(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (self.name.as_encoded_bytes(), other.name.as_encoded_bytes());
        if !self.is_folder && !other.is_folder {
            return ours.cmp(theirs);
        }
        let slash = |entry: &Self| if entry.is_folder { "/" } else { "" };
        ours.iter().chain(slash(self).as_bytes()).cmp(theirs.iter().chain(slash(other).as_bytes()))
    }
}

/// A folder that is being walked.
struct Frame {
    folder: PathBuf,
    /// Below the root, with a slash at the end, or empty.
    below: OsString,
    /// Tells whether a link leads back to where we are.
    canonical: PathBuf,
    entries: std::vec::IntoIter<Entry>,
}

/// The files below a folder, in the order of their paths. Links are followed.
pub(super) struct Folder {
    frames: Vec<Frame>,
    start_after: Option<String>,
    /// What went wrong at the very beginning.
    broken: Option<crate::Error>,
}

/// A file, or what is in the way of one.
enum Step {
    File { path: PathBuf, key: String },
    Unreadable { key: String, why: String },
}

impl Folder {
    /// The files below `prefix` below `root`; none if there is no such folder.
    pub(super) fn new(root: &Path, prefix: &str, start_after: Option<&str>) -> Self {
        let start = root.join(prefix);
        let mut below = OsString::from(prefix);
        if !prefix.is_empty() {
            below.push("/");
        }
        let mut walk = Self { frames: Vec::new(), start_after: start_after.map(str::to_owned), broken: None };
        match entries(&start) {
            Ok(entries) => walk.frames.push(Frame { canonical: start.clone(), folder: start, below, entries }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => walk.broken = Some(io_error(format!("cannot list {}", start.display()), &error)),
        }
        walk
    }

    /// The keys of all files, looking at none.
    pub(super) fn names(mut self) -> Result<Vec<String>> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        let mut keys = Vec::new();
        while let Some(step) = self.step() {
            match step {
                Step::File { key, .. } => keys.push(key),
                Step::Unreadable { key, why } => {
                    return Err(crate::Error::failed(format!("cannot list {key}")).because(why));
                }
            }
        }
        Ok(keys)
    }

    fn step(&mut self) -> Option<Step> {
        loop {
            let frame = self.frames.last_mut()?;
            let Some(entry) = frame.entries.next() else {
                self.frames.pop();
                continue;
            };
            let path = frame.folder.join(&entry.name);
            let mut below = frame.below.clone();
            below.push(&entry.name);
            if !entry.is_folder {
                return Some(Step::File { path, key: names::key_of(&below) });
            }
            let canonical = match entry.is_link {
                false => frame.canonical.join(&entry.name),
                true => std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone()),
            };
            if entry.is_link && self.frames.iter().any(|frame| frame.canonical == canonical) {
                return Some(unreadable(&below, "a link to a folder that it stands in"));
            }
            match entries(&path) {
                Ok(entries) => {
                    below.push("/");
                    self.frames.push(Frame { folder: path, below, canonical, entries });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Some(unreadable(&below, &error.to_string())),
            }
        }
    }
}

impl Iterator for Folder {
    type Item = Result<Walked>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.broken.take() {
            return Some(Err(error));
        }
        loop {
            match self.step()? {
                Step::Unreadable { key, why } => return Some(Ok(Walked::Unreadable { path: key, why })),
                Step::File { key, .. } if self.start_after.as_ref().is_some_and(|after| key <= *after) => {}
                Step::File { path, key } => {
                    if let Some(walked) = look_at(&path, key) {
                        return Some(Ok(walked));
                    }
                }
            }
        }
    }
}

/// What stands at `path`; `None` if it is gone by now.
fn look_at(path: &Path, key: String) -> Option<Walked> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let link = std::fs::symlink_metadata(path).is_ok();
            return link.then(|| Walked::Unreadable { path: key, why: "a link to nothing".to_owned() });
        }
        Err(error) => return Some(Walked::Unreadable { path: key, why: error.to_string() }),
    };
    if !metadata.is_file() {
        return Some(Walked::Unreadable { path: key, why: "not a regular file".to_owned() });
    }
    Some(Walked::Object(Listed {
        path: key,
        size: metadata.len(),
        etag: read::etag_of(&metadata),
        modified_ms: metadata.modified().map_or(0, milliseconds),
        archived: None,
    }))
}

/// Milliseconds since the epoch.
fn milliseconds(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |before| -before),
    }
}

fn unreadable(below: &OsStr, why: &str) -> Step {
    Step::Unreadable { key: names::key_of(below), why: why.to_owned() }
}

fn entries(folder: &Path) -> io::Result<std::vec::IntoIter<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let is_folder = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
        entries.push(Entry { name: entry.file_name(), is_folder, is_link: kind.is_symlink() });
    }
    entries.sort_unstable_by(Entry::compare);
    Ok(entries.into_iter())
}

/// Removes the empty folders at and below `folder`, following no links.
pub(super) fn remove_empty(folder: &Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(&entry.path())?;
        }
    }
    match std::fs::remove_dir(folder) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound) => Err(error),
        _ => Ok(()),
    }
}
