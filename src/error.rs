//! One error for the whole program: what happened, to which thing, why, and what to do next.

use std::fmt;

use crate::exit;

/// What kind of failure this is; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Something that should have worked did not: exit code 1.
    Failed,
    /// Credentials or permission are missing: exit code 3.
    Permission,
    /// A stack operation failed or was rolled back: exit code 4.
    Stack,
    /// A value is missing and nobody can be asked: exit code 5.
    InputNeeded,
    /// The pipeline has not been deployed: exit code 6.
    NotDeployed,
    /// The command line or the configuration cannot be understood: exit code 64.
    Usage,
    /// The user interrupted: exit code 130.
    Interrupted,
}

/// An error as a user reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    why: Option<String>,
    hint: Option<String>,
}

/// The result of everything in this program that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`; `what` says what happened to which thing, without a full stop.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), why: None, hint: None }
    }

    /// Something that should have worked did not.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, what)
    }

    /// The command line or the configuration cannot be understood.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, what)
    }

    /// The same as the reason why something larger failed.
    #[must_use]
    pub fn about(mut self, what: impl Into<String>) -> Self {
        self.what = what.into();
        self
    }

    /// Adds the reason, usually the error that caused this one.
    #[must_use]
    pub fn because(mut self, why: impl fmt::Display) -> Self {
        self.why = Some(why.to_string());
        self
    }

    /// Adds what the user can do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the user can do next, if we know.
    pub fn suggestion(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The process's exit code for this error.
    pub fn code(&self) -> u8 {
        match self.kind {
            ErrorKind::Failed => exit::FAILED,
            ErrorKind::Permission => exit::PERMISSION,
            ErrorKind::Stack => exit::STACK,
            ErrorKind::InputNeeded => exit::INPUT_NEEDED,
            ErrorKind::NotDeployed => exit::NOT_DEPLOYED,
            ErrorKind::Usage => exit::USAGE,
            ErrorKind::Interrupted => exit::INTERRUPTED,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(why) = &self.why {
            write!(f, ": {why}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
