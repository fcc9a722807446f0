//! The columns of an event as a reader would draw them out who has all of it in memory, with serde_json.

use serde_json::{Map, Value, json};

use super::table::Row;

/// The columns of the record `line` of an object, but those of JSON text, which are given as values in the second.
pub fn columns(record: &Value, log_object: &str, line: u64) -> (Row, Row) {
    let mut row = Row::new();
    let mut nested = Row::new();
    let record = record.as_object().unwrap();
    let time: jiff::Timestamp = record["eventTime"].as_str().unwrap().parse().unwrap();
    row.insert("eventtime".to_owned(), json!(time.as_millisecond()));
    row.insert("eventdate".to_owned(), json!(time.strftime("%Y-%m-%d").to_string()));
    row.insert("eventhour".to_owned(), json!(time.strftime("%H").to_string()));
    let mut put = |column: &str, value: Option<Value>| {
        if let Some(value) = value {
            row.insert(column.to_owned(), value);
        }
    };
    for member in TEXTS {
        put(&member.to_lowercase(), record.get(member).and_then(text));
    }
    let identity = record.get("userIdentity");
    for member in ["type", "principalId", "arn", "accountId", "userName", "invokedBy", "accessKeyId"] {
        put(&format!("useridentity_{}", member.to_lowercase()), scalar(identity, &[member]));
    }
    put("session_mfa", scalar(identity, &["sessionContext", "attributes", "mfaAuthenticated"]));
    for member in ["type", "principalId", "arn", "accountId", "userName"] {
        let column = format!("session_issuer_{}", member.to_lowercase());
        put(&column, scalar(identity, &["sessionContext", "sessionIssuer", member]));
    }
    let request = record.get("requestParameters");
    let of_s3 = record.get("eventSource").and_then(Value::as_str).is_some_and(|source| source.starts_with("s3"));
    let (bucket, key) = if of_s3 { of_arns(record.get("resources")) } else { (None, None) };
    put("bucket_name", only(request, "bucketName").or(bucket));
    put("key", only(request, "key").or(key));
    put("versionid", only(request, "versionId"));
    put("copy_source", only(request, "x-amz-copy-source"));
    let additional = record.get("additionalEventData");
    put("bytesin", scalar(additional, &["bytesTransferredIn"]).and_then(count));
    put("bytesout", scalar(additional, &["bytesTransferredOut"]).and_then(count));
    put("sigv", scalar(additional, &["SignatureVersion"]));
    put("authtype", scalar(additional, &["AuthenticationMethod"]));
    put("aclrequired", scalar(additional, &["aclRequired"]));
    put("hostid", scalar(additional, &["x-amz-id-2"]).or(scalar(additional, &["xAmzId2"])));
    let tls = record.get("tlsDetails");
    let ciphers =
        [scalar(tls, &["cipherSuite"]), scalar(additional, &["CipherSuite"]), scalar(additional, &["cipherSuite"])];
    put("ciphersuite", ciphers.into_iter().flatten().next());
    put("tlsversion", scalar(tls, &["tlsVersion"]));
    put("endpoint", scalar(tls, &["clientProvidedHostHeader"]));
    put("log_object", Some(json!(log_object)));
    put("log_line", Some(json!(line)));
    put("source_id", Some(json!("audit")));
    for member in NESTED {
        if let Some(value) = record.get(member).filter(|value| !value.is_null()) {
            nested.insert(member.to_lowercase(), value.clone());
        }
    }
    let is_other = |name: &str| name != "eventTime" && !TEXTS.contains(&name) && !NESTED.contains(&name);
    let others: Map<String, Value> =
        record.iter().filter(|(name, _)| is_other(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    if !others.is_empty() {
        nested.insert("extra".to_owned(), Value::Object(others));
    }
    (row, nested)
}

pub const TEXTS: [&str; 18] = [
    "eventName",
    "eventSource",
    "eventType",
    "eventCategory",
    "eventVersion",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestID",
    "eventID",
    "sharedEventID",
    "readOnly",
    "managementEvent",
    "recipientAccountId",
    "vpcEndpointId",
    "vpcEndpointAccountId",
];

pub const NESTED: [&str; 7] = [
    "userIdentity",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "resources",
    "tlsDetails",
    "serviceEventDetails",
];

fn text(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(json!(text)),
        other => Some(json!(other.to_string())),
    }
}

fn scalar(value: Option<&Value>, path: &[&str]) -> Option<Value> {
    let value = path.iter().try_fold(value?, |value, name| value.as_object()?.get(*name))?;
    if value.is_object() || value.is_array() { None } else { text(value) }
}

/// A scalar, or the one that stands in a list.
fn only(value: Option<&Value>, name: &str) -> Option<Value> {
    match value?.as_object()?.get(name)? {
        Value::Array(list) if list.len() == 1 => scalar(list.first(), &[]),
        other => scalar(Some(other), &[]),
    }
}

fn count(value: Value) -> Option<Value> {
    let text = value.as_str()?;
    let whole = text.parse::<i64>().ok().filter(|number| *number >= 0);
    let number = text.parse::<f64>().ok().filter(|number| number.fract() == 0.0 && (0.0..=9e15).contains(number));
    match (text.parse::<i64>(), whole) {
        (Ok(_), whole) => whole.map(Value::from),
        (Err(_), _) => number.map(|number| json!(number as i64)),
    }
}

fn of_arns(resources: Option<&Value>) -> (Option<Value>, Option<Value>) {
    let (mut bucket, mut key) = (None, None);
    for arn in resources.and_then(Value::as_array).into_iter().flatten().filter_map(|one| one.get("ARN")?.as_str()) {
        let mut parts = arn.splitn(6, ':');
        let is_s3 = parts.next() == Some("arn") && parts.next().is_some() && parts.next() == Some("s3");
        if !is_s3 || parts.next() != Some("") || parts.next() != Some("") {
            continue;
        }
        let (own, path) = parts.next().map_or(("", ""), |rest| rest.split_once('/').unwrap_or((rest, "")));
        bucket = bucket.or((!own.is_empty()).then(|| json!(own)));
        key = key.or((!path.is_empty()).then(|| json!(path)));
    }
    (bucket, key)
}
