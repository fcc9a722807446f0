//! What runs of the job did and cost.

use serde::Serialize;
use serde_json::Value;

use crate::aws::crawlers::Crawl;
use crate::aws::jobs::Run;
use crate::blueprint::Names;
use crate::blueprint::names::JobName;
use crate::config::cloud::{Cloud, Engine};
use crate::cost;

/// A run is billed for a minute at least (AWS Glue pricing).
const BILLED_AT_LEAST: f64 = 60.0;

/// The summary that the worker writes as the last line of its output.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Log objects read.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Lines read.
    pub lines: u64,
    /// Records written.
    pub records: u64,
    /// Lines rejected.
    pub rejected: u64,
    /// Parquet files written.
    pub files: u64,
    /// Their bytes.
    pub output_bytes: u64,
    /// Whether there was nothing to do.
    pub nothing_new: bool,
    /// The run of the job with many workers that goes on with what was too much for this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<HandedOver>,
    /// Whether another run was at work, to which this one left everything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub left_to_another: bool,
    /// What was joined, where it was a compaction. It reads and writes no records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined: Option<Joined>,
}

/// What a compaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Joined {
    /// Partitions whose files were joined.
    pub partitions: u64,
    /// Their files before.
    pub files_before: u64,
    /// Bytes of these.
    pub bytes_before: u64,
    /// Their files now.
    pub files_after: u64,
    /// Bytes of these.
    pub bytes_after: u64,
    /// Partitions that were left as they are.
    pub left_out: u64,
    /// Files that earlier ones replaced and that are gone now.
    pub cleared: u64,
}

/// Where a backlog went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandedOver {
    /// The run, where one was started for it; else one was at work.
    pub run: Option<String>,
    /// Its workers, the driver among them.
    pub workers: u64,
    /// Log objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A run with what it did and cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSeen {
    /// Its id.
    pub id: String,
    /// Its state, in Glue's word.
    pub state: String,
    /// When it was started, milliseconds since the epoch.
    pub started_ms: Option<i64>,
    /// How long it took, or takes by now.
    pub seconds: u64,
    /// What it used.
    pub dpu_hours: f64,
    /// What that costs, in US dollars.
    pub usd: f64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it did, where its output is there to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
}

/// The summary in the last lines of a worker's output.
pub fn summary(lines: &[String]) -> Option<Summary> {
    let json = lines.iter().rev().filter_map(|line| serde_json::from_str::<Value>(line.trim()).ok());
    json.into_iter().find_map(|value| {
        let number = |pointer: &str| value.pointer(pointer).and_then(Value::as_u64);
        if let Some(partitions) = number("/compaction/partitions") {
            let of = |name: &str| number(&format!("/compaction/{name}")).unwrap_or_default();
            let joined = Joined {
                partitions,
                files_before: of("files_before"),
                bytes_before: of("bytes_before"),
                files_after: of("files_after"),
                bytes_after: of("bytes_after"),
                left_out: of("left_out"),
                cleared: number("/cleared/files").unwrap_or_default(),
            };
            return Some(Summary { nothing_new: partitions == 0, joined: Some(joined), ..Summary::default() });
        }
        Some(Summary {
            joined: None,
            records: number("/counts/records")?,
            rejected: number("/counts/rejected")?,
            objects: number("/counts/objects").unwrap_or_default(),
            bytes: number("/counts/bytes").unwrap_or_default(),
            lines: number("/counts/lines").unwrap_or_default(),
            files: number("/files").unwrap_or_default(),
            output_bytes: number("/output_bytes").unwrap_or_default(),
            nothing_new: value.get("nothing_new").and_then(Value::as_bool).unwrap_or_default(),
            handed_over: value.get("handed_over").map(|over| HandedOver {
                run: over.get("run").and_then(Value::as_str).map(str::to_owned),
                workers: over.get("workers").and_then(Value::as_u64).unwrap_or_default(),
                objects: number("/left/objects").unwrap_or_default(),
                bytes: number("/left/bytes").unwrap_or_default(),
            }),
            left_to_another: value.get("at_work").is_some(),
        })
    })
}

/// For how many seconds a run has been at work, by Glue's count or by the clock while it is.
pub fn seconds(run: &Run, now_ms: i64) -> u64 {
    let until = run.ended_ms.or(run.is_active().then_some(now_ms));
    let by_clock = run.started_ms.zip(until).map(|(from, to)| to.saturating_sub(from).max(0).unsigned_abs() / 1000);
    if run.seconds > 0 { run.seconds } else { by_clock.unwrap_or_default() }
}

/// What a run used, in DPU-seconds as they are billed.
pub fn dpu_seconds(run: &Run, now_ms: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no run lasts for centuries")]
    let seconds = seconds(run, now_ms) as f64;
    // Until it has a machine, nothing is billed.
    let billed = if seconds > 0.0 { seconds.max(BILLED_AT_LEAST) } else { 0.0 };
    run.dpu_seconds.filter(|counted| *counted > 0.0).unwrap_or(billed * run.dpus.unwrap_or_default())
}

/// A run as it is shown.
pub fn seen(run: &Run, engine: Engine, now_ms: i64, summary: Option<Summary>) -> RunSeen {
    let used = dpu_seconds(run, now_ms);
    RunSeen {
        id: run.id.clone(),
        state: run.state.clone(),
        started_ms: run.started_ms,
        seconds: seconds(run, now_ms),
        dpu_hours: used / 3600.0,
        usd: cost::job_cost(engine, used),
        error: run.error.clone(),
        summary,
    }
}

/// Where a run's output and errors are written: group and stream (AWS Glue User Guide, "Logging for AWS Glue jobs").
pub struct Streams {
    /// Where its standard output goes; the first that is there counts.
    pub output: Vec<(String, String)>,
    /// Where its errors go.
    pub errors: Vec<(String, String)>,
}

/// The streams of a run.
pub fn streams(cloud: &Cloud, job: &JobName, id: &str) -> Streams {
    let at = |group: &str, stream: &str| (group.to_owned(), stream.to_owned());
    match job.engine {
        Engine::Auto | Engine::Pythonshell => Streams {
            output: vec![at("/aws-glue/python-jobs/output", id)],
            errors: vec![at("/aws-glue/python-jobs/error", id)],
        },
        Engine::Glueetl => Streams {
            output: vec![
                at("/aws-glue/jobs/output", id),
                at(&Names::of(cloud).log_group("etl"), &format!("{id}-driver")),
            ],
            errors: vec![
                at("/aws-glue/jobs/error", id),
                at(&Names::of(cloud).log_group("etl"), &format!("{id}-driver")),
            ],
        },
        Engine::Ray => Streams {
            output: vec![at("/aws-glue/ray/jobs/script-log", id)],
            errors: vec![at("/aws-glue/ray/jobs/script-log", id)],
        },
    }
}

/// How many partitions a crawl added: its summary holds, by kind of thing, JSON or JSON in a text
/// (AWS Glue API reference: CrawlerHistory).
pub fn partitions_added(crawl: &Crawl) -> u64 {
    let summary: Value = serde_json::from_str(&crawl.summary).unwrap_or_default();
    let partition = match summary.get("PARTITION") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(other) => other.clone(),
        None => Value::Null,
    };
    let added = partition.get("ADD");
    let count = added.and_then(|added| added.get("Count").or(added.get("count")).unwrap_or(added).as_u64());
    count.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(state: &str, seconds: u64) -> Run {
        Run { state: state.to_owned(), seconds, dpus: Some(1.0), started_ms: Some(1_000), ..Run::default() }
    }

    #[test]
    fn the_summary_is_the_last_line_that_is_one() {
        let lines = |text: &[&str]| text.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let json =
            r#"{"counts":{"objects":2,"bytes":9,"lines":5,"records":4,"rejected":1},"files":1,"nothing_new":false}"#;
        let found = summary(&lines(&["starting", json, "", "bye"])).unwrap();
        assert_eq!((found.objects, found.records, found.rejected, found.files), (2, 4, 1, 1));
        assert_eq!(summary(&lines(&["{", "{}", "null", r#"{"counts":{}}"#])), None);
        assert_eq!((found.handed_over, found.left_to_another), (None, false));
        let left = r#"{"counts":{"records":0,"rejected":0},"left":{"objects":7,"bytes":9},"handed_over":{"job":"j","run":"jr_9","workers":4}}"#;
        let over = summary(&lines(&[left])).unwrap().handed_over.unwrap();
        assert_eq!(over, HandedOver { run: Some("jr_9".to_owned()), workers: 4, objects: 7, bytes: 9 });
        let busy = r#"{"counts":{"records":0,"rejected":0},"at_work":{"pid":3}}"#;
        assert!(summary(&lines(&[busy])).unwrap().left_to_another);
    }

    #[test]
    fn the_summary_of_a_compaction_is_one() {
        let json =
            r#"{"compaction":{"partitions":3,"files_before":9,"files_after":3},"cleared":{"files":4,"waiting":9}}"#;
        let joined = summary(&[json.to_owned()]).unwrap().joined.unwrap();
        assert_eq!((joined.partitions, joined.files_before, joined.files_after, joined.cleared), (3, 9, 3, 4));
    }

    #[test]
    fn a_run_costs_what_is_billed() {
        let hour = seen(&run("SUCCEEDED", 3600), Engine::Pythonshell, 0, None);
        assert!((hour.dpu_hours - 1.0).abs() < 1e-9 && (hour.usd - 0.44).abs() < 1e-9);
        assert!((dpu_seconds(&run("SUCCEEDED", 5), 0) - 60.0).abs() < 1e-9, "a minute at least");
        let counted = Run { dpu_seconds: Some(7.0), ..run("SUCCEEDED", 3600) };
        assert!((dpu_seconds(&counted, 0) - 7.0).abs() < 1e-9, "Glue's own count wins");
        assert_eq!(seconds(&run("RUNNING", 0), 91_000), 90, "by the clock while it runs");
        assert!(dpu_seconds(&run("STARTING", 0), 1_000) < 1e-9);
    }

    #[test]
    fn a_crawls_summary_is_read_in_both_forms() {
        let added = |text: &str| partitions_added(&Crawl { summary: text.to_owned(), ..Crawl::default() });
        assert_eq!(added(r#"{"PARTITION":"{\"ADD\":{\"Count\":3,\"Details\":{}}}"}"#), 3);
        assert_eq!(added(r#"{"TABLE":{},"PARTITION":{"ADD":{"Count":2}}}"#), 2);
        assert_eq!(added(r#"{"PARTITION":{"UPDATE":{"Count":2}}}"#), 0);
        assert_eq!(added("no JSON"), 0);
    }
}
