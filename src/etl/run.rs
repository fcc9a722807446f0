//! A run: finish what an earlier one began, then plan, work and commit until nothing new is left.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::commit::{self, Log, Totals};
use super::horizon::{Horizon, Scope};
use super::inventory::Inventory;
use super::known::Known;
use super::lease::{Ended, Lease};
use super::listing::Bounds;
use super::model::{ShardDone, Source};
use super::plan::{self, Draft, Plan};
use super::recover::{self, Unfinished};
use super::shards::ShardWorker;
use super::source::{Listing, NewObjects, SourceStores, Wanted, Window};
use super::state::{self, PlanId};
use super::summary::{Event, LeftPlan, Planned, Progress, RunOptions, RunSummary};
use super::turn::{Clock, Guard, TICK, Turn, take_turn};
use super::work::LogWorker;
use super::{Pipeline, check_sources, layout, shards, spread};
use crate::error::{Error, ErrorKind, Result};
use crate::logs::name::LogName;
use crate::storage::{Created, Store};

/// Reads what is new and adds it to the lake.
pub fn run(pipeline: &Pipeline, options: &RunOptions<'_>, progress: &dyn Progress) -> Result<RunSummary> {
    run_with(pipeline, options, &LogWorker, progress)
}

/// Like [`run`], with a worker of one's own.
pub fn run_with(
    pipeline: &Pipeline,
    options: &RunOptions<'_>,
    worker: &dyn ShardWorker,
    progress: &dyn Progress,
) -> Result<RunSummary> {
    let sources = SourceStores::open(&pipeline.sources)?;
    run_over(pipeline, &sources, options, worker, progress)
}

/// Like [`run_with`], with sources that are open already.
pub fn run_over(
    pipeline: &Pipeline,
    sources: &SourceStores,
    options: &RunOptions<'_>,
    worker: &dyn ShardWorker,
    progress: &dyn Progress,
) -> Result<RunSummary> {
    state::migrate(&pipeline.lake)?;
    check_sources(&pipeline.sources)?;
    layout::check_apart(&pipeline.lake, sources)?;
    let clock = Clock::at(options.now_ms);
    let lease = match take_turn(pipeline, options, &clock, progress)? {
        Turn::Ours(lease) => lease,
        Turn::Theirs(latest) => {
            let at_work = Some(latest.epoch.holder);
            return Ok(RunSummary { at_work, seconds: clock.seconds(), ..RunSummary::default() });
        }
    };
    let run = Run {
        pipeline,
        sources,
        options,
        worker,
        identity: worker.identity(),
        progress,
        clock: &clock,
        lease: lease.as_ref(),
        guard: Guard::new(pipeline, &clock, lease.as_ref(), options.cancel),
        tip_before: AtomicUsize::new(0),
    };
    let mut summary = RunSummary::default();
    let result = run.guard.over(|| run.all(&mut summary));
    summary.seconds = run.clock.seconds();
    summary.bytes_per_second = summary.counts.bytes as f64 / summary.seconds.max(0.001);
    let ended = Ended {
        at_ms: run.clock.now_ms(),
        error: result.as_ref().err().map(ToString::to_string),
        interrupted: result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Interrupted),
        commits: summary.commits.clone(),
        listing: Some(summary.listing.clone()),
    };
    if let Some(lease) = lease {
        // What is committed is committed: a lease that cannot be given back only makes the next run find out by itself
        // that this one has ended.
        let _ = lease.release(ended);
    }
    result.map(|()| summary)
}

/// Everything that a run needs.
struct Run<'a> {
    pipeline: &'a Pipeline,
    sources: &'a SourceStores,
    options: &'a RunOptions<'a>,
    worker: &'a dyn ShardWorker,
    identity: String,
    progress: &'a dyn Progress,
    clock: &'a Clock,
    lease: Option<&'a Lease>,
    guard: Guard<'a>,
    /// How many commits there were when the run began.
    tip_before: AtomicUsize,
}

/// How the work on a plan ended.
enum Outcome {
    Committed,
    /// Another run has made this commit, of this plan or of another attempt.
    ByAnother,
    /// It is too large for this run, and left as it is.
    Left,
}

impl Run<'_> {
    fn must_stop(&self) -> bool {
        self.guard.must_stop()
    }

    fn check_stop(&self) -> Result<()> {
        self.guard.check()
    }

    fn all(&self, summary: &mut RunSummary) -> Result<()> {
        let lake = &self.pipeline.lake;
        let mut log = Log::default();
        let has_buckets = self.sources.iter().any(|(store, _)| store.pager().is_some());
        let mut horizon = if has_buckets { Horizon::load(lake)? } else { Horizon::default() };
        let mut may_wait = self.options.wait_for_settling && self.pipeline.settings.settling_ms > 0;
        // Objects of earlier passes that are committed, and so known to the last pass.
        let mut read_before = 0;
        let mut inventory = self.options.inventory;
        loop {
            let is_first = log.tip() == 0;
            log.catch_up(lake)?;
            if is_first {
                self.tip_before.store(log.tip() as usize, Ordering::SeqCst);
            }
            self.sweep(&log, summary)?;
            self.finish_unfinished(&mut log, summary)?;
            if summary.left.is_some() {
                break;
            }
            let waits = inventory.is_none() && may_wait;
            let pass = self.pass(&mut horizon, &mut log, summary, waits, inventory)?;
            if pass.is_last && inventory.take().is_some() {
                // What has come since it was made is listed.
                read_before += pass.read;
                continue;
            }
            let read_now = read_before + pass.read;
            if pass.is_last {
                summary.listing = pass.listing;
                summary.listing.new += read_before;
                summary.listing.known = summary.listing.known.saturating_sub(read_before);
                if has_buckets && self.options.window.is_none() && summary.left.is_none() {
                    horizon.keep(lake)?;
                }
                break;
            }
            read_before = read_now;
            may_wait = may_wait && !pass.waited;
        }
        summary.nothing_new = summary.commits.is_empty() && summary.committed_by_others == 0 && summary.left.is_none();
        summary.watermark_ms = log.last().and_then(|entry| entry.totals.watermark_ms);
        Ok(())
    }

    fn sweep(&self, log: &Log, summary: &mut RunSummary) -> Result<()> {
        summary.swept.add(recover::sweep(&self.pipeline.lake, log, self.lease.map(Lease::number))?);
        Ok(())
    }

    fn finish_unfinished(&self, log: &mut Log, summary: &mut RunSummary) -> Result<()> {
        let lake = &self.pipeline.lake;
        while let Some(unfinished) = recover::resumable(lake, log.tip() + 1, &self.identity, &self.pipeline.sources)? {
            match self.finish(unfinished, true, log, summary)? {
                Outcome::Committed => summary.resumed += 1,
                Outcome::ByAnother => log.catch_up(lake)?,
                Outcome::Left => return Ok(()),
            }
        }
        Ok(())
    }

    /// Lists once and commits what is new, plan by plan.
    fn pass(
        &self,
        horizon: &mut Horizon,
        log: &mut Log,
        summary: &mut RunSummary,
        may_wait: bool,
        inventory: Option<&Inventory>,
    ) -> Result<Pass> {
        self.progress.event(&Event::Listing);
        let (settings, lake) = (&self.pipeline.settings, &self.pipeline.lake);
        let settling_ms = settings.settling_ms;
        let now_ms = self.clock.now_ms();
        let settled_before_ms = if settling_ms > 0 { now_ms - settling_ms } else { i64::MAX };
        let delivered = self.options.window.map(|(from, to)| (from, to.saturating_add(settings.lag_ms)));
        let window = Window { settled_before_ms, now_ms, delivered };
        let wanted = match inventory {
            Some(inventory) => self.inventoried(inventory)?,
            None => self.wanted(horizon, now_ms)?,
        };
        // An inventory shows the bucket as it was when it was made.
        let seen_ms = inventory.map_or(now_ms, |inventory| inventory.created_ms().min(now_ms));
        let scopes: Vec<(&Source, Scope)> = wanted.iter().map(|wanted| (wanted.source, wanted.scope)).collect();
        let mut known = Known::load(lake, log)?;
        let mut objects = NewObjects::new(wanted, &mut known, window);
        let mut read = 0;
        loop {
            let mut draft = Draft::new(lake, recover::next_attempt(lake, log.tip() + 1)?, &settings.limits);
            objects.fill(&mut draft, &settings.limits, || self.check_stop())?;
            let is_complete = objects.is_at_end();
            let wait = is_complete && may_wait && objects.listing.settling > 0;
            // What was quickly listed is listed once more, and becomes one commit with what has settled by then.
            if wait && objects.listing.listed <= settings.limits.plan_objects as u64 {
                self.wait_for_settling(&objects)?;
                return Ok(Pass { read, waited: true, is_last: false, listing: Listing::default() });
            }
            if draft.objects() > 0 {
                let upper_ms = now_ms - settling_ms;
                let is_all = is_complete && self.options.window.is_none() && inventory.is_none();
                let watermark_ms = is_all.then_some(upper_ms);
                let count = draft.objects();
                let overtaken = match self.plan(&mut draft, watermark_ms, log) {
                    Ok(Published::Ours(unfinished)) => {
                        matches!(self.finish(unfinished, false, log, summary)?, Outcome::ByAnother)
                    }
                    // Theirs may hold other objects than ours: what it leaves is listed again.
                    Ok(Published::Theirs(unfinished)) => {
                        let objects = unfinished.plan.objects();
                        if matches!(self.finish(unfinished, true, log, summary)?, Outcome::Committed) {
                            read += objects;
                        }
                        true
                    }
                    Ok(Published::TooLate) => true,
                    // Another run that has made this commit sweeps away what was planned for it.
                    Err(error) if !recover::is_committed(lake, log.tip() + 1)? => return Err(error),
                    Err(_) => true,
                };
                if summary.left.is_some() {
                    return Ok(Pass { read, waited: false, is_last: true, listing: objects.listing });
                }
                if overtaken {
                    return Ok(Pass { read, waited: false, is_last: false, listing: Listing::default() });
                }
                read += count;
            }
            if is_complete {
                self.note(horizon, &scopes, seen_ms, log);
                if wait {
                    self.wait_for_settling(&objects)?;
                }
                return Ok(Pass { read, waited: wait, is_last: !wait, listing: objects.listing });
            }
        }
    }

    /// What of each source is to be listed.
    fn wanted(&self, horizon: &mut Horizon, now_ms: i64) -> Result<Vec<Wanted<'_>>> {
        let settings = &self.pipeline.settings;
        let mut wanted = Vec::new();
        let mut begins = false;
        for (store, source) in self.sources.iter() {
            let scope = match self.options.window {
                Some((from_ms, to_ms)) => {
                    Scope { bounds: Bounds::new(from_ms, to_ms.saturating_add(settings.lag_ms)), whole: false }
                }
                None => horizon.scope(source, settings, self.options.full.then_some(self.options.now_ms), now_ms),
            };
            begins |= scope.whole && store.pager().is_some() && horizon.begins(source, now_ms);
            wanted.push(Wanted { store, source, scope, inventory: None });
        }
        if begins {
            horizon.keep(&self.pipeline.lake)?;
        }
        Ok(wanted)
    }

    /// The sources that an inventory is of.
    fn inventoried<'a>(&'a self, inventory: &'a Inventory) -> Result<Vec<Wanted<'a>>> {
        let scope = Scope { bounds: Bounds::ALL, whole: true };
        let is_of = |store: &Store| store.bucket().is_some_and(|(bucket, _)| bucket == inventory.bucket());
        let of_it = self.sources.iter().filter(|(store, _)| is_of(store));
        let wanted: Vec<_> =
            of_it.map(|(store, source)| Wanted { store, source, scope, inventory: Some(inventory) }).collect();
        if wanted.is_empty() {
            return Err(Error::usage(format!("no source lies in {}, which the inventory is of", inventory.bucket()))
                .hint("name the manifest.json of an inventory of a bucket that the pipeline reads"));
        }
        Ok(wanted)
    }

    /// Notes how far the sources have been listed now.
    fn note(&self, horizon: &mut Horizon, scopes: &[(&Source, Scope)], began_ms: i64, log: &Log) {
        if self.options.window.is_some() {
            return;
        }
        let settings = &self.pipeline.settings;
        for (source, scope) in scopes {
            let left = log.entries().skip(self.tip_before.load(Ordering::SeqCst)).flat_map(|entry| &entry.skipped);
            let held_ms = left
                .filter(|object| object.source == source.id && object.reason.may_pass())
                .filter_map(|object| Some(LogName::parse(&object.key)?.named_at))
                .filter(|&named_ms| named_ms > began_ms.saturating_sub(settings.full_every_ms))
                .min();
            horizon.ends(source, scope.whole, began_ms, began_ms - settings.settling_ms, held_ms);
        }
    }

    fn wait_for_settling(&self, objects: &NewObjects<'_>) -> Result<()> {
        let settling_ms = self.pipeline.settings.settling_ms;
        let settled_ms = objects.youngest_ms.unwrap_or_default().saturating_add(settling_ms + 1);
        let wait_ms = (settled_ms - self.clock.now_ms()).clamp(0, settling_ms + 1);
        self.progress.event(&Event::Settling { objects: objects.listing.settling, wait_ms });
        let until_ms = self.clock.now_ms() + wait_ms;
        while self.clock.now_ms() < until_ms {
            self.check_stop()?;
            std::thread::sleep(TICK);
        }
        Ok(())
    }

    /// Makes a plan of this draft, or takes over one that another run made while this one listed.
    fn plan(&self, draft: &mut Draft<'_>, watermark_ms: Option<i64>, log: &Log) -> Result<Published> {
        let lake = &self.pipeline.lake;
        let sequence = log.tip() + 1;
        let mut id = draft.id();
        let sources: Vec<Source> = self.sources.iter().map(|(_, source)| source.clone()).collect();
        let mut plan = draft.finish(&self.identity, &sources, self.clock.now_ms(), watermark_ms)?;
        plan.places = log.places();
        loop {
            let takes_over = id.attempt > 1;
            if takes_over
                && let Some(theirs) = recover::resumable(lake, sequence, &self.identity, &self.pipeline.sources)?
            {
                return Ok(Published::Theirs(theirs));
            }
            if id != draft.id() {
                plan::copy_lists(lake, &mut plan, id)?;
            }
            match plan::publish(lake, id, &plan)? {
                // A plan of this name may have been committed and swept away since the log was read. Its outputs have
                // the names that ours would have.
                Created::Yes if recover::is_committed(lake, sequence)? => return Ok(Published::TooLate),
                Created::Yes => {
                    let done = vec![None; plan.lists.len()];
                    return Ok(Published::Ours(Unfinished { id, plan, done }));
                }
                Created::Exists => id.attempt += 1,
            }
        }
    }

    /// Does what is left of a plan and commits it.
    fn finish(
        &self,
        unfinished: Unfinished,
        resumed: bool,
        log: &mut Log,
        summary: &mut RunSummary,
    ) -> Result<Outcome> {
        let lake = &self.pipeline.lake;
        let started_ms = self.clock.now_ms();
        let Unfinished { id, plan, done } = unfinished;
        self.progress.event(&Event::Planned(Planned {
            sequence: id.sequence,
            objects: plan.objects(),
            bytes: plan.bytes.iter().sum(),
            shards: plan.shards(),
            shards_done: done.iter().flatten().count() as u32,
            resumed,
        }));
        let left = left_of(id, &plan, &done);
        if self.options.patience.is_some_and(|patience| left.backlog().exceeds(patience)) {
            summary.left = Some(left);
            return Ok(Outcome::Left);
        }
        let team = shards::Team {
            lake,
            sources: self.sources,
            worker: self.worker,
            threads: self.options.threads,
            progress: &|bytes, records| self.progress.advance(bytes, records),
            check: &|| self.check_stop(),
            stop: &self.guard.stop,
        };
        let worked = match self.options.spread {
            Some(others) => spread::work(others, lake, id, &plan, done, &|| self.check_stop()),
            None => team.work(id, &plan, done),
        };
        let outcome = match worked {
            // If the commit exists by now, its sweep may have removed the plan under our hands.
            Err(error) => match recover::is_committed(lake, id.sequence) {
                Ok(true) if !self.must_stop() => Outcome::ByAnother,
                _ => return Err(error),
            },
            Ok(dones) => {
                let before = log.last().map_or_else(Totals::default, |entry| entry.totals.clone());
                let entry = commit::entry_of(id, &plan, &dones, &before, (started_ms, self.clock.now_ms()))?;
                match commit::publish(lake, &entry)? {
                    Created::Yes => {
                        summary.add(&entry);
                        let counts = entry.counts.clone();
                        // Our own entry alone, and not what others may have committed since: what the next plan leaves
                        // out as known would then be less than what the log says.
                        log.add(entry);
                        self.progress.event(&Event::Committed { sequence: id.sequence, counts });
                        Outcome::Committed
                    }
                    Created::Exists => Outcome::ByAnother,
                }
            }
        };
        if matches!(outcome, Outcome::ByAnother) {
            summary.committed_by_others += 1;
        }
        self.sweep(log, summary)?;
        Ok(outcome)
    }
}

/// What is to be done of a plan.
fn left_of(id: PlanId, plan: &Plan, done: &[Option<ShardDone>]) -> LeftPlan {
    let mut left = LeftPlan { plan: id.to_string(), shards: 0, objects: 0, bytes: 0 };
    for (at, (list, bytes)) in plan.lists.iter().zip(&plan.bytes).enumerate() {
        if done.get(at).is_none_or(Option::is_none) {
            left.shards += 1;
            left.objects += list.rows;
            left.bytes += bytes;
        }
    }
    left
}

/// What came of making a plan.
enum Published {
    /// It is ours.
    Ours(Unfinished),
    /// Another run was first, with one that fits.
    Theirs(Unfinished),
    /// Another run has made the commit already.
    TooLate,
}

/// What one listing led to.
struct Pass {
    /// Objects that were new and are committed now.
    read: u64,
    /// Whether it ended because objects were settling, which have had their time now.
    waited: bool,
    /// Whether there is nothing left to do.
    is_last: bool,
    listing: Listing,
}
