//! The tables of the lake, and what tells them apart.

use serde::{Deserialize, Serialize};

use super::columns::{self, Column};
use super::trail;

/// A table of the lake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// `s3_access_logs`. What was written before there were several tables is of this one.
    #[default]
    AccessLogs,
    /// `cloudtrail_events`.
    CloudTrail,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::AccessLogs, Self::CloudTrail];

    /// Whether this is the table of access logs, the default.
    pub fn is_access_logs(&self) -> bool {
        *self == Self::AccessLogs
    }

    /// Its name, which is also its folder in the lake.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessLogs => columns::TABLE,
            Self::CloudTrail => trail::columns::TABLE,
        }
    }

    /// The table of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Where its joined files lie: outside the table's own location, where crawlers look, and without an underscore at its
    /// beginning, as Athena takes such names for hidden (Amazon Athena user guide, "Troubleshooting in Athena").
    pub const fn joined(self) -> &'static str {
        match self {
            Self::AccessLogs => "s3_access_logs_joined",
            Self::CloudTrail => "cloudtrail_events_joined",
        }
    }

    /// Its columns, without the partition columns.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::AccessLogs => &columns::COLUMNS,
            Self::CloudTrail => &trail::columns::COLUMNS,
        }
    }

    /// Its partition columns: day and hour.
    pub const fn partition_columns(self) -> [&'static str; 2] {
        match self {
            Self::AccessLogs => columns::PARTITION_COLUMNS,
            Self::CloudTrail => trail::columns::PARTITION_COLUMNS,
        }
    }

    /// The column whose hour is the partition.
    pub const fn time_column(self) -> &'static str {
        match self {
            Self::AccessLogs => "requestdatetime",
            Self::CloudTrail => "eventtime",
        }
    }

    /// Text columns of which hardly two values are alike.
    pub const fn distinct_columns(self) -> &'static [&'static str] {
        match self {
            Self::AccessLogs => &["requestid", "key", "request_uri", "versionid", "hostid"],
            Self::CloudTrail => &[
                "requestid",
                "eventid",
                "sharedeventid",
                "versionid",
                "hostid",
                "key",
                "copy_source",
                "requestparameters",
                "responseelements",
                "additionaleventdata",
                "resources",
                "serviceeventdetails",
            ],
        }
    }

    /// Whether somebody asks for this text column by value, so that a file can be skipped by its range. The ranges of the
    /// others would only make small files larger.
    pub fn has_range(self, column: &str) -> bool {
        match self {
            Self::AccessLogs => matches!(
                column,
                "bucket_name" | "remoteip" | "requester" | "operation" | "errorcode" | "log_object" | "key"
            ),
            Self::CloudTrail => matches!(
                column,
                "eventname"
                    | "eventsource"
                    | "awsregion"
                    | "sourceipaddress"
                    | "errorcode"
                    | "recipientaccountid"
                    | "useridentity_arn"
                    | "useridentity_accountid"
                    | "bucket_name"
                    | "key"
                    | "log_object"
            ),
        }
    }
}
