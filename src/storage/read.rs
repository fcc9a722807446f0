//! Reading one version of an object from first to last byte.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use bytes::{Buf, Bytes};
use futures::StreamExt;
use futures::executor::block_on;
use futures::stream::BoxStream;
use object_store::{GetResult, GetResultPayload};

use crate::etl::model::NotRead;

/// An object that was opened, or why it was not.
pub enum Opened {
    /// Yields the version that was asked for, or an error whose `get_ref` downcasts to [`ChangedWhileRead`].
    Stream(Box<dyn Read + Send>),
    /// It is not to be read now.
    NotRead(NotRead),
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Opened::Stream(_) => f.write_str("Stream"),
            Opened::NotRead(why) => write!(f, "NotRead({why:?})"),
        }
    }
}

/// An object became another version while it was read: nothing of what was read of it may count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the object changed while it was read")]
pub struct ChangedWhileRead;

/// Says of a refused read that the object has to be restored first.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Archived(pub(super) crate::Error);

/// Whether an object was refused because it is archived.
pub(super) fn is_archived(error: &object_store::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<Archived>())
}

/// The reader over what object_store opened with `etag` as a condition.
pub(super) fn opened(result: GetResult, etag: &str) -> Opened {
    Opened::Stream(match result.payload {
        GetResultPayload::File(file, _) => Box::new(GuardedFile { file, etag: etag.to_owned() }),
        GetResultPayload::Stream(stream) => Box::new(Streamed { stream, chunk: Bytes::new() }),
    })
}

/// The reader over what was fetched beforehand.
#[cfg(feature = "cloud")]
pub(super) fn fetched(fetched: super::s3::Fetched) -> Opened {
    use super::s3::Fetched;
    Opened::Stream(match fetched {
        Fetched::Whole(bytes) => Box::new(bytes.reader()),
        Fetched::Stream(stream) => Box::new(Streamed { stream, chunk: Bytes::new() }),
    })
}

/// Opens a file that object_store cannot address.
pub(super) fn open_file(path: &Path, etag: &str) -> io::Result<Opened> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => return Ok(Opened::NotRead(NotRead::Vanished)),
            io::ErrorKind::PermissionDenied => return Ok(Opened::NotRead(NotRead::Denied)),
            _ => return Err(error),
        },
    };
    if etag_of(&file.metadata()?) != etag {
        return Ok(Opened::NotRead(NotRead::Changed));
    }
    Ok(Opened::Stream(Box::new(GuardedFile { file, etag: etag.to_owned() })))
}

/// A file whose ETag is compared once more at its end: a file, unlike an object, can be written to while it is read.
struct GuardedFile {
    file: File,
    etag: String,
}

impl Read for GuardedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if read == 0 && !buffer.is_empty() && etag_of(&self.file.metadata()?) != self.etag {
            return Err(io::Error::other(ChangedWhileRead));
        }
        Ok(read)
    }
}

/// A stream of chunks as a reader.
struct Streamed {
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    chunk: Bytes,
}

impl Read for Streamed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match block_on(self.stream.next()) {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(object_store::Error::Precondition { .. })) => return Err(io::Error::other(ChangedWhileRead)),
                Some(Err(error)) => return Err(io::Error::other(error)),
                None => return Ok(0),
            }
        }
        let count = self.chunk.len().min(buffer.len());
        if let Some(into) = buffer.get_mut(..count) {
            self.chunk.copy_to_slice(into);
        }
        Ok(count)
    }
}

/// The ETag of a file, as object_store's folder implementation makes it (inode, time in microseconds, size, in hex), so
/// that what we list can be a condition for what it opens; a test compares the two.
pub(super) fn etag_of(metadata: &Metadata) -> String {
    let modified = metadata.modified().ok();
    let micros = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()).unwrap_or_default();
    format!("{:x}-{:x}-{:x}", inode(metadata), micros.as_micros(), metadata.len())
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> u64 {
    0
}
