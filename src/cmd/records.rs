//! Records as `parse` prints them: straight from the line's bytes into the output buffer, without a tree in between.

use std::borrow::Cow;

use crate::logs::access::{Record, present, tail};
use crate::logs::columns::{COLUMNS, Column, RECORD_COLUMN_COUNT};
use crate::logs::key;
use crate::logs::table::Table;
use crate::logs::time::rfc3339;
use crate::logs::trail;
use crate::ui::export::csv_field;

/// One value of a record.
enum Value<'a> {
    Null,
    Text(Cow<'a, [u8]>),
    Number(i64),
    Time(i64),
}

fn text(field: &[u8]) -> Value<'_> {
    present(field).map_or(Value::Null, |field| Value::Text(Cow::Borrowed(field)))
}

fn number(value: Option<i64>) -> Value<'static> {
    value.map_or(Value::Null, Value::Number)
}

/// The values of a record in the order of `COLUMNS`.
fn values<'a>(record: &Record<'a>) -> [Value<'a>; RECORD_COLUMN_COUNT] {
    let (rest, extra) = tail(record.tail);
    let [sigv, ciphersuite, authtype, endpoint, tlsversion, accesspointarn, aclrequired, sourceregion] = rest;
    let (key, key_logged) = match present(record.key) {
        None => (Value::Null, Value::Null),
        Some(logged) => {
            let decoded = key::decode(record.operation, logged);
            let kept = if decoded.logged_kept { Value::Text(Cow::Borrowed(logged)) } else { Value::Null };
            (Value::Text(decoded.key), kept)
        }
    };
    [
        text(record.bucketowner),
        text(record.bucket_name),
        Value::Time(record.requestdatetime),
        text(record.remoteip),
        text(record.requester),
        text(record.requestid),
        text(record.operation),
        key,
        text(record.request_uri),
        number(record.httpstatus.map(i64::from)),
        text(record.errorcode),
        number(record.bytessent),
        number(record.objectsize),
        number(record.totaltime),
        number(record.turnaroundtime),
        text(record.referrer),
        text(record.useragent),
        text(record.versionid),
        text(record.hostid),
        text(sigv),
        text(ciphersuite),
        text(authtype),
        text(endpoint),
        text(tlsversion),
        text(accesspointarn),
        text(aclrequired),
        text(sourceregion),
        key_logged,
        extra.map_or(Value::Null, |extra| Value::Text(Cow::Borrowed(extra))),
    ]
}

/// The columns of a table that a record has by itself: all but those that the pipeline adds.
fn own_columns(table: Table) -> &'static [Column] {
    let count = match table {
        Table::AccessLogs => RECORD_COLUMN_COUNT,
        Table::CloudTrail => trail::columns::RECORD_COLUMN_COUNT,
    };
    table.columns().get(..count).unwrap_or_default()
}

/// The header line of csv.
pub fn csv_header(table: Table, out: &mut Vec<u8>) {
    let names: Vec<&str> = own_columns(table).iter().map(|column| column.name).collect();
    out.extend_from_slice(names.join(",").as_bytes());
    out.push(b'\n');
}

/// A record as a line of csv.
pub fn csv(record: &Record<'_>, out: &mut Vec<u8>) {
    csv_line(&values(record), out);
}

/// An event of CloudTrail as a line of csv. Columns that are JSON are text, as in the lake.
pub fn trail_csv(record: &trail::record::Record<'_>, out: &mut Vec<u8>) {
    csv_line(&event_values(record), out);
}

fn csv_line(values: &[Value<'_>], out: &mut Vec<u8>) {
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        match value {
            Value::Null => {}
            Value::Text(bytes) => csv_field(out, &utf8(bytes)),
            Value::Number(n) => decimal(out, *n),
            Value::Time(ms) => out.extend_from_slice(rfc3339(*ms).as_bytes()),
        }
    }
    out.push(b'\n');
}

/// A record as a JSON object, without a line end.
pub fn json(record: &Record<'_>, out: &mut Vec<u8>) {
    object(&values(record), &COLUMNS, out);
}

/// An event of CloudTrail as a JSON object, without a line end. Columns that are JSON are text here as well, as in the lake.
pub fn trail_json(record: &trail::record::Record<'_>, out: &mut Vec<u8>) {
    object(&event_values(record), &trail::columns::COLUMNS, out);
}

/// The values of an event in the order of the table's columns.
fn event_values<'a>(record: &trail::record::Record<'a>) -> Vec<Value<'a>> {
    use trail::record::{Additional, Member, Request, access_point, identity, tls};
    let text = |value: Option<Cow<'a, [u8]>>| value.map_or(Value::Null, Value::Text);
    let json = |member| record.json(member).map_or(Value::Null, |value| Value::Text(Cow::Borrowed(value)));
    let mut values = vec![Value::Time(record.eventtime)];
    values.extend(
        [
            Member::EventName,
            Member::EventSource,
            Member::EventType,
            Member::EventCategory,
            Member::EventVersion,
            Member::AwsRegion,
            Member::SourceIpAddress,
            Member::UserAgent,
            Member::ErrorCode,
            Member::ErrorMessage,
            Member::RequestId,
            Member::EventId,
            Member::SharedEventId,
            Member::ReadOnly,
            Member::ManagementEvent,
            Member::RecipientAccountId,
            Member::VpcEndpointId,
            Member::VpcEndpointAccountId,
        ]
        .map(|member| text(record.text(member))),
    );
    values.extend(identity(record.json(Member::UserIdentity).unwrap_or_default()).map(text));
    let request = Request::of(record);
    values.extend([request.bucket_name, request.key, request.versionid, request.copy_source].map(text));
    let more = Additional::of(record);
    let [version, cipher, host] = tls(record.json(Member::TlsDetails).unwrap_or_default());
    values.extend([more.bytesin, more.bytesout].map(number));
    values.extend([more.sigv, more.authtype, cipher.or(more.ciphersuite), version, host].map(text));
    values.extend([more.aclrequired, more.hostid, access_point(record.json(Member::Resources))].map(text));
    values.extend(
        [
            Member::UserIdentity,
            Member::RequestParameters,
            Member::ResponseElements,
            Member::AdditionalEventData,
            Member::Resources,
            Member::TlsDetails,
            Member::ServiceEventDetails,
        ]
        .map(json),
    );
    values.push(record.extra().map_or(Value::Null, |extra| Value::Text(Cow::Owned(extra))));
    values
}

fn object(values: &[Value<'_>], columns: &[Column], out: &mut Vec<u8>) {
    let mut before = b'{';
    for (value, column) in values.iter().zip(columns) {
        out.push(before);
        before = b',';
        out.push(b'"');
        out.extend_from_slice(column.name.as_bytes());
        out.extend_from_slice(b"\":");
        match value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Text(bytes) => json_text(out, &utf8(bytes)),
            Value::Number(n) => decimal(out, *n),
            Value::Time(ms) => {
                out.push(b'"');
                out.extend_from_slice(rfc3339(*ms).as_bytes());
                out.push(b'"');
            }
        }
    }
    out.push(b'}');
}

/// What is not UTF-8 becomes U+FFFD, as in the lake.
fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(_) => Cow::Borrowed(bytes),
        Cow::Owned(repaired) => Cow::Owned(repaired.into_bytes()),
    }
}

fn decimal(out: &mut Vec<u8>, n: i64) {
    // 19 digits and a sign.
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// A JSON string: runs of harmless bytes are copied whole (RFC 8259, section 7, says what must be escaped). DEL and the
/// C1 controls are escaped too, because terminals act on them.
fn json_text(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    let mut copied = 0;
    for (i, &byte) in text.iter().enumerate() {
        if ORDINARY[usize::from(byte)] {
            continue;
        }
        // C1 controls are U+0080 to U+009F: 0xC2 and one more byte below 0xA0.
        let c1 = byte == 0xc2 && text.get(i + 1).is_some_and(|next| *next < 0xa0);
        if byte == 0xc2 && !c1 {
            continue;
        }
        out.extend_from_slice(&text[copied..i]);
        copied = i + 1 + usize::from(c1);
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0xc2 => unicode_escape(out, text[i + 1]),
            control => unicode_escape(out, control),
        }
    }
    out.extend_from_slice(&text[copied..]);
    out.push(b'"');
}

fn unicode_escape(out: &mut Vec<u8>, code: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(b"\\u00");
    out.push(HEX[usize::from(code >> 4)]);
    out.push(HEX[usize::from(code & 15)]);
}

/// Bytes that a JSON string holds as they are.
const ORDINARY: [bool; 256] = {
    let mut table = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = false;
        byte += 1;
    }
    table[b'"' as usize] = false;
    table[b'\\' as usize] = false;
    table[0x7f] = false;
    table[0xc2] = false;
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::access::Parser;

    const LINE: &str = "79a5 bucket-one [06/Feb/2019:00:00:38 +0000] 192.0.2.3 79a5 3E57427F33A59F07 REST.PUT.OBJECT photos%252F2019/puppy.jpg \"PUT /bucket-one/photos/2019/puppy.jpg?x-foo=bar HTTP/1.1\" 200 - - 3462992 70 10 \"-\" \"S3\\Console/0.4\" - hostid= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader bucket-one.s3.us-west-1.amazonaws.com TLSv1.2 - Yes us-east-1 new1 new2";

    fn line(write: impl FnOnce(&Record<'_>, &mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&Parser::default().parse(LINE.as_bytes()).unwrap(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_object_has_the_columns_in_their_order_and_their_types() {
        let text = line(json);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.as_object().unwrap().len(), RECORD_COLUMN_COUNT);
        let mut at = 0;
        for column in &COLUMNS[..RECORD_COLUMN_COUNT] {
            at += text[at..].find(&format!("\"{}\":", column.name)).unwrap_or_else(|| panic!("{}", column.name));
        }
        assert_eq!(value["requestdatetime"], "2019-02-06T00:00:38Z");
        assert_eq!(value["key"], "photos/2019/puppy.jpg");
        assert_eq!(value["httpstatus"], 200);
        assert_eq!(value["bytessent"], serde_json::Value::Null);
        assert_eq!(value["objectsize"], 3_462_992);
        assert_eq!(value["useragent"], "S3\\Console/0.4");
        assert_eq!(value["sourceregion"], "us-east-1");
        assert_eq!(value["extra"], "new1 new2");
    }

    #[test]
    fn csv_has_as_many_fields_as_its_header() {
        let mut header = Vec::new();
        csv_header(Table::AccessLogs, &mut header);
        let commas = |text: &[u8]| text.iter().filter(|byte| **byte == b',').count();
        assert_eq!(commas(&header), RECORD_COLUMN_COUNT - 1);
        assert_eq!(commas(line(csv).as_bytes()), RECORD_COLUMN_COUNT - 1);
    }

    #[test]
    fn any_text_survives_json_and_none_of_it_reaches_a_terminal_as_a_command() {
        for text in ["plain", "\"q\" \\ \n\r\t\0\x1b[31m\x7f", "é\u{80}\u{9b}31m\u{a0}ü", "日本🦀", ""] {
            let mut out = Vec::new();
            json_text(&mut out, text.as_bytes());
            let written = String::from_utf8(out).unwrap();
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
            assert!(!written.chars().any(char::is_control), "{written:?}");
        }
        assert_eq!(&*utf8(b"a\xffb"), "a\u{fffd}b".as_bytes());
    }

    #[test]
    fn numbers_are_written_as_rust_writes_them() {
        for n in [0, 7, -1, 1_234_567, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            decimal(&mut out, n);
            assert_eq!(String::from_utf8(out).unwrap(), n.to_string());
        }
    }

    #[test]
    fn an_event_has_a_value_for_each_column_of_the_table() {
        let text = br#"{"eventTime":"2026-06-01T10:20:30Z","eventID":"e","userIdentity":{"type":"Root"},"userAgent":"a\u0062",
            "additionalEventData":{"bytesTransferredOut":7,"x-amz-id-2":"h"},"tlsDetails":{"tlsVersion":"TLSv1.3"},"x":1}"#;
        let mut spans = trail::record::Spans::default();
        spans.find(text).unwrap();
        let record = trail::record::Record::new(text, &spans).unwrap();
        // All but what the pipeline adds.
        assert_eq!(event_values(&record).len(), trail::columns::COLUMNS.len() - 3);
        assert_eq!(event_values(&record).len(), own_columns(Table::CloudTrail).len());
        let mut out = Vec::new();
        trail_json(&record, &mut out);
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        for (column, expected) in [
            ("eventtime", serde_json::json!("2026-06-01T10:20:30Z")),
            ("useragent", serde_json::json!("ab")),
            ("useridentity_type", serde_json::json!("Root")),
            ("bytesout", serde_json::json!(7)),
            ("hostid", serde_json::json!("h")),
            ("tlsversion", serde_json::json!("TLSv1.3")),
            ("key", serde_json::Value::Null),
            ("extra", serde_json::json!("{\"x\":1}")),
        ] {
            assert_eq!(value[column], expected, "{column}");
        }
    }
}
