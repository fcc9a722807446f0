//! A pipeline that an earlier bucketscope deployed: its templates lie in `previous/`, as they were first rendered.

use aws_sdk_cloudformation::types::{Capability, Tag};

use super::cloud::{Cloud, LINES, REGION};

/// Creates a stack from a template of the earlier version and waits for it.
fn create(cloud: &Cloud, kind: &str, template: &str) {
    let client = aws_sdk_cloudformation::Client::new(&cloud.sdk(REGION));
    let name = format!("bucketscope-test-{kind}");
    // More than a request may carry, so that it comes from a bucket.
    cloud.put("acme-templates", kind, template);
    let request = client
        .create_stack()
        .stack_name(&name)
        .template_url(format!("{}/acme-templates/{kind}", cloud.emulator.endpoint()))
        .capabilities(Capability::CapabilityNamedIam)
        .tags(Tag::builder().key("bucketscope:pipeline").value("test").build());
    cloud.wait(request.send()).unwrap();
    cloud.until("the stack of the earlier version", || {
        let answer = cloud.wait(client.describe_stacks().stack_name(&name).send()).unwrap();
        answer.stacks()[0].stack_status().is_some_and(|status| status.as_str() == "CREATE_COMPLETE")
    });
}

#[test]
fn what_an_earlier_version_deployed_is_brought_up_to_date() {
    let cloud = Cloud::enforcing();
    cloud.make_bucket("shop-orders", REGION);
    cloud.make_bucket("acme-templates", REGION);
    create(&cloud, "assets", include_str!("previous/assets.json"));
    create(&cloud, "lake", include_str!("previous/lake.json"));
    cloud.configure("sources:\n  - id: shop\n    log_buckets: [shop-orders]\n");

    cloud.run("plan --detailed-exitcode").ended(2).prints("bucketscope-test-etl");
    cloud.run("deploy").ok();
    cloud.run("plan --detailed-exitcode").ok();
    cloud.run("drift --detailed-exitcode").ok();
    let key = "logs/shop-orders/2026-02-06-01-30-00-AAAAAAAAAAAAAAAA";
    cloud.put("bucketscope-test-logs-eu-central-1-a1b2c3", key, LINES);
    let run = cloud.run("run --output json").ok().json();
    assert_eq!(run["summary"]["records"], 2, "{run}");
}
