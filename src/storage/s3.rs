//! A bucket's prefix: object_store's trait over the AWS SDK's S3 client.
//!
//! object_store has an S3 client of its own. Ours is used instead because the SDK is linked anyway (one HTTP stack, and
//! the credential chain of aws-config, which renews what expires in a long run), and because every call here names the
//! owner that the bucket must have (`x-amz-expected-bucket-owner`): a bucket of a known name that was deleted and made
//! again in another account is then neither read nor written to. object_store's client cannot sign that header.
//!
//! The SDK's answers need a tokio runtime, and [`super::Store`] waits for them on plain threads. So each operation is a task
//! on the session's runtime, and what is awaited here is only its end.
//!
//! Calls: GetObject, HeadObject, PutObject, DeleteObject, ListObjectsV2.

mod errors;
mod fetch;
mod get;
mod list;
mod put;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_sdk_s3::Client;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path as ObjectPath;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::runtime::Handle;

use crate::aws::direct::Direct;
use crate::aws::pace::Pace;
use crate::aws::{BucketClient, Session};
use crate::pipeline::Place;
use crate::storage::pages::Found;
pub(super) use fetch::{Coming, Fetched};
pub(super) use list::Walk;

/// For messages of object_store.
const STORE: &str = "S3";
/// How many objects are removed at the same time.
const DELETES_AT_ONCE: usize = 8;

/// A prefix of a bucket. Cheap to clone.
#[derive(Clone)]
pub struct Bucket {
    client: Client,
    pace: Pace,
    direct: Direct,
    tasks: Handle,
    place: Arc<Place>,
    /// Keeps the runtime of `tasks` alive.
    _session: Arc<Session>,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({self})")
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.place.bucket, self.place.prefix)
    }
}

impl Bucket {
    /// The place, reached with the session's credentials. Asks S3 nothing yet.
    pub fn new(session: &Session, place: &Place) -> Self {
        let session = session.in_region(&place.region);
        let BucketClient { client, pace, direct } = session.bucket_client(&place.bucket);
        let tasks = session.tasks();
        Self { client, pace, direct, tasks, place: Arc::new(place.clone()), _session: Arc::new(session) }
    }

    /// The key of the object that is called `path` below the prefix. The prefix is no folder: `logs/my` and
    /// `2026-01-01-…` make one name, as they do where S3 delivers access logs.
    fn key(&self, path: &str) -> String {
        format!("{}{path}", self.place.prefix)
    }

    /// Where this is.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Does `work` on the session's runtime.
    async fn task<T: Send + 'static>(&self, work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        let done = self.tasks.spawn(work).await;
        done.unwrap_or_else(|error| Err(object_store::Error::Generic { store: STORE, source: Box::new(error) }))
    }

    /// Gives the object at `path`, which need not be a path in the sense of object_store.
    pub(super) async fn get(&self, path: &str, options: GetOptions) -> Result<GetResult> {
        let (bucket, path) = (self.clone(), path.to_owned());
        self.task(async move { get::get(bucket, path, options).await }).await
    }

    /// Begins to fetch the version `etag` of the object at `path`, which was listed with `size` bytes: all of it if it has no more
    /// than `whole`.
    pub(super) fn fetch(&self, path: &str, etag: &str, size: u64, whole: u64) -> Coming {
        Coming::new(self.clone(), fetch::Wanted { key: self.key(path), etag: etag.to_owned(), size, whole })
    }

    /// Removes the object at `path`. One that is absent is fine for S3.
    pub(super) async fn remove(&self, path: &str) -> Result<()> {
        let (bucket, key) = (self.clone(), self.key(path));
        self.task(async move {
            let _place = bucket.pace.place().await;
            let request = bucket.client.delete_object().bucket(&bucket.place.bucket).key(&key);
            let answer = request.expected_bucket_owner(&bucket.place.owner).send().await;
            answer.map(drop).map_err(|error| errors::failed(&bucket.place, &key, &error))
        })
        .await
    }

    /// What object_store knows of a listed object; `None` for a key that its paths cannot be.
    fn meta(&self, found: Found) -> Option<ObjectMeta> {
        let path = found.key.strip_prefix(self.place.prefix.as_str())?;
        let location = ObjectPath::parse(path).ok().filter(|location| location.as_ref() == path)?;
        let since = Duration::from_millis(u64::try_from(found.modified_ms).unwrap_or_default());
        let last_modified = (SystemTime::UNIX_EPOCH + since).into();
        Some(ObjectMeta { location, last_modified, size: found.size, e_tag: Some(found.etag), version: None })
    }

    fn listing(
        &self,
        prefix: Option<&ObjectPath>,
        offset: Option<&ObjectPath>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let folder = prefix.map_or_else(String::new, |prefix| format!("{prefix}/"));
        let pages = list::Pages::new(self.clone(), &folder, offset.map(ObjectPath::as_ref), false);
        let bucket = self.clone();
        futures::stream::unfold(pages, |mut pages| async move { Some((pages.next().await?, pages)) })
            .map_ok(move |page| {
                let metas: Vec<_> = page.objects.into_iter().filter_map(|found| bucket.meta(found)).map(Ok).collect();
                futures::stream::iter(metas)
            })
            .try_flatten()
            .boxed()
    }
}

/// The trait's own listings leave out keys that its paths cannot be; [`super::Store`] walks the bucket by itself.
#[async_trait]
impl ObjectStore for Bucket {
    async fn put_opts(&self, location: &ObjectPath, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let create = match options.mode {
            PutMode::Overwrite => false,
            PutMode::Create => true,
            PutMode::Update(_) => return Err(not_offered("PutMode::Update")),
        };
        let (bucket, key) = (self.clone(), self.key(location.as_ref()));
        self.task(async move { put::put(bucket, key, payload.into(), create).await }).await
    }

    /// Not offered, as is copying: nothing here writes an object of gigabytes, and a call that nobody makes need not be
    /// allowed to any role.
    async fn put_multipart_opts(&self, _: &ObjectPath, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(not_offered("put_multipart"))
    }

    async fn get_opts(&self, location: &ObjectPath, options: GetOptions) -> Result<GetResult> {
        self.get(location.as_ref(), options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<ObjectPath>>,
    ) -> BoxStream<'static, Result<ObjectPath>> {
        let bucket = self.clone();
        locations
            .map(move |location| {
                let bucket = bucket.clone();
                async move {
                    let location = location?;
                    bucket.remove(location.as_ref()).await.map(|()| location)
                }
            })
            .buffered(DELETES_AT_ONCE)
            .boxed()
    }

    fn list(&self, prefix: Option<&ObjectPath>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listing(prefix, None)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&ObjectPath>,
        offset: &ObjectPath,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listing(prefix, Some(offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&ObjectPath>) -> Result<ListResult> {
        let folder = prefix.map_or_else(String::new, |prefix| format!("{prefix}/"));
        let mut pages = list::Pages::new(self.clone(), &folder, None, true);
        let mut result = ListResult { common_prefixes: Vec::new(), objects: Vec::new() };
        while let Some(page) = pages.next().await.transpose()? {
            result.objects.extend(page.objects.into_iter().filter_map(|found| self.meta(found)));
            let paths = page.folders.iter().filter_map(|key| key.strip_prefix(self.place.prefix.as_str()));
            result.common_prefixes.extend(paths.filter_map(|path| ObjectPath::parse(path).ok()));
        }
        Ok(result)
    }

    async fn copy_opts(&self, _: &ObjectPath, _: &ObjectPath, _: CopyOptions) -> Result<()> {
        Err(not_offered("copy"))
    }
}

fn not_offered(operation: &str) -> object_store::Error {
    object_store::Error::NotImplemented { operation: operation.to_owned(), implementer: STORE.to_owned() }
}
