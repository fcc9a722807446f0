//! What becomes of the lines of server access logs: fixtures for every quirk, a model that renders random fields and
//! wants them back, and hostile input.

mod fixtures;
mod hostile;
mod model;

use std::collections::BTreeMap;

use bucketscope::logs::access::{Parser, Record, Reject, present, tail};
use bucketscope::logs::{columns, key};

/// A line's columns that are not null, as text; a time as milliseconds since the epoch.
fn columns_of(line: &[u8]) -> Result<BTreeMap<&'static str, String>, Reject> {
    Parser::default().parse(line).map(|record| columns_of_record(&record))
}

fn columns_of_record(record: &Record<'_>) -> BTreeMap<&'static str, String> {
    let text = |field| present(field).map(|field| String::from_utf8_lossy(field).into_owned());
    let (fields, extra) = tail(record.tail);
    let decoded = present(record.key).map(|logged| key::decode(record.operation, logged));
    let values = [
        ("bucketowner", text(record.bucketowner)),
        ("bucket_name", text(record.bucket_name)),
        ("requestdatetime", Some(record.requestdatetime.to_string())),
        ("remoteip", text(record.remoteip)),
        ("requester", text(record.requester)),
        ("requestid", text(record.requestid)),
        ("operation", text(record.operation)),
        ("key", decoded.as_ref().map(|key| String::from_utf8_lossy(&key.key).into_owned())),
        ("request_uri", text(record.request_uri)),
        ("httpstatus", record.httpstatus.map(|number| number.to_string())),
        ("errorcode", text(record.errorcode)),
        ("bytessent", record.bytessent.map(|number| number.to_string())),
        ("objectsize", record.objectsize.map(|number| number.to_string())),
        ("totaltime", record.totaltime.map(|number| number.to_string())),
        ("turnaroundtime", record.turnaroundtime.map(|number| number.to_string())),
        ("referrer", text(record.referrer)),
        ("useragent", text(record.useragent)),
        ("versionid", text(record.versionid)),
        ("hostid", text(record.hostid)),
        ("sigv", text(fields[0])),
        ("ciphersuite", text(fields[1])),
        ("authtype", text(fields[2])),
        ("endpoint", text(fields[3])),
        ("tlsversion", text(fields[4])),
        ("accesspointarn", text(fields[5])),
        ("aclrequired", text(fields[6])),
        ("sourceregion", text(fields[7])),
        ("key_logged", decoded.filter(|key| key.logged_kept).and_then(|_| text(record.key))),
        ("extra", extra.map(|extra| String::from_utf8_lossy(extra).into_owned())),
    ];
    let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
    let wanted: Vec<_> = columns::COLUMNS[..columns::RECORD_COLUMN_COUNT].iter().map(|column| column.name).collect();
    assert_eq!(names, wanted, "the columns in the order of the table");
    values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
