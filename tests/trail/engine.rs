//! The table and its view on the embedded engine.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use bucketscope::engine::local::Engine;
use bucketscope::etl::committed;
use bucketscope::logs::trail::unique;

use super::table::{World, document, event, gzip};

fn number(engine: &Engine, sql: &str) -> i64 {
    let answer = engine.sql(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    answer.batches[0].column(0).as_primitive::<Int64Type>().value(0)
}

/// Two deliveries of `e-1`, and two other events, one of them of the next day.
fn engine() -> (World, Engine) {
    let world = World::new();
    let other = |id: &str, day: &str| {
        format!(r#"{{"eventTime":"2026-06-{day}T10:20:30Z","eventID":"{id}","requestParameters":{{"key":"{id}"}}}}"#)
    };
    world.put("a.json.gz", &gzip(document(&[&event(r#""eventName":"A""#), &other("e-2", "01")]).as_bytes()));
    world.put("b.json.gz", &gzip(document(&[&event(r#""eventName":"A""#), &other("e-3", "02")]).as_bytes()));
    world.run();
    let lake = world.pipeline().lake;
    let engine = Engine::open(&lake, committed(&lake).unwrap()).unwrap();
    (world, engine)
}

#[test]
fn the_table_has_every_row_and_the_view_each_event_once() {
    let (_world, engine) = engine();
    assert_eq!(number(&engine, "SELECT count(*) FROM cloudtrail_events"), 4);
    assert_eq!(number(&engine, "SELECT count(*) FROM cloudtrail_events_unique"), 3);
    assert_eq!(number(&engine, "SELECT count(*) FROM cloudtrail_events_unique WHERE eventid = 'e-1'"), 1);
    assert_eq!(number(&engine, "SELECT count(*) FROM s3_access_logs"), 0, "the other table is there, and empty");
    let nested = "SELECT count(*) FROM cloudtrail_events WHERE json_extract_scalar(requestparameters, '$.key') = key";
    assert_eq!(number(&engine, nested), 2);
    let hour = "SELECT max(hour(eventtime)) FROM cloudtrail_events WHERE eventtime < TIMESTAMP '2026-06-02 00:00:00'";
    assert_eq!(number(&engine, hour), 10);
}

#[test]
fn a_day_of_the_view_reads_the_files_of_that_day() {
    let (_world, engine) = engine();
    for from in ["cloudtrail_events", "cloudtrail_events_unique"] {
        for condition in ["eventdate = '2026-06-02'", "eventtime >= TIMESTAMP '2026-06-02 00:00:00'"] {
            let sql = format!("SELECT eventid FROM {from} WHERE {condition}");
            let answer = engine.sql(&sql).unwrap();
            assert_eq!((answer.cost.rows, answer.cost.files.len()), (1, 1), "{sql}");
        }
    }
}

#[test]
fn events_without_an_id_are_all_in_the_view() {
    let world = World::new();
    let old =
        |name: &str| format!(r#"{{"eventVersion":"1.0","eventTime":"2014-03-06T21:22:54Z","eventName":"{name}"}}"#);
    world.put("a.json.gz", &gzip(document(&[&old("StartInstances"), &old("StopInstances")]).as_bytes()));
    world.run();
    let lake = world.pipeline().lake;
    let engine = Engine::open(&lake, committed(&lake).unwrap()).unwrap();
    assert_eq!(number(&engine, "SELECT count(DISTINCT eventname) FROM cloudtrail_events_unique"), 2);
}

/// All rows of an answer, as text.
fn rows(engine: &Engine, sql: &str) -> Vec<String> {
    let answer = engine.sql(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let text = |batch| arrow::util::pretty::pretty_format_batches(&[batch]).unwrap().to_string();
    let lines = |batch: &arrow::array::RecordBatch| text(batch.clone()).lines().skip(3).map(str::to_owned).collect();
    let lines: Vec<String> = answer.batches.iter().flat_map(|batch| -> Vec<String> { lines(batch) }).collect();
    lines.into_iter().filter(|line| line.starts_with('|')).collect()
}

#[test]
fn the_view_is_what_its_statement_says_whatever_was_asked_before() {
    let world = World::new();
    let mut state = 7_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    // Few ids and times: many events have copies, in the same file and in others, of the same run and of another; the same id
    // stands at several times; and some have none.
    for run in 0..3 {
        for file in 0..4 {
            let events: Vec<String> = (0..draw(20))
                .map(|n| {
                    let id = ["", "a", "b", "c", "d", "e"][draw(6) as usize];
                    let (day, hour) = (1 + draw(2), 10 + draw(2));
                    format!(r#"{{"eventTime":"2026-06-0{day}T{hour}:00:00Z","eventID":"{id}","eventName":"{n}"}}"#)
                })
                .collect();
            let events: Vec<&str> = events.iter().map(String::as_str).collect();
            world.put(&format!("{run}-{file}.json.gz"), &gzip(document(&events).as_bytes()));
        }
        world.run();
    }
    let lake = world.pipeline().lake;
    let engine = Engine::open(&lake, committed(&lake).unwrap()).unwrap();
    assert!(committed(&lake).unwrap().len() > 4, "an hour has several files");
    let ask = |from: &str, condition: &str| {
        let columns = "eventtime, eventid, eventname, log_object, log_line, eventhour";
        rows(&engine, &format!("SELECT {columns} FROM {from} AS e WHERE {condition} ORDER BY 1, 2, 4, 5"))
    };
    let statement = format!("({})", unique::select());
    for condition in
        ["eventdate = '2026-06-02' AND eventhour = '11'", "eventdate = '2026-06-02'", "eventname <> '3'", "true"]
    {
        let ours = ask(unique::VIEW, condition);
        assert!(!ours.is_empty());
        assert_eq!(ours, ask(&statement, condition), "{condition}");
    }
    let (unique, all) = (ask(unique::VIEW, "true").len(), ask("cloudtrail_events", "true").len());
    assert!(unique < all, "{unique} of {all}");
}
