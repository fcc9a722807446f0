//! The view `s3_access_logs_compat`: the table with the types of AWS's own DDL, so that published queries run on it.
//!
//! Types as in "Using Amazon S3 server access logs to identify requests" of the S3 user guide: all text but `bytessent`
//! and `objectsize`; the time as the log writes it. A field without value is null here, where AWS's regular expression
//! leaves a `-`: conditions such as `requester IS NULL` and `requester != '-'`, both of which AWS publishes, then work.

use super::columns::{COLUMNS, Column, ColumnType, FIELD_COUNT, PARTITION_COLUMNS, TABLE};

/// The view's name.
pub const VIEW: &str = "s3_access_logs_compat";

/// The view's statement, in the dialect that Athena and the embedded engine share.
pub fn select() -> String {
    let columns: Vec<String> = COLUMNS
        .iter()
        .take(FIELD_COUNT)
        .map(|column| expression(column.name))
        .chain(PARTITION_COLUMNS.map(str::to_owned))
        .collect();
    format!("SELECT {} FROM {TABLE}", columns.join(", "))
}

/// The view's columns, in order.
pub fn columns() -> Vec<Column> {
    let fields = COLUMNS.iter().take(FIELD_COUNT).map(|column| Column {
        name: column.name,
        kind: if converted(column.name).is_some() { ColumnType::Text } else { column.kind },
    });
    fields.chain(PARTITION_COLUMNS.map(|name| Column { name, kind: ColumnType::Text })).collect()
}

fn expression(name: &str) -> String {
    converted(name).map_or_else(|| name.to_owned(), |expression| format!("{expression} AS {name}"))
}

/// The expression that makes text of a column that AWS has as text and we do not.
fn converted(name: &str) -> Option<String> {
    match name {
        "requestdatetime" => Some("date_format(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')".to_owned()),
        "httpstatus" | "totaltime" | "turnaroundtime" => Some(format!("CAST({name} AS varchar)")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_text_but_the_two_sizes_as_in_the_published_ddl() {
        let numbers: Vec<&str> =
            columns().iter().filter(|column| column.kind != ColumnType::Text).map(|column| column.name).collect();
        assert_eq!(numbers, ["bytessent", "objectsize"]);
        assert!(
            select().contains("CAST(httpstatus AS varchar) AS httpstatus, errorcode, bytessent, objectsize, CAST(")
        );
    }
}
