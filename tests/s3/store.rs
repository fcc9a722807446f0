//! A bucket does what a folder does.

use std::collections::BTreeSet;
use std::io::Read;

use bucketscope::ErrorKind;
use bucketscope::etl::model::NotRead;
use bucketscope::storage::{Created, Listed, Opened, Store, Walked};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};

use crate::proxy::{Fault, Proxy};
use crate::server::{self, TestBucket};

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn contents(opened: Opened) -> Vec<u8> {
    let Opened::Stream(mut stream) = opened else { panic!("{opened:?}") };
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    all
}

fn paths(listed: &[Listed]) -> Vec<&str> {
    listed.iter().map(|listed| listed.path.as_str()).collect()
}

#[test]
fn what_is_written_is_read_listed_and_removed() {
    let bucket = TestBucket::new("plain");
    let store = Store::s3(&bucket.session, &bucket.place("in/"));
    assert_eq!(store.read("a/b").unwrap(), None);
    assert_eq!(store.size("a/b").unwrap(), None);
    assert_eq!(store.write_new("a/b", bytes("first")).unwrap(), Created::Yes);
    assert_eq!(store.write_new("a/b", bytes("second")).unwrap(), Created::Exists);
    assert_eq!(store.read("a/b").unwrap().unwrap(), "first");
    store.write("a/b", bytes("third")).unwrap();
    assert_eq!(store.read("a/b").unwrap().unwrap(), "third");
    assert_eq!(store.size("a/b").unwrap(), Some(5));
    store.write("a0", bytes("")).unwrap();
    store.write("ab/c", bytes("x")).unwrap();
    bucket.put("elsewhere", "y");
    assert_eq!(paths(&store.list("", None).unwrap()), ["a/b", "a0", "ab/c"]);
    assert_eq!(paths(&store.list("a", None).unwrap()), ["a/b"]);
    assert_eq!(paths(&store.list("", Some("a/b")).unwrap()), ["a0", "ab/c"]);
    assert_eq!(store.names("").unwrap(), ["a/b", "a0", "ab/c"]);
    let whole = Store::s3(&bucket.session, &bucket.place(""));
    assert_eq!(whole.names("").unwrap(), ["elsewhere", "in/a/b", "in/a0", "in/ab/c"]);
    store.delete("a/b").unwrap();
    store.delete("a/b").unwrap();
    assert_eq!(store.names("").unwrap(), ["a0", "ab/c"]);
}

#[test]
fn a_prefix_is_no_folder() {
    let bucket = TestBucket::new("prefix");
    bucket.put("logs/my2026-01-01-00-00-00-AB", "a");
    bucket.put("logs/my-other", "b");
    bucket.put("logs/m", "c");
    let store = Store::s3(&bucket.session, &bucket.place("logs/my"));
    let listed = store.list("", None).unwrap();
    assert_eq!(paths(&listed), ["-other", "2026-01-01-00-00-00-AB"]);
    assert_eq!(contents(store.open("2026-01-01-00-00-00-AB", &listed[1].etag).unwrap()), b"a");
}

#[test]
fn a_version_is_read_or_told_to_have_changed() {
    let bucket = TestBucket::new("versions");
    let store = Store::s3(&bucket.session, &bucket.place(""));
    let long: Vec<u8> = (0..3_000_000u32).map(|at| (at % 251) as u8).collect();
    bucket.put("long", long.clone());
    let etag = store.list("", None).unwrap()[0].etag.clone();
    assert_eq!(contents(store.open("long", &etag).unwrap()), long);
    bucket.put("long", "other");
    assert!(matches!(store.open("long", &etag).unwrap(), Opened::NotRead(NotRead::Changed)));
    store.delete("long").unwrap();
    assert!(matches!(store.open("long", &etag).unwrap(), Opened::NotRead(NotRead::Vanished)));
}

#[test]
fn keys_that_are_no_paths_are_read_and_removed_too() {
    let odd = [
        "/leading",
        "a//b",
        "tab\tname",
        "line\nbreak",
        "a#1",
        "percent%41",
        "plus+ space",
        "caf\u{e9}/\u{1f600}",
        "q?a=b&c",
    ];
    let bucket = TestBucket::new("odd");
    for key in odd {
        bucket.put(&format!("p/{key}"), key.to_owned());
    }
    bucket.put("p/", "");
    bucket.put("p/folder/", "");
    let store = Store::s3(&bucket.session, &bucket.place("p/"));
    let listed = store.list("", None).unwrap();
    let mut read = BTreeSet::new();
    for object in &listed {
        assert!(!object.path.chars().any(char::is_control), "{:?}", object.path);
        read.insert(String::from_utf8(contents(store.open(&object.path, &object.etag).unwrap())).unwrap());
    }
    assert_eq!(read, odd.iter().map(|key| (*key).to_owned()).collect());
    for object in &listed {
        store.delete(&object.path).unwrap();
    }
    assert_eq!(store.names("").unwrap(), [""; 0]);
}

#[test]
fn a_listing_has_all_pages_and_can_begin_anywhere() {
    let bucket = TestBucket::new("pages");
    let store = Store::s3(&bucket.session, &bucket.place("in/"));
    let expected: Vec<String> = (0..1_234).map(|at| format!("{at:05}")).collect();
    std::thread::scope(|scope| {
        for part in expected.chunks(100) {
            let store = &store;
            scope.spawn(move || part.iter().for_each(|path| store.write(path, bytes("x")).unwrap()));
        }
    });
    assert_eq!(store.names("").unwrap(), expected);
    assert_eq!(paths(&store.list("", Some("01100")).unwrap()), expected[1_101..]);
    let walked = store.walk("", None).unwrap().filter(|walked| matches!(walked, Ok(Walked::Object(_)))).count();
    assert_eq!(walked, expected.len());
}

#[test]
fn of_sixteen_that_create_an_object_one_wins() {
    let bucket = TestBucket::new("winner");
    let store = Store::s3(&bucket.session, &bucket.place(""));
    for round in 0..10 {
        let path = format!("round/{round}");
        let won: Vec<String> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..16)
                .map(|writer| {
                    let (store, path) = (&store, &path);
                    scope.spawn(move || {
                        let text = format!("writer {writer}");
                        (store.write_new(path, bytes(&text)).unwrap() == Created::Yes).then_some(text)
                    })
                })
                .collect();
            writers.into_iter().filter_map(|writer| writer.join().unwrap()).collect()
        });
        assert_eq!(won.len(), 1, "{won:?}");
        assert_eq!(store.read(&path).unwrap().unwrap(), won[0]);
    }
}

/// A store behind a proxy that does this to the first requests.
fn behind_faults(bucket: &TestBucket, faults: &[(&'static str, Fault)]) -> (Store, Proxy) {
    let proxy = Proxy::with_faults(server::port(), faults);
    (Store::s3(&server::session(proxy.port), &bucket.place("")), proxy)
}

#[test]
fn who_created_an_object_and_lost_the_answer_still_knows_it() {
    let bucket = TestBucket::new("lost-answer");
    let (store, proxy) = behind_faults(&bucket, &[("PUT", Fault::LoseAnswer)]);
    assert_eq!(store.write_new("entry", bytes("same")).unwrap(), Created::Yes);
    assert_eq!(proxy.faults(), 1);
    // The same bytes, but not the same write.
    assert_eq!(store.write_new("entry", bytes("same")).unwrap(), Created::Exists);
}

#[test]
fn a_body_that_breaks_off_is_gone_on_with() {
    let bucket = TestBucket::new("broken-body");
    let long: Vec<u8> = (0..1_000_000u32).flat_map(u32::to_le_bytes).collect();
    bucket.put("long", long.clone());
    let cuts = [("GET", Fault::CutBodyAfter(1_000_001)), ("GET", Fault::CutBodyAfter(1)), ("GET", Fault::SlowDown)];
    let (store, proxy) = behind_faults(&bucket, &cuts);
    let etag = Store::s3(&bucket.session, &bucket.place("")).list("", None).unwrap()[0].etag.clone();
    assert!(contents(store.open("long", &etag).unwrap()) == long);
    assert_eq!(proxy.faults(), 3);
}

#[test]
fn a_body_that_is_another_when_it_is_gone_on_with_is_told() {
    let bucket = TestBucket::new("changed-body");
    bucket.put("long", vec![b'a'; 40_000_000]);
    let (store, proxy) = behind_faults(&bucket, &[("GET", Fault::CutBodyAfter(30_000_000))]);
    let etag = Store::s3(&bucket.session, &bucket.place("")).list("", None).unwrap()[0].etag.clone();
    // Read ahead is far less than where it breaks off.
    let Opened::Stream(mut stream) = store.open("long", &etag).unwrap() else { panic!("not opened") };
    bucket.put("long", vec![b'b'; 40_000_000]);
    let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
    assert!(error.get_ref().is_some_and(|inner| inner.is::<bucketscope::storage::ChangedWhileRead>()), "{error}");
    assert_eq!(proxy.faults(), 1);
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let session = server::session(server::port());
    let bucket = TestBucket { session, name: "no-such-bucket".to_owned() };
    let store = Store::s3(&bucket.session, &bucket.place("p/"));
    let error = store.names("").unwrap_err();
    assert_eq!(error.to_string(), "cannot list s3://no-such-bucket/p/: there is no bucket no-such-bucket");
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.suggestion().is_some());
}

#[test]
fn wrong_credentials_are_not_taken_for_a_single_object_that_may_not_be_read() {
    let bucket = TestBucket::new("denied");
    bucket.put("a", "a");
    let session = server::session_of(server::port(), "nobody");
    let store = Store::s3(&session, &bucket.place(""));
    let error = store.open("a", "\"x\"").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
}

#[test]
fn the_trait_gives_ranges_heads_and_folders() {
    let bucket = TestBucket::new("trait");
    bucket.put("in/a/b/c", "0123456789");
    bucket.put("in/a/d", "x");
    let store = Store::s3(&bucket.session, &bucket.place("in/")).inner();
    let path = Path::from("a/b/c");
    bucket.session.wait(async {
        assert_eq!(store.get_range(&path, 2..5).await.unwrap(), "234");
        let suffix = GetOptions { range: Some(GetRange::Suffix(3)), ..GetOptions::default() };
        assert_eq!(store.get_opts(&path, suffix).await.unwrap().bytes().await.unwrap(), "789");
        let head = store.head(&path).await.unwrap();
        assert_eq!((head.size, head.location), (10, path.clone()));
        let listed = store.list_with_delimiter(Some(&Path::from("a"))).await.unwrap();
        assert_eq!(listed.common_prefixes, [Path::from("a/b")]);
        assert_eq!(listed.objects.iter().map(|meta| meta.location.as_ref()).collect::<Vec<_>>(), ["a/d"]);
        let unchanged = GetOptions { if_none_match: head.e_tag, ..GetOptions::default() };
        assert!(matches!(store.get_opts(&path, unchanged).await, Err(object_store::Error::NotModified { .. })));
    });
}
