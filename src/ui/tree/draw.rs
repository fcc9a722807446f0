//! The tree as lines of a terminal.

use super::word;
use crate::stack::tree::{Branch, Leaf, State, Tree};
use crate::ui::Paint;
use crate::ui::text::{self, duration, shorten, visible};

/// What turns while something is worked on.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// Columns for what is being done.
const DOING: usize = 12;
/// Columns for how long it has taken.
const TIME: usize = 12;

/// The tree in at most `height` lines of at most `width` columns.
pub(super) fn lines(tree: &Tree, now_ms: i64, width: usize, height: usize, frame: usize, paint: Paint) -> Vec<String> {
    let wanted: usize = tree.branches.iter().map(|branch| 2 + branch.leaves.len()).sum();
    let row = Row { now_ms, width, frame, paint };
    let mut out = Vec::new();
    // What does not fit is summed up, in a line for each stack that is shortened.
    let room = height.saturating_sub(tree.branches.len() * 3);
    let open = tree.branches.iter().filter(|branch| matches!(branch.state, State::Working(_))).count().max(1);
    for branch in &tree.branches {
        out.push(row.branch(branch));
        out.extend(row.remark(branch));
        if wanted <= height {
            out.extend(branch.leaves.iter().map(|leaf| row.leaf(leaf)));
        } else if matches!(branch.state, State::Working(_) | State::Failed) {
            out.extend(row.chosen(&branch.leaves, room / open));
        }
    }
    out.truncate(height);
    out
}

/// How a line is drawn.
struct Row {
    now_ms: i64,
    width: usize,
    frame: usize,
    paint: Paint,
}

impl Row {
    fn branch(&self, branch: &Branch) -> String {
        let done = branch.leaves.iter().filter(|leaf| matches!(leaf.state, State::Done(_))).count();
        let busy = matches!(branch.state, State::Working(_));
        let count = if busy && !branch.leaves.is_empty() {
            format!("  {done} of {}", branch.leaves.len())
        } else {
            String::new()
        };
        let label = format!("{}{count}", branch.label);
        self.line(0, &label, branch.state, branch.began_ms, branch.ended_ms)
    }

    fn leaf(&self, leaf: &Leaf) -> String {
        self.line(2, &leaf.label, leaf.state, leaf.began_ms, leaf.ended_ms)
    }

    /// What else there is to say of a stack that is under way.
    fn remark(&self, branch: &Branch) -> Option<String> {
        let remark = branch.remark.as_deref().filter(|_| matches!(branch.state, State::Working(_)))?;
        Some(format!("    {}", self.paint.yellow(&shorten(remark, self.width.saturating_sub(5)))))
    }

    /// Failures and what is being worked on come first, then what was done last; the rest is counted.
    fn chosen(&self, leaves: &[Leaf], room: usize) -> Vec<String> {
        let rank = |leaf: &Leaf| match leaf.state {
            State::Failed => 0,
            State::Working(_) => 1,
            State::Done(_) => 2,
            State::Waiting | State::Unchanged | State::Cancelled => 3,
        };
        let mut order: Vec<usize> = (0..leaves.len()).collect();
        order.sort_by_key(|&i| (rank(&leaves[i]), -leaves[i].ended_ms.unwrap_or_default()));
        let mut shown: Vec<usize> = order.into_iter().filter(|&i| rank(&leaves[i]) < 3).take(room).collect();
        shown.sort_unstable();
        let mut out: Vec<String> = shown.iter().map(|&i| self.leaf(&leaves[i])).collect();
        let hidden = || leaves.iter().enumerate().filter(|(i, _)| !shown.contains(i)).map(|(_, leaf)| leaf);
        let done = hidden().filter(|leaf| matches!(leaf.state, State::Done(_))).count();
        let others = hidden().count() - done;
        let more = match (done, others) {
            (0, 0) => return out,
            (done, 0) => format!("{done} more done"),
            (0, others) => format!("{others} more to come"),
            (done, others) => format!("{done} more done, {others} to come"),
        };
        out.push(format!("    {}", self.paint.dim(&more)));
        out
    }

    fn line(&self, indent: usize, label: &str, state: State, began_ms: Option<i64>, ended_ms: Option<i64>) -> String {
        let sign = match state {
            State::Waiting => self.paint.dim("·"),
            State::Working(_) => self.paint.cyan(SPINNER[self.frame % SPINNER.len()]),
            State::Done(_) => self.paint.green("✓"),
            State::Unchanged => self.paint.green("="),
            State::Failed => self.paint.red("✗"),
            State::Cancelled => self.paint.dim("×"),
        };
        let until = ended_ms.unwrap_or(self.now_ms);
        // Events have AWS's clock, this machine may be behind it.
        let took = began_ms.map(|began| u64::try_from(until - began).unwrap_or_default());
        let time = took.filter(|_| state != State::Unchanged).map(elapsed).unwrap_or_default();
        let room = self.width.saturating_sub(2 + 2 + DOING + TIME + 1).clamp(10, 74) - indent;
        let label = visible(label).into_owned();
        let label = shorten(&label, room).into_owned();
        let gap = " ".repeat(room.saturating_sub(text::width(&label)));
        let label = if indent == 0 { self.paint.bold(&label) } else { label };
        let word = word(state);
        let painted = match state {
            State::Failed => self.paint.red(word),
            State::Waiting | State::Unchanged | State::Cancelled => self.paint.dim(word),
            _ => word.to_owned(),
        };
        let pad = " ".repeat(DOING.saturating_sub(text::width(word)));
        format!(
            "{}{sign} {label}{gap}  {painted}{pad}{}",
            " ".repeat(indent),
            self.paint.dim(&format!("{time:>TIME$}"))
        )
        .trim_end()
        .to_owned()
    }
}

/// A timer: whole seconds, so that it does not flicker.
fn elapsed(ms: u64) -> String {
    match ms / 1000 {
        seconds @ 0..=59 => format!("{seconds} s"),
        _ => duration(ms),
    }
}
