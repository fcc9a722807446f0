//! Any bytes are a record, whose fields lie in the line in their order, or a reject.

#![no_main]

use bucketscope::logs::access::{Parser, tail};
use bucketscope::logs::key;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let Ok(record) = Parser::default().parse(line) else { return };
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
    let start = line.as_ptr() as usize;
    let mut behind = 0;
    for field in fields {
        let from = (field.as_ptr() as usize).wrapping_sub(start);
        if from <= line.len() && from + field.len() <= line.len() {
            assert!(from >= behind, "fields overlap: {record:?}");
            behind = from + field.len();
        } else {
            assert!(field == b"-" || field.is_empty(), "a field from nowhere: {record:?}");
        }
    }
    let decoded = key::decode(record.operation, record.key);
    assert!(std::str::from_utf8(&decoded.key).is_ok());
    let (known, extra) = tail(record.tail);
    assert!(known.iter().all(|field| !field.contains(&b' ')));
    assert!(extra.is_none_or(|extra| record.tail.trim_ascii_end().ends_with(extra)));
});
