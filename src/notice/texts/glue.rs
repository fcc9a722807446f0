//! Runs of jobs, and crawls.

use super::{Kind, Message, Setup, quoted, sentence, when};

/// A run that did not succeed.
pub(super) fn run(setup: &Setup, job: &str, run: &str, state: &str, message: &str, at: &str) -> Message {
    let (subject, how) = match state {
        "TIMEOUT" => {
            ("A run took too long", format!("was stopped, as it took longer than {} minutes", setup.timeout_minutes))
        }
        "STOPPED" => ("A run was stopped", "was stopped by somebody".to_owned()),
        _ => ("A run failed", format!("failed: {}", sentence(message))),
    };
    let happened = format!("A run of the job that reads new logs {how}.");
    let said = (state != "FAILED" && !message.is_empty()).then(|| quoted(message));
    Message::new(Kind::Failure, &setup.subject(subject), &happened)
        .facts(&[
            ("When", Some(when(at))),
            ("Pipeline", Some(setup.pipeline.clone())),
            ("Logs from", setup.sources()),
            ("Lake", Some(format!("s3://{}", setup.lake))),
            ("Job", Some(quoted(job))),
            ("Run", Some(quoted(run))),
            ("Glue says", said),
            ("Console", Some(setup.run_page(job, run))),
        ])
        .paragraph("No log is lost by this: the next run reads what this one would have.")
        .next("bucketscope status", "shows the last runs and why they failed; bucketscope run  starts one now")
}

/// A crawl that failed.
pub(super) fn crawl(setup: &Setup, crawler: &str, message: &str, at: &str) -> Message {
    let happened = format!("The crawler that adds partitions to the tables failed: {}.", sentence(message));
    Message::new(Kind::Failure, &setup.subject("A crawl failed"), &happened)
        .facts(&[
            ("When", Some(when(at))),
            ("Pipeline", Some(setup.pipeline.clone())),
            ("Lake", Some(format!("s3://{}", setup.lake))),
            ("Crawler", Some(quoted(crawler))),
            ("Console", Some(setup.crawler_page(crawler))),
        ])
        .paragraph("Queries may not see the newest hours until a crawl succeeds.")
        .next("bucketscope drift", "tells whether catalogue and lake agree")
}
