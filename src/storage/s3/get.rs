//! Reading an object.

use std::ops::Range;
use std::time::SystemTime;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path as ObjectPath;
use object_store::{Attributes, Error, GetOptions, GetRange, GetResult, GetResultPayload, ObjectMeta, Result};
use tokio::sync::mpsc;

use super::{Bucket, STORE, errors};

/// How many chunks of a body wait for its reader.
const CHUNKS_AHEAD: usize = 4;
/// How often a body that breaks off is gone on with where it broke off, without a byte in between.
const RESUMPTIONS: u32 = 5;

/// What the head of an answer says.
struct Head {
    etag: Option<String>,
    version: Option<String>,
    modified: Option<DateTime>,
    length: Option<i64>,
    content_range: Option<String>,
}

/// Gives the object at `path` below the bucket's prefix.
pub(super) async fn get(bucket: Bucket, path: String, options: GetOptions) -> Result<GetResult> {
    let key = bucket.key(&path);
    if options.head {
        let (meta, range) = meta(&path, head(&bucket, &key, &options).await?)?;
        let payload = GetResultPayload::Stream(futures::stream::empty().boxed());
        return Ok(GetResult { payload, meta, range, attributes: Attributes::default() });
    }
    let answer = ask(&bucket, &key, &options).await?;
    let (mut meta, reading) = reading(bucket, key, answer)?;
    meta.location = ObjectPath::from(path);
    let (range, payload) = (reading.at..reading.end, GetResultPayload::Stream(stream(reading)));
    Ok(GetResult { payload, meta, range, attributes: Attributes::default() })
}

/// What an answer says of the object, and its body.
pub(super) fn reading(bucket: Bucket, key: String, mut answer: GetObjectOutput) -> Result<(ObjectMeta, Reading)> {
    let body = std::mem::take(&mut answer.body);
    let (meta, range) = meta(&key, head_of(answer))?;
    let etag = meta.e_tag.clone();
    Ok((meta, Reading { bucket, key, etag, body, at: range.start, end: range.end, resumptions: 0 }))
}

fn head_of(answer: GetObjectOutput) -> Head {
    Head {
        etag: answer.e_tag,
        version: answer.version_id,
        modified: answer.last_modified,
        length: answer.content_length,
        content_range: answer.content_range,
    }
}

/// Asks for an object. The place among the requests under way is given up with the head of the answer: who waits for a
/// place may be who the body's reader waits for.
pub(super) async fn ask(bucket: &Bucket, key: &str, options: &GetOptions) -> Result<GetObjectOutput> {
    let _place = bucket.pace.place().await;
    let request = bucket.client.get_object().bucket(&bucket.place.bucket).key(key);
    let answer = request
        .expected_bucket_owner(&bucket.place.owner)
        .set_if_match(options.if_match.clone())
        .set_if_none_match(options.if_none_match.clone())
        .set_if_modified_since(options.if_modified_since.map(|time| SystemTime::from(time).into()))
        .set_if_unmodified_since(options.if_unmodified_since.map(|time| SystemTime::from(time).into()))
        .set_version_id(options.version.clone())
        .set_range(options.range.as_ref().map(GetRange::to_string))
        .send();
    answer.await.map_err(|error| errors::failed(&bucket.place, key, &error))
}

async fn head(bucket: &Bucket, key: &str, options: &GetOptions) -> Result<Head> {
    let _place = bucket.pace.place().await;
    let request = bucket.client.head_object().bucket(&bucket.place.bucket).key(key);
    let answer = request
        .expected_bucket_owner(&bucket.place.owner)
        .set_if_match(options.if_match.clone())
        .set_if_none_match(options.if_none_match.clone())
        .set_version_id(options.version.clone())
        .send();
    let answer = answer.await.map_err(|error| errors::failed(&bucket.place, key, &error))?;
    Ok(Head {
        etag: answer.e_tag,
        version: answer.version_id,
        modified: answer.last_modified,
        length: answer.content_length,
        content_range: None,
    })
}

/// What object_store wants to know of an object, and which of its bytes the body holds.
fn meta(path: &str, head: Head) -> Result<(ObjectMeta, Range<u64>)> {
    let length = head.length.and_then(|length| u64::try_from(length).ok());
    let whole = || length.map(|length| (0..length, length));
    let (range, size) = match &head.content_range {
        Some(text) => content_range(text),
        None => whole(),
    }
    .ok_or_else(|| Error::Generic { store: STORE, source: format!("the answer for {path} has no length").into() })?;
    let modified = head.modified.and_then(|time| SystemTime::try_from(time).ok()).unwrap_or(SystemTime::UNIX_EPOCH);
    let meta = ObjectMeta {
        location: ObjectPath::from(path),
        last_modified: modified.into(),
        size,
        e_tag: head.etag,
        version: head.version,
    };
    Ok((meta, range))
}

/// The range and the whole length that `bytes 0-9/100` names.
fn content_range(text: &str) -> Option<(Range<u64>, u64)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?..last.parse::<u64>().ok()?.checked_add(1)?, size.parse().ok()?))
}

/// The body, chunk by chunk, read on the session's runtime a little ahead of whoever takes it.
pub(super) fn stream(mut reading: Reading) -> BoxStream<'static, Result<Bytes>> {
    let (send, receive) = mpsc::channel(CHUNKS_AHEAD);
    let tasks = reading.bucket.tasks.clone();
    tasks.spawn(async move {
        while let Some(chunk) = reading.next().await {
            let failed = chunk.is_err();
            // Nobody reads any more, or there is nothing more to be read.
            if send.send(chunk).await.is_err() || failed {
                break;
            }
        }
    });
    futures::stream::unfold(receive, |mut receive| async move { Some((receive.recv().await?, receive)) }).boxed()
}

/// A body that is being read.
pub(super) struct Reading {
    bucket: Bucket,
    key: String,
    etag: Option<String>,
    body: ByteStream,
    at: u64,
    end: u64,
    /// Since the last byte.
    resumptions: u32,
}

impl Reading {
    /// How many bytes are yet to come.
    pub(super) fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }

    pub(super) async fn next(&mut self) -> Option<Result<Bytes>> {
        loop {
            let why = match self.body.next().await {
                Some(Ok(chunk)) => {
                    self.at += chunk.len() as u64;
                    self.resumptions = 0;
                    return Some(Ok(chunk));
                }
                None if self.at == self.end => return None,
                None => "the body ended too early".into(),
                Some(Err(error)) => Box::<dyn std::error::Error + Send + Sync>::from(error),
            };
            // All bytes are there, and more, or it breaks off again and again.
            if self.at >= self.end || self.etag.is_none() || self.resumptions >= RESUMPTIONS {
                return Some(Err(Error::Generic { store: STORE, source: why }));
            }
            self.resumptions += 1;
            if let Err(error) = self.resume().await {
                return Some(Err(error));
            }
        }
    }

    /// Opens the rest of the same version.
    async fn resume(&mut self) -> Result<()> {
        let range = Some(GetRange::Bounded(self.at..self.end));
        let options = GetOptions { if_match: self.etag.clone(), range, ..GetOptions::default() };
        self.body = ask(&self.bucket, &self.key, &options).await?.body;
        Ok(())
    }
}
