//! One storage layer for folder and S3 (the object_store crate).
//!
//! Everything that the pipeline keeps goes through [`Store`], which blocks: shards run on plain threads, and on those
//! object_store's folder implementation works in line, without handing anything to a runtime; [`s3`] brings its own. Only
//! what a folder or a bucket can hold and object_store's paths cannot (names that are not UTF-8, control characters, empty
//! parts, names that end in `#1`) is read and removed here directly; see [`names`].

pub mod ahead;
mod errors;
pub mod names;
mod open;
pub mod pages;
pub mod read;
#[cfg(feature = "cloud")]
pub mod s3;
mod walk;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use futures::executor::block_on;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use crate::error::{Error, Result};
pub use errors::io_error;
use errors::{is_not_found, store_error};
pub use read::{ChangedWhileRead, Opened};

/// How often a write is tried whose unfinished upload somebody removes.
const PUT_TRIES: usize = 5;

/// Whether a write that must not replace anything wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The object is new.
    Yes,
    /// There was one already; it stands as it was.
    Exists,
}

/// One object as the store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Below the store's root, with `/` between its parts.
    pub path: String,
    /// Bytes as stored.
    pub size: u64,
    /// Changes whenever the object does.
    pub etag: String,
    /// When it was last modified, milliseconds since the epoch.
    pub modified_ms: i64,
    /// The storage class from which it must be restored before it can be read, if it lies in one.
    pub archived: Option<Archive>,
}

/// A storage class whose objects cannot be read before they are restored (S3 User Guide, "Working with archived objects").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// S3 Glacier Flexible Retrieval.
    Glacier,
    /// S3 Glacier Deep Archive.
    DeepArchive,
    /// An archive tier of S3 Intelligent-Tiering. A listing does not tell; an inventory does.
    IntelligentTiering,
}

impl fmt::Display for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Archive::Glacier => "GLACIER",
            Archive::DeepArchive => "DEEP_ARCHIVE",
            Archive::IntelligentTiering => "an archive tier of INTELLIGENT_TIERING",
        })
    }
}

impl Archive {
    /// What a storage class says, as S3 writes it.
    pub fn of_class(class: &str) -> Option<Self> {
        match class {
            "GLACIER" => Some(Self::Glacier),
            "DEEP_ARCHIVE" => Some(Self::DeepArchive),
            _ => None,
        }
    }
}

/// What a walk comes across.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Walked {
    /// An object.
    Object(Listed),
    /// Something that cannot be read as an object: a folder without permission, a broken link, a pipe.
    Unreadable {
        /// Below the store's root.
        path: String,
        /// Why.
        why: String,
    },
}

/// A folder or a bucket's prefix. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    base: Base,
    /// For messages.
    location: Arc<str>,
}

/// What lies below the object store, for what its paths cannot name.
#[derive(Clone)]
enum Base {
    /// The folder's canonical path.
    Folder(Arc<Path>),
    #[cfg(feature = "cloud")]
    Bucket(s3::Bucket),
    /// What lists, for tests and simulations.
    Listed(Arc<dyn pages::Pager>),
    Unknown,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.location)
    }
}

impl Store {
    /// The folder `root`, which must exist.
    pub fn folder(root: &Path) -> Result<Self> {
        Self::folder_through(root, |inner| inner)
    }

    /// The folder `root`, which is made if it does not exist.
    pub fn folder_created(root: &Path) -> Result<Self> {
        std::fs::create_dir_all(root)
            .map_err(|error| io_error(format!("cannot make the folder {}", root.display()), &error))?;
        Self::folder(root)
    }

    /// The folder `root` with something around its object store, such as a decorator that injects faults.
    pub fn folder_through(
        root: &Path,
        wrap: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>,
    ) -> Result<Self> {
        let canonical = std::fs::canonicalize(root).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::failed(format!("there is no folder {}", root.display()))
                .hint("check the path in the configuration, or make the folder"),
            _ => io_error(format!("cannot open the folder {}", root.display()), &error),
        })?;
        if !canonical.is_dir() {
            return Err(Error::failed(format!("{} is not a folder", root.display())));
        }
        let inner = LocalFileSystem::new_with_prefix(&canonical)
            .map_err(|error| store_error(format!("cannot open the folder {}", root.display()), &error))?;
        let location = canonical.display().to_string().into();
        Ok(Self { inner: wrap(Arc::new(inner)), base: Base::Folder(canonical.into()), location })
    }

    /// A prefix of a bucket, reached with the session's credentials. S3 is asked nothing yet.
    #[cfg(feature = "cloud")]
    pub fn s3(session: &crate::aws::Session, place: &crate::pipeline::Place) -> Self {
        let bucket = s3::Bucket::new(session, place);
        let location = bucket.to_string().into();
        Self { inner: Arc::new(bucket.clone()), base: Base::Bucket(bucket), location }
    }

    /// Any object store. It must not need a runtime of its own.
    pub fn over(inner: Arc<dyn ObjectStore>) -> Self {
        let location = inner.to_string().into();
        Self { inner, base: Base::Unknown, location }
    }

    /// Any object store, listed by something else, such as what counts the requests.
    pub fn listed_by(inner: Arc<dyn ObjectStore>, pager: Arc<dyn pages::Pager>) -> Self {
        Self { base: Base::Listed(pager), ..Self::over(inner) }
    }

    /// What lists this by the page; `None` for a folder, which is walked.
    pub fn pager(&self) -> Option<Arc<dyn pages::Pager>> {
        match &self.base {
            #[cfg(feature = "cloud")]
            Base::Bucket(bucket) => Some(Arc::new(bucket.clone())),
            Base::Listed(pager) => Some(Arc::clone(pager)),
            Base::Folder(_) | Base::Unknown => None,
        }
    }

    /// The object store below, for the SQL engine.
    pub fn inner(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.inner)
    }

    /// The folder's canonical path, where this is a folder.
    pub fn path(&self) -> Option<&Path> {
        match &self.base {
            Base::Folder(folder) => Some(folder),
            _ => None,
        }
    }

    /// The bucket and what keys begin with in it, where this is a place in a bucket.
    pub fn bucket(&self) -> Option<(&str, &str)> {
        match &self.base {
            #[cfg(feature = "cloud")]
            Base::Bucket(bucket) => Some((&bucket.place().bucket, &bucket.place().prefix)),
            _ => None,
        }
    }

    /// Whether an object of the one may be an object of the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (&self.base, &other.base) {
            (Base::Folder(a), Base::Folder(b)) => a.starts_with(b) || b.starts_with(a),
            #[cfg(feature = "cloud")]
            (Base::Bucket(a), Base::Bucket(b)) => {
                let (a, b) = (a.place(), b.place());
                a.bucket == b.bucket && (a.prefix.starts_with(&b.prefix) || b.prefix.starts_with(&a.prefix))
            }
            _ => false,
        }
    }

    /// Where this is, for messages.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The whole object, or `None` where there is none.
    pub fn read(&self, path: &str) -> Result<Option<Bytes>> {
        let object = self.object_path(path)?;
        let result = block_on(async { self.inner.get(&object).await?.bytes().await });
        match result {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error("cannot read", path, &error)),
        }
    }

    /// Writes an object if there is none of this name: whole or not at all, and one of several writers wins.
    pub fn write_new(&self, path: &str, bytes: Bytes) -> Result<Created> {
        match self.put(path, bytes, PutMode::Create)? {
            Ok(()) => Ok(Created::Yes),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(Created::Exists),
            Err(error) => Err(self.error("cannot write", path, &error)),
        }
    }

    /// Writes an object, over one of this name if there is one: whole or not at all.
    pub fn write(&self, path: &str, bytes: Bytes) -> Result<()> {
        self.put(path, bytes, PutMode::Overwrite)?.map_err(|error| self.error("cannot write", path, &error))
    }

    /// Removes an object. One that is absent is fine.
    pub fn delete(&self, path: &str) -> Result<()> {
        let removed = match self.beyond_object_store(path) {
            None => block_on(self.inner.delete(&self.object_path(path)?)),
            Some(Beyond::File(file)) => {
                return match std::fs::remove_file(&file) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        Err(io_error(format!("cannot remove {path} in {}", self.location), &error))
                    }
                    _ => Ok(()),
                };
            }
            #[cfg(feature = "cloud")]
            Some(Beyond::Object(bucket, name)) => block_on(bucket.remove(&name)),
        };
        match removed {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error("cannot remove", path, &error)),
        }
    }

    /// The size of an object in bytes, or `None` where there is none.
    pub fn size(&self, path: &str) -> Result<Option<u64>> {
        match block_on(self.inner.head(&self.object_path(path)?)) {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error("cannot look at", path, &error)),
        }
    }

    /// Every object below the folder `prefix` (`""` for all) whose path is greater than `start_after`, sorted by path.
    /// What cannot be read is an error here; [`Store::walk`] names it and goes on.
    pub fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for item in self.walk(prefix, start_after)? {
            match item? {
                Walked::Object(object) => listed.push(object),
                Walked::Unreadable { path, why } => {
                    return Err(Error::failed(format!("cannot list {path} in {}", self.location)).because(why));
                }
            }
        }
        listed.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(listed)
    }

    /// Like [`Store::list`], one by one and without holding all: in a folder, what is known of an object is as fresh
    /// as the moment when the iterator hands it out.
    pub fn walk(
        &self,
        prefix: &str,
        start_after: Option<&str>,
    ) -> Result<Box<dyn Iterator<Item = Result<Walked>> + Send + '_>> {
        match &self.base {
            Base::Folder(folder) => return Ok(Box::new(walk::Folder::new(folder, prefix, start_after))),
            #[cfg(feature = "cloud")]
            Base::Bucket(bucket) => {
                let walk = s3::Walk::new(bucket, prefix, start_after);
                return Ok(Box::new(walk.map(|walked| {
                    walked.map_err(|error| store_error(format!("cannot list {}", self.location), &error))
                })));
            }
            Base::Listed(_) | Base::Unknown => {}
        }
        let prefix = (!prefix.is_empty()).then(|| self.object_path(prefix)).transpose()?;
        let mut stream = match start_after {
            Some(after) => self.inner.list_with_offset(prefix.as_ref(), &self.object_path(after)?),
            None => self.inner.list(prefix.as_ref()),
        };
        Ok(Box::new(std::iter::from_fn(move || {
            let next = block_on(stream.try_next())
                .map_err(|error| store_error(format!("cannot list {}", self.location), &error))
                .transpose()?;
            Some(next.map(|meta| {
                Walked::Object(Listed {
                    path: meta.location.to_string(),
                    size: meta.size,
                    etag: meta.e_tag.unwrap_or_default(),
                    modified_ms: meta.last_modified.timestamp_millis(),
                    archived: None,
                })
            }))
        })))
    }

    /// The paths of the objects below the folder `prefix`, sorted: cheaper than [`Store::list`] in a folder, where
    /// nothing needs to be looked at for it.
    pub fn names(&self, prefix: &str) -> Result<Vec<String>> {
        if let Some(folder) = self.path() {
            let mut names = walk::Folder::new(folder, prefix, None).names()?;
            names.sort_unstable();
            return Ok(names);
        }
        Ok(self.list(prefix, None)?.into_iter().map(|listed| listed.path).collect())
    }

    /// Removes the empty folders below `prefix`, and `prefix` itself if it is empty then. Nothing where this is no
    /// folder: a bucket has none.
    pub fn remove_empty_folders(&self, prefix: &str) -> Result<()> {
        let Some(root) = self.path() else { return Ok(()) };
        let start = root.join(prefix);
        walk::remove_empty(&start)
            .map_err(|error| io_error(format!("cannot remove the empty folders below {}", start.display()), &error))
    }

    fn put(&self, path: &str, bytes: Bytes, mode: PutMode) -> Result<object_store::Result<()>> {
        let object = self.object_path(path)?;
        let mut tries = 0;
        loop {
            let options = PutOptions { mode: mode.clone(), ..PutOptions::default() };
            let result = block_on(self.inner.put_opts(&object, PutPayload::from(bytes.clone()), options)).map(|_| ());
            tries += 1;
            match &result {
                // A folder's upload is a file beside the object until it is whole. A run that takes it for the remains
                // of a dead one may have removed it.
                Err(error) if tries < PUT_TRIES && is_not_found(error) => {}
                _ => return Ok(result),
            }
        }
    }

    fn object_path(&self, path: &str) -> Result<ObjectPath> {
        ObjectPath::parse(path).map_err(|error| {
            Error::failed(format!("{path:?} cannot name an object in {}", self.location)).because(error)
        })
    }

    /// What a path stands for that object_store cannot address.
    fn beyond_object_store(&self, path: &str) -> Option<Beyond> {
        match &self.base {
            Base::Folder(folder) => {
                (!names::is_ordinary(path)).then(|| Beyond::File(folder.join(names::file_of(path))))
            }
            #[cfg(feature = "cloud")]
            Base::Bucket(bucket) => {
                (!names::is_object_path(path)).then(|| Beyond::Object(bucket.clone(), names::object_of(path)))
            }
            Base::Listed(_) | Base::Unknown => None,
        }
    }

    fn error(&self, what: &str, path: &str, error: &object_store::Error) -> Error {
        store_error(format!("{what} {path} in {}", self.location), error)
    }
}

/// What object_store cannot address.
enum Beyond {
    File(PathBuf),
    #[cfg(feature = "cloud")]
    Object(s3::Bucket, String),
}
