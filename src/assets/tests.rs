use std::io::Write;

use super::elf::tests::program;
use super::*;

const OURS: &str = env!("CARGO_PKG_VERSION");

/// A program of this name and version that asks for this glibc.
fn built(name: &str, version: &str, glibc: &str) -> Vec<u8> {
    program(62, &[glibc], format!("usage: {name} run\0{name} {version}\n").as_bytes())
}

fn good_worker() -> Vec<u8> {
    built("bucketscope-worker", OURS, "GLIBC_2.17")
}

fn good_function() -> Vec<u8> {
    built("bucketscope-function", OURS, "GLIBC_2.17")
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

/// A folder with both files as they should be.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    file(&folder, "bucketscope-worker", &good_worker());
    file(&folder, "bootstrap.zip", &zip("bootstrap", &good_function(), 8));
    folder
}

fn manifest(version: &str, worker: &[u8], functions: &[u8]) -> String {
    let listed = |bytes: &[u8]| serde_json::json!({ "sha256": hex(&Sha256::digest(bytes)), "bytes": bytes.len() });
    serde_json::json!({
        "version": version, "files": { "bucketscope-worker": listed(worker), "bootstrap.zip": listed(functions) }
    })
    .to_string()
}

const NOWHERE: Search<'_> = Search { worker: None, functions: None, places: &[], embedded: None, any_glibc: false };

/// Why nothing can be deployed from these places.
fn refused(places: &[&tempfile::TempDir]) -> Error {
    let places: Vec<PathBuf> = places.iter().map(|folder| folder.path().to_owned()).collect();
    let error = find(&Search { places: &places, ..NOWHERE }, "").unwrap_err();
    assert!(error.suggestion().unwrap().contains("scripts/build-assets"), "{error}");
    error
}

#[test]
fn files_are_known_by_the_hash_of_their_content() {
    let folder = folder();
    let found = find(&Search { places: &[folder.path().to_owned()], ..NOWHERE }, "abc").unwrap();
    assert_eq!(found.warnings, Vec::<String>::new());
    let assets = found.assets();
    assert_eq!(assets.worker.sha256, hex(&Sha256::digest(good_worker())));
    // FIPS 180-4's example.
    assert_eq!(assets.launcher.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn a_worker_that_is_wrong_or_stale_is_refused_with_the_reason_without_being_run() {
    for (bytes, why) in [
        (program(183, &[], b"bucketscope-worker 0.1.0\n"), "another processor than x86_64"),
        (b"#!/bin/sh\necho bucketscope-worker 0.1.0\n".to_vec(), "no program for Linux"),
        (built("ls", "9.1", "GLIBC_2.2.5"), "no bucketscope-worker of bucketscope's"),
        (
            built("bucketscope-worker", "0.0.9", "GLIBC_2.17"),
            "it is bucketscope-worker 0.0.9, and this bucketscope deploys",
        ),
        (built("bucketscope-worker", OURS, "GLIBC_2.18"), "needs glibc 2.18"),
        (built("bucketscope-worker", OURS, "GLIBC_2.17")[..200].to_vec(), "cut off"),
    ] {
        let folder = folder();
        let path = file(&folder, "bucketscope-worker", &bytes);
        let error = refused(&[&folder]);
        assert_eq!(error.code(), 64);
        assert!(error.to_string().contains(why) && error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

#[test]
fn the_functions_must_be_a_zip_file_of_the_program_that_lambda_starts() {
    let good = good_function();
    for method in [0, 8] {
        assert_eq!(program::unzip(&zip("bootstrap", &good, method)), Ok(good.clone()));
    }
    for (bytes, why) in [
        (zip("bootstrap", &program(183, &[], b""), 8), "another processor"),
        (zip("bootstrap", &built("bucketscope-function", "0.0.9", "GLIBC_2.17"), 8), "0.0.9"),
        (zip("bootstrap", &built("bucketscope-function", OURS, "GLIBC_2.34"), 8), "needs glibc 2.34"),
        (zip("bootstrap", &good_worker(), 8), "no bucketscope-function of bucketscope's"),
        (zip("main", &good, 8), "not `bootstrap`"),
        (zip("bootstrap", b"", 8), "no program for Linux"),
        (zip("bootstrap", &good, 12), "method 12"),
        (b"PK".to_vec(), "no zip file"),
        (vec![b'x'; 100], "no zip file"),
        (zip("bootstrap", &good, 8)[..60].to_vec(), "cut off"),
        (zip("bootstrap", &good, 0)[..35].to_vec(), "cut off"),
    ] {
        let folder = folder();
        file(&folder, "bootstrap.zip", &bytes);
        let said = refused(&[&folder]).to_string();
        assert!(said.contains(why), "{why}: {said}");
    }
}

#[test]
fn what_the_manifest_beside_a_file_does_not_tell_of_is_refused() {
    let functions = zip("bootstrap", &good_function(), 8);
    for (text, why) in [
        (manifest(OURS, b"another", &functions), "is not the file of which the manifest.json beside it tells"),
        (manifest("0.0.9", &good_worker(), &functions), "built by version 0.0.9"),
        ("{\"version\": \"0.1.0\", \"files\": {}}".to_owned(), "does not name it"),
        ("{".to_owned(), "cannot be read"),
    ] {
        let folder = folder();
        file(&folder, "manifest.json", text.as_bytes());
        let said = refused(&[&folder]).to_string();
        assert!(said.contains(why), "{why}: {said}");
    }
    let folder = folder();
    file(&folder, "manifest.json", manifest(OURS, &good_worker(), &functions).as_bytes());
    assert!(find(&Search { places: &[folder.path().to_owned()], ..NOWHERE }, "").is_ok());
}

#[test]
fn a_program_for_this_machine_alone_is_deployed_only_when_asked_to() {
    let folder = folder();
    let path = file(&folder, "bucketscope-worker", &built("bucketscope-worker", OURS, "GLIBC_2.34"));
    assert!(refused(&[&folder]).to_string().contains("needs glibc 2.34"));
    let search = Search { places: &[folder.path().to_owned()], any_glibc: true, ..NOWHERE };
    assert_eq!(find(&search, "").unwrap().worker.held, Held::File(path));
}

#[test]
fn what_is_missing_names_the_places_the_flag_and_the_command_that_builds_it() {
    let empty = tempfile::tempdir().unwrap();
    let error = refused(&[&empty]);
    assert!(error.to_string().contains(&empty.path().display().to_string()), "{error}");
    assert!(error.suggestion().unwrap().contains("--worker"), "{error}");
    let given = empty.path().join("nothing");
    let error = find(&Search { worker: Some(&given), ..NOWHERE }, "").unwrap_err();
    assert!(error.to_string().contains("--worker names"), "{error}");
}

#[test]
fn what_the_user_names_is_taken_or_refused_and_nothing_else_is() {
    let (usual, other) = (folder(), folder());
    let stale = file(&other, "stale", &built("bucketscope-worker", "0.0.9", "GLIBC_2.17"));
    let places = [usual.path().to_owned()];
    let error = find(&Search { worker: Some(&stale), places: &places, ..NOWHERE }, "").unwrap_err();
    assert!(error.to_string().contains("0.0.9"), "{error}");
    let given = other.path().join("bucketscope-worker");
    let found = find(&Search { worker: Some(&given), places: &places, ..NOWHERE }, "").unwrap();
    assert_eq!(found.worker.held, Held::File(given));
}

#[test]
fn of_several_files_the_first_that_can_be_deployed_is_taken_and_the_others_are_named() {
    let (beside, built_for_all) = (folder(), folder());
    let new = file(&beside, "bucketscope-worker", &built("bucketscope-worker", OURS, "GLIBC_2.34"));
    let places = [beside.path().to_owned(), built_for_all.path().to_owned()];
    let found = find(&Search { places: &places, ..NOWHERE }, "").unwrap();
    assert_eq!(found.worker.held, Held::File(built_for_all.path().join("bucketscope-worker")));
    assert_eq!(found.functions.held, Held::File(beside.path().join("bootstrap.zip")));
    let [warning] = found.warnings.as_slice() else { panic!("{:?}", found.warnings) };
    assert!(warning.contains(&new.display().to_string()) && warning.contains("glibc 2.34"), "{warning}");
}

#[test]
fn what_a_release_carries_is_deployed_where_nothing_else_is_found() {
    let leak = |bytes: Vec<u8>| -> &'static [u8] { Vec::leak(bytes) };
    let (worker, functions) = (leak(good_worker()), leak(zip("bootstrap", &good_function(), 8)));
    let embedded = |version: &str| {
        Some(Embedded { worker, functions, manifest: String::leak(manifest(version, worker, functions)) })
    };
    let empty = tempfile::tempdir().unwrap();
    let places = [empty.path().to_owned()];
    let found = find(&Search { places: &places, embedded: embedded(OURS), ..NOWHERE }, "").unwrap();
    assert_eq!((found.worker.held, found.functions.held), (Held::Embedded(worker), Held::Embedded(functions)));
    let error = find(&Search { places: &places, embedded: embedded("0.0.9"), ..NOWHERE }, "").unwrap_err();
    assert!(error.to_string().contains("that this program carries cannot be deployed"), "{error}");
    let usual = folder();
    let places = [usual.path().to_owned()];
    let found = find(&Search { places: &places, embedded: embedded(OURS), ..NOWHERE }, "").unwrap();
    assert_eq!(found.worker.held, Held::File(usual.path().join("bucketscope-worker")));
}

#[test]
fn a_program_built_by_cargo_finds_the_assets_of_its_source_tree() {
    let places = usual_places(Some(Path::new("/src/target/release/bucketscope")), Path::new("project"));
    let expected = ["/src/target/release", "/src/lambda-assets", "project/lambda-assets"];
    assert_eq!(places, expected.map(PathBuf::from));
    let installed = usual_places(Some(Path::new("/usr/bin/bucketscope")), Path::new("."));
    assert_eq!(installed, ["/usr/bin", "./lambda-assets"].map(PathBuf::from));
}
