//! docs/commands.md: the program's arguments as a page; the table of docs/exit-codes.md.

use std::fmt::Write;

use bucketscope::cli::Cli;
use clap::{Arg, Command, CommandFactory};

/// The page.
pub fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let mut out = "# Commands\n\nEvery command and flag, as `bucketscope help COMMAND` tells them. This page is made from the \
                   program and checked by its tests.\n\nExit codes: [exit-codes.md](exit-codes.md). The file that commands \
                   read: [configuration.md](configuration.md).\n"
        .to_owned();
    out.push_str("\n| command | what it does |\n|---|---|\n");
    for command in shown(&root) {
        let name = command.get_name();
        let _ = writeln!(out, "| [`{name}`](#bucketscope-{name}) | {} |", about(command));
    }
    out.push_str("\n## Everywhere\n\nThese flags stand before or behind any command.\n\n");
    table(&mut out, root.get_arguments().filter(|arg| arg.is_global_set()));
    for command in shown(&root) {
        section(&mut out, command, "bucketscope");
    }
    out
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set())
}

fn section(out: &mut String, command: &Command, parent: &str) {
    let name = format!("{parent} {}", command.get_name());
    let _ = write!(out, "\n## {name}\n\n{}.\n\n", about(command));
    let usage = command.clone().render_usage().to_string();
    let _ = writeln!(out, "```\n{}\n```", usage.trim_start_matches("Usage: "));
    let mut own: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| {
            !arg.is_global_set() && !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version")
        })
        .collect();
    own.sort_by_key(|arg| !arg.is_positional());
    if !own.is_empty() {
        out.push('\n');
        table(out, own.into_iter());
    }
    for inner in shown(command) {
        section(out, inner, &name);
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(|about| cell(&about.to_string())).unwrap_or_default()
}

fn table<'a>(out: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    out.push_str("| argument | what it does |\n|---|---|\n");
    for arg in arguments {
        let help = arg.get_help().map(|help| cell(&help.to_string())).unwrap_or_default();
        let _ = writeln!(out, "| {} | {help}{} |", name(arg), more(arg));
    }
}

fn name(arg: &Arg) -> String {
    let takes_value = arg.get_action().takes_values();
    let values =
        arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let many = arg.get_num_args().is_some_and(|number| number.max_values() > 1);
    let value = format!("{values}{}", if many { "…" } else { "" });
    let Some(long) = arg.get_long() else {
        let short = arg.get_short().map(|short| format!("-{short} "));
        return format!("`{}{value}`", short.unwrap_or_default());
    };
    let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    format!("`{short}--{long}{}`", if takes_value { format!(" {value}") } else { String::new() })
}

/// What it may be, and what it is where it is not given.
fn more(arg: &Arg) -> String {
    let mut out = String::new();
    if !arg.get_action().takes_values() {
        return out;
    }
    let possible: Vec<String> =
        arg.get_possible_values().iter().filter(|v| !v.is_hide_set()).map(|v| format!("`{}`", v.get_name())).collect();
    if !possible.is_empty() {
        let _ = write!(out, ". One of {}", possible.join(", "));
    }
    let default: Vec<String> = arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    if !default.is_empty() {
        let _ = write!(out, ". Default: `{}`", default.join(" "));
    }
    out
}

/// docs/exit-codes.md with its table made anew.
pub fn exit_codes(kept: &str) -> String {
    let mut table = "| code | meaning | when |\n|---|---|---|\n".to_owned();
    for exit in bucketscope::exit::ALL {
        let _ = writeln!(table, "| {} | {} | {} |", exit.code, exit.meaning, cell(exit.when));
    }
    between(kept, "exit codes", &table)
}

/// The document with another text between its marks.
pub fn between(document: &str, mark: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- made: {mark} -->\n"), format!("<!-- end: {mark} -->"));
    let (before, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("{begin} is missing"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{end} is missing"));
    format!("{before}{begin}\n{}\n\n{end}{after}", text.trim_end())
}

/// Text that does not end a cell of a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
