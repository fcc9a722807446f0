//! A bucket's listing by the page: what lists a bucket in parallel is made of.

use super::{Archive, Listed, Walked, names};
use crate::error::Result;

/// How many keys a page has at most (API reference, "ListObjectsV2").
pub const PAGE: usize = 1_000;

/// An object of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Below the store's root, as it is.
    pub key: String,
    /// Bytes as stored.
    pub size: u64,
    /// The ETag.
    pub etag: String,
    /// When it was last modified, milliseconds since the epoch.
    pub modified_ms: i64,
    /// The storage class from which it must be restored before it can be read, if it lies in one.
    pub archived: Option<Archive>,
}

/// A page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// In the order of their keys.
    pub objects: Vec<Found>,
    /// Keys that are no text, encoded as they were listed.
    pub odd: Vec<String>,
    /// Whether there are keys behind those of this page.
    pub more: bool,
}

/// What lists a bucket: one call, one request.
pub trait Pager: Send + Sync {
    /// The first keys that are greater than `after`, below the store's root.
    fn page(&self, after: Option<&str>) -> Result<Page>;

    /// How many keys a page has if there are more behind it.
    fn page_keys(&self) -> usize {
        PAGE
    }
}

impl Found {
    /// The object as the pipeline keeps it; `None` for a folder as the S3 console makes it, of which a folder has none
    /// either.
    pub fn walked(self) -> Option<Walked> {
        if self.size == 0 && (self.key.is_empty() || self.key.ends_with('/')) {
            return None;
        }
        Some(Walked::Object(Listed {
            path: names::key_of_object(&self.key),
            size: self.size,
            etag: self.etag,
            modified_ms: self.modified_ms,
            archived: self.archived,
        }))
    }
}
