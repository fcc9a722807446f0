//! Whether a file is a program for Linux on x86_64, without running it.

use std::io::Read;
use std::path::Path;

use flate2::read::DeflateDecoder;

use super::opened;

/// Bytes of an ELF header up to and with the machine.
const HEAD: usize = 20;

/// Whether these are the first bytes of a program for Linux on x86_64 (ELF-64 Object File Format, "ELF Header":
/// EI_CLASS is 2 for 64 bits, EI_DATA is 1 for little-endian, e_machine is 62 for x86-64).
fn of_head(head: &[u8; HEAD]) -> Result<(), String> {
    match head {
        [0x7f, b'E', b'L', b'F', 2, 1, ..] if head[18..] == [62, 0] => Ok(()),
        [0x7f, b'E', b'L', b'F', ..] => Err("it is a program for another processor than x86_64".to_owned()),
        _ => Err("it is no program for Linux".to_owned()),
    }
}

/// Whether a file is a program for Linux on x86_64.
///
/// # Errors
/// What it is instead.
pub fn of_file(path: &Path) -> Result<(), String> {
    let mut head = [0; HEAD];
    opened(path, &mut head)?;
    of_head(&head)
}

/// Whether the first file of a zip file is `bootstrap`, a program for Linux on x86_64 (APPNOTE.TXT, 4.3.7 "Local file
/// header"; AWS Lambda Developer Guide, "Building Lambda functions with Rust": the file's name must be `bootstrap`).
///
/// # Errors
/// What it is instead.
pub fn of_zip(path: &Path) -> Result<(), String> {
    let mut local = [0; 30];
    let mut file = opened(path, &mut local)?;
    if local[..4] != *b"PK\x03\x04" {
        return Err("it is no zip file".to_owned());
    }
    let short = |at: usize| u16::from_le_bytes([local[at], local[at + 1]]);
    let (method, name_length, extra_length) = (short(8), short(26), short(28));
    let mut name = vec![0; 30 + usize::from(name_length) + usize::from(extra_length)];
    file.read_exact(&mut name).map_err(|_| "it is cut off".to_owned())?;
    if name[30..].get(..usize::from(name_length)) != Some(b"bootstrap".as_slice()) {
        return Err("the first file in it is not `bootstrap`".to_owned());
    }
    let mut head = [0; HEAD];
    let read = match method {
        0 => file.read_exact(&mut head),
        8 => DeflateDecoder::new(file).read_exact(&mut head),
        _ => return Err(format!("it is compressed by method {method}, which Lambda does not know")),
    };
    read.map_err(|_| "it is cut off".to_owned())?;
    of_head(&head)
}

/// The newest version of glibc that a program asks for; `None` if it asks for none.
///
/// The dynamic linker finds the versions as texts `GLIBC_2.34` (Linux Standard Base, "Symbol Versioning"); they are looked
/// for as texts, which finds too many rather than too few.
///
/// # Errors
/// If the file cannot be read.
pub fn glibc(path: &Path) -> Result<Option<(u32, u32)>, String> {
    const MARK: &[u8] = b"GLIBC_";
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let version = |at: usize| -> Option<(u32, u32)> {
        let text: Vec<u8> = bytes.get(at + MARK.len()..)?.iter().copied().take(8).take_while(|b| *b != 0).collect();
        let text = String::from_utf8(text).ok()?;
        let (major, minor) = text.split_once('.')?;
        Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
    };
    Ok(memchr::memmem::find_iter(&bytes, MARK).filter_map(version).max())
}
