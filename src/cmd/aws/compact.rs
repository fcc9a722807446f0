//! `compact` for the target `aws`: the job does it.

use std::collections::BTreeMap;

use super::{lake, run};
use crate::aws::Session;
use crate::aws::hands::Hands;
use crate::blueprint::pipeline;
use crate::cli::Compact;
use crate::cmd::compact::would_join;
use crate::cmd::{Context, range};
use crate::config::cloud::Cloud;
use crate::etl::CompactOptions;
use crate::ui::Outcome;
use crate::{Error, ErrorKind, Result};

/// Runs `compact`.
///
/// # Errors
/// Where partitions are found by their paths; if nothing is deployed, a run is at work, or the job fails.
pub fn execute(context: &Context, cloud: &Cloud, args: &Compact) -> Result<Outcome> {
    let older_than_ms = range::while_ms("--older-than", &args.older_than)?;
    pipeline::of(cloud).catalogue.can_move()?;
    if !args.dry_run {
        let told = BTreeMap::from([
            ("--task".to_owned(), "compact".to_owned()),
            ("--older-than-ms".to_owned(), older_than_ms.to_string()),
        ]);
        return run::start(context, cloud, &told, args.wait);
    }
    let session = Session::open(Some(&cloud.aws.region))?;
    session.check_account(&cloud.aws.account_id)?;
    let home = Hands::sdk(&session.in_region(&cloud.aws.region), &cloud.aws.account_id);
    let Some(lake) = lake::open(&session, cloud, home.buckets.as_ref())? else {
        return Err(Error::new(ErrorKind::NotDeployed, "no run has written to the lake yet")
            .hint(format!("{}  begins it", context.command("run"))));
    };
    let mut options = CompactOptions::at(context.now_ms);
    options.older_than_ms = older_than_ms;
    let joined = would_join(&lake.lake, cloud.name.clone(), &options)?;
    Ok(Outcome::of(joined).next(context.command("compact"), "has the job join them"))
}
