//! Where a pipeline stands: its Regions, the services there, and who is told of long work.

use std::collections::BTreeSet;

use super::teardown::{regions_of_buckets, stem};
use crate::aws::hands::Hands;
use crate::config::cloud::Cloud;
use crate::{Error, Result};

/// What long work tells on its way.
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

/// A pipeline, and what is asked of AWS for it.
pub struct Site<'a> {
    /// The pipeline.
    pub cloud: &'a Cloud,
    /// The services of the home Region.
    pub home: Hands,
    /// The services of each Region used, the home Region among them.
    pub hands: Vec<Hands>,
    /// Who is told.
    pub watch: &'a dyn Watch,
}

impl<'a> Site<'a> {
    /// The pipeline `cloud` in every Region of its configuration.
    pub fn new(cloud: &'a Cloud, hands_in: &dyn Fn(&str) -> Hands, watch: &'a dyn Watch) -> Self {
        let home = hands_in(&cloud.aws.region);
        let others = cloud.regions().into_iter().skip(1).map(|region| hands_in(&region));
        let hands = std::iter::once(home.clone()).chain(others).collect();
        Self { cloud, home, hands, watch }
    }

    /// The pipeline in those Regions too where buckets of its name are found: a configuration may have lost a Region since.
    ///
    /// # Errors
    /// If the buckets cannot be listed.
    pub fn whole(cloud: &'a Cloud, hands_in: &dyn Fn(&str) -> Hands, watch: &'a dyn Watch) -> Result<Self> {
        let mut site = Self::new(cloud, hands_in, watch);
        let found = regions_of_buckets(cloud, &site.home.buckets.names(&stem(cloud))?);
        let known: BTreeSet<String> = site.hands.iter().map(|hands| hands.region.clone()).collect();
        site.hands.extend(found.iter().filter(|region| !known.contains(*region)).map(|region| hands_in(region)));
        Ok(site)
    }

    /// Does something in every Region at once.
    pub fn everywhere<T: Send>(&self, work: impl Fn(&Hands) -> Result<T> + Sync) -> Result<Vec<T>> {
        all_at_once(&self.hands, work)
    }
}

/// Does something for each of `items`, each in a thread; the first error wins after all have ended.
pub fn all_at_once<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> Result<T> + Sync) -> Result<Vec<T>> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = items.iter().map(|item| scope.spawn(move || work(item))).collect();
        let ended: Vec<Result<T>> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(Error::failed("a thread died"))))
            .collect();
        ended.into_iter().collect()
    })
}
