//! A pipeline that is there already: changed, upgraded, and broken on purpose, which the tests must notice.

use serde_json::{Value, json};

use super::cloud::{Cloud, LINES, REGION};

const LOGS: &str = "acme-logs";

fn one_source(more: &str) -> Cloud {
    let cloud = Cloud::enforcing();
    cloud.make_bucket(LOGS, REGION);
    cloud.put(LOGS, "2026-02-06-01-30-00-AAAAAAAAAAAAAAAA", LINES);
    cloud.configure(&format!("{more}sources:\n  - id: existing\n    bucket: {LOGS}\n"));
    cloud
}

/// How many partitions the catalogue has.
fn partitions(cloud: &Cloud) -> usize {
    let glue = aws_sdk_glue::Client::new(&cloud.sdk(REGION));
    let request = glue.get_partitions().database_name("bucketscope_test").table_name("s3_access_logs");
    cloud.wait(request.send()).unwrap().partitions().len()
}

#[test]
fn a_change_is_planned_then_made_then_nothing_is_left_to_do() {
    let cloud = one_source("");
    cloud.run("deploy").ok();
    cloud.reconfigure("sources:", "job:\n  timeout_minutes: 77\nsources:");
    let before = cloud.emulator.everything("");
    cloud.run("plan --detailed-exitcode").ended(2).prints("bucketscope-test-etl").prints("77");
    assert_eq!(cloud.emulator.everything(""), before);
    let planned = cloud.run("plan --out plan.json").ok().stdout;
    let count = planned.split("Plan: ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().to_owned();
    assert!(count.parse::<u32>().unwrap() > 1, "a function knows the timeout, too: {planned}");
    cloud.reconfigure("77", "78");
    cloud.run("deploy --plan plan.json").ended(1);
    cloud.reconfigure("78", "77");
    // What CloudFormation lists because it might follow is in neither number.
    cloud.run("deploy --plan plan.json").ok().prints(&format!("updated     {count} resources\n"));
    cloud.run("plan --detailed-exitcode").ok();
    cloud.run("drift --detailed-exitcode").ok();
}

#[test]
fn the_crawler_is_started_by_the_job_and_adds_the_partitions() {
    let cloud = one_source("catalogue:\n  mode: crawler\n");
    cloud.run("deploy").ok();
    cloud.run("run").ok();
    cloud.until("the crawler's partitions", || partitions(&cloud) == 2);
}

/// The job's definition with one argument changed, as the console would do it.
fn change_pipeline_of_job(cloud: &Cloud, change: impl Fn(&mut Value)) {
    let glue = aws_sdk_glue::Client::new(&cloud.sdk(REGION));
    let job = cloud.wait(glue.get_job().job_name("bucketscope-test-etl").send()).unwrap();
    let job = job.job().unwrap();
    let mut arguments = job.default_arguments().unwrap().clone();
    let mut pipeline: Value = serde_json::from_str(&arguments["--pipeline"]).unwrap();
    change(&mut pipeline);
    arguments.insert("--pipeline".to_owned(), pipeline.to_string());
    let update = aws_sdk_glue::types::JobUpdate::builder()
        .set_role(job.role.clone())
        .set_command(job.command.clone())
        .set_default_arguments(Some(arguments))
        .set_execution_property(job.execution_property.clone())
        .set_max_capacity(job.max_capacity)
        .set_timeout(job.timeout)
        .build();
    cloud.wait(glue.update_job().job_name("bucketscope-test-etl").job_update(update).send()).unwrap();
}

#[test]
fn a_crawler_start_left_out_is_noticed() {
    let cloud = one_source("catalogue:\n  mode: crawler\n");
    cloud.run("deploy").ok();
    change_pipeline_of_job(&cloud, |pipeline| pipeline["catalogue"]["after_commit"] = json!("nothing"));
    cloud.run("drift --detailed-exitcode").ended(2);
    cloud.run("run").ok();
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(partitions(&cloud), 0, "nobody started the crawler, so the test above would fail");
}

#[test]
fn a_permission_taken_away_is_noticed() {
    let cloud = one_source("");
    cloud.run("deploy").ok();
    let iam = aws_sdk_iam::Client::new(&cloud.sdk(REGION));
    let role = "bucketscope-test-etl-eu-central-1";
    let names = cloud.wait(iam.list_role_policies().role_name(role).send()).unwrap();
    for name in names.policy_names() {
        let policy = cloud.wait(iam.get_role_policy().role_name(role).policy_name(name).send()).unwrap();
        let less = decoded(policy.policy_document()).replace("s3:GetObject", "s3:GetObjectAcl");
        let request = iam.put_role_policy().role_name(role).policy_name(name).policy_document(less);
        cloud.wait(request.send()).unwrap();
    }
    cloud.run("run").ended(1).says("not authorized");
}

/// IAM hands policies out percent-encoded (IAM API Reference, GetRolePolicy).
fn decoded(document: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = document.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_template_broken_on_purpose_is_refused() {
    let cloud = one_source("");
    cloud.run("deploy").ok();
    let cloudformation = aws_sdk_cloudformation::Client::new(&cloud.sdk(REGION));
    let template = cloud.wait(cloudformation.get_template().stack_name("bucketscope-test-lake").send()).unwrap();
    let broken = template.template_body().unwrap().replace("\"MaxCapacity\"", "\"MaximumCapacity\"");
    assert_ne!(broken, template.template_body().unwrap());
    let key = "broken.json";
    cloud.put("bucketscope-test-assets-eu-central-1-a1b2c3", key, &broken);
    let url = format!("{}/bucketscope-test-assets-eu-central-1-a1b2c3/{key}", cloud.emulator.endpoint());
    let request = cloudformation
        .update_stack()
        .stack_name("bucketscope-test-lake")
        .template_url(url)
        .capabilities(aws_sdk_cloudformation::types::Capability::CapabilityNamedIam);
    // Refused at once, or by the resource.
    if cloud.wait(request.send()).is_ok() {
        cloud.until("the stack to be rolled back", || {
            let answer =
                cloud.wait(cloudformation.describe_stacks().stack_name("bucketscope-test-lake").send()).unwrap();
            answer.stacks()[0].stack_status().is_some_and(|status| status.as_str() == "UPDATE_ROLLBACK_COMPLETE")
        });
    }
}
