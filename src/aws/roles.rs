//! IAM roles.

use std::collections::BTreeMap;

use aws_sdk_iam::Client;

use super::Session;
use super::answer::absent;
use super::error::explain;
use crate::Result;

/// Roles of the account.
pub trait Roles: Send + Sync {
    /// The names of all roles under `path` that begin with `prefix`.
    fn names(&self, path: &str, prefix: &str) -> Result<Vec<String>>;
    /// The tags of a role; `None` where there is no such role.
    fn tags(&self, name: &str) -> Result<Option<BTreeMap<String, String>>>;
}

/// The driver over the SDK.
pub struct SdkRoles {
    session: Session,
    client: Client,
}

impl SdkRoles {
    /// Of the session's account.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), client: Client::new(session.config()) }
    }
}

impl Roles for SdkRoles {
    fn names(&self, path: &str, prefix: &str) -> Result<Vec<String>> {
        let pages = self.client.list_roles().path_prefix(path).into_paginator().items().send();
        let found = self
            .session
            .wait(pages.collect::<Result<Vec<_>, _>>())
            .map_err(|error| explain("cannot list the roles", &error))?;
        Ok(found.iter().map(|role| role.role_name().to_owned()).filter(|name| name.starts_with(prefix)).collect())
    }

    fn tags(&self, name: &str) -> Result<Option<BTreeMap<String, String>>> {
        let answer = self.session.wait(self.client.list_role_tags().role_name(name).send());
        let found =
            absent(answer, &["NoSuchEntity", "NoSuchEntityException"], || format!("cannot look at the role {name}"))?;
        Ok(found.map(|found| found.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()))
    }
}
