//! Where a line's fields end: its spaces outside quotes, found in one pass of wide comparisons.

/// How many separators are kept. A line has 26 and its fields behind the host id are not looked at one by one, so there is
/// room for spaces in a requester.
pub(super) const KEPT: usize = 40;

/// A block may add up to 64 behind those that are kept. A power of two, so that no index needs a check.
pub(super) const ROOM: usize = 128;

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

    /// Where the first separators are, and how many are known; at least the first [`KEPT`] of them.
    #[inline(always)]
    pub(super) fn positions(&self) -> (&[u32; ROOM], usize) {
        (&self.at, self.count)
    }

    /// Finds the separators of `line`, which is shorter than 4 GiB: readers bound lines to a megabyte.
    #[inline]
    pub(super) fn find(&mut self, line: &[u8]) {
        #[cfg(target_arch = "x86_64")]
        if widest::is_there() {
            // SAFETY: the processor has what the function was compiled for; it has just been asked.
            #[allow(unsafe_code, reason = "calling a function compiled for more than the least processor")]
            return unsafe { widest::find(self, line) };
        }
        #[cfg(target_arch = "x86_64")]
        if wide::is_there() {
            // SAFETY: as above.
            #[allow(unsafe_code, reason = "calling a function compiled for more than the least processor")]
            return unsafe { wide::find(self, line) };
        }
        self.find_by(line, marks, parity);
    }

    #[inline(always)]
    fn find_by(&mut self, line: &[u8], marks: impl Fn(&[u8; BLOCK]) -> Marks, parity: impl Fn(u64) -> u64) {
        let mut found = Found::default();
        let (blocks, rest) = line.as_chunks::<BLOCK>();
        for (number, block) in blocks.iter().enumerate() {
            found.add(&mut self.at, number * BLOCK, marks(block), &parity);
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
            found.add(&mut self.at, line.len() - rest.len(), rest_marks, &parity);
        }
        self.take(&found);
    }

    #[inline(always)]
    fn take(&mut self, found: &Found) {
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
#[derive(Default)]
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
    fn add(&mut self, to: &mut [u32; ROOM], base: usize, marks: Marks, parity: impl Fn(u64) -> u64) {
        let mut outside = self.outside(marks, parity);
        if self.count < KEPT {
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

    /// The spaces of the next block that are outside quotes.
    #[inline(always)]
    fn outside(&mut self, marks: Marks, parity: impl Fn(u64) -> u64) -> u64 {
        let Marks { spaces, quotes, beyond_ascii } = marks;
        self.beyond_ascii |= beyond_ascii;
        self.quotes += quotes.count_ones();
        let inside = parity(quotes) ^ self.quoted;
        self.quoted = ((inside as i64) >> 63) as u64;
        spaces & !inside
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
        __m256i, _mm_clmulepi64_si128, _mm_cvtsi64_si128, _mm_cvtsi128_si64, _mm_set1_epi8, _mm256_cmpeq_epi8,
        _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    };

    use super::{BLOCK, Marks, Separators};

    #[inline(always)]
    pub(super) fn is_there() -> bool {
        std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("pclmulqdq")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("popcnt")
    }

    #[target_feature(enable = "avx2,bmi1,popcnt,pclmulqdq")]
    pub(super) fn find(separators: &mut Separators, line: &[u8]) {
        separators.find_by(line, |block| marks(block), |bits| parity(bits));
    }

    /// As [`super::parity`]: a product without carries with all ones.
    #[inline]
    #[target_feature(enable = "pclmulqdq")]
    pub(super) fn parity(bits: u64) -> u64 {
        let bits = _mm_cvtsi64_si128(bits as i64);
        _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0>(bits, _mm_set1_epi8(-1))) as u64
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

/// Processors with 64 bytes in a register: a comparison gives all bits of a block at once, and the places of its
/// separators come out of one instruction.
#[cfg(target_arch = "x86_64")]
mod widest {
    use std::arch::x86_64::{
        __m512i, _mm512_add_epi32, _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask, _mm512_cvtepu8_epi32,
        _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_maskz_loadu_epi8, _mm512_movepi8_mask, _mm512_set1_epi8,
        _mm512_set1_epi32, _mm512_storeu_si512,
    };

    use super::wide::parity;
    use super::{BLOCK, Found, KEPT, Marks, ROOM, Separators};

    /// So many separators of a block are written at once.
    const AT_ONCE: usize = 16;

    /// 0 to 63.
    const PLACES: [u8; BLOCK] = {
        let mut places = [0; BLOCK];
        let mut at = 0;
        while at < BLOCK {
            places[at] = at as u8;
            at += 1;
        }
        places
    };

    #[inline(always)]
    pub(super) fn is_there() -> bool {
        std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vbmi2")
            && std::arch::is_x86_feature_detected!("pclmulqdq")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("popcnt")
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,pclmulqdq,bmi1,popcnt")]
    pub(super) fn find(separators: &mut Separators, line: &[u8]) {
        let mut found = Found::default();
        let (blocks, rest) = line.as_chunks::<BLOCK>();
        for (number, block) in blocks.iter().enumerate() {
            // SAFETY: a block has the 64 bytes that are read, and the load needs no alignment.
            #[allow(unsafe_code, reason = "the compiler makes more of a load that it can check")]
            let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
            add(&mut found, &mut separators.at, number * BLOCK, bytes);
        }
        if !rest.is_empty() {
            // SAFETY: only the bytes whose bit is set are read, and those are in `rest`, which has fewer than 64.
            #[allow(unsafe_code, reason = "reading fewer bytes than a register has")]
            let bytes = unsafe { _mm512_maskz_loadu_epi8((1 << rest.len()) - 1, rest.as_ptr().cast()) };
            add(&mut found, &mut separators.at, line.len() - rest.len(), bytes);
        }
        separators.take(&found);
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,pclmulqdq,bmi1,popcnt")]
    fn add(found: &mut Found, to: &mut [u32; ROOM], base: usize, bytes: __m512i) {
        let marks = Marks {
            spaces: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b' ' as i8)),
            quotes: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'"' as i8)),
            beyond_ascii: _mm512_movepi8_mask(bytes),
        };
        let outside = found.outside(marks, |bits| parity(bits));
        if found.count >= KEPT {
            return;
        }
        let count = outside.count_ones() as usize;
        // A block may have more than are written at once; most have fewer.
        let mut from = 0;
        let mut left = outside;
        while {
            if let Some(to) = to.get_mut(found.count + from..).and_then(|to| to.first_chunk_mut()) {
                write(to, base, left);
            }
            from += AT_ONCE;
            from < count
        } {
            (0..AT_ONCE).for_each(|_| left &= left.wrapping_sub(1));
        }
        found.count += count;
    }

    /// Writes the places of the first ones of `bits`; behind the last of them whatever it may be.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2")]
    fn write(to: &mut [u32; AT_ONCE], base: usize, bits: u64) {
        // SAFETY: the table has the 64 bytes that are read, the array the 16 numbers that are written.
        #[allow(unsafe_code, reason = "the compiler makes more of a load and a store that it can check")]
        unsafe {
            let places = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(PLACES.as_ptr().cast()));
            let places = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places));
            _mm512_storeu_si512(to.as_mut_ptr().cast(), _mm512_add_epi32(places, _mm512_set1_epi32(base as i32)));
        }
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
        let (found, count) = separators.positions();
        let found = &found[..count];
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
            separators.find_by(line, marks, parity);
            prop_assert!(agrees(&separators, line));
            #[cfg(target_arch = "x86_64")]
            if wide::is_there() {
                // SAFETY: it has just been asked.
                #[allow(unsafe_code, reason = "calling a function compiled for more than the least processor")]
                unsafe { wide::find(&mut separators, line) };
                prop_assert!(agrees(&separators, line));
            }
        }
    }
}
