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

/// The reference in docs/ is made of the arguments themselves; `BLESS=1` writes it.
#[test]
#[cfg(all(feature = "aws", feature = "local"))]
fn the_reference_of_commands_is_that_of_this_program() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");
    let made = crate::reference::page();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/commands.md is not what the program says; BLESS=1 cargo test --test cli reference writes it"
    );
}
