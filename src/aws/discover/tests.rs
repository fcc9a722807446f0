//! What a survey makes of an account.

use super::*;
use crate::{Error, ErrorKind};

/// A bucket: its name, its Region, what it says of its logging.
type FakeBucket = (&'static str, Option<&'static str>, Result<Option<Delivery>>);

/// An account in a struct.
#[derive(Default)]
struct Fake {
    buckets: Vec<FakeBucket>,
    keys: BTreeMap<(&'static str, &'static str), Vec<&'static str>>,
    trails: Option<Vec<TrailFound>>,
}

fn denied() -> Error {
    Error::new(ErrorKind::Permission, "denied")
}

fn to(bucket: &str, prefix: &str) -> Result<Option<Delivery>> {
    Ok(Some(Delivery { bucket: bucket.to_owned(), prefix: prefix.to_owned(), layout: Layout::Simple }))
}

impl Estate for Fake {
    fn buckets(&self) -> Result<Vec<(String, Option<String>)>> {
        Ok(self.buckets.iter().map(|(name, region, _)| ((*name).to_owned(), region.map(str::to_owned))).collect())
    }

    fn region_of(&self, bucket: &str) -> Result<String> {
        if bucket == "hidden" { Err(denied()) } else { Ok("us-east-1".to_owned()) }
    }

    fn logging(&self, bucket: &str, _region: &str) -> Result<Option<Delivery>> {
        self.buckets.iter().find(|(name, _, _)| *name == bucket).map_or(Err(denied()), |(_, _, answer)| answer.clone())
    }

    fn keys(&self, bucket: &str, _region: &str, prefix: &str) -> Result<Vec<String>> {
        let found = self.keys.iter().find(|((b, p), _)| *b == bucket && *p == prefix).ok_or_else(denied)?;
        Ok(found.1.iter().map(|key| (*key).to_owned()).collect())
    }

    fn trails(&self) -> Result<Vec<TrailFound>> {
        self.trails.clone().ok_or_else(denied)
    }
}

#[test]
fn log_places_follow_from_the_settings_of_other_buckets() {
    let fake = Fake {
        buckets: vec![
            ("photos", Some("eu-west-1"), to("logs", "photos/")),
            ("films", Some("eu-west-1"), to("logs", "photos/films/")),
            ("music", Some("eu-west-1"), to("logs", "music")),
            ("logs", Some("eu-west-1"), Ok(None)),
            ("hidden", None, Ok(None)),
            ("locked", Some("eu-west-1"), Err(denied())),
        ],
        keys: BTreeMap::from([(
            ("logs", "photos/"),
            vec!["photos/123456789012/eu-west-1/photos/2026/11/22/2026-11-22-00-00-00-A1"],
        )]),
        trails: None,
    };
    let survey = survey(&fake);
    let places: Vec<(&str, Vec<&str>, Option<Layout>, bool)> = survey
        .places
        .iter()
        .map(|p| (p.prefix.as_str(), p.from.iter().map(String::as_str).collect(), p.layout, p.filled))
        .collect();
    assert_eq!(
        places,
        [
            ("music", vec!["music"], Some(Layout::Simple), false),
            ("photos/", vec!["films", "photos"], Some(Layout::ByEvent), true),
        ]
    );
    assert_eq!(survey.places[0].region.as_deref(), Some("eu-west-1"));
    let unknown: Vec<&str> = survey
        .buckets
        .iter()
        .filter(|bucket| matches!(bucket.logging, Logging::Unknown(_)))
        .map(|bucket| bucket.name.as_str())
        .collect();
    assert_eq!(unknown, ["hidden", "locked"]);
    assert_eq!(survey.unseen, ["trails: denied"]);
}

#[test]
fn a_trail_knows_where_its_bucket_is_and_whose() {
    let trail = |bucket: &str| TrailFound {
        name: "t".to_owned(),
        bucket: bucket.to_owned(),
        prefix: None,
        bucket_region: None,
        own_bucket: false,
        all_regions: true,
        organisation: false,
        kms_key: None,
    };
    let fake = Fake {
        buckets: vec![("audit", Some("eu-west-2"), Ok(None))],
        trails: Some(vec![trail("audit"), trail("theirs"), trail("hidden")]),
        ..Fake::default()
    };
    let found: Vec<_> = survey(&fake).trails.into_iter().map(|t| (t.bucket_region, t.own_bucket)).collect();
    let region = |name: &str| Some(name.to_owned());
    assert_eq!(found, [(region("eu-west-2"), true), (region("us-east-1"), false), (None, false)]);
}

#[test]
fn many_prefixes_become_the_folder_that_they_share() {
    assert_eq!(outermost(&["b/", "a/", "a/x/"]), ["a/", "b/"]);
    let many: Vec<String> = (0..9).map(|i| format!("logs/bucket-{i}/")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(outermost(&many), ["logs/"]);
    assert_eq!(outermost(&["1", "2", "3", "4", "5", "6", "7"]), [""]);
}

#[test]
fn answers_come_in_the_order_of_the_questions() {
    let items: Vec<usize> = (0..100).collect();
    assert_eq!(each(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
    assert!(each(&[] as &[usize], |item| *item).is_empty());
}
