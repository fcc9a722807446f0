//! The way down: stop, sweep, delete, verify. Every step can be done again, so that a `destroy` that was killed anywhere is
//! finished by the next one.

mod empty;
mod inventory;
mod stacks;
mod stop;
mod verify;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;

pub use empty::{Purged, purge};
pub use inventory::{FoundStack, Inventory, Kept, inventory, kept};
pub use verify::{Leftover, leftovers};

use crate::Result;
use crate::aws::hands::Hands;
use crate::config::cloud::Cloud;

/// What `destroy` tells on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// This is being done.
    Doing(String),
    /// This is done.
    Done(String),
    /// This did not go as it should, and is taken care of.
    Trouble(String),
}

/// Is told how it goes on, and says how long to wait.
pub trait Watch: Sync {
    /// Something has begun, ended or gone wrong.
    fn tell(&self, event: Event);
    /// Waits a little before AWS is asked again.
    ///
    /// # Errors
    /// If the user has interrupted.
    fn pause(&self) -> Result<()>;
    /// Goes on at once, unless the user has interrupted.
    ///
    /// # Errors
    /// If the user has interrupted.
    fn check(&self) -> Result<()>;
}

/// A pipeline that is to go, and what is asked of AWS for it.
pub struct Teardown<'a> {
    /// The pipeline.
    pub cloud: &'a Cloud,
    /// The services of the home Region.
    pub home: Hands,
    /// The services of each Region used, the home Region among them.
    pub hands: Vec<Hands>,
    /// Who is told.
    pub watch: &'a dyn Watch,
}

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

impl<'a> Teardown<'a> {
    /// The pipeline `cloud` in every Region of its configuration, and in those where buckets of its name are found: a
    /// configuration may have lost a Region since.
    ///
    /// # Errors
    /// If the buckets cannot be listed.
    pub fn new(cloud: &'a Cloud, hands_in: &dyn Fn(&str) -> Hands, watch: &'a dyn Watch) -> Result<Self> {
        let home = hands_in(&cloud.aws.region);
        let mut regions = cloud.regions();
        let found = inventory::regions_of_buckets(cloud, &home.buckets.names(&inventory::stem(cloud))?);
        let known: BTreeSet<String> = regions.iter().cloned().collect();
        regions.extend(found.into_iter().filter(|region| !known.contains(region)));
        let others = regions.iter().skip(1).map(|region| hands_in(region));
        let hands = std::iter::once(home.clone()).chain(others).collect();
        Ok(Self { cloud, home, hands, watch })
    }

    /// Does something in every Region at once.
    fn everywhere<T: Send>(&self, work: impl Fn(&Hands) -> Result<T> + Sync) -> Result<Vec<T>> {
        all_at_once(&self.hands, work)
    }
}

/// Does something for each of `items`, each in a thread; the first error wins after all have ended.
fn all_at_once<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> Result<T> + Sync) -> Result<Vec<T>> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = items.iter().map(|item| scope.spawn(move || work(item))).collect();
        let ended: Vec<Result<T>> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(crate::Error::failed("a thread of destroy died"))))
            .collect();
        ended.into_iter().collect()
    })
}

/// Takes the pipeline down. What holds data stays; see [`purge`].
///
/// # Errors
/// If the user interrupts, AWS refuses something, or a stack cannot be deleted.
pub fn destroy(teardown: &Teardown<'_>, inventory: &Inventory) -> Result<Report> {
    let mut report = Report { given_back: inventory.given_back.clone(), ..Report::default() };
    let runs = stop::stop(teardown, &mut report)?;
    stop::sweep_streams(teardown, &runs, &mut report)?;
    stacks::delete_all(teardown, inventory, &mut report)?;
    // What the stopped runs wrote last came after the first sweep.
    stop::sweep_streams(teardown, &runs, &mut report)?;
    verify::sweep(teardown, &mut report)?;
    report.kept = kept(teardown)?;
    report.left = verify::left(teardown, inventory, &report.kept)?;
    Ok(report)
}
