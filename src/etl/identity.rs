//! Which program this is.

use std::sync::OnceLock;
use std::time::SystemTime;

use super::model::FORMAT_VERSION;
use super::state;

/// Identifies this program: another build may write other bytes from the same objects, so it does not go on with this
/// one's plans. Made from the version and from the size and time of the program's file: a checksum of a file of a
/// hundred megabytes would cost more than a run that finds nothing new. A copy counts as another program, at the price
/// of doing an unfinished plan's shards again.
pub fn this_program() -> String {
    static IDENTITY: OnceLock<String> = OnceLock::new();
    let identity = || {
        let version = env!("CARGO_PKG_VERSION");
        let file = std::env::current_exe().and_then(std::fs::metadata);
        let size = file.as_ref().map_or(0, std::fs::Metadata::len);
        let modified = file.and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let nanos = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let hash = state::sha256(format!("{version} {FORMAT_VERSION} {size} {nanos}").as_bytes());
        format!("bucketscope-{version}-{}", hash.get(..16).unwrap_or(&hash))
    };
    IDENTITY.get_or_init(identity).clone()
}
