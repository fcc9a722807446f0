//! Values of fields that follow from a number: who, from where, how large, which version.

use super::line::{push_hex, push_number};
use super::random::{mix, mix2};
use super::world::{Keys, Net, Who};

/// Who stands in the field `requester` in this session.
pub fn write_requester(who: Who, session: u64, out: &mut Vec<u8>) {
    out.clear();
    match who {
        Who::Anonymous => out.push(b'-'),
        Who::Fixed(text) => out.extend_from_slice(text.as_bytes()),
        Who::Instance(role) => {
            out.extend_from_slice(role.as_bytes());
            out.extend_from_slice(b"i-0");
            push_hex(out, session, 16);
        }
        Who::Task(role) => {
            out.extend_from_slice(role.as_bytes());
            push_hex(out, session, 16);
            push_hex(out, mix(session), 16);
        }
        Who::Person(role) => {
            out.extend_from_slice(role.as_bytes());
            out.extend_from_slice(b"person");
            push_number(out, session % 90 + 10);
            out.extend_from_slice(b"@shop.example");
        }
    }
}

/// The address of this session.
pub fn write_address(net: Net, hash: u64, out: &mut Vec<u8>) {
    out.clear();
    let byte = |shift: u32| (hash >> shift) & 0xFF;
    if net == Net::Internet && hash.is_multiple_of(8) {
        out.extend_from_slice(b"2001:db8:");
        for shift in [8, 24, 40] {
            push_hex(out, (hash >> shift) | 0x1000, 4);
            out.push(b':');
        }
        out.extend_from_slice(b":1");
        return;
    }
    let (first, second) = match net {
        Net::Vpc => (10, 20 + byte(8) % 4),
        Net::Aws => (52 + byte(8) % 3, 16 + byte(16) % 64),
        Net::Internet => (77 + byte(8) % 120, byte(16)),
    };
    for (index, part) in [first, second, byte(24), byte(32).max(1)].into_iter().enumerate() {
        if index > 0 {
            out.push(b'.');
        }
        push_number(out, part);
    }
}

/// The size of an object, the same whenever it is named: log-normal in the manner of integers, as the exponent is a sum
/// of ten coin tosses.
pub fn object_size(keys: Keys, id: u64) -> u64 {
    let least = match keys {
        Keys::Site => 8,
        Keys::Media => 9,
        Keys::Logs => 11,
        Keys::Uploads => 13,
        Keys::Lake => 16,
        Keys::Backups => 20,
    };
    let hash = mix(id ^ 0x0051_2E00);
    let octave = least + (hash & 0x3FF).count_ones();
    (1 << octave) + ((hash >> 10) & ((1 << octave) - 1))
}

/// A version id: 32 signs.
pub fn push_version(out: &mut Vec<u8>, id: u64) {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
    for half in 0..4 {
        let mut bits = mix2(id, half);
        for _ in 0..8 {
            out.push(SIGNS[(bits & 63) as usize]);
            bits >>= 6;
        }
    }
}
