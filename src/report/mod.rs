//! What a lake's report says: values in, text out. Nothing is computed here but shares and bars.

pub mod page;
pub mod sql;

use std::fmt::Write;

use serde::Serialize;

use crate::ui::export::envelope;
use crate::ui::grid::{Cell, Column, Grid, Unit};
use crate::ui::text::{self, plural};
use crate::ui::{Screen, View, table};

/// Buckets that the page shows; JSON has all.
const BUCKETS_SHOWN: usize = 10;

/// What a lake holds of a range of time.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The pipeline's name.
    pub name: String,
    /// The range's beginning, RFC 3339.
    pub from: String,
    /// Its end, not part of it.
    pub to: String,
    /// The sums of all buckets.
    pub total: Traffic,
    /// By bucket, the busiest first.
    pub buckets: Vec<Bucket>,
    /// By day, UTC, days without requests included.
    pub days: Vec<Day>,
    /// What the saved queries that look for something found, the gravest first.
    pub findings: Vec<Finding>,
    /// Queries that look for something and were not asked, as the lake has no records of their table.
    pub left_out: Vec<String>,
    /// Queries that look for something and were not asked, as they need a parameter.
    pub not_asked: Vec<String>,
    /// The other saved queries over tables of which the lake has records.
    pub questions: Vec<String>,
    /// What the lake holds, whatever range was asked for; none while it holds nothing.
    pub lake: Option<Extent>,
    /// How a query is asked, with QUERY for its id.
    #[serde(skip)]
    pub command: String,
}

/// From the earliest hour with records to the latest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Extent {
    /// Its beginning, RFC 3339.
    pub from: String,
    /// Its end, not part of it.
    pub to: String,
}

/// Requests in numbers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Requests; what S3 does by itself, such as lifecycle actions, does not count.
    pub requests: u64,
    /// With a status of 4xx.
    pub client_errors: u64,
    /// With a status of 5xx.
    pub service_errors: u64,
    /// Without a requester, but with an address: unauthenticated.
    pub anonymous: u64,
    /// Bytes of the answers.
    pub bytes_sent: u64,
}

/// A bucket's traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// Its name; none for records without one.
    pub name: Option<String>,
    /// Its traffic.
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// A day's traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// `YYYY-MM-DD`, UTC.
    pub date: String,
    /// Its traffic.
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// What a saved query found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The query's id.
    pub query: String,
    /// How much it matters.
    pub severity: &'static str,
    /// What it looks for.
    pub title: String,
    /// How many rows it answers.
    pub rows: u64,
    /// The command that shows them.
    pub command: String,
}

impl Traffic {
    /// Adds another's numbers.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.client_errors += other.client_errors;
        self.service_errors += other.service_errors;
        self.anonymous += other.anonymous;
        self.bytes_sent += other.bytes_sent;
    }
}

impl View for Report {
    fn human(&self, screen: &Screen) -> String {
        let paint = screen.paint;
        let Some(lake) = &self.lake else {
            return format!("{}  no records\n", paint.bold(&self.name));
        };
        let mut out = format!("{}  {} to {}\n\n", paint.bold(&self.name), self.from, self.to);
        let width = screen.width.unwrap_or(100).min(100);
        match self.total.requests {
            0 => {
                let none =
                    format!("No requests in the access logs. The lake holds records of {} to {}.", lake.from, lake.to);
                for line in text::wrap(&none, width.saturating_sub(2)) {
                    let _ = writeln!(out, "  {line}");
                }
            }
            _ => self.write_traffic(screen, width, &mut out),
        }
        out.push('\n');
        if self.findings.iter().any(|finding| finding.rows > 0) {
            let _ = writeln!(out, "{}", table::draw(&self.finding_grid(), 0, screen));
        }
        for line in text::wrap(&self.nothing_found(), width) {
            let _ = writeln!(out, "{line}");
        }
        let mut questions = format!("Show rows: {}.", self.command);
        if !self.questions.is_empty() {
            questions.push_str(&format!(" Others to ask: {}.", self.questions.join(", ")));
        }
        out.push('\n');
        for line in text::wrap(&questions, width) {
            let _ = writeln!(out, "{}", paint.dim(&line));
        }
        out
    }

    fn json(&self) -> String {
        envelope("report", self)
    }
}

impl Report {
    /// Sums, a bar a day, and the buckets.
    fn write_traffic(&self, screen: &Screen, width: usize, out: &mut String) {
        let total = &self.total;
        let summary = format!(
            "{}, {} sent; {} refused (4xx), {} failed (5xx), {} unauthenticated",
            plural(total.requests, "request", "requests"),
            text::bytes(total.bytes_sent),
            share(total.client_errors, total.requests),
            share(total.service_errors, total.requests),
            share(total.anonymous, total.requests),
        );
        for line in text::wrap(&summary, width.saturating_sub(2)) {
            let _ = writeln!(out, "  {line}");
        }
        if self.days.len() > 1 {
            out.push_str(&self.trend(screen));
        }
        let _ = write!(out, "\n{}", table::draw(&self.bucket_grid(), BUCKETS_SHOWN, screen));
        if self.buckets.len() > BUCKETS_SHOWN {
            let rest = plural((self.buckets.len() - BUCKETS_SHOWN) as u64, "bucket", "buckets");
            let _ = writeln!(out, "{}", screen.paint.dim(&format!("… and {rest} more; --output json has all")));
        }
    }

    /// A bar a day, one character each, the last days where there are more than fit.
    fn trend(&self, screen: &Screen) -> String {
        const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let room = screen.width.unwrap_or(100).saturating_sub(40).clamp(7, 92);
        let days = &self.days[self.days.len().saturating_sub(room)..];
        let most = days.iter().map(|day| day.traffic.requests).max().unwrap_or(0);
        let bar = |day: &Day| {
            let eighth = (day.traffic.requests * 8).div_ceil(most.max(1)).clamp(1, 8);
            BARS[usize::try_from(eighth - 1).unwrap_or(0)]
        };
        let bars: String = days.iter().map(bar).collect();
        let first = days.first().map_or("", |day| day.date.as_str());
        let last = days.last().map_or("", |day| day.date.as_str());
        format!("  {first} {} {last}, {} at most a day\n", screen.paint.cyan(&bars), text::count(most))
    }

    fn bucket_grid(&self) -> Grid {
        let mut grid = Grid::new(vec![
            Column::new("bucket"),
            Column::new("requests"),
            Column::new("4xx"),
            Column::new("5xx"),
            Column::new("anonymous"),
            Column::with("sent", Unit::Bytes),
        ]);
        for bucket in &self.buckets {
            let traffic = &bucket.traffic;
            grid.push(vec![
                bucket.name.clone().map_or(Cell::Null, |name| Cell::Text(name.into())),
                Cell::count(traffic.requests),
                Cell::count(traffic.client_errors),
                Cell::count(traffic.service_errors),
                Cell::count(traffic.anonymous),
                Cell::count(traffic.bytes_sent),
            ]);
        }
        grid
    }

    /// What was looked for in vain, and what was not looked for.
    fn nothing_found(&self) -> String {
        let in_vain = self.findings.iter().filter(|finding| finding.rows == 0).count();
        let mut line = match in_vain {
            0 => String::new(),
            _ if in_vain == self.findings.len() => {
                format!("Nothing was found in {}.", plural(in_vain as u64, "check", "checks"))
            }
            _ => format!("{} found nothing.", plural(in_vain as u64, "other check", "other checks")),
        };
        if !self.left_out.is_empty() {
            let (left_out, them) = match self.left_out.len() {
                1 => ("1 check was".to_owned(), "it"),
                many => (format!("{many} checks were"), "them"),
            };
            line.push_str(&format!(" {left_out} left out: the lake has no records for {them}."));
        }
        match self.not_asked.as_slice() {
            [] => {}
            [one] => line.push_str(&format!(" {one} was not asked: it needs a parameter.")),
            many => line.push_str(&format!(" {} were not asked: they need a parameter.", many.join(", "))),
        }
        line
    }

    fn finding_grid(&self) -> Grid {
        let mut grid = Grid::new(["finding", "severity", "rows", "query"].map(Column::new).to_vec());
        for finding in self.findings.iter().filter(|finding| finding.rows > 0) {
            let own = |text: &str| Cell::Text(text.to_owned().into());
            grid.push(vec![own(&finding.title), own(finding.severity), Cell::count(finding.rows), own(&finding.query)]);
        }
        grid
    }
}

fn share(part: u64, whole: u64) -> String {
    match part {
        0 => "none".to_owned(),
        _ => format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Paint;

    #[test]
    fn a_page_has_sums_a_bar_a_day_buckets_and_findings() {
        let traffic = Traffic { requests: 200, client_errors: 5, bytes_sent: 1_500, ..Traffic::default() };
        let day = |date: &str, requests| Day { date: date.to_owned(), traffic: Traffic { requests, ..traffic } };
        let finding = |query: &str, title: &str, rows| Finding {
            query: query.to_owned(),
            severity: "medium",
            title: title.to_owned(),
            rows,
            command: format!("bucketscope query {query}"),
        };
        let report = Report {
            name: "shop".to_owned(),
            from: "2026-06-01T00:00:00Z".to_owned(),
            to: "2026-06-04T00:00:00Z".to_owned(),
            total: traffic,
            buckets: vec![Bucket { name: Some("photos".to_owned()), traffic }],
            days: vec![day("2026-06-01", 160), day("2026-06-02", 0), day("2026-06-03", 40)],
            findings: vec![
                finding("access-denied", "Requests refused with 403", 5),
                finding("insecure-tls", "Old TLS", 0),
            ],
            left_out: vec!["ct-root-activity".to_owned()],
            not_asked: vec!["ct-unapproved-regions".to_owned()],
            lake: Some(Extent { from: "2026-06-01T00:00:00Z".to_owned(), to: "2026-06-03T09:00:00Z".to_owned() }),
            questions: vec!["object-access".to_owned()],
            command: "bucketscope query QUERY".to_owned(),
        };
        let expected = "\
shop  2026-06-01T00:00:00Z to 2026-06-04T00:00:00Z

  200 requests, 1.5 kB sent; 2.5 % refused (4xx), none failed (5xx), none unauthenticated
  2026-06-01 █▁▂ 2026-06-03, 160 at most a day

bucket  requests  4xx  5xx  anonymous    sent
──────  ────────  ───  ───  ─────────  ──────
photos       200    5    0          0  1.5 kB

finding                    severity  rows  query
─────────────────────────  ────────  ────  ─────────────
Requests refused with 403  medium       5  access-denied

1 other check found nothing. 1 check was left out: the lake has no records for it.
ct-unapproved-regions was not asked: it needs a parameter.

Show rows: bucketscope query QUERY. Others to ask: object-access.
";
        let plain = Screen { width: None, paint: Paint::plain() };
        assert_eq!(report.human(&plain), expected);
        // Findings of CloudTrail are told where there are no requests.
        let without = Report { total: Traffic::default(), ..report.clone() }.human(&plain);
        assert!(
            without.contains("  No requests in the access logs. The lake holds records of 2026-06-01T00:00:00Z to\n"),
            "{without}"
        );
        assert!(without.contains("Requests refused with 403  medium"), "{without}");
        assert_eq!(Report { lake: None, ..report }.human(&plain), "shop  no records\n");
    }
}
