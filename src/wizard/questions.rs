//! Which question comes next.

use super::question::{Answers, Choice, Form, Kind, Question};
use super::{Known, PlaceName};
use crate::aws::discover::{Bucket, LogPlace, Logging, TrailFound};
use crate::config::cloud::{CatalogueMode, Cloud, Estimate, Job, Keep};
use crate::ui::text::plural;

/// The flags that say where logs come from. One of them must name something.
pub const SOURCES: [&str; 3] = ["log-bucket", "switch-on", "trail"];

/// Engines, as flag and file name them.
pub const ENGINES: &[&str] = &["auto", "pythonshell", "glueetl", "ray"];

/// Modes of the catalogue, as flag and file name them.
pub const MODES: &[&str] = &["api", "crawler", "projection"];

/// The schedules that are offered: what is said of them, and what they are.
const SCHEDULES: [(&str, &str); 4] = [
    ("cron(15 * * * ? *)", "every hour"),
    ("cron(0/15 * * * ? *)", "every 15 minutes"),
    ("cron(15 3 * * ? *)", "every day at 3:15"),
    ("none", "by hand only"),
];

/// Those that come last.
const LAST: [fn(&Known, &Answers) -> Option<Question>; 2] = [gigabytes, dashboards];

/// The first question that is not answered; `None` when all are.
pub fn next(known: &Known, answers: &Answers) -> Option<Question> {
    let order: [fn(&Known, &Answers) -> Option<Question>; 13] = [
        name,
        log_buckets,
        switch_on,
        trails,
        schedule,
        time_zone,
        emails,
        rest_by_default,
        raw_days,
        engine,
        catalogue,
        kms_key,
        tags,
    ];
    order.iter().chain(&LAST).filter_map(|question| question(known, answers)).find(|question| !answers.has(question.id))
}

/// Whether all three questions about sources are answered, and all with nothing, for a pipeline that has none yet.
pub fn nothing_chosen(known: &Known, answers: &Answers) -> bool {
    known.before.is_none() && SOURCES.iter().all(|id| answers.has(id) && answers.list(id).is_empty())
}

fn ask(id: &'static str, text: impl Into<String>, help: impl Into<String>, kind: Kind) -> Question {
    Question { id, text: text.into(), help: help.into(), kind, default: None }
}

impl Question {
    fn or(mut self, default: impl IntoIterator<Item = impl Into<String>>) -> Option<Self> {
        self.default = Some(default.into_iter().map(Into::into).collect());
        Some(self)
    }
}

/// Another name would be another pipeline, so that of a pipeline that is there is not asked for.
fn name(known: &Known, _: &Answers) -> Option<Question> {
    let help = "Part of the name of everything that will be deployed.";
    known.before.is_none().then(|| ask("name", "Name of the pipeline", help, Kind::Text(Form::Name)))?.or([&known.name])
}

/// Whether a bucket was made by bucketscope, for this pipeline or another.
fn is_ours(bucket: &str) -> bool {
    bucket.starts_with("bucketscope-")
}

/// A place that was found, as it would be typed.
pub fn place_name(place: &LogPlace, known: &Known) -> String {
    let name = PlaceName {
        region: place.region.clone(),
        bucket: place.bucket.clone(),
        prefix: place.prefix.clone(),
        ..PlaceName::default()
    };
    name.seen_from(&known.account_id, &known.region).to_string()
}

/// A trail that was found, as it would be typed; without an account where that could not be told.
pub fn trail_name(trail: &TrailFound, known: &Known) -> String {
    let name = PlaceName {
        account_id: None,
        region: trail.bucket_region.clone(),
        bucket: trail.bucket.clone(),
        prefix: trail.prefix.clone().unwrap_or_default(),
        kms_key: trail.kms_key.clone(),
    };
    name.seen_from(&known.account_id, &known.region).to_string()
}

fn already(known: &Known, is: impl Fn(&Cloud) -> bool) -> bool {
    known.before.as_ref().is_some_and(is)
}

/// `a, b and 3 more`.
fn some(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, more @ ..] => format!("{one}, {two} and {} more", more.len()),
    }
}

/// What is said of a place to which logs are delivered.
pub fn place_words(place: &LogPlace) -> String {
    let layout = place.layout.map_or("no log objects yet", crate::aws::discover::Layout::words);
    let empty = if place.filled || place.layout.is_none() { "" } else { "; empty so far" };
    format!("from {}; {layout}{empty}", some(&place.from))
}

/// What is said of a trail.
pub fn trail_words(trail: &TrailFound) -> String {
    let mut words = vec![if trail.all_regions { "all Regions" } else { "one Region" }];
    if trail.organisation {
        words.push("whole organisation");
    }
    if trail.kms_key.is_some() {
        words.push("encrypted with a key");
    }
    if !trail.own_bucket {
        words.push("in a bucket of another account");
    }
    words.join(", ")
}

fn log_buckets(known: &Known, _: &Answers) -> Option<Question> {
    let new = |place: &&LogPlace| {
        let home = &known.region;
        !already(known, |before| {
            before.sources.iter().any(|source| {
                source.bucket.as_deref() == Some(&place.bucket)
                    && place.prefix.starts_with(source.prefix.as_deref().unwrap_or_default())
            })
        }) && place
            .region
            .as_ref()
            .is_none_or(|region| crate::config::cloud::partition_of(region) == crate::config::cloud::partition_of(home))
    };
    let places: Vec<&LogPlace> = known.survey.places.iter().filter(new).collect();
    let choices: Vec<Choice> =
        places.iter().map(|place| Choice::new(place_name(place, known), place_words(place))).collect();
    // What another pipeline of ours collects is offered, but not taken by itself; and a pipeline that is there is not
    // given more than is said.
    let default: Vec<String> = match known.before {
        Some(_) => Vec::new(),
        None => places.iter().filter(|place| !is_ours(&place.bucket)).map(|place| place_name(place, known)).collect(),
    };
    let help = "Log buckets that exist are read and never changed. Written [ACCOUNT:][REGION:]BUCKET[/PREFIX].";
    ask("log-bucket", "Log buckets to read", help, Kind::Many(choices, Form::LogPlace)).or(default)
}

/// Buckets without logging that a pipeline could switch it on for.
pub fn without_logging(known: &Known) -> Vec<&Bucket> {
    let receives = |name: &str| known.survey.places.iter().any(|place| place.bucket == name);
    known
        .survey
        .buckets
        .iter()
        .filter(|bucket| bucket.logging == Logging::Off && !is_ours(&bucket.name) && !receives(&bucket.name))
        .collect()
}

fn switch_on(known: &Known, answers: &Answers) -> Option<Question> {
    let read: Vec<PlaceName> = answers.list("log-bucket").iter().flat_map(|place| PlaceName::parse(place)).collect();
    let new = |bucket: &&Bucket| {
        !read.iter().any(|place| place.bucket == bucket.name)
            && !already(known, |before| before.sources.iter().any(|source| source.log_buckets.contains(&bucket.name)))
    };
    let choices: Vec<Choice> = without_logging(known)
        .into_iter()
        .filter(new)
        .map(|bucket| {
            let name = PlaceName { region: bucket.region.clone(), bucket: bucket.name.clone(), ..PlaceName::default() };
            Choice::new(name.seen_from(&known.account_id, &known.region).to_string(), "")
        })
        .collect();
    let help =
        "deploy makes a log bucket in their Region and has S3 deliver there; destroy gives the earlier setting back.";
    ask("switch-on", "Buckets to switch logging on for", help, Kind::Many(choices, Form::Bucket))
        .or(std::iter::empty::<String>())
}

fn trails(known: &Known, _: &Answers) -> Option<Question> {
    let new = |trail: &&TrailFound| {
        !already(known, |before| {
            before.trails.iter().any(|other| other.bucket == trail.bucket && other.prefix == trail.prefix)
        })
    };
    let mut found: Vec<&TrailFound> = known.survey.trails.iter().filter(new).collect();
    // Two trails can deliver to one place, and a place is read once.
    found.sort_by_key(|trail| (trail_name(trail, known), !trail.all_regions));
    found.dedup_by_key(|trail| trail_name(trail, known));
    let choices: Vec<Choice> = found
        .iter()
        .map(|trail| Choice {
            value: trail_name(trail, known),
            label: format!("{} → {}", trail.name, place_of(trail)),
            detail: trail_words(trail),
        })
        .collect();
    let default: Vec<String> = match known.before {
        Some(_) => Vec::new(),
        None => found.iter().filter(|trail| trail.own_bucket).map(|trail| trail_name(trail, known)).collect(),
    };
    let help = "CloudTrail tells what access logs cannot, such as names of roles. Written [ACCOUNT:][REGION:]BUCKET[/PREFIX][=KEY_ARN].";
    ask("trail", "Trails to read", help, Kind::Many(choices, Form::TrailPlace)).or(default)
}

/// The bucket and prefix of a trail.
pub fn place_of(trail: &TrailFound) -> String {
    match &trail.prefix {
        Some(prefix) => format!("{}/{prefix}", trail.bucket),
        None => trail.bucket.clone(),
    }
}

fn job(known: &Known) -> Job {
    known.before.as_ref().map_or_else(Job::default, |before| before.job.clone())
}

fn schedule(known: &Known, _: &Answers) -> Option<Question> {
    let now = job(known).schedule;
    let mut choices: Vec<Choice> = SCHEDULES
        .iter()
        .map(|(value, words)| Choice {
            value: (*value).to_owned(),
            label: (*words).to_owned(),
            detail: if *value == "none" { "with bucketscope run" } else { value }.to_owned(),
        })
        .collect();
    if !choices.iter().any(|choice| choice.value == now) {
        choices.insert(0, Choice { value: now.clone(), label: "as now".to_owned(), detail: now.clone() });
    }
    let help = "S3 delivers most logs within hours, so seldom is enough. --schedule takes any cron(…) or rate(…).";
    ask("schedule", "How often new logs are read", help, Kind::Choice(choices)).or([now])
}

/// A schedule by the hour is the same in all time zones.
fn time_zone(known: &Known, answers: &Answers) -> Option<Question> {
    let schedule = answers.one("schedule")?;
    let hour = schedule.strip_prefix("cron(")?.split_whitespace().nth(1)?;
    let asked = !hour.starts_with('*') && !(hour.starts_with("0/"));
    let help = "A name of the IANA database, such as UTC or Europe/Berlin.";
    asked
        .then(|| ask("time-zone", "Time zone of the schedule", help, Kind::Text(Form::TimeZone)))?
        .or([job(known).time_zone])
}

fn emails(known: &Known, _: &Answers) -> Option<Question> {
    let now = known.before.as_ref().map_or(0, |before| before.notify.emails.len());
    let more = if now == 0 { "" } else { "more " };
    let help =
        "Failed jobs, crawlers and queries, and logs that stop coming. Each address must confirm. Empty for none.";
    ask("email", format!("Who gets {more}notices by e-mail"), help, Kind::Text(Form::Email))
        .or(std::iter::empty::<String>())
}

/// Whether anything is left to ask that most people leave as it is.
fn rest_by_default(known: &Known, _: &Answers) -> Option<Question> {
    let text = if known.before.is_some() {
        "Leave everything else as it is?"
    } else {
        "Take the defaults for everything else?"
    };
    let help =
        "Retention, engine, catalogue, encryption, tags and the volume for the estimate. The file explains them all.";
    ask("defaults", text, help, Kind::Confirm).or(["yes"])
}

/// The rest is asked only of those who want it.
fn wanted(answers: &Answers) -> Option<()> {
    (answers.one("defaults") == Some("no")).then_some(())
}

fn raw_days(known: &Known, answers: &Answers) -> Option<Question> {
    wanted(answers)?;
    let collects = !answers.list("switch-on").is_empty()
        || already(known, |before| before.sources.iter().any(|source| !source.log_buckets.is_empty()));
    let keep = known.before.as_ref().map_or_else(Keep::default, |before| before.keep.clone());
    let now = keep.raw_days.map_or_else(|| "forever".to_owned(), |days| days.to_string());
    let help = "The lake has every record, so raw logs are needed only to read them again. 14 or more, or forever.";
    collects.then(|| ask("raw-days", "Days to keep raw logs", help, Kind::Text(Form::RawDays)))?.or([now])
}

/// The word of a catalogue's mode.
pub fn mode_word(mode: CatalogueMode) -> &'static str {
    match mode {
        CatalogueMode::Api => "api",
        CatalogueMode::Crawler => "crawler",
        CatalogueMode::Projection => "projection",
    }
}

fn engine(known: &Known, answers: &Answers) -> Option<Question> {
    wanted(answers)?;
    let choices = vec![
        Choice::new("auto", "one small machine; a backlog goes to Spark, with as many as it is worth"),
        Choice::new("pythonshell", "one machine, billed by the minute; enough for tens of gigabytes a day"),
        Choice::new("glueetl", "Spark places as many workers as you want, in every run"),
        Choice::new("ray", "Ray does; only for accounts that had Glue for Ray before May 2026"),
    ];
    ask("engine", "What runs the job", "", Kind::Choice(choices)).or([job(known).engine.word()])
}

fn catalogue(known: &Known, answers: &Answers) -> Option<Question> {
    wanted(answers)?;
    let choices = vec![
        Choice::new("api", "the job registers partitions with each commit, a crawler reconciles daily"),
        Choice::new("crawler", "the job starts a crawler after each commit, billed 10 minutes at least"),
        Choice::new("projection", "Athena works them out; no crawler, no partitions to see in Glue"),
    ];
    let now = known.before.as_ref().map_or_else(CatalogueMode::default, |before| before.catalogue.mode);
    ask("catalogue", "How partitions get into the catalogue", "", Kind::Choice(choices)).or([mode_word(now)])
}

fn kms_key(known: &Known, answers: &Answers) -> Option<Question> {
    wanted(answers)?;
    let now = known.before.as_ref().and_then(|before| before.aws.kms_key.clone());
    let help = "Encrypts lake, results and topic. Empty for S3's own keys.";
    ask("kms-key", "ARN of a KMS key", help, Kind::Text(Form::Key(known.region.clone()))).or(now)
}

fn tags(known: &Known, answers: &Answers) -> Option<Question> {
    wanted(answers)?;
    let now = known.before.as_ref().map_or(0, |before| before.aws.tags.len() as u64);
    let help = match now {
        0 => "On everything that takes tags: KEY=VALUE, with commas between them. Empty for none.".to_owned(),
        n => format!("KEY=VALUE, with commas between them, added to the {} that are there.", plural(n, "tag", "tags")),
    };
    ask("tag", "Tags", help, Kind::Text(Form::Tag)).or(std::iter::empty::<String>())
}

fn gigabytes(known: &Known, answers: &Answers) -> Option<Question> {
    wanted(answers)?;
    let estimate = known.before.as_ref().map_or_else(Estimate::default, |before| before.estimate.clone());
    let help = "For the estimate of plan alone. 1 GB is about 1.4 million requests.";
    ask("log-gigabytes", "Raw logs a month, in GB", help, Kind::Text(Form::Gigabytes))
        .or([estimate.log_gigabytes_a_month.to_string()])
}

fn dashboards(known: &Known, answers: &Answers) -> Option<Question> {
    wanted(answers)?;
    let now = known.before.as_ref().and_then(|before| before.quicksight.as_ref());
    let text =
        if now.is_some() { "More users or groups of QuickSight" } else { "Dashboards in QuickSight? Users or groups" };
    let help = "ARNs with commas between them, for an account that has QuickSight, Enterprise edition. Empty for none.";
    ask("quicksight-principal", text, help, Kind::Text(Form::Principal)).or(std::iter::empty::<String>())
}
