//! Compaction as a job in AWS: joins files, then a word to the catalogue.

use serde::Serialize;

use super::clear_away;
use crate::aws::Session;
use crate::aws::partitions::Partitions;
use crate::catalogue::{self, Told};
use crate::error::{Error, Result};
use crate::etl::join::ParquetJoiner;
use crate::etl::{
    Cleared, CompactOptions, CompactProgress, CompactSummary, Pipeline, Settings, WhenBusy, compact_with,
    name_by_content,
};
use crate::pipeline;
use crate::storage::Store;

/// What a compaction did; the worker's last line.
#[derive(Debug, Serialize)]
pub struct CompactReport {
    /// The compaction.
    pub compaction: CompactSummary,
    /// What the catalogue was told.
    pub catalogue: Option<Told>,
    /// What earlier ones replaced and was removed.
    pub cleared: Cleared,
    /// Why the catalogue was not told. What is committed stands, and whoever asks the catalogue sees it as it was before.
    #[serde(skip)]
    pub failure: Option<Error>,
}

/// Joins the files of partitions at rest.
///
/// # Errors
/// What went wrong. What is committed by then stands. Where partitions are found by their paths, it is refused.
pub fn compact(
    session: &Session,
    glue: &dyn Partitions,
    told: &pipeline::Pipeline,
    options: &CompactOptions<'_>,
    progress: &dyn CompactProgress,
) -> Result<CompactReport> {
    told.catalogue.can_move()?;
    name_by_content()?;
    let lake = Store::s3(session, &told.lake);
    let settings = Settings::default();
    let pipeline = Pipeline { lake: lake.clone(), sources: Vec::new(), settings };
    // A run that was killed keeps its lease until it is over.
    let options = CompactOptions { when_busy: WhenBusy::Wait(settings.lease_ms), ..*options };
    let compaction = compact_with(&pipeline, &options, &ParquetJoiner, progress)?;
    let taught = catalogue::tell(&lake, &told.lake, &told.catalogue, glue)
        .and_then(|taught| Ok((taught, clear_away(&lake, told, options.now_ms, glue)?)));
    let (catalogue, cleared, failure) = match taught {
        Ok((taught, cleared)) => (Some(taught), cleared, None),
        Err(error) => (None, Cleared::default(), Some(error)),
    };
    Ok(CompactReport { compaction, catalogue, cleared, failure })
}
