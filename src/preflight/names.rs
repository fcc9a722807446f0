//! Names that the stacks want and somebody else has.

use super::{Check, Code, Finding, Findings, Scene};
use crate::aws::preflight::{Bucket, Kind};
use crate::blueprint::names::TAG;

/// Which resources have names that can be taken, and where the name stands.
const NAMED: &[(&str, &[&str], Kind, &str)] = &[
    ("AWS::IAM::Role", &["RoleName"], Kind::Role, "role"),
    ("AWS::Glue::Database", &["DatabaseInput", "Name"], Kind::Database, "Glue database"),
    ("AWS::Glue::Job", &["Name"], Kind::Job, "Glue job"),
    ("AWS::Glue::Crawler", &["Name"], Kind::Crawler, "crawler"),
    ("AWS::Athena::WorkGroup", &["Name"], Kind::Workgroup, "Athena workgroup"),
    ("AWS::Logs::LogGroup", &["LogGroupName"], Kind::LogGroup, "log group"),
    ("AWS::Scheduler::ScheduleGroup", &["Name"], Kind::ScheduleGroup, "schedule group"),
];

pub(super) fn checks<'a>(scene: &'a Scene<'a>, checks: &mut Vec<Check<'a>>) {
    for bucket in scene.planned.of_kind("AWS::S3::Bucket") {
        let Some(name) = bucket.text(&["BucketName"]) else { continue };
        if !scene.planned.is_made(&bucket.region, name) {
            checks.push(Box::new(move |findings| own_bucket(scene, &bucket.region, name, findings)));
        }
    }
    for (kind, path, what, said) in NAMED {
        for resource in scene.planned.of_kind(kind) {
            let Some(name) = resource.text(path) else { continue };
            // What outlives its stack is taken back by the next deployment.
            if resource.retained || scene.planned.is_made(&resource.region, name) {
                continue;
            }
            checks.push(Box::new(move |findings| {
                if findings.see(scene.eyes.exists(&resource.region, *what, name)) == Some(true) {
                    findings.push(taken(said, name, &resource.region));
                }
            }));
        }
    }
}

/// A bucket that a stack is going to make.
fn own_bucket(scene: &Scene<'_>, region: &str, name: &str, findings: &mut Findings) {
    let owner = &scene.cloud.aws.account_id;
    match findings.see(scene.eyes.bucket(region, name, Some(owner))) {
        None | Some(Bucket::Missing) => {}
        Some(Bucket::Closed) => findings.push(Finding::error(
            Code::NameTakenByOthers,
            format!("the bucket name {name} is taken by another account, or the bucket does not let you look"),
            "bucket names are shared by all accounts",
            "choose another  suffix  in the configuration",
        )),
        Some(Bucket::There { region: there }) if !there.is_empty() && there != region => {
            findings.push(taken("bucket", name, &there));
        }
        Some(Bucket::There { .. }) => {
            let Some(tags) = findings.see(scene.eyes.tags(region, name, owner)) else { return };
            if tags.get(TAG) != Some(&scene.cloud.name) {
                findings.push(taken("bucket", name, region));
            }
        }
    }
}

fn taken(said: &str, name: &str, region: &str) -> Finding {
    Finding::error(
        Code::NameTaken,
        format!("the account already has a {said} {name} in {region}"),
        "this pipeline's stacks have not made it, and it is not taken over",
        "choose another  name  for the pipeline, or remove what is in the way",
    )
}
