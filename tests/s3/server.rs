//! The S3 server of this run, and buckets in it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bucketscope::aws::Session;
use bucketscope::pipeline::Place;
use bytes::Bytes;

pub const REGION: &str = "us-east-1";

/// Starts the server with the first call; it ends when this process does, as that closes its standard input.
pub fn port() -> u16 {
    static SERVER: OnceLock<(Child, u16)> = OnceLock::new();
    SERVER.get_or_init(|| start(&[])).1
}

/// Starts another server, told `more`; it ends with its standard input.
pub fn start(more: &[&str]) -> (Child, u16) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut server = Command::new(root.join(".venv/bin/python"))
        .arg(root.join("tests/s3/server.py"))
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("scripts/test makes .venv");
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().parse().expect("scripts/test installs tests/s3/requirements.txt");
    (server, port)
}

/// A session whose endpoint is at this port of this machine.
pub fn session(port: u16) -> Session {
    session_of(port, "test")
}

/// The same with the access key of somebody else.
pub fn session_of(port: u16, access_key: &str) -> Session {
    let credentials = Credentials::new(access_key, "test", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    Session::with(config.build()).unwrap()
}

/// A bucket that is named after a test.
pub struct TestBucket {
    pub session: Session,
    pub name: String,
}

impl TestBucket {
    pub fn new(name: &str) -> Self {
        let session = session(port());
        session.wait(session.s3().create_bucket().bucket(name).send()).unwrap();
        Self { session, name: name.to_owned() }
    }

    /// All or a part of it.
    pub fn place(&self, prefix: &str) -> Place {
        Place {
            bucket: self.name.clone(),
            prefix: prefix.to_owned(),
            region: REGION.to_owned(),
            owner: "000000000000".to_owned(),
        }
    }

    /// Puts an object as anybody might.
    pub fn put(&self, key: &str, bytes: impl Into<Bytes>) {
        let body = bytes.into().into();
        self.session.wait(self.session.s3().put_object().bucket(&self.name).key(key).body(body).send()).unwrap();
    }
}
