//! Planning over a bucket that is only arithmetic: up to a billion objects, listed and planned by the code of a run, without
//! a bucket and without a disk. `listings LAYOUT OBJECTS CASE` prints a row of the table in BENCHMARKS.md.
//!
//! LAYOUT is `simple` (names are times) or `event` (partitioned by event time). CASE is `backfill` (nothing is known),
//! `regular` (all but the last hour is known) or `full` (the same, listed as a whole). The objects are spread over a year.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bucketscope::etl::Settings;
use bucketscope::etl::commit::{Entry, Log};
use bucketscope::etl::horizon::Scope;
use bucketscope::etl::known::Known;
use bucketscope::etl::listing::Bounds;
use bucketscope::etl::model::{OutputFile, Source};
use bucketscope::etl::plan::{Draft, Limits, ListSpan};
use bucketscope::etl::source::{NewObjects, Wanted, Window};
use bucketscope::etl::state::PlanId;
use bucketscope::logs::table::Table;
use bucketscope::storage::Store;
use bucketscope::storage::pages::{Found, PAGE, Page, Pager};

#[path = "listings/sink.rs"]
mod sink;

/// 2026-01-01 and a year later, seconds since the epoch.
const BEGIN: u64 = 1_767_225_600;
const YEAR: u64 = 365 * 86_400;
const ETAG: &str = "\"0123456789abcdef0123456789abcdef\"";
const SIZE: u64 = 10_240;
/// How many objects a list of the commits before holds.
const LIST: u64 = 20_000;

/// A bucket of arithmetic.
#[derive(Debug)]
pub struct Bucket {
    objects: u64,
    by_event: bool,
    pages: AtomicU64,
}

impl Bucket {
    /// The key of an object; later objects have greater keys.
    fn key(&self, number: u64) -> String {
        let slots = if self.by_event { YEAR / 86_400 } else { YEAR };
        let slot = (u128::from(number) * u128::from(slots) / u128::from(self.objects)) as u64;
        let first = (u128::from(slot) * u128::from(self.objects)).div_ceil(u128::from(slots)) as u64;
        let room = u64::MAX / (self.objects / slots + 2);
        let unique = (number - first) * room + number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % room;
        let seconds = BEGIN + if self.by_event { slot * 86_400 } else { slot };
        let (year, month, day) = date(seconds / 86_400);
        let mut key = String::with_capacity(112);
        if self.by_event {
            let _ = write!(key, "111122223333/us-east-1/a-bucket-of-a-customer/{year:04}/{month:02}/{day:02}/");
        }
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        let _ = write!(key, "{year:04}-{month:02}-{day:02}-{hour:02}-{minute:02}-{second:02}-{unique:016X}");
        key
    }

    /// The first object whose key is greater.
    fn behind(&self, after: &str) -> u64 {
        let (mut low, mut high) = (0, self.objects);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key(middle).as_str() > after { high = middle } else { low = middle + 1 }
        }
        low
    }

    /// A list as a plan has it.
    pub fn list(&self, objects: Range<u64>) -> String {
        let mut text = String::new();
        for number in objects {
            let _ = writeln!(text, "s\t{SIZE}\t{ETAG}\t{}", self.key(number));
        }
        text
    }

    fn bytes_of_list(&self, objects: &Range<u64>) -> u64 {
        (self.list(objects.start..objects.start + 1).len() as u64) * (objects.end - objects.start)
    }
}

/// The civil date of a day since the epoch, in the years that matter here.
fn date(day: u64) -> (u64, u64, u64) {
    let (mut year, mut day) = (1970, day);
    let leap = |year: u64| year.is_multiple_of(4);
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    for (month, length) in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate() {
        if day < length {
            return (year, month as u64 + 1, day + 1);
        }
        day -= length;
    }
    (year, 12, 31)
}

impl Pager for Bucket {
    fn page(&self, after: Option<&str>) -> bucketscope::Result<Page> {
        self.pages.fetch_add(1, Ordering::Relaxed);
        let begin = after.map_or(0, |after| self.behind(after));
        let end = (begin + PAGE as u64).min(self.objects);
        let found =
            |number| Found { key: self.key(number), size: SIZE, etag: ETAG.into(), modified_ms: 0, archived: None };
        Ok(Page { objects: (begin..end).map(found).collect(), odd: Vec::new(), more: end < self.objects })
    }
}

/// The commits that hold the first `known` objects.
fn log(bucket: &Bucket, known: u64) -> Log {
    let mut log = Log::default();
    for (sequence, begin) in (0..known).step_by(LIST as usize * 10).enumerate() {
        let (mut lists, mut spans) = (Vec::new(), Vec::new());
        for begin in (begin..(begin + LIST * 10).min(known)).step_by(LIST as usize) {
            let objects = begin..(begin + LIST).min(known);
            let (first, last) = (bucket.key(objects.start), bucket.key(objects.end - 1));
            let time = |key: &str| bucketscope::logs::name::LogName::parse(key).map_or(0, |name| name.named_at);
            spans.push(ListSpan {
                named: Some((time(&first), time(&last))),
                first: ("s".into(), first),
                last: ("s".into(), last),
            });
            lists.push(OutputFile {
                path: format!("list/{}/{}", objects.start, objects.end),
                rows: objects.end - objects.start,
                bytes: bucket.bytes_of_list(&objects),
                checksum: String::new(),
            });
        }
        log.add(Entry { sequence: sequence as u64 + 1, lists, spans, ..Entry::default() });
    }
    log
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [layout, objects, case] = arguments.as_slice() else {
        return Err("usage: listings simple|event OBJECTS backfill|regular|full".into());
    };
    let objects: u64 = objects.parse()?;
    let bucket = Arc::new(Bucket { objects, by_event: layout == "event", pages: AtomicU64::new(0) });
    let settings = Settings::default();
    let now_ms = ((BEGIN + YEAR) * 1_000) as i64;
    let known = if case == "backfill" { 0 } else { objects - objects / (365 * 24) };
    let from_ms = now_ms - 3_600_000 - settings.look_back_ms;
    let scope = match case.as_str() {
        "regular" => Scope { bounds: Bounds::new(from_ms, i64::MAX), whole: false },
        _ => Scope { bounds: Bounds::ALL, whole: true },
    };
    let sink = Arc::new(sink::Sink::new(Arc::clone(&bucket)));
    let lake = Store::over(sink.clone());
    let store = Store::listed_by(sink.clone(), bucket.clone());
    let source = Source {
        id: "s".into(),
        location: String::new(),
        account_id: None,
        bucket_region: None,
        table: Table::AccessLogs,
    };
    let (begin, cpu) = (Instant::now(), sink::cpu_seconds());
    let mut known = Known::load(&lake, &log(&bucket, known))?;
    let wanted = Wanted { store: &store, source: &source, scope, inventory: None };
    let window = Window { settled_before_ms: i64::MAX, now_ms, delivered: None };
    let mut new = NewObjects::new([wanted], &mut known, window);
    let limits = Limits::default();
    let mut plans = 0;
    let mut largest = 0;
    while !new.is_at_end() {
        let mut draft = Draft::new(&lake, PlanId { sequence: plans + 1, attempt: 1 }, &limits);
        new.fill(&mut draft, &limits, || Ok(()))?;
        if draft.objects() > 0 {
            plans += 1;
            let plan = draft.finish("w", std::slice::from_ref(&source), 0, None)?;
            largest = largest.max(serde_json::to_vec(&plan)?.len());
        }
    }
    let listing = new.listing;
    let pages = bucket.pages.load(Ordering::Relaxed);
    println!(
        "| {layout} | {objects} | {case} | {pages} | {} | {} | {plans} | {:.1} | {:.1} | {:.1} | {:.1} | {} |",
        listing.listed,
        listing.new,
        sink.written() as f64 / 1e6,
        largest as f64 / 1e3,
        sink::cpu_seconds() - cpu,
        begin.elapsed().as_secs_f64(),
        sink::peak_mb(),
    );
    Ok(())
}
