//! A log file of CloudTrail as a stream of records, in memory that is bounded whatever comes in.
//!
//! A file is a JSON document, `{"Records":[…]}`; several documents one after the other are taken as one file, as they are
//! what comes of copying files together. Documents may be single records or lists of them, too, which is what comes of taking
//! records out of files (`jq -c '.Records[]'`). Each record is looked at where it lies in the reader's block; what is too long for
//! that, and what stands beside `Records`, is passed over without being held.

use std::io::Read;

use super::json::Stop;
use super::record::{Record, Reject, Spans, is_member};
use crate::logs::lines::{Buffers, LineReader, More, ReadFault};

/// How much of what is rejected is kept, in bytes.
const HEAD: usize = 4096;

/// What was found in a file.
#[derive(Debug)]
pub enum Found<'a> {
    /// An event.
    Event {
        /// It.
        record: Record<'a>,
        /// Its length in bytes.
        length: usize,
    },
    /// Something that is none.
    Rejected {
        /// Why.
        reason: Reject,
        /// Its first bytes, or all of it.
        head: &'a [u8],
        /// Where it begins in the decompressed file, in bytes.
        offset: u64,
        /// Its length in bytes, as far as it is known.
        length: u64,
    },
}

/// What is expected next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A document, or the end of the file.
    Document,
    /// A member of a document; first ones have no comma before them.
    Member { first: bool },
    /// A record; first ones have no comma before them.
    Record { first: bool },
    /// Nothing any more.
    End,
}

/// What is the matter with a file.
pub type Damage = &'static str;

/// Reads one file.
pub struct Events<'b, R> {
    block: LineReader<'b, R>,
    spans: Spans,
    state: State,
    /// How many bytes of the block the last event had.
    given: usize,
    documents: u64,
    has_records: bool,
    /// Whether the list of records is the document itself.
    is_list: bool,
    damage: Option<Damage>,
    head: Vec<u8>,
}

/// What the scanner came upon.
enum Step {
    Event { length: usize },
    Rejected { reason: Reject, offset: u64, length: u64, kept: usize },
    End,
}

impl<'b, R: Read> Events<'b, R> {
    /// Begins to read a file. Nothing is read before the first event is asked for.
    pub fn new(reader: R, buffers: &'b mut Buffers) -> Self {
        Self::over(LineReader::new(reader, buffers))
    }

    /// Reads what a reader has not given out yet.
    pub fn over(block: LineReader<'b, R>) -> Self {
        Self {
            block,
            spans: Spans::default(),
            state: State::Document,
            given: 0,
            documents: 0,
            has_records: false,
            is_list: false,
            damage: None,
            head: Vec::new(),
        }
    }

    /// What is the matter with the file, when everything has been read.
    pub fn damage(&self) -> Option<Damage> {
        self.damage
    }

    /// The next event or reject; `None` at the end of the file. A file that is damaged, cut short or none of CloudTrail's
    /// gives one reject that says so, as its last.
    ///
    /// # Errors
    /// When reading fails.
    pub fn next_found(&mut self) -> Result<Option<Found<'_>>, ReadFault> {
        self.block.consume(std::mem::take(&mut self.given));
        Ok(match self.step()? {
            Step::End => None,
            Step::Event { length } => {
                self.given = length;
                let text = self.block.bytes().get(..length).unwrap_or_default();
                Some(match Record::new(text, &self.spans) {
                    Ok(record) => Found::Event { record, length },
                    Err(reason) => {
                        let offset = self.block.offset();
                        let head = text.get(..HEAD).unwrap_or(text);
                        Found::Rejected { reason, head, offset, length: length as u64 }
                    }
                })
            }
            Step::Rejected { reason, offset, length, kept } => {
                let head = self.head.get(..kept).unwrap_or_default();
                Some(Found::Rejected { reason, head, offset, length })
            }
        })
    }

    fn step(&mut self) -> Result<Step, ReadFault> {
        loop {
            match self.state {
                State::End => return Ok(Step::End),
                State::Document => {
                    if let Some(step) = self.document()? {
                        return Ok(step);
                    }
                }
                State::Member { first } => {
                    if let Some(step) = self.member(first)? {
                        return Ok(step);
                    }
                }
                State::Record { first } => {
                    if let Some(step) = self.record(first)? {
                        return Ok(step);
                    }
                }
            }
        }
    }

    /// The next byte that is no blank; `None` at the end.
    fn next_byte(&mut self) -> Result<Option<u8>, ReadFault> {
        loop {
            let bytes = self.block.bytes();
            let blanks = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
            let found = bytes.get(blanks).copied();
            self.block.consume(blanks);
            if found.is_some() {
                return Ok(found);
            }
            if self.block.more()? != More::Bytes {
                return Ok(None);
            }
        }
    }

    fn document(&mut self) -> Result<Option<Step>, ReadFault> {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        if self.documents == 0 {
            while self.block.bytes().len() < MARK.len() && self.block.more()? == More::Bytes {}
        }
        if self.block.bytes().starts_with(MARK) {
            self.block.consume(MARK.len());
        }
        Ok(match self.next_byte()? {
            Some(b'{') if self.is_record(b"")? => {
                self.documents += 1;
                return self.whole_record().map(Some);
            }
            Some(b'[') if self.is_record(b"[")? => {
                self.block.consume(1);
                self.documents += 1;
                (self.has_records, self.is_list) = (true, true);
                self.state = State::Record { first: true };
                None
            }
            Some(b'{') => {
                self.block.consume(1);
                self.documents += 1;
                self.has_records = false;
                self.state = State::Member { first: true };
                None
            }
            None if self.documents > 0 && self.block.damage().is_none() => {
                self.state = State::End;
                Some(Step::End)
            }
            None => Some(self.cut_short()),
            Some(_) if self.documents > 0 => Some(self.give_up(Reject::OutOfPlace, "json_malformed")?),
            Some(_) => Some(self.give_up(Reject::NotCloudTrail, "not_cloudtrail")?),
        })
    }

    /// Whether an object begins here, behind `opening`, whose first member is one that records have.
    fn is_record(&mut self, opening: &[u8]) -> Result<bool, ReadFault> {
        loop {
            let mut cursor = super::json::Cursor::new(self.block.bytes());
            let found = opening.iter().chain(b"{").try_for_each(|byte| cursor.expect(*byte)).and_then(|()| {
                let byte = cursor.next_sign()?;
                let from = cursor.at;
                let escaped = byte == b'"' && cursor.string()?;
                Ok((from..cursor.at, escaped))
            });
            match found {
                Ok((range, false)) => {
                    let name = cursor.text.get(range).and_then(|key| key.strip_prefix(b"\"")?.strip_suffix(b"\""));
                    return Ok(name.is_some_and(is_member));
                }
                Err(Stop::Ends) if self.block.more()? == More::Bytes => {}
                _ => return Ok(false),
            }
        }
    }

    fn member(&mut self, first: bool) -> Result<Option<Step>, ReadFault> {
        let Some(mut byte) = self.next_byte()? else { return Ok(Some(self.cut_short())) };
        if byte == b'}' {
            if !self.has_records {
                return self.give_up(Reject::NotCloudTrail, "not_cloudtrail").map(Some);
            }
            self.block.consume(1);
            self.state = State::Document;
            return Ok(None);
        }
        if !first {
            if byte != b',' {
                return self.wrong_document().map(Some);
            }
            self.block.consume(1);
            match self.next_byte()? {
                Some(after) => byte = after,
                None => return Ok(Some(self.cut_short())),
            }
        }
        if byte != b'"' {
            return self.wrong_document().map(Some);
        }
        let is_records = match self.key()? {
            Key::Records => true,
            Key::Other => false,
            Key::Ends => return Ok(Some(self.cut_short())),
            Key::Wrong => return self.wrong_document().map(Some),
        };
        match self.next_byte()? {
            Some(b'[') if is_records => {
                self.block.consume(1);
                self.has_records = true;
                self.state = State::Record { first: true };
                Ok(None)
            }
            Some(_) => {
                self.state = State::Member { first: false };
                let passed = self.pass_over()?;
                Ok(if passed.ends { None } else { Some(self.cut_short()) })
            }
            None => Ok(Some(self.cut_short())),
        }
    }

    /// A document that is no JSON: none of CloudTrail's, unless it had records.
    fn wrong_document(&mut self) -> Result<Step, ReadFault> {
        match self.has_records || self.documents > 1 {
            true => self.give_up(Reject::OutOfPlace, "json_malformed"),
            false => self.give_up(Reject::NotCloudTrail, "not_cloudtrail"),
        }
    }

    /// Passes over a member's key and its colon.
    fn key(&mut self) -> Result<Key, ReadFault> {
        loop {
            let mut cursor = super::json::Cursor::new(self.block.bytes());
            match cursor.key() {
                Ok(_) => {
                    let end = cursor.at;
                    // The key itself, taken apart like that of any object.
                    let text = cursor.text.get(..end - 1).unwrap_or_default().trim_ascii_end();
                    let is_records = super::json::text(Some(text)).is_some_and(|key| key.as_ref() == b"Records");
                    self.block.consume(end);
                    return Ok(if is_records { Key::Records } else { Key::Other });
                }
                Err(Stop::Ends) => match self.block.more()? {
                    More::Bytes => {}
                    More::Nothing => return Ok(Key::Ends),
                    More::Full => return Ok(Key::Wrong),
                },
                Err(_) => return Ok(Key::Wrong),
            }
        }
    }

    fn record(&mut self, first: bool) -> Result<Option<Step>, ReadFault> {
        let Some(mut byte) = self.next_byte()? else { return Ok(Some(self.cut_short())) };
        if byte == b']' {
            self.block.consume(1);
            let is_list = std::mem::take(&mut self.is_list);
            self.state = if is_list { State::Document } else { State::Member { first: false } };
            return Ok(None);
        }
        if !first {
            if byte != b',' {
                return self.give_up(Reject::OutOfPlace, "json_malformed").map(Some);
            }
            self.block.consume(1);
            match self.next_byte()? {
                Some(after) => byte = after,
                None => return Ok(Some(self.cut_short())),
            }
        }
        self.state = State::Record { first: false };
        if byte != b'{' {
            return match byte {
                b']' | b',' | b'}' | b':' => self.give_up(Reject::OutOfPlace, "json_malformed").map(Some),
                _ => self.reject(Reject::NoObject).map(Some),
            };
        }
        self.whole_record().map(Some)
    }

    /// The record that begins here.
    fn whole_record(&mut self) -> Result<Step, ReadFault> {
        loop {
            match self.spans.find(self.block.bytes()) {
                Ok(length) => return Ok(Step::Event { length }),
                Err(Stop::Ends) => match self.block.more()? {
                    More::Bytes => {}
                    More::Nothing => return Ok(self.cut_short()),
                    More::Full => return self.reject(Reject::TooLong),
                },
                Err(Stop::Wrong) => return self.reject(Reject::Malformed),
                Err(Stop::Deep) => return self.reject(Reject::TooDeep),
            }
        }
    }

    /// Rejects the value that begins here and goes on behind it.
    fn reject(&mut self, reason: Reject) -> Result<Step, ReadFault> {
        let offset = self.block.offset();
        let passed = self.pass_over()?;
        let reason = if passed.ends { reason } else { Reject::CutShort };
        if !passed.ends {
            self.end_in_damage();
        }
        Ok(Step::Rejected { reason, offset, length: self.block.offset() - offset, kept: self.head.len() })
    }

    /// Passes over the value that begins here, keeping its first bytes. What it holds need be no JSON: strings and brackets
    /// are all that is looked at.
    fn pass_over(&mut self) -> Result<Passed, ReadFault> {
        self.head.clear();
        let mut passing = Passing::default();
        loop {
            let bytes = self.block.bytes();
            let (passed, ends) = passing.over(bytes);
            let kept = passed.min(HEAD.saturating_sub(self.head.len()));
            self.head.extend_from_slice(bytes.get(..kept).unwrap_or_default());
            self.block.consume(passed);
            if ends {
                return Ok(Passed { ends });
            }
            if self.block.more()? != More::Bytes {
                return Ok(Passed { ends: false });
            }
        }
    }

    /// Leaves the file here: what follows cannot be told apart.
    fn give_up(&mut self, reason: Reject, damage: Damage) -> Result<Step, ReadFault> {
        let bytes = self.block.bytes();
        self.head.clear();
        self.head.extend_from_slice(bytes.get(..HEAD).unwrap_or(bytes));
        let (offset, length) = (self.block.offset(), bytes.len() as u64);
        self.state = State::End;
        self.damage = Some(damage);
        Ok(Step::Rejected { reason, offset, length, kept: self.head.len() })
    }

    /// The file ends before its document does: in a record, whose beginning is kept, or between two.
    fn cut_short(&mut self) -> Step {
        let bytes = self.block.bytes();
        self.head.clear();
        self.head.extend_from_slice(bytes.get(..HEAD).unwrap_or(bytes));
        let (offset, length) = (self.block.offset(), bytes.len() as u64);
        self.end_in_damage();
        Step::Rejected { reason: Reject::CutShort, offset, length, kept: self.head.len() }
    }

    fn end_in_damage(&mut self) {
        self.state = State::End;
        self.damage = Some(self.block.damage().map_or("json_truncated", |damage| damage.as_str()));
    }
}

struct Passed {
    ends: bool,
}

enum Key {
    Records,
    Other,
    Ends,
    Wrong,
}

/// Passing over a value that need not be JSON, in parts.
#[derive(Debug, Default)]
struct Passing {
    depth: u64,
    in_string: bool,
    escaped: bool,
    begun: bool,
}

impl Passing {
    /// How many of these bytes belong to it, and whether it ends with them.
    fn over(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return (at + 1, true);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                // A number or a word ends before what follows it.
                b'}' | b']' | b',' if self.depth == 0 => return (at, true),
                b'"' if self.depth == 0 && self.begun => return (at, true),
                b'"' => self.in_string = true,
                _ => {}
            }
            self.begun = true;
        }
        (bytes.len(), false)
    }
}
