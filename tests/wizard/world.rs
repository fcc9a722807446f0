//! A folder to run the program in, and the AWS that it sees.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bucketscope::aws::Session;

use crate::emulator::Emulator;

/// A configuration that reads a log bucket.
pub const CONFIG: &str = "\
version: 1
name: shop
target: aws
aws:
  account_id: \"000000000000\"
  region: eu-central-1
  suffix: x7k2p9
sources:
  - id: logs
    bucket: shop-logs
";

/// A temporary folder, and the environment that the program gets: nothing of the test's own but the path of programs.
pub struct World {
    folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

/// What a run gave.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl World {
    /// Without credentials, Region and AWS.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("shop")).unwrap();
        let mut world = Self { folder, environment: BTreeMap::new() };
        world.set("HOME", &world.path("").display().to_string());
        world.set("AWS_EC2_METADATA_DISABLED", "true");
        if let Ok(path) = std::env::var("PATH") {
            world.set("PATH", &path);
        }
        world
    }

    /// Gives credentials, a Region, and AWS at this address.
    pub fn connect(&mut self, endpoint: &str) {
        for (name, value) in [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "eu-central-1"),
        ] {
            self.set(name, value);
        }
    }

    /// Gives an emulated AWS, which ends with what is returned.
    pub fn emulated(&mut self) -> Emulator {
        let emulator = Emulator::start(self.folder.path(), false);
        self.connect(&emulator.endpoint());
        emulator
    }

    /// A session of the test's own with the same AWS.
    pub fn session(&self, region: &str) -> Session {
        let credentials = Credentials::new("test", "test", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .endpoint_url(&self.environment["AWS_ENDPOINT_URL"])
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        Session::with(config).unwrap()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    pub fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// A path in the home folder; the program runs in `shop` below it.
    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn config(&self) -> String {
        std::fs::read_to_string(self.path("shop/bucketscope.yaml")).unwrap()
    }

    /// The program with arguments separated by single spaces.
    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bucketscope"));
        command.args(args.split(' ')).current_dir(self.path("shop")).env_clear().envs(&self.environment);
        command
    }

    pub fn run(&self, args: &str) -> Ran {
        let began = Instant::now();
        let output = self.command(args).stdin(Stdio::null()).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            took: began.elapsed(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails with this code, an error that begins so, and a hint that says this.
    #[track_caller]
    pub fn fails(&self, code: i32, error: &str, hint: &str) {
        assert!(self.stderr.starts_with(&format!("error: {error}")), "{}", self.stderr);
        assert!(self.stderr.split("\nhint: ").nth(1).is_some_and(|text| text.contains(hint)), "{}", self.stderr);
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        assert!(!self.stderr.contains("DispatchFailure"), "nobody reads Rust's own words: {}", self.stderr);
    }
}
