//! Starting a run of the job and following it to its end.

use std::collections::BTreeMap;
use std::time::Duration;

use super::look;
use super::runs::{self, RunSeen};
use super::site::Site;
use crate::aws::jobs::{Run, Started};
use crate::blueprint::Names;
use crate::blueprint::names::JobName;
use crate::{Error, ErrorKind, Result};

/// Logs come some seconds after they were written; so often they are looked for.
const LOG_TRIES: usize = 5;

/// Lines of the error log that are looked at.
const ERROR_LINES: u16 = 60;

/// Lines of it that are shown.
const ERRORS_SHOWN: usize = 8;

/// What a trace of Python begins with: the launcher's own lines, which tell nothing that its message does not.
const TRACE: &str = "Traceback (most recent call last):";

/// What following a run tells, and how it waits.
pub trait Follow {
    /// The run is in another state now.
    fn state(&self, id: &str, state: &str);
    /// A line of its log, new since the last.
    fn line(&self, line: &str);
    /// Waits before looking again.
    fn pause(&self) -> Wish;
}

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Go on following.
    Follow,
    /// Stop following, and let the run go on.
    Leave,
    /// Stop the run.
    Stop,
}

/// What to do when a run is at work already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenBusy {
    /// Follow that one.
    Attach,
    /// Say so: it was not told what this one would be.
    Refuse,
    /// Wait for its end, then start.
    Wait,
}

/// The run that is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Its id.
    pub id: String,
    /// Whether it was at work before.
    pub attached: bool,
}

/// Starts a run, or finds the one that is at work.
///
/// # Errors
/// If there is no job, another run is in the way, or the user leaves.
pub fn begin(
    site: &Site<'_>,
    arguments: &BTreeMap<String, String>,
    busy: WhenBusy,
    follow: &dyn Follow,
) -> Result<Begun> {
    let job = Names::of(site.cloud).job();
    loop {
        match site.home.jobs.start(&job, arguments)? {
            Started::Run(id) => return Ok(Begun { id, attached: false }),
            Started::NoJob => {
                return Err(Error::new(ErrorKind::NotDeployed, format!("`{}` has not been deployed", site.cloud.name))
                    .because(format!("there is no job {job} in {}", site.cloud.aws.region))
                    .hint("bucketscope deploy  deploys it"));
            }
            Started::Busy => {}
        }
        let at_work = site.home.jobs.runs(&job, 10)?.into_iter().find(Run::is_active);
        match (at_work, busy) {
            // It has ended between the two looks.
            (None, _) => {}
            (Some(run), WhenBusy::Attach) => return Ok(Begun { id: run.id, attached: true }),
            (Some(run), WhenBusy::Refuse) => {
                return Err(Error::failed("a run is at work already")
                    .because(format!("{} was not told the time range or threads that are asked for here", run.id))
                    .hint("--wait  waits for its end and starts this one then"));
            }
            (Some(run), WhenBusy::Wait) => follow.state(&run.id, "RUNNING (before this one)"),
        }
        if follow.pause() != Wish::Follow {
            return Err(Error::new(ErrorKind::Interrupted, "interrupted; no run was started"));
        }
    }
}

/// How following ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// The run has ended well.
    Done(RunSeen),
    /// The run has failed; the last lines of its error log.
    Failed(RunSeen, Vec<String>),
    /// The user left it running.
    Left,
    /// The user had it stopped.
    Stopped,
}

/// Follows a run to its end.
///
/// # Errors
/// If AWS cannot be asked.
pub fn follow(
    site: &Site<'_>,
    job: &JobName,
    id: &str,
    now_ms: &dyn Fn() -> i64,
    follow: &dyn Follow,
) -> Result<Ended> {
    let mut told = String::new();
    let mut read = 0;
    let mut stopping = false;
    loop {
        let Some(run) = site.home.jobs.run(&job.name, id)? else {
            return Err(Error::failed(format!("the run {id} is not known to Glue any more")));
        };
        if run.state != told {
            told.clone_from(&run.state);
            follow.state(id, &run.state);
        }
        read = new_lines(site, job, id, read, follow)?;
        if !run.is_active() {
            // It may have ended well before the request to stop came through.
            if stopping && !run.succeeded() {
                return Ok(Ended::Stopped);
            }
            return ended(site, job, &run, now_ms(), follow);
        }
        match follow.pause() {
            Wish::Follow => {}
            Wish::Leave => return Ok(Ended::Left),
            Wish::Stop if !stopping => {
                site.home.jobs.stop(&job.name, &[id.to_owned()])?;
                stopping = true;
            }
            Wish::Stop => {}
        }
    }
}

/// The run that goes on with what another has planned or left: the one that it names, or the one that is at work.
///
/// # Errors
/// If AWS cannot be asked.
pub fn handed_over(site: &Site<'_>, ended: &RunSeen) -> Result<Option<(JobName, String)>> {
    let (Some(summary), Some(job)) = (&ended.summary, Names::of(site.cloud).beside()) else { return Ok(None) };
    if let Some(run) = summary.handed_over.as_ref().and_then(|over| over.run.clone()) {
        return Ok(Some((job, run)));
    }
    if summary.handed_over.is_none() && !summary.left_to_another {
        return Ok(None);
    }
    let at_work = site.home.jobs.runs(&job.name, 10)?.into_iter().find(Run::is_active);
    Ok(at_work.map(|run| (job, run.id)))
}

/// Tells the lines of the run's error log that were not told yet: the worker says there how it goes on. A log that cannot
/// be read does not end the run.
fn new_lines(site: &Site<'_>, job: &JobName, id: &str, read: usize, follow: &dyn Follow) -> Result<usize> {
    for (group, stream) in runs::streams(site.cloud, job, id).errors {
        let Ok(lines) = site.home.logs.tail(&group, &stream, 1_000) else { continue };
        if lines.is_empty() {
            continue;
        }
        let shown = lines.iter().take_while(|line| !line.starts_with(TRACE));
        shown.skip(read).for_each(|line| follow.line(line));
        return Ok(lines.len().max(read));
    }
    Ok(read)
}

fn ended(site: &Site<'_>, job: &JobName, run: &Run, now_ms: i64, follow: &dyn Follow) -> Result<Ended> {
    let engine = job.engine;
    if !run.succeeded() {
        let mut lines = Vec::new();
        for (group, stream) in runs::streams(site.cloud, job, &run.id).errors {
            lines.extend(site.home.logs.tail(&group, &stream, ERROR_LINES).unwrap_or_default());
        }
        let lines = last_of(lines, run.error.as_deref().unwrap_or_default());
        return Ok(Ended::Failed(runs::seen(run, engine, now_ms, None), lines));
    }
    let mut summary = None;
    for tried in 0..LOG_TRIES {
        summary = look::summary(site, job, &run.id)?;
        if summary.is_some() || (tried > 0 && follow.pause() != Wish::Follow) {
            break;
        }
    }
    Ok(Ended::Done(runs::seen(run, engine, now_ms, summary)))
}

/// The end of an error log, without the launcher's trace and without what the reason says already.
fn last_of(lines: Vec<String>, reason: &str) -> Vec<String> {
    let told = lines.into_iter().take_while(|line| !line.starts_with(TRACE));
    let told: Vec<String> = told.filter(|line| !line.trim().is_empty() && !reason.contains(line.trim())).collect();
    let from = told.len().saturating_sub(ERRORS_SHOWN);
    told.into_iter().skip(from).collect()
}

/// How long after the first Ctrl-C the second one stops the run.
pub const SECOND_THOUGHTS: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::sync::Arc;

    use super::*;
    use crate::stack::fake::{Fake, Silent, cloud, deployed};

    /// Follows, and does something to the account at each pause.
    struct Script<'a> {
        told: RefCell<Vec<String>>,
        pauses: Cell<usize>,
        each: &'a dyn Fn(usize) -> Wish,
    }

    impl Follow for Script<'_> {
        fn state(&self, _id: &str, state: &str) {
            self.told.borrow_mut().push(state.to_owned());
        }

        fn line(&self, line: &str) {
            self.told.borrow_mut().push(line.to_owned());
        }

        fn pause(&self) -> Wish {
            self.pauses.set(self.pauses.get() + 1);
            (self.each)(self.pauses.get())
        }
    }

    fn script<'a>(each: &'a dyn Fn(usize) -> Wish) -> Script<'a> {
        Script { told: RefCell::default(), pauses: Cell::new(0), each }
    }

    fn at_work() -> Arc<Fake> {
        Fake::over(deployed(&cloud()))
    }

    fn with<T>(fake: &Arc<Fake>, work: impl Fn(&Site<'_>) -> T) -> T {
        let (cloud, watch) = (cloud(), Silent::default());
        let site = Site::new(&cloud, &|region| fake.hands(region), &watch);
        work(&site)
    }

    fn scheduled(site: &Site<'_>) -> JobName {
        Names::of(site.cloud).scheduled()
    }

    #[test]
    fn a_run_is_started_with_what_it_is_told() {
        let fake = at_work();
        fake.look().runs[0].state = "SUCCEEDED".to_owned();
        let arguments = BTreeMap::from([("--from".to_owned(), "2026-06-01T00:00:00Z".to_owned())]);
        let begun = with(&fake, |site| begin(site, &arguments, WhenBusy::Refuse, &script(&|_| Wish::Follow))).unwrap();
        assert_eq!(begun, Begun { id: "jr_new".to_owned(), attached: false });
        assert_eq!(fake.look().started, [arguments]);
    }

    #[test]
    fn one_that_is_at_work_is_followed_refused_or_waited_for() {
        let fake = at_work();
        let none = BTreeMap::new();
        let begun = with(&fake, |site| begin(site, &none, WhenBusy::Attach, &script(&|_| Wish::Follow))).unwrap();
        assert_eq!(begun, Begun { id: "jr_2".to_owned(), attached: true });
        let error = with(&fake, |site| begin(site, &none, WhenBusy::Refuse, &script(&|_| Wish::Follow))).unwrap_err();
        assert!(error.to_string().contains("jr_2 was not told"), "{error}");
        let end = |pause: usize| {
            if pause == 3 {
                fake.look().runs[0].state = "SUCCEEDED".to_owned();
            }
            Wish::Follow
        };
        let begun = with(&fake, |site| begin(site, &none, WhenBusy::Wait, &script(&end))).unwrap();
        assert!(!begun.attached);
        fake.look().job = None;
    }

    #[test]
    fn a_run_is_followed_to_its_end() {
        let fake = at_work();
        let end = |pause: usize| {
            if pause == 2 {
                let mut world = fake.look();
                world.runs[0].state = "SUCCEEDED".to_owned();
                let line = r#"{"counts":{"objects":1,"records":2,"rejected":0}}"#;
                world
                    .lines
                    .insert(("/aws-glue/python-jobs/output".to_owned(), "jr_2".to_owned()), vec![line.to_owned()]);
            }
            Wish::Follow
        };
        let script = script(&end);
        let ended = with(&fake, |site| follow(site, &scheduled(site), "jr_2", &|| 0, &script)).unwrap();
        let Ended::Done(seen) = ended else { panic!("{ended:?}") };
        assert_eq!(seen.summary.unwrap().records, 2);
        assert_eq!(*script.told.borrow(), ["RUNNING", "SUCCEEDED"]);
    }

    #[test]
    fn a_run_that_fails_shows_the_end_of_its_log() {
        let fake = at_work();
        let end = |_| {
            let mut world = fake.look();
            world.runs[0].state = "FAILED".to_owned();
            world.runs[0].error = Some("LauncherError: the worker ended: killed".to_owned());
            let lines = ["reading", "error: out of memory", "killed", TRACE, "  File"].map(str::to_owned).to_vec();
            world.lines.insert(("/aws-glue/python-jobs/error".to_owned(), "jr_2".to_owned()), lines);
            Wish::Follow
        };
        let script = script(&end);
        let ended = with(&fake, |site| follow(site, &scheduled(site), "jr_2", &|| 0, &script)).unwrap();
        let Ended::Failed(_, lines) = ended else { panic!("{ended:?}") };
        assert_eq!(lines, ["reading", "error: out of memory"]);
        assert_eq!(*script.told.borrow(), ["RUNNING", "FAILED", "reading", "error: out of memory", "killed"]);
    }

    #[test]
    fn what_is_handed_over_is_followed_where_it_goes() {
        let fake = at_work();
        let asked = |handed_over: Option<runs::HandedOver>, left_to_another| {
            let summary = runs::Summary { handed_over, left_to_another, ..runs::Summary::default() };
            let small = runs::seen(&Run::default(), crate::config::cloud::Engine::Auto, 0, Some(summary));
            with(&fake, |site| handed_over_to(site, &small))
        };
        let over = |run: Option<&str>| {
            Some(runs::HandedOver { run: run.map(str::to_owned), workers: 4, objects: 1, bytes: 1 })
        };
        assert_eq!(asked(over(Some("jr_9")), false).as_deref(), Some("jr_9"));
        assert_eq!(asked(None, false), None);
        // The fake's runs are those of the other job.
        assert_eq!(asked(over(None), false), None);
        fake.look().job = Some(Names::of(&cloud()).spark_job());
        assert_eq!(asked(over(None), false).as_deref(), Some("jr_2"));
        assert_eq!(asked(None, true).as_deref(), Some("jr_2"));
    }

    fn handed_over_to(site: &Site<'_>, small: &RunSeen) -> Option<String> {
        handed_over(site, small).unwrap().map(|(job, id)| {
            assert_eq!(job.name, Names::of(site.cloud).spark_job());
            id
        })
    }

    #[test]
    fn the_user_may_leave_it_running_or_have_it_stopped() {
        let fake = at_work();
        let left =
            with(&fake, |site| follow(site, &scheduled(site), "jr_2", &|| 0, &script(&|_| Wish::Leave))).unwrap();
        assert_eq!((left, fake.look().runs[0].state.as_str()), (Ended::Left, "RUNNING"));
        let stop = |_| {
            // The fake ends a run that is stopping when runs are listed.
            drop(fake.hands("eu-central-1").jobs.runs("", 1));
            Wish::Stop
        };
        let stopped = with(&fake, |site| follow(site, &scheduled(site), "jr_2", &|| 0, &script(&stop))).unwrap();
        assert_eq!((stopped, fake.look().runs[0].state.as_str()), (Ended::Stopped, "STOPPED"));
    }
}
