//! How fast logs are parsed and encoded here, without any storage.

use std::path::Path;
use std::time::{Duration, Instant};

use super::Speed;
use crate::etl::encode::{Encoder, ObjectColumns};
use crate::generate::{Options, generate};
use crate::logs::access::Parser;
use crate::logs::lines::{lines, trim_line};
use crate::{Error, Result};

/// Bytes of logs, many times the caches of a processor.
const BYTES: u64 = 32_000_000;

/// Measures for about twice `time`. Logs are generated in `folder` first and removed again.
///
/// # Errors
/// If they cannot be written, or are not what the parser reads.
pub fn speed(folder: &Path, cores: usize, time: Duration) -> Result<Speed> {
    let logs = folder.join(format!("bucketscope-self-test-logs-{}", std::process::id()));
    let options = Options { bytes: BYTES, days: 1, objects: Some(1), threads: cores, ..Options::default() };
    let made = generate(&options, &logs).and_then(|_| read(&logs));
    // One that could not be made is not there.
    let _ = std::fs::remove_dir_all(&logs);
    let text = made?;
    let one_core = measure(&text, time)?;
    let all_cores = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(|| measure(&text, time))).collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(panicked())));
        joined.sum::<Result<f64>>()
    })?;
    Ok(Speed { one_core, all_cores })
}

fn panicked() -> Error {
    Error::failed("the measurement ended unexpectedly")
}

fn read(folder: &Path) -> Result<Vec<u8>> {
    let unreadable = |error| Error::failed(format!("cannot read {}", folder.display())).because(error);
    let mut text = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        text.extend(std::fs::read(entry.map_err(unreadable)?.path()).map_err(unreadable)?);
    }
    Ok(text)
}

/// Millions of bytes a second, over as many passes as fit in `time`, and over one at least.
fn measure(text: &[u8], time: Duration) -> Result<f64> {
    let mut encoder = Encoder::new()?;
    let began = Instant::now();
    let mut bytes = 0;
    while bytes == 0 || began.elapsed() < time {
        pass(text, &mut encoder)?;
        bytes += text.len();
    }
    Ok(bytes as f64 / 1e6 / began.elapsed().as_secs_f64())
}

fn pass(text: &[u8], encoder: &mut Encoder) -> Result<()> {
    let mut parser = Parser::default();
    encoder.begin_object(&ObjectColumns { log_object: "o", source_id: "s", account_id: None, bucket_region: None });
    for (number, line) in (1..).zip(lines(text)) {
        let line = trim_line(line);
        let record = parser
            .parse(line)
            .map_err(|reject| Error::failed("a generated line is no record").because(format!("{reject:?}")))?;
        encoder.push(&record, number, line.len())?;
        if encoder.is_full() {
            encoder.empty(&mut |_| Ok(()))?;
        }
    }
    encoder.empty(&mut |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_measured_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let found = speed(folder.path(), 2, Duration::ZERO).unwrap();
        assert!(found.one_core > 0.0 && found.all_cores > 0.0, "{found:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
