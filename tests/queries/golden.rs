//! Every saved query against an answer worked out by hand (tests/fixtures/queries/README.md).

use bucketscope::query::catalogue;

use super::cases::{CASES, Fixture, bound, given, range, two_hours};
use super::lake::{ACCESS_LOG, Lake, csv};

/// Their calendar has rows for times without records.
const TRENDS: [&str; 3] = ["ct-daily-trend", "daily-trend", "hourly-trend"];

fn answers_by_hand(fixture: Fixture) {
    let engine = fixture.lake().engine();
    for case in CASES.iter().filter(|case| case.fixture == fixture) {
        let answer = engine.query(&case.bound()).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(csv(&answer), case.expected(), "{}", case.name);
    }
}

#[test]
fn queries_over_access_log_give_the_answers_worked_out_by_hand() {
    answers_by_hand(Fixture::Access);
}

#[test]
fn queries_over_clients_log_give_the_answers_worked_out_by_hand() {
    answers_by_hand(Fixture::Clients);
}

#[test]
fn queries_over_the_trail_and_over_both_logs_give_the_answers_worked_out_by_hand() {
    answers_by_hand(Fixture::Trail);
}

#[test]
fn every_query_has_a_case() {
    for query in catalogue().queries() {
        assert!(CASES.iter().any(|case| case.id() == query.id), "{} has none", query.id);
    }
}

#[test]
fn the_answer_s_columns_are_those_of_the_front_matter() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    for query in catalogue().queries() {
        let answer = engine.query(&bound(query, two_hours())).unwrap();
        let answered: Vec<_> = answer.columns.iter().map(|c| (&c.name, &c.kind, &c.unit)).collect();
        let declared: Vec<_> = query.columns.iter().map(|c| (&c.name, &c.kind, &c.unit)).collect();
        assert_eq!(answered, declared, "{}", query.id);
    }
}

#[test]
fn records_in_several_objects_give_the_same_answers() {
    let lines: Vec<&str> = ACCESS_LOG.split_inclusive('\n').collect();
    let (late, early): (Vec<_>, Vec<_>) = lines.iter().enumerate().partition(|(index, _)| index % 3 == 0);
    let text = |part: Vec<(usize, &&str)>| part.into_iter().map(|(_, line)| *line).collect::<String>();
    let (engine, parts) = (Lake::of(&[ACCESS_LOG]).engine(), Lake::of(&[&text(late), &text(early)]).engine());
    for id in ["client-errors", "service-errors", "lifecycle-statistics", "top-requesters", "bytes-by-requester"] {
        let bound = catalogue().get(id).unwrap().bind(two_hours(), &[]).unwrap();
        assert_eq!(csv(&engine.query(&bound).unwrap()), csv(&parts.query(&bound).unwrap()), "{id}");
    }
}

#[test]
fn a_record_that_stands_in_two_objects_stays_two_rows() {
    let engine = Lake::of(&[ACCESS_LOG, ACCESS_LOG]).engine();
    let bound = catalogue().get("object-deletions").unwrap().bind(two_hours(), &[]).unwrap();
    assert_eq!(engine.query(&bound).unwrap().rows(), 16);
}

#[test]
fn an_empty_range_and_an_empty_lake_answer_no_rows() {
    let (full, empty) = (Lake::of(&[ACCESS_LOG]).engine(), Lake::of(&[]).engine());
    assert_eq!(empty.extent(), None);
    for query in catalogue().queries().iter().filter(|query| !TRENDS.contains(&query.id.as_str())) {
        let nothing = range("2026-06-01T10:00:00Z", "2026-06-01T10:00:00Z");
        assert_eq!(full.query(&bound(query, nothing)).unwrap().rows(), 0, "{}", query.id);
        let answer = empty.query(&bound(query, two_hours())).unwrap();
        assert_eq!((answer.rows(), answer.columns.len()), (0, query.columns.len()), "{}", query.id);
    }
    let trend = empty.query(&catalogue().get("hourly-trend").unwrap().bind(two_hours(), &[]).unwrap()).unwrap();
    assert_eq!(trend.rows(), 2, "an hour without records is a row");
}

#[test]
fn object_access_narrows_to_a_key_and_widens_to_heads() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    let query = catalogue().get("object-access").unwrap();
    let count = |parameters: &[(&str, &str)]| {
        engine.query(&query.bind(two_hours(), &given(parameters)).unwrap()).unwrap().rows()
    };
    // Lines 2, 5, 15 and 20; with heads line 10; with every key lines 10 and 16 as well.
    assert_eq!(count(&[("key", "cat.jpg")]), 4);
    assert_eq!(count(&[("key", "cat.jpg"), ("heads", "true")]), 5);
    assert_eq!(count(&[("heads", "true")]), 17);
    assert_eq!(count(&[("key", "it's not there")]), 0);
}
