//! The codes of findings. A code keeps its meaning for ever; docs/preflight.md has a line for each.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal,)+) => {
        /// Which check found something.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// As it is printed.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// A bucket of the configuration does not exist.
    BucketMissing = "BS001",
    /// A bucket lies in another Region than the configuration says.
    BucketElsewhere = "BS002",
    /// A bucket belongs to another account than the configuration says.
    BucketOfOthers = "BS003",
    /// A bucket of another account must let the pipeline's job in.
    LetUsIn = "BS004",
    /// There is nothing where logs should be.
    NothingThere = "BS005",
    /// Who reads the bucket pays.
    ReaderPays = "BS006",
    /// A bucket already logs to somewhere else.
    LogsElsewhere = "BS007",
    /// A log bucket logs to itself.
    LogsToItself = "BS008",
    /// The log bucket locks new objects for a time.
    TargetLocks = "BS009",
    /// Who writes to the log bucket pays.
    TargetCharges = "BS010",
    /// A trail encrypts with a key that the configuration does not name.
    TrailKey = "BS011",
    /// A key does not exist.
    KeyMissing = "BS012",
    /// A key cannot be used.
    KeyUnusable = "BS013",
    /// A key's policy does not let somebody in who needs it.
    KeyClosed = "BS014",
    /// A bucket name is taken by another account.
    NameTakenByOthers = "BS015",
    /// A name is taken by something in the account that is not this pipeline's.
    NameTaken = "BS016",
    /// The permissions boundary does not exist.
    BoundaryMissing = "BS017",
    /// The role for CloudFormation does not exist.
    RoleMissing = "BS018",
    /// CloudFormation may not assume the role that is meant for it.
    RoleClosed = "BS019",
    /// Lake Formation keeps new tables from everybody.
    LakeFormation = "BS020",
    /// A Region does not answer.
    RegionSilent = "BS021",
    /// A stack does not fit into what CloudFormation allows.
    StackTooLarge = "BS022",
    /// Not AWS is asked, but another endpoint.
    Sandbox = "BS023",
    /// A question was not answered.
    CouldNotLook = "BS024",
    /// Glue for Ray takes no new customers.
    RayClosed = "BS025",
    /// Whether the account has QuickSight cannot be seen.
    QuickSightUnseen = "BS026",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_once_and_none_that_does_not_exist() {
        let explained = include_str!("../../docs/preflight.md");
        let rows: Vec<&str> =
            explained.lines().filter_map(|line| line.strip_prefix("| BS")).filter_map(|row| row.get(..3)).collect();
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str().trim_start_matches("BS")).collect();
        assert_eq!(rows, codes);
    }
}
