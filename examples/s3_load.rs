//! A client of an S3 server that takes requests from anybody, as plain as it can be (scripts/bench): it says how fast the
//! server is by itself. `s3_load put PORT BUCKET PREFIX DIR THREADS` uploads a folder; `s3_load get PORT BUCKET PREFIX DIR
//! THREADS` gets the same objects, each connection one after the other. Prints what passed as JSON; the caller measures CPU.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [method, port, bucket, prefix, dir, threads] = &arguments[..] else {
        return Err("usage: s3_load put|get PORT BUCKET PREFIX DIR THREADS".into());
    };
    let (port, threads): (u16, usize) = (port.parse()?, threads.parse()?);
    let (method, root) = (method.to_ascii_uppercase(), Path::new(dir));
    let files = files(root)?;
    if method == "PUT" {
        Client::open(port)?.ask("PUT", &format!("/{bucket}"), &[])?;
    }
    let (next, bytes) = (AtomicUsize::new(0), AtomicU64::new(0));
    let work = || -> io::Result<()> {
        let mut client = Client::open(port)?;
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = file.strip_prefix(root).unwrap_or(file).display();
            let body = if method == "PUT" { std::fs::read(file)? } else { Vec::new() };
            let read = client.ask(&method, &format!("/{bucket}/{prefix}{name}"), &body)?;
            bytes.fetch_add((read + body.len()) as u64, Ordering::Relaxed);
        }
        Ok(())
    };
    let started = Instant::now();
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        all.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(io::Error::other("a panic"))))
    })?;
    let (seconds, objects) = (started.elapsed().as_secs_f64(), files.len());
    println!("{{\"objects\":{objects},\"bytes\":{},\"seconds\":{seconds:.3}}}", bytes.into_inner());
    Ok(())
}

/// The files of a folder and the folders in it, in the order of their names.
fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => found.extend(files(&entry.path())?),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    Ok(found)
}

struct Client {
    connection: BufReader<TcpStream>,
    port: u16,
    line: String,
    body: Vec<u8>,
}

impl Client {
    fn open(port: u16) -> io::Result<Self> {
        let connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.set_nodelay(true)?;
        Ok(Self {
            connection: BufReader::with_capacity(32 << 10, connection),
            port,
            line: String::new(),
            body: Vec::new(),
        })
    }

    /// Gives the length of the answer's body.
    fn ask(&mut self, method: &str, target: &str, body: &[u8]) -> io::Result<usize> {
        let length = if method == "PUT" { format!("Content-Length: {}\r\n", body.len()) } else { String::new() };
        let head = format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{length}\r\n", self.port);
        let request = [head.as_bytes(), body].concat();
        self.connection.get_mut().write_all(&request)?;
        let (status, mut length) = (self.line()?.to_owned(), 0);
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.strip_prefix("content-length:") {
                Some(value) => length = value.trim().parse().map_err(io::Error::other)?,
                None if line.is_empty() => break,
                None => {}
            }
        }
        self.body.resize(length, 0);
        self.connection.read_exact(&mut self.body)?;
        let is_fine = status.starts_with("HTTP/1.1 200") || (method == "PUT" && status.starts_with("HTTP/1.1 409"));
        if is_fine { Ok(length) } else { Err(io::Error::other(format!("{method} {target}: {status}"))) }
    }

    fn line(&mut self) -> io::Result<&str> {
        self.line.clear();
        self.connection.read_line(&mut self.line)?;
        Ok(self.line.trim_end())
    }
}
