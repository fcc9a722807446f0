//! The function against buckets in memory: what it does, what it refuses, and that no setting of a user is ever lost.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::buckets::{Buckets, Present, Put, Version};
use super::event::{Event, Wanted};
use super::handle::perform;
use super::logging::{Facts, Grant, Here, Kept, KeyFormat, Setting};
use crate::{Error, Result};

mod model;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const TARGET: &str = "bucketscope-a-logs-eu-west-1-abc123";

/// One bucket whose logs are wanted, and a log bucket.
struct Memory {
    facts: Facts,
    gone: bool,
    logging: RefCell<Option<Setting>>,
    /// What a stale answer says.
    earlier: RefCell<Option<Option<Setting>>>,
    kept: RefCell<BTreeMap<String, Version>>,
    /// Targets that take no logs.
    bad_targets: Vec<String>,
    /// How many calls work before one fails.
    works: RefCell<Option<u32>>,
    writes: RefCell<u32>,
}

impl Memory {
    fn new(logging: Option<Setting>) -> Self {
        let facts = Facts {
            bucket_region: REGION.to_owned(),
            target_region: REGION.to_owned(),
            target_locks: false,
            target_requester_pays: false,
        };
        Self {
            facts,
            gone: false,
            logging: RefCell::new(logging),
            earlier: RefCell::new(None),
            kept: RefCell::default(),
            bad_targets: Vec::new(),
            works: RefCell::new(None),
            writes: RefCell::new(0),
        }
    }

    fn call(&self) -> Result<()> {
        match self.works.borrow_mut().as_mut() {
            Some(0) => return Err(Error::failed("S3 fails")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(())
    }

    fn present(&self) -> Option<Setting> {
        self.logging.borrow().clone()
    }

    fn set_by_user(&self, setting: Option<Setting>) {
        *self.logging.borrow_mut() = setting;
        *self.earlier.borrow_mut() = None;
    }
}

impl Buckets for Memory {
    fn facts(&self, _: &Wanted) -> Result<Facts> {
        self.call()?;
        Ok(self.facts.clone())
    }

    fn logging(&self, _: &Wanted) -> Result<Present> {
        self.call()?;
        if self.gone {
            return Ok(Present::Gone);
        }
        Ok(Present::Logging(self.earlier.take().unwrap_or_else(|| self.present())))
    }

    fn put_logging(&self, _: &Wanted, setting: Option<&Setting>) -> Result<Put> {
        self.call()?;
        if setting.is_some_and(|setting| self.bad_targets.contains(&setting.bucket)) {
            return Ok(Put::BadTarget);
        }
        *self.writes.borrow_mut() += 1;
        *self.logging.borrow_mut() = setting.cloned();
        Ok(Put::Done)
    }

    fn kept(&self, wanted: &Wanted) -> Result<Option<Version>> {
        self.call()?;
        Ok(self.kept.borrow().get(&wanted.kept_at).cloned())
    }

    fn keep(&self, wanted: &Wanted, kept: &Kept, replacing: Option<&str>) -> Result<bool> {
        self.call()?;
        let mut all = self.kept.borrow_mut();
        let there = all.get(&wanted.kept_at).map(|(_, version)| version.as_str());
        if there != replacing {
            return Ok(false);
        }
        let next = there.map_or(0, |version| version.parse::<u32>().unwrap()) + 1;
        all.insert(wanted.kept_at.clone(), (kept.clone(), next.to_string()));
        *self.writes.borrow_mut() += 1;
        Ok(true)
    }
}

fn here() -> Here {
    Here { account: ACCOUNT.to_owned(), region: REGION.to_owned() }
}

fn properties(prefix: &str) -> Json {
    json!({
        "ServiceToken": "arn:aws:lambda:eu-west-1:111122223333:function:f", "ServiceTimeout": "300",
        "Account": ACCOUNT, "Region": REGION, "Bucket": "data", "TargetBucket": TARGET, "TargetPrefix": prefix,
        "TargetObjectKeyFormat": "SimplePrefix", "StatePrefix": "state/logging/",
    })
}

fn raw(kind: &str, stack: &str, properties: Json) -> Json {
    json!({
        "RequestType": kind, "ResponseURL": "https://example.com/?X-Amz-Signature=hush", "StackId": stack,
        "RequestId": "r", "LogicalResourceId": "Logging", "PhysicalResourceId": "data",
        "ResourceType": "Custom::BucketLogging", "ResourceProperties": properties,
    })
}

fn event(kind: &str) -> Event {
    Event::parse(raw(kind, "stack", properties("logs/data/"))).unwrap()
}

fn update(from: &str, to: &str) -> Event {
    let mut raw = raw("Update", "stack", properties(to));
    raw["OldResourceProperties"] = properties(from);
    Event::parse(raw).unwrap()
}

fn ours() -> Setting {
    event("Create").wanted().unwrap().setting
}

fn users(bucket: &str) -> Setting {
    let grant = Grant {
        kind: "CanonicalUser".to_owned(),
        id: Some("abc".to_owned()),
        uri: None,
        email: None,
        permission: Some("READ".to_owned()),
    };
    Setting {
        bucket: bucket.to_owned(),
        prefix: "p/".to_owned(),
        key_format: Some(KeyFormat::Partitioned(Some("EventTime".to_owned()))),
        grants: vec![grant],
    }
}

fn perform_at(buckets: &Memory, event: &Event) -> Result<String> {
    perform(event, &here(), buckets)
}

#[test]
fn the_earlier_setting_comes_back_to_the_letter() {
    for before in [None, Some(users("theirs"))] {
        let buckets = Memory::new(before.clone());
        perform_at(&buckets, &event("Create")).unwrap();
        assert_eq!(buckets.present(), Some(ours()));
        perform_at(&buckets, &event("Delete")).unwrap();
        assert_eq!(buckets.present(), before);
        // Tried again, as CloudFormation does after an answer that was lost.
        perform_at(&buckets, &event("Delete")).unwrap();
        assert_eq!(buckets.present(), before);
    }
}

#[test]
fn what_somebody_else_has_changed_stays() {
    let buckets = Memory::new(Some(users("theirs")));
    perform_at(&buckets, &event("Create")).unwrap();
    buckets.set_by_user(Some(users("new")));
    let note = perform_at(&buckets, &event("Delete")).unwrap();
    assert_eq!(note, "the logging of data was changed by somebody else; it stays as it is");
    assert_eq!(buckets.present(), Some(users("new")));
}

#[test]
fn an_update_changes_the_target_and_not_what_is_given_back() {
    let buckets = Memory::new(Some(users("theirs")));
    perform_at(&buckets, &event("Create")).unwrap();
    let update = update("logs/data/", "logs/other/");
    perform_at(&buckets, &update).unwrap();
    assert_eq!(buckets.present().unwrap().prefix, "logs/other/");
    let delete = Event::parse(raw("Delete", "stack", properties("logs/other/"))).unwrap();
    perform_at(&buckets, &delete).unwrap();
    assert_eq!(buckets.present(), Some(users("theirs")));
}

#[test]
fn what_was_kept_moves_with_the_log_bucket() {
    let buckets = Memory::new(Some(users("theirs")));
    perform_at(&buckets, &event("Create")).unwrap();
    let mut new = properties("logs/data/");
    new["StatePrefix"] = json!("elsewhere/");
    let mut raw_update = raw("Update", "stack", new.clone());
    raw_update["OldResourceProperties"] = properties("logs/data/");
    perform_at(&buckets, &Event::parse(raw_update).unwrap()).unwrap();
    perform_at(&buckets, &Event::parse(raw("Delete", "stack", new)).unwrap()).unwrap();
    assert_eq!(buckets.present(), Some(users("theirs")));
}

#[test]
fn a_deletion_after_a_refused_creation_touches_nothing() {
    let mut itself = properties("logs/data/");
    itself["TargetBucket"] = json!("data");
    let buckets = Memory::new(Some(users("theirs")));
    let create = Event::parse(raw("Create", "stack", itself.clone())).unwrap();
    let error = perform_at(&buckets, &create).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the logging is not switched on: data would log to itself: every delivery would cause another one"
    );
    perform_at(&buckets, &Event::parse(raw("Delete", "stack", itself)).unwrap()).unwrap();
    perform_at(&buckets, &Event::parse(raw("Delete", "stack", json!({}))).unwrap()).unwrap();
    assert_eq!((buckets.present(), *buckets.writes.borrow()), (Some(users("theirs")), 0));
}

#[test]
fn a_bucket_that_another_stack_has_taken_over_is_left_to_it() {
    let buckets = Memory::new(Some(users("theirs")));
    perform_at(&buckets, &event("Create")).unwrap();
    let other = |kind: &str| Event::parse(raw(kind, "other", properties("logs/data/"))).unwrap();
    perform_at(&buckets, &other("Create")).unwrap();
    perform_at(&buckets, &event("Delete")).unwrap();
    assert_eq!(buckets.present(), Some(ours()));
    perform_at(&buckets, &other("Delete")).unwrap();
    assert_eq!(buckets.present(), Some(users("theirs")));
}

#[test]
fn a_bucket_of_another_pipeline_is_refused() {
    let buckets = Memory::new(Some(users("bucketscope-b-logs-eu-west-1-zzz999")));
    assert!(perform_at(&buckets, &event("Create")).unwrap_err().to_string().contains("another pipeline"));
    assert_eq!(*buckets.writes.borrow(), 0);
}

#[test]
fn what_s3_would_not_deliver_to_is_refused_before_anything_is_changed() {
    type Case = (&'static str, fn(&mut Facts));
    let cases: [Case; 4] = [
        ("the bucket data lies in us-east-1", |facts| facts.bucket_region = "us-east-1".to_owned()),
        ("lies in us-east-1, not in eu-west-1", |facts| facts.target_region = "us-east-1".to_owned()),
        ("default retention", |facts| facts.target_locks = true),
        ("Requester Pays", |facts| facts.target_requester_pays = true),
    ];
    for (expected, change) in cases {
        let mut buckets = Memory::new(None);
        change(&mut buckets.facts);
        let error = perform_at(&buckets, &event("Create")).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(*buckets.writes.borrow(), 0);
    }
    for (name, value) in [("Account", "999999999999"), ("Region", "us-east-1")] {
        let mut elsewhere = properties("logs/data/");
        elsewhere[name] = json!(value);
        let create = Event::parse(raw("Create", "stack", elsewhere)).unwrap();
        let error = perform_at(&Memory::new(None), &create).unwrap_err().to_string();
        assert!(error.contains(value) && error.contains("this function runs in"), "{error}");
    }
}

#[test]
fn a_bucket_that_is_gone_needs_nothing_back() {
    let mut buckets = Memory::new(None);
    buckets.gone = true;
    assert!(perform_at(&buckets, &event("Create")).is_err());
    assert_eq!(perform_at(&buckets, &event("Delete")).unwrap(), "the bucket data is gone");
}

#[test]
fn where_the_earlier_target_takes_no_logs_any_more_logging_is_off() {
    let mut buckets = Memory::new(Some(users("theirs")));
    perform_at(&buckets, &event("Create")).unwrap();
    buckets.bad_targets.push("theirs".to_owned());
    let note = perform_at(&buckets, &event("Delete")).unwrap();
    assert!(note.contains("so logging is off"), "{note}");
    assert_eq!(buckets.present(), None);
}

#[test]
fn what_is_no_custom_resource_is_refused() {
    for other in [json!({}), json!({"Records": []}), json!("x"), json!({"RequestType": "Create"})] {
        assert!(Event::parse(other).is_err());
    }
    let mut other = raw("Create", "stack", properties("logs/data/"));
    other["ResourceType"] = json!("Custom::Other");
    let error = perform_at(&Memory::new(None), &Event::parse(other).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "this function makes Custom::BucketLogging, not Custom::Other");
}

#[test]
fn the_answer_names_the_resource_and_fits() {
    let event = event("Create");
    let long = Err(Error::failed("é".repeat(5_000)));
    let answer = serde_json::to_value(Answer::to(&event, &long)).unwrap();
    assert_eq!((&answer["Status"], &answer["PhysicalResourceId"]), (&json!("FAILED"), &json!("data")));
    assert!(answer.to_string().len() < 4_096);
    let fine = serde_json::to_value(Answer::to(&event, &Ok("done".to_owned()))).unwrap();
    assert_eq!(fine["Status"], "SUCCESS");
    assert_eq!(fine["Reason"], "done");
}

#[test]
fn the_secret_address_is_never_shown() {
    let text = format!("{:?}", event("Create"));
    assert!(!text.contains("hush") && !text.contains("example.com"), "{text}");
}
