//! Any record, however it is written, has the columns that a naive reader draws out of it.

use bucketscope::logs::trail::record::Spans;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::naive::{self, NESTED, TEXTS};
use super::table::{World, gzip};

/// Text with what JSON has to escape and what it may.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,8}",
        "[\"\\\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}é\u{2028}\u{1F600}{}\\[\\]:, a]{0,12}",
        Just("arn:aws:s3:::shop/a/b".to_owned()),
        Just("arn:aws:s3:::shop".to_owned()),
        Just("12".to_owned()),
    ]
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => texts().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => (0i64..100_000).prop_map(Value::from),
        1 => (0u32..1000).prop_map(|number| json!(f64::from(number) / 4.0)),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((names(), inner), 0..5).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Names of members that are drawn out, and others.
fn names() -> impl Strategy<Value = String> {
    let known = [
        "type",
        "arn",
        "ARN",
        "accountId",
        "sessionContext",
        "attributes",
        "sessionIssuer",
        "mfaAuthenticated",
        "userName",
        "bucketName",
        "key",
        "versionId",
        "x-amz-copy-source",
        "bytesTransferredIn",
        "bytesTransferredOut",
        "CipherSuite",
        "x-amz-id-2",
        "xAmzId2",
        "tlsVersion",
        "cipherSuite",
    ];
    prop_oneof![3 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => texts()]
}

fn records() -> impl Strategy<Value = Value> {
    let member = prop_oneof![
        3 => (proptest::sample::select(TEXTS.to_vec()).prop_map(str::to_owned), scalars()),
        3 => (proptest::sample::select(NESTED.to_vec()).prop_map(str::to_owned), values()),
        1 => (texts(), values()),
    ];
    (vec(member, 0..14), 0i64..4_000_000, any::<bool>()).prop_map(|(members, seconds, of_s3)| {
        let mut record: serde_json::Map<String, Value> = members.into_iter().collect();
        let time = jiff::Timestamp::from_second(1_780_000_000 + seconds).unwrap();
        record.insert("eventTime".to_owned(), json!(time.to_string()));
        record.insert("eventID".to_owned(), json!("id"));
        if of_s3 {
            record.insert("eventSource".to_owned(), json!("s3.amazonaws.com"));
        }
        Value::Object(record)
    })
}

/// Writes a value as JSON with blanks and escapes where JSON allows them, by the bits of `taste`.
fn write(value: &Value, taste: &mut u64, out: &mut String) {
    let mut bit = || {
        *taste = taste.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*taste >> 33).is_multiple_of(8)
    };
    if bit() {
        out.push_str(" \n\t\r");
    }
    match value {
        Value::String(text) => write_text(text, bit(), out),
        Value::Array(values) => {
            out.push('[');
            for (at, value) in values.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write(value, taste, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                let escaped = taste.count_ones().is_multiple_of(5);
                write_text(name, escaped, out);
                out.push_str(if escaped { " : " } else { ":" });
                write(value, taste, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn write_text(text: &str, escaped: bool, out: &mut String) {
    if !escaped {
        return out.push_str(&json!(text).to_string());
    }
    out.push('"');
    for unit in text.encode_utf16() {
        out.push_str(&format!("\\u{unit:04X}"));
    }
    out.push('"');
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_record_has_the_columns_that_a_naive_reader_draws_out(all in vec(records(), 1..12), mut taste in any::<u64>()) {
        let mut text = String::from("{\"Records\":[");
        for (at, record) in all.iter().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            write(record, &mut taste, &mut text);
        }
        text.push_str("]}");
        let read: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read["Records"].as_array().unwrap(), &all, "the text is what was meant");
        let world = World::new();
        world.put("a/1.json.gz", &gzip(text.as_bytes()));
        let summary = world.run();
        prop_assert_eq!((summary.counts.records as usize, summary.counts.rejected), (all.len(), 0));
        let rows = world.rows();
        for ((row, record), line) in rows.iter().zip(&all).zip(1..) {
            let (expected, nested) = naive::columns(record, "a/1.json.gz", line);
            let is_nested = |name: &str| name == "extra" || NESTED.iter().any(|nested| nested.to_lowercase() == name);
            let mut plain = row.clone();
            plain.retain(|name, _| !is_nested(name));
            plain.remove("accesspointarn");
            prop_assert_eq!(plain, expected);
            let mut parsed = row.clone();
            parsed.retain(|name, _| is_nested(name));
            for value in parsed.values_mut() {
                *value = serde_json::from_str(value.as_str().unwrap()).unwrap();
            }
            prop_assert_eq!(parsed, nested);
        }
        prop_assert_eq!(rows.len(), all.len());
    }
}

/// A text with one byte changed, taken out or put in.
fn changed(text: &str, at: usize, how: u8) -> Option<String> {
    const BYTES: &[u8] = b"{}[]\",:\\0-1 .trufalsn\n\x01x";
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    let byte = BYTES[usize::from(how) % BYTES.len()];
    match how % 3 {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        _ => drop(bytes.remove(at)),
    }
    String::from_utf8(bytes).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_record_is_json_for_us_if_it_is_for_serde_json(record in records(), at in any::<usize>(), how in any::<u8>()) {
        let Some(text) = changed(&record.to_string(), at, how) else { return Ok(()) };
        let read: Result<Value, _> = serde_json::from_str(&text);
        let (text, mut spans) = (format!("{text},"), Spans::default());
        let ours = spans.find(text.as_bytes());
        match read {
            Ok(value) if value.is_object() => prop_assert_eq!(ours, Ok(text.trim_end_matches([',', ' ', '\n']).len())),
            // What does not end is told apart from what is wrong: more of it may come.
            Ok(_) | Err(_) => prop_assert!(ours.is_err() || ours != Ok(text.len() - 1), "{text}"),
        }
    }
}
