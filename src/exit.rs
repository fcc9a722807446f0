//! The exit codes of the program: one place for the code, and for docs/exit-codes.md, whose table a test makes of this one.

/// A code and what the page says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// The code.
    pub code: u8,
    /// What it means, in two or three words.
    pub meaning: &'static str,
    /// When a command ends with it.
    pub when: &'static str,
}

macro_rules! exits {
    ($($name:ident = $code:literal, $meaning:literal, $when:literal;)+) => {
        $(#[doc = $meaning] pub const $name: u8 = $code;)+

        /// All of them, in their order.
        pub const ALL: &[Exit] = &[$(Exit { code: $name, meaning: $meaning, when: $when }),+];
    };
}

exits! {
    DONE = 0, "done", "also when there was nothing to do, and when the reader of the output left early (`| head`)";
    FAILED = 1, "failed",
        "a file could not be read or written, a query failed, another run is at work; `parse` where a file cannot be read; \
         `parse --strict` where a line is no record or an object is damaged; `plan` and `deploy` where a preflight check fails; \
         `deploy --plan` where the plan is not what would be done now; `doctor` where something stands in the way of a \
         deployment, or a type of job fails; `destroy` where something is left that it meant to take away";
    DIFFERENT = 2, "there are changes, or drift", "only with `--detailed-exitcode`: `plan` and `drift`";
    PERMISSION = 3, "credentials or permission",
        "a folder that may not be read or written; no AWS credentials, expired ones, those of another account, a denied action";
    STACK = 4, "a stack operation failed",
        "CloudFormation refused a template, failed and rolled back, or is stuck; the first cause stands in the error";
    INPUT_NEEDED = 5, "input needed",
        "a value is missing and nobody can be asked: no terminal, `CI` is set, or `--no-input`; the error names the flag. Also \
         where nothing names an AWS Region";
    NOT_DEPLOYED = 6, "not deployed", "`bucketscope deploy` comes first";
    FOUND = 7, "a check found something",
        "only with `--fail-on-findings`: `query` with a query that looks for something, and `report`";
    UNHEALTHY = 8, "unhealthy",
        "`status`, when somebody should look: the last run failed, a source or objects cannot be read, read objects changed, or more than a \
         tenth of the last commit's lines were rejected";
    // BSD's EX_USAGE.
    USAGE = 64, "usage", "the command line or the configuration cannot be understood";
    // As a shell tells of a program that SIGINT has ended.
    INTERRUPTED = 130, "interrupted",
        "Ctrl-C; a query on Athena is cancelled; the next `bucketscope run`, or in AWS `bucketscope deploy`, goes on where this one \
         stopped";
}
