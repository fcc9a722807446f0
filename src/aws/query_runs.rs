//! Queries that Athena runs: started, looked at, stopped, their results read.

use std::io::Read;

use aws_sdk_athena::Client;
use aws_sdk_athena::config::retry::RetryConfig;
use aws_sdk_athena::types::{
    ColumnInfo, QueryExecution, QueryExecutionContext, QueryExecutionState, ResultReuseByAgeConfiguration,
    ResultReuseConfiguration,
};

use super::Session;
use super::answer::{millis, owned, says};
use super::error::{explain, message};
use crate::pipeline::Place;
use crate::storage::Store;
use crate::{Error, ErrorKind, Result};

/// A statement, and where it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The workgroup, which says where results go and how much may be scanned.
    pub workgroup: String,
    /// The database in which names of tables are looked up.
    pub database: String,
    /// The text, with a `?` for each value.
    pub sql: String,
    /// The values' literals, in order.
    pub parameters: Vec<String>,
    /// Results of the same statement may be taken that are no older than so many minutes.
    pub reuse_minutes: Option<u32>,
}

/// How far Athena is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// It waits for its turn.
    #[default]
    Queued,
    /// It runs.
    Running,
    /// Its result is there.
    Succeeded,
    /// It failed.
    Failed,
    /// It was stopped: by somebody, or by the workgroup's limit.
    Cancelled,
}

impl State {
    /// As the SDK has it.
    pub(super) fn of(state: Option<&QueryExecutionState>) -> Self {
        match state {
            Some(QueryExecutionState::Succeeded) => Self::Succeeded,
            Some(QueryExecutionState::Failed) => Self::Failed,
            Some(QueryExecutionState::Cancelled) => Self::Cancelled,
            Some(QueryExecutionState::Running) => Self::Running,
            _ => Self::Queued,
        }
    }

    /// As a person reads it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing will change any more.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A query as Athena tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryRun {
    /// Its id.
    pub id: String,
    /// How far it is.
    pub state: State,
    /// Athena's own words on the state.
    pub reason: Option<String>,
    /// What was read of the tables so far.
    pub scanned_bytes: u64,
    /// From request to end, in milliseconds; 0 before the end.
    pub total_ms: u64,
    /// Where the result lies: `s3://BUCKET/KEY`.
    pub output: String,
    /// Whether the result is that of an earlier query.
    pub reused: bool,
    /// When it was asked for, milliseconds since the epoch.
    pub submitted_ms: Option<i64>,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// Its type, as Trino names it.
    pub kind: String,
}

/// Athena's queries in one Region.
pub trait QueryRuns: Send + Sync {
    /// Starts a query; gives its id.
    fn start(&self, statement: &Statement) -> Result<String>;
    /// Looks at a query.
    fn look(&self, id: &str) -> Result<QueryRun>;
    /// Stops a query. One that is over is fine.
    fn stop(&self, id: &str) -> Result<()>;
    /// The columns of a result.
    fn columns(&self, id: &str) -> Result<Vec<ResultColumn>>;
    /// The result itself, from first to last byte.
    fn result(&self, key: &str) -> Result<Box<dyn Read + Send>>;
}

/// The driver over the SDK.
pub struct SdkQueryRuns {
    session: Session,
    client: Client,
    results: Store,
}

/// StartQueryExecution and GetQueryExecution are answered a limited number of times a second in an account (Athena User
/// Guide, "Service Quotas"): who asks faster is told to wait.
const TRIES: u32 = 8;

impl SdkQueryRuns {
    /// In the session's Region, with results in the bucket `results` of the account `owner`.
    pub fn new(session: &Session, results: &str, owner: &str) -> Self {
        let retry = RetryConfig::standard().with_max_attempts(TRIES);
        let config = aws_sdk_athena::config::Builder::from(session.config()).retry_config(retry).build();
        let place = Place {
            bucket: results.to_owned(),
            prefix: String::new(),
            region: session.region().to_owned(),
            owner: owner.to_owned(),
        };
        Self { session: session.clone(), client: Client::from_conf(config), results: Store::s3(session, &place) }
    }
}

impl QueryRuns for SdkQueryRuns {
    fn start(&self, statement: &Statement) -> Result<String> {
        // The SDK adds a token of its own, so that a request which is sent again starts no second query. Results go where the
        // workgroup says: naming a place here would switch result reuse off ("Reuse query results", Athena User Guide).
        let call = self
            .client
            .start_query_execution()
            .work_group(&statement.workgroup)
            .query_execution_context(QueryExecutionContext::builder().database(&statement.database).build())
            .query_string(&statement.sql)
            .set_execution_parameters((!statement.parameters.is_empty()).then(|| statement.parameters.clone()))
            .set_result_reuse_configuration(statement.reuse_minutes.map(reuse));
        match self.session.wait(call.send()) {
            Ok(answer) => Ok(owned(answer.query_execution_id())),
            // "WorkGroup … is not found" has no code of its own (API reference: StartQueryExecution).
            Err(error) if says(&error, &["is not found"]) => {
                Err(Error::new(ErrorKind::NotDeployed, format!("there is no workgroup {}", statement.workgroup))
                    .because(message(&error).unwrap_or_default())
                    .hint("bucketscope deploy  makes it"))
            }
            Err(error) => Err(explain("Athena does not take the query", &error)),
        }
    }

    fn look(&self, id: &str) -> Result<QueryRun> {
        let answer = self.session.wait(self.client.get_query_execution().query_execution_id(id).send());
        let answer = answer.map_err(|error| explain(format!("cannot look at the query {id}"), &error))?;
        Ok(answer.query_execution().map(seen).unwrap_or_default())
    }

    fn stop(&self, id: &str) -> Result<()> {
        let answer = self.session.wait(self.client.stop_query_execution().query_execution_id(id).send());
        answer.map(drop).map_err(|error| explain(format!("cannot cancel the query {id}"), &error))
    }

    fn columns(&self, id: &str) -> Result<Vec<ResultColumn>> {
        let call = self.client.get_query_results().query_execution_id(id).max_results(1).send();
        let answer = self.session.wait(call);
        let answer = answer.map_err(|error| explain(format!("cannot read the columns of the query {id}"), &error))?;
        let told = answer.result_set().and_then(|set| set.result_set_metadata());
        Ok(told.map(|told| told.column_info().iter().map(column).collect()).unwrap_or_default())
    }

    fn result(&self, key: &str) -> Result<Box<dyn Read + Send>> {
        self.results.reader(key)?.ok_or_else(|| {
            Error::failed(format!("the result {key} is gone from {}", self.results.location()))
                .because("results are kept as long as keep.result_days says")
                .hint("ask again, without --reuse")
        })
    }
}

fn reuse(minutes: u32) -> ResultReuseConfiguration {
    let minutes = i32::try_from(minutes).unwrap_or(i32::MAX);
    let by_age = ResultReuseByAgeConfiguration::builder().enabled(true).max_age_in_minutes(minutes).build();
    ResultReuseConfiguration::builder().result_reuse_by_age_configuration(by_age).build()
}

fn seen(told: &QueryExecution) -> QueryRun {
    let status = told.status();
    let statistics = told.statistics();
    let number = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    let reason = status.and_then(|status| status.state_change_reason()).filter(|reason| !reason.trim().is_empty());
    let said = status.and_then(|status| status.athena_error()).and_then(|error| error.error_message());
    QueryRun {
        id: owned(told.query_execution_id()),
        state: State::of(status.and_then(|status| status.state())),
        reason: reason.or(said).map(str::to_owned),
        scanned_bytes: number(statistics.and_then(|statistics| statistics.data_scanned_in_bytes())),
        total_ms: number(statistics.and_then(|statistics| statistics.total_execution_time_in_millis())),
        output: owned(told.result_configuration().and_then(|configuration| configuration.output_location())),
        reused: statistics
            .and_then(|statistics| statistics.result_reuse_information())
            .is_some_and(|reuse| reuse.reused_previous_result()),
        submitted_ms: millis(status.and_then(|status| status.submission_date_time())),
    }
}

/// The types are those of the API in Trino's words: decimals with their size, as `real` what the API calls a float.
fn column(told: &ColumnInfo) -> ResultColumn {
    let kind = match told.r#type() {
        "float" => "real".to_owned(),
        "decimal" => format!("decimal({},{})", told.precision(), told.scale()),
        kind => kind.to_owned(),
    };
    ResultColumn { name: told.name().to_owned(), kind }
}

#[cfg(test)]
mod tests {
    use aws_sdk_athena::types::{QueryExecutionStatistics, QueryExecutionStatus, ResultReuseInformation};

    use super::*;

    #[test]
    fn types_are_named_as_the_embedded_engine_names_them() {
        let told = |kind: &str| {
            column(&ColumnInfo::builder().name("c").r#type(kind).precision(12).scale(2).build().unwrap()).kind
        };
        assert_eq!(
            ["float", "decimal", "varchar", "timestamp"].map(told),
            ["real", "decimal(12,2)", "varchar", "timestamp"]
        );
    }

    #[test]
    fn what_athena_leaves_out_is_nothing() {
        assert_eq!(seen(&QueryExecution::builder().build()), QueryRun::default());
        let status = QueryExecutionStatus::builder().state(QueryExecutionState::Succeeded).state_change_reason(" ");
        let reuse = ResultReuseInformation::builder().reused_previous_result(true).build();
        let statistics = QueryExecutionStatistics::builder().data_scanned_in_bytes(-1).result_reuse_information(reuse);
        let run = seen(&QueryExecution::builder().status(status.build()).statistics(statistics.build()).build());
        assert_eq!((run.state, run.reason, run.scanned_bytes, run.reused), (State::Succeeded, None, 0, true));
    }
}
