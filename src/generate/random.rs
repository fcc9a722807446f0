//! Randomness that is the same on every machine: integers only, no floating point, no hashing of the standard library.

/// The finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
pub const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// One number out of two, well mixed: what belongs to `index` in the family `family`.
pub const fn mix2(family: u64, index: u64) -> u64 {
    mix(mix(family) ^ index)
}

/// xoshiro256++ (Blackman and Vigna, <https://prng.di.unimi.it/>), seeded through splitmix64 as its authors advise.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The generator number `stream` of `seed`; streams do not depend on one another.
    pub fn new(seed: u64, stream: u64) -> Self {
        let base = mix2(seed, stream);
        Self { state: [mix(base), mix(base ^ 1), mix(base ^ 2), mix(base ^ 3)] }
    }

    /// The next 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// A number from 0 to `bound - 1` (0 when `bound` is 0). The bias is below one in four billion.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        (((self.bits() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// Whether something with this many chances in a thousand happens.
    #[inline]
    pub fn per_mille(&mut self, chances: u32) -> bool {
        self.below(1000) < chances
    }

    /// A rank below 2^`bits`, rank `r` about as often as 1/r: Zipf's law with exponent 1, in integers.
    #[inline]
    pub fn rank(&mut self, bits: u32) -> u64 {
        match self.below(bits + 1) {
            0 => 0,
            octave => {
                let half = 1u64 << (octave - 1);
                half + (self.bits() & (half - 1))
            }
        }
    }

    /// One of `items`; `default` when there are none.
    #[inline]
    pub fn pick<T: Copy>(&mut self, items: &[T], default: T) -> T {
        items.get(self.below(items.len() as u32) as usize).copied().unwrap_or(default)
    }
}

/// Draws an index with the frequency of its weight. Weights are small integers, so a table with one slot a unit does.
#[derive(Debug, Clone)]
pub struct Weighted {
    slots: Vec<u16>,
}

impl Weighted {
    /// A table for these weights.
    pub fn new(weights: impl IntoIterator<Item = u32>) -> Self {
        let slots = weights
            .into_iter()
            .enumerate()
            .flat_map(|(index, weight)| std::iter::repeat_n(index as u16, weight as usize))
            .collect();
        Self { slots }
    }

    /// An index, as often as its weight says.
    #[inline]
    pub fn draw(&self, random: &mut Random) -> usize {
        usize::from(random.pick(&self.slots, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_xoshiro256_plus_plus() {
        // First outputs for the state 1, 2, 3, 4, as in the reference implementation.
        let mut random = Random { state: [1, 2, 3, 4] };
        let first: Vec<u64> = (0..4).map(|_| random.bits()).collect();
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]);
    }

    #[test]
    fn mix_is_splitmix64() {
        assert_eq!(mix(0), 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn weights_are_frequencies() {
        let table = Weighted::new([1, 0, 3]);
        let mut random = Random::new(7, 0);
        let mut seen = [0u32; 3];
        for _ in 0..40_000 {
            seen[table.draw(&mut random)] += 1;
        }
        assert_eq!(seen[1], 0);
        assert!((9_500..10_500).contains(&seen[0]), "{seen:?}");
    }

    #[test]
    fn every_octave_of_ranks_is_equally_likely() {
        let mut random = Random::new(7, 1);
        let mut octaves = [0u32; 5];
        for _ in 0..50_000 {
            octaves[(64 - random.rank(4).leading_zeros()) as usize] += 1;
        }
        assert!(octaves.iter().all(|n| (9_500..10_500).contains(n)), "{octaves:?}");
    }
}
