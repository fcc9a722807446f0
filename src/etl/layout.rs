//! Where lake and sources may lie.

use super::source::SourceStores;
use crate::error::{Error, Result};
use crate::storage::Store;

/// Refuses a lake inside a source, whose files would be taken for logs; a source inside the lake, which `destroy`
/// would come near; and a source inside another, whose objects would be read twice.
pub fn check_apart(lake: &Store, sources: &SourceStores) -> Result<()> {
    let mut folders = Vec::new();
    folders.extend(lake.path().map(|path| ("the lake".to_owned(), path)));
    for (store, source) in sources.iter() {
        let Some(path) = store.path() else { continue };
        let name = format!("the source {}", source.id);
        if let Some((other, there)) =
            folders.iter().find(|(_, there)| path.starts_with(there) || there.starts_with(path))
        {
            return Err(Error::usage(format!("{name} ({}) and {other} ({}) overlap", path.display(), there.display()))
                .hint("give each a folder of its own, none inside another"));
        }
        folders.push((name, path));
    }
    Ok(())
}
