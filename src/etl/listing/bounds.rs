//! Which names a listing wants, and where it goes on behind those that it does not.

use crate::logs::name::LogName;

const SECOND_MS: i64 = 1_000;
const DAY_MS: i64 = 86_400_000;

/// The times of the names that are wanted: from (included) to (not included), milliseconds since the epoch. Names
/// without a time are always wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    from_ms: i64,
    to_ms: i64,
}

impl Bounds {
    /// Everything.
    pub const ALL: Self = Self { from_ms: i64::MIN, to_ms: i64::MAX };

    /// Names of this half-open range, milliseconds since the epoch.
    pub fn new(from_ms: i64, to_ms: i64) -> Self {
        // Names hold whole seconds.
        let from_ms = if from_ms == i64::MIN { from_ms } else { from_ms.div_euclid(SECOND_MS) * SECOND_MS };
        Self { from_ms, to_ms }
    }

    /// Whether this leaves nothing out.
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    /// Where a listing that has come to `key` is to go on, if that is not wanted: nothing from the key up to and with that
    /// text is wanted. Only names of the same beginning, layout and year are left out with it, so that whatever else lies
    /// between them in a bucket is found.
    pub fn skip(&self, key: &str) -> Option<String> {
        if self.is_all() {
            return None;
        }
        let name = LogName::parse(key)?;
        // In folders of days, names may be by event: midnight is all that they say.
        let from_ms = match name.shape().dated && self.from_ms > i64::MIN {
            true => self.from_ms.div_euclid(DAY_MS) * DAY_MS,
            false => self.from_ms,
        };
        let end = name.end_of_year();
        let target = if name.named_at < from_ms {
            name.start_after(from_ms).filter(|begin| *begin < end).unwrap_or(end)
        } else if name.named_at >= self.to_ms {
            end
        } else {
            return None;
        };
        (target.as_str() >= key).then_some(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22 10:11:12.500 UTC.
    const FROM: i64 = 1_795_342_272_500;

    #[test]
    fn what_lies_before_and_after_is_skipped_by_year_and_layout() {
        let bounds = Bounds::new(FROM, FROM + 3_600_000);
        let skip = |key: &str| bounds.skip(key).unwrap_or_default();
        assert_eq!(skip("l/2024-02-01-00-00-00-A1"), "l/2024-:");
        assert_eq!(skip("l/2026-11-22-10-11-11-A1"), "l/2026-11-22-10-11-12");
        assert_eq!(skip("l/2026-11-22-10-11-12-A1"), "");
        assert_eq!(skip("l/2026-11-22-11-11-13-A1"), "l/2026-:");
        assert_eq!(skip("b/2026/11/21/2026-11-21-23-00-00-A1"), "b/2026/11/22/2026-11-22-00-00-00");
        assert_eq!(skip("b/2026/11/22/2026-11-22-00-00-00-A1"), "");
        assert_eq!(skip("b/2026/11/23/2026-11-23-00-00-00-A1"), "b/2026/:");
        assert_eq!(skip("no time in this name"), "");
        assert_eq!(Bounds::ALL.skip("l/2024-02-01-00-00-00-A1"), None);
    }

    #[test]
    fn folders_of_accounts_that_look_like_years_are_not_skipped() {
        let bounds = Bounds::new(FROM, i64::MAX);
        let target = bounds.skip("2020-02-01-00-00-00-A1").unwrap();
        assert!(target.as_str() < "202034567890/eu-west-1/b/2026/11/22/2026-11-22-00-00-00-A1");
        let target = bounds.skip("2020/02/01/2020-02-01-00-00-00-A1").unwrap();
        assert!(target.as_str() < "202034567890/eu-west-1/b/2026/11/22/2026-11-22-00-00-00-A1");
    }
}
