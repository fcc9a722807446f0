//! The stack of the dashboard in Amazon Quick Sight (QuickSight): a data source on the pipeline's workgroup, data sets, sheets.
//! A stack of its own, so that an account without QuickSight never has its lake rolled back.

mod data_sets;
mod sheets;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Facts, Names, StackKind, StackSpec, roles, stack_tags, template};
use crate::Result;
use crate::config::cloud::{Cloud, Import, QuickSight};

pub use data_sets::{DataSet, data_sets, queries};

/// What may be done with a dashboard by who looks at it, and with a data set by who builds on it
/// ("Permissions for Amazon Quick Sight resources", Amazon Quick Sight Developer Guide: the sets of viewers).
const LOOK: [&str; 3] =
    ["quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard"];
const BUILD: [&str; 7] = [
    "quicksight:DescribeDataSet",
    "quicksight:DescribeDataSetPermissions",
    "quicksight:DescribeIngestion",
    "quicksight:DescribeRefreshSchedule",
    "quicksight:ListIngestions",
    "quicksight:ListRefreshSchedules",
    "quicksight:PassDataSet",
];

/// Renders the stack, if the configuration wants dashboards.
pub(super) fn render(cloud: &Cloud, facts: &Facts) -> Result<Option<StackSpec>> {
    let Some(wanted) = &cloud.quicksight else { return Ok(None) };
    let names = Names::of(cloud);
    let tags = stack_tags(cloud);
    let sets = data_sets(cloud)?;
    let import = wanted.import;
    let values = json!({
        "pipeline": cloud.name,
        "account": cloud.aws.account_id,
        "role_path": cloud.aws.role_path,
        "permissions_boundary": cloud.aws.permissions_boundary,
        "role": roles::dashboards(cloud, facts).printed(),
        "workgroup": names.workgroup(),
        "id": names.quicksight(),
        "title": format!("bucketscope {}", cloud.name),
        "data_sets": sets.iter().map(|set| set.printed(cloud, wanted)).collect::<Vec<_>>(),
        "import_mode": match import { Import::DirectQuery => "DIRECT_QUERY", Import::Spice => "SPICE" },
        "imported": import == Import::Spice,
        "building": permissions(&wanted.authors, &BUILD),
        "looking": permissions(wanted.principals.iter().chain(&wanted.authors), &LOOK),
        "parameters": sheets::parameters(wanted, &sets),
        "filters": sheets::filters(&sets),
        "sheets": sheets::printed(wanted, &sets),
    });
    Ok(Some(StackSpec {
        kind: StackKind::Dashboards,
        name: names.dashboards_stack(),
        region: cloud.aws.region.clone(),
        template: template::render("quicksight.yaml", &facts.partition, &tags, values)?,
        parameters: BTreeMap::new(),
        tags,
    }))
}

fn permissions<'a>(principals: impl IntoIterator<Item = &'a String>, actions: &[&str]) -> Vec<Json> {
    principals.into_iter().map(|principal| json!({ "Principal": principal, "Actions": actions })).collect()
}

/// Whether a dashboard asks Athena itself, for as many days as its viewer wants.
fn asks(wanted: &QuickSight) -> bool {
    wanted.import == Import::DirectQuery
}
