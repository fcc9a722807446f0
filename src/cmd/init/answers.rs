//! `--answers FILE`: values under the names that the flags have.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde_yaml::Value;

use crate::cli::{Init, TargetName};
use crate::cmd::Context;
use crate::storage::io_error;
use crate::ui::text;
use crate::{Error, Result};

/// The arguments, with those that are not given taken from `--answers`.
///
/// # Errors
/// If the file cannot be read or understood.
pub fn merged(context: &Context, args: &Init) -> Result<Init> {
    let Some(path) = args.answers.as_deref().map(|path| context.path(path)) else { return Ok(args.clone()) };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| io_error(format!("--answers: cannot read {}", path.display()), &error))?;
    let cannot = || Error::usage(format!("--answers: {} cannot be understood", path.display()));
    let file: BTreeMap<String, Value> = serde_yaml::from_str(&text).map_err(|error| cannot().because(error))?;
    let mut from_file = Init::default();
    for (key, value) in file {
        let values = values(&value)
            .ok_or_else(|| cannot().because(format!("`{key}`: expected a value, or a list of values")))?;
        take(&mut from_file, &key.replace('_', "-"), values).map_err(|why| match why {
            Wrong::Key(known) => {
                let error = cannot().because(format!("unknown field `{key}`, expected one of {}", known.join(", ")));
                match text::nearest(&key, known.iter().copied()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                }
            }
            Wrong::Value(why) => cannot().because(why),
        })?;
    }
    Ok(fill(args.clone(), from_file))
}

/// What is wrong in a file of answers.
enum Wrong {
    /// A key that is none of these.
    Key(Vec<&'static str>),
    /// A value, and why.
    Value(String),
}

/// A scalar is one value; lists hold scalars.
fn values(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Bool(yes) => Some(vec![yes.to_string()]),
        Value::Number(number) => Some(vec![number.to_string()]),
        Value::String(text) => Some(vec![text.clone()]),
        Value::Sequence(items) => items.iter().map(|item| values(item)?.pop()).collect(),
        _ => None,
    }
}

fn take(args: &mut Init, key: &str, mut values: Vec<String>) -> Result<(), Wrong> {
    match key {
        "logs" => args.logs = values.into_iter().map(Into::into).collect(),
        "trails" => args.trails = values.into_iter().map(Into::into).collect(),
        "target" | "name" | "lake" => {
            let value = values.pop().filter(|_| values.is_empty());
            let value = value.ok_or_else(|| Wrong::Value(format!("`{key}`: expected one value")))?;
            match key {
                "target" => {
                    let target = TargetName::from_str(&value, false)
                        .map_err(|_| Wrong::Value(format!("unknown target `{value}`, expected local or aws")))?;
                    args.target = Some(target);
                }
                "name" => args.name = Some(value),
                _ => args.lake = Some(value.into()),
            }
        }
        _ => return take_aws(args, key, values),
    }
    Ok(())
}

/// The keys that all builds know.
const COMMON: [&str; 5] = ["target", "name", "lake", "logs", "trails"];

#[cfg(feature = "aws")]
fn take_aws(args: &mut Init, key: &str, mut values: Vec<String>) -> Result<(), Wrong> {
    if let Some((_, slot)) = args.aws.lists().into_iter().find(|(flag, _)| *flag == key) {
        *slot = values;
        return Ok(());
    }
    if let Some((_, slot)) = args.aws.singles().into_iter().find(|(flag, _)| *flag == key) {
        *slot = values.pop();
        let one = values.is_empty();
        return if one { Ok(()) } else { Err(Wrong::Value(format!("`{key}`: expected one value"))) };
    }
    Err(Wrong::Key(COMMON.into_iter().chain(args.aws.values().into_iter().map(|(flag, _)| flag)).collect()))
}

#[cfg(not(feature = "aws"))]
fn take_aws(_args: &mut Init, _key: &str, _values: Vec<String>) -> Result<(), Wrong> {
    Err(Wrong::Key(COMMON.to_vec()))
}

fn fill(mut args: Init, file: Init) -> Init {
    args.target = args.target.or(file.target);
    args.name = args.name.or(file.name);
    args.lake = args.lake.or(file.lake);
    if args.logs.is_empty() {
        args.logs = file.logs;
    }
    if args.trails.is_empty() {
        args.trails = file.trails;
    }
    #[cfg(feature = "aws")]
    {
        let mut aws = file.aws;
        for ((_, slot), (_, value)) in args.aws.lists().into_iter().zip(aws.lists()) {
            if slot.is_empty() {
                *slot = std::mem::take(value);
            }
        }
        for ((_, slot), (_, value)) in args.aws.singles().into_iter().zip(aws.singles()) {
            *slot = slot.take().or(value.take());
        }
    }
    args
}
