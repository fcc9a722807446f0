//! Comparing the lake with its commit log: what is missing, changed, or not there by right.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use super::commit::{self, Entry};
use super::model::OutputFile;
use super::{Pipeline, clear, places, recover, state};
use crate::error::Result;
use crate::storage::Store;

/// What is the matter with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// A commit names it, but it is not there.
    Missing,
    /// Its size or checksum is not the one that was committed.
    Changed,
    /// It is there, but no commit names it.
    Orphaned,
    /// A part of the state that cannot be understood.
    Unreadable,
}

impl std::fmt::Display for DriftKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            DriftKind::Missing => "missing",
            DriftKind::Changed => "changed",
            DriftKind::Orphaned => "orphaned",
            DriftKind::Unreadable => "unreadable",
        })
    }
}

/// One difference between the lake and its commit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Below the lake's root.
    pub path: String,
    /// What is the matter.
    pub kind: DriftKind,
    /// What the commit log says.
    pub expected: String,
    /// What is there.
    pub actual: String,
    /// What to do about it.
    pub advice: String,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The differences, sorted by path. None: in sync.
    pub findings: Vec<Finding>,
    /// Files that were compared.
    pub files: u64,
    /// Their bytes, as committed.
    pub bytes: u64,
    /// Whether checksums were compared too, and not sizes alone.
    pub checksums: bool,
    /// Files of a plan that is not committed yet. They are no drift: a run is at work, or the next one goes on with them.
    pub unfinished_files: u64,
    /// Files whose rows stand in others since a compaction, and that go after a while. They are no drift either.
    pub replaced_files: u64,
}

const REREAD: &str = "restore it from a backup; or, to read the logs anew, destroy the lake and deploy again";

/// Compares. With `checksums`, every committed file is read; else only sizes are looked at.
pub fn drift(pipeline: &Pipeline, checksums: bool) -> Result<Drift> {
    let lake = &pipeline.lake;
    state::check_format(lake)?;
    let mut drift = Drift { checksums, ..Drift::default() };
    let log = read_log(lake, &mut drift)?;
    let mut there: BTreeMap<String, u64> = BTreeMap::new();
    for folder in places::roots().chain([state::REJECTS, state::PLANS]) {
        there.extend(lake.list(folder, None)?.into_iter().map(|listed| (listed.path, listed.size)));
    }
    let replaced = replaced(lake, &log)?;
    compare(lake, &log, &replaced, &there, &mut drift)?;
    find_orphans(&log, &replaced, &there, &mut drift);
    drift.findings.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(drift)
}

/// The files that compactions replaced, and whether they are cleared away.
fn replaced(lake: &Store, log: &BTreeMap<u64, Option<Entry>>) -> Result<HashMap<String, bool>> {
    let waiting = clear::not_cleared(lake, log.values().next_back().and_then(Option::as_ref))?;
    let of = |entry: &Entry| {
        let cleared = !waiting.contains(&entry.sequence);
        entry.replaced.iter().map(|path| (path.clone(), cleared)).collect::<Vec<_>>()
    };
    Ok(log.values().flatten().flat_map(of).collect())
}

/// The entries by sequence, as far as they can be read, up to the last that is listed.
fn read_log(lake: &Store, drift: &mut Drift) -> Result<BTreeMap<u64, Option<Entry>>> {
    let listed = commit::sequences(lake)?;
    let tip = listed.last().copied().unwrap_or(0);
    let mut log = BTreeMap::new();
    for sequence in 1..=tip {
        let found = if listed.binary_search(&sequence).is_ok() { commit::entry(lake, sequence) } else { Ok(None) };
        let (kind, actual) = match &found {
            Ok(Some(entry)) if entry.sequence == sequence => (None, String::new()),
            Ok(Some(entry)) => (Some(DriftKind::Changed), format!("the entry of commit {}", entry.sequence)),
            Ok(None) => (Some(DriftKind::Missing), "nothing".to_owned()),
            Err(error) => (Some(DriftKind::Unreadable), error.to_string()),
        };
        if let Some(kind) = kind {
            drift.findings.push(Finding {
                path: state::log_file(sequence),
                kind,
                expected: format!("the entry of commit {sequence}"),
                actual,
                advice: "restore it from a backup; no run reads or removes anything until then".to_owned(),
            });
        }
        log.insert(sequence, found.ok().flatten().filter(|_| kind.is_none()));
    }
    Ok(log)
}

/// Compares what the commits name with what is there.
fn compare(
    lake: &Store,
    log: &BTreeMap<u64, Option<Entry>>,
    replaced: &HashMap<String, bool>,
    there: &BTreeMap<String, u64>,
    drift: &mut Drift,
) -> Result<()> {
    let named = log.values().flatten().flat_map(|entry| [&entry.outputs, &entry.rejects, &entry.lists]).flatten();
    let named: Vec<&OutputFile> = named.filter(|file| !replaced.contains_key(&file.path)).collect();
    let mut same_size = Vec::new();
    for file in named {
        drift.files += 1;
        drift.bytes += file.bytes;
        match there.get(&file.path) {
            Some(&size) if size == file.bytes => same_size.push(file),
            Some(&size) => drift.findings.push(Finding {
                path: file.path.clone(),
                kind: DriftKind::Changed,
                expected: format!("{} bytes", file.bytes),
                actual: format!("{size} bytes"),
                advice: REREAD.to_owned(),
            }),
            None => drift.findings.push(Finding {
                path: file.path.clone(),
                kind: DriftKind::Missing,
                expected: format!("{} bytes, {} rows", file.bytes, file.rows),
                actual: "nothing".to_owned(),
                advice: REREAD.to_owned(),
            }),
        }
    }
    if drift.checksums {
        drift.findings.extend(compare_checksums(lake, &same_size)?);
    }
    Ok(())
}

fn compare_checksums(lake: &Store, files: &[&OutputFile]) -> Result<Vec<Finding>> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    let findings = Mutex::new(Ok(Vec::new()));
    let take = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::SeqCst)) {
            let finding = compare_checksum(lake, file);
            let mut findings = findings.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match (findings.as_mut(), finding) {
                (Ok(findings), Ok(finding)) => findings.extend(finding),
                (Ok(_), Err(error)) => *findings = Err(error),
                (Err(_), _) => return,
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(take);
        }
        take();
    });
    findings.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn compare_checksum(lake: &Store, file: &OutputFile) -> Result<Option<Finding>> {
    let bytes = lake.read(&file.path)?.unwrap_or_default();
    Ok((!state::is_whole(&bytes, &file.checksum)).then(|| Finding {
        path: file.path.clone(),
        kind: DriftKind::Changed,
        expected: format!("checksum {}", file.checksum),
        actual: format!("checksum {}", state::checksum(&bytes)),
        advice: REREAD.to_owned(),
    }))
}

/// Finds the data files and reject files that no commit names.
fn find_orphans(
    log: &BTreeMap<u64, Option<Entry>>,
    replaced: &HashMap<String, bool>,
    there: &BTreeMap<String, u64>,
    drift: &mut Drift,
) {
    let tip = log.keys().next_back().copied().unwrap_or(0);
    let named: HashMap<&str, u64> = log
        .values()
        .flatten()
        .flat_map(|entry| entry.outputs.iter().chain(&entry.rejects).map(|file| (file.path.as_str(), entry.sequence)))
        .collect();
    for (path, size) in there {
        let was_replaced = replaced.get(path).copied();
        if was_replaced == Some(false) {
            drift.replaced_files += 1;
            continue;
        }
        if recover::plan_of(path).is_some() || (named.contains_key(path.as_str()) && was_replaced.is_none()) {
            continue;
        }
        let advice = match state::written_by(path) {
            Some(_) if was_replaced.is_some() => "its rows stand in another file by now; the next run removes it",
            Some(plan) if plan.sequence == tip + 1 => {
                drift.unfinished_files += 1;
                continue;
            }
            Some(plan) if matches!(log.get(&plan.sequence), Some(None)) => "restore the commit log first",
            Some(plan) if plan.sequence <= tip => "left over from a run that ended early; the next run removes it",
            Some(_) => "of a commit that is not in the log: restore the log from a backup, or remove the file",
            None => "not made by bucketscope, but Athena would read it: move it elsewhere",
        };
        drift.findings.push(Finding {
            path: path.clone(),
            kind: DriftKind::Orphaned,
            expected: "nothing".to_owned(),
            actual: format!("{size} bytes"),
            advice: advice.to_owned(),
        });
    }
}
