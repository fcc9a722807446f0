//! The policies that `bucketscope policy` prints for some of the scenarios of tests/blueprint, kept as files: `BLESS=1 cargo
//! test --test policies` writes them anew. `check.py` holds them against AWS's Service Authorization Reference.

mod costs;
mod docs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bucketscope::blueprint::policies::{Who, documents};
use bucketscope::config::cloud::Cloud;

const SCENARIOS: &[&str] = &["china", "dashboards", "everything", "minimal"];

const WHO: &[(&str, Who)] = &[
    ("analyst", Who::Analyst),
    ("ci", Who::Ci),
    ("cloudformation", Who::CloudFormation),
    ("deployer", Who::Deployer),
    ("doctor", Who::Doctor),
];

/// File name → the documents, a list.
fn printed(scenario: &str) -> BTreeMap<String, String> {
    let path = root().join("blueprint/scenarios").join(scenario).join("bucketscope.yaml");
    let cloud = Cloud::parse(&std::fs::read_to_string(&path).unwrap(), &path).unwrap();
    let all = WHO.iter().map(|(name, who)| {
        let policies: serde_json::Value = documents(&cloud, *who).unwrap().into_iter().map(|it| it.policy).collect();
        (format!("{scenario}.{name}.json"), format!("{policies:#}\n"))
    });
    all.collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn kept(folder: &Path) -> BTreeMap<String, String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn the_policies_say_what_their_files_say() {
    let folder = root().join("policies/snapshots");
    let printed: BTreeMap<String, String> = SCENARIOS.iter().flat_map(|scenario| printed(scenario)).collect();
    if std::env::var_os("BLESS").is_some() {
        kept(&folder).keys().for_each(|name| std::fs::remove_file(folder.join(name)).unwrap());
        printed.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
    }
    let kept = kept(&folder);
    let differ: Vec<&String> =
        printed.keys().chain(kept.keys()).filter(|name| printed.get(*name) != kept.get(*name)).collect();
    assert!(differ.is_empty(), "printed otherwise than kept (BLESS=1 accepts it): {differ:?}");
}
