//! A proxy that does to answers what networks and S3 do at times.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What happens to the answer of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The server does what was asked, but its answer is lost.
    LoseAnswer,
    /// The connection breaks off after this many bytes of the body.
    CutBodyAfter(usize),
    /// The server asks to slow down and does nothing.
    SlowDown,
}

/// What happens to the first requests of a method.
pub type Faults = Arc<Mutex<Vec<(&'static str, Fault)>>>;

/// Starts a proxy before the server at `port`; gives its own port.
pub fn start(port: u16, faults: Faults) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let faults = Arc::clone(&faults);
            // A client that goes away is none of the proxy's business.
            std::thread::spawn(move || drop(pass_on(client, port, &faults)));
        }
    });
    own
}

/// Passes one request on, and its answer back.
fn pass_on(mut client: TcpStream, port: u16, faults: &Faults) -> std::io::Result<()> {
    let request = message(&mut BufReader::new(client.try_clone()?), false)?;
    let fault = {
        let mut faults = faults.lock().unwrap();
        let at = faults.iter().position(|(method, _)| request.head.starts_with(method.as_bytes()));
        at.map(|at| faults.remove(at).1)
    };
    if fault == Some(Fault::SlowDown) {
        let body = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
        let length = body.len();
        return write!(client, "HTTP/1.1 503 Slow Down\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    }
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    server.write_all(&request.head)?;
    server.write_all(&request.body)?;
    let answer = message(&mut BufReader::new(server), request.head.starts_with(b"HEAD"))?;
    let body = match fault {
        Some(Fault::LoseAnswer) => return Ok(()),
        Some(Fault::CutBodyAfter(count)) => &answer.body[..count.min(answer.body.len())],
        _ => &answer.body,
    };
    client.write_all(&answer.head)?;
    client.write_all(body)
}

struct Message {
    head: Vec<u8>,
    body: Vec<u8>,
}

/// Reads a message and makes it the last of its connection.
fn message(from: &mut impl BufRead, is_answer_to_head: bool) -> std::io::Result<Message> {
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = Vec::new();
        from.read_until(b'\n', &mut line)?;
        if line.len() <= 2 {
            break;
        }
        let text = String::from_utf8_lossy(&line).to_ascii_lowercase();
        if let Some(value) = text.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if !text.starts_with("connection:") {
            head.extend(line);
        }
    }
    head.extend(b"Connection: close\r\n\r\n");
    let mut body = vec![0; if is_answer_to_head { 0 } else { length }];
    from.read_exact(&mut body)?;
    Ok(Message { head, body })
}
