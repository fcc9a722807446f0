//! File names ↔ keys. A folder may hold names that no key can be: not UTF-8, or with control characters. Their key is
//! `//` and the path percent-encoded, which no other file can have, since no path below a folder begins with a slash.

use std::ffi::{OsStr, OsString};

/// What begins the key of a file whose name cannot be a key.
const ODD: &str = "//";

/// The key of the file at `path` below its folder.
pub fn key_of(path: &OsStr) -> String {
    let bytes = path.as_encoded_bytes();
    // Most names are plain ASCII, for which one look at the bytes is enough.
    let is_plain = bytes.iter().fold(true, |plain, &byte| plain & (b' '..0x7f).contains(&byte));
    match std::str::from_utf8(bytes) {
        Ok(text) if is_plain || !text.chars().any(char::is_control) => text.to_owned(),
        _ => encode(bytes),
    }
}

fn encode(bytes: &[u8]) -> String {
    let mut key = String::from(ODD);
    for &byte in bytes {
        if byte.is_ascii_graphic() && byte != b'%' {
            key.push(char::from(byte));
        } else {
            key.push_str(&format!("%{byte:02X}"));
        }
    }
    key
}

/// The key, as the pipeline keeps it, of the object of a bucket that is called `name` below the bucket's prefix. S3 takes
/// any text: what is empty, begins with two slashes or holds control characters is encoded like an odd file name.
pub fn key_of_object(name: &str) -> String {
    if name.is_empty() || name.starts_with(ODD) || name.chars().any(char::is_control) {
        return encode(name.as_bytes());
    }
    name.to_owned()
}

/// What the object of a bucket with this key is called below the bucket's prefix.
pub fn object_of(key: &str) -> String {
    match key.strip_prefix(ODD) {
        Some(encoded) => String::from_utf8_lossy(&decode(encoded.as_bytes())).into_owned(),
        None => key.to_owned(),
    }
}

/// The path below its folder of the file with this key.
pub fn file_of(key: &str) -> OsString {
    match key.strip_prefix(ODD) {
        Some(encoded) => os_string(decode(encoded.as_bytes())),
        None => OsString::from(key),
    }
}

/// The bytes that percent-encoded text stands for.
pub(crate) fn decode(encoded: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    bytes
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// Whether object_store's folder implementation can address this key. Beside odd names it cannot address those that
/// end in `#` and digits, which it gives to its own unfinished uploads (documentation of `LocalFileSystem`).
pub fn is_ordinary(key: &str) -> bool {
    upload_target(key).is_none() && is_object_path(key)
}

/// Whether this key is a path in the sense of object_store, to the letter.
pub fn is_object_path(key: &str) -> bool {
    !key.starts_with(ODD) && object_store::path::Path::parse(key).is_ok_and(|path| path.as_ref() == key)
}

/// The key that an unfinished upload of object_store's folder implementation was meant for, if `key` is the name of one.
pub fn upload_target(key: &str) -> Option<&str> {
    let name_at = key.rfind('/').map_or(0, |slash| slash + 1);
    let hash = name_at + key.get(name_at..)?.find('#')?;
    let digits = key.get(hash + 1..)?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| key.get(..hash)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn every_file_has_a_key_of_its_own_that_leads_back_to_it() {
        use std::os::unix::ffi::OsStrExt;
        let names: [&[u8]; 8] =
            [b"plain", b"with space/%41", b"ab\xff", b"ab%FF", b"tab\tname", b"tab%09name", b"caf\xc3\xa9", b"x#1"];
        let mut keys: Vec<String> = Vec::new();
        for name in names {
            let key = key_of(OsStr::from_bytes(name));
            assert_eq!(file_of(&key).as_bytes(), name);
            assert!(!key.chars().any(char::is_control), "{key}");
            keys.push(key);
        }
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), names.len());
    }

    #[test]
    fn every_object_of_a_bucket_has_a_key_of_its_own_that_leads_back_to_it() {
        let names = ["plain", "", "/", "//", "//a%FF", "/a", "a//b", "a\tb\n", "a%09b", "x#1", "café +%2B", "a/./../b"];
        let mut keys: Vec<String> = names.iter().map(|name| key_of_object(name)).collect();
        for (name, key) in names.iter().zip(&keys) {
            assert_eq!(object_of(key), *name);
            assert!(!key.is_empty() && !key.chars().any(char::is_control), "{key}");
        }
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), names.len());
    }

    #[test]
    fn names_of_unfinished_uploads_are_told_from_others() {
        assert_eq!(upload_target("a/b.parquet#12"), Some("a/b.parquet"));
        assert_eq!(upload_target("a#1/b"), None);
        assert_eq!(upload_target("a/b#"), None);
        assert_eq!(upload_target("a/b#1x"), None);
        assert!(!is_ordinary("a/b#1") && !is_ordinary("//a%FF") && is_ordinary("a/b#x y%"));
    }
}
