//! The buckets that logs come from, and those that they go to.

use super::{Check, Code, Finding, Findings, Scene};
use crate::aws::preflight::{Bucket, Logging};
use crate::blueprint::Names;
use crate::config::cloud::{CloudSource, Trail};

pub(super) fn checks<'a>(scene: &'a Scene<'a>, checks: &mut Vec<Check<'a>>) {
    for source in &scene.cloud.sources {
        if let Some(bucket) = &source.bucket {
            checks.push(Box::new(move |findings| existing(scene, source, bucket, findings)));
        }
        for bucket in &source.log_buckets {
            checks.push(Box::new(move |findings| to_switch_on(scene, source, bucket, findings)));
        }
    }
    for trail in &scene.cloud.trails {
        checks.push(Box::new(move |findings| of_trail(scene, trail, findings)));
    }
    for region in scene.cloud.regions() {
        checks.push(Box::new(move |findings| target(scene, &region, findings)));
    }
}

/// Whether a bucket is there as the configuration says; what is not is reported.
fn is_there(scene: &Scene<'_>, region: &str, bucket: &str, owner: &str, findings: &mut Findings) -> bool {
    let Some(seen) = findings.see(scene.eyes.bucket(region, bucket, Some(owner))) else { return false };
    match seen {
        Bucket::There { region: there } if there.is_empty() || there == region => return true,
        Bucket::There { region: there } => findings.push(Finding::error(
            Code::BucketElsewhere,
            format!("the bucket {bucket} lies in {there}"),
            format!("the configuration says {region}"),
            format!("set  region: {there}  where the configuration names the bucket"),
        )),
        Bucket::Missing => findings.push(Finding::error(
            Code::BucketMissing,
            format!("there is no bucket {bucket}"),
            "the configuration names it",
            "correct its name, or remove it from the configuration",
        )),
        Bucket::Closed => closed(scene, region, bucket, owner, findings),
    }
    false
}

fn closed(scene: &Scene<'_>, region: &str, bucket: &str, owner: &str, findings: &mut Findings) {
    // Asked without an owner it answers: then only the owner was wrong.
    let anybodys = findings.see(scene.eyes.bucket(region, bucket, None));
    if matches!(anybodys, Some(Bucket::There { .. })) {
        findings.push(Finding::error(
            Code::BucketOfOthers,
            format!("the bucket {bucket} does not belong to account {owner}"),
            "every call names the expected owner, so that nobody can put a bucket of theirs in its place",
            "set  account_id  of the source, or correct the bucket's name",
        ));
    } else if owner == scene.cloud.aws.account_id {
        findings.push(Finding::warning(
            Code::CouldNotLook,
            format!("the bucket {bucket} does not answer you"),
            format!("either it belongs to another account than {owner}, or you may not list it"),
            "bucketscope policy deployer  prints what the caller of this command needs",
        ));
    } else {
        let_us_in(scene, bucket, owner, findings);
    }
}

fn let_us_in(scene: &Scene<'_>, bucket: &str, owner: &str, findings: &mut Findings) {
    let account = &scene.cloud.aws.account_id;
    let stem = Names::of(scene.cloud).stem();
    findings.push(Finding::warning(
        Code::LetUsIn,
        format!("the bucket {bucket} belongs to account {owner}"),
        "its policy must allow s3:ListBucket and s3:GetObject to the pipeline's job; from here that cannot be seen",
        format!(
            "its owner adds a statement for the roles of this pipeline: principal {account}, condition ArnLike \
             aws:PrincipalArn arn:{}:iam::{account}:role{}{stem}-*",
            scene.partition, scene.cloud.aws.role_path
        ),
    ));
}

/// A log bucket that exists.
fn existing(scene: &Scene<'_>, source: &CloudSource, bucket: &str, findings: &mut Findings) {
    let (region, prefix) = (source.region(scene.cloud), source.prefix.as_deref().unwrap_or_default());
    let owner = source.account_id.as_deref().unwrap_or(&scene.cloud.aws.account_id);
    if !is_there(scene, region, bucket, owner, findings) {
        return;
    }
    readable(scene, region, bucket, prefix, owner, &ACCESS_LOGS, findings);
    let logging = if owner == scene.cloud.aws.account_id {
        findings.see(scene.eyes.logging(region, bucket, owner)).flatten()
    } else {
        None
    };
    if logging.is_some_and(|logging| logging.target == bucket) {
        findings.push(Finding::warning(
            Code::LogsToItself,
            format!("the log bucket {bucket} logs to itself"),
            "each delivery is logged, and that log is delivered: it grows without end, and so does what is read",
            "switch its logging off, or send it elsewhere",
        ));
    }
}

/// What is looked for in a bucket, and what tells where it goes.
struct Wanted {
    what: &'static str,
    hint: &'static str,
}

const ACCESS_LOGS: Wanted = Wanted {
    what: "access logs are looked for there",
    hint: "aws s3api get-bucket-logging --bucket BUCKET  shows the prefix that a bucket logs with; new logs take hours",
};

const TRAIL: Wanted = Wanted {
    what: "CloudTrail's files are looked for there",
    hint: "aws cloudtrail describe-trails  shows the bucket and the prefix (S3KeyPrefix) that a trail delivers to, and aws cloudtrail \
           get-trail-status --name TRAIL  whether it does",
};

/// Whether logs are where they should be, and what reading them takes.
fn readable(
    scene: &Scene<'_>,
    region: &str,
    bucket: &str,
    prefix: &str,
    owner: &str,
    wanted: &Wanted,
    findings: &mut Findings,
) {
    if findings.see(scene.eyes.has_objects(region, bucket, prefix, owner)) == Some(false) {
        findings.push(Finding::warning(
            Code::NothingThere,
            format!("nothing in the bucket {bucket} begins with `{prefix}`"),
            wanted.what,
            wanted.hint,
        ));
    }
    if owner == scene.cloud.aws.account_id {
        return;
    }
    if !scene.planned.deployed {
        let_us_in(scene, bucket, owner, findings);
    }
    // Only the owner may ask for it as a rule, so an error says nothing here.
    if scene.eyes.requester_pays(region, bucket, owner).unwrap_or(false) {
        findings.push(Finding::error(
            Code::ReaderPays,
            format!("who reads the bucket {bucket} pays for it"),
            "the job does not take on costs of requests to buckets of others",
            "its owner switches Requester Pays off; S3 delivers no logs to such a bucket either",
        ));
    }
}

/// A bucket for which logging is to be switched on.
fn to_switch_on(scene: &Scene<'_>, source: &CloudSource, bucket: &str, findings: &mut Findings) {
    let (region, owner) = (source.region(scene.cloud), &scene.cloud.aws.account_id);
    let target = Names::of(scene.cloud).logs_bucket(region);
    if !is_there(scene, region, bucket, owner, findings) {
        return;
    }
    match findings.see(scene.eyes.logging(region, bucket, owner)).flatten() {
        Some(Logging { target: now, .. }) if now == target => {}
        Some(now) => findings.push(Finding::warning(
            Code::LogsElsewhere,
            format!("the bucket {bucket} logs to {} with the prefix `{}`", now.target, now.prefix),
            "a bucket has one logging setting: this one is kept, replaced, and given back by destroy",
            "to leave it alone, make the bucket that it logs to a source of its own:  bucket: and prefix:",
        )),
        None => {}
    }
}

/// A bucket that CloudTrail delivers to.
fn of_trail(scene: &Scene<'_>, trail: &Trail, findings: &mut Findings) {
    let region = trail.region(scene.cloud);
    let owner = trail.account_id.as_deref().unwrap_or(&scene.cloud.aws.account_id);
    if !is_there(scene, region, &trail.bucket, owner, findings) {
        return;
    }
    let prefix = trail.prefix.as_deref().map_or_else(|| "AWSLogs/".to_owned(), |prefix| format!("{prefix}/AWSLogs/"));
    readable(scene, region, &trail.bucket, &prefix, owner, &TRAIL, findings);
    for key in findings.see(scene.eyes.keys_of_trails(region, &trail.bucket)).unwrap_or_default() {
        if !key.is_empty() && trail.kms_key.as_deref() != Some(key.as_str()) {
            findings.push(Finding::error(
                Code::TrailKey,
                format!("what CloudTrail delivers to {} is encrypted with {key}", trail.bucket),
                "the job cannot read it without permission for that key",
                format!("set  kms_key: {key}  for the trail `{}`", trail.id),
            ));
        }
    }
}

/// The pipeline's own log bucket, if it is there already: S3 delivers to none that locks or charges ("Enabling Amazon S3
/// server access logging", Amazon S3 User Guide).
fn target(scene: &Scene<'_>, region: &str, findings: &mut Findings) {
    let (bucket, owner) = (Names::of(scene.cloud).logs_bucket(region), &scene.cloud.aws.account_id);
    let wanted = scene.planned.of_kind("AWS::S3::Bucket").any(|one| one.text(&["BucketName"]) == Some(bucket.as_str()));
    if !wanted || !matches!(scene.eyes.bucket(region, &bucket, Some(owner)), Ok(Bucket::There { .. })) {
        return;
    }
    if findings.see(scene.eyes.locks_new_objects(region, &bucket, owner)) == Some(true) {
        findings.push(Finding::error(
            Code::TargetLocks,
            format!("the log bucket {bucket} locks new objects for a time"),
            "S3 delivers no access logs to a bucket with a default retention",
            "remove the bucket's default retention (Object Lock)",
        ));
    }
    if findings.see(scene.eyes.requester_pays(region, &bucket, owner)) == Some(true) {
        findings.push(Finding::error(
            Code::TargetCharges,
            format!("requests to the log bucket {bucket} are charged to the requester"),
            "S3 delivers no access logs to such a bucket",
            "switch Requester Pays off",
        ));
    }
}
