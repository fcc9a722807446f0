//! Where a line's fields end: its spaces outside quotes, found in one pass of wide comparisons.

/// How many separators are kept. A line has 26 and its fields behind the host id are not looked at one by one, so there is
/// room for spaces in a requester.
pub(super) const KEPT: usize = 40;

/// A block may add up to 64 behind those that are kept. A power of two, so that no index needs a check.
const ROOM: usize = 128;

const BLOCK: usize = 64;

/// How many separators a block has at most in most lines.
const FEW: usize = 6;

/// The separators of a line.
pub(super) struct Separators {
    at: [u32; ROOM],
    count: usize,
    /// How many quotes there are in the line.
    pub(super) quotes: u32,
    pub(super) is_ascii: bool,
}

impl Separators {
    pub(super) const fn new() -> Self {
        Self { at: [0; ROOM], count: 0, quotes: 0, is_ascii: false }
    }

    /// Where the first separators are; at least the first [`KEPT`] of them.
    #[inline(always)]
    pub(super) fn positions(&self) -> &[u32] {
        &self.at[..self.count.min(ROOM)]
    }

    /// Finds the separators of `line`, which is shorter than 4 GiB: readers bound lines to a megabyte.
    #[inline]
    pub(super) fn find(&mut self, line: &[u8]) {
        #[cfg(target_arch = "x86_64")]
        if wide::is_there() {
            // SAFETY: the processor has what the function was compiled for; it has just been asked.
            #[allow(unsafe_code, reason = "calling a function compiled for more than the least processor")]
            return unsafe { wide::find(self, line) };
        }
        self.find_by(line, marks);
    }

    #[inline(always)]
    fn find_by(&mut self, line: &[u8], marks: impl Fn(&[u8; BLOCK]) -> Marks) {
        let mut found = Found { count: 0, quotes: 0, quoted: 0, beyond_ascii: 0 };
        let (blocks, rest) = line.as_chunks::<BLOCK>();
        for (number, block) in blocks.iter().enumerate() {
            found.add(&mut self.at, number * BLOCK, marks(block));
        }
        if !rest.is_empty() {
            let rest_marks = match line.last_chunk() {
                // The last block again, without what was seen of it.
                Some(last) => {
                    let seen = BLOCK - rest.len();
                    let Marks { spaces, quotes, beyond_ascii } = marks(last);
                    Marks { spaces: spaces >> seen, quotes: quotes >> seen, beyond_ascii }
                }
                None => {
                    let mut block = [0; BLOCK];
                    block[..rest.len()].copy_from_slice(rest);
                    marks(&block)
                }
            };
            found.add(&mut self.at, line.len() - rest.len(), rest_marks);
        }
        self.count = found.count;
        self.quotes = found.quotes;
        self.is_ascii = found.beyond_ascii == 0;
    }
}

/// What there is in a block, a bit for each byte.
#[derive(Debug, Clone, Copy, Default)]
struct Marks {
    spaces: u64,
    quotes: u64,
    /// Not 0 if there is any.
    beyond_ascii: u64,
}

/// How far a line has been looked through.
struct Found {
    count: usize,
    quotes: u32,
    /// All ones if the next block begins inside quotes, else 0.
    quoted: u64,
    beyond_ascii: u64,
}

impl Found {
    /// Takes in a block that begins at `base`.
    #[inline(always)]
    fn add(&mut self, to: &mut [u32; ROOM], base: usize, marks: Marks) {
        let Marks { spaces, quotes, beyond_ascii } = marks;
        self.beyond_ascii |= beyond_ascii;
        self.quotes += quotes.count_ones();
        let inside = parity(quotes) ^ self.quoted;
        self.quoted = ((inside as i64) >> 63) as u64;
        if self.count < KEPT {
            let mut outside = spaces & !inside;
            let count = outside.count_ones() as usize;
            // Mostly there are a few: so many are always written, without a branch that is hard to foretell.
            for at in 0..FEW {
                to[(self.count + at) % ROOM] = base as u32 + outside.trailing_zeros();
                outside &= outside.wrapping_sub(1);
            }
            for at in FEW..count {
                to[(self.count + at) % ROOM] = base as u32 + outside.trailing_zeros();
                outside &= outside.wrapping_sub(1);
            }
            self.count += count;
        }
    }
}

/// For each bit, whether the number of ones up to and with it is odd.
#[inline(always)]
fn parity(mut bits: u64) -> u64 {
    if bits != 0 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
    }
    bits
}

/// The marks of a block on any processor: eight bytes at a time.
fn marks(block: &[u8; BLOCK]) -> Marks {
    let (words, _) = block.as_chunks::<8>();
    words.iter().rev().fold(Marks::default(), |marks, word| {
        let word = u64::from_le_bytes(*word);
        Marks {
            spaces: marks.spaces << 8 | equal(word, b' '),
            quotes: marks.quotes << 8 | equal(word, b'"'),
            beyond_ascii: marks.beyond_ascii | word & u64::from_ne_bytes([0x80; 8]),
        }
    })
}

/// Which of eight bytes are `byte`, a bit each.
fn equal(word: u64, byte: u8) -> u64 {
    const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    let differs = word ^ u64::from_ne_bytes([byte; 8]);
    let zero = !(((differs & LOW) + LOW) | differs | LOW);
    // The high bit of each byte, gathered in the highest byte.
    (zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    };

    use super::{BLOCK, Marks, Separators};

    #[inline(always)]
    pub(super) fn is_there() -> bool {
        std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("popcnt")
    }

    #[target_feature(enable = "avx2,bmi1,popcnt")]
    pub(super) fn find(separators: &mut Separators, line: &[u8]) {
        separators.find_by(line, |block| marks(block));
    }

    #[inline]
    #[target_feature(enable = "avx2,bmi1,popcnt")]
    fn marks(block: &[u8; BLOCK]) -> Marks {
        let [low, high] = [0, 32].map(|from| {
            // SAFETY: 32 bytes from 0 and from 32 lie within the 64 of the block, and the load needs no alignment.
            #[allow(unsafe_code, reason = "the compiler makes five instructions of a load that it can check")]
            unsafe {
                _mm256_loadu_si256(block.as_ptr().add(from).cast())
            }
        });
        // The high bits of all bytes.
        let beyond_ascii = _mm256_movemask_epi8(_mm256_or_si256(low, high)) as u32;
        Marks { spaces: equal(low, high, b' '), quotes: equal(low, high, b'"'), beyond_ascii: beyond_ascii.into() }
    }

    #[inline]
    #[target_feature(enable = "avx2,bmi1,popcnt")]
    fn equal(low: __m256i, high: __m256i, byte: u8) -> u64 {
        let wanted = _mm256_set1_epi8(byte as i8);
        let [low, high] =
            [low, high].map(|half| u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(half, wanted)) as u32));
        high << 32 | low
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slowly(line: &[u8]) -> (Vec<u32>, u32) {
        let mut quotes = 0;
        let mut at = Vec::new();
        for (number, byte) in line.iter().enumerate() {
            match byte {
                b'"' => quotes += 1,
                b' ' if quotes % 2 == 0 => at.push(number as u32),
                _ => {}
            }
        }
        (at, quotes)
    }

    fn agrees(separators: &Separators, line: &[u8]) -> bool {
        let (at, quotes) = slowly(line);
        let found = separators.positions();
        found.len() >= at.len().min(KEPT)
            && at.starts_with(found)
            && separators.quotes == quotes
            && separators.is_ascii == line.is_ascii()
    }

    proptest! {
        #[test]
        fn every_way_finds_what_a_look_at_each_byte_finds(line in "[ \"a!#\u{7f}é\u{a0}]{0,300}", from in 0usize..300) {
            let line = line.as_bytes().get(from..).unwrap_or(line.as_bytes());
            // What an earlier line left behind must not count.
            let mut separators = Separators { at: [7; ROOM], count: 90, quotes: 3, is_ascii: false };
            separators.find(line);
            prop_assert!(agrees(&separators, line));
            separators.find_by(line, marks);
            prop_assert!(agrees(&separators, line));
        }
    }
}
