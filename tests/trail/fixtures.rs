//! A record for every quirk, and the columns that it must have.

use serde_json::{Value, json};

use super::table::{Row, World, document, event, gzip, rows_of};

/// The one row of a record, without what every row has.
fn row_of(record: &str) -> Row {
    let mut row = rows_of(&[record]).remove(0);
    for column in ["eventtime", "eventid", "eventdate", "eventhour", "log_object", "log_line", "source_id"] {
        assert!(row.remove(column).is_some(), "{column}");
    }
    row
}

fn row(columns: Value) -> Row {
    serde_json::from_value(columns).unwrap()
}

#[test]
fn a_read_of_an_object_by_a_role_has_all_its_columns() {
    let record = r#"{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:job",
"arn":"arn:aws:sts::111122223333:assumed-role/etl/job","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE",
"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/etl",
"accountId":"111122223333","userName":"etl"},"attributes":{"creationDate":"2026-06-01T10:00:00Z","mfaAuthenticated":"false"}},
"invokedBy":"glue.amazonaws.com"},"eventTime":"2026-06-01T10:20:30Z","eventSource":"s3.amazonaws.com","eventName":"GetObject",
"awsRegion":"eu-west-1","sourceIPAddress":"10.0.0.7","userAgent":"[aws-sdk-java/2]","errorCode":"AccessDenied",
"errorMessage":"Access Denied","requestParameters":{"bucketName":"shop","Host":"shop.s3.amazonaws.com","key":"a b/ü.csv",
"versionId":"v1"},"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"old",
"bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"abc=","bytesTransferredOut":1234.0,
"aclRequired":"Yes"},"requestID":"R1","eventID":"e-1","readOnly":true,"resources":[{"type":"AWS::S3::Object",
"ARN":"arn:aws:s3:::shop/a b/ü.csv"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::shop"},
{"type":"AWS::S3::AccessPoint","ARN":"arn:aws:s3:eu-west-1:111122223333:accesspoint/ap"}],"eventType":"AwsApiCall",
"managementEvent":false,"recipientAccountId":"111122223333","sharedEventID":"s-1","vpcEndpointId":"vpce-1",
"vpcEndpointAccountId":"444455556666","eventCategory":"Data","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES",
"clientProvidedHostHeader":"shop.s3.amazonaws.com"},"apiVersion":"2006-03-01"}"#
        .replace('\n', "");
    let mut row = rows_of(&[&record]).remove(0);
    let part = |from: &str| {
        let value: Value = serde_json::from_str(&record).unwrap();
        value[from].clone()
    };
    for (column, member) in [
        ("useridentity", "userIdentity"),
        ("requestparameters", "requestParameters"),
        ("additionaleventdata", "additionalEventData"),
        ("resources", "resources"),
        ("tlsdetails", "tlsDetails"),
    ] {
        let text = row.remove(column).unwrap();
        assert_eq!(serde_json::from_str::<Value>(text.as_str().unwrap()).unwrap(), part(member), "{column}");
    }
    assert_eq!(
        json!(row),
        json!({
            "eventtime": 1_780_309_230_000_i64, "eventdate": "2026-06-01", "eventhour": "10",
            "eventname": "GetObject", "eventsource": "s3.amazonaws.com", "eventtype": "AwsApiCall",
            "eventcategory": "Data", "eventversion": "1.09", "awsregion": "eu-west-1", "sourceipaddress": "10.0.0.7",
            "useragent": "[aws-sdk-java/2]", "errorcode": "AccessDenied", "errormessage": "Access Denied",
            "requestid": "R1", "eventid": "e-1", "sharedeventid": "s-1", "readonly": "true", "managementevent": "false",
            "recipientaccountid": "111122223333", "vpcendpointid": "vpce-1", "vpcendpointaccountid": "444455556666",
            "useridentity_type": "AssumedRole", "useridentity_principalid": "AROAEXAMPLE:job",
            "useridentity_arn": "arn:aws:sts::111122223333:assumed-role/etl/job",
            "useridentity_accountid": "111122223333", "useridentity_invokedby": "glue.amazonaws.com",
            "useridentity_accesskeyid": "ASIAEXAMPLE", "session_mfa": "false", "session_issuer_type": "Role",
            "session_issuer_principalid": "AROAEXAMPLE", "session_issuer_arn": "arn:aws:iam::111122223333:role/etl",
            "session_issuer_accountid": "111122223333", "session_issuer_username": "etl",
            "bucket_name": "shop", "key": "a b/ü.csv", "versionid": "v1", "bytesin": 0, "bytesout": 1234,
            "sigv": "SigV4", "authtype": "AuthHeader", "ciphersuite": "TLS_AES", "tlsversion": "TLSv1.3",
            "endpoint": "shop.s3.amazonaws.com", "aclrequired": "Yes", "hostid": "abc=",
            "accesspointarn": "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap",
            "extra": "{\"apiVersion\":\"2006-03-01\"}",
            "log_object": "a.json.gz", "log_line": 1, "source_id": "audit",
        })
    );
}

#[test]
fn the_bucket_and_the_key_come_from_resources_where_an_event_of_s3_does_not_say_them() {
    let resources = r#""resources":[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::other/"},
{"type":"AWS::S3::Object","ARN":"arn:aws-cn:s3:::shop/a/b"},{"ARN":"arn:aws:s3:::second/c"}]"#
        .replace('\n', "");
    let of_s3 = row_of(&event(&format!(r#""eventSource":"s3.amazonaws.com",{resources}"#)));
    assert_eq!((of_s3["bucket_name"].as_str(), of_s3["key"].as_str()), (Some("shop"), Some("a/b")));
    let of_kms = row_of(&event(&format!(r#""eventSource":"kms.amazonaws.com",{resources}"#)));
    assert_eq!((of_kms.get("bucket_name"), of_kms.get("key")), (None, None));
    let own = row_of(&event(&format!(
        r#""eventSource":"s3.amazonaws.com",{resources},"requestParameters":{{"bucketName":"own"}}"#
    )));
    assert_eq!((own["bucket_name"].as_str(), own["key"].as_str()), (Some("own"), Some("a/b")));
}

#[test]
fn a_copy_says_what_it_copied_from() {
    let row =
        row_of(&event(r#""requestParameters":{"bucketName":"b","key":"k","x-amz-copy-source":"a/k%20?versionId=1"}"#));
    assert_eq!(row["copy_source"], "a/k%20?versionId=1");
}

#[test]
fn members_that_are_null_or_empty_or_of_another_type() {
    let nulls = r#""eventName":null,"userIdentity":null,"requestParameters":null,"resources":null,"tlsDetails":null,
"additionalEventData":null,"readOnly":null"#
        .replace('\n', "");
    assert_eq!(row_of(&event(&nulls)), Row::new());
    let empty = row_of(&event(r#""eventName":"","userIdentity":{},"resources":[],"requestParameters":"HIDDEN""#));
    let expected = json!({
        "eventname": "", "useridentity": "{}", "resources": "[]", "requestparameters": "\"HIDDEN\""
    });
    assert_eq!(empty, row(expected));
    let others = row_of(&event(
        r#""recipientAccountId":111122223333,"readOnly":"true","requestParameters":{"key":{"a":1},"bucketName":7}"#,
    ));
    let expected = json!({
        "recipientaccountid": "111122223333", "readonly": "true", "bucket_name": "7",
        "requestparameters": "{\"key\":{\"a\":1},\"bucketName\":7}"
    });
    assert_eq!(others, row(expected));
}

#[test]
fn numbers_of_bytes_however_they_are_written() {
    for (written, read) in [
        ("12", Some(12)),
        ("12.0", Some(12)),
        ("1.2e1", Some(12)),
        ("\"12\"", Some(12)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-1", None),
        ("1.5", None),
        ("1e300", None),
        ("18446744073709551616", None),
        ("\"many\"", None),
        ("null", None),
        ("[1]", None),
    ] {
        let row = row_of(&event(&format!(r#""additionalEventData":{{"bytesTransferredOut":{written}}}"#)));
        assert_eq!(row.get("bytesout").and_then(Value::as_i64), read, "{written}");
        assert_eq!(row["additionaleventdata"], format!("{{\"bytesTransferredOut\":{written}}}"), "the text is kept");
    }
}

#[test]
fn a_name_that_stands_twice_has_its_last_value_and_names_may_be_escaped() {
    let row = row_of(&event(
        r#""eventName":"first","event\u004eame":"last","userIdentity":{"arn":"1","\u0061rn":"2"},"userIdentity":{"arn":"3"}"#,
    ));
    assert_eq!((row["eventname"].as_str(), row["useridentity_arn"].as_str()), (Some("last"), Some("3")));
    assert_eq!(row["useridentity"], r#"{"arn":"3"}"#);
}

#[test]
fn escapes_are_read_and_halves_of_surrogate_pairs_are_no_characters() {
    for (written, read) in [
        (r#"a\"\\\/\b\f\n\r\t"#, "a\"\\/\u{8}\u{c}\n\r\t"),
        (r"\u00e9\uD83D\uDE00", "é😀"),
        (r"\ud83dx", "\u{FFFD}x"),
        (r"\ude00\ud83d", "\u{FFFD}\u{FFFD}"),
        (r"\ud83d\ud83d\ude00", "\u{FFFD}😀"),
        (r"\u0000", "\0"),
    ] {
        assert_eq!(row_of(&event(&format!(r#""userAgent":"{written}""#)))["useragent"], read, "{written}");
    }
}

#[test]
fn times_of_every_form_are_utc() {
    for (written, hour, ms) in [
        ("2026-06-01T10:20:30Z", "10", 1_780_309_230_000_i64),
        ("2026-06-01T10:20:30.987Z", "10", 1_780_309_230_987),
        ("2026-06-01T10:20:30+02:00", "08", 1_780_302_030_000),
        ("2024-02-29T23:59:59Z", "23", 1_709_251_199_000),
        ("1969-12-31T23:59:59Z", "23", -1_000),
    ] {
        let record = format!(r#"{{"eventID":"x","eventTime":"{written}"}}"#);
        let row = rows_of(&[&record]).remove(0);
        assert_eq!((row["eventhour"].as_str(), row["eventtime"].as_i64()), (Some(hour), Some(ms)), "{written}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_and_the_rest_stays() {
    let mut text = document(&[&event(r#""userAgent":"a?b","requestParameters":{"key":"?"}"#)]).into_bytes();
    text.iter_mut().filter(|byte| **byte == b'?').for_each(|byte| *byte = 0xFF);
    let world = World::new();
    world.put("a.json.gz", &gzip(&text));
    world.run();
    let row = world.rows().remove(0);
    assert_eq!((row["useragent"].as_str(), row["key"].as_str()), (Some("a\u{FFFD}b"), Some("\u{FFFD}")));
    assert_eq!(row["requestparameters"], "{\"key\":\"\u{FFFD}\"}");
}

#[test]
fn documents_in_every_dress() {
    let records = [event(r#""eventName":"A""#), event(r#""eventName":"B""#)];
    let plain = document(&[&records[0], &records[1]]);
    let dresses = [
        plain.clone(),
        format!("\u{FEFF}{plain}\n"),
        format!(
            " {{ \"x\" : [1,{{\"Records\":[3]}}] ,\n\"Records\" : [ {} , {} ] , \"y\":\"]}}\" }} ",
            records[0], records[1]
        ),
        format!("{{\"\\u0052ecords\":[{}]}}{{\"Records\":[{}]}}", records[0], records[1]),
        format!("{{\"Records\":[{}],\"Records\":[{}]}}", records[0], records[1]),
    ];
    for text in &dresses {
        for bytes in [text.clone().into_bytes(), gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 1).unwrap()] {
            let world = World::new();
            world.put("a", &bytes);
            let counts = world.run().counts;
            assert_eq!((counts.records, counts.rejected, counts.damaged_objects.len()), (2, 0, 0), "{text}");
            let names: Vec<_> = world.rows().iter().map(|row| row["eventname"].clone()).collect();
            assert_eq!(names, ["A", "B"]);
        }
    }
    let world = World::new();
    world.put("none.json.gz", &gzip(b"{\"Records\":[]}"));
    let counts = world.run().counts;
    assert_eq!((counts.objects, counts.lines, counts.damaged_objects.len()), (1, 0, 0));
}

/// The first example of the CloudTrail user guide's page of log file examples is of this form.
#[test]
fn a_record_of_the_first_version_has_no_id_and_is_kept() {
    let old = r#"{"eventVersion":"1.0","eventTime":"2014-03-06T21:22:54Z","eventName":"StartInstances"}"#;
    let rows = rows_of(&[old, old]);
    assert_eq!(rows.len(), 2);
    for row in &rows {
        assert_eq!((&row["eventversion"], &row["eventname"]), (&json!("1.0"), &json!("StartInstances")));
        assert!(!row.contains_key("eventid") && !row.contains_key("requestid"), "{row:?}");
        assert_eq!((&row["eventdate"], &row["eventhour"]), (&json!("2014-03-06"), &json!("21")));
    }
}

#[test]
fn a_value_that_stands_alone_in_a_list_is_that_value() {
    let record = event(
        r#""requestParameters":{"bucketName":["b"],"key":[ "k" ],"versionId":["v1","v2"],"Host":["h"],"x-amz-copy-source":["b/%C3%BC"]}"#,
    );
    let row = row_of(&record);
    assert_eq!([&row["bucket_name"], &row["key"], &row["copy_source"]], [&json!("b"), &json!("k"), &json!("b/%C3%BC")]);
    assert!(!row.contains_key("versionid"), "which of the two would be a guess");
}

#[test]
fn records_that_were_taken_out_of_a_file_are_read() {
    let (one, two) = (event(r#""eventName":"A""#), event(r#""eventName":"B""#));
    let names = |text: &str| -> (Vec<Value>, u64) {
        let world = World::new();
        world.put("a.json", text.as_bytes());
        let summary = world.run();
        let rows = world.rows();
        (rows.iter().map(|row| row["eventname"].clone()).collect(), summary.counts.rejected)
    };
    let both = vec![json!("A"), json!("B")];
    for text in [
        format!("{one}\n{two}\n"),
        format!("\u{FEFF}{one}{two}"),
        format!("[{one},{two}]"),
        format!(" [ {one} ]\n[{two}] "),
        format!("{{\"Records\":[{one}]}}\n{two}"),
        format!("{one}\n{{\"Records\":[{two}]}}"),
    ] {
        assert_eq!(names(&text), (both.clone(), 0), "{text}");
    }
    let damaged = format!("{one}\n{{\"eventTime\":tru}}\n{two}\n");
    assert_eq!(names(&damaged), (both.clone(), 1), "a line that is no JSON costs itself alone");
    let cut = format!("{one}\n{two}\n{{\"eventTime\":\"2026");
    assert_eq!(names(&cut), (both, 1));
}

#[test]
fn directory_buckets_spell_some_names_in_another_way() {
    let record =
        event(r#""additionalEventData":{"cipherSuite":"C","xAmzId2":"host","AuthenticationMethod":"AuthHeader"}"#);
    let row = row_of(&record);
    assert_eq!(
        [&row["ciphersuite"], &row["hostid"], &row["authtype"]],
        [&json!("C"), &json!("host"), &json!("AuthHeader")]
    );
}
