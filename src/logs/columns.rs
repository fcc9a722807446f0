//! The columns of the table `s3_access_logs`, in order.

/// The type of a column, as the lake stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// 32-bit signed integer.
    Int,
    /// 64-bit signed integer.
    BigInt,
    /// Milliseconds since the epoch, UTC.
    Timestamp,
}

/// A column of the table: its name and its type. All columns are nullable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name, as in AWS's own Athena DDL for access logs.
    pub name: &'static str,
    /// The type.
    pub kind: ColumnType,
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Text }
}

const fn bigint(name: &'static str) -> Column {
    Column { name, kind: ColumnType::BigInt }
}

/// How many fields a record of the current log format has (since 2026-02-23).
pub const FIELD_COUNT: usize = 27;

/// How many columns `parse` prints: the fields, `key_logged` and `extra`.
pub const RECORD_COLUMN_COUNT: usize = 29;

/// Every column of the table but the partition columns: first the fields in the order in which the log has them, then
/// what the parser adds, then what the pipeline adds.
///
/// Names: AWS's documented Athena DDL for server access logs; `sourceregion` is the field added on 2026-02-23.
pub const COLUMNS: [Column; 34] = [
    text("bucketowner"),
    text("bucket_name"),
    Column { name: "requestdatetime", kind: ColumnType::Timestamp },
    text("remoteip"),
    text("requester"),
    text("requestid"),
    text("operation"),
    text("key"),
    text("request_uri"),
    Column { name: "httpstatus", kind: ColumnType::Int },
    text("errorcode"),
    bigint("bytessent"),
    bigint("objectsize"),
    bigint("totaltime"),
    bigint("turnaroundtime"),
    text("referrer"),
    text("useragent"),
    text("versionid"),
    text("hostid"),
    text("sigv"),
    text("ciphersuite"),
    text("authtype"),
    text("endpoint"),
    text("tlsversion"),
    text("accesspointarn"),
    text("aclrequired"),
    text("sourceregion"),
    text("key_logged"),
    text("extra"),
    text("log_object"),
    bigint("log_line"),
    text("source_id"),
    text("account_id"),
    text("bucket_region"),
];

/// The partition columns, both text: `YYYY-MM-DD` and `00` to `23`, UTC.
pub const PARTITION_COLUMNS: [&str; 2] = ["requestdate", "requesthour"];

/// The table's name, which is also its folder in the lake.
pub const TABLE: &str = "s3_access_logs";
