use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::aws::jobs::Jobs;
use crate::aws::logs::Logs;
use crate::selftest::{Cores, Credentials, Disk, Memory, Speed, System};
use crate::stack::fake::{Fake, Silent, World, cloud};

/// An account in which jobs are made, run for two looks, and are removed.
#[derive(Default)]
struct Account {
    jobs: Mutex<BTreeMap<String, Trial>>,
    runs: Mutex<BTreeMap<String, (String, usize)>>,
    streams: Mutex<BTreeSet<(String, String)>>,
    /// How runs of this type end, if not well.
    failing: Option<(JobType, &'static str)>,
    /// The type that Glue does not take.
    not_offered: Option<JobType>,
    /// Whether what runs print gets into the log.
    silent: bool,
    calls: AtomicUsize,
    /// The call after so many others fails.
    fails_at: Option<usize>,
    /// Whether removing anything fails.
    stuck: bool,
}

impl Account {
    fn call(&self) -> Result<()> {
        if self.fails_at == Some(self.calls.fetch_add(1, Ordering::SeqCst)) {
            return Err(Error::failed("the network is gone"));
        }
        Ok(())
    }

    fn is_clean(&self) -> bool {
        self.jobs.lock().unwrap().is_empty() && self.streams.lock().unwrap().is_empty()
    }
}

fn found() -> SelfTest {
    SelfTest {
        version: "0.1.0".to_owned(),
        system: System { glibc: Some("2.26".to_owned()), ..System::default() },
        cores: Cores::default(),
        memory: Memory::default(),
        disk: Disk::default(),
        network: Vec::new(),
        credentials: Credentials::default(),
        speed: Speed::default(),
    }
}

impl Trials for Account {
    fn definition(&self, job: &str) -> Result<Option<Definition>> {
        let arguments = ["--pipeline", "--worker-sha256", "--metric-namespace", "--enable-metrics"];
        let arguments = arguments.map(|name| (name.to_owned(), "x".to_owned())).into();
        let definition = Definition { role: "etl".to_owned(), arguments, ..Definition::default() };
        Ok((job == "bucketscope-web-etl").then_some(definition))
    }

    fn make(&self, trial: &Trial) -> Result<Made> {
        if self.not_offered == Some(trial.kind) {
            return Ok(Made::No("closed to new customers".to_owned()));
        }
        self.jobs.lock().unwrap().insert(trial.name.clone(), trial.clone());
        // An answer may be lost after the deed.
        self.call().map(|()| Made::Yes)
    }

    fn remove(&self, job: &str) -> Result<()> {
        if self.stuck {
            return Err(Error::failed("denied"));
        }
        let going = self.runs.lock().unwrap().values().any(|(of, looks)| of == job && *looks > 0);
        assert!(!going, "a job is removed after the end of its run");
        self.jobs.lock().unwrap().remove(job);
        Ok(())
    }
}

impl Jobs for Account {
    fn exists(&self, _job: &str) -> Result<bool> {
        Ok(true)
    }

    fn runs(&self, _job: &str, _limit: usize) -> Result<Vec<Run>> {
        Ok(Vec::new())
    }

    fn run(&self, job: &str, id: &str) -> Result<Option<Run>> {
        self.call()?;
        let kind = self.jobs.lock().unwrap()[job].kind;
        let mut runs = self.runs.lock().unwrap();
        let Some((_, looks)) = runs.get_mut(id) else { return Ok(None) };
        *looks = looks.saturating_sub(1);
        let why = self.failing.filter(|(failing, _)| *failing == kind).map(|(_, why)| why.to_owned());
        let state = match (*looks, &why) {
            (0, None) => "SUCCEEDED",
            (0, Some(_)) => "FAILED",
            _ => "RUNNING",
        };
        let error = why.filter(|_| state == "FAILED");
        let run =
            Run { id: id.to_owned(), state: state.to_owned(), seconds: 90, dpus: Some(2.0), error, ..Run::default() };
        Ok(Some(run))
    }

    fn start(&self, job: &str, _arguments: &BTreeMap<String, String>) -> Result<Started> {
        self.call()?;
        let trial = self.jobs.lock().unwrap()[job].clone();
        assert_eq!(trial.definition.arguments.keys().collect::<Vec<_>>(), ["--pipeline", SELF_TEST, "--worker-sha256"]);
        let id = format!("jr_{}", trial.kind.word());
        self.runs.lock().unwrap().insert(id.clone(), (job.to_owned(), 3));
        let streams = trial.kind.log_groups().map(|group| (group.to_owned(), id.clone()));
        self.streams.lock().unwrap().extend(streams);
        Ok(Started::Run(id))
    }

    fn stop(&self, _job: &str, ids: &[String]) -> Result<()> {
        let mut runs = self.runs.lock().unwrap();
        ids.iter().for_each(|id| runs.get_mut(id).unwrap().1 = 1);
        Ok(())
    }
}

impl Logs for Account {
    fn groups(&self, _prefix: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn delete_group(&self, _group: &str) -> Result<()> {
        Ok(())
    }

    fn streams(&self, group: &str, prefix: &str) -> Result<Vec<String>> {
        let streams = self.streams.lock().unwrap();
        Ok(streams
            .iter()
            .filter(|(of, name)| of == group && name.starts_with(prefix))
            .map(|(_, it)| it.clone())
            .collect())
    }

    fn all_streams(&self, _group: &str) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    fn delete_stream(&self, group: &str, stream: &str) -> Result<()> {
        self.streams.lock().unwrap().remove(&(group.to_owned(), stream.to_owned()));
        Ok(())
    }

    fn tail(&self, _group: &str, _stream: &str, _limit: u16) -> Result<Vec<String>> {
        self.call()?;
        let line = serde_json::to_string(&Line { self_test: found() }).unwrap();
        assert!(line.starts_with(MARK), "{line}");
        Ok(if self.silent {
            vec!["{\"self_test\":".to_owned()]
        } else {
            vec!["hello".to_owned(), line, "bye".to_owned()]
        })
    }
}

fn tried(account: &std::sync::Arc<Account>, watch: &Silent) -> Report {
    let cloud = cloud();
    let hands =
        Hands { jobs: account.clone(), logs: account.clone(), ..Fake::over(World::default()).hands("eu-central-1") };
    let trials: &dyn Trials = account.as_ref();
    let order = Order { cloud: &cloud, hands: &hands, trials, kinds: &JobType::ALL, mark: "a1", watch, rest: &|| {} };
    run(&order).unwrap()
}

fn of(report: &Report) -> Vec<(&'static str, &Found)> {
    report.tried.as_ref().unwrap().iter().map(|one| (one.kind.word(), &one.found)).collect()
}

#[test]
fn each_type_is_tried_in_a_job_of_its_own_and_nothing_is_left() {
    let account = std::sync::Arc::new(Account { not_offered: Some(JobType::Ray), ..Account::default() });
    let report = tried(&account, &Silent::default());
    let works = Found::Works { self_test: Box::new(found()) };
    let closed = Found::NotOffered { why: "closed to new customers".to_owned() };
    let expected = [("pythonshell-small", &works), ("pythonshell", &works), ("glueetl", &works), ("ray", &closed)];
    assert_eq!(of(&report), expected);
    assert!(account.is_clean() && report.left.is_empty());
    let first = &report.tried.as_ref().unwrap()[0];
    assert!((first.dpu_hours - 0.05).abs() < 1e-9 && first.seconds == 90, "{first:?}");
}

#[test]
fn a_type_that_fails_or_whose_log_says_nothing_is_told_and_keeps_no_other_from_working() {
    let failing = Some((JobType::Glueetl, "the worker cannot be started on this machine: Exec format error"));
    let account = std::sync::Arc::new(Account { failing, ..Account::default() });
    let report = tried(&account, &Silent::default());
    let all = of(&report);
    assert!(matches!(all[1].1, Found::Works { .. }));
    assert!(matches!(all[2].1, Found::Fails { why } if why.contains("Exec format error")), "{all:?}");
    assert!(account.is_clean());

    let account = std::sync::Arc::new(Account { silent: true, ..Account::default() });
    let report = tried(&account, &Silent::default());
    assert!(of(&report).iter().all(|(_, found)| matches!(found, Found::Untold { .. })));
    assert!(account.is_clean());
}

#[test]
fn whichever_call_fails_and_whenever_the_user_leaves_nothing_is_left() {
    let whole = std::sync::Arc::new(Account::default());
    tried(&whole, &Silent::default()).tried.unwrap();
    let calls = whole.calls.load(Ordering::SeqCst);
    assert!(calls > 12, "{calls}");
    for fails_at in 0..calls {
        let account = std::sync::Arc::new(Account { fails_at: Some(fails_at), ..Account::default() });
        let report = tried(&account, &Silent::default());
        assert!(account.is_clean() && report.left.is_empty(), "call {fails_at}: {:?}", report.left);
    }
    for looks in 1..10 {
        let account = std::sync::Arc::new(Account::default());
        let report = tried(&account, &Silent { interrupt_after: AtomicUsize::new(looks), ..Silent::default() });
        assert_eq!(report.tried.unwrap_err().kind(), ErrorKind::Interrupted, "{looks}");
        assert!(account.is_clean() && report.left.is_empty(), "{looks}: {:?}", report.left);
    }
}

#[test]
fn what_cannot_be_removed_is_named_with_the_command_that_does() {
    let account = std::sync::Arc::new(Account { stuck: true, ..Account::default() });
    let report = tried(&account, &Silent::default());
    assert_eq!(report.left.len(), 4);
    let name = "bucketscope-web.doctor-pythonshell-a1";
    assert_eq!(report.left[0].what, format!("the job {name} (denied)"));
    assert_eq!(report.left[0].command, format!("aws glue delete-job --job-name {name} --region eu-central-1"));
}

#[test]
fn without_a_deployed_job_there_is_nothing_to_try() {
    let mut other = cloud();
    other.name = "other".to_owned();
    let account = std::sync::Arc::new(Account::default());
    let hands = Fake::over(World::default()).hands("eu-central-1");
    let watch = Silent::default();
    let order = Order {
        cloud: &other,
        hands: &hands,
        trials: account.as_ref(),
        kinds: &JobType::ALL,
        mark: "a1",
        watch: &watch,
        rest: &|| {},
    };
    assert_eq!(run(&order).unwrap_err().code(), 6);
}
