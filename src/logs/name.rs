//! Names of log objects and the times in them.
//!
//! S3 names the objects that it delivers (S3 User Guide, "Log object key format"):
//! * SimplePrefix: `[prefix]YYYY-MM-DD-hh-mm-ss-Unique`;
//! * PartitionedPrefix: `[prefix]Account/Region/Bucket/YYYY/MM/DD/YYYY-MM-DD-hh-mm-ss-Unique`, by delivery time, or by
//!   event time, where the time of day is always `00-00-00` and says nothing.
//!
//! CloudTrail names its files (CloudTrail User Guide, "Finding your CloudTrail log files")
//! `[prefix/]AWSLogs/[Organisation/]Account/CloudTrail/Region/YYYY/MM/DD/Account_CloudTrail_Region_YYYYMMDDTHHmmZ_Unique.json.gz`,
//! by delivery time.
//!
//! The prefix is joined on as it is, without a slash. Keys come here relative to a source, which may lie anywhere above
//! the names, so they are read from their right end. Copies are met with a suffix (`.gz`, `.log.zst`).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// How long `YYYY-MM-DD-hh-mm-ss` is.
const STAMP: usize = 19;

/// How long `YYYYMMDDTHHmm` is.
const TRAIL_STAMP: usize = 13;

/// How names are built around their times: names of the same stem and shape sort by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape<'a> {
    /// Whether `YYYY/MM/DD/` stands between the stem and the name.
    pub dated: bool,
    /// Whether the name is one of CloudTrail's.
    pub is_trail: bool,
    /// What stands between `YYYY/MM/DD/` and the time: `Account_CloudTrail_Region_`, or nothing.
    pub lead: &'a str,
}

/// What the name of a log object says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogName<'a> {
    /// When the object was delivered, in milliseconds since the epoch; None under the event-time layout.
    pub delivered_at: Option<i64>,
    /// The time in the name, in milliseconds since the epoch; under the event-time layout the beginning of a day.
    pub named_at: i64,
    /// The account that owns the source bucket, where the layout says it.
    pub account: Option<&'a str>,
    /// The Region of the source bucket, where the layout says it.
    pub region: Option<&'a str>,
    /// The source bucket, where the layout says it.
    pub bucket: Option<&'a str>,
    /// Whether the name is by event time: then the order of names says nothing of the order of delivery.
    pub event_time_layout: bool,
    /// What stands before the date: names with the same stem sort by their times.
    stem: &'a str,
    shape: Shape<'a>,
    key: &'a str,
    unique_at: usize,
}

impl<'a> LogName<'a> {
    /// Reads a key; None if it is named neither as S3 nor as CloudTrail names log objects.
    pub fn parse(key: &'a str) -> Option<Self> {
        Self::of_trail(key).or_else(|| Self::of_access_log(key))
    }

    fn of_access_log(key: &'a str) -> Option<Self> {
        let (folders, name) = key.rsplit_once('/').map_or(("", key), |(folders, name)| (folders, name));
        let (at, stamp) = find_stamp(name)?;
        let time = civil_time(stamp)?;
        let date_folders = dated(folders, stamp).filter(|_| at == 0);
        let event_time_layout = date_folders.is_some() && stamp.ends_with("-00-00-00");
        let (account, region, bucket) = date_folders.map_or((None, None, None), owner);
        let stem = match date_folders {
            Some(above) => &key[..above.len() + usize::from(!above.is_empty())],
            None => &key[..key.len() - name.len() + at],
        };
        let delivered_at = if event_time_layout { None } else { Some(time) };
        let shape = Shape { dated: date_folders.is_some(), is_trail: false, lead: "" };
        let unique_at = key.len() - name.len() + at + STAMP + 1;
        Some(Self {
            delivered_at,
            named_at: time,
            account,
            region,
            bucket,
            event_time_layout,
            stem,
            shape,
            key,
            unique_at,
        })
    }

    fn of_trail(key: &'a str) -> Option<Self> {
        let (folders, name) = key.rsplit_once('/').map_or(("", key), |(folders, name)| (folders, name));
        let mut parts = name.splitn(5, '_');
        let (account, kind, region) = (parts.next()?, parts.next()?, parts.next()?);
        let (stamp, unique) = (parts.next()?, parts.next()?);
        if !is_account(account) || kind != "CloudTrail" || !is_region(region) || unique.is_empty() {
            return None;
        }
        let time = trail_time(stamp)?;
        let lead = account.len() + kind.len() + region.len() + 3;
        let name_at = key.len() - name.len();
        let day = format!("{}-{}-{}", stamp.get(..4)?, stamp.get(4..6)?, stamp.get(6..8)?);
        let (stem, shape) = match dated(folders, &day) {
            Some(above) => {
                let stem = &key[..above.len() + usize::from(!above.is_empty())];
                (stem, Shape { dated: true, is_trail: true, lead: &name[..lead] })
            }
            None => (&key[..name_at + lead], Shape { dated: false, is_trail: true, lead: "" }),
        };
        Some(Self {
            delivered_at: Some(time),
            named_at: time,
            account: Some(account),
            region: Some(region),
            bucket: None,
            event_time_layout: false,
            stem,
            shape,
            key,
            unique_at: name_at + lead + TRAIL_STAMP + 2,
        })
    }

    /// What stands before the date in the key. Keys with the same stem and layout sort by their times.
    pub fn stem(&self) -> &'a str {
        self.stem
    }

    /// The text behind which all keys of this stem and layout with a time of `ms` or later sort, and none of an earlier
    /// second: what a listing is to start after. None for a year that four digits cannot write.
    pub fn start_after(&self, ms: i64) -> Option<String> {
        start_after(self.stem, self.shape, ms)
    }

    /// How the name is built around its time.
    pub fn shape(&self) -> Shape<'a> {
        self.shape
    }

    /// The text before which all keys of this stem, layout and year sort, and behind which those of later years do.
    pub fn end_of_year(&self) -> String {
        let year = self.stem.len()..self.stem.len() + 4;
        let behind = match self.shape {
            Shape { dated: true, .. } => "/",
            Shape { is_trail: true, .. } => "",
            _ => "-",
        };
        // The sign after the nine.
        format!("{}{}{behind}:", self.stem, self.key.get(year).unwrap_or_default())
    }

    /// What stands before the unique part.
    pub fn before_unique(&self) -> &'a str {
        self.key.get(..self.unique_at).unwrap_or(self.key)
    }
}

/// The text behind which all keys of this stem and shape with a time of `ms` or later sort, and none of an earlier
/// second (minute, for CloudTrail). None for a year that four digits cannot write.
pub fn start_after(stem: &str, shape: Shape<'_>, ms: i64) -> Option<String> {
    let time = Timestamp::from_millisecond(ms).ok()?.to_zoned(TimeZone::UTC).datetime();
    let (year, month, day) = (time.year(), time.month(), time.day());
    if !(0..=9999).contains(&year) {
        return None;
    }
    let folders = if shape.dated { format!("{year:04}/{month:02}/{day:02}/") } else { String::new() };
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    if shape.is_trail {
        return Some(format!("{stem}{folders}{}{year:04}{month:02}{day:02}T{hour:02}{minute:02}", shape.lead));
    }
    Some(format!("{stem}{folders}{year:04}-{month:02}-{day:02}-{hour:02}-{minute:02}-{second:02}"))
}

/// Whether a key is that of a file that operating systems, editors and copying tools leave beside log objects: hidden
/// files and folders, unfinished copies, folder markers. A name that S3 could have made is none of them.
pub fn is_ignorable(key: &str) -> bool {
    let mut segments = key.rsplit('/');
    let name = segments.next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    name.is_empty()
        || name.starts_with('.')
        || segments.any(|folder| folder.starts_with('.') || folder == "_temporary")
        || matches!(lower.as_str(), "thumbs.db" | "desktop.ini" | "_success")
        || ["~", ".tmp", ".temp", ".part", ".partial", ".crdownload", ".swp", "_$folder$"]
            .iter()
            .any(|suffix| lower.ends_with(suffix))
}

/// What other services deliver into `AWSLogs/Account/` of a bucket that they share with a trail.
const SERVICES: [&str; 7] =
    ["Config", "GuardDuty", "WAFLogs", "elasticloadbalancing", "network-firewall", "vpcdnsquerylogs", "vpcflowlogs"];

/// Whether a key is that of what AWS delivers beside CloudTrail's events: digests, insights, network activity, aggregated
/// events, and the logs of other services, known by name or by their place, `AWSLogs/[Organisation/]Account/Service/`.
pub fn is_trail_sibling(key: &str) -> bool {
    const TRAIL: &str = "CloudTrail";
    const SIBLING: &str = "CloudTrail-";
    const SIBLINGS: [&str; 4] =
        ["CloudTrail-Aggregated", "CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-NetworkActivity"];
    let (folders, name) = key.rsplit_once('/').unwrap_or(("", key));
    let folders: Vec<&str> = folders.split('/').collect();
    // A source may lie in the account's folder.
    if folders.first().is_some_and(|folder| SIBLINGS.contains(folder)) {
        return true;
    }
    for (at, folder) in folders.iter().enumerate() {
        let above = |up: usize| at.checked_sub(up).and_then(|at| folders.get(at)).copied().unwrap_or_default();
        // A prefix may begin like a sibling's name: what stands behind an account tells.
        if !is_account(above(1)) {
            continue;
        }
        let of_organisation = above(2).starts_with("o-");
        let is_place = "AWSLogs" == above(if of_organisation { 3 } else { 2 });
        let is_copy = is_region(folder) || folder.bytes().all(|byte| byte.is_ascii_digit());
        if folder.starts_with(SIBLING) || SERVICES.contains(folder) || (is_place && *folder != TRAIL && !is_copy) {
            return true;
        }
    }
    name.split('_').nth(1).is_some_and(|kind| kind.starts_with(SIBLING))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The last stamp in a name that a unique part follows, and where it begins.
fn find_stamp(name: &str) -> Option<(usize, &str)> {
    let bytes = name.as_bytes();
    let last = bytes.len().checked_sub(STAMP + 2)?;
    (0..=last).rev().find(|&at| is_stamp(&bytes[at..]) && is_unique(&bytes[at + STAMP..])).map(|at| {
        // All bytes of a stamp are ASCII, so these are character boundaries.
        (at, &name[at..at + STAMP])
    })
}

fn is_stamp(text: &[u8]) -> bool {
    text.len() >= STAMP
        && text[..STAMP].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 | 10 | 13 | 16 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// A hyphen, letters and digits, and perhaps the suffixes of a copy.
fn is_unique(text: &[u8]) -> bool {
    let Some(unique) = text.strip_prefix(b"-") else { return false };
    let end = unique.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(unique.len());
    end > 0 && (end == unique.len() || unique[end] == b'.')
}

/// A stamp in milliseconds since the epoch, if it is a time.
fn civil_time(stamp: &str) -> Option<i64> {
    let number = |from: usize, to: usize| stamp.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize, to: usize| number(from, to)?.try_into().ok();
    let time =
        DateTime::new(number(0, 4)?, small(5, 7)?, small(8, 10)?, small(11, 13)?, small(14, 16)?, small(17, 19)?, 0)
            .ok()?;
    let time = time.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(time.as_millisecond())
}

/// `YYYYMMDDTHHmmZ` in milliseconds since the epoch, if it is a time.
fn trail_time(stamp: &str) -> Option<i64> {
    let digits = stamp.strip_suffix('Z')?;
    let (day, clock) = digits.split_once('T')?;
    if digits.len() != TRAIL_STAMP || day.len() != 8 || !(day.bytes().chain(clock.bytes())).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let part = |text: &'_ str, from: usize, to: usize| text.get(from..to).map(str::to_owned);
    let (year, month, date) = (part(day, 0, 4)?, part(day, 4, 6)?, part(day, 6, 8)?);
    let (hour, minute) = (part(clock, 0, 2)?, part(clock, 2, 4)?);
    civil_time(&format!("{year}-{month}-{date}-{hour}-{minute}-00"))
}

/// The folders above `YYYY/MM/DD`, if these are the last folders and of the stamp's day.
fn dated<'a>(folders: &'a str, stamp: &str) -> Option<&'a str> {
    let day = stamp.get(..10)?.replace('-', "/");
    let above = folders.strip_suffix(day.as_str())?;
    if above.is_empty() { Some(above) } else { above.strip_suffix('/') }
}

/// Account, Region and bucket, if the last folders are these. The prefix may touch the account.
fn owner(folders: &str) -> (Option<&str>, Option<&str>, Option<&str>) {
    let mut segments = folders.rsplit('/');
    let (bucket, region, account) = (segments.next(), segments.next(), segments.next());
    let account = account.and_then(|segment| segment.get(segment.len().checked_sub(12)?..));
    match (account, region, bucket) {
        (Some(account), Some(region), Some(bucket))
            if account.bytes().all(|b| b.is_ascii_digit()) && is_region(region) && !bucket.is_empty() =>
        {
            (Some(account), Some(region), Some(bucket))
        }
        _ => (None, None, None),
    }
}

/// `eu-west-1`, `us-gov-east-1`: words and a number at the end.
fn is_region(text: &str) -> bool {
    let mut words = text.split('-');
    let number = words.next_back().is_some_and(|last| !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()));
    let mut count = 0;
    let words_are_words = words.all(|word| {
        count += 1;
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase())
    });
    number && words_are_words && count >= 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-11-22 10:11:12 UTC.
    const TIME: i64 = 1_795_342_272_000;

    fn parsed(key: &str) -> LogName<'_> {
        LogName::parse(key).unwrap_or_else(|| panic!("no log name: {key}"))
    }

    #[test]
    fn a_simple_name_says_when_it_was_delivered() {
        for (key, stem) in [
            ("2026-11-22-10-11-12-0123456789ABCDEF", ""),
            ("access/2026-11-22-10-11-12-0123456789ABCDEF", "access/"),
            ("access2026-11-22-10-11-12-0123456789ABCDEF", "access"),
            ("a/b c/log12026-11-22-10-11-12-0123456789ABCDEF.gz", "a/b c/log1"),
            ("2020-01-01-00-00-00-2026-11-22-10-11-12-0123456789ABCDEF", "2020-01-01-00-00-00-"),
            ("é/2026-11-22-10-11-12-0123456789ABCDEF.log.zst", "é/"),
            ("2025/01/01/2026-11-22-10-11-12-0123456789ABCDEF", "2025/01/01/"),
        ] {
            let name = parsed(key);
            assert_eq!((name.delivered_at, name.event_time_layout, name.stem()), (Some(TIME), false, stem), "{key}");
            assert_eq!((name.account, name.region, name.bucket), (None, None, None), "{key}");
        }
    }

    #[test]
    fn a_partitioned_name_says_whose_it_is() {
        for (key, stem) in [
            ("123456789012/eu-west-1/photos/2026/11/22/2026-11-22-10-11-12-A1", "123456789012/eu-west-1/photos/"),
            ("l/123456789012/eu-west-1/photos/2026/11/22/2026-11-22-10-11-12-A1", "l/123456789012/eu-west-1/photos/"),
            ("l123456789012/eu-west-1/photos/2026/11/22/2026-11-22-10-11-12-A1", "l123456789012/eu-west-1/photos/"),
        ] {
            let name = parsed(key);
            assert_eq!((name.delivered_at, name.event_time_layout, name.stem()), (Some(TIME), false, stem), "{key}");
            let whose = (name.account, name.region, name.bucket);
            assert_eq!(whose, (Some("123456789012"), Some("eu-west-1"), Some("photos")), "{key}");
        }
        let below_the_bucket = parsed("2026/11/22/2026-11-22-10-11-12-A1");
        assert_eq!((below_the_bucket.account, below_the_bucket.stem()), (None, ""));
        let gov = parsed("123456789012/us-gov-east-1/b.c/2026/11/22/2026-11-22-10-11-12-A1");
        assert_eq!((gov.region, gov.bucket), (Some("us-gov-east-1"), Some("b.c")));
        let no_region = parsed("123456789012/somewhere/photos/2026/11/22/2026-11-22-10-11-12-A1");
        assert_eq!((no_region.account, no_region.delivered_at), (None, Some(TIME)));
    }

    #[test]
    fn an_event_time_name_says_nothing_of_its_delivery() {
        let name = parsed("123456789012/eu-west-1/photos/2026/11/22/2026-11-22-00-00-00-A1");
        assert_eq!((name.delivered_at, name.event_time_layout), (None, true));
        let simple = parsed("photos/2026-11-22-00-00-00-A1");
        assert_eq!((simple.delivered_at, simple.event_time_layout), (Some(TIME - 36_672_000), false));
    }

    #[test]
    fn a_name_of_cloudtrail_says_when_and_whose() {
        const NAME: &str = "111122223333_CloudTrail_eu-west-1_20261122T1011Z_x9kHmzMa7cx6l9wM.json.gz";
        const MINUTE: i64 = TIME - 12_000;
        for (above, stem) in [
            ("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/22/", "AWSLogs/111122223333/CloudTrail/eu-west-1/"),
            ("o-abc/111122223333/CloudTrail/eu-west-1/2026/11/22/", "o-abc/111122223333/CloudTrail/eu-west-1/"),
        ] {
            let key = format!("{above}{NAME}");
            let name = parsed(&key);
            assert_eq!((name.delivered_at, name.named_at, name.stem()), (Some(MINUTE), MINUTE, stem));
            assert_eq!((name.account, name.region, name.bucket), (Some("111122223333"), Some("eu-west-1"), None));
            assert!(name.shape().is_trail && name.shape().dated);
            let after = name.start_after(MINUTE).unwrap();
            assert_eq!(after, format!("{above}111122223333_CloudTrail_eu-west-1_20261122T1011"));
            assert!(after < key && name.start_after(MINUTE + 60_000).unwrap() > key);
            assert!(name.end_of_year() > key);
        }
        let flat = parsed(NAME);
        assert_eq!((flat.delivered_at, flat.stem()), (Some(MINUTE), "111122223333_CloudTrail_eu-west-1_"));
        assert!(flat.start_after(MINUTE).unwrap().as_str() < NAME && !flat.shape().dated);
        assert!(flat.start_after(MINUTE + 60_000).unwrap().as_str() > NAME && flat.end_of_year().as_str() > NAME);
        for other in ["CloudTrail-Digest", "Config", "cloudtrail"] {
            assert_eq!(LogName::parse(&NAME.replace("CloudTrail", other)), None);
        }
        for stamp in ["20261322T1011Z", "20261122T2411Z", "20261122T1011", "2026112T10110Z"] {
            assert_eq!(LogName::parse(&NAME.replace("20261122T1011Z", stamp)), None, "{stamp}");
        }
    }

    #[test]
    fn what_is_delivered_beside_a_trail_is_told_apart() {
        for key in [
            "111122223333/CloudTrail-Digest/eu-west-1/2026/11/22/111122223333_CloudTrail-Digest_eu-west-1_t_x.json.gz",
            "AWSLogs/o-a/111122223333/CloudTrail-Insight/eu-west-1/2026/11/22/x.json.gz",
            "111122223333/CloudTrail-NetworkActivity/x",
            "CloudTrail-Aggregated/x",
            "111122223333_CloudTrail-Insight_eu-west-1_20261122T1011Z_a.json.gz",
            "111122223333/vpcflowlogs/eu-west-1/2026/11/22/x.log.gz",
            "p/AWSLogs/111122223333/redshift/eu-west-1/2026/11/22/x.gz",
            "AWSLogs/o-a/111122223333/NewService/x",
        ] {
            assert!(is_trail_sibling(key), "{key}");
        }
        for key in [
            "111122223333/CloudTrail/eu-west-1/2026/11/22/x.json.gz",
            "x.json.gz",
            "Config/x",
            "1/eu-west-1/x",
            // Prefixes and copies of the user's own.
            "CloudTrail-logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/22/x.json.gz",
            "AWSLogs/111122223333/eu-west-1/2026/11/22/x.json.gz",
            "AWSLogs/111122223333/2026/11/22/x.json.gz",
            "AWSLogs/111122223333/x.json.gz",
            "copies/111122223333/june/x.json.gz",
        ] {
            assert!(!is_trail_sibling(key), "{key}");
        }
    }

    #[test]
    fn other_names_are_no_log_names() {
        for key in [
            "",
            "/",
            "README.md",
            "2026-11-22",
            "2026-11-22-10-11-12",
            "2026-11-22-10-11-12-",
            "2026-11-22-10-11-12-ä",
            "2026-11-22-10-11-12-A/x",
            "2026-13-22-10-11-12-A",
            "2026-02-30-10-11-12-A",
            "2026-11-22-24-00-00-A",
            "２０２６-11-22-10-11-12-A",
        ] {
            assert_eq!(LogName::parse(key), None, "{key}");
        }
    }

    #[test]
    fn a_listing_starts_after_all_earlier_names_and_before_all_later_ones() {
        for stem in ["", "access/", "log1", "123456789012/eu-west-1/photos/2026/11/22/"] {
            let at = parsed(&format!("{stem}2026-11-22-10-11-12-0")).start_after(TIME).unwrap();
            assert!(at.as_str() < format!("{stem}2026-11-22-10-11-12-0").as_str());
            assert!(at.as_str() > format!("{stem}2026-11-22-10-11-11-ZZZZ").as_str());
        }
        let folder = "123456789012/eu-west-1/photos";
        let name = format!("{folder}/2026/11/22/2026-11-22-10-11-12-A");
        let later = parsed(&name).start_after(TIME + 86_400_000).unwrap();
        assert_eq!(later, format!("{folder}/2026/11/23/2026-11-23-10-11-12"));
        assert_eq!(parsed("2026-11-22-10-11-12-A").start_after(i64::MAX), None);
        assert_eq!(parsed("2026-11-22-10-11-12-A").start_after(-70_000_000_000_000), None);
    }

    #[test]
    fn what_tools_leave_behind_is_ignorable_and_logs_are_not() {
        for key in [
            ".DS_Store",
            "a/._2026-11-22-10-11-12-A",
            ".git/config",
            "a/Thumbs.db",
            "a/2026-11-22-10-11-12-A.part",
            "notes.txt~",
            "_temporary/0/x",
            "_SUCCESS",
            "logs_$folder$",
            "a/",
        ] {
            assert!(is_ignorable(key), "{key}");
        }
        for key in ["2026-11-22-10-11-12-A", "_logs/2026-11-22-10-11-12-A.gz", "access.log", "all", "a.b/c"] {
            assert!(!is_ignorable(key), "{key}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_but_never_a_fault(key in "([0-9/-]|2026-11-22|-00|/|é|\\PC){0,30}") {
            let _ = is_ignorable(&key);
            if let Some(name) = LogName::parse(&key) {
                prop_assert!(key.starts_with(name.stem()));
                prop_assert!(name.start_after(TIME).is_some_and(|text| text.starts_with(name.stem())));
            }
        }

        #[test]
        fn a_name_made_for_a_time_says_that_time(
            seconds in 0i64..4_000_000_000,
            stem in "[a-z0-9/]{0,6}",
            partitioned in any::<bool>(),
        ) {
            let stem = if partitioned { "123456789012/eu-west-1/b/2026/11/22/".to_owned() } else { stem };
            let sample = format!("{stem}2026-11-22-10-11-12-A1");
            let at = parsed(&sample).start_after(seconds * 1000).unwrap();
            let key = format!("{at}-0123456789ABCDEF");
            let name = parsed(&key);
            prop_assert_eq!(name.event_time_layout, partitioned && seconds % 86_400 == 0);
            if !name.event_time_layout {
                prop_assert_eq!(name.delivered_at, Some(seconds * 1000));
            }
            prop_assert_eq!(name.stem(), parsed(&sample).stem());
        }
    }
}
