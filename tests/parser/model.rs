//! Random fields, rendered as S3 renders them, come back from the parser.

use bucketscope::logs::access::{Parser, tail};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const WIDTHS: [usize; 7] = [17, 18, 24, 25, 26, 27, 30];

/// The bytes of a quoted field: whatever comes after one another in the wild.
fn quoted_text() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 13] = [
        b"GET /a",
        b" HTTP/1.1",
        b"\"",
        b" ",
        b"\" ",
        b"-",
        b"200",
        b"REST.GET.OBJECT",
        b"[x] ",
        "é".as_bytes(),
        b"\xff",
        b"\0\t\r",
        b"SigV4",
    ];
    let piece = prop::sample::select(&PIECES[..]);
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A field without blanks and quotes.
fn token() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>().prop_map(|byte| if matches!(byte, b' ' | b'"' | b'\n') { b'+' } else { byte }), 1..20)
}

fn requester() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"-".to_vec()),
        Just(b"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL".to_vec()),
        "[a-z0-9:/@+=,._-]{1,40}".prop_map(String::into_bytes),
    ]
}

fn operation() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("REST.GET.OBJECT"),
        Just("REST.COPY.OBJECT_GET"),
        Just("BATCH.DELETE.OBJECT"),
        Just("SOAP.CreateBucket"),
        Just("S3.COMPUTE.OBJECT.CHECKSUM"),
        Just("S3.TRANSITION_SIA.OBJECT"),
    ]
}

/// The fields behind the user agent, with a signature version that is one in most.
fn behind(width: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let sigv = prop_oneof![Just(b"SigV4".to_vec()), Just(b"SigV2".to_vec()), Just(b"-".to_vec()), token()];
    (vec(token(), width - 17), sigv).prop_map(|(mut fields, sigv)| {
        if let Some(field) = fields.get_mut(2) {
            *field = sigv;
        }
        fields
    })
}

/// `None` is a bare dash.
type Quoted = Option<Vec<u8>>;

#[derive(Debug, Clone)]
struct Fields {
    tokens: [Vec<u8>; 3],
    requester: Vec<u8>,
    requestid: String,
    operation: &'static str,
    key: Vec<u8>,
    quoted: [Quoted; 3],
    status: Option<u16>,
    errorcode: Vec<u8>,
    numbers: [Option<i64>; 4],
    behind: Vec<Vec<u8>>,
}

fn quoted() -> impl Strategy<Value = Quoted> {
    option::weighted(0.8, quoted_text())
}

fn fields() -> impl Strategy<Value = Fields> {
    let requestid = prop_oneof!["[0-9A-Z]{16}", Just("e5042925-b524-4b3b-a869-f3881e78ff3a".to_owned())];
    let numbers = prop::array::uniform4(option::of(0..=i64::MAX));
    (
        (prop::array::uniform3(token()), requester(), requestid, operation(), token()),
        (prop::array::uniform3(quoted()), option::of(100u16..1000), token(), numbers),
        prop::sample::select(&WIDTHS[..]).prop_flat_map(behind),
    )
        .prop_map(|((tokens, requester, requestid, operation, key), (quoted, status, errorcode, numbers), behind)| {
            Fields { tokens, requester, requestid, operation, key, quoted, status, errorcode, numbers, behind }
        })
        .prop_filter("a line that can be read in one way only", unambiguous)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// The format has no escapes, so some fields cannot be told from others by any reader: a URI that looks as if the
/// status followed one of its quotes, a referrer that looks as if it ended before its end, a row of dashes.
fn unambiguous(fields: &Fields) -> bool {
    let [uri, referrer, agent] = &fields.quoted;
    let uri_is_clear = uri.as_ref().is_none_or(|uri| {
        (0..uri.len()).all(|at| !matches!(&uri[at..], [b'"', b' ', next, ..] if next.is_ascii_digit() || *next == b'-'))
            && !uri.ends_with(b"\" ")
    });
    let referrer_is_clear = match (referrer, agent) {
        (Some(referrer), Some(_)) => {
            !referrer.starts_with(b"-\" ")
                && find(&[&referrer[..], b"\" \""].concat(), b"\" \"") == Some(referrer.len())
        }
        (Some(referrer), None) => !referrer.starts_with(b"-\" ") && find(referrer, b"\" \"").is_none(),
        (None, _) => true,
    };
    let run_is_clear =
        fields.status.is_some() || referrer.is_some() || uri.as_ref().is_none_or(|uri| !uri.contains(&b'"'));
    uri_is_clear && referrer_is_clear && run_is_clear
}

fn rendered_quoted(field: &Quoted) -> Vec<u8> {
    field.as_ref().map_or(b"-".to_vec(), |text| [b"\"", &text[..], b"\""].concat())
}

fn render(fields: &Fields) -> Vec<u8> {
    let number = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string()).into_bytes();
    let mut all = vec![
        fields.tokens[0].clone(),
        fields.tokens[1].clone(),
        b"[06/Feb/2019:00:00:38 +0000]".to_vec(),
        fields.tokens[2].clone(),
        fields.requester.clone(),
        fields.requestid.clone().into_bytes(),
        fields.operation.as_bytes().to_vec(),
        fields.key.clone(),
        rendered_quoted(&fields.quoted[0]),
        number(fields.status.map(i64::from)),
        fields.errorcode.clone(),
    ];
    all.extend(fields.numbers.iter().map(|n| number(*n)));
    all.push(rendered_quoted(&fields.quoted[1]));
    all.push(rendered_quoted(&fields.quoted[2]));
    all.extend(fields.behind.iter().cloned());
    all.join(&b' ')
}

proptest! {
    #[test]
    fn what_was_rendered_is_read(fields in fields()) {
        let line = render(&fields);
        let shown = String::from_utf8_lossy(&line).into_owned();
        let record = Parser::default().parse(&line);
        prop_assert!(record.is_ok(), "{:?}: {}", record, shown);
        let Ok(record) = record else { return Ok(()) };
        prop_assert_eq!(record.requestdatetime, 1_549_411_238_000);
        let dash = || b"-".to_vec();
        let behind = |at: usize| fields.behind.get(at).cloned().unwrap_or_else(dash);
        for (name, found, wanted) in [
            ("bucketowner", record.bucketowner, fields.tokens[0].clone()),
            ("bucket_name", record.bucket_name, fields.tokens[1].clone()),
            ("remoteip", record.remoteip, fields.tokens[2].clone()),
            ("requester", record.requester, fields.requester.clone()),
            ("requestid", record.requestid, fields.requestid.clone().into_bytes()),
            ("operation", record.operation, fields.operation.as_bytes().to_vec()),
            ("key", record.key, fields.key.clone()),
            ("request_uri", record.request_uri, fields.quoted[0].clone().unwrap_or_else(dash)),
            ("errorcode", record.errorcode, fields.errorcode.clone()),
            ("referrer", record.referrer, fields.quoted[1].clone().unwrap_or_else(dash)),
            ("useragent", record.useragent, fields.quoted[2].clone().unwrap_or_else(dash)),
            ("versionid", record.versionid, behind(0)),
            ("hostid", record.hostid, behind(1)),
        ] {
            prop_assert_eq!(found, &wanted[..], "{}: {}", name, shown);
        }
        prop_assert_eq!(record.httpstatus, fields.status.map(i32::from));
        let numbers = [record.bytessent, record.objectsize, record.totaltime, record.turnaroundtime];
        prop_assert_eq!(numbers, fields.numbers);
        let (found, extra) = tail(record.tail);
        for (at, found) in found.iter().enumerate() {
            prop_assert_eq!(*found, &behind(at + 2)[..]);
        }
        let left_over = fields.behind.get(10..).unwrap_or_default().join(&b' ');
        prop_assert_eq!(extra.unwrap_or_default(), left_over.trim_ascii_end());
    }
}
