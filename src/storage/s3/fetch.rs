//! Fetching an object before it is asked for.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::{Error, GetOptions, Result};
use tokio::task::JoinHandle;

use super::{Bucket, STORE, get};
use crate::aws::direct::Get;

/// How long the first try of an object that is read whole may take.
const PATIENCE: Duration = Duration::from_secs(20);

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
    pub(super) fn new(bucket: Bucket, wanted: Wanted) -> Self {
        let tasks = bucket.tasks.clone();
        Self(tasks.spawn(fetch(bucket, wanted)))
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

/// Which object is fetched, and how.
pub(super) struct Wanted {
    pub(super) key: String,
    pub(super) etag: String,
    /// How many bytes it was listed with.
    pub(super) size: u64,
    /// At most this many bytes are held before they are asked for; what is larger is streamed.
    pub(super) whole: u64,
}

async fn fetch(bucket: Bucket, wanted: Wanted) -> Result<Fetched> {
    if wanted.size <= wanted.whole
        && let Some(bytes) = directly(&bucket, &wanted).await
    {
        return Ok(Fetched::Whole(bytes));
    }
    let Wanted { key, etag, whole, .. } = wanted;
    let options = GetOptions { if_match: Some(etag), ..GetOptions::default() };
    let answer = get::ask(&bucket, &key, &options).await?;
    let (_, mut reading) = get::reading(bucket, key, answer)?;
    let size = reading.left();
    if size > whole {
        return Ok(Fetched::Stream(get::stream(reading)));
    }
    let mut bytes = buffer(size);
    while let Some(chunk) = reading.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(Fetched::Whole(bytes.into()))
}

/// A chunk is a part of the connection's buffer, which it keeps alive: what waits to be read is copied out of it.
fn buffer(size: u64) -> Vec<u8> {
    Vec::with_capacity(usize::try_from(size).unwrap_or_default())
}

/// The object as the first try gives it, which is none of the SDK's; `None` if it does not give just that object.
async fn directly(bucket: &Bucket, wanted: &Wanted) -> Option<Bytes> {
    let _place = bucket.pace.place().await;
    let get = Get { key: &wanted.key, etag: &wanted.etag, owner: &bucket.place.owner };
    let got = async {
        let answer = bucket.direct.get(get).await?;
        let status = answer.status().as_u16();
        bucket.pace.told(status);
        if status != 200 {
            return None;
        }
        let (mut body, mut bytes) = (ByteStream::new(answer.into_body()), buffer(wanted.size));
        while let Some(chunk) = body.next().await {
            let chunk = chunk.ok().filter(|chunk| (bytes.len() + chunk.len()) as u64 <= wanted.size)?;
            bytes.extend_from_slice(&chunk);
        }
        (bytes.len() as u64 == wanted.size).then(|| bytes.into())
    };
    tokio::time::timeout(PATIENCE, got).await.ok()?
}
