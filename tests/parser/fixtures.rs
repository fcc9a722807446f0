//! One line for each quirk, with what must be read from it. A column that is not named must be null.

use bucketscope::logs::access::Reject;

use super::columns_of;

const OWNER: &str = "9b1cd7f04f2e8a6d35c0b7a9e1d2f3c4a5b6c7d8e9f00112233445566778899a";
const HOST: &str = "Qm94ZXMgb2YgbG9ncywgYW5kIG5vdGhpbmcgaW4gdGhlbSBidXQgbGluZXMu/a+b=";

/// 22 November 2026, 10:11:12 UTC.
const TIME: &str = "1795342272000";

struct Fixture {
    quirk: &'static str,
    line: String,
    columns: Vec<(&'static str, &'static str)>,
}

/// The line of a fixture in short: `{O}` stands for the owner, `{T}` for the time in its brackets, `{H}` for the host id.
fn fixture(quirk: &'static str, line: &str, columns: &[(&'static str, &'static str)]) -> Fixture {
    let line = line.replace("{O}", OWNER).replace("{T}", "[22/Nov/2026:10:11:12 +0000]").replace("{H}", HOST);
    Fixture { quirk, line, columns: columns.to_vec() }
}

fn check(fixtures: &[Fixture]) {
    for Fixture { quirk, line, columns } in fixtures {
        let found = columns_of(line.as_bytes()).unwrap_or_else(|reject| panic!("{quirk}: {reject}: {line}"));
        let mut wanted: std::collections::BTreeMap<_, _> =
            columns.iter().map(|(name, value)| (*name, value.replace("{O}", OWNER).replace("{H}", HOST))).collect();
        wanted.entry("bucketowner").or_insert_with(|| OWNER.to_owned());
        wanted.entry("requestdatetime").or_insert_with(|| TIME.to_owned());
        assert_eq!(found, wanted, "{quirk}: {line}");
    }
}

#[test]
fn each_width_fills_the_columns_it_has() {
    let head = "{O} photos {T} 192.0.2.7 - 0A1B2C3D4E5F6A7B REST.GET.OBJECT cat.jpg \"GET /cat.jpg HTTP/1.1\" 200 - 4321 \
                4321 25 24 \"https://www.example.com/\" \"curl/8.9.1\"";
    let fields = "- {H} SigV4 TLS_AES_128_GCM_SHA256 AuthHeader photos.s3.eu-west-1.amazonaws.com TLSv1.3 \
                  arn:aws:s3:eu-west-1:123456789012:accesspoint/cats Yes eu-west-1 new newer newest";
    let fields: Vec<&str> = fields.split(' ').collect();
    let columns = [
        ("versionid", None),
        ("hostid", Some("{H}")),
        ("sigv", Some("SigV4")),
        ("ciphersuite", Some("TLS_AES_128_GCM_SHA256")),
        ("authtype", Some("AuthHeader")),
        ("endpoint", Some("photos.s3.eu-west-1.amazonaws.com")),
        ("tlsversion", Some("TLSv1.3")),
        ("accesspointarn", Some("arn:aws:s3:eu-west-1:123456789012:accesspoint/cats")),
        ("aclrequired", Some("Yes")),
        ("sourceregion", Some("eu-west-1")),
    ];
    for width in 17..=30 {
        let behind = &fields[..width - 17];
        let line = std::iter::once(head).chain(behind.iter().copied()).collect::<Vec<_>>().join(" ");
        let mut wanted = vec![
            ("bucket_name", "photos"),
            ("remoteip", "192.0.2.7"),
            ("requestid", "0A1B2C3D4E5F6A7B"),
            ("operation", "REST.GET.OBJECT"),
            ("key", "cat.jpg"),
            ("request_uri", "GET /cat.jpg HTTP/1.1"),
            ("httpstatus", "200"),
            ("bytessent", "4321"),
            ("objectsize", "4321"),
            ("totaltime", "25"),
            ("turnaroundtime", "24"),
            ("referrer", "https://www.example.com/"),
            ("useragent", "curl/8.9.1"),
        ];
        wanted.extend(columns.iter().take(width - 17).filter_map(|(name, value)| Some((*name, (*value)?))));
        match width {
            28 => wanted.push(("extra", "new")),
            29 => wanted.push(("extra", "new newer")),
            30 => wanted.push(("extra", "new newer newest")),
            _ => {}
        }
        check(&[fixture("width", &line, &wanted)]);
    }
}

#[test]
fn requesters_of_every_kind() {
    for requester in [
        "-",
        "1f2e3d4c5b6a79880123456789abcdef1f2e3d4c5b6a79880123456789abcdef",
        "arn:aws:iam::123456789012:user/jo+ann@example.com",
        "arn:aws:sts::123456789012:assumed-role/etl/i-0123456789abcdef0",
        "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL",
        "AmazonS3",
        "Anonymous",
        "svc:delivery.logs.amazonaws.com",
        "svc:storage-lens.s3.amazonaws.com",
    ] {
        let line = format!(
            "{{O}} photos {{T}} - {requester} 0A1B2C3D4E5F6A7B REST.HEAD.BUCKET - \"HEAD / HTTP/1.1\" 200 - - - 3 3 \
             \"-\" \"-\" - {{H}} - - - h -"
        );
        let wanted = [
            ("bucket_name", "photos"),
            ("requestid", "0A1B2C3D4E5F6A7B"),
            ("operation", "REST.HEAD.BUCKET"),
            ("request_uri", "HEAD / HTTP/1.1"),
            ("httpstatus", "200"),
            ("totaltime", "3"),
            ("turnaroundtime", "3"),
            ("hostid", "{H}"),
            ("endpoint", "h"),
        ];
        let requester = (requester != "-").then_some(("requester", requester));
        check(&[fixture("requester", &line, &wanted.into_iter().chain(requester).collect::<Vec<_>>())]);
    }
}

#[test]
fn operations_that_no_request_made() {
    check(&[
        fixture(
            "lifecycle expiration: quoted dash for the URI, no status",
            "{O} photos {T} - AmazonS3 0A1B2C3D4E5F6A7B S3.EXPIRE.OBJECT old+photos/100%25.jpg \"-\" - - - 3922 - - \
             \"-\" \"-\" JFLmDHDLlTpiqmG5NECMOIsZfzN2Mki0 {H} - - - - - - - -",
            &[
                ("bucket_name", "photos"),
                ("requester", "AmazonS3"),
                ("requestid", "0A1B2C3D4E5F6A7B"),
                ("operation", "S3.EXPIRE.OBJECT"),
                ("key", "old photos/100%.jpg"),
                ("objectsize", "3922"),
                ("versionid", "JFLmDHDLlTpiqmG5NECMOIsZfzN2Mki0"),
                ("hostid", "{H}"),
            ],
        ),
        fixture(
            "one row a key of a multi-object delete: everything bare",
            "{O} photos {T} 192.0.2.7 arn:aws:iam::123456789012:user/jo 0A1B2C3D4E5F6A7B BATCH.DELETE.OBJECT \
             Screen+Shot+at+9.08.png - 204 - - 57138 - - - - - {H} SigV4 AES AuthHeader h TLSv1.2 - -",
            &[
                ("bucket_name", "photos"),
                ("remoteip", "192.0.2.7"),
                ("requester", "arn:aws:iam::123456789012:user/jo"),
                ("requestid", "0A1B2C3D4E5F6A7B"),
                ("operation", "BATCH.DELETE.OBJECT"),
                ("key", "Screen Shot at 9.08.png"),
                ("httpstatus", "204"),
                ("objectsize", "57138"),
                ("hostid", "{H}"),
                ("sigv", "SigV4"),
                ("ciphersuite", "AES"),
                ("authtype", "AuthHeader"),
                ("endpoint", "h"),
                ("tlsversion", "TLSv1.2"),
            ],
        ),
        fixture(
            "the source of a copy",
            "{O} photos {T} 192.0.2.7 jo 0A1B2C3D4E5F6A7B REST.COPY.PART_GET a%2520b - 200 - - 13538337 - - - - -",
            &[
                ("bucket_name", "photos"),
                ("remoteip", "192.0.2.7"),
                ("requester", "jo"),
                ("requestid", "0A1B2C3D4E5F6A7B"),
                ("operation", "REST.COPY.PART_GET"),
                ("key", "a b"),
                ("httpstatus", "200"),
                ("objectsize", "13538337"),
            ],
        ),
        fixture(
            "a checksum job: four parts, a UUID for a request id",
            "{O} photos {T} - - e5042925-b524-4b3b-a869-f3881e78ff3a S3.COMPUTE.OBJECT.CHECKSUM a - - - - 1048576 - - - \
             - - - - - - - - - - -",
            &[
                ("bucket_name", "photos"),
                ("requestid", "e5042925-b524-4b3b-a869-f3881e78ff3a"),
                ("operation", "S3.COMPUTE.OBJECT.CHECKSUM"),
                ("key", "a"),
                ("objectsize", "1048576"),
            ],
        ),
    ]);
}

#[test]
fn a_host_id_of_two_parts() {
    check(&[fixture(
        "a call of the console",
        "{O} photos {T} 192.0.2.7 jo 0A1B2C3D4E5F6A7B REST.GET.TAGGING - \"GET /photos?tagging= HTTP/1.1\" 404 NoSuchTagSet \
         293 - 59 - \"-\" \"S3Console/0.4, aws-internal/3\" - AIDAQ3EGXGH6YFFAYXMPL {H} SigV4 AES AuthHeader \
         s3.amazonaws.com TLSv1.2",
        &[
            ("bucket_name", "photos"),
            ("remoteip", "192.0.2.7"),
            ("requester", "jo"),
            ("requestid", "0A1B2C3D4E5F6A7B"),
            ("operation", "REST.GET.TAGGING"),
            ("request_uri", "GET /photos?tagging= HTTP/1.1"),
            ("httpstatus", "404"),
            ("errorcode", "NoSuchTagSet"),
            ("bytessent", "293"),
            ("totaltime", "59"),
            ("useragent", "S3Console/0.4, aws-internal/3"),
            ("hostid", "AIDAQ3EGXGH6YFFAYXMPL {H}"),
            ("sigv", "SigV4"),
            ("ciphersuite", "AES"),
            ("authtype", "AuthHeader"),
            ("endpoint", "s3.amazonaws.com"),
            ("tlsversion", "TLSv1.2"),
        ],
    )]);
}

#[test]
fn other_spellings_of_the_early_fields() {
    let rest = "- \"POST /soap/ HTTP/1.1\" 200 - - - 3 - \"-\" \"-\" -";
    let common = [("request_uri", "POST /soap/ HTTP/1.1"), ("httpstatus", "200"), ("totaltime", "3")];
    for (quirk, head, mut columns) in [
        (
            "short ids, blanks before the line",
            "    aaa photos {T} 1.1.1.1 arn:aws:iam::1:user/u AAA REST.POST.OBJECT",
            vec![
                ("bucketowner", "aaa"),
                ("bucket_name", "photos"),
                ("remoteip", "1.1.1.1"),
                ("requester", "arn:aws:iam::1:user/u"),
                ("requestid", "AAA"),
                ("operation", "REST.POST.OBJECT"),
            ],
        ),
        (
            "SOAP, IPv6",
            "{O} photos {T} 2001:db8::7 - 0A1B2C3D4E5F6A7B SOAP.CreateBucket",
            vec![
                ("bucket_name", "photos"),
                ("remoteip", "2001:db8::7"),
                ("requestid", "0A1B2C3D4E5F6A7B"),
                ("operation", "SOAP.CreateBucket"),
            ],
        ),
        (
            "no bucket, no request id, two blanks",
            "{O} - {T} - -  - REST.POST.OBJECT",
            vec![("operation", "REST.POST.OBJECT")],
        ),
        (
            "a local time",
            "{O} photos [22/Nov/2026:12:41:12 +0230] - - 0A1B2C3D4E5F6A7B S3.TRANSITION_SIA.OBJECT",
            vec![
                ("bucket_name", "photos"),
                ("requestid", "0A1B2C3D4E5F6A7B"),
                ("operation", "S3.TRANSITION_SIA.OBJECT"),
            ],
        ),
    ] {
        columns.extend(common);
        check(&[fixture(quirk, &format!("{head} {rest}"), &columns)]);
    }
}

#[test]
fn quotes_and_blanks_inside_quoted_fields() {
    for (uri, referrer, agent) in [
        ("GET /a?f=\"b.nwb\"&x=1 HTTP/1.1", "-", "curl"),
        ("GET /a  b  c HTTP/1.1", "http://x/?q=\"two words\"", "say \"hi\" twice \"hi\""),
        ("\"GET\" \"/\" HTTP/1.1\"", "http://x/?id=452\"", "Mozilla/5.0 (X; Y)"),
        ("GET /mybucket/puppy.jpg?x-foo=bar", "\"", "\""),
        ("GET / HTTP/1.1", "a 200 - 1 2 3 4 b", "\" 200 - 1 2 3 4 \""),
        ("GET / HTTP/1.1", "", ""),
        ("GET / HTTP/1.1", "-\"-", "Agent HTTP/1.1"),
        ("OPTIONS * HTTP/1.0", "\" x", "\" - - SigV4 - AuthHeader h TLSv1.2 \""),
        ("GET /😀 HTTP/1.1", "http://é/", "\u{0}\u{1}\t"),
    ] {
        let line = format!(
            "{OWNER} photos [22/Nov/2026:10:11:12 +0000] - - 0A1B2C3D4E5F6A7B REST.GET.OBJECT a \"{uri}\" \
             206 AccessDenied 1 2 3 4 \"{referrer}\" \"{agent}\" v {HOST} SigV4 - AuthHeader h TLSV1.2"
        );
        let found = columns_of(line.as_bytes()).unwrap_or_else(|reject| panic!("{reject}: {line}"));
        let get = |name| found.get(name).map(String::as_str);
        assert_eq!(get("request_uri"), Some(uri), "{line}");
        assert_eq!(get("referrer"), (referrer != "-").then_some(referrer), "{line}");
        assert_eq!(get("useragent"), Some(agent), "{line}");
        let rest = ["httpstatus", "errorcode", "bytessent", "turnaroundtime", "versionid", "tlsversion"].map(get);
        assert_eq!(rest, ["206", "AccessDenied", "1", "4", "v", "TLSV1.2"].map(Some), "{line}");
    }
}

#[test]
fn bytes_that_are_not_utf8_stay_in_their_field() {
    let line = b"o photos [22/Nov/2026:10:11:12 +0000] - - 0A1B2C3D4E5F6A7B REST.HEAD.OBJECT a%25FF \"HEAD /\xef\xbf\xbd\xff.rar \
        HTTP/1.1\" 403 SignatureDoesNotMatch 1 - 3 - \"\xc3\" \"\xff\xfe\" - h";
    let found = columns_of(line).unwrap();
    assert_eq!(found["request_uri"], "HEAD /\u{fffd}\u{fffd}.rar HTTP/1.1");
    assert_eq!((found["referrer"].as_str(), found["useragent"].as_str()), ("\u{fffd}", "\u{fffd}\u{fffd}"));
    assert_eq!((found["key"].as_str(), found["key_logged"].as_str()), ("a\u{fffd}", "a%25FF"));
    assert_eq!(found["hostid"], "h");
}

#[test]
fn lines_that_are_no_records_say_why() {
    let good = "o b [22/Nov/2026:10:11:12 +0000] - - 0A1B2C3D4E5F6A7B REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 2 3 4 \
                \"-\" \"a\" - h";
    assert!(columns_of(good.as_bytes()).is_ok());
    for (line, reject) in [
        (String::new(), Reject::EmptyLine),
        (" ".to_owned(), Reject::EmptyLine),
        ("\0\0\0".to_owned(), Reject::NoTime),
        ("not a log".to_owned(), Reject::NoTime),
        ("{\"eventVersion\":\"1.08\"}".to_owned(), Reject::NoTime),
        ("- - - - - - - - \"-\" - - - - - - \"-\" \"-\" -".to_owned(), Reject::NoTime),
        (good.replace("o b", "b"), Reject::NoTime),
        (good.replace("22/Nov", "31/Nov"), Reject::BadTime),
        (good.replace("+0000", "UTC"), Reject::BadTime),
        (good.replace("REST.GET.OBJECT ", ""), Reject::NoOperation),
        // Two lines that ran together.
        (format!("{} {good}", &good[..good.find("0A1B").unwrap()]), Reject::NoOperation),
        (good.replace(" 200 - 1 2 3 4", " 200 - 1 2"), Reject::NoStatus),
        (good.replace(" 1 2 3 4", " 1 2").replace("- h", "- - - - - - - - -"), Reject::NoStatus),
        (good.replace(" 200 ", " 20 "), Reject::BadNumber),
        (good.replace(" 1 2 3 4 ", " 1 2 3 9223372036854775808 "), Reject::BadNumber),
        (good.replace(" \"a\" - h", ""), Reject::NoUserAgent),
        (good.replace("\"a\" - h", "\"a"), Reject::NoUserAgent),
    ] {
        assert_eq!(columns_of(line.as_bytes()), Err(reject), "{line}");
    }
}
