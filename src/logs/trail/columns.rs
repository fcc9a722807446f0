//! The columns of the table `cloudtrail_events`, in order. What each holds is told in docs/cloudtrail.md.

use crate::logs::columns::{Column, ColumnType};

const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Text }
}

const fn bigint(name: &'static str) -> Column {
    Column { name, kind: ColumnType::BigInt }
}

/// Every column of the table but the partition columns: first what is asked for by name, then the parts of a record that
/// stay JSON, then what the pipeline adds.
///
/// Names: a member of the record has its name in AWS's documented Athena DDL for CloudTrail, which is that of the member in
/// small letters (Athena user guide, "Query AWS CloudTrail logs"); what S3 writes into the nested parts is called as in
/// `s3_access_logs`, so that both tables can be asked alike.
pub const COLUMNS: [Column; 57] = [
    Column { name: "eventtime", kind: ColumnType::Timestamp },
    text("eventname"),
    text("eventsource"),
    text("eventtype"),
    text("eventcategory"),
    text("eventversion"),
    text("awsregion"),
    text("sourceipaddress"),
    text("useragent"),
    text("errorcode"),
    text("errormessage"),
    text("requestid"),
    text("eventid"),
    text("sharedeventid"),
    text("readonly"),
    text("managementevent"),
    text("recipientaccountid"),
    text("vpcendpointid"),
    text("vpcendpointaccountid"),
    text("useridentity_type"),
    text("useridentity_principalid"),
    text("useridentity_arn"),
    text("useridentity_accountid"),
    text("useridentity_username"),
    text("useridentity_invokedby"),
    text("useridentity_accesskeyid"),
    text("session_mfa"),
    text("session_issuer_type"),
    text("session_issuer_principalid"),
    text("session_issuer_arn"),
    text("session_issuer_accountid"),
    text("session_issuer_username"),
    text("bucket_name"),
    text("key"),
    text("versionid"),
    text("copy_source"),
    bigint("bytesin"),
    bigint("bytesout"),
    text("sigv"),
    text("authtype"),
    text("ciphersuite"),
    text("tlsversion"),
    text("endpoint"),
    text("aclrequired"),
    text("hostid"),
    text("accesspointarn"),
    text("useridentity"),
    text("requestparameters"),
    text("responseelements"),
    text("additionaleventdata"),
    text("resources"),
    text("tlsdetails"),
    text("serviceeventdetails"),
    text("extra"),
    text("log_object"),
    bigint("log_line"),
    text("source_id"),
];

/// The columns that come from the record itself; the others say where it stands.
pub const RECORD_COLUMN_COUNT: usize = COLUMNS.len() - 3;

/// The partition columns, both text: `YYYY-MM-DD` and `00` to `23`, UTC.
pub const PARTITION_COLUMNS: [&str; 2] = ["eventdate", "eventhour"];

/// The table's name, which is also its folder in the lake.
pub const TABLE: &str = "cloudtrail_events";
