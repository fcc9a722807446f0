//! Buckets that go: emptied with all versions and unfinished uploads, then deleted, and again if something came in between.

use serde::Serialize;

use super::Kept;
use crate::aws::buckets::{Buckets, Deleted};
use crate::blueprint::names::TAG;
use crate::config::cloud::Cloud;
use crate::stack::site::{Event, Site, Watch, all_at_once};
use crate::{Error, Result};

/// So often a bucket is emptied again when something came in before it could be deleted.
const REFILLS: usize = 8;

/// A bucket that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// The bucket.
    pub bucket: String,
    /// Objects, versions, delete markers and uploads that were in it.
    pub removed: u64,
    /// How often something came in while it was being emptied.
    pub refilled: u64,
}

/// Empties a bucket; how many versions and uploads were removed. A bucket that is gone is empty.
pub(super) fn empty(buckets: &dyn Buckets, bucket: &str, watch: &dyn Watch) -> Result<u64> {
    let mut removed = 0;
    loop {
        let items = buckets.versions(bucket)?;
        if items.is_empty() {
            break;
        }
        watch.check()?;
        buckets.delete_versions(bucket, &items)?;
        removed += items.len() as u64;
        if removed >= 1000 {
            watch.tell(Event::Doing(format!("emptying the bucket {bucket}: {removed} versions removed")));
        }
    }
    loop {
        let uploads = buckets.uploads(bucket)?;
        if uploads.is_empty() {
            return Ok(removed);
        }
        for upload in &uploads {
            watch.check()?;
            buckets.abort(bucket, upload)?;
            removed += 1;
        }
    }
}

/// Empties and deletes a bucket. S3 may still deliver logs into it for about an hour after delivery was switched off
/// (S3 user guide, "Enabling Amazon S3 server access logging"), so it is emptied again when it is not empty.
pub(super) fn remove(buckets: &dyn Buckets, bucket: &str, watch: &dyn Watch) -> Result<Purged> {
    let mut purged = Purged { bucket: bucket.to_owned(), removed: 0, refilled: 0 };
    for _ in 0..REFILLS {
        purged.removed += empty(buckets, bucket, watch)?;
        match buckets.delete(bucket)? {
            Deleted::Yes => return Ok(purged),
            Deleted::NotEmpty => {
                purged.refilled += 1;
                watch.tell(Event::Trouble(format!("{bucket}: something came in; it is emptied again")));
                watch.pause()?;
            }
        }
    }
    Err(Error::failed(format!("the bucket {bucket} fills up faster than it can be emptied"))
        .because("S3 goes on delivering logs for about an hour after delivery was switched off")
        .hint("wait an hour and run the same command again"))
}

/// Removes buckets with everything in them: those of this pipeline's names that carry its tag, and never a source.
///
/// # Errors
/// If a bucket is not ours, or AWS refuses.
pub fn purge(site: &Site<'_>, kept: &[Kept]) -> Result<Vec<Purged>> {
    for one in kept {
        check_ours(site, one)?;
    }
    all_at_once(kept, |one| {
        let hands = site.hands.iter().find(|hands| hands.region == one.region).unwrap_or(&site.home);
        site.watch.tell(Event::Doing(format!("emptying the bucket {}", one.bucket)));
        let purged = remove(hands.buckets.as_ref(), &one.bucket, site.watch)?;
        site.watch.tell(Event::Done(format!("removed the bucket {}", one.bucket)));
        Ok(purged)
    })
}

fn check_ours(site: &Site<'_>, one: &Kept) -> Result<()> {
    let cloud = site.cloud;
    let refuse = |why: String| {
        Err(Error::failed(format!("the bucket {} is not purged", one.bucket))
            .because(why)
            .hint(format!("aws s3 rb s3://{} --force  removes it, if you are sure", one.bucket)))
    };
    if is_source(cloud, &one.bucket) {
        return refuse("the configuration reads logs from it; sources are never removed".to_owned());
    }
    let hands = site.hands.iter().find(|hands| hands.region == one.region).unwrap_or(&site.home);
    match hands.buckets.tags(&one.bucket)? {
        Some(tags) if tags.get(TAG) != Some(&cloud.name) => {
            refuse(format!("it does not carry the tag {TAG}={}, so this pipeline did not make it", cloud.name))
        }
        _ => Ok(()),
    }
}

/// Whether the configuration names a bucket as a place that logs or trails come from, or whose access is logged.
fn is_source(cloud: &Cloud, bucket: &str) -> bool {
    let logs = cloud.sources.iter().filter_map(|source| source.bucket.as_deref());
    let trails = cloud.trails.iter().map(|trail| trail.bucket.as_str());
    let logged = cloud.sources.iter().flat_map(|source| source.log_buckets.iter().map(String::as_str));
    logs.chain(trails).chain(logged).any(|known| known == bucket)
}
