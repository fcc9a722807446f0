//! A plan as people and programs read it.

use serde::Serialize;
use serde_json::Value;

use crate::blueprint::{StackKind, StackSpec};
use crate::cost::Estimate;
use crate::preflight::{self, Finding};
use crate::stack::change::{Fate, ResourceChange};
use crate::stack::diff::{self, Difference, Line};
use crate::stack::tree::stack_label;
use crate::ui::export::envelope;
use crate::ui::text::{self, visible};
use crate::ui::{Paint, Screen, View};

/// How the changes of a stack were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// There is no stack yet: everything in its template is new.
    NotDeployed,
    /// What is deployed is what is wanted.
    Same,
    /// CloudFormation compared.
    ChangeSet,
    /// The templates were compared here.
    Templates,
}

/// What would be done to a stack.
#[derive(Debug, Serialize)]
pub struct StackPlan {
    /// Its kind.
    pub kind: StackKind,
    /// Its name.
    pub name: String,
    /// Its Region.
    pub region: String,
    /// How the changes were found.
    pub compared: Compared,
    /// What else there is to know.
    pub note: Option<String>,
    /// Changes of its resources.
    pub changes: Vec<ResourceChange>,
    /// Changes of the template beside them: outputs, description.
    pub frame: Vec<Difference>,
}

impl StackPlan {
    /// Of a stack that does not exist, without its resources.
    pub fn of(spec: &StackSpec) -> Self {
        Self {
            kind: spec.kind,
            name: spec.name.clone(),
            region: spec.region.clone(),
            compared: Compared::NotDeployed,
            note: None,
            changes: Vec::new(),
            frame: Vec::new(),
        }
    }

    fn changed(&self) -> bool {
        !self.changes.is_empty() || !self.frame.is_empty()
    }
}

/// A plan.
#[derive(Debug)]
pub struct Shown {
    /// The pipeline.
    pub name: String,
    /// The account.
    pub account_id: String,
    /// Its stacks.
    pub stacks: Vec<StackPlan>,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// What it will cost.
    pub estimate: Estimate,
}

/// How many changes of each kind.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Counts {
    add: usize,
    take_back: usize,
    update: usize,
    replace: usize,
    remove: usize,
}

impl Counts {
    fn of<'a>(changes: impl Iterator<Item = &'a ResourceChange>) -> Self {
        let mut counts = Self::default();
        for change in changes {
            *match change.change {
                Fate::Add => &mut counts.add,
                Fate::TakeBack => &mut counts.take_back,
                Fate::Update => &mut counts.update,
                Fate::Replace => &mut counts.replace,
                Fate::Remove => &mut counts.remove,
            } += 1;
        }
        counts
    }

    fn words(&self) -> String {
        let all = [
            (self.add, "to add"),
            (self.take_back, "to take back"),
            (self.update, "to change"),
            (self.replace, "to replace"),
            (self.remove, "to remove"),
        ];
        let some: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        if some.is_empty() { "its description or outputs to change".to_owned() } else { some.join(", ") }
    }
}

impl Shown {
    /// Whether there is anything to do.
    pub fn changed(&self) -> bool {
        self.stacks.iter().any(StackPlan::changed)
    }

    fn is_new(&self) -> bool {
        self.stacks.iter().all(|stack| stack.compared == Compared::NotDeployed)
    }
}

impl View for Shown {
    fn human(&self, screen: &Screen) -> String {
        let paint = screen.paint;
        let page = Page { paint, width: screen.width };
        let mut out = format!("{} in account {}\n", paint.bold(&format!("Plan for {}", self.name)), self.account_id);
        if self.is_new() {
            out.push_str(
                &paint.dim("Nothing is deployed yet: this was rendered here, without asking CloudFormation.\n"),
            );
        }
        for stack in &self.stacks {
            out.push('\n');
            page.stack(stack, &mut out);
        }
        out.push('\n');
        if self.changed() {
            let counts = Counts::of(self.stacks.iter().flat_map(|stack| &stack.changes));
            out.push_str(&format!("{} {}\n", paint.bold("Plan:"), counts.words()));
        } else {
            out.push_str(&format!("{}: {} is as configured\n", paint.green("No change"), self.name));
        }
        for lines in [preflight::lines(&self.findings, screen), self.estimate.lines(screen)] {
            if !lines.is_empty() {
                out.push_str(&format!("\n{}\n", lines.join("\n")));
            }
        }
        out
    }

    fn json(&self) -> String {
        #[derive(Serialize)]
        struct Json<'a> {
            name: &'a str,
            account_id: &'a str,
            changed: bool,
            summary: Counts,
            stacks: &'a [StackPlan],
            findings: &'a [Finding],
            estimate: &'a Estimate,
        }
        envelope(
            "plan",
            &Json {
                name: &self.name,
                account_id: &self.account_id,
                changed: self.changed(),
                summary: Counts::of(self.stacks.iter().flat_map(|stack| &stack.changes)),
                stacks: &self.stacks,
                findings: &self.findings,
                estimate: &self.estimate,
            },
        )
    }
}

/// What a plan is written on.
struct Page {
    paint: Paint,
    width: Option<usize>,
}

impl Page {
    fn stack(&self, stack: &StackPlan, out: &mut String) {
        let label = self.paint.bold(&stack_label(stack.kind, &stack.region));
        let said = match stack.compared {
            Compared::Same => self.paint.dim("no change"),
            _ if !stack.changed() => self.paint.dim("no change"),
            Compared::NotDeployed => format!("new, {}", Counts::of(stack.changes.iter()).words()),
            _ => Counts::of(stack.changes.iter()).words(),
        };
        out.push_str(&format!("{label}: {said}\n"));
        if let Some(note) = &stack.note {
            out.push_str(&format!("  {}\n", self.paint.yellow(&visible(note))));
        }
        for change in &stack.changes {
            self.change(change, out);
        }
        for difference in &stack.frame {
            self.difference("    ", difference, out);
        }
    }

    fn change(&self, change: &ResourceChange, out: &mut String) {
        let sign = format!("{:>3}", change.change.sign());
        let sign = match change.change {
            Fate::Add | Fate::TakeBack => self.paint.green(&sign),
            Fate::Update => self.paint.yellow(&sign),
            Fate::Replace | Fate::Remove => self.paint.red(&sign),
        };
        out.push_str(&format!("{sign} {} {}\n", change.what, self.paint.bold(&visible(&change.name))));
        if let Some(why) = &change.why {
            self.sentence(if change.change == Fate::Replace { "replaced: " } else { "" }, why, out);
        }
        if let Some(data) = &change.data {
            self.sentence("data: ", data, out);
        }
        change.retention.iter().for_each(|sentence| self.sentence("", sentence, out));
        for difference in &change.properties {
            self.difference("      ", difference, out);
        }
    }

    fn sentence(&self, head: &str, sentence: &str, out: &mut String) {
        let text = format!("{head}{}", visible(sentence));
        for (i, line) in text::wrap(&text, self.width.map_or(usize::MAX, |w| w.saturating_sub(8))).iter().enumerate() {
            out.push_str(&format!("      {}{}\n", if i == 0 { "" } else { "  " }, self.paint.cyan(line)));
        }
    }

    fn difference(&self, indent: &str, difference: &Difference, out: &mut String) {
        let path = visible(&difference.path);
        if let (Some(Value::String(before)), Some(Value::String(after))) = (&difference.before, &difference.after)
            && (before.contains('\n') || after.contains('\n'))
        {
            out.push_str(&format!("{indent}{path}:\n"));
            self.text(indent, before, after, out);
            return;
        }
        let room = self.width.map(|width| width.saturating_sub(indent.len() + text::width(&path) + 5).max(30));
        let half = |both: bool| room.map(|room| if both { room / 2 } else { room });
        let said = match (&difference.before, &difference.after) {
            (Some(before), Some(after)) => {
                format!("{} → {}", self.value(before, half(true)), self.value(after, half(true)))
            }
            (Some(before), None) => format!("{} {}", self.paint.red("-"), self.value(before, half(false))),
            (None, Some(after)) => format!("{} {}", self.paint.green("+"), self.value(after, half(false))),
            (None, None) => return,
        };
        out.push_str(&format!("{indent}{path}: {said}\n"));
    }

    fn text(&self, indent: &str, before: &str, after: &str, out: &mut String) {
        for line in diff::lines(before, after) {
            let line = match line {
                Line::Same(text) => format!("  {}", visible(&text)),
                Line::Removed(text) => self.paint.red(&format!("- {}", visible(&text))),
                Line::Added(text) => self.paint.green(&format!("+ {}", visible(&text))),
                Line::Skipped(n) => self.paint.dim(&format!("  … {}", text::plural(n as u64, "line", "lines"))),
            };
            out.push_str(&format!("{indent}  {line}\n"));
        }
    }

    /// A value in at most `room` columns.
    fn value(&self, value: &Value, room: Option<usize>) -> String {
        let text = match value {
            Value::String(text) if text.contains("{{changeSet:KNOWN_AFTER_APPLY}}") => {
                return self.paint.dim("(known afterwards)");
            }
            Value::String(text) if text.is_empty() => "\"\"".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let text = short_hashes(&visible(&text));
        room.map_or_else(|| text.clone(), |room| text::shorten(&text, room).into_owned())
    }
}

/// Hashes of files with their first digits, which tell them apart; JSON has all of them.
fn short_hashes(text: &str) -> String {
    const DIGITS: usize = 64;
    const SHOWN: usize = 12;
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(from) = rest.find(is_digit) {
        let (before, at) = rest.split_at(from);
        let (word, behind) = at.split_at(at.find(|c| !is_digit(c)).unwrap_or(at.len()));
        out.push_str(before);
        out.push_str(if word.len() == DIGITS { &word[..SHOWN] } else { word });
        out.push_str(if word.len() == DIGITS { "…" } else { "" });
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(fate: Fate, properties: Vec<Difference>) -> ResourceChange {
        ResourceChange {
            change: fate,
            logical_id: "Q".to_owned(),
            resource_type: "AWS::Athena::NamedQuery".to_owned(),
            what: "saved query".to_owned(),
            name: "access-denied".to_owned(),
            properties,
            why: None,
            data: None,
            retention: Vec::new(),
        }
    }

    fn page(change: &ResourceChange, width: Option<usize>) -> String {
        let mut out = String::new();
        Page { paint: Paint::plain(), width }.change(change, &mut out);
        out
    }

    fn differs(path: &str, before: Option<Value>, after: Option<Value>) -> Difference {
        Difference { path: path.to_owned(), before, after }
    }

    #[test]
    fn a_replaced_query_says_why_and_shows_the_lines_that_change() {
        let text =
            differs("QueryString", Some(json!("SELECT *\nFROM t\nWHERE a")), Some(json!("SELECT *\nFROM t\nWHERE b")));
        let mut query = change(Fate::Replace, vec![text]);
        query.why = Some("Athena cannot change a saved query".to_owned());
        assert_eq!(
            page(&query, Some(80)),
            "-/+ saved query access-denied\n      replaced: Athena cannot change a saved query\n      QueryString:\n          SELECT *\n          FROM t\n        - WHERE a\n        + WHERE b\n"
        );
    }

    #[test]
    fn values_stand_side_by_side_and_fit_the_terminal() {
        let differences = vec![
            differs("Timeout", Some(json!(60)), Some(json!(120))),
            differs("Tags[a]", None, Some(json!({"Key": "a", "Value": "x".repeat(300)}))),
            differs("Role", Some(json!("arn:old")), Some(json!("{{changeSet:KNOWN_AFTER_APPLY}}"))),
        ];
        let text = page(&change(Fate::Update, differences), Some(80));
        assert!(text.contains("      Timeout: 60 → 120\n"), "{text}");
        assert!(text.contains("Role: arn:old → (known afterwards)"), "{text}");
        assert!(text.lines().all(|line| text::width(line) <= 80), "{text}");
        let whole = page(&change(Fate::Update, vec![differs("a", None, Some(json!("x".repeat(300))))]), None);
        assert!(whole.contains(&"x".repeat(300)));
    }

    #[test]
    fn hashes_are_told_apart_by_their_first_digits() {
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(short_hashes(&format!("s3://b/{hash}/worker")), "s3://b/0123456789ab…/worker");
        let other = format!("x{hash}0é");
        assert_eq!(short_hashes(&other), other);
    }

    #[test]
    fn what_comes_from_outside_cannot_act_on_the_terminal() {
        let text = page(&change(Fate::Update, vec![differs("a", Some(json!("\u{1b}[31m")), Some(json!("b")))]), None);
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn changes_are_counted_by_kind() {
        let changes = [change(Fate::Add, vec![]), change(Fate::Add, vec![]), change(Fate::Replace, vec![])];
        assert_eq!(Counts::of(changes.iter()).words(), "2 to add, 1 to replace");
        assert_eq!(Counts::default().words(), "its description or outputs to change");
    }
}
