//! What is too much for the small job goes to the one with many workers.

use std::path::Path;

use bucketscope::blueprint::Names;
use bucketscope::config;

use super::cloud::{Cloud, LINES, REGION};

const CONFIGURATION: &str = "\
sources:
  - id: existing
    bucket: acme-logs
    prefix: s3/
job:
  hand_over_minutes: 0
  max_workers: 4
";

/// Runs of the Spark job: their workers, type, and what they were told of their size.
fn runs(cloud: &Cloud) -> Vec<(i32, String, String)> {
    let text = std::fs::read_to_string(cloud.path("bucketscope.yaml")).unwrap();
    let pipeline = config::cloud::Cloud::parse(&text, Path::new("bucketscope.yaml")).unwrap();
    let job = Names::of(&pipeline).spark_job();
    let answer = cloud.wait(aws_sdk_glue::Client::new(&cloud.sdk(REGION)).get_job_runs().job_name(job).send()).unwrap();
    let seen = |run: &aws_sdk_glue::types::JobRun| {
        let told = run.arguments().and_then(|all| all.get("--dpus")).cloned().unwrap_or_default();
        (run.number_of_workers().unwrap_or_default(), run.worker_type().unwrap().as_str().to_owned(), told)
    };
    answer.job_runs().iter().map(seen).collect()
}

#[test]
fn a_backlog_is_planned_by_the_small_job_and_handed_over_and_nothing_of_it_is_lost() {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("acme-logs", REGION);
    cloud.put("acme-logs", "s3/2026-02-06-00-30-00-AAAAAAAAAAAAAAAA", LINES);
    cloud.configure(CONFIGURATION);
    cloud.run("deploy").ok();
    let ran = cloud.run("run").says("handed over to bucketscope-test-etl-spark; watching its run jr_");
    assert_eq!(runs(&cloud), [(2, "G.1X".to_owned(), "2".to_owned())]);
    if ran.code != 0 {
        // Without Spark, the other run fails, and its plan waits.
        assert!(ran.stderr.contains("requirements-spark.txt"), "{}", ran.stderr);
        let plan = "_state/plans/000000000001-a1/plan.json".to_owned();
        assert!(cloud.keys("bucketscope-test-lake-a1b2c3").contains(&plan));
        // Started again, not planned again.
        cloud.run("run").ended(1).says("handed over");
        assert_eq!(runs(&cloud).len(), 2);
        let status = cloud.run("status --output json").json();
        assert_eq!(status["runs"].as_array().unwrap().len(), 4, "{status}");
    }

    // With another engine the plan is not lost either; that of the Spark job goes with it.
    cloud.reconfigure("job:\n", "job:\n  engine: pythonshell\n");
    cloud.run("deploy").ok();
    let run = cloud.run("run --output json").ok().json();
    assert_eq!(run["summary"]["records"], if ran.code == 0 { 0 } else { 2 }, "{run}");
    let left = cloud.emulator.everything("etl-spark");
    assert!(left.is_empty(), "{left:?}");
    cloud.run("destroy --confirm test").ok();
}
