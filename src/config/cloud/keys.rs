//! Every key of `target: aws`: see `config::keys`.

use super::quicksight::DAYS;
use super::{LOG_DAYS, RAW_DAYS_AT_LEAST, WORKER_TYPES};
use crate::config::VERSION;
use crate::config::keys::{Key, Kind, Limit};

const ACCOUNT: Limit = Limit::Said("12 digits, in quotes");
const REGION: Limit = Limit::Said("a Region's name");
const ID: Limit = Limit::Said("as `name`, up to 40; each its own");
const SCHEDULE: Limit = Limit::Said("`cron(…)` with AWS's six fields, `rate(…)`, or `none`");
const KEY: Kind = Kind::Text("ARN of a key");
const TEXT: Kind = Kind::Text("text");
const BUCKET: Kind = Kind::Text("bucket");
const PLAN: &str = "nothing: what `plan` estimates";

/// The keys.
pub const KEYS: &[Key] = &[
    Key::number("version", Limit::Within(VERSION, VERSION), "The version of this format.").read_by("nothing"),
    Key::new(
        "name",
        TEXT,
        "Part of the name of everything deployed; `destroy` wants it typed. Another name is another pipeline.",
    )
    .held_to(Limit::Said("1 to 20 lower-case letters, digits and hyphens, a letter or digit first")),
    Key::new("target", Kind::Text("word"), "Where it runs: in an account.").held_to(Limit::Word(&["aws"])).read_by("nothing"),
    Key::new(
        "aws.account_id",
        TEXT,
        "The account. With credentials of another one every command stops before it does anything.",
    )
    .held_to(ACCOUNT),
    Key::new("aws.region", TEXT, "The Region of lake, job, database and workgroup.").held_to(REGION),
    Key::new(
        "aws.suffix",
        TEXT,
        "The end of all bucket names, which are shared by all accounts of the world. `init` makes it once. With another suffix, \
         buckets and data of the old one are no longer this pipeline's.",
    )
    .held_to(Limit::Said("6 lower-case letters or digits")),
    Key::new("aws.role_path", TEXT, "The IAM path of all roles.").held_to(Limit::Said("`/`, or one such as `/teams/data/`")),
    Key::new("aws.permissions_boundary", Kind::Text("ARN of a policy"), "Bounds all roles."),
    Key::new(
        "aws.cloudformation_role",
        Kind::Text("ARN of a role"),
        "What CloudFormation assumes; without it, it uses the caller's permissions.",
    )
    .held_to(Limit::Said("of this account"))
    .read_by("nothing: how `deploy` and `destroy` change stacks"),
    Key::new(
        "aws.kms_key",
        KEY,
        "Encrypts lake, results and topic. An alias will not do: policies cannot name it. Without it S3's own keys. Delivered logs \
         are always under S3's own keys: log delivery knows no others.",
    )
    .held_to(Limit::Said("in `aws.region`; no alias")),
    Key::new("aws.tags", Kind::Map, "Tags of everything that takes tags.").held_to(Limit::Said("45 at most")),
    Key::new("sources", Kind::List(None), "Where server access logs come from. There must be a source or a trail."),
    Key::new(
        "sources[].id",
        TEXT,
        "Part of every log object's identity; keep it. A new id's objects are new objects and are read (again).",
    )
    .held_to(ID),
    Key::new("sources[].bucket", BUCKET, "A log bucket that exists. It is read and never changed.")
        .held_to(Limit::Said("either this or `log_buckets`")),
    Key::new(
        "sources[].prefix",
        TEXT,
        "What the keys of the logs begin with, exactly as the logging setting says it: S3 joins it on without a slash.",
    )
    .held_to(Limit::Said("of two sources in one bucket, neither's begins with the other's")),
    Key::new("sources[].region", TEXT, "The Region of the source's buckets.").held_to(REGION).otherwise("`aws.region`"),
    Key::new(
        "sources[].account_id",
        TEXT,
        "The account that owns `bucket`. It must let the job's role read; `plan` prints the statement.",
    )
    .held_to(ACCOUNT)
    .otherwise("`aws.account_id`"),
    Key::new(
        "sources[].inventory",
        Kind::Text("place"),
        "Where S3 Inventory of `bucket` is delivered, in its account; `run --inventory` reads there \
         ([listing.md](listing.md#from-an-inventory)).",
    )
    .held_to(Limit::Said("`s3://BUCKET/PREFIX`")),
    Key::new(
        "sources[].log_buckets",
        Kind::List(Some("buckets")),
        "Buckets of this account and Region for which `deploy` switches logging on, into a log bucket that it makes. Their earlier \
         setting is kept and given back by `destroy`.",
    ),
    Key::new("trails", Kind::List(None), "Where CloudTrail's log files come from."),
    Key::new("trails[].id", TEXT, "Part of every log file's identity; keep it.").held_to(ID),
    Key::new("trails[].bucket", BUCKET, "The bucket. It is read and never changed."),
    Key::new("trails[].prefix", TEXT, "What stands before `AWSLogs/`.").held_to(Limit::Said("without slashes at its ends")),
    Key::new("trails[].region", TEXT, "The bucket's Region.").held_to(REGION).otherwise("`aws.region`"),
    Key::new("trails[].account_id", TEXT, "The account that owns the bucket.").held_to(ACCOUNT).otherwise("`aws.account_id`"),
    Key::new(
        "trails[].kms_key",
        KEY,
        "The key that the files are encrypted with; its policy must let the job's role decrypt.",
    )
    .held_to(Limit::Said("in the bucket's Region")),
    Key::word(
        "job.engine",
        &["auto", "pythonshell", "glueetl", "ray"],
        "`auto`: one process on one machine; a backlog that is too much for it goes to a Spark job that is deployed beside it \
         ([engines.md](engines.md)). `pythonshell`: without that. `glueetl`: always Spark, with `job.workers`. `ray`: Glue for Ray, \
         which takes no new customers.",
    ),
    Key::number(
        "job.hand_over_minutes",
        Limit::Within(0, 1440),
        "`auto`: what would keep the small job busy for longer is handed over. 0: everything is.",
    ),
    Key::number(
        "job.max_workers",
        Limit::Within(2, 299),
        "`auto`: workers of the Spark job at most, the driver among them. How many it gets follows from the backlog.",
    ),
    Key::new("job.schedule", Kind::Text("schedule"), "When the job runs; `none` for `bucketscope run` only.").held_to(SCHEDULE),
    Key::new("job.time_zone", TEXT, "The time zone of `job.schedule`.").held_to(Limit::Said("such as `Europe/Berlin`")),
    // Seven days are the most that Glue takes (Glue API Reference, Job, Timeout).
    Key::number(
        "job.timeout_minutes",
        Limit::Within(5, 10_080),
        "After this Glue stops a run; the next one goes on where it was.",
    ),
    Key::number(
        "job.dpu_sixteenths",
        Limit::OneOf(&[1, 16]),
        "The size of a `pythonshell` job, and of the small one of `auto`: 1 (0.0625 DPU) or 16 (1 DPU: 4 vCPU, 16 GB).",
    ),
    Key::number(
        "job.workers",
        Limit::Within(2, 299),
        "Workers of a `glueetl` or `ray` job, the driver among them.",
    ),
    Key::word("job.worker_type", WORKER_TYPES, "The type of Spark's workers. Ray's is always `Z.2X`."),
    Key::number("job.log_days", Limit::OneOf(LOG_DAYS), "How long our log groups keep the output."),
    Key::word(
        "catalogue.mode",
        &["api", "crawler", "projection"],
        "How partitions get into the catalogue. `api`: the job registers those of each commit, the crawler reconciles. `crawler`: \
         the job starts the crawler after each commit. `projection`: Athena works them out; there is no crawler.",
    ),
    Key::new("catalogue.crawler_schedule", Kind::Text("schedule"), "When the crawler runs by itself.")
        .held_to(Limit::Said("`cron(…)`, UTC")),
    Key::number(
        "keep.raw_days",
        Limit::AtLeastOrNever(RAW_DAYS_AT_LEAST),
        "How long raw logs stay in log buckets that `deploy` made. Buckets that existed before are left alone.",
    ),
    Key::number("keep.lake_days", Limit::AtLeastOrNever(1), "How long the tables' files stay."),
    Key::number("keep.result_days", Limit::AtLeastOrNever(1), "How long query results stay."),
    Key::number("athena.scan_limit_gigabytes", Limit::Within(1, 1_000_000), "A query that scans more is stopped."),
    Key::new(
        "notify.emails",
        Kind::List(Some("addresses")),
        "Who gets the notices; each address must confirm its subscription.",
    ),
    Key::new(
        "notify.finished_queries",
        Kind::Flag,
        "Whether the end of every query is told, whoever asked it; failed jobs, crawlers and queries always are, and so are \
         reports.",
    ),
    Key::new(
        "notify.started_queries",
        Kind::Flag,
        "Whether the beginning of every query and report is told.",
    ),
    Key::number(
        "notify.lag_hours",
        Limit::Within(1, 7 * 24),
        "A notice if the newest record of the lake is older than this. At most half of `keep.raw_days`.",
    ),
    Key::number(
        "notify.rejected_percent",
        Limit::Within(1, 100),
        "A notice if more than so many percent of a day's lines are no records.",
    ),
    Key::new(
        "reports",
        Kind::List(None),
        "Saved queries that are asked by the clock; how they end is told ([notices.md](notices.md#reports)).",
    )
    .held_to(Limit::Said("50 at most")),
    Key::new(
        "reports[].query",
        Kind::Text("id of a query"),
        "One that `bucketscope queries` lists, one of the project's own among them.",
    ),
    Key::new(
        "reports[].last",
        Kind::Text("a while"),
        "The range of time, which ends when the report is due; days are those of UTC.",
    )
    .held_to(Limit::Said("`7d`, `24h`, `2w`, `today`, `yesterday`")),
    Key::new("reports[].schedule", Kind::Text("schedule"), "When it is asked.")
        .held_to(Limit::Said("`cron(…)` with AWS's six fields, or `rate(…)`")),
    Key::new("reports[].time_zone", TEXT, "The time zone of `schedule`."),
    Key::new("reports[].name", TEXT, "What it is called in notices.")
        .held_to(Limit::Said("as `name`, up to 40; each its own"))
        .otherwise("the query's id"),
    Key::new(
        "reports[].parameters",
        Kind::Map,
        "Values of the query's parameters as after `--param`, `bucket` among them.",
    ),
    Key::new("reports[].only_findings", Kind::Flag, "Whether nothing is told where the query has no rows."),
    Key::number("estimate.log_gigabytes_a_month", Limit::None, "The volume that `plan` estimates the cost of.").read_by(PLAN),
    Key::number("estimate.log_objects_thousands", Limit::None, "The log objects a month in it.").read_by(PLAN),
    Key::number("estimate.queries_a_day", Limit::None, "The queries in it.").read_by(PLAN),
    Key::new(
        "quicksight.principals",
        Kind::List(Some("ARNs")),
        "The users and groups of Amazon Quick Sight that see the dashboard, in the Region of the identities. Without `quicksight` \
         there is no dashboard. [quicksight.md](quicksight.md).",
    )
    .held_to(Limit::Said("`arn:aws:quicksight:REGION:ACCOUNT:user/default/NAME`; 64 with the authors")),
    Key::new(
        "quicksight.authors",
        Kind::List(Some("ARNs")),
        "Those that see it and may build analyses of their own on its data sets.",
    ),
    Key::word(
        "quicksight.import",
        &["direct_query", "spice"],
        "`direct_query`: each chart asks Athena. `spice`: the data are imported once a day.",
    ),
    Key::number(
        "quicksight.days",
        Limit::Within(1, DAYS),
        "Days that the dashboard shows when it is opened; that it has at all where it is imported.",
    ),
];
