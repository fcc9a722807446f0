//! One shard of a plan that a run elsewhere has made: what a task of Spark or Ray does.

use std::sync::atomic::AtomicBool;

use crate::aws::Session;
use crate::error::{Error, Result};
use crate::etl::model::ShardDone;
use crate::etl::state::{self, PlanId};
use crate::etl::work::LogWorker;
use crate::etl::{Job, Pipeline, Settings, ShardWorker, SourceStores, name_by_content, plan};
use crate::pipeline;
use crate::storage::Created;

/// Does shard `number` of the plan `name`, unless it is done, and leaves its done-file.
///
/// Done twice, at the same time or one after the other, it writes the same bytes to the same names; and of two done-files
/// the first one counts.
///
/// # Errors
/// If there is no such plan, it is another program's, or storage fails.
pub fn one_shard(
    session: &Session,
    told: &pipeline::Pipeline,
    name: &str,
    number: u32,
    cancel: &AtomicBool,
) -> Result<ShardDone> {
    name_by_content()?;
    let (pipeline, sources) = super::open(session, told, Settings::default());
    shard(&pipeline, &sources, name, number, cancel)
}

/// The same in a pipeline that is open, on buckets or folders.
///
/// # Errors
/// As [`one_shard`].
pub fn shard(
    pipeline: &Pipeline,
    sources: &SourceStores,
    name: &str,
    number: u32,
    cancel: &AtomicBool,
) -> Result<ShardDone> {
    let lake = &pipeline.lake;
    let id = PlanId::leading(name).filter(|id| id.to_string() == name);
    let id = id.ok_or_else(|| Error::usage(format!("{name} does not name a plan")))?;
    state::check_format(lake)?;
    if let Some(done) = state::read::<ShardDone>(lake, &id.done(number))? {
        return Ok(done);
    }
    let gone = || Error::failed(format!("there is no plan {name} in {}", lake.location()));
    let plan = plan::load(lake, id)?.ok_or_else(gone)?;
    if !plan.fits(&LogWorker.identity(), &pipeline.sources) {
        return Err(Error::failed(format!("the plan {name} was made by another program or for other sources")));
    }
    let objects = plan::shard(lake, &plan, number)?;
    let job = Job { lake, sources, plan: name, places: &plan.places, shard: &objects };
    let done = LogWorker.work(&job, &|_, _| {}, cancel)?;
    match state::write_new(lake, &id.done(number), &done)? {
        Created::Yes => Ok(done),
        // Another try was first, so what it says counts: if an object changed between the two, they differ.
        Created::Exists => state::read(lake, &id.done(number))?.ok_or_else(gone),
    }
}
