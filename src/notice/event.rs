//! The events that notices are made of. Properties that are not known are passed over: services add some (Athena User Guide,
//! "Monitor Athena query events with EventBridge").

use serde::Deserialize;
use serde_json::Value as Json;

use crate::{Error, Result};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A query of the workgroup changed its state.
    Query {
        /// `RUNNING`, `SUCCEEDED`, `FAILED`, `CANCELLED`.
        state: String,
        /// The execution's id.
        id: String,
        /// When.
        at: String,
    },
    /// A run of a job ended.
    Run {
        /// The job.
        job: String,
        /// The run's id.
        run: String,
        /// `FAILED`, `STOPPED`, `TIMEOUT`.
        state: String,
        /// What Glue says.
        message: String,
        /// When.
        at: String,
    },
    /// A crawl ended.
    Crawl {
        /// The crawler.
        crawler: String,
        /// What Glue says.
        message: String,
        /// When.
        at: String,
    },
    /// An alarm changed its state.
    Alarm {
        /// Its name.
        name: String,
        /// `ALARM`, `OK`, `INSUFFICIENT_DATA`.
        state: String,
        /// The state before.
        before: String,
        /// What CloudWatch says.
        reason: String,
        /// When.
        at: String,
    },
}

/// The envelope of all events (EventBridge User Guide, "Event structure reference").
#[derive(Deserialize)]
struct Envelope {
    source: String,
    #[serde(rename = "detail-type")]
    kind: String,
    #[serde(default)]
    time: String,
    detail: Json,
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// If it is none of those that notices are made of.
    pub fn parse(event: Json) -> Result<Self> {
        let wrong = |why: String| Error::usage("this is none of the events that notices are made of").because(why);
        let Envelope { source, kind, time: at, detail } =
            serde_json::from_value(event).map_err(|error| wrong(error.to_string()))?;
        let text = |pointer: &str| detail.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
        Ok(match (source.as_str(), kind.as_str()) {
            // Athena User Guide, "Monitor Athena query events with EventBridge".
            ("aws.athena", "Athena Query State Change") => {
                Self::Query { state: text("/currentState"), id: text("/queryExecutionId"), at }
            }
            // AWS Glue Developer Guide, "Automating AWS Glue with CloudWatch Events".
            ("aws.glue", "Glue Job State Change") => Self::Run {
                job: text("/jobName"),
                run: text("/jobRunId"),
                state: text("/state"),
                message: text("/message"),
                at,
            },
            ("aws.glue", "Glue Crawler State Change") => {
                let message = match text("/errorMessage") {
                    empty if empty.is_empty() => text("/message"),
                    message => message,
                };
                Self::Crawl { crawler: text("/crawlerName"), message, at }
            }
            // Amazon CloudWatch User Guide, "Alarm events and EventBridge".
            ("aws.cloudwatch", "CloudWatch Alarm State Change") => Self::Alarm {
                name: text("/alarmName"),
                state: text("/state/value"),
                before: text("/previousState/value"),
                reason: text("/state/reason"),
                at,
            },
            (source, kind) => return Err(wrong(format!("it is {kind:?} of {source:?}"))),
        })
    }
}
