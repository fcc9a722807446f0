//! Athena's workgroups, saved queries and what was scanned.

use aws_sdk_athena::Client;
use aws_sdk_athena::config::retry::RetryConfig;

use super::Session;
use super::answer::{absent, done, millis, owned};
use super::error::explain;
use super::query_runs::State;
use crate::Result;

/// What a workgroup's queries scanned in a span of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Queries.
    pub queries: u64,
    /// Bytes, as billed: 10 MB at least for each query that scanned anything (Athena pricing).
    pub bytes: u64,
    /// Whether there were more queries than were looked at.
    pub more: bool,
    /// The queries themselves, the newest first.
    pub asked: Vec<QueryAsked>,
}

/// A query that was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryAsked {
    /// Its text, comments among it.
    pub sql: String,
    /// When it was started, milliseconds since the epoch.
    pub submitted_ms: Option<i64>,
    /// How far it is.
    pub state: State,
}

/// Athena in one Region.
pub trait Athena: Send + Sync {
    /// Whether there is such a workgroup.
    fn workgroup_exists(&self, name: &str) -> Result<bool>;
    /// Deletes a workgroup with everything saved in it. One that is gone is fine.
    fn delete_workgroup(&self, name: &str) -> Result<()>;
    /// The text of a saved query.
    fn named_query(&self, id: &str) -> Result<Option<String>>;
    /// The text of a prepared statement.
    fn prepared_statement(&self, workgroup: &str, name: &str) -> Result<Option<String>>;
    /// What was scanned by queries that were started since then; looks at no more than `limit` queries.
    fn scanned(&self, workgroup: &str, since_ms: i64, limit: usize) -> Result<Scanned>;
}

/// The driver over the SDK.
pub struct SdkAthena {
    session: Session,
    client: Client,
}

impl SdkAthena {
    /// In the session's Region.
    pub fn new(session: &Session) -> Self {
        let retry = RetryConfig::standard().with_max_attempts(TRIES);
        let config = aws_sdk_athena::config::Builder::from(session.config()).retry_config(retry).build();
        Self { session: session.clone(), client: Client::from_conf(config) }
    }
}

/// Athena answers InvalidRequestException for a thing that is not there; the words tell (API reference: GetWorkGroup,
/// GetNamedQuery; GetPreparedStatement has a ResourceNotFoundException).
const GONE: &[&str] = &["is not found", "was not found", "not found", "does not exist", "ResourceNotFoundException"];

/// GetNamedQuery and GetPreparedStatement are answered five times a second (Athena User Guide, "Service Quotas"), and there
/// are dozens of saved queries: who asks faster is told to wait.
const TRIES: u32 = 10;

/// BatchGetQueryExecution takes so many ids (API reference).
const BATCH: usize = 50;

/// Athena bills 10 MB for a query at least (Athena pricing).
const BILLED_AT_LEAST: u64 = 10_000_000;

impl Athena for SdkAthena {
    fn workgroup_exists(&self, name: &str) -> Result<bool> {
        let answer = self.session.wait(self.client.get_work_group().work_group(name).send());
        Ok(absent(answer, GONE, || format!("cannot look at the workgroup {name}"))?.is_some())
    }

    fn delete_workgroup(&self, name: &str) -> Result<()> {
        let call = self.client.delete_work_group().work_group(name).recursive_delete_option(true).send();
        done(self.session.wait(call), GONE, || format!("cannot delete the workgroup {name}"))
    }

    fn named_query(&self, id: &str) -> Result<Option<String>> {
        let answer = self.session.wait(self.client.get_named_query().named_query_id(id).send());
        let found = absent(answer, GONE, || format!("cannot look at the saved query {id}"))?;
        Ok(found.and_then(|found| found.named_query().map(|query| query.query_string().to_owned())))
    }

    fn prepared_statement(&self, workgroup: &str, name: &str) -> Result<Option<String>> {
        let call = self.client.get_prepared_statement().work_group(workgroup).statement_name(name).send();
        let found = absent(self.session.wait(call), GONE, || format!("cannot look at the prepared statement {name}"))?;
        Ok(found.and_then(|found| found.prepared_statement().map(|one| owned(one.query_statement()))))
    }

    fn scanned(&self, workgroup: &str, since_ms: i64, limit: usize) -> Result<Scanned> {
        let mut sum = Scanned::default();
        let mut token = None;
        let mut looked_at = 0;
        loop {
            let call = self.client.list_query_executions().work_group(workgroup).max_results(BATCH as i32);
            let answer = self.session.wait(call.set_next_token(token).send());
            let page = absent(answer, GONE, || format!("cannot list the queries of {workgroup}"))?;
            let Some(page) = page else { return Ok(sum) };
            let ids = page.query_execution_ids().to_vec();
            looked_at += ids.len();
            // Newest first: a page that holds an older one is the last of interest.
            let older = if ids.is_empty() { false } else { self.add(ids, since_ms, &mut sum)? };
            token = page.next_token().map(str::to_owned);
            if older || token.is_none() {
                return Ok(sum);
            }
            if looked_at >= limit {
                sum.more = true;
                return Ok(sum);
            }
        }
    }
}

impl SdkAthena {
    /// Adds up a page; whether one of it is older than `since_ms`.
    fn add(&self, ids: Vec<String>, since_ms: i64, sum: &mut Scanned) -> Result<bool> {
        let call = self.client.batch_get_query_execution().set_query_execution_ids(Some(ids)).send();
        let answer = self.session.wait(call).map_err(|error| explain("cannot look at the queries", &error))?;
        let mut older = false;
        for query in answer.query_executions() {
            let submitted = millis(query.status().and_then(|status| status.submission_date_time()));
            if submitted.is_some_and(|submitted| submitted < since_ms) {
                older = true;
                continue;
            }
            sum.queries += 1;
            let bytes = query.statistics().and_then(|statistics| statistics.data_scanned_in_bytes()).unwrap_or(0);
            let bytes = u64::try_from(bytes).unwrap_or(0);
            sum.bytes += if bytes == 0 { 0 } else { bytes.max(BILLED_AT_LEAST) };
            let state = State::of(query.status().and_then(|status| status.state()));
            sum.asked.push(QueryAsked { sql: owned(query.query()), submitted_ms: submitted, state });
        }
        Ok(older)
    }
}
