//! A new file for the target `aws`, with comments that say what may be changed.

use std::fmt::{Display, Write};

use super::super::template::scalar;
use super::{Account, CatalogueMode, Cloud, CloudSource, Job, QuickSight, Trail};

/// The text of a new file.
pub fn render(cloud: &Cloud) -> String {
    let mut out = format!(
        "\
# A bucketscope pipeline in AWS. Every key: docs/configuration.md.
# `bucketscope plan` shows what a change here would do; `bucketscope deploy` does it.
version: 1

# Part of the name of everything deployed. `bucketscope destroy` wants it typed. Another name is another pipeline.
name: {name}

# Where it runs. `aws`: in an account. `local`: on this machine, with other keys.
target: aws

",
        name = scalar(&cloud.name)
    );
    account(&mut out, &cloud.aws);
    sources(&mut out, &cloud.sources);
    trails(&mut out, &cloud.trails);
    job(&mut out, &cloud.job);
    rest(&mut out, cloud);
    quicksight(&mut out, cloud.quicksight.as_ref());
    out
}

/// A key with its value, or, where there is none, a comment that shows one.
fn optional(out: &mut String, indent: &str, key: &str, value: Option<&str>, example: &str) {
    match value {
        Some(value) => line(out, &format!("{indent}{key}: {}", scalar(value))),
        None => line(out, &format!("{indent}# {key}: {example}")),
    }
}

fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{text}");
}

/// An account's number: all digits, so in quotes, that no reader takes it for a number.
fn quoted(digits: &str) -> String {
    serde_json::Value::from(digits).to_string()
}

fn account(out: &mut String, aws: &Account) {
    line(out, "aws:");
    line(out, "  # Every command checks first that the credentials belong to this account.");
    line(out, &format!("  account_id: {}", quoted(&aws.account_id)));
    line(out, "  # Where lake, job, database and workgroup are.");
    line(out, &format!("  region: {}", scalar(&aws.region)));
    line(
        out,
        "  # The end of all bucket names, made once. Never change it: buckets and data would be lost from sight.",
    );
    line(out, &format!("  suffix: {}", scalar(&aws.suffix)));
    line(out, "  # Encrypts lake, results and topic; without it S3's own keys do.");
    optional(out, "  ", "kms_key", aws.kms_key.as_deref(), "arn:aws:kms:…:key/…");
    line(out, "  # What your organisation asks of roles.");
    let path = Some(aws.role_path.as_str()).filter(|path| *path != "/");
    optional(out, "  ", "role_path", path, "/");
    optional(out, "  ", "permissions_boundary", aws.permissions_boundary.as_deref(), "arn:aws:iam::…:policy/…");
    optional(out, "  ", "cloudformation_role", aws.cloudformation_role.as_deref(), "arn:aws:iam::…:role/…");
    line(out, "  # Tags of everything that takes tags.");
    if aws.tags.is_empty() {
        line(out, "  tags: {}");
    } else {
        line(out, "  tags:");
        aws.tags.iter().for_each(|(key, value)| line(out, &format!("    {}: {}", scalar(key), scalar(value))));
    }
    line(out, "");
}

fn sources(out: &mut String, sources: &[CloudSource]) {
    line(
        out,
        "# Where S3 server access logs come from. A source is either a log bucket that exists (`bucket`, and in `prefix` what",
    );
    line(
        out,
        "# keys begin with, exactly as the logging setting says it; it is read and never changed), or `log_buckets`: buckets",
    );
    line(
        out,
        "# to switch logging on for, into a log bucket that deploy makes. `id` is part of every log object's identity: keep it.",
    );
    if sources.is_empty() {
        line(out, "sources: []");
    } else {
        line(out, "sources:");
    }
    for source in sources {
        line(out, &format!("  - id: {}", scalar(&source.id)));
        place(out, source.bucket.as_deref(), source.prefix.as_deref(), source.region.as_deref());
        if let Some(account) = &source.account_id {
            line(out, &format!("    account_id: {}", quoted(account)));
        }
        if let Some(inventory) = &source.inventory {
            line(out, &format!("    inventory: {}", scalar(inventory)));
        }
        if !source.log_buckets.is_empty() {
            line(out, "    log_buckets:");
            source.log_buckets.iter().for_each(|bucket| line(out, &format!("      - {}", scalar(bucket))));
        }
    }
    line(out, "");
}

fn place(out: &mut String, bucket: Option<&str>, prefix: Option<&str>, region: Option<&str>) {
    for (key, value) in [("bucket", bucket), ("prefix", prefix), ("region", region)] {
        if let Some(value) = value {
            line(out, &format!("    {key}: {}", scalar(value)));
        }
    }
}

fn trails(out: &mut String, trails: &[Trail]) {
    line(out, "# Where CloudTrail's log files come from: `bucket`, and in `prefix` what stands before AWSLogs/.");
    if trails.is_empty() {
        line(out, "trails: []");
    } else {
        line(out, "trails:");
    }
    for trail in trails {
        line(out, &format!("  - id: {}", scalar(&trail.id)));
        place(out, Some(&trail.bucket), trail.prefix.as_deref(), trail.region.as_deref());
        if let Some(account) = &trail.account_id {
            line(out, &format!("    account_id: {}", quoted(account)));
        }
        if let Some(key) = &trail.kms_key {
            line(out, &format!("    kms_key: {}", scalar(key)));
        }
    }
    line(out, "");
}

fn job(out: &mut String, job: &Job) {
    let _ = write!(
        out,
        "\
# The job that reads new logs into the lake.
job:
  # cron(…) with AWS's six fields, rate(…), or none: then only `bucketscope run` starts it.
  schedule: {schedule}
  time_zone: {zone}
  # auto: one process on one machine, enough for tens of gigabytes a day; a backlog that would keep it busy for longer than
  # `hand_over_minutes` goes to Spark, with as many workers as it is worth, `max_workers` at most. pythonshell: without
  # Spark. glueetl: always Spark, with `workers`. ray: Glue for Ray, which is closed to new customers.
  engine: {engine}
  timeout_minutes: {timeout}
  hand_over_minutes: {minutes}
  max_workers: {most}
  # Of a pythonshell job, and of the small one of auto: 1 (0.0625 DPU) or 16 (1 DPU).
  dpu_sixteenths: {dpu}
  # Of a glueetl or ray job, the driver among them.
  workers: {workers}
  # Of Spark's workers.
  worker_type: {kind}
  # How long our log groups keep the output.
  log_days: {days}

",
        schedule = scalar(&job.schedule),
        zone = scalar(&job.time_zone),
        timeout = job.timeout_minutes,
        dpu = job.dpu_sixteenths,
        engine = job.engine.word(),
        minutes = job.hand_over_minutes,
        most = job.max_workers,
        workers = job.workers,
        kind = scalar(&job.worker_type),
        days = job.log_days,
    );
}

fn rest(out: &mut String, cloud: &Cloud) {
    let mode = match cloud.catalogue.mode {
        CatalogueMode::Api => "api",
        CatalogueMode::Crawler => "crawler",
        CatalogueMode::Projection => "projection",
    };
    let emails = if cloud.notify.emails.is_empty() {
        " []".to_owned()
    } else {
        cloud.notify.emails.iter().map(|email| format!("\n    - {}", scalar(email))).collect()
    };
    let _ = write!(
        out,
        "\
# How partitions get into the catalogue. api: the job registers them, a crawler reconciles. crawler: the job starts the
# crawler. projection: Athena works them out.
catalogue:
  mode: {mode}
  crawler_schedule: {crawler}

# How many days objects stay; null for ever.
keep:
  # Raw logs in buckets that deploy makes; 14 at least. Log buckets that existed before are left alone.
  raw_days: {raw}
  lake_days: {lake}
  result_days: {result}

athena:
  # A query that scans more is stopped.
  scan_limit_gigabytes: {scan}

notify:
  # Each address must confirm its subscription. Failed jobs, crawlers and queries are told always.
  emails:{emails}
  finished_queries: {finished}
  # A notice if the newest record of the lake is older.
  lag_hours: {lag}
  # A notice if more than so many percent of a day's lines are no records.
  rejected_percent: {rejected}

# What `bucketscope plan` estimates the cost of.
estimate:
  log_gigabytes_a_month: {gigabytes}
  log_objects_thousands: {objects}
  queries_a_day: {queries}
",
        crawler = scalar(&cloud.catalogue.crawler_schedule),
        raw = or_null(cloud.keep.raw_days),
        lake = or_null(cloud.keep.lake_days),
        result = or_null(cloud.keep.result_days),
        scan = cloud.athena.scan_limit_gigabytes,
        finished = cloud.notify.finished_queries,
        lag = cloud.notify.lag_hours,
        rejected = cloud.notify.rejected_percent,
        gigabytes = cloud.estimate.log_gigabytes_a_month,
        objects = cloud.estimate.log_objects_thousands,
        queries = cloud.estimate.queries_a_day,
    );
}

fn quicksight(out: &mut String, wanted: Option<&QuickSight>) {
    line(out, "");
    line(out, "# Dashboards in Amazon Quick Sight (QuickSight), for an account that has it: docs/quicksight.md.");
    let Some(QuickSight { principals, authors, import, days }) = wanted else {
        line(out, "# quicksight:");
        line(out, "#   principals:");
        line(out, "#     - arn:aws:quicksight:us-east-1:…:user/default/NAME");
        return;
    };
    line(out, "quicksight:");
    for (key, who) in [("principals", principals), ("authors", authors)] {
        match who.as_slice() {
            [] => line(out, &format!("  {key}: []")),
            who => {
                line(out, &format!("  {key}:"));
                who.iter().for_each(|arn| line(out, &format!("    - {}", scalar(arn))));
            }
        }
    }
    line(out, "  # direct_query: each chart asks Athena. spice: imported once a day.");
    line(out, &format!("  import: {}", import.word()));
    line(out, &format!("  days: {days}"));
}

fn or_null(value: Option<impl Display>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| value.to_string())
}
