//! What goes wrong, and how the next command finishes it.

use std::time::Duration;

use serde_json::json;

use super::cloud::{ACCOUNT, Cloud, REGION};

fn one_source() -> Cloud {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-logs", REGION);
    cloud.configure("sources:\n  - id: existing\n    bucket: acme-logs\n");
    cloud
}

#[test]
fn the_first_cause_comes_first_and_the_next_deploy_heals() {
    let cloud = one_source();
    let fault = json!({"on": "create", "type": "AWS::Athena::WorkGroup", "message": "Workgroup quota reached", "times": 1, "account": ACCOUNT, "region": REGION});
    cloud.emulator.control("POST", "/_emulator/faults", &fault);
    let failed = cloud.run("deploy").ended(4).says("Workgroup quota reached");
    assert!(!failed.stderr.contains("creation cancelled"), "{}", failed.stderr);
    cloud.run("deploy").ok();
    cloud.run("drift --detailed-exitcode").ok();
}

#[test]
fn a_failed_update_is_rolled_back_and_the_next_one_works() {
    let cloud = one_source();
    cloud.run("deploy").ok();
    cloud.reconfigure("sources:", "job:\n  timeout_minutes: 99\nathena:\n  scan_limit_gigabytes: 7\nsources:");
    let fault = json!({"on": "update", "type": "AWS::Athena::WorkGroup", "message": "Too many changes", "times": 1, "account": ACCOUNT, "region": REGION});
    cloud.emulator.control("POST", "/_emulator/faults", &fault);
    cloud.run("deploy").ended(4).says("Too many changes");
    cloud.run("deploy").ok();
    cloud.run("plan --detailed-exitcode").ok();
}

#[test]
fn what_was_stopped_is_gone_on_with() {
    let cloud = one_source();
    let mut first = cloud.start("deploy");
    cloud
        .until("a stack", || cloud.emulator.everything("bucketscope-test").iter().any(|thing| thing.contains("stack")));
    std::thread::sleep(Duration::from_millis(300));
    first.kill().unwrap();
    first.wait().unwrap();
    cloud.run("deploy").ok();
    cloud.run("drift --detailed-exitcode").ok();
}

#[test]
fn a_destroy_killed_at_any_time_is_finished_by_the_next() {
    let cloud = one_source();
    let before = cloud.emulator.everything("");
    for wait in [200, 600, 1200, 2500] {
        cloud.run("deploy").ok();
        let mut first = cloud.start("destroy --confirm test");
        std::thread::sleep(Duration::from_millis(wait));
        // It may have finished already.
        let _ = first.kill();
        first.wait().unwrap();
        cloud.run("destroy --confirm test").ok();
        let kept: Vec<String> =
            cloud.emulator.everything("").into_iter().filter(|thing| !before.contains(thing)).collect();
        assert!(kept.len() == 2 && kept.iter().all(|thing| thing.starts_with("s3 bucket")), "{kept:?}");
    }
    cloud.run("destroy --confirm test --purge-data").ok();
    assert_eq!(cloud.emulator.everything(""), before);
}

#[test]
fn a_denied_call_is_named() {
    let cloud = one_source();
    cloud.emulator.deny("cloudformation:CreateChangeSet");
    cloud.run("deploy").ended(3).says("cloudformation:CreateChangeSet");
}

#[test]
fn nothing_deployed_is_said() {
    let cloud = one_source();
    for command in ["status", "drift", "run"] {
        cloud.run(command).ended(6).says("deploy");
    }
}
