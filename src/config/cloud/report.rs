//! Reports that are asked by the clock.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

/// A saved query that is asked by the clock; its end is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What it is called in notices [default: the query's id].
    #[serde(default)]
    pub name: Option<String>,
    /// The id of a saved query, one of the project's own among them.
    pub query: String,
    /// The range of time, which ends when the report is due: 7d, 24h, yesterday.
    pub last: String,
    /// When, as EventBridge Scheduler writes it.
    pub schedule: String,
    /// The time zone of `schedule`.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Values of the query's parameters, `bucket` among them.
    #[serde(default)]
    pub parameters: BTreeMap<String, Given>,
    /// Whether nothing is told where nothing is found.
    #[serde(default)]
    pub only_findings: bool,
}

impl Report {
    /// What it is called.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.query)
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

/// The value of a parameter as a person writes it: text, a number, true or false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Given(pub String);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyScalar)
    }
}

struct AnyScalar;

impl Visitor<'_> for AnyScalar {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, true or false")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Given, E> {
        Ok(Given(text.to_owned()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Given, E> {
        Ok(Given(number.to_string()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Given, E> {
        Ok(Given(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Given, E> {
        Ok(Given(number.to_string()))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Given, E> {
        Ok(Given(truth.to_string()))
    }
}
