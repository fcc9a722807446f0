//! The way of a record: list, plan, work, commit (ARCHITECTURE.md).

mod at_once;
pub mod clear;
pub mod commit;
pub mod compact;
pub mod destroy;
pub mod drift;
pub mod encode;
pub mod horizon;
pub mod hours;
mod identity;
pub mod inventory;
pub mod join;
pub mod known;
mod layout;
pub mod lease;
pub mod listing;
pub mod model;
pub mod places;
pub mod plan;
pub mod recent;
pub mod recover;
pub mod run;
pub mod shards;
pub mod source;
pub mod spread;
pub mod state;
pub mod status;
pub mod summary;
mod turn;
pub mod work;

pub use clear::{Cleared, clear};
pub use commit::{CommittedFile, committed};
pub use compact::{CompactOptions, CompactProgress, CompactSummary, compact_with};
pub use destroy::{Destroyed, Inventory, destroy, destroy_inventory};
pub use drift::{Drift, DriftKind, Finding, drift};
pub use identity::name_by_content;
pub use run::{run, run_over, run_with};
pub use shards::{Job, ShardWorker};
pub use source::{Listing, SourceStores};
pub use spread::{Left, Spread};
pub use status::{Health, Status, status};
pub use summary::{Event, LeftPlan, Planned, Progress, RunOptions, RunSummary, WhenBusy};

use crate::error::{Error, Result};
use crate::storage::{Created, Store};
use model::Source;

/// A lake and the sources that fill it.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Where tables and state lie.
    pub lake: Store,
    /// Where log objects come from.
    pub sources: Vec<Source>,
    /// How it works.
    pub settings: Settings,
}

/// How a pipeline works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long an object must have stayed as it is before it is read, in milliseconds. S3 shows an object when it is
    /// complete, 1 to 2 s after the time in its name; a file in a folder may still be written to.
    pub settling_ms: i64,
    /// How long after a record its object may come, in milliseconds. AWS: most come within hours, some later.
    pub lag_ms: i64,
    /// From how long before the time up to which a bucket has been read names are listed again, in milliseconds: for
    /// objects that appear later than their names say, as all do under the event-time layout.
    pub look_back_ms: i64,
    /// After how long a bucket is listed as a whole again, in milliseconds.
    pub full_every_ms: i64,
    /// How large shards and plans may be.
    pub limits: plan::Limits,
    /// For how long a run that gives no sign of life keeps others out, in milliseconds. On the same machine, one that
    /// has died is noticed at once.
    pub lease_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            settling_ms: 2_000,
            lag_ms: 24 * hours::HOUR_MS,
            look_back_ms: 3 * 24 * hours::HOUR_MS,
            full_every_ms: 30 * 24 * hours::HOUR_MS,
            limits: plan::Limits::default(),
            lease_ms: 60_000,
        }
    }
}

/// What `deploy` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployed {
    /// Whether the lake is new; else it stood there already and is unchanged.
    pub created: bool,
}

/// Makes the lake, or finds that it is there.
pub fn deploy(pipeline: &Pipeline) -> Result<Deployed> {
    check_sources(&pipeline.sources)?;
    layout::check_apart(&pipeline.lake, &SourceStores::open(&pipeline.sources)?)?;
    Ok(Deployed { created: state::make_format(&pipeline.lake)? == Created::Yes })
}

/// Ids are part of each object's identity, and of lines in the lists.
fn check_sources(sources: &[Source]) -> Result<()> {
    for (at, source) in sources.iter().enumerate() {
        if source.id.is_empty() || source.id.chars().any(char::is_control) {
            return Err(Error::usage(format!("{:?} cannot be a source's id", source.id)));
        }
        if sources.iter().take(at).any(|other| other.id == source.id) {
            return Err(Error::usage(format!("two sources have the id {}", source.id)).hint("give each its own"));
        }
    }
    Ok(())
}
