//! The rows of a CSV data file: no header, values in quotes, keys URL-encoded (S3 User Guide, "Amazon S3 Inventory list").

use std::io::{BufRead, BufReader, Read};

use bytes::{Buf, Bytes};
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;

use super::{Columns, Row};
use crate::error::{Error, Result};

/// A longer line is no row: a key of 1,024 bytes, each encoded by three, and a dozen short values.
const LINE_AT_MOST: u64 = 64 << 10;
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The rows of a file.
pub(super) fn rows(bytes: Bytes, columns: Columns, file: String) -> impl Iterator<Item = Result<Row>> + Send {
    let reader: Box<dyn Read + Send> = match bytes.starts_with(GZIP) {
        true => Box::new(MultiGzDecoder::new(bytes.reader())),
        false => Box::new(bytes.reader()),
    };
    let mut reader = BufReader::new(reader);
    let (mut line, mut number, mut ended) = (Vec::new(), 0u64, false);
    std::iter::from_fn(move || {
        loop {
            if ended {
                return None;
            }
            line.clear();
            number += 1;
            let cannot = |why: &str| {
                Error::failed(format!("cannot use the inventory's file {file}")).because(format!("line {number} {why}"))
            };
            let read = reader.by_ref().take(LINE_AT_MOST).read_until(b'\n', &mut line);
            let row = match read {
                Ok(0) => return None,
                Err(error) => Err(cannot(&format!("cannot be read: {error}"))),
                Ok(_) if line.trim_ascii().is_empty() => continue,
                Ok(_) => row(&line, columns).ok_or_else(|| cannot("is no row with the columns of the manifest")),
            };
            ended = row.is_err();
            return Some(row);
        }
    })
}

fn row(line: &[u8], columns: Columns) -> Option<Row> {
    let values = values(std::str::from_utf8(line.trim_ascii_end()).ok()?)?;
    let text = |at: usize| values.get(at).map(String::as_str);
    let optional = |at: Option<usize>| match at {
        Some(at) => text(at),
        None => Some(""),
    };
    let (latest, marker) = (optional(columns.is_latest)?, optional(columns.is_delete_marker)?);
    let modified = optional(columns.modified)?.parse::<Timestamp>();
    let size = text(columns.size)?;
    Some(Row {
        key: text(columns.key)?.to_owned(),
        size: if size.is_empty() { None } else { Some(size.parse().ok()?) },
        etag: text(columns.etag)?.to_owned(),
        modified_ms: modified.map_or(0, Timestamp::as_millisecond),
        class: optional(columns.class)?.to_owned(),
        tier: optional(columns.tier)?.to_owned(),
        is_current: !latest.eq_ignore_ascii_case("false") && !marker.eq_ignore_ascii_case("true"),
    })
}

/// The values of a line; `None` where quotes do not match.
fn values(line: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        let (value, behind) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let mut value = String::new();
                let mut quoted = quoted;
                loop {
                    let (before, behind) = quoted.split_once('"')?;
                    value.push_str(before);
                    // Two quotes stand for one.
                    match behind.strip_prefix('"') {
                        Some(more) => {
                            value.push('"');
                            quoted = more;
                        }
                        None => break (value, behind),
                    }
                }
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (value, behind) = rest.split_at(end);
                (value.to_owned(), behind)
            }
        };
        values.push(value);
        match behind.strip_prefix(',') {
            Some(more) => rest = more,
            None => return behind.is_empty().then_some(values),
        }
    }
}

/// The key that stands encoded in a CSV file: a plus is a space.
pub(super) fn decode(encoded: &str) -> Option<String> {
    String::from_utf8(crate::storage::names::decode(encoded.replace('+', " ").as_bytes())).ok()
}
