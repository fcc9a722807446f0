//! The policy of who runs `doctor --remote`: exactly what that calls.

use std::path::Path;

use bucketscope::blueprint::policies::{Who, statements};
use bucketscope::config;

use super::check;
use super::compare::{Call, calls, unused};
use crate::cloud::{Cloud, REGION};

/// Calls of a doctor who is interrupted.
const RARE: &[&str] = &["glue:BatchStopJobRun", "glue:TagResource", "iam:PassRole"];

#[test]
fn the_policy_has_exactly_what_the_doctor_calls() {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-logs", REGION);
    cloud.configure("sources:\n  - id: existing\n    bucket: acme-logs\n");
    let text = std::fs::read_to_string(cloud.path("bucketscope.yaml")).unwrap();
    let pipeline = config::cloud::Cloud::parse(&text, Path::new("bucketscope.yaml")).unwrap();
    cloud.run("deploy").ok();
    let recorded = || std::fs::read_to_string(&cloud.emulator.calls).unwrap();
    let before = recorded().lines().count();
    cloud.run("doctor --remote --type pythonshell").ok();
    let all = calls(&recorded().lines().skip(before).collect::<Vec<_>>().join("\n"));
    let of_doctor: Vec<Call> = all.into_iter().filter(|call| call.caller.kind == "user").collect();
    assert!(of_doctor.len() > 8, "{of_doctor:?}");
    assert!(check::lacking(&of_doctor, &pipeline, Who::Doctor).is_empty());
    let allowed = statements(&pipeline, Who::Doctor).unwrap();
    let idle = unused(&of_doctor.iter().collect::<Vec<_>>(), &allowed, |action| RARE.contains(&action));
    assert!(idle.is_empty(), "{idle:?}");
    // A CI job may not.
    assert!(!check::lacking(&of_doctor, &pipeline, Who::Ci).is_empty());
}
