//! `init` for the target `aws`: looks into the account, asks, writes the configuration.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::path::Path;

use serde::Serialize;

use crate::aws::Session;
use crate::aws::discover::{Estate, SdkEstate, survey};
use crate::cli::Init;
use crate::cmd::init::{Change, home_of, write};
use crate::cmd::{Context, words};
use crate::config::cloud::{Cloud, form, render};
use crate::config::slug;
use crate::ui::export::envelope;
use crate::ui::text;
use crate::ui::{Outcome, Screen, View};
use crate::wizard::assemble::{arguments, assemble, log_buckets, switched, trail_place};
use crate::wizard::questions::{self, SOURCES};
use crate::wizard::{Answers, Form, Known, PlaceName};
use crate::{Error, ErrorKind, Result};

mod conversation;
mod findings;

/// What `init` did.
#[derive(Debug, Serialize)]
struct Initialised {
    config: String,
    change: Change,
    name: String,
    account_id: String,
    region: String,
    log_buckets: Vec<String>,
    switch_on: Vec<String>,
    trails: Vec<String>,
    schedule: String,
}

/// Runs `init --target aws`; `text` is that of the file, where there is one.
///
/// # Errors
/// If a value is missing or cannot be, AWS refuses what must be known, or the file cannot be written.
pub fn execute(context: &Context, args: &Init, path: &Path, text: Option<&str>) -> Result<Outcome> {
    let before = text.map(|text| Cloud::parse(text, path)).transpose()?;
    let asks = context.ui.interactive() && !args.defaults && !context.global.yes;
    let mut known = Known { name: default_name(path)?, before, ..Known::default() };
    let mut answers = given(args, &known)?;
    look(context, &mut known, &mut answers, asks, args.defaults)?;
    if asks {
        conversation::hold(context, &known, &mut answers)?;
    } else {
        settle(&known, &mut answers, args.defaults)?;
    }
    let suffix = answers.one("suffix").map_or_else(random_suffix, str::to_owned);
    let wanted = assemble(&known, &answers, &suffix).map_err(Error::usage)?;
    if let Some(before) = known.before.as_ref().filter(|before| before.name != wanted.name) {
        let (old, new) = (&before.name, &wanted.name);
        context.ui.warn(&format!(
            "`{new}` is another pipeline: what was deployed as `{old}` stays until `{old}` is destroyed"
        ));
    }
    let (change, written) = match (text, &known.before) {
        (Some(text), Some(before)) => {
            let edited = before.edited(text, &wanted, path)?;
            if edited == text { (Change::Unchanged, None) } else { (Change::Updated, Some(edited)) }
        }
        _ => (Change::Created, Some(render(&wanted))),
    };
    if let Some(written) = written {
        // What is written must be readable, whatever was answered; the error names the line.
        Cloud::parse(&written, path)?;
        write(path, &written)?;
    }
    let outcome = Outcome::of(describe(path, &wanted, change))
        .next(context.command("plan"), "shows what would be deployed, and what it costs a month")
        .next(context.command("deploy"), "deploys it");
    let same = format!("\nThe same without questions:\n  {}", context.command(&arguments(&wanted)));
    Ok(if asks && known.before.is_none() { outcome.note(same) } else { outcome })
}

/// The folder's name, as a pipeline can be called.
fn default_name(path: &Path) -> Result<String> {
    let home = home_of(path)?;
    let folder = home.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut name = slug(&folder);
    name.truncate(crate::config::cloud::NAME_LIMIT);
    Ok(name.trim_end_matches('-').to_owned())
}

/// What flags and file say, checked by the forms of the wizard's questions.
fn given(args: &Init, known: &Known) -> Result<Answers> {
    let mut answers = Answers::default();
    let region = args.aws.region.clone().or_else(|| known.before.as_ref().map(|before| before.aws.region.clone()));
    let name = ("name", args.name.iter().cloned().collect::<Vec<_>>());
    for (id, values) in args.aws.values().into_iter().chain([name]) {
        let form = form_of(id, region.as_deref().unwrap_or_default());
        for value in values.iter().filter(|_| !(id == "kms-key" && region.is_none())) {
            form.check(value).map_err(|why| Error::usage(format!("--{id}: {why}")))?;
        }
        if !values.is_empty() {
            answers.set(id, values);
        }
    }
    let Some(before) = &known.before else { return Ok(answers) };
    for (id, there) in
        [("account-id", &before.aws.account_id), ("region", &before.aws.region), ("suffix", &before.aws.suffix)]
    {
        if answers.one(id).is_some_and(|wanted| wanted != there) {
            return Err(Error::usage(format!("--{id}: the configuration says {there}; another is another pipeline"))
                .hint("-C DIR or --config FILE writes another configuration"));
        }
    }
    Ok(answers)
}

fn form_of(id: &str, region: &str) -> Form {
    match id {
        "account-id" => Form::Account,
        "region" => Form::Region,
        "suffix" => Form::Suffix,
        "log-bucket" => Form::LogPlace,
        "switch-on" => Form::Bucket,
        "trail" => Form::TrailPlace,
        "schedule" => Form::Schedule,
        "time-zone" => Form::TimeZone,
        "email" => Form::Email,
        "engine" => Form::Word(questions::ENGINES),
        "catalogue" => Form::Word(questions::MODES),
        "raw-days" => Form::RawDays,
        "kms-key" => Form::Key(region.to_owned()),
        "tag" => Form::Tag,
        "role-path" => Form::RolePath,
        "permissions-boundary" => Form::Iam("policy", region.to_owned()),
        "cloudformation-role" => Form::Iam("role", region.to_owned()),
        "log-gigabytes" => Form::Gigabytes,
        "quicksight-principal" => Form::Principal,
        _ => Form::Name,
    }
}

/// Finds out account and Region, and what there is to read. AWS is asked for what is not said already.
fn look(context: &Context, known: &mut Known, answers: &mut Answers, asks: bool, defaults: bool) -> Result<()> {
    let there = known.before.as_ref().map(|before| (before.aws.account_id.clone(), before.aws.region.clone()));
    let (account, region) = there.unzip();
    let account = answers.one("account-id").map(str::to_owned).or(account);
    let region = answers.one("region").map(str::to_owned).or(region);
    let no_source = known.before.is_none() && !SOURCES.iter().any(|id| answers.has(id));
    if let (Some(account), Some(region), false) = (&account, &region, asks || (no_source && defaults)) {
        (known.account_id, known.region) = (account.clone(), region.clone());
        return Ok(());
    }
    let session = match (Session::open(region.as_deref()), asks) {
        (Err(error), true) if error.kind() == ErrorKind::InputNeeded => {
            Session::open(Some(&conversation::region(context)?))?
        }
        (session, _) => session?,
    };
    session.region().clone_into(&mut known.region);
    let identity = match &account {
        Some(account) => session.check_account(account),
        None => session.identity().map_err(without_asking),
    };
    let identity = match identity {
        Ok(identity) => identity,
        // Who says the account by hand may have no credentials here; nobody who is here with those of another may go on.
        Err(error) if account.is_some() && asks && !error.to_string().contains("belong to account") => {
            context
                .ui
                .warn(&format!("{}; nothing is offered that was not looked for", text::visible(&error.to_string())));
            known.account_id = account.unwrap_or_default();
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    known.account_id.clone_from(&identity.account_id);
    let estate = SdkEstate::new(session);
    if asks || no_source {
        context.ui.note(&context.ui.paint().dim(&format!("Looking into account {} …", identity.account_id)));
        known.survey = survey(&estate);
        findings::lines(known, &identity.arn, context.ui.paint()).iter().for_each(|line| context.ui.note(line));
    }
    place(known, answers, &estate);
    Ok(())
}

/// Where the account cannot be told, it can be given.
fn without_asking(error: Error) -> Error {
    let hint = error.suggestion().unwrap_or_default().to_owned();
    error.hint(
        format!("{hint}\n      --account-id DIGITS and --region REGION write the file without asking AWS")
            .trim()
            .to_owned(),
    )
}

/// Finds the Regions of buckets that were given without; where nobody tells, it is the pipeline's.
fn place(known: &Known, answers: &mut Answers, estate: &dyn Estate) {
    for id in SOURCES {
        let located = answers.list(id).iter().map(|text| match PlaceName::parse(text) {
            Ok(place) if place.region.is_none() => {
                let there = known.survey.buckets.iter().find(|bucket| bucket.name == place.bucket);
                let region = there.and_then(|bucket| bucket.region.clone());
                let region = region.or_else(|| estate.region_of(&place.bucket).ok());
                let region = region.filter(|region| form::is_region(region));
                PlaceName { region, ..place }.seen_from(&known.account_id, &known.region).to_string()
            }
            _ => text.clone(),
        });
        let located: Vec<String> = located.collect();
        if answers.has(id) {
            answers.set(id, located);
        }
    }
}

/// Without questions: what is not given takes its default. Sources are taken from what was found only with `--defaults`, and
/// only if none is named: who names one, means that one.
fn settle(known: &Known, answers: &mut Answers, defaults: bool) -> Result<()> {
    let named = known.before.is_some() || SOURCES.iter().any(|id| answers.has(id));
    if named || !defaults {
        for id in SOURCES {
            if !answers.has(id) {
                answers.set(id, Vec::new());
            }
        }
    }
    while let Some(question) = questions::next(known, answers) {
        answers.set(question.id, question.default.unwrap_or_default());
    }
    if questions::nothing_chosen(known, answers) {
        return Err(Error::new(ErrorKind::InputNeeded, "init does not know which logs to read").hint(
            "give --log-bucket BUCKET[/PREFIX] (logs that exist), --switch-on BUCKET (to have them delivered) or --trail BUCKET[/PREFIX]",
        ));
    }
    Ok(())
}

/// Six letters and digits that no other pipeline is likely to have. The standard library seeds its hash tables from the
/// operating system's random numbers.
fn random_suffix() -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut rest = RandomState::new().hash_one("suffix");
    let mut next = || {
        let index = rest % ALPHABET.len() as u64;
        rest /= ALPHABET.len() as u64;
        usize::try_from(index).ok().and_then(|index| ALPHABET.get(index)).map_or('x', |byte| char::from(*byte))
    };
    (0..6).map(|_| next()).collect()
}

fn describe(path: &Path, cloud: &Cloud, change: Change) -> Initialised {
    Initialised {
        config: path.display().to_string(),
        change,
        name: cloud.name.clone(),
        account_id: cloud.aws.account_id.clone(),
        region: cloud.aws.region.clone(),
        log_buckets: log_buckets(cloud),
        switch_on: switched(cloud),
        trails: cloud.trails.iter().map(trail_place).collect(),
        schedule: cloud.job.schedule.clone(),
    }
}

impl View for Initialised {
    fn human(&self, screen: &Screen) -> String {
        let mut rows =
            vec![("name", vec![self.name.clone()]), ("account", vec![format!("{}, {}", self.account_id, self.region)])];
        for (head, values) in [("reads", &self.log_buckets), ("switches on", &self.switch_on), ("trails", &self.trails)]
        {
            if !values.is_empty() {
                rows.push((head, values.iter().map(|value| text::visible(value).into_owned()).collect()));
            }
        }
        rows.push(("schedule", vec![self.schedule.clone()]));
        let did = screen.paint.green(self.change.words());
        format!("{did} {}\n{}", text::visible(&self.config), words::sheet(&rows, screen))
    }

    fn json(&self) -> String {
        envelope("init", self)
    }
}
