//! The programs in what is deployed: taken out of their zip file, and asked for their version, without running them.

use std::io::Read;

use flate2::read::DeflateDecoder;
use memchr::memmem;

/// A function's program is no larger, so that a zip file of nothing but zeros does not fill the memory: Lambda takes 250 MB
/// unpacked (AWS Lambda Developer Guide, "Lambda quotas").
const LARGEST: u64 = 250_000_000;

/// The first file of a zip file, which must be `bootstrap` (APPNOTE.TXT, 4.3.7 "Local file header"; AWS Lambda Developer
/// Guide, "Building Lambda functions with Rust": the file's name must be `bootstrap`).
///
/// # Errors
/// What it is instead.
pub fn unzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let cut_off = || "it is cut off".to_owned();
    let Some(local) = bytes.get(..30).filter(|local| local.starts_with(b"PK\x03\x04")) else {
        return Err("it is no zip file".to_owned());
    };
    let short = |at: usize| match local.get(at..at + 2) {
        Some([low, high]) => usize::from(u16::from_le_bytes([*low, *high])),
        _ => 0,
    };
    let size = |at: usize| short(at) | short(at + 2) << 16;
    let (method, packed, name_length, extra_length) = (short(8), size(18), short(26), short(28));
    let name = bytes.get(30..30 + name_length).ok_or_else(cut_off)?;
    if name != b"bootstrap" {
        return Err("the first file in it is not `bootstrap`".to_owned());
    }
    let content = bytes.get(30 + name_length + extra_length..).ok_or_else(cut_off)?;
    match method {
        // A size of 0 stands behind the content instead (4.4.4, bit 3); then the rest of the file is read.
        0 => content.get(..if packed == 0 { content.len() } else { packed }).map(<[u8]>::to_vec).ok_or_else(cut_off),
        8 => {
            let mut program = Vec::new();
            DeflateDecoder::new(content).take(LARGEST).read_to_end(&mut program).map_err(|_| cut_off())?;
            Ok(program)
        }
        _ => Err(format!("it is compressed by method {method}, which Lambda does not know")),
    }
}

/// The version that the program `name` answers to `--version`: `name 1.2.3` and the end of the line stand in it as text.
pub fn version(program: &[u8], name: &str) -> Option<String> {
    let mark = format!("{name} ");
    memmem::find_iter(program, &mark).find_map(|at| {
        let rest = program.get(at + mark.len()..)?;
        let line = rest.get(..rest.iter().take(64).position(|byte| *byte == b'\n')?)?;
        let text = std::str::from_utf8(line).ok()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
        let is_version = text.bytes().next()?.is_ascii_digit() && text.contains('.') && text.bytes().all(plain);
        is_version.then(|| text.to_owned())
    })
}
