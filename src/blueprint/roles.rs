//! The roles of what is deployed, as data: who takes a role, and what it may do on what. Each role has the calls that its
//! code makes and those that the service behind it makes for us, on exactly its resources.

mod asking;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{Facts, Names, TABLES, collector::Part, pipeline};
use crate::config::cloud::{CatalogueMode, Cloud, Engine};

pub(super) use asking::dashboards;
use asking::{notices, reports, timer};

/// A statement that allows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it is for.
    pub sid: String,
    /// IAM actions.
    pub actions: Vec<String>,
    /// ARNs.
    pub resources: Vec<String>,
    /// Operator → key → values.
    pub conditions: BTreeMap<String, BTreeMap<String, String>>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The logical name in its stack.
    pub id: &'static str,
    /// What it is called.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// The service that takes it.
    pub service: &'static str,
    /// Conditions under which it may take it: operator → key → value.
    pub trust_conditions: BTreeMap<String, BTreeMap<String, String>>,
    /// What it may do.
    pub statements: Vec<Statement>,
}

/// What the blueprints print of a role.
#[derive(Debug, Serialize)]
pub(super) struct Printed {
    id: &'static str,
    name: String,
    description: String,
    trust: Json,
    policy_name: &'static str,
    policy: Json,
}

impl Statement {
    fn new(sid: &str, actions: &[&str], resources: Vec<String>) -> Self {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        Self { sid: sid.to_owned(), actions, resources, conditions: BTreeMap::new() }
    }

    fn when(mut self, operator: &str, key: &str, value: &str) -> Self {
        self.conditions.entry(operator.to_owned()).or_default().insert(key.to_owned(), value.to_owned());
        self
    }

    /// Bound to an account: a bucket's name may pass to somebody else.
    fn owned_by(self, account: &str) -> Self {
        self.when("StringEquals", "aws:ResourceAccount", account)
    }

    pub(super) fn json(&self) -> Json {
        let mut out = json!({
            "Sid": self.sid, "Effect": "Allow", "Action": self.actions, "Resource": self.resources,
        });
        if !self.conditions.is_empty() {
            out["Condition"] = json!(self.conditions);
        }
        out
    }
}

impl Role {
    /// The permissions as a policy document.
    pub fn policy(&self) -> Json {
        let statements: Vec<Json> = self.statements.iter().map(Statement::json).collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }

    /// Who may take it, as a policy document.
    pub fn trust(&self) -> Json {
        let mut statement = json!({
            "Effect": "Allow", "Principal": { "Service": self.service }, "Action": "sts:AssumeRole",
        });
        if !self.trust_conditions.is_empty() {
            statement["Condition"] = json!(self.trust_conditions);
        }
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    }

    pub(super) fn printed(&self) -> Printed {
        Printed {
            id: self.id,
            name: self.name.clone(),
            description: self.description.clone(),
            trust: self.trust(),
            policy_name: "calls",
            policy: self.policy(),
        }
    }
}

/// Writes ARNs of one pipeline.
#[derive(Clone, Copy)]
pub(super) struct Arns<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) facts: &'a Facts,
}

impl Arns<'_> {
    fn s3(&self, path: &str) -> String {
        format!("arn:{}:s3:::{path}", self.facts.partition)
    }

    pub(super) fn home(&self, service: &str, resource: &str) -> String {
        self.regional(service, &self.cloud.aws.region, resource)
    }

    fn regional(&self, service: &str, region: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{region}:{}:{resource}", self.facts.partition, self.cloud.aws.account_id)
    }

    /// The catalogue, the database and the pipeline's tables: Glue asks for the right on all three.
    fn catalogue(&self) -> Vec<String> {
        let database = Names::of(self.cloud).database();
        let mut arns = vec![self.home("glue", "catalog"), self.home("glue", &format!("database/{database}"))];
        arns.extend(TABLES.iter().map(|table| self.home("glue", &format!("table/{database}/{table}"))));
        arns
    }
}

/// The roles of the lake's stack.
pub fn lake(cloud: &Cloud, facts: &Facts) -> Vec<Role> {
    let arns = Arns { cloud, facts };
    let mut roles = vec![etl(arns)];
    if cloud.catalogue.mode != CatalogueMode::Projection {
        roles.push(crawler(arns));
    }
    if cloud.job.schedule != super::BY_HAND {
        roles.push(schedule(arns));
    }
    roles.push(notices(arns));
    if !cloud.reports.is_empty() {
        roles.extend([reports(arns), timer(arns)]);
    }
    roles
}

/// The role of the function that switches logging on and off, for one stack of deliveries.
pub(super) fn delivery(cloud: &Cloud, facts: &Facts, part: &Part) -> Role {
    let arns = Arns { cloud, facts };
    let names = Names::of(cloud);
    let account = &cloud.aws.account_id;
    let log_bucket = names.logs_bucket(&part.region);
    let buckets = part.buckets.iter().map(|bucket| arns.s3(bucket)).collect();
    let state = arns.s3(&format!("{log_bucket}/{}*", super::collector::STATE_PREFIX));
    let log = arns.regional("logs", &part.region, &format!("log-group:{}:*", names.log_group(&part.what())));
    let statements = vec![
        Statement::new("Logging", &["s3:GetBucketLogging", "s3:PutBucketLogging", "s3:GetBucketLocation"], buckets)
            .owned_by(account),
        // That the target can take logs; and that a missing earlier setting is told apart from one that may not be read.
        Statement::new(
            "Target",
            &[
                "s3:GetBucketLocation",
                "s3:GetBucketObjectLockConfiguration",
                "s3:GetBucketRequestPayment",
                "s3:ListBucket",
            ],
            vec![arns.s3(&log_bucket)],
        )
        .owned_by(account),
        Statement::new("EarlierSettings", &["s3:GetObject", "s3:PutObject"], vec![state]).owned_by(account),
        Statement::new("Log", &["logs:CreateLogStream", "logs:PutLogEvents"], vec![log]),
    ];
    Role {
        id: "DeliveryRole",
        name: names.role(&part.what(), &part.region),
        description: "Switches access logging on for the pipeline's buckets and gives it back".to_owned(),
        service: "lambda.amazonaws.com",
        trust_conditions: BTreeMap::new(),
        statements,
    }
}

fn within_account(arns: Arns) -> BTreeMap<String, BTreeMap<String, String>> {
    let account = BTreeMap::from([("aws:SourceAccount".to_owned(), arns.cloud.aws.account_id.clone())]);
    BTreeMap::from([("StringEquals".to_owned(), account)])
}

/// The jobs: the worker and the script that launches it. They share the role, as they run the same program; that of the
/// schedule may start the one with many workers.
fn etl(arns: Arns) -> Role {
    let (cloud, names) = (arns.cloud, Names::of(arns.cloud));
    let account = &cloud.aws.account_id;
    let assets = names.assets_bucket(&cloud.aws.region);
    let lake = names.lake_bucket();
    let files = [&arns.facts.assets.launcher, &arns.facts.assets.worker];
    let files = files.map(|asset| arns.s3(&format!("{assets}/{}", asset.key()))).to_vec();
    let mut statements = vec![Statement::new("Assets", &["s3:GetObject"], files).owned_by(account)];
    statements.extend(reading(arns));
    statements.push(Statement::new("LakeList", &["s3:ListBucket"], vec![arns.s3(&lake)]).owned_by(account));
    statements.push(
        Statement::new(
            "Lake",
            &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            vec![arns.s3(&format!("{lake}/*"))],
        )
        .owned_by(account),
    );
    statements.extend(keys(arns));
    statements.extend(after_commit(arns));
    // PutMetricData knows no resources (Service Authorization Reference, CloudWatch); the namespace is the bound.
    statements.push(Statement::new("Metric", &["cloudwatch:PutMetricData"], vec!["*".to_owned()]).when(
        "StringEquals",
        "cloudwatch:namespace",
        &super::metric_namespace(cloud),
    ));
    if cloud.job.engine == Engine::Auto {
        let spark = arns.home("glue", &format!("job/{}", names.spark_job()));
        statements.push(Statement::new("HandOver", &["glue:StartJobRun"], vec![spark]));
    }
    statements.push(job_log(arns));
    Role {
        id: "EtlRole",
        name: names.role("etl", &cloud.aws.region),
        description: "Reads logs, writes the lake and tells the catalogue".to_owned(),
        service: "glue.amazonaws.com",
        trust_conditions: within_account(arns),
        statements,
    }
}

/// Reading sources and trails. The right to list is not narrowed to a prefix: with such a condition S3 answers for an
/// object that is gone as for one that may not be read.
fn reading(arns: Arns) -> Vec<Statement> {
    let pipeline = pipeline::of(arns.cloud);
    let mut by_owner: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for source in pipeline.sources.iter().chain(&pipeline.trails) {
        let place = &source.place;
        let (buckets, objects) = by_owner.entry(place.owner.clone()).or_default();
        buckets.insert(arns.s3(&place.bucket));
        let ours = place.prefix.starts_with(super::collector::RAW_PREFIX) && arns.is_log_bucket(&place.bucket);
        let prefix = if ours { super::collector::RAW_PREFIX } else { place.prefix.as_str() };
        objects.insert(arns.s3(&format!("{}/{prefix}*", place.bucket)));
    }
    for source in &arns.cloud.sources {
        // Beside the bucket that it is of, in the same account.
        let Some((bucket, prefix)) = source.inventory_place() else { continue };
        let owner = source.account_id.as_ref().unwrap_or(&arns.cloud.aws.account_id);
        let (_, objects) = by_owner.entry(owner.clone()).or_default();
        objects.insert(arns.s3(&format!("{bucket}/{prefix}*")));
    }
    let mut statements = Vec::new();
    for (owner, (buckets, objects)) in by_owner {
        let list = Statement::new(&format!("List{owner}"), &["s3:ListBucket"], buckets.into_iter().collect());
        let read = Statement::new(&format!("Read{owner}"), &["s3:GetObject"], objects.into_iter().collect());
        statements.extend([list.owned_by(&owner), read.owned_by(&owner)]);
    }
    statements
}

impl Arns<'_> {
    fn is_log_bucket(&self, bucket: &str) -> bool {
        let names = Names::of(self.cloud);
        self.cloud.regions().iter().any(|region| names.logs_bucket(region) == bucket)
    }
}

/// The keys of the lake and of trails.
fn keys(arns: Arns) -> Vec<Statement> {
    let mut statements = Vec::new();
    if let Some(key) = &arns.cloud.aws.kms_key {
        statements.push(Statement::new("LakeKey", &["kms:Decrypt", "kms:GenerateDataKey"], vec![key.clone()]));
    }
    let trails: BTreeSet<String> = arns.cloud.trails.iter().filter_map(|trail| trail.kms_key.clone()).collect();
    if !trails.is_empty() {
        statements.push(Statement::new("TrailKeys", &["kms:Decrypt"], trails.into_iter().collect()));
    }
    statements
}

fn after_commit(arns: Arns) -> Option<Statement> {
    match arns.cloud.catalogue.mode {
        CatalogueMode::Api => {
            // A compaction moves partitions, and asks where they are before it removes what they left.
            let actions =
                ["glue:BatchCreatePartition", "glue:BatchGetPartition", "glue:BatchUpdatePartition", "glue:GetTable"];
            Some(Statement::new("Catalogue", &actions, arns.catalogue()))
        }
        CatalogueMode::Crawler => {
            let crawler = arns.home("glue", &format!("crawler/{}", Names::of(arns.cloud).crawler()));
            Some(Statement::new("Crawler", &["glue:StartCrawler"], vec![crawler]))
        }
        CatalogueMode::Projection => None,
    }
}

/// Glue writes a job's output to groups that all jobs of the account share (Glue developer guide, "Logging for AWS Glue
/// jobs"); a Spark job can have one of its own beside them.
fn job_log(arns: Arns) -> Statement {
    let mut groups = Vec::new();
    let names = Names::of(arns.cloud);
    for job in names.jobs() {
        match job.engine {
            Engine::Auto | Engine::Pythonshell => groups.push("/aws-glue/python-jobs/*".to_owned()),
            Engine::Glueetl => {
                groups.push("/aws-glue/jobs/*".to_owned());
                groups.push(format!("{}:*", names.log_group("etl")));
            }
            Engine::Ray => groups.push("/aws-glue/ray/*".to_owned()),
        }
    }
    let groups = groups.iter().map(|group| arns.home("logs", &format!("log-group:{group}"))).collect();
    Statement::new("Log", &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], groups)
}

/// The crawler: what Glue does for us.
fn crawler(arns: Arns) -> Role {
    let (cloud, names) = (arns.cloud, Names::of(arns.cloud));
    let account = &cloud.aws.account_id;
    let lake = names.lake_bucket();
    let objects = TABLES.iter().map(|table| arns.s3(&format!("{lake}/{table}/*"))).collect();
    let catalogue = [
        "glue:BatchCreatePartition",
        "glue:BatchGetPartition",
        "glue:BatchUpdatePartition",
        "glue:CreatePartition",
        "glue:GetDatabase",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:GetTable",
        "glue:GetTables",
        "glue:UpdatePartition",
        "glue:UpdateTable",
    ];
    let mut statements = vec![
        Statement::new("LakeList", &["s3:GetBucketLocation", "s3:ListBucket"], vec![arns.s3(&lake)]).owned_by(account),
        Statement::new("Lake", &["s3:GetObject"], objects).owned_by(account),
        Statement::new("Catalogue", &catalogue, arns.catalogue()),
        Statement::new(
            "Log",
            &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            vec![arns.home("logs", "log-group:/aws-glue/crawlers:*")],
        ),
    ];
    if let Some(key) = &cloud.aws.kms_key {
        statements.push(Statement::new("LakeKey", &["kms:Decrypt"], vec![key.clone()]));
    }
    Role {
        id: "CrawlerRole",
        name: names.role("crawler", &cloud.aws.region),
        description: "Finds partitions in the lake and adds them to its tables".to_owned(),
        service: "glue.amazonaws.com",
        trust_conditions: within_account(arns),
        statements,
    }
}

/// Schedules' trust names their group, as the Scheduler user guide, "Confused deputy prevention", asks for.
fn of_the_group(arns: Arns) -> BTreeMap<String, BTreeMap<String, String>> {
    let group = arns.home("scheduler", &format!("schedule-group/{}", Names::of(arns.cloud).schedule_group()));
    let mut conditions = within_account(arns);
    conditions.entry("StringEquals".to_owned()).or_default().insert("aws:SourceArn".to_owned(), group);
    conditions
}

/// The schedule of the job.
fn schedule(arns: Arns) -> Role {
    let (cloud, names) = (arns.cloud, Names::of(arns.cloud));
    let job = arns.home("glue", &format!("job/{}", names.job()));
    Role {
        id: "ScheduleRole",
        name: names.role("schedule", &cloud.aws.region),
        description: "Starts the job".to_owned(),
        service: "scheduler.amazonaws.com",
        trust_conditions: of_the_group(arns),
        statements: vec![Statement::new("Start", &["glue:StartJobRun"], vec![job])],
    }
}
