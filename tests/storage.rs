//! The storage layer on a folder: odd names, guarded reads, create-if-absent.

use std::fs;
use std::io::{Read, Write};

use bucketscope::etl::model::NotRead;
use bucketscope::storage::{ChangedWhileRead, Created, Listed, Opened, Store, Walked};
use bytes::Bytes;
use futures::executor::block_on;
use object_store::{ObjectStoreExt, path::Path as ObjectPath};

fn folder() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path()).unwrap();
    (folder, store)
}

fn content(store: &Store, listed: &Listed) -> String {
    let Opened::Stream(mut stream) = store.open(&listed.path, &listed.etag).unwrap() else { panic!("not opened") };
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[cfg(unix)]
#[test]
fn files_of_any_name_are_listed_once_and_can_be_read() {
    use std::os::unix::ffi::OsStrExt;
    let (folder, store) = folder();
    let names: [&[u8]; 13] = [
        b"2026-01-01-00-00-00-0123456789ABCDEF",
        b"with space",
        b"100%",
        b"%41",
        b"upload#1",
        b"a#b",
        b"tab\there",
        b"line\nbreak",
        b"latin-\xe9",
        "größe".as_bytes(),
        b"back\\slash",
        b"[~{^`|\"<>*?}]",
        b".hidden",
    ];
    for name in names {
        let path = folder.path().join("sub dir#2").join(std::ffi::OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    let listed = store.list("", None).unwrap();
    assert_eq!(listed.len(), names.len());
    for object in &listed {
        let Opened::Stream(mut stream) = store.open(&object.path, &object.etag).unwrap() else {
            panic!("{} was not opened", object.path)
        };
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        assert!(names.contains(&bytes.as_slice()));
        assert!(!object.path.chars().any(char::is_control));
        store.delete(&object.path).unwrap();
    }
    assert_eq!(store.list("", None).unwrap(), []);
}

#[test]
fn a_folder_is_listed_in_the_order_of_paths_as_a_bucket_is() {
    let (folder, store) = folder();
    for path in ["a/b", "a-b", "a0", "a/c/d", "b", "B"] {
        store.write(path, Bytes::from_static(b"x")).unwrap();
    }
    let walked: Vec<String> = store
        .walk("", None)
        .unwrap()
        .map(|item| match item.unwrap() {
            Walked::Object(object) => object.path,
            Walked::Unreadable { path, .. } => panic!("{path}"),
        })
        .collect();
    assert_eq!(walked, ["B", "a-b", "a/b", "a/c/d", "a0", "b"]);
    assert_eq!(store.names("").unwrap(), walked);
    let after: Vec<String> = store.list("a", Some("a/b")).unwrap().into_iter().map(|object| object.path).collect();
    assert_eq!(after, ["a/c/d"]);
    assert_eq!(store.list("no such folder", None).unwrap(), []);
    drop(folder);
}

#[test]
fn our_etag_is_the_one_that_object_store_makes() {
    let (_folder, store) = folder();
    store.write("a/b", Bytes::from_static(b"one")).unwrap();
    let ours = store.list("", None).unwrap().remove(0);
    let theirs = block_on(store.inner().head(&ObjectPath::from("a/b"))).unwrap();
    assert_eq!(Some(ours.etag), theirs.e_tag);
    assert_eq!(ours.modified_ms, theirs.last_modified.timestamp_millis());
    assert_eq!(ours.size, theirs.size);
}

#[test]
fn a_version_that_is_no_longer_there_is_not_read() {
    for name in ["log", "log#1"] {
        let (folder, store) = folder();
        let path = folder.path().join(name);
        fs::write(&path, "one").unwrap();
        let listed = store.list("", None).unwrap().remove(0);
        assert_eq!(content(&store, &listed), "one");
        fs::write(&path, "three").unwrap();
        assert!(matches!(store.open(name, &listed.etag).unwrap(), Opened::NotRead(NotRead::Changed)));
        fs::remove_file(&path).unwrap();
        assert!(matches!(store.open(name, &listed.etag).unwrap(), Opened::NotRead(NotRead::Vanished)));
    }
}

#[test]
fn a_file_that_grows_while_it_is_read_is_an_error_at_its_end() {
    let (folder, store) = folder();
    let path = folder.path().join("log");
    fs::write(&path, "one").unwrap();
    let listed = store.list("", None).unwrap().remove(0);
    let Opened::Stream(mut stream) = store.open(&listed.path, &listed.etag).unwrap() else { panic!("not opened") };
    stream.read_exact(&mut [0; 3]).unwrap();
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"two").unwrap();
    let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
    assert!(error.get_ref().unwrap().is::<ChangedWhileRead>());
}

#[test]
fn a_file_that_is_replaced_or_removed_while_it_is_read_yields_the_version_that_was_opened() {
    let (folder, store) = folder();
    let path = folder.path().join("log");
    fs::write(&path, "one").unwrap();
    let listed = store.list("", None).unwrap().remove(0);
    let Opened::Stream(mut stream) = store.open(&listed.path, &listed.etag).unwrap() else { panic!("not opened") };
    fs::remove_file(&path).unwrap();
    fs::write(&path, "two").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text, "one");
}

#[test]
fn of_two_writers_that_must_not_replace_one_wins() {
    let (_folder, store) = folder();
    assert_eq!(store.write_new("log/1", Bytes::from_static(b"first")).unwrap(), Created::Yes);
    assert_eq!(store.write_new("log/1", Bytes::from_static(b"second")).unwrap(), Created::Exists);
    assert_eq!(store.read("log/1").unwrap().unwrap(), "first");
    assert_eq!(store.size("log/1").unwrap(), Some(5));
    store.write("log/1", Bytes::from_static(b"third")).unwrap();
    assert_eq!(store.read("log/1").unwrap().unwrap(), "third");
    store.delete("log/1").unwrap();
    store.delete("log/1").unwrap();
    assert_eq!(store.read("log/1").unwrap(), None);
    assert_eq!(store.size("log/1").unwrap(), None);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_what_is_no_file_is_named() {
    use std::os::unix::fs::symlink;
    let (folder, store) = folder();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("log"), "x").unwrap();
    symlink(elsewhere.path(), folder.path().join("linked")).unwrap();
    symlink(folder.path(), folder.path().join("loop")).unwrap();
    symlink(folder.path().join("nothing"), folder.path().join("broken")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    for item in store.walk("", None).unwrap() {
        match item.unwrap() {
            Walked::Object(object) => files.push(object.path),
            Walked::Unreadable { path, .. } => unreadable.push(path),
        }
    }
    assert_eq!(files, ["linked/log"]);
    assert_eq!(unreadable, ["broken", "loop", "socket"]);
}

#[test]
fn empty_folders_go_and_others_stay() {
    let (folder, store) = folder();
    store.write("t/a/b/c", Bytes::new()).unwrap();
    store.write("t/d/e", Bytes::new()).unwrap();
    store.delete("t/a/b/c").unwrap();
    store.remove_empty_folders("t").unwrap();
    assert!(!folder.path().join("t/a").exists() && folder.path().join("t/d/e").exists());
}
