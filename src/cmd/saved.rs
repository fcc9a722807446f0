//! The saved queries that a command knows: those of the program, and the project's own.

use std::path::Path;
use std::sync::OnceLock;

use super::Context;
use crate::query::{Catalogue, OwnQuery, catalogue};
use crate::{Error, Result};

/// The folder of the project's own queries, beside its configuration.
const FOLDER: &str = "queries";

/// What Athena takes as a query ("Service Quotas", Athena), and no person writes more.
const FILE_BYTES: u64 = 262_144;

/// All queries. They are read once a process and stay.
///
/// # Errors
/// If a file of the project's own cannot be read or is no query; the error names file and line.
pub fn all(context: &Context) -> Result<&'static Catalogue> {
    static ALL: OnceLock<Catalogue> = OnceLock::new();
    if let Some(all) = ALL.get() {
        return Ok(all);
    }
    let own = own(context)?;
    let all = catalogue().with_own(own.iter().map(|query| (query.file.as_str(), query.text.as_str())))?;
    #[cfg(feature = "local")]
    for query in all.queries().iter().filter(|query| query.own) {
        crate::engine::local::check_select(query)?;
    }
    Ok(ALL.get_or_init(|| all))
}

/// The project's own files, in order; none where there is no project or no such folder.
///
/// # Errors
/// If the folder or a file cannot be read.
pub fn own(context: &Context) -> Result<Vec<OwnQuery>> {
    let config = context.config_path();
    let folder = config.parent().unwrap_or(Path::new("")).join(FOLDER);
    // A folder of that name says nothing where no project is.
    if !config.is_file() || !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable = |error: &std::io::Error| {
        Error::failed(format!("the project's own queries in {} cannot be read", folder.display())).because(error)
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(|error| unreadable(&error))? {
        let name = entry.map_err(|error| unreadable(&error))?.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".sql") && !name.starts_with('.') {
            names.push(name.into_owned());
        }
    }
    names.sort();
    names.into_iter().map(|file| read(&folder, file)).collect()
}

fn read(folder: &Path, file: String) -> Result<OwnQuery> {
    let path = folder.join(&file);
    let failed = |why: &dyn std::fmt::Display| {
        Error::failed(format!("the query {} cannot be read", path.display()))
            .because(why)
            .hint("move it out of the folder if it is not a query")
    };
    let bytes = std::fs::metadata(&path).map_err(|error| failed(&error))?.len();
    if bytes > FILE_BYTES {
        return Err(failed(&format!("it has {bytes} bytes, where Athena takes {FILE_BYTES}")));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| failed(&error))?;
    Ok(OwnQuery { file, text })
}
