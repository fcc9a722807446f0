//! One record of the current format, 27 fields, and how it is written.

use super::keys::Day;
use super::random::Random;
use super::world::Bucket;

/// The fields of a record. It is filled, written and filled again, so that nothing is allocated for a record.
#[derive(Debug, Clone)]
pub struct Line {
    /// Gives bucketowner and bucket_name.
    pub bucket: &'static Bucket,
    /// The second of the day.
    pub second: u32,
    /// Field 4.
    pub ip: Vec<u8>,
    /// Field 5.
    pub requester: Vec<u8>,
    /// Field 6, as a number.
    pub request_id: u64,
    /// Field 7.
    pub operation: &'static str,
    /// Field 8, encoded.
    pub key: Vec<u8>,
    /// Field 9, with its quotes.
    pub uri: Vec<u8>,
    /// Field 10; 0 is `-`.
    pub status: u16,
    /// Field 11.
    pub error: &'static str,
    /// Field 12.
    pub sent: Option<u64>,
    /// Field 13.
    pub size: Option<u64>,
    /// Field 14, milliseconds.
    pub total: Option<u64>,
    /// Field 15, milliseconds.
    pub turnaround: Option<u64>,
    /// Field 16, without quotes; empty is a bare `-`.
    pub referrer: &'static str,
    /// Field 17, without quotes; empty is a bare `-`.
    pub agent: &'static str,
    /// Field 18.
    pub version: Vec<u8>,
    /// Field 19.
    pub host_id: [u8; HOST_ID_LENGTH],
    /// Fields 20 to 27: signature version, cipher suite, authentication, host, TLS version, access point, ACL required,
    /// source Region.
    pub tail: [&'static str; 8],
}

/// A host id is 56 random bytes in base64.
pub const HOST_ID_LENGTH: usize = 76;

impl Line {
    /// A record about `bucket` in which everything else is `-`.
    pub fn new(bucket: &'static Bucket) -> Self {
        Self {
            bucket,
            second: 0,
            ip: Vec::with_capacity(64),
            requester: Vec::with_capacity(256),
            request_id: 0,
            operation: "-",
            key: Vec::with_capacity(1024),
            uri: Vec::with_capacity(2048),
            status: 0,
            error: "-",
            sent: None,
            size: None,
            total: None,
            turnaround: None,
            referrer: "-",
            agent: "-",
            version: b"-".to_vec(),
            host_id: [b'A'; HOST_ID_LENGTH],
            tail: ["-"; 8],
        }
    }

    /// Gives the record a request id and a host id of its own.
    pub fn renew_ids(&mut self, random: &mut Random) {
        self.request_id = random.bits();
        let mut rest = 0u64;
        for (index, pair) in self.host_id.chunks_exact_mut(2).enumerate() {
            if index % 5 == 0 {
                rest = random.bits();
            }
            pair.copy_from_slice(&BASE64_PAIRS[(rest & 0xFFF) as usize]);
            rest >>= 12;
        }
        // 56 bytes end with four bits and one padding sign.
        self.host_id[74] = BASE64[((rest & 15) << 2) as usize];
        self.host_id[75] = b'=';
    }

    /// Writes the record and its newline.
    pub fn write(&self, day: &Day, out: &mut Vec<u8>) {
        self.write_head(day, out);
        push_status(out, self.status);
        out.extend_from_slice(self.error.as_bytes());
        for number in [self.sent, self.size, self.total, self.turnaround] {
            out.push(b' ');
            match number {
                Some(number) => push_number(out, number),
                None => out.push(b'-'),
            }
        }
        for quoted in [self.referrer, self.agent] {
            if quoted.is_empty() {
                out.extend_from_slice(b" -");
            } else {
                out.extend_from_slice(b" \"");
                out.extend_from_slice(quoted.as_bytes());
                out.push(b'"');
            }
        }
        out.push(b' ');
        out.extend_from_slice(&self.version);
        out.push(b' ');
        out.extend_from_slice(&self.host_id);
        for field in self.tail {
            out.push(b' ');
            out.extend_from_slice(field.as_bytes());
        }
        out.push(b'\n');
    }

    fn write_head(&self, day: &Day, out: &mut Vec<u8>) {
        out.extend_from_slice(self.bucket.owner.as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.bucket.name.as_bytes());
        out.push(b' ');
        out.extend_from_slice(day.log.as_bytes());
        let [hour, minute, second] = [self.second / 3600, self.second / 60 % 60, self.second % 60].map(digit_pair);
        out.extend_from_slice(&[hour[0], hour[1], b':', minute[0], minute[1], b':', second[0], second[1]]);
        out.extend_from_slice(b" +0000] ");
        out.extend_from_slice(&self.ip);
        out.push(b' ');
        out.extend_from_slice(&self.requester);
        out.push(b' ');
        out.extend_from_slice(&upper_hex(self.request_id));
        out.push(b' ');
        out.extend_from_slice(self.operation.as_bytes());
        out.push(b' ');
        out.extend_from_slice(&self.key);
        out.push(b' ');
        out.extend_from_slice(&self.uri);
        out.push(b' ');
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const BASE64_PAIRS: [[u8; 2]; 4096] = {
    let mut pairs = [[0; 2]; 4096];
    let mut index = 0;
    while index < 4096 {
        pairs[index] = [BASE64[index >> 6], BASE64[index & 63]];
        index += 1;
    }
    pairs
};

fn digit_pair(value: u32) -> [u8; 2] {
    [b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]
}

fn push_status(out: &mut Vec<u8>, status: u16) {
    match status {
        0 => out.push(b'-'),
        status => push_number(out, u64::from(status)),
    }
    out.push(b' ');
}

/// The number in 16 upper-case hex digits.
pub fn upper_hex(value: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for (index, digit) in digits.iter_mut().enumerate() {
        *digit = b"0123456789ABCDEF"[(value >> (60 - 4 * index)) as usize & 15];
    }
    digits
}

/// Writes the lowest `digits` hex digits of `value` in lower case.
pub fn push_hex(out: &mut Vec<u8>, value: u64, digits: u32) {
    for place in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(value >> (4 * place)) as usize & 15]);
    }
}

/// Writes a number in decimal.
pub fn push_number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0u8; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}
