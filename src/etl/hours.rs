//! A set of hours, kept as ranges: years of hourly logs are one range, or few.

use serde::{Deserialize, Serialize};

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;

/// Hours since the epoch, UTC, as sorted ranges that neither overlap nor touch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourSet(Vec<HourRange>);

/// The hours from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HourRange {
    /// Hours since the epoch.
    pub first: i64,
    /// Hours since the epoch.
    pub last: i64,
}

impl HourRange {
    /// How many hours these are.
    pub fn count(&self) -> u64 {
        u64::try_from(self.last - self.first + 1).unwrap_or(0)
    }

    /// From when to when, milliseconds since the epoch, half-open.
    pub fn milliseconds(&self) -> (i64, i64) {
        (self.first.saturating_mul(HOUR_MS), self.last.saturating_add(1).saturating_mul(HOUR_MS))
    }
}

impl HourSet {
    /// Adds the hour that a time lies in.
    pub fn insert_time(&mut self, milliseconds: i64) {
        self.insert(milliseconds.div_euclid(HOUR_MS));
    }

    /// Adds an hour.
    pub fn insert(&mut self, hour: i64) {
        self.insert_range(HourRange { first: hour, last: hour });
    }

    fn insert_range(&mut self, new: HourRange) {
        let from = self.0.partition_point(|range| range.last.saturating_add(1) < new.first);
        let to = self.0.partition_point(|range| range.first <= new.last.saturating_add(1));
        let joined = self.0.get(from..to).unwrap_or_default().iter().fold(new, |joined, range| HourRange {
            first: joined.first.min(range.first),
            last: joined.last.max(range.last),
        });
        self.0.splice(from..to, [joined]);
    }

    /// Adds all hours of another set.
    pub fn extend(&mut self, other: &Self) {
        for &range in &other.0 {
            self.insert_range(range);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From the beginning of the first to the end of the last hour, milliseconds since the epoch; `None` where there is none.
    pub fn extent(&self) -> Option<(i64, i64)> {
        Some((self.0.first()?.milliseconds().0, self.0.last()?.milliseconds().1))
    }

    /// What is missing between the first and the last hour.
    pub fn gaps(&self) -> Vec<HourRange> {
        let next = self.0.iter().skip(1);
        self.0.iter().zip(next).map(|(a, b)| HourRange { first: a.last + 1, last: b.first - 1 }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_set_of_hours_is_what_a_plain_set_is(hours in proptest::collection::vec(-40i64..40, 0..60)) {
            let mut set = HourSet::default();
            for &hour in &hours {
                set.insert(hour);
            }
            let plain: BTreeSet<i64> = hours.into_iter().collect();
            let listed: Vec<i64> = set.0.iter().flat_map(|range| range.first..=range.last).collect();
            prop_assert_eq!(&listed, &plain.iter().copied().collect::<Vec<_>>());
            let missing: Vec<i64> = set.gaps().iter().flat_map(|range| range.first..=range.last).collect();
            let expected: Vec<i64> = match (plain.first(), plain.last()) {
                (Some(&first), Some(&last)) => (first..=last).filter(|hour| !plain.contains(hour)).collect(),
                _ => Vec::new(),
            };
            prop_assert_eq!(missing, expected);
        }
    }

    #[test]
    fn hours_before_the_epoch_round_down() {
        let mut set = HourSet::default();
        set.insert_time(-1);
        assert_eq!(set.0, [HourRange { first: -1, last: -1 }]);
        assert_eq!(HourRange { first: -1, last: 0 }.milliseconds(), (-HOUR_MS, HOUR_MS));
    }
}
