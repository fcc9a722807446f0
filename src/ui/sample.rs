//! Many problems on few lines: a share for every kind, the total, and where all of them stand.

use std::collections::BTreeMap;

use super::text;

/// At most this many problems are printed at once.
pub const AT_MOST: usize = 15;

/// Collects problems by kind and keeps only as many as can be shown.
#[derive(Debug, Default, Clone)]
pub struct Sample {
    kinds: BTreeMap<String, (u64, Vec<String>)>,
}

impl Sample {
    /// Counts a problem; `line` is made only while it may still be shown.
    pub fn add(&mut self, kind: &str, line: impl FnOnce() -> String) {
        if let Some((count, lines)) = self.kinds.get_mut(kind) {
            *count += 1;
            if lines.len() < AT_MOST {
                lines.push(line());
            }
        } else {
            self.kinds.insert(kind.to_owned(), (1, vec![line()]));
        }
    }

    /// How many problems there are.
    pub fn total(&self) -> u64 {
        self.kinds.values().map(|(count, _)| count).sum()
    }

    /// The problems, shared among kinds as evenly as they come; the last line says how many are not shown.
    pub fn lines(&self) -> Vec<String> {
        let mut shares: Vec<usize> = vec![0; self.kinds.len()];
        let mut left = AT_MOST;
        let mut gave = true;
        while left > 0 && gave {
            gave = false;
            for (share, (_, lines)) in shares.iter_mut().zip(self.kinds.values()) {
                if left > 0 && *share < lines.len() {
                    *share += 1;
                    left -= 1;
                    gave = true;
                }
            }
        }
        let mut out: Vec<String> =
            self.kinds.values().zip(&shares).flat_map(|((_, lines), share)| lines[..*share].iter().cloned()).collect();
        let hidden = self.total() - out.len() as u64;
        if hidden > 0 {
            out.push(format!("… and {} more", text::count(hidden)));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_gets_its_share_of_fifteen_and_the_rest_is_counted() {
        let mut sample = Sample::default();
        for i in 0..1_000 {
            sample.add("bad time", || format!("bad time {i}"));
        }
        sample.add("too few fields", || "too few fields 0".to_owned());
        sample.add("too few fields", || "too few fields 1".to_owned());
        let lines = sample.lines();
        assert_eq!(lines.len(), AT_MOST + 1);
        assert_eq!(lines.iter().filter(|line| line.starts_with("bad time")).count(), 13);
        assert_eq!(lines.iter().filter(|line| line.starts_with("too few")).count(), 2);
        assert_eq!(lines.last().unwrap(), "… and 987 more");
        assert_eq!(sample.total(), 1_002);
    }

    #[test]
    fn few_problems_are_all_shown() {
        let mut sample = Sample::default();
        sample.add("a", || "one".to_owned());
        assert_eq!(sample.lines(), ["one"]);
        assert!(Sample::default().lines().is_empty());
    }
}
