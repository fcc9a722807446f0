//! Files whose records, form or content is odd in a way that real ones are, and files beside them that are no events.

use super::delivery::gzip;
use crate::Result;
use crate::logs::trail::record::Reject;

/// What is odd about a file of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Nothing.
    None,
    /// The first events of it are in it twice.
    Repeated,
    /// A byte order mark, and blanks wherever JSON may have them.
    MarkAndBlanks,
    /// gzip of two members.
    TwoMembers,
    /// Not compressed, though its name ends in `.gz`.
    NotCompressed,
    /// zstd.
    Zstd,
    /// Other members before and behind `Records`.
    OtherMembers,
    /// Escapes where none are needed, also of a name.
    Escaped,
    /// Records that are none beside those that are.
    NoRecords,
}

const QUIRKS: [Quirk; 8] = [
    Quirk::Repeated,
    Quirk::MarkAndBlanks,
    Quirk::TwoMembers,
    Quirk::NotCompressed,
    Quirk::Zstd,
    Quirk::OtherMembers,
    Quirk::Escaped,
    Quirk::NoRecords,
];

/// What is odd about the file of this number: one in four is.
pub fn quirk(number: u64) -> Quirk {
    let at = (number / 4) as usize % QUIRKS.len();
    if number % 4 == 3 { QUIRKS.get(at).copied().unwrap_or(Quirk::None) } else { Quirk::None }
}

impl Quirk {
    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Repeated => "repeated_events",
            Self::MarkAndBlanks => "mark_and_blanks",
            Self::TwoMembers => "gzip_of_two_members",
            Self::NotCompressed => "not_compressed",
            Self::Zstd => "zstd",
            Self::OtherMembers => "other_members",
            Self::Escaped => "escaped",
            Self::NoRecords => "no_records_among_them",
        }
    }
}

/// A file of events.
#[derive(Debug)]
pub struct File {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Events in it.
    pub events: u64,
    /// Of these, events that are in it already.
    pub repeated: u64,
    /// What else is in it.
    pub rejected: Vec<Reject>,
}

const REPEATED: usize = 3;

/// No events, and why.
const NO_RECORDS: [(&str, Reject); 5] = [
    ("null", Reject::NoObject),
    (r#"{"eventVersion":"1.11","eventID":"6f1c5a3e-0000-4000-8000-000000000001"}"#, Reject::NoTime),
    (r#"{"eventTime":"yesterday","eventID":"6f1c5a3e-0000-4000-8000-000000000002"}"#, Reject::BadTime),
    (r#"{"eventTime":"2026-06-01T00:00:00Z","eventVersion":"2.1"}"#, Reject::NoEventId),
    (r#"{"eventTime":"2026-06-01T00:00:00Z","eventID":tru}"#, Reject::Malformed),
];

/// The file of these records.
///
/// # Errors
/// When compressing fails.
pub fn file(mut records: Vec<Vec<u8>>, quirk: Quirk) -> Result<File> {
    let (mut repeated, mut rejected) = (0, Vec::new());
    let events = match quirk {
        Quirk::Repeated => {
            let again: Vec<_> = records.iter().take(REPEATED).cloned().collect();
            repeated = again.len() as u64;
            records.extend(again);
            records.len()
        }
        Quirk::NoRecords => {
            let events = records.len();
            records.extend(NO_RECORDS.map(|(text, _)| text.as_bytes().to_vec()));
            rejected.extend(NO_RECORDS.map(|(_, reason)| reason));
            events
        }
        _ => records.len(),
    } as u64;
    let plain = match quirk {
        Quirk::MarkAndBlanks => {
            document("\u{FEFF}{\r\n  \"Records\" : [\r\n    ", &records, " ,\r\n    ", "\r\n  ]\r\n}\r\n")
        }
        Quirk::OtherMembers => {
            document(r#"{"version":1,"note":{"Records":"[]"},"Records":["#, &records, ",", r#"],"count":[{}]}"#)
        }
        Quirk::Escaped => {
            for record in &mut records {
                let text = String::from_utf8_lossy(record).replace("\"eventName\"", "\"\\u0065ventName\"");
                *record = text.replace('/', "\\/").into_bytes();
            }
            document(r#"{"\u0052ecords":["#, &records, ",", "]}")
        }
        _ => document(r#"{"Records":["#, &records, ",", "]}"),
    };
    let bytes = match quirk {
        Quirk::NotCompressed => plain,
        Quirk::TwoMembers => {
            let (first, second) = plain.split_at(plain.len() / 2);
            [gzip(first)?, gzip(second)?].concat()
        }
        Quirk::Zstd => zstd::encode_all(plain.as_slice(), 1)
            .map_err(|error| crate::Error::failed("cannot compress events").because(error))?,
        _ => gzip(&plain)?,
    };
    Ok(File { bytes, events, repeated, rejected })
}

fn document(before: &str, records: &[Vec<u8>], between: &str, behind: &str) -> Vec<u8> {
    let length = records.iter().map(|record| record.len() + between.len()).sum::<usize>();
    let mut out = Vec::with_capacity(length + before.len() + behind.len());
    out.extend_from_slice(before.as_bytes());
    for (number, record) in records.iter().enumerate() {
        if number > 0 {
            out.extend_from_slice(between.as_bytes());
        }
        out.extend_from_slice(record);
    }
    out.extend_from_slice(behind.as_bytes());
    out
}

/// A file that is odd as a whole.
#[derive(Debug)]
pub struct Special {
    /// Its name below the trail's folder.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// What is odd about it.
    pub quirk: &'static str,
    /// Events that can be read of it.
    pub events: u64,
    /// The reject that says that it is damaged.
    pub reject: Option<Reject>,
    /// Whether it is no file of events at all, and named so.
    pub is_sibling: bool,
}

const EVENT: &str = concat!(
    r#"{"eventVersion":"1.08","userIdentity":{"type":"AWSService","invokedBy":"config.amazonaws.com"},"#,
    r#""eventTime":"2026-06-01T00:00:01Z","eventSource":"s3.amazonaws.com","eventName":"GetBucketAcl","#,
    r#""awsRegion":"eu-west-1","sourceIPAddress":"config.amazonaws.com","userAgent":"config.amazonaws.com","#,
    r#""requestParameters":{"bucketName":"shop-media-prod"},"responseElements":null,"requestID":"0000000000000001","#,
    r#""eventID":"6f1c5a3e-0000-4000-8000-000000000003","readOnly":true,"eventType":"AwsApiCall","#,
    r#""managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}"#
);

/// The files that are odd as a whole, delivered on the day `YYYYMMDD`.
///
/// # Errors
/// When compressing fails.
pub fn specials(day: &str) -> Result<Vec<Special>> {
    let cut = gzip(format!(r#"{{"Records":[{EVENT},{{"eventVersion":"1.08","eventTi"#).as_bytes())?;
    let sibling = gzip(br#"{"digestStartTime":"2026-06-01T00:00:00Z","logFiles":[]}"#)?;
    let make = |kind: &str, unique: &str, quirk, bytes: &[u8], events, reject| {
        let folders = [day.get(..4), day.get(4..6), day.get(6..8)].map(Option::unwrap_or_default).join("/");
        let name = format!(
            "AWSLogs/111122223333/{kind}/eu-west-1/{folders}/111122223333_{kind}_eu-west-1_{day}T2355Z_{unique}.json.gz"
        );
        Special { name, bytes: bytes.to_vec(), quirk, events, reject, is_sibling: kind != "CloudTrail" }
    };
    Ok(vec![
        make("CloudTrail", "0empty0000000000", "no_events", &gzip(br#"{"Records":[]}"#)?, 0, None),
        make("CloudTrail", "0cutshort0000000", "cut_short", &cut, 1, Some(Reject::CutShort)),
        make("CloudTrail", "0foreign00000000", "foreign", &gzip(b"id,name\n1,x\n")?, 0, Some(Reject::NotCloudTrail)),
        make("CloudTrail-Digest", "digest0000000000", "", &sibling, 0, None),
        make("CloudTrail-Insight", "insight000000000", "", &sibling, 0, None),
    ])
}
