//! Opening an object, or sending for it.

use futures::executor::block_on;
use object_store::{GetOptions, ObjectStore};

use super::errors::{io_error, is_denied};
use super::{Base, Beyond, Opened, Store, ahead, read};
use crate::Result;
use crate::etl::model::NotRead;

impl Store {
    /// Opens the version `etag` of an object for reading from first to last byte: one open, no look beforehand. An
    /// object that is another version or gone by now is told, not an error.
    pub fn open(&self, path: &str, etag: &str) -> Result<Opened> {
        let options = GetOptions { if_match: Some(etag.to_owned()), ..GetOptions::default() };
        let result = match self.beyond_object_store(path) {
            None => block_on(self.inner.get_opts(&self.object_path(path)?, options)),
            Some(Beyond::File(file)) => {
                return read::open_file(&file, etag)
                    .map_err(|error| io_error(format!("cannot open {path} in {}", self.location), &error));
            }
            #[cfg(feature = "cloud")]
            Some(Beyond::Object(bucket, name)) => block_on(bucket.get(&name, options)),
        };
        self.opened(path, result.map(|result| read::opened(result, etag)))
    }

    /// An object from first to last byte, as it is now, or `None` where there is none. What breaks off on its way is gone on
    /// with where it broke off, in the same version.
    ///
    /// # Errors
    /// If it cannot be opened.
    #[cfg(feature = "cloud")]
    pub fn reader(&self, path: &str) -> Result<Option<Box<dyn std::io::Read + Send>>> {
        let object = self.object_path(path)?;
        match block_on(self.inner.get_opts(&object, GetOptions::default())) {
            Ok(result) => {
                let etag = result.meta.e_tag.clone().unwrap_or_default();
                Ok(match read::opened(result, &etag) {
                    Opened::Stream(stream) => Some(stream),
                    Opened::NotRead(_) => None,
                })
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error("cannot open", path, &error)),
        }
    }

    /// What it means that an object could not be opened.
    fn opened(&self, path: &str, result: object_store::Result<Opened>) -> Result<Opened> {
        match result {
            Ok(opened) => Ok(opened),
            Err(object_store::Error::NotFound { .. }) => Ok(Opened::NotRead(NotRead::Vanished)),
            Err(object_store::Error::Precondition { .. }) => Ok(Opened::NotRead(NotRead::Changed)),
            Err(error) if read::is_archived(&error) => Ok(Opened::NotRead(NotRead::Archived)),
            Err(error) if is_denied(&error) => Ok(Opened::NotRead(NotRead::Denied)),
            Err(error) => Err(self.error("cannot open", path, &error)),
        }
    }

    /// Whether it takes a journey to get there.
    pub(super) fn is_far(&self) -> bool {
        match &self.base {
            #[cfg(feature = "cloud")]
            Base::Bucket(_) => true,
            Base::Folder(_) | Base::Listed(_) | Base::Unknown => false,
        }
    }

    /// Sends for the version `etag` of an object; nothing of a store that is near, where it can be opened as well. Of an object
    /// of no more than `whole` bytes, all is fetched.
    #[cfg_attr(not(feature = "cloud"), expect(unused_variables, reason = "there is nothing to send for"))]
    pub(super) fn fetch(&self, path: &str, etag: &str, size: u64, whole: u64) -> Option<ahead::Fetching> {
        match &self.base {
            #[cfg(feature = "cloud")]
            Base::Bucket(bucket) => {
                let (store, path) = (self.clone(), path.to_owned());
                let coming = bucket.fetch(&super::names::object_of(&path), etag, size, whole);
                let arrived = async move { store.opened(&path, coming.arrived().await.map(read::fetched)) };
                Some(Box::pin(arrived))
            }
            Base::Folder(_) | Base::Listed(_) | Base::Unknown => None,
        }
    }
}
