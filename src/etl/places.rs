//! Where partitions lie. A partition's folder says its day and hour; one whose files were joined (`compact`) lies elsewhere
//! from then on, in a folder that also says by which plan: what another attempt at the same commit left behind is in none
//! that anybody looks into. So a catalogue can be switched from the old folder to the new
//! one in one step.
//!
//! Places follow from the log: a plan for commit N+1 is made with the places after commit N, and since only one plan becomes
//! that commit, no file is ever committed to a place that its partition has left.

use serde::{Deserialize, Serialize};

use super::state::PlanId;
use crate::logs::table::Table;

/// The partitions that do not lie where their day and hour alone say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places(Vec<Moved>);

/// Neighbouring hours whose files were joined by one plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Moved {
    /// Of which table.
    #[serde(default, skip_serializing_if = "Table::is_access_logs")]
    table: Table,
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

    /// The plan that moved an hour of a table, if one did.
    pub fn of(&self, table: Table, hour: i64) -> Option<PlanId> {
        self.0
            .get(self.at(table, hour))
            .filter(|moved| moved.table == table && moved.first <= hour)
            .map(|moved| moved.by)
    }

    /// Where the first range stands that does not lie before an hour. They are sorted by table and hour.
    fn at(&self, table: Table, hour: i64) -> usize {
        self.0.partition_point(|moved| (moved.table, moved.last) < (table, hour))
    }

    /// An hour lies where this plan put it, from now on.
    pub fn set(&mut self, table: Table, hour: i64, by: PlanId) {
        let at = self.at(table, hour);
        let mut parts = Vec::new();
        let mut from = at;
        let mut to = at;
        // What is left of the neighbours that held it or touch it, joined with it where the commit is the same.
        if let Some(before) = at.checked_sub(1).and_then(|before| self.0.get(before)) {
            parts.push(*before);
            from -= 1;
        }
        if let Some(held) = self.0.get(at).filter(|moved| moved.table == table && moved.first <= hour) {
            parts.push(Moved { last: hour - 1, ..*held });
            parts.push(Moved { table, first: hour, last: hour, by });
            parts.push(Moved { first: hour + 1, ..*held });
            to += 1;
        } else {
            parts.push(Moved { table, first: hour, last: hour, by });
        }
        if let Some(after) = self.0.get(to) {
            parts.push(*after);
            to += 1;
        }
        let mut joined: Vec<Moved> = Vec::new();
        for part in parts.into_iter().filter(|part| part.first <= part.last) {
            match joined.last_mut() {
                Some(last) if (last.table, last.by) == (part.table, part.by) && last.last + 1 == part.first => {
                    last.last = part.last;
                }
                _ => joined.push(part),
            }
        }
        self.0.splice(from..to, joined);
    }

    /// The folder of a partition, below the lake's root.
    pub fn folder(&self, table: Table, date: &str, hour: &str) -> String {
        folder(hour_of(date, hour).and_then(|hour| self.of(table, hour)), table, date, hour)
    }
}

/// The folder of a partition that this plan moved, or none.
pub fn folder(by: Option<PlanId>, table: Table, date: &str, hour: &str) -> String {
    let [of_date, of_hour] = table.partition_columns();
    match by {
        Some(by) => format!("{}/{by}/{of_date}={date}/{of_hour}={hour}", table.joined()),
        None => format!("{}/{of_date}={date}/{of_hour}={hour}", table.name()),
    }
}

/// What the path of a data file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The table.
    pub table: Table,
    /// The partition's day.
    pub date: &'a str,
    /// The partition's hour.
    pub hour: &'a str,
    /// The file's name.
    pub name: &'a str,
}

/// Where data files lie: the folders of tables, and those of joined files.
pub fn roots() -> impl Iterator<Item = &'static str> {
    Table::ALL.into_iter().flat_map(|table| [table.name(), table.joined()])
}

/// Takes the path of a data file apart.
pub fn parts(path: &str) -> Option<Parts<'_>> {
    let (root, rest) = path.split_once('/')?;
    let table = Table::ALL.into_iter().find(|table| root == table.name() || root == table.joined())?;
    let rest = match root == table.joined() {
        true => {
            let (by, rest) = rest.split_once('/')?;
            PlanId::leading(by).filter(|id| id.to_string() == by)?;
            rest
        }
        false => rest,
    };
    let [of_date, of_hour] = table.partition_columns();
    let (date, rest) = rest.strip_prefix(of_date)?.strip_prefix('=')?.split_once('/')?;
    let (hour, name) = rest.strip_prefix(of_hour)?.strip_prefix('=')?.split_once('/')?;
    (!name.contains('/')).then_some(Parts { table, date, hour, name })
}

/// The hour since the epoch of a partition.
pub fn hour_of(date: &str, hour: &str) -> Option<i64> {
    let date: jiff::civil::Date = date.parse().ok()?;
    let hour: i64 = hour.parse().ok()?;
    let days = date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days();
    Some(i64::from(days) * 24 + hour)
}

/// The table and the hour since the epoch of the partition that a data file lies in.
pub fn hour_of_path(path: &str) -> Option<(Table, i64)> {
    let parts = parts(path)?;
    Some((parts.table, hour_of(parts.date, parts.hour)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_hour_lies_where_it_was_put_last(
            moves in proptest::collection::vec((0i64..40, 1u64..4, any::<bool>()), 0..120)
        ) {
            let mut places = Places::default();
            let mut expected: BTreeMap<(Table, i64), PlanId> = BTreeMap::new();
            for (hour, sequence, of_trail) in moves {
                let by = PlanId { sequence, attempt: 1 };
                let table = Table::ALL[usize::from(of_trail)];
                places.set(table, hour, by);
                expected.insert((table, hour), by);
            }
            for (table, hour) in Table::ALL.into_iter().flat_map(|table| (-1..41).map(move |hour| (table, hour))) {
                prop_assert_eq!(places.of(table, hour), expected.get(&(table, hour)).copied());
            }
            for pair in places.0.windows(2) {
                let same = pair[0].table == pair[1].table;
                prop_assert!(pair[0].table < pair[1].table || same && pair[0].last < pair[1].first, "{:?}", &places);
                let touch = same && pair[0].last + 1 == pair[1].first;
                prop_assert!(!touch || pair[0].by != pair[1].by, "{:?}", &places);
            }
        }
    }

    #[test]
    fn a_folder_says_its_hour_and_the_plan_that_moved_it() {
        let mut places = Places::default();
        let before = "s3_access_logs/requestdate=2026-01-01/requesthour=07";
        assert_eq!(places.folder(Table::AccessLogs, "2026-01-01", "07"), before);
        let of_trail = "cloudtrail_events/eventdate=2026-01-01/eventhour=07";
        places.set(Table::AccessLogs, hour_of("2026-01-01", "07").unwrap(), PlanId { sequence: 12, attempt: 2 });
        assert_eq!(places.folder(Table::CloudTrail, "2026-01-01", "07"), of_trail);
        let after = "s3_access_logs_joined/000000000012-a2/requestdate=2026-01-01/requesthour=07";
        assert_eq!(places.folder(Table::AccessLogs, "2026-01-01", "07"), after);
        let joined = "cloudtrail_events_joined/000000000012-a2/eventdate=2026-01-01/eventhour=07";
        for (table, folder) in [
            (Table::AccessLogs, before),
            (Table::AccessLogs, after),
            (Table::CloudTrail, of_trail),
            (Table::CloudTrail, joined),
        ] {
            let expected = Parts { table, date: "2026-01-01", hour: "07", name: "x.parquet" };
            assert_eq!(parts(&format!("{folder}/x.parquet")), Some(expected));
            let hour = hour_of_path(&format!("{folder}/x.parquet")).unwrap();
            assert_eq!(hour, (table, hour_of("2026-01-01", "07").unwrap()));
        }
        for foreign in [
            "s3_access_logs_joined/12/requestdate=2026-01-01/requesthour=07/x",
            "elsewhere/x",
            before,
            "cloudtrail_events/requestdate=2026-01-01/requesthour=07/x",
        ] {
            assert_eq!(parts(foreign), None, "{foreign}");
        }
    }
}
