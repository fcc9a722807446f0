//! Where partitions lie. A partition's folder says its day and hour; one whose files were joined (`compact`) lies elsewhere
//! from then on, in a folder that also says by which plan: what another attempt at the same commit left behind is in none
//! that anybody looks into. So a catalogue can be switched from the old folder to the new
//! one in one step.
//!
//! Places follow from the log: a plan for commit N+1 is made with the places after commit N, and since only one plan becomes
//! that commit, no file is ever committed to a place that its partition has left.

use serde::{Deserialize, Serialize};

use super::state::PlanId;
use crate::logs::columns::TABLE;

/// Where joined files lie: outside the table's own location, where crawlers look, and without an underscore at its
/// beginning, as Athena takes such names for hidden (Amazon Athena user guide, "Troubleshooting in Athena").
pub const JOINED: &str = "s3_access_logs_joined";

/// The partitions that do not lie where their day and hour alone say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places(Vec<Moved>);

/// Neighbouring hours whose files were joined by one plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Moved {
    /// Hours since the epoch.
    first: i64,
    /// Hours since the epoch, this one included.
    last: i64,
    /// The plan.
    by: PlanId,
}

impl Places {
    /// Whether every partition lies where its day and hour say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The plan that moved an hour, if one did.
    pub fn of(&self, hour: i64) -> Option<PlanId> {
        let at = self.0.partition_point(|moved| moved.last < hour);
        self.0.get(at).filter(|moved| moved.first <= hour).map(|moved| moved.by)
    }

    /// An hour lies where this plan put it, from now on.
    pub fn set(&mut self, hour: i64, by: PlanId) {
        let at = self.0.partition_point(|moved| moved.last < hour);
        let mut parts = Vec::new();
        let mut from = at;
        let mut to = at;
        // What is left of the neighbours that held it or touch it, joined with it where the commit is the same.
        if let Some(before) = at.checked_sub(1).and_then(|before| self.0.get(before)) {
            parts.push(*before);
            from -= 1;
        }
        if let Some(held) = self.0.get(at).filter(|moved| moved.first <= hour) {
            parts.push(Moved { last: hour - 1, ..*held });
            parts.push(Moved { first: hour, last: hour, by });
            parts.push(Moved { first: hour + 1, ..*held });
            to += 1;
        } else {
            parts.push(Moved { first: hour, last: hour, by });
        }
        if let Some(after) = self.0.get(to) {
            parts.push(*after);
            to += 1;
        }
        let mut joined: Vec<Moved> = Vec::new();
        for part in parts.into_iter().filter(|part| part.first <= part.last) {
            match joined.last_mut() {
                Some(last) if last.by == part.by && last.last + 1 == part.first => last.last = part.last,
                _ => joined.push(part),
            }
        }
        self.0.splice(from..to, joined);
    }

    /// The folder of a partition, below the lake's root.
    pub fn folder(&self, date: &str, hour: &str) -> String {
        folder(hour_of(date, hour).and_then(|hour| self.of(hour)), date, hour)
    }
}

/// The folder of a partition that this plan moved, or none.
pub fn folder(by: Option<PlanId>, date: &str, hour: &str) -> String {
    match by {
        Some(by) => format!("{JOINED}/{by}/requestdate={date}/requesthour={hour}"),
        None => format!("{TABLE}/requestdate={date}/requesthour={hour}"),
    }
}

/// Takes the path of a data file apart: the partition's day and hour as its folder says them, and the file's name.
pub fn parts(path: &str) -> Option<(&str, &str, &str)> {
    let rest = match path.strip_prefix(JOINED) {
        Some(rest) => {
            let (by, rest) = rest.strip_prefix('/')?.split_once('/')?;
            PlanId::leading(by).filter(|id| id.to_string() == by)?;
            rest
        }
        None => path.strip_prefix(TABLE)?.strip_prefix('/')?,
    };
    let (date, rest) = rest.strip_prefix("requestdate=")?.split_once("/requesthour=")?;
    let (hour, name) = rest.split_once('/')?;
    (!date.contains('/') && !name.contains('/')).then_some((date, hour, name))
}

/// The hour since the epoch of a partition.
pub fn hour_of(date: &str, hour: &str) -> Option<i64> {
    let date: jiff::civil::Date = date.parse().ok()?;
    let hour: i64 = hour.parse().ok()?;
    let days = date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days();
    Some(i64::from(days) * 24 + hour)
}

/// The hour since the epoch of the partition that a data file lies in.
pub fn hour_of_path(path: &str) -> Option<i64> {
    let (date, hour, _) = parts(path)?;
    hour_of(date, hour)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_hour_lies_where_it_was_put_last(moves in proptest::collection::vec((0i64..40, 1u64..4), 0..120)) {
            let mut places = Places::default();
            let mut expected: BTreeMap<i64, PlanId> = BTreeMap::new();
            for (hour, sequence) in moves {
                let by = PlanId { sequence, attempt: 1 };
                places.set(hour, by);
                expected.insert(hour, by);
            }
            for hour in -1..41 {
                prop_assert_eq!(places.of(hour), expected.get(&hour).copied());
            }
            for pair in places.0.windows(2) {
                prop_assert!(pair[0].last < pair[1].first, "{:?}", &places);
                prop_assert!(pair[0].last + 1 < pair[1].first || pair[0].by != pair[1].by, "{:?}", &places);
            }
        }
    }

    #[test]
    fn a_folder_says_its_hour_and_the_plan_that_moved_it() {
        let mut places = Places::default();
        let before = "s3_access_logs/requestdate=2026-01-01/requesthour=07";
        assert_eq!(places.folder("2026-01-01", "07"), before);
        places.set(hour_of("2026-01-01", "07").unwrap(), PlanId { sequence: 12, attempt: 2 });
        let after = "s3_access_logs_joined/000000000012-a2/requestdate=2026-01-01/requesthour=07";
        assert_eq!(places.folder("2026-01-01", "07"), after);
        for folder in [before, after] {
            assert_eq!(parts(&format!("{folder}/x.parquet")), Some(("2026-01-01", "07", "x.parquet")));
            assert_eq!(hour_of_path(&format!("{folder}/x.parquet")), hour_of("2026-01-01", "07"));
        }
        for foreign in ["s3_access_logs_joined/12/requestdate=2026-01-01/requesthour=07/x", "elsewhere/x", before] {
            assert_eq!(parts(foreign), None, "{foreign}");
        }
    }
}
