//! Fetching an object before it is asked for.

use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::{Error, GetOptions, Result};
use tokio::task::JoinHandle;

use super::{Bucket, STORE, get};

/// What has been fetched.
pub(in crate::storage) enum Fetched {
    /// All of it.
    Whole(Bytes),
    /// Its head; the body comes as it is read.
    Stream(BoxStream<'static, Result<Bytes>>),
}

/// An object on its way, which is given up when this is dropped.
pub(in crate::storage) struct Coming(JoinHandle<Result<Fetched>>);

impl Coming {
    /// At most `whole` bytes are held before they are asked for; what is larger is streamed.
    pub(super) fn new(bucket: Bucket, key: String, etag: String, whole: u64) -> Self {
        let tasks = bucket.tasks.clone();
        Self(tasks.spawn(fetch(bucket, key, etag, whole)))
    }

    /// Waits for it.
    pub(in crate::storage) async fn arrived(mut self) -> Result<Fetched> {
        let done = (&mut self.0).await;
        done.unwrap_or_else(|error| Err(Error::Generic { store: STORE, source: Box::new(error) }))
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn fetch(bucket: Bucket, key: String, etag: String, whole: u64) -> Result<Fetched> {
    let options = GetOptions { if_match: Some(etag), ..GetOptions::default() };
    let answer = get::ask(&bucket, &key, &options).await?;
    let (_, mut reading) = get::reading(bucket, key, answer)?;
    let size = reading.left();
    if size > whole {
        return Ok(Fetched::Stream(get::stream(reading)));
    }
    // A chunk is a part of the connection's buffer, which it keeps alive: what waits here is copied out of it.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    while let Some(chunk) = reading.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(Fetched::Whole(bytes.into()))
}
