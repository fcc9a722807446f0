//! Values that repeat are kept once and travel as numbers.

use std::borrow::Cow;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// The number of an absent value. Numbers of present ones begin at 1.
pub const NULL: u32 = 0;

/// Distinct byte strings, numbered in order of their first appearance: the numbers depend on the input alone, never on
/// the hash (whose seed is random, against logs made to collide).
#[derive(Debug)]
pub struct Interner {
    table: HashTable<u32>,
    hasher: RandomState,
    /// Where the value with number `n + 1` ends; it begins where the one before it ends.
    ends: Vec<u32>,
    bytes: Vec<u8>,
    /// The last text of each kind that [`kind`] tells apart; [`NULL`] if there was none. Mostly it is the one that comes.
    last: [u32; KINDS],
}

const KINDS: usize = 256;

/// What is cheap to see of a text: its length, and eight bytes at its beginning, middle and end. Not a hash, for texts can
/// be made that agree in it; they are only found more slowly then.
#[inline(always)]
fn kind(text: &[u8]) -> usize {
    let at = |from: usize| {
        text.get(from..).and_then(|text| text.first_chunk()).map_or(0, |eight| u64::from_le_bytes(*eight))
    };
    let length = text.len();
    let seen = match length {
        0..8 => text.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte)),
        _ => at(0) ^ at(length / 2 - 4).rotate_left(21) ^ at(length - 8).rotate_left(42),
    };
    ((seen ^ length as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize
}

impl Default for Interner {
    fn default() -> Self {
        Self {
            table: HashTable::new(),
            hasher: RandomState::default(),
            ends: Vec::new(),
            bytes: Vec::new(),
            last: [NULL; KINDS],
        }
    }
}

fn value<'a>(ends: &[u32], bytes: &'a [u8], number: u32) -> &'a [u8] {
    let at = number as usize - 1;
    let start = if at == 0 { 0 } else { ends[at - 1] as usize };
    &bytes[start..ends[at] as usize]
}

impl Interner {
    /// The number of `text`, and whether it is new.
    #[inline]
    pub fn number(&mut self, text: &[u8]) -> (u32, bool) {
        // Lines mostly agree with one a little earlier, and a comparison is cheaper than a hash.
        let kind = kind(text);
        let last = self.last[kind];
        if last != NULL && value(&self.ends, &self.bytes, last) == text {
            return (last, false);
        }
        let hash = self.hasher.hash_one(text);
        let (ends, bytes) = (&self.ends, &self.bytes);
        if let Some(number) = self.table.find(hash, |number| value(ends, bytes, *number) == text) {
            self.last[kind] = *number;
            return (*number, false);
        }
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        let number = self.ends.len() as u32;
        let (ends, bytes, hasher) = (&self.ends, &self.bytes, &self.hasher);
        self.table.insert_unique(hash, number, |number| hasher.hash_one(value(ends, bytes, *number)));
        self.last[kind] = number;
        (number, true)
    }

    /// The value with a number that [`Interner::number`] gave (never [`NULL`]).
    pub fn value(&self, number: u32) -> &[u8] {
        value(&self.ends, &self.bytes, number)
    }

    /// About how much memory the values take, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.ends.len() * 12
    }

    /// Forgets all values and keeps the memory.
    pub fn clear(&mut self) {
        self.table.clear();
        self.ends.clear();
        self.bytes.clear();
        self.last = [NULL; KINDS];
    }
}

/// Parquet's text columns hold UTF-8; what is not becomes U+FFFD. The line itself stays in the log object, which
/// `log_object` and `log_line` name.
pub fn utf8(text: &[u8]) -> Cow<'_, [u8]> {
    if text.is_ascii() || simdutf8::basic::from_utf8(text).is_ok() {
        return Cow::Borrowed(text);
    }
    match String::from_utf8_lossy(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Distinct numbers of one column chunk, numbered in order of their first appearance. Cleared in constant time, so that
/// one table serves all columns of all files.
#[derive(Debug, Default)]
pub struct Renumbering {
    slots: Vec<Slot>,
    round: u32,
    values: Vec<i64>,
    mask: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: i64,
    round: u32,
    number: u32,
}

const FIRST_SLOTS: usize = 256;

/// Fibonacci hashing: the high bits of the product are well mixed even for small integers.
#[inline]
fn spread(key: i64) -> usize {
    ((key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
}

impl Renumbering {
    /// Forgets everything.
    pub fn reset(&mut self) {
        if self.slots.is_empty() || self.round == u32::MAX {
            self.slots = vec![Slot::default(); FIRST_SLOTS.max(self.slots.len())];
            self.round = 0;
        }
        // Few columns have many values: a table that stays in the first cache is worth growing it again.
        self.mask = FIRST_SLOTS - 1;
        self.round += 1;
        self.values.clear();
    }

    /// The number of `key`, from 0.
    #[inline]
    pub fn number(&mut self, key: i64) -> u32 {
        let mut at = spread(key) & self.mask;
        loop {
            let slot = &self.slots[at];
            if slot.round != self.round {
                return self.add(key, at);
            }
            if slot.key == key {
                return slot.number;
            }
            at = (at + 1) & self.mask;
        }
    }

    fn add(&mut self, key: i64, at: usize) -> u32 {
        let number = self.values.len() as u32;
        self.slots[at] = Slot { key, round: self.round, number };
        self.values.push(key);
        if self.values.len() * 2 > self.mask {
            self.grow();
        }
        number
    }

    fn grow(&mut self) {
        self.mask = (self.mask + 1) * 4 - 1;
        if self.slots.len() <= self.mask || self.round == u32::MAX {
            self.slots = vec![Slot::default(); self.slots.len().max(self.mask + 1)];
            self.round = 0;
        }
        self.round += 1;
        for (number, key) in self.values.iter().enumerate() {
            let mut at = spread(*key) & self.mask;
            while self.slots[at].round == self.round {
                at = (at + 1) & self.mask;
            }
            self.slots[at] = Slot { key: *key, round: self.round, number: number as u32 };
        }
    }

    /// The distinct keys in the order of their numbers.
    pub fn values(&self) -> &[i64] {
        &self.values
    }
}

/// [`Renumbering`] of numbers that are small themselves, as those of an [`Interner`]: a table without hashing.
#[derive(Debug, Default)]
pub struct DenseRenumbering {
    /// For each key the round in which it was last seen, and its number in that round.
    seen: Vec<(u32, u32)>,
    round: u32,
    values: Vec<u32>,
}

impl DenseRenumbering {
    /// Forgets everything.
    pub fn reset(&mut self) {
        if self.round == u32::MAX {
            self.seen.clear();
            self.round = 0;
        }
        self.round += 1;
        self.values.clear();
    }

    /// The number of `key`, from 0.
    #[inline]
    pub fn number(&mut self, key: u32) -> u32 {
        if let Some((round, number)) = self.seen.get(key as usize)
            && *round == self.round
        {
            return *number;
        }
        self.add(key)
    }

    fn add(&mut self, key: u32) -> u32 {
        let at = key as usize;
        if self.seen.len() <= at {
            self.seen.resize((at + 1).next_power_of_two(), (0, 0));
        }
        let number = self.values.len() as u32;
        self.seen[at] = (self.round, number);
        self.values.push(key);
        number
    }

    /// The distinct keys in the order of their numbers.
    pub fn values(&self) -> &[u32] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_first_appearance() {
        let mut interner = Interner::default();
        let numbers: Vec<u32> =
            ["b", "a", "b", "", "a"].iter().map(|text| interner.number(text.as_bytes()).0).collect();
        assert_eq!(numbers, [1, 2, 1, 3, 2]);
        assert_eq!((interner.value(2), interner.value(3)), (&b"a"[..], &b""[..]));
        interner.clear();
        assert_eq!(interner.number(b"c"), (1, true));
    }

    #[test]
    fn renumbering_is_cleared_by_a_reset() {
        let mut numbers = Renumbering::default();
        numbers.reset();
        assert_eq!([7, -1, 7, i64::MIN].map(|key| numbers.number(key)), [0, 1, 0, 2]);
        assert_eq!(numbers.values(), [7, -1, i64::MIN]);
        numbers.reset();
        assert_eq!(numbers.number(-1), 0);
        numbers.reset();
        let many = || (0..5000).map(|key| key * 4096 - 7);
        assert!(many().enumerate().all(|(number, key)| numbers.number(key) == number as u32));
        assert!(many().enumerate().all(|(number, key)| numbers.number(key) == number as u32));
    }

    #[test]
    fn dense_renumbering_does_the_same_for_small_keys() {
        let mut numbers = DenseRenumbering::default();
        for _ in 0..2 {
            numbers.reset();
            assert_eq!([7, 0, 7, 900].map(|key| numbers.number(key)), [0, 1, 0, 2]);
            assert_eq!(numbers.values(), [7, 0, 900]);
        }
    }

    #[test]
    fn text_that_is_not_utf8_is_replaced_not_dropped() {
        assert_eq!(utf8(b"a\xFFb").as_ref(), "a\u{FFFD}b".as_bytes());
        assert!(matches!(utf8("é".as_bytes()), Cow::Borrowed(_)));
    }
}
