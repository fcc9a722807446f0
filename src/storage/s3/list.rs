//! Listing: by the page, with the next page asked for while one is looked at.

use std::time::SystemTime;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{EncodingType, Object, OptionalObjectAttributes};
use futures::executor::block_on;
use object_store::{Error, Result};
use tokio::task::JoinHandle;

use super::{Bucket, STORE, errors};
use crate::storage::pages::{self, Found, Pager};
use crate::storage::{Archive, Walked, names, store_error};

/// A page of a listing.
#[derive(Default)]
pub(super) struct Page {
    /// With their whole keys.
    pub(super) objects: Vec<Found>,
    /// What keys have in common up to a slash, if that was asked for.
    pub(super) folders: Vec<String>,
    /// Keys that are no text.
    odd: Vec<String>,
    next: Option<String>,
}

/// What is asked for.
#[derive(Clone)]
struct Query {
    bucket: Bucket,
    prefix: String,
    start_after: Option<String>,
    by_folder: bool,
}

/// The pages of a listing.
pub(super) struct Pages {
    query: Query,
    coming: Option<JoinHandle<Result<Page>>>,
}

impl Pages {
    /// What lies below `prefix` and comes after `start_after`, both below the bucket's prefix.
    pub(super) fn new(bucket: Bucket, prefix: &str, start_after: Option<&str>, by_folder: bool) -> Self {
        let prefix = bucket.key(prefix);
        let start_after = start_after.map(|after| bucket.key(after));
        let query = Query { bucket, prefix, start_after, by_folder };
        let coming = Some(query.ask(None));
        Self { query, coming }
    }

    /// The next page; `None` after the last one, and after an error.
    pub(super) async fn next(&mut self) -> Option<Result<Page>> {
        let done = self.coming.take()?.await;
        let page = done.unwrap_or_else(|error| Err(Error::Generic { store: STORE, source: Box::new(error) }));
        if let Ok(Page { next: Some(token), .. }) = &page {
            self.coming = Some(self.query.ask(Some(token.clone())));
        }
        Some(page)
    }
}

impl Query {
    fn ask(&self, token: Option<String>) -> JoinHandle<Result<Page>> {
        let query = self.clone();
        self.bucket.tasks.spawn(async move {
            let place = &query.bucket.place;
            let _place = query.bucket.pace.place().await;
            let request = query.bucket.client.list_objects_v2().bucket(&place.bucket);
            let answer = request
                .expected_bucket_owner(&place.owner)
                .prefix(&query.prefix)
                .set_start_after(query.start_after.clone().filter(|_| token.is_none()))
                .set_delimiter(query.by_folder.then(|| "/".to_owned()))
                .set_continuation_token(token)
                // A key may hold characters that XML cannot (ListObjectsV2, `encoding-type`).
                .encoding_type(EncodingType::Url)
                // The class of an archived object stays what it was when it is restored.
                .optional_object_attributes(OptionalObjectAttributes::RestoreStatus)
                .send();
            page(answer.await.map_err(|error| errors::failed(place, &query.prefix, &error))?)
        })
    }
}

fn page(answer: ListObjectsV2Output) -> Result<Page> {
    let encoded = answer.encoding_type() == Some(&EncodingType::Url);
    let mut page = Page::default();
    if answer.is_truncated() == Some(true) {
        let missing =
            || Error::Generic { store: STORE, source: "a page of a listing does not say where it goes on".into() };
        page.next = Some(answer.next_continuation_token.ok_or_else(missing)?);
    }
    for object in answer.contents.unwrap_or_default() {
        let key = object.key.clone().unwrap_or_default();
        match if encoded { decode(&key) } else { Some(key.clone()) } {
            Some(key) => page.objects.push(found(key, object)),
            None => page.odd.push(key),
        }
    }
    for folder in answer.common_prefixes.unwrap_or_default() {
        let folder = folder.prefix.unwrap_or_default();
        page.folders.extend(if encoded { decode(&folder) } else { Some(folder) });
    }
    Ok(page)
}

fn found(key: String, object: Object) -> Found {
    let modified = object.last_modified.and_then(|time| SystemTime::try_from(time).ok());
    let since = modified.unwrap_or(SystemTime::UNIX_EPOCH).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let archived = object.storage_class().and_then(|class| Archive::of_class(class.as_str()));
    let archived = archived.filter(|_| !is_restored(&object));
    Found {
        key,
        size: object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
        etag: object.e_tag.unwrap_or_default(),
        modified_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        archived,
    }
}

/// Whether a copy of an archived object can be read (API reference, "RestoreStatus"): one that is gone is listed without.
fn is_restored(object: &Object) -> bool {
    let status = object.restore_status();
    status
        .is_some_and(|status| status.is_restore_in_progress() == Some(false) && status.restore_expiry_date().is_some())
}

/// What S3 has encoded as a form does: `%2B` is a plus, and a plus is a space.
fn decode(encoded: &str) -> Option<String> {
    String::from_utf8(names::decode(encoded.replace('+', " ").as_bytes())).ok()
}

const ELSEWHERE: &str = "it was listed below a prefix that it does not have";

/// The object with its key below the bucket's prefix, or a key that is not below it.
fn below(bucket: &Bucket, mut found: Found) -> Result<Found, String> {
    match found.key.strip_prefix(bucket.place.prefix.as_str()).map(str::to_owned) {
        Some(key) => {
            found.key = key;
            Ok(found)
        }
        None => Err(found.key),
    }
}

impl Pager for Bucket {
    fn page(&self, after: Option<&str>) -> crate::Result<pages::Page> {
        let query = Query {
            bucket: self.clone(),
            prefix: self.place.prefix.clone(),
            start_after: after.map(|after| self.key(after)),
            by_folder: false,
        };
        let done = block_on(query.ask(None));
        let page = done
            .unwrap_or_else(|error| Err(Error::Generic { store: STORE, source: Box::new(error) }))
            .map_err(|error| store_error(format!("cannot list {self}"), &error))?;
        let mut listed = pages::Page { objects: Vec::new(), odd: page.odd, more: page.next.is_some() };
        for found in page.objects {
            match below(self, found) {
                Ok(found) => listed.objects.push(found),
                Err(key) => listed.odd.push(key),
            }
        }
        Ok(listed)
    }
}

/// Everything below a prefix, one by one, for a thread that waits.
pub(in crate::storage) struct Walk {
    pages: Pages,
    page: std::vec::IntoIter<Result<Walked>>,
}

impl Walk {
    /// What lies below `prefix` and comes after `start_after`.
    pub(in crate::storage) fn new(bucket: &Bucket, prefix: &str, start_after: Option<&str>) -> Self {
        let folder = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let start_after = start_after.map(names::object_of);
        let pages = Pages::new(bucket.clone(), &folder, start_after.as_deref(), false);
        Self { pages, page: Vec::new().into_iter() }
    }

    fn walked(&self, page: Page) -> Vec<Result<Walked>> {
        let unreadable = |key: String| Walked::Unreadable { path: key, why: "its key is no text".to_owned() };
        let objects = page.objects.into_iter().filter_map(|found| self.object(found));
        objects.chain(page.odd.into_iter().map(unreadable)).map(Ok).collect()
    }

    fn object(&self, found: Found) -> Option<Walked> {
        match below(&self.pages.query.bucket, found) {
            Ok(found) => found.walked(),
            Err(key) => Some(Walked::Unreadable { path: key, why: ELSEWHERE.to_owned() }),
        }
    }
}

impl Iterator for Walk {
    type Item = Result<Walked>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(walked) = self.page.next() {
                return Some(walked);
            }
            match block_on(self.pages.next())? {
                Ok(page) => self.page = self.walked(page).into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
