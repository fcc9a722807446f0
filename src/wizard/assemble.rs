//! From answers to a configuration, and to the command that gives the same without questions.

use std::collections::BTreeMap;

use super::question::{self, Answers};
use super::questions::mode_word;
use super::{Known, PlaceName};
use crate::config::cloud::{
    Account, Athena, Catalogue, CatalogueMode, Cloud, CloudSource, Engine, Estimate, Job, Keep, Notify, QuickSight,
    Trail,
};
use crate::config::{Target, VERSION, slug};
use crate::ui::text::shell_word;

/// The configuration that the answers describe: that which is there with what is answered, or a new one.
///
/// # Errors
/// What cannot be understood in an answer.
pub fn assemble(known: &Known, answers: &Answers, suffix: &str) -> Result<Cloud, String> {
    let mut cloud = known.before.clone().unwrap_or_else(|| fresh(known, suffix));
    if let Some(name) = answers.one("name") {
        name.clone_into(&mut cloud.name);
    }
    account(&mut cloud.aws, answers)?;
    for place in answers.list("log-bucket") {
        add_log_bucket(&mut cloud, place)?;
    }
    for bucket in answers.list("switch-on") {
        add_switched(&mut cloud, bucket)?;
    }
    for place in answers.list("trail") {
        add_trail(&mut cloud, place)?;
    }
    settings(&mut cloud, answers)?;
    Ok(cloud)
}

fn fresh(known: &Known, suffix: &str) -> Cloud {
    Cloud {
        version: VERSION,
        name: known.name.clone(),
        target: Target::Aws,
        aws: Account {
            account_id: known.account_id.clone(),
            region: known.region.clone(),
            suffix: suffix.to_owned(),
            role_path: "/".to_owned(),
            permissions_boundary: None,
            cloudformation_role: None,
            kms_key: None,
            tags: BTreeMap::new(),
        },
        sources: Vec::new(),
        trails: Vec::new(),
        job: Job::default(),
        catalogue: Catalogue::default(),
        keep: Keep::default(),
        athena: Athena::default(),
        notify: Notify::default(),
        estimate: Estimate::default(),
        quicksight: None,
    }
}

fn account(aws: &mut Account, answers: &Answers) -> Result<(), String> {
    if let Some(path) = answers.one("role-path") {
        path.clone_into(&mut aws.role_path);
    }
    for (id, slot) in [
        ("kms-key", &mut aws.kms_key),
        ("permissions-boundary", &mut aws.permissions_boundary),
        ("cloudformation-role", &mut aws.cloudformation_role),
    ] {
        if answers.has(id) {
            *slot = answers.one(id).map(str::to_owned);
        }
    }
    for text in answers.list("tag") {
        let (key, value) = question::tag(text)?;
        aws.tags.insert(key.to_owned(), value.to_owned());
    }
    Ok(())
}

fn settings(cloud: &mut Cloud, answers: &Answers) -> Result<(), String> {
    if let Some(schedule) = answers.one("schedule") {
        schedule.clone_into(&mut cloud.job.schedule);
    }
    if let Some(zone) = answers.one("time-zone") {
        zone.clone_into(&mut cloud.job.time_zone);
    }
    if let Some(word) = answers.one("engine") {
        cloud.job.engine = Engine::ALL.into_iter().find(|engine| engine.word() == word).unwrap_or_default();
    }
    if let Some(word) = answers.one("catalogue") {
        let modes = [CatalogueMode::Api, CatalogueMode::Crawler, CatalogueMode::Projection];
        cloud.catalogue.mode = modes.into_iter().find(|mode| mode_word(*mode) == word).unwrap_or_default();
    }
    if let Some(days) = answers.one("raw-days") {
        cloud.keep.raw_days = question::raw_days(days)?;
    }
    if let Some(gigabytes) = answers.one("log-gigabytes") {
        cloud.estimate.log_gigabytes_a_month =
            gigabytes.parse().map_err(|_| format!("`{gigabytes}` is no whole number of gigabytes"))?;
    }
    for principal in answers.list("quicksight-principal") {
        let all = &mut cloud.quicksight.get_or_insert_with(|| QuickSight::of(Vec::new())).principals;
        if !all.contains(principal) {
            all.push(principal.clone());
        }
    }
    for email in answers.list("email") {
        if !cloud.notify.emails.contains(email) {
            cloud.notify.emails.push(email.clone());
        }
    }
    Ok(())
}

/// An id that no source has yet, made of what the source is.
fn free_id(cloud: &Cloud, wish: &str) -> String {
    let taken = |id: &str| {
        cloud.sources.iter().any(|source| source.id == id) || cloud.trails.iter().any(|trail| trail.id == id)
    };
    let stem = slug(wish);
    let mut id = stem.clone();
    let mut number = 1;
    while taken(&id) {
        number += 1;
        id = format!("{stem}-{number}");
    }
    id
}

fn text_or_none(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn add_log_bucket(cloud: &mut Cloud, text: &str) -> Result<(), String> {
    let place = PlaceName::parse(text)?.seen_from(&cloud.aws.account_id, &cloud.aws.region);
    let prefix = text_or_none(&place.prefix);
    let same = |source: &CloudSource| source.bucket.as_deref() == Some(&place.bucket) && source.prefix == prefix;
    if !cloud.sources.iter().any(same) {
        let id = free_id(cloud, &format!("{} {}", place.bucket, place.prefix));
        let PlaceName { account_id, region, bucket, .. } = place;
        cloud.sources.push(CloudSource {
            id,
            region,
            bucket: Some(bucket),
            prefix,
            account_id,
            ..CloudSource::default()
        });
    }
    Ok(())
}

/// Buckets to switch on are one source a Region.
fn add_switched(cloud: &mut Cloud, text: &str) -> Result<(), String> {
    let place = PlaceName::parse(text)?.seen_from(&cloud.aws.account_id, &cloud.aws.region);
    if cloud.sources.iter().any(|source| source.log_buckets.contains(&place.bucket)) {
        return Ok(());
    }
    let home = cloud.aws.region.clone();
    let region = place.region.as_ref().unwrap_or(&home);
    let same =
        |source: &&mut CloudSource| !source.log_buckets.is_empty() && source.region.as_ref().unwrap_or(&home) == region;
    if let Some(source) = cloud.sources.iter_mut().find(same) {
        source.log_buckets.push(place.bucket);
    } else {
        let id = free_id(cloud, &format!("switched on {region}"));
        let log_buckets = vec![place.bucket];
        cloud.sources.push(CloudSource { id, region: place.region, log_buckets, ..CloudSource::default() });
    }
    Ok(())
}

fn add_trail(cloud: &mut Cloud, text: &str) -> Result<(), String> {
    let place = PlaceName::parse(text)?.seen_from(&cloud.aws.account_id, &cloud.aws.region);
    let prefix = text_or_none(&place.prefix);
    if !cloud.trails.iter().any(|trail| trail.bucket == place.bucket && trail.prefix == prefix) {
        let id = free_id(cloud, &format!("trail {} {}", place.bucket, place.prefix));
        let PlaceName { account_id, region, bucket, kms_key, .. } = place;
        cloud.trails.push(Trail { id, bucket, prefix, region, account_id, kms_key });
    }
    Ok(())
}

/// The arguments of `init` that write this configuration without a question or a look at AWS.
pub fn arguments(cloud: &Cloud) -> String {
    let mut out = "init --defaults --target aws".to_owned();
    let mut put = |flag: &str, values: &[String]| {
        if !values.is_empty() {
            let words: Vec<_> = values.iter().map(|value| shell_word(value)).collect();
            out.push_str(&format!(" --{flag} {}", words.join(" ")));
        }
    };
    put("name", std::slice::from_ref(&cloud.name));
    put("account-id", std::slice::from_ref(&cloud.aws.account_id));
    put("region", std::slice::from_ref(&cloud.aws.region));
    put("suffix", std::slice::from_ref(&cloud.aws.suffix));
    put("log-bucket", &log_buckets(cloud));
    put("switch-on", &switched(cloud));
    put("trail", &cloud.trails.iter().map(trail_place).collect::<Vec<_>>());
    for (flag, value, default) in scalars(cloud) {
        if value != default {
            put(flag, &[value]);
        }
    }
    put("email", &cloud.notify.emails);
    put("quicksight-principal", cloud.quicksight.as_ref().map_or(&[][..], |wanted| wanted.principals.as_slice()));
    put("tag", &cloud.aws.tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>());
    out
}

/// Flags of one value: the value, and the default that need not be said.
fn scalars(cloud: &Cloud) -> Vec<(&'static str, String, String)> {
    let (job, keep, estimate) = (Job::default(), Keep::default(), Estimate::default());
    let days = |days: Option<u32>| days.map_or_else(|| "forever".to_owned(), |days| days.to_string());
    let arn = |arn: &Option<String>| arn.clone().unwrap_or_default();
    vec![
        ("schedule", cloud.job.schedule.clone(), job.schedule),
        ("time-zone", cloud.job.time_zone.clone(), job.time_zone),
        ("engine", cloud.job.engine.word().to_owned(), job.engine.word().to_owned()),
        ("catalogue", mode_word(cloud.catalogue.mode).to_owned(), mode_word(CatalogueMode::default()).to_owned()),
        ("raw-days", days(cloud.keep.raw_days), days(keep.raw_days)),
        ("kms-key", arn(&cloud.aws.kms_key), String::new()),
        ("role-path", cloud.aws.role_path.clone(), "/".to_owned()),
        ("permissions-boundary", arn(&cloud.aws.permissions_boundary), String::new()),
        ("cloudformation-role", arn(&cloud.aws.cloudformation_role), String::new()),
        ("log-gigabytes", cloud.estimate.log_gigabytes_a_month.to_string(), estimate.log_gigabytes_a_month.to_string()),
    ]
}

/// Sources of logs that exist, as they would be typed.
pub fn log_buckets(cloud: &Cloud) -> Vec<String> {
    let place = |source: &CloudSource| {
        let place = PlaceName {
            account_id: source.account_id.clone(),
            region: source.region.clone(),
            bucket: source.bucket.clone()?,
            prefix: source.prefix.clone().unwrap_or_default(),
            kms_key: None,
        };
        Some(place.to_string())
    };
    cloud.sources.iter().filter_map(place).collect()
}

/// Buckets to switch logging on for, as they would be typed.
pub fn switched(cloud: &Cloud) -> Vec<String> {
    let places = cloud.sources.iter().flat_map(|source| {
        source.log_buckets.iter().map(|bucket| {
            PlaceName { region: source.region.clone(), bucket: bucket.clone(), ..PlaceName::default() }.to_string()
        })
    });
    places.collect()
}

/// A trail as it would be typed.
pub fn trail_place(trail: &Trail) -> String {
    let Trail { bucket, prefix, region, account_id, kms_key, .. } = trail.clone();
    PlaceName { account_id, region, bucket, prefix: prefix.unwrap_or_default(), kms_key }.to_string()
}
