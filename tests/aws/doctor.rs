//! `doctor`: what it finds, and that nothing of it stays.

use std::process::Command;

use serde_json::Value;

use super::cloud::{Cloud, REGION};

fn deployed() -> Cloud {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-logs", REGION);
    cloud.configure("sources:\n  - id: existing\n    bucket: acme-logs\n");
    cloud.run("deploy").ok();
    cloud
}

/// Jobs of the doctor, and streams of logs.
fn left(cloud: &Cloud) -> Vec<String> {
    let logs = aws_sdk_cloudwatchlogs::Client::new(&cloud.sdk(REGION));
    let mut all = cloud.emulator.everything("doctor");
    for group in ["/aws-glue/python-jobs/output", "/aws-glue/python-jobs/error"] {
        let answer = cloud.wait(logs.describe_log_streams().log_group_name(group).send());
        let streams = answer.map(|answer| answer.log_streams().to_vec()).unwrap_or_default();
        all.extend(streams.iter().map(|stream| format!("{group} {}", stream.log_stream_name().unwrap_or_default())));
    }
    all
}

#[test]
fn what_is_there_and_what_is_missing_is_told_without_changing_anything() {
    let cloud = deployed();
    let before = cloud.emulator.everything("");
    // A warning (that this is not AWS itself) stands in nobody's way.
    cloud.run("doctor").ok().prints("✓ arn:aws:iam::111122223333").prints("BS023");
    let told = cloud.run("doctor --output json").ok().json();
    let checks: Vec<&Value> = told["checks"].as_array().unwrap().iter().map(|check| &check["ok"]).collect();
    assert!(checks.len() >= 5 && checks.iter().all(|ok| **ok == true), "{told}");
    cloud
        .run("doctor --worker bucketscope.yaml")
        .ended(64)
        .prints("no program for Linux")
        .prints("scripts/build-assets");
    let stranger = cloud.command("doctor").env("AWS_ACCESS_KEY_ID", "999900001111").output().unwrap();
    assert_eq!(stranger.status.code(), Some(3));
    assert_eq!(cloud.emulator.everything(""), before);
}

#[test]
fn the_worker_tests_itself_in_jobs_that_are_gone_afterwards() {
    let cloud = deployed();
    let ran = cloud.run("doctor --remote --type pythonshell --type ray --output json").ended(1);
    let told = ran.json();
    let [shell, ray] = told["jobs"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!((&shell["type"], &shell["result"]), (&"pythonshell".into(), &"works".into()), "{told}");
    let found = &shell["self_test"];
    assert!(found["cores"]["usable"].as_u64() > Some(0), "{found}");
    assert!(found["speed"]["one_core"].as_f64() > Some(0.0), "{found}");
    assert_eq!(found["disk"]["refuses_programs"], Value::Null, "{found}");
    assert_eq!(found["credentials"]["error"], Value::Null, "{found}");
    let reached = found["network"].as_array().unwrap();
    assert!(reached.len() == 2 && reached.iter().all(|one| one["first_ms"].is_number()), "{found}");
    // The emulator does not run Ray, and says so.
    assert_eq!(ray["result"], "fails", "{told}");
    assert!(ray["why"].as_str().unwrap().contains("glueray"), "{told}");
    assert_eq!(left(&cloud), Vec::<String>::new());
    // It leaves no trace among the runs of the pipeline's own job.
    assert_eq!(cloud.run("status --output json").json()["runs"], serde_json::json!([]));

    let shown = cloud.run("doctor --remote --type pythonshell-small").ok();
    shown.prints("pythonshell-small: works").prints("glibc").prints("answered after");
    assert_eq!(left(&cloud), Vec::<String>::new());
}

#[test]
fn what_is_refused_or_interrupted_leaves_nothing_either() {
    let cloud = deployed();
    let mut child = cloud.start("doctor --remote --type pythonshell");
    cloud.until("a run", || cloud.emulator.everything("doctor").iter().any(|thing| thing.contains("job")));
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(left(&cloud), Vec::<String>::new());

    cloud.emulator.deny("glue:StartJobRun");
    cloud.run("doctor --remote --type pythonshell").ended(3).says("bucketscope-test.doctor-pythonshell");
    assert_eq!(left(&cloud), Vec::<String>::new());
    cloud.emulator.deny("glue:DeleteJob");
    cloud
        .run("doctor --remote --type pythonshell")
        .ended(3)
        .says("aws glue delete-job --job-name bucketscope-test.doctor-");
    assert_eq!(left(&cloud).len(), 1);
}

#[test]
fn before_anything_is_deployed_there_is_nothing_to_test() {
    let cloud = Cloud::new();
    cloud.configure("sources:\n  - id: existing\n    bucket: acme-logs\n");
    cloud.run("doctor --remote").ended(6).says("bucketscope deploy");
}
