//! Athena in memory: it tells a list of states, one a look, and any call can be made to fail.

use std::io::{Cursor, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::aws::query_runs::ResultColumn;

/// What a look finds, in order; the last stays.
#[derive(Default)]
struct Fake {
    looks: Mutex<Vec<Result<QueryRun>>>,
    columns: Vec<ResultColumn>,
    csv: &'static str,
    /// The statements that were started, and the ids that were stopped.
    started: Mutex<Vec<Statement>>,
    stopped: Mutex<Vec<String>>,
    cannot_stop: bool,
}

impl Fake {
    fn telling(looks: Vec<Result<QueryRun>>) -> Self {
        Self { looks: Mutex::new(looks), ..Self::default() }
    }
}

impl QueryRuns for Fake {
    fn start(&self, statement: &Statement) -> Result<String> {
        self.started.lock().unwrap().push(statement.clone());
        Ok("11aa".to_owned())
    }

    fn look(&self, id: &str) -> Result<QueryRun> {
        assert_eq!(id, "11aa");
        if !self.stopped.lock().unwrap().is_empty() {
            return Ok(QueryRun { scanned_bytes: 2_000_000, ..run(State::Cancelled) });
        }
        let mut looks = self.looks.lock().unwrap();
        if looks.len() > 1 { looks.remove(0) } else { looks[0].clone() }
    }

    fn stop(&self, id: &str) -> Result<()> {
        if self.cannot_stop {
            return Err(Error::failed("cannot cancel the query").because("connection refused"));
        }
        self.stopped.lock().unwrap().push(id.to_owned());
        Ok(())
    }

    fn columns(&self, _id: &str) -> Result<Vec<ResultColumn>> {
        Ok(self.columns.clone())
    }

    fn result(&self, key: &str) -> Result<Box<dyn Read + Send>> {
        assert_eq!(key, "athena/11aa.csv");
        Ok(Box::new(Cursor::new(self.csv)))
    }
}

/// Wishes for something from a look on.
struct User {
    wish: Wish,
    from_look: usize,
    seen: Mutex<Vec<State>>,
    pauses: AtomicU32,
}

impl User {
    fn who(wish: Wish, from_look: usize) -> Self {
        Self { wish, from_look, seen: Mutex::default(), pauses: AtomicU32::new(0) }
    }

    fn patient() -> Self {
        Self::who(Wish::Wait, 0)
    }
}

impl Follow for User {
    fn seen(&self, run: &QueryRun) {
        self.seen.lock().unwrap().push(run.state);
    }

    fn pause(&self, looks: u32) {
        assert_eq!(looks, self.pauses.fetch_add(1, Ordering::SeqCst));
    }

    fn wish(&self) -> Wish {
        if self.seen.lock().unwrap().len() >= self.from_look { self.wish } else { Wish::Wait }
    }
}

fn run(state: State) -> QueryRun {
    QueryRun { id: "11aa".to_owned(), state, output: "s3://results/athena/11aa.csv".to_owned(), ..QueryRun::default() }
}

fn over<'a>(fake: &'a Fake, user: &'a User) -> Athena<'a> {
    Athena {
        runs: fake,
        workgroup: "bucketscope-shop".to_owned(),
        database: "bucketscope_shop".to_owned(),
        results: "results".to_owned(),
        scan_limit: 10_000_000,
        reuse_minutes: Some(60),
        follow: user,
    }
}

#[test]
fn a_query_is_started_once_and_followed_to_its_end() {
    let fake = Fake::telling([State::Queued, State::Running, State::Succeeded].map(|state| Ok(run(state))).into());
    let user = User::patient();
    let ended = over(&fake, &user).run("SELECT ?", vec!["'a'".to_owned()]).unwrap();
    assert_eq!(ended.state, State::Succeeded);
    assert_eq!(*user.seen.lock().unwrap(), [State::Queued, State::Running, State::Succeeded]);
    assert_eq!(user.pauses.load(Ordering::SeqCst), 2);
    let started = fake.started.lock().unwrap();
    let expected = Statement {
        workgroup: "bucketscope-shop".to_owned(),
        database: "bucketscope_shop".to_owned(),
        sql: started[0].sql.clone(),
        parameters: vec!["'a'".to_owned()],
        reuse_minutes: Some(60),
    };
    assert_eq!(*started, [expected]);
}

#[test]
fn the_text_differs_where_values_do_and_holds_none_of_them() {
    let texts = [&["'a'", "'b'"][..], &["'a', 'b'"], &["'ab'", "''"], &["'b'", "'a'"], &[]]
        .map(|values| marked("SELECT ?, ?", &values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>()));
    let different: std::collections::BTreeSet<&String> = texts.iter().collect();
    assert_eq!(different.len(), texts.len());
    assert_eq!(marked("SELECT 1", &[]), "SELECT 1");
    let (sql, digest) = texts[0].split_once("\n-- values ").unwrap();
    assert_eq!(sql, "SELECT ?, ?");
    assert!(digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    assert_eq!(texts[0], marked("SELECT ?, ?", &["'a'".to_owned(), "'b'".to_owned()]));
}

#[test]
fn an_interruption_cancels_the_query_and_tells_what_it_cost() {
    let fake = Fake::telling(vec![Ok(run(State::Running))]);
    let error = over(&fake, &User::who(Wish::Cancel, 2)).run("SELECT 1", vec![]).unwrap_err();
    assert_eq!(error.code(), 130);
    assert!(error.to_string().contains("2.0 MB had been scanned"), "{error}");
    assert_eq!(*fake.stopped.lock().unwrap(), ["11aa"]);
}

#[test]
fn after_an_interruption_nothing_is_started() {
    let fake = Fake::telling(vec![Ok(run(State::Running))]);
    assert_eq!(over(&fake, &User::who(Wish::Cancel, 0)).run("SELECT 1", vec![]).unwrap_err().code(), 130);
    assert!(fake.started.lock().unwrap().is_empty());
}

#[test]
fn who_leaves_or_cannot_cancel_is_told_how_to_stop_it() {
    let going_on = || Fake::telling(vec![Ok(run(State::Running))]);
    let fake = Fake { cannot_stop: true, ..going_on() };
    for error in [
        over(&going_on(), &User::who(Wish::Leave, 1)).run("SELECT 1", vec![]).unwrap_err(),
        over(&fake, &User::who(Wish::Cancel, 1)).run("SELECT 1", vec![]).unwrap_err(),
    ] {
        assert_eq!(error.code(), 130);
        assert!(error.suggestion().unwrap().ends_with("stop-query-execution --query-execution-id 11aa"), "{error}");
    }
}

#[test]
fn a_network_that_fails_for_a_while_does_not_lose_the_query() {
    let lost = || Err(Error::failed("cannot look at the query").because("connection reset"));
    let fake = Fake::telling(vec![lost(), lost(), Ok(run(State::Running)), lost(), lost(), Ok(run(State::Succeeded))]);
    over(&fake, &User::patient()).run("SELECT 1", vec![]).unwrap();

    let error = over(&Fake::telling(vec![lost()]), &User::patient()).run("SELECT 1", vec![]).unwrap_err();
    assert_eq!(error.code(), 1);
    assert!(error.to_string().contains("may go on") && error.to_string().contains("connection reset"), "{error}");
    assert!(error.suggestion().unwrap().contains("stop-query-execution"));

    let denied = || Err(Error::new(ErrorKind::Permission, "cannot look at the query"));
    let user = User::patient();
    assert_eq!(over(&Fake::telling(vec![denied()]), &user).run("SELECT 1", vec![]).unwrap_err().code(), 3);
    assert_eq!(user.pauses.load(Ordering::SeqCst), 0, "what is refused is not tried again");
}

#[test]
fn a_query_that_fails_or_is_cut_off_is_an_error() {
    let ends = |state, reason: &str| {
        let fake = Fake::telling(vec![Ok(QueryRun { reason: Some(reason.to_owned()), ..run(state) })]);
        over(&fake, &User::patient()).run("SELECT 1", vec![]).unwrap_err()
    };
    let cut = ends(State::Cancelled, "Bytes scanned limit was exceeded");
    assert!(cut.to_string().contains("limit of 10.0 MB"), "{cut}");
    assert_eq!(ends(State::Failed, "SYNTAX_ERROR: line 1").code(), 64);
}

#[test]
fn what_is_no_question_or_too_long_is_not_even_started() {
    let fake = Fake::default();
    let user = User::patient();
    let athena = over(&fake, &user);
    for sql in
        ["DROP TABLE t", "-- SELECT\nINSERT INTO t SELECT 1", "/* WITH */ create table t as select 1", "", "EXECUTE x"]
    {
        assert_eq!(athena.run(sql, vec![]).unwrap_err().code(), 64, "{sql}");
    }
    let long = |n: usize| vec![format!("'{}'", "é".repeat(n))];
    assert_eq!(athena.run("SELECT 1", long(1_023)).unwrap_err().code(), 64);
    assert_eq!(athena.run(&format!("SELECT {}", " ".repeat(SQL_AT_MOST)), vec![]).unwrap_err().code(), 64);
    assert!(fake.started.lock().unwrap().is_empty());

    let fake = Fake::telling(vec![Ok(run(State::Succeeded))]);
    for sql in [" -- of\n /* it */ with a as (select 1) select * from a", "(SELECT 1)", "VALUES 1", "select\n1"] {
        over(&fake, &user).run(sql, long(1_022)).unwrap();
    }
}

fn read(csv: &'static str, names: &[&str], user: &User) -> Result<Vec<Vec<Option<String>>>> {
    let columns = names.iter().map(|name| ResultColumn { name: (*name).to_owned(), kind: "varchar".to_owned() });
    let fake = Fake { columns: columns.collect(), csv, ..Fake::default() };
    let mut rows = Vec::new();
    let mut told = 0;
    let count = over(&fake, user).read(
        &run(State::Succeeded),
        &mut |columns| {
            told = columns.len();
            Ok(())
        },
        &mut |row| {
            rows.push(row.iter().map(|value| value.map(str::to_owned)).collect());
            Ok(())
        },
    )?;
    assert_eq!((count, told), (rows.len() as u64, names.len()));
    Ok(rows)
}

#[test]
fn a_result_is_read_without_its_names() {
    let rows = read("\"k\",\"n\"\n\"a\",\n\"\",\"2\"\n", &["k", "n"], &User::patient()).unwrap();
    assert_eq!(rows, [[Some("a".to_owned()), None], [Some(String::new()), Some("2".to_owned())]]);
    assert!(read("\"k\"\n", &["k"], &User::patient()).unwrap().is_empty());
}

#[test]
fn a_result_of_other_columns_or_cut_short_is_refused() {
    for csv in ["\"k\"\n\"a\"\n", "\"k\",\"n\"\n\"a\"\n", "\"k\",\"n\"\n\"a\",\"2"] {
        assert_eq!(read(csv, &["k", "n"], &User::patient()).unwrap_err().code(), 1, "{csv}");
    }
}

#[test]
fn an_interruption_ends_the_reading() {
    let error = read("\"k\"\n\"a\"\n\"b\"\n", &["k"], &User::who(Wish::Cancel, 0)).unwrap_err();
    assert_eq!(error.code(), 130);
}

#[test]
fn only_the_pipelines_own_bucket_is_read() {
    let fake = Fake::default();
    let user = User::patient();
    for output in ["s3://other/athena/11aa.csv", "s3://results", "s3://results/", "", "/tmp/x"] {
        let run = QueryRun { output: output.to_owned(), ..run(State::Succeeded) };
        let ended = over(&fake, &user).read(&run, &mut |_| Ok(()), &mut |_| Ok(()));
        assert!(ended.unwrap_err().to_string().contains("not the pipeline's bucket"), "{output}");
    }
}
