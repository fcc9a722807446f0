//! Who calls: from the access log's requester to `userIdentity` (CloudTrail user guide, "CloudTrail userIdentity element").

use super::json::Json;
use crate::generate::random::{mix, mix2};
use crate::generate::world::BUCKETS;

/// Somebody who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller<'a> {
    /// No signature.
    Nobody,
    /// A service.
    Service(&'a str),
    /// The root user of an account.
    Root(&'a str),
    /// An IAM user: account, ARN.
    User(&'a str, &'a str),
    /// A session of a role: account, role, session.
    Session(&'a str, &'a str, &'a str),
    /// Somebody else.
    Unknown,
}

impl<'a> Caller<'a> {
    /// Who stands in the access log as this requester.
    pub fn of(requester: &'a str) -> Self {
        if requester == "-" {
            return Self::Nobody;
        }
        if let Some(service) = requester.strip_prefix("svc:") {
            return Self::Service(service);
        }
        if let Some(owned) = BUCKETS.iter().find(|bucket| bucket.owner == requester) {
            // The log has a canonical id for whoever calls with an account's own keys.
            return Self::Root(owned.account);
        }
        let mut parts = requester.splitn(6, ':').skip(2);
        let (service, account, rest) = (parts.next(), parts.nth(1), parts.next().unwrap_or_default());
        match (service, account, rest.split_once('/')) {
            (Some("sts"), Some(account), Some(("assumed-role", rest))) => {
                rest.split_once('/').map_or(Self::Unknown, |(role, session)| Self::Session(account, role, session))
            }
            (Some("iam"), Some(account), Some(("user", _))) if account.len() == 12 => Self::User(account, requester),
            _ => Self::Unknown,
        }
    }

    /// The account that calls, where it is one.
    pub fn account(self) -> Option<&'a str> {
        match self {
            Self::Root(account) | Self::User(account, _) | Self::Session(account, ..) => Some(account),
            Self::Nobody | Self::Service(_) | Self::Unknown => None,
        }
    }

    /// `userIdentity`. A session began at `began`; a service may call on behalf of the caller.
    pub fn identity(self, began: &str, invoked_by: Option<&str>) -> Vec<u8> {
        Json::of(|json| {
            match self {
                Self::Nobody => {
                    json.text("type", "AWSAccount");
                    json.text("principalId", "");
                    json.text("accountId", "anonymous");
                }
                Self::Service(service) => {
                    json.text("type", "AWSService");
                    json.text("invokedBy", service);
                }
                Self::Root(account) => {
                    json.text("type", "Root");
                    json.text("principalId", account);
                    json.text("arn", &format!("arn:aws:iam::{account}:root"));
                    json.text("accountId", account);
                    json.text("accessKeyId", &key_id("AKIA", account, 16));
                }
                Self::User(account, arn) => {
                    json.text("type", "IAMUser");
                    json.text("principalId", &key_id("AIDA", arn, 17));
                    json.text("arn", arn);
                    json.text("accountId", account);
                    json.text("accessKeyId", &key_id("AKIA", arn, 16));
                    json.text("userName", arn.rsplit('/').next().unwrap_or_default());
                }
                Self::Session(account, role, session) => write_session(json, account, role, session, began),
                Self::Unknown => json.text("type", "Unknown"),
            }
            if let Some(service) = invoked_by {
                json.text("invokedBy", service);
            }
        })
    }

    /// `userIdentity` in the records of another account's trail: the caller's own names stay at home.
    pub fn identity_abroad(self) -> Vec<u8> {
        Json::of(|json| {
            json.text("type", "AWSAccount");
            let principal = match self {
                Self::User(_, arn) => key_id("AIDA", arn, 17),
                Self::Session(_, role, session) => format!("{}:{session}", key_id("AROA", role, 17)),
                _ => self.account().unwrap_or_default().to_owned(),
            };
            json.text("principalId", &principal);
            json.text("accountId", self.account().unwrap_or_default());
        })
    }
}

fn write_session(json: &mut Json, account: &str, role: &str, session: &str, began: &str) {
    // Roles of IAM Identity Center have a path, which the ARN of a session leaves out.
    let path = if role.starts_with("AWSReservedSSO_") { "aws-reserved/sso.amazonaws.com/eu-west-1/" } else { "" };
    let principal = key_id("AROA", role, 17);
    json.text("type", "AssumedRole");
    json.text("principalId", &format!("{principal}:{session}"));
    json.text("arn", &format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"));
    json.text("accountId", account);
    json.text("accessKeyId", &key_id("ASIA", session, 16));
    json.object("sessionContext", |json| {
        json.object("sessionIssuer", |json| {
            json.text("type", "Role");
            json.text("principalId", &principal);
            json.text("arn", &format!("arn:aws:iam::{account}:role/{path}{role}"));
            json.text("accountId", account);
            json.text("userName", role);
        });
        json.object("attributes", |json| {
            json.text("creationDate", began);
            json.text("mfaAuthenticated", "false");
        });
        if session.starts_with("i-0") {
            json.text("ec2RoleDelivery", "2.0");
        }
    });
}

/// An id with this prefix, the same for the same text.
pub fn key_id(prefix: &str, text: &str, signs: usize) -> String {
    const SIGNS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let seed = text.bytes().fold(0, |sum, byte| mix2(sum, u64::from(byte)));
    let sign = |place: usize| char::from(SIGNS[(mix(seed ^ place as u64) & 31) as usize]);
    prefix.chars().chain((0..signs).map(sign)).collect()
}
