use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::aws::preflight::{Account, Bucket, Buckets, Key, Keys, Kind, Logging};
use crate::blueprint::StackKind;
use crate::ui::Paint;
use crate::{Error, ErrorKind};

/// An account as a test wants it. Buckets are named `bucket`, with owner and Region.
#[derive(Default)]
struct World {
    buckets: BTreeMap<&'static str, (&'static str, &'static str)>,
    logging: BTreeMap<&'static str, Logging>,
    empty: BTreeSet<&'static str>,
    locking: BTreeSet<&'static str>,
    charging: BTreeSet<&'static str>,
    tags: BTreeMap<&'static str, BTreeMap<String, String>>,
    keys: BTreeMap<&'static str, Key>,
    trail_keys: BTreeSet<String>,
    existing: BTreeSet<(Kind, &'static str)>,
    made: BTreeMap<&'static str, BTreeSet<String>>,
    policies: BTreeSet<&'static str>,
    trust: BTreeMap<&'static str, String>,
    keeps_tables: bool,
    silent: Option<&'static str>,
    endpoint: Option<String>,
    denied: Option<&'static str>,
}

impl World {
    fn ask(&self, question: &str) -> Result<()> {
        if self.denied == Some(question) {
            return Err(Error::new(ErrorKind::Permission, format!("cannot {question}")).because("AccessDenied"));
        }
        Ok(())
    }
}

impl Buckets for World {
    fn bucket(&self, _: &str, bucket: &str, owner: Option<&str>) -> Result<Bucket> {
        self.ask("bucket")?;
        Ok(match self.buckets.get(bucket) {
            None => Bucket::Missing,
            Some((of, _)) if owner.is_some_and(|owner| owner != *of) => Bucket::Closed,
            Some((_, region)) => Bucket::There { region: (*region).to_owned() },
        })
    }

    fn logging(&self, _: &str, bucket: &str, _: &str) -> Result<Option<Logging>> {
        self.ask("logging")?;
        Ok(self.logging.get(bucket).cloned())
    }

    fn has_objects(&self, _: &str, bucket: &str, prefix: &str, _: &str) -> Result<bool> {
        Ok(!self.empty.contains(format!("{bucket}/{prefix}").as_str()))
    }

    fn locks_new_objects(&self, _: &str, bucket: &str, _: &str) -> Result<bool> {
        Ok(self.locking.contains(bucket))
    }

    fn requester_pays(&self, _: &str, bucket: &str, _: &str) -> Result<bool> {
        Ok(self.charging.contains(bucket))
    }

    fn tags(&self, _: &str, bucket: &str, _: &str) -> Result<BTreeMap<String, String>> {
        Ok(self.tags.get(bucket).cloned().unwrap_or_default())
    }
}

impl Keys for World {
    fn key(&self, _: &str, arn: &str) -> Result<Option<Key>> {
        Ok(self.keys.get(arn).cloned())
    }

    fn keys_of_trails(&self, _: &str, _: &str) -> Result<BTreeSet<String>> {
        Ok(self.trail_keys.clone())
    }
}

impl Account for World {
    fn exists(&self, _: &str, kind: Kind, name: &str) -> Result<bool> {
        Ok(self.existing.contains(&(kind, name)))
    }

    fn resources(&self, _: &str, stack: &str) -> Result<Option<BTreeSet<String>>> {
        Ok(self.made.get(stack).cloned())
    }

    fn policy_exists(&self, arn: &str) -> Result<bool> {
        Ok(self.policies.contains(arn))
    }

    fn trust(&self, role: &str) -> Result<Option<String>> {
        Ok(self.trust.get(role).cloned())
    }

    fn new_tables_belong_to_iam(&self, _: &str) -> Result<bool> {
        Ok(!self.keeps_tables)
    }

    fn region_answers(&self, region: &str) -> Result<()> {
        if self.silent == Some(region) { Err(Error::failed("no such host")) } else { Ok(()) }
    }

    fn endpoint(&self) -> Option<String> {
        self.endpoint.clone()
    }
}

const OURS: &str = "111122223333";
const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/1";
const LOGS: &str = "bucketscope-shop-logs-eu-central-1-abc123";

fn cloud(account: &str, rest: &str) -> Cloud {
    let text = format!(
        "version: 1\nname: shop\ntarget: aws\naws:\n  account_id: '{OURS}'\n  region: eu-central-1\n  suffix: abc123\n{account}{rest}"
    );
    Cloud::parse(&text, Path::new("bucketscope.yaml")).unwrap()
}

const ONE: &str = "sources:\n  - id: web\n    log_buckets: [shop-web]\n";

fn spec(resources: &str) -> StackSpec {
    StackSpec {
        kind: StackKind::Lake,
        name: "bucketscope-shop-lake".to_owned(),
        region: "eu-central-1".to_owned(),
        template: format!("{{\"Resources\":{{{resources}}}}}"),
        parameters: BTreeMap::new(),
        tags: BTreeMap::new(),
    }
}

/// Looks, and gives the codes of what was found, with `!` for errors.
fn found(world: &World, cloud: &Cloud, resources: &str) -> Vec<String> {
    let findings = look(world, cloud, &[spec(resources)]).unwrap();
    findings.iter().map(|it| format!("{}{}", it.code, if it.severity == Severity::Error { "!" } else { "" })).collect()
}

fn with_source() -> World {
    World { buckets: BTreeMap::from([("shop-web", (OURS, "eu-central-1"))]), ..World::default() }
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(found(&with_source(), &cloud("", ONE), ""), [""; 0]);
}

#[test]
fn buckets_are_where_and_whose_the_configuration_says() {
    assert_eq!(found(&World::default(), &cloud("", ONE), ""), ["BS001!"]);
    let mut world = with_source();
    world.buckets.insert("shop-web", (OURS, "us-west-2"));
    assert_eq!(found(&world, &cloud("", ONE), ""), ["BS002!"]);
    world.buckets.insert("shop-web", ("999999999999", "eu-central-1"));
    assert_eq!(found(&world, &cloud("", ONE), ""), ["BS003!"]);
}

#[test]
fn the_log_bucket_of_another_account_must_let_us_in_until_it_was_deployed() {
    let cloud = cloud("", "sources:\n  - {id: web, bucket: logs, prefix: a/, account_id: '999999999999'}\n");
    let mut world = World { buckets: BTreeMap::from([("logs", ("999999999999", "eu-central-1"))]), ..World::default() };
    assert_eq!(found(&world, &cloud, ""), ["BS004"]);
    world.made.insert("bucketscope-shop-lake", BTreeSet::new());
    assert_eq!(found(&world, &cloud, ""), [""; 0]);
    world.charging.insert("logs");
    world.empty.insert("logs/a/");
    assert_eq!(found(&world, &cloud, ""), ["BS006!", "BS005"]);
}

#[test]
fn earlier_logging_is_kept_and_ours_is_no_finding() {
    let mut world = with_source();
    world.logging.insert("shop-web", Logging { target: "elsewhere".to_owned(), prefix: "p".to_owned() });
    assert_eq!(found(&world, &cloud("", ONE), ""), ["BS007"]);
    world.logging.insert("shop-web", Logging { target: LOGS.to_owned(), prefix: "logs/shop-web/".to_owned() });
    assert_eq!(found(&world, &cloud("", ONE), ""), [""; 0]);
}

#[test]
fn who_asks_for_glue_for_ray_is_warned() {
    let ray = format!("{ONE}job: {{engine: ray}}\n");
    assert_eq!(found(&with_source(), &cloud("", &ray), ""), ["BS025"]);
}

#[test]
fn a_log_bucket_that_logs_to_itself_is_named() {
    let mut world = World { buckets: BTreeMap::from([("logs", (OURS, "eu-central-1"))]), ..World::default() };
    world.logging.insert("logs", Logging { target: "logs".to_owned(), prefix: String::new() });
    assert_eq!(found(&world, &cloud("", "sources:\n  - {id: web, bucket: logs}\n"), ""), ["BS008"]);
}

#[test]
fn s3_delivers_to_no_target_that_locks_or_charges() {
    let mut world = with_source();
    world.buckets.insert(LOGS, (OURS, "eu-central-1"));
    world.made.insert("bucketscope-shop-lake", BTreeSet::from([LOGS.to_owned()]));
    world.locking.insert(LOGS);
    world.charging.insert(LOGS);
    let bucket = format!(r#""L":{{"Type":"AWS::S3::Bucket","Properties":{{"BucketName":"{LOGS}"}}}}"#);
    assert_eq!(found(&world, &cloud("", ONE), &bucket), ["BS009!", "BS010!"]);
}

#[test]
fn a_trails_key_must_be_configured() {
    let mut world = World { buckets: BTreeMap::from([("trail", (OURS, "eu-central-1"))]), ..World::default() };
    world.trail_keys.insert(KEY.to_owned());
    assert_eq!(found(&world, &cloud("", "trails:\n  - {id: t, bucket: trail}\n"), ""), ["BS011!"]);
    world.empty.insert("trail/AWSLogs/");
    world.keys.insert(KEY, key(true, false, "arn:aws:iam::111122223333:root"));
    let with_key = format!("trails:\n  - {{id: t, bucket: trail, kms_key: '{KEY}'}}\n");
    let trails = cloud("", &with_key);
    assert_eq!(found(&world, &trails, ""), ["BS005"]);
    let hint = look(&world, &trails, &[spec("")]).unwrap().remove(0).hint;
    assert!(hint.contains("describe-trails") && !hint.contains("get-bucket-logging"), "{hint}");
}

fn key(enabled: bool, managed: bool, principal: &str) -> Key {
    let policy = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"kms:*","Resource":"*"}}]}}"#
    );
    Key { enabled, managed, policy: Some(policy) }
}

#[test]
fn keys_can_be_used_and_let_our_roles_and_services_in() {
    let cloud = cloud(&format!("  kms_key: {KEY}\n"), ONE);
    let role = format!(
        r#""R":{{"Type":"AWS::IAM::Role","Properties":{{"RoleName":"r","Path":"/p/","Policies":[{{"PolicyDocument":{{"Statement":[
           {{"Effect":"Allow","Action":["kms:Decrypt"],"Resource":"{KEY}"}}]}}}}]}}}}"#
    );
    let mut world = with_source();
    assert_eq!(found(&world, &cloud, &role), ["BS012!"]);
    world.keys.insert(KEY, key(false, false, "x"));
    assert_eq!(found(&world, &cloud, &role), ["BS013!"]);
    world.keys.insert(KEY, key(true, true, "x"));
    assert_eq!(found(&world, &cloud, &role), ["BS013!"]);
    world.keys.insert(KEY, key(true, false, "arn:aws:iam::999999999999:root"));
    assert_eq!(found(&world, &cloud, &role), ["BS014!"]);
    for principal in ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/p/r", "111122223333"] {
        world.keys.insert(KEY, key(true, false, principal));
        assert_eq!(found(&world, &cloud, &role), [""; 0]);
    }
    // CloudWatch needs two actions, and the account's statement is not for it.
    let topic = format!(r#""T":{{"Type":"AWS::SNS::Topic","Properties":{{"KmsMasterKeyId":"{KEY}"}}}}"#);
    assert_eq!(found(&world, &cloud, &topic), ["BS014!"; 2]);
    world.keys.insert(KEY, Key { policy: None, ..key(true, false, "x") });
    assert_eq!(found(&world, &cloud, &role), ["BS024"]);
}

#[test]
fn names_that_others_have_are_found_and_what_we_left_behind_is_taken_back() {
    let lake = "bucketscope-shop-lake-abc123";
    let resources = format!(
        r#""B":{{"Type":"AWS::S3::Bucket","Properties":{{"BucketName":"{lake}"}}}},
           "R":{{"Type":"AWS::IAM::Role","Properties":{{"RoleName":"r"}}}},
           "D":{{"Type":"AWS::Glue::Database","Properties":{{"DatabaseInput":{{"Name":"d"}}}}}}"#
    );
    let mut world = with_source();
    world.existing.extend([(Kind::Role, "r"), (Kind::Database, "d"), (Kind::Job, "d")]);
    world.buckets.insert(lake, ("999999999999", "eu-central-1"));
    assert_eq!(found(&world, &cloud("", ONE), &resources), ["BS015!", "BS016!", "BS016!"]);
    world.buckets.insert(lake, (OURS, "eu-central-1"));
    assert_eq!(found(&world, &cloud("", ONE), &resources), ["BS016!", "BS016!", "BS016!"]);
    world.tags.insert(lake, BTreeMap::from([("bucketscope:pipeline".to_owned(), "shop".to_owned())]));
    world.made.insert("bucketscope-shop-lake", BTreeSet::from(["r".to_owned(), "d".to_owned()]));
    assert_eq!(found(&world, &cloud("", ONE), &resources), [""; 0]);
}

#[test]
fn boundary_and_service_role_exist_and_serve() {
    let (boundary, role) = ("arn:aws:iam::111122223333:policy/b", "arn:aws:iam::111122223333:role/deploy");
    let cloud = cloud(&format!("  permissions_boundary: {boundary}\n  cloudformation_role: {role}\n"), ONE);
    let mut world = with_source();
    assert_eq!(found(&world, &cloud, ""), ["BS017!", "BS018!"]);
    world.policies.insert(boundary);
    let trust = |service: &str| {
        format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
        )
    };
    world.trust.insert(role, trust("lambda.amazonaws.com"));
    assert_eq!(found(&world, &cloud, ""), ["BS019!"]);
    world.trust.insert(role, trust("cloudformation.amazonaws.com"));
    assert_eq!(found(&world, &cloud, ""), [""; 0]);
}

#[test]
fn lake_formation_matters_before_the_first_deployment() {
    let mut world = with_source();
    world.keeps_tables = true;
    assert_eq!(found(&world, &cloud("", ONE), ""), ["BS020"]);
    world.made.insert("bucketscope-shop-lake", BTreeSet::new());
    assert_eq!(found(&world, &cloud("", ONE), ""), [""; 0]);
}

#[test]
fn a_region_that_does_not_answer_is_the_only_finding() {
    let world = World { silent: Some("eu-central-1"), ..World::default() };
    assert_eq!(found(&world, &cloud("", ONE), ""), ["BS021!"]);
}

#[test]
fn a_stack_that_does_not_fit_is_named() {
    let many: Vec<String> = (0..501).map(|at| format!(r#""R{at}":{{"Type":"AWS::SNS::Topic"}}"#)).collect();
    assert_eq!(found(&with_source(), &cloud("", ONE), &many.join(",")), ["BS022!"]);
}

#[test]
fn another_endpoint_is_named() {
    let world = World { endpoint: Some("http://127.0.0.1:4566".to_owned()), ..with_source() };
    assert_eq!(found(&world, &cloud("", ONE), ""), ["BS023"]);
}

#[test]
fn what_may_not_be_looked_at_is_a_warning() {
    let world = World { denied: Some("logging"), ..with_source() };
    assert_eq!(found(&world, &cloud("", ONE), ""), ["BS024"]);
}

#[test]
fn lines_say_code_reason_and_hint_and_show_nothing_invisible() {
    let finding = Finding::error(Code::BucketMissing, "there is no bucket a\u{1b}[31m", "w ".repeat(60), "do\nthis");
    let text = lines(&[finding], &Screen { width: None, paint: Paint::plain() });
    assert!(text[0].starts_with("error BS001: there is no bucket a"), "{text:?}");
    assert!(text.iter().all(|line| line.len() <= 100 && !line.contains(['\u{1b}', '\n'])), "{text:?}");
    assert!(text.last().unwrap().contains("hint: do"), "{text:?}");
}
