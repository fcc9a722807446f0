//! Queries that AWS publishes run on the view with AWS's types.

use super::lake::{ACCESS_LOG, Lake, rows};

/// The kinds of condition that "Using Amazon S3 server access logs to identify requests" shows, on our fixture.
#[test]
fn published_conditions_find_their_rows() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    for (sql, expected) in [
        // Who deleted an object.
        (
            "SELECT RequestDateTime, RemoteIP, Requester, Key FROM s3_access_logs_compat
             WHERE Key = 'old.txt' AND Operation LIKE '%DELETE%'",
            &["01/Jun/2026:10:30:00 +0000,192.0.2.10,arn:aws:sts::111122223333:assumed-role/analyst/alice,old.txt"][..],
        ),
        // What was done to an object in a time.
        (
            "SELECT operation FROM s3_access_logs_compat WHERE Key = 'locked.txt'
             AND parse_datetime(RequestDateTime, 'dd/MMM/yyyy:HH:mm:ss Z')
             BETWEEN parse_datetime('2026-06-01:10:31:30', 'yyyy-MM-dd:HH:mm:ss')
             AND parse_datetime('2026-06-01:11:00:00', 'yyyy-MM-dd:HH:mm:ss')",
            &["REST.DELETE.OBJECT"],
        ),
        // How much an address was sent.
        (
            "SELECT coalesce(SUM(bytessent), 0) AS bytessenttotal FROM s3_access_logs_compat
             WHERE remoteip = '203.0.113.5' AND parse_datetime(requestdatetime, 'dd/MMM/yyyy:HH:mm:ss Z')
             BETWEEN parse_datetime('2026-06-01', 'yyyy-MM-dd') AND parse_datetime('2026-07-01', 'yyyy-MM-dd')",
            &["50000943"],
        ),
        // Statuses and times are text.
        ("SELECT count(*) FROM s3_access_logs_compat WHERE httpstatus = '403'", &["6"]),
        ("SELECT count(*) FROM s3_access_logs_compat WHERE httpstatus LIKE '5%'", &["4"]),
        (
            "SELECT key FROM s3_access_logs_compat WHERE turnaroundtime != '-'
             ORDER BY CAST(turnaroundtime AS INT) DESC LIMIT 2",
            &["cat.jpg", "slow.bin"],
        ),
        // Unauthenticated requests, in the two ways in which AWS asks for them.
        ("SELECT count(*) FROM s3_access_logs_compat WHERE requester IS NULL", &["4"]),
        ("SELECT count(*) FROM s3_access_logs_compat WHERE requester != '-'", &["45"]),
        // Signatures by requester.
        (
            "SELECT requester, sigv, count(sigv) AS sigcount FROM s3_access_logs_compat
             WHERE requester LIKE '%bob' GROUP BY requester, sigv",
            &["arn:aws:iam::111122223333:user/bob,SigV4,16"],
        ),
    ] {
        assert_eq!(rows(&engine, sql), expected, "{sql}");
    }
}

#[test]
fn the_types_are_those_of_the_published_table() {
    let answer = Lake::of(&[]).engine().sql("SELECT * FROM s3_access_logs_compat").unwrap();
    for column in &answer.columns {
        let expected = if ["bytessent", "objectsize"].contains(&column.name.as_str()) { "bigint" } else { "varchar" };
        assert_eq!(column.kind, expected, "{}", column.name);
    }
    assert_eq!(answer.columns.len(), 27 + 2);
}
