//! The way down: stop, sweep, delete, verify. Every step can be done again, so that a `destroy` that was killed anywhere is
//! finished by the next one.

mod empty;
mod inventory;
mod stacks;
mod stop;
mod verify;

#[cfg(test)]
mod tests;

use serde::Serialize;

pub use empty::{Purged, purge};
pub use inventory::{BUCKET_LOGGING, FoundStack, Inventory, Kept, found_stacks, inventory, kept};
pub(super) use inventory::{regions_of_buckets, stem};
pub use verify::{Leftover, leftovers};

use crate::Result;
use crate::stack::site::Site;

/// What a `destroy` did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The stacks that were deleted, with their Regions.
    pub deleted: Vec<String>,
    /// What was stopped before.
    pub stopped: Vec<String>,
    /// The buckets whose earlier logging setting was given back.
    pub given_back: Vec<String>,
    /// What no stack knew and was removed.
    pub swept: Vec<String>,
    /// The buckets with data that stay.
    pub kept: Vec<Kept>,
    /// What is left although it should not be.
    pub left: Vec<Leftover>,
}

/// Takes the pipeline down. What holds data stays; see [`purge`].
///
/// # Errors
/// If the user interrupts, AWS refuses something, or a stack cannot be deleted.
pub fn destroy(site: &Site<'_>, inventory: &Inventory) -> Result<Report> {
    let mut report = Report { given_back: inventory.given_back.clone(), ..Report::default() };
    let runs = stop::stop(site, &mut report)?;
    stop::sweep_streams(site, &runs, &mut report)?;
    stacks::delete_all(site, inventory, &mut report)?;
    // What the stopped runs wrote last came after the first sweep.
    stop::sweep_streams(site, &runs, &mut report)?;
    verify::sweep(site, &mut report)?;
    report.kept = kept(site)?;
    report.left = verify::left(site, inventory, &report.kept)?;
    Ok(report)
}
