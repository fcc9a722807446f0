//! `parse`: log lines in, records out, without any pipeline.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::{Context, folder, records};
use crate::cli::Parse;
use crate::etl::model::RejectedLine;
use crate::logs::access::{Parser, Reject};
use crate::logs::lines::{Buffers, Event, LineReader, More, ReadFault, lines, trim_line};
use crate::logs::table::Table;
use crate::logs::trail::stream::{Events, Found};
use crate::storage::io_error;
use crate::ui::reads::Reads;
use crate::ui::sample::Sample;
use crate::ui::text::{self, plural};
use crate::ui::{Format, Outcome, Ui};
use crate::{Error, Result};

/// Records are handed to stdout in pieces of this size.
const PIECE: usize = 128 * 1024;

/// Of a rejected line, this much is kept.
const KEPT: usize = 4096;

/// Runs `parse`.
///
/// # Errors
/// If a file cannot be read or the output cannot be written, and with `--strict` if a line is no record.
pub fn execute(context: &Context, args: &Parse) -> Result<Outcome> {
    let format = context.ui.format_or(Format::Ndjson);
    if format == Format::Table {
        return Err(Error::usage("parse does not draw tables: a record has 29 columns")
            .hint("--output ndjson or csv; `bucketscope demo` shows tables made of logs"));
    }
    let inputs = inputs(context, &args.files)?;
    let rejects = args.rejects.as_deref().map(|path| Rejects::create(&context.path(path))).transpose()?;
    let mut work = Work { rejects, ..Work::new(format) };
    let heard_to_the_end = context.ui.stream(|out| work.all(&inputs, out))?;
    let kept_in = match work.rejects.take() {
        Some(rejects) => Some(rejects.finish()?),
        None => None,
    };
    if !heard_to_the_end {
        // A reader that has left (`| head`) wants no sums of what it has not read.
        return Ok(Outcome::silent());
    }
    work.summary(&context.ui, kept_in.as_deref());
    let failed = work.unreadable > 0 || (args.strict && (work.rejected() > 0 || work.damaged > 0));
    Ok(Outcome::silent().code(u8::from(failed)))
}

/// A file, or standard input.
enum Input {
    Stdin,
    File(PathBuf),
}

fn inputs(context: &Context, typed: &[PathBuf]) -> Result<Vec<Input>> {
    let mut out = Vec::new();
    for path in typed {
        if path.as_os_str() == "-" {
            out.push(Input::Stdin);
            continue;
        }
        let path = context.path(path);
        if path.is_dir() {
            out.extend(folder::readable(&path).into_iter().map(Input::File));
        } else {
            out.push(Input::File(path));
        }
    }
    if out.is_empty() {
        return Err(
            Error::failed("there is nothing to parse").hint("give log files, folders of them, or - for standard input")
        );
    }
    Ok(out)
}

/// What has been done so far.
struct Work {
    format: Format,
    parser: Parser,
    piece: Vec<u8>,
    rejects: Option<Rejects>,
    /// The table of which csv has the columns, once it has a header.
    header: Option<Table>,
    files: u64,
    /// Whether files of lines are among them, and files of CloudTrail.
    kinds: (bool, bool),
    records: u64,
    reasons: BTreeMap<&'static str, u64>,
    examples: Sample,
    damaged: u64,
    unreadable: u64,
    /// Lines on stderr about files, printed when stdout is done.
    troubles: Vec<String>,
}

impl Work {
    fn new(format: Format) -> Self {
        Self {
            format,
            parser: Parser::default(),
            piece: Vec::with_capacity(2 * PIECE),
            rejects: None,
            header: None,
            files: 0,
            kinds: (false, false),
            records: 0,
            reasons: BTreeMap::new(),
            examples: Sample::default(),
            damaged: 0,
            unreadable: 0,
            troubles: Vec::new(),
        }
    }

    fn rejected(&self) -> u64 {
        self.reasons.values().sum()
    }

    fn all(&mut self, inputs: &[Input], out: &mut dyn Write) -> io::Result<()> {
        if self.format == Format::Json {
            self.piece.extend_from_slice(b"{\n  \"schema_version\": 1,\n  \"command\": \"parse\",\n  \"rows\": [");
        }
        let mut buffers = Buffers::new();
        for input in inputs {
            match input {
                Input::Stdin => self.one("-", io::stdin().lock(), &mut buffers, out)?,
                Input::File(path) => {
                    let name = path.to_string_lossy();
                    match File::open(path) {
                        Ok(file) => self.one(&name, file, &mut buffers, out)?,
                        Err(error) => self.cannot_read(&name, &error),
                    }
                }
            }
        }
        match self.format {
            Format::Json => self.piece.extend_from_slice(if self.records == 0 { b"]\n}\n" } else { b"\n  ]\n}\n" }),
            // Without any record, too, a reader of csv gets its header.
            Format::Csv => self.header(self.header.unwrap_or_default()),
            Format::Ndjson | Format::Table | Format::Chart => {}
        }
        out.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }

    /// Writes the header of csv before the first record.
    fn header(&mut self, table: Table) {
        if self.header.is_none() {
            records::csv_header(table, &mut self.piece);
            self.header = Some(table);
        }
    }

    /// Whether a file cannot go where another table's columns have begun; says so.
    fn is_of_another_table(&mut self, name: &str, table: Table) -> bool {
        if self.header.is_none_or(|begun| begun == table) {
            return false;
        }
        self.unreadable += 1;
        let what = match table {
            Table::AccessLogs => "is no file of CloudTrail, and csv has begun with CloudTrail's columns",
            Table::CloudTrail => "is a file of CloudTrail, and csv has begun with the columns of access logs",
        };
        let name = text::visible(name);
        self.troubles.push(format!("{name} {what}: parse each kind by itself, or with --output ndjson"));
        true
    }

    fn cannot_read(&mut self, name: &str, error: &io::Error) {
        self.unreadable += 1;
        self.troubles.push(format!("cannot read {}: {error}", text::visible(name)));
    }

    fn one(&mut self, name: &str, from: impl Read, buffers: &mut Buffers, out: &mut dyn Write) -> io::Result<()> {
        self.files += 1;
        let mut reader = LineReader::new(from, buffers);
        match is_document(&mut reader) {
            // Where nothing stands, nothing is of another table.
            Ok(false) if !reader.bytes().is_empty() && self.is_of_another_table(name, Table::AccessLogs) => {
                return Ok(());
            }
            Ok(true) if self.is_of_another_table(name, Table::CloudTrail) => return Ok(()),
            Ok(false) => self.kinds.0 = true,
            Ok(true) => return self.trail(name, Events::over(reader), out),
            Err(error) => {
                self.cannot_read(name, &error);
                return Ok(());
            }
        }
        let mut number = 0;
        loop {
            match reader.next_event() {
                Ok(Some(event)) => number = self.event(name, number, &event, out)?,
                Ok(None) => return Ok(()),
                Err(ReadFault::Io(error)) => {
                    self.cannot_read(name, &error);
                    return Ok(());
                }
                Err(ReadFault::Damaged(damage)) => {
                    self.is_damaged(name, damage.as_str());
                    return Ok(());
                }
            }
        }
    }

    fn is_damaged(&mut self, name: &str, damage: &str) {
        self.damaged += 1;
        let name = text::visible(name);
        self.troubles.push(format!("{name} is damaged ({damage}); what stands before the damage was read"));
    }

    /// Prints the events of a file of CloudTrail.
    fn trail<R: Read>(&mut self, name: &str, mut events: Events<'_, R>, out: &mut dyn Write) -> io::Result<()> {
        self.kinds.1 = true;
        let mut number = 0;
        loop {
            number += 1;
            match events.next_found() {
                Ok(Some(Found::Event { record, .. })) => {
                    self.records += 1;
                    if self.format == Format::Csv {
                        self.header(Table::CloudTrail);
                        records::trail_csv(&record, &mut self.piece);
                    } else {
                        begin_json(self.format, self.records == 1, &mut self.piece);
                        records::trail_json(&record, &mut self.piece);
                        end_json(self.format, &mut self.piece);
                    }
                }
                Ok(Some(Found::Rejected { reason, head, offset, length })) => {
                    self.reject(name, number, offset, head, length, reason.as_str());
                }
                Ok(None) => break,
                Err(ReadFault::Io(error)) => {
                    self.cannot_read(name, &error);
                    return Ok(());
                }
                Err(ReadFault::Damaged(damage)) => {
                    self.is_damaged(name, damage.as_str());
                    return Ok(());
                }
            }
            if self.piece.len() >= PIECE {
                out.write_all(&self.piece)?;
                self.piece.clear();
            }
        }
        if let Some(damage) = events.damage() {
            self.is_damaged(name, damage);
        }
        Ok(())
    }

    /// Handles what the reader found behind line `number`; returns the number of the last line in it.
    fn event(&mut self, name: &str, mut number: u64, event: &Event<'_>, out: &mut dyn Write) -> io::Result<u64> {
        match event {
            Event::Lines { bytes, offset } => {
                let mut begins = *offset;
                for line in lines(bytes) {
                    number += 1;
                    match self.parser.parse(trim_line(line)) {
                        Ok(record) => {
                            self.records += 1;
                            if self.format == Format::Csv {
                                self.header(Table::AccessLogs);
                            }
                            write_record(self.format, self.records == 1, &record, &mut self.piece);
                        }
                        Err(reason) => self.reject(name, number, begins, line, line.len() as u64, reason.as_str()),
                    }
                    begins += line.len() as u64 + 1;
                    if self.piece.len() >= PIECE {
                        out.write_all(&self.piece)?;
                        self.piece.clear();
                    }
                }
            }
            Event::TooLong { head, length, offset } => {
                number += 1;
                self.reject(name, number, *offset, head, *length, Reject::TooLong.as_str());
            }
            Event::Cut { bytes, offset } => {
                number += 1;
                self.reject(name, number, *offset, bytes, bytes.len() as u64, Reject::CutShort.as_str());
            }
        }
        Ok(number)
    }

    fn reject(&mut self, name: &str, line: u64, offset: u64, bytes: &[u8], length: u64, reason: &'static str) {
        *self.reasons.entry(reason).or_default() += 1;
        let kept = &bytes[..bytes.len().min(KEPT)];
        self.examples.add(reason, || {
            let shown = text::visible(&escaped(&kept[..kept.len().min(200)])).into_owned();
            format!("{}:{line}: {reason}: {}", text::visible(name), text::shorten(&shown, 80))
        });
        if let Some(rejects) = &mut self.rejects {
            rejects.add(&RejectedLine {
                source: String::new(),
                object: name.to_owned(),
                line,
                offset,
                length,
                reason: reason.to_owned(),
                text: escaped(kept),
                cut: kept.len() as u64 != length,
            });
        }
    }

    /// On stderr: `lines = records + rejected`, and where the rejects are.
    fn summary(&self, ui: &Ui, kept_in: Option<&Path>) {
        self.troubles.iter().for_each(|trouble| ui.warn(trouble));
        let rejected = self.rejected();
        if rejected > 0 && kept_in.is_none() {
            self.examples.lines().iter().for_each(|line| ui.note(line));
        }
        let reads = Reads::of(self.kinds.0, self.kinds.1);
        let good = match reads {
            Reads::Logs => plural(self.records, "record", "records"),
            Reads::Trails | Reads::Both => format!("{} printed", text::count(self.records)),
        };
        ui.note(&format!(
            "{}: {} = {good} + {} rejected",
            plural(self.files, "file", "files"),
            reads.units(self.records + rejected),
            text::count(rejected),
        ));
        for (reason, count) in &self.reasons {
            ui.note(&format!("  {reason}: {}", text::count(*count)));
        }
        match kept_in {
            Some(path) if rejected > 0 => ui.note(&format!("rejected lines are kept in {}", path.display())),
            None if rejected > 0 => ui.note("--rejects FILE keeps the rejected lines"),
            _ => {}
        }
    }
}

fn write_record(format: Format, first: bool, record: &crate::logs::access::Record<'_>, piece: &mut Vec<u8>) {
    if format == Format::Csv {
        return records::csv(record, piece);
    }
    begin_json(format, first, piece);
    records::json(record, piece);
    end_json(format, piece);
}

fn begin_json(format: Format, first: bool, piece: &mut Vec<u8>) {
    if format == Format::Json {
        piece.extend_from_slice(if first { b"\n    " } else { b",\n    " });
    }
}

fn end_json(format: Format, piece: &mut Vec<u8>) {
    if format != Format::Json {
        piece.push(b'\n');
    }
}

/// Whether a file begins as one of CloudTrail does, and as no line of an access log.
fn is_document<R: Read>(reader: &mut LineReader<'_, R>) -> io::Result<bool> {
    loop {
        let bytes = reader.bytes();
        let text = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
        let mut signs = text.iter().filter(|byte| !byte.is_ascii_whitespace());
        match (signs.next(), signs.next()) {
            // A list of records. By itself, the bracket may be that of a time.
            (Some(b'['), Some(second)) => return Ok(*second == b'{'),
            (Some(b'['), None) | (None, _) => {}
            (Some(first), _) => return Ok(*first == b'{'),
        }
        match reader.more() {
            Ok(More::Bytes) => {}
            Ok(More::Nothing | More::Full) | Err(ReadFault::Damaged(_)) => return Ok(false),
            Err(ReadFault::Io(error)) => return Err(error),
        }
    }
}

/// A line as reject files have it: what is not UTF-8 as `\xHH`, a backslash as `\\`.
fn escaped(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// The file of `--rejects`.
struct Rejects {
    path: PathBuf,
    out: BufWriter<File>,
    failed: Option<io::Error>,
}

impl Rejects {
    fn create(path: &Path) -> Result<Self> {
        let file = File::create(path)
            .map_err(|error| io_error(format!("--rejects: cannot write {}", path.display()), &error))?;
        Ok(Self { path: path.to_owned(), out: BufWriter::new(file), failed: None })
    }

    fn add(&mut self, line: &RejectedLine) {
        if self.failed.is_none() {
            let written = serde_json::to_writer(&mut self.out, line).map_err(io::Error::from);
            self.failed = written.and_then(|()| self.out.write_all(b"\n")).err();
        }
    }

    fn finish(mut self) -> Result<PathBuf> {
        let flushed = self.out.flush();
        match self.failed.or(flushed.err()) {
            None => Ok(self.path),
            Some(error) => {
                Err(Error::failed(format!("--rejects: cannot write {}", self.path.display())).because(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_line_can_be_had_back_byte_by_byte() {
        assert_eq!(escaped(b"a\\b \xff\xc3\xa9"), "a\\\\b \\xff\u{e9}");
    }
}
