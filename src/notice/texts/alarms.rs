//! Alarms, and their ends.

use super::{Kind, Message, Setup, quoted, when};
use crate::notice::setup::{FAILURES, LAG, REJECTS};

/// An alarm that changed its state.
pub(super) struct Changed<'a> {
    pub name: &'a str,
    pub state: &'a str,
    pub before: &'a str,
    pub reason: &'a str,
    pub at: &'a str,
}

/// What is said of an alarm.
struct Words {
    subject: String,
    happened: String,
    more: String,
    command: &'static str,
    why: &'static str,
}

/// What is said; nothing of an alarm that begins to have data, and nothing where no alarm was before.
pub(super) fn message(setup: &Setup, changed: &Changed<'_>) -> Option<Message> {
    let words = match (changed.state, changed.before) {
        ("ALARM", _) => begun(setup, changed),
        ("OK", "ALARM") => over(setup, changed),
        _ => return None,
    };
    let message = Message::new(Kind::Alarm, &setup.subject(&words.subject), &words.happened)
        .facts(&[
            ("When", Some(when(changed.at))),
            ("Pipeline", Some(setup.pipeline.clone())),
            ("Logs from", setup.sources()),
            ("Lake", Some(format!("s3://{}", setup.lake))),
            ("CloudWatch says", Some(quoted(changed.reason)).filter(|reason| !reason.is_empty())),
            ("Console", Some(setup.alarm_page(changed.name))),
        ])
        .paragraph(&words.more);
    Some(message.next(words.command, words.why))
}

fn which<'a>(setup: &Setup, changed: &'a Changed<'_>) -> &'a str {
    changed.name.strip_prefix(setup.alarms.as_str()).unwrap_or_default()
}

fn begun(setup: &Setup, changed: &Changed<'_>) -> Words {
    let (hours, percent) = (setup.lag_hours, setup.rejected_percent);
    match which(setup, changed) {
        LAG => Words {
            subject: format!("No new logs for {hours} hours"),
            happened: format!(
                "No new logs for more than {hours} hours: the newest record of the lake is older than that, or the job has not \
                 run for a day."
            ),
            more: "Either nobody uses the buckets, or logging was switched off, or the job no longer runs or may no longer read.".to_owned(),
            command: "bucketscope status",
            why: "tells which of them it is",
        },
        REJECTS => Words {
            subject: format!("More than {percent} % of the lines are rejected"),
            happened: format!("More than {percent} % of a day's lines are no records, and are not in the lake."),
            more: format!("They are kept, with the reason for each, below s3://{}/_state/rejects/.", setup.lake),
            command: "bucketscope status",
            why: "shows how many there are",
        },
        FAILURES => Words {
            subject: "The job keeps failing".to_owned(),
            happened: "Three runs of the job that reads new logs failed within six hours.".to_owned(),
            more: "You were told of each. No log is lost: a run that succeeds reads everything.".to_owned(),
            command: "bucketscope status",
            why: "shows the last runs and why they failed",
        },
        _ => Words {
            subject: format!("Alarm {}", quoted(changed.name)),
            happened: format!("The alarm {} went off.", quoted(changed.name)),
            more: "It is an alarm of the pipeline that this program does not know.".to_owned(),
            command: "bucketscope deploy",
            why: "brings functions and alarms to the same version",
        },
    }
}

fn over(setup: &Setup, changed: &Changed<'_>) -> Words {
    let (subject, happened) = match which(setup, changed) {
        LAG => (
            "Logs arrive again",
            format!("Logs arrive again: the newest record is younger than {} hours.", setup.lag_hours),
        ),
        REJECTS => (
            "Lines are read again",
            format!("No more than {} % of a day's lines are rejected any more.", setup.rejected_percent),
        ),
        FAILURES => {
            ("The job no longer fails", "Fewer than three runs of the job failed within the last six hours.".to_owned())
        }
        _ => ("An alarm is over", format!("The alarm {} is over.", quoted(changed.name))),
    };
    Words {
        subject: subject.to_owned(),
        happened,
        more: "Nothing needs to be done.".to_owned(),
        command: "bucketscope status",
        why: "shows how the pipeline does",
    }
}
