//! Completions, man pages, and the reference of commands in docs/.

use crate::world::World;

#[test]
fn every_shell_gets_completions_that_know_the_commands() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = world.run(&format!("completions {shell}")).ok().stdout;
        for word in ["lifecycle", "fail-on-findings", "compact", "--last"] {
            let known = word != "lifecycle";
            let word = if shell == "fish" { word.trim_start_matches("--") } else { word };
            assert_eq!(script.contains(word), known, "{shell}: {word}");
        }
    }
    assert_eq!(world.run("completions tcsh").code, 64);
}

#[test]
#[cfg(target_os = "linux")]
fn bash_takes_its_completions_and_completes() {
    let world = World::new();
    let script = world.run("completions bash").ok().stdout;
    world.write("complete.bash", script);
    let asked = "source ./complete.bash; COMP_WORDS=(bucketscope que); COMP_CWORD=1; \
                 _bucketscope bucketscope que bucketscope; echo \"${COMPREPLY[*]}\"";
    let bash =
        std::process::Command::new("bash").args(["--norc", "-c", asked]).current_dir(world.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&bash.stdout), "queries query\n", "{}", String::from_utf8_lossy(&bash.stderr));
}

#[test]
fn man_writes_a_page_for_each_command() {
    let world = World::new();
    let ran = world.run("man pages").ok();
    assert!(ran.stdout.contains("man pages in"), "{}", ran.stdout);
    let page = std::fs::read_to_string(world.path("pages/bucketscope-query.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("fail\\-on\\-findings"), "{page}");
    let all = std::fs::read_dir(world.path("pages")).unwrap().count();
    assert!(all > 15, "{all} pages");
}

/// Pages that are made of the program itself, wholly or between marks; `BLESS=1` writes them.
#[cfg(all(feature = "aws", feature = "local"))]
#[track_caller]
fn compare(page: &str, make: impl Fn(&str) -> String) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let made = make(&kept);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
        return;
    }
    assert!(kept == made, "{page} is not what the program says; BLESS=1 cargo test --test cli reference writes it");
}

#[test]
#[cfg(all(feature = "aws", feature = "local"))]
fn the_reference_of_commands_is_that_of_this_program() {
    compare("docs/commands.md", |_| crate::reference::page());
}

#[test]
#[cfg(all(feature = "aws", feature = "local"))]
fn the_reference_of_exit_codes_is_that_of_this_program() {
    compare("docs/exit-codes.md", crate::reference::exit_codes);
}

#[test]
#[cfg(all(feature = "aws", feature = "local"))]
fn the_reference_of_the_configuration_is_that_of_this_program() {
    compare("docs/configuration.md", crate::configuration::page);
}

/// Troubleshooting begins with the exit codes, each but the one for success.
#[test]
fn troubleshooting_knows_every_exit_code() {
    let page = include_str!("../../docs/troubleshooting.md");
    let (table, _) = page.split_once("All codes:").unwrap();
    let told = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |")?.0.parse::<u8>().ok());
    let all = bucketscope::exit::ALL.iter().map(|exit| exit.code).filter(|code| *code != 0);
    assert_eq!(told.collect::<Vec<_>>(), all.collect::<Vec<_>>());
}
