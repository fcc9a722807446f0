//! Where actions are allowed: the things of one pipeline, by name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::Who;
use crate::blueprint::roles::Statement;
use crate::blueprint::{self, Asset, Assets, Facts, Names, collector};
use crate::config::cloud::{CatalogueMode, Cloud, Engine, Job, Report, partition_of};
use crate::{Error, Result};

/// A kind of thing of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The actions know no resource.
    Anything,
    Stacks,
    /// The buckets that the stacks make.
    OwnBuckets,
    /// The same before they belong to an account.
    NewBuckets,
    OwnObjects,
    AssetObjects,
    /// The lake's own records of what was done.
    StateObjects,
    /// The lake's tables.
    TableObjects,
    LakeAndResults,
    ResultObjects,
    /// Log buckets that exist, and those of trails.
    SourceBuckets,
    /// Buckets for which logging is switched on.
    LoggedBuckets,
    /// All keys of the configuration.
    Keys,
    /// That of lake, results and topic.
    LakeKey,
    Boundary,
    ServiceRole,
    Roles,
    Functions,
    Job,
    /// The jobs that `doctor` makes and removes.
    DoctorJobs,
    Crawler,
    Catalogue,
    Workgroup,
    /// Our own log groups.
    OwnLogGroups,
    /// Our own, and the ones that Glue shares among all jobs and crawlers.
    LogGroups,
    Topic,
    Queue,
    Rules,
    Alarms,
    Dashboard,
    Schedule,
    ScheduleGroup,
    /// Dashboard, data source and data sets in QuickSight, where there are to be any.
    Dashboards,
    /// Actions of QuickSight's that know no resource, where there is to be a dashboard.
    DashboardsAnywhere,
}

impl Place {
    /// Whether these are buckets or objects, whose ARNs name no account: a name may pass to somebody else.
    fn names_no_account(self) -> bool {
        matches!(
            self,
            Self::OwnBuckets
                | Self::OwnObjects
                | Self::AssetObjects
                | Self::StateObjects
                | Self::TableObjects
                | Self::LakeAndResults
                | Self::ResultObjects
                | Self::SourceBuckets
                | Self::LoggedBuckets
        )
    }
}

/// The names that a configuration leads to.
pub(super) struct Stage<'a> {
    pub cloud: &'a Cloud,
    partition: &'static str,
    /// Type → Region and properties of each resource.
    resources: BTreeMap<String, Vec<(String, Json)>>,
}

impl<'a> Stage<'a> {
    /// Renders the stacks with everything that the configuration may have had before: who deploys must be able to remove it.
    pub fn of(cloud: &'a Cloud) -> Result<Self> {
        let mut wide = cloud.clone();
        wide.catalogue.mode = CatalogueMode::Crawler;
        wide.job.engine = Engine::Auto;
        if wide.job.schedule == blueprint::BY_HAND {
            wide.job.schedule = Job::default().schedule;
        }
        // Any query will do: its text is no part of a policy.
        wide.reports = vec![Report {
            name: Some("any".to_owned()),
            query: "access-denied".to_owned(),
            last: "1d".to_owned(),
            schedule: Job::default().schedule,
            time_zone: Job::default().time_zone,
            parameters: BTreeMap::new(),
            only_findings: false,
        }];
        let partition = partition_of(&cloud.aws.region);
        let asset = |file: &str| Asset { sha256: "0".repeat(64), file: file.to_owned() };
        let assets =
            Assets { worker: asset("worker"), launcher: asset("launcher.py"), functions: asset("bootstrap.zip") };
        let specs =
            blueprint::render(&wide, &Facts { partition: partition.to_owned(), assets, own_queries: Vec::new() })?;
        let mut resources: BTreeMap<String, Vec<(String, Json)>> = BTreeMap::new();
        for spec in specs {
            let template: Json = serde_json::from_str(&spec.template)
                .map_err(|error| Error::failed(format!("the template of {} is not JSON", spec.name)).because(error))?;
            for resource in template.get("Resources").and_then(Json::as_object).into_iter().flat_map(|all| all.values())
            {
                let kind = resource.get("Type").and_then(Json::as_str).unwrap_or_default().to_owned();
                let properties = resource.get("Properties").cloned().unwrap_or_default();
                resources.entry(kind).or_default().push((spec.region.clone(), properties));
            }
        }
        Ok(Self { cloud, partition, resources })
    }

    /// The statements that allow actions somewhere; none where the pipeline has no such thing.
    pub fn statements(&self, place: Place, actions: &BTreeSet<String>) -> Vec<Statement> {
        if place == Place::SourceBuckets {
            return self.sources().into_iter().map(|(owner, all)| owned(place, actions, all, &owner)).collect();
        }
        let resources = self.arns(place);
        if resources.is_empty() {
            Vec::new()
        } else if place.names_no_account() {
            vec![owned(place, actions, resources, &self.cloud.aws.account_id)]
        } else {
            vec![plain(place, actions, resources)]
        }
    }

    fn arns(&self, place: Place) -> BTreeSet<String> {
        let (cloud, names) = (self.cloud, Names::of(self.cloud));
        let home = cloud.aws.region.as_str();
        match place {
            Place::Anything => BTreeSet::from(["*".to_owned()]),
            Place::Stacks => self.stacks(),
            Place::OwnBuckets | Place::NewBuckets => self.own_buckets().iter().map(|bucket| self.s3(bucket)).collect(),
            Place::OwnObjects => self.own_buckets().iter().map(|bucket| self.s3(&format!("{bucket}/*"))).collect(),
            Place::AssetObjects => {
                cloud.regions().iter().map(|region| self.s3(&format!("{}/*", names.assets_bucket(region)))).collect()
            }
            Place::StateObjects => self.one(self.s3(&format!("{}/_state/*", names.lake_bucket()))),
            Place::TableObjects => {
                let folders = blueprint::TABLES.iter().chain(&blueprint::JOINED);
                folders.map(|folder| self.s3(&format!("{}/{folder}/*", names.lake_bucket()))).collect()
            }
            Place::LakeAndResults => {
                [names.lake_bucket(), names.results_bucket()].iter().map(|bucket| self.s3(bucket)).collect()
            }
            Place::ResultObjects => self.one(self.s3(&format!("{}/*", names.results_bucket()))),
            Place::SourceBuckets => self.sources().into_values().flatten().collect(),
            Place::LoggedBuckets => {
                cloud.sources.iter().flat_map(|source| &source.log_buckets).map(|bucket| self.s3(bucket)).collect()
            }
            Place::Keys => {
                let trails = cloud.trails.iter().filter_map(|trail| trail.kms_key.clone());
                cloud.aws.kms_key.iter().cloned().chain(trails).collect()
            }
            Place::LakeKey => cloud.aws.kms_key.iter().cloned().collect(),
            Place::Boundary => cloud.aws.permissions_boundary.iter().cloned().collect(),
            Place::ServiceRole => cloud.aws.cloudformation_role.iter().cloned().collect(),
            Place::Roles => self.roles(None),
            Place::Functions => self.numbered("AWS::Lambda::Function", "FunctionName", "lambda", "function:"),
            Place::Job => [names.job(), names.spark_job()]
                .iter()
                .map(|job| self.at("glue", home, &format!("job/{job}")))
                .collect(),
            Place::DoctorJobs => self.one(self.at("glue", home, &format!("job/{}*", names.doctor_jobs()))),
            Place::Crawler => self.one(self.at("glue", home, &format!("crawler/{}", names.crawler()))),
            Place::Catalogue => {
                let database = names.database();
                ["catalog".to_owned(), format!("database/{database}"), format!("table/{database}/*")]
                    .iter()
                    .map(|resource| self.at("glue", home, resource))
                    .collect()
            }
            Place::Workgroup => self.one(self.at("athena", home, &format!("workgroup/{}", names.workgroup()))),
            Place::OwnLogGroups => self.log_groups(),
            Place::LogGroups => {
                let shared = ["python-jobs", "jobs", "ray", "crawlers"];
                let shared = shared.iter().map(|what| self.at("logs", home, &format!("log-group:/aws-glue/{what}*")));
                self.log_groups().into_iter().chain(shared).collect()
            }
            Place::Topic => self.one(self.at("sns", home, &names.topic())),
            Place::Queue => self.one(self.at("sqs", home, &names.queue())),
            Place::Rules => self.named("AWS::Events::Rule", "Name", "events", "rule/"),
            Place::Alarms => self.named("AWS::CloudWatch::Alarm", "AlarmName", "cloudwatch", "alarm:"),
            // A dashboard has no Region.
            Place::Dashboard => self.one(self.at("cloudwatch", "", &format!("dashboard/{}", names.dashboard()))),
            Place::Schedule => {
                let schedules = [names.schedule(), names.report_schedule("*")];
                let schedules = schedules.iter().map(|name| format!("schedule/{}/{name}", names.schedule_group()));
                schedules.map(|schedule| self.at("scheduler", home, &schedule)).collect()
            }
            Place::DashboardsAnywhere => cloud.quicksight.iter().map(|_| "*".to_owned()).collect(),
            Place::Dashboards => self.dashboards(),
            Place::ScheduleGroup => {
                self.one(self.at("scheduler", home, &format!("schedule-group/{}", names.schedule_group())))
            }
        }
    }

    /// Behind the id of a data set stand those of its imports and refreshes.
    fn dashboards(&self) -> BTreeSet<String> {
        let names = Names::of(self.cloud);
        let all = ["dashboard", "datasource"].map(|kind| format!("{kind}/{}", names.quicksight()));
        let all = all.into_iter().chain([format!("dataset/{}", names.data_set("*"))]);
        let wanted = self.cloud.quicksight.iter().flat_map(|_| all.clone());
        wanted.map(|resource| self.at("quicksight", &self.cloud.aws.region, &resource)).collect()
    }

    fn one(&self, arn: String) -> BTreeSet<String> {
        BTreeSet::from([arn])
    }

    fn s3(&self, path: &str) -> String {
        format!("arn:{}:s3:::{path}", self.partition)
    }

    fn at(&self, service: &str, region: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{region}:{}:{resource}", self.partition, self.cloud.aws.account_id)
    }

    /// Behind the name of a stack stands its id.
    fn stacks(&self) -> BTreeSet<String> {
        let names = Names::of(self.cloud);
        let mut all =
            self.one(self.at("cloudformation", &self.cloud.aws.region, &format!("stack/{}/*", names.lake_stack())));
        // Looked for in each pipeline: it is removed where the configuration no longer wants it.
        let dashboards = format!("stack/{}/*", names.dashboards_stack());
        all.insert(self.at("cloudformation", &self.cloud.aws.region, &dashboards));
        for region in self.cloud.regions() {
            for name in [names.assets_stack(), names.collector_stack(1), format!("{}-*", names.collector_stack(1))] {
                all.insert(self.at("cloudformation", &region, &format!("stack/{name}/*")));
            }
        }
        all
    }

    fn own_buckets(&self) -> BTreeSet<String> {
        let names = Names::of(self.cloud);
        let mut all = BTreeSet::from([names.lake_bucket(), names.results_bucket()]);
        for region in self.cloud.regions() {
            all.extend([names.assets_bucket(&region), names.logs_bucket(&region)]);
        }
        all
    }

    /// By the account that owns them.
    fn sources(&self) -> BTreeMap<String, BTreeSet<String>> {
        let ours = &self.cloud.aws.account_id;
        let logs = self.cloud.sources.iter().filter_map(|it| it.bucket.as_ref().map(|name| (name, &it.account_id)));
        let trails = self.cloud.trails.iter().map(|it| (&it.bucket, &it.account_id));
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (bucket, owner) in logs.chain(trails) {
            all.entry(owner.as_ref().unwrap_or(ours).clone()).or_default().insert(self.s3(bucket));
        }
        all
    }

    /// Names of resources of a type, as ARNs.
    fn named(&self, kind: &str, property: &str, service: &str, before: &str) -> BTreeSet<String> {
        let of_kind = self.resources.get(kind).into_iter().flatten();
        of_kind
            .filter_map(|(region, properties)| {
                let name = properties.get(property)?.as_str()?;
                Some(self.at(service, region, &format!("{before}{name}")))
            })
            .collect()
    }

    /// The same, with those of further stacks of a Region, which are numbered: a configuration with fewer buckets has fewer.
    fn numbered(&self, kind: &str, property: &str, service: &str, before: &str) -> BTreeSet<String> {
        let mut all = self.named(kind, property, service, before);
        let names = Names::of(self.cloud);
        for region in collector::regions(self.cloud) {
            all.insert(self.at(service, &region, &format!("{before}{}", names.function("delivery-*"))));
        }
        all
    }

    fn log_groups(&self) -> BTreeSet<String> {
        let names = Names::of(self.cloud);
        let mut all = self.named("AWS::Logs::LogGroup", "LogGroupName", "logs", "log-group:");
        for region in collector::regions(self.cloud) {
            all.insert(self.at("logs", &region, &format!("log-group:{}", names.log_group("delivery-*"))));
        }
        // Some actions name a group with `:*` behind it, some without ("CloudWatch Logs resources and operations").
        let with_streams: Vec<String> = all.iter().map(|group| format!("{group}:*")).collect();
        all.extend(with_streams);
        all
    }

    /// The roles that the stacks make; those alone that `service` takes.
    fn roles(&self, service: Option<&str>) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for (region, properties) in self.resources.get("AWS::IAM::Role").into_iter().flatten() {
            let taken_by = properties.pointer("/AssumeRolePolicyDocument/Statement/0/Principal/Service");
            if service.is_some() && taken_by.and_then(Json::as_str) != service {
                continue;
            }
            let (Some(name), Some(path)) =
                (properties.get("RoleName").and_then(Json::as_str), properties.get("Path").and_then(Json::as_str))
            else {
                continue;
            };
            all.insert(self.role(path, name));
            if taken_by.and_then(Json::as_str) == Some("lambda.amazonaws.com") {
                all.insert(self.role(path, &Names::of(self.cloud).role("delivery-*", region)));
            }
        }
        all
    }

    fn role(&self, path: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:role{path}{name}", self.partition, self.cloud.aws.account_id)
    }

    /// Roles that are handed to services; the one for CloudFormation by who works with stacks, the others by who makes
    /// what takes them.
    pub fn passed(&self, who: Who, by_itself: bool) -> Vec<Statement> {
        let mut all = Vec::new();
        if matches!(who, Who::Deployer | Who::Ci)
            && let Some(role) = &self.cloud.aws.cloudformation_role
        {
            all.push(pass("PassToCloudFormation", self.one(role.clone()), "cloudformation.amazonaws.com"));
        }
        if who == Who::Doctor {
            let role = self.role(&self.cloud.aws.role_path, &Names::of(self.cloud).role("etl", &self.cloud.aws.region));
            all.push(pass("PassToGlue", self.one(role), "glue.amazonaws.com"));
        }
        let makes = who == Who::CloudFormation || who == Who::Deployer && by_itself;
        for (sid, service) in [
            ("PassToGlue", "glue.amazonaws.com"),
            ("PassToLambda", "lambda.amazonaws.com"),
            ("PassToQuickSight", "quicksight.amazonaws.com"),
            ("PassToScheduler", "scheduler.amazonaws.com"),
        ] {
            // Schedules are switched off and on by `destroy` itself, and UpdateSchedule hands over the role again.
            let roles = self.roles(Some(service));
            if !roles.is_empty() && (makes || who == Who::Deployer && service.starts_with("scheduler")) {
                all.push(pass(sid, roles, service));
            }
        }
        all
    }
}

fn plain(place: Place, actions: &BTreeSet<String>, resources: BTreeSet<String>) -> Statement {
    Statement {
        sid: format!("{place:?}"),
        actions: actions.iter().cloned().collect(),
        resources: resources.into_iter().collect(),
        conditions: BTreeMap::new(),
    }
}

/// Bound to an account by a condition.
fn owned(place: Place, actions: &BTreeSet<String>, resources: BTreeSet<String>, account: &str) -> Statement {
    let mut statement = plain(place, actions, resources);
    if place == Place::SourceBuckets {
        statement.sid.push_str(account);
    }
    equals(&mut statement, "aws:ResourceAccount", account);
    statement
}

fn pass(sid: &str, roles: BTreeSet<String>, service: &str) -> Statement {
    let mut statement = Statement {
        sid: sid.to_owned(),
        actions: vec!["iam:PassRole".to_owned()],
        resources: roles.into_iter().collect(),
        conditions: BTreeMap::new(),
    };
    equals(&mut statement, "iam:PassedToService", service);
    statement
}

fn equals(statement: &mut Statement, key: &str, value: &str) {
    statement.conditions.entry("StringEquals".to_owned()).or_default().insert(key.to_owned(), value.to_owned());
}
