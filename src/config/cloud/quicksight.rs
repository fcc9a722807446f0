//! Dashboards in Amazon Quick Sight (QuickSight): who sees them, and how much of the lake they ask for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::form::{self, Arn};

/// Users and groups at most: a list of permissions holds 64 (resource schema of AWS::QuickSight::Dashboard).
pub const PRINCIPALS: usize = 64;

/// Days at most: what a dashboard asks for when it is opened is paid for by the byte.
pub const DAYS: u32 = 400;

/// Dashboards.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct QuickSight {
    /// ARNs of the users and groups that may look at the dashboard.
    pub principals: Vec<String>,
    /// ARNs of those that may look at it and build analyses of their own on its data sets.
    #[serde(default)]
    pub authors: Vec<String>,
    /// Where the dashboard's data come from.
    #[serde(default)]
    pub import: Import,
    /// How many days it shows: when it is opened, or in all where it is imported.
    #[serde(default = "week")]
    pub days: u32,
}

/// Where a dashboard's data come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Import {
    /// Each chart asks Athena.
    #[default]
    DirectQuery,
    /// Once a day the data are imported into SPICE, QuickSight's own memory.
    Spice,
}

impl Import {
    /// As the configuration writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::DirectQuery => "direct_query",
            Self::Spice => "spice",
        }
    }
}

impl QuickSight {
    /// For these principals, and everything else as it is by default.
    pub fn of(principals: Vec<String>) -> Self {
        Self { principals, authors: Vec::new(), import: Import::default(), days: week() }
    }
}

fn week() -> u32 {
    7
}

/// Checks the ARN of a user or group of QuickSight: it belongs to the account, and its Region is that of the identities,
/// which may be another than the pipeline's ("Amazon Quick Sight resource ARNs", Amazon Quick Sight API Reference).
///
/// # Errors
/// What was expected.
pub fn check_principal(text: &str, account: &str, region: &str) -> Result<(), String> {
    let partition = form::partition_of(region);
    let expected = format!("expected arn:{partition}:quicksight:REGION:{account}:user/default/NAME, or group/…");
    let Some(arn) = Arn::parse(text) else { return Err(format!("`{text}` is no ARN; {expected}")) };
    let names = |kind: &str| {
        let rest = arn.resource.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/'));
        rest.and_then(|rest| rest.split_once('/')).is_some_and(|(space, name)| !space.is_empty() && !name.is_empty())
    };
    if arn.service != "quicksight" || !(names("user") || names("group")) || !form::is_region(arn.region) {
        return Err(format!("`{text}` is no user or group of QuickSight; {expected}"));
    }
    if arn.partition != partition {
        return Err(format!("`{text}` is in the partition `{}`; {expected}", arn.partition));
    }
    if arn.account != account {
        return Err(format!("`{text}` is of another account; {expected}"));
    }
    // "Principal" of the resource schemas.
    if text.len() > 256 {
        return Err(format!("the ARN has {} characters; QuickSight takes 256", text.len()));
    }
    Ok(())
}

/// Checks everything; the path of what is wrong, and what is wrong with it.
///
/// # Errors
/// As above.
pub fn check(quicksight: &QuickSight, account: &str, region: &str) -> Result<(), (String, String)> {
    if quicksight.principals.is_empty() && quicksight.authors.is_empty() {
        return Err((
            "quicksight.principals".to_owned(),
            "nobody would see the dashboard; name a user or a group".to_owned(),
        ));
    }
    let mut seen = BTreeSet::new();
    for (list, all) in [("principals", &quicksight.principals), ("authors", &quicksight.authors)] {
        for (i, principal) in all.iter().enumerate() {
            let path = format!("quicksight.{list}[{i}]");
            check_principal(principal, account, region).map_err(|what| (path.clone(), what))?;
            if !seen.insert(principal) {
                return Err((path, format!("`{principal}` stands twice; authors see the dashboard as well")));
            }
        }
    }
    if seen.len() > PRINCIPALS {
        let what = format!("{} users and groups; QuickSight takes {PRINCIPALS}, so make a group of them", seen.len());
        return Err(("quicksight.principals".to_owned(), what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "111122223333";
    const REGION: &str = "eu-central-1";
    const ANA: &str = "arn:aws:quicksight:us-east-1:111122223333:user/default/ana";

    #[test]
    fn users_and_groups_of_the_account_are_principals_whatever_the_region_of_identities_is() {
        for good in [
            ANA,
            "arn:aws:quicksight:eu-west-1:111122223333:group/default/analysts",
            "arn:aws:quicksight:us-east-1:111122223333:user/default/Admin-Role/ana@example.org",
        ] {
            assert_eq!(check_principal(good, ACCOUNT, REGION), Ok(()), "{good}");
        }
        for (wrong, says) in [
            ("ana", "is no ARN"),
            ("arn:aws:iam::111122223333:user/ana", "no user or group"),
            ("arn:aws:quicksight:us-east-1:111122223333:dashboard/x", "no user or group"),
            ("arn:aws:quicksight:us-east-1:111122223333:user/ana", "no user or group"),
            ("arn:aws:quicksight::111122223333:user/default/ana", "no user or group"),
            ("arn:aws:quicksight:us-east-1:999999999999:user/default/ana", "another account"),
            ("arn:aws-cn:quicksight:cn-north-1:111122223333:user/default/ana", "partition `aws-cn`"),
            ("arn:aws:quicksight:us-east-1:111122223333:user/default/a\u{a}b", "is no ARN"),
        ] {
            let error = check_principal(wrong, ACCOUNT, REGION).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        let long = format!("{ANA}{}", "a".repeat(256 - ANA.len()));
        assert_eq!(check_principal(&long, ACCOUNT, REGION), Ok(()));
        assert!(check_principal(&format!("{long}a"), ACCOUNT, REGION).is_err());
    }

    #[test]
    fn a_dashboard_for_nobody_or_with_somebody_twice_is_refused() {
        let ana = || vec![ANA.to_owned()];
        let good = QuickSight::of(ana());
        assert_eq!(check(&good, ACCOUNT, REGION), Ok(()));
        for (wrong, path) in [
            (QuickSight::of(Vec::new()), "quicksight.principals"),
            (QuickSight { authors: ana(), ..good.clone() }, "quicksight.authors[0]"),
            (QuickSight::of((0..65).map(|n| format!("{ANA}{n}")).collect()), "quicksight.principals"),
        ] {
            assert_eq!(check(&wrong, ACCOUNT, REGION).unwrap_err().0, path);
        }
    }
}
