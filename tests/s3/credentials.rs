//! Credentials that expire during a run are fetched again: what Glue hands out lasts for an hour, and a backfill for longer.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bucketscope::aws::Session;
use bucketscope::generate::{Options, generate};
use bucketscope::pipeline::{self, AfterCommit, Catalogue, Place};

use crate::server::{self, REGION};

/// What is handed out is said to expire after this long. The SDK fetches others 5 to 10 s before.
const SAID: Duration = Duration::from_secs(12);
/// After this long it is refused in truth.
const TAKEN: Duration = Duration::from_secs(9);
/// Reading a log object takes this long, one after the other, so that the run is longer than anything is taken.
const SLOW: Duration = Duration::from_millis(400);
const OBJECTS: u64 = 30;
/// What the endpoint of the credentials wants to see.
const AUTHORIZATION: &str = "hush-hush";

/// An endpoint that hands out credentials, and a gate that lets requests pass while theirs are good.
#[derive(Default)]
struct Authority {
    /// When each was handed out; its number is its token.
    handed_out: Mutex<Vec<Instant>>,
    used: Mutex<BTreeSet<usize>>,
    refused: Mutex<usize>,
    reading: Mutex<()>,
}

struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn read(stream: &TcpStream) -> std::io::Result<Self> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            // Each connection carries one request.
            if !lower.starts_with("connection:") {
                head.push_str(&line);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Self { head, body })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

fn answer(stream: &mut TcpStream, status: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// Serves on a port of its own.
fn serve(with: impl Fn(TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let with = Arc::new(with);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let with = Arc::clone(&with);
            // A client that goes away is none of ours.
            std::thread::spawn(move || drop(with(client)));
        }
    });
    port
}

/// As containers get them ("Container credential provider", AWS SDKs and Tools Reference Guide).
fn hand_out(authority: &Authority, mut client: TcpStream) -> std::io::Result<()> {
    let request = Request::read(&client)?;
    if request.header("authorization") != Some(AUTHORIZATION) {
        return answer(&mut client, "401 Unauthorized", "");
    }
    let mut handed_out = authority.handed_out.lock().unwrap();
    handed_out.push(Instant::now());
    let expiration = jiff::Timestamp::now() + jiff::SignedDuration::try_from(SAID).unwrap();
    let body = serde_json::json!({
        "AccessKeyId": format!("ASIA{}", handed_out.len()), "SecretAccessKey": "secret",
        "Token": (handed_out.len() - 1).to_string(), "Expiration": expiration.to_string(),
    });
    answer(&mut client, "200 OK", &body.to_string())
}

fn let_pass(authority: &Authority, server: u16, mut client: TcpStream) -> std::io::Result<()> {
    let request = Request::read(&client)?;
    let token = request.header("x-amz-security-token").and_then(|token| token.parse::<usize>().ok());
    let since = token.and_then(|token| authority.handed_out.lock().unwrap().get(token).copied());
    if since.is_none_or(|since| since.elapsed() > TAKEN) {
        *authority.refused.lock().unwrap() += 1;
        let body = "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>";
        return answer(&mut client, "400 Bad Request", body);
    }
    authority.used.lock().unwrap().extend(token);
    if request.head.starts_with("GET") && request.head.lines().next().unwrap_or_default().contains("/logs/") {
        let _one_at_a_time = authority.reading.lock().unwrap();
        std::thread::sleep(SLOW);
    }
    let mut server = TcpStream::connect(("127.0.0.1", server))?;
    write!(server, "{}Connection: close\r\n\r\n", request.head)?;
    server.write_all(&request.body)?;
    std::io::copy(&mut server, &mut client).map(drop)
}

fn place(bucket: &str, prefix: &str) -> Place {
    Place {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        region: REGION.to_owned(),
        owner: "000000000000".to_owned(),
    }
}

/// Generated logs in a bucket of the server at `port`.
fn logs_in(port: u16, bucket: &str) {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new(REGION))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("any", "any", None, None, "test")));
    let session = Session::with(config.build()).unwrap();
    session.wait(session.s3().create_bucket().bucket(bucket).send()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = Options { bytes: 1_000_000, days: 1, objects: Some(OBJECTS), ..Options::default() };
    generate(&options, folder.path()).unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let (key, body) =
            (format!("logs/{}", entry.file_name().to_str().unwrap()), std::fs::read(entry.path()).unwrap());
        session.wait(session.s3().put_object().bucket(bucket).key(key).body(body.into()).send()).unwrap();
    }
}

#[test]
fn credentials_that_expire_during_a_run_are_fetched_again_and_the_run_does_not_notice() {
    // One after the other: both look for free ports.
    server::port();
    let (_server, port) = server::start(&["--open"]);
    logs_in(port, "expiring");
    let authority = Arc::new(Authority::default());
    let (of_endpoint, of_gate) = (Arc::clone(&authority), Arc::clone(&authority));
    let endpoint = serve(move |client| hand_out(&of_endpoint, client));
    let gate = serve(move |client| let_pass(&of_gate, port, client));
    let told = pipeline::Pipeline {
        version: pipeline::VERSION,
        name: "test".to_owned(),
        lake: place("expiring", "lake/"),
        sources: vec![pipeline::Source { id: "a".to_owned(), place: place("expiring", "logs/") }],
        trails: Vec::new(),
        catalogue: Catalogue {
            database: "none".to_owned(),
            region: REGION.to_owned(),
            after_commit: AfterCommit::Nothing,
        },
        hand_over: None,
        dpu_hour_micro_usd: None,
    };
    let began = Instant::now();
    // Nothing of the person who runs the tests, and nothing but the endpoint to get credentials from.
    let ran = Command::new(env!("CARGO_BIN_EXE_bucketscope-worker"))
        .args(["run", "--threads", "1", "--pipeline", &serde_json::to_string(&told).unwrap()])
        .env_clear()
        .env("HOME", "/nowhere")
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{gate}"))
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://127.0.0.1:{endpoint}/credentials"))
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", AUTHORIZATION)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    let summary: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(summary["counts"]["objects"], OBJECTS, "{said}");
    // Longer than the first ones were taken for: with them alone it would have failed.
    assert!(began.elapsed() > TAKEN, "{:?}", began.elapsed());
    let (fetched, used) = (authority.handed_out.lock().unwrap().len(), authority.used.lock().unwrap().len());
    assert!(fetched >= 2 && used >= 2, "fetched {fetched} times, used {used} of them");
    assert_eq!(*authority.refused.lock().unwrap(), 0);
    assert!(!said.contains("ASIA") && !said.contains("secret") && !said.contains(AUTHORIZATION), "{said}");
}
