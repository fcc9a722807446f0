//! What a user can type. Values are checked here; what they mean is decided in `cmd/`.

use std::path::PathBuf;

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::ui::{ColorChoice, Format};

#[cfg(feature = "aws")]
mod aws;

#[cfg(feature = "aws")]
pub use aws::{AskedOf, AssetArgs, Doctor, InitAws, JobTypeName, Notify, NotifyWhat, Plan, Policy, PolicyOf};

/// See who touched what in your S3 buckets: access logs in, a Parquet lake, answers out.
#[derive(Debug, Parser)]
#[command(name = "bucketscope", version, max_term_width = 100)]
#[command(after_help = "New here? `bucketscope demo` makes logs and shows everything once.")]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Work in the project in this folder
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub project: Option<PathBuf>,
    /// Use this configuration file [default: bucketscope.yaml]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// How to write the answer; `report` takes the name of a page, too: FILE.html
    #[arg(long, short, value_name = "FORMAT", global = true, value_parser = OutputParser)]
    pub output: Option<Output>,
    /// Say yes to everything that destroys nothing
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Never ask; a missing value is an error that names its flag
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Print data and errors only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to use colours
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value_t)]
    pub color: ColorChoice,
}

/// What `--output` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// How the answer is written.
    Format(Format),
    /// A page of HTML, and where it goes.
    Page(PathBuf),
}

impl Output {
    /// The format, where it is one.
    pub fn format(&self) -> Option<Format> {
        match self {
            Self::Format(format) => Some(*format),
            Self::Page(_) => None,
        }
    }
}

/// Tells a format from the name of a page.
#[derive(Debug, Clone)]
struct OutputParser;

impl TypedValueParser for OutputParser {
    type Value = Output;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Output, clap::Error> {
        let path = std::path::Path::new(value);
        let is_page =
            path.extension().is_some_and(|end| ["html", "htm"].iter().any(|page| end.eq_ignore_ascii_case(page)));
        if is_page {
            return Ok(Output::Page(path.to_owned()));
        }
        EnumValueParser::<Format>::new().parse_ref(command, argument, value).map(Output::Format)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

/// The commands, in the order in which they are needed.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make logs, run everything on them once, and leave a project to play with
    Demo(Demo),
    /// Write bucketscope.yaml, with comments; add log folders to it later
    Init(Box<Init>),
    /// Show what deploy would change, why, and what the pipeline will cost a month
    #[cfg(feature = "aws")]
    Plan(Plan),
    /// Prepare what the configuration describes: the lake; in AWS the whole pipeline
    Deploy(Deploy),
    /// Read new log objects into the lake, each record exactly once
    Run(Run),
    /// Tell how the pipeline does: last run, gaps, rejects, size, health
    Status(Status),
    /// Join the small files of hours that have come to rest into large ones
    Compact(Compact),
    /// Compare what is there with what was deployed and committed
    Drift(Drift),
    /// List and show the saved queries
    Queries(Queries),
    /// Ask a saved query, or one in SQL
    Query(Query),
    /// Sum the lake up: traffic, errors, findings
    Report(Report),
    /// Remove what bucketscope made; the source logs stay
    Destroy(Destroy),
    /// Check what a pipeline in AWS needs: configuration, credentials, programs; with --remote the jobs themselves
    #[cfg(feature = "aws")]
    Doctor(Doctor),
    /// Try out the notices of a pipeline in AWS
    #[cfg(feature = "aws")]
    Notify(Notify),
    /// Print the IAM policy that a deployer, a CI job, an analyst needs
    #[cfg(feature = "aws")]
    Policy(Policy),
    /// Print log lines as records, without any pipeline
    Parse(Parse),
    /// Write realistic log objects, the same for the same seed
    Generate(Generate),
    /// Print completions for a shell
    Completions(Completions),
    /// Write the man pages into a folder
    Man(Man),
}

/// `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// The project's folder
    #[arg(value_name = "DIR", default_value = "bucketscope-demo")]
    pub directory: PathBuf,
}

/// `init`.
#[derive(Debug, Clone, Default, Args)]
pub struct Init {
    /// Take the default for everything that is not given
    #[arg(long)]
    pub defaults: bool,
    /// Take values from this YAML file, under the names that the flags have; flags win over it
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Where the pipeline runs
    #[arg(long, value_name = "TARGET", value_enum)]
    pub target: Option<TargetName>,
    /// Folders of S3 server access logs; may be given again to add some
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub logs: Vec<PathBuf>,
    /// Folders of CloudTrail's log files; may be given again to add some
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub trails: Vec<PathBuf>,
    /// The pipeline's name [default: the folder's]
    #[arg(long)]
    pub name: Option<String>,
    /// The lake's folder [default: lake]
    #[arg(long, value_name = "PATH")]
    pub lake: Option<PathBuf>,
    /// What only the target `aws` has.
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub aws: InitAws,
}

/// Where a pipeline can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetName {
    /// On this machine, without any account
    Local,
    /// In an AWS account
    Aws,
}

/// A time range, half-open, UTC.
#[derive(Debug, Clone, Default, Args)]
pub struct RangeArgs {
    /// From this time on: 2026-06-01, 2026-06-01T12:00:00Z, 7d (ago), yesterday
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Up to, but without, this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// The last while: 7d, 24h, 30m, yesterday, today
    #[arg(long, value_name = "WHILE", conflicts_with_all = ["from", "to"])]
    pub last: Option<String>,
}

/// `run`.
#[derive(Debug, Default, Args)]
pub struct Run {
    /// Only log objects that may hold records of this time
    #[command(flatten)]
    pub range: RangeArgs,
    /// List log buckets as a whole, and not only what is new and a look-back of three days
    #[arg(long, conflicts_with_all = ["from", "to", "last"])]
    pub full: bool,
    /// Read this S3 inventory first, instead of listing its bucket: s3://BUCKET/…/manifest.json
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "MANIFEST", conflicts_with = "full")]
    pub inventory: Option<String>,
    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// If another run is at work, wait for it to end
    #[arg(long)]
    pub wait: bool,
}

/// `deploy`.
#[derive(Debug, Default, Args)]
pub struct Deploy {
    /// Do exactly what this file of `plan --out` says, or refuse
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Set back what was changed by hand
    #[cfg(feature = "aws")]
    #[arg(long)]
    pub revert_drift: bool,
    /// What it is to be deployed with
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub assets: AssetArgs,
}

/// `status`.
#[derive(Debug, Default, Args)]
pub struct Status {
    /// In AWS: look again every few seconds until Ctrl-C
    #[cfg(feature = "aws")]
    #[arg(long)]
    pub watch: bool,
}

/// `compact`.
#[derive(Debug, Default, Args)]
pub struct Compact {
    /// Only hours that have had no new file for this long: 7d, 48h
    #[arg(long, value_name = "WHILE", default_value = "7d")]
    pub older_than: String,
    /// Say what would be joined, and join nothing
    #[arg(long)]
    pub dry_run: bool,
    /// If a run is at work, wait for it to end
    #[arg(long)]
    pub wait: bool,
}

/// `drift`.
#[derive(Debug, Args)]
pub struct Drift {
    /// Exit with 2 if there is drift
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Compare sizes only, without reading the files; in AWS that is the default
    #[arg(long)]
    pub quick: bool,
    /// In AWS: read every file of the lake and compare checksums too
    #[cfg(feature = "aws")]
    #[arg(long, conflicts_with = "quick")]
    pub full: bool,
}

/// `destroy`.
#[derive(Debug, Args)]
pub struct Destroy {
    /// The pipeline's name, as proof that you mean it
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// A second step: remove the buckets that this pipeline made, with all data in them
    #[cfg(feature = "aws")]
    #[arg(long)]
    pub purge_data: bool,
}

/// `queries`.
#[derive(Debug, Args)]
pub struct Queries {
    /// What to do; `list` by default.
    #[command(subcommand)]
    pub action: Option<QueriesAction>,
}

/// What `queries` can do.
#[derive(Debug, Subcommand)]
pub enum QueriesAction {
    /// List the saved queries, the project's own among them
    List(QueriesList),
    /// Show what a query answers, its parameters and its SQL
    Show {
        /// The query's id
        id: String,
    },
}

/// `queries list`.
#[derive(Debug, Default, Args)]
pub struct QueriesList {
    /// Only queries of this category
    #[arg(long)]
    pub category: Option<String>,
    /// Only queries over this table
    #[arg(long, value_name = "TABLE", value_parser = ["s3_access_logs", "cloudtrail_events"])]
    pub source: Option<String>,
    /// Only queries whose rows are findings, of this severity or a higher one
    #[arg(long, value_parser = ["low", "medium", "high"])]
    pub severity: Option<String>,
    /// Only the project's own queries
    #[arg(long)]
    pub own: bool,
}

/// `query`.
#[derive(Debug, Default, Args)]
pub struct Query {
    /// The saved query's id; `bucketscope queries` lists them
    #[arg(conflicts_with = "sql")]
    pub id: Option<String>,
    /// Ask in SQL instead; the tables are s3_access_logs and cloudtrail_events
    #[arg(long, value_name = "SELECT")]
    pub sql: Option<String>,
    /// Set a parameter of the query
    #[arg(long = "param", value_name = "NAME=VALUE", conflicts_with = "sql")]
    pub params: Vec<String>,
    /// Only this bucket
    #[arg(long, conflicts_with = "sql")]
    pub bucket: Option<String>,
    /// Only records of this time
    #[command(flatten)]
    pub range: RangeArgs,
    /// Rows of a table or bars of a chart on the terminal, 0 for all; other formats have all rows
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Exit with 7 if a query that looks for something found it
    #[arg(long, conflicts_with = "sql")]
    pub fail_on_findings: bool,
    /// In AWS: say what the range may scan and cost, and ask nothing
    #[cfg(feature = "aws")]
    #[arg(long)]
    pub dry_run: bool,
    /// What only the target `aws` has.
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub asked: AskedOf,
}

/// `report`.
#[derive(Debug, Default, Args)]
#[command(after_help = "--output report.html writes one page with charts, tables and findings that needs no network.")]
pub struct Report {
    /// Only this bucket
    #[arg(long)]
    pub bucket: Option<String>,
    /// Show the page in a browser on this machine until Ctrl-C; range and bucket can be changed there
    #[arg(long, conflicts_with = "fail_on_findings")]
    pub serve: bool,
    /// The port for --serve [default: a free one]
    #[arg(long, value_name = "PORT", requires = "serve")]
    pub port: Option<u16>,
    /// Only records of this time
    #[command(flatten)]
    pub range: RangeArgs,
    /// Exit with 7 if there are findings
    #[arg(long)]
    pub fail_on_findings: bool,
    /// What only the target `aws` has.
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub asked: AskedOf,
}

/// `parse`.
#[derive(Debug, Args)]
pub struct Parse {
    /// Log files (plain, gzip or zstd), folders of them, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Keep lines that are no records in this file, as ndjson with reason, object and line
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Exit with 1 if any line is no record
    #[arg(long)]
    pub strict: bool,
}

/// `generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// Where to write; created if it is not there
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// How much log text, such as 500MB or 2GB
    #[arg(long, value_name = "SIZE", default_value = "100MB", value_parser = parse_bytes)]
    pub bytes: u64,
    /// The same seed makes the same logs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The first day [default: 2026-06-01]
    #[arg(long, value_name = "DATE")]
    pub start: Option<jiff::civil::Date>,
    /// Days over which the log objects spread [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: Option<u32>,
    /// Log objects to write [default: one a MiB, at least one an hour]
    #[arg(long, value_name = "N")]
    pub objects: Option<u64>,
    /// How the objects are named
    #[arg(long, value_enum, default_value_t)]
    pub layout: LayoutName,
    /// Write what CloudTrail records of the same requests, too, into this folder
    #[arg(long, value_name = "DIR")]
    pub trails: Option<PathBuf>,
    /// Mix in every quirk that real logs have
    #[arg(long)]
    pub hard: bool,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell that asks for them
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Where to write; created if it is not there
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}

/// S3's layouts of log objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LayoutName {
    /// [prefix]YYYY-MM-DD-hh-mm-ss-Unique, all buckets in one folder
    #[default]
    Simple,
    /// Account/Region/Bucket/YYYY/MM/DD/YYYY-MM-DD-hh-mm-ss-Unique
    Partitioned,
}

/// `2GB`, `500 MB`, `1GiB`, `1000000`: decimal units as disks are sold, binary ones with an i.
fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits_end);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err("expected a size such as 500MB, 2GB or 1GiB".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| "expected a size such as 500MB, 2GB or 1GiB".to_owned())?;
    let bytes = number * factor as f64;
    // 2^53: up to here every whole number of bytes is exact.
    if !(1.0..=9.0e15).contains(&bytes) {
        return Err("expected 1 byte or more, and less than 9 PB".to_owned());
    }
    Ok(bytes as u64)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_are_decimal_unless_they_say_otherwise() {
        assert_eq!(parse_bytes("2GB"), Ok(2_000_000_000));
        assert_eq!(parse_bytes("1.5 mb"), Ok(1_500_000));
        assert_eq!(parse_bytes("1GiB"), Ok(1 << 30));
        assert_eq!(parse_bytes("1000"), Ok(1_000));
        for wrong in ["", "GB", "2 bananas", "0", "-1", "1e9", "99999999TB"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_holds_everywhere_stands_before_or_after_the_command() {
        let before = Cli::parse_from(["bucketscope", "-C", "x", "--output", "json", "status"]);
        let after = Cli::parse_from(["bucketscope", "status", "-C", "x", "--output", "json"]);
        assert_eq!(before.global.project, after.global.project);
        assert_eq!(before.global.output, Some(Output::Format(Format::Json)));
        assert_eq!(after.global.output, Some(Output::Format(Format::Json)));
    }

    #[test]
    fn an_output_is_a_format_or_the_name_of_a_page() {
        let output = |text: &str| {
            let cli = Cli::try_parse_from(["bucketscope", "report", "--output", text]);
            cli.map(|cli| cli.global.output.unwrap()).map_err(|error| error.to_string())
        };
        assert_eq!(output("csv"), Ok(Output::Format(Format::Csv)));
        for page in ["report.html", "out/June 2026.HTM", ".x.html"] {
            assert_eq!(output(page), Ok(Output::Page(page.into())));
        }
        for wrong in ["html", "report.pdf", ".html"] {
            let error = output(wrong).unwrap_err();
            assert!(error.contains("[possible values: table, json"), "{error}");
        }
    }
}
