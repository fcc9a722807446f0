//! `demo`: the README's first command.

use crate::world::World;

#[test]
fn a_demo_shows_everything_once_and_leaves_a_working_project() {
    let world = World::new();
    let ran = world.run("demo shown").ok();
    let typed: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("$ bucketscope -C shown ")).collect();
    for command in ["generate", "init", "deploy", "run", "query", "report"] {
        let prefix = format!("$ bucketscope -C shown {command}");
        assert!(typed.iter().any(|line| line.starts_with(&prefix)), "{command}: {typed:?}");
    }
    assert!(ran.stdout.contains("= written 9,"), "{}", ran.stdout);
    assert!(ran.stderr.contains("\nNext:\n"), "{}", ran.stderr);
    assert_eq!(world.run("-C shown status --output json").ok().json()["name"], "demo");
    world.run("-C shown drift --detailed-exitcode").ok();
    // The printed commands are those that were run: typed again, they find everything done.
    let known = world.run("-C shown run").ok();
    assert!(known.stdout.starts_with("Nothing new: "), "{}", known.stdout);
}

#[test]
fn a_demo_can_be_run_again_and_reads_nothing_twice() {
    let world = World::new();
    world.run("demo").ok();
    let again = world.run("demo").ok();
    assert!(again.stdout.contains("Nothing new: "), "{}", again.stdout);
    assert!(world.path("bucketscope-demo/bucketscope.yaml").is_file());
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let world = World::new();
    world.write("mine/letter.txt", "dear");
    world.run("demo mine").fails(
        64,
        "error: mine is not empty and not an earlier demo\n\nhint: bucketscope demo DIR  takes another folder; nothing was changed\n",
    );
    assert_eq!(std::fs::read_dir(world.path("mine")).unwrap().count(), 1);
}
