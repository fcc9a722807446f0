//! Work on a shard: its objects' lines in, Parquet files and reject files out.
//!
//! One thread reads a shard from its first to its last object. What is written depends on the shard's objects alone: a
//! second try writes the same bytes to the same names. Where a planned object turns out changed or gone, the two tries
//! may have seen different things; then the names carry a hash of what was not read, so that they never share one.

mod outputs;

use std::sync::atomic::{AtomicBool, Ordering};

use super::encode::{Encoder, ObjectColumns, TrailEncoder};
use super::identity;
use super::model::{PlannedObject, Shard, ShardDone, Source};
use super::places::Places;
use super::shards::{Job, ShardWorker};
use super::source::SourceStores;
use crate::logs::access::{Parser, Reject};
use crate::logs::lines::{Buffers, Event, LineReader, ReadFault, lines, trim_line};
use crate::logs::name::LogName;
use crate::logs::table::Table;
use crate::logs::time::HOUR_MS;
use crate::logs::trail::stream::{Events, Found};
use crate::storage::ahead::{Ahead, Wanted};
use crate::storage::{ChangedWhileRead, Opened, Store};
use crate::{Error, ErrorKind, Result};
use outputs::Outputs;

/// How often a shard is begun again because an object changed while it was read.
const RESTARTS: usize = 16;

/// What a worker needs beside its shard.
pub struct WorkContext<'a> {
    /// Where outputs go.
    pub lake: &'a Store,
    /// Where objects come from, by source id.
    pub sources: &'a SourceStores,
    /// The plan's id: the first part of every output's name.
    pub plan: &'a str,
    /// Where the partitions lie.
    pub places: &'a Places,
}

/// Told of what has been read: stored bytes and records since the last call.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Reads the objects of `shard` and writes their records to the lake.
///
/// # Errors
/// Storage that fails; an interruption by `cancel`. Objects that are gone, changed, damaged or no logs are no errors,
/// but counted.
pub fn work_shard(
    context: &WorkContext<'_>,
    shard: &Shard,
    progress: Progress<'_>,
    cancel: &AtomicBool,
) -> Result<ShardDone> {
    for _ in 0..RESTARTS {
        match Worker::new(context, shard, progress, cancel)?.work() {
            Ok(done) => return Ok(done),
            // The ETag no longer matches, so the next try finds it changed when it opens it.
            Err(Interruption::Changed) => {}
            Err(Interruption::Error(error)) => return Err(error),
        }
    }
    Err(Error::failed(format!("shard {} of plan {} cannot be read", shard.number, context.plan))
        .because("its objects change faster than they can be read")
        .hint("wait until the source is quiet, then run again"))
}

/// The worker of this program.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogWorker;

impl ShardWorker for LogWorker {
    fn identity(&self) -> String {
        identity::this_program()
    }

    fn work(&self, job: &Job<'_>, progress: Progress<'_>, cancel: &AtomicBool) -> Result<ShardDone> {
        let context = WorkContext { lake: job.lake, sources: job.sources, plan: job.plan, places: job.places };
        work_shard(&context, job.shard, progress, cancel)
    }
}

enum Interruption {
    Changed,
    Error(Error),
}

impl From<Error> for Interruption {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

struct Worker<'a> {
    shard: &'a Shard,
    progress: Progress<'a>,
    cancel: &'a AtomicBool,
    buffers: Buffers,
    parser: Parser,
    /// Of the table that the last object went to.
    held: Option<Held>,
    outputs: Outputs<'a>,
}

/// Where in the shard we are.
struct Place<'a> {
    object: &'a PlannedObject,
    columns: ObjectColumns<'a>,
    delivered_hour: Option<i64>,
    line: u64,
}

impl<'a> Worker<'a> {
    fn new(
        context: &'a WorkContext<'a>,
        shard: &'a Shard,
        progress: Progress<'a>,
        cancel: &'a AtomicBool,
    ) -> Result<Self> {
        Ok(Self {
            shard,
            progress,
            cancel,
            buffers: Buffers::new(),
            parser: Parser::default(),
            held: None,
            outputs: Outputs::new(context, shard.number),
        })
    }

    fn work(mut self) -> Result<ShardDone, Interruption> {
        let wanted = self.shard.objects.iter().map(|object| self.wanted(object)).collect::<Result<Vec<_>>>()?;
        for (object, opened) in self.shard.objects.iter().zip(Ahead::new(wanted)) {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(Error::new(ErrorKind::Interrupted, "interrupted while reading a shard").into());
            }
            self.read_object(object, opened?)?;
        }
        self.write_held()?;
        Ok(self.outputs.finish()?)
    }

    /// Writes what is held, and lets go of the encoder.
    fn write_held(&mut self) -> Result<()> {
        let outputs = &mut self.outputs;
        match self.held.take() {
            Some(Held::Logs(mut encoder)) => encoder.empty(&mut |file| outputs.write_file(file)),
            Some(Held::Events(mut encoder)) => encoder.empty(&mut |file| outputs.write_file(file)),
            None => Ok(()),
        }
    }

    fn source(&self, object: &PlannedObject) -> Result<&'a (Store, Source)> {
        self.outputs.context.sources.get(&object.source).ok_or_else(|| {
            Error::failed(format!("the plan names a source that is not configured: {}", object.source))
                .hint("put the source back into the configuration, with the same id, and run again")
        })
    }

    fn wanted(&self, object: &'a PlannedObject) -> Result<Wanted<'a>> {
        let (store, _) = self.source(object)?;
        Ok(Wanted { store, path: &object.key, etag: &object.etag, size: object.size })
    }

    fn read_object(&mut self, object: &'a PlannedObject, opened: Opened) -> Result<(), Interruption> {
        let (_, source) = self.source(object)?;
        let reader = match opened {
            Opened::NotRead(reason) => {
                self.outputs.skip(object, reason);
                return Ok(());
            }
            Opened::Stream(reader) => reader,
        };
        let named = LogName::parse(&object.key);
        let mut place = Place {
            object,
            columns: columns_of(object, source, named.as_ref()),
            delivered_hour: named.and_then(|name| name.delivered_at).map(|time| time.div_euclid(HOUR_MS)),
            line: 0,
        };
        let before = self.outputs.done.counts.records;
        // Not `take`: the default is a megabyte, which would be cleared for every object.
        let mut buffers = std::mem::replace(&mut self.buffers, Buffers::for_lines_up_to(0));
        let read = match source.table {
            Table::AccessLogs => self.read_log(LineReader::new(reader, &mut buffers), &mut place),
            Table::CloudTrail => self.read_trail(Events::new(reader, &mut buffers), &mut place),
        };
        self.buffers = buffers;
        let counts = &mut self.outputs.done.counts;
        counts.objects += 1;
        counts.bytes += object.size;
        match read {
            Ok(()) => {}
            Err(Fault::Damaged(damage)) => *counts.damaged_objects.entry(damage.to_owned()).or_default() += 1,
            Err(Fault::Read(ReadFault::Damaged(damage))) => {
                *counts.damaged_objects.entry(damage.as_str().to_owned()).or_default() += 1;
            }
            Err(Fault::Read(ReadFault::Io(error))) => {
                let changed = error.get_ref().is_some_and(|inner| inner.is::<ChangedWhileRead>());
                return Err(match changed {
                    true => Interruption::Changed,
                    false => Error::failed(format!("cannot read {}/{}", source.location, object.key))
                        .because(error)
                        .hint("run again: what was read so far is resumed")
                        .into(),
                });
            }
            Err(Fault::Other(error)) => return Err(error.into()),
        }
        (self.progress)(object.size, self.outputs.done.counts.records - before);
        Ok(())
    }

    /// Reads an object of access logs.
    fn read_log<R: std::io::Read>(&mut self, reader: LineReader<'_, R>, place: &mut Place<'a>) -> Result<(), Fault> {
        let mut encoder = match self.held.take() {
            Some(Held::Logs(encoder)) => encoder,
            other => {
                self.held = other;
                self.write_held().map_err(Fault::Other)?;
                Box::new(Encoder::new().map_err(Fault::Other)?)
            }
        };
        encoder.begin_object(&place.columns);
        let read = self.read_lines(reader, place, &mut encoder);
        self.held = Some(Held::Logs(encoder));
        read
    }

    fn read_lines<R: std::io::Read>(
        &mut self,
        mut reader: LineReader<'_, R>,
        place: &mut Place<'a>,
        encoder: &mut Encoder,
    ) -> Result<(), Fault> {
        while let Some(event) = reader.next_event().map_err(Fault::Read)? {
            match event {
                Event::Lines { bytes, offset } => {
                    let start = bytes.as_ptr() as usize;
                    for line in lines(bytes) {
                        let offset = offset + (line.as_ptr() as usize - start) as u64;
                        self.line(trim_line(line), offset, place, encoder).map_err(Fault::Other)?;
                    }
                }
                Event::TooLong { head, length, offset } => {
                    place.line += 1;
                    let reason = Reject::TooLong.as_str();
                    self.outputs.reject(place, offset, length, head, reason).map_err(Fault::Other)?;
                }
                Event::Cut { bytes, offset } => {
                    place.line += 1;
                    let (length, reason) = (bytes.len() as u64, Reject::CutShort.as_str());
                    self.outputs.reject(place, offset, length, bytes, reason).map_err(Fault::Other)?;
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn line(&mut self, line: &[u8], offset: u64, place: &mut Place<'a>, encoder: &mut Encoder) -> Result<()> {
        place.line += 1;
        let record = match self.parser.parse(line) {
            Ok(record) => record,
            Err(reason) => return self.outputs.reject(place, offset, line.len() as u64, line, reason.as_str()),
        };
        self.outputs.count(record.requestdatetime, place.delivered_hour);
        encoder.push(&record, place.line, line.len())?;
        if encoder.is_full() {
            let outputs = &mut self.outputs;
            encoder.empty(&mut |file| outputs.write_file(file))?;
            encoder.begin_object(&place.columns);
        }
        Ok(())
    }

    /// Reads a file of CloudTrail.
    fn read_trail<R: std::io::Read>(&mut self, events: Events<'_, R>, place: &mut Place<'a>) -> Result<(), Fault> {
        let mut encoder = match self.held.take() {
            Some(Held::Events(encoder)) => encoder,
            other => {
                self.held = other;
                self.write_held().map_err(Fault::Other)?;
                Box::new(TrailEncoder::new().map_err(Fault::Other)?)
            }
        };
        encoder.begin_object(place.columns.log_object, place.columns.source_id);
        let read = self.read_events(events, place, &mut encoder);
        self.held = Some(Held::Events(encoder));
        read
    }

    fn read_events<R: std::io::Read>(
        &mut self,
        mut events: Events<'_, R>,
        place: &mut Place<'a>,
        encoder: &mut TrailEncoder,
    ) -> Result<(), Fault> {
        while let Some(found) = events.next_found().map_err(Fault::Read)? {
            place.line += 1;
            match found {
                Found::Event { record, length } => {
                    self.outputs.count(record.eventtime, place.delivered_hour);
                    encoder.push(&record, place.line, length).map_err(Fault::Other)?;
                }
                Found::Rejected { reason, head, offset, length } => {
                    self.outputs.reject(place, offset, length, head, reason.as_str()).map_err(Fault::Other)?;
                    continue;
                }
            }
            if encoder.is_full() {
                let outputs = &mut self.outputs;
                encoder.empty(&mut |file| outputs.write_file(file)).map_err(Fault::Other)?;
                encoder.begin_object(place.columns.log_object, place.columns.source_id);
            }
        }
        events.damage().map_or(Ok(()), |damage| Err(Fault::Damaged(damage)))
    }
}

/// An encoder with what it holds.
enum Held {
    Logs(Box<Encoder>),
    Events(Box<TrailEncoder>),
}

enum Fault {
    Read(ReadFault),
    /// A file that cannot be read to its end, or is none of CloudTrail's.
    Damaged(&'static str),
    Other(Error),
}

fn columns_of<'a>(object: &'a PlannedObject, source: &'a Source, named: Option<&LogName<'a>>) -> ObjectColumns<'a> {
    let named = named.filter(|name| !name.shape().is_trail);
    ObjectColumns {
        log_object: &object.key,
        source_id: &object.source,
        account_id: named.and_then(|name| name.account).or(source.account_id.as_deref()),
        bucket_region: named.and_then(|name| name.region).or(source.bucket_region.as_deref()),
    }
}
