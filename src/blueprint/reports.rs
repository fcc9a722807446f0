//! Reports that are asked by the clock: a schedule each, whose order the function carries out.

use serde_json::{Value as Json, json};

use super::{Facts, Names, TABLES, logical_id};
use crate::config::cloud::{Cloud, Report};
use crate::notice::report::Order;
use crate::query::{Catalogue, catalogue};
use crate::{Error, Result};

/// What function, role and log group are called.
pub(super) const REPORTS: &str = "reports";

/// What the role is called with which schedules call the function.
pub(super) const TIMER: &str = "timer";

/// The schedules as the blueprint prints them.
///
/// # Errors
/// Usage errors about a query that is not there, or parameters that it does not take.
pub(super) fn schedules(cloud: &Cloud, facts: &Facts) -> Result<Vec<Json>> {
    let own = facts.own_queries.iter().map(|query| (query.file.as_str(), query.text.as_str()));
    let all = catalogue().with_own(own)?;
    let schedules = cloud.reports.iter().enumerate().map(|(at, report)| {
        one(cloud, facts, &all, report).map_err(|error| {
            let what =
                Error::new(error.kind(), format!("reports[{at}]: the report `{}` cannot be asked", report.name()));
            let hint =
                error.suggestion().unwrap_or("bucketscope queries  lists queries and their parameters").to_owned();
            what.because(error).hint(hint)
        })
    });
    schedules.collect()
}

fn one(cloud: &Cloud, facts: &Facts, all: &Catalogue, report: &Report) -> Result<Json> {
    let names = Names::of(cloud);
    let query = all.get(&report.query)?;
    if let Some(table) = query.tables().find(|table| !TABLES.contains(table)) {
        return Err(Error::usage(format!("it reads {table}, which is not deployed")));
    }
    let own = facts.own_queries.iter().find(|it| query.own && it.file.strip_suffix(".sql") == Some(query.id.as_str()));
    let order = Order {
        report: report.name().to_owned(),
        query: report.query.clone(),
        last: report.last.clone(),
        parameters: report.parameters.iter().map(|(name, given)| (name.clone(), given.0.clone())).collect(),
        only_findings: report.only_findings,
        own: own.cloned(),
        due: String::new(),
    };
    order.check()?;
    Ok(json!({
        "id": logical_id("Report", report.name()),
        "name": names.report_schedule(report.name()),
        "description": format!("Asks {} about {}", report.query, report.last),
        "expression": report.schedule,
        "time_zone": report.time_zone,
        "input": order.input()?,
    }))
}
