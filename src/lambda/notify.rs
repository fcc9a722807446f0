//! From an event to a notice. Calls: GetQueryExecution of the query that an event names, GetQueryResults of a report's, and Publish.

use aws_sdk_athena::Client;
use aws_sdk_athena::primitives::DateTime;
use serde_json::Value as Json;

use super::tell::{setup, tell};
use crate::Result;
use crate::aws::Session;
use crate::aws::error::explain;
use crate::notice::{Event, Rows, Seen, compose};

/// GetQueryResults gives so many rows, the names of the columns among them (Athena API Reference).
const PAGE: i32 = 1_000;

/// Tells the topic of an event; says what was done.
///
/// # Errors
/// If the event is none that is known, or the topic does not take the message.
pub async fn notify(session: &Session, event: Json) -> Result<String> {
    let setup = setup()?;
    let event = Event::parse(event)?;
    let seen = match &event {
        Event::Query { id, state, .. } => look(session, id, state).await?,
        _ => None,
    };
    let Some(message) = compose(&setup, &event, seen.as_ref()) else {
        return Ok("there is nothing to be told".to_owned());
    };
    tell(session, &setup, &message).await?;
    Ok(format!("told: {}", message.subject))
}

/// What Athena says of a query. A failure is told without it; of everything else it decides whether anything is told.
async fn look(session: &Session, id: &str, state: &str) -> Result<Option<Seen>> {
    let client = Client::new(session.config());
    let mut seen = match execution(&client, id).await {
        Ok(seen) => seen,
        Err(_) if state == "FAILED" => return Ok(None),
        Err(error) => return Err(error),
    };
    if seen.rows_matter() {
        // That a report is there is worth telling even where its rows cannot be counted.
        seen.rows = rows(&client, id).await.ok();
    }
    Ok(Some(seen))
}

async fn execution(client: &Client, id: &str) -> Result<Seen> {
    let answer = client.get_query_execution().query_execution_id(id).send().await;
    let answer = answer.map_err(|error| explain(format!("cannot look at the query {id}"), &error))?;
    let Some(run) = answer.query_execution else { return Ok(Seen::default()) };
    let status = run.status.as_ref();
    let scanned = run.statistics.as_ref().and_then(|it| it.data_scanned_in_bytes);
    Ok(Seen {
        state: status.and_then(|it| it.state.as_ref()).map(|state| state.as_str().to_owned()).unwrap_or_default(),
        reason: status.and_then(|it| it.state_change_reason.clone()),
        started_ms: status.and_then(|it| millis(it.submission_date_time.as_ref())),
        ended_ms: status.and_then(|it| millis(it.completion_date_time.as_ref())),
        scanned: scanned.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default(),
        output: run.result_configuration.and_then(|it| it.output_location),
        sql: run.query.unwrap_or_default(),
        rows: None,
    })
}

fn millis(at: Option<&DateTime>) -> Option<i64> {
    at?.to_millis().ok()
}

/// Counts the rows of a result, which are not kept. The first one has the names of the columns.
async fn rows(client: &Client, id: &str) -> Result<Rows> {
    let answer = client.get_query_results().query_execution_id(id).max_results(PAGE).send().await;
    let answer = answer.map_err(|error| explain(format!("cannot read the result of {id}"), &error))?;
    let given = answer.result_set().map_or(0, |set| set.rows().len());
    Ok(Rows { count: given.saturating_sub(1) as u64, more: answer.next_token().is_some() })
}
