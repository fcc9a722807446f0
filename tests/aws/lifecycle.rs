//! From nothing to a filled lake and back to nothing.

use super::cloud::{ACCOUNT, Cloud, LINES, REGION, line_of_now};

/// What a pipeline over one existing log bucket is configured with.
const ONE_SOURCE: &str = "sources:\n  - id: existing\n    bucket: acme-logs\n    prefix: s3/\n";

/// A pipeline over an existing log bucket with two log objects in it.
fn with_logs() -> Cloud {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-logs", REGION);
    let (first, second) = LINES.split_at(LINES.find('\n').unwrap() + 1);
    cloud.put("acme-logs", "s3/2026-02-06-00-30-00-AAAAAAAAAAAAAAAA", first);
    cloud.put("acme-logs", "s3/2026-02-06-01-30-00-BBBBBBBBBBBBBBBB", second);
    cloud.put("acme-logs", "other/2026-02-06-01-30-00-CCCCCCCCCCCCCCCC", second);
    cloud.configure(ONE_SOURCE);
    cloud
}

#[test]
fn plan_before_the_first_deployment_leaves_nothing_behind() {
    let cloud = with_logs();
    let before = cloud.emulator.everything("");
    cloud.run("plan --detailed-exitcode").ended(2).prints("+");
    assert_eq!(cloud.emulator.everything(""), before);
}

#[test]
fn from_nothing_to_a_filled_lake_and_back() {
    let cloud = with_logs();
    let before = cloud.emulator.everything("");

    cloud.run("deploy").ok();
    cloud.run("deploy").ok().prints("Nothing to change");
    cloud.run("plan --detailed-exitcode").ok();
    cloud.run("drift --detailed-exitcode").ok();

    let run = cloud.run("run --output json").ok().json();
    assert_eq!(run["summary"]["objects"], 2, "{run}");
    assert_eq!(run["summary"]["records"], 2, "{run}");
    let again = cloud.run("run --output json").ok().json();
    assert_eq!(again["summary"]["objects"], 0, "{again}");

    assert_eq!(cloud.metric("Records"), (2.0, 2), "both runs told, the second one of nothing");
    assert_eq!(cloud.metric("RejectedLines"), (0.0, 2));
    let bytes = run["summary"]["bytes"].as_f64().unwrap();
    assert!(bytes > 0.0);
    assert_eq!(cloud.metric("LogBytes"), (bytes, 2));
    assert_eq!(cloud.metric("RunSeconds").1, 2);
    assert_eq!(cloud.metric("GapHours"), (0.0, 2));
    let (dollars, times) = cloud.metric("RunDollars");
    assert!(times == 2 && dollars > 0.0 && dollars < 0.1, "two runs of a minute at least: {dollars}");
    let mut told = bucketscope::pipeline::METRICS.map(str::to_owned).to_vec();
    told.sort();
    assert_eq!(cloud.metrics(), told, "all without dimensions");
    let (age, times) = cloud.metric("NewestRecordAgeHours");
    assert!(times == 2 && age > 2.0 * 24.0, "of February: {age}");

    let tables = cloud.keys("bucketscope-test-lake-a1b2c3");
    let partitions = |hour: &str| tables.iter().filter(|key| key.contains(&format!("requesthour={hour}/"))).count();
    assert_eq!((partitions("00"), partitions("01")), (1, 1), "{tables:?}");
    assert_eq!(registered(&cloud), ["2026-02-06 00", "2026-02-06 01"]);

    cloud.put("acme-logs", "s3/2026-02-06-02-30-00-DDDDDDDDDDDDDDDD", &line_of_now());
    // Its name is older than what a run lists by itself.
    assert_eq!(cloud.run("run --output json").ok().json()["summary"]["objects"], 0);
    cloud.run("run --full").ok();
    let status = cloud.run("status --output json").ok().json();
    assert_eq!(status["health"], "healthy", "{status}");
    cloud.run("drift --detailed-exitcode").ok();

    cloud.run("destroy").ended(5).says("--confirm test");
    cloud.run("destroy --confirm tset").ended(64);
    cloud.run("destroy --confirm test").ok().says("deploys it again, over what was kept");
    assert_eq!(kept(&cloud, &before), ["bucketscope-test-lake-a1b2c3", "bucketscope-test-results-a1b2c3"]);

    // What was kept is taken back, and known objects are not read again.
    cloud.run("deploy").ok();
    let again = cloud.run("run --output json").ok().json();
    assert_eq!(again["summary"]["objects"], 0, "{again}");
    cloud.run("destroy --confirm test --purge-data").ended(5).says("second step");
    cloud.run("destroy --confirm test").ok();
    cloud.run("destroy --confirm test --purge-data").ok().says("deploys it again, with an empty lake");
    let new = "2026-02-06-02-30-00-DDDDDDDDDDDDDDDD";
    let left: Vec<String> = cloud.emulator.everything("").into_iter().filter(|thing| !thing.ends_with(new)).collect();
    assert_eq!(left, before);
}

#[test]
fn files_are_joined_and_the_catalogue_is_sent_to_them() {
    let cloud = with_logs();
    cloud.run("deploy").ok();
    cloud.run("run").ok();
    let line = LINES.lines().next().unwrap().to_owned() + "\n";
    cloud.put("acme-logs", "s3/2026-02-06-02-30-00-EEEEEEEEEEEEEEEE", &line);
    cloud.run("run --full").ok();
    let hour_0 = "requestdate=2026-02-06/requesthour=00";
    let before = format!("s3://bucketscope-test-lake-a1b2c3/s3_access_logs/{hour_0}/");
    assert_eq!(location(&cloud, "00"), before);

    assert_eq!(cloud.run("compact --output json").ok().json()["summary"]["joined"]["partitions"], 0, "none is at rest");
    let dry = cloud.run("compact --older-than 0d --dry-run --output json").ok().json();
    assert_eq!((&dry["partitions"], &dry["files_before"], &dry["files_after"]), (&1.into(), &2.into(), &1.into()));
    let done = cloud.run("compact --older-than 0d --output json").ok().json();
    let joined = &done["summary"]["joined"];
    assert_eq!(
        (&joined["partitions"], &joined["files_before"], &joined["files_after"]),
        (&1.into(), &2.into(), &1.into())
    );
    let after = format!("s3://bucketscope-test-lake-a1b2c3/s3_access_logs_joined/000000000003-a1/{hour_0}/");
    assert_eq!(location(&cloud, "00"), after);
    let files = |part: &str| {
        let keys = cloud.keys("bucketscope-test-lake-a1b2c3");
        keys.into_iter().filter(|key| key.starts_with(part) && key.contains(hour_0)).count()
    };
    assert_eq!((files("s3_access_logs/"), files("s3_access_logs_joined/")), (2, 1), "the old ones stay for a day");
    cloud.run("drift --detailed-exitcode").ok();

    cloud.put("acme-logs", "s3/2026-02-06-03-30-00-FFFFFFFFFFFFFFFF", &line);
    let late = cloud.run("run --full --output json").ok().json();
    assert_eq!(late["summary"]["records"], 1, "{late}");
    assert_eq!((files("s3_access_logs/"), files("s3_access_logs_joined/")), (2, 2), "where the partition is now");
    assert_eq!(location(&cloud, "00"), after);
    cloud.run("drift --detailed-exitcode").ok();

    cloud.run("destroy --confirm test").ok();
    cloud.run("destroy --confirm test --purge-data").ok();
}

#[test]
fn compacting_is_refused_where_partitions_are_found_by_their_paths() {
    let cloud = Cloud::new();
    for mode in ["crawler", "projection"] {
        cloud.configure(&format!("{ONE_SOURCE}catalogue:\n  mode: {mode}\n"));
        cloud.run("compact").ended(64).says(&format!("catalogue.mode: {mode}"));
    }
}

#[test]
fn logging_is_switched_on_and_given_back() {
    let cloud = Cloud::enforcing();
    for bucket in ["acme-data", "acme-web", "acme-old-logs"] {
        cloud.make_bucket(bucket, REGION);
    }
    cloud.log_to("acme-web", REGION, "acme-old-logs", "web/");
    cloud.configure("sources:\n  - id: ours\n    log_buckets: [acme-data, acme-web]\n");
    cloud.run("deploy").ok();
    let ours = "bucketscope-test-logs-eu-central-1-a1b2c3".to_owned();
    assert_eq!(cloud.logging("acme-data", REGION), Some((ours.clone(), "logs/acme-data/".to_owned())));
    assert_eq!(cloud.logging("acme-web", REGION), Some((ours, "logs/acme-web/".to_owned())));
    cloud.run("destroy --confirm test").ok();
    assert_eq!(cloud.logging("acme-data", REGION), None);
    assert_eq!(cloud.logging("acme-web", REGION), Some(("acme-old-logs".to_owned(), "web/".to_owned())));
}

#[test]
fn a_setting_that_is_no_longer_ours_is_left_alone() {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-data", REGION);
    cloud.make_bucket("acme-siem", REGION);
    cloud.configure("sources:\n  - id: ours\n    log_buckets: [acme-data]\n");
    cloud.run("deploy").ok();
    cloud.log_to("acme-data", REGION, "acme-siem", "new/");
    cloud.run("destroy --confirm test").ok();
    assert_eq!(cloud.logging("acme-data", REGION), Some(("acme-siem".to_owned(), "new/".to_owned())));
}

#[test]
fn three_regions_fill_one_lake() {
    let cloud = Cloud::enforcing();
    let regions = [("acme-eu", REGION), ("acme-us", "us-east-1"), ("acme-ap", "ap-southeast-2")];
    let mut sources = "sources:\n".to_owned();
    for (bucket, region) in regions {
        cloud.make_bucket(bucket, region);
        sources.push_str(&format!("  - id: {bucket}\n    region: {region}\n    log_buckets: [{bucket}]\n"));
    }
    let before = cloud.emulator.everything("");
    cloud.configure(&sources);
    cloud.run("deploy").ok();
    for (bucket, region) in regions {
        let target = format!("bucketscope-test-logs-{region}-a1b2c3");
        assert_eq!(cloud.logging(bucket, region), Some((target.clone(), format!("logs/{bucket}/"))));
        let key = format!("logs/{bucket}/2026-02-06-01-30-00-AAAAAAAAAAAAAAAA");
        let put = cloud.s3(region).put_object().bucket(&target).key(key).body(LINES.as_bytes().to_vec().into());
        cloud.wait(put.send()).unwrap();
    }
    let run = cloud.run("run --output json").ok().json();
    assert_eq!(run["summary"]["records"], 6, "{run}");
    cloud.run("destroy --confirm test").ok();
    cloud.run("destroy --confirm test --purge-data").ok();
    assert_eq!(cloud.emulator.everything(""), before);
}

#[test]
fn credentials_of_another_account_touch_nothing() {
    let cloud = with_logs();
    let before = cloud.emulator.everything("");
    let output = cloud.command("deploy").env("AWS_ACCESS_KEY_ID", "999900001111").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("999900001111") && stderr.contains(ACCOUNT), "{stderr}");
    assert_eq!(cloud.emulator.everything(""), before);
}

/// The buckets that were not there before; everything else that is new is a failure.
fn kept(cloud: &Cloud, before: &[String]) -> Vec<String> {
    let new = cloud.emulator.everything("").into_iter().filter(|thing| !before.contains(thing));
    let buckets = new.filter(|thing| !thing.starts_with("s3 object ")).map(|thing| {
        let bucket = thing.strip_prefix(&format!("s3 bucket {ACCOUNT}/"));
        bucket.unwrap_or_else(|| panic!("left behind: {thing}")).to_owned()
    });
    buckets.collect()
}

/// The partitions in the catalogue, `date hour`, sorted.
fn registered(cloud: &Cloud) -> Vec<String> {
    let glue = aws_sdk_glue::Client::new(&cloud.sdk(REGION));
    let answer = cloud
        .wait(glue.get_partitions().database_name("bucketscope_test").table_name("s3_access_logs").send())
        .unwrap();
    let mut all: Vec<String> = answer.partitions().iter().map(|partition| partition.values().join(" ")).collect();
    all.sort();
    all
}

/// Where the catalogue sends those who ask for an hour of 2026-02-06.
fn location(cloud: &Cloud, hour: &str) -> String {
    let glue = aws_sdk_glue::Client::new(&cloud.sdk(REGION));
    let ask = glue.get_partition().database_name("bucketscope_test").table_name("s3_access_logs");
    let answer = cloud.wait(ask.partition_values("2026-02-06").partition_values(hour).send()).unwrap();
    let description = answer.partition().and_then(|partition| partition.storage_descriptor()).unwrap();
    description.location().unwrap().to_owned()
}
