//! What is to be done about a bucket's logging: from values to steps, asking nobody.
//!
//! The setting of the user is the last one that was not ours. It stands in the log bucket from before ours is put until
//! long after it has been given back: reads of a bucket's configuration may lag behind (S3 User Guide, "Data consistency
//! model"), so a record that is still there is what makes a stale answer harmless.

use serde::{Deserialize, Serialize};

use super::event::Wanted;

/// How the keys of delivered logs are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyFormat {
    /// The prefix, then the time.
    Simple,
    /// Account, Region, bucket and day between them; holds which time is meant, in S3's word for it, if that was said.
    Partitioned(Option<String>),
}

/// A grant to read the logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// `CanonicalUser`, `AmazonCustomerByEmail` or `Group`.
    pub kind: String,
    /// The canonical user's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// The customer's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `READ`, `WRITE` or `FULL_CONTROL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
}

/// A bucket's logging, where it is switched on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Where logs go.
    pub bucket: String,
    /// What their keys begin with.
    pub prefix: String,
    /// How their keys go on. S3 leaves it out where it was never set, which means `Simple`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_format: Option<KeyFormat>,
    /// Who may read them beside the bucket's owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
}

impl Setting {
    /// Whether logs go to the same place in the same form.
    pub fn is_same(&self, other: &Self) -> bool {
        let format = |setting: &Self| setting.key_format.clone().unwrap_or(KeyFormat::Simple);
        self.bucket == other.bucket
            && self.prefix == other.prefix
            && format(self) == format(other)
            && self.grants == other.grants
    }
}

/// What is kept of a bucket whose logging we have had in hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// [`KEPT_VERSION`].
    pub version: u32,
    /// The user's setting; `None` where logging was off.
    pub before: Option<Setting>,
    /// The resource that has put ours and has to give `before` back; `None` once that is done.
    pub owner: Option<String>,
}

/// The version of [`Kept`].
pub const KEPT_VERSION: u32 = 1;

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Keep this, in place of what was read.
    Keep(Kept),
    /// Give the bucket this logging; `None` switches it off.
    Put(Option<Setting>),
}

/// What is to be done, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// In this order.
    pub steps: Vec<Step>,
    /// For the log and for CloudFormation.
    pub note: String,
}

/// Where the function runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// The account's number.
    pub account: String,
    /// The Region.
    pub region: String,
}

/// What S3 says of the two buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The Region of the bucket that is to be logged.
    pub bucket_region: String,
    /// The Region of the log bucket.
    pub target_region: String,
    /// Whether the log bucket locks objects by default.
    pub target_locks: bool,
    /// Whether who reads the log bucket pays for it.
    pub target_requester_pays: bool,
}

/// Why a wish cannot be granted, going by the wish alone.
pub fn refusal(wanted: &Wanted, here: &Here) -> Option<String> {
    let Wanted { bucket, account, region, setting, .. } = wanted;
    if *bucket == setting.bucket {
        return Some(format!("{bucket} would log to itself: every delivery would cause another one"));
    }
    if *account != here.account {
        return Some(format!("the buckets belong to account {account}, and this function runs in {}", here.account));
    }
    if *region != here.region {
        return Some(format!("the buckets lie in {region}, and this function runs in {}", here.region));
    }
    None
}

/// Why S3 would not deliver (S3 User Guide, "Enabling Amazon S3 server access logging": same Region and account, no
/// default retention, no Requester Pays).
pub fn refusal_by(facts: &Facts, wanted: &Wanted) -> Option<String> {
    let Wanted { bucket, region, setting: Setting { bucket: target, .. }, .. } = wanted;
    if facts.bucket_region != *region {
        return Some(format!("the bucket {bucket} lies in {}, not in {region}", facts.bucket_region));
    }
    if facts.target_region != *region {
        return Some(format!("the log bucket {target} lies in {}, not in {region}", facts.target_region));
    }
    if facts.target_locks {
        return Some(format!(
            "the log bucket {target} has a default retention (Object Lock), so S3 delivers no logs to it"
        ));
    }
    facts
        .target_requester_pays
        .then(|| format!("the log bucket {target} has Requester Pays switched on, so S3 delivers no logs to it"))
}

/// Whether logs go to the log bucket of another of our pipelines, going by the name that all of those have.
fn is_another_pipelines(setting: &Setting, wanted: &Wanted) -> bool {
    let name = &setting.bucket;
    name.starts_with("bucketscope-")
        && name.contains(&format!("-logs-{}-", wanted.region))
        && *name != wanted.setting.bucket
}

/// Whether a setting is one that we have put. Into our log bucket, with another prefix, it is one from before an update,
/// if we have had this bucket in hand at all.
fn is_ours(setting: &Setting, wanted: &Wanted, kept: Option<&Kept>) -> bool {
    setting.is_same(&wanted.setting) || (kept.is_some() && setting.bucket == wanted.setting.bucket)
}

/// Takes a bucket's logging in hand. `mine` is what an update replaces; `kept` is what was kept when that was put.
///
/// # Errors
/// If the logging is in the hands of another pipeline, which would later give back what it found over ours.
pub fn take_over(
    wanted: &Wanted,
    mine: Option<&Setting>,
    present: Option<&Setting>,
    kept: Option<&Kept>,
    owner: &str,
) -> Result<Decision, String> {
    let is_mine =
        present.is_some_and(|present| is_ours(present, wanted, kept) || mine.is_some_and(|mine| mine.is_same(present)));
    if let Some(other) = present.filter(|setting| !is_mine && is_another_pipelines(setting, wanted)) {
        return Err(format!(
            "the logs of {} go to {}, the log bucket of another pipeline; read them there (`bucket:` of a source), or \
             remove the bucket from the other pipeline first",
            wanted.bucket, other.bucket
        ));
    }
    let before = if is_mine { kept.and_then(|kept| kept.before.clone()) } else { present.cloned() };
    let keep = Kept { version: KEPT_VERSION, before, owner: Some(owner.to_owned()) };
    let note = match &keep.before {
        Some(before) => format!("the earlier target was {}/{}", before.bucket, before.prefix),
        None => "it was off before".to_owned(),
    };
    // Ours is put also where it seems to be there already: the answer may be a stale one.
    let steps = vec![Step::Keep(keep), Step::Put(Some(wanted.setting.clone()))];
    let Setting { bucket, prefix, .. } = &wanted.setting;
    Ok(Decision { steps, note: format!("the logs of {} go to {bucket}/{prefix}; {note}", wanted.bucket) })
}

/// Gives the user's setting back, if the present one is still ours.
pub fn give_back(wanted: &Wanted, present: Option<&Setting>, kept: Option<&Kept>, owner: &str) -> Decision {
    let bucket = &wanted.bucket;
    let before = kept.and_then(|kept| kept.before.clone());
    if let Some(other) = kept.and_then(|kept| kept.owner.as_deref()).filter(|other| *other != owner) {
        let note = format!("the logging of {bucket} is in the hands of {other} now; it stays as it is");
        return Decision { steps: Vec::new(), note };
    }
    let is_ours = present.is_some_and(|present| is_ours(present, wanted, kept));
    let released = |before| Step::Keep(Kept { version: KEPT_VERSION, before, owner: None });
    // The second case is that of a stale answer, or of a deletion that is tried again.
    let already = kept.is_some() && before.as_ref() == present;
    if is_ours || already {
        let note = match &before {
            Some(before) => format!("the logs of {bucket} go to {}/{} again", before.bucket, before.prefix),
            None => format!("the logging of {bucket} is off again"),
        };
        let mut steps = vec![Step::Put(before.clone())];
        steps.extend(kept.is_some_and(|kept| kept.owner.is_some()).then(|| released(before)));
        return Decision { steps, note };
    }
    let note = format!("the logging of {bucket} was changed by somebody else; it stays as it is");
    let steps = kept.map(|_| released(present.cloned())).into_iter().collect();
    Decision { steps, note }
}
