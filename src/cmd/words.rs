//! Counts and codes of the pipeline in a person's words.

use std::collections::BTreeMap;

use crate::etl::model::Counts;
use crate::ui::reads::Reads;
use crate::ui::text::{self, plural};

/// `read N lines = written N records + rejected N`.
pub fn balance(counts: &Counts, reads: Reads) -> String {
    format!(
        "read {} = written {} + rejected {}",
        reads.units(counts.lines),
        plural(counts.records, "record", "records"),
        text::count(counts.rejected)
    )
}

/// What a stable code of a reject or of damage means.
pub(super) fn meaning(code: &str) -> Option<&'static str> {
    Some(match code {
        "empty_line" => "nothing but white space",
        "too_long" => "longer than any log line or record",
        "cut_short" => "ends where the object is damaged",
        "no_time" => "no [time] after owner and bucket",
        "bad_time" => "a [time] that is none",
        "no_operation" => "no request id and operation",
        "no_status" => "no status and sizes after the request URI",
        "bad_number" => "a number that cannot be one",
        "no_user_agent" => "referrer or user agent missing",
        "not_cloudtrail" => "the file is no log file of CloudTrail",
        "out_of_place" => "the file is no list of records from here on",
        "too_deep" => "a record that is nested too deep",
        "malformed" => "a record that is no JSON",
        "no_object" => "a record that is no object",
        "no_event_time" => "no eventTime",
        "bad_event_time" => "an eventTime that is none",
        "no_event_id" => "neither an eventID nor an eventVersion 1.x",
        "json_truncated" => "the list of records does not end",
        "json_malformed" => "the list of records is broken",
        "gzip_truncated" | "zstd_truncated" => "the compressed data end too early",
        "zstd_window_too_large" => "zstd data that need a window of more than 32 MiB",
        "gzip_corrupt" | "zstd_corrupt" => "the compressed data are broken",
        _ => return None,
    })
}

/// One line a code, the most frequent first.
pub fn by_code(counts: &BTreeMap<String, u64>) -> Vec<String> {
    let mut sorted: Vec<(&String, u64)> = counts.iter().map(|(code, n)| (code, *n)).collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let wide = sorted.iter().map(|(_, n)| text::count(*n).len()).max().unwrap_or(0);
    sorted
        .into_iter()
        .map(|(code, n)| {
            let code = text::visible(code);
            let words = meaning(&code).map_or(String::new(), |words| format!("  {words}"));
            format!("{:>wide$} {code:<16}{words}", text::count(n)).trim_end().to_owned()
        })
        .collect()
}

/// Lines of a small sheet: a dim name, a value; further lines of a value are indented to it.
pub fn sheet(rows: &[(&str, Vec<String>)], screen: &crate::ui::Screen) -> String {
    let wide = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let room = screen.width.map_or(usize::MAX, |width| width.saturating_sub(wide + 4).max(20));
    let mut out = String::new();
    for (name, values) in rows {
        let mut head = *name;
        for line in values
            .iter()
            .flat_map(|value| if text::width(value) > room { text::wrap(value, room) } else { vec![value.clone()] })
        {
            let gap = " ".repeat(wide - head.len());
            out.push_str(&format!("  {}{gap}  {line}\n", screen.paint.dim(head)));
            head = "";
        }
    }
    out
}
