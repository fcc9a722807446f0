//! What a pipeline reads, in the words of its sources: log objects have lines, CloudTrail's files have records.

use super::text::plural;

/// What is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reads {
    /// Access logs alone.
    #[default]
    Logs,
    /// CloudTrail's files alone.
    Trails,
    /// Both.
    Both,
}

impl Reads {
    /// What is read where these are configured.
    pub fn of(logs: bool, trails: bool) -> Self {
        match (logs, trails) {
            (true, true) => Self::Both,
            (false, true) => Self::Trails,
            _ => Self::Logs,
        }
    }

    /// What is listed, with a verb for one and for many, or without: `3 log objects are`.
    pub fn objects(self, count: u64, [one, many]: [&str; 2]) -> String {
        let object = match self {
            Self::Logs => "log object",
            Self::Trails => "CloudTrail file",
            Self::Both => "log object or file",
        };
        plural(count, &format!("{object}{one}"), &format!("{}{many}", self.things()))
    }

    /// What is listed, however much it is.
    pub fn things(self) -> &'static str {
        match self {
            Self::Logs => "log objects",
            Self::Trails => "CloudTrail files",
            Self::Both => "log objects and files",
        }
    }

    /// What is in it: `5 lines`.
    pub fn units(self, count: u64) -> String {
        match self {
            Self::Logs => plural(count, "line", "lines"),
            Self::Trails => plural(count, "record", "records"),
            Self::Both => plural(count, "line or record", "lines and records"),
        }
    }

    /// What the row of a summary is called that says how they add up.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Logs => "lines",
            Self::Trails => "events",
            Self::Both => "counts",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_its_words() {
        assert_eq!(Reads::of(true, false).objects(1, ["", ""]), "1 log object");
        assert_eq!(Reads::of(false, true).objects(2, [" is", " are"]), "2 CloudTrail files are");
        assert_eq!(Reads::of(true, true).objects(2, ["", ""]), "2 log objects and files");
        assert_eq!(Reads::Trails.units(1), "1 record");
        assert_eq!(Reads::Both.units(12), "12 lines and records");
        assert_eq!(Reads::of(false, false).units(3), "3 lines");
    }
}
