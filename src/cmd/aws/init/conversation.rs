//! The wizard's questions at the terminal.

use crate::Result;
use crate::cmd::Context;
use crate::ui::ask;
use crate::ui::text::visible;
use crate::wizard::place::PlaceName;
use crate::wizard::questions::{self, SOURCES};
use crate::wizard::{Answers, Choice, Form, Kind, Known, Question};

/// Asks for the Region, without which nothing can be looked at.
///
/// # Errors
/// If the person leaves.
pub fn region(context: &Context) -> Result<String> {
    help(
        context,
        "Where lake, job and queries will be, such as eu-central-1. AWS_REGION or a profile would have said it.",
    );
    ask::text("Region", None, |text| Form::Region.check(text))
}

/// Asks until nothing is left to ask.
///
/// # Errors
/// If the person leaves.
pub fn hold(context: &Context, known: &Known, answers: &mut Answers) -> Result<()> {
    while let Some(question) = questions::next(known, answers) {
        let values = put(context, &question)?;
        let values = if question.id == "trail" { owned(context, known, values)? } else { values };
        answers.set(question.id, values);
        if questions::nothing_chosen(known, answers) {
            context
                .ui
                .warn("a pipeline reads a log bucket, a bucket to switch logging on for, or a trail; none was chosen");
            SOURCES.iter().for_each(|id| answers.forget(id));
        }
    }
    Ok(())
}

fn help(context: &Context, lines: &str) {
    if !lines.is_empty() {
        ask::help(lines, context.ui.paint());
    }
}

fn put(context: &Context, question: &Question) -> Result<Vec<String>> {
    context.ui.note("");
    help(context, &question.help);
    let default = question.default.clone().unwrap_or_default();
    match &question.kind {
        Kind::Text(form) => typed(&question.text, form, &default),
        Kind::Confirm => {
            let yes = ask::confirm(&question.text, default.first().is_none_or(|word| word == "yes"))?;
            Ok(vec![if yes { "yes" } else { "no" }.to_owned()])
        }
        Kind::Choice(choices) => {
            let at = choices.iter().position(|choice| Some(&choice.value) == default.first()).unwrap_or(0);
            let chosen = ask::one(&question.text, &shown(choices), at)?;
            Ok(choices.get(chosen).map(|choice| choice.value.clone()).into_iter().collect())
        }
        Kind::Many(choices, form) if choices.is_empty() => {
            typed(&format!("{} (none was found; empty for none)", question.text), form, &default)
        }
        Kind::Many(choices, form) => {
            let mut shown = shown(choices);
            shown.push(("another one …".to_owned(), String::new()));
            let chosen: Vec<bool> =
                choices.iter().map(|choice| default.contains(&choice.value)).chain([false]).collect();
            let picked = ask::many(&question.text, &shown, &chosen)?;
            let mut out: Vec<String> =
                picked.iter().filter_map(|index| choices.get(*index)).map(|choice| choice.value.clone()).collect();
            if picked.contains(&choices.len()) {
                out.extend(typed("Which others", form, &[])?);
            }
            Ok(out)
        }
    }
}

fn typed(text: &str, form: &Form, default: &[String]) -> Result<Vec<String>> {
    let default = (!default.is_empty()).then(|| default.join(" "));
    let line = ask::line(text, default, form.may_be_empty(), |line| form.answers(line).map(|_| ()))?;
    // Checked by the question already.
    Ok(form.answers(&line).unwrap_or_default())
}

/// Choices as they are shown: what they are, and what is said of them.
fn shown(choices: &[Choice]) -> Vec<(String, String)> {
    choices.iter().map(|choice| (visible(&choice.label).into_owned(), visible(&choice.detail).into_owned())).collect()
}

/// Every call names the account that must own a bucket; of a trail's bucket that is not ours, only a person knows it.
fn owned(context: &Context, known: &Known, values: Vec<String>) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for value in values {
        let foreign =
            known.survey.trails.iter().find(|trail| !trail.own_bucket && questions::trail_name(trail, known) == value);
        let (Some(trail), Ok(place)) = (foreign, PlaceName::parse(&value)) else {
            out.push(value);
            continue;
        };
        help(
            context,
            "Every call names the account that must own the bucket, so that nobody can put another one in its place.",
        );
        let account = ask::text(&format!("Account that owns {}", visible(&trail.bucket)), None, |text| {
            Form::Account.check(text)
        })?;
        let place = PlaceName { account_id: Some(account), ..place };
        out.push(place.seen_from(&known.account_id, &known.region).to_string());
    }
    Ok(out)
}
