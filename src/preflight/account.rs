//! The account: its Regions, its rules, its Lake Formation.

use super::policy::{Verdict, verdict};
use super::{Check, Code, Finding, Findings, Scene};
use crate::aws::preflight::Look;
use crate::config::cloud::{Cloud, Engine};

/// Says where the questions go, if not to AWS.
pub(super) fn sandbox(eyes: &dyn Look, findings: &mut Findings) {
    if let Some(endpoint) = eyes.endpoint() {
        findings.push(Finding::warning(
            Code::Sandbox,
            format!("not AWS is asked, but {endpoint}"),
            "AWS_ENDPOINT_URL or the profile's endpoint_url says so",
            "unset AWS_ENDPOINT_URL  to deploy to AWS",
        ));
    }
}

/// Warns of Glue for Ray (AWS Glue Developer Guide, "AWS Glue for Ray end of support"). Whether an account still has it
/// cannot be asked.
pub(super) fn ray(cloud: &Cloud, findings: &mut Findings) {
    if cloud.job.engine == Engine::Ray {
        findings.push(Finding::warning(
            Code::RayClosed,
            "job.engine is ray, and Glue for Ray takes no new customers since 30 April 2026",
            "an account that had no Ray job before cannot make one; and its machines are arm64, so that the worker must be built for them",
            "job.engine: auto  does the same on Spark",
        ));
    }
}

/// Says what a dashboard needs that no stack makes: a subscription, and principals that are there.
pub(super) fn quicksight(cloud: &Cloud, findings: &mut Findings) {
    if cloud.quicksight.is_some() {
        findings.push(Finding::warning(
            Code::QuickSightUnseen,
            format!("a dashboard in QuickSight needs the Enterprise edition, in {} as well", cloud.aws.region),
            "whether the account has it, and the users and groups named, was not looked at; without them the stack of the dashboard \
             fails, and the lake stays as it is",
            format!(
                "aws quicksight describe-account-subscription --aws-account-id {}  tells; docs/quicksight.md",
                cloud.aws.account_id
            ),
        ));
    }
}

/// Whether every Region that is used answers.
pub(super) fn regions(eyes: &dyn Look, cloud: &Cloud, findings: &mut Findings) {
    for region in cloud.regions() {
        if let Err(error) = eyes.region_answers(&region) {
            findings.push(Finding::error(
                Code::RegionSilent,
                format!("the Region {region} does not answer"),
                error.to_string(),
                "check its name, and that it is enabled for the account: aws account list-regions",
            ));
        }
    }
}

pub(super) fn checks<'a>(scene: &'a Scene<'a>, checks: &mut Vec<Check<'a>>) {
    if let Some(boundary) = &scene.cloud.aws.permissions_boundary {
        checks.push(Box::new(move |findings| boundary_exists(scene, boundary, findings)));
    }
    if let Some(role) = &scene.cloud.aws.cloudformation_role {
        checks.push(Box::new(move |findings| role_is_for_cloudformation(scene, role, findings)));
    }
    // Settings of Lake Formation count when a database or table is made.
    if !scene.planned.deployed {
        checks.push(Box::new(move |findings| lake_formation(scene, findings)));
    }
}

fn boundary_exists(scene: &Scene<'_>, boundary: &str, findings: &mut Findings) {
    if findings.see(scene.eyes.policy_exists(boundary)) == Some(false) {
        findings.push(Finding::error(
            Code::BoundaryMissing,
            format!("there is no policy {boundary}"),
            "the configuration says that it bounds all roles",
            "correct  permissions_boundary",
        ));
    }
}

fn role_is_for_cloudformation(scene: &Scene<'_>, role: &str, findings: &mut Findings) {
    let Some(trust) = findings.see(scene.eyes.trust(role)) else { return };
    let Some(trust) = trust else {
        findings.push(Finding::error(
            Code::RoleMissing,
            format!("there is no role {role}"),
            "the configuration says that CloudFormation assumes it",
            "correct  cloudformation_role",
        ));
        return;
    };
    let services = ["cloudformation.amazonaws.com".to_owned()];
    if verdict(&trust, &services, "sts:AssumeRole") == Verdict::No {
        findings.push(Finding::error(
            Code::RoleClosed,
            format!("CloudFormation may not assume the role {role}"),
            "the role's trust policy does not name cloudformation.amazonaws.com",
            "add it to the role's trust policy, or leave  cloudformation_role  out",
        ));
    }
}

fn lake_formation(scene: &Scene<'_>, findings: &mut Findings) {
    let region = &scene.cloud.aws.region;
    if findings.see(scene.eyes.new_tables_belong_to_iam(region)) == Some(false) {
        findings.push(Finding::warning(
            Code::LakeFormation,
            format!("Lake Formation does not leave new databases and tables in {region} to IAM"),
            "the job, the crawler and who asks queries get `Insufficient Lake Formation permission(s)`",
            "a data lake administrator grants the pipeline's roles the database and its tables after the deployment, \
             or gives IAMAllowedPrincipals back to the defaults for new databases and tables before it",
        ));
    }
}
