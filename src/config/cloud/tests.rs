//! What a configuration of the target `aws` may say.

use super::*;

const SMALL: &str = "\
version: 1
name: shop
target: aws
aws:
  account_id: \"111122223333\"
  region: eu-central-1
  suffix: x7k2p9
sources:
  - id: logs
    bucket: shop-logs
    prefix: access/
";

fn parse(text: &str) -> Result<Cloud> {
    Cloud::parse(text, Path::new("b.yaml"))
}

#[track_caller]
fn wrong(text: &str) -> String {
    let error = parse(text).expect_err(text);
    assert_eq!(error.code(), 64, "{error}");
    error.to_string()
}

/// Replaces a line's value, or adds keys at the end.
#[track_caller]
fn with(from: &str, to: &str) -> String {
    assert!(from.is_empty() || SMALL.contains(from), "{from}");
    if from.is_empty() { format!("{SMALL}{to}") } else { SMALL.replace(from, to) }
}

#[test]
fn a_small_file_takes_every_default() {
    let cloud = parse(SMALL).unwrap();
    assert_eq!((cloud.job, cloud.catalogue, cloud.keep), (Job::default(), Catalogue::default(), Keep::default()));
    assert_eq!(cloud.aws.role_path, "/");
    assert_eq!(cloud.sources[0].region, None);
    let unquoted = with("\"111122223333\"", "011122223333");
    assert_eq!(parse(&unquoted).unwrap().aws.account_id, "011122223333");
}

#[test]
fn every_key_can_be_given() {
    let text = include_str!("../../../tests/fixtures/config/all-keys.yaml");
    let cloud = parse(text).unwrap();
    assert_eq!(cloud.regions(), ["eu-central-1", "eu-west-1"]);
    assert_eq!(cloud.keep.lake_days, Some(1095));
    assert_eq!(cloud.aws.tags["team"], "data");
}

#[test]
fn unknown_keys_name_their_line_and_the_nearest_known_key() {
    for (text, what, hint) in [
        (
            with("region: eu", "regoin: eu"),
            "b.yaml:6: unknown key `regoin` in `aws`: expected account_id, region, suffix,",
            "did you mean `region`?",
        ),
        (with("", "job:\n  schedul: none\n"), "b.yaml:13: unknown key `schedul` in `job`:", "did you mean `schedule`?"),
        (
            with("", "  - id: more\n    buckets: x\n"),
            "b.yaml:13: unknown key `buckets` in `sources[1]`:",
            "did you mean `bucket`?",
        ),
        (with("", "trial: x\n"), "b.yaml:12: unknown key `trial`:", "did you mean `trails`?"),
        (
            with("", "notify:\n  bucket: x\n"),
            "b.yaml:13: unknown key `bucket` in `notify`:",
            "`bucket` is a key of `sources[]` or `trails[]`",
        ),
        (with("", "notify:\n  xyzzy: x\n"), "b.yaml:13: unknown key `xyzzy` in `notify`:", ""),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.to_string().starts_with(what), "{error}");
        assert_eq!(error.suggestion().unwrap_or_default(), hint, "{error}");
    }
}

#[test]
fn wrong_types_name_the_key_and_what_was_expected() {
    for (text, what) in [
        (
            with("", "keep:\n  raw_days: long\n"),
            "b.yaml:13: keep.raw_days: found text \"long\", expected a whole number",
        ),
        (with("", "keep:\n  raw_days: -3\n"), "b.yaml:13: keep.raw_days: found integer `-3`, expected a whole number"),
        (
            with("", "notify:\n  emails: a@example.org\n"),
            "b.yaml:13: notify.emails: found text \"a@example.org\", expected a list (lines that begin with `- `)",
        ),
        (
            with("", "notify:\n  finished_queries: 1\n"),
            "b.yaml:13: notify.finished_queries: found integer `1`, expected true or false",
        ),
        (
            with("", "trails: [x]\n"),
            "b.yaml:12: trails[0]: found text \"x\", expected a trail (`id: …` and `bucket: …`)",
        ),
        (with("", "job: fast\n"), "b.yaml:12: job: found text \"fast\", expected keys and values"),
        (
            with("", "job:\n  engine: spark\n"),
            "b.yaml:13: job.engine: unknown value `spark`: expected auto, pythonshell, glueetl or ray",
        ),
        (
            with("", "catalogue:\n  mode: crawlers\n"),
            "b.yaml:13: catalogue.mode: unknown value `crawlers`: expected api, crawler or projection",
        ),
        (with("  suffix: x7k2p9\n", ""), "b.yaml:5: the key `suffix` is missing in `aws`"),
        (
            with("aws:\n  account_id: \"111122223333\"\n  region: eu-central-1\n  suffix: x7k2p9\n", ""),
            "b.yaml: the key `aws` is missing",
        ),
    ] {
        assert_eq!(wrong(&text), what);
    }
}

#[test]
fn impossible_values_name_their_line_and_why() {
    for (from, to, what) in [
        ("version: 1", "version: 2", "b.yaml:1: version: version 2 is not what this bucketscope understands (1)"),
        ("name: shop", "name: Shop", "b.yaml:2: name: `Shop` cannot be a name: expected 1 to 40 lower-case"),
        ("name: shop", "name: a-name-of-21-charactr", "b.yaml:2: name: `a-name-of-21-charactr` is longer than the 20"),
        ("111122223333", "1111", "b.yaml:5: aws.account_id: expected the 12 digits"),
        ("eu-central-1", "frankfurt", "b.yaml:6: aws.region: `frankfurt` is no Region"),
        ("x7k2p9", "x7k2", "b.yaml:7: aws.suffix: expected six"),
        ("bucket: shop-logs", "bucket: Shop_Logs", "b.yaml:10: sources[0].bucket: `Shop_Logs` cannot be a bucket:"),
        ("bucket: shop-logs", "region: nowhere", "b.yaml:10: sources[0].region: `nowhere` is no Region"),
        (
            "bucket: shop-logs",
            "bucket: x-1\n    region: cn-north-1",
            "b.yaml:11: sources[0].region: cn-north-1 is in the partition `aws-cn`",
        ),
        (
            "bucket: shop-logs",
            "bucket: bucketscope-shop-lake-x7k2p9",
            "b.yaml:10: sources[0].bucket: `bucketscope-shop-lake-x7k2p9` is a bucket of this pipeline",
        ),
        (
            "    bucket: shop-logs\n    prefix: access/\n",
            "    account_id: \"111122223333\"\n",
            "b.yaml:9: sources[0]: source `logs` needs `bucket`",
        ),
        (
            "prefix: access/",
            "log_buckets: [photos]",
            "b.yaml:11: sources[0].log_buckets: source `logs` has `bucket` and",
        ),
        ("id: logs", "id: Logs", "b.yaml:9: sources[0].id: `Logs` cannot be a source's id"),
        ("", "  - id: logs\n    bucket: other\n", "b.yaml:12: sources[1].id: two sources have the id `logs`"),
    ] {
        let why = wrong(&with(from, to));
        assert!(why.starts_with(what), "{why}");
    }
}

#[test]
fn rules_of_the_account_are_checked_by_form() {
    for (line, what) in [
        ("role_path: teams", "b.yaml:8: aws.role_path: `teams` is no path of roles"),
        ("permissions_boundary: limits", "b.yaml:8: aws.permissions_boundary: `limits` is no ARN"),
        (
            "cloudformation_role: arn:aws:iam::444455556666:role/cfn",
            "b.yaml:8: aws.cloudformation_role: `arn:aws:iam::444455556666:role/cfn` is of another account",
        ),
        (
            "cloudformation_role: arn:aws-cn:iam::111122223333:role/cfn",
            "b.yaml:8: aws.cloudformation_role: `arn:aws-cn:iam::111122223333:role/cfn` is in the partition `aws-cn`",
        ),
        ("kms_key: arn:aws:kms:us-east-1:111122223333:key/1", "b.yaml:8: aws.kms_key: the key is in us-east-1"),
        (
            "tags:\n    team: data\n    aws:x: y",
            "b.yaml:10: aws.tags.aws:x: `aws:x`: keys that begin with aws: belong to AWS",
        ),
    ] {
        let why = wrong(&with("  suffix: x7k2p9\n", &format!("  suffix: x7k2p9\n  {line}\n")));
        assert!(why.starts_with(what), "{why}");
    }
    let many: String = (0..46).map(|i| format!("    t{i}: x\n")).collect();
    let why = wrong(&with("  suffix: x7k2p9\n", &format!("  suffix: x7k2p9\n  tags:\n{many}")));
    assert!(why.starts_with("b.yaml:8: aws.tags: 46 tags"), "{why}");
}

#[test]
fn numbers_and_words_keep_their_bounds() {
    for (tail, what) in [
        (
            "job:\n  schedule: hourly\n",
            "job.schedule: `hourly` is no schedule; expected cron(15 * * * ? *), rate(1 hour) or none",
        ),
        ("job:\n  time_zone: CEST\n", "job.time_zone: `CEST` is no time zone"),
        ("job:\n  timeout_minutes: 0\n", "job.timeout_minutes: 0 is out of bounds"),
        ("job:\n  dpu_sixteenths: 2\n", "job.dpu_sixteenths: 2 is no size of a Python shell job"),
        ("job:\n  workers: 1\n", "job.workers: 1 is out of bounds; expected 2 to 299"),
        ("job:\n  worker_type: G.3X\n", "job.worker_type: `G.3X` is no type of worker; expected one of G.1X"),
        ("job:\n  log_days: 31\n", "job.log_days: CloudWatch Logs cannot keep events 31 days; the next it can is 60"),
        ("catalogue:\n  crawler_schedule: none\n", "catalogue.crawler_schedule: `none` is no schedule of a crawler"),
        ("keep:\n  raw_days: 13\n", "keep.raw_days: 13 is out of bounds; expected 14 or more, or null for ever"),
        ("keep:\n  lake_days: 0\n", "keep.lake_days: 0 is out of bounds; expected 1 or more"),
        ("athena:\n  scan_limit_gigabytes: 0\n", "athena.scan_limit_gigabytes: 0 is out of bounds"),
        ("notify:\n  emails: [ops]\n", "notify.emails[0]: `ops` is no e-mail address"),
        ("notify:\n  emails: [a@b.org, A@b.org]\n", "notify.emails[1]: `A@b.org` stands twice"),
        ("notify:\n  lag_hours: 0\n", "notify.lag_hours: 0 is out of bounds; expected 1 to 168"),
        ("reports:\n  - {query: a, last: soon, schedule: rate(1 day)}\n", "reports[0].last: `soon` is no while"),
        ("reports:\n  - {query: a, last: 1d, schedule: none}\n", "reports[0].schedule: a report has a schedule"),
        ("reports:\n  - {query: a, last: 1d, schedule: hourly}\n", "reports[0].schedule: `hourly` is no schedule"),
        (
            "reports:\n  - {query: a, last: 1d, schedule: rate(1 day), time_zone: Berlin}\n",
            "reports[0].time_zone: `Berlin`",
        ),
        (
            "reports:\n  - {query: a b, last: 1d, schedule: rate(1 day)}\n",
            "reports[0].query: `a b` cannot be a report's name",
        ),
        (
            "reports:\n  - {query: a, last: 1d, schedule: rate(1 day)}\n  - {query: a, last: 7d, schedule: rate(7 days)}\n",
            "reports[1]: two reports are called `a`",
        ),
        ("notify:\n  rejected_percent: 101\n", "notify.rejected_percent: 101 is out of bounds; expected 1 to 100"),
    ] {
        let why = wrong(&with("", tail));
        assert!(why.contains(what), "{why}");
    }
    assert!(parse(&with("", "keep:\n  raw_days: null\n  lake_days:\n")).is_ok());
}

#[test]
fn an_inventory_is_of_a_bucket_that_exists() {
    let with = |rest: &str| with("", &format!("  - id: old\n    bucket: old-logs\n{rest}"));
    let cloud = parse(&with("    inventory: s3://lists/daily/\n")).unwrap();
    assert_eq!(cloud.sources[1].inventory_place(), Some(("lists", "daily/")));
    let bare = parse(&with("    inventory: s3://lists\n")).unwrap();
    assert_eq!(bare.sources[1].inventory_place(), Some(("lists", "")));
    for (rest, what) in [
        ("    inventory: lists/daily\n", "sources[1].inventory: expected s3://BUCKET/PREFIX, not `lists/daily`"),
        ("    inventory: s3://Lists\n", "sources[1].inventory: "),
        ("  - id: on\n    log_buckets: [photos]\n    inventory: s3://lists\n", "inventory: belongs to `bucket`"),
    ] {
        let why = wrong(&with(rest));
        assert!(why.contains(what), "{why}");
    }
}

#[test]
fn a_bucket_is_logged_once_and_not_into_what_is_read() {
    let on = |rest: &str| with("", &format!("  - id: on\n    log_buckets: [photos]\n{rest}"));
    assert!(parse(&on("")).is_ok());
    for (rest, what) in [
        ("  - id: two\n    log_buckets: [photos]\n", "`photos` stands in the sources `on` and `two`"),
        ("  - id: two\n    log_buckets: [music, music]\n", "`music` stands twice in source `two`"),
        ("  - id: two\n    log_buckets: [shop-logs]\n", "`shop-logs` is also a log bucket that is read"),
        ("    prefix: x\n", "sources[1].prefix: belongs to `bucket`"),
        (
            "    account_id: \"444455556666\"\n",
            "sources[1].account_id: logging can be switched on in the pipeline's own",
        ),
    ] {
        let why = wrong(&on(rest));
        assert!(why.contains(what), "{why}");
    }
}

#[test]
fn places_that_hold_the_same_objects_are_refused() {
    for (tail, says) in [
        ("  - id: b\n    bucket: shop-logs\n", Some("`b` and `logs` hold the same objects of `shop-logs`")),
        ("  - id: b\n    bucket: shop-logs\n    prefix: access/photos\n", Some("hold the same objects")),
        ("  - id: b\n    bucket: shop-logs\n    prefix: access/\n", Some("hold the same objects")),
        ("  - id: b\n    bucket: shop-logs\n    prefix: other/\n", None),
        ("  - id: b\n    bucket: other-logs\n    prefix: access/\n", None),
        ("trails:\n  - id: t\n    bucket: shop-logs\n", None),
        (
            "trails:\n  - id: t\n    bucket: shop-logs\n    prefix: access\n",
            Some("source `logs` would read the files of trail `t`"),
        ),
        ("trails:\n  - id: t\n    bucket: z-1\n  - id: u\n    bucket: z-1\n", Some("hold the same objects")),
        ("trails:\n  - id: t\n    bucket: z-1\n  - id: u\n    bucket: z-1\n    prefix: org\n", None),
    ] {
        let text = with("", tail);
        match says {
            Some(says) => assert!(wrong(&text).contains(says), "{}", wrong(&text)),
            None => assert!(parse(&text).is_ok(), "{tail}"),
        }
    }
}

#[test]
fn trails_have_keys_and_prefixes_of_cloudtrails_form() {
    let trail = |rest: &str| with("", &format!("trails:\n  - id: t\n    bucket: audit\n{rest}"));
    assert!(parse(&trail("    prefix: org\n    kms_key: arn:aws:kms:eu-central-1:444455556666:key/mrk-1\n")).is_ok());
    for (rest, what) in [
        ("    prefix: AWSLogs\n", "trails[0].prefix: `AWSLogs`: give what stands before AWSLogs/"),
        ("    kms_key: arn:aws:kms:eu-west-1:444455556666:key/1\n", "trails[0].kms_key: the key is in eu-west-1"),
        ("    account_id: \"4\"\n", "trails[0].account_id: expected the 12 digits"),
    ] {
        let why = wrong(&trail(rest));
        assert!(why.contains(what), "{why}");
    }
}

/// The paths of all keys in a value: `sources[].id`.
fn keys(value: &serde_json::Value, above: &str, out: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (key, value) in members {
                let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
                // A tag's key is the user's, a parameter's the query's, and a section is documented by what is in it.
                let of_others = ["aws.tags", "reports[].parameters"].contains(&path.as_str());
                if of_others || !value.is_object() {
                    out.insert(path.clone());
                }
                if !of_others {
                    keys(value, &path, out);
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, &format!("{above}[]"), out)),
        _ => {}
    }
}

#[test]
fn the_fixture_gives_every_key() {
    let text = include_str!("../../../tests/fixtures/config/all-keys.yaml");
    let given: serde_json::Value = serde_yaml::from_str(text).unwrap();
    let (mut in_file, mut in_model) = (BTreeSet::new(), BTreeSet::new());
    keys(&given, "", &mut in_file);
    keys(&serde_json::to_value(parse(text).unwrap()).unwrap(), "", &mut in_model);
    assert_eq!(in_file, in_model);
}

#[test]
fn what_is_written_is_what_is_read() {
    let full = parse(include_str!("../../../tests/fixtures/config/all-keys.yaml")).unwrap();
    for cloud in [parse(SMALL).unwrap(), full] {
        let text = render(&cloud);
        assert_eq!(parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}")), cloud);
        assert!(text.lines().all(|line| line.chars().count() <= 125), "{text}");
        // A new file says every key that has a default, so that nobody has to look them up.
        let shown = [
            "timeout_minutes",
            "log_days",
            "crawler_schedule",
            "lake_days",
            "lag_hours",
            "rejected_percent",
            "queries_a_day",
        ];
        for key in shown {
            assert!(text.contains(&format!("  {key}: ")), "{key}");
        }
    }
}

#[test]
fn a_written_file_can_be_changed_in_every_way_the_wizard_changes_it() {
    let cloud = parse(SMALL).unwrap();
    let text = render(&cloud);
    let mut wanted = cloud.clone();
    wanted.name = "other".to_owned();
    wanted.aws.kms_key = Some("arn:aws:kms:eu-central-1:111122223333:key/1".to_owned());
    wanted.aws.tags.insert("cost centre".to_owned(), "4711".to_owned());
    wanted.job.schedule = "none".to_owned();
    wanted.keep.raw_days = None;
    wanted.notify.emails = vec!["ops@example.org".to_owned()];
    wanted.sources.push(CloudSource {
        id: "on".to_owned(),
        log_buckets: vec!["photos".to_owned(), "invoices".to_owned()],
        ..CloudSource::default()
    });
    wanted.sources.push(CloudSource {
        id: "old".to_owned(),
        bucket: Some("old-logs".to_owned()),
        inventory: Some("s3://lists/daily/".to_owned()),
        ..CloudSource::default()
    });
    wanted.trails.push(Trail { id: "t".to_owned(), bucket: "audit".to_owned(), ..Trail::default() });
    let edited = cloud.edited(&text, &wanted, Path::new("b.yaml")).unwrap();
    assert_eq!(parse(&edited).unwrap(), wanted);
    let comments = |text: &str| text.lines().filter(|line| line.trim_start().starts_with('#')).count();
    assert_eq!(comments(&edited), comments(&text), "{edited}");
    let mut impossible = cloud.clone();
    impossible.notify.lag_hours = 0;
    assert_eq!(cloud.edited(&text, &impossible, Path::new("b.yaml")).unwrap_err().code(), 64);
    let flow = text.replace(
        "sources:\n  - id: logs\n    bucket: shop-logs\n    prefix: access/\n",
        "sources: [{id: logs, bucket: shop-logs, prefix: access/}]\n",
    );
    let error = cloud.edited(&flow, &wanted, Path::new("b.yaml")).unwrap_err();
    assert!(error.to_string().contains("without rewriting"), "{error}");
}

#[test]
fn a_dashboard_is_added_and_every_comment_stays() {
    let before = parse(SMALL).unwrap();
    let text = render(&before);
    let ana = "arn:aws:quicksight:us-east-1:111122223333:user/default/ana".to_owned();
    let wanted = Cloud { quicksight: Some(QuickSight::of(vec![ana.clone()])), ..before.clone() };
    let edited = before.edited(&text, &wanted, Path::new("b.yaml")).unwrap();
    assert!(edited.starts_with(&text), "{edited}");
    let more = Cloud {
        quicksight: Some(QuickSight::of(vec![
            ana,
            "arn:aws:quicksight:us-east-1:111122223333:group/default/all".to_owned(),
        ])),
        ..before
    };
    let again = wanted.edited(&edited, &more, Path::new("b.yaml")).unwrap();
    assert_eq!(parse(&again).unwrap(), more);
    assert!(wrong(&again.replace("111122223333:group", "999999999999:group")).contains("of another account"));
}
