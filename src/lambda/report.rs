//! From a schedule's order to a query that Athena works on; how it ends is told by another event. Calls: StartQueryExecution, and
//! Publish where that fails. Athena reads catalogue and lake and writes the result with the function's role.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_athena::Client;
use aws_sdk_athena::types::QueryExecutionContext;
use serde_json::Value as Json;

use super::tell::{setup, tell};
use crate::aws::Session;
use crate::aws::error::explain;
use crate::notice::report::{Asked, Order};
use crate::notice::{Setup, not_started};
use crate::{ErrorKind, Result};

/// Starts what a schedule orders; says what was done. What cannot be started is told the topic.
///
/// # Errors
/// If this is no order, or the topic does not take the message about what could not be started.
pub async fn report(session: &Session, event: Json) -> Result<String> {
    let setup = setup()?;
    let order = Order::parse(event)?;
    let started = match order.asked(now_ms()) {
        Ok(asked) => start(session, &setup, &asked).await,
        Err(error) => Err(error),
    };
    match started {
        Ok(id) => Ok(format!("the report {} began as the query {id}", order.report)),
        Err(error) => {
            let why = error.to_string();
            // Other hints are for whoever runs a command.
            let hint = error.suggestion().filter(|_| error.kind() == ErrorKind::Usage);
            let message = not_started(&setup, &order.report, &order.query, &why, hint);
            tell(session, &setup, &message).await?;
            Ok(format!("told that the report {} could not be started: {why}", order.report))
        }
    }
}

async fn start(session: &Session, setup: &Setup, asked: &Asked) -> Result<String> {
    let context = QueryExecutionContext::builder().database(&setup.database).build();
    let call = Client::new(session.config())
        .start_query_execution()
        .work_group(&setup.workgroup)
        .query_execution_context(context)
        .query_string(&asked.sql)
        .client_request_token(&asked.token);
    let call = if asked.values.is_empty() { call } else { call.set_execution_parameters(Some(asked.values.clone())) };
    let answer = call.send().await.map_err(|error| explain("Athena did not take the query", &error))?;
    Ok(answer.query_execution_id.unwrap_or_default())
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
