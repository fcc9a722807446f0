//! The same question about many objects: on S3 each takes some tens of milliseconds, and a plan may have thousands.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Result;

/// How many are asked at the same time.
const AT_ONCE: usize = 16;

/// The answers, in the order of the questions.
///
/// # Errors
/// The first that an answer is; no more is asked then.
pub(super) fn at_once<Q: Sync, A: Send>(questions: &[Q], ask: impl Fn(&Q) -> Result<A> + Sync) -> Result<Vec<A>> {
    let answers = Mutex::new(Ok(Vec::with_capacity(questions.len())));
    let next = AtomicUsize::new(0);
    let take = || loop {
        let at = next.fetch_add(1, Ordering::SeqCst);
        let Some(question) = questions.get(at) else { return };
        let answer = ask(question);
        let mut answers = answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match (answers.as_mut(), answer) {
            (Ok(all), Ok(answer)) => all.push((at, answer)),
            (Ok(_), Err(error)) => *answers = Err(error),
            (Err(_), _) => return,
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..AT_ONCE.min(questions.len()) {
            scope.spawn(take);
        }
        take();
    });
    let mut all = answers.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)?;
    all.sort_unstable_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, answer)| answer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn answers_stand_in_the_order_of_the_questions() {
        let questions: Vec<u64> = (0..100).collect();
        let answers = at_once(&questions, |number| {
            std::thread::sleep(std::time::Duration::from_micros(number % 7 * 300));
            Ok(number * 2)
        });
        assert_eq!(answers.unwrap(), (0..100).map(|number| number * 2).collect::<Vec<_>>());
        assert_eq!(at_once(&[], |_: &u64| Ok(1)).unwrap(), Vec::<i32>::new());
    }

    #[test]
    fn the_first_error_ends_it() {
        let questions: Vec<u64> = (0..10_000).collect();
        let asked = AtomicUsize::new(0);
        // Those behind the wrong one take their time, so that on a busy machine they are not all asked before it is answered.
        let answers = at_once(&questions, |number| {
            asked.fetch_add(1, Ordering::SeqCst);
            if *number == 20 {
                return Err(Error::failed("no"));
            }
            std::thread::sleep(std::time::Duration::from_millis(u64::from(*number > 20)));
            Ok(())
        });
        assert!(answers.is_err() && asked.into_inner() < 10_000);
    }
}
