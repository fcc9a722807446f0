//! Sheets stand on what data sets have, and are those of the page of `report`.

use std::collections::BTreeSet;

use super::*;
use crate::blueprint::quicksight::data_sets::queries;

fn sets() -> Vec<DataSet> {
    queries().unwrap().queries().iter().map(|query| DataSet { query: query.clone() }).collect()
}

#[test]
fn every_visual_stands_on_columns_of_its_data_set_with_the_right_types() {
    for visual in SHEETS.iter().flat_map(|sheet| sheet.visuals) {
        let sets = sets();
        let set = sets.iter().find(|set| set.id() == visual.set).unwrap();
        let (texts, numbers): (Vec<&str>, &[Value]) = match &visual.kind {
            Kind::Lines { by, values, .. } => (by.iter().copied().collect(), *values),
            Kind::Bars { by, values } => (vec![*by], *values),
            Kind::Number(value) => (Vec::new(), std::slice::from_ref(value)),
            Kind::Table { by, values } => (by.to_vec(), *values),
        };
        for text in texts {
            assert_eq!(set.kind(text), Some("STRING"), "{}: {text}", visual.id);
        }
        for (number, how) in numbers {
            assert_eq!(set.kind(number), Some("INTEGER"), "{}: {number}", visual.id);
            assert_eq!(*how == "MAX", number.contains("_p"), "{}: percentiles do not add up", visual.id);
        }
        assert_eq!((set.kind("period"), set.kind("bucket_name")), (Some("DATETIME"), Some("STRING")));
    }
}

#[test]
fn every_data_set_is_shown_and_every_id_is_used_once() {
    let used: BTreeSet<&str> = SHEETS.iter().flat_map(|sheet| sheet.visuals).map(|visual| visual.set).collect();
    assert_eq!(
        used,
        sets().iter().map(|set| set.id().to_owned()).collect::<Vec<_>>().iter().map(String::as_str).collect()
    );
    let ids: Vec<&str> = SHEETS.iter().flat_map(|sheet| sheet.visuals).map(|visual| visual.id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn no_visual_covers_another() {
    for sheet in SHEETS {
        let mut taken = BTreeSet::new();
        for element in sheet.elements() {
            let number = |key: &str| element[key].as_u64().unwrap();
            for row in number("RowIndex")..number("RowIndex") + number("RowSpan") {
                for column in number("ColumnIndex")..number("ColumnIndex") + number("ColumnSpan") {
                    assert!(column < u64::from(GRID) && taken.insert((row, column)), "{}: {element}", sheet.id);
                }
            }
        }
    }
}

#[test]
fn the_days_of_the_configuration_can_be_chosen() {
    assert_eq!(choices(7), ["1", "7", "30", "90"]);
    assert_eq!(choices(14), ["1", "7", "14", "30", "90"]);
}

#[test]
fn sheets_without_data_are_left_out() {
    let trail: Vec<DataSet> = sets().into_iter().filter(|set| set.id() == "trail").collect();
    let left: Vec<&str> = wanted_sheets(&trail).map(|sheet| sheet.id).collect();
    assert_eq!(left, ["trail"]);
    assert_eq!(wanted_sheets(&sets()).count(), SHEETS.len());
}

/// What the page of `report` tells apart, and which sheets and visuals do that here.
const OF_THE_PAGE: [(&str, &str, &str); 15] = [
    ("breakdowns", "operation", "by-operation"),
    ("breakdowns", "status", "by-status"),
    ("breakdowns", "error", "by-error"),
    ("breakdowns", "requester", "by-requester"),
    ("breakdowns", "address", "by-address"),
    ("breakdowns", "prefix", "by-prefix"),
    ("breakdowns", "agent", "by-agent"),
    ("breakdowns", "tls", "by-tls"),
    ("breakdowns", "signature", "by-signature"),
    ("events", "hour", "calls-by-day"),
    ("events", "call", "by-call"),
    ("events", "caller", "by-principal"),
    ("events", "error", "by-call-error"),
    ("events", "address", "by-caller-address"),
    ("events", "region", "by-region"),
];

/// The dimensions that a statement of the page names in its CASE.
fn dimensions(sql: &str) -> BTreeSet<String> {
    let case = sql.split_once("      CASE\n        WHEN").unwrap().1.split_once("END AS dimension").unwrap().0;
    case.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn what_the_page_of_report_tells_apart_the_dashboard_does_too() {
    let visuals: BTreeSet<&str> = SHEETS.iter().flat_map(|sheet| sheet.visuals).map(|visual| visual.id).collect();
    for (statement, sql) in [
        ("breakdowns", include_str!("../../../report/breakdowns.sql")),
        ("events", include_str!("../../../report/events.sql")),
    ] {
        let ours = OF_THE_PAGE.iter().filter(|one| one.0 == statement);
        assert_eq!(dimensions(sql), ours.map(|one| one.1.to_owned()).collect(), "{statement}");
    }
    for (_, dimension, visual) in OF_THE_PAGE {
        assert!(visuals.contains(visual), "{dimension} has no {visual}");
    }
}

#[test]
fn each_section_of_the_page_of_report_has_its_sheet() {
    let page = include_str!("../../../report/page/sections.js");
    let sections: BTreeSet<&str> =
        page.split(" section(\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    let sheets = [
        ("traffic", &["traffic"][..]),
        ("breakdowns", &["traffic", "clients", "security"]),
        ("latency", &["latency"]),
        ("deletions", &["deletions"]),
        ("findings", &["security"]),
        ("costs", &["costs"]),
        ("events", &["trail"]),
        // The lake's tables do not hold what the pipeline does: that is the dashboard in CloudWatch.
        ("pipeline", &[]),
        // QuickSight shows the statement of a data set itself.
        ("sql", &[]),
    ];
    assert_eq!(sections, sheets.iter().map(|sheet| sheet.0).collect());
    let of_sections: BTreeSet<&str> = sheets.iter().flat_map(|sheet| sheet.1).copied().collect();
    assert_eq!(of_sections, SHEETS.iter().map(|sheet| sheet.id).collect());
}
