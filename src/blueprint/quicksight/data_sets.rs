//! What the dashboard's charts are made of: files of SQL, each a query with a range of days.

use serde_json::{Value as Json, json};

use super::asks;
use crate::blueprint::Names;
use crate::config::cloud::{Cloud, QuickSight};
use crate::query::{Catalogue, Part, Query};
use crate::{Error, Result};

const FILES: [(&str, &str); 10] = [
    ("addresses.sql", include_str!("../../../blueprints/quicksight/addresses.sql")),
    ("agents.sql", include_str!("../../../blueprints/quicksight/agents.sql")),
    ("deletions.sql", include_str!("../../../blueprints/quicksight/deletions.sql")),
    ("errors.sql", include_str!("../../../blueprints/quicksight/errors.sql")),
    ("latency.sql", include_str!("../../../blueprints/quicksight/latency.sql")),
    ("prefixes.sql", include_str!("../../../blueprints/quicksight/prefixes.sql")),
    ("requesters.sql", include_str!("../../../blueprints/quicksight/requesters.sql")),
    ("security.sql", include_str!("../../../blueprints/quicksight/security.sql")),
    ("traffic.sql", include_str!("../../../blueprints/quicksight/traffic.sql")),
    ("trail.sql", include_str!("../../../blueprints/quicksight/trail.sql")),
];

/// The parameters that take the place of a range: how many days, and how many days ago the last of them was. Numbers, as
/// nothing that somebody types as a number can end a text of SQL.
pub(super) const DAYS: &str = "days";
pub(super) const DAYS_AGO: &str = "daysAgo";

/// A data set.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSet {
    /// What it asks, in the form of the saved queries.
    pub query: Query,
}

/// The data sets of a configuration: those on tables that it fills.
///
/// # Errors
/// None that a configuration could cause: the files are part of the program.
pub fn data_sets(cloud: &Cloud) -> Result<Vec<DataSet>> {
    let filled = |query: &&Query| match query.source.as_str() {
        "cloudtrail_events" => !cloud.trails.is_empty(),
        _ => !cloud.sources.is_empty(),
    };
    let all = Catalogue::parse(FILES)?;
    all.queries().iter().filter(filled).map(|query| Ok(DataSet { query: query.clone() })).collect()
}

impl DataSet {
    /// As sheets name it.
    pub(super) fn id(&self) -> &str {
        &self.query.id
    }

    /// As the blueprint prints it.
    pub(super) fn printed(&self, cloud: &Cloud, wanted: &QuickSight) -> Json {
        let names = Names::of(cloud);
        let mut logical = "DataSet".to_owned();
        let mut letters = self.id().chars();
        logical.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        logical.push_str(letters.as_str());
        json!({
            "id": self.id(),
            "logical": logical,
            "data_set_id": names.data_set(self.id()),
            "name": format!("bucketscope {}: {}", cloud.name, self.query.title),
            "sql": self.sql(&names.database(), wanted),
            "columns": self.columns(),
            "parameters": if asks(wanted) {
                json!([parameter(DAYS, wanted.days), parameter(DAYS_AGO, 0)])
            } else {
                json!([])
            },
        })
    }

    fn columns(&self) -> Vec<Json> {
        let column = |(name, kind): (&str, &str)| json!({ "Name": name, "Type": kind });
        self.query.columns.iter().map(|it| column((&it.name, data_type(&it.kind)))).collect()
    }

    /// The query as QuickSight sends it: the tables with their database, as the data source has none of its own, and days
    /// counted back from today in the place of a range.
    pub fn sql(&self, database: &str, wanted: &QuickSight) -> String {
        let (days, ago) = if asks(wanted) {
            (format!("<<${DAYS}>>"), format!("<<${DAYS_AGO}>>"))
        } else {
            (wanted.days.to_string(), "0".to_owned())
        };
        let day = |back: String| format!("date_format(date_add('day', {back}, current_date), '%Y-%m-%d')");
        let mut positions = self.query.positions.iter();
        let mut out = String::with_capacity(self.query.sql.len() * 2);
        // No text of these files has a question mark in it: a test sees to that.
        for piece in self.query.sql.split_inclusive('?') {
            let Some(before) = piece.strip_suffix('?') else {
                out.push_str(piece);
                continue;
            };
            out.push_str(before);
            match positions.next().map(|position| (position.parameter.as_str(), position.part)) {
                Some(("from", Part::Date)) => out.push_str(&day(format!("1 - {days} - {ago}"))),
                _ => out.push_str(&day(format!("0 - {ago}"))),
            }
        }
        out.replace("FROM s3_access_logs", &format!("FROM \"{database}\".\"s3_access_logs\""))
            .replace("FROM cloudtrail_events_unique", &format!("FROM \"{database}\".\"cloudtrail_events_unique\""))
    }

    /// The type of a column; `None` if there is none of this name.
    #[cfg(test)]
    pub(super) fn kind(&self, column: &str) -> Option<&'static str> {
        self.query.columns.iter().find(|it| it.name == column).map(|it| data_type(&it.kind))
    }
}

fn parameter(name: &str, value: u32) -> Json {
    json!({ "IntegerDatasetParameter": {
        "Id": name, "Name": name, "ValueType": "SINGLE_VALUED", "DefaultValues": { "StaticValues": [value] },
    }})
}

/// A type of Athena's as QuickSight calls it (InputColumn, Amazon Quick Sight API Reference).
fn data_type(kind: &str) -> &'static str {
    match kind {
        "timestamp" => "DATETIME",
        "bigint" => "INTEGER",
        _ => "STRING",
    }
}

/// The SQL files, for tests that ask them of an engine.
///
/// # Errors
/// If one is malformed.
pub fn queries() -> Result<Catalogue> {
    Catalogue::parse(FILES).map_err(|error| Error::failed("a data set is malformed").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::cloud::Import;

    fn wanted(import: Import) -> QuickSight {
        QuickSight { import, days: 30, ..QuickSight::of(Vec::new()) }
    }

    #[test]
    fn each_file_is_a_query_over_whole_days_of_partitions() {
        let queries = queries().unwrap();
        assert_eq!(queries.queries().len(), FILES.len());
        for query in queries.queries() {
            let (date, from) = match query.source.as_str() {
                "s3_access_logs" => ("requestdate", "FROM s3_access_logs"),
                _ => ("eventdate", "FROM cloudtrail_events_unique"),
            };
            assert!(query.sql.contains(&format!("{date} >= ? AND {date} <= ?")), "{}", query.id);
            assert_eq!(query.sql.matches(from).count(), 1, "{}", query.id);
            assert_eq!(query.sql.matches('?').count(), query.positions.len(), "{}: a `?` in a text", query.id);
            let positions: Vec<_> = query.positions.iter().map(|it| (it.parameter.as_str(), it.part)).collect();
            assert_eq!(positions, [("from", Part::Date), ("to", Part::Date)], "{}", query.id);
            // What filters on all sheets act on.
            let first: Vec<_> = query.columns.iter().take(2).map(|it| it.name.as_str()).collect();
            assert_eq!(first, ["period", "bucket_name"], "{}", query.id);
            let tables = ["s3_access_logs", "cloudtrail_events"];
            assert!(tables.contains(&query.source.as_str()) && query.sql.len() < 10_000);
        }
    }

    #[test]
    fn days_stand_in_the_place_of_the_range() {
        let queries = queries().unwrap();
        let set = DataSet { query: queries.get("addresses").unwrap().clone() };
        let asked = set.sql("bucketscope_shop", &wanted(Import::DirectQuery));
        assert!(
            asked.contains(
                "FROM \"bucketscope_shop\".\"s3_access_logs\"\n\
             WHERE requestdate >= date_format(date_add('day', 1 - <<$days>> - <<$daysAgo>>, current_date), '%Y-%m-%d') \
             AND requestdate <= date_format(date_add('day', 0 - <<$daysAgo>>, current_date), '%Y-%m-%d')\n"
            ),
            "{asked}"
        );
        let imported = set.sql("bucketscope_shop", &wanted(Import::Spice));
        assert!(imported.contains("date_add('day', 1 - 30 - 0, current_date)"), "{imported}");
        assert!(!imported.contains("<<"), "{imported}");
    }
}
