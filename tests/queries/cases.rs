//! What the golden tests ask: a query, a lake, a range, parameters. The answer to each is a file under `expected/`.

use bucketscope::query::{Bound, Query, TimeRange, Value, ValueType, catalogue};

use super::lake::{ACCESS_LOG, CLIENTS_LOG, Lake, TRAIL};

/// Which fixture the lake is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixture {
    /// `access.log`, asked for 2026-06-01 10:00 to 12:00.
    Access,
    /// `clients.log`, asked for 2026-06-05 to 2026-06-08.
    Clients,
    /// `access.log` and `trail.json`, asked for 2026-06-10 to 2026-06-12.
    Trail,
}

impl Fixture {
    pub fn lake(self) -> Lake {
        match self {
            Self::Access => Lake::of(&[ACCESS_LOG]),
            Self::Clients => Lake::in_region(&[CLIENTS_LOG], "eu-west-1"),
            Self::Trail => Lake::with_trail(&[ACCESS_LOG], TRAIL),
        }
    }

    fn range(self) -> (&'static str, &'static str) {
        match self {
            Self::Access => ("2026-06-01T10:00:00Z", "2026-06-01T12:00:00Z"),
            Self::Clients => ("2026-06-05", "2026-06-08"),
            Self::Trail => ("2026-06-10", "2026-06-12"),
        }
    }
}

pub struct Case {
    /// The query's id, and behind a dot the variant, if there are several: the name of the file with the answer.
    pub name: &'static str,
    pub fixture: Fixture,
    /// Where it is not the fixture's own.
    range: Option<(&'static str, &'static str)>,
    pub params: &'static [(&'static str, &'static str)],
}

impl Case {
    pub fn id(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(id, _)| id)
    }

    pub fn range(&self) -> TimeRange {
        let (from, to) = self.range.unwrap_or(self.fixture.range());
        range(from, to)
    }

    pub fn bound(&self) -> Bound<'static> {
        catalogue().get(self.id()).unwrap().bind(self.range(), &given(self.params)).unwrap()
    }

    /// The answer worked out by hand, without the lines that say why.
    pub fn expected(&self) -> String {
        let path = format!("{}/tests/fixtures/queries/expected/{}.csv", env!("CARGO_MANIFEST_DIR"), self.name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        text.split_inclusive('\n').filter(|line| !line.starts_with("# ")).collect()
    }
}

const fn access(name: &'static str, params: &'static [(&'static str, &'static str)]) -> Case {
    Case { name, fixture: Fixture::Access, range: None, params }
}

const fn clients(name: &'static str, params: &'static [(&'static str, &'static str)]) -> Case {
    Case { name, fixture: Fixture::Clients, range: None, params }
}

const fn trail(name: &'static str, params: &'static [(&'static str, &'static str)]) -> Case {
    Case { name, fixture: Fixture::Trail, range: None, params }
}

const fn trail_of(
    range: (&'static str, &'static str),
    name: &'static str,
    params: &'static [(&'static str, &'static str)],
) -> Case {
    Case { name, fixture: Fixture::Trail, range: Some(range), params }
}

const LUNCH: (&str, &str) = ("2026-06-10T12:00:00Z", "2026-06-10T13:30:00Z");
const BETWEEN_LINES: (&str, &str) = ("2026-06-01T10:05:30Z", "2026-06-01T10:11:01Z");
const ANALYST: &str = "arn:aws:iam::111122223333:role/analyst";
const SHOP: (&str, &str) = ("bucket", "shop");
const LEGACY: (&str, &str) = ("bucket", "legacy");

/// The first case of a query is the sample in docs/queries.md.
pub const CASES: &[Case] = &[
    access("access-denied", &[]),
    clients("acl-required", &[]),
    clients("anonymous-access", &[]),
    clients("anonymous-access.refused", &[("refused", "true")]),
    clients("bytes-by-requester", &[]),
    access("client-errors", &[]),
    clients("cross-region-bytes", &[]),
    trail("ct-access-denied", &[]),
    trail("ct-anonymous-access", &[]),
    trail("ct-anonymous-access.refused", &[("refused", "true")]),
    trail_of(("2026-06-10T10:03:00Z", "2026-06-10T10:20:01Z"), "ct-bucket-configuration", &[]),
    trail("ct-bucket-created", &[]),
    trail("ct-bucket-deleted", &[]),
    trail_of(("2026-06-10", "2026-06-14"), "ct-daily-trend", &[]),
    trail("ct-encryption-changes", &[]),
    trail("ct-large-downloads", &[]),
    trail("ct-logging-disabled", &[]),
    trail("ct-new-addresses", &[]),
    trail("ct-new-addresses.longer", &[("baseline_days", "60")]),
    trail("ct-noisy-principals", &[("min_calls", "2")]),
    trail("ct-object-access", &[]),
    trail("ct-object-access.copied", &[("bucket", "photos"), ("key", "a b+c.jpg")]),
    trail("ct-object-deletions", &[]),
    trail("ct-public-access-opened", &[]),
    trail("ct-root-activity", &[]),
    trail("ct-top-errors", &[("limit", "2")]),
    trail_of(LUNCH, "ct-top-events", &[]),
    trail_of(LUNCH, "ct-top-principals", &[]),
    trail("ct-unapproved-regions", &[("approved", "eu-west-1, us-east-1")]),
    clients("daily-trend", &[]),
    clients("failed-uploads", &[]),
    clients("failing-clients", &[("min_errors", "2")]),
    Case { range: Some(("2026-06-05T12:00:00Z", "2026-06-05T16:00:00Z")), ..clients("hourly-trend", &[SHOP]) },
    Case { range: Some(("2026-06-05T12:00:30Z", "2026-06-05T14:00:01Z")), ..clients("hourly-trend.cut", &[SHOP]) },
    clients("idle-prefixes", &[SHOP, ("idle_days", "2")]),
    clients("idle-prefixes.deeper", &[SHOP, ("idle_days", "0"), ("depth", "2")]),
    clients("insecure-tls", &[]),
    clients("large-downloads", &[]),
    clients("large-uploads", &[]),
    access("latency", &[]),
    access("latency.five", &[("limit", "5")]),
    access("latency-percentiles", &[]),
    clients("legacy-signature", &[]),
    access("lifecycle-expirations", &[]),
    access("lifecycle-statistics", &[]),
    access("lifecycle-transitions", &[]),
    clients("noisy-clients", &[("min_requests", "2")]),
    clients("noisy-clients.many", &[]),
    access("object-access", &[]),
    access("object-access.photos", &[("bucket", "photos")]),
    access("object-deletions", &[]),
    trail_of(("2026-06-01T07:00:00Z", "2026-06-01T10:10:01Z"), "object-history", &[("key", "cat.jpg")]),
    trail_of(("2026-06-10", "2026-06-11"), "object-history.copied", &[("key", "a b+c.jpg")]),
    clients("off-hours-access", &[]),
    clients("off-hours-access.berlin", &[("time_zone", "Europe/Berlin")]),
    clients("off-hours-access.weekdays", &[("time_zone", "Europe/Berlin"), ("weekend", "false")]),
    access("service-errors", &[]),
    clients("suspicious-agents", &[]),
    clients("top-addresses", &[LEGACY]),
    clients("top-agents", &[LEGACY]),
    clients("top-errors", &[SHOP, ("limit", "3")]),
    clients("top-objects", &[LEGACY, ("limit", "2")]),
    clients("top-operations", &[LEGACY]),
    clients("top-requesters", &[LEGACY]),
    access("troubleshooting", &[]),
    access("troubleshooting.website", &[("bucket", "website")]),
    trail_of(BETWEEN_LINES, "who-is", &[("who", "bob")]),
    trail_of(BETWEEN_LINES, "who-is.role", &[("who", ANALYST)]),
];

pub fn range(from: &str, to: &str) -> TimeRange {
    let millis = |text| match ValueType::Timestamp.parse(text).unwrap() {
        Value::Timestamp(millis) => millis,
        other => panic!("{other:?}"),
    };
    TimeRange { from_ms: millis(from), to_ms: millis(to) }
}

/// The range of `access.log`.
pub fn two_hours() -> TimeRange {
    range("2026-06-01T10:00:00Z", "2026-06-01T12:00:00Z")
}

pub fn given(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
    parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The query bound to a range and to whatever else must be given.
pub fn bound(query: &Query, range: TimeRange) -> Bound<'_> {
    let missing = |name: &str| name != "from" && name != "to";
    let required: Vec<_> = query
        .parameters
        .iter()
        .filter(|parameter| parameter.fallback == bucketscope::query::Fallback::Required && missing(&parameter.name))
        .map(|parameter| (parameter.name.clone(), "cat.jpg".to_owned()))
        .collect();
    query.bind(range, &required).unwrap()
}
