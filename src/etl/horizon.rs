//! How far each source has been listed, so that a run need not list years again.
//!
//! `_state/listed/<number>.json` says of each bucket up to when everything visible in it has been read, and when it was last
//! listed as a whole. A run lists names from a look-back before that time on; what comes later than the look-back is found
//! by the next listing of the whole, which is made every [`Settings::full_every_ms`](super::Settings) or when it is asked
//! for. Folders are always listed as a whole, and nothing is kept of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::listing::Bounds;
use super::model::Source;
use super::{Settings, state};
use crate::error::Result;
use crate::storage::{Created, Store};

/// How many of these objects are kept.
const KEPT: u64 = 2;

/// How far the sources have been listed, by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Horizon {
    sources: BTreeMap<String, Seen>,
    #[serde(skip)]
    number: u64,
}

/// How far a source has been listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    /// Where it was then.
    location: String,
    /// Everything that was visible and last modified before this time has been read, milliseconds since the epoch, or is
    /// archived; none before it was first listed as a whole.
    to_ms: Option<i64>,
    /// When a listing of the whole that came to its end began.
    whole_ms: Option<i64>,
    /// When the last listing of the whole that was due began, whether or not it came to its end.
    tried_ms: Option<i64>,
}

/// What of a source is to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Names of these times.
    pub bounds: Bounds,
    /// Whether this is the whole.
    pub whole: bool,
}

impl Horizon {
    /// Reads what is kept.
    pub fn load(lake: &Store) -> Result<Self> {
        let mut names = lake.names(state::LISTED)?;
        // Another run may have removed it, in favour of a newer one.
        while let Some(path) = names.pop() {
            if let (Some(number), Some(read)) = (state::sequence(state::file_name(&path)), state::read(lake, &path)?) {
                return Ok(Self { number, ..read });
            }
        }
        Ok(Self::default())
    }

    /// What of a source is to be listed now. The whole is asked for by a run that began at `full_ms`.
    pub fn scope(&self, source: &Source, settings: &Settings, full_ms: Option<i64>, now_ms: i64) -> Scope {
        let whole = Scope { bounds: Bounds::ALL, whole: true };
        let Some(seen) = self.sources.get(&source.id).filter(|seen| seen.location == source.location) else {
            return whole;
        };
        let last = seen.whole_ms.max(seen.tried_ms);
        let due = last.is_none_or(|last| now_ms.saturating_sub(last) >= settings.full_every_ms);
        let asked = full_ms.is_some() && seen.whole_ms < full_ms;
        match seen.to_ms {
            Some(to_ms) if !asked && !due => {
                let from_ms = to_ms.saturating_sub(settings.look_back_ms);
                Scope { bounds: Bounds::new(from_ms, i64::MAX), whole: false }
            }
            _ => whole,
        }
    }

    /// Notes that a listing begins that may be too long to come to its end, so that not every run begins it anew.
    pub fn begins(&mut self, source: &Source, now_ms: i64) -> bool {
        let Some(seen) = self.sources.get_mut(&source.id).filter(|seen| seen.to_ms.is_some()) else { return false };
        seen.tried_ms = Some(now_ms);
        true
    }

    /// Notes what a listing that came to its end has seen: everything visible and modified before `to_ms`. Whatever of it
    /// could not be read is named for `held_ms` or later.
    pub fn ends(&mut self, source: &Source, whole: bool, began_ms: i64, to_ms: i64, held_ms: Option<i64>) {
        let before = self.sources.remove(&source.id).filter(|seen| seen.location == source.location);
        let known = before.as_ref().and_then(|seen| seen.to_ms);
        let to_ms = to_ms.min(held_ms.unwrap_or(i64::MAX));
        let seen = Seen {
            location: source.location.clone(),
            to_ms: if whole || known.is_some() { Some(to_ms) } else { None },
            whole_ms: if whole { Some(began_ms) } else { before.as_ref().and_then(|seen| seen.whole_ms) },
            tried_ms: before.and_then(|seen| seen.tried_ms),
        };
        self.sources.insert(source.id.clone(), seen);
    }

    /// Keeps it. Of two runs that do so at once, one is kept, which is right as well.
    pub fn keep(&mut self, lake: &Store) -> Result<()> {
        self.number += 1;
        if state::write_new(lake, &state::listed_file(self.number), self)? == Created::Yes {
            for path in lake.names(state::LISTED)? {
                if state::sequence(state::file_name(&path)).is_some_and(|number| number + KEPT <= self.number) {
                    lake.delete(&path)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    const NOW: i64 = 20_000 * DAY;

    fn source(location: &str) -> Source {
        Source { id: "a".into(), location: location.into(), ..Source::default() }
    }

    fn scope(horizon: &Horizon, now_ms: i64) -> Scope {
        horizon.scope(&source("s3://a/"), &Settings::default(), None, now_ms)
    }

    fn listed() -> Horizon {
        let mut horizon = Horizon::default();
        horizon.ends(&source("s3://a/"), true, NOW, NOW, None);
        horizon
    }

    #[test]
    fn the_first_listing_is_of_the_whole_and_the_next_ones_look_back() {
        assert!(scope(&Horizon::default(), NOW).whole);
        let next = scope(&listed(), NOW + DAY);
        assert_eq!(next, Scope { bounds: Bounds::new(NOW - 3 * DAY, i64::MAX), whole: false });
    }

    #[test]
    fn the_whole_is_listed_when_it_is_asked_for_is_due_or_lies_elsewhere() {
        let (horizon, settings) = (listed(), Settings::default());
        assert!(horizon.scope(&source("s3://a/"), &settings, Some(NOW + DAY), NOW + DAY).whole);
        assert!(!horizon.scope(&source("s3://a/"), &settings, Some(NOW), NOW + DAY).whole, "that run has done it");
        assert!(horizon.scope(&source("s3://b/"), &settings, None, NOW + DAY).whole);
        assert!(scope(&horizon, NOW + 30 * DAY).whole);
    }

    #[test]
    fn a_listing_that_was_due_and_never_ended_is_not_begun_by_every_run() {
        let mut horizon = listed();
        assert!(horizon.begins(&source("s3://a/"), NOW + 30 * DAY));
        assert!(!scope(&horizon, NOW + 31 * DAY).whole);
        assert!(scope(&horizon, NOW + 60 * DAY).whole);
        assert!(!Horizon::default().begins(&source("s3://a/"), NOW), "a first listing is begun until it ends");
    }

    #[test]
    fn what_could_not_be_read_is_looked_at_again() {
        let mut horizon = listed();
        horizon.ends(&source("s3://a/"), false, NOW + 9 * DAY, NOW + 9 * DAY, Some(NOW + DAY));
        assert_eq!(scope(&horizon, NOW + 10 * DAY).bounds, Bounds::new(NOW - 2 * DAY, i64::MAX));
    }
}
