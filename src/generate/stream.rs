//! The stream of records: blocks that do not depend on one another, made by several threads, handed over in order.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, sync_channel};

use super::quirks::{Quirk, spoil_last};
use super::random::{Random, mix2};
use super::scribe::{Scribe, World};
use super::trail::{Event, Recorder};
use super::world::BUCKETS;
use super::{Layout, Options};
use crate::{Error, Result};

/// Records that are delivered in objects of their own: all of them, or those of one bucket.
#[derive(Debug, Clone, Copy)]
pub struct Lane {
    /// The bucket, where the layout keeps buckets apart.
    pub bucket: Option<usize>,
    /// Its bytes.
    pub bytes: u64,
}

/// The lanes of a layout.
pub fn lanes(options: &Options) -> Vec<Lane> {
    match options.layout {
        Layout::Simple => vec![Lane { bucket: None, bytes: options.bytes }],
        Layout::Partitioned => {
            let all: u64 = BUCKETS.iter().map(|b| u64::from(b.weight)).sum();
            let share = |weight: u32| ((u128::from(options.bytes) * u128::from(weight)) / u128::from(all)) as u64;
            let lanes = BUCKETS.iter().enumerate();
            lanes.map(|(index, b)| Lane { bucket: Some(index), bytes: share(b.weight).max(1) }).collect()
        }
    }
}

/// A block of whole records.
#[derive(Debug)]
pub struct Block {
    /// Where it was meant to begin in its lane.
    pub start: u64,
    /// Where it was meant to end; `lines` is at least as long as that, by the end of its last record.
    pub end: u64,
    /// The records.
    pub lines: Vec<u8>,
    /// What was put into them, with `hard`.
    pub quirks: BTreeMap<Quirk, u64>,
    /// What CloudTrail has of them, if that is wanted.
    pub events: Vec<Event>,
}

const BLOCK_BYTES: u64 = 256 * 1024;
/// Blocks a thread may be ahead by: bounds the memory.
const AHEAD: usize = 4;

/// Makes the blocks of `lane` and hands them to `take` in order.
///
/// # Errors
/// What `take` returns; the rest of the stream is then dropped.
pub fn blocks(options: &Options, world: &World, lane: Lane, mut take: impl FnMut(Block) -> Result<()>) -> Result<()> {
    let count = (lane.bytes / BLOCK_BYTES).max(1);
    let threads = options.threads.clamp(1, 64) as u64;
    std::thread::scope(|scope| {
        let makers: Vec<Receiver<Block>> = (0..threads)
            .map(|first| {
                let (send, receive) = sync_channel(AHEAD);
                scope.spawn(move || {
                    for number in (first..count).step_by(threads as usize) {
                        if send.send(block(options, world, lane, number, count)).is_err() {
                            // The receiver is gone: nobody wants the rest.
                            break;
                        }
                    }
                });
                receive
            })
            .collect();
        for number in 0..count {
            let maker = makers.get((number % threads) as usize);
            let block = maker.and_then(|maker| maker.recv().ok());
            take(block.ok_or_else(|| Error::failed("a thread that generates records ended early"))?)?;
        }
        Ok(())
    })
}

fn block(options: &Options, world: &World, lane: Lane, number: u64, count: u64) -> Block {
    let edge = |number: u64| (u128::from(lane.bytes) * u128::from(number) / u128::from(count)) as u64;
    let (start, end) = (edge(number), edge(number + 1));
    let stream = mix2(lane.bucket.map_or(0, |bucket| bucket as u64 + 1), number);
    let mut random = Random::new(options.seed, stream);
    let mut scribe = Scribe::new(world, Random::new(options.seed, mix2(stream, 1)));
    scribe.out.reserve((end - start) as usize + 16 * 1024);
    scribe.trail = options.trails.as_ref().map(|_| Recorder::new(mix2(options.seed ^ 0x7124_1150, stream)));
    let mut quirks = BTreeMap::new();
    while (scribe.out.len() as u64) < end - start {
        let now = delivery(options, lane, start + scribe.out.len() as u64);
        scribe.act(now - delay(&mut random, now), lane.bucket);
        if options.hard && random.below(8) == 0 {
            let quirk = spoil_last(&mut scribe.out, &mut random);
            *quirks.entry(quirk).or_insert(0) += 1;
        }
    }
    let events = scribe.trail.map(|trail| trail.events).unwrap_or_default();
    Block { start, end, lines: scribe.out, quirks, events }
}

/// When the byte at `position` of a lane is delivered, in seconds since the start.
pub fn delivery(options: &Options, lane: Lane, position: u64) -> u64 {
    let span = u128::from(options.days) * 86_400;
    let second = u128::from(position.min(lane.bytes)) * span / u128::from(lane.bytes.max(1));
    second as u64
}

/// How long after its request a record is delivered: mostly within the hour, hardly ever after two days.
fn delay(random: &mut Random, now: u64) -> u64 {
    let seconds = match random.below(1000) {
        0..720 => 60 + random.below(3_540),
        720..950 => 3_600 + random.below(7_200),
        950..995 => 10_800 + random.below(32_400),
        _ => 43_200 + random.below(129_600),
    };
    let seconds = u64::from(seconds);
    // Nothing was requested before the first day, nor (the last byte is delivered at its very end) after the last.
    if seconds <= now { seconds } else { u64::from(random.below(now as u32 + 1)) }
}
