use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Gives its bytes in pieces of the sizes named, over and over, with an interruption between any two.
struct Pieces {
    bytes: Cursor<Vec<u8>>,
    sizes: Vec<usize>,
    turn: usize,
}

impl Pieces {
    fn new(bytes: &[u8], sizes: &[usize]) -> Self {
        Self { bytes: Cursor::new(bytes.to_vec()), sizes: sizes.to_vec(), turn: 0 }
    }
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(2) {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        let size = self.sizes[(self.turn / 2) % self.sizes.len()].min(into.len());
        self.bytes.read(&mut into[..size])
    }
}

/// A line as the reader reports it: where it begins, what is kept of it, how long it is, how it was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    offset: u64,
    kept: Vec<u8>,
    length: u64,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Whole,
    TooLong,
    Cut,
}

fn read_all(reader: impl Read, buffers: &mut Buffers) -> (Vec<Found>, Option<ReadFault>) {
    let mut reader = LineReader::new(reader, buffers);
    let mut found = Vec::new();
    loop {
        match reader.next_event() {
            Ok(Some(Event::Lines { bytes, mut offset })) => {
                assert!(!bytes.is_empty(), "an event of no lines");
                for line in lines(bytes) {
                    found.push(Found { offset, kept: line.to_vec(), length: line.len() as u64, how: How::Whole });
                    offset += line.len() as u64 + 1;
                }
            }
            Ok(Some(Event::TooLong { head, length, offset })) => {
                found.push(Found { offset, kept: head.to_vec(), length, how: How::TooLong });
            }
            Ok(Some(Event::Cut { bytes, offset })) => {
                found.push(Found { offset, kept: bytes.to_vec(), length: bytes.len() as u64, how: How::Cut });
            }
            Ok(None) => return (found, None),
            Err(fault) => {
                assert!(matches!(reader.next_event(), Ok(None)), "nothing follows a fault");
                return (found, Some(fault));
            }
        }
    }
}

/// What a reader must find, told as simply as possible.
fn model(text: &[u8], max_line: usize) -> Vec<Found> {
    let mut offset = 0;
    let mut found = Vec::new();
    let mut pieces: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    if pieces.last().is_some_and(|last| last.is_empty()) {
        pieces.pop();
    }
    for line in pieces {
        let length = line.len() as u64;
        let (kept, how) =
            if line.len() > max_line { (&line[..line.len().min(HEAD)], How::TooLong) } else { (line, How::Whole) };
        found.push(Found { offset, kept: kept.to_vec(), length, how });
        offset += length + 1;
    }
    found
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Text of lines that compress badly, so that compressed data span many blocks.
fn noise(lines: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut text = Vec::new();
    for _ in 0..lines {
        for _ in 0..10 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.extend_from_slice(format!("{:016x}", state ^ (state >> 29)).as_bytes());
        }
        text.push(b'\n');
    }
    text
}

fn texts() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => vec(any::<u8>(), 0..12),
        2 => vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(0), Just(b'a')], 0..12),
        1 => (0usize..9000).prop_map(|length| vec![b'x'; length]),
    ];
    vec(line, 0..12).prop_map(|lines| lines.join(&b'\n'))
}

proptest! {
    #[test]
    fn lines_are_those_of_a_naive_split(
        text in texts(),
        sizes in vec(1usize..6000, 1..6),
        max_line in prop_oneof![3usize..40, Just(4095), Just(4096), Just(5000)],
    ) {
        prop_assume!(!matches!(Format::of(&text), Format::Gzip { .. } | Format::Zstd { .. }));
        let mut buffers = Buffers::for_lines_up_to(max_line);
        let (found, fault) = read_all(Pieces::new(&text, &sizes), &mut buffers);
        prop_assert!(fault.is_none());
        prop_assert_eq!(found, model(&text, max_line));
    }

    #[test]
    fn compressed_lines_are_the_same_lines(
        parts in vec(texts(), 1..4),
        sizes in vec(1usize..300, 1..6),
        max_line in prop_oneof![3usize..40, Just(4095), Just(5000)],
    ) {
        let mut buffers = Buffers::for_lines_up_to(max_line);
        for compress in [gzip, zstandard] {
            let stream: Vec<u8> = parts.iter().flat_map(|part| compress(part)).collect();
            let (found, fault) = read_all(Pieces::new(&stream, &sizes), &mut buffers);
            prop_assert!(fault.is_none(), "{:?}", fault);
            prop_assert_eq!(found, model(&parts.concat(), max_line));
        }
    }

    #[test]
    fn a_damaged_stream_gives_a_beginning_of_its_lines_and_the_fault(
        text in texts(),
        cut in any::<prop::sample::Index>(),
        flipped in any::<prop::sample::Index>(),
        flip in any::<bool>(),
    ) {
        let mut buffers = Buffers::for_lines_up_to(100);
        for compress in [gzip, zstandard] {
            let mut stream = compress(&text);
            if flip {
                let at = 4 + flipped.index(stream.len() - 4);
                stream[at] ^= 0x55;
            } else {
                stream.truncate(4 + cut.index(stream.len() - 4));
            }
            let (found, fault) = read_all(&stream[..], &mut buffers);
            match fault {
                Some(ReadFault::Damaged(_)) => {}
                // Some bits of a gzip header mean nothing.
                None => prop_assert!(flip),
                Some(ReadFault::Io(error)) => prop_assert!(false, "{error}"),
            }
            if !flip {
                let whole = model(&text, 100);
                let last = found.len().saturating_sub(1);
                prop_assert!(found.len() <= whole.len());
                for (number, line) in found.iter().enumerate() {
                    prop_assert_eq!(line.offset, whole[number].offset);
                    prop_assert!(whole[number].kept.starts_with(&line.kept));
                    prop_assert!(number == last || line == &whole[number]);
                }
            }
        }
    }
}

#[test]
fn an_empty_stream_has_no_lines() {
    let mut buffers = Buffers::new();
    for stream in [Vec::new(), gzip(b""), zstandard(b"")] {
        let (found, fault) = read_all(&stream[..], &mut buffers);
        assert!(found.is_empty() && fault.is_none());
    }
}

#[test]
fn a_truncated_stream_gives_all_whole_lines_before_the_fault_then_the_cut_one() {
    let text = noise(20_000);
    for (compress, damage) in
        [(gzip as fn(&[u8]) -> Vec<u8>, Damage::GzipTruncated), (zstandard, Damage::ZstdTruncated)]
    {
        let stream = compress(&text);
        let (found, fault) = read_all(&stream[..stream.len() / 2], &mut Buffers::new());
        assert!(matches!(fault, Some(ReadFault::Damaged(d)) if d == damage), "{fault:?}");
        let (cut, whole) = found.split_last().unwrap();
        assert_eq!(cut.how, How::Cut);
        assert!(whole.len() > 8_000, "half of the stream gave only {} of 20,000 lines", whole.len());
        assert_eq!(whole, &model(&text, MAX_LINE)[..whole.len()]);
    }
}

#[test]
fn a_corrupt_stream_gives_what_lies_before_the_fault() {
    let text = noise(20_000);
    for (compress, damage) in [(gzip as fn(&[u8]) -> Vec<u8>, Damage::GzipCorrupt), (zstandard, Damage::ZstdCorrupt)] {
        let mut stream = compress(&text);
        let middle = stream.len() / 2;
        stream[middle..middle + 2000].fill(0xff);
        let (found, fault) = read_all(&stream[..], &mut Buffers::new());
        assert!(matches!(fault, Some(ReadFault::Damaged(d)) if d == damage), "{fault:?}");
        let right = found.iter().zip(model(&text, MAX_LINE)).take_while(|(found, line)| *found == line).count();
        assert!(right > 8_000, "half of the stream gave only {right} of 20,000 lines");
    }
}

#[test]
fn a_wrong_checksum_is_a_fault_after_all_lines() {
    let text = b"one\ntwo\n";
    for (compress, at_the_end) in [(gzip as fn(&[u8]) -> Vec<u8>, 8), (zstandard, 4)] {
        let mut stream = compress(text);
        let at = stream.len() - at_the_end;
        stream[at] ^= 1;
        let (found, fault) = read_all(&stream[..], &mut Buffers::new());
        assert!(matches!(fault, Some(ReadFault::Damaged(Damage::GzipCorrupt | Damage::ZstdCorrupt))));
        assert_eq!(found, model(text, MAX_LINE));
    }
}

#[test]
fn what_follows_a_gzip_member_must_be_one() {
    let stream = [gzip(b"one\n"), b"no gzip at all".to_vec()].concat();
    let (found, fault) = read_all(&stream[..], &mut Buffers::new());
    assert_eq!(found, model(b"one\n", MAX_LINE));
    assert!(matches!(fault, Some(ReadFault::Damaged(Damage::GzipCorrupt))));
}

#[test]
fn a_window_of_32_megabytes_is_given_and_a_larger_one_has_a_reason_of_its_own() {
    let with_window = |log| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(log).unwrap();
        encoder.write_all(b"one\n").unwrap();
        encoder.finish().unwrap()
    };
    let (found, fault) = read_all(&with_window(25)[..], &mut Buffers::new());
    assert_eq!((found, fault.is_none()), (model(b"one\n", MAX_LINE), true));
    let (found, fault) = read_all(&with_window(26)[..], &mut Buffers::new());
    assert!(found.is_empty());
    assert!(matches!(fault, Some(ReadFault::Damaged(Damage::ZstdWindow))), "{fault:?}");
}

#[test]
fn a_skippable_frame_of_zstd_is_skipped() {
    let stream = [b"\x50\x2a\x4d\x18\x04\0\0\0abcd".to_vec(), zstandard(b"one\n")].concat();
    let (found, fault) = read_all(&stream[..], &mut Buffers::new());
    assert_eq!((found, fault.is_none()), (model(b"one\n", MAX_LINE), true));
}

#[test]
fn a_line_of_100_megabytes_is_passed_over_and_the_next_is_read() {
    let long = io::repeat(b'x').take(100_000_000);
    let reader = (&b"first\n"[..]).chain(long).chain(&b"\nlast"[..]);
    let mut buffers = Buffers::new();
    let (found, fault) = read_all(reader, &mut buffers);
    assert!(fault.is_none());
    let expected = [(0, 5, How::Whole), (6, 100_000_000, How::TooLong), (100_000_007, 4, How::Whole)];
    assert_eq!(found.iter().map(|line| (line.offset, line.length, line.how)).collect::<Vec<_>>(), expected);
    assert_eq!(found[1].kept.len(), HEAD);
    assert!(buffers.block.capacity() <= MAX_LINE + 1);
}

#[test]
fn a_gzip_bomb_costs_no_memory() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..8 {
        encoder.write_all(&vec![b'x'; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let mut buffers = Buffers::new();
    let (found, fault) = read_all(&bomb[..], &mut buffers);
    assert!(fault.is_none());
    assert_eq!((found[0].length, found[0].how), (8 << 20, How::TooLong));
    assert!(buffers.block.capacity() + buffers.input.capacity() <= MAX_LINE + 1 + READ_STEP);
}

#[test]
fn an_error_of_the_stream_comes_through_as_it_is() {
    #[derive(Debug)]
    struct Gone;
    impl std::fmt::Display for Gone {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("gone")
        }
    }
    impl std::error::Error for Gone {}
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other(Gone))
        }
    }
    for beginning in [b"one\ntwo".to_vec(), gzip(b"one\ntwo"), zstandard(b"one\ntwo"), Vec::new()] {
        let (_, fault) = read_all(beginning.chain(Failing), &mut Buffers::new());
        let Some(ReadFault::Io(error)) = fault else { panic!("no error: {fault:?}") };
        assert!(error.get_ref().is_some_and(|inner| inner.is::<Gone>()));
    }
}

#[test]
fn one_carriage_return_ends_a_line_no_more() {
    assert_eq!(trim_line(b"a\r"), b"a");
    assert_eq!(trim_line(b"a\r\r"), b"a\r");
    assert_eq!(trim_line(b"a"), b"a");
    assert_eq!(trim_line(b"\r"), b"");
}
