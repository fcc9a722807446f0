//! A message: its subject as SNS takes it, its text as a mail client shows it.

use std::fmt::Write;

/// SNS takes a subject of less than 100 characters, ASCII, without line breaks and control characters, that begins with a
/// letter, number or punctuation mark (Amazon SNS API Reference, "Publish").
const SUBJECT_AT_MOST: usize = 99;

/// So much of a text from outside is quoted.
const QUOTED_AT_MOST: usize = 400;

/// What a message is about: an attribute of it, by which subscriptions may filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something failed.
    Failure,
    /// A report found something.
    Finding,
    /// A report or query has ended or begun.
    Report,
    /// An alarm, or its end.
    Alarm,
    /// A test.
    Test,
}

impl Kind {
    /// The attribute's value.
    pub fn word(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Finding => "finding",
            Self::Report => "report",
            Self::Alarm => "alarm",
            Self::Test => "test",
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is about.
    pub kind: Kind,
    /// One line.
    pub subject: String,
    /// The text: what happened, the details, the next step.
    pub text: String,
}

impl Message {
    /// A message with this subject, whose first line says what happened.
    pub fn new(kind: Kind, subject: &str, happened: &str) -> Self {
        Self { kind, subject: as_subject(subject), text: format!("{happened}\n") }
    }

    /// Begins a new paragraph.
    #[must_use]
    pub fn paragraph(mut self, text: &str) -> Self {
        self.text.push('\n');
        self.text.push_str(text);
        self.text.push('\n');
        self
    }

    /// A paragraph of `name: value`, a line each; what is not known is left out.
    #[must_use]
    pub fn facts(mut self, facts: &[(&str, Option<String>)]) -> Self {
        self.text.push('\n');
        for (name, value) in facts {
            if let Some(value) = value {
                let _ = writeln!(self.text, "{name}: {value}");
            }
        }
        self
    }

    /// What to do now, at the end.
    #[must_use]
    pub fn next(self, command: &str, why: &str) -> Self {
        self.paragraph(&format!(
            "Next step, in the folder of the pipeline's bucketscope.yaml ({why}):\n\n    {command}"
        ))
    }
}

/// A text from outside in one line, without what could break the mail or reorder what is shown, and not too long.
pub fn quoted(text: &str) -> String {
    shortened(text, QUOTED_AT_MOST)
}

/// The same with another limit, in characters.
pub fn shortened(text: &str, at_most: usize) -> String {
    // One look at no more than could be shown, however long it is.
    let head: String =
        text.chars().take(at_most.saturating_mul(4)).map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    let line = head.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = text.chars().nth(at_most.saturating_mul(4)).is_some();
    if line.chars().count() <= at_most && !cut {
        return line;
    }
    let kept: String = line.chars().take(at_most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Control characters, and those that are not seen or change the direction of what follows.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn as_subject(text: &str) -> String {
    let line = shortened(text, SUBJECT_AT_MOST * 2);
    let ascii: String = line.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
    if ascii.len() <= SUBJECT_AT_MOST {
        return ascii;
    }
    let kept = ascii.get(..SUBJECT_AT_MOST - 3).unwrap_or_default();
    format!("{}...", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_what_sns_takes_whatever_is_in_it() {
        for hostile in [
            "a\r\nBcc: x@example.com",
            "ü\u{202e}x",
            &"long ".repeat(100),
            "",
            "\u{0}\u{1b}[31m",
            "  x",
            &"é".repeat(500),
        ] {
            let subject = Message::new(Kind::Test, &format!("[bucketscope shop] {hostile}"), "").subject;
            assert!(subject.len() < 100 && subject.starts_with('['), "{subject}");
            assert!(subject.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{subject:?}");
        }
    }

    #[test]
    fn what_is_quoted_stays_in_its_line_and_within_its_length() {
        assert_eq!(quoted("a\r\n\r\nNext step: curl\u{202e} x\u{0}"), "a Next step: curl x");
        assert_eq!(quoted(&"x".repeat(100_000)).chars().count(), QUOTED_AT_MOST);
        assert!(quoted(&format!("x{}", " ".repeat(100_000))).ends_with('…'));
        assert_eq!(quoted(&"é".repeat(QUOTED_AT_MOST)).chars().count(), QUOTED_AT_MOST);
        assert_eq!(quoted(""), "");
    }
}
