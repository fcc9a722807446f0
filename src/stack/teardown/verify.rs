//! Afterwards: what no stack knew is swept, and AWS is asked, by name and by tag, whether anything is left.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Inventory, Kept, Report, empty, inventory};
use crate::Result;
use crate::aws::hands::Hands;
use crate::blueprint::names::{Names, TAG};
use crate::config::cloud::{Cloud, partition_of};
use crate::stack::site::{Event, Site};

/// Pauses to wait for the list by tag, which lags behind.
const PATIENCE: usize = 30;

/// Something that should be gone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Leftover {
    /// What it is.
    pub what: String,
    /// Where it lies.
    pub region: String,
    /// The command that removes it.
    pub command: String,
}

/// Removes what carries exactly our name and no stack holds any more.
pub(super) fn sweep(site: &Site<'_>, report: &mut Report) -> Result<()> {
    let names = Names::of(site.cloud);
    let home = &site.home;
    let mut swept = |what: String| {
        site.watch.tell(Event::Done(format!("removed {what}, which no stack held")));
        report.swept.push(what);
    };
    if home.tables.database_exists(&names.database())? {
        home.tables.delete_database(&names.database())?;
        swept(format!("the database {}", names.database()));
    }
    if home.athena.workgroup_exists(&names.workgroup())? {
        home.athena.delete_workgroup(&names.workgroup())?;
        swept(format!("the workgroup {}", names.workgroup()));
    }
    for hands in &site.hands {
        site.watch.check()?;
        // Lambda and Glue make a log group anew when they write after it was deleted.
        for group in hands.logs.groups(&names.log_group(""))? {
            hands.logs.delete_group(&group)?;
            swept(format!("the log group {group} in {}", hands.region));
        }
        let assets = names.assets_bucket(&hands.region);
        if hands.buckets.exists(&assets)? {
            empty::remove(hands.buckets.as_ref(), &assets, site.watch)?;
            swept(format!("the bucket {assets}"));
        }
    }
    Ok(())
}

/// What there is, by name, service by service.
///
/// # Errors
/// If AWS cannot be asked.
pub fn leftovers(site: &Site<'_>) -> Result<Vec<Leftover>> {
    let mut left = by_name_at_home(site)?;
    left.extend(site.everywhere(|hands| by_name(site.cloud, hands))?.into_iter().flatten());
    Ok(left)
}

/// What is left, by name service by service, and by tag.
pub(super) fn left(site: &Site<'_>, inventory: &Inventory, kept: &[Kept]) -> Result<Vec<Leftover>> {
    site.watch.tell(Event::Doing("looking whether anything is left".to_owned()));
    let mut left: BTreeSet<Leftover> = leftovers(site)?.into_iter().collect();
    let mut gone: BTreeSet<String> = inventory.stacks.iter().flat_map(|stack| stack.physical.iter().cloned()).collect();
    gone.extend(checked_names(site.cloud));
    gone.extend(inventory.stacks.iter().map(|stack| stack.name.clone()));
    for found in site.everywhere(|hands| by_tag(site, hands, &gone, kept))? {
        left.extend(found);
    }
    Ok(left.into_iter().collect())
}

fn leftover(what: String, region: &str, command: String) -> Leftover {
    Leftover { what, region: region.to_owned(), command: format!("{command} --region {region}") }
}

/// What only the home Region has.
fn by_name_at_home(site: &Site<'_>) -> Result<Vec<Leftover>> {
    let (cloud, hands) = (site.cloud, &site.home);
    let names = Names::of(cloud);
    let region = &hands.region;
    let mut left = Vec::new();
    let mut note = |there: bool, what: String, command: String| {
        if there {
            left.push(leftover(what, region, command));
        }
    };
    let (crawler, database) = (names.crawler(), names.database());
    for job in [names.job(), names.spark_job()] {
        let job_there = hands.jobs.exists(&job)?;
        note(job_there, format!("Glue job {job}"), format!("aws glue delete-job --job-name {job}"));
    }
    let crawler_there = hands.crawlers.find(&crawler)?.is_some();
    note(crawler_there, format!("Glue crawler {crawler}"), format!("aws glue delete-crawler --name {crawler}"));
    let database_there = hands.tables.database_exists(&database)?;
    note(database_there, format!("Glue database {database}"), format!("aws glue delete-database --name {database}"));
    let workgroup = names.workgroup();
    let workgroup_there = hands.athena.workgroup_exists(&workgroup)?;
    let command = format!("aws athena delete-work-group --recursive-delete-option --work-group {workgroup}");
    note(workgroup_there, format!("Athena workgroup {workgroup}"), command);
    let group = names.schedule_group();
    let group_there = hands.schedules.group_exists(&group)?;
    note(group_there, format!("schedule group {group}"), format!("aws scheduler delete-schedule-group --name {group}"));
    let topic = topic_arn(cloud);
    let topic_there = hands.topics.policy(&topic)?.is_some();
    note(topic_there, format!("SNS topic {topic}"), format!("aws sns delete-topic --topic-arn {topic}"));
    // Roles belong to the account. Another pipeline's name may begin with ours, so the tag decides.
    for role in hands.roles.names(&cloud.aws.role_path, &inventory::stem(cloud))? {
        let ours = hands.roles.tags(&role)?.is_some_and(|tags| tags.get(TAG) == Some(&cloud.name));
        note(ours, format!("IAM role {role}"), format!("aws iam delete-role --role-name {role}"));
    }
    Ok(left)
}

/// What every Region has.
fn by_name(cloud: &Cloud, hands: &Hands) -> Result<Vec<Leftover>> {
    let region = &hands.region;
    let mut left = Vec::new();
    for stack in hands.stacks.list()?.into_iter().filter(|stack| inventory::kind_of(cloud, &stack.name).is_some()) {
        let command = format!("aws cloudformation delete-stack --stack-name {}", stack.name);
        left.push(leftover(format!("stack {} ({})", stack.name, stack.status.as_str()), region, command));
    }
    for group in hands.logs.groups(&Names::of(cloud).log_group(""))? {
        let command = format!("aws logs delete-log-group --log-group-name {group}");
        left.push(leftover(format!("log group {group}"), region, command));
    }
    let assets = Names::of(cloud).assets_bucket(region);
    if hands.buckets.exists(&assets)? {
        left.push(leftover(format!("bucket {assets}"), region, format!("aws s3 rb s3://{assets} --force")));
    }
    Ok(left)
}

/// Names that are looked for service by service: the list by tag, which lags, need not be believed about them.
fn checked_names(cloud: &Cloud) -> Vec<String> {
    let names = Names::of(cloud);
    vec![
        names.job(),
        names.spark_job(),
        names.crawler(),
        names.database(),
        names.workgroup(),
        names.topic(),
        names.schedule(),
        names.assets_stack(),
        names.lake_stack(),
        names.collector_stack(1),
    ]
}

fn topic_arn(cloud: &Cloud) -> String {
    let (region, account) = (&cloud.aws.region, &cloud.aws.account_id);
    format!("arn:{}:sns:{region}:{account}:{}", partition_of(region), Names::of(cloud).topic())
}

fn by_tag(site: &Site<'_>, hands: &Hands, gone: &BTreeSet<String>, kept: &[Kept]) -> Result<Vec<Leftover>> {
    let name = &site.cloud.name;
    let mut unexplained = Vec::new();
    for _ in 0..PATIENCE {
        let arns = hands.tagged.arns(TAG, name)?;
        unexplained = arns.into_iter().filter(|arn| !explained(site, hands, arn, gone, kept)).collect();
        if unexplained.is_empty() {
            break;
        }
        site.watch.pause()?;
    }
    Ok(unexplained
        .into_iter()
        .map(|arn| {
            let command = removal(&arn, name);
            leftover(format!("{arn} (by its tag; the list may lag some minutes behind)"), &hands.region, command)
        })
        .collect())
}

/// Whether something in the list by tag is known to be gone, or stays by intention.
fn explained(site: &Site<'_>, hands: &Hands, arn: &str, gone: &BTreeSet<String>, kept: &[Kept]) -> bool {
    let (service, rest) = parts(arn);
    let assets = Names::of(site.cloud).assets_bucket(&hands.region);
    match service {
        "s3" => kept.iter().any(|kept| kept.bucket == rest) || rest == assets || gone.contains(rest),
        // Log groups of ours were looked for by name, and stacks were listed.
        "logs" => rest.contains(&Names::of(site.cloud).log_group("")),
        "cloudformation" => rest.split('/').nth(1).is_some_and(|stack| inventory::kind_of(site.cloud, stack).is_some()),
        _ => gone.contains(arn) || rest.rsplit(['/', ':']).next().is_some_and(|last| gone.contains(last)),
    }
}

/// The service of an ARN, and what stands behind the account.
fn parts(arn: &str) -> (&str, &str) {
    let mut fields = arn.splitn(6, ':');
    let service = fields.nth(2).unwrap_or_default();
    (service, fields.nth(2).unwrap_or_default())
}

/// The command that removes something that is known by its ARN alone.
fn removal(arn: &str, pipeline: &str) -> String {
    let (service, rest) = parts(arn);
    let last = rest.rsplit(['/', ':']).next().unwrap_or_default();
    match service {
        "lambda" => format!("aws lambda delete-function --function-name {last}"),
        "events" => format!("aws events delete-rule --name {last}"),
        "cloudwatch" => format!("aws cloudwatch delete-alarms --alarm-names {last}"),
        "sns" => format!("aws sns delete-topic --topic-arn {arn}"),
        "s3" => format!("aws s3 rb s3://{rest} --force"),
        _ => format!("aws resourcegroupstaggingapi get-resources --tag-filters Key={TAG},Values={pipeline}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_whatever_stands_in_it() {
        assert_eq!(parts("arn:aws:s3:::bucket"), ("s3", "bucket"));
        assert_eq!(parts("arn:aws:sns:eu-central-1:123456789012:topic"), ("sns", "topic"));
        assert_eq!(parts("arn:aws:logs:r:a:log-group:/x/y:*"), ("logs", "log-group:/x/y:*"));
        assert_eq!(parts("nonsense"), ("", ""));
    }

    #[test]
    fn what_is_left_can_be_removed_by_a_command() {
        assert_eq!(
            removal("arn:aws:lambda:r:1:function:bucketscope-x-delivery", "x"),
            "aws lambda delete-function --function-name bucketscope-x-delivery"
        );
        assert_eq!(removal("arn:aws:s3:::b", "x"), "aws s3 rb s3://b --force");
    }
}
