//! Removing a lake: all that the pipeline made, and nothing else. The sources are never touched.

use serde::{Deserialize, Serialize};

use super::lease::Lease;
use super::source::SourceStores;
use super::{Pipeline, layout, places, state, turn};
use crate::error::{Error, ErrorKind, Result};
use crate::logs::table::Table;
use crate::storage::{Listed, Store, Walked};

/// A number of files and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Size {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// What `destroy` would remove, and what it would leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Where the lake is.
    pub lake: String,
    /// The table's data files, which go.
    pub table: Size,
    /// Commit log, plans, rejected lines and the like, which go.
    pub state: Size,
    /// What stays: the sources, and files in the lake's folders that are not ours.
    pub stays: Vec<Stays>,
}

/// Something that `destroy` leaves where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stays {
    /// What it is.
    pub what: String,
    /// Where it is.
    pub location: String,
    /// How much it is.
    pub size: Size,
}

/// What `destroy` did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destroyed {
    /// What was removed.
    pub removed: Size,
    /// What was left.
    pub stays: Vec<Stays>,
}

/// Lists what `destroy` would remove and what it would leave.
pub fn destroy_inventory(pipeline: &Pipeline) -> Result<Inventory> {
    let lake = &pipeline.lake;
    if lake.size(state::FORMAT)?.is_none() && lake.size(state::DESTROYING)?.is_none() {
        return Err(not_deployed(lake));
    }
    let mut inventory = Inventory { lake: lake.location().to_owned(), ..Inventory::default() };
    let mut foreign = Size::default();
    for listed in data_files(lake)? {
        match state::written_by(&listed.path) {
            Some(_) => inventory.table.add(listed.size),
            None => foreign.add(listed.size),
        }
    }
    for listed in lake.list(state::STATE, None)? {
        inventory.state.add(listed.size);
    }
    for source in &pipeline.sources {
        let what = match source.table {
            Table::AccessLogs => format!("log objects of the source {}", source.id),
            Table::CloudTrail => format!("CloudTrail's files of the trail {}", source.id),
        };
        let size = size_of(&source.location);
        inventory.stays.push(Stays { what, location: source.location.clone(), size });
    }
    if foreign.files > 0 {
        let location = lake.location().to_owned();
        inventory.stays.push(Stays { what: "files that bucketscope did not make".to_owned(), location, size: foreign });
    }
    Ok(inventory)
}

/// What lies where data files do.
fn data_files(lake: &Store) -> Result<Vec<Listed>> {
    let mut files = Vec::new();
    for root in places::roots() {
        files.extend(lake.list(root, None)?);
    }
    Ok(files)
}

/// How much a source holds; nothing if it is gone.
fn size_of(location: &str) -> Size {
    let mut size = Size::default();
    let Ok(store) = Store::folder(std::path::Path::new(location)) else { return size };
    let Ok(walk) = store.walk("", None) else { return size };
    for walked in walk.flatten() {
        if let Walked::Object(object) = walked {
            size.add(object.size);
        }
    }
    size
}

/// Removes what the pipeline made. Killed half way, it can be run again, and until then nothing else works on the lake.
pub fn destroy(pipeline: &Pipeline, inventory: &Inventory, now_ms: i64) -> Result<Destroyed> {
    let lake = &pipeline.lake;
    if inventory.lake != lake.location() {
        return Err(Error::failed(format!("the inventory is of {}, not of {}", inventory.lake, lake.location())));
    }
    check_apart(pipeline)?;
    let _lease = match Lease::take(lake, now_ms, pipeline.settings.lease_ms)? {
        Ok(lease) => lease,
        Err(latest) => return Err(turn::busy(lake, &latest)),
    };
    state::mark_destroying(lake)?;
    let mut destroyed = Destroyed { stays: inventory.stays.clone(), ..Destroyed::default() };
    for listed in data_files(lake)? {
        if state::written_by(&listed.path).is_some() {
            lake.delete(&listed.path)?;
            destroyed.removed.add(listed.size);
        }
    }
    let mut last = Vec::new();
    for listed in lake.list(state::STATE, None)? {
        destroyed.removed.add(listed.size);
        if listed.path == state::FORMAT || listed.path == state::DESTROYING {
            last.push(listed.path);
        } else {
            lake.delete(&listed.path)?;
        }
    }
    // The mark goes after the format, so that what is left of a lake is never taken for a whole one.
    last.sort_by_key(|path| path == state::DESTROYING);
    for path in last {
        lake.delete(&path)?;
    }
    lake.remove_empty_folders(state::STATE)?;
    for root in places::roots() {
        lake.remove_empty_folders(root)?;
    }
    Ok(destroyed)
}

/// A source that is gone cannot be in the way.
fn check_apart(pipeline: &Pipeline) -> Result<()> {
    let there = pipeline.sources.iter().filter_map(|source| {
        Store::folder(std::path::Path::new(&source.location)).ok().map(|store| (store, source.clone()))
    });
    layout::check_apart(&pipeline.lake, &SourceStores::over(there))
}

fn not_deployed(lake: &Store) -> Error {
    Error::new(ErrorKind::NotDeployed, format!("there is no lake in {}", lake.location()))
        .hint("there is nothing to destroy")
}
