//! A folder with a configuration, the emulated account that it is for, and the program run in both.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::emulator::{Emulator, python};

/// The account of every test. The emulator takes an access key id of 12 digits for the account.
pub const ACCOUNT: &str = "111122223333";

/// The home Region.
pub const REGION: &str = "eu-central-1";

/// Two records as S3 writes them, of two hours.
pub const LINES: &str = "\
79a59df900b949e5 acme-data [06/Feb/2026:00:00:38 +0000] 192.0.2.3 79a59df900b949e5 3E57427F33A59F07 REST.GET.OBJECT a.txt \"GET /acme-data/a.txt HTTP/1.1\" 200 - 113 2048 7 5 \"-\" \"S3Console/0.4\" - host= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader acme-data.s3.eu-central-1.amazonaws.com TLSv1.2 - - eu-central-1
79a59df900b949e5 acme-data [06/Feb/2026:01:00:40 +0000] 192.0.2.4 - 891CE47D2EFEFE1E REST.GET.OBJECT b%2520c.txt \"GET /acme-data/b%20c.txt HTTP/1.1\" 403 AccessDenied 243 - 4 - \"-\" \"curl/8.5\" - host= - ECDHE-RSA-AES128-GCM-SHA256 - acme-data.s3.amazonaws.com TLSv1.2
";

/// A record of just now: a pipeline whose newest record is of February is not healthy.
pub fn line_of_now() -> String {
    let time = jiff::Timestamp::now().strftime("%d/%b/%Y:%H:%M:%S +0000").to_string();
    LINES.lines().next().unwrap().replace("06/Feb/2026:00:00:38 +0000", &time) + "\n"
}

/// A project in a folder of its own, and an account of its own.
pub struct Cloud {
    folder: tempfile::TempDir,
    pub emulator: Emulator,
    runtime: Runtime,
}

/// What a run of the program gave.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Cloud {
    /// An account with nothing in it.
    pub fn new() -> Self {
        Self::with(false)
    }

    /// An account in which jobs and functions may do only what their roles allow.
    pub fn enforcing() -> Self {
        Self::with(true)
    }

    fn with(enforce: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let emulator = Emulator::start(folder.path(), enforce);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { folder, emulator, runtime }
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Writes the configuration; `rest` is what stands below the account.
    pub fn configure(&self, rest: &str) {
        let text = format!(
            "version: 1\nname: test\ntarget: aws\naws:\n  account_id: \"{ACCOUNT}\"\n  region: {REGION}\n  suffix: a1b2c3\n{rest}"
        );
        std::fs::write(self.path("bucketscope.yaml"), text).unwrap();
    }

    /// Replaces a text in the configuration, which must hold it.
    pub fn reconfigure(&self, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.path("bucketscope.yaml")).unwrap();
        assert!(text.contains(old), "{old} is not in\n{text}");
        std::fs::write(self.path("bucketscope.yaml"), text.replace(old, new)).unwrap();
    }

    /// Runs the program with arguments separated by single spaces, to its end.
    pub fn run(&self, args: &str) -> Ran {
        let output = self.command(args).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts the program.
    pub fn start(&self, args: &str) -> Child {
        self.command(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The program with an environment that knows this account and nothing of the person who runs the tests.
    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bucketscope"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("AWS_ENDPOINT_URL", self.emulator.endpoint())
            .env("AWS_ACCESS_KEY_ID", ACCOUNT)
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("BUCKETSCOPE_WORKER", env!("CARGO_BIN_EXE_bucketscope-worker"))
            .env("BUCKETSCOPE_FUNCTIONS", functions())
            // Both are built for this machine.
            .env("BUCKETSCOPE_ANY_GLIBC", "true")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .args(args.split(' '));
        command
    }

    /// The sum of what CloudWatch was told of a metric of the pipeline within the last hour, and how often it was told.
    pub fn metric(&self, name: &str) -> (f64, u64) {
        const ASK: &str = "\
import boto3, datetime, sys
now = datetime.datetime.now(datetime.timezone.utc)
hour = datetime.timedelta(hours=1)
points = boto3.client('cloudwatch').get_metric_statistics(
    Namespace='bucketscope/test', MetricName=sys.argv[1], StartTime=now - hour, EndTime=now + hour, Period=60,
    Statistics=['Sum', 'SampleCount'])['Datapoints']
print(sum(point['Sum'] for point in points), int(sum(point['SampleCount'] for point in points)))
";
        let text = self.python(ASK, name);
        let (sum, times) = text.trim().split_once(' ').unwrap_or_else(|| panic!("{text}"));
        (sum.parse().unwrap(), times.parse().unwrap())
    }

    /// The pipeline's metrics that CloudWatch knows, by name; with their dimensions, where they have any.
    pub fn metrics(&self) -> Vec<String> {
        const ASK: &str = "\
import boto3, sys
for metric in boto3.client('cloudwatch').list_metrics(Namespace=sys.argv[1])['Metrics']:
    print(metric['MetricName'], *[one['Name'] for one in metric.get('Dimensions', [])])
";
        let mut names: Vec<String> = self.python(ASK, "bucketscope/test").lines().map(str::to_owned).collect();
        names.sort();
        names
    }

    /// What a script of Python prints.
    fn python(&self, script: &str, argument: &str) -> String {
        let mut ask = Command::new(python());
        ask.env("AWS_ENDPOINT_URL", self.emulator.endpoint()).env("AWS_ACCESS_KEY_ID", ACCOUNT);
        ask.env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_REGION", REGION).env("AWS_DEFAULT_REGION", REGION);
        let output = ask.args(["-c", script, argument]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What SDK clients are made of that look at the account, or change it by hand.
    pub fn sdk(&self, region: &str) -> SdkConfig {
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .endpoint_url(self.emulator.endpoint())
            .credentials_provider(aws_sdk_s3::config::Credentials::new(ACCOUNT, "test", None, None, "test"));
        self.runtime.block_on(loader.load())
    }

    /// A client for S3.
    pub fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.sdk(region)).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Waits for an answer.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// Makes a bucket, as somebody made it before there was a pipeline.
    pub fn make_bucket(&self, name: &str, region: &str) {
        use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
        let place =
            CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region)).build();
        let request = self.s3(region).create_bucket().bucket(name);
        let request = if region == "us-east-1" { request } else { request.create_bucket_configuration(place) };
        self.wait(request.send()).unwrap();
    }

    /// Puts an object.
    pub fn put(&self, bucket: &str, key: &str, text: &str) {
        let request = self.s3(REGION).put_object().bucket(bucket).key(key).body(text.as_bytes().to_vec().into());
        self.wait(request.send()).unwrap();
    }

    /// The keys in a bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let answer = self.wait(self.s3(REGION).list_objects_v2().bucket(bucket).send()).unwrap();
        answer.contents().iter().filter_map(|object| object.key()).map(str::to_owned).collect()
    }

    /// The logging setting of a bucket: target bucket and prefix.
    pub fn logging(&self, bucket: &str, region: &str) -> Option<(String, String)> {
        let answer = self.wait(self.s3(region).get_bucket_logging().bucket(bucket).send()).unwrap();
        let logging = answer.logging_enabled()?;
        Some((logging.target_bucket().to_owned(), logging.target_prefix().to_owned()))
    }

    /// Switches logging on by hand.
    pub fn log_to(&self, bucket: &str, region: &str, target: &str, prefix: &str) {
        use aws_sdk_s3::types::{BucketLoggingStatus, LoggingEnabled};
        let logging = LoggingEnabled::builder().target_bucket(target).target_prefix(prefix).build().unwrap();
        let status = BucketLoggingStatus::builder().logging_enabled(logging).build();
        self.wait(self.s3(region).put_bucket_logging().bucket(bucket).bucket_logging_status(status).send()).unwrap();
    }

    /// Waits until `ready`, at most a minute.
    pub fn until(&self, what: &str, ready: impl Fn() -> bool) {
        let began = Instant::now();
        while !ready() {
            assert!(began.elapsed() < Duration::from_secs(60), "waited a minute for {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The zip file of the functions, made once from the binary that cargo built for the tests.
fn functions() -> &'static Path {
    static ZIP: OnceLock<PathBuf> = OnceLock::new();
    ZIP.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("functions-{}.zip", std::process::id()));
        let script = "import sys, zipfile\n\
            info = zipfile.ZipInfo('bootstrap')\n\
            info.external_attr = 0o100755 << 16\n\
            info.compress_type = zipfile.ZIP_DEFLATED\n\
            zipfile.ZipFile(sys.argv[2], 'w').writestr(info, open(sys.argv[1], 'rb').read())\n";
        let mut child = Command::new(python())
            .args(["-", env!("CARGO_BIN_EXE_bootstrap")])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        path
    })
}

impl Ran {
    /// Ended well.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.ended(0)
    }

    /// Ended with this exit code.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Says this on stderr.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text} is not in stderr:\n{}\nstdout:\n{}", self.stderr, self.stdout);
        self
    }

    /// Prints this on stdout.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "{text} is not in stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}{}", self.stdout, self.stderr))
    }
}
