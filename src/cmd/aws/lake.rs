//! The lake in its bucket, read through the storage layer as a folder's would be.

use crate::aws::Session;
use crate::aws::buckets::Buckets;
use crate::blueprint::Names;
use crate::config::cloud::Cloud;
use crate::etl::{Pipeline, Settings, state};
use crate::pipeline::Place;
use crate::storage::Store;
use crate::{ErrorKind, Result};

/// The lake, or `None` where there is no bucket, or no run has begun it yet. Its sources are not looked at.
///
/// # Errors
/// If the bucket cannot be read, or its lake was written by a newer program.
pub fn open(session: &Session, cloud: &Cloud, buckets: &dyn Buckets) -> Result<Option<Pipeline>> {
    let bucket = Names::of(cloud).lake_bucket();
    if !buckets.exists(&bucket)? {
        return Ok(None);
    }
    let place =
        Place { bucket, prefix: String::new(), region: cloud.aws.region.clone(), owner: cloud.aws.account_id.clone() };
    let lake = Store::s3(session, &place);
    match state::check_format(&lake) {
        Ok(()) => Ok(Some(Pipeline { lake, sources: Vec::new(), settings: Settings::default() })),
        Err(error) if error.kind() == ErrorKind::NotDeployed => Ok(None),
        Err(error) => Err(error),
    }
}
