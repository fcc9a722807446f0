use proptest::prelude::*;

use super::*;

const OWNER: &str = "7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a";
const HOST: &str = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmE=";

fn line(requester: &str, key: &str, uri: &str, headers: &str) -> String {
    format!(
        "{OWNER} logs-of-us [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {requester} 3E57427F33A59F07 REST.GET.OBJECT {key} \
         {uri} 200 - 11 22 33 44 {headers} v1 {HOST} SigV4 AES AuthHeader host TLSv1.2 - - eu-west-1"
    )
}

fn both(line: &str) -> Record<'_> {
    let plain = Parser::default().plain(line.as_bytes());
    let thorough = Parser::default().thorough(line.as_bytes()).unwrap();
    assert!(plain.is_none_or(|plain| plain == thorough), "{line}");
    thorough
}

#[test]
fn an_ordinary_line_takes_the_short_way_and_both_ways_agree() {
    let line = line("-", "a/b", "\"GET /a/b HTTP/1.1\"", "\"-\" \"curl/8\"");
    assert!(Parser::default().plain(line.as_bytes()).is_some());
    let record = both(&line);
    assert_eq!(record.useragent, b"curl/8");
    assert_eq!((record.bytessent, record.turnaroundtime), (Some(11), Some(44)));
    assert_eq!(tail(record.tail).0[7], b"eu-west-1");
}

#[test]
fn requesters_hold_spaces_and_quoted_fields_hold_quotes() {
    let requester = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABCDEF";
    let text =
        line(requester, "k", "\"GET /?a=\"b\" c\" HTTP/1.1\"", "\"http://x/?\"q\"\" \"\"odd\" 200 - 1 2 3 4 \"agent\"");
    let record = both(&text);
    assert_eq!(record.requester, requester.as_bytes());
    assert_eq!(record.request_uri, b"GET /?a=\"b\" c\" HTTP/1.1");
    assert_eq!(record.referrer, b"http://x/?\"q\"");
    assert_eq!(record.useragent, b"\"odd\" 200 - 1 2 3 4 \"agent");
    assert_eq!(record.versionid, b"v1");
}

#[test]
fn a_line_of_seventeen_fields_ends_with_the_agent_and_more_than_27_are_kept() {
    let full = line("-", "k", "-", "- -");
    let seventeen = &full[..full.find(" v1").unwrap()];
    let record = both(seventeen);
    assert_eq!((record.useragent, record.versionid, record.tail), (ABSENT, ABSENT, &b""[..]));
    let longer = format!("{full} new1  new2 ");
    assert_eq!(tail(both(&longer).tail).1, Some(&b"new1  new2"[..]));
}

#[test]
fn fields_with_quotes_behind_the_known_ones_are_kept_and_cost_no_other_field() {
    let known = line("-", "k", "\"GET /k HTTP/1.1\"", "\"-\" \"an \"odd\" agent\"");
    let longer = format!("{known} \"a new field\" \"\"");
    let record = both(&longer);
    assert_eq!((record.useragent, record.versionid), (&b"an \"odd\" agent"[..], &b"v1"[..]));
    assert_eq!(tail(record.tail).1, Some(&b"\"a new field\" \"\""[..]));
}

#[test]
fn rejects_say_what_is_missing() {
    let good = line("-", "k", "\"GET /k HTTP/1.1\"", "\"-\" \"a\"");
    for (text, reject) in [
        (String::new(), Reject::EmptyLine),
        ("   ".to_owned(), Reject::EmptyLine),
        ("hello".to_owned(), Reject::NoTime),
        (good.replace("06/Feb", "06/Fob"), Reject::BadTime),
        (good.replace("REST.GET.OBJECT", "get"), Reject::NoOperation),
        (good.replace(" 200 ", " OK "), Reject::NoStatus),
        (good.replace(" 200 ", " 2000 "), Reject::BadNumber),
        (good.replace(" 11 ", " 99999999999999999999 "), Reject::BadNumber),
        (good[..good.find("\"a\"").unwrap() + 2].to_owned(), Reject::NoUserAgent),
    ] {
        assert_eq!(Parser::default().parse(text.as_bytes()), Err(reject), "{text}");
    }
}

#[test]
fn a_megabyte_of_quotes_costs_linear_time() {
    let quotes = "\" ".repeat(500_000);
    let text = line("-", &quotes, &quotes, &quotes).replace(" 200 ", " OK ");
    let started = std::time::Instant::now();
    assert!(Parser::default().parse(text.as_bytes()).is_err());
    assert!(started.elapsed().as_secs() < 5);
}

/// Lines with small changes in them: most still take the short way.
fn changed() -> impl Strategy<Value = Vec<u8>> {
    let lines = [
        line("-", "a/b", "\"GET /a/b HTTP/1.1\"", "\"-\" \"curl/8\""),
        line("arn:aws:iam::1:user/u", "k", "\"-\"", "\"http://x/\" \"-\"")
            .replace(" 11 22 33 44 ", " - - 12345678901234567 - "),
        line("AmazonS3", "k", "-", "- -").replace(" 200 ", " - "),
    ];
    let byte = prop::sample::select(&b" \"-[]09.%aZ\xff:+/"[..]);
    let change = (any::<prop::sample::Index>(), byte, 0u8..4);
    (prop::sample::select(lines.to_vec()), prop::collection::vec(change, 0..5)).prop_map(|(line, changes)| {
        let mut line = line.into_bytes();
        for (at, byte, what) in changes {
            let at = at.index(line.len());
            match what {
                0 => line.insert(at, byte),
                1 if line.len() > 1 => drop(line.remove(at)),
                2 => line.truncate(at.max(1)),
                _ => line[at] = byte,
            }
        }
        line
    })
}

proptest! {
    #[test]
    fn whatever_takes_the_short_way_reads_the_same_on_the_long_one(line in changed()) {
        if let Some(plain) = Parser::default().plain(&line) {
            prop_assert_eq!(Ok(plain), Parser::default().thorough(&line), "{}", String::from_utf8_lossy(&line));
        }
    }
}
