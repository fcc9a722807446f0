//! S3 Inventory instead of a listing: for a first backfill of a bucket of billions of objects.
//!
//! An inventory is a manifest and data files (S3 User Guide, "Locating your inventory list"), CSV or Parquet. It is older
//! than the bucket, so a run goes on with a listing from the look-back before its creation on. Its rows come in no promised
//! order: they are sorted by the half million, which is what is held of them at once, beside one data file as stored.

mod csv;
mod parquet;

use std::collections::HashMap;
use std::path::Path;

use bytes::Bytes;
use md5::{Digest, Md5};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::storage::pages::Found;
use crate::storage::{Archive, Store, Walked};

/// How many rows are sorted at once.
const SORTED_AT_ONCE: usize = 500_000;
/// A larger data file is refused: it is held in memory as a whole.
const FILE_BYTES_AT_MOST: u64 = 1 << 30;

/// `manifest.json`, as S3 writes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    source_bucket: String,
    file_format: String,
    file_schema: String,
    creation_timestamp: String,
    files: Vec<DataFile>,
}

/// A data file of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct DataFile {
    key: String,
    size: u64,
    #[serde(rename = "MD5checksum")]
    md5: String,
}

/// What the data files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Parquet,
}

/// An inventory whose manifest has been read.
#[derive(Debug, Clone)]
pub struct Inventory {
    store: Store,
    bucket: String,
    created_ms: i64,
    format: Format,
    columns: Columns,
    files: Vec<DataFile>,
}

/// Where in a row what is needed stands. A column of Parquet files is named in another way: see [`Columns::of`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Columns {
    key: usize,
    size: usize,
    etag: usize,
    modified: Option<usize>,
    class: Option<usize>,
    tier: Option<usize>,
    is_latest: Option<usize>,
    is_delete_marker: Option<usize>,
}

/// A row: the object's key as the file has it, and whether it is the one that a GET without a version gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Row {
    key: String,
    size: Option<u64>,
    etag: String,
    modified_ms: i64,
    class: String,
    tier: String,
    is_current: bool,
}

impl Columns {
    /// From the names of columns, as they stand in a manifest for CSV files (`ETag`, `IsDeleteMarker`) or in the schema of
    /// Parquet files (`e_tag`, `is_delete_marker`).
    fn of<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self> {
        let plain = |name: &str| name.trim().replace('_', "").to_ascii_lowercase();
        let at: HashMap<String, usize> = names.enumerate().map(|(at, name)| (plain(name), at)).collect();
        let find = |name: &str| at.get(name).copied();
        let need = |name: &str, shown: &str| {
            find(name).ok_or_else(|| {
                Error::failed(format!("the inventory has no column {shown}"))
                    .hint("have the inventory made with the fields Size, ETag and Storage class")
            })
        };
        let columns = Self {
            key: need("key", "Key")?,
            size: need("size", "Size")?,
            etag: need("etag", "ETag")?,
            modified: find("lastmodifieddate"),
            class: find("storageclass"),
            tier: find("intelligenttieringaccesstier"),
            is_latest: find("islatest"),
            is_delete_marker: find("isdeletemarker"),
        };
        if find("versionid").is_some() && columns.is_latest.is_none() {
            return Err(Error::failed("the inventory has versions but no column IsLatest")
                .hint("have an inventory of current versions made"));
        }
        Ok(columns)
    }
}

impl Inventory {
    /// Reads a manifest that lies at `path` in `store`: at its key in the bucket that the inventory was delivered to, or
    /// in a folder, with the data files beside it.
    ///
    /// # Errors
    /// If it cannot be read, or is of a kind that cannot be used.
    pub fn load(store: &Store, path: &str) -> Result<Self> {
        let cannot = || Error::failed(format!("cannot use the inventory {path} in {}", store.location()));
        let bytes = store.read(path)?.ok_or_else(|| cannot().because("it is not there"))?;
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|error| cannot().because(error).hint("name the manifest.json of an S3 inventory"))?;
        let format = match manifest.file_format.to_ascii_uppercase().as_str() {
            "CSV" => Format::Csv,
            "PARQUET" => Format::Parquet,
            "ORC" => {
                return Err(cannot().because("its files are ORC").hint("have the inventory made as CSV or Parquet"));
            }
            _ => return Err(cannot().because(format!("its files are {:?}", manifest.file_format))),
        };
        let columns = match format {
            Format::Csv => Columns::of(manifest.file_schema.split(','))?,
            Format::Parquet => Columns::default(),
        };
        let created_ms = manifest.creation_timestamp.trim().parse();
        let created_ms = created_ms.map_err(|_| cannot().because("it does not say when it was made"))?;
        Ok(Self {
            store: store.clone(),
            bucket: manifest.source_bucket,
            created_ms,
            format,
            columns,
            files: manifest.files,
        })
    }

    /// The bucket that it is of.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// When it was made, milliseconds since the epoch.
    pub fn created_ms(&self) -> i64 {
        self.created_ms
    }

    /// The objects whose keys begin with `prefix`, with their keys below it.
    pub fn objects<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = Result<Walked>> + Send + 'a {
        Sorted { rows: Box::new(self.rows(prefix)), taken: Vec::new().into_iter(), failed: None }
    }

    fn rows<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = Result<Walked>> + Send + 'a {
        self.files.iter().flat_map(move |file| {
            let walked = move |row: Result<Row>| row.map(|row| self.walked(row, prefix)).transpose();
            match self.rows_of(file) {
                Ok(rows) => Box::new(rows.filter_map(walked)) as Box<dyn Iterator<Item = Result<Walked>> + Send>,
                Err(error) => Box::new(std::iter::once(Err(error))),
            }
        })
    }

    fn rows_of(&self, file: &DataFile) -> Result<Box<dyn Iterator<Item = Result<Row>> + Send>> {
        let bytes = self.read(file)?;
        let about = |error: Error| error.about(format!("cannot use the inventory's file {}", file.key));
        match self.format {
            Format::Csv => Ok(Box::new(csv::rows(bytes, self.columns, file.key.clone()))),
            Format::Parquet => Ok(Box::new(parquet::rows(bytes, file.key.clone()).map_err(about)?)),
        }
    }

    fn read(&self, file: &DataFile) -> Result<Bytes> {
        let cannot = |why: String| {
            Error::failed(format!("cannot use the inventory's file {}", file.key))
                .because(why)
                .hint("fetch the whole inventory anew, or name another day's manifest.json")
        };
        if file.size > FILE_BYTES_AT_MOST {
            return Err(cannot(format!("its {} bytes are more than are held in memory", file.size)));
        }
        let mut bytes = None;
        for path in self.places(&file.key) {
            bytes = self.store.read(&path)?;
            if bytes.is_some() {
                break;
            }
        }
        let bytes = bytes.ok_or_else(|| cannot("it is not there".to_owned()))?;
        if bytes.len() as u64 != file.size {
            return Err(cannot(format!("it has {} bytes, and {} in the manifest", bytes.len(), file.size)));
        }
        let md5: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if !md5.eq_ignore_ascii_case(&file.md5) {
            return Err(cannot(format!("its MD5 is {md5}, and {} in the manifest", file.md5)));
        }
        Ok(bytes)
    }

    /// Where a data file may lie. Of a copy in a folder, only its name may be left.
    fn places(&self, key: &str) -> Vec<String> {
        if self.store.path().is_none() {
            return vec![key.to_owned()];
        }
        let name = Path::new(key).file_name().and_then(|name| name.to_str()).unwrap_or(key);
        vec![format!("data/{name}"), name.to_owned()]
    }

    fn walked(&self, row: Row, prefix: &str) -> Option<Walked> {
        let decoded = match self.format {
            Format::Csv => csv::decode(&row.key),
            Format::Parquet => Some(row.key.clone()),
        };
        if !row.is_current {
            return None;
        }
        let Some(decoded) = decoded else {
            return Some(Walked::Unreadable { path: row.key, why: "its key is no text".to_owned() });
        };
        let key = decoded.strip_prefix(prefix)?.to_owned();
        let Some(size) = row.size else {
            return Some(Walked::Unreadable { path: key, why: "the inventory does not say its size".to_owned() });
        };
        let tier = row.tier.contains("ARCHIVE").then_some(Archive::IntelligentTiering);
        // A listing has ETags in quotes, as requests do.
        let etag = if row.etag.starts_with('"') { row.etag } else { format!("\"{}\"", row.etag) };
        let archived = Archive::of_class(&row.class).or(tier);
        Found { key, size, etag, modified_ms: row.modified_ms, archived }.walked()
    }
}

/// Rows in the order of their keys, batch by batch.
struct Sorted<'a> {
    rows: Box<dyn Iterator<Item = Result<Walked>> + Send + 'a>,
    taken: std::vec::IntoIter<Walked>,
    failed: Option<Error>,
}

impl Iterator for Sorted<'_> {
    type Item = Result<Walked>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(walked) = self.taken.next() {
            return Some(Ok(walked));
        }
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let mut batch = Vec::new();
        while batch.len() < SORTED_AT_ONCE {
            match self.rows.next() {
                Some(Ok(walked)) => batch.push(walked),
                Some(Err(error)) => {
                    self.failed = Some(error);
                    break;
                }
                None => break,
            }
        }
        batch.sort_unstable_by(|a, b| path(a).cmp(path(b)));
        self.taken = batch.into_iter();
        match self.taken.next() {
            Some(walked) => Some(Ok(walked)),
            None => self.failed.take().map(Err),
        }
    }
}

fn path(walked: &Walked) -> &str {
    match walked {
        Walked::Object(object) => &object.path,
        Walked::Unreadable { path, .. } => path,
    }
}

#[cfg(test)]
mod tests;
