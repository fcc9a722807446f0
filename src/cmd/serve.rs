//! `report --serve`: the page on this machine, asked anew when a range or a bucket is chosen.
//!
//! Other programs of this machine and pages in the same browser can reach the port. So the address holds a token that nobody can
//! guess, and the name by which it was reached must be this machine's own (DNS rebinding gives another one).

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::answers::Answers;
use super::interrupt::Presses;
use super::report::{Health, asking};
use super::{Context, page};
use crate::cli;
use crate::etl::status::Status;
use crate::report::page::apology;
use crate::report::page::model::Form;
use crate::ui::{Outcome, text};
use crate::{Error, ErrorKind, Result};

/// The head of a request is no longer than this.
const HEAD: usize = 16 * 1024;

/// Who has not sent it by then is not answered; who does not take an answer neither.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks at Ctrl-C.
const STEP: Duration = Duration::from_millis(50);

/// How long an answer may go on after Ctrl-C: long enough to cancel what runs on Athena.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until Ctrl-C.
///
/// # Errors
/// If the port cannot be had.
pub fn serve(
    context: &Context,
    args: &cli::Report,
    name: &str,
    answers: &dyn Answers,
    health: &Health<'_>,
) -> Result<Outcome> {
    let first = asking(context, &args.range, args.bucket.as_deref(), name, answers)?;
    let first = Form {
        from: text::time(first.range.from_ms),
        to: text::time(first.range.to_ms),
        bucket: args.bucket.clone().unwrap_or_default(),
    };
    let no_port = |error: std::io::Error| {
        Error::failed("the page cannot be served on this machine")
            .because(error)
            .hint("another --port, or none, may be free")
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port.unwrap_or(0))).map_err(no_port)?;
    let port = listener.local_addr().map_err(no_port)?.port();
    let token = token();
    let presses = Presses::listen();
    presses.end_after(GRACE);
    let url = format!("http://127.0.0.1:{port}/{token}/");
    context.ui.stream(|out| writeln!(out, "{url}"))?;
    context.ui.note("Open it in a browser on this machine. Ctrl-C ends it.");
    open(context, &url);
    // The engine asks the lake as it is now, so what is told of the pipeline is of now, too.
    let status = health()?;
    let (send, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (send, token) = (send.clone(), token.clone());
            // Each in a thread of its own: browsers open connections that they do not use at once.
            std::thread::spawn(move || read(stream, port, &token).map(|read| send.send(read)));
        }
    });
    while presses.count().load(Ordering::SeqCst) == 0 {
        match requests.recv_timeout(STEP) {
            Ok((stream, Asked::Page(query))) => {
                if !has_left(&stream) {
                    let form = chosen(&query, &first);
                    respond(stream, 200, &made(context, &form, name, answers, status.as_ref()));
                }
            }
            Ok((stream, Asked::Refused(status, why))) => respond(stream, status, &apology(why, &[])),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Error::failed("the page is no longer served")),
        }
    }
    Ok(Outcome::silent())
}

/// Whether a browser no longer waits, having been sent elsewhere meanwhile: answers take long, and would queue up.
fn has_left(stream: &TcpStream) -> bool {
    let looked = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
    stream.set_nonblocking(false).is_err() || matches!(looked, Ok(0))
}

/// What a request wants.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// The page, for what the query part says.
    Page(String),
    /// What it does not get: the status, and why.
    Refused(u16, &'static str),
}

/// The page for what was chosen; what cannot be asked is said instead.
fn made(context: &Context, form: &Form, name: &str, answers: &dyn Answers, status: Option<&Status>) -> String {
    let asked = || -> Result<String> {
        let some = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let range = cli::RangeArgs { from: some(&form.from), to: some(&form.to), last: None };
        let bucket = some(&form.bucket);
        let asking = asking(context, &range, bucket.as_deref(), name, answers)?;
        let (page, _) = page::page(context, &asking, Some(form.clone()), status)?;
        page::html(&page)
    };
    asked().unwrap_or_else(|error: Error| {
        let hint = error.suggestion().map(str::to_owned);
        let title = if error.kind() == ErrorKind::Usage { "This cannot be asked" } else { "This went wrong" };
        let lines: Vec<String> = std::iter::once(error.to_string()).chain(hint).collect();
        apology(title, &lines)
    })
}

/// What was chosen on the page; without anything, what the command said.
fn chosen(query: &str, first: &Form) -> Form {
    let value = |name: &str| {
        query.split('&').find_map(|pair| {
            let (found, value) = pair.split_once('=').unwrap_or((pair, ""));
            (found == name).then(|| decoded(value))
        })
    };
    if query.is_empty() {
        return first.clone();
    }
    let [from, to, bucket] = ["from", "to", "bucket"].map(|name| value(name).unwrap_or_default());
    Form { from, to, bucket }
}

/// A value of a form as browsers encode it (URL Standard, "application/x-www-form-urlencoded").
fn decoded(value: &str) -> String {
    let mut bytes = value.as_bytes().iter();
    let mut out = Vec::with_capacity(value.len());
    while let Some(&byte) = bytes.next() {
        let rest = bytes.as_slice();
        let pair = rest.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let escaped = pair.filter(|pair| pair.bytes().all(|c| c.is_ascii_hexdigit()));
        match (byte, escaped.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(code)) => {
                out.push(code);
                bytes.nth(1);
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Reads a request; `None` where none came.
fn read(mut stream: TcpStream, port: u16, token: &str) -> Option<(TcpStream, Asked)> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let mut head = Vec::new();
    let mut block = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut block).ok().filter(|read| *read > 0)?;
        head.extend_from_slice(block.get(..read)?);
        if head.len() > HEAD {
            return Some((stream, Asked::Refused(431, "The request is too long")));
        }
    }
    let asked = understood(&head, port, token);
    Some((stream, asked))
}

/// What the head of a request wants.
fn understood(head: &[u8], port: u16, token: &str) -> Asked {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(_)) = request.parse(head) else {
        return Asked::Refused(400, "The request cannot be understood");
    };
    let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    let host = hosts.next().map(|header| header.value).filter(|_| hosts.next().is_none());
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    if !host.is_some_and(|host| own.iter().any(|name| name.as_bytes() == host)) {
        return Asked::Refused(421, "This is another machine's name");
    }
    let (path, query) = request.path.map_or(("", ""), |path| path.split_once('?').unwrap_or((path, "")));
    match (request.method, path.strip_prefix('/').and_then(|path| path.strip_suffix('/'))) {
        (Some("GET"), Some(given)) if given == token => Asked::Page(query.to_owned()),
        (Some("GET"), _) => Asked::Refused(404, "There is no such page"),
        _ => Asked::Refused(405, "Pages can only be read here"),
    }
}

fn respond(mut stream: TcpStream, status: u16, html: &str) {
    let head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: frame-ancestors 'none'\r\nCross-Origin-Opener-Policy: same-origin\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\n\r\n",
        if status == 200 { "OK" } else { "Refused" },
        html.len()
    );
    // A browser that has left needs no answer.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(html.as_bytes()));
}

/// 128 bits that nobody can guess: the keys of the standard library's hasher are the system's random numbers, and its digest does not
/// tell them.
fn token() -> String {
    let mut digest = Sha256::new();
    for _ in 0..4 {
        digest.update(RandomState::new().build_hasher().finish().to_le_bytes());
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Opens a browser where somebody sits in front of one; else the address is enough.
fn open(context: &Context, url: &str) {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let macos = cfg!(target_os = "macos");
    if !context.ui.interactive() || !(macos || set("DISPLAY") || set("WAYLAND_DISPLAY")) {
        return;
    }
    let program = if macos { "open" } else { "xdg-open" };
    let quiet = std::process::Stdio::null;
    let started = std::process::Command::new(program).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    if let Ok(mut child) = started {
        std::thread::spawn(move || child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(request: &str) -> Asked {
        understood(format!("{request}\r\n\r\n").as_bytes(), 8123, "secret")
    }

    #[test]
    fn the_page_is_given_to_whoever_knows_the_token_and_this_machines_name() {
        let page = |query: &str| Asked::Page(query.to_owned());
        assert_eq!(asked("GET /secret/ HTTP/1.1\r\nHost: 127.0.0.1:8123"), page(""));
        assert_eq!(asked("GET /secret/?from=7d&to= HTTP/1.1\r\nhost: localhost:8123"), page("from=7d&to="));
    }

    #[test]
    fn nobody_else_gets_anything() {
        for (request, status) in [
            ("GET /secret/ HTTP/1.1\r\nHost: evil.example:8123", 421),
            ("GET /secret/ HTTP/1.1\r\nHost: 127.0.0.1:8124", 421),
            ("GET /secret/ HTTP/1.1\r\nHost: 127.0.0.1:8123\r\nHost: evil.example", 421),
            ("GET /secret/ HTTP/1.1", 421),
            ("GET / HTTP/1.1\r\nHost: 127.0.0.1:8123", 404),
            ("GET /secre/ HTTP/1.1\r\nHost: 127.0.0.1:8123", 404),
            ("GET /secret/x/ HTTP/1.1\r\nHost: 127.0.0.1:8123", 404),
            ("GET /secret HTTP/1.1\r\nHost: 127.0.0.1:8123", 404),
            ("POST /secret/ HTTP/1.1\r\nHost: 127.0.0.1:8123", 405),
            ("\u{1}", 400),
        ] {
            assert!(matches!(asked(request), Asked::Refused(found, _) if found == status), "{request}");
        }
    }

    #[test]
    fn a_form_is_read_as_browsers_send_it() {
        let first = Form { from: "a".to_owned(), ..Form::default() };
        assert_eq!(chosen("", &first), first);
        let form = chosen("bucket=it%27s+%2B%e2%82%ac%zz%&from=2026-06-01T00%3A00%3A00Z", &first);
        assert_eq!(
            (form.bucket.as_str(), form.from.as_str(), form.to.as_str()),
            ("it's +€%zz%", "2026-06-01T00:00:00Z", "")
        );
    }

    #[test]
    fn tokens_differ() {
        assert!(token() != token() && token().len() == 32);
    }
}
