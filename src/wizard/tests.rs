//! The wizard as a conversation: what is known, what is asked, what comes out.

use std::path::Path;

use super::assemble::{arguments, assemble};
use super::questions::{next, nothing_chosen};
use super::*;
use crate::aws::discover::{Bucket, Delivery, Layout, Logging, TrailFound, places};
use crate::config::cloud::{QuickSight, render};

const ANA: &str = "arn:aws:quicksight:us-east-1:111122223333:user/default/ana";

fn bucket(name: &str, region: &str, logging: Logging) -> Bucket {
    Bucket { name: name.to_owned(), region: Some(region.to_owned()), logging }
}

fn to(bucket: &str, prefix: &str) -> Logging {
    Logging::To(Delivery { bucket: bucket.to_owned(), prefix: prefix.to_owned(), layout: Layout::Simple })
}

fn trail(bucket: &str, own_bucket: bool) -> TrailFound {
    TrailFound {
        name: "audit".to_owned(),
        bucket: bucket.to_owned(),
        prefix: None,
        bucket_region: Some("eu-central-1".to_owned()),
        own_bucket,
        all_regions: true,
        organisation: false,
        kms_key: None,
    }
}

fn known() -> Known {
    let buckets = vec![
        bucket("photos", "eu-central-1", to("shop-logs", "photos/")),
        bucket("films", "eu-west-1", to("west-logs", "")),
        bucket("shop-logs", "eu-central-1", Logging::Off),
        bucket("west-logs", "eu-west-1", Logging::Off),
        bucket("invoices", "eu-central-1", Logging::Off),
        bucket("letters", "eu-west-1", Logging::Off),
        bucket("secret", "eu-west-1", Logging::Unknown("denied".to_owned())),
        bucket("bucketscope-old-lake-x1y2z3", "eu-central-1", Logging::Off),
    ];
    Known {
        name: "shop".to_owned(),
        account_id: "111122223333".to_owned(),
        region: "eu-central-1".to_owned(),
        survey: Survey {
            places: places(&buckets),
            buckets,
            trails: vec![trail("audit", true), trail("theirs", false)],
            unseen: Vec::new(),
        },
        before: None,
    }
}

/// Answers every question with what `reply` gives, or its default; returns the ids in the order of asking.
fn talk(known: &Known, answers: &mut Answers, reply: &[(&str, &[&str])]) -> Vec<&'static str> {
    let mut asked = Vec::new();
    while let Some(question) = next(known, answers) {
        let given = reply.iter().find(|(id, _)| *id == question.id);
        let given = given.map(|(_, values)| values.iter().map(|value| (*value).to_owned()).collect());
        answers.set(question.id, given.or(question.default).unwrap());
        asked.push(question.id);
    }
    asked
}

#[test]
fn what_was_found_is_offered_and_taken_by_default() {
    let known = known();
    let mut answers = Answers::default();
    assert_eq!(
        talk(&known, &mut answers, &[]),
        ["name", "log-bucket", "switch-on", "trail", "schedule", "email", "defaults"]
    );
    let cloud = assemble(&known, &answers, "x7k2p9").unwrap();
    let sources: Vec<_> = cloud
        .sources
        .iter()
        .map(|s| (s.id.as_str(), s.bucket.as_deref().unwrap(), s.prefix.as_deref(), s.region.as_deref()))
        .collect();
    assert_eq!(
        sources,
        [("shop-logs-photos", "shop-logs", Some("photos/"), None), ("west-logs", "west-logs", None, Some("eu-west-1")),]
    );
    // A bucket of another account is not taken without its account being known.
    let trails: Vec<_> = cloud.trails.iter().map(|trail| trail.bucket.as_str()).collect();
    assert_eq!(trails, ["audit"]);
    assert_eq!(Cloud::parse(&render(&cloud), Path::new("x")).unwrap(), cloud);
}

#[test]
fn logging_is_offered_for_buckets_without_it_that_receive_none() {
    let known = known();
    let mut answers = Answers::default();
    answers.set("name", vec!["shop".to_owned()]);
    answers.set("log-bucket", Vec::new());
    let question = next(&known, &answers).unwrap();
    let Kind::Many(choices, _) = &question.kind else { panic!("{question:?}") };
    let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    assert_eq!((question.id, values), ("switch-on", vec!["invoices", "eu-west-1:letters"]));
    assert_eq!(question.default, Some(Vec::new()), "nothing is switched on that nobody asked for");
}

#[test]
fn buckets_to_switch_on_are_a_source_a_region() {
    let known = known();
    let mut answers = Answers::default();
    let reply: &[(&str, &[&str])] =
        &[("log-bucket", &[]), ("switch-on", &["invoices", "eu-west-1:letters", "photos"]), ("trail", &[])];
    talk(&known, &mut answers, reply);
    let cloud = assemble(&known, &answers, "x7k2p9").unwrap();
    let sources: Vec<_> =
        cloud.sources.iter().map(|s| (s.id.as_str(), s.region.as_deref(), s.log_buckets.join(" "))).collect();
    assert_eq!(
        sources,
        [
            ("switched-on-eu-central-1", None, "invoices photos".to_owned()),
            ("switched-on-eu-west-1", Some("eu-west-1"), "letters".to_owned()),
        ]
    );
}

#[test]
fn the_rest_is_asked_of_those_who_want_it_and_only_what_has_a_meaning() {
    let known = known();
    let all: &[(&str, &[&str])] = &[
        ("defaults", &["no"]),
        ("switch-on", &["invoices"]),
        ("schedule", &["cron(15 3 * * ? *)"]),
        ("time-zone", &["Europe/Berlin"]),
        ("raw-days", &["forever"]),
        ("engine", &["glueetl"]),
        ("catalogue", &["projection"]),
        ("kms-key", &["arn:aws:kms:eu-central-1:111122223333:key/1"]),
        ("tag", &["team=data"]),
        ("email", &["ops@example.org"]),
        ("log-gigabytes", &["7"]),
        ("quicksight-principal", &[ANA]),
    ];
    let mut answers = Answers::default();
    let asked = talk(&known, &mut answers, all);
    for id in
        ["time-zone", "raw-days", "engine", "catalogue", "kms-key", "tag", "log-gigabytes", "quicksight-principal"]
    {
        assert!(asked.contains(&id), "{id}: {asked:?}");
    }
    let cloud = assemble(&known, &answers, "x7k2p9").unwrap();
    assert_eq!((cloud.keep.raw_days, cloud.estimate.log_gigabytes_a_month), (None, 7));
    assert_eq!(cloud.quicksight, Some(QuickSight::of(vec![ANA.to_owned()])));
    assert!(arguments(&cloud).contains(&format!("--quicksight-principal {ANA}")), "{}", arguments(&cloud));
    assert_eq!((engine_of(&cloud), cloud.job.time_zone.as_str()), ("glueetl", "Europe/Berlin"));
    // Without a log bucket of our own there is nothing to keep.
    let asked = talk(&known, &mut Answers::default(), &[("defaults", &["no"])]);
    assert!(!asked.contains(&"raw-days") && !asked.contains(&"time-zone"), "{asked:?}");
}

fn engine_of(cloud: &Cloud) -> &'static str {
    cloud.job.engine.word()
}

#[test]
fn a_pipeline_of_nothing_is_noticed() {
    let known = known();
    let mut answers = Answers::default();
    talk(&known, &mut answers, &[("log-bucket", &[]), ("switch-on", &[]), ("trail", &[])]);
    assert!(nothing_chosen(&known, &answers));
    answers.set("trail", vec!["audit".to_owned()]);
    assert!(!nothing_chosen(&known, &answers));
}

#[test]
fn again_nothing_is_taken_that_is_not_asked_for_and_what_is_there_is_not_offered() {
    let mut known = known();
    let mut answers = Answers::default();
    talk(&known, &mut answers, &[("email", &["ops@example.org"])]);
    let cloud = assemble(&known, &answers, "x7k2p9").unwrap();
    known.before = Some(cloud.clone());
    let mut again = Answers::default();
    let Kind::Many(choices, _) = next(&known, &again).unwrap().kind else { panic!("log-bucket is a question of many") };
    assert!(choices.is_empty(), "{choices:?}");
    talk(&known, &mut again, &[]);
    assert_eq!(assemble(&known, &again, "other1").unwrap(), cloud);
    let mut more = Answers::default();
    talk(&known, &mut more, &[("switch-on", &["invoices"]), ("schedule", &["none"])]);
    let wanted = assemble(&known, &more, "other1").unwrap();
    let text = render(&cloud);
    let edited = cloud.edited(&text, &wanted, Path::new("x")).unwrap();
    assert_eq!(edited.matches("\n    log_buckets:\n      - invoices\n").count(), 1, "{edited}");
    known.before = Some(wanted.clone());
    let mut grown = Answers::default();
    talk(&known, &mut grown, &[("switch-on", &["photos"])]);
    let grown = assemble(&known, &grown, "other1").unwrap();
    let edited = wanted.edited(&edited, &grown, Path::new("x")).unwrap();
    assert!(edited.contains("      - invoices\n      - photos\n"), "{edited}");
}

#[test]
fn the_command_without_questions_names_what_is_not_the_default() {
    let known = known();
    let mut answers = Answers::default();
    let reply: &[(&str, &[&str])] = &[
        ("switch-on", &["eu-west-1:letters"]),
        ("schedule", &["none"]),
        ("email", &["ops@example.org"]),
        ("defaults", &["no"]),
        ("tag", &["cost centre=4711"]),
    ];
    talk(&known, &mut answers, reply);
    let cloud = assemble(&known, &answers, "x7k2p9").unwrap();
    assert_eq!(
        arguments(&cloud),
        "init --defaults --target aws --name shop --account-id 111122223333 --region eu-central-1 --suffix x7k2p9 \
         --log-bucket shop-logs/photos/ eu-west-1:west-logs --switch-on eu-west-1:letters --trail audit \
         --schedule none --email ops@example.org --tag 'cost centre=4711'"
    );
}
