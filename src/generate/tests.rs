use std::collections::HashSet;
use std::fs;

use sha2::{Digest, Sha256};

use super::*;
use crate::logs::access::Parser;
use crate::logs::lines::{Buffers, Event, LineReader, lines as split_lines, trim_line};

fn small(bytes: u64) -> Options {
    Options { bytes, seed: 7, days: 3, ..Options::default() }
}

/// The files of a folder, by name, with their content.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn made(options: &Options) -> (Generated, BTreeMap<String, Vec<u8>>) {
    let dir = tempfile::tempdir().unwrap();
    let generated = generate(options, dir.path()).unwrap();
    (generated, files(dir.path()))
}

fn hash(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut sum = Sha256::new();
    for (name, content) in files {
        sum.update(name);
        sum.update(content);
    }
    format!("{:x}", sum.finalize())
}

fn lines(files: &BTreeMap<String, Vec<u8>>) -> Vec<&[u8]> {
    files.values().flat_map(|content| content.split(|&b| b == b'\n').filter(|line| !line.is_empty())).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let one = made(&Options { threads: 1, ..small(1_500_000) });
    let three = made(&Options { threads: 3, ..small(1_500_000) });
    assert_eq!(one, three);
    assert_eq!(
        hash(&one.1),
        "faa643fa5de4e701e726f345f8d2869be1238b51e1d5f3a47239d6a32e54bb50",
        "other bytes than in earlier versions, or on other machines"
    );
    assert_ne!(hash(&made(&Options { seed: 8, ..small(1_500_000) }).1), hash(&one.1));
}

#[test]
fn every_line_is_a_record_of_27_fields_within_the_days() {
    let (generated, files) = made(&small(2_000_000));
    let all = lines(&files);
    assert_eq!((generated.lines, generated.records), (all.len() as u64, all.len() as u64));
    let first = 1_780_272_000_000i64; // 2026-06-01
    let mut parser = Parser::default();
    for line in &all {
        let record = parser.parse(line).unwrap_or_else(|r| panic!("{r}: {}", String::from_utf8_lossy(line)));
        let (tail, extra) = crate::logs::access::tail(record.tail);
        assert!(extra.is_none() && tail.iter().all(|field| !field.is_empty()));
        assert!((first..first + 3 * 86_400_000).contains(&record.requestdatetime), "{}", record.requestdatetime);
    }
    let mean = all.iter().map(|line| line.len() + 1).sum::<usize>() / all.len();
    assert!((650..=760).contains(&mean), "mean line of {mean} bytes");
}

#[test]
fn at_least_a_tenth_of_the_keys_are_distinct_and_ids_are_random() {
    let (_, files) = made(&Options { bytes: 20_000_000, days: 30, ..small(0) });
    let all = lines(&files);
    let mut parser = Parser::default();
    let records: Vec<_> = all.iter().map(|line| parser.parse(line).unwrap()).collect();
    let keys: HashSet<_> = records.iter().map(|r| (r.bucket_name, r.key)).collect();
    assert!(keys.len() * 10 > records.len(), "{} of {}", keys.len(), records.len());
    let ids: HashSet<_> = records.iter().map(|r| r.requestid).collect();
    let hosts: HashSet<_> = records.iter().map(|r| r.hostid).collect();
    let shared = records.iter().filter(|r| r.operation == b"BATCH.DELETE.OBJECT").count();
    assert!(shared > 0 && shared * 20 < records.len(), "{shared} rows of multi-deletes");
    assert_eq!((ids.len(), hosts.len()), (records.len() - shared, records.len() - shared));
}

#[test]
fn the_number_of_objects_moves_the_cuts_and_nothing_else() {
    let (few, few_files) = made(&Options { objects: Some(3), ..small(2_000_000) });
    let (many, many_files) = made(&Options { objects: Some(400), ..small(2_000_000) });
    assert_eq!((few_files.len(), many_files.len()), (3, 400));
    assert_eq!((few.objects, many.objects), (3, 400));
    let joined = |files: &BTreeMap<String, Vec<u8>>| files.values().flatten().copied().collect::<Vec<u8>>();
    assert_eq!(joined(&few_files), joined(&many_files));
    assert!(many_files.values().all(|content| content.ends_with(b"\n")));
}

#[test]
fn objects_are_named_as_s3_names_them() {
    let (_, simple) = made(&small(500_000));
    for name in simple.keys() {
        let (time, unique) = name.split_at(20);
        assert!(jiff::civil::DateTime::strptime("%Y-%m-%d-%H-%M-%S-", time).is_ok(), "{name}");
        assert!(unique.len() == 16 && unique.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')), "{name}");
    }
    let (_, partitioned) = made(&Options { layout: Layout::Partitioned, ..small(500_000) });
    let name = partitioned.keys().find(|name| name.contains("db-backups-vault")).unwrap();
    assert!(name.starts_with("444455556666/eu-central-1/db-backups-vault/2026/06/0"), "{name}");
    for (name, content) in &partitioned {
        let bucket = name.split('/').nth(2).unwrap();
        assert!(
            lines(&BTreeMap::from([(name.clone(), content.clone())]))
                .iter()
                .all(|line| { line.split(|&b| b == b' ').nth(1) == Some(bucket.as_bytes()) })
        );
    }
}

#[test]
fn hard_logs_hold_what_their_manifest_says() {
    let options = Options { hard: true, long_line: 1_500_000, ..small(3_000_000) };
    let (generated, files) = made(&options);
    assert_eq!(generated.lines, generated.records + generated.rejected_lines());
    assert_eq!(files.len() as u64, generated.objects + generated.other_files);
    assert_eq!(generated.damaged_objects, 1);
    for width in ["width_17", "width_18", "width_24", "width_25", "width_26", "width_30", "crlf", "gzip", "zstd"] {
        assert!(generated.quirks.contains_key(width), "{width}");
    }
    let mut seen = Generated::default();
    for content in files.iter().filter(|(name, _)| name.starts_with("2026-")).map(|(_, content)| content) {
        read(content, &mut seen);
    }
    assert_eq!((seen.records, seen.damaged_objects), (generated.records, generated.damaged_objects));
    assert_eq!(seen.rejected, generated.rejected);
}

/// Counts what the pipeline's own reader and parser make of an object.
fn read(content: &[u8], seen: &mut Generated) {
    let mut buffers = Buffers::new();
    let mut reader = LineReader::new(content, &mut buffers);
    let mut parser = Parser::default();
    loop {
        match reader.next_event() {
            Ok(Some(Event::Lines { bytes, .. })) => {
                for line in split_lines(bytes) {
                    match parser.parse(trim_line(line)) {
                        Ok(_) => seen.records += 1,
                        Err(reject) => *seen.rejected.entry(reject.as_str()).or_insert(0) += 1,
                    }
                }
            }
            Ok(Some(Event::TooLong { .. })) => *seen.rejected.entry("too_long").or_insert(0) += 1,
            Ok(Some(Event::Cut { .. })) => *seen.rejected.entry("cut_short").or_insert(0) += 1,
            Ok(None) => return,
            Err(_) => {
                seen.damaged_objects += 1;
                return;
            }
        }
    }
}

#[test]
fn impossible_options_are_usage_errors() {
    let dir = tempfile::tempdir().unwrap();
    for options in [
        Options { bytes: 0, ..small(0) },
        Options { days: 0, ..small(10_000) },
        Options { objects: Some(1_000), ..small(100_000) },
        Options { start: Date::MAX, ..small(100_000) },
    ] {
        assert_eq!(generate(&options, dir.path()).unwrap_err().kind(), crate::ErrorKind::Usage, "{options:?}");
    }
}

/// Access logs and CloudTrail's files of the same options.
/// Name → content.
type Files = BTreeMap<String, Vec<u8>>;

fn with_trails(options: &Options) -> (Generated, Files, Files) {
    let (logs, trails) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = Options { trails: Some(trails.path().to_path_buf()), ..options.clone() };
    let generated = generate(&options, logs.path()).unwrap();
    (generated, files(logs.path()), files(trails.path()))
}

/// The text of a file that is well made.
fn unpacked(content: &[u8]) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(content), &mut text).unwrap();
    text
}

/// The records of files that are well made, with their files.
fn records(files: &BTreeMap<String, Vec<u8>>) -> Vec<(&str, serde_json::Value)> {
    let mut all = Vec::new();
    for (name, content) in files {
        let document: serde_json::Value = serde_json::from_str(&unpacked(content)).unwrap();
        all.extend(document["Records"].as_array().unwrap().iter().map(|record| (name.as_str(), record.clone())));
    }
    all
}

#[test]
fn the_access_logs_are_the_same_with_and_without_trails() {
    for options in [small(1_000_000), Options { hard: true, layout: Layout::Partitioned, ..small(1_000_000) }] {
        let (alone, logs) = made(&options);
        let (both, same, trails) = with_trails(&options);
        assert_eq!(logs, same);
        assert_eq!(alone, Generated { trails: None, ..both });
        assert!(!trails.is_empty());
    }
}

#[test]
fn the_same_seed_gives_the_same_trails_on_any_number_of_threads() {
    let one = with_trails(&Options { threads: 1, ..small(1_500_000) });
    let three = with_trails(&Options { threads: 3, ..small(1_500_000) });
    assert_eq!(one, three);
    // What is in the files: how they are packed is the compressor's business.
    let texts = one.2.iter().map(|(name, content)| (name.clone(), unpacked(content).into_bytes()));
    assert_eq!(
        hash(&texts.collect()),
        "c4589417a89102dffa2f60535af2139814e1d0bc102d6bd140f8ebe3c2cbdf76",
        "other events than in earlier versions, or on other machines"
    );
}

#[test]
fn a_request_that_both_see_is_the_same_in_both() {
    let (generated, logs, trails) = with_trails(&small(3_000_000));
    let lines: Vec<String> = lines(&logs).iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let mut by_id: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in &lines {
        let id = line.split(' ').skip(5).find(|word| word.len() == 16 && word.bytes().all(|b| b.is_ascii_hexdigit()));
        by_id.entry(id.unwrap()).or_default().push(line);
    }
    let events = records(&trails);
    assert_eq!(generated.trails.unwrap().events, events.len() as u64);
    let (mut data, mut deleted, mut ids) = (0, 0, HashSet::new());
    for (name, event) in &events {
        assert!(ids.insert(event["eventID"].as_str().unwrap().to_owned()), "{event}");
        let time: jiff::Timestamp = event["eventTime"].as_str().unwrap().parse().unwrap();
        let delivered = crate::logs::name::LogName::parse(name).unwrap().delivered_at.unwrap();
        assert!(time.as_millisecond() < delivered, "{name}: {event}");
        let place = format!(
            "{}/CloudTrail/{}",
            event["recipientAccountId"].as_str().unwrap(),
            event["awsRegion"].as_str().unwrap()
        );
        assert!(name.contains(&place), "{name}: {event}");
        if event["eventCategory"] != "Data" {
            continue;
        }
        data += 1;
        let said = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
        let of_id = by_id.get(said(&event["requestID"]).as_str()).unwrap_or_else(|| panic!("no line: {event}"));
        let bucket = said(&event["requestParameters"]["bucketName"]);
        assert!(of_id.iter().all(|line| line.split(' ').nth(1) == Some(&bucket)), "{event}");
        let day = time.strftime("[%d/%b/%Y:%H:%M:%S +0000]").to_string();
        assert!(of_id.iter().any(|line| line.contains(&day)), "{event}");
        if let Some(arn) = event["userIdentity"]["arn"].as_str().filter(|arn| !arn.ends_with(":root")) {
            assert!(of_id.iter().any(|line| line.contains(arn)), "{event}");
        }
        if event["eventName"] == "DeleteObject" && of_id.len() > 1 {
            deleted += 1;
            assert_ne!(event["userAgent"], "-");
        }
    }
    assert!(data > 1_000 && deleted > 0, "{data} {deleted}");
    let shared: Vec<_> = events.iter().filter_map(|(_, event)| event["sharedEventID"].as_str()).collect();
    assert_eq!(shared.len(), 2 * shared.iter().collect::<HashSet<_>>().len());
}

#[test]
fn hard_trails_hold_what_their_manifest_says() {
    let (generated, _, trails) = with_trails(&Options { hard: true, ..small(3_000_000) });
    let told = generated.trails.unwrap();
    assert_eq!(told.records, told.events + told.rejected_records());
    assert_eq!(trails.len() as u64, told.files + told.other_files);
    let mut seen = Trails { quirks: told.quirks.clone(), other_files: told.other_files, ..Trails::default() };
    let mut ids = HashSet::new();
    for (name, content) in trails.iter().filter(|(name, _)| !crate::logs::name::is_trail_sibling(name)) {
        assert!(crate::logs::name::LogName::parse(name).is_some(), "{name}");
        seen.files += 1;
        seen.stored_bytes += content.len() as u64;
        let mut buffers = Buffers::new();
        let mut events = crate::logs::trail::stream::Events::new(content.as_slice(), &mut buffers);
        while let Some(found) = events.next_found().unwrap() {
            use crate::logs::trail::{record::Member, stream::Found};
            seen.records += 1;
            match found {
                Found::Event { record, .. } => {
                    seen.events += 1;
                    assert!(record.text(Member::EventName).is_some(), "{name}");
                    seen.repeated += u64::from(!ids.insert(record.text(Member::EventId).unwrap().into_owned()));
                }
                Found::Rejected { reason, .. } => *seen.rejected.entry(reason.as_str()).or_insert(0) += 1,
            }
        }
        seen.damaged_files += u64::from(events.damage().is_some());
    }
    assert_eq!(seen, told);
    assert_eq!(told.quirks.len(), 8 + 3, "{:?}", told.quirks);
}
