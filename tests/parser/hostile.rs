//! Whatever stands in a file: no line is lost, none is counted twice, nothing panics.

use std::ops::Range;

use bucketscope::logs::access::{Parser, Record, tail};
use bucketscope::logs::key;
use bucketscope::logs::lines::{Buffers, Event, LineReader, lines, trim_line};
use proptest::collection::vec;
use proptest::prelude::*;

const LINES: [&str; 3] = [
    "o b [22/Nov/2026:10:11:12 +0000] 192.0.2.7 arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QW \
     0A1B2C3D4E5F6A7B REST.GET.OBJECT a%2520b \"GET /a?\"b\" HTTP/1.1\" 200 - 1 2 3 4 \"http://x/\" \"a \"b\" c\" v h SigV4 c \
     AuthHeader e TLSv1.2 - Yes eu-west-1 extra",
    "o b [22/Nov/2026:10:11:12 +0000] - AmazonS3 0A1B2C3D4E5F6A7B S3.EXPIRE.OBJECT a+b \"-\" - - - 5 - - \"-\" \"-\" v h - - - - -",
    "o b [22/Nov/2026:10:11:12 +0000] - u 0A1B2C3D4E5F6A7B BATCH.DELETE.OBJECT k - 204 - - 5 - - - - - h SigV4 c AuthHeader e t",
];

/// Where the fields of a record lie in its line: in order, none over another.
fn check_places(line: &[u8], record: &Record<'_>) -> Result<(), TestCaseError> {
    let start = line.as_ptr() as usize;
    let place = |field: &[u8]| -> Option<Range<usize>> {
        let from = (field.as_ptr() as usize).checked_sub(start)?;
        (from + field.len() <= line.len()).then(|| from..from + field.len())
    };
    let fields = [
        record.bucketowner,
        record.bucket_name,
        record.remoteip,
        record.requester,
        record.requestid,
        record.operation,
        record.key,
        record.request_uri,
        record.errorcode,
        record.referrer,
        record.useragent,
        record.versionid,
        record.hostid,
        record.tail,
    ];
    let mut behind = 0;
    for field in fields {
        match place(field) {
            Some(place) => {
                prop_assert!(place.start >= behind, "fields overlap: {:?}", record);
                behind = place.end;
            }
            None => prop_assert!(field == b"-" || field.is_empty(), "a field from nowhere: {:?}", record),
        }
    }
    let (fields, extra) = tail(record.tail);
    let kept: usize = fields.iter().filter(|field| place(field).is_some()).map(|field| field.len()).sum();
    let kept = kept + extra.map_or(0, |extra| extra.iter().filter(|byte| !byte.is_ascii_whitespace()).count());
    let all = record.tail.iter().filter(|byte| **byte != b' ').count();
    prop_assert!(
        kept <= all && all - kept <= record.tail.len() - record.tail.trim_ascii_end().len() + extra_blanks(extra)
    );
    Ok(())
}

fn extra_blanks(extra: Option<&[u8]>) -> usize {
    extra.map_or(0, |extra| extra.iter().filter(|byte| byte.is_ascii_whitespace()).count())
}

fn check_line(parser: &mut Parser, line: &[u8]) -> Result<bool, TestCaseError> {
    let Ok(record) = parser.parse(line) else { return Ok(false) };
    check_places(line, &record)?;
    prop_assert!(std::str::from_utf8(&key::decode(record.operation, record.key).key).is_ok());
    // A parser remembers; what it remembers must not show.
    prop_assert_eq!(Parser::default().parse(line), Ok(record));
    Ok(true)
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let byte =
        prop_oneof![Just(b' '), Just(b'"'), Just(b'-'), Just(b'['), Just(b'0'), Just(b'.'), Just(b'%'), any::<u8>()];
    let change = (any::<prop::sample::Index>(), byte, 0u8..5);
    (0..LINES.len(), vec(change, 0..6)).prop_map(|(line, changes)| {
        let mut line = LINES[line].as_bytes().to_vec();
        for (at, byte, what) in changes {
            if line.is_empty() {
                break;
            }
            let at = at.index(line.len());
            match what {
                0 => line.insert(at, byte),
                1 => drop(line.remove(at)),
                2 => line[at] = byte,
                3 => line.truncate(at),
                _ => {
                    let again = line[at..].to_vec();
                    line.extend(again);
                }
            }
        }
        line
    })
}

proptest! {
    #[test]
    fn a_changed_line_is_a_record_or_a_reject(line in mutated()) {
        check_line(&mut Parser::default(), &line)?;
    }

    #[test]
    fn any_bytes_are_a_record_or_a_reject(line in vec(any::<u8>(), 0..300)) {
        check_line(&mut Parser::default(), &line)?;
    }

    #[test]
    fn every_line_of_a_file_is_counted_once(
        file in vec(prop_oneof![mutated(), vec(any::<u8>(), 0..60)], 0..12).prop_map(|lines| lines.join(&b'\n')),
        max_line in prop_oneof![Just(100usize), Just(10_000)],
    ) {
        prop_assume!(!file.starts_with(&[0x1f, 0x8b]));
        let mut parser = Parser::default();
        let mut buffers = Buffers::for_lines_up_to(max_line);
        let mut reader = LineReader::new(&file[..], &mut buffers);
        let (mut records, mut rejected) = (0, 0);
        loop {
            match reader.next_event() {
                Ok(Some(Event::Lines { bytes, .. })) => {
                    for line in lines(bytes) {
                        let is_record = check_line(&mut parser, trim_line(line))?;
                        *(if is_record { &mut records } else { &mut rejected }) += 1;
                    }
                }
                Ok(Some(Event::TooLong { .. } | Event::Cut { .. })) => rejected += 1,
                Ok(None) => break,
                Err(fault) => return Err(TestCaseError::fail(format!("{fault:?}"))),
            }
        }
        let newlines = file.iter().filter(|byte| **byte == b'\n').count();
        let unfinished = usize::from(file.last().is_some_and(|byte| *byte != b'\n'));
        prop_assert_eq!(records + rejected, newlines + unfinished);
    }
}
