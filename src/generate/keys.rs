//! Object keys, and how the log encodes them.

use super::line::{push_hex, push_number};
use super::random::mix;
use super::world::Keys;

/// A calendar day in the forms that keys and log lines need.
#[derive(Debug, Clone)]
pub struct Day {
    /// `[01/Jun/2026:`, as a record's time begins.
    pub log: String,
    /// `2026`, `06` and `01`.
    pub parts: [String; 3],
}

const TABLES: [&str; 6] = ["events", "orders", "page_views", "sessions", "inventory_snapshots", "payments"];
const NOUNS: [&str; 16] = [
    "lamp",
    "armchair",
    "coffee-table",
    "bookshelf",
    "rug",
    "sofa",
    "mirror",
    "vase",
    "stool",
    "desk",
    "bed-frame",
    "pillow",
    "curtain",
    "candle",
    "wardrobe",
    "plant-pot",
];
const ADJECTIVES: [&str; 8] = ["oak", "linen", "vintage", "brushed-steel", "walnut", "velvet", "rattan", "matte-black"];
const SIZES: [&str; 6] =
    ["160x160.webp", "320x320.webp", "640x640.webp", "1280x960.jpg", "1920x1440.jpg", "original.png"];
const DATABASES: [&str; 4] = ["orders", "customers", "catalogue", "ledger"];
const PAGES: [&str; 4] = ["blog", "guides", "press", "assets"];

fn one<'a>(items: &[&'a str], hash: u64) -> &'a str {
    items.get((hash % items.len().max(1) as u64) as usize).copied().unwrap_or("")
}

/// Writes the key number `id` of a bucket with such keys, as the owner of the object would write it. Equal numbers give
/// equal keys; different ones give different keys, collisions of their hashes apart.
pub fn write_key(kind: Keys, id: u64, day: &Day, out: &mut Vec<u8>) {
    let hash = mix(id);
    let more = mix(hash);
    match kind {
        Keys::Media => media(hash, more, out),
        Keys::Lake => lake(hash, more, day, out),
        Keys::Logs => balancer_log(hash, more, day, out),
        Keys::Backups => backup(hash, more, day, out),
        Keys::Uploads => upload(hash, more, out),
        Keys::Site => page(hash, more, out),
    }
}

fn text(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

fn media(hash: u64, more: u64, out: &mut Vec<u8>) {
    text(out, &["images/products/"]);
    push_hex(out, hash, 10);
    text(out, &["/", one(&ADJECTIVES, more >> 8), "-", one(&NOUNS, more >> 16), "-", one(&SIZES, more >> 32)]);
}

fn lake(hash: u64, more: u64, day: &Day, out: &mut Vec<u8>) {
    let [year, month, date] = &day.parts;
    text(out, &["warehouse/", one(&TABLES, more), "/dt=", year, "-", month, "-", date, "/hour="]);
    two_digits(out, (more >> 8) % 24);
    text(out, &["/part-000"]);
    two_digits(out, (more >> 16) % 64);
    text(out, &["-"]);
    uuid(out, hash, more);
    text(out, &[".snappy.parquet"]);
}

fn balancer_log(hash: u64, more: u64, day: &Day, out: &mut Vec<u8>) {
    let [year, month, date] = &day.parts;
    text(out, &["AWSLogs/444455556666/elasticloadbalancing/us-east-1/", year, "/", month, "/", date]);
    text(out, &["/444455556666_elasticloadbalancing_us-east-1_app.web.50dc6c495c0c9188_", year, month, date, "T"]);
    two_digits(out, more % 24);
    two_digits(out, (more >> 8) % 12 * 5);
    text(out, &["Z_10.20."]);
    push_number(out, (more >> 16) % 4);
    text(out, &["."]);
    push_number(out, (more >> 24) % 250 + 1);
    text(out, &["_"]);
    push_hex(out, hash, 12);
    text(out, &[".log.gz"]);
}

fn backup(hash: u64, more: u64, day: &Day, out: &mut Vec<u8>) {
    let [year, month, date] = &day.parts;
    if more.is_multiple_of(4) {
        text(out, &["postgres/", one(&DATABASES, more >> 8), "/", year, "/", month, "/", date, "/base backup "]);
        push_hex(out, hash, 8);
        text(out, &[".tar.zst"]);
    } else {
        text(out, &["postgres/", one(&DATABASES, more >> 8), "/wal/00000001"]);
        push_hex(out, hash, 16);
        text(out, &[".zst"]);
    }
}

fn upload(hash: u64, more: u64, out: &mut Vec<u8>) {
    text(out, &["u/"]);
    uuid(out, hash, more);
    let number = (more >> 16) % 10_000;
    match more % 8 {
        0 => text(out, &["/Foto vom Zürichsee "]),
        1 => text(out, &["/100% fertig + geprüft "]),
        2 => text(out, &["/レシート "]),
        3 => text(out, &["/invoice (copy) "]),
        _ => text(out, &["/IMG_"]),
    }
    push_number(out, number);
    text(out, &[if more % 8 == 3 { ".pdf" } else { ".jpeg" }]);
}

fn page(hash: u64, more: u64, out: &mut Vec<u8>) {
    let section = one(&PAGES, more);
    if section == "assets" {
        text(out, &["assets/app."]);
        push_hex(out, hash, 8);
        text(out, &[if more & 256 == 0 { ".js" } else { ".css" }]);
    } else {
        text(out, &[section, "/", one(&ADJECTIVES, more >> 8), "-", one(&NOUNS, more >> 16), "-"]);
        push_number(out, hash % 100_000);
        text(out, &["/index.html"]);
    }
}

fn two_digits(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&[b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
}

fn uuid(out: &mut Vec<u8>, hash: u64, more: u64) {
    for (index, (value, digits)) in
        [(hash >> 32, 8), (hash >> 16, 4), (hash & 0xFFF | 0x4000, 4), (more >> 50 | 0x8000, 4), (more, 12)]
            .into_iter()
            .enumerate()
    {
        if index > 0 {
            out.push(b'-');
        }
        push_hex(out, value, digits);
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Writes `raw` URL-encoded, as a request line has it.
pub fn encode(raw: &[u8], out: &mut Vec<u8>) {
    encode_with(raw, out, b"%", false);
}

/// Writes `raw` URL-encoded twice, as most operations log a key.
pub fn encode_twice(raw: &[u8], out: &mut Vec<u8>) {
    encode_with(raw, out, b"%25", false);
}

/// Writes `raw` URL-encoded once with `+` for a space, as BATCH.DELETE.OBJECT and S3.EXPIRE.OBJECT log a key.
pub fn encode_plus(raw: &[u8], out: &mut Vec<u8>) {
    encode_with(raw, out, b"%", true);
}

fn encode_with(raw: &[u8], out: &mut Vec<u8>, percent: &[u8], plus: bool) {
    for &byte in raw {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => out.push(byte),
            b' ' if plus => out.push(b'+'),
            _ => {
                out.extend_from_slice(percent);
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(with: fn(&[u8], &mut Vec<u8>), raw: &str) -> String {
        let mut out = Vec::new();
        with(raw.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_key_is_encoded_as_its_operation_logs_it() {
        assert_eq!(encoded(encode, "dt=1/ü 5%"), "dt%3D1/%C3%BC%205%25");
        assert_eq!(encoded(encode_twice, "dt=1/ü 5%"), "dt%253D1/%25C3%25BC%25205%2525");
        assert_eq!(encoded(encode_plus, "a b+c"), "a+b%2Bc");
    }
}
