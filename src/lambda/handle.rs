//! From an event to an answer.

use std::time::Duration;

use serde_json::Value as Json;

use super::answer::Answer;
use super::buckets::{Buckets, Present, Put, SdkBuckets};
use super::event::{Event, RequestType, Wanted};
use super::logging::{self, Here, Kept, Setting, Step};
use crate::aws::Session;
use crate::{Error, Result};

/// How often it is decided anew because somebody else has kept something at the same moment.
const TRIES: usize = 5;
/// How long before the function's end the answer is given in any case.
const TO_ANSWER: Duration = Duration::from_secs(15);

/// What was answered, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What was asked, of which resource.
    pub asked: String,
    /// What was done, or why nothing was.
    pub outcome: Result<String>,
}

/// Does what an event asks for and answers CloudFormation, whatever happens: `left` is how long the function has.
///
/// # Errors
/// If the event is no request for a custom resource, or the answer cannot be delivered.
pub async fn handle(session: &Session, here: Here, event: Json, left: Duration) -> Result<Answered> {
    let event = Event::parse(event)?;
    let asked = format!("{:?} {}", event.request_type, event.resource_id());
    let work = {
        let (session, event) = (session.clone(), event.clone());
        tokio::task::spawn_blocking(move || perform(&event, &here, &SdkBuckets::new(&session)))
    };
    let outcome = match tokio::time::timeout(left.saturating_sub(TO_ANSWER), work).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(Error::failed("the function failed").hint("its log group has the details")),
        Err(_) => Err(Error::failed("S3 did not answer in time").hint("deploy again")),
    };
    Answer::to(&event, &outcome).put(&event).await?;
    Ok(Answered { asked, outcome })
}

/// Does what an event asks for.
pub(super) fn perform(event: &Event, here: &Here, buckets: &dyn Buckets) -> Result<String> {
    let wanted = match (event.wanted(), event.request_type) {
        (Ok(wanted), _) => wanted,
        // With such properties nothing can have been made.
        (Err(_), RequestType::Delete) => return Ok("there is nothing to be given back".to_owned()),
        (Err(error), _) => return Err(error),
    };
    let change = Change { event, wanted: &wanted, buckets };
    match event.request_type {
        RequestType::Delete => change.until_kept(Change::give_back),
        RequestType::Create | RequestType::Update => {
            refuse(logging::refusal(&wanted, here))?;
            refuse(logging::refusal_by(&buckets.facts(&wanted)?, &wanted))?;
            change.until_kept(Change::take_over)
        }
    }
}

fn refuse(why: Option<String>) -> Result<()> {
    why.map_or(Ok(()), |why| Err(Error::failed("the logging is not switched on").because(why)))
}

/// How a try ended.
enum Tried {
    Done(String),
    /// Somebody else has kept something in between.
    Overtaken,
}

struct Change<'a> {
    event: &'a Event,
    wanted: &'a Wanted,
    buckets: &'a dyn Buckets,
}

impl Change<'_> {
    fn until_kept(&self, attempt: impl Fn(&Self) -> Result<Tried>) -> Result<String> {
        for _ in 0..TRIES {
            if let Tried::Done(note) = attempt(self)? {
                return Ok(note);
            }
        }
        Err(Error::failed(format!("the logging of {} is being changed by somebody else", self.wanted.bucket))
            .hint("deploy again"))
    }

    // The logging is read before what is kept: who finds ours then also finds what was kept before it was put.
    fn take_over(&self) -> Result<Tried> {
        let present = match self.buckets.logging(self.wanted)? {
            Present::Gone => return Err(Error::failed(format!("there is no bucket {}", self.wanted.bucket))),
            Present::Logging(present) => present,
        };
        let before = self.event.wanted_before();
        let (kept, version) = self.kept(self.wanted)?;
        let kept = match &before {
            // What was kept for the earlier log bucket moves to the new one.
            Some(before) if kept.is_none() && !self.is_kept_at_the_same_place(before) => self.kept(before)?.0,
            _ => kept,
        };
        let mine = before.as_ref().map(|before| &before.setting);
        let owner = self.event.owner();
        let decision = logging::take_over(self.wanted, mine, present.as_ref(), kept.as_ref(), &owner)
            .map_err(|why| Error::failed("the logging is not switched on").because(why))?;
        for step in &decision.steps {
            match step {
                Step::Keep(kept) if !self.buckets.keep(self.wanted, kept, version.as_deref())? => {
                    return Ok(Tried::Overtaken);
                }
                Step::Keep(_) => {}
                Step::Put(setting) => {
                    if self.buckets.put_logging(self.wanted, setting.as_ref())? == Put::BadTarget {
                        let target = &self.wanted.setting.bucket;
                        return Err(Error::failed(format!("S3 does not deliver logs to {target}"))
                            .hint("its policy must allow logging.s3.amazonaws.com to write"));
                    }
                }
            }
        }
        Ok(Tried::Done(decision.note))
    }

    fn is_kept_at_the_same_place(&self, before: &Wanted) -> bool {
        before.setting.bucket == self.wanted.setting.bucket && before.kept_at == self.wanted.kept_at
    }

    fn kept(&self, wanted: &Wanted) -> Result<(Option<Kept>, Option<String>)> {
        Ok(self.buckets.kept(wanted)?.unzip())
    }

    fn give_back(&self) -> Result<Tried> {
        let present = match self.buckets.logging(self.wanted)? {
            Present::Gone => return Ok(Tried::Done(format!("the bucket {} is gone", self.wanted.bucket))),
            Present::Logging(present) => present,
        };
        let (kept, version) = self.kept(self.wanted)?;
        let mut decision = logging::give_back(self.wanted, present.as_ref(), kept.as_ref(), &self.event.owner());
        for step in &decision.steps {
            match step {
                Step::Keep(kept) if !self.buckets.keep(self.wanted, kept, version.as_deref())? => {
                    return Ok(Tried::Overtaken);
                }
                Step::Keep(_) => {}
                Step::Put(setting) => decision.note.push_str(&self.put_back(setting.as_ref())?),
            }
        }
        Ok(Tried::Done(decision.note))
    }

    /// Sets what was set before; where its target takes no logs any more, logging is switched off.
    fn put_back(&self, setting: Option<&Setting>) -> Result<String> {
        if self.buckets.put_logging(self.wanted, setting)? == Put::Done {
            return Ok(String::new());
        }
        self.buckets.put_logging(self.wanted, None)?;
        let target = setting.map(|setting| setting.bucket.as_str()).unwrap_or_default();
        Ok(format!(", or would if {target} still took logs; it does not, so logging is off"))
    }
}
