//! Looking around.
//!
//! Calls: ListObjectsV2 on the lake; GetTable where the worker registers partitions.

use std::future::Future;
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::ProvideCredentials;

use super::{Credentials, Reached, SelfTest, machine, speed};
use crate::Result;
use crate::aws::Session;
use crate::aws::error::explain;
use crate::logs::columns::TABLE;
use crate::pipeline::{AfterCommit, Pipeline};

/// For how long speed is measured, on one core and on all.
const MEASURED: Duration = Duration::from_secs(2);

/// Looks around; without a pipeline nothing is asked over the network.
///
/// # Errors
/// If speed cannot be measured. All else is told in what is found.
pub fn run(connected: Option<(&Session, &Pipeline)>) -> Result<SelfTest> {
    let folder = std::env::temp_dir();
    let cores = machine::cores();
    Ok(SelfTest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: machine::system(),
        memory: machine::memory(),
        disk: machine::disk(&folder),
        credentials: connected.map(|(session, _)| credentials(session)).unwrap_or_default(),
        network: connected.map(|(session, pipeline)| network(session, pipeline)).unwrap_or_default(),
        speed: speed::speed(&folder, cores.usable, MEASURED)?,
        cores,
    })
}

fn credentials(session: &Session) -> Credentials {
    let none = |error: String| Credentials { error: Some(error), ..Credentials::default() };
    let Some(provider) = session.config().credentials_provider() else {
        return none("the SDK looks for none".to_owned());
    };
    match session.wait(provider.provide_credentials()) {
        Err(error) => none(error.to_string()),
        Ok(found) => {
            let sources = found.get_property::<Vec<AwsCredentialFeature>>();
            let left = found.expiry().and_then(|expiry| expiry.duration_since(SystemTime::now()).ok());
            Credentials {
                sources: sources.into_iter().flatten().map(|source| format!("{source:?}")).collect(),
                expire_in_seconds: left.map(|left| left.as_secs()),
                error: None,
            }
        }
    }
}

fn network(session: &Session, pipeline: &Pipeline) -> Vec<Reached> {
    let lake = &pipeline.lake;
    let s3 = session.in_region(&lake.region).s3();
    let list = || s3.list_objects_v2().bucket(&lake.bucket).max_keys(1).expected_bucket_owner(&lake.owner).send();
    let mut all = vec![asked(format!("s3 {} {}", lake.region, lake.bucket), || {
        told(session, list(), |error| explain("it did not answer", &error).to_string())
    })];
    let catalogue = &pipeline.catalogue;
    if catalogue.after_commit == AfterCommit::Register {
        let glue = aws_sdk_glue::Client::new(session.in_region(&catalogue.region).config());
        let get = || glue.get_table().database_name(&catalogue.database).name(TABLE).send();
        all.push(asked(format!("glue {} {}", catalogue.region, catalogue.database), || {
            told(session, get(), |error| explain("it did not answer", &error).to_string())
        }));
    }
    all
}

fn told<T, E>(
    session: &Session,
    answer: impl Future<Output = Result<T, E>>,
    words: impl FnOnce(E) -> String,
) -> Result<(), String> {
    session.wait(answer).map(drop).map_err(words)
}

/// Asks twice: the first answer costs a connection too.
fn asked(what: String, ask: impl Fn() -> Result<(), String>) -> Reached {
    let timed = || {
        let began = Instant::now();
        ask().map(|()| began.elapsed().as_secs_f64() * 1e3)
    };
    match timed() {
        Ok(first) => Reached { what, first_ms: Some(first), next_ms: timed().ok(), error: None },
        Err(error) => Reached { what, first_ms: None, next_ms: None, error: Some(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_asked_twice_unless_it_does_not_answer() {
        let asked_of = std::cell::Cell::new(0);
        let found = asked("s3".to_owned(), || {
            asked_of.set(asked_of.get() + 1);
            Ok(())
        });
        assert!(asked_of.get() == 2 && found.first_ms.is_some() && found.next_ms.is_some(), "{found:?}");
        let found = asked("s3".to_owned(), || Err("denied".to_owned()));
        assert_eq!((found.first_ms, found.error.as_deref()), (None, Some("denied")));
    }
}
