use std::path::Path;

use super::*;
use crate::blueprint::actions::{On, needs};

const WHO: &[Who] = &[Who::Deployer, Who::Ci, Who::Analyst, Who::Doctor, Who::CloudFormation];

/// Actions for which the Service Authorization Reference names no resource, so that only `*` can stand there; and DescribeStacks,
/// which is asked for all stacks.
const WITHOUT_RESOURCE: &[&str] = &[
    "cloudformation:DescribeStackDriftDetectionStatus",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStacks",
    "cloudtrail:DescribeTrails",
    "glue:CreateCrawler",
    "iam:ListRoles",
    "lakeformation:GetDataLakeSettings",
    "logs:DescribeLogGroups",
    "s3:ListAllMyBuckets",
    "scheduler:ListSchedules",
    "tag:GetResources",
];

fn cloud(account: &str, more: &str) -> Cloud {
    let text = format!(
        "version: 1\nname: shop\ntarget: aws\naws:\n  account_id: '111122223333'\n  region: eu-central-1\n  suffix: abc123\n{account}{more}"
    );
    Cloud::parse(&text, Path::new("bucketscope.yaml")).unwrap()
}

const ONE: &str = "sources:\n  - id: web\n    log_buckets: [shop-web]\n";

fn many() -> Cloud {
    let sources: String = ["eu-central-1", "eu-west-1", "us-east-1"]
        .iter()
        .map(|region| {
            let buckets: Vec<String> =
                (0..90).map(|at| format!("a-bucket-with-a-rather-long-name-{region}-{at:03}")).collect();
            format!("  - id: in-{region}\n    region: {region}\n    log_buckets: [{}]\n", buckets.join(", "))
        })
        .collect();
    cloud("  kms_key: arn:aws:kms:eu-central-1:111122223333:key/1\n", &format!("sources:\n{sources}"))
}

fn find<'a>(statements: &'a [Statement], action: &str) -> Vec<&'a Statement> {
    statements.iter().filter(|statement| statement.actions.iter().any(|one| one == action)).collect()
}

#[test]
fn every_document_is_a_policy_that_iam_takes() {
    for cloud in [cloud("", ONE), many()] {
        for who in WHO {
            let documents = documents(&cloud, *who).unwrap();
            assert!(!documents.is_empty());
            for document in &documents {
                assert!(document.length() <= POLICY_LIMIT, "{}: {}", document.name, document.length());
                assert_eq!(document.policy["Version"], "2012-10-17");
                let statements = document.policy["Statement"].as_array().unwrap();
                let mut sids: Vec<&str> = statements.iter().map(|one| one["Sid"].as_str().unwrap()).collect();
                assert!(sids.iter().all(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric())), "{sids:?}");
                let count = sids.len();
                sids.sort_unstable();
                sids.dedup();
                assert_eq!(sids.len(), count, "{sids:?}");
            }
        }
    }
}

#[test]
fn what_is_split_is_still_all_there() {
    let whole = statements(&many(), Who::Deployer).unwrap();
    let documents = documents(&many(), Who::Deployer).unwrap();
    assert!(documents.len() > 1);
    let parts = documents.iter().flat_map(|document| document.policy["Statement"].as_array().unwrap());
    let pairs =
        |action: &Json, resource: &Json| (action.as_str().unwrap().to_owned(), resource.as_str().unwrap().to_owned());
    let mut found = BTreeSet::new();
    for part in parts {
        for action in part["Action"].as_array().unwrap() {
            found.extend(part["Resource"].as_array().unwrap().iter().map(|resource| pairs(action, resource)));
        }
    }
    let mut expected = BTreeSet::new();
    for statement in &whole {
        for action in &statement.actions {
            expected.extend(statement.resources.iter().map(|resource| (action.clone(), resource.clone())));
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn no_star_stands_where_a_name_can() {
    for cloud in [cloud("", ONE), many()] {
        for who in WHO {
            for statement in statements(&cloud, *who).unwrap() {
                for resource in &statement.resources {
                    if resource == "*" {
                        for action in &statement.actions {
                            assert!(WITHOUT_RESOURCE.contains(&action.as_str()), "{who:?}: {action} on *");
                        }
                    } else {
                        let name = resource.splitn(6, ':').nth(5).unwrap();
                        assert!(resource.starts_with("arn:aws:") && !name.starts_with('*'), "{resource}");
                    }
                }
                assert!(statement.actions.iter().all(|action| !action.contains('*')), "{statement:?}");
            }
        }
    }
}

#[test]
fn every_call_is_in_the_reviewed_table_and_stands_on_what_its_action_knows() {
    for calls in CALLED {
        for operation in calls.operations {
            let needs = needs(calls.service, operation, false);
            let needs = needs.unwrap_or_else(|| panic!("{}:{operation} has not been reviewed", calls.service));
            for need in needs {
                let listed = WITHOUT_RESOURCE.contains(&need.name().as_str());
                let anything = calls.place == Place::Anything;
                assert!(!anything || listed, "{}", need.name());
                assert!(anything || need.on != On::Anything, "{}", need.name());
            }
        }
    }
}

#[test]
fn buckets_and_objects_are_bound_to_the_account_that_owns_them() {
    let theirs = "sources:\n  - {id: a, bucket: logs-a, account_id: '999999999999'}\n  - {id: b, bucket: logs-b}\n";
    let statements = statements(&cloud("", theirs), Who::Ci).unwrap();
    let owner = |bucket: &str| {
        let arn = format!("arn:aws:s3:::{bucket}");
        let found = find(&statements, "s3:ListBucket").into_iter().find(|one| one.resources.contains(&arn)).unwrap();
        found.conditions["StringEquals"]["aws:ResourceAccount"].clone()
    };
    assert_eq!(owner("logs-a"), "999999999999");
    assert_eq!(owner("logs-b"), "111122223333");
    assert_eq!(owner("bucketscope-shop-lake-abc123"), "111122223333");
}

#[test]
fn roles_are_passed_to_the_one_service_that_takes_them() {
    let own = statements(&cloud("", ONE), Who::Deployer).unwrap();
    let passed = find(&own, "iam:PassRole");
    let to = |service: &str| {
        let found = passed.iter().find(|one| one.conditions["StringEquals"]["iam:PassedToService"] == service);
        found.map(|one| one.resources.clone()).unwrap_or_default()
    };
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/bucketscope-shop-{name}-eu-central-1");
    assert_eq!(to("glue.amazonaws.com"), [role("crawler"), role("etl")]);
    assert_eq!(to("lambda.amazonaws.com"), [role("delivery-*"), role("delivery"), role("notices"), role("reports")]);
    assert_eq!(to("scheduler.amazonaws.com"), [role("schedule"), role("timer")]);
    assert!(find(&statements(&cloud("", ONE), Who::Ci).unwrap(), "iam:PassRole").is_empty());
}

#[test]
fn with_a_role_for_cloudformation_the_deployer_passes_it_and_makes_nothing() {
    let role = "arn:aws:iam::111122223333:role/for-cloudformation";
    let cloud = cloud(&format!("  cloudformation_role: {role}\n"), ONE);
    let deployer = statements(&cloud, Who::Deployer).unwrap();
    assert!(find(&deployer, "iam:CreateRole").is_empty() && find(&deployer, "lambda:CreateFunction").is_empty());
    let passed = find(&deployer, "iam:PassRole");
    assert!(passed.iter().any(|one| one.resources == [role]), "{passed:?}");
    let its = statements(&cloud, Who::CloudFormation).unwrap();
    assert!(!find(&its, "iam:CreateRole").is_empty() && !find(&its, "lambda:InvokeFunction").is_empty());
    assert!(find(&its, "cloudformation:CreateChangeSet").is_empty());
}

#[test]
fn ci_and_analysts_change_nothing() {
    const CHANGES: &[&str] =
        &["Create", "Delete", "Put", "Update", "Execute", "Set", "Tag", "Untag", "Stop", "BatchStop"];
    // A change set is made to be read; templates are put where CloudFormation can read them; queries have results.
    const HARMLESS: &[&str] = &[
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "s3:PutObject",
        "s3:DeleteObject",
        "athena:StopQueryExecution",
    ];
    for who in [Who::Ci, Who::Analyst] {
        for statement in statements(&cloud("", ONE), who).unwrap() {
            for action in &statement.actions {
                let verb = action.split(':').nth(1).unwrap();
                let changes = CHANGES.iter().any(|change| verb.starts_with(change));
                assert!(!changes || HARMLESS.contains(&action.as_str()), "{who:?}: {action}");
                let written = ["s3:PutObject", "s3:DeleteObject"].contains(&action.as_str());
                let lake = statement.resources.iter().any(|resource| resource.contains("-lake-"));
                assert!(!written || !lake, "{who:?}: {action} on the lake");
            }
        }
    }
}

#[test]
fn other_partitions_have_other_arns() {
    let text = "version: 1\nname: shop\ntarget: aws\naws:\n  account_id: '111122223333'\n  region: cn-north-1\n  suffix: abc123\n";
    let china = Cloud::parse(&format!("{text}{ONE}"), Path::new("bucketscope.yaml")).unwrap();
    for who in WHO {
        for statement in statements(&china, *who).unwrap() {
            assert!(
                statement.resources.iter().all(|arn| arn == "*" || arn.starts_with("arn:aws-cn:")),
                "{statement:?}"
            );
        }
    }
}
