//! Reports. Whether there is such a query, and such parameters, is known where the project's own queries are: `blueprint`.

use std::collections::BTreeSet;

use super::super::schedule::{self, Schedule};
use super::super::{Cloud, Report};
use super::{Checked, Complaint, at};
use crate::config::check_name;
use crate::query::window;

/// So many reports a pipeline has at most.
const REPORTS: usize = 50;

/// A schedule's name has 64 characters (EventBridge Scheduler API Reference), of which `report-` is ours.
const NAME_AT_MOST: usize = 40;

pub(super) fn check(cloud: &Cloud) -> Checked {
    if cloud.reports.len() > REPORTS {
        let what = format!("{} reports, and a pipeline has {REPORTS} at most", cloud.reports.len());
        return Err(Complaint::new("reports", what));
    }
    let mut seen = BTreeSet::new();
    for (i, report) in cloud.reports.iter().enumerate() {
        let path = format!("reports[{i}]");
        one(report, &path)?;
        if !seen.insert(report.name()) {
            let what = format!("two reports are called `{}`", report.name());
            return Err(Complaint::new(path, what).hint("give each a `name` of its own"));
        }
    }
    Ok(())
}

fn one(report: &Report, path: &str) -> Checked {
    let name = report.name();
    let key = if report.name.is_some() { "name" } else { "query" };
    at(format!("{path}.{key}"), check_name(name).map_err(|why| format!("`{name}` cannot be a report's name: {why}")))?;
    if name.len() > NAME_AT_MOST {
        let what = format!("`{name}` is longer than the {NAME_AT_MOST} characters that a report's name may have");
        return Err(Complaint::new(format!("{path}.{key}"), what).hint("give the report a shorter `name`"));
    }
    let last = &report.last;
    if window::last(last, 0).is_none() {
        let what = format!("`{last}` is no while; expected 7d, 24h, 2w, today or yesterday");
        return Err(Complaint::new(format!("{path}.last"), what));
    }
    match Schedule::parse(&report.schedule) {
        Err(what) => return Err(Complaint::new(format!("{path}.schedule"), what)),
        Ok(_) if report.schedule == "none" => {
            let what = "a report has a schedule; expected cron(0 7 ? * MON *) or rate(1 day)";
            return Err(Complaint::new(format!("{path}.schedule"), what).hint("leave the report out to ask it by hand"));
        }
        Ok(_) => {}
    }
    at(format!("{path}.time_zone"), schedule::check_time_zone(&report.time_zone))
}
