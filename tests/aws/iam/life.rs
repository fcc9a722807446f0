//! A pipeline's life from plan to purge, recorded: every call is allowed by the role or policy of its caller, and what these
//! allow is called, or stands on a reviewed list with its reason.

use std::collections::BTreeSet;
use std::path::Path;

use bucketscope::blueprint::Names;
use bucketscope::blueprint::policies::Who;
use bucketscope::config;
use serde_json::json;

use super::check;
use super::compare::{self, Call, calls};
use crate::cloud::{Cloud, LINES, REGION};

const CONFIGURATION: &str = "\
sources:
  - id: existing
    bucket: acme-logs
    prefix: s3/
  - id: ours
    log_buckets: [acme-data]
notify:
  emails: [ops@example.com]
reports:
  - query: access-denied
    last: 30d
    schedule: rate(1 day)
";

/// What was recorded behind so many lines.
/// What was called, without the logs that the test itself delivers.
fn recorded(cloud: &Cloud, behind: usize) -> Vec<Call> {
    let text = std::fs::read_to_string(&cloud.emulator.calls).unwrap();
    let is_log = |call: &Call| call.names.get("Bucket").is_some_and(|it| it == "acme-logs");
    let delivered = |call: &Call| call.caller.kind == "user" && call.operation == "PutObject" && is_log(call);
    let mut all = calls(&text.lines().skip(behind).collect::<Vec<_>>().join("\n"));
    all.retain(|call| !delivered(call));
    all
}

fn lines(cloud: &Cloud) -> usize {
    std::fs::read_to_string(&cloud.emulator.calls).unwrap().lines().count()
}

/// What services do by themselves: a crawl, and a run that the schedule starts.
fn let_services_act(cloud: &Cloud, names: &Names) {
    let glue = aws_sdk_glue::Client::new(&cloud.sdk(REGION));
    cloud.emulator.control("POST", "/_emulator/glue/crawl", &json!({ "seconds": 0.1 }));
    cloud.wait(glue.start_crawler().name(names.crawler()).send()).unwrap();
    cloud.until("the crawl", || {
        let answer = cloud.wait(glue.get_crawler().name(names.crawler()).send()).unwrap();
        answer.crawler().is_some_and(|crawler| crawler.last_crawl().is_some())
    });
    let fire = json!({
        "group": names.schedule_group(), "name": names.schedule(), "account": crate::cloud::ACCOUNT, "region": REGION,
    });
    cloud.emulator.control("POST", "/_emulator/fire", &fire);
    let report = json!({
        "group": names.schedule_group(), "name": names.report_schedule("access-denied"), "account": crate::cloud::ACCOUNT,
        "region": REGION,
    });
    assert_eq!(cloud.emulator.control("POST", "/_emulator/fire", &report)["fired"], true);
    cloud.until("the run", || {
        let answer = cloud.wait(glue.get_job_runs().job_name(names.job()).send()).unwrap();
        answer.job_runs().iter().all(|run| run.completed_on().is_some())
    });
}

#[test]
fn roles_and_policies_have_exactly_what_a_life_calls() {
    let cloud = Cloud::enforcing();
    for bucket in ["acme-logs", "acme-data"] {
        cloud.make_bucket(bucket, REGION);
    }
    cloud.put("acme-logs", "s3/2026-02-06-00-30-00-AAAAAAAAAAAAAAAA", LINES);
    cloud.configure(CONFIGURATION);
    let text = std::fs::read_to_string(cloud.path("bucketscope.yaml")).unwrap();
    let pipeline = config::cloud::Cloud::parse(&text, Path::new("bucketscope.yaml")).unwrap();
    let names = Names::of(&pipeline);

    let start = lines(&cloud);
    cloud.run("plan").ok();
    cloud.run("deploy").ok();
    let templates = [names.assets_stack(), names.collector_stack(1), names.lake_stack()].map(|stack| {
        let client = aws_sdk_cloudformation::Client::new(&cloud.sdk(REGION));
        let answer = cloud.wait(client.get_template().stack_name(stack).send()).unwrap();
        serde_json::from_str(answer.template_body().unwrap()).unwrap()
    });
    let deployed = lines(&cloud);
    for command in ["plan", "run", "drift"] {
        cloud.run(command).ok();
    }
    // A second file of its hour, and then one of both. Its name is older than what a run lists by itself.
    cloud.put("acme-logs", "s3/2026-02-06-02-30-00-BBBBBBBBBBBBBBBB", LINES);
    cloud.run("run --full").ok();
    cloud.run("compact --older-than 0d").ok();
    // The records are old, and nobody has confirmed the subscription.
    cloud.run("status").ended(8);
    let of_ci = recorded(&cloud, deployed);
    cloud.run("notify test").ok();
    let_services_act(&cloud, &names);
    // Everything new is handed over; whether Spark is there to work on it does not matter here.
    cloud.put("acme-logs", "s3/2026-02-06-03-30-00-CCCCCCCCCCCCCCCC", LINES);
    cloud.reconfigure("sources:", "job:\n  hand_over_minutes: 0\nsources:");
    cloud.run("deploy").ok();
    cloud.run("run --full").says("handed over");
    cloud.run("destroy --confirm test").ok();
    cloud.run("destroy --confirm test --purge-data").ok();
    let mut all = recorded(&cloud, start);
    // The test's own.
    all.retain(|call| !(call.caller.kind == "user" && call.operation == "StartCrawler"));

    let granted = templates.iter().flat_map(check::granted).collect();
    let mut wrong = check::roles(&all, &pipeline, REGION, &granted);
    let by = |calls: &[Call], kind: &str| -> Vec<Call> {
        calls.iter().filter(|call| call.caller.kind == kind && call.caller.role.is_none()).cloned().collect()
    };
    let (person, stacks, ci) = (by(&all, "user"), by(&all, "cloudformation"), by(&of_ci, "user"));
    assert!(person.len() > 100 && stacks.len() > 100 && ci.len() > 20, "the recording is short");
    let mut add =
        |whose: &str, found: BTreeSet<String>| wrong.extend(found.into_iter().map(|it| format!("{whose}: {it}")));
    add("deployer", check::lacking(&person, &pipeline, Who::Deployer));
    add("deployer", check::lacking(&stacks, &pipeline, Who::Deployer));
    add("cloudformation", check::lacking(&stacks, &pipeline, Who::CloudFormation));
    add("ci", check::lacking(&ci, &pipeline, Who::Ci));
    add("deployer", check::idle(&person, &pipeline));
    assert!(wrong.is_empty(), "{wrong:#?}");

    // The comparison would notice: each action of each role is taken away once, and one is added.
    for (name, statements) in &granted {
        let of_role: Vec<&Call> = all.iter().filter(|call| call.role_name() == Some(name)).collect();
        let called = of_role.iter().filter(|call| !compare::refused(&[call], &[]).is_empty()).count();
        assert!(called > 0, "nothing of {name} was recorded");
        assert!(!compare::refused(&of_role, &statements[1..]).is_empty() || statements.len() == 1, "{name}");
        let mut more = statements.clone();
        more[0].actions.push("s3:DeleteBucket".to_owned());
        assert_eq!(compare::unused(&of_role, &more, |action| action != "s3:DeleteBucket").len(), 1, "{name}");
    }
}
