//! The drivers over the SDK.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Bucket, Buckets, Key, Keys, Kind, Logging};
use crate::Result;
use crate::aws::Session;
use crate::aws::answer::absent;
use crate::aws::error::{explain, message};
use aws_sdk_lakeformation::types::Permission;

/// Looks with the SDK.
pub struct SdkLook {
    session: Session,
}

impl SdkLook {
    /// With a session's credentials.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone() }
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        self.session.in_region(region).s3()
    }
}

impl Buckets for SdkLook {
    fn bucket(&self, region: &str, bucket: &str, owner: Option<&str>) -> Result<Bucket> {
        let call = self.s3(region).head_bucket().bucket(bucket).set_expected_bucket_owner(owner.map(str::to_owned));
        let error = match self.session.wait(call.send()) {
            Ok(found) => return Ok(Bucket::There { region: found.bucket_region().unwrap_or_default().to_owned() }),
            Err(error) => error,
        };
        // HeadBucket has no body to say why: the status and the header `x-amz-bucket-region` do ("HeadBucket", Amazon S3
        // API Reference).
        let answer = error.raw_response();
        match answer.map(|answer| answer.status().as_u16()) {
            Some(404) => Ok(Bucket::Missing),
            Some(403) => Ok(Bucket::Closed),
            Some(301 | 307 | 400) => match answer.and_then(|answer| answer.headers().get("x-amz-bucket-region")) {
                Some(there) if there != region => Ok(Bucket::There { region: there.to_owned() }),
                _ => Err(explain(format!("cannot look at the bucket {bucket}"), &error)),
            },
            _ => Err(explain(format!("cannot look at the bucket {bucket}"), &error)),
        }
    }

    fn logging(&self, region: &str, bucket: &str, owner: &str) -> Result<Option<Logging>> {
        let call = self.s3(region).get_bucket_logging().bucket(bucket).expected_bucket_owner(owner);
        let answer = self
            .session
            .wait(call.send())
            .map_err(|error| explain(format!("cannot read the logging of the bucket {bucket}"), &error))?;
        Ok(answer.logging_enabled().map(|logging| Logging {
            target: logging.target_bucket().to_owned(),
            prefix: logging.target_prefix().to_owned(),
        }))
    }

    fn has_objects(&self, region: &str, bucket: &str, prefix: &str, owner: &str) -> Result<bool> {
        let call = self.s3(region).list_objects_v2().bucket(bucket).prefix(prefix).max_keys(1);
        let answer = self
            .session
            .wait(call.expected_bucket_owner(owner).send())
            .map_err(|error| explain(format!("cannot list the bucket {bucket}"), &error))?;
        Ok(!answer.contents().is_empty())
    }

    fn locks_new_objects(&self, region: &str, bucket: &str, owner: &str) -> Result<bool> {
        let call = self.s3(region).get_object_lock_configuration().bucket(bucket).expected_bucket_owner(owner);
        let what = format!("cannot read the object lock of the bucket {bucket}");
        let answer = absent(self.session.wait(call.send()), &["ObjectLockConfigurationNotFoundError"], || what)?;
        let rule = answer.as_ref().and_then(|it| it.object_lock_configuration()).and_then(|it| it.rule());
        Ok(rule.is_some_and(|rule| rule.default_retention().is_some()))
    }

    fn requester_pays(&self, region: &str, bucket: &str, owner: &str) -> Result<bool> {
        let call = self.s3(region).get_bucket_request_payment().bucket(bucket).expected_bucket_owner(owner);
        let answer = self
            .session
            .wait(call.send())
            .map_err(|error| explain(format!("cannot read who pays for requests to the bucket {bucket}"), &error))?;
        Ok(answer.payer() == Some(&aws_sdk_s3::types::Payer::Requester))
    }

    fn tags(&self, region: &str, bucket: &str, owner: &str) -> Result<BTreeMap<String, String>> {
        let call = self.s3(region).get_bucket_tagging().bucket(bucket).expected_bucket_owner(owner);
        let what = format!("cannot read the tags of the bucket {bucket}");
        let answer = absent(self.session.wait(call.send()), &["NoSuchTagSet"], || what)?;
        let tags = answer.map(|answer| answer.tag_set).unwrap_or_default();
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }
}

impl Keys for SdkLook {
    fn key(&self, region: &str, arn: &str) -> Result<Option<Key>> {
        let client = aws_sdk_kms::Client::new(self.session.in_region(region).config());
        let what = format!("cannot look at the key {arn}");
        let answer = self.session.wait(client.describe_key().key_id(arn).send());
        let Some(found) = absent(answer, &["NotFoundException"], || what)? else { return Ok(None) };
        let policy = self.session.wait(client.get_key_policy().key_id(arn).policy_name("default").send());
        Ok(found.key_metadata().map(|key| Key {
            enabled: key.enabled(),
            managed: key.key_manager() == Some(&aws_sdk_kms::types::KeyManagerType::Aws),
            policy: policy.ok().and_then(|answer| answer.policy),
        }))
    }

    fn keys_of_trails(&self, region: &str, bucket: &str) -> Result<BTreeSet<String>> {
        let client = aws_sdk_cloudtrail::Client::new(self.session.in_region(region).config());
        let answer = self
            .session
            .wait(client.describe_trails().send())
            .map_err(|error| explain(format!("cannot list the trails in {region}"), &error))?;
        let ours = answer.trail_list().iter().filter(|trail| trail.s3_bucket_name() == Some(bucket));
        Ok(ours.map(|trail| trail.kms_key_id().unwrap_or_default().to_owned()).collect())
    }
}

impl Account for SdkLook {
    fn exists(&self, region: &str, kind: Kind, name: &str) -> Result<bool> {
        let there = self.session.in_region(region);
        let what = format!("cannot tell whether `{name}` exists in {region}");
        const GONE: &[&str] = &["EntityNotFoundException", "NoSuchEntity", "ResourceNotFoundException"];
        let found = match kind {
            Kind::Role => {
                let client = aws_sdk_iam::Client::new(there.config());
                absent(there.wait(client.get_role().role_name(name).send()), GONE, || what)?.is_some()
            }
            Kind::Database => {
                let client = aws_sdk_glue::Client::new(there.config());
                absent(there.wait(client.get_database().name(name).send()), GONE, || what)?.is_some()
            }
            Kind::Job => {
                let client = aws_sdk_glue::Client::new(there.config());
                absent(there.wait(client.get_job().job_name(name).send()), GONE, || what)?.is_some()
            }
            Kind::Crawler => {
                let client = aws_sdk_glue::Client::new(there.config());
                absent(there.wait(client.get_crawler().name(name).send()), GONE, || what)?.is_some()
            }
            Kind::Workgroup => workgroup_exists(&there, name, what)?,
            Kind::LogGroup => {
                let client = aws_sdk_cloudwatchlogs::Client::new(there.config());
                let answer = there.wait(client.describe_log_groups().log_group_name_prefix(name).send());
                let answer = answer.map_err(|error| explain(what, &error))?;
                // Shorter names come first, so the group itself would stand on the first page.
                answer.log_groups().iter().any(|group| group.log_group_name() == Some(name))
            }
            Kind::ScheduleGroup => {
                let client = aws_sdk_scheduler::Client::new(there.config());
                absent(there.wait(client.get_schedule_group().name(name).send()), GONE, || what)?.is_some()
            }
        };
        Ok(found)
    }

    fn resources(&self, region: &str, stack: &str) -> Result<Option<BTreeSet<String>>> {
        let there = self.session.in_region(region);
        let client = aws_sdk_cloudformation::Client::new(there.config());
        let pages = client.list_stack_resources().stack_name(stack).into_paginator().items().send();
        match there.wait(pages.collect::<Result<Vec<_>, _>>()) {
            Ok(all) => Ok(Some(
                all.into_iter()
                    .filter(|one| {
                        one.resource_status() != Some(&aws_sdk_cloudformation::types::ResourceStatus::DeleteComplete)
                    })
                    .filter_map(|one| one.physical_resource_id)
                    .collect(),
            )),
            // CloudFormation has one code for all that it finds wrong with a request.
            Err(error) if message(&error).is_some_and(|text| text.contains("does not exist")) => Ok(None),
            Err(error) => Err(explain(format!("cannot list what the stack {stack} has made in {region}"), &error)),
        }
    }

    fn policy_exists(&self, arn: &str) -> Result<bool> {
        let client = aws_sdk_iam::Client::new(self.session.config());
        let what = format!("cannot look at the policy {arn}");
        Ok(absent(self.session.wait(client.get_policy().policy_arn(arn).send()), &["NoSuchEntity"], || what)?.is_some())
    }

    fn trust(&self, role: &str) -> Result<Option<String>> {
        let client = aws_sdk_iam::Client::new(self.session.config());
        let name = role.rsplit('/').next().unwrap_or(role);
        let what = format!("cannot look at the role {role}");
        let answer = absent(self.session.wait(client.get_role().role_name(name).send()), &["NoSuchEntity"], || what)?;
        let role = answer.and_then(|answer| answer.role).map(|role| role.assume_role_policy_document);
        Ok(role.map(|document| percent_decoded(&document.unwrap_or_default())))
    }

    fn new_tables_belong_to_iam(&self, region: &str) -> Result<bool> {
        let there = self.session.in_region(region);
        let client = aws_sdk_lakeformation::Client::new(there.config());
        let answer = there
            .wait(client.get_data_lake_settings().send())
            .map_err(|error| explain(format!("cannot read Lake Formation's settings in {region}"), &error))?;
        let Some(settings) = answer.data_lake_settings() else { return Ok(true) };
        // "Changing the default settings for your data lake" (Lake Formation Developer Guide): the group is named
        // IAM_ALLOWED_PRINCIPALS and has all permissions where IAM alone decides.
        let to_iam = |all: &[aws_sdk_lakeformation::types::PrincipalPermissions]| {
            all.iter().any(|one| {
                let group = one.principal().and_then(|principal| principal.data_lake_principal_identifier());
                group == Some("IAM_ALLOWED_PRINCIPALS") && one.permissions().contains(&Permission::All)
            })
        };
        Ok(to_iam(settings.create_database_default_permissions())
            && to_iam(settings.create_table_default_permissions()))
    }

    fn region_answers(&self, region: &str) -> Result<()> {
        self.session.in_region(region).identity().map(|_| ())
    }

    fn endpoint(&self) -> Option<String> {
        self.session.config().endpoint_url().map(str::to_owned)
    }
}

/// Athena has one code for all that it finds wrong with a request; the words tell.
const NO_WORKGROUP: &[&str] = &["is not found", "not found", "does not exist"];

fn workgroup_exists(there: &Session, name: &str, what: String) -> Result<bool> {
    let client = aws_sdk_athena::Client::new(there.config());
    let answer = there.wait(client.get_work_group().work_group(name).send());
    Ok(absent(answer, NO_WORKGROUP, || what)?.is_some())
}

/// IAM gives policies back as they stand in a URL ("GetRole", IAM API Reference).
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = (*first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(hex.unwrap_or(*first));
        rest = if hex.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn policies_come_back_readable() {
        assert_eq!(percent_decoded("%7B%22a%22%3A%221%2B2%25%22%7D"), r#"{"a":"1+2%"}"#);
        assert_eq!(percent_decoded("100% of %zz and %"), "100% of %zz and %");
    }
}
