//! Storage that fails on demand.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What happens at the chosen operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process dies before the operation: neither it nor any later one takes place.
    DiesBefore,
    /// The process dies after the operation, before it knows: it has taken place, but no later one.
    DiesAfter,
    /// The disk is full, from this operation on: writes fail, all else goes on.
    DiskFull,
    /// Before the operation takes place, something else does, from beginning to end.
    Meanwhile,
}

/// What takes place meanwhile.
pub type Act = Arc<dyn Fn() + Send + Sync>;

/// An object store in which something happens at the operation of a number, counted from 0.
pub struct Faulty {
    inner: Arc<dyn ObjectStore>,
    at: u64,
    fault: Fault,
    count: Arc<AtomicU64>,
    act: Act,
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {} of {}", self.fault, self.at, self.inner)
    }
}

enum Turn {
    Go,
    GoThenFail,
}

impl Faulty {
    pub fn wrap(
        fault: Fault,
        at: u64,
        count: &Arc<AtomicU64>,
    ) -> impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
        let count = Arc::clone(count);
        move |inner| Arc::new(Self { inner, at, fault, count, act: Arc::new(|| ()) })
    }

    /// Lets `act` take place before the operation `at`.
    pub fn meanwhile(
        at: u64,
        count: &Arc<AtomicU64>,
        act: Act,
    ) -> impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
        let count = Arc::clone(count);
        move |inner| Arc::new(Self { inner, at, fault: Fault::Meanwhile, count, act })
    }

    fn turn(&self, is_write: bool) -> Result<Turn> {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            _ if number < self.at => Ok(Turn::Go),
            Fault::DiesAfter if number == self.at => Ok(Turn::GoThenFail),
            Fault::DiesBefore | Fault::DiesAfter => Err(dead()),
            Fault::DiskFull if is_write => Err(generic(std::io::ErrorKind::StorageFull.into())),
            Fault::Meanwhile if number == self.at => {
                let act = Arc::clone(&self.act);
                // On a thread of its own, as storage may wait for itself there.
                std::thread::spawn(move || act()).join().expect("what happens meanwhile succeeds");
                Ok(Turn::Go)
            }
            Fault::DiskFull | Fault::Meanwhile => Ok(Turn::Go),
        }
    }
}

fn generic(error: std::io::Error) -> Error {
    Error::Generic { store: "faulty", source: Box::new(error) }
}

fn dead() -> Error {
    generic(std::io::Error::other("the process is dead"))
}

fn then<T>(turn: Turn, result: Result<T>) -> Result<T> {
    match turn {
        Turn::Go => result,
        Turn::GoThenFail => result.and(Err(dead())),
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let turn = self.turn(true)?;
        then(turn, self.inner.put_opts(location, payload, options).await)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let turn = self.turn(false)?;
        then(turn, self.inner.get_opts(location, options).await)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.turn(false) {
            Ok(Turn::Go) => self.inner.delete_stream(locations),
            Ok(Turn::GoThenFail) => {
                self.inner.delete_stream(locations).map(|result| result.and_then(|_| Err(dead()))).boxed()
            }
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
