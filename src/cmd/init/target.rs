//! For which target `init` writes.

use std::path::Path;

use crate::cli::{Init, TargetName};
use crate::cmd::Context;
use crate::config::{Target, target_of};
use crate::ui::ask;
use crate::{Error, Result};

/// The target: that of the file that is there, the one named, the one whose flags are given, or the one chosen.
///
/// # Errors
/// If flags and file are not for the same target.
pub fn decide(context: &Context, args: &Init, path: &Path, text: Option<&str>) -> Result<TargetName> {
    let target = match (text.and_then(target_of), args.target) {
        (Some(there), None) => name(there),
        (Some(there), Some(wanted)) if name(there) != wanted => {
            let word = if there == Target::Aws { "aws" } else { "local" };
            return Err(Error::usage(format!("--target: {} is for `target: {word}`", path.display()))
                .hint("--config FILE writes another file, -C DIR one in another folder"));
        }
        (_, Some(wanted)) => wanted,
        (None, None) => unsaid(context, args)?,
    };
    match (target, local_flag(args), aws_flag(args)) {
        (TargetName::Aws, Some(flag), _) => Err(Error::usage(format!("--{flag} is for `--target local`"))
            .hint("sources in AWS: --log-bucket, --switch-on, --trail")),
        (TargetName::Local, _, Some(flag)) => {
            Err(Error::usage(format!("--{flag} is for `--target aws`"))
                .hint("log folders of this machine: --logs PATH"))
        }
        _ => Ok(target),
    }
}

fn name(target: Target) -> TargetName {
    match target {
        Target::Local => TargetName::Local,
        Target::Aws => TargetName::Aws,
    }
}

fn unsaid(context: &Context, args: &Init) -> Result<TargetName> {
    if aws_flag(args).is_some() {
        return Ok(TargetName::Aws);
    }
    let asks = context.ui.interactive() && !args.defaults && !context.global.yes && cfg!(feature = "aws");
    if local_flag(args).is_some() || !asks {
        return Ok(TargetName::Local);
    }
    let choices = [
        ("local".to_owned(), "on this machine: log folders in, a lake in a folder, no account".to_owned()),
        ("aws".to_owned(), "in an account: deployed by CloudFormation, queried with Athena".to_owned()),
    ];
    let chosen = ask::one("Where the pipeline runs", &choices, 0)?;
    Ok(if chosen == 0 { TargetName::Local } else { TargetName::Aws })
}

fn local_flag(args: &Init) -> Option<&'static str> {
    [("logs", !args.logs.is_empty()), ("trails", !args.trails.is_empty()), ("lake", args.lake.is_some())]
        .into_iter()
        .find(|(_, given)| *given)
        .map(|(f, _)| f)
}

#[cfg(feature = "aws")]
fn aws_flag(args: &Init) -> Option<&'static str> {
    args.aws.values().into_iter().find(|(_, values)| !values.is_empty()).map(|(flag, _)| flag)
}

#[cfg(not(feature = "aws"))]
fn aws_flag(_args: &Init) -> Option<&'static str> {
    None
}
