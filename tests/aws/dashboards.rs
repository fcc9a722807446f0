//! The dashboard in QuickSight: a stack of its own that comes and goes with the configuration, and takes no lake along.

use serde_json::{Value, json};

use super::cloud::{ACCOUNT, Cloud, LINES, REGION};

const WANTED: &str =
    "quicksight:\n  principals:\n    - arn:aws:quicksight:us-east-1:111122223333:group/default/security\n";

fn pipeline() -> Cloud {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-logs", REGION);
    cloud.put("acme-logs", "2026-02-06-01-30-00-AAAAAAAAAAAAAAAA", LINES);
    cloud.configure(&format!("sources:\n  - id: existing\n    bucket: acme-logs\n{WANTED}"));
    cloud
}

fn of_quicksight(cloud: &Cloud) -> Vec<String> {
    cloud.emulator.everything("").into_iter().filter(|thing| thing.starts_with("quicksight ")).collect()
}

#[test]
fn a_dashboard_comes_and_goes_with_the_configuration() {
    let cloud = pipeline();
    cloud.run("plan").ok().prints("dashboard").prints("BS026").prints("QuickSight is not counted");
    cloud.run("deploy").ok();
    let sets = of_quicksight(&cloud);
    assert!(sets.contains(&"quicksight dataset bucketscope-test-traffic".to_owned()), "{sets:?}");
    assert!(!sets.iter().any(|thing| thing.ends_with("-trail")), "there is no trail: {sets:?}");
    cloud.run("deploy").ok().prints("Nothing to change");
    cloud.run("plan --detailed-exitcode").ok();
    cloud.run("drift --detailed-exitcode").ok();
    cloud.run("status").ok();

    cloud.reconfigure(WANTED, &format!("{WANTED}  import: spice\n  days: 30\n"));
    cloud.run("deploy").ok();
    assert!(of_quicksight(&cloud).iter().any(|thing| thing.starts_with("quicksight refresh-schedule ")));

    // Without it in the file, the stack goes, and the lake stays.
    cloud.reconfigure(&format!("{WANTED}  import: spice\n  days: 30\n"), "");
    cloud.run("deploy").ok();
    assert_eq!(of_quicksight(&cloud), Vec::<String>::new());
    cloud.run("drift --detailed-exitcode").ok();
    cloud.reconfigure("bucket: acme-logs\n", &format!("bucket: acme-logs\n{WANTED}"));
    cloud.run("deploy").ok();
    cloud.run("destroy --confirm test").ok();
    assert_eq!(of_quicksight(&cloud), Vec::<String>::new());
    let left = cloud.emulator.everything("bucketscope-test");
    assert!(left.iter().all(|thing| thing.starts_with("s3 ")), "{left:?}");
}

#[test]
fn an_account_without_quicksight_keeps_its_lake() {
    let cloud = pipeline();
    let fault: Value = json!({"on": "create", "type": "AWS::QuickSight::DataSource", "message": "not signed up for QuickSight",
        "times": 1, "account": ACCOUNT, "region": REGION});
    cloud.emulator.control("POST", "/_emulator/faults", &fault);
    cloud.run("deploy").ended(4).says("not signed up for QuickSight");
    let run = cloud.run("run --output json").ok().json();
    assert_eq!(run["summary"]["objects"], 1, "{run}");
    cloud.run("deploy").ok();
    assert!(of_quicksight(&cloud).contains(&"quicksight dashboard bucketscope-test".to_owned()));
}
