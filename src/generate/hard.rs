//! Log objects and other files that are quirks as a whole, and the sum of what a reader must make of them.

use std::fs::{create_dir_all, write};
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::objects::{Names, cannot_write};
use super::random::Random;
use super::scribe::{Scribe, World};
use super::stream::Lane;
use super::{Generated, Options};
use crate::Result;
use crate::logs::access::Reject;
use crate::logs::lines::MAX_LINE;

const SPECIAL_LINES: u64 = 40;

/// Adds the log objects and the other files that are quirks as a whole.
///
/// # Errors
/// Whatever the file system refuses.
pub fn write_special_objects(options: &Options, world: &World, dir: &Path, generated: &mut Generated) -> Result<()> {
    create_dir_all(dir).map_err(|e| cannot_write(dir, e))?;
    // A lane of no records, for its names: the special objects are delivered last.
    let lane = Lane { bucket: None, bytes: 1 };
    let mut names = Names::new(&Options { seed: options.seed ^ 0x5EC1_A100, ..options.clone() }, world, lane);
    let mut folder = Folder { dir, generated };
    let mut second = u64::from(options.days) * 86_400 + 60;
    let mut scribe = Scribe::new(world, Random::new(options.seed, 0x5EC1_A100));
    for special in specials(options) {
        let lines = lines(&mut scribe, u64::from(options.days) * 86_400 - 1);
        second += 1;
        folder.add(&special, &names.next(second), lines)?;
    }
    for (name, content) in OTHER_FILES {
        write(dir.join(name), content).map_err(|e| cannot_write(dir, e))?;
        folder.generated.other_files += 1;
    }
    Ok(())
}

const OTHER_FILES: [(&str, &[u8]); 4] = [
    (".DS_Store", b"\0\0\0\x01Bud1"),
    ("README.txt", b"These are the access logs of the shop.\n"),
    ("report.csv", b"bucket,requests\nshop-media-prod,12\n"),
    ("444455556666_CloudTrail_eu-west-1_20260601T0000Z_x9kHmzMa7cx6l9wM.json.gz", b"\x1f\x8b\x08\0"),
];

enum Special {
    Crlf,
    NoLastNewline,
    Empty,
    Gzip(&'static str),
    TwoGzips,
    TruncatedGzip,
    Zstd(&'static str),
    LongLine(u64),
}

fn specials(options: &Options) -> [Special; 9] {
    [
        Special::Crlf,
        Special::NoLastNewline,
        Special::Empty,
        Special::Gzip(".gz"),
        Special::Gzip(""),
        Special::TwoGzips,
        Special::TruncatedGzip,
        Special::Zstd(".zst"),
        Special::LongLine(options.long_line),
    ]
}

fn lines(scribe: &mut Scribe<'_>, second: u64) -> Vec<u8> {
    scribe.out.clear();
    for step in 0..SPECIAL_LINES {
        scribe.act(second.saturating_sub(step * 60), None);
    }
    scribe.out.clone()
}

struct Folder<'a> {
    dir: &'a Path,
    generated: &'a mut Generated,
}

impl Folder<'_> {
    fn add(&mut self, special: &Special, name: &str, lines: Vec<u8>) -> Result<()> {
        let mut records = memchr::memchr_iter(b'\n', &lines).count() as u64;
        let mut suffix = "";
        let quirk;
        let bytes = match special {
            Special::Crlf => {
                quirk = "crlf";
                lines.split_inclusive(|&b| b == b'\n').flat_map(|l| [&l[..l.len() - 1], b"\r\n"].concat()).collect()
            }
            Special::NoLastNewline => {
                quirk = "no_last_newline";
                lines.strip_suffix(b"\n").unwrap_or(&lines).to_vec()
            }
            Special::Empty => {
                quirk = "empty_object";
                records = 0;
                Vec::new()
            }
            Special::Gzip(ending) => {
                quirk = "gzip";
                suffix = ending;
                self.packed(gzip(&lines, false))?
            }
            Special::TwoGzips => {
                quirk = "gzip_of_two_members";
                records *= 2;
                let member = self.packed(gzip(&lines, false))?;
                [member.clone(), member].concat()
            }
            Special::TruncatedGzip => {
                quirk = "truncated_gzip";
                self.generated.damaged_objects += 1;
                self.packed(gzip(&lines, true))?
            }
            Special::Zstd(ending) => {
                quirk = "zstd";
                suffix = ending;
                self.packed(zstd::encode_all(lines.as_slice(), 1))?
            }
            Special::LongLine(length) => {
                quirk = "long_line";
                let reject = if *length > MAX_LINE as u64 { Reject::TooLong } else { Reject::NoTime };
                *self.generated.rejected.entry(reject.as_str()).or_insert(0) += 1;
                let mut bytes = lines.clone();
                bytes.extend(std::iter::repeat_n(b'x', *length as usize));
                bytes.push(b'\n');
                bytes.extend_from_slice(&lines);
                records *= 2;
                bytes
            }
        };
        self.generated.records += records;
        self.generated.objects += 1;
        self.generated.stored_bytes += bytes.len() as u64;
        *self.generated.quirks.entry(quirk).or_insert(0) += 1;
        let path = self.dir.join(format!("{name}{suffix}"));
        write(&path, bytes).map_err(|e| cannot_write(&path, e))
    }

    fn packed(&self, bytes: std::io::Result<Vec<u8>>) -> Result<Vec<u8>> {
        bytes.map_err(|e| cannot_write(self.dir, e))
    }
}

/// Lines in gzip; or, `cut`, one that ends where everything so far can be unpacked, but neither the next block nor the
/// checksum follows.
fn gzip(lines: &[u8], cut: bool) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(lines)?;
    if cut {
        encoder.flush()?;
        return Ok(encoder.get_ref().clone());
    }
    encoder.finish()
}
