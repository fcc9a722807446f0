//! From a configuration to CloudFormation templates. Pure: the same configuration and facts give the same bytes.

pub mod names;

use std::collections::BTreeMap;

pub use names::Names;
use serde::{Deserialize, Serialize};

/// What kind of stack this is; stacks are deployed in this order and deleted in the opposite one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackKind {
    /// The bucket of binaries and scripts of a Region.
    Assets,
    /// The log bucket of a Region and the deliveries into it.
    Collector,
    /// Lake, job, catalogue, workgroup.
    Lake,
}

/// A stack as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackSpec {
    /// Its kind.
    pub kind: StackKind,
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub region: String,
    /// The template, JSON, keys in a fixed order.
    pub template: String,
    /// Values of the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// Tags of the stack, which CloudFormation hands on to its resources.
    pub tags: BTreeMap<String, String>,
}

/// A file that a job or a function needs: uploaded to the assets bucket of its Region under its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// SHA-256 of the content, 64 hexadecimal digits.
    pub sha256: String,
    /// The name behind the hash: `worker`, `launcher.py`, `bootstrap.zip`.
    pub file: String,
}

impl Asset {
    /// Its key in an assets bucket.
    pub fn key(&self) -> String {
        format!("{}/{}", self.sha256, self.file)
    }
}

/// The assets that templates name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assets {
    /// The worker's binary (`bucketscope-worker`), in the home Region.
    pub worker: Asset,
    /// The script of the Python shell job that verifies and launches the worker, in the home Region.
    pub launcher: Asset,
    /// The zip file of the Lambda functions (`bootstrap`), in each Region used.
    pub functions: Asset,
}

/// What is known beside the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The AWS partition: `aws`, `aws-cn`, …
    pub partition: String,
    /// The assets.
    pub assets: Assets,
}
