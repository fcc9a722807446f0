//! What was found in an account, as it is shown before the questions.

use crate::aws::discover::Logging;
use crate::ui::text::{self, plural, visible};
use crate::ui::{Paint, ask};
use crate::wizard::Known;
use crate::wizard::questions::{place_of, place_words, trail_words};

/// At most this many places and trails are shown; the questions have them all.
const SHOWN: usize = 8;

/// Columns before what was found's own name, and behind it.
const HEAD: usize = 14;

/// The lines.
pub fn lines(known: &Known, arn: &str, paint: Paint) -> Vec<String> {
    let mut rows: Vec<(&str, String, String)> = vec![
        ("Account", known.account_id.clone(), visible(arn).into_owned()),
        ("Region", known.region.clone(), String::new()),
    ];
    rows.push(("Buckets", buckets(known), String::new()));
    let places = known.survey.places.iter().map(|place| {
        (visible(&format!("{}/{}", place.bucket, place.prefix)).into_owned(), visible(&place_words(place)).into_owned())
    });
    section(&mut rows, "Logs in", places.collect());
    let trails = known.survey.trails.iter().map(|trail| {
        let place = format!("{} → {}", trail.name, place_of(trail));
        (visible(&place).into_owned(), visible(&trail_words(trail)).into_owned())
    });
    section(&mut rows, "Trails", trails.collect());
    let unseen = known.survey.unseen.iter().map(|what| (visible(what).into_owned(), String::new()));
    section(&mut rows, "Not seen", unseen.collect());
    let wide = rows.iter().filter(|row| !row.2.is_empty()).map(|row| text::width(&row.1)).max().unwrap_or(0).min(44);
    let room = ask::width().saturating_sub(wide + HEAD + 1).max(24);
    let mut out = vec![String::new()];
    for (head, what, detail) in &rows {
        let mut details = text::wrap(detail, room).into_iter();
        let gap = " ".repeat(wide.saturating_sub(text::width(what)));
        let first = paint.dim(&details.next().unwrap_or_default());
        let line = format!("  {}  {what}{gap}  {first}", paint.bold(&format!("{head:<8}")));
        out.push(line.trim_end().to_owned());
        out.extend(details.map(|more| format!("{}{}", " ".repeat(wide + HEAD), paint.dim(&more))));
    }
    out
}

fn section(rows: &mut Vec<(&'static str, String, String)>, head: &'static str, found: Vec<(String, String)>) {
    let more = found.len().saturating_sub(SHOWN);
    for (index, (what, detail)) in found.into_iter().take(SHOWN).enumerate() {
        rows.push((if index == 0 { head } else { "" }, what, detail));
    }
    if more > 0 {
        rows.push(("", format!("and {more} more"), String::new()));
    }
}

fn buckets(known: &Known) -> String {
    let all = &known.survey.buckets;
    let count = |is: fn(&Logging) -> bool| all.iter().filter(|bucket| is(&bucket.logging)).count();
    let on = count(|logging| matches!(logging, Logging::To(_)));
    let unknown = count(|logging| matches!(logging, Logging::Unknown(_)));
    let mut out = format!("{}, {on} with logging on", plural(all.len() as u64, "bucket", "buckets"));
    if unknown > 0 {
        out.push_str(&format!(", {unknown} unknown"));
    }
    out
}
