//! A proxy that does to requests and answers what networks and S3 do at times, and counts what passes.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The server does what was asked, but its answer is lost.
    LoseAnswer,
    /// The connection breaks off after this many bytes of the answer's body.
    CutBodyAfter(usize),
    /// The server asks to slow down and does nothing.
    SlowDown,
    /// The server fails.
    InternalError,
    /// The connection is reset, and the server does nothing.
    Reset,
}

/// A request that has passed, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub fault: Option<Fault>,
}

/// What is to happen to a request, of which the method and the target are given.
type Decide = Box<dyn FnMut(&str, &str) -> Option<Fault> + Send>;

/// A proxy; it goes on for as long as the process does.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    /// How long each answer takes.
    delay: Duration,
    decide: Mutex<Decide>,
    seen: Mutex<Vec<Seen>>,
    under_way: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Proxy {
    /// Starts a proxy before the server at this port.
    pub fn start(
        server: u16,
        delay: Duration,
        decide: impl FnMut(&str, &str) -> Option<Fault> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (decide, seen) = (Mutex::new(Box::new(decide) as Decide), Mutex::default());
        let (under_way, most_at_once) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let shared = Arc::new(Shared { server, delay, decide, seen, under_way, most_at_once });
        let passing = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&passing);
                // A client that goes away is none of the proxy's business.
                std::thread::spawn(move || drop(shared.pass_on(client)));
            }
        });
        Self { port, shared }
    }

    /// A proxy that does this to the first requests of these methods.
    pub fn with_faults(server: u16, faults: &[(&'static str, Fault)]) -> Self {
        let mut faults = faults.to_vec();
        Self::start(server, Duration::ZERO, move |method, _| {
            let at = faults.iter().position(|(faulty, _)| *faulty == method)?;
            Some(faults.remove(at).1)
        })
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// How many faults have happened.
    pub fn faults(&self) -> usize {
        self.seen().iter().filter(|seen| seen.fault.is_some()).count()
    }

    /// How many requests were under way at the same time.
    pub fn most_at_once(&self) -> usize {
        self.shared.most_at_once.load(Ordering::SeqCst)
    }
}

impl Shared {
    /// Passes one request on, and its answer back.
    fn pass_on(&self, mut client: TcpStream) -> std::io::Result<()> {
        let request = message(&mut BufReader::new(client.try_clone()?), false)?;
        let mut words = request.first_line.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let fault = (self.decide.lock().unwrap())(&method, &target);
        self.seen.lock().unwrap().push(Seen { method, target, fault });
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(self.delay);
        let result = self.answer(&mut client, &request, fault);
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        result
    }

    fn answer(&self, client: &mut TcpStream, request: &Message, fault: Option<Fault>) -> std::io::Result<()> {
        match fault {
            _ if request.is_skewed() => return refuse(client, "403 Forbidden", "RequestTimeTooSkewed"),
            Some(Fault::SlowDown) => return refuse(client, "503 Slow Down", "SlowDown"),
            Some(Fault::InternalError) => return refuse(client, "500 Internal Server Error", "InternalError"),
            Some(Fault::Reset) => return reset(client),
            _ => {}
        }
        let mut server = TcpStream::connect(("127.0.0.1", self.server))?;
        server.write_all(&request.head)?;
        server.write_all(&request.body)?;
        let answer = message(&mut BufReader::new(server), request.first_line.starts_with("HEAD "))?;
        let body = match fault {
            Some(Fault::LoseAnswer) => return Ok(()),
            Some(Fault::CutBodyAfter(count)) => &answer.body[..count.min(answer.body.len())],
            _ => &answer.body,
        };
        client.write_all(&answer.head)?;
        client.write_all(body)
    }
}

fn refuse(client: &mut TcpStream, status: &str, code: &str) -> std::io::Result<()> {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    let (length, date) = (body.len(), Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT"));
    let head = format!("HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    client.write_all((head + &body).as_bytes())
}

/// Ends a connection as a machine does that knows nothing of it.
fn reset(client: &TcpStream) -> std::io::Result<()> {
    use std::os::fd::AsRawFd;
    let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
    let size = libc::socklen_t::try_from(size_of::<libc::linger>()).unwrap();
    // SAFETY: the socket is open, and the option's value is what its length says.
    let set = unsafe {
        libc::setsockopt(client.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, (&raw const at_once).cast(), size)
    };
    assert_eq!(set, 0);
    Ok(())
}

struct Message {
    first_line: String,
    head: Vec<u8>,
    body: Vec<u8>,
    signed_at: Option<Timestamp>,
}

impl Message {
    /// Whether S3 would refuse the request for its time.
    fn is_skewed(&self) -> bool {
        self.signed_at.is_some_and(|at| at.duration_until(Timestamp::now()).abs().as_secs() > 15 * 60)
    }
}

/// Reads a message and makes it the last of its connection.
fn message(from: &mut impl BufRead, is_answer_to_head: bool) -> std::io::Result<Message> {
    let (mut head, mut length, mut first_line, mut signed_at) = (Vec::new(), 0, None, None);
    loop {
        let mut line = Vec::new();
        from.read_until(b'\n', &mut line)?;
        if line.len() <= 2 {
            break;
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let name = text.to_ascii_lowercase();
        if let Some(value) = name.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if let Some(value) = name.strip_prefix("x-amz-date:") {
            let time = DateTime::strptime("%Y%m%dT%H%M%SZ", value.trim().to_ascii_uppercase()).unwrap();
            signed_at = Some(time.to_zoned(TimeZone::UTC).unwrap().timestamp());
        }
        if !name.starts_with("connection:") {
            head.extend(line);
        }
        first_line.get_or_insert(text);
    }
    head.extend(b"Connection: close\r\n\r\n");
    let mut body = vec![0; if is_answer_to_head { 0 } else { length }];
    from.read_exact(&mut body)?;
    Ok(Message { first_line: first_line.unwrap_or_default(), head, body, signed_at })
}
