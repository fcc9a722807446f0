//! What is deployed beside templates: the worker's binary, the script that launches it, the functions' zip file. Found
//! here, checked, and known by hash.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::aws::assets::Content;
use crate::blueprint::{Asset, Assets};
use crate::stack::template::hex;
use crate::{Error, Result};

mod elf;
mod embedded;
mod manifest;
mod program;

pub use embedded::{EMBEDDED, Embedded};
use manifest::Manifest;

/// The script's file name.
pub const LAUNCHER: &str = "launcher.py";

/// How both binaries are made.
const BUILD: &str = "scripts/build-assets  builds it into lambda-assets/";

/// The glibc that both may ask for at most: what scripts/build-assets builds for, and older than that of any system on which
/// Glue or Lambda are known to run (docs/deploying.md).
const GLIBC: (u32, u32) = (2, 17);

/// A kind of file that is looked for.
struct Kind {
    what: &'static str,
    /// Its file name.
    name: &'static str,
    flag: &'static str,
    /// What the program in it calls itself.
    program: &'static str,
    zipped: bool,
}

const WORKER: Kind = Kind {
    what: "the worker",
    name: "bucketscope-worker",
    flag: "--worker",
    program: "bucketscope-worker",
    zipped: false,
};

const FUNCTIONS: Kind = Kind {
    what: "the zip file of the functions",
    name: "bootstrap.zip",
    flag: "--functions",
    program: "bucketscope-function",
    zipped: true,
};

/// What is searched.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The worker that the user gave.
    pub worker: Option<&'a Path>,
    /// The zip file of the functions that the user gave.
    pub functions: Option<&'a Path>,
    /// Where files are looked for that are not given.
    pub places: &'a [PathBuf],
    /// What the program carries, for when they are nowhere.
    pub embedded: Option<Embedded>,
    /// Whether a program may ask for a glibc that Glue and Lambda may not have.
    pub any_glibc: bool,
}

/// A file, or what the program carries of it, with its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    /// Where it is.
    pub held: Held,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
}

/// Where a content is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// In this file.
    File(PathBuf),
    /// In this program.
    Embedded(&'static [u8]),
}

impl Hashed {
    /// As it is uploaded.
    pub fn content(&self) -> Content<'_> {
        match &self.held {
            Held::File(path) => Content::File(path),
            Held::Embedded(bytes) => Content::Bytes(bytes),
        }
    }
}

/// Everything to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The worker.
    pub worker: Hashed,
    /// The functions.
    pub functions: Hashed,
    /// The hash of the launcher.
    pub launcher: [u8; 32],
    /// What is odd about them, in sentences.
    pub warnings: Vec<String>,
}

impl Found {
    /// As templates name them.
    pub fn assets(&self) -> Assets {
        let asset = |sha256: &[u8; 32], file: &str| Asset { sha256: hex(sha256), file: file.to_owned() };
        Assets {
            worker: asset(&self.worker.sha256, "worker"),
            launcher: asset(&self.launcher, LAUNCHER),
            functions: asset(&self.functions.sha256, FUNCTIONS.name),
        }
    }
}

/// Where files are looked for that are not given: beside the program, and in `lambda-assets/` of the project's folder and
/// of the source tree that the program was built in.
pub fn usual_places(program: Option<&Path>, project: &Path) -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Some(beside) = program.and_then(Path::parent) {
        places.push(beside.to_owned());
        // A program that cargo built stands in target/PROFILE of its source tree.
        if let Some(tree) = beside.parent().filter(|target| target.ends_with("target")).and_then(Path::parent) {
            places.push(tree.join("lambda-assets"));
        }
    }
    places.push(project.join("lambda-assets"));
    places
}

/// Finds and checks everything; `launcher` is the script's text.
///
/// # Errors
/// If a file is missing or is not what it should be, with the command that builds it.
pub fn find(search: &Search<'_>, launcher: &str) -> Result<Found> {
    let mut warnings = Vec::new();
    let worker = choose(&WORKER, search.worker, search.embedded.map(|all| all.worker), search, &mut warnings)?;
    let functions =
        choose(&FUNCTIONS, search.functions, search.embedded.map(|all| all.functions), search, &mut warnings)?;
    Ok(Found { worker, functions, launcher: Sha256::digest(launcher).into(), warnings })
}

/// The file that the user gave; else, of those in the usual places, the first that can be deployed, as builds for this
/// machine alone lie beside the program too; else what the program carries.
fn choose(
    kind: &Kind,
    given: Option<&Path>,
    embedded: Option<&'static [u8]>,
    search: &Search<'_>,
    warnings: &mut Vec<String>,
) -> Result<Hashed> {
    if let Some(given) = given {
        if !given.is_file() {
            let what = format!("{} names {}, and there is no such file", kind.flag, given.display());
            return Err(Error::usage(what).hint(BUILD));
        }
        return of_file(kind, given, search).map_err(|why| wrong(kind, given, &why));
    }
    let mut refused: Vec<(PathBuf, String)> = Vec::new();
    for path in search.places.iter().map(|place| place.join(kind.name)).filter(|path| path.is_file()) {
        match of_file(kind, &path, search) {
            Ok(found) => {
                warnings.extend(refused.iter().map(|(path, why)| left_aside(path, why)));
                return Ok(found);
            }
            Err(why) => refused.push((path, why)),
        }
    }
    if let Some((bytes, all)) = embedded.zip(search.embedded) {
        warnings.extend(refused.iter().map(|(path, why)| left_aside(path, why)));
        let manifest = Manifest::parse(all.manifest);
        let sha256 = manifest.and_then(|manifest| examine(kind, bytes, Some(&manifest), search)).map_err(|why| {
            Error::failed(format!("{} that this program carries cannot be deployed", kind.what)).because(why)
        })?;
        return Ok(Hashed { held: Held::Embedded(bytes), sha256 });
    }
    Err(match refused.first() {
        Some((path, why)) => wrong(kind, path, why),
        None => {
            let places: Vec<String> = search.places.iter().map(|place| place.display().to_string()).collect();
            Error::usage(format!("{} was not found", kind.what))
                .because(format!("there is no {} in {}", kind.name, places.join(", ")))
                .hint(format!("{BUILD}; {} FILE  names another", kind.flag))
        }
    })
}

fn left_aside(path: &Path, why: &str) -> String {
    format!("{} is left aside: {why}", path.display())
}

fn wrong(kind: &Kind, path: &Path, why: &str) -> Error {
    Error::usage(format!("{} is not {} that can be deployed", path.display(), kind.what)).because(why).hint(BUILD)
}

fn of_file(kind: &Kind, path: &Path, search: &Search<'_>) -> Result<Hashed, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let beside = path.with_file_name(manifest::FILE_NAME);
    let manifest = match std::fs::read_to_string(&beside) {
        Ok(text) => Some(Manifest::parse(&text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("{} cannot be read: {error}", beside.display())),
    };
    let sha256 = examine(kind, &bytes, manifest.as_ref(), search)?;
    Ok(Hashed { held: Held::File(path.to_owned()), sha256 })
}

/// Whether this can be deployed; its SHA-256. Nothing of it is run: it may be for another system than this one.
fn examine(kind: &Kind, bytes: &[u8], manifest: Option<&Manifest>, search: &Search<'_>) -> Result<[u8; 32], String> {
    let program = if kind.zipped { Cow::Owned(program::unzip(bytes)?) } else { Cow::Borrowed(bytes) };
    let glibc = elf::glibc(&program)?;
    let ours = env!("CARGO_PKG_VERSION");
    match program::version(&program, kind.program) {
        None => return Err(format!("it is no {} of bucketscope's", kind.program)),
        Some(version) if version != ours => {
            return Err(format!("it is {} {version}, and this bucketscope deploys {ours}", kind.program));
        }
        Some(_) => {}
    }
    if let Some((major, minor)) = glibc.filter(|needed| *needed > GLIBC && !search.any_glibc) {
        return Err(format!(
            "it needs glibc {major}.{minor}, and Glue or Lambda may have no newer one than {}.{}",
            GLIBC.0, GLIBC.1
        ));
    }
    let sha256 = Sha256::digest(bytes).into();
    if let Some(manifest) = manifest {
        manifest.check(kind.name, &sha256, ours)?;
    }
    Ok(sha256)
}

#[cfg(test)]
mod tests;
