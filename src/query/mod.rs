//! The query catalogue: what each saved query answers, its parameters, and how values are bound to it. Knows no engine.

mod bind;
mod built_in;
mod front_matter;
pub mod literal;
mod value;
pub mod window;

use std::sync::LazyLock;

use crate::error::{Error, Result};

pub use bind::{Bound, TimeRange};
pub use value::{Value, ValueType};

/// How much a finding matters. Queries that only inform have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth a look soon.
    Medium,
    /// Look now.
    High,
}

impl Severity {
    /// As front matter and output spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The severity that is spelt so.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High].into_iter().find(|severity| severity.name() == name)
    }
}

/// What happens when a parameter is not given.
#[derive(Debug, Clone, PartialEq)]
pub enum Fallback {
    /// It must be given.
    Required,
    /// This value is used, `Value::Null` among them.
    Value(Value),
}

/// A parameter as a user gives it, once, however often its value stands in the SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// As in `--param NAME=VALUE`.
    pub name: String,
    /// What its text is read as.
    pub kind: ValueType,
    /// What is used when it is not given.
    pub fallback: Fallback,
    /// One sentence for the user.
    pub help: String,
}

/// Which part of a parameter's value a `?` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The value itself.
    Whole,
    /// The partition `requestdate` that holds it. Of `to`, which is exclusive: that holds the last instant before it.
    Date,
    /// The partition `requesthour` that holds it; of `to` as above.
    Hour,
}

/// What one `?` of the SQL stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The parameter's name.
    pub parameter: String,
    /// The part of its value.
    pub part: Part,
}

/// A column of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// The name, as in the SQL.
    pub name: String,
    /// The type, as Athena names it.
    pub kind: String,
    /// What its numbers count or are measured in; `None` for text and the like.
    pub unit: Option<String>,
    /// One sentence for the user.
    pub help: String,
}

/// A saved query: SQL in the dialect that Athena and the embedded engine share, and what a person needs to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// As in `bucketscope query ID`; also the file's name.
    pub id: String,
    /// A few words.
    pub title: String,
    /// The question it answers.
    pub answers: String,
    /// The table it reads; where there are two, with a comma between them.
    pub source: String,
    /// For grouping in lists.
    pub category: String,
    /// How much rows matter, where a row is a finding.
    pub severity: Option<Severity>,
    /// In the order in which they are shown.
    pub parameters: Vec<Parameter>,
    /// What each `?` stands for, in order.
    pub positions: Vec<Position>,
    /// The answer's columns, in order.
    pub columns: Vec<OutputColumn>,
    /// What commonly looks like a finding and is none.
    pub false_positives: String,
    /// What to do with the answer.
    pub next_step: String,
    /// Whether it is one of the project's own, not one that comes with the program.
    pub own: bool,
    /// The statement, without front matter and without semicolon.
    pub sql: String,
}

impl Query {
    /// The tables it reads.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.source.split(',').map(str::trim)
    }

    /// Whether it can be asked of one bucket.
    pub fn takes_bucket(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.name == "bucket")
    }

    /// Whether it cannot be asked with a range of time alone.
    pub fn asks_for_more(&self) -> bool {
        let more = |parameter: &Parameter| !["from", "to"].contains(&parameter.name.as_str());
        self.parameters.iter().any(|parameter| parameter.fallback == Fallback::Required && more(parameter))
    }
}

/// A query file of a project's own, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OwnQuery {
    /// The file's name.
    pub file: String,
    /// What is in it.
    pub text: String,
}

/// All queries, sorted by id.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    queries: Vec<Query>,
}

static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(|| match Catalogue::parse(built_in::FILES.iter().copied()) {
    Ok(catalogue) => catalogue,
    // The files are part of the program and every test run parses them: no user can bring this about.
    Err(error) => unreachable!("a built-in query is malformed: {error}"),
});

/// The queries that come with the program.
pub fn catalogue() -> &'static Catalogue {
    &BUILT_IN
}

impl Catalogue {
    /// Reads query files, given as name and text.
    ///
    /// # Errors
    /// Names file and line of the first mistake in a front matter, or two files with one id.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut queries = Vec::new();
        for (file, text) in files {
            queries.push(front_matter::parse(file, text)?);
        }
        queries.sort_by(|a: &Query, b: &Query| a.id.cmp(&b.id));
        if let Some(twice) = queries.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(Error::failed(format!("two queries have the id {}", twice[0].id)));
        }
        Ok(Self { queries })
    }

    /// These queries and a project's own, given as file name and text.
    ///
    /// # Errors
    /// A usage error that names file and line: a mistake in a front matter, an id that is taken, a statement that is not one
    /// SELECT.
    pub fn with_own<'a>(&self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut queries = self.queries.clone();
        for (file, text) in files {
            let mut query = front_matter::parse(file, text)?;
            if queries.iter().any(|other| other.id == query.id) {
                return Err(Error::usage(format!("queries/{file}: there is a query {} already", query.id))
                    .because("it comes with bucketscope")
                    .hint("give the file and its id another name"));
            }
            one_select(&query.sql).map_err(|why| {
                Error::usage(format!("queries/{file}: the statement is not one SELECT"))
                    .because(why)
                    .hint("a saved query is one statement that begins with SELECT or WITH")
            })?;
            query.own = true;
            queries.push(query);
        }
        queries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self { queries })
    }

    /// All queries, sorted by id.
    pub fn queries(&self) -> &[Query] {
        &self.queries
    }

    /// The query with this id.
    ///
    /// # Errors
    /// A usage error when there is none; its hint names the nearest id.
    pub fn get(&self, id: &str) -> Result<&Query> {
        self.queries.iter().find(|query| query.id == id).ok_or_else(|| {
            let error = Error::usage(format!("there is no query {id:?}"));
            match self.nearest(id) {
                Some(near) => error.hint(format!("did you mean {near}? `bucketscope queries` lists all")),
                None => error.hint("`bucketscope queries` lists all"),
            }
        })
    }

    fn nearest(&self, id: &str) -> Option<&str> {
        let distance = |query: &&Query| edit_distance(&query.id, id);
        self.queries.iter().min_by_key(distance).filter(|query| distance(query) <= 4).map(|query| query.id.as_str())
    }
}

/// Whether a statement is one, and reads; an engine that parses it looks closer.
fn one_select(sql: &str) -> Result<(), String> {
    let code: String = front_matter::code(sql).collect();
    if code.contains(';') {
        return Err("there is a semicolon in it".to_owned());
    }
    let first = code.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    let word: String = first.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
    match word.to_ascii_lowercase().as_str() {
        "select" | "with" => Ok(()),
        "" => Err("it is empty".to_owned()),
        other => Err(format!("it begins with {}", other.to_ascii_uppercase())),
    }
}

/// Levenshtein distance in bytes.
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        row[0] = left;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let above = *cell;
            left = (above + 1).min(left + 1).min(diagonal + usize::from(x != y));
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_holds_every_file_of_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/queries");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".sql"))
            .collect();
        files.sort();
        let built_in: Vec<&str> = built_in::FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(files, built_in);
    }

    #[test]
    fn every_query_takes_the_time_range_and_a_bucket_and_prunes_by_partition() {
        for query in catalogue().queries() {
            let names: Vec<&str> = query.parameters.iter().map(|p| p.name.as_str()).collect();
            assert_eq!(names[..3], ["from", "to", "bucket"], "{}", query.id);
            // The days before its range that it compares with are counted in SQL.
            for table in query.tables().filter(|_| query.id != "ct-new-addresses") {
                let prefix = if table == "s3_access_logs" { "request" } else { "event" };
                for needed in ["date >= ?", "date <= ?", "hour >= ?", "hour <= ?"] {
                    assert!(query.sql.contains(&format!("{prefix}{needed}")), "{} lacks {prefix}{needed}", query.id);
                }
            }
        }
    }

    const OWN: &str = "\
-- id: own-totals
-- title: Totals
-- answers: How many records there are
-- source: s3_access_logs
-- category: traffic
-- column: records | bigint | records | How many

SELECT COUNT(*) AS records FROM s3_access_logs;
";

    #[test]
    fn a_project_s_own_queries_stand_among_the_others() {
        let all = catalogue().with_own([("own-totals.sql", OWN)]).unwrap();
        assert!(all.get("own-totals").unwrap().own && !all.get("latency").unwrap().own);
        assert_eq!(all.queries().len(), catalogue().queries().len() + 1);
        assert!(all.queries().is_sorted_by_key(|query| &query.id));
        let bound = all.get("own-totals").unwrap().bind(TimeRange { from_ms: 0, to_ms: 1 }, &[]).unwrap();
        assert!(bound.positional().is_empty());
    }

    #[test]
    fn what_cannot_be_a_query_of_one_s_own_is_refused() {
        for (file, from, to, says) in [
            ("latency.sql", "own-totals", "latency", "there is a query latency already"),
            ("own-totals.sql", "SELECT COUNT(*)", "DELETE", "it begins with DELETE"),
            ("own-totals.sql", "SELECT COUNT(*)", "SELECT 1; SELECT COUNT(*)", "a semicolon"),
            ("own-totals.sql", "SELECT COUNT(*) AS records FROM s3_access_logs;", "-- nothing", "it is empty"),
            ("Own_totals.sql", "own-totals", "Own_totals", "cannot be an id"),
            ("own-totals.sql", "bigint | records", "bigint", "line 6: column has the form"),
        ] {
            assert!(OWN.contains(from), "{from}");
            let error = catalogue().with_own([(file, OWN.replacen(from, to, 1).as_str())]).unwrap_err();
            assert!(error.to_string().contains(says) && error.suggestion().is_some(), "{error}");
            assert_eq!(error.code(), 64);
        }
        // What looks like a semicolon may be text.
        assert!(catalogue().with_own([("own-totals.sql", OWN.replace("COUNT(*)", "';'").as_str())]).is_ok());
    }

    #[test]
    fn an_unknown_id_is_a_usage_error_that_names_the_nearest() {
        let error = catalogue().get("object-deletion").unwrap_err();
        assert_eq!(error.code(), 64);
        assert!(error.suggestion().unwrap().contains("object-deletions"));
        assert_eq!(
            catalogue().get("xxxxxxxxxxxxxxxx").unwrap_err().suggestion(),
            Some("`bucketscope queries` lists all")
        );
    }
}
