use std::sync::Arc;

use super::*;
use crate::ErrorKind;
use crate::aws::stacks::StackStatus;
use crate::blueprint::names::Names;
use crate::config::cloud::Cloud;
use crate::stack::fake::{Fake, Silent, World, cloud, deployed};

fn down(fake: &Arc<Fake>, cloud: &Cloud, watch: &Silent) -> Result<Report> {
    let site = Site::whole(cloud, &|region| fake.hands(region), watch)?;
    let inventory = inventory(&site)?;
    destroy(&site, &inventory)
}

/// What must be so after every `destroy`, whatever went before.
fn assert_down(world: &World, case: &str) {
    assert!(world.stacks.is_empty(), "{case}: {:?}", world.stacks.keys());
    assert!(world.job.is_none() && world.crawler.is_none() && world.schedules.is_empty(), "{case}");
    assert!(world.database.is_none() && world.tables.is_empty() && world.workgroup.is_none(), "{case}");
    assert!(world.topics.is_empty() && world.group.is_none(), "{case}");
    let buckets: Vec<&str> = world.buckets.keys().map(String::as_str).collect();
    let kept = [
        "bucketscope-web-lake-abc123",
        "bucketscope-web-logs-eu-central-1-abc123",
        "bucketscope-web-logs-us-east-1-abc123",
        "bucketscope-web-results-abc123",
        "films",
        "old-logs",
        "photos",
    ];
    assert_eq!(buckets, kept, "{case}");
    for name in kept {
        assert_eq!(world.buckets[name].versions.len(), 3, "{case}: {name} lost data");
    }
    assert!(world.buckets["photos"].logging.is_none() && world.buckets["films"].logging.is_none(), "{case}");
    let groups: Vec<&str> = world.log_groups.keys().map(String::as_str).collect();
    assert_eq!(groups, ["/aws-glue/crawlers", "/aws-glue/python-jobs/output", "/bucketscope/web-2/delivery"], "{case}");
    assert_eq!(world.log_groups["/aws-glue/crawlers"].iter().collect::<Vec<_>>(), ["bucketscope-web-lake-2"], "{case}");
    assert_eq!(world.roles.keys().collect::<Vec<_>>(), ["bucketscope-web-2-etl-eu-central-1"], "{case}");
}

#[test]
fn everything_goes_but_data_sources_and_neighbours() {
    let cloud = cloud();
    let fake = Fake::over(deployed(&cloud));
    let report = down(&fake, &cloud, &Silent::default()).unwrap();
    assert_down(&fake.look(), "once");
    let streams: Vec<String> = fake.look().log_groups["/aws-glue/python-jobs/output"].iter().cloned().collect();
    assert_eq!(streams, ["jr_foreign"]);
    assert_eq!(report.left, []);
    assert_eq!(report.given_back, ["films", "photos"]);
    assert_eq!(report.stopped, ["schedule bucketscope-web-etl", "job run jr_2", "crawler bucketscope-web-lake"]);
    let kept: Vec<&str> = report.kept.iter().map(|kept| kept.what.as_str()).collect();
    assert_eq!(kept, ["lake", "results of queries", "raw logs", "raw logs"]);
    let order: Vec<&str> = report.deleted.iter().map(|name| name.rsplit_once(" in").unwrap().0).collect();
    assert_eq!(
        order,
        [
            "bucketscope-web-lake",
            "bucketscope-web-collector",
            "bucketscope-web-collector",
            "bucketscope-web-assets",
            "bucketscope-web-assets"
        ]
    );
}

#[test]
fn a_destroy_that_breaks_at_any_call_is_finished_by_the_next_one() {
    let cloud = cloud();
    let whole = Fake::over(deployed(&cloud));
    down(&whole, &cloud, &Silent::default()).unwrap();
    let mut broken = 0;
    for at in 0..whole.calls() {
        let fake = Fake::over(deployed(&cloud));
        fake.fail_at(at);
        broken += usize::from(down(&fake, &cloud, &Silent::default()).is_err());
        fake.fail_at(usize::MAX);
        let report = down(&fake, &cloud, &Silent::default()).unwrap();
        assert_down(&fake.look(), &format!("broken at call {at}"));
        assert_eq!(report.left, [], "broken at call {at}");
    }
    // Templates that cannot be read cost a list of names only, so these calls break nothing.
    assert!(broken + 4 >= whole.calls(), "only {broken} of {} calls could break it", whole.calls());
}

#[test]
fn ctrl_c_at_any_moment_leaves_something_that_the_next_destroy_finishes() {
    let cloud = cloud();
    for after in 1..60 {
        let fake = Fake::over(deployed(&cloud));
        let watch = Silent::default();
        watch.interrupt_after.store(after, std::sync::atomic::Ordering::SeqCst);
        if let Err(error) = down(&fake, &cloud, &watch) {
            assert_eq!(error.kind(), ErrorKind::Interrupted);
        }
        down(&fake, &cloud, &Silent::default()).unwrap();
        assert_down(&fake.look(), &format!("interrupted at look {after}"));
    }
}

#[test]
fn whatever_state_a_stack_is_in_it_goes() {
    let cloud = cloud();
    let names = Names::of(&cloud);
    let stacks = [
        ("eu-central-1", names.lake_stack()),
        ("us-east-1", names.collector_stack(1)),
        ("us-east-1", names.assets_stack()),
    ];
    let states = [
        "CREATE_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
        "ROLLBACK_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_FAILED",
        "REVIEW_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
        "DELETE_FAILED",
        "IMPORT_COMPLETE",
    ];
    for (region, name) in &stacks {
        for state in states {
            let mut world = deployed(&cloud);
            let stack = world.stacks.get_mut(&((*region).to_owned(), name.clone())).unwrap();
            stack.now.status = StackStatus::parse(state);
            stack.busy = 2;
            let fake = Fake::over(world);
            down(&fake, &cloud, &Silent::default()).unwrap();
            assert_down(&fake.look(), &format!("{name} in {state}"));
        }
        // Or was gone already.
        let mut world = deployed(&cloud);
        let key = ((*region).to_owned(), name.clone());
        world.stacks.get_mut(&key).unwrap().now.status = StackStatus::DeleteInProgress;
        let fake = Fake::over(world);
        while fake.hands(region).stacks.find(name).unwrap().is_some() {
            if fake.look().stacks[&key].now.status == StackStatus::DeleteFailed {
                break;
            }
        }
        down(&fake, &cloud, &Silent::default()).unwrap();
        assert_down(&fake.look(), &format!("{name} gone before"));
    }
}

#[test]
fn a_deletion_that_fails_is_tried_again_and_its_first_cause_is_shown_at_last() {
    let cloud = cloud();
    let key = ("eu-central-1".to_owned(), Names::of(&cloud).lake_stack());
    let mut world = deployed(&cloud);
    world.stacks.get_mut(&key).unwrap().stubborn = 2;
    let fake = Fake::over(world.clone());
    down(&fake, &cloud, &Silent::default()).unwrap();
    assert_down(&fake.look(), "stubborn twice");
    world.stacks.get_mut(&key).unwrap().stubborn = 100;
    let fake = Fake::over(world);
    let error = down(&fake, &cloud, &Silent::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stack);
    assert_eq!(
        error.to_string(),
        "the stack bucketscope-web-lake in eu-central-1 was not deleted: Role (AWS::IAM::Role): throttled"
    );
    assert!(error.suggestion().unwrap().contains("run destroy again"));
    assert!(fake.look().buckets.contains_key("bucketscope-web-assets-us-east-1-abc123"), "later kinds wait");
}

#[test]
fn a_stack_of_our_name_without_our_tag_is_somebody_elses() {
    let cloud = cloud();
    let mut world = deployed(&cloud);
    let key = ("us-east-1".to_owned(), Names::of(&cloud).assets_stack());
    world.stacks.get_mut(&key).unwrap().now.tags.clear();
    let before = world.stacks.len();
    let fake = Fake::over(world);
    let error = down(&fake, &cloud, &Silent::default()).unwrap_err();
    assert!(error.to_string().contains("is not this pipeline's"), "{error}");
    assert_eq!(fake.look().stacks.len(), before);
}

#[test]
fn a_region_that_left_the_configuration_is_found_by_its_buckets() {
    let with = cloud();
    let mut without = cloud();
    without.sources.remove(1);
    let fake = Fake::over(deployed(&with));
    down(&fake, &without, &Silent::default()).unwrap();
    assert_down(&fake.look(), "a Region less");
}

#[test]
fn what_is_left_is_named_with_the_command_that_removes_it() {
    let cloud = cloud();
    let mut world = deployed(&cloud);
    let ours = std::collections::BTreeMap::from([("bucketscope:pipeline".to_owned(), "web".to_owned())]);
    world.roles.insert("bucketscope-web-forgotten".to_owned(), ours);
    world.tagged.insert(("us-east-1".to_owned(), "arn:aws:lambda:us-east-1:1:function:bucketscope-web-x".to_owned()));
    let fake = Fake::over(world);
    let report = down(&fake, &cloud, &Silent::default()).unwrap();
    let left: Vec<(&str, &str)> = report.left.iter().map(|left| (left.what.as_str(), left.command.as_str())).collect();
    assert_eq!(
        left,
        [
            (
                "IAM role bucketscope-web-forgotten",
                "aws iam delete-role --role-name bucketscope-web-forgotten --region eu-central-1"
            ),
            (
                "arn:aws:lambda:us-east-1:1:function:bucketscope-web-x (by its tag; the list may lag some minutes behind)",
                "aws lambda delete-function --function-name bucketscope-web-x --region us-east-1"
            ),
        ]
    );
}

fn purged(fake: &Arc<Fake>, cloud: &Cloud) -> Result<Vec<Purged>> {
    let watch = Silent::default();
    let site = Site::whole(cloud, &|region| fake.hands(region), &watch)?;
    let kept = kept(&site)?;
    purge(&site, &kept)
}

#[test]
fn purging_removes_the_pipelines_buckets_with_all_versions_and_nothing_else() {
    let cloud = cloud();
    let fake = Fake::over(deployed(&cloud));
    down(&fake, &cloud, &Silent::default()).unwrap();
    fake.look().buckets.get_mut("bucketscope-web-logs-us-east-1-abc123").unwrap().refills = 2;
    let removed = purged(&fake, &cloud).unwrap();
    assert_eq!(fake.look().buckets.keys().collect::<Vec<_>>(), ["films", "old-logs", "photos"]);
    let refilled = removed.iter().find(|one| one.bucket.contains("us-east-1")).unwrap();
    assert_eq!((refilled.refilled, refilled.removed), (2, 6));
    assert_eq!(purged(&fake, &cloud).unwrap(), []);
}

#[test]
fn a_purge_that_breaks_at_any_call_is_finished_by_the_next_one() {
    let cloud = cloud();
    let start = Fake::over(deployed(&cloud));
    down(&start, &cloud, &Silent::default()).unwrap();
    let before = start.look().clone();
    start.fail_at(usize::MAX);
    purged(&start, &cloud).unwrap();
    for at in 0..start.calls() {
        let fake = Fake::over(before.clone());
        fake.fail_at(at);
        let _ = purged(&fake, &cloud);
        fake.fail_at(usize::MAX);
        purged(&fake, &cloud).unwrap();
        assert_eq!(fake.look().buckets.len(), 3, "broken at call {at}");
    }
}

#[test]
fn a_bucket_that_this_pipeline_did_not_make_is_never_purged() {
    let mut cloud = cloud();
    let fake = Fake::over(deployed(&cloud));
    fake.look().buckets.get_mut("bucketscope-web-lake-abc123").unwrap().tags.clear();
    let error = purged(&fake, &cloud).unwrap_err();
    assert!(error.to_string().contains("does not carry the tag"), "{error}");
    assert_eq!(fake.look().buckets["bucketscope-web-results-abc123"].versions.len(), 3, "nothing is purged then");
    cloud.sources[2].bucket = Some("bucketscope-web-results-abc123".to_owned());
    let fake = Fake::over(deployed(&cloud));
    let error = purged(&fake, &cloud).unwrap_err();
    assert!(error.to_string().contains("sources are never removed"), "{error}");
}

#[test]
fn a_bucket_that_fills_up_for_ever_is_told_as_such() {
    let cloud = cloud();
    let fake = Fake::over(deployed(&cloud));
    fake.look().buckets.get_mut("bucketscope-web-logs-us-east-1-abc123").unwrap().refills = 1_000;
    let error = purged(&fake, &cloud).unwrap_err();
    assert!(error.to_string().contains("S3 goes on delivering"), "{error}");
    assert!(error.suggestion().unwrap().contains("wait an hour"));
}
