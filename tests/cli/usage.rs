//! Arguments that cannot be understood, help, and what holds for every command.

use std::process::Stdio;

use crate::world::{World, command};

#[test]
fn what_cannot_be_understood_exits_with_64() {
    let world = World::new();
    for args in ["--bogus", "bogus", "parse", "parse - --output yaml", "generate", "generate --bytes many x"] {
        let ran = world.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (64, ""), "{args}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: "), "{args}: {}", ran.stderr);
    }
    let none = world.run_args(&[], b"");
    assert_eq!(none.code, 64);
    assert!(none.stderr.contains("Usage: bucketscope"), "{}", none.stderr);
}

#[test]
fn help_and_version_are_data() {
    let world = World::new();
    for args in ["--help", "-h", "help", "help run", "parse --help", "init -h"] {
        let ran = world.run(args).ok();
        assert!(ran.stdout.contains("Usage: bucketscope") && ran.stderr.is_empty(), "{args}");
    }
    assert_eq!(world.run("--version").ok().stdout, format!("bucketscope {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let world = World::with_logs();
    let init = "init --defaults --target local --logs logs";
    let plain = world.run(init).ok();
    assert!(!plain.stdout.contains('\x1b') && !plain.stderr.contains('\x1b'));
    let asked = world.run(&format!("--color always {init}")).ok();
    assert!(asked.stdout.contains("\x1b["), "{}", asked.stdout);
    let usage = world.run("--color=always bogus");
    assert!(usage.stderr.contains("\x1b["), "{}", usage.stderr);
}

#[test]
fn quiet_leaves_data_and_errors() {
    let world = World::with_logs();
    let ran = world.run("parse -q logs").ok();
    assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str()), (2, ""));
    assert!(world.run("parse -q nowhere").stderr.contains("nowhere"));
}

#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let world = World::with_logs();
    for args in [["queries", "list"], ["parse", "logs"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(&world.path("")).args(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr, "error: cannot write to standard output: No space left on device (os error 28)\n");
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let world = World::new();
    world.write("big.log", crate::world::LINES.repeat(20_000));
    let mut child = command(&world.path(""))
        .args(["parse", "big.log"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
