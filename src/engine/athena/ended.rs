//! What it means that Athena ended a query, in the user's words: Athena's reason first, then what to do. Pure.

use crate::aws::query_runs::{QueryRun, State};
use crate::ui::text;
use crate::{Error, ErrorKind};

/// What a reason holds (Athena User Guide, "Troubleshooting in Athena", and Trino's `StandardErrorCode`), the kind of the
/// failure, and what to do. The first that matches counts.
const KNOWN: &[(&[&str], ErrorKind, &str)] = &[
    (
        &["Insufficient permissions", "AccessDenied", "Access Denied", "not authorized", "Permission denied on S3"],
        ErrorKind::Permission,
        "Athena reads the catalogue and the lake and writes results in your name: bucketscope policy analyst  prints what \
         that needs, the key of the buckets included",
    ),
    (
        &["Unable to verify/create output bucket", "output bucket"],
        ErrorKind::Permission,
        "bucketscope policy analyst  prints what writing to the bucket of the results needs; bucketscope drift  tells \
         whether that bucket is still there",
    ),
    (
        &["TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND", "VIEW_IS_", "EntityNotFoundException"],
        ErrorKind::Failed,
        "bucketscope deploy  makes the tables, bucketscope drift  tells which are gone; a table is empty until \
         bucketscope run  has filled it",
    ),
    (
        &["HIVE_CANNOT_OPEN_SPLIT", "HIVE_FILESYSTEM_ERROR", "NoSuchKey", "HIVE_CURSOR_ERROR"],
        ErrorKind::Failed,
        "files of the lake were replaced or removed while they were read, as a compaction does; ask again, and if that does \
         not help: bucketscope drift",
    ),
    (
        &["HIVE_BAD_DATA", "HIVE_PARTITION_SCHEMA_MISMATCH", "HIVE_METASTORE_ERROR", "HIVE_INVALID_METADATA"],
        ErrorKind::Failed,
        "bucketscope drift  compares catalogue and lake with what was deployed and committed",
    ),
    (
        &["exhausted resources", "EXCEEDED_MEMORY_LIMIT", "EXCEEDED_TIME_LIMIT", "Query timeout", "RESOURCE_ERROR"],
        ErrorKind::Failed,
        "ask for a shorter range (--last 1d), or fewer columns and groups",
    ),
    (
        &[
            "SYNTAX_ERROR",
            "mismatched input",
            "COLUMN_NOT_FOUND",
            "FUNCTION_NOT_FOUND",
            "TYPE_MISMATCH",
            "extraneous input",
        ],
        ErrorKind::Usage,
        "docs/sql.md tells the tables, their columns and functions",
    ),
];

/// By which words Athena says that the workgroup's limit was reached. It then calls the query cancelled ("Configure workgroup
/// data usage controls", Athena User Guide).
const CUT_OFF: &str = "bytes scanned limit";

/// The error of a query that ended without a result. `limit` is the workgroup's, in bytes.
pub fn error(run: &QueryRun, limit: u64) -> Error {
    let reason = run.reason.clone().unwrap_or_else(|| "Athena gives no reason".to_owned());
    if reason.to_ascii_lowercase().contains(CUT_OFF) {
        return cut_off(&reason, limit);
    }
    let known = KNOWN.iter().find(|(marks, ..)| marks.iter().any(|mark| reason.contains(mark)));
    match (known, run.state) {
        (_, State::Cancelled) => Error::failed(format!("the query {} was cancelled by somebody else", run.id))
            .because(reason)
            .hint("ask again; the workgroup's recent queries in Athena's console tell more"),
        (Some((_, kind, hint)), _) => {
            Error::new(*kind, "Athena could not answer the query").because(reason).hint(*hint)
        }
        (None, _) => Error::failed("Athena could not answer the query")
            .because(reason)
            .hint(format!("aws athena get-query-execution --query-execution-id {}  tells all of it", run.id)),
    }
}

fn cut_off(reason: &str, limit: u64) -> Error {
    Error::failed(format!("Athena stopped the query at the workgroup's limit of {}", text::bytes(limit)))
        .because(reason)
        .hint(
            "ask for a shorter range (--last 1d), in SQL with conditions on requestdate and requesthour, and for fewer \
             columns; --dry-run estimates what a range costs. `athena.scan_limit_gigabytes` in the configuration is the limit",
        )
}

/// The error of a query that the user has cancelled.
pub fn interrupted(run: &QueryRun, scanned: &str) -> Error {
    let what = format!("the query {} was cancelled", run.id);
    let billed = if run.scanned_bytes == 0 {
        "nothing had been scanned".to_owned()
    } else {
        format!("{scanned} had been scanned, which Athena bills")
    };
    Error::new(ErrorKind::Interrupted, what).because(billed)
}

/// The error of a query that nobody looks after any more.
pub fn left(kind: ErrorKind, id: &str, why: impl std::fmt::Display) -> Error {
    Error::new(kind, format!("the query {id} may go on in AWS, and cost"))
        .because(why)
        .hint(format!("aws athena stop-query-execution --query-execution-id {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(state: State, reason: &str) -> Error {
        let reason = (!reason.is_empty()).then(|| reason.to_owned());
        error(&QueryRun { id: "11aa".to_owned(), state, reason, ..QueryRun::default() }, 100_000_000_000)
    }

    #[test]
    fn the_workgroups_limit_is_named_with_ways_to_stay_below_it() {
        for state in [State::Cancelled, State::Failed] {
            let error = ended(state, "Bytes scanned limit was exceeded");
            assert_eq!(error.code(), 1);
            assert!(error.to_string().starts_with("Athena stopped the query at the workgroup's limit"), "{error}");
            assert!(error.to_string().ends_with("Bytes scanned limit was exceeded"), "{error}");
            let hint = error.suggestion().unwrap();
            assert!(hint.contains("--last 1d") && hint.contains("athena.scan_limit_gigabytes"), "{hint}");
        }
    }

    #[test]
    fn athenas_reason_stands_in_the_error_and_decides_the_exit_code() {
        for (reason, code, hint) in [
            (
                "Insufficient permissions to execute the query. User is not authorized to perform: glue:GetTable",
                3,
                "policy analyst",
            ),
            ("Unable to verify/create output bucket b", 3, "bucket of the results"),
            ("TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.x.y' does not exist", 1, "bucketscope deploy"),
            ("HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split", 1, "ask again"),
            ("Query exhausted resources at this scale factor", 1, "--last 1d"),
            ("SYNTAX_ERROR: line 1:8: Column 'nope' cannot be resolved", 64, "docs/sql.md"),
            ("something new", 1, "get-query-execution --query-execution-id 11aa"),
            ("", 1, "get-query-execution"),
        ] {
            let error = ended(State::Failed, reason);
            assert_eq!(error.code(), code, "{reason}");
            assert!(error.to_string().contains(reason), "{error}");
            assert!(error.suggestion().unwrap().contains(hint), "{reason}");
        }
    }

    #[test]
    fn what_somebody_else_cancels_is_a_failure_and_what_the_user_cancels_an_interruption() {
        assert_eq!(ended(State::Cancelled, "Query was cancelled by user").code(), 1);
        assert_eq!(ended(State::Cancelled, "Access Denied by a person").code(), 1);
        let run = QueryRun { id: "11aa".to_owned(), scanned_bytes: 5, ..QueryRun::default() };
        assert_eq!(interrupted(&run, "5 B").code(), 130);
        assert!(interrupted(&run, "5 B").to_string().contains("5 B had been scanned"));
        assert_eq!(left(ErrorKind::Interrupted, "11aa", "x").code(), 130);
    }
}
