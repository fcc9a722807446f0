//! Records as `parse` prints them: straight from the line's bytes into the output buffer, without a tree in between.

use std::borrow::Cow;

use crate::logs::access::{Record, present, tail};
use crate::logs::columns::{COLUMNS, RECORD_COLUMN_COUNT};
use crate::logs::key;
use crate::logs::time::rfc3339;
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

/// The header line of csv.
pub fn csv_header(out: &mut Vec<u8>) {
    let names: Vec<&str> = COLUMNS[..RECORD_COLUMN_COUNT].iter().map(|column| column.name).collect();
    out.extend_from_slice(names.join(",").as_bytes());
    out.push(b'\n');
}

/// A record as a line of csv.
pub fn csv(record: &Record<'_>, out: &mut Vec<u8>) {
    for (i, value) in values(record).iter().enumerate() {
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
    let mut before = b'{';
    for (value, column) in values(record).iter().zip(&COLUMNS) {
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
        csv_header(&mut header);
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
}
