//! A plan kept in a file: what it was made of, so that a deployment does exactly that or refuses.

use serde::{Deserialize, Serialize};

use super::template::spec_hash;
use super::tree::stack_label;
use crate::blueprint::{Assets, StackKind, StackSpec};
use crate::config::cloud::Cloud;
use crate::{Error, Result};

/// The version of the file.
pub const VERSION: u32 = 1;

/// A plan as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// [`VERSION`].
    pub schema_version: u32,
    /// The version of the bucketscope that made it.
    pub bucketscope: String,
    /// The account.
    pub account_id: String,
    /// The pipeline.
    pub name: String,
    /// The stacks in the order of deployment.
    pub stacks: Vec<PlannedStack>,
    /// The files to be uploaded, by hash.
    pub files: Assets,
}

/// A stack of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedStack {
    /// Its kind.
    pub kind: StackKind,
    /// Its name.
    pub name: String,
    /// Its Region.
    pub region: String,
    /// The hash of the stack as it should be; nothing where it is to go.
    pub wanted: Option<String>,
    /// The hash of the stack as it was; nothing where there was none.
    pub deployed: Option<String>,
}

impl PlanFile {
    /// The plan that these make; `deployed` says of each stack how it is now, `surplus` are stacks that are to go.
    pub fn of(
        cloud: &Cloud,
        specs: &[StackSpec],
        deployed: &[Option<String>],
        surplus: &[StackSpec],
        files: &Assets,
    ) -> Self {
        let goes = |spec: &StackSpec| PlannedStack {
            kind: spec.kind,
            name: spec.name.clone(),
            region: spec.region.clone(),
            wanted: None,
            deployed: Some(spec_hash(spec)),
        };
        let stack = |(spec, deployed): (&StackSpec, &Option<String>)| PlannedStack {
            kind: spec.kind,
            name: spec.name.clone(),
            region: spec.region.clone(),
            wanted: Some(spec_hash(spec)),
            deployed: deployed.clone(),
        };
        Self {
            schema_version: VERSION,
            bucketscope: env!("CARGO_PKG_VERSION").to_owned(),
            account_id: cloud.aws.account_id.clone(),
            name: cloud.name.clone(),
            stacks: specs.iter().zip(deployed).map(stack).chain(surplus.iter().map(goes)).collect(),
            files: files.clone(),
        }
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// If it is no plan, or one of another version.
    pub fn parse(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            schema_version: u32,
        }
        let again = "bucketscope plan --out FILE  makes a plan";
        let no_plan = |error| Error::usage("the file is no plan").because(error).hint(again);
        let head: Head = serde_json::from_str(text).map_err(no_plan)?;
        if head.schema_version != VERSION {
            let version = head.schema_version;
            return Err(Error::usage(format!(
                "the plan is of version {version}, and this bucketscope reads {VERSION}"
            ))
            .hint(again));
        }
        serde_json::from_str(text).map_err(no_plan)
    }

    /// The file's text.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// What is different from the same plan made now.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let mut out = Vec::new();
        let mut same = |what: &str, planned: &str, now: &str| {
            if planned != now {
                out.push(format!("{what} was {planned} and is {now}"));
            }
        };
        same("the account", &self.account_id, &now.account_id);
        same("the pipeline", &self.name, &now.name);
        same("bucketscope's version", &self.bucketscope, &now.bucketscope);
        let files = |files: &Assets| [files.worker.clone(), files.launcher.clone(), files.functions.clone()];
        for (planned, now) in files(&self.files).iter().zip(&files(&now.files)) {
            if planned != now {
                out.push(format!("the file {} is another one", now.file));
            }
        }
        let find = |stacks: &[PlannedStack], of: &PlannedStack| {
            stacks.iter().find(|stack| stack.name == of.name && stack.region == of.region).cloned()
        };
        for planned in &self.stacks {
            let label = stack_label(planned.kind, &planned.region);
            match find(&now.stacks, planned) {
                None => out.push(format!("{label} is not in the configuration any more")),
                Some(now) if now.deployed != planned.deployed => {
                    out.push(format!("{label} has been changed in AWS since"));
                }
                Some(now) if now.wanted != planned.wanted => {
                    out.push(format!("{label} would become something else: the configuration has changed"));
                }
                Some(_) => {}
            }
        }
        for new in now.stacks.iter().filter(|new| find(&self.stacks, new).is_none()) {
            out.push(format!("{} is new in the configuration", stack_label(new.kind, &new.region)));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blueprint::Asset;

    fn asset(file: &str) -> Asset {
        Asset { sha256: "0".repeat(64), file: file.to_owned() }
    }

    fn plan() -> PlanFile {
        PlanFile {
            schema_version: VERSION,
            bucketscope: "0.1.0".to_owned(),
            account_id: "111122223333".to_owned(),
            name: "shop".to_owned(),
            stacks: vec![PlannedStack {
                kind: StackKind::Lake,
                name: "bucketscope-shop-lake".to_owned(),
                region: "eu-central-1".to_owned(),
                wanted: Some("w".to_owned()),
                deployed: Some("d".to_owned()),
            }],
            files: Assets {
                worker: asset("worker"),
                launcher: asset("launcher.py"),
                functions: asset("bootstrap.zip"),
            },
        }
    }

    fn after(change: impl FnOnce(&mut PlanFile)) -> Vec<String> {
        let mut now = plan();
        change(&mut now);
        plan().differences(&now)
    }

    #[test]
    fn the_same_plan_made_again_does_not_differ() {
        assert!(after(|_| ()).is_empty());
        assert_eq!(PlanFile::parse(&plan().text()).unwrap(), plan());
    }

    #[test]
    fn each_difference_is_named() {
        assert_eq!(
            after(|p| p.account_id = "444455556666".to_owned()),
            ["the account was 111122223333 and is 444455556666"]
        );
        assert_eq!(after(|p| p.files.worker.sha256 = "1".repeat(64)), ["the file worker is another one"]);
        assert_eq!(after(|p| p.stacks[0].deployed = None), ["lake in eu-central-1 has been changed in AWS since"]);
        assert_eq!(
            after(|p| p.stacks[0].wanted = Some("x".to_owned())),
            ["lake in eu-central-1 would become something else: the configuration has changed"]
        );
        assert_eq!(
            after(|p| p.stacks[0].region = "us-east-1".to_owned()),
            [
                "lake in eu-central-1 is not in the configuration any more",
                "lake in us-east-1 is new in the configuration"
            ]
        );
        assert_eq!(after(|p| p.bucketscope = "0.2.0".to_owned()).len(), 1);
    }

    #[test]
    fn what_is_no_plan_or_a_newer_one_is_refused() {
        assert!(PlanFile::parse("").is_err());
        assert!(PlanFile::parse("{}").is_err());
        let newer = plan().text().replace("\"schema_version\": 1", "\"schema_version\": 2, \"more\": []");
        assert!(PlanFile::parse(&newer).unwrap_err().to_string().contains("version 2"));
        let more = plan().text().replace("\"name\": \"shop\"", "\"name\": \"shop\", \"more\": 1");
        assert!(PlanFile::parse(&more).is_err());
    }
}
