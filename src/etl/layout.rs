//! Where lake and sources may lie.

use super::source::SourceStores;
use crate::error::{Error, Result};
use crate::storage::Store;

/// Refuses a lake inside a source, whose files would be taken for logs; a source inside the lake, which `destroy`
/// would come near; and a source inside another, whose objects would be read twice.
pub fn check_apart(lake: &Store, sources: &SourceStores) -> Result<()> {
    let mut places = vec![("the lake".to_owned(), lake)];
    for (store, source) in sources.iter() {
        let name = format!("the source {}", source.id);
        if let Some((other, there)) = places.iter().find(|(_, there)| store.overlaps(there)) {
            return Err(Error::usage(format!(
                "{name} ({}) and {other} ({}) overlap",
                store.location(),
                there.location()
            ))
            .hint(
                "give each a place of its own, none inside another; of two prefixes of a bucket of which one begins \
                       with the other, the shorter one reads both",
            ));
        }
        places.push((name, store));
    }
    Ok(())
}
