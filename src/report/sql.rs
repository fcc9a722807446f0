//! What a report asks: files beside this one, with front matter like the saved queries' own.

use std::sync::LazyLock;

use crate::Result;
use crate::query::{Catalogue, Query};

/// The files, by name.
const FILES: [(&str, &str); 8] = [
    ("breakdowns.sql", include_str!("breakdowns.sql")),
    ("buckets.sql", include_str!("buckets.sql")),
    ("deletions.sql", include_str!("deletions.sql")),
    ("event-buckets.sql", include_str!("event-buckets.sql")),
    ("events.sql", include_str!("events.sql")),
    ("hours.sql", include_str!("hours.sql")),
    ("latency.sql", include_str!("latency.sql")),
    ("traffic.sql", include_str!("traffic.sql")),
];

static OWN: LazyLock<Catalogue> = LazyLock::new(|| match Catalogue::parse(FILES) {
    Ok(catalogue) => catalogue,
    // The files are part of the program and every test run parses them: no user can bring this about.
    Err(error) => unreachable!("a query of the report is malformed: {error}"),
});

/// All of them.
pub fn queries() -> &'static [Query] {
    OWN.queries()
}

/// The one with this id.
///
/// # Errors
/// If there is none.
pub fn query(id: &str) -> Result<&'static Query> {
    OWN.get(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_known_and_prunes_by_partition() {
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/report")).unwrap();
        let mut files: Vec<String> = folder
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|n| n.ends_with(".sql"))
            .collect();
        files.sort();
        assert_eq!(files, FILES.map(|(name, _)| name));
        for query in queries() {
            let prefix = if query.source == "s3_access_logs" { "request" } else { "event" };
            for needed in ["date >= ?", "date <= ?", "hour >= ?", "hour <= ?"] {
                assert!(query.sql.contains(&format!("{prefix}{needed}")), "{} lacks {prefix}{needed}", query.id);
            }
        }
    }
}
