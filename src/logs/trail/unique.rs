//! The view `cloudtrail_events_unique`: each event once. CloudTrail delivers an event more than once now and then, and an
//! account's own trail and that of its organisation both deliver it; the table keeps every row.

use super::columns::{COLUMNS, PARTITION_COLUMNS, TABLE};
use crate::logs::columns::{Column, ColumnType};

/// The view's name.
pub const VIEW: &str = "cloudtrail_events_unique";

/// The view's columns, in order: those of the table.
pub fn columns() -> Vec<Column> {
    let partitions = PARTITION_COLUMNS.map(|name| Column { name, kind: ColumnType::Text });
    COLUMNS.into_iter().chain(partitions).collect()
}

/// The view's statement, in the dialect that Athena and the embedded engine share.
///
/// The copies of an event have the same time, so it may stand beside the id in PARTITION BY: only conditions on what stands
/// there reach the table below, and without them each query would read all of it. Without an id nothing tells copies from
/// different events of one time, so all of these stay.
pub fn select() -> String {
    let columns: Vec<&str> = columns().iter().map(|column| column.name).collect();
    let columns = columns.join(", ");
    let [date, hour] = PARTITION_COLUMNS;
    format!(
        "SELECT {columns} FROM (SELECT {columns}, row_number() OVER (PARTITION BY {date}, {hour}, eventtime, eventid \
         ORDER BY log_object, log_line) AS delivery FROM {TABLE}) \
         WHERE delivery = 1 OR COALESCE(eventid, '') = ''"
    )
}
