//! What lies where under `_state/`, and how it is read and written: small objects, made with create-if-absent alone.
//!
//! ```text
//! _state/format.json                        the version; newer is refused
//! _state/destroying.json                    stands there while the lake is being destroyed
//! _state/lease/<epoch>.json                 who is at work; saves double work, decides nothing
//! _state/plans/<plan>/plan.json             exists when the plan is complete
//! _state/plans/<plan>/lists/<shard>-<hash>.tsv   the objects of a shard; stays, as what is known, after the commit
//! _state/plans/<plan>/done/<shard>.json     a shard's done-file
//! _state/log/<sequence>.json                the commits: the only truth about what the lake holds
//! _state/listed/<number>.json               how far the buckets have been listed
//! _state/rejects/<plan>-<shard>….ndjson     the lines that are no records
//! _state/cleared/<sequence>.json            what this compaction replaced is removed
//! ```

use bytes::Bytes;
use crc_fast::CrcAlgorithm;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::model::FORMAT_VERSION;
use super::places;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::{Created, Store, names};

/// Everything that is no table.
pub const STATE: &str = "_state";
/// Says which version the state has.
pub const FORMAT: &str = "_state/format.json";
/// Stands there while a lake is being destroyed.
pub const DESTROYING: &str = "_state/destroying.json";
/// The commits.
pub const LOG: &str = "_state/log";
/// The plans.
pub const PLANS: &str = "_state/plans";
/// The lease's epochs.
pub const LEASE: &str = "_state/lease";
/// How far the sources have been listed.
pub const LISTED: &str = "_state/listed";
/// The reject files.
pub const REJECTS: &str = "_state/rejects";

/// `_state/format.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Format {
    format_version: u32,
    made_by: String,
}

impl Format {
    fn ours() -> Self {
        Self { format_version: FORMAT_VERSION, made_by: format!("bucketscope {}", env!("CARGO_PKG_VERSION")) }
    }
}

/// Names a plan: the commit that it is for, and which attempt at it. Its outputs begin with this name, so that what
/// another attempt wrote is never mistaken for ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlanId {
    /// The sequence of the commit that the plan is for, from 1.
    pub sequence: u64,
    /// From 1.
    pub attempt: u32,
}

impl std::fmt::Display for PlanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:012}-a{}", self.sequence, self.attempt)
    }
}

impl PlanId {
    /// The plan that a name is or begins with: `000000000007-a1` or `000000000007-a1-00003-00000.parquet`.
    pub fn leading(name: &str) -> Option<Self> {
        let sequence = sequence(name.get(..12)?)?;
        let rest = name.get(12..)?.strip_prefix("-a")?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (attempt, after) = rest.split_at_checked(digits)?;
        if !after.is_empty() && !after.starts_with('-') {
            return None;
        }
        Some(Self { sequence, attempt: attempt.parse().ok()? })
    }

    /// Where the plan's own objects lie.
    pub fn folder(self) -> String {
        format!("{PLANS}/{self}")
    }

    /// The object whose existence makes the plan complete.
    pub fn file(self) -> String {
        format!("{PLANS}/{self}/plan.json")
    }

    /// A shard's done-file.
    pub fn done(self, shard: u32) -> String {
        format!("{PLANS}/{self}/done/{shard:05}.json")
    }
}

/// The number that a file name such as `000000000007.json` begins with, if it does.
pub fn sequence(name: &str) -> Option<u64> {
    let digits = name.get(..12)?;
    let ends = name.as_bytes().get(12).is_none_or(|byte| !byte.is_ascii_digit());
    (ends && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

/// The commit of this sequence.
pub fn log_file(sequence: u64) -> String {
    format!("{LOG}/{sequence:012}.json")
}

/// The lease's epoch of this number.
pub fn lease_file(epoch: u64) -> String {
    format!("{LEASE}/{epoch:012}.json")
}

/// How far the sources have been listed, by this number.
pub fn listed_file(number: u64) -> String {
    format!("{LISTED}/{number:012}.json")
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The plan that wrote the data file or reject file at `path` (or began to), going by its name; `None` for a file that
/// is not ours.
pub fn written_by(path: &str) -> Option<PlanId> {
    let whole = names::upload_target(path).unwrap_or(path);
    let ours = match places::parts(whole) {
        Some(parts) => parts.name.ends_with(".parquet"),
        None => {
            let name = whole.strip_prefix(REJECTS).and_then(|rest| rest.strip_prefix('/'));
            name.is_some_and(|name| !name.contains('/') && name.ends_with(".ndjson"))
        }
    };
    ours.then(|| PlanId::leading(file_name(whole))).flatten()
}

/// The sha256 of `bytes` in hex.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What of a file is kept to know it again: the CRC-64/NVME of its bytes, in hex. It tells damage, not malice, and takes a
/// thirtieth of the time of a sha256. S3 knows it too (S3 User Guide, "Checking object integrity").
pub fn checksum(bytes: &[u8]) -> String {
    format!("crc64nvme:{:016x}", crc_fast::checksum(CrcAlgorithm::Crc64Nvme, bytes))
}

/// Whether `bytes` are those of which `checksum` was made, by this version or an earlier one.
pub fn is_whole(bytes: &[u8], checksum: &str) -> bool {
    match checksum.strip_prefix("crc64nvme:") {
        Some(_) => self::checksum(bytes) == checksum,
        None => sha256(bytes) == checksum,
    }
}

/// Reads a JSON object of the state, or `None` where there is none.
pub fn read<T: DeserializeOwned>(lake: &Store, path: &str) -> Result<Option<T>> {
    let Some(bytes) = lake.read(path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Error::failed(format!("cannot understand {path} in {}", lake.location()))
            .because(error)
            .hint("`bucketscope drift` shows what else is damaged; restore the file from a backup")
    })
}

/// The bytes of a JSON object of the state.
pub fn json<T: Serialize>(value: &T) -> Result<Bytes> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| Error::failed("cannot write JSON").because(error))
}

/// Writes a JSON object of the state if there is none of this name.
pub fn write_new<T: Serialize>(lake: &Store, path: &str, value: &T) -> Result<Created> {
    lake.write_new(path, json(value)?)
}

/// Leaves word that the lake is being destroyed, so that nothing takes what is left of it for a whole one.
pub fn mark_destroying(lake: &Store) -> Result<Created> {
    lake.write_new(DESTROYING, Bytes::from_static(b"{}"))
}

fn check_not_destroying(lake: &Store) -> Result<()> {
    if lake.size(DESTROYING)?.is_none() {
        return Ok(());
    }
    Err(Error::failed(format!("the lake in {} is half destroyed", lake.location()))
        .hint("run `bucketscope destroy` again to finish that; then `bucketscope deploy` makes a new lake"))
}

/// Brings the state to the version of this program, so that an older one, which would not understand what this one writes,
/// refuses it. Nothing but the version changes: what an older one wrote is read as it is.
pub fn migrate(lake: &Store) -> Result<()> {
    check_format(lake)?;
    match read::<Format>(lake, FORMAT)? {
        Some(format) if format.format_version < FORMAT_VERSION => lake.write(FORMAT, json(&Format::ours())?),
        _ => Ok(()),
    }
}

/// Makes `_state/format.json`. Says whether it was made or stood there already.
pub fn make_format(lake: &Store) -> Result<Created> {
    check_not_destroying(lake)?;
    let created = write_new(lake, FORMAT, &Format::ours())?;
    if created == Created::Exists {
        check_format(lake)?;
    }
    Ok(created)
}

/// Refuses a lake that is not deployed, or whose state a newer program wrote.
pub fn check_format(lake: &Store) -> Result<()> {
    check_not_destroying(lake)?;
    let Some(format) = read::<Format>(lake, FORMAT)? else {
        return Err(Error::new(ErrorKind::NotDeployed, format!("there is no lake in {} yet", lake.location()))
            .hint("run `bucketscope deploy` first"));
    };
    if format.format_version > FORMAT_VERSION {
        return Err(Error::failed(format!("the lake in {} is of a newer format", lake.location()))
            .because(format!(
                "it has version {}, made by {}; this program knows version {FORMAT_VERSION}",
                format.format_version, format.made_by
            ))
            .hint("use the newer program"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_the_checksum_of_this_version_and_of_earlier_ones() {
        // The check value of CRC-64/NVME.
        assert_eq!(checksum(b"123456789"), "crc64nvme:ae8b14860a799888");
        for kept in [checksum(b"123456789"), sha256(b"123456789")] {
            assert!(is_whole(b"123456789", &kept));
            assert!(!is_whole(b"123456780", &kept));
        }
        let old: crate::etl::model::OutputFile =
            serde_json::from_str(r#"{"path":"p","rows":1,"bytes":9,"sha256":"15e2b0d3"}"#).unwrap();
        assert_eq!(old.checksum, "15e2b0d3");
    }

    const TABLE: &str = crate::logs::columns::TABLE;

    #[test]
    fn a_plan_is_known_from_the_names_of_what_it_wrote() {
        let id = PlanId { sequence: 7, attempt: 12 };
        assert_eq!(id.to_string(), "000000000007-a12");
        let table = format!("{TABLE}/requestdate=2026-01-01/requesthour=00");
        assert_eq!(written_by(&format!("{table}/{id}-00003-00000.parquet")), Some(id));
        assert_eq!(written_by(&format!("{table}/{id}-00003-00000.parquet#1")), Some(id));
        let trail = format!("cloudtrail_events/eventdate=2026-01-01/eventhour=00/{id}-00003-00000.parquet");
        assert_eq!(written_by(&trail), Some(id));
        assert_eq!(written_by(&format!("_state/rejects/{id}-00003-abc.ndjson")), Some(id));
        for foreign in [
            format!("{table}/part-0.parquet"),
            format!("{TABLE}/{id}-00003-00000.parquet"),
            format!("{table}/{id}-00003-00000.csv"),
            format!("{table}/0000000000007-a1-00003-00000.parquet"),
            format!("{table}/000000000007-a1x-00003-00000.parquet"),
            format!("cloudtrail_events/requestdate=2026-01-01/requesthour=00/{id}-00003-00000.parquet"),
            format!("elsewhere/requestdate=2026-01-01/requesthour=00/{id}-00003-00000.parquet"),
        ] {
            assert_eq!(written_by(&foreign), None, "{foreign}");
        }
    }
}
