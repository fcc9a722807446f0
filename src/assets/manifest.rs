//! What `scripts/build-assets` writes beside what it has built.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::stack::template::hex;

/// Its file name.
pub const FILE_NAME: &str = "manifest.json";

/// Of what the manifest says, what is checked. The rest is for people.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    version: String,
    files: BTreeMap<String, Listed>,
}

#[derive(Debug, Clone, Deserialize)]
struct Listed {
    sha256: String,
}

impl Manifest {
    /// Reads it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("the {FILE_NAME} beside it cannot be read: {error}"))
    }

    /// Whether it tells of this file, as built by bucketscope `version`.
    ///
    /// # Errors
    /// What it says instead.
    pub fn check(&self, name: &str, sha256: &[u8; 32], version: &str) -> Result<(), String> {
        let listed = self.files.get(name).ok_or_else(|| format!("the {FILE_NAME} beside it does not name it"))?;
        if !listed.sha256.eq_ignore_ascii_case(&hex(sha256)) {
            return Err(format!(
                "it is not the file of which the {FILE_NAME} beside it tells: its SHA-256 is {}, and {} was built",
                hex(sha256),
                listed.sha256
            ));
        }
        if self.version != version {
            return Err(format!(
                "it was built by version {} according to its {FILE_NAME}; this bucketscope deploys {version}",
                self.version
            ));
        }
        Ok(())
    }
}
