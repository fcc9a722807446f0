//! What a worker finds where it runs: the machine, what it may use of it, what it reaches, how fast it is. `doctor --remote`
//! has it told by a worker in a job of each type; `bucketscope-worker self-test` tells it anywhere.

use serde::{Deserialize, Serialize};

#[cfg(feature = "worker")]
mod machine;
#[cfg(feature = "worker")]
mod run;
#[cfg(feature = "worker")]
mod speed;

#[cfg(feature = "worker")]
pub use run::run;

/// Its last line begins so, which tells it from what else a job prints.
pub const MARK: &str = "{\"self_test\":";

/// What was found. What could not be found out is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelfTest {
    /// The worker's version.
    pub version: String,
    /// The system.
    pub system: System,
    /// Processors.
    pub cores: Cores,
    /// Memory, in bytes.
    pub memory: Memory,
    /// The folder for temporary files.
    pub disk: Disk,
    /// What is reached over the network.
    pub network: Vec<Reached>,
    /// Where the credentials come from; nothing of themselves.
    pub credentials: Credentials,
    /// How fast it reads and writes logs.
    pub speed: Speed,
}

/// The line that a worker prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What was found.
    pub self_test: SelfTest,
}

/// The system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// As it calls itself: `Amazon Linux 2023`.
    pub name: Option<String>,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// The processor's architecture that the worker was built for.
    pub architecture: String,
    /// The C library that the worker was started with.
    pub glibc: Option<String>,
    /// What AWS says that this is (`AWS_EXECUTION_ENV`).
    pub environment: Option<String>,
}

/// Processors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cores {
    /// Those that the worker may run on.
    pub usable: usize,
    /// How many it may keep busy at a time, where a control group says so.
    pub quota: Option<f64>,
    /// What they are.
    pub model: Option<String>,
}

/// Memory, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The machine's.
    pub total: Option<u64>,
    /// What is free or can be made so.
    pub available: Option<u64>,
    /// What a control group allows.
    pub limit: Option<u64>,
}

/// The folder for temporary files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// The folder.
    pub folder: String,
    /// Bytes of its file system.
    pub total: Option<u64>,
    /// Bytes that can be written there.
    pub free: Option<u64>,
    /// Why no program runs from there; absent where one does.
    pub refuses_programs: Option<String>,
}

/// A service that was asked something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// What was asked: `s3 eu-central-1 bucket`.
    pub what: String,
    /// Until its first answer, connection and credentials included, in milliseconds.
    pub first_ms: Option<f64>,
    /// Until its next answer.
    pub next_ms: Option<f64>,
    /// Why there was none, or it was a refusal.
    pub error: Option<String>,
}

/// Where credentials come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// How they were found, as the SDK names it: `CredentialsImds`, `CredentialsHttp`, ….
    pub sources: Vec<String>,
    /// In how many seconds they expire; the SDK fetches others before.
    pub expire_in_seconds: Option<u64>,
    /// Why there are none.
    pub error: Option<String>,
}

/// Generated logs parsed and encoded to Parquet in memory, in millions of bytes of text a second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// On one core.
    pub one_core: f64,
    /// On all usable ones at once, in sum.
    pub all_cores: f64,
}
