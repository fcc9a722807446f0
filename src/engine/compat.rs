//! The view `s3_access_logs_compat`: the table with the types of AWS's own DDL, so that published queries run on it.
//!
//! Types as in "Using Amazon S3 server access logs to identify requests" of the S3 user guide: all text but `bytessent`
//! and `objectsize`; the time as the log writes it. A field without value is null here, where AWS's regular expression
//! leaves a `-`: conditions such as `requester IS NULL` and `requester != '-'`, both of which AWS publishes, then work.

use datafusion::common::Result;
use datafusion::prelude::SessionContext;

use crate::logs::columns::{COLUMNS, FIELD_COUNT, PARTITION_COLUMNS, TABLE};

/// Creates the view.
pub(super) async fn create_view(context: &SessionContext) -> Result<()> {
    let columns: Vec<String> = COLUMNS
        .iter()
        .take(FIELD_COUNT)
        .map(|column| expression(column.name))
        .chain(PARTITION_COLUMNS.map(str::to_owned))
        .collect();
    let sql = format!("CREATE VIEW {TABLE}_compat AS SELECT {} FROM {TABLE}", columns.join(", "));
    context.sql(&sql).await?;
    Ok(())
}

fn expression(name: &str) -> String {
    match name {
        "requestdatetime" => "date_format(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000') AS requestdatetime".to_owned(),
        "httpstatus" | "totaltime" | "turnaroundtime" => format!("CAST({name} AS varchar) AS {name}"),
        _ => name.to_owned(),
    }
}
