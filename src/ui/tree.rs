//! A deployment as it goes on: a tree on a terminal, else a line for each change of state.

mod draw;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use console::Term;
use draw::lines;

use super::Ui;
use super::text::{duration, visible};
use crate::aws::stacks::{Change, StackEvent};
use crate::blueprint::StackSpec;
use crate::stack::driver::Watcher;
use crate::stack::tree::{Key, News, State, Tree};

/// Without a terminal, so long between two signs of life.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Between two drawings.
const FRAME: Duration = Duration::from_millis(120);

/// Shows a deployment on stderr, and stops it when Ctrl-C was pressed.
pub struct DeployScreen<'a> {
    ui: Ui,
    presses: &'a AtomicU32,
    inner: Mutex<Inner>,
}

struct Inner {
    tree: Tree,
    term: Option<Term>,
    /// Lines on the terminal that the next drawing replaces.
    drawn: usize,
    frame: usize,
    last_drawn: Option<Instant>,
    told: Instant,
    began_ms: i64,
}

impl<'a> DeployScreen<'a> {
    /// Begins with all stacks waiting.
    pub fn new(ui: Ui, specs: &[StackSpec], presses: &'a AtomicU32) -> Self {
        let inner = Inner {
            tree: Tree::of(specs),
            term: ui.live().then(Term::buffered_stderr),
            drawn: 0,
            frame: 0,
            last_drawn: None,
            told: Instant::now(),
            began_ms: now_ms(),
        };
        Self { ui, presses, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last drawing, which stays.
    pub fn finish(&self) {
        let mut inner = self.lock();
        if let Some(term) = inner.term.take() {
            // As it stands at the end, whole, however high the terminal is: it scrolls.
            let lines = lines(&inner.tree, now_ms(), width_of(&term), usize::MAX, 0, self.ui.paint());
            replace(&term, inner.drawn, &lines);
            inner.drawn = 0;
        }
    }

    /// A line that stays above the tree.
    pub fn tell(&self, line: &str) {
        let mut inner = self.lock();
        if let Some(term) = &inner.term {
            let _ = term.clear_last_lines(inner.drawn).and_then(|()| term.flush());
            inner.drawn = 0;
        }
        self.ui.note(line);
    }

    fn news(&self, change: impl FnOnce(&mut Tree) -> Option<News>) {
        let mut inner = self.lock();
        let news = change(&mut inner.tree);
        if inner.term.is_none()
            && let Some(news) = news
        {
            inner.told = Instant::now();
            drop(inner);
            self.ui.note(&news_line(&news));
        }
    }

    fn tick(&self) {
        let mut inner = self.lock();
        let now = now_ms();
        if let Some(term) = inner.term.clone() {
            if inner.last_drawn.is_some_and(|last| last.elapsed() < FRAME) {
                return;
            }
            let height = term.size_checked().map_or(24, |(rows, _)| usize::from(rows));
            let lines =
                lines(&inner.tree, now, width_of(&term), height.saturating_sub(1).max(1), inner.frame, self.ui.paint());
            replace(&term, inner.drawn, &lines);
            inner.drawn = lines.len();
            inner.frame += 1;
            inner.last_drawn = Some(Instant::now());
        } else if inner.told.elapsed() >= HEARTBEAT {
            inner.told = Instant::now();
            let line = heartbeat(&inner.tree, now.saturating_sub(inner.began_ms));
            drop(inner);
            self.ui.note(&line);
        }
    }
}

impl Watcher for DeployScreen<'_> {
    fn stack(&self, key: &Key, state: State) {
        self.news(|tree| tree.stack(key, state, now_ms()));
    }

    fn remark(&self, key: &Key, remark: &str) {
        let mut inner = self.lock();
        inner.tree.remark(key, remark);
        let label = inner.tree.branches.iter().find(|branch| branch.key == *key).map(|branch| branch.label.clone());
        if inner.term.is_none() {
            drop(inner);
            self.ui.note(&format!("{}: {remark}", label.unwrap_or_default()));
        }
    }

    fn planned(&self, key: &Key, changes: &[Change]) {
        self.lock().tree.planned(key, changes);
    }

    fn event(&self, key: &Key, event: &StackEvent) {
        self.news(|tree| tree.event(key, event));
    }

    fn pause(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        loop {
            if self.presses.load(Ordering::SeqCst) > 0 {
                return false;
            }
            self.tick();
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(FRAME / 2));
        }
    }
}

/// What turns on a terminal while AWS is asked.
pub struct Spinner(Option<indicatif::ProgressBar>);

impl Spinner {
    /// Begins; says nothing where there is no terminal.
    pub fn new(ui: Ui, doing: &str) -> Self {
        Self(ui.live().then(|| {
            let spinner = indicatif::ProgressBar::new_spinner().with_message(doing.to_owned());
            spinner.enable_steady_tick(FRAME);
            spinner
        }))
    }

    /// Takes it away.
    pub fn finish(&self) {
        if let Some(spinner) = &self.0 {
            spinner.finish_and_clear();
        }
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn width_of(term: &Term) -> usize {
    term.size_checked().map_or(80, |(_, columns)| usize::from(columns))
}

/// Nobody can be told that the terminal is gone.
fn replace(term: &Term, drawn: usize, lines: &[String]) {
    let _ = term.clear_last_lines(drawn);
    for line in lines {
        let _ = term.write_line(line);
    }
    let _ = term.flush();
}

/// A change of state as a line.
fn news_line(news: &News) -> String {
    let what = match &news.resource {
        Some(resource) => format!("{}: {}", news.stack, visible(resource)),
        None => news.stack.clone(),
    };
    let took = news.took_ms.filter(|_| !matches!(news.state, State::Working(_) | State::Unchanged));
    let took = took.map(|ms| format!(" ({})", duration(ms))).unwrap_or_default();
    let why = news.reason.as_deref().map(|why| format!(": {}", visible(why))).unwrap_or_default();
    format!("{what} {}{took}{why}", word(news.state))
}

/// A sign of life.
fn heartbeat(tree: &Tree, ms: i64) -> String {
    let (done, all) = tree.counts();
    let busy =
        tree.branches.iter().flat_map(|branch| &branch.leaves).filter(|leaf| matches!(leaf.state, State::Working(_)));
    let busy: Vec<&str> = busy.map(|leaf| leaf.label.as_str()).take(3).collect();
    let on = if busy.is_empty() { String::new() } else { format!(", working on {}", visible(&busy.join(", "))) };
    format!("still deploying after {}: {done} of {all} resources done{on}", duration(ms.unsigned_abs()))
}

fn word(state: State) -> &'static str {
    match state {
        State::Waiting => "waiting",
        State::Working(doing) => doing.present(),
        State::Done(doing) => doing.past(),
        State::Unchanged => "unchanged",
        State::Failed => "failed",
        State::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::blueprint::StackKind;
    use crate::stack::events::tests::event;
    use crate::stack::tree::Doing;
    use crate::ui::{Paint, text};

    fn tree(resources: usize) -> (Tree, Key) {
        let names: Vec<String> = (0..resources)
            .map(|i| format!(r#""R{i}": {{"Type": "AWS::Glue::Job", "Properties": {{"Name": "job-{i}"}}}}"#))
            .collect();
        let spec = StackSpec {
            kind: StackKind::Lake,
            name: "s".to_owned(),
            region: "eu-central-1".to_owned(),
            template: format!(r#"{{"Resources": {{{}}}}}"#, names.join(",")),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
        };
        let mut tree = Tree::of(std::slice::from_ref(&spec));
        let key = Key::of(&spec);
        tree.stack(&key, State::Working(Doing::Create), 0);
        for i in 0..resources {
            tree.event(&key, &event(1_000, &format!("R{i}"), "AWS::Glue::Job", "CREATE_IN_PROGRESS", None));
        }
        (tree, key)
    }

    fn drawn(tree: &Tree, width: usize, height: usize) -> Vec<String> {
        lines(tree, 66_000, width, height, 0, Paint::plain())
    }

    #[test]
    fn a_resource_stands_with_what_is_done_and_for_how_long() {
        let (mut tree, key) = tree(2);
        tree.event(&key, &event(4_000, "R1", "AWS::Glue::Job", "CREATE_COMPLETE", None));
        assert_eq!(
            drawn(&tree, 60, 24),
            [
                "⠋ lake in eu-central-1  1 of 2     creating       1 min 6 s",
                "  ⠋ job job-0                      creating       1 min 5 s",
                "  ✓ job job-1                      created              3 s",
            ]
        );
    }

    #[test]
    fn no_line_is_wider_and_no_tree_higher_than_the_terminal() {
        let (mut tree, key) = tree(60);
        for i in 0..30 {
            tree.event(&key, &event(4_000, &format!("R{i}"), "AWS::Glue::Job", "CREATE_COMPLETE", None));
        }
        tree.event(&key, &event(4_000, "R59", "AWS::Glue::Job", "CREATE_FAILED", Some("x")));
        for (width, height) in [(80, 24), (120, 50), (40, 10), (40, 3)] {
            let lines = drawn(&tree, width, height);
            assert!(lines.len() <= height, "{height}: {}", lines.len());
            assert!(lines.iter().all(|line| text::width(line) < width), "{width}: {lines:#?}");
        }
        let lines = drawn(&tree, 80, 24);
        assert!(lines.iter().any(|line| line.contains("✗ job job-59")), "{lines:#?}");
        assert!(lines.last().unwrap().contains("more done"), "{lines:#?}");
        assert_eq!(drawn(&tree, 80, usize::MAX).len(), 61);
    }

    #[test]
    fn without_a_terminal_a_change_of_state_is_a_line() {
        let (mut tree, key) = tree(1);
        let done = tree.event(&key, &event(4_000, "R0", "AWS::Glue::Job", "CREATE_COMPLETE", None)).unwrap();
        assert_eq!(news_line(&done), "lake in eu-central-1: job job-0 created (3.0 s)");
        let failed =
            tree.event(&key, &event(5_000, "R0", "AWS::Glue::Job", "DELETE_FAILED", Some("in \x1b use"))).unwrap();
        assert_eq!(news_line(&failed), "lake in eu-central-1: job job-0 failed (4.0 s): in \\x1b use");
    }

    #[test]
    fn a_sign_of_life_says_how_far_it_is() {
        let (mut tree, key) = tree(2);
        tree.event(&key, &event(4_000, "R1", "AWS::Glue::Job", "CREATE_COMPLETE", None));
        assert_eq!(
            heartbeat(&tree, 61_000),
            "still deploying after 1 min 1 s: 1 of 2 resources done, working on job job-0"
        );
    }
}
