//! What a configuration must satisfy beyond its keys and types.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::{VERSION, check_name, keys, problem};
use super::keys::KEYS;
use super::schedule::Schedule;
use super::{CatalogueMode, Cloud, CloudSource, LOG_DAYS, NAME_LIMIT, Trail, WORKER_TYPES};
use super::{form, quicksight, schedule};
use crate::Error;

mod reports;

/// What is wrong with which value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Where it stands: `sources[1].bucket`.
    path: String,
    what: String,
    hint: Option<String>,
}

type Checked = Result<(), Complaint>;

impl Complaint {
    fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with file and line.
    pub fn into_error(self, text: &str, shown: &Path) -> Error {
        let error = problem::at_path(text, shown, &self.path, &self.what);
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// Names the place of what a form's check says.
fn at(path: impl Into<String>, checked: Result<(), String>) -> Checked {
    checked.map_err(|what| Complaint::new(path, what))
}

/// Numbers keep the bounds that the table of keys gives them.
fn check_bounds(cloud: &Cloud) -> Checked {
    let given = serde_json::to_value(cloud).unwrap_or_default();
    keys::out_of_bounds(KEYS, &given).map_or(Ok(()), |(path, what)| Err(Complaint::new(path, what)))
}

/// Checks everything.
pub fn check(cloud: &Cloud) -> Checked {
    check_head(cloud)?;
    check_account(cloud)?;
    check_ids(cloud)?;
    for (i, source) in cloud.sources.iter().enumerate() {
        check_source(cloud, source, &format!("sources[{i}]"))?;
    }
    for (i, trail) in cloud.trails.iter().enumerate() {
        check_trail(cloud, trail, &format!("trails[{i}]"))?;
    }
    check_switched_on(cloud)?;
    check_overlaps(cloud)?;
    check_bounds(cloud)?;
    check_job(cloud)?;
    check_rest(cloud)
}

fn check_head(cloud: &Cloud) -> Checked {
    if cloud.version != VERSION {
        let what = format!("version {} is not what this bucketscope understands ({VERSION})", cloud.version);
        return Err(Complaint::new("version", what).hint("use a newer bucketscope"));
    }
    let name = &cloud.name;
    at("name", check_name(name).map_err(|why| format!("`{name}` cannot be a name: {why}")))?;
    if name.len() > NAME_LIMIT {
        let what = format!("`{name}` is longer than the {NAME_LIMIT} characters that bucket names have room for");
        return Err(Complaint::new("name", what));
    }
    Ok(())
}

fn check_account(cloud: &Cloud) -> Checked {
    let aws = &cloud.aws;
    at("aws.account_id", form::check_account(&aws.account_id))?;
    at("aws.region", form::check_region(&aws.region))?;
    at("aws.suffix", form::check_suffix(&aws.suffix))?;
    at("aws.role_path", form::check_role_path(&aws.role_path))?;
    let partition = form::partition_of(&aws.region);
    if let Some(arn) = &aws.permissions_boundary {
        at("aws.permissions_boundary", form::check_iam_arn(arn, "policy", partition))?;
    }
    if let Some(arn) = &aws.cloudformation_role {
        at("aws.cloudformation_role", form::check_iam_arn(arn, "role", partition))?;
        if form::Arn::parse(arn).is_some_and(|arn| arn.account != aws.account_id) {
            let what =
                format!("`{arn}` is of another account than {}; CloudFormation cannot assume it", aws.account_id);
            return Err(Complaint::new("aws.cloudformation_role", what));
        }
    }
    if let Some(key) = &aws.kms_key {
        at("aws.kms_key", form::check_key_arn(key, &aws.region))?;
    }
    for (key, value) in &aws.tags {
        at(format!("aws.tags.{key}"), form::check_tag(key, value))?;
    }
    // 50 tags a resource ("Tagging AWS resources"); deploy sets one of its own, and leaves some to CloudFormation.
    let most = 45;
    if aws.tags.len() > most {
        let what =
            format!("{} tags; a resource takes 50, and deploy needs some of them: {most} at most", aws.tags.len());
        return Err(Complaint::new("aws.tags", what));
    }
    Ok(())
}

fn check_ids(cloud: &Cloud) -> Checked {
    if cloud.sources.is_empty() && cloud.trails.is_empty() {
        let what = "there is neither a source nor a trail; a pipeline needs one";
        return Err(Complaint::new("sources", what).hint("bucketscope init --log-bucket BUCKET[/PREFIX]  adds one"));
    }
    let sources = cloud.sources.iter().enumerate().map(|(i, source)| (format!("sources[{i}].id"), &source.id));
    let trails = cloud.trails.iter().enumerate().map(|(i, trail)| (format!("trails[{i}].id"), &trail.id));
    let mut seen = BTreeSet::new();
    for (path, id) in sources.chain(trails) {
        at(&path, check_name(id).map_err(|why| format!("`{id}` cannot be a source's id: {why}")))?;
        if !seen.insert(id) {
            return Err(Complaint::new(path, format!("two sources have the id `{id}`; each needs its own")));
        }
    }
    Ok(())
}

fn check_source(cloud: &Cloud, source: &CloudSource, path: &str) -> Checked {
    let id = &source.id;
    if let Some(region) = &source.region {
        check_other_region(cloud, region, &format!("{path}.region"))?;
    }
    match (&source.bucket, source.log_buckets.is_empty()) {
        (Some(bucket), true) => {
            at(format!("{path}.bucket"), form::check_bucket(bucket))?;
            check_foreign(cloud, bucket, &format!("{path}.bucket"))?;
        }
        (None, false) => check_log_buckets(cloud, source, path)?,
        (Some(_), false) => {
            let what = format!("source `{id}` has `bucket` and `log_buckets`; it is one or the other");
            return Err(Complaint::new(format!("{path}.log_buckets"), what).hint("make two sources of it"));
        }
        (None, true) => {
            let what = format!("source `{id}` needs `bucket` (logs that exist) or `log_buckets` (to switch on)");
            return Err(Complaint::new(path, what));
        }
    }
    if let Some(prefix) = &source.prefix {
        at(format!("{path}.prefix"), form::check_prefix(prefix))?;
    }
    check_inventory(source, path)?;
    match &source.account_id {
        Some(account) => at(format!("{path}.account_id"), form::check_account(account)),
        None => Ok(()),
    }
}

/// Inventories of log buckets that exist: one that the pipeline makes begins empty.
fn check_inventory(source: &CloudSource, path: &str) -> Checked {
    let path = format!("{path}.inventory");
    match (&source.inventory, source.inventory_place()) {
        (None, _) => Ok(()),
        (Some(_), _) if source.bucket.is_none() => Err(Complaint::new(path, "belongs to `bucket`")),
        (Some(text), None) => Err(Complaint::new(path, format!("expected s3://BUCKET/PREFIX, not `{text}`"))),
        (Some(_), Some((bucket, prefix))) => {
            at(&path, form::check_bucket(bucket))?;
            if prefix.is_empty() { Ok(()) } else { at(&path, form::check_prefix(prefix)) }
        }
    }
}

/// Buckets to switch logging on for lie in our account, and their logs in a bucket of ours under prefixes of ours.
fn check_log_buckets(cloud: &Cloud, source: &CloudSource, path: &str) -> Checked {
    for (i, bucket) in source.log_buckets.iter().enumerate() {
        let path = format!("{path}.log_buckets[{i}]");
        at(&path, form::check_bucket(bucket))?;
        check_foreign(cloud, bucket, &path)?;
    }
    if source.prefix.is_some() {
        let what = "belongs to `bucket`; logs that deploy switches on get prefixes of their own";
        return Err(Complaint::new(format!("{path}.prefix"), what));
    }
    if source.account_id.as_ref().is_some_and(|account| *account != cloud.aws.account_id) {
        let what = format!("logging can be switched on in the pipeline's own account {} only", cloud.aws.account_id);
        return Err(Complaint::new(format!("{path}.account_id"), what)
            .hint("switch it on there yourself, and give the log bucket as `bucket`"));
    }
    Ok(())
}

fn check_other_region(cloud: &Cloud, region: &str, path: &str) -> Checked {
    at(path, form::check_region(region))?;
    let (here, there) = (form::partition_of(&cloud.aws.region), form::partition_of(region));
    if here != there {
        let what =
            format!("{region} is in the partition `{there}` and the pipeline in `{here}`; no access leads across");
        return Err(Complaint::new(path, what));
    }
    Ok(())
}

/// A bucket that this pipeline makes can be no source: its logs would make logs.
fn check_foreign(cloud: &Cloud, bucket: &str, path: &str) -> Checked {
    let own = bucket.strip_prefix("bucketscope-").and_then(|rest| rest.strip_prefix(cloud.name.as_str()));
    if own.is_some_and(|rest| rest.starts_with('-') && rest.ends_with(&format!("-{}", cloud.aws.suffix))) {
        let what = format!("`{bucket}` is a bucket of this pipeline; reading its logs would make logs without end");
        return Err(Complaint::new(path, what));
    }
    Ok(())
}

fn check_trail(cloud: &Cloud, trail: &Trail, path: &str) -> Checked {
    at(format!("{path}.bucket"), form::check_bucket(&trail.bucket))?;
    check_foreign(cloud, &trail.bucket, &format!("{path}.bucket"))?;
    if let Some(prefix) = &trail.prefix {
        at(format!("{path}.prefix"), form::check_trail_prefix(prefix))?;
    }
    if let Some(region) = &trail.region {
        check_other_region(cloud, region, &format!("{path}.region"))?;
    }
    if let Some(account) = &trail.account_id {
        at(format!("{path}.account_id"), form::check_account(account))?;
    }
    match &trail.kms_key {
        Some(key) => at(format!("{path}.kms_key"), form::check_key_arn(key, trail.region(cloud))),
        None => Ok(()),
    }
}

/// A bucket has one logging setting, and a log bucket's own logs are best not mixed with what it receives.
fn check_switched_on(cloud: &Cloud) -> Checked {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let receiving: BTreeSet<&str> = cloud.sources.iter().filter_map(|source| source.bucket.as_deref()).collect();
    for (i, source) in cloud.sources.iter().enumerate() {
        for (j, bucket) in source.log_buckets.iter().enumerate() {
            let path = format!("sources[{i}].log_buckets[{j}]");
            if let Some(other) = seen.insert(bucket, &source.id) {
                let what = if *other == *source.id {
                    format!("`{bucket}` stands twice in source `{other}`")
                } else {
                    format!(
                        "`{bucket}` stands in the sources `{other}` and `{}`; a bucket has one logging setting",
                        source.id
                    )
                };
                return Err(Complaint::new(path, what));
            }
            if receiving.contains(bucket.as_str()) {
                let what =
                    format!("`{bucket}` is also a log bucket that is read: most of its log would be of logs arriving");
                return Err(Complaint::new(path, what).hint("leave it out of `log_buckets`"));
            }
        }
    }
    Ok(())
}

/// Two places of which one holds the other would give records twice.
fn check_overlaps(cloud: &Cloud) -> Checked {
    let sources = cloud.sources.iter().enumerate().filter_map(|(i, source)| {
        let prefix = source.prefix.clone().unwrap_or_default();
        source.bucket.as_deref().map(|bucket| (format!("sources[{i}]"), source.id.as_str(), bucket, prefix, false))
    });
    let trails = cloud.trails.iter().enumerate().map(|(i, trail)| {
        let above = trail.prefix.as_deref().filter(|prefix| !prefix.is_empty());
        let prefix = above.map_or_else(|| "AWSLogs/".to_owned(), |prefix| format!("{prefix}/AWSLogs/"));
        (format!("trails[{i}]"), trail.id.as_str(), trail.bucket.as_str(), prefix, true)
    });
    let places: Vec<_> = sources.chain(trails).collect();
    for (i, (path, id, bucket, prefix, trail)) in places.iter().enumerate() {
        for (_, other_id, other_bucket, other, other_trail) in &places[..i] {
            if bucket != other_bucket || !(prefix.starts_with(other.as_str()) || other.starts_with(prefix.as_str())) {
                continue;
            }
            if trail == other_trail {
                let what =
                    format!("`{id}` and `{other_id}` hold the same objects of `{bucket}`; records would be read twice");
                return Err(Complaint::new(path, what).hint("give prefixes of which none begins with another"));
            }
            let (logs, files) = if *trail { (other_id, id) } else { (id, other_id) };
            let what = format!("source `{logs}` would read the files of trail `{files}` in `{bucket}` as access logs");
            return Err(Complaint::new(path, what)
                .hint("give the source a longer prefix; in the flat layout `20` takes all years"));
        }
    }
    Ok(())
}

fn check_job(cloud: &Cloud) -> Checked {
    let job = &cloud.job;
    at("job.schedule", Schedule::parse(&job.schedule).map(drop))?;
    at("job.time_zone", schedule::check_time_zone(&job.time_zone))?;
    if !matches!(job.dpu_sixteenths, 1 | 16) {
        let what =
            format!("{} is no size of a Python shell job; expected 1 (0.0625 DPU) or 16 (1 DPU)", job.dpu_sixteenths);
        return Err(Complaint::new("job.dpu_sixteenths", what));
    }
    if !WORKER_TYPES.contains(&job.worker_type.as_str()) {
        let what = format!("`{}` is no type of worker; expected one of {}", job.worker_type, WORKER_TYPES.join(", "));
        return Err(Complaint::new("job.worker_type", what));
    }
    if !LOG_DAYS.contains(&job.log_days) {
        let near = LOG_DAYS.iter().find(|days| **days >= job.log_days).or(LOG_DAYS.last()).copied().unwrap_or_default();
        let what = format!("CloudWatch Logs cannot keep events {} days; the next it can is {near}", job.log_days);
        return Err(Complaint::new("job.log_days", what));
    }
    Ok(())
}

fn check_rest(cloud: &Cloud) -> Checked {
    if cloud.catalogue.mode != CatalogueMode::Projection {
        at("catalogue.crawler_schedule", Schedule::parse_crawler(&cloud.catalogue.crawler_schedule).map(drop))?;
    }
    if let Some(wanted) = &cloud.quicksight {
        quicksight::check(wanted, &cloud.aws.account_id, &cloud.aws.region)
            .map_err(|(path, what)| Complaint::new(path, what))?;
    }
    check_notify(cloud)?;
    reports::check(cloud)
}

fn check_notify(cloud: &Cloud) -> Checked {
    let mut seen = BTreeSet::new();
    for (i, email) in cloud.notify.emails.iter().enumerate() {
        let path = format!("notify.emails[{i}]");
        at(&path, form::check_email(email))?;
        if !seen.insert(email.to_lowercase()) {
            return Err(Complaint::new(path, format!("`{email}` stands twice")));
        }
    }
    // Half of the time that raw logs stay must be left to act in.
    if cloud.keep.raw_days.is_some_and(|days| cloud.notify.lag_hours > days.saturating_mul(12)) {
        let what = "a notice this late leaves less than half of keep.raw_days to act in";
        return Err(Complaint::new("notify.lag_hours", what));
    }
    Ok(())
}
