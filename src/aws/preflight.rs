//! What is looked at before anything is deployed. Nothing here changes anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::Result;

mod sdk;

pub use sdk::SdkLook;

/// What S3 says when it is asked for a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bucket {
    /// It exists, in this Region, and answers.
    There {
        /// Empty where the answer does not say it.
        region: String,
    },
    /// Nobody in the world has a bucket of this name.
    Missing,
    /// It exists and does not answer: another account owns it, or the caller may not ask.
    Closed,
}

/// Where a bucket's access logs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// The bucket that gets them.
    pub target: String,
    /// What their keys begin with.
    pub prefix: String,
}

/// Buckets. Each call names the Region in which the bucket should lie; `owner` is the account that must own it.
pub trait Buckets {
    /// Whether the bucket is there.
    fn bucket(&self, region: &str, bucket: &str, owner: Option<&str>) -> Result<Bucket>;
    /// Where its logs go.
    fn logging(&self, region: &str, bucket: &str, owner: &str) -> Result<Option<Logging>>;
    /// Whether keys with this prefix exist.
    fn has_objects(&self, region: &str, bucket: &str, prefix: &str, owner: &str) -> Result<bool>;
    /// Whether new objects are locked for a time.
    fn locks_new_objects(&self, region: &str, bucket: &str, owner: &str) -> Result<bool>;
    /// Whether who reads pays.
    fn requester_pays(&self, region: &str, bucket: &str, owner: &str) -> Result<bool>;
    /// Its tags.
    fn tags(&self, region: &str, bucket: &str, owner: &str) -> Result<BTreeMap<String, String>>;
}

/// A KMS key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Whether it can be used.
    pub enabled: bool,
    /// Whether a service manages it: such keys serve that service alone.
    pub managed: bool,
    /// Its policy, JSON; `None` where it may not be read.
    pub policy: Option<String>,
}

/// Keys, and the trails that use them.
pub trait Keys {
    /// The key of this ARN.
    fn key(&self, region: &str, arn: &str) -> Result<Option<Key>>;
    /// The keys that trails use for what they deliver to this bucket; an empty text for a trail without one.
    fn keys_of_trails(&self, region: &str, bucket: &str) -> Result<BTreeSet<String>>;
}

/// Something that has a name in an account and a Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An IAM role.
    Role,
    /// A Glue database.
    Database,
    /// A Glue job.
    Job,
    /// A crawler.
    Crawler,
    /// A workgroup of Athena.
    Workgroup,
    /// A log group.
    LogGroup,
    /// A schedule group.
    ScheduleGroup,
}

/// Names and permissions of the account.
pub trait Account {
    /// Whether the account has something of this kind and name.
    fn exists(&self, region: &str, kind: Kind, name: &str) -> Result<bool>;
    /// The physical ids of what a stack has made; `None` if there is no such stack.
    fn resources(&self, region: &str, stack: &str) -> Result<Option<BTreeSet<String>>>;
    /// Whether a managed policy exists.
    fn policy_exists(&self, arn: &str) -> Result<bool>;
    /// Who may assume a role, JSON; `None` if there is no such role.
    fn trust(&self, role: &str) -> Result<Option<String>>;
    /// Whether Lake Formation leaves new databases and tables to IAM.
    fn new_tables_belong_to_iam(&self, region: &str) -> Result<bool>;
    /// Asks the Region for the caller's identity.
    fn region_answers(&self, region: &str) -> Result<()>;
    /// The endpoint that is asked instead of AWS, if one is.
    fn endpoint(&self) -> Option<String>;
}

/// All of it.
pub trait Look: Buckets + Keys + Account + Sync {}

impl<T: Buckets + Keys + Account + Sync> Look for T {}
