//! Every line of a stream is a record or a reject, whatever the stream is; a plain one has as many as it has newlines.

#![no_main]

use bucketscope::logs::access::Parser;
use bucketscope::logs::lines::{Buffers, Event, LineReader, lines, trim_line};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let mut buffers = Buffers::for_lines_up_to(512);
    let mut reader = LineReader::new(file, &mut buffers);
    let mut parser = Parser::default();
    let mut counted = 0;
    let mut next = 0;
    let damaged = loop {
        match reader.next_event() {
            Ok(Some(Event::Lines { bytes, offset })) => {
                assert_eq!(offset, next, "a gap between two events");
                next += bytes.len() as u64;
                counted += lines(bytes).map(|line| parser.parse(trim_line(line))).count();
            }
            Ok(Some(Event::TooLong { head, length, offset })) => {
                assert_eq!(offset, next, "a gap between two events");
                assert!(head.len() as u64 <= length && length > 512);
                next += length + 1;
                counted += 1;
            }
            Ok(Some(Event::Cut { bytes, offset })) => {
                assert_eq!(offset, next, "a gap between two events");
                assert!(!bytes.is_empty());
                next += bytes.len() as u64;
                counted += 1;
            }
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    let compressed = matches!(file, [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [_, 0x2a, 0x4d, 0x18, ..]);
    if !compressed {
        assert!(!damaged);
        let newlines = file.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(counted, newlines + usize::from(file.last().is_some_and(|byte| *byte != b'\n')));
    }
});
