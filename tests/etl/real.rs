//! The real worker on objects that change between two tries at the same shard.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bucketscope::etl::model::ShardDone;
use bucketscope::etl::work::LogWorker;
use bucketscope::etl::{Job, ShardWorker, run, run_with};
use bucketscope::{Error, Result};

use super::kill::{LINES, append, assert_records_once, world_of_real_logs};
use super::naive::{World, options};

/// The real worker, which dies after it has written a shard's outputs and before it leaves the done-file, so many times.
/// Before each try at the first shard, an object of it grows.
struct Dying<'a> {
    world: &'a World,
    deaths: usize,
    tries: AtomicUsize,
}

impl ShardWorker for Dying<'_> {
    fn identity(&self) -> String {
        LogWorker.identity()
    }

    fn work(&self, job: &Job<'_>, progress: &(dyn Fn(u64, u64) + Sync), cancel: &AtomicBool) -> Result<ShardDone> {
        let done = LogWorker.work(job, progress, cancel)?;
        if job.shard.number == 0 && self.tries.fetch_add(1, Ordering::SeqCst) < self.deaths {
            append(self.world, 3);
            return Err(Error::failed("dies before it leaves the done-file"));
        }
        Ok(done)
    }
}

#[test]
fn outputs_of_a_try_that_saw_an_object_are_not_mixed_up_with_those_of_one_that_did_not() {
    let mut world = world_of_real_logs(60);
    world.settings.limits.shard_bytes = 200_000;
    let worker = Dying { world: &world, deaths: 1, tries: AtomicUsize::new(0) };
    run_with(&world.pipeline(), &options(), &worker, &()).unwrap_err();
    let written = world.lake().names("s3_access_logs").unwrap();
    assert!(!written.is_empty(), "the first try has written");

    let second = run_with(&world.pipeline(), &options(), &worker, &()).unwrap();
    assert_eq!((second.resumed, second.skipped), (1, 1));
    assert!(second.swept.orphans > 0, "what the first try wrote under other names is removed");
    assert_eq!(second.listing.new, 1, "the object that had changed is read as it is now, in the same run");
    assert_records_once(&world, 60 * LINES + 1);
    assert!(run(&world.pipeline(), &options(), &()).unwrap().nothing_new);
}
