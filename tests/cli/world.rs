//! A folder to run the program in, and what a run of it gave.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Two records of AWS's own documentation's shape; the second from a bucket of another name.
pub const LINES: &str = "\
79a59df900b949e5 bucket-one [06/Feb/2019:00:00:38 +0000] 192.0.2.3 79a59df900b949e5 3E57427F33A59F07 REST.GET.OBJECT a.txt \"GET /bucket-one/a.txt HTTP/1.1\" 200 - 113 2048 7 5 \"-\" \"S3Console/0.4\" - host= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader bucket-one.s3.us-west-1.amazonaws.com TLSv1.2 - - us-west-1
79a59df900b949e5 bucket-two [06/Feb/2019:01:00:40 +0000] 192.0.2.4 - 891CE47D2EFEFE1E REST.GET.OBJECT b%2520c.txt \"GET /bucket-two/b%20c.txt HTTP/1.1\" 403 AccessDenied 243 - 4 - \"-\" \"curl/8.5\" - host= - ECDHE-RSA-AES128-GCM-SHA256 - bucket-two.s3.amazonaws.com TLSv1.2
";

/// A temporary folder that is gone afterwards.
pub struct World {
    folder: tempfile::TempDir,
}

/// What a run gave.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl World {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A world with two log objects in `logs/`.
    pub fn with_logs() -> Self {
        let world = Self::new();
        let (first, second) = LINES.split_at(LINES.find('\n').unwrap() + 1);
        world.write("logs/2019-02-06-00-30-00-AAAAAAAAAAAAAAAA", first);
        world.write("logs/2019-02-06-01-30-00-BBBBBBBBBBBBBBBB", second);
        world
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub fn write(&self, below: &str, text: impl AsRef<[u8]>) {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, below: &str) -> String {
        std::fs::read_to_string(self.path(below)).unwrap()
    }

    /// Runs the program with arguments separated by single spaces.
    pub fn run(&self, args: &str) -> Ran {
        self.run_args(&args.split(' ').collect::<Vec<_>>(), b"")
    }

    pub fn run_args(&self, args: &[&str], stdin: &[u8]) -> Ran {
        let mut child = command(self.folder.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        // A program that does not read its input closes it.
        let _ = input.write_all(stdin);
        drop(input);
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The program, deaf to what the surroundings of the test say about printing.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bucketscope"));
    command.current_dir(folder).env_remove("NO_COLOR").env_remove("CI");
    command
}

impl Ran {
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails with exactly this on stderr and nothing on stdout.
    #[track_caller]
    pub fn fails(&self, code: i32, stderr: &str) {
        assert_eq!(self.stderr, stderr);
        assert_eq!(self.stdout, "");
        assert_eq!(self.code, code);
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}{}", self.stdout, self.stderr))
    }
}
