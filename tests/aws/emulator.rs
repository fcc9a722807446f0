//! The emulator of `tests/emulator`, one for each test: nothing of one test is seen by another.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A running emulator, ended when it goes out of scope.
pub struct Emulator {
    process: Child,
    address: String,
    /// Where it records every call, a JSON object a line.
    pub calls: PathBuf,
}

impl Emulator {
    /// Starts one that records into `folder`; with `enforce`, jobs and functions may do only what their roles allow.
    pub fn start(folder: &Path, enforce: bool) -> Self {
        let calls = folder.join("calls.ndjson");
        let mut command = Command::new(python());
        command.args(["-m", "emulator", "--port", "0", "--record"]).arg(&calls);
        if enforce {
            command.arg("--enforce");
        }
        let log = std::fs::File::create(folder.join("emulator.log")).unwrap();
        let mut process = command
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the emulator starts");
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let address = ready.trim().strip_prefix("emulator ready http://").unwrap_or_default().to_owned();
        let log = || std::fs::read_to_string(folder.join("emulator.log")).unwrap_or_default();
        assert!(!address.is_empty(), "the emulator did not start: {ready}{}", log());
        Self { process, address, calls }
    }

    /// What AWS_ENDPOINT_URL must be.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything whose name contains `part`, `service kind name`, sorted; but not the log groups that Glue makes in every
    /// account and that belong to all jobs of it.
    pub fn everything(&self, part: &str) -> Vec<String> {
        let answer = self.control("GET", &format!("/_emulator/inventory?contains={part}"), &Value::Null);
        let kinds = answer.as_object().unwrap_or_else(|| panic!("{answer}"));
        let mut all: Vec<String> = kinds
            .iter()
            .flat_map(|(kind, names)| {
                names
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(move |name| format!("{kind} {}", name.as_str().unwrap_or("?")))
            })
            .collect();
        all.retain(|thing| !(thing.starts_with("logs group ") && thing.contains("//aws-glue/")));
        all.sort();
        all
    }

    /// Refuses calls from now on, such as `cloudformation:CreateChangeSet`.
    pub fn deny(&self, action: &str) {
        self.control("POST", "/_emulator/deny", &json!({ "action": action }));
    }

    /// Sends a request to a control route.
    pub fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        // HTTP/1.0: the answer ends with the connection.
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        assert!(head.starts_with("HTTP/1") && head.contains(" 200"), "{method} {path}: {answer}");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{method} {path}: {error}: {body}"))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The interpreter that `scripts/test` prepares.
pub fn python() -> PathBuf {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
    assert!(ours.exists(), "there is no {}: scripts/test makes it", ours.display());
    ours
}
