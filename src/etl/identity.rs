//! Which program this is.

use std::sync::OnceLock;
use std::time::SystemTime;

use super::model::FORMAT_VERSION;
use super::state;
use crate::error::{Error, Result};

static IDENTITY: OnceLock<String> = OnceLock::new();

/// Has this program identified by its content, where its file is a new copy each time: a job fetches the worker for each
/// run, and is to go on with what the one before began. Does nothing if the program has been identified already.
///
/// # Errors
/// If its file cannot be read.
pub fn name_by_content() -> Result<()> {
    if IDENTITY.get().is_none() {
        let program = std::env::current_exe().and_then(std::fs::read);
        let program = program.map_err(|error| Error::failed("cannot read this program's file").because(error))?;
        let hash = state::sha256(&program);
        let _ = IDENTITY.set(identity(&hash));
    }
    Ok(())
}

fn identity(hash: &str) -> String {
    format!("bucketscope-{}-{}", env!("CARGO_PKG_VERSION"), hash.get(..16).unwrap_or(hash))
}

/// Identifies this program: another build may write other bytes from the same objects, so it does not go on with this
/// one's plans. Made from the version and from the size and time of the program's file: a checksum of a file of a
/// hundred megabytes would cost more than a run that finds nothing new. A copy counts as another program, at the price
/// of doing an unfinished plan's shards again.
pub fn this_program() -> String {
    let by_file = || {
        let version = env!("CARGO_PKG_VERSION");
        let file = std::env::current_exe().and_then(std::fs::metadata);
        let size = file.as_ref().map_or(0, std::fs::Metadata::len);
        let modified = file.and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let nanos = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let hash = state::sha256(format!("{version} {FORMAT_VERSION} {size} {nanos}").as_bytes());
        identity(&hash)
    };
    IDENTITY.get_or_init(by_file).clone()
}
