//! Shards handed out by lines: what a driver on Spark or Ray is asked, and how it answers.
//!
//! ```text
//! {"do":"shards","plan":"000000000003-a1","shards":[[0,339]],"of":340}   work on these, both ends included
//! {"do":"tell","done":12,"of":340}                                       how far it is
//! ```
//!
//! The driver answers the first with a line `done`, or `failed` and the reason. It learns of no object: numbers of shards
//! are all that passes through it.

use std::io::BufRead;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::etl::{Left, Spread};

/// How often the run looks whether it is to stop.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How often done-files are counted; each count is a listing.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// What the driver is to do.
#[derive(Debug, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Ask {
    /// Have these shards worked on: first and last of each row of numbers.
    Shards { plan: String, shards: Vec<(u32, u32)>, of: u32 },
    /// Tell how far it is.
    Tell { done: u32, of: u32 },
}

/// A driver at the other end of standard input and output.
#[derive(Debug)]
pub struct Driver {
    say: fn(&str),
    answers: Mutex<Receiver<String>>,
    count_every: Duration,
}

impl Driver {
    /// Asks with `say`, and reads answers from `input`.
    pub fn new(say: fn(&str), input: impl BufRead + Send + 'static) -> Self {
        let (told, answers) = mpsc::channel();
        // Ends with its input, or with the process.
        std::thread::spawn(move || {
            for line in input.lines() {
                let Ok(line) = line else { return };
                if told.send(line).is_err() {
                    return;
                }
            }
        });
        Self { say, answers: Mutex::new(answers), count_every: COUNT_EVERY }
    }

    fn ask(&self, ask: &Ask) -> Result<()> {
        let line = serde_json::to_string(ask).map_err(|error| Error::failed("cannot write JSON").because(error))?;
        (self.say)(&line);
        Ok(())
    }

    fn tell(&self, left: &Left<'_>, told: &mut Option<u32>) -> Result<()> {
        let done = (left.count)()?;
        if *told != Some(done) {
            *told = Some(done);
            self.ask(&Ask::Tell { done, of: left.of })?;
        }
        Ok(())
    }
}

impl Spread for Driver {
    fn spread(&self, left: &Left<'_>) -> Result<()> {
        let answers = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut told = None;
        self.ask(&Ask::Shards { plan: left.plan.to_string(), shards: rows(left.shards), of: left.of })?;
        let mut counted = Instant::now();
        loop {
            match answers.recv_timeout(LOOK_EVERY) {
                Ok(answer) => {
                    answered(&answer)?;
                    return self.tell(left, &mut told);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::new(ErrorKind::Interrupted, "the driver that has the shards worked on is gone")
                        .hint("run again: what is done stays done"));
                }
                Err(RecvTimeoutError::Timeout) => (left.check)()?,
            }
            if counted.elapsed() >= self.count_every {
                counted = Instant::now();
                // A count that fails is no reason to give up; reading the done-files will tell.
                let _ = self.tell(left, &mut told);
            }
        }
    }
}

fn answered(answer: &str) -> Result<()> {
    match answer.trim_end().split_once(' ').unwrap_or((answer.trim_end(), "")) {
        ("done", _) => Ok(()),
        ("failed", why) => Err(Error::failed("not all shards could be worked on")
            .because(why)
            .hint("run again once the cause is gone: the shards that are done are not done anew")),
        _ => Err(Error::failed(format!("the driver answers {answer:?}, which is neither done nor failed"))),
    }
}

/// Numbers in order, as rows of which each is told by its first and its last.
fn rows(numbers: &[u32]) -> Vec<(u32, u32)> {
    let mut rows: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match rows.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => rows.push((number, number)),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::etl::state::PlanId;
    use std::io::{Cursor, Read};

    static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
    /// Tests share what is said.
    static TURN: Mutex<()> = Mutex::new(());

    fn say(line: &str) {
        SAID.lock().unwrap().push(line.to_owned());
    }

    /// Never ends, never says anything.
    struct Silence;

    impl Read for Silence {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            std::thread::sleep(Duration::from_secs(3600));
            Ok(0)
        }
    }

    fn spread(driver: &Driver, check: &dyn Fn() -> Result<()>) -> (Result<()>, Vec<String>) {
        SAID.lock().unwrap().clear();
        let plan = PlanId { sequence: 3, attempt: 1 };
        let result = driver.spread(&Left { plan, shards: &[0, 1, 2, 5], of: 7, count: &|| Ok(7), check });
        (result, std::mem::take(&mut *SAID.lock().unwrap()))
    }

    #[test]
    fn shards_are_asked_for_by_number_and_the_answer_is_awaited() {
        let _turn = TURN.lock();
        let (result, said) = spread(&Driver::new(say, Cursor::new("done\n")), &|| Ok(()));
        result.unwrap();
        let asked = r#"{"do":"shards","plan":"000000000003-a1","shards":[[0,2],[5,5]],"of":7}"#;
        assert_eq!(said, [asked, r#"{"do":"tell","done":7,"of":7}"#]);
    }

    #[test]
    fn a_failure_has_its_reason() {
        let _turn = TURN.lock();
        for (answer, why) in [
            ("failed task 7 died\n", "task 7 died"),
            ("what?\n", "neither done nor failed"),
            ("", "the driver that has the shards worked on is gone"),
        ] {
            let (result, _) = spread(&Driver::new(say, Cursor::new(answer)), &|| Ok(()));
            assert!(result.as_ref().unwrap_err().to_string().contains(why), "{result:?}");
        }
    }

    #[test]
    fn it_says_how_far_it_is_and_stops_when_it_is_told_to() {
        let _turn = TURN.lock();
        let mut driver = Driver::new(say, std::io::BufReader::new(Silence));
        driver.count_every = Duration::ZERO;
        let looks = Mutex::new(0);
        let check = || {
            *looks.lock().unwrap() += 1;
            if *looks.lock().unwrap() < 4 { Ok(()) } else { Err(Error::failed("stop")) }
        };
        let (result, said) = spread(&driver, &check);
        assert_eq!(result.unwrap_err().to_string(), "stop");
        assert_eq!(said.iter().filter(|line| line.contains("tell")).count(), 1, "once, as nothing changes: {said:?}");
    }
}
