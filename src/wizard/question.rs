//! What a question is, and what has been answered.

use std::collections::BTreeMap;

use super::place::PlaceName;
use crate::config::check_name;
use crate::config::cloud::{NAME_LIMIT, RAW_DAYS_AT_LEAST, form, quicksight, schedule};

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The flag that answers it, without its hyphens.
    pub id: &'static str,
    /// The question.
    pub text: String,
    /// What helps to answer it; may be empty.
    pub help: String,
    /// How it is answered.
    pub kind: Kind,
    /// What Enter gives; `None` if there must be an answer.
    pub default: Option<Vec<String>>,
}

/// How a question is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// With a line of text.
    Text(Form),
    /// With one of these.
    Choice(Vec<Choice>),
    /// With some of these, and with others of this form.
    Many(Vec<Choice>, Form),
    /// With yes or no.
    Confirm,
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What choosing it answers.
    pub value: String,
    /// How it is shown.
    pub label: String,
    /// What is said beside it.
    pub detail: String,
}

impl Choice {
    /// A choice that is shown by its value.
    pub fn new(value: impl Into<String>, detail: impl Into<String>) -> Self {
        let value = value.into();
        Self { label: value.clone(), value, detail: detail.into() }
    }
}

/// What form an answer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A pipeline's name.
    Name,
    /// A Region.
    Region,
    /// An account.
    Account,
    /// Six random characters.
    Suffix,
    /// A log bucket, perhaps with a prefix.
    LogPlace,
    /// A bucket to switch logging on for.
    Bucket,
    /// A trail's bucket, perhaps with a prefix.
    TrailPlace,
    /// When the job runs.
    Schedule,
    /// A time zone.
    TimeZone,
    /// An address.
    Email,
    /// Days, or `forever`.
    RawDays,
    /// The ARN of a key that is used in this Region.
    Key(String),
    /// The ARN of a role or policy (the word says which) in the partition of this Region.
    Iam(&'static str, String),
    /// The path of roles.
    RolePath,
    /// `key=value`.
    Tag,
    /// Gigabytes.
    Gigabytes,
    /// The ARN of a user or group of QuickSight; that it is of the account is checked with the file.
    Principal,
    /// One of these words.
    Word(&'static [&'static str]),
}

impl Form {
    /// Checks one answer.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, text: &str) -> Result<(), String> {
        match self {
            Self::Name => check_cloud_name(text),
            Self::Region => form::check_region(text),
            Self::Account => form::check_account(text),
            Self::Suffix => form::check_suffix(text),
            Self::LogPlace => check_place(text, false),
            Self::Bucket => check_switched(text),
            Self::TrailPlace => check_place(text, true),
            Self::Schedule => schedule::Schedule::parse(text).map(drop),
            Self::TimeZone => schedule::check_time_zone(text),
            Self::Email => form::check_email(text),
            Self::RawDays => raw_days(text).map(|_| ()),
            Self::Key(region) => form::check_key_arn(text, region),
            Self::Iam(what, region) => form::check_iam_arn(text, what, form::partition_of(region)),
            Self::RolePath => form::check_role_path(text),
            Self::Tag => tag(text).map(|_| ()),
            Self::Gigabytes => match text.parse::<u32>() {
                Ok(_) => Ok(()),
                Err(_) => Err(format!("`{text}` is no whole number of gigabytes")),
            },
            Self::Principal => check_principal(text),
            Self::Word(words) if words.contains(&text) => Ok(()),
            Self::Word(words) => Err(format!("`{text}` is not known; expected {}", words.join(", "))),
        }
    }

    /// Whether there may be many answers, or none. They are typed with spaces or commas between them.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::LogPlace | Self::Bucket | Self::TrailPlace | Self::Email | Self::Tag | Self::Principal)
    }

    /// Whether nothing is an answer as well.
    pub fn may_be_empty(&self) -> bool {
        self.is_list() || matches!(self, Self::Key(_) | Self::Iam(..))
    }

    /// What somebody typed in a line, as answers.
    ///
    /// # Errors
    /// What is wrong with the first that is wrong.
    pub fn answers(&self, line: &str) -> Result<Vec<String>, String> {
        let line = line.trim();
        let parts: Vec<String> = match self {
            // Values of tags may hold spaces.
            Self::Tag => line.split(',').map(|part| part.trim().to_owned()).collect(),
            _ if self.is_list() => line.split([' ', ',', '\t']).map(str::to_owned).collect(),
            _ => vec![line.to_owned()],
        };
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() && !self.may_be_empty() {
            return Err("an answer is needed".to_owned());
        }
        parts.iter().try_for_each(|part| self.check(part))?;
        Ok(parts)
    }
}

/// Checks a name of a pipeline in AWS.
///
/// # Errors
/// The rule that it breaks.
pub fn check_cloud_name(name: &str) -> Result<(), String> {
    check_name(name).map_err(|why| format!("`{name}` cannot be a name: {why}"))?;
    if name.len() > NAME_LIMIT {
        return Err(format!("`{name}` is longer than the {NAME_LIMIT} characters that bucket names have room for"));
    }
    Ok(())
}

/// An ARN of QuickSight's says itself in which account and partition it should be.
fn check_principal(text: &str) -> Result<(), String> {
    let arn = form::Arn::parse(text);
    let (account, region) = arn.map_or(("ACCOUNT", ""), |arn| (arn.account, arn.region));
    quicksight::check_principal(text, account, region)
}

fn check_place(text: &str, trail: bool) -> Result<(), String> {
    let place = PlaceName::parse(text)?;
    if !trail && place.kms_key.is_some() {
        return Err(format!("`{text}`: access logs are never under a key of yours; `=ARN` is for trails"));
    }
    if trail { form::check_trail_prefix(&place.prefix) } else { Ok(()) }
}

fn check_switched(text: &str) -> Result<(), String> {
    let place = PlaceName::parse(text)?;
    if place.prefix.is_empty() && place.account_id.is_none() && place.kms_key.is_none() {
        return Ok(());
    }
    Err(format!("`{text}`: expected BUCKET or REGION:BUCKET of this account"))
}

/// `90` or `forever`.
///
/// # Errors
/// What is wrong with it.
pub fn raw_days(text: &str) -> Result<Option<u32>, String> {
    match text.parse::<u32>() {
        _ if text == "forever" => Ok(None),
        Ok(days) if days >= RAW_DAYS_AT_LEAST => Ok(Some(days)),
        _ => Err(format!("`{text}`: expected {RAW_DAYS_AT_LEAST} days or more, or forever")),
    }
}

/// `key=value`.
///
/// # Errors
/// What is wrong with it.
pub fn tag(text: &str) -> Result<(&str, &str), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("`{text}`: expected KEY=VALUE"))?;
    let (key, value) = (key.trim(), value.trim());
    form::check_tag(key, value)?;
    Ok((key, value))
}

/// What has been answered, by flag, question or file: the values of each id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers(BTreeMap<&'static str, Vec<String>>);

impl Answers {
    /// Takes an answer; an earlier one to the same question is forgotten.
    pub fn set(&mut self, id: &'static str, values: Vec<String>) {
        self.0.insert(id, values);
    }

    /// Forgets an answer.
    pub fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// Whether there is an answer, be it that there is none.
    pub fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// The only value.
    pub fn one(&self, id: &str) -> Option<&str> {
        self.list(id).first().map(String::as_str)
    }

    /// All values.
    pub fn list(&self, id: &str) -> &[String] {
        self.0.get(id).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_hold_many_answers() {
        assert_eq!(Form::Email.answers("a@b.org, c@d.org").unwrap(), ["a@b.org", "c@d.org"]);
        assert_eq!(Form::Tag.answers("team=data, cost centre = 4711").unwrap(), ["team=data", "cost centre = 4711"]);
        assert!(Form::Email.answers("  ").unwrap().is_empty());
        assert!(Form::Email.answers("a@b.org x").unwrap_err().contains("`x` is no e-mail"));
        assert_eq!(Form::Name.answers("").unwrap_err(), "an answer is needed");
        assert_eq!(tag("cost centre = 4711"), Ok(("cost centre", "4711")));
    }

    #[test]
    fn answers_are_checked_by_their_form() {
        for (form, good, wrong) in [
            (Form::Name, "shop", "a-name-of-21-charactr"),
            (Form::LogPlace, "eu-west-1:logs/x", "logs=arn:aws:kms:x"),
            (Form::TrailPlace, "trail/org", "trail/org/"),
            (Form::Bucket, "eu-west-1:photos", "photos/x"),
            (Form::RawDays, "forever", "13"),
            (Form::Key("eu-west-1".to_owned()), "arn:aws:kms:eu-west-1:111122223333:key/1", "alias/x"),
            (Form::Iam("role", "eu-west-1".to_owned()), "arn:aws:iam::111122223333:role/x", "x"),
            (Form::Principal, "arn:aws:quicksight:us-east-1:111122223333:user/default/ana", "ana"),
            (Form::Tag, "a=b", "a"),
            (Form::Gigabytes, "30", "many"),
            (Form::Word(&["api", "crawler"]), "api", "apis"),
        ] {
            assert_eq!(form.check(good), Ok(()), "{good}");
            assert!(form.check(wrong).is_err(), "{wrong}");
        }
    }
}
