//! SQL on Athena: a query is started, followed to its end, and its result read from the bucket row by row.

pub mod ended;
pub mod estimate;

mod csv;

use sha2::{Digest, Sha256};

use crate::aws::query_runs::{QueryRun, QueryRuns, State, Statement};
use crate::engine::told::AnswerColumn;
use crate::ui::text;
use crate::{Error, ErrorKind, Result};

/// A parameter's literal is no longer than this (API reference: StartQueryExecution, ExecutionParameters).
const LITERAL_AT_MOST: usize = 1_024;

/// A statement is no longer than this (the same, QueryString).
const SQL_AT_MOST: usize = 262_144;

/// How often in a row a query may not be seen, after all that the SDK has tried by itself.
const LOOKS: u32 = 3;

/// Results may be reused for a week at most (API reference: ResultReuseByAgeConfiguration).
pub const REUSE_MINUTES_AT_MOST: u32 = 10_080;

/// What the user wants while a query runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To wait for the answer.
    Wait,
    /// To have it cancelled.
    Cancel,
    /// To be gone.
    Leave,
}

/// Is told how queries do, several at a time perhaps, and says how long to wait.
pub trait Follow: Sync {
    /// A query was looked at.
    fn seen(&self, run: &QueryRun);
    /// Waits a little before the next look; `looks` were made before.
    fn pause(&self, looks: u32);
    /// What the user wants by now.
    fn wish(&self) -> Wish;
}

/// Athena, as one pipeline has it.
pub struct Athena<'a> {
    /// The service.
    pub runs: &'a dyn QueryRuns,
    /// The pipeline's workgroup.
    pub workgroup: String,
    /// Its database.
    pub database: String,
    /// Its bucket of results.
    pub results: String,
    /// How many bytes a query may scan there.
    pub scan_limit: u64,
    /// Results no older than so many minutes may be taken.
    pub reuse_minutes: Option<u32>,
    /// Who follows.
    pub follow: &'a dyn Follow,
}

impl Athena<'_> {
    /// Runs a statement to its end. Values travel as literals of their own, never in the text.
    ///
    /// # Errors
    /// If Athena does not take it or does not answer it, or the user interrupts; the query is then cancelled.
    pub fn run(&self, sql: &str, parameters: Vec<String>) -> Result<QueryRun> {
        only_reads(sql)?;
        let sql = marked(sql, &parameters);
        fits(&sql, &parameters)?;
        if self.follow.wish() != Wish::Wait {
            return Err(Error::new(ErrorKind::Interrupted, "interrupted before the query was started"));
        }
        let id = self.runs.start(&Statement {
            workgroup: self.workgroup.clone(),
            database: self.database.clone(),
            sql,
            parameters,
            reuse_minutes: self.reuse_minutes,
        })?;
        let run = self.followed(&id)?;
        match run.state {
            State::Succeeded => Ok(run),
            _ => Err(ended::error(&run, self.scan_limit)),
        }
    }

    /// Reads the result of a query: `columns` is called once before all `rows`. No more than a row is held.
    ///
    /// # Errors
    /// If it cannot be read, the user interrupts, or whatever `columns` and `rows` return.
    pub fn read(
        &self,
        run: &QueryRun,
        columns: &mut dyn FnMut(Vec<AnswerColumn>) -> Result<()>,
        rows: &mut dyn FnMut(&[Option<&str>]) -> Result<()>,
    ) -> Result<u64> {
        let key = self.key_of(&run.output)?;
        let told = self.runs.columns(&run.id)?;
        let width = told.len();
        columns(told.into_iter().map(|it| AnswerColumn { name: it.name, kind: it.kind, unit: None }).collect())?;
        let mut lines = csv::Rows::new(self.runs.result(key)?);
        // The first row has the names.
        if lines.next_row()?.is_some_and(|names| names.len() != width) {
            return Err(other_columns());
        }
        let mut count = 0;
        while let Some(row) = lines.next_row()? {
            if row.len() != width {
                return Err(other_columns());
            }
            rows(&row)?;
            count += 1;
            if self.follow.wish() != Wish::Wait {
                return Err(Error::new(ErrorKind::Interrupted, "interrupted while the result was read")
                    .hint("--reuse 60m  asks again without scanning again"));
            }
        }
        Ok(count)
    }

    /// The key of a result, which must lie in the pipeline's own bucket.
    fn key_of<'r>(&self, output: &'r str) -> Result<&'r str> {
        let path = output.strip_prefix("s3://").and_then(|path| path.split_once('/'));
        match path {
            Some((bucket, key)) if bucket == self.results && !key.is_empty() => Ok(key),
            _ => Err(Error::failed(format!("the result lies in {output}, which is not the pipeline's bucket"))
                .hint("bucketscope drift  tells what was changed in the workgroup")),
        }
    }

    /// Looks at a query until it has ended.
    fn followed(&self, id: &str) -> Result<QueryRun> {
        let mut looks = 0;
        let mut unseen = 0;
        let mut cancelled = false;
        loop {
            match (self.follow.wish(), cancelled) {
                (Wish::Leave, _) => {
                    return Err(ended::left(ErrorKind::Interrupted, id, "nobody waits for it any more"));
                }
                (Wish::Cancel, false) => {
                    self.runs.stop(id).map_err(|error| ended::left(ErrorKind::Interrupted, id, error))?;
                    cancelled = true;
                }
                _ => {}
            }
            match self.runs.look(id) {
                Ok(run) => {
                    unseen = 0;
                    self.follow.seen(&run);
                    if run.state.is_over() && cancelled {
                        return Err(ended::interrupted(&run, &text::bytes(run.scanned_bytes)));
                    }
                    if run.state.is_over() {
                        return Ok(run);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Failed && unseen + 1 < LOOKS => unseen += 1,
                Err(error) => return Err(ended::left(error.kind(), id, error)),
            }
            self.follow.pause(looks);
            looks += 1;
        }
    }
}

/// The statement with a digest of its values behind it, in a comment. Results are reused where "query strings match as
/// determined by Athena" ("Reuse query results", Athena User Guide): whether that looks at parameters is not said, and a result of
/// other values would be a wrong answer.
fn marked(sql: &str, parameters: &[String]) -> String {
    if parameters.is_empty() {
        return sql.to_owned();
    }
    let mut digest = Sha256::new();
    for literal in parameters {
        digest.update(literal.len().to_le_bytes());
        digest.update(literal);
    }
    let digest: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{sql}\n-- values {digest}")
}

/// Athena runs whatever the caller may do. A question only reads, as with the embedded engine.
fn only_reads(sql: &str) -> Result<()> {
    let first = first_word(sql).to_ascii_uppercase();
    if ["SELECT", "WITH", "VALUES", "TABLE", "("].contains(&first.as_str()) {
        return Ok(());
    }
    Err(Error::usage("the statement is no question")
        .because(format!("it begins with {first:?}"))
        .hint("a question begins with SELECT or WITH; other statements are for Athena's console"))
}

/// The first word behind white space and comments, or a bracket.
fn first_word(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    loop {
        let behind = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n').map_or("", |(_, behind)| behind),
            (None, Some(comment)) => comment.split_once("*/").map_or("", |(_, behind)| behind),
            (None, None) if rest.starts_with('(') => return "(",
            (None, None) => break,
        };
        rest = behind.trim_start();
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn fits(sql: &str, parameters: &[String]) -> Result<()> {
    if sql.len() > SQL_AT_MOST {
        return Err(Error::usage(format!("the statement is longer than the {SQL_AT_MOST} bytes that Athena takes")));
    }
    match parameters.iter().find(|literal| literal.chars().count() > LITERAL_AT_MOST) {
        None => Ok(()),
        Some(long) => {
            let (long, most) = (long.chars().count(), LITERAL_AT_MOST);
            Err(Error::usage(format!("a value has {long} characters with its quotes, and Athena takes {most}"))
                .hint("--local  asks the embedded engine, which takes longer ones"))
        }
    }
}

fn other_columns() -> Error {
    Error::failed("the result in the bucket has other columns than Athena tells of").hint("ask again, without --reuse")
}

#[cfg(test)]
mod tests;
