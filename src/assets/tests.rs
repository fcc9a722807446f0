use std::io::Write;

use super::*;

/// The first bytes of a program for `machine`.
fn program(machine: u8) -> Vec<u8> {
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
    bytes.resize(18, 0);
    bytes.extend([machine, 0]);
    bytes.resize(64, 0);
    bytes
}

fn zip(name: &str, content: &[u8], method: u16) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.extend([20, 0, 0, 0]);
    bytes.extend(method.to_le_bytes());
    bytes.resize(26, 0);
    bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(name.as_bytes());
    if method == 8 {
        let mut deflate = flate2::write::DeflateEncoder::new(bytes, flate2::Compression::fast());
        deflate.write_all(content).unwrap();
        return deflate.finish().unwrap();
    }
    bytes.extend(content);
    bytes
}

fn file(folder: &tempfile::TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn a_program_for_another_processor_is_refused_without_being_run() {
    let folder = tempfile::tempdir().unwrap();
    // 183 is the number of arm64.
    let arm = file(&folder, "arm", &program(183));
    let error = find(Some(&arm), None, &[], "").unwrap_err();
    assert_eq!(error.code(), 64);
    assert!(error.to_string().contains("another processor than x86_64"), "{error}");
    assert!(error.suggestion().unwrap().contains("scripts/build-assets"));
    let text = file(&folder, "text", b"#!/bin/sh\necho a long enough script\n");
    assert!(find(Some(&text), None, &[], "").unwrap_err().to_string().contains("no program for Linux"));
}

#[test]
fn what_is_missing_names_the_places_the_flag_and_the_command_that_builds_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = find(None, None, &[folder.path().to_owned()], "").unwrap_err();
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    let hint = error.suggestion().unwrap();
    assert!(hint.contains("--worker") && hint.contains("scripts/build-assets"), "{hint}");
    let given = folder.path().join("nothing");
    assert!(find(Some(&given), None, &[], "").unwrap_err().to_string().contains("--worker names"));
}

#[test]
fn a_zip_file_must_hold_the_program_that_lambda_starts() {
    let folder = tempfile::tempdir().unwrap();
    for method in [0, 8] {
        assert_eq!(program::of_zip(&file(&folder, "good", &zip("bootstrap", &program(62), method))), Ok(()));
    }
    for (bad, why) in [
        (zip("bootstrap", &program(183), 8), "another processor"),
        (zip("main", &program(62), 8), "not `bootstrap`"),
        (zip("bootstrap", b"", 8), "cut off"),
        (zip("bootstrap", &program(62), 12), "method 12"),
        (b"PK".to_vec(), "too short"),
        (vec![b'x'; 100], "no zip file"),
        (zip("bootstrap", b"", 0)[..35].to_vec(), "cut off"),
    ] {
        let said = program::of_zip(&file(&folder, "bad", &bad)).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn the_newest_glibc_that_a_program_asks_for_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let asks = file(&folder, "asks", b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.4\0GLIBC_PRIVATE\0GLIBC_");
    assert_eq!(program::glibc(&asks), Ok(Some((2, 34))));
    assert_eq!(program::glibc(&file(&folder, "static", b"nothing")), Ok(None));
}

#[test]
fn of_several_files_the_one_that_runs_on_old_systems_is_taken() {
    let (beside, built) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    file(&beside, WORKER, b"\0GLIBC_2.34\0");
    let portable = file(&built, WORKER, b"\0GLIBC_2.25\0");
    let places = [beside.path().to_owned(), built.path().to_owned()];
    assert_eq!(choose("the worker", WORKER, "--worker", None, &places).unwrap(), portable);
}

#[test]
fn a_program_built_by_cargo_finds_the_assets_of_its_source_tree() {
    let places = usual_places(Some(Path::new("/src/target/release/bucketscope")), Path::new("project"));
    let expected = ["/src/target/release", "/src/lambda-assets", "project/lambda-assets"];
    assert_eq!(places, expected.map(PathBuf::from));
    let installed = usual_places(Some(Path::new("/usr/bin/bucketscope")), Path::new("."));
    assert_eq!(installed, ["/usr/bin", "./lambda-assets"].map(PathBuf::from));
}

#[test]
fn a_hash_is_that_of_the_content() {
    let folder = tempfile::tempdir().unwrap();
    let found = hashed(file(&folder, "abc", b"abc")).unwrap();
    // FIPS 180-4's example.
    assert_eq!(hex(&found.sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
