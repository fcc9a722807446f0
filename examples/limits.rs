//! The limits that the pipeline's speed is measured against (scripts/bench): reading and counting newlines, and parsing
//! alone. `limits newlines DIR` and `limits parse DIR` print what they saw as JSON; the caller measures the time.
//! `limits generate DIR BYTES [OBJECTS]` writes logs, to measure that as well.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bucketscope::generate::{Options, generate};
use bucketscope::logs::access::{Parser, tail};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["newlines", dir] => newlines(Path::new(dir))?,
        ["parse", dir] => parse(Path::new(dir))?,
        ["generate", dir, bytes, ref objects @ ..] => {
            let objects = objects.first().map(|objects| objects.parse()).transpose()?;
            let options = Options { bytes: bytes.parse()?, objects, threads: 1, ..Options::default() };
            let generated = generate(&options, Path::new(dir))?;
            println!("{}", serde_json::to_string(&generated)?);
        }
        _ => return Err("usage: limits newlines DIR | parse DIR | generate DIR BYTES [OBJECTS]".into()),
    }
    Ok(())
}

/// The files of a folder and the folders in it, in the order of their names.
fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn newlines(dir: &Path) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 18];
    let (mut bytes, mut lines) = (0, 0);
    for path in files(dir)? {
        let mut file = File::open(path)?;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            bytes += read;
            lines += memchr::memchr_iter(b'\n', &buffer[..read]).count();
        }
    }
    println!("{{\"bytes\":{bytes},\"lines\":{lines}}}");
    Ok(())
}

fn parse(dir: &Path) -> io::Result<()> {
    let mut parser = Parser::default();
    let mut content = Vec::new();
    let (mut bytes, mut lines, mut records, mut sum) = (0, 0, 0, 0);
    for path in files(dir)? {
        content.clear();
        bytes += File::open(path)?.read_to_end(&mut content)?;
        let text = content.strip_suffix(b"\n").unwrap_or(&content);
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
            lines += 1;
            let line = &text[start..end];
            if let Ok(record) = parser.parse(line) {
                records += 1;
                // Uses something of every part, so that none of the work can be left out.
                sum += record.requestdatetime as usize + record.useragent.len() + tail(record.tail).0[7].len();
            }
            start = end + 1;
        }
    }
    println!("{{\"bytes\":{bytes},\"lines\":{lines},\"records\":{records},\"sum\":{sum}}}");
    Ok(())
}
