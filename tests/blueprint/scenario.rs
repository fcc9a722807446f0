//! A configuration under `scenarios/`, and the templates that belong to it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bucketscope::blueprint::{Asset, Assets, Facts, StackKind, StackSpec, render};
use bucketscope::config::cloud::{Cloud, partition_of};
use serde_json::Value;

/// All of them.
pub const SCENARIOS: [&str; 13] = [
    "boundary",
    "china",
    "crawler",
    "dashboards",
    "dashboards-imported",
    "everything",
    "glueetl",
    "kms",
    "many-buckets",
    "minimal",
    "projection",
    "ray",
    "regions",
];

/// A rendered scenario.
pub struct Scenario {
    folder: PathBuf,
    pub cloud: Cloud,
    pub facts: Facts,
    pub specs: Vec<StackSpec>,
}

impl Scenario {
    pub fn named(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/blueprint/scenarios").join(name);
        let path = folder.join("bucketscope.yaml");
        let cloud = Cloud::parse(&std::fs::read_to_string(&path).unwrap(), &path).unwrap();
        let facts = facts(&cloud);
        let specs = render(&cloud, &facts).unwrap();
        Self { folder, cloud, facts, specs }
    }

    /// The template of the stack of this kind in this Region.
    pub fn template(&self, kind: StackKind, region: &str) -> Value {
        let spec = self.specs.iter().find(|spec| spec.kind == kind && spec.region == region).unwrap();
        serde_json::from_str(&spec.template).unwrap()
    }

    /// The template of the stack of this name in the pipeline's Region.
    pub fn named_template(&self, name: &str) -> Value {
        let spec = self.specs.iter().find(|spec| spec.name == name && spec.region == self.cloud.aws.region).unwrap();
        serde_json::from_str(&spec.template).unwrap()
    }

    pub fn lake(&self) -> Value {
        self.template(StackKind::Lake, &self.cloud.aws.region)
    }

    pub fn collector(&self) -> Value {
        self.template(StackKind::Collector, &self.cloud.aws.region)
    }

    /// Names of files that say something else than what is rendered; with `BLESS` set, they are written first.
    pub fn differences(&self) -> Vec<String> {
        let rendered: BTreeMap<String, String> = self.specs.iter().map(file).collect();
        if std::env::var_os("BLESS").is_some() {
            self.kept().keys().for_each(|name| std::fs::remove_file(self.folder.join(name)).unwrap());
            rendered.iter().for_each(|(name, text)| std::fs::write(self.folder.join(name), text).unwrap());
        }
        let kept = self.kept();
        let names = rendered.keys().chain(kept.keys()).filter(|name| rendered.get(*name) != kept.get(*name));
        let names: std::collections::BTreeSet<&String> = names.collect();
        names.into_iter().map(|name| self.folder.join(name).display().to_string()).collect()
    }

    fn kept(&self) -> BTreeMap<String, String> {
        let files = std::fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect()
    }
}

/// Region and stack name the file, and the stack's tags stand nowhere in it: they are the template's own.
fn file(spec: &StackSpec) -> (String, String) {
    let template: Value = serde_json::from_str(&spec.template).unwrap();
    (format!("{}.{}.json", spec.region, spec.name), format!("{template:#}\n"))
}

/// The resources of a type, by logical name.
pub fn of_type<'a>(template: &'a Value, kind: &str) -> Vec<(&'a String, &'a Value)> {
    template["Resources"].as_object().unwrap().iter().filter(|(_, resource)| resource["Type"] == kind).collect()
}

/// The properties of the resource of this logical name.
pub fn properties(template: &Value, id: &str) -> Value {
    let properties = template["Resources"][id]["Properties"].clone();
    assert!(properties.is_object(), "there is no {id}");
    properties
}

pub fn facts(cloud: &Cloud) -> Facts {
    let asset = |digit: &str, file: &str| Asset { sha256: digit.repeat(64), file: file.to_owned() };
    Facts {
        partition: partition_of(&cloud.aws.region).to_owned(),
        assets: Assets {
            worker: asset("a", "worker"),
            launcher: asset("b", "launcher.py"),
            functions: asset("c", "bootstrap.zip"),
        },
        own_queries: Vec::new(),
    }
}
