//! What is deployed beside templates: the worker's binary, the script that launches it, the functions' zip file. Found
//! here, checked, and known by hash.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::blueprint::{Asset, Assets};
use crate::stack::template::hex;
use crate::{Error, Result};

mod program;

/// The worker's file name.
pub const WORKER: &str = "bucketscope-worker";

/// The functions' file name.
pub const FUNCTIONS: &str = "bootstrap.zip";

/// The script's file name.
pub const LAUNCHER: &str = "launcher.py";

/// How both binaries are made.
const BUILD: &str = "scripts/build-assets  builds it into lambda-assets/";

/// Glue's and Lambda's systems have at least this glibc, so programs may not ask for a newer one.
const GLIBC: (u32, u32) = (2, 26);

/// A file with its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
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
            functions: asset(&self.functions.sha256, FUNCTIONS),
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

/// Finds and checks everything. `worker` and `functions` are what the user gave; `launcher` is the script's text.
///
/// # Errors
/// If a file is missing or is not what it should be, with the command that builds it.
pub fn find(worker: Option<&Path>, functions: Option<&Path>, places: &[PathBuf], launcher: &str) -> Result<Found> {
    let mut warnings = Vec::new();
    let worker = choose("the worker", WORKER, "--worker", worker, places)?;
    check_worker(&worker, &mut warnings)?;
    let functions = choose("the zip file of the functions", FUNCTIONS, "--functions", functions, places)?;
    program::of_zip(&functions).map_err(|why| wrong(&functions, "a zip file of the functions", &why))?;
    Ok(Found {
        worker: hashed(worker)?,
        functions: hashed(functions)?,
        launcher: Sha256::digest(launcher).into(),
        warnings,
    })
}

/// The file that the user gave, else the first of the usual ones; of these one that runs on old systems comes first, as
/// plain builds for this machine lie beside the program too.
fn choose(what: &str, name: &str, flag: &str, given: Option<&Path>, places: &[PathBuf]) -> Result<PathBuf> {
    if let Some(given) = given {
        let there = given.is_file();
        let missing =
            || Error::usage(format!("{flag} names {}, and there is no such file", given.display())).hint(BUILD);
        return there.then(|| given.to_owned()).ok_or_else(missing);
    }
    let found: Vec<PathBuf> = places.iter().map(|place| place.join(name)).filter(|path| path.is_file()).collect();
    let portable = found.iter().find(|path| program::glibc(path).is_ok_and(|needed| needed <= Some(GLIBC)));
    portable.or(found.first()).cloned().ok_or_else(|| {
        let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        Error::usage(format!("{what} was not found"))
            .because(format!("there is no {name} in {}", places.join(", ")))
            .hint(format!("{BUILD}; {flag} FILE  names another"))
    })
}

fn wrong(path: &Path, what: &str, why: &str) -> Error {
    Error::usage(format!("{} is not {what} that can be deployed", path.display())).because(why).hint(BUILD)
}

fn check_worker(path: &Path, warnings: &mut Vec<String>) -> Result<()> {
    let is_wrong = |why: &str| wrong(path, "a worker", why);
    program::of_file(path).map_err(|why| is_wrong(&why))?;
    if let Some((major, minor)) = program::glibc(path).map_err(|why| is_wrong(&why))?.filter(|needed| *needed > GLIBC) {
        warnings.push(format!(
            "{} needs glibc {major}.{minor}; Glue may have no newer one than {}.{}. scripts/build-assets builds one that runs everywhere",
            path.display(),
            GLIBC.0,
            GLIBC.1
        ));
    }
    // Another system or processor could not run it to ask for its version.
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Ok(());
    }
    // A name without a slash would be looked for in PATH.
    let program = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let answer = Command::new(program).arg("--version").output().map_err(|error| is_wrong(&error.to_string()))?;
    let says = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    let expected = format!("{WORKER} {}", env!("CARGO_PKG_VERSION"));
    if says == expected {
        return Ok(());
    }
    Err(is_wrong(&format!("it says that it is {says:?}, and this bucketscope deploys {expected}")))
}

fn hashed(path: PathBuf) -> Result<Hashed> {
    let unreadable = |error| Error::failed(format!("cannot read {}", path.display())).because(error);
    let mut file = File::open(&path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut hasher).map_err(unreadable)?;
    Ok(Hashed { sha256: hasher.finalize().into(), path })
}

/// Opens a file and reads what it begins with.
fn opened(path: &Path, head: &mut [u8]) -> Result<BufReader<File>, String> {
    let mut file = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
    file.read_exact(head).map_err(|_| "it is too short".to_owned())?;
    file.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    Ok(file)
}

#[cfg(test)]
mod tests;
