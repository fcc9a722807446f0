//! What the templates are going to make, and what of it is there already as theirs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Findings;
use crate::aws::preflight::Look;
use crate::blueprint::{Names, StackSpec};
use crate::config::cloud::Cloud;
use crate::{Error, Result};

/// A resource of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Resource {
    /// Its stack's Region.
    pub region: String,
    /// `AWS::S3::Bucket` and the like.
    pub kind: String,
    /// Its properties.
    pub properties: Value,
    /// Whether it outlives its stack.
    pub retained: bool,
}

/// The resources of all stacks.
pub(super) struct Planned {
    /// All of them.
    pub resources: Vec<Resource>,
    /// Physical ids of what the stacks have made already, by Region.
    made: BTreeMap<String, BTreeSet<String>>,
    /// Whether the stack of the lake exists.
    pub deployed: bool,
}

impl Planned {
    pub fn of(cloud: &Cloud, specs: &[StackSpec], eyes: &dyn Look, findings: &mut Findings) -> Result<Self> {
        let mut planned = Self { resources: Vec::new(), made: BTreeMap::new(), deployed: false };
        let lake = Names::of(cloud).lake_stack();
        for spec in specs {
            planned.resources.extend(resources(spec)?);
            if let Some(Some(made)) = findings.see(eyes.resources(&spec.region, &spec.name)) {
                planned.deployed |= spec.name == lake;
                planned.made.entry(spec.region.clone()).or_default().extend(made);
            }
        }
        Ok(planned)
    }

    /// Whether a stack of ours has made this.
    pub fn is_made(&self, region: &str, physical: &str) -> bool {
        self.made.get(region).is_some_and(|made| made.contains(physical))
    }

    /// Resources of a kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }
}

impl Resource {
    /// A property that is a plain text.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        path.iter().try_fold(&self.properties, |value, key| value.get(key)).and_then(Value::as_str)
    }
}

fn resources(spec: &StackSpec) -> Result<Vec<Resource>> {
    let template: Value = serde_json::from_str(&spec.template)
        .map_err(|error| Error::failed(format!("the template of {} is not JSON", spec.name)).because(error))?;
    let all = template.get("Resources").and_then(Value::as_object);
    Ok(all
        .into_iter()
        .flat_map(|all| all.values())
        .map(|resource| Resource {
            region: spec.region.clone(),
            kind: resource.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned(),
            properties: resource.get("Properties").cloned().unwrap_or_default(),
            retained: resource
                .get("DeletionPolicy")
                .and_then(Value::as_str)
                .is_some_and(|policy| policy.starts_with("Retain")),
        })
        .collect())
}
