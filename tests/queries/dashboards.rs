//! What QuickSight's dashboard stands on, against figures that this file works out from the log lines by itself: it takes the
//! lines apart at spaces, quotes and brackets, counts in maps, and knows nothing of SQL or of the lake.

use std::collections::BTreeMap;

use bucketscope::blueprint::quicksight;
use bucketscope::query::{Catalogue, TimeRange};
use bucketscope::report::sql;
use serde_json::Value as Json;

use super::cases::{given, range};
use super::lake::{ACCESS_LOG, CLIENTS_LOG, Lake, TRAIL, csv};

/// The region of all buckets of the fixtures.
const REGION: &str = "eu-west-1";

/// The first of June to the sixth. The fixtures have lines of the seventh, which must not count.
fn days() -> TimeRange {
    range("2026-06-01", "2026-06-07")
}

/// A log line's fields as they stand there; `-` is nothing.
struct Line(Vec<Option<String>>);

impl Line {
    fn of(text: &str) -> Self {
        let (mut fields, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let (inner, end) = match rest.as_bytes()[0] {
                b'"' => (1, rest[1..].find('"').unwrap() + 1),
                b'[' => (1, rest.find(']').unwrap()),
                _ => (0, rest.find(' ').unwrap_or(rest.len())),
            };
            let field = &rest[inner..end];
            fields.push((field != "-").then(|| field.to_owned()));
            rest = rest[end + inner..].trim_start_matches(' ');
        }
        assert_eq!(fields.len(), 27, "{text}");
        Self(fields)
    }

    fn text(&self, at: usize) -> Option<&str> {
        self.0[at].as_deref()
    }

    fn or(&self, at: usize, absent: &str) -> String {
        self.text(at).unwrap_or(absent).to_owned()
    }

    fn number(&self, at: usize) -> i64 {
        self.text(at).map_or(0, |number| number.parse().unwrap())
    }

    /// `01/Jun/2026:10:05:10 +0000`, all of the fixtures' lines being of June 2026.
    fn day(&self) -> String {
        format!("2026-06-{} 00:00:00.000", &self.text(2).unwrap()[..2])
    }

    fn hour(&self) -> String {
        let time = self.text(2).unwrap();
        format!("2026-06-{} {}:00:00.000", &time[..2], &time[12..14])
    }

    fn bucket(&self) -> String {
        self.or(1, "")
    }

    fn operation(&self) -> &str {
        self.text(6).unwrap()
    }

    fn by_rule(&self) -> bool {
        self.operation().starts_with("S3.")
    }

    fn status(&self) -> i64 {
        self.number(9)
    }

    fn refused(&self) -> i64 {
        i64::from((400..500).contains(&self.status()))
    }

    fn failed(&self) -> i64 {
        i64::from((500..600).contains(&self.status()))
    }

    fn class(&self) -> String {
        let class = match self.status() / 100 {
            2 => "2xx success",
            3 => "3xx redirected or unchanged",
            4 => "4xx refused",
            5 => "5xx failed",
            _ => "not logged",
        };
        class.to_owned()
    }

    fn uploaded(&self) -> i64 {
        let uploads = ["REST.PUT.OBJECT", "REST.POST.OBJECT", "REST.POST.UPLOAD"];
        if uploads.contains(&self.operation()) && self.status() < 400 { self.number(12) } else { 0 }
    }

    fn prefix(&self) -> Option<String> {
        let mut slashes = self.text(7)?.match_indices('/').map(|(at, _)| at);
        let (first, second) = (slashes.next(), slashes.next());
        Some(match second.or(first) {
            Some(slash) => self.text(7).unwrap()[..=slash].to_owned(),
            None => "(no slash)".to_owned(),
        })
    }

    /// Account and role of an ARN in the requester's place.
    fn account(&self) -> (String, String) {
        let parts: Vec<&str> = self.text(4).unwrap_or_default().split(':').collect();
        let [_, _, _, _, account, name] = parts[..] else { return Default::default() };
        let role = name.strip_prefix("assumed-role/").and_then(|role| role.split('/').next());
        (account.to_owned(), role.unwrap_or_default().to_owned())
    }

    /// Whether S3 bills for it, and if so whether as a write.
    fn billed(&self) -> Option<bool> {
        if self.status() == 403 || self.status() >= 500 {
            return None;
        }
        let writes =
            ["REST.COPY.OBJECT", "REST.COPY.PART", "REST.GET.BUCKET", "REST.GET.BUCKETVERSIONS", "REST.GET.UPLOADS"];
        match self.operation() {
            it if it.starts_with("REST.PUT.") || it.starts_with("REST.POST.") || writes.contains(&it) => Some(true),
            it if it.starts_with("REST.DELETE.") || it.starts_with("BATCH.DELETE.") || it.ends_with("_GET") => None,
            _ => Some(false),
        }
    }

    fn tls(&self) -> String {
        let encrypted = self.text(20).is_some() || self.text(8).is_none() || self.text(3).is_none();
        self.or(23, if encrypted || self.text(22).is_none() { "not logged" } else { "plain HTTP" })
    }

    fn action(&self) -> Option<String> {
        let rules = [
            ("S3.EXPIRE.OBJECT", "expired"),
            ("S3.CREATE.DELETEMARKER", "delete marker by a rule"),
            ("S3.DELETE.UPLOAD", "upload aborted by a rule"),
            ("S3.TRANSITION_SIA.OBJECT", "to STANDARD_IA"),
            ("S3.TRANSITION_ZIA.OBJECT", "to ONEZONE_IA"),
            ("S3.TRANSITION_INT.OBJECT", "to INTELLIGENT_TIERING"),
            ("S3.TRANSITION_GIR.OBJECT", "to GLACIER_IR"),
            ("S3.TRANSITION.OBJECT", "to GLACIER"),
            ("S3.TRANSITION_GDA.OBJECT", "to DEEP_ARCHIVE"),
        ];
        let action = match self.operation() {
            it if it.starts_with("S3.TRANSITION") => {
                rules.iter().find(|rule| rule.0 == it).map_or("other transition", |r| r.1)
            }
            it if it.starts_with("S3.") => rules.iter().find(|rule| rule.0 == it)?.1,
            "REST.DELETE.OBJECT" | "BATCH.DELETE.OBJECT" if self.status() < 400 && self.text(10).is_none() => {
                "deleted on request"
            }
            "REST.DELETE.OBJECT" | "BATCH.DELETE.OBJECT" => "deletion refused or failed",
            _ => return None,
        };
        Some(action.to_owned())
    }
}

/// All lines of both fixtures in the days that are asked for.
fn lines() -> Vec<Line> {
    let all = ACCESS_LOG.lines().chain(CLIENTS_LOG.lines()).map(Line::of);
    let lines: Vec<Line> = all.filter(|line| line.day().as_str() < "2026-06-07").collect();
    assert!(lines.len() > 80 && lines.len() < ACCESS_LOG.lines().count() + CLIENTS_LOG.lines().count());
    lines
}

/// Adds numbers up by what stands before them, and writes both as CSV.
fn summed(records: impl IntoIterator<Item = (Vec<String>, Vec<i64>)>) -> Vec<String> {
    let mut sums: BTreeMap<Vec<String>, Vec<i64>> = BTreeMap::new();
    for (group, numbers) in records {
        let sum = sums.entry(group).or_insert_with(|| vec![0; numbers.len()]);
        sum.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
    }
    let row = |(group, sums): (Vec<String>, Vec<i64>)| {
        group.into_iter().chain(sums.iter().map(i64::to_string)).collect::<Vec<_>>().join(",")
    };
    let mut rows: Vec<String> = sums.into_iter().map(row).collect();
    rows.sort();
    rows
}

fn asked(catalogue: &Catalogue, lake: &Lake, id: &str, range: TimeRange) -> Vec<String> {
    let answer = lake.engine().query(&catalogue.get(id).unwrap().bind(range, &[]).unwrap()).unwrap();
    let mut rows: Vec<String> = csv(&answer).lines().skip(1).map(str::to_owned).collect();
    rows.sort();
    rows
}

fn access_lake() -> Lake {
    Lake::in_region(&[ACCESS_LOG, CLIENTS_LOG], REGION)
}

/// Errors, and bytes sent, of one line.
fn errors_and_bytes(line: &Line) -> Vec<i64> {
    vec![1, line.refused() + line.failed(), line.number(11)]
}

fn by_day(value: impl Fn(&Line) -> Option<String>) -> Vec<String> {
    let requests = lines().into_iter().filter(|line| !line.by_rule());
    summed(requests.filter_map(|it| Some((vec![it.day(), it.bucket(), value(&it)?], errors_and_bytes(&it)))))
}

#[test]
fn sums_of_the_access_log_are_those_of_its_lines() {
    let (queries, lake) = (quicksight::queries().unwrap(), access_lake());
    let requests = || lines().into_iter().filter(|line| !line.by_rule());
    let traffic = requests().map(|it| {
        let numbers = vec![1, it.refused(), it.failed(), it.number(11), it.uploaded()];
        (vec![it.hour(), it.bucket(), it.operation().to_owned(), it.class()], numbers)
    });
    let errors = requests().filter(|it| it.status() >= 400).map(|it| {
        let error = format!("{} {}", it.status(), it.or(10, "without a code"));
        (vec![it.day(), it.bucket(), error, it.operation().to_owned()], vec![1])
    });
    let requesters = requests().map(|it| {
        let (account, role) = it.account();
        let elsewhere = if it.text(26).is_some_and(|region| region != REGION) { it.number(11) } else { 0 };
        let (write, read) = (it.billed() == Some(true), it.billed() == Some(false));
        let mut numbers = errors_and_bytes(&it);
        numbers.extend([it.uploaded(), i64::from(write), i64::from(read), elsewhere]);
        (vec![it.day(), it.bucket(), it.or(4, "(unauthenticated)"), account, role], numbers)
    });
    let security = requests().map(|it| {
        let old = ["plain HTTP", "TLSv1", "TLSv1.0", "TLSv1.1", "tlsv1.1"].contains(&it.tls().as_str());
        let told = [
            it.text(4).is_none() && it.text(3).is_some(),
            it.status() == 403,
            old,
            it.text(19) == Some("SigV2"),
            it.text(25) == Some("Yes"),
        ];
        let numbers = std::iter::once(1).chain(told.map(i64::from)).collect();
        (vec![it.day(), it.bucket(), it.tls(), it.or(19, "(unsigned)")], numbers)
    });
    let deletions = lines()
        .into_iter()
        .filter_map(|it| Some((vec![it.day(), it.bucket(), it.action()?], vec![1, it.number(12)])))
        .collect::<Vec<_>>();
    for (id, expected) in [
        ("traffic", summed(traffic)),
        ("errors", summed(errors)),
        ("requesters", summed(requesters)),
        ("security", summed(security)),
        ("deletions", summed(deletions)),
        ("addresses", by_day(|it| Some(it.or(3, "(not logged)")))),
        ("agents", by_day(|it| Some(it.or(16, "(not logged)")))),
        ("prefixes", by_day(Line::prefix)),
    ] {
        assert!(expected.len() > 5, "{id}");
        assert_eq!(asked(&queries, &lake, id, days()), expected, "{id}");
    }
}

#[test]
fn percentiles_are_those_of_the_sorted_times() {
    let mut groups: BTreeMap<Vec<String>, (i64, [Vec<i64>; 2])> = BTreeMap::new();
    for line in lines().iter().filter(|line| line.text(13).is_some() || line.text(14).is_some()) {
        let group = groups.entry(vec![line.hour(), line.bucket(), line.operation().to_owned()]).or_default();
        group.0 += 1;
        for (times, at) in group.1.iter_mut().zip([14, 13]) {
            times.extend(line.text(at).map(|_| line.number(at)));
        }
    }
    assert!(groups.values().any(|group| group.0 > 3), "some have more than one time");
    let row = |(group, (requests, mut times)): (Vec<String>, (i64, [Vec<i64>; 2]))| {
        times.iter_mut().for_each(|times| times.sort_unstable());
        // The value at rank p × n, counted from nought: what Trino gives of few values.
        let at = |times: &Vec<i64>, percent: usize| {
            times.get(times.len() * percent / 100).map_or(String::new(), i64::to_string)
        };
        let percentiles = times.iter().flat_map(|times| [50, 90, 99].map(|percent| at(times, percent)));
        group.into_iter().chain([requests.to_string()]).chain(percentiles).collect::<Vec<_>>().join(",")
    };
    let mut expected: Vec<String> = groups.into_iter().map(row).collect();
    expected.sort();
    assert_eq!(asked(&quicksight::queries().unwrap(), &access_lake(), "latency", days()), expected);
}

#[test]
fn sums_of_the_trail_are_those_of_its_events_each_once() {
    let file: Json = serde_json::from_str(TRAIL).unwrap();
    let mut events: BTreeMap<&str, &Json> = BTreeMap::new();
    for event in file["Records"].as_array().unwrap() {
        let day = &event["eventTime"].as_str().unwrap()[..10];
        if day == "2026-06-10" || day == "2026-06-11" {
            events.insert(event["eventID"].as_str().unwrap(), event);
        }
    }
    let row = |event: &Json| {
        let text = |at: &str| event.pointer(at).and_then(Json::as_str).filter(|text| !text.is_empty());
        let caller = ["arn", "principalId", "invokedBy", "accountId"];
        let caller = caller.iter().find_map(|name| text(&format!("/userIdentity/{name}"))).unwrap_or("(unknown)");
        let group = vec![
            format!("{} 00:00:00.000", &text("/eventTime").unwrap()[..10]),
            text("/requestParameters/bucketName").unwrap_or("(no bucket)").to_owned(),
            format!("{} ({})", text("/eventName").unwrap(), text("/eventSource").unwrap()),
            text("/errorCode").unwrap_or("(none)").to_owned(),
            caller.to_owned(),
            text("/sourceIPAddress").unwrap().to_owned(),
            text("/awsRegion").unwrap().to_owned(),
        ];
        let numbers = [true, text("/errorCode").is_some(), event["readOnly"] == false].map(i64::from);
        (group, numbers.to_vec())
    };
    let expected = summed(events.values().map(|event| row(event)));
    assert!(expected.len() > 20);
    let lake = Lake::with_trail(&[ACCESS_LOG], TRAIL);
    assert_eq!(asked(&quicksight::queries().unwrap(), &lake, "trail", range("2026-06-10", "2026-06-12")), expected);
}

#[test]
fn columns_are_those_of_the_front_matter_which_quicksight_is_told() {
    let queries = quicksight::queries().unwrap();
    let lake = Lake::with_trail(&[ACCESS_LOG], TRAIL).engine();
    for query in queries.queries() {
        let answer = lake.query(&query.bind(days(), &[]).unwrap()).unwrap();
        let answered: Vec<_> = answer.columns.iter().map(|c| (&c.name, &c.kind, &c.unit)).collect();
        let declared: Vec<_> = query.columns.iter().map(|c| (&c.name, &c.kind, &c.unit)).collect();
        assert_eq!(answered, declared, "{}", query.id);
    }
}

/// Requests by value, of the rows of an answer that hold `values` and `requests` in these columns.
fn by_value(rows: &[String], value: usize, requests: usize) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        // The page has no word for nothing where a data set has one in brackets.
        let named = if cells[value].starts_with('(') && cells[value] != "(no slash)" { "" } else { cells[value] };
        let named = if named == "not logged" { "" } else { named };
        *sums.entry(named.to_owned()).or_default() += cells[requests].parse::<i64>().unwrap();
    }
    sums
}

#[test]
fn the_dashboard_and_the_page_of_report_say_the_same() {
    let (queries, lake) = (quicksight::queries().unwrap(), access_lake());
    let page = sql::query("breakdowns").unwrap().bind(days(), &given(&[("shown", "/")])).unwrap();
    let page: Vec<String> = csv(&lake.engine().query(&page).unwrap()).lines().skip(1).map(str::to_owned).collect();
    for (dimension, id, value, requests) in [
        ("operation", "traffic", 2, 4),
        ("status", "traffic", 3, 4),
        ("error", "errors", 2, 4),
        ("requester", "requesters", 2, 5),
        ("address", "addresses", 2, 3),
        ("prefix", "prefixes", 2, 3),
        ("agent", "agents", 2, 3),
        ("tls", "security", 2, 4),
        ("signature", "security", 3, 4),
    ] {
        let of_page: Vec<String> =
            page.iter().filter(|row| row.starts_with(&format!("{dimension},,true,"))).cloned().collect();
        let mut of_page = by_value(&of_page, 3, 5);
        if dimension == "prefix" {
            // The page counts requests without a key, too.
            of_page.remove("");
        }
        assert!(of_page.len() > 1, "{dimension}");
        assert_eq!(by_value(&asked(&queries, &lake, id, days()), value, requests), of_page, "{dimension}");
    }
}
