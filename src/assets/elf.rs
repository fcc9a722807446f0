//! What a program for Linux asks of the system, read without running it.
//!
//! ELF-64 Object File Format, "ELF Header" and "Program Header"; System V ABI, "Dynamic Section"; Linux Standard Base,
//! "Symbol Versioning". The bytes come from a file that may be anything.

/// Program headers of these types.
const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;

/// Entries of the dynamic section with these tags.
const STRTAB: u64 = 5;
const VERNEED: u64 = 0x6fff_fffe;
const VERNEEDNUM: u64 = 0x6fff_ffff;

/// More are not followed: a program has some hundred headers and versions.
const MOST: u64 = 10_000;

/// The newest version of glibc that the loader will insist on; `None` if it insists on none.
///
/// # Errors
/// If this is no program for Linux on x86_64, what it is instead.
pub fn glibc(bytes: &[u8]) -> Result<Option<(u32, u32)>, String> {
    of_head(bytes)?;
    Elf(bytes).newest().ok_or_else(|| "it is cut off or damaged".to_owned())
}

/// EI_CLASS is 2 for 64 bits, EI_DATA is 1 for little-endian, e_machine is 62 for x86-64.
fn of_head(bytes: &[u8]) -> Result<(), String> {
    match bytes {
        [0x7f, b'E', b'L', b'F', 2, 1, ..] if bytes.get(18..20) == Some(&[62, 0]) => Ok(()),
        [0x7f, b'E', b'L', b'F', ..] => Err("it is a program for another processor than x86_64".to_owned()),
        _ => Err("it is no program for Linux".to_owned()),
    }
}

struct Elf<'a>(&'a [u8]);

struct Segment {
    kind: u32,
    offset: u64,
    address: u64,
    size: u64,
}

impl Elf<'_> {
    fn number<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        let at = usize::try_from(at).ok()?;
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn u16(&self, at: u64) -> Option<u64> {
        self.number(at).map(u16::from_le_bytes).map(u64::from)
    }

    fn u32(&self, at: u64) -> Option<u64> {
        self.number(at).map(u32::from_le_bytes).map(u64::from)
    }

    fn u64(&self, at: u64) -> Option<u64> {
        self.number(at).map(u64::from_le_bytes)
    }

    fn segments(&self) -> Option<Vec<Segment>> {
        let (table, size, count) = (self.u64(32)?, self.u16(54)?, self.u16(56)?);
        let one = |index: u64| {
            let at = table.checked_add(index * size)?;
            Some(Segment {
                kind: u32::try_from(self.u32(at)?).ok()?,
                offset: self.u64(at.checked_add(8)?)?,
                address: self.u64(at.checked_add(16)?)?,
                size: self.u64(at.checked_add(32)?)?,
            })
        };
        (0..count).map(one).collect()
    }

    /// `None` if the file ends where it should not.
    fn newest(&self) -> Option<Option<(u32, u32)>> {
        let segments = self.segments()?;
        let Some(dynamic) = segments.iter().find(|segment| segment.kind == DYNAMIC) else { return Some(None) };
        let (mut names, mut needed, mut libraries) = (0, None, 0);
        for index in 0..(dynamic.size / 16).min(MOST) {
            let at = dynamic.offset.checked_add(index * 16)?;
            let value = self.u64(at.checked_add(8)?)?;
            match self.u64(at)? {
                0 => break,
                STRTAB => names = place(&segments, value)?,
                VERNEED => needed = Some(place(&segments, value)?),
                VERNEEDNUM => libraries = value,
                _ => {}
            }
        }
        let Some(mut library) = needed else { return Some(None) };
        let mut newest = None;
        for _ in 0..libraries.min(MOST) {
            let mut version = library.checked_add(self.u32(library.checked_add(8)?)?)?;
            for _ in 0..self.u16(library.checked_add(2)?)? {
                let name = names.checked_add(self.u32(version.checked_add(8)?)?)?;
                newest = newest.max(self.version(name)?);
                version = version.checked_add(self.u32(version.checked_add(12)?)?)?;
            }
            library = library.checked_add(self.u32(library.checked_add(12)?)?)?;
        }
        Some(newest)
    }

    /// The version that a name such as `GLIBC_2.17` or `GLIBC_2.2.5` means; of other libraries none.
    fn version(&self, at: u64) -> Option<Option<(u32, u32)>> {
        let rest = self.0.get(usize::try_from(at).ok()?..)?;
        let end = rest.iter().take(64).position(|byte| *byte == 0)?;
        let text = std::str::from_utf8(rest.get(..end)?).unwrap_or_default();
        Some(text.strip_prefix("GLIBC_").and_then(|version| {
            let mut parts = version.split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        }))
    }
}

/// Where in the file stands what is loaded at an address.
fn place(segments: &[Segment], address: u64) -> Option<u64> {
    let holds = |segment: &&Segment| {
        segment.kind == LOAD && address.checked_sub(segment.address).is_some_and(|from| from < segment.size)
    };
    let segment = segments.iter().find(holds)?;
    segment.offset.checked_add(address - segment.address)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A program that asks for these versions, with `more` behind it. `machine` 62 is x86_64.
    pub fn program(machine: u8, versions: &[&str], more: &[u8]) -> Vec<u8> {
        let (headers, dynamic, needed, names) = (64_u64, 64 + 2 * 56, 64 + 2 * 56 + 4 * 16, 0x400_u64);
        let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
        bytes.resize(18, 0);
        bytes.extend([machine, 0]);
        bytes.resize(32, 0);
        bytes.extend(headers.to_le_bytes());
        bytes.resize(54, 0);
        bytes.extend([56, 0, 2, 0]);
        bytes.resize(64, 0);
        // All of it is loaded at 0x1000.
        for (kind, offset, address, size) in [(LOAD, 0, 0x1000, 0x1000_u64), (DYNAMIC, dynamic, 0, 64)] {
            bytes.extend([u64::from(kind), offset, address, 0, size, size, 0].iter().flat_map(|n| n.to_le_bytes()));
        }
        let entries = [STRTAB, 0x1000 + names, VERNEED, 0x1000 + needed, VERNEEDNUM, 1, 0, 0];
        bytes.extend(entries.iter().flat_map(|n| n.to_le_bytes()));
        let count = u16::try_from(versions.len()).unwrap();
        bytes.extend([1_u16, count].iter().flat_map(|n| n.to_le_bytes()));
        bytes.extend([0_u32, 16, 0].iter().flat_map(|n| n.to_le_bytes()));
        let mut at = 0_u32;
        for version in versions {
            bytes.extend([0_u32, 0, at, 16].iter().flat_map(|n| n.to_le_bytes()));
            at += u32::try_from(version.len()).unwrap() + 1;
        }
        bytes.resize(usize::try_from(names).unwrap(), 0);
        versions.iter().for_each(|version| bytes.extend(version.bytes().chain([0])));
        bytes.extend(more);
        bytes
    }

    #[test]
    fn the_newest_glibc_that_a_program_insists_on_is_found() {
        // What is only written somewhere is not asked for.
        let asks =
            program(62, &["GLIBC_2.2.5", "GCC_3.0", "GLIBC_2.17", "GLIBC_2.4", "GLIBC_PRIVATE"], b"GLIBC_2.34\0");
        assert_eq!(glibc(&asks), Ok(Some((2, 17))));
        assert_eq!(glibc(&program(62, &[], b"")), Ok(None));
        // That of this machine, as its own loader reads it.
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        if cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
            assert!(glibc(&own).unwrap() >= Some((2, 17)), "{:?}", glibc(&own));
        }
    }

    #[test]
    fn what_is_no_program_for_x86_64_is_told_and_no_bytes_are_trusted() {
        // 183 is the number of arm64.
        assert!(glibc(&program(183, &[], b"")).unwrap_err().contains("another processor than x86_64"));
        assert!(glibc(b"#!/bin/sh\n").unwrap_err().contains("no program for Linux"));
        let whole = program(62, &["GLIBC_2.17"], b"");
        for length in 0..whole.len() {
            assert!(glibc(&whole[..length]).is_err(), "{length}");
        }
        // Every number in it may be wrong.
        for at in 20..whole.len() {
            let mut broken = whole.clone();
            broken[at] = 0xff;
            let _ = glibc(&broken);
        }
    }
}
